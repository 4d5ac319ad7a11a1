"""Connections that are reset, sliced, slow, half-open or cut off, on the way to broker and database."""

import json
import time

from fleets import Fleet
from harness import case, require, require_injected, wait_for
from oracle import describe, require_all
from proxy import TO_CLIENT, TO_SERVER, Proxy

FLEET = ("--clusters", 2, "--namespaces", 4, "--items", 100, "--rounds", 40)


def behind_a_proxy(world, system, store="sqlite", **how):
    """A fleet, a proxy, and the manifest of a consumer that reaches its broker by the proxy alone."""
    proxy = Proxy(world)
    if system == "kafka":
        how["told"] = f"127.0.0.1:{proxy.port}"
    fleet = Fleet(world, f"{system}+{store}", **how)
    proxy.lead_to(fleet.server.told_port if system == "kafka" else fleet.server.port)
    return fleet, proxy, fleet.manifest_at(proxy.port)


def carried_on(world, system, disturb):
    """Runs a consumer behind the proxy while messages come and `disturb` is done; answers what was seen."""
    fleet, proxy, manifest = behind_a_proxy(world, system)
    producer, path = fleet.producer.start(*FLEET, "--rate", 60)
    consumer = fleet.consumer("--session-timeout", "6s", "--ack-wait", "3s", "--batch-messages", 20, manifest=manifest).start()
    require(consumer.wait_consumed(20, 60), f"it does not begin: {consumer.log()[-600:]}")
    require_injected(proxy.connections > 0, "nothing went through the proxy")
    disturb(proxy, consumer)
    require(producer.wait() == 0, f"the producer failed: {producer.log()}")
    fleet.catch_up(consumer)
    told = require_all(consumer, json.loads(path.read_text()))
    return f"{proxy.connections} connections, {proxy.resets} reset; {describe(told)}"


def each_second(world):
    def disturb(proxy, consumer):
        for _ in range(8 * world.size):
            proxy.reset_all()
            time.sleep(1)  # each second
    return disturb


@case("F14", holds="I1 I2", how="all connections to Apache Kafka are reset each second")
def kafka_connections_reset(world):
    return carried_on(world, "kafka", each_second(world))


@case("F14", holds="I1 I2", how="all connections to nats-server are reset each second")
def nats_connections_reset(world):
    return carried_on(world, "nats", each_second(world))


def slowly(proxy, consumer):
    proxy.slice_bytes, proxy.delay = 700, 0.002
    time.sleep(6)  # how long the network is slow
    proxy.slice_bytes, proxy.delay = 1, 0
    time.sleep(3)
    proxy.slice_bytes = 64 * 1024


@case("F15", holds="I7", how="Apache Kafka's bytes come in slices of 700 with 2 ms between, then one by one")
def kafka_is_sliced(world):
    return carried_on(world, "kafka", slowly)


@case("F15", holds="I7", how="nats-server's bytes come in slices of 700 with 2 ms between, then one by one")
def nats_is_sliced(world):
    return carried_on(world, "nats", slowly)


def half_open(seconds):
    def disturb(proxy, consumer):
        before = consumer.cpu_seconds()
        proxy.held |= {TO_SERVER, TO_CLIENT}
        time.sleep(seconds)  # how long nothing comes through
        spent = consumer.cpu_seconds() - before
        require(spent < seconds / 3, f"I7: {spent:.1f} s of CPU time in {seconds} s of silence")
        proxy.held.clear()
        proxy.reset_all()
    return disturb


@case("F13", "F16", holds="I6 I7", how="connections to Apache Kafka stay open and carry nothing for 12 s")
def kafka_is_silent(world):
    return carried_on(world, "kafka", half_open(12))


@case("F13", "F16", holds="I6 I7", how="connections to nats-server stay open and carry nothing for 12 s")
def nats_is_silent(world):
    return carried_on(world, "nats", half_open(12))


@case("F13", holds="I6 I7", how="only what the consumer sends is lost, for 6 s (one way)")
def one_way(world):
    def disturb(proxy, consumer):
        proxy.dropped.add(TO_SERVER)
        time.sleep(6)  # how long one way is cut
        proxy.dropped.clear()
        proxy.reset_all()
        require_injected(proxy.bytes_dropped > 0, "nothing was dropped")
    return "; ".join(carried_on(world, system, disturb) for system in ("kafka", "nats"))


@case("F13", holds="I6 I7", how="PostgreSQL's connections are reset each half second, then carry nothing for 6 s")
def database_is_cut_off(world):
    fleet = Fleet(world, "nats+postgresql")
    proxy = Proxy(world)
    proxy.lead_to(fleet.database.port)
    producer, path = fleet.producer.start(*FLEET, "--rate", 60)
    store = fleet.store.replace(f":{fleet.database.port}/", f":{proxy.port}/")
    consumer = fleet.consumer("--store-timeout", "3s", "--ack-wait", "3s", "--batch-messages", 20, store=store).start()
    consumer.wait_consumed(20)
    for _ in range(8):
        proxy.reset_all()
        time.sleep(0.5)  # each half second
    proxy.held |= {TO_SERVER, TO_CLIENT}
    wait_for(lambda: consumer.logs("PostgreSQL: the server did not answer in time"), "the log names the store", 40)
    proxy.held.clear()
    proxy.reset_all()
    require(producer.wait() == 0, "the producer failed")
    direct = fleet.consumer()
    fleet.catch_up(consumer)
    return f"{proxy.resets} resets; {describe(require_all(direct, json.loads(path.read_text())))}"
