"""Logs that are replaced, cut, shortened, copied back, mirrored or emptied under a consumer."""

import json
import shutil
import signal
import time

from confluent_kafka import Producer

from fleets import Fleet
from harness import case, require, require_injected, wait_for
from jetstream import JetStream
from network import behind_a_proxy
from oracle import describe, require_all, require_conserved, require_content, require_state
from topics import Topics

SMALL = ("--clusters", 1, "--namespaces", 3, "--items", 10, "--rounds", 4)
MORE = ("--clusters", 1, "--namespaces", 3, "--items", 10, "--rounds", 7)


def recreated(world, beside, pause):
    """The topic goes and comes back, filled beyond the old position; answers what was seen."""
    fleet = Fleet(world, "kafka+sqlite", partitions=1)
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer()
    if beside:
        consumer.start()
        consumer.wait_consumed(12)
    else:
        consumer.to_end()
    topics = Topics(fleet.server)
    topics.drop(fleet.destination)
    time.sleep(pause)
    topics.make(fleet.destination, 1)
    expected, told = fleet.producer.simulate(*MORE, seed=world.seed + 1)
    if beside:
        require(consumer.wait_consumed(12 + told["messages"], 60),
                f"{consumer.consumed() - 12} of {told['messages']} messages of the new log were consumed: {consumer.log()[-700:]}")
        require(consumer.logs("recreated|another log|replaced"), "nothing in the log")
        consumer.end()
    else:
        consumer.to_end()
    require_state(consumer, expected)
    ended = require_conserved(consumer)
    require(ended["consumed"] == 12 + told["messages"], f"{ended}")
    require_content(consumer, "--manifest", fleet.manifest)
    return describe(ended)


@case("F17", holds="I1", how="the topic is deleted and recreated while no consumer runs, and filled beyond its position")
def topic_recreated_while_stopped(world):
    return recreated(world, beside=False, pause=0)


@case("F43", holds="I1", how="the topic is deleted and recreated at once under a running consumer")
def topic_recreated_while_running(world):
    return recreated(world, beside=True, pause=0)


@case("F43", holds="I1", how="the same with 1.5 s between the two")
def topic_recreated_after_a_pause(world):
    return recreated(world, beside=True, pause=1.5)


@case("F17", "F43", holds="I1", how="the topic is recreated under a consumer that is SIGKILLed before it looks again")
def topic_recreated_and_killed(world):
    fleet = Fleet(world, "kafka+sqlite", partitions=1)
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer("--session-timeout", "6s").start()
    consumer.wait_consumed(12)
    topics = Topics(fleet.server)
    topics.drop(fleet.destination)
    topics.make(fleet.destination, 1)
    expected, told = fleet.producer.simulate(*MORE, seed=world.seed + 1)
    consumer.kill()
    again = fleet.consumer("--session-timeout", "6s")
    again.to_end()
    require_state(again, expected)
    ended = require_conserved(again)
    require(ended["consumed"] >= 12 + told["messages"], f"{ended['consumed'] - 12} of {told['messages']} of the new log")
    return describe(ended)


@case("F17", holds="I1", how="partitions are added under a running consumer")
def partitions_added(world):
    fleet = Fleet(world, "kafka+sqlite", partitions=1)
    producer, path = fleet.producer.start("--clusters", 2, "--namespaces", 10, "--rounds", 40, "--rate", 60)
    consumer = fleet.consumer("-X", "topic.metadata.refresh.interval.ms=1000").start()
    consumer.wait_consumed(20)
    Topics(fleet.server).widen(fleet.destination, 5)
    require(producer.wait() == 0, "the producer failed")
    more = world.producer(fleet.manifest)
    more.export([], "added", "all")
    fleet.catch_up(consumer)
    used = sum(high > low for low, high in Topics(fleet.server).ends(fleet.destination).values())
    return f"{used} of 5 partitions used; {describe(require_conserved(consumer))}"


@case("F18", holds="I1", how="DeleteRecords beyond the position of a consumer that is stopped")
def retention_passes_a_stopped_one(world):
    fleet = Fleet(world, "kafka+sqlite", partitions=1)
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer()
    consumer.to_end()
    expected, _ = fleet.producer.simulate(*MORE, seed=world.seed + 1)
    Topics(fleet.server).cut(fleet.destination, 0, 12 + 5)
    code, text = consumer.doctor("--manifest", fleet.manifest)
    require("12 to 16" in text, f"doctor does not name what is gone: {code} {text[:600]}")
    ended = consumer.attempt()
    require(ended.returncode == 0 and b"removed messages" in ended.stderr, f"{ended.returncode}: {ended.stderr[-400:]}")
    require_state(consumer, expected)  # the last round of each scope is still there
    return f"doctor ended with {code} and named offsets 12 to 16; {describe(require_conserved(consumer))}"


@case("F18", holds="I1", how="DeleteRecords beyond the position of a consumer that has lost its connections for a while")
def retention_passes_a_running_one(world):
    fleet, proxy, manifest = behind_a_proxy(world, "kafka", partitions=1)
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer("--session-timeout", "30s", manifest=manifest).start()
    require(consumer.wait_consumed(12), "it does not begin")
    wait_for(fleet.is_settled, "it has committed")
    proxy.refusing = True
    proxy.reset_all()
    expected, told = fleet.producer.simulate(*MORE, seed=world.seed + 1)
    Topics(fleet.server).cut(fleet.destination, 0, 12 + 5)
    proxy.refusing = False
    require(consumer.wait_consumed(12 + told["messages"] - 5, 60), f"it stands still at {consumer.consumed()}: {consumer.log()[-500:]}")
    require(consumer.logs("removed messages"), f"no word of the gap: {consumer.log()[-600:]}")
    missed = consumer.metric("kollect_consumer_missed_messages_total")
    require(missed == 5, f"the metric tells of {missed} missed messages")
    fleet.catch_up(consumer)
    require_state(consumer, expected)
    return f"5 missed messages in log and metric; {describe(require_conserved(consumer))}"


def restored(world, pair, beside):
    """The broker's files are copied, messages are acknowledged beyond the copy, and the copy comes back."""
    fleet = Fleet(world, pair, partitions=1)
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer("--session-timeout", "6s", "--ack-wait", "2s")
    consumer.to_end()
    fleet.server.child.end(signal.SIGTERM)
    data = fleet.server.folder / "data" if fleet.system == "kafka" else fleet.server.folder
    copy = world.path("copy")
    shutil.copytree(data, copy)
    fleet.server.start()
    lost, _ = fleet.producer.simulate("--clusters", 1, "--namespaces", 3, "--items", 10, "--rounds", 2, seed=world.seed + 1)
    if beside:
        consumer.start()
        consumer.wait_consumed(18)
    else:
        consumer.to_end()
    fleet.server.child.end(signal.SIGKILL)
    shutil.rmtree(data)
    shutil.copytree(copy, data)
    fleet.server.start()
    expected, told = fleet.producer.simulate("--clusters", 1, "--namespaces", 3, "--items", 10, "--rounds", 5, seed=world.seed + 2)
    if beside:
        require(consumer.wait_consumed(18 + told["messages"], 90),
                f"{consumer.consumed() - 18} of {told['messages']} messages after the restored copy: {consumer.log()[-900:]}")
        consumer.end()
    else:
        consumer.to_end()
    require_state(consumer, expected)
    ended = require_conserved(consumer)
    code, text = consumer.doctor()
    return f"{describe(ended)}, doctor {code}"


@case("F19", holds="I1", how="Apache Kafka's files are replaced by an older copy while the consumer is stopped")
def kafka_restored_while_stopped(world):
    return restored(world, "kafka+sqlite", beside=False)


@case("F19", "F44", holds="I1", how="the same under a running consumer, filled beyond its position at once")
def kafka_restored_while_running(world):
    return restored(world, "kafka+sqlite", beside=True)


@case("F19", "F45", holds="I1", how="nats-server's files, with its durable, are replaced by an older copy while the consumer is stopped")
def nats_restored_while_stopped(world):
    return restored(world, "nats+sqlite", beside=False)


@case("F19", "F44", holds="I1", how="the same under a running consumer")
def nats_restored_while_running(world):
    return restored(world, "nats+sqlite", beside=True)


@case("F20", holds="I2", how="blocks of the stream on nats-server's disk are cut and flipped after a SIGKILL")
def stream_files_are_damaged(world):
    fleet = Fleet(world, "nats+sqlite")
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer("--ack-wait", "2s")
    consumer.to_end()
    fleet.server.child.end(signal.SIGKILL)
    blocks = sorted(fleet.server.folder.rglob("*.blk"))
    require_injected(blocks, "there is no block file")
    data = bytearray(blocks[0].read_bytes())
    data = data[:len(data) * 3 // 4]
    data[len(data) // 2] ^= 0xFF
    blocks[0].write_bytes(data)
    fleet.server.start()
    expected, _ = fleet.producer.simulate(*MORE, seed=world.seed + 1)
    ended = consumer.attempt("--give-up-after", "5s")
    if ended.returncode != 0:  # what the server cannot read any more, it keeps and does not hand out
        require(ended.returncode == 69 and b"did not hand out" in ended.stderr, f"{ended.returncode}: {ended.stderr[-500:]}")
    else:
        require_state(consumer, expected)
    again, _ = fleet.producer.simulate(*MORE, seed=world.seed + 2)
    last = consumer.attempt("--give-up-after", "5s")
    require(last.returncode in (0, 69), f"{last.returncode}: {last.stderr[-500:]}")
    return f"exit codes {ended.returncode} and {last.returncode}; {describe(require_conserved(consumer))}"


@case("F45", holds="I1", how="the durable stands ahead of its stream: messages/ is an older copy, the consumer's state stays")
def durable_ahead_of_its_stream(world):
    fleet = Fleet(world, "nats+sqlite")
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer("--ack-wait", "2s")
    consumer.to_end()
    fleet.server.child.end(signal.SIGTERM)
    messages = next(fleet.server.folder.rglob("msgs"))
    copy = world.path("copy")
    shutil.copytree(messages, copy)
    fleet.server.start()
    fleet.producer.simulate(*MORE, seed=world.seed + 1)
    consumer.to_end()
    fleet.server.child.end(signal.SIGKILL)
    shutil.rmtree(messages)
    shutil.copytree(copy, messages)
    fleet.server.start()
    last = JetStream(fleet.server).stream(fleet.stream)["state"]["last_seq"]
    ahead = JetStream(fleet.server).durable(fleet.stream)["delivered"]["stream_seq"]
    require_injected(ahead > last, f"the durable is at {ahead}, the stream ends at {last}")
    expected, told = fleet.producer.simulate("--clusters", 1, "--namespaces", 3, "--items", 10, "--rounds", 3, seed=world.seed + 2)
    consumer.to_end()
    require_state(consumer, expected)
    return f"durable at {ahead}, stream ended at {last}; {describe(require_conserved(consumer))}"


@case("F22", holds="I1 I10", how="a durable with max_deliver 1, made before the consumer or set under it; SIGKILL with messages on their way")
def durable_gives_up(world):
    seen = []
    for later in (False, True):
        fleet = Fleet(world, "nats+sqlite")
        expected, told = fleet.producer.simulate(*MORE)
        api = JetStream(fleet.server)
        if not later:
            api.api(f"CONSUMER.DURABLE.CREATE.{fleet.stream}.kollect-consumer",
                    {"stream_name": fleet.stream, "config": {"durable_name": "kollect-consumer", "ack_policy": "explicit",
                                                             "ack_wait": 2_000_000_000, "max_deliver": 1}})
        consumer = fleet.consumer("--ack-wait", "2s", "--batch-messages", 1).start()
        wait_for(lambda: consumer.consumed() > 3 or not consumer.child.is_running(), "it begins or refuses", 30)
        if later:
            api.update_durable(fleet.stream, max_deliver=1)
        if consumer.child.is_running():
            consumer.kill()
        again = fleet.consumer("--ack-wait", "2s").attempt()
        if again.returncode != 0:
            require(b"max_deliver" in again.stderr, f"refused without naming max_deliver: {again.stderr[-300:]}")
            seen.append(f"{'set later' if later else 'from the start'}: refused with {again.returncode}")
            continue
        require_all(consumer, expected)
        seen.append(f"{'set later' if later else 'from the start'}: mended, {describe(consumer.summary())}")
    return "; ".join(seen)


@case("F24", holds="I1", how="the durable is deleted, then the whole stream, under a running consumer; both come back")
def durable_and_stream_deleted(world):
    fleet = Fleet(world, "nats+sqlite")
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer("--ack-wait", "2s").start()
    consumer.wait_consumed(12)
    api = JetStream(fleet.server)
    api.api(f"CONSUMER.DELETE.{fleet.stream}.kollect-consumer")
    expected, told = fleet.producer.simulate(*MORE, seed=world.seed + 1)
    require(consumer.wait_consumed(12 + told["messages"], 60), f"it stands still after its durable was deleted: {consumer.log()[-600:]}")
    api.api(f"STREAM.DELETE.{fleet.stream}")
    expected, more = fleet.producer.simulate(*MORE, seed=world.seed + 2)
    require(consumer.wait_consumed(12 + told["messages"] + more["messages"], 60),
            f"it stands still after its stream was deleted: {consumer.log()[-600:]}")
    consumer.end()
    require_state(consumer, expected)
    return describe(require_conserved(consumer))


@case("F47", holds="I1", how="a mirror, a sourced stream, a work queue and a memory stream; the server restarts")
def other_kinds_of_streams(world):
    seen = {}
    server = world.nats()
    origin = Fleet(world, "nats+sqlite", server=server)
    expected, told = origin.producer.simulate(*SMALL)
    api = JetStream(server)
    api.api("STREAM.CREATE.mirrored", {"name": "mirrored", "storage": "file", "mirror": {"name": origin.stream}})
    api.api("STREAM.CREATE.sourced", {"name": "sourced", "storage": "file", "sources": [{"name": origin.stream}]})
    for name in ("mirrored", "sourced"):
        wait_for(lambda: api.stream(name)["state"]["messages"] == told["messages"], f"{name} is filled")
        config = api.stream(name)["config"]
        reader = origin.consumer(manifest=origin.manifest_at(server.port, stream=name), store=world.sqlite(name))
        reader.to_end()
        require_all(reader, expected)
        require(api.stream(name)["config"] == config, f"the configuration of {name} was changed")
        seen[name] = reader.summary()["consumed"]
    queue = Fleet(world, "nats+sqlite", server=server)
    api.api(f"STREAM.CREATE.{queue.stream}", {"name": queue.stream, "subjects": [queue.destination], "retention": "workqueue",
                                              "storage": "file"})
    expected, _ = queue.producer.simulate(*SMALL)
    worker = queue.consumer()
    worker.to_end()
    require_all(worker, expected, "--manifest", queue.manifest)
    seen["work queue"] = worker.summary()["consumed"]
    memory = Fleet(world, "nats+sqlite", server=server)
    api.api(f"STREAM.CREATE.{memory.stream}", {"name": memory.stream, "subjects": [memory.destination], "storage": "memory"})
    memory.producer.simulate(*SMALL)
    running = memory.consumer("--ack-wait", "2s").start()
    running.wait_consumed(12)
    server.child.end(signal.SIGTERM)
    server.start()
    expected, told = memory.producer.simulate(*MORE, seed=world.seed + 1)
    require(running.wait_consumed(12 + told["messages"], 60), f"it stands still after a memory stream was lost: {running.log()[-500:]}")
    running.end()
    require_state(running, expected)
    seen["memory"] = running.summary()["consumed"]
    return f"consumed: {seen}"


@case("F48", holds="I6", how="transaction markers, an aborted batch and an emptied partition at the end of a topic")
def ends_without_messages(world):
    fleet = Fleet(world, "kafka+sqlite", partitions=3)
    expected, _ = fleet.producer.simulate(*SMALL)
    topics = Topics(fleet.server)
    writer = Producer({"bootstrap.servers": topics.address, "transactional.id": "t", "log_level": 0})
    writer.init_transactions(30)
    for partition in (0, 1):
        writer.begin_transaction()
        writer.produce(fleet.destination, b"never to be seen", partition=partition)
        writer.flush(30)
        writer.abort_transaction(30)
    low, high = topics.ends(fleet.destination)[2]
    if high > low:
        consumer = fleet.consumer()
        consumer.to_end()
        topics.cut(fleet.destination, 2, high)
    consumer = fleet.consumer().start()
    ends = {one: high for one, (low, high) in topics.ends(fleet.destination).items()}
    wait_for(lambda: {one: offset for one, offset in topics.committed("kollect-consumer", fleet.destination).items()} == ends,
             f"committed offsets reach the ends {ends}: {topics.committed('kollect-consumer', fleet.destination)}", 60)
    require(consumer.metric("kollect_consumer_lag_messages") == 0, f"lag {consumer.metric('kollect_lag_messages')}")
    consumer.end()
    require_state(consumer, expected)
    require_content(consumer, "--manifest", fleet.manifest)
    return f"committed {ends}"


@case("F23", holds="I2", how="A, B, A exported within JetStream's duplicate window")
def reverted_within_the_window(world):
    fleet = Fleet(world, "nats+sqlite")
    first, second = ([{"targetNamespace": "n", "targetName": "t", "namespace": "n", "name": "x", "uid": "u", "group": "", "version": "v1",
                       "kind": "ConfigMap", "attributes": {"value": value}}] for value in (1, 2))
    told = ""
    for rows in (first, second, first):
        done = world.run(world.programs["producer"], "export", "--manifest", fleet.manifest, "--namespace", "team-a", "--inventory",
                         "all", world.write("rows", json.dumps(rows)))
        told += done.stderr.decode()
    consumer = fleet.consumer()
    consumer.to_end()
    value = consumer.rows()[0]["item"]["attributes"]["value"]
    require(value == 1 or "duplicate" in told, f"the consumer stays at {value}, and nobody said so: {told}")
    return f"the consumer holds {value}; the producer {'warned' if 'duplicate' in told else 'said nothing'}"
