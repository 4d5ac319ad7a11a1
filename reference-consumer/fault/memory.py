"""Messages built to cost memory, and a machine that has little of it: each case runs in a memory cgroup of its own."""

import json
import time

from fleets import Fleet
from harness import case, require, require_injected, wait_for
from injection import MemoryLimit, calls_before, injected, straced
from kafka_wire import RecordBatch
from oracle import describe, require_all, require_conserved, texts
from topics import Topics

ORDERLY = (0, 69, 71, 75, 78)  # exit codes of a program that has said why
MIB = 1 << 20
GIB = 1 << 30


def stamp(number):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 600)) + f".{number:09d}Z"


def envelope(payload, namespace="big", cluster="prod", number=1):
    return (f'{{"schemaVersion":"kollect.dev/v1alpha1","timestamp":"{stamp(number)}","cluster":"{cluster}",'
            f'"namespace":"{namespace}","payload":').encode() + payload + b"}"


def row(name, attributes=b"{}"):
    return (f'{{"targetNamespace":"t","targetName":"t","namespace":"n","name":"{name}","group":"","version":"v1",'
            f'"kind":"ConfigMap","uid":"{name}","attributes":').encode() + attributes + b"}"


def rows_of(count, attributes=b"{}"):
    return b"[" + b",".join(row(f"r{number}", attributes) for number in range(count)) + b"]"


def goes_on(world, fleet, send, most, flags=(), limit=GIB):
    """What `send` sends stands between good snapshots of other scopes. It may be applied or set aside; the process lives, the
    good ones are there, and memory stays below `most` bytes. Answers the consumer and its counters."""
    before, _ = fleet.producer.simulate("--clusters", 1, "--namespaces", 3, "--items", 20, "--rounds", 2)
    send()
    fleet.producer.export(json.loads(b"[" + row("good") + b"]"), "after", "all")
    group = MemoryLimit(world, limit)
    consumer = fleet.consumer(*flags, prefix=group.prefix())
    consumer.to_end()
    require(group.kills() == 0, f"the kernel killed it at {limit // MIB} MiB")
    held = consumer.rows()
    require(any(one["namespace"] == "after" for one in held), "what came after is not there")
    require(texts(before) <= texts(held), "what came before is not there")
    require(consumer.peak_memory <= most, f"I8: {mebibytes(consumer)} MiB, more than {most / MIB:.0f}")
    return consumer, require_conserved(consumer)


def messages_go_on(world, fleet, *messages, ahead=0):
    """The same for messages, with four times the largest and 64 MiB of memory, and what many small ones take that are fetched
    ahead."""
    return goes_on(world, fleet, lambda: Topics(fleet.server).publish(fleet.destination, messages),
                   4 * max(map(len, messages)) + 64 * MIB + ahead)


def mebibytes(consumer):
    return f"{consumer.peak_memory / MIB:.0f}"


def big_kafka(world):
    return Fleet(world, "kafka+sqlite", partitions=1, heap="1500m",
                 settings="message.max.bytes=400000000\nreplica.fetch.max.bytes=400000000\nsocket.request.max.bytes=500000000\n")


@case("S25", "S26", holds="I8", how="a gzip batch of 0.9 MB that becomes 900 MiB")
def bomb_of_zeros(world):
    fleet = big_kafka(world)
    size = 900 * MIB
    batch = RecordBatch.gzip_of_zeros(size)
    require_injected(len(batch) < 2 * MIB, f"the batch has {len(batch)} bytes")
    _, told = goes_on(world, fleet, lambda: RecordBatch.send(fleet.server.port, fleet.destination, 0, batch), GIB, ("--skip-unreadable",))
    return f"{len(batch)} bytes that become {size // MIB} MiB: {describe(told)}"


def amplification(world, name, payload):
    fleet = big_kafka(world)
    message = envelope(payload)
    consumer, told = messages_go_on(world, fleet, message)
    return f"{name} of {len(message) / MIB:.0f} MiB: {describe(told)}; peak {mebibytes(consumer)} MiB"


@case("S6", "F37", holds="I8", how="a valid snapshot of 45 MiB whose rows are as small as rows can be")
def tiny_rows(world):
    return amplification(world, "tiny rows", b"[" + b",".join(b'{"name":"%d"}' % one for one in range(45 * MIB // 20)) + b"]")


@case("S6", holds="I8", how="45 MiB of [0,0,…] in the attributes of one row")
def zeros(world):
    return amplification(world, "zeros", b"[" + row("a", b'{"a":[' + b"0," * (22 * MIB) + b"0]}") + b"]")


@case("S6", holds="I8", how="45 MiB of objects with a million keys")
def many_keys(world):
    keys = b",".join(b'"k%d":%d' % (one, one) for one in range(2_500_000))
    return amplification(world, "keys", b"[" + row("a", b"{" + keys + b"}") + b"]")


@case("S1", "S6", holds="I8", how="a million nested arrays, inside attributes and as the payload")
def deep_nesting(world):
    fleet = big_kafka(world)
    deep = b"[" * 1_000_000 + b"]" * 1_000_000
    consumer, told = messages_go_on(world, fleet, envelope(b"[" + row("a", b'{"a":' + deep + b"}") + b"]"), envelope(deep))
    require(told["dead_lettered"] == 2, f"{told}")
    return f"{describe(told)}; peak {mebibytes(consumer)} MiB"


@case("S24", holds="I8", how="200 messages whose clusters have names of 0.9 MB, and 20,000 namespaces")
def huge_names(world):
    fleet = big_kafka(world)
    names = [envelope(b"[]", cluster=f"c{number}" + "x" * 900_000, number=number) for number in range(200)]
    names += [envelope(b"[]", namespace=f"n{number}", number=number) for number in range(20_000)]
    # --batch-bytes, --queue-bytes and one answer are 32 MiB each, and librdkafka keeps a kilobyte beside each of 20,000 messages.
    consumer, told = messages_go_on(world, fleet, *names, ahead=128 * MIB)
    require(told["dead_lettered"] == 200, f"{told}")
    consumer.prefix = ()
    consumer.start()
    wait_for(consumer.is_ready, "it is ready", 30)
    size = len(consumer.get("/metrics", 20)[1])
    consumer.end()
    require(size < 4 * MIB, f"/metrics has {size} bytes")
    return f"{describe(told)}; /metrics {size >> 10} KiB; peak {mebibytes(consumer)} MiB"


@case("F37", holds="I8", how="a set of over 140 parts of 1 MiB with 512 MiB of memory")
def many_parts(world):
    fleet = big_kafka(world)
    count = 140_000
    path = world.write("rows", rows_of(count, b'{"text":"' + b"x" * 1000 + b'"}'))
    sent = []

    def export():
        sent.append(world.run(world.programs["producer"], "export", "--manifest", fleet.manifest, "--namespace", "set", "--inventory",
                              "all", "--max-export-bytes", MIB, path))

    consumer, told = goes_on(world, fleet, export, 304 * MIB, limit=512 * MIB)
    parts = sent[0].stdout.count(b"\n")
    require_injected(sent[0].returncode == 0 and parts > 140, f"{parts} parts: {sent[0].stderr[-300:]}")
    held = sum(one["namespace"] == "set" for one in consumer.rows())
    require(held == count, f"{held} of {count} rows of the set; {told}")
    return f"{held} rows of {parts} parts; {describe(told)}; peak {mebibytes(consumer)} MiB"


@case("F38", holds="I3", how="from when it opens its store on, mmap fails, files cannot be opened, or threads cannot start")
def no_memory_no_threads(world):
    fleet = Fleet(world, "nats+sqlite")
    expected, _ = fleet.producer.simulate("--rounds", 4)
    log, untouched = world.path("trace"), world.sqlite()
    fleet.consumer(store=untouched, group="untouched", prefix=straced(log, calls=["clone,clone3,mmap,openat"])).attempt(seconds=60)
    ends = {}
    for name, calls, failure in ("threads", ("clone3", "clone"), "EAGAIN"), ("memory", ("mmap",), "ENOMEM"), ("files", ("openat",), "EMFILE"):
        first = calls_before(log, untouched.removeprefix("sqlite:"), calls) + 1
        trace = world.path("trace")
        one = fleet.consumer("--give-up-after", "3s", store=world.sqlite(), group=name,
                             prefix=straced(trace, f"{','.join(calls)}:error={failure}:when={first}+"))
        ended = one.attempt(seconds=60)
        require_injected(injected(trace) > 0, f"{name}: no call failed after {first}")
        require(ended.returncode in ORDERLY, f"{name}: ended with {ended.returncode}: {ended.stderr[-300:]}")
        ends[name] = f"{ended.returncode} after {injected(trace)} failures"
        again = fleet.consumer(store=one.store, group=name)
        again.to_end()
        require_all(again, expected)
    limited_files = fleet.consumer("--give-up-after", "3s", store=world.sqlite(), group="files", prefix=("prlimit", "--nofile=24:24"))
    ended = limited_files.attempt()
    ends["24 descriptors"] = ended.returncode
    require(ended.returncode in ORDERLY, f"ended with {ended.returncode}: {ended.stderr[-300:]}")
    return f"{ends}"


@case("F37", holds="I3", how="an address space of 400 MiB (prlimit) while 60 MiB of rows come: bad_alloc ends it with a sentence")
def allocation_fails(world):
    fleet = big_kafka(world)
    Topics(fleet.server).publish(fleet.destination, [envelope(rows_of(400_000))])
    one = fleet.consumer("--memory-budget", "64GiB", "--give-up-after", "5s", prefix=("prlimit", f"--as={420 * MIB}"))
    ended = one.attempt(seconds=120)
    require(ended.returncode in (0, 69, 71), f"ended with {ended.returncode}: {ended.stderr[-500:]}")
    if ended.returncode == 71:
        require(b"memory" in ended.stderr, f"it does not say why: {ended.stderr[-300:]}")
    last = fleet.consumer(group="whole", store=world.sqlite())
    last.to_end()
    require(len(last.rows()) == 400_000, "the rows are not there without the limit")
    return f"ended with {ended.returncode}, then 400,000 rows without the limit"
