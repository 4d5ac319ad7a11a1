"""kollect-consumer while it serves (P13), and its memory over a long stream of duplicates (P15)."""

import http.client
import pathlib
import shutil
import threading
import time

import corpora
from contenders import ours
from goals import Finding, Spread
from children import free_port, wait_until
from processes import Failure

RATE = 50        # requests a second
PAGE = 500       # rows
IDLE_SECONDS = 5


class Reader(threading.Thread):
    """Asks for one page after the other, by cursor through the whole fleet, until it is told to stop."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.took = []  # milliseconds
        self.failures = 0
        self.is_over = threading.Event()

    def run(self):
        connection, cursor, due = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30), "", time.monotonic()
        while not self.is_over.wait(max(0, due - time.monotonic())):
            asked = time.monotonic()
            due = max(due + 1 / RATE, asked)  # what was late is not made up for
            try:
                connection.request("GET", f"/v1alpha1/inventory?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.failures += 1
                continue
            self.took.append((time.monotonic() - asked) * 1000)
            if answer.status != 200 or b'"targetNamespace"' not in body:
                self.failures += 1
                continue
            # To decode all of it would be more work than it was to make.
            _, is_there, rest = body[-400:].partition(b'"next":"')
            cursor = rest.partition(b'"')[0].decode() if is_there else ""

    def stop(self, allowed=0):
        """What pages took; ends the benchmark if more of them failed than is to be expected."""
        self.is_over.set()
        self.join()
        if not self.took or self.failures > allowed:
            raise Failure(f"{self.failures} pages failed, {len(self.took)} came")
        return self.took


def at(share, took):
    took = sorted(took)
    return took[min(len(took) - 1, int(len(took) * share))]


def forget(path):
    for one in path.parent.glob(path.name + "*"):
        one.unlink()


def is_ok(port, path="/healthz"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def measure_reading(place, made):
    """P13."""
    first, rest = made.of(corpora.rounds, 400, 15)
    begin = place.folder / f"{place.fresh('serving')}.db"
    place.time("ours", ours(place, first.topic.manifest, f"sqlite:{begin}"))

    def open_store(path, goes_on=False):
        """A consumer that listens, and its port."""
        port = free_port()
        child = place.start("ours", ours(place, rest.topic.manifest, f"sqlite:{path}", "--listen", f"127.0.0.1:{port}",
                                         goes_on=goes_on))
        if not wait_until(lambda: is_ok(port) or not child.is_running(), 30, 0.005) or not child.is_running():
            raise Failure(f"the consumer does not listen: {child.log()}")
        return child, port

    def ingest(is_reading, path):
        """Takes the corpus in; seconds from the moment it listens, and what pages took."""
        shutil.copyfile(begin, path)
        child, port = open_store(path)
        begun = time.monotonic()
        reader = Reader(port)
        if is_reading:
            reader.start()
        code = child.wait()
        seconds = time.monotonic() - begun
        place.children.remove(child)
        if code != 0:
            raise Failure(f"the consumer ended with {code}: {child.log()}")
        return seconds, reader.stop(allowed=RATE) if is_reading else []  # it does not know when the consumer ends

    def idle(path):
        """What pages took when there is nothing to take in."""
        child, port = open_store(path, goes_on=True)
        reader = Reader(port)
        reader.start()
        threading.Event().wait(IDLE_SECONDS)  # what is measured is this time
        took = reader.stop()
        if place.end(child) != 0:
            raise Failure(f"the consumer fails: {child.log()}")
        return took

    path = place.folder / f"{place.fresh('serving')}.db"
    quiet, reading, under_load, alone = [], [], [], []
    for turn in range(4):
        seconds, _ = ingest(False, path)
        quiet.append(seconds)
        forget(path)
        seconds, took = ingest(True, path)
        reading.append(seconds)
        under_load.append(took)
        alone.append(idle(path) if turn < 3 else [])
        forget(path)
    forget(begin)
    still, pages = (sorted(one for took in all_of for one in took) for all_of in (alone, under_load))
    ratios = [at(.99, took) / at(.99, still) for took in under_load]
    loss = [100 * (1 - without / with_readers) for without, with_readers in zip(quiet, reading)]
    corpus = f"{rest.name}, {first.rows} rows held"
    told = (f"p50 and p99 of {len(still)} pages idle {at(.5, still):.1f} and {at(.99, still):.1f} ms, of {len(pages)} under "
            f"ingestion {at(.5, pages):.1f} and {at(.99, pages):.1f} ms; {RATE} pages of {PAGE} rows a second")
    rates = [rest.bytes / 1e6 / Spread.of(one).median for one in (quiet, reading)]
    return [Finding("P13", "p99 of a page under full ingestion", "idle", corpus, "x", Spread.of(ratios), 3, False,
                    len(ratios), "wall time", told),
            Finding("P13", f"ingestion lost by {RATE} pages a second", "nobody reads", corpus, "%", Spread.of(loss), 15, False,
                    len(loss), "wall time", f"{rates[0]:.0f} and {rates[1]:.0f} MB/s; the reader is on the same processors")]


def resident(pid):
    """Bytes of a process that are in memory."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def measure_memory(place, made):
    """P15, the programs' part."""
    corpus = made.of(corpora.many_duplicates, 80_000)
    path = place.folder / f"{place.fresh('memory')}.db"
    # With a short queue: how much has been fetched ahead is not what is looked for.
    child = place.start("ours", ours(place, corpus.topic.manifest, f"sqlite:{path}", "-X", "queued.max.messages.kbytes=24576"))
    samples = []
    while child.is_running():
        try:
            samples.append(resident(child.pid))
        except OSError:
            break
        time.sleep(0.01)  # between looks
    if child.wait() != 0:
        raise Failure(f"the consumer fails: {child.log()}")
    place.children.remove(child)
    samples = [one for one in samples if one]
    quarter = len(samples) // 4
    early, late = max(samples[quarter:2 * quarter]), max(samples[3 * quarter:])
    gained = max(0, late - early) / 2**20
    note = f"the most within its second quarter {early / 2**20:.1f} MiB, within its last {late / 2**20:.1f} MiB; {child.wall:.1f} s"
    return [Finding("P15", "duplicates: memory gained", "nothing", corpus.name, "MiB", Spread(gained, gained, gained), 1, False,
                    0, f"{len(samples)} looks", note)]
