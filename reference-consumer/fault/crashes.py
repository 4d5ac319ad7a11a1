"""Processes that are killed, stopped and started again, at any moment and at each call that writes."""

import json
import os
import shutil
import signal
import time

from children import wait_until
from fleets import PAIRS, Fleet
from harness import case, require, require_injected, wait_for
from injection import calls_in, straced
from network import behind_a_proxy
from oracle import describe, require_all, require_state
from proxy import TO_SERVER

FLEET = ("--clusters", 2, "--namespaces", 4, "--items", 120, "--rounds", 25, "--duplicates", 0.1)
# A static membership is resumed at once; without it a member that was killed is missed for a session.
MESSAGES = "kollect_consumer_messages_total"
QUICK = ("--session-timeout", "6s", "--ack-wait", "2s", "--batch-messages", 20)


def killed_often(world, pair, times):
    fleet = Fleet(world, pair)
    producer, path = fleet.producer.start(*FLEET, "--rate", 150)
    kills, consumer = 0, fleet.consumer(*QUICK, *(("--instance-id", "one") if fleet.system == "kafka" else ()))
    while kills < times:
        consumer.start()
        pause = world.random.uniform(0.05, 1.2)
        time.sleep(pause)  # the moment is what is random
        require_injected(consumer.child.is_running(), f"the consumer ended by itself with {consumer.child.ended}")
        consumer.kill()
        kills += 1
    require(producer.wait() == 0, "the producer failed")
    consumer.to_end()
    told = require_all(consumer, json.loads(path.read_text()))
    return f"{kills} SIGKILLs; {describe(told)}"


def declare_killed(pair):
    name = "killed_at_random_" + pair.replace("+", "_")

    def run(world):
        return killed_often(world, pair, 12 * world.size)

    run.__name__ = name
    case("F1", holds="I1 I2 I3 I10", how="SIGKILL after a random 0.05 s to 1.2 s, started again, while messages come")(run)


for one in PAIRS:
    declare_killed(one)


FILE_CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")


def copy_of_file(world, path):
    """A copy of an SQLite store, as the URL of one."""
    to = world.path("copy")
    shutil.copyfile(path, to)
    os.chmod(to, 0o600)
    return f"sqlite:{to}"


def killed_at_each(world, fleet, expected, calls, copy, least, most):
    """Lets the group `template` take a copy of its store to the end once for each call that writes, killed there, and once
    more. There are `least` such calls at least; of more than `most` some are chosen."""
    def over(store, prefix=()):
        # What a killed one had not acknowledged comes again soon.
        return fleet.consumer("--ack-wait", "1s", store=store, group="template", prefix=prefix)

    log = world.path("trace")
    whole = over(copy(), straced(log, calls=calls))
    whole.to_end()
    require_state(whole, expected)
    counts = calls_in(log)
    points = [(call, number) for call, count in counts.items() for number in range(1, count + 1)]
    require_injected(len(points) >= least, f"it makes only {counts}")
    most *= world.size
    chosen = points if len(points) <= most else world.random.sample(points, most)
    killed = 0
    for call, number in chosen:
        log = world.path("trace")
        one = over(copy(), straced(log, f"{call}:signal=KILL:when={number}"))
        killed += one.attempt().returncode in (-9, 137) or "KILL" in log.read_text(errors="replace")
        one.prefix = ()
        one.to_end()
        require_all(one, expected)
    # How often a call is made is not the same each time: the last ones may not be reached.
    require_injected(killed > len(chosen) // 2, f"only {killed} of {len(chosen)} were killed")
    return f"killed at {killed} of {len(points)} calls; state, feed and counters right after each"


@case("F2", "F3", holds="I3", how="strace kills at each pwrite64, fdatasync, ftruncate and unlink of one batch in turn")
def killed_at_every_write(world):
    fleet = Fleet(world, "nats+sqlite")
    first, _ = fleet.producer.simulate("--clusters", 1, "--namespaces", 2, "--items", 60, "--rounds", 2)
    template = fleet.consumer("--ack-wait", "1s", group="template")
    template.to_end()
    expected, _ = fleet.producer.simulate("--clusters", 1, "--namespaces", 2, "--items", 60, "--rounds", 3, seed=world.seed + 1)
    before = world.folder / "before.db"
    os.rename(template.store.removeprefix("sqlite:"), before)
    for rest in world.folder.glob("state-*.db-*"):
        rest.unlink()
    return killed_at_each(world, fleet, expected, FILE_CALLS, lambda: copy_of_file(world, before), least=21, most=45)


@case("F3", holds="I2", how="the way to the broker is cut (its bytes vanish) while batches commit; then SIGKILL")
def killed_between_commit_and_acknowledgement(world):
    seen = []
    for system in ("kafka", "nats"):
        fleet, proxy, manifest = behind_a_proxy(world, system)
        expected, _ = fleet.producer.simulate(*FLEET)
        consumer = fleet.consumer(*QUICK, manifest=manifest).start()
        require(consumer.wait_consumed(20), "it does not begin")
        proxy.dropped.add(TO_SERVER)
        before = consumer.consumed()
        wait_for(lambda: consumer.consumed() > before or proxy.bytes_dropped > 0, "a batch is stored behind the cut", 30)
        consumer.kill()
        known = consumer.consumed()
        again = fleet.consumer(*QUICK)
        again.to_end()
        seen.append(f"{system}: {known} known at the kill, {proxy.bytes_dropped} bytes of it lost, {describe(require_all(again, expected))}")
    return "; ".join(seen)


@case("F4", holds="I2 I4", how="SIGSTOP of one of two members for longer than its session, then SIGCONT")
def stopped_and_taken_over(world):
    fleet = Fleet(world, "kafka+postgresql")
    producer, path = fleet.producer.start(*FLEET, "--rate", 40)
    first, second = fleet.consumer(*QUICK).start(), fleet.consumer(*QUICK).start()
    wait_for(lambda: first.metric(MESSAGES) > 5 and second.metric(MESSAGES) > 5, "both are at work")
    first.child.send(signal.SIGSTOP)
    before = count_owners(fleet)
    wait_for(lambda: count_owners(fleet) == 1, "the other takes all partitions over", 60)
    first.child.send(signal.SIGCONT)
    require(producer.wait() == 0, "the producer failed")
    wait_for(fleet.is_settled, "all is consumed", 60)
    require(first.child.is_running() or first.child.ended in (0, 75), f"the zombie ended with {first.child.ended}")
    for one in (first, second):
        require(one.end() in (0, 75), f"a member ended with {one.child.ended}")
    last = fleet.consumer()
    last.to_end()
    told = require_all(last, json.loads(path.read_text()))
    return f"{before} owners before, one after; {describe(told)}"


def count_owners(fleet):
    """How many processes own partitions, by the store."""
    return int(fleet.database.run(fleet.store, "SELECT count(DISTINCT owner) FROM kollect.positions")[0])


@case("F5", holds="I2", how="SIGSTOP while a PostgreSQL transaction of the consumer is open; a second one takes over")
def stopped_within_a_transaction(world):
    fleet = Fleet(world, "kafka+postgresql", partitions=1)
    expected, _ = fleet.producer.simulate("--clusters", 2, "--namespaces", 4, "--items", 600, "--rounds", 25)
    first = fleet.consumer("--session-timeout", "6s", "--store-timeout", "3s", "--batch-messages", 25).start()
    require(first.wait_consumed(25), "it does not begin")
    is_open = "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND backend_xid IS NOT NULL AND datname = current_database()"
    for _ in range(400):
        first.child.send(signal.SIGSTOP)
        if fleet.database.run(fleet.store, is_open) != ["0"]:
            break
        first.child.send(signal.SIGCONT)
        time.sleep(0.01)
    require_injected(fleet.database.run(fleet.store, is_open) != ["0"], "no open transaction was caught")
    second = fleet.consumer("--session-timeout", "6s", "--store-timeout", "3s")
    second.to_end("--give-up-after", "60s")
    first.child.send(signal.SIGCONT)
    wait_for(lambda: first.logs("fenced|taken over|closed the connection") or not first.child.is_running(),
             "the stopped one learns that it was overtaken", 60)
    first.end()
    told = require_all(second, expected)
    return describe(told)


@case("F7", holds="I1 I2 I7", how="members join and leave every second or two, some by SIGKILL")
def rebalance_storm(world):
    fleet = Fleet(world, "kafka+postgresql", partitions=4)
    producer, path = fleet.producer.start(*FLEET, "--rate", 60)
    members, changes = [], 0
    deadline = time.monotonic() + 22 * world.size
    while time.monotonic() < deadline:
        if len(members) < 3:
            members.append(fleet.consumer(*QUICK).start())
        else:
            one = members.pop(world.random.randrange(len(members)))
            code = one.end(signal.SIGKILL if world.random.random() < 0.5 else signal.SIGTERM)
            require(code in (0, 75, -9), f"a member ended with {code}: {one.log()[-800:]}")
        changes += 1
        time.sleep(world.random.uniform(0.5, 1.8))  # the pace of the storm
    require(producer.wait() == 0, "the producer failed")
    for one in members:
        one.end()
    last = fleet.consumer("--session-timeout", "6s")
    last.to_end()
    told = require_all(last, json.loads(path.read_text()))
    return f"{changes} joins and leaves; {describe(told)}"


@case("F8", "F49", holds="I1 I2 I7", how="two processes with one instance id for 15 s")
def one_instance_id_twice(world):
    fleet = Fleet(world, "kafka+postgresql")
    producer, path = fleet.producer.start(*FLEET, "--rate", 30)
    pair = [fleet.consumer(*QUICK, "--instance-id", "same").start() for _ in range(2)]
    wait_until(lambda: not all(one.child.is_running() for one in pair), 15, 0.2)
    lines = sum(one.log().count("\n") for one in pair)
    alive = [one for one in pair if one.child.is_running()]
    ends = [one.child.ended for one in pair if not one.child.is_running()]
    require(alive, f"nobody is left: {ends}")
    require(all(code == 75 for code in ends), f"who was fenced ended with {ends}")
    require(lines < 150, f"{lines} log lines in 15 s")
    require(ends or lines < 100, "they fence each other for ever")
    require(producer.wait() == 0, "the producer failed")
    for one in alive:
        one.end()
    last = fleet.consumer("--session-timeout", "6s")
    last.to_end()
    told = require_all(last, json.loads(path.read_text()))
    return f"{lines} log lines, ended with {ends or 'nothing'}; {describe(told)}"


@case("F39", holds="I1 I2", how="SIGTERM under load, twice in a row, and during a rebalance")
def ended_politely(world):
    fleet = Fleet(world, "kafka+sqlite")
    expected, told = fleet.producer.simulate("--clusters", 2, "--namespaces", 4, "--items", 300, "--rounds", 25)
    took = []
    for _ in range(4):
        consumer = fleet.consumer("--batch-messages", 30).start()
        consumer.wait_consumed(consumer.consumed() + 30)
        begun = time.monotonic()
        consumer.child.send(signal.SIGTERM)
        consumer.child.send(signal.SIGTERM)
        code = consumer.end()
        took.append(time.monotonic() - begun)
        require(code == 0, f"ended with {code}")
        if consumer.consumed() >= told["messages"]:
            break
    last = fleet.consumer()
    last.to_end()
    ended = require_all(last, expected)
    require(ended["consumed"] == told["messages"],
            f"{ended['consumed'] - told['messages']} messages came again although each end was clean")
    return f"ended within {max(took):.1f} s with 0, nothing came again; {describe(ended)}"


@case("F41", "S32", holds="I2", how="a second process is given the same SQLite file, by another spelling of its path and by a hard link")
def one_file_twice(world):
    fleet = Fleet(world, "nats+sqlite")
    fleet.producer.simulate("--rounds", 2)
    first = fleet.consumer().start()
    first.wait_consumed(1)
    wait_for(first.is_ready, "the first is ready", 30)
    path = first.store.removeprefix("sqlite:")
    link = world.folder / "symbolic.db"
    os.symlink(path, link)
    codes = {}
    for name, store in {"same": path, "dots": f"{world.folder}/./{os.path.basename(path)}", "symbolic link": link}.items():
        other = fleet.consumer("--give-up-after", "2s", store=f"sqlite:{store}", group="other")
        codes[name] = other.attempt().returncode
    require(first.is_ready() and all(code == 73 for code in codes.values()), f"{codes}")
    first.end()
    return f"refused with {codes}"
