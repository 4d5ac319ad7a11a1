"""Stores of millions of rows: what a first import costs (P21), and what 10,000,000 rows are to live with (P22)."""

import os
import time

import corpora
import into_postgresql
import into_sqlite
from children import free_port, wait_until
from contenders import must_have_consumed, ours, ratio
from goals import Finding, Spread, shown
from processes import Failure, memory_of, say
from servers import PostgreSQL
from serving import PAGE, Reader, at, forget, is_ok

IMPORTED_SCOPES = int(os.environ.get("KOLLECT_BENCH_IMPORTED_SCOPES", 8_000))  # of 250 rows: 2,000,000
HELD_SCOPES = int(os.environ.get("KOLLECT_BENCH_HELD_SCOPES", 40_000))         # of 250 rows: 10,000,000
BATCH = 32 << 20  # bytes of messages in a transaction, run's default
PAGES = 400


def copy_with_syncs(source, target, points):
    """Seconds that it takes to copy a file, with an fsync at so many points of it."""
    size = source.stat().st_size
    begun = time.monotonic()
    with open(source, "rb") as read, open(target, "wb") as write:
        for point in range(points):
            end, done = size * (point + 1) // points, size * point // points
            while done < end:
                done += os.sendfile(write.fileno(), read.fileno(), None, min(end - done, 1 << 24))
            os.fsync(write.fileno())
    return time.monotonic() - begun


def measure_sqlite_import(place, corpus):
    contenders = into_sqlite.Contenders(place)
    path = contenders.store("import")
    took = contenders.take("ours", corpus, path)
    size, transactions = path.stat().st_size, -(-corpus.bytes // BATCH)
    copy = place.folder / place.fresh("copy")
    beside = copy_with_syncs(path, copy, transactions)
    contenders.forget(path)
    copy.unlink()
    written, kernel = took.written / size, 100 * took.kernel / took.cpu
    told = f"{corpus.rows / took.wall:.0f} rows/s; {took.written / 1e9:.2f} GB written for a store of {size / 1e9:.2f} GB"
    name = f"{corpus.rows} rows, all new"
    return [Finding("P21", "import into SQLite: bytes written", "the store's growth", name, "x", Spread.of([written]), 3,
                    False, 1, "bytes, by its resource usage", told),
            Finding("P21", "import into SQLite: the kernel's part of CPU time", "all CPU time", name, "%", Spread.of([kernel]),
                    25, False, 1, "CPU time", f"{took.kernel:.1f} of {took.cpu:.1f} s"),
            Finding("P21", "import into SQLite", f"copying the store with {transactions} fsyncs", name, "x",
                    Spread.of([took.wall / beside]), 1.6, False, 1, "wall time", f"{took.wall:.1f} and {beside:.1f} s")]


def measure_postgresql_import(place, corpus, server):
    """Beside the loop with COPY, as P10 is, at ten times its size."""
    contenders = into_postgresql.Contenders(place, server)
    mine, loop = ([contenders.run(name, corpus)] for name in ("ours", "copy"))
    return [Finding("P21", "import into PostgreSQL", "C++ loop, INSERT … ON CONFLICT from COPY", f"{corpus.rows} rows, all new", "x",
                    ratio(mine, loop, "wall"), 0.9, True, 1, "wall time",
                    f"{corpus.rows / mine[0].wall:.0f} and {corpus.rows / loop[0].wall:.0f} rows/s")]


def measure_imports(place, made):
    """P21."""
    corpus = made.of(corpora.fresh, IMPORTED_SCOPES)
    say(f"importing {corpus.rows} rows")
    findings = measure_sqlite_import(place, corpus)
    return findings + measure_postgresql_import(place, corpus, made.of_database(PostgreSQL))


def read_pages(port):
    """Milliseconds that each of the first pages in order took, at P13's pace."""
    reader = Reader(port)
    reader.start()
    if not wait_until(lambda: len(reader.took) >= PAGES or reader.failures, 300, 0.05):
        raise Failure(f"only {len(reader.took)} of {PAGES} pages came")
    return sorted(reader.stop())


def serve(place, words):
    """Starts the consumer on a log that it has read to the end; seconds until it is ready, the pages' times, its peak memory."""
    port = free_port()
    child = place.start("ours", [*words, "--listen", f"127.0.0.1:{port}"])
    if not wait_until(lambda: is_ok(port, "/readyz") or not child.is_running(), 60, 0.005) or not child.is_running():
        raise Failure(f"the consumer does not become ready: {child.log()}")
    start = time.monotonic() - child.begun
    took, peak = read_pages(port), memory_of(child.pid, "VmHWM")
    if place.end(child) != 0:
        raise Failure(f"the consumer fails: {child.log()}")
    return start, took, peak


def measure_held(place, made):
    """P22."""
    known = made.of(corpora.duplicates, 2000)
    first, unchanged = made.of(corpora.rounds, HELD_SCOPES, 1, churn=0, duplicates=0)
    path, group = place.folder / f"{place.fresh('held')}.db", place.fresh("group")
    store = f"sqlite:{path}"
    say(f"importing {first.rows} rows")
    imported = place.time("ours", ours(place, first.topic.manifest, store, group=group), keep=True)
    must_have_consumed(imported, first)
    start, pages, serving = serve(place, ours(place, first.topic.manifest, store, group=group, goes_on=True))
    first.drop()
    same = place.time("ours", ours(place, unchanged.topic.manifest, store), keep=True)
    must_have_consumed(same, unchanged)
    unchanged.drop()
    forget(path)
    again = place.time("ours", ours(place, known.topic.manifest, store), keep=True)
    must_have_consumed(again, known)
    forget(path)
    rates = [corpus.bytes / 1e6 / took.wall for corpus, took in ((unchanged, same), (known, again))]
    peaks = {"import": imported.peak_memory, "pages": serving, "an unchanged fleet": same.peak_memory}
    name = f"{first.rows} rows held"
    return [Finding("P22", "start to ready", "nothing", name, "s", Spread.of([start]), 1, False, 1, "wall time"),
            Finding("P22", "most memory", "nothing", name, "MiB", Spread.of([max(peaks.values()) / 2**20]), 700, False, 0,
                    ", ".join(f"{what} {peak / 2**20:.0f} MiB" for what, peak in peaks.items())),
            Finding("P22", "page in order, p99", "nothing", name, "ms", Spread(at(.99, pages), pages[0], pages[-1]), 20, False,
                    len(pages), "wall time", f"p50 {at(.5, pages):.1f} ms, {PAGE} rows each"),
            Finding("P22", "unchanged fleet into SQLite", "duplicates", name, "x", Spread.of([rates[0] / rates[1]]), 0.8, True, 1,
                    "wall time", f"{shown(rates[0])} and {shown(rates[1])} MB/s")]
