# shellcheck shell=bash
# The brokers that script/demo can use. Sourced by it: uses its $folder, $producer and wait_for.

write_template() { # TYPE ADDRESS
  case $1 in
  kafka) printf '%s\n' 'apiVersion: kollect.dev/v1alpha1' 'kind: KollectEventSink' 'metadata: {name: demo}' \
    'spec:' '  type: kafka' '  cluster: demo' '  kafka:' "    brokers: [$2]" '    topic: inventory.changes' ;;
  nats) printf '%s\n' 'apiVersion: kollect.dev/v1alpha1' 'kind: KollectEventSink' 'metadata: {name: demo}' \
    'spec:' '  type: nats' '  cluster: demo' '  nats:' "    url: $2" '    subject: inventory.events' ;;
  esac >"$folder/template.yaml"
}

simulate() { # FURTHER FLAGS
  "$producer" simulate "${simulated[@]}" "$@" >"$folder/producer.out" 2>"$folder/producer.log" &
  producer_pid=$!
  children+=("$producer_pid")
}

# A port that nobody listens on just now.
free_port() {
  local port
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
      printf '%s\n' "$port"
      return
    }
  done
  die "no free port found"
}

# Waits until COMMAND succeeds, while PID lives.
wait_until_ready() { # PID WHAT COMMAND…
  local pid=$1 what=$2 tries=0
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || die "$what ended early: $(tail -n 5 "$folder/broker.log")"
    tries=$((tries + 1))
    [ $tries -lt 600 ] || die "$what is not ready after 60 s"
    sleep 0.1 # between looks
  done
}

start_embedded() {
  write_template kafka 127.0.0.1:9092
  say "starting kollect-producer simulate --embedded-broker"
  simulate --embedded-broker --write-manifest "$manifest"
  wait_for "$manifest" "$producer_pid" "the embedded broker"
}

start_nats() {
  local port server
  port=$(free_port)
  server=$(command -v nats-server || echo /usr/sbin/nats-server)
  say "starting nats-server on port $port"
  "$server" -js -sd "$folder/nats" -a 127.0.0.1 -p "$port" >"$folder/broker.log" 2>&1 &
  children+=("$!")
  write_template nats "nats://127.0.0.1:$port"
  wait_until_ready "$!" nats-server "$producer" check --manifest "$folder/template.yaml"
  cp "$folder/template.yaml" "$manifest"
  simulate
}

start_kafka() {
  local port controller libs
  port=$(free_port)
  controller=$(free_port)
  libs=$("$repository_root/script/kafka-jars" 4.1.0)
  cat >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
log.dirs=$folder/kafka
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
  say "starting Apache Kafka 4.1.0 on port $port"
  java -cp "$libs/*" kafka.tools.StorageTool format -t Kollect-demo-cluster-A -c "$folder/server.properties" >"$folder/broker.log" 2>&1 ||
    die "Kafka's storage could not be made: $(tail -n 5 "$folder/broker.log")"
  java -Xmx512m -XX:TieredStopAtLevel=1 -cp "$libs/*" kafka.Kafka "$folder/server.properties" >>"$folder/broker.log" 2>&1 &
  children+=("$!")
  write_template kafka "127.0.0.1:$port"
  wait_until_ready "$!" "Apache Kafka" java -cp "$libs/*" org.apache.kafka.tools.TopicCommand --bootstrap-server "127.0.0.1:$port" \
    --create --if-not-exists --topic inventory.changes --partitions 6 --replication-factor 1
  wait_until_ready "$!" "the topic" "$producer" check --manifest "$folder/template.yaml"
  cp "$folder/template.yaml" "$manifest"
  simulate
}

start_broker() { "start_$1"; }

wait_for_expectation() {
  # Without the embedded broker the producer ends when all is sent; with it, it stays for its broker's sake.
  wait_for "$folder/expected.json" "$$" kollect-producer
}
