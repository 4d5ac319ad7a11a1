"""What whoever starts servers and programs in Python needs: tests and benchmarks."""

import ctypes
import signal
import socket
import time


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def end_with_parent():
    """For a child before it begins: whatever ends the parent, ends its children."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def wait_until(condition, seconds=60, every=0.05):
    """Asks until it holds; answers what it answered, which is false when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(every)
