"""How soon a consumer is at work (P14), and what two of them in one group do (P14, P16)."""

import pathlib
import os
import signal
import sqlite3
import time

import corpora
from contenders import ours
from goals import Finding, Spread
from children import wait_until
from processes import Failure
from servers import PostgreSQL, Session

SESSION_TIMEOUT = 6  # seconds, the least that a broker with its defaults allows


def running(place, topic, store, group, *words):
    """A consumer that goes on until it is told to end."""
    return place.start("ours", ours(place, topic.manifest, store, *words, group=group, goes_on=True))


def check_running(*children):
    for child in children:
        if not child.is_running():
            raise Failure(f"a consumer has ended with {child.ended}: {child.log()}")


def applied_in_file(path):
    """How many snapshots an SQLite store has applied; 0 as long as it is not there."""
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return database.execute("SELECT applied FROM totals").fetchone()[0]
        finally:
            database.close()
    except sqlite3.Error:
        return 0


def measure_start(place, made):
    """P14: from the start of the program to the first applied snapshot, with a new store each time."""
    corpus = made.of(corpora.fresh, 200)
    server = made.of_database(PostgreSQL)
    findings = []
    for name in ("SQLite", "PostgreSQL"):
        took = []
        for _ in range(5):
            if name == "SQLite":
                path = place.folder / f"{place.fresh('start')}.db"
                store, ask = f"sqlite:{path}", lambda path=path: applied_in_file(path)
            else:
                store = server.make_database("start")
                session = Session(server, store)
                there = "SELECT count(*) FROM pg_tables WHERE schemaname = 'kollect' AND tablename = 'totals'"
                ask = lambda session=session: (session.ask(there) == [["1"]]
                                               and int(session.ask("SELECT applied FROM kollect.totals")[0][0]))
            child = running(place, corpus.topic, store, place.fresh("group"))
            if not wait_until(lambda: ask() or not child.is_running(), 60, 0.005) or not child.is_running():
                raise Failure(f"nothing is applied: {child.log()}")
            took.append(time.monotonic() - child.begun)
            place.end(child, signal.SIGKILL)
            if name == "PostgreSQL":
                session.close()
                server.drop_database(store)
        findings.append(Finding("P14", "start to first applied snapshot", "nothing", f"Kafka to {name}, new store", "s",
                                Spread.of(took), 2, False, len(took), "wall time",
                                "a transaction of 32 MiB, all rows new, is part of it"))
    return findings + [measure_take_over(place, made, server)]


def measure_take_over(place, made, server, runs=3):
    """P14: from SIGKILL of one of two to the moment when all partitions are consumed again."""
    took = []
    for _ in range(runs):
        topic = made.kafka.make_topic("taken", 2)
        store, group = server.make_database("taken"), place.fresh("group")
        session = Session(server, store)
        positions = lambda: {int(partition): (owner, int(offset)) for partition, owner, offset in session.ask(
            "SELECT partition, encode(owner, 'hex'), next_offset FROM kollect.positions")}
        words = ("--session-timeout", SESSION_TIMEOUT * 1000)
        producer = place.start("producer", [place.programs["producer"], "simulate", "--manifest", topic.manifest, "--clusters",
                                            1, "--namespaces", 20, "--items", 10, "--rounds", 1000000, "--rate", 200])
        first = running(place, topic, store, group, *words)
        there = "SELECT count(*) FROM pg_tables WHERE schemaname = 'kollect' AND tablename = 'positions'"
        if not wait_until(lambda: session.ask(there) == [["1"]] and len(positions()) == 2, 60):
            raise Failure(f"the first consumer does not begin: {first.log()}")
        second = running(place, topic, store, group, *words)
        if not wait_until(lambda: len({owner for owner, _ in positions().values()}) == 2, 60):
            raise Failure(f"the second consumer gets no partition: {second.log()}")
        check_running(first, second, producer)
        begun = time.monotonic()
        first.send(signal.SIGKILL)
        before = positions()

        def is_taken_over():
            """Both partitions have one owner, and each has moved on since."""
            now = positions()
            return len({owner for owner, _ in now.values()}) == 1 and all(now[one][1] > before[one][1] for one in now)

        if not wait_until(is_taken_over, SESSION_TIMEOUT + 60, 0.01):
            raise Failure(f"the second consumer does not take over: {second.log()}")
        took.append(time.monotonic() - begun)
        place.children.remove(first)
        first.wait()
        place.end(producer)
        place.end(second)
        session.close()
        server.drop_database(store)
        topic.drop()
    return Finding("P14", "take-over after SIGKILL", f"session timeout of {SESSION_TIMEOUT} s and one more",
                   "Kafka to PostgreSQL, two consumers, 200 messages a second", "s", Spread.of(took), SESSION_TIMEOUT + 1,
                   False, len(took), "wall time", "until messages of both partitions are stored again")


def cpu_of(pid):
    """Seconds of CPU time of a running process and of its children that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(int(one) for one in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def idle_share():
    """Ticks of the machine: those in which nothing ran (or waited for the disk), and all."""
    fields = [int(one) for one in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return fields[3], fields[4], sum(fields)


def measure_sharing(place, made):
    """P16."""
    server = made.of_database(PostgreSQL)
    corpus = made.of(corpora.fresh, 200)
    halves = corpora.halves(made.kafka, corpus)
    cores = os.cpu_count()
    told = {}

    def run(count):
        """Seconds in which so many consumers take the corpus in. They have their partitions before it is there, and are
        stopped while it comes."""
        database = server.cpu()
        topic = made.kafka.make_topic("shared", 2)
        store, group = server.make_database("shared"), place.fresh("group")
        session = Session(server, store)
        children = [running(place, topic, store, group) for _ in range(count)]
        there = "SELECT count(*) FROM pg_tables WHERE schemaname = 'kollect' AND tablename = 'positions'"
        if not wait_until(lambda: session.ask(there) == [["1"]], 60):
            raise Failure(f"the consumer does not begin: {children[0].log()}")
        owners = "SELECT count(*), count(DISTINCT owner) FROM kollect.positions"
        if not wait_until(lambda: session.ask(owners) == [["2", str(count)]], 60):
            raise Failure(f"the consumers do not share the partitions: {children[-1].log()}")
        check_running(*children)
        for child in children:
            child.send(signal.SIGSTOP)
        for partition, path in enumerate(halves):
            corpora.publish_lines(topic, path, partition)
        mine = sum(cpu_of(child.pid) for child in children)
        broker, machine = cpu_of(made.kafka.child.pid), idle_share()
        begun = time.monotonic()
        for child in children:
            child.send(signal.SIGCONT)
        done = lambda: session.ask("SELECT consumed FROM kollect.totals") == [[str(corpus.messages)]]
        if not wait_until(done, 120, 0.02):
            raise Failure(f"the consumers do not come to the end: {children[0].log()}")
        seconds = time.monotonic() - begun
        after = idle_share()
        used = {"consumers": sum(cpu_of(child.pid) for child in children) - mine,
                "broker": cpu_of(made.kafka.child.pid) - broker}
        idle, disk = (100 * (after[one] - machine[one]) / (after[2] - machine[2]) for one in (0, 1))
        session.close()
        for child in children:
            place.end(child)
        used["database"] = server.cpu() - database
        told.setdefault(count, []).append((seconds, used, idle, disk))
        server.drop_database(store)
        topic.drop()
        return seconds

    pairs = [(run(1), run(2)) for _ in range(3)]
    for path in halves:
        path.unlink()
    _, used, idle, disk = sorted(told[2], key=lambda one: one[0])[1]
    note = (f"with two, the machine's {cores} cores were idle for {idle:.0f} % of the time and waited for the disk for "
            f"{disk:.0f} %; the consumers used {used['consumers']:.1f} s of CPU time, the broker {used['broker']:.1f} s, the "
            f"database {used['database']:.1f} s: " + ("the cores bound it" if idle + disk < 20 else "locks or the disk bound it"))
    return [Finding("P16", "two consumers of a group into PostgreSQL", "one", f"{corpus.name}, two partitions", "x",
                    Spread.of([one / two for one, two in pairs]), 1.6, True, len(pairs), "wall time", note)]
