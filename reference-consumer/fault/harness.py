"""What every case of the harness is made of: how it is declared, what it works with, and what it may find."""

import dataclasses
import random
import shutil
import signal
import subprocess
import tempfile
from typing import Callable

from children import wait_until
from processes import Workplace
from programs import Consumer, Producer
from servers import Kafka, Nats, PostgreSQL


class Broken(Exception):
    """What must hold, does not: the sentence says what."""


class NotInjected(Exception):
    """The fault did not happen, so that nothing is proved."""


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    rows: tuple          # of docs/reliability.md: F17, S25
    invariants: str      # I1 I2
    how: str             # how the fault is injected
    run: Callable        # run(world) answers what was seen, as a sentence


CASES = {}


def case(*rows, holds, how):
    """Declares a case: its name is that of the function."""
    def declare(run):
        name = run.__name__
        assert name not in CASES, name
        CASES[name] = Case(name, rows, holds, how, run)
        return run
    return declare


def require(holds, what):
    if not holds:
        raise Broken(what)


def require_injected(happened, what):
    if not happened:
        raise NotInjected(what)


def wait_for(condition, what, seconds=60, every=0.05):
    """Waits until it holds; answers what it answered."""
    found = wait_until(condition, seconds, every)
    require(found, f"not within {seconds} s: {what}")
    return found


class World(Workplace):
    """The servers and programs of one case, and its random numbers. `size` is 1 in short runs; long ones repeat more."""

    def __init__(self, programs, seed, size):
        super().__init__(programs, "kollect-fault-")
        self.folder.chmod(0o755)  # PostgreSQL runs as somebody else
        self.seed = seed
        self.random = random.Random(seed)
        self.size = size
        self.undo = []  # what must be taken back although the case ended early

    def __exit__(self, *error):
        for child in self.children:
            child.end(signal.SIGKILL)
        for one in reversed(self.undo):
            one()
        super().__exit__(*error)

    def keep(self):
        """Copies the folder, for somebody who looks why a case failed; answers where."""
        place = tempfile.mkdtemp(prefix="kollect-kept-")
        shutil.copytree(self.folder, place, dirs_exist_ok=True, ignore_dangling_symlinks=True)
        return place

    def kafka(self, **how):
        return Kafka(self, **how)

    def nats(self, **how):
        return Nats(self, **how)

    def postgresql(self, **settings):
        return PostgreSQL(self, **settings)

    def sqlite(self, name="state"):
        return f"sqlite:{self.folder}/{self.fresh(name)}.db"

    def path(self, name):
        return self.folder / self.fresh(name)

    def write(self, name, text):
        path = self.path(name)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def producer(self, manifest):
        return Producer(self, manifest)

    def consumer(self, manifest, store, *flags, **how):
        """One that is not running yet."""
        return Consumer(self, manifest, store, *flags, **how)

    def run(self, *words, text=None, seconds=120, environment=None):
        """Runs a program to its end, whatever that is."""
        return subprocess.run([str(one) for one in words], input=text, capture_output=True, timeout=seconds,
                              env=environment)
