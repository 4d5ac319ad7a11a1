"""kollect-consumer asked while it takes in (P23): first pages with the index, and what the index costs."""

import http.client
import os
import threading
import time
import urllib.parse

import corpora
from contenders import in_turn, ours, ratio
from children import free_port, wait_until
from goals import Finding, Spread
from processes import Failure
from servers import PostgreSQL
from serving import at, forget, is_ok

SCOPES = int(os.environ.get("KOLLECT_BENCH_SCOPES", 8000))  # of 250 rows: 2,000,000
SECONDS = 5                                                 # that each question is asked for
PAUSE = 0.05                                                # between two askings of it
INDEXED = {
    "name": "/v1alpha1/items?name=checkout-4&limit=100",
    "kind": "/v1alpha1/items?kind=Ingress&limit=100",
    "label": "/v1alpha1/items?labels=app.kubernetes.io/name=orders-9&limit=100",
    "two conditions": "/v1alpha1/items?kind=Deployment&labels=tier=backend&limit=100",
    "image": "/v1alpha1/items?attr.spec.template.spec.containers.*.image=*nginx*&limit=100",
    "nothing found": "/v1alpha1/items?uid=there-is-none",
    "facet": "/v1alpha1/facets?by=kind&name=checkout-4",
}
UNINDEXED = "/v1alpha1/items?kind=Deployment&attr.spec.replicas=99"


class Asker:
    """Asks on one connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, path):
        """Milliseconds until the answer is there."""
        asked = time.monotonic()
        self.connection.request("GET", urllib.parse.quote(path, safe="/?&=*.-!"))
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Failure(f"{path}: {answer.status} {body[:300]}")
        return (time.monotonic() - asked) * 1000

    def ask_again_and_again(self, path, seconds):
        took, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            took.append(self.ask(path))
            threading.Event().wait(PAUSE)
        return took


class Store:
    """Stores of one kind: new ones, copies, and how large they are."""

    def __init__(self, place, server=None):
        self.place, self.server = place, server
        self.name = "PostgreSQL" if server else "SQLite"

    def make(self):
        if self.server:
            return self.server.make_database("questions")
        return f"sqlite:{self.place.folder / self.place.fresh('questions')}.db"

    def forget(self, url):
        if self.server:
            self.server.drop_database(url)
        else:
            forget(self.place.folder / url.rpartition("/")[2])

    def size(self, url):
        if self.server:
            return int(self.server.run(url, "SELECT pg_database_size(current_database())")[0])
        return (self.place.folder / url.rpartition("/")[2]).stat().st_size

    def fill(self, corpus, index, url=None):
        """Takes a corpus in; the run, and where it is."""
        url = url or self.make()
        return self.place.time("ours", ours(self.place, corpus.topic.manifest, url, "--index", index)), url


INDEX = "kind,name,namespace,uid,labels,owners,images"


def measure_cost(store, made):
    """What the index takes of ingestion and of the disk."""
    findings = []
    new = made.of(corpora.fresh, 400)
    first, rest = made.of(corpora.rounds, 100, 20)
    begin = {index: store.fill(first, index)[1] for index in (INDEX, "none")}

    def run(corpus, index, start=None):
        if start and store.server:
            url = store.server.make_database("questions", start)
        else:
            url = store.make()
            if start:
                store.place.time("cp", ["cp", start.partition(":")[2], url.partition(":")[2]])
        took, _ = store.fill(corpus, index, url)
        took.size = store.size(url)
        store.forget(url)
        return took

    for what, corpus, wanted, start in (("all rows new", new, 25, None), ("realistic stream", rest, 10, begin)):
        mine, bare = in_turn(lambda: run(corpus, INDEX, start and start[INDEX]),
                             lambda: run(corpus, "none", start and start["none"]))
        speed = ratio(mine, bare, "wall")
        loss = Spread(*(100 * (1 - one) for one in (speed.median, speed.most, speed.least)))
        findings.append(Finding("P23", f"{what} into {store.name}: lost to the index", "--index none", corpus.name, "%", loss,
                                wanted, False, len(mine), "wall time",
                                f"by CPU time {100 * (1 - ratio(mine, bare, 'cpu').median):.0f} %"))
        if not start:
            share = Spread.of([one.size / other.size for one, other in zip(mine, bare)])
            findings.append(Finding("P23", f"size of a {store.name} store", "--index none", corpus.name, "x", share, 1.6, False,
                                    len(mine), "bytes"))
    for url in begin.values():
        store.forget(url)
    return findings


def measure_pages(store, made):
    """First pages while snapshots with changes are taken in."""
    place = store.place
    first, rest = made.of(corpora.rounds, SCOPES, 2)
    _, url = store.fill(first, INDEX)
    port = free_port()
    child = place.start("ours", ours(place, rest.topic.manifest, url, "--listen", f"127.0.0.1:{port}", "--index", INDEX,
                                     "--max-scanned-rows", 100_000_000, goes_on=True))
    if not wait_until(lambda: is_ok(port) or not child.is_running(), 60, 0.05) or not child.is_running():
        raise Failure(f"the consumer does not listen: {child.log()}")
    asker, findings = Asker(port), []
    corpus = f"{first.rows} rows, {rest.name}"
    for what, path in INDEXED.items():
        took = sorted(asker.ask_again_and_again(path, SECONDS))
        p99 = at(.99, took)
        findings.append(Finding("P23", f"{store.name}: first page by {what}, p99", "nothing", corpus, "ms",
                                Spread(p99, took[0], took[-1]), 50, False, len(took), "wall time",
                                f"p50 {at(.5, took):.1f} ms, while snapshots are taken in"))
    took = [asker.ask(UNINDEXED) for _ in range(3)]
    findings.append(Finding("P23", f"{store.name}: first page by an attribute that is not indexed", "nothing", corpus, "ms",
                            Spread.of(took), 2000, False, len(took), "wall time"))
    if place.end(child) != 0:
        raise Failure(f"the consumer fails: {child.log()}")
    store.forget(url)
    return findings


def measure_questions(place, made):
    """P23."""
    findings = []
    for store in (Store(place), Store(place, made.of_database(PostgreSQL))):
        findings += measure_cost(store, made)
        findings += measure_pages(store, made)
    return findings
