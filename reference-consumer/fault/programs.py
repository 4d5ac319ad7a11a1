"""kollect-producer and kollect-consumer as a case starts them, and what a store holds afterwards."""

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

from children import free_port, wait_until
from processes import Failure, memory_of

ENDINGS = ("applied", "duplicate", "stale", "dead_lettered", "pending")


def answer_of(words, what, seconds=300):
    done = subprocess.run([str(one) for one in words], capture_output=True, timeout=seconds)
    if done.returncode != 0:
        raise Failure(f"{what} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-800:]}")
    return done.stdout


@dataclasses.dataclass
class Attempt:
    """How a run that has an end went."""
    returncode: int
    stdout: bytes
    stderr: bytes
    peak_memory: int


class Producer:
    """Fills one topic or stream."""

    def __init__(self, world, manifest):
        self.world = world
        self.manifest = manifest

    def words(self, *flags, seed=None):
        return [self.world.programs["producer"], "simulate", "--manifest", self.manifest, "--seed",
                self.world.seed if seed is None else seed, *flags]

    def simulate(self, *flags, seed=None, expected=None):
        """Sends a fleet's snapshots; answers the rows that a consumer must arrive at and what the program tells."""
        path = expected or self.world.path("expected")
        told = json.loads(answer_of(self.words(*flags, "--expect", path, seed=seed), "simulate"))
        return json.loads(path.read_text()), told

    def start(self, *flags, seed=None):
        """Sends beside what follows: wait() for it, then read the file that is answered too."""
        path = self.world.path("expected")
        return self.world.start("producer", self.words(*flags, "--expect", path, seed=seed)), path

    def export(self, rows, namespace="team-a", inventory="all", *flags):
        """One snapshot."""
        file = self.world.write("rows", json.dumps(rows))
        answer_of([self.world.programs["producer"], "export", "--manifest", self.manifest, "--namespace", namespace,
                   "--inventory", inventory, *flags, file], "export")


class Consumer:
    """One consumer and its store. `prefix` are words that start it, such as strace; `environment` goes to it."""

    def __init__(self, world, manifest, store, *flags, prefix=(), environment=None, group=None):
        self.world = world
        self.manifest = manifest
        self.store = store
        self.flags = flags
        self.prefix = prefix
        self.environment = environment or {}
        self.group = group or "kollect-consumer"
        self.port = None
        self.child = None
        self.peak_memory = 0  # of the last run that had an end

    def words(self, *further):
        return [*self.prefix, self.world.programs["consumer"], "run", "--manifest", self.manifest, "--store", self.store,
                "--group", self.group, "--log-format", "json", *self.flags, *further]

    def start(self, *further):
        self.port = free_port()
        self.child = self.world.start("consumer", self.words("--listen", f"127.0.0.1:{self.port}", *further),
                                      environment=self.environment)
        return self

    def to_end(self, *further, code=0, seconds=180):
        """Takes in what is there now; answers the counters, as the program prints them."""
        ended = self.attempt(*further, seconds=seconds)
        self.peak_memory = ended.peak_memory
        if ended.returncode != code:
            raise Failure(f"run --until-end ended with {ended.returncode}, not {code}: "
                          f"{ended.stderr.decode(errors='replace')[-1500:]}")
        return json.loads(ended.stdout) if ended.stdout else {}

    def attempt(self, *further, seconds=180):
        """The same, whatever its end; peak_memory is what it took of memory, in bytes."""
        path = self.world.path("out")
        with open(path, "wb") as out:
            child = self.world.start("until-end", self.words("--until-end", *further), out=out, environment=self.environment)
        if not wait_until(lambda: not child.is_running(), seconds):
            raise Failure(f"run --until-end goes on after {seconds} s: {child.log()}")
        self.world.children.remove(child)
        return Attempt(child.wait(), path.read_bytes(), child.log_path.read_bytes(), child.peak_memory)

    def log(self):
        return self.child.log(1_000_000)

    def logs(self, pattern):
        """Whether a line of its log matches."""
        return re.search(pattern, self.log()) is not None

    def get(self, path, seconds=5):
        """Status and text of an answer; 0 where there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=seconds) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except (urllib.error.URLError, OSError):
            return 0, ""

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def is_healthy(self):
        return self.get("/healthz")[0] == 200

    def metric(self, name, **labels):
        """Sum over the series of that name that have these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            found = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
            if found and found[1] == name and all(f'{key}="{value}"' in (found[2] or "") for key, value in labels.items()):
                total += float(found[3])
        return total

    def rss(self):
        """Bytes, now; 0 once it has ended."""
        return memory_of(self.child.pid, "VmRSS")

    def peak(self):
        """Bytes, at most so far."""
        return memory_of(self.child.pid, "VmHWM")

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, number=None, patience=60):
        """Asks it to end; answers its exit code."""
        return self.child.end(number, patience)

    def kill(self):
        self.child.end(9)

    # What the store holds: works beside a running consumer too.

    def command(self, *words):
        return [self.world.programs["consumer"], *words, "--store", self.store]

    def rows(self):
        return json.loads(answer_of(self.command("state", "-o", "json"), "state"))

    def summary(self):
        return json.loads(answer_of(self.command("summary", "-o", "json"), "summary"))

    def consumed(self):
        """How many messages the store knows; 0 before there is a store."""
        done = subprocess.run([str(one) for one in self.command("summary", "-o", "json")], capture_output=True, timeout=60)
        return json.loads(done.stdout)["consumed"] if done.returncode == 0 else 0

    def changes(self):
        return [json.loads(line) for line in answer_of(self.command("changes"), "changes").splitlines()]

    def dead_letters(self):
        return [json.loads(line) for line in answer_of(self.command("dlq", "list", "-o", "json", "--limit", 100000), "dlq").splitlines()]

    def doctor(self, *flags):
        """Exit code and what it prints."""
        done = subprocess.run([str(one) for one in self.command("doctor", *flags)], capture_output=True, timeout=120)
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def wait_consumed(self, count, seconds=120):
        def holds():
            if self.child is not None and not self.child.is_running():
                raise Failure(f"the consumer ended with {self.child.ended}: {self.child.log()}")
            return self.consumed() >= count
        return wait_until(holds, seconds, 0.1)
