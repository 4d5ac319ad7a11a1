"""Brokers that are killed, stand still, or tell their clients addresses where nobody is."""

import json
import signal
import time

from fleets import Fleet
from harness import case, require, wait_for
from jetstream import JetStream
from oracle import describe, require_all

FLEET = ("--clusters", 2, "--namespaces", 4, "--items", 100, "--rounds", 40, "--rate", 60)


def killed(world, pair, times):
    fleet = Fleet(world, pair)
    producer, path = fleet.producer.start(*FLEET)
    consumer = fleet.consumer("--session-timeout", "6s", "--ack-wait", "3s", "--batch-messages", 20).start()
    require(consumer.wait_consumed(20, 60), f"it does not begin: {consumer.log()[-500:]}")
    for _ in range(times):
        fleet.server.child.end(signal.SIGKILL)
        time.sleep(world.random.uniform(0.1, 1.5))  # how long it is away
        fleet.server.start()
        time.sleep(world.random.uniform(0.5, 2))
    require(producer.wait() == 0, f"the producer failed: {producer.log()}")
    fleet.catch_up(consumer)
    return f"{times} kills; {describe(require_all(consumer, json.loads(path.read_text())))}"


@case("F9", holds="I1 I2", how="Apache Kafka is SIGKILLed and started again while messages are sent and fetched")
def kafka_killed(world):
    return killed(world, "kafka+sqlite", 2 * world.size)


@case("F9", "F20", holds="I1 I2", how="nats-server is SIGKILLed and started again while messages are sent and fetched")
def nats_killed(world):
    return killed(world, "nats+postgresql", 5 * world.size)


def stopped(world, pair, seconds):
    fleet = Fleet(world, pair)
    producer, path = fleet.producer.start(*FLEET, "--timeout", "120s")
    consumer = fleet.consumer("--session-timeout", "6s", "--ack-wait", "3s").start()
    require(consumer.wait_consumed(20, 60), f"it does not begin: {consumer.log()[-500:]}")
    before = consumer.cpu_seconds()
    fleet.server.child.send(signal.SIGSTOP)
    time.sleep(seconds)  # how long it stands still
    spent = consumer.cpu_seconds() - before
    fleet.server.child.send(signal.SIGCONT)
    require(spent < seconds / 3, f"I7: {spent:.1f} s of CPU time in {seconds} s")
    require(producer.wait() == 0, f"the producer failed: {producer.log()}")
    fleet.catch_up(consumer)
    return f"{spent:.1f} s of CPU time meanwhile; {describe(require_all(consumer, json.loads(path.read_text())))}"


@case("F10", holds="I7", how="SIGSTOP of Apache Kafka for 20 s: connections stay, nothing answers")
def kafka_stands_still(world):
    return stopped(world, "kafka+sqlite", 20 * world.size)


@case("F10", holds="I7", how="SIGSTOP of nats-server for 12 s")
def nats_stands_still(world):
    return stopped(world, "nats+sqlite", 12 * world.size)


@case("F46", holds="I7", how="Apache Kafka tells clients an address where nobody listens, and a name that nobody knows")
def leader_out_of_reach(world):
    seen = []
    for told in ("127.0.0.1:9", "kafka-0.internal.invalid:9092"):
        fleet = Fleet(world, "kafka+sqlite", told=told)
        fleet.producer.simulate("--rounds", 1)
        wrong = fleet.manifest_at(fleet.server.told_port)
        begun = time.monotonic()
        ended = fleet.consumer("--give-up-after", "4s", manifest=wrong).attempt(seconds=60)
        took = time.monotonic() - begun
        text = ended.stderr.decode()
        require(ended.returncode == 69 and told in text and "disk" not in text, f"{told}: {ended.returncode}: {text[-600:]}")
        running = fleet.consumer(manifest=wrong, store=world.sqlite()).start()
        wait_for(lambda: running.is_healthy(), "it serves its probes")
        wait_for(lambda: running.logs(told.replace(".", r"\.")), "the log names the address", 40)
        require(running.is_healthy(), "it is not healthy")
        begun = time.monotonic()
        code = running.end()
        require(time.monotonic() - begun < 2, f"SIGTERM took {time.monotonic() - begun:.1f} s")
        commands = {}
        for command in ("doctor", "tail", "check"):
            words = [world.programs["producer" if command == "check" else "consumer"], command, "--manifest", wrong,
                     *(["--store", fleet.store] if command == "doctor" else []), *(["--timeout", "4s"] if command == "check" else [])]
            begun = time.monotonic()
            done = world.run(*words, seconds=90)
            commands[command] = f"{done.returncode} in {time.monotonic() - begun:.0f} s"
            require(done.returncode in (69, 78) and time.monotonic() - begun < 60, f"{command}: {commands[command]}: {done.stderr[-300:]}")
            require(told.encode() in done.stderr + done.stdout, f"{command} does not name {told}: {done.stderr[-300:]}")
        audit = world.run(world.programs["conformance"], "--manifest", wrong, "--timeout", "4s", seconds=90)
        require(audit.returncode not in (0, 70), f"an audit ended with {audit.returncode}")
        require(told.encode() in audit.stderr + audit.stdout, f"an audit does not name {told}: {(audit.stdout + audit.stderr)[-500:]}")
        seen.append(f"{told}: run 69 in {took:.0f} s, SIGTERM {code}, {commands}, audit {audit.returncode}")
    return "; ".join(seen)


@case("F21", "F22", holds="I2", how="the ack wait is 1 s, a batch takes longer (SIGSTOP of the consumer for 3 s, often)")
def redelivered_while_working(world):
    fleet = Fleet(world, "nats+sqlite")
    producer, path = fleet.producer.start(*FLEET)
    consumer = fleet.consumer("--ack-wait", "1s", "--batch-messages", 10).start()
    require(consumer.wait_consumed(10, 60), "it does not begin")
    for _ in range(4 * world.size):
        consumer.child.send(signal.SIGSTOP)
        time.sleep(2.5)  # longer than the ack wait
        consumer.child.send(signal.SIGCONT)
        time.sleep(0.3)
    require(producer.wait() == 0, "the producer failed")
    fleet.catch_up(consumer)
    return describe(require_all(consumer, json.loads(path.read_text())))


@case("F49", holds="I2", how="a durable that exists has another ack wait than --ack-wait says")
def ack_wait_differs(world):
    fleet = Fleet(world, "nats+sqlite")
    expected, _ = fleet.producer.simulate("--rounds", 3)
    fleet.consumer("--ack-wait", "30s").to_end()
    more, _ = fleet.producer.simulate("--rounds", 3, seed=world.seed + 1)
    fleet.consumer("--ack-wait", "5s").to_end()
    wait = JetStream(fleet.server).durable(fleet.stream)["config"]["ack_wait"] / 1e9
    require(wait == 5, f"the durable's ack wait is {wait} s")
    return f"the durable follows the flag: {wait:.0f} s"
