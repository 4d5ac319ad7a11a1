"""Random faults for a while: soak.py producer=PATH consumer=PATH [--minutes N] [--seed S] [PAIR…]

PAIR is kafka+sqlite, kafka+postgresql, nats+sqlite or nats+postgresql; without any, each has its share of the time. A fleet
is sent all the while, two consumers share the messages where the store allows it, and every second or so something is done to
them, to the broker, to the way there or to the database. In the end all is taken in, and what must hold is looked at.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import sys
import time

from fleets import PAIRS
from harness import Broken, World, require
from network import behind_a_proxy
from oracle import describe, require_all
from processes import Failure
from proxy import TO_CLIENT, TO_SERVER

SCOPES, RATE = 18, 60
FLEET = ("--clusters", 3, "--namespaces", 6, "--items", 200, "--duplicates", 0.05, "--poison", 0.002, "--churn", 0.02, "--rate", RATE)
FLAGS = ("--session-timeout", "6s", "--ack-wait", "5s", "--batch-messages", 50, "--store-timeout", "5s")


class Soak:
    """One pair under random faults."""

    def __init__(self, world, pair):
        self.world = world
        self.random = world.random
        self.fleet, self.proxy, self.manifest = behind_a_proxy(world, *pair.split("+"))
        self.members = []
        self.done = {}
        self.rss = []

    def wanted(self):
        """SQLite has one writer."""
        return 2 if self.fleet.database else 1

    def start_missing(self):
        for one in [one for one in self.members if not one.child.is_running()]:
            require(one.child.ended in (0, 69, 71, 75, -9), f"a consumer ended with {one.child.ended}: {one.log()[-900:]}")
            self.members.remove(one)
        while len(self.members) < self.wanted():
            self.members.append(self.fleet.consumer(*FLAGS, manifest=self.manifest).start())

    def sample(self):
        for one in self.members:
            if size := one.rss():  # it has not just ended
                self.rss.append(size)

    # What may happen.

    def kill_a_consumer(self):
        self.random.choice(self.members).kill()

    def end_a_consumer(self):
        require(self.random.choice(self.members).end() in (0, 69, 75), "a consumer did not end well")

    def stop_a_consumer(self):
        one = self.random.choice(self.members)
        one.child.send(signal.SIGSTOP)
        self.pause(0.5, 9)
        one.child.send(signal.SIGCONT)

    def kill_the_broker(self):
        self.fleet.server.child.end(signal.SIGKILL)
        self.pause(0.1, 3)
        self.fleet.server.start()

    def stop_the_broker(self):
        self.fleet.server.child.send(signal.SIGSTOP)
        self.pause(1, 8)
        self.fleet.server.child.send(signal.SIGCONT)

    def reset_connections(self):
        self.proxy.reset_all()

    def hold_connections(self):
        self.proxy.held |= {TO_SERVER, TO_CLIENT}
        self.pause(1, 8)
        self.proxy.held.clear()
        self.proxy.reset_all()

    def lose_what_is_sent(self):
        self.proxy.dropped.add(TO_SERVER)
        self.pause(0.5, 4)
        self.proxy.dropped.clear()
        self.proxy.reset_all()

    def kill_a_session_of_the_database(self):
        self.fleet.database.run(self.fleet.store, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                                "current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1")

    def stop_the_database_at_once(self):
        self.fleet.database.child.end(signal.SIGQUIT)
        self.pause(0.1, 2)
        self.fleet.database.start()

    def pause(self, least, most):
        time.sleep(self.random.uniform(least, most))

    def faults(self):
        always = [self.kill_a_consumer] * 4 + [self.end_a_consumer, self.stop_a_consumer, self.kill_the_broker, self.stop_the_broker,
                                               self.reset_connections, self.reset_connections, self.hold_connections, self.lose_what_is_sent]
        return always + ([self.kill_a_session_of_the_database, self.stop_the_database_at_once] if self.fleet.database else [])

    def run(self, seconds):
        rounds = max(5, int(seconds * RATE / SCOPES / 1.06))
        producer, path = self.fleet.producer.start(*FLEET, "--rounds", rounds, "--timeout", "300s")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.start_missing()
            self.pause(0.5, 3)
            self.sample()
            fault = self.random.choice(self.faults())
            self.done[fault.__name__] = self.done.get(fault.__name__, 0) + 1
            fault()
        require(producer.wait() == 0, f"the producer failed: {producer.log()}")
        for one in self.members:
            one.end()
        last = self.fleet.consumer("--session-timeout", "6s", "--ack-wait", "5s")
        last.to_end(seconds=600)
        told = require_all(last, json.loads(path.read_text()))
        return f"{describe(told)}; {self.memory()}; {', '.join(f'{count} x {name}' for name, count in sorted(self.done.items()))}"

    def memory(self):
        sizes = [size / (1 << 20) for size in self.rss]
        third = max(1, len(sizes) // 3)
        return f"RSS {statistics.median(sizes[:third]):.0f} MiB at first, {statistics.median(sizes[-third:]):.0f} MiB at last"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("words", nargs="+")
    options = parser.parse_intermixed_args()
    programs = {name: os.path.abspath(path) for name, path in (one.split("=", 1) for one in options.words if "=" in one)}
    programs |= {"python": sys.executable,
                 "topics": str(pathlib.Path(__file__).resolve().parents[1] / "bench/peers/python/topics.py")}
    pairs = [one for one in options.words if "=" not in one] or PAIRS
    print(f"soak: {options.minutes} minutes, seed {options.seed}", file=sys.stderr, flush=True)
    failed = 0
    for pair in pairs:
        with World(programs, options.seed, 1) as world:
            try:
                print(f"{pair}: {Soak(world, pair).run(options.minutes * 60 / len(pairs))}", flush=True)
            except (Broken, Failure) as error:
                failed += 1
                print(f"{pair}: BROKEN: {error}; {world.keep()}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
