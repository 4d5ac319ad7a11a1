"""Programs as children: started, timed with what they took of the processor, and ended by their pid."""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from children import end_with_parent, wait_until


class Failure(Exception):
    """What ends the program, as a sentence for its user."""


def say(text):
    """Tells what happens, on standard error: standard output is for results."""
    print(f"{pathlib.Path(sys.argv[0]).stem}: {text}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Timed:
    wall: float
    cpu: float          # seconds of user and system time, of all its threads
    peak_memory: float  # bytes
    kernel: float = 0   # seconds of `cpu` that were the kernel's
    written: int = 0    # bytes that it had the kernel write to a file system
    out: str = ""


def memory_of(pid, name):
    """A line of /proc/PID/status in bytes: VmRSS, or VmHWM for the peak; 0 for one that has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.M)
    return int(found[1]) * 1024 if found else 0


class Child:
    """A program that runs while other things happen."""

    inherited_most = 8 << 20  # how much of this process may count as a child's peak beyond what it took before the fork

    def __init__(self, name, words, folder, out=None, feed=None, environment=None):
        self.name = name
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self.ended = None
        self.ending = signal.SIGTERM  # what asks it to end
        self.begun = time.monotonic()
        self.highest = 0  # of its memory, as far as it was looked at
        self.inherited = memory_of("self", "VmRSS")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([str(one) for one in words], stdin=feed or subprocess.DEVNULL,
                                            stdout=out or log, stderr=log, preexec_fn=end_with_parent,
                                            env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self.process.pid

    def log(self, most=3000):
        """The end of what it wrote on standard error."""
        return self.log_path.read_text(errors="replace")[-most:]

    def is_running(self):
        if self.ended is None:
            self.highest = max(self.highest, memory_of(self.pid, "VmHWM"))
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.note(status, usage)
        return self.ended is None

    def note(self, status, usage):
        self.wall = time.monotonic() - self.begun
        self.cpu = usage.ru_utime + usage.ru_stime
        self.kernel = usage.ru_stime
        self.written = usage.ru_oublock * 512
        self.peak_memory = usage.ru_maxrss * 1024
        # The kernel counts what the child was before it became the program: this process, which may be the larger one.
        if self.highest and self.peak_memory <= self.inherited + self.inherited_most:
            self.peak_memory = self.highest
        self.ended = os.waitstatus_to_exitcode(status)
        self.process.returncode = self.ended

    def wait(self):
        """Until it has ended; answers its exit code."""
        if self.ended is None:
            _, status, usage = os.wait4(self.pid, 0)
            self.note(status, usage)
        return self.ended

    def send(self, number):
        if self.is_running():
            os.kill(self.pid, number)

    def end(self, number=None, patience=30):
        self.send(number or self.ending)
        self.send(signal.SIGCONT)  # one that is stopped would not hear it
        if not wait_until(lambda: not self.is_running(), patience):
            self.send(signal.SIGKILL)
        return self.wait()


class Workplace:
    """A temporary directory and the children that work in it; both are gone afterwards."""

    def __init__(self, programs, prefix="kollect-bench-"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.programs = programs  # of ours and of peers: name to path
        self.children = []
        self.made = 0

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self, name):
        """A name that this run has not used before: for files, groups and topics."""
        self.made += 1
        return f"{name}-{self.made}"

    def start(self, name, words, out=None, feed=None, environment=None):
        child = Child(self.fresh(name), words, self.folder, out, feed, environment)
        self.children.append(child)
        return child

    def end(self, child, number=None):
        """Ends a child that is not wanted any more; its exit code."""
        code = child.end(number)
        self.children.remove(child)
        return code

    def time(self, name, words, feed=None, keep=False):
        """Runs a program to its end. Its output goes nowhere, unless it is to be kept."""
        if not keep:
            return self.time_into(os.devnull, name, words, feed)
        path = self.folder / self.fresh("output")
        took = self.time_into(path, name, words, feed)
        took.out = path.read_text(errors="replace")
        path.unlink()
        return took

    def time_into(self, path, name, words, feed=None):
        """Runs a program to its end, its output into a file, its input from one."""
        if feed is not None:
            feed = open(feed, "rb")
        try:
            with open(path, "wb") as out:
                child = self.start(name, words, out=out, feed=feed)
                code = child.wait()
        finally:
            if feed is not None:
                feed.close()
        self.children.remove(child)
        if code != 0:
            raise Failure(f"{name} ended with {code}: {child.log()}")
        child.log_path.unlink()
        return Timed(child.wall, child.cpu, child.peak_memory, child.kernel, child.written)
