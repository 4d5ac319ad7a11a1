"""Kafka to SQLite: beside Python and Go (P9), and what of a snapshot is written (P11)."""

import json
import shutil
import sqlite3

import corpora
import goals
from contenders import compare, in_turn, must_be_same, must_have_consumed, normal, ours, ratio, state_of
from goals import Finding, Spread

COUNTING = """
CREATE TABLE written (op TEXT NOT NULL);
CREATE TRIGGER count_added AFTER INSERT ON items BEGIN INSERT INTO written VALUES ('insert'); END;
CREATE TRIGGER count_changed AFTER UPDATE ON items BEGIN INSERT INTO written VALUES ('update'); END;
CREATE TRIGGER count_removed AFTER DELETE ON items BEGIN INSERT INTO written VALUES ('delete'); END;
"""


PYTHON, GO = "Python: confluent-kafka, orjson, sqlite3", "Go: franz-go, encoding/json, go-sqlite3"


class Contenders:
    """Ours, Python, with and without a change feed, and Go, each into SQLite files of its own."""

    def __init__(self, place):
        self.place = place

    def store(self, name, begin=None):
        """A file that is not there yet, or a copy of one to begin with."""
        path = self.place.folder / f"{self.place.fresh(name)}.db"
        if begin:
            shutil.copyfile(begin, path)
        return path

    def forget(self, path):
        for one in self.place.folder.glob(path.name + "*"):
            one.unlink()

    def take(self, name, corpus, path):
        """Lets a contender take a corpus in, to the end."""
        programs = self.place.programs
        if name == "ours":
            words = ours(self.place, corpus.topic.manifest, f"sqlite:{path}")
        else:
            python = [programs["python"], programs["python-consumer"]]
            program = {"python": python, "python-feed": python, "go": [programs["go-consumer"]]}[name]
            words = [*program, corpus.topic.broker.address, corpus.topic.name, path]
            words += ["changes"] if name == "python-feed" else []
        took = self.place.time(name, words, keep=name == "ours")
        if name == "ours":
            must_have_consumed(took, corpus)
        return took

    def fill(self, name, corpus):
        path = self.store(name)
        self.take(name, corpus, path)
        return path

    def run(self, name, corpus, begin=None):
        """One timed run."""
        path = self.store(name, begin)
        took = self.take(name, corpus, path)
        self.forget(path)
        return took

    def state(self, name, path):
        if name == "ours":
            return state_of(self.place, f"sqlite:{path}")
        database = sqlite3.connect(path)
        try:
            return normal(database.execute("SELECT cluster || ':' || scopes.namespace || '/' || inventory, item FROM items "
                                           "JOIN scopes USING (scope_id)"))
        finally:
            database.close()

    def feed(self, name, path):
        """What each change was from and to, in an order that does not depend on who tells it."""
        if name == "ours":
            told = self.place.time("changes", [self.place.programs["consumer"], "changes", "--store", f"sqlite:{path}"],
                                   keep=True).out
            changes = [(one["before"], one["after"]) for one in map(json.loads, told.splitlines())
                       if one["before"] or one["after"]]  # that a scope has come is told too
        else:
            database = sqlite3.connect(path)
            try:
                changes = [[one and json.loads(one) for one in change]
                           for change in database.execute("SELECT before, after FROM changes")]
            finally:
                database.close()
        return sorted(json.dumps(change, sort_keys=True) for change in changes)

    def check(self, corpus, begin, names):
        states, feeds = {}, {}
        for name in names:
            path = self.store(name, begin and begin[name])
            self.take(name, corpus, path)
            states[name] = self.state(name, path)
            if "python-feed" in names and name in ("ours", "python-feed"):
                feeds[name] = self.feed(name, path)
            self.forget(path)
        must_be_same(corpus, states)
        if feeds:
            must_be_same(corpus, feeds)


def measure_throughput(place, made):
    """P9."""
    contenders = Contenders(place)
    findings = []
    for corpus in (made.of(corpora.duplicates, 2000), made.of(corpora.many_duplicates, 20_000)):
        place.time("kcat", corpus.topic.kcat_consume())  # the pages are in memory from here on
        mine, kcat = in_turn(lambda: contenders.run("ours", corpus),
                             lambda: place.time("kcat", corpus.topic.kcat_consume()))
        findings.append(compare("P9", "duplicates into SQLite", "kcat -C, which only reads", corpus, 0.6, mine, kcat,
                                by="wall"))
        corpus.drop()

    # Long enough for memory to be used again instead of being used for the first time.
    first, rest = made.of(corpora.rounds, 100, 20)
    begin = {name: contenders.fill(name, first) for name in ("ours", "python", "go")}
    contenders.check(rest, begin, ("ours", "python", "go"))
    findings += beside(contenders, "realistic stream into SQLite", rest, begin, {"python": (PYTHON, 5)}, 90)
    findings += beside(contenders, "realistic stream into SQLite", rest, begin, {"go": (GO, 4)}, 30)
    rest.drop()
    new = made.of(corpora.fresh, 400)
    contenders.check(new, None, ("ours", "python", "python-feed", "go"))
    pythons = {"python-feed": (PYTHON + ", with a change feed", 1.5), "python": (PYTHON, 1.5)}
    findings += beside(contenders, "all rows new, into SQLite", new, None, pythons, 90)
    findings += beside(contenders, "all rows new, into SQLite", new, None, {"go": (GO, 1.5)}, 30)
    return findings


def beside(contenders, what, corpus, begin, peers, seconds):
    """P9 of ours beside each of `peers`: how it is told, and the goal."""
    mine, *theirs = in_turn(*(lambda name=name: contenders.run(name, corpus, begin and begin[name])
                              for name in ("ours", *peers)), seconds=seconds)
    return [compare("P9", what, told, corpus, goal, mine, took) for (told, goal), took in zip(peers.values(), theirs)]


def measure_writes(place, made):
    """P11, the store's part."""
    contenders = Contenders(place)
    first, rest = made.of(corpora.rounds, 400, 1, duplicates=0)
    path = contenders.fill("ours", first)
    before = identified(contenders.state("ours", path))
    database = sqlite3.connect(path)
    database.executescript(COUNTING)
    contenders.take("ours", rest, path)
    after = identified(contenders.state("ours", path))
    written = dict(database.execute("SELECT op, count(*) FROM written GROUP BY op"))
    database.close()
    contenders.forget(path)
    changed = sum(before.get(one) != after.get(one) for one in before.keys() | after.keys())
    share = sum(written.values()) / changed
    note = (f"{changed} of {len(before)} rows differ between two dumps of the state; triggers in the store's file counted "
            f"{written}")
    findings = [Finding("P11", "rows written for rows changed", "rows that differ", rest.name, "x", Spread(share, share, share),
                        1.05, False, 0, "a count", note)]

    # Long enough that what a start costs is little beside it.
    fresh, unchanged = made.of(corpora.rounds, 200, 10, churn=0, duplicates=0)
    again = repeated(place, fresh, 10)
    begin = contenders.fill("ours", fresh)
    all_new, same, known = in_turn(lambda: contenders.run("ours", fresh), lambda: contenders.run("ours", unchanged, begin),
                                   lambda: contenders.run("ours", again, begin))
    for what, runs, corpus, wanted in (("unchanged snapshot into SQLite", same, unchanged, 10),
                                       ("duplicate into SQLite", known, again, 4)):
        found = ratio(runs, all_new, "cpu", corpus.messages / fresh.messages)
        also = ratio(runs, all_new, "wall", corpus.messages / fresh.messages)
        note = (f"{1e3 * sum(one.cpu for one in runs) / len(runs) / corpus.messages:.2f} and "
                f"{1e3 * sum(one.cpu for one in all_new) / len(all_new) / fresh.messages:.2f} ms for a message; by wall time "
                f"{goals.shown(also.median)} x")
        findings.append(Finding("P11", what, "a snapshot of new rows", corpus.name, "x", found, wanted, True, len(runs),
                                "CPU time", note))
    return findings


def identified(rows):
    """Items by what identifies them."""
    out = {}
    for scope, text in rows:
        item = json.loads(text)
        out[(scope, *(item[name] for name in ("targetNamespace", "targetName", "namespace", "name", "uid")))] = text
    return out


def repeated(place, corpus, times):
    """The messages of a corpus again and again, in a topic of their own."""
    path = place.folder / place.fresh("lines")
    corpora.write_lines(corpus.topic, path)
    topic = corpus.topic.broker.make_topic("repeated")
    for _ in range(times):
        corpora.publish_lines(topic, path)
    path.unlink()
    return corpora.Corpus(topic, "200 KiB, duplicates", times * corpus.messages, times * corpus.bytes)
