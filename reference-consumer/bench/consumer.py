"""Measures kollect-consumer beside its peers: consumer.py OUTPUT_FOLDER PROGRAM=PATH… [GOAL…]

Each line of the table is ours and theirs in turn, on the same bytes in the same broker, in new stores each time. That
they compute the same is looked at before anything is timed. With names of goals (p9 p12) only those are measured.
"""

import json
import pathlib
import shutil
import sqlite3
import sys
import time

import corpora
import goals
from goals import Finding, Spread
from processes import Failure, Workplace, say
from servers import Kafka


def ours(place, topic, store, *words, group=None):
    """The command line that consumes a topic to its end."""
    return [place.programs["consumer"], "run", "--manifest", topic.manifest, "--store", store, "--group",
            group or place.fresh("group"), "--until-end", *words]


def state_of(place, store):
    """All rows, as (scope, item), in an order that does not depend on who tells them."""
    told = json.loads(place.time("state", [place.programs["consumer"], "state", "--store", store, "-o", "json"],
                                 keep=True).out)
    return sorted((f"{one['cluster']}:{one['namespace']}/{one['inventory']}", json.dumps(one["item"], sort_keys=True))
                  for one in told)


def normal(rows):
    return sorted((scope, json.dumps(json.loads(item), sort_keys=True)) for scope, item in rows)


def must_be_same(name, wanted, found):
    if not wanted:
        raise Failure(f"{name}: there are no rows to compare")
    if wanted != found:
        raise Failure(f"{name} arrives at another state: {len(found)} rows where there should be {len(wanted)}, "
                      f"{len(set(wanted) ^ set(found))} of them other ones")


def ratio(ours_took, theirs_took, by):
    """How many times ours is faster, a pair each."""
    return Spread.of([getattr(theirs, by) / getattr(mine, by) for mine, theirs in zip(ours_took, theirs_took)])


def busy(runs):
    """How much of one processor the program itself used."""
    return f"{100 * sum(one.cpu for one in runs) / sum(one.wall for one in runs):.0f} %"


def compare(goal, what, beside, corpus, wanted, ours_took, theirs_took, by="cpu"):
    other = "wall" if by == "cpu" else "cpu"
    found = ratio(ours_took, theirs_took, by)
    also = ratio(ours_took, theirs_took, other)
    told = {"cpu": "CPU time", "wall": "wall time"}
    rate = [corpus.bytes / 1e6 / Spread.of([getattr(one, by) for one in runs]).median for runs in (ours_took, theirs_took)]
    note = (f"{rate[0]:.0f} and {rate[1]:.0f} MB/s; ours keeps a processor busy for {busy(ours_took)} of the time, the other "
            f"{busy(theirs_took)}; by {told[other]} {goals.shown(also.median)} x")
    return Finding(goal, what, beside, corpus.name, "x", found, wanted, True, len(ours_took), told[by], note)


class SQLiteContenders:
    """Ours, Python and Go, each into SQLite files of its own."""

    def __init__(self, place, kafka):
        self.place, self.kafka = place, kafka

    def store(self, name):
        return self.place.folder / f"{self.place.fresh(name)}.db"

    def forget(self, path):
        for one in self.place.folder.glob(path.name + "*"):
            one.unlink()

    def command(self, name, corpus, path):
        if name == "ours":
            return ours(self.place, corpus.topic, f"sqlite:{path}")
        program = {"python": [self.place.programs["python"], self.place.programs["python-consumer"]],
                   "go": [self.place.programs["go-consumer"]]}[name]
        return [*program, self.kafka.address, corpus.topic.name, path]

    def fill(self, name, corpus):
        """A store with what the topic holds now."""
        path = self.store(name)
        self.place.time(name, self.command(name, corpus, path))
        return path

    def run(self, name, corpus, begin=None):
        """One timed run; `begin` is a store to begin with."""
        path = self.store(name)
        if begin:
            shutil.copyfile(begin, path)
        took = self.place.time(name, self.command(name, corpus, path))
        self.forget(path)
        return took

    def state(self, name, path):
        if name == "ours":
            return state_of(self.place, f"sqlite:{path}")
        database = sqlite3.connect(path)
        try:
            return normal(database.execute("SELECT cluster || ':' || scopes.namespace || '/' || inventory, item FROM items JOIN "
                                           "scopes USING (scope_id)"))
        finally:
            database.close()

    def check(self, corpus, begin):
        """Lets all of them take the corpus and compares what they arrive at."""
        states = {}
        for name in ("ours", "python", "go"):
            path = self.store(name)
            if begin:
                shutil.copyfile(begin[name], path)
            self.place.time(name, self.command(name, corpus, path))
            states[name] = self.state(name, path)
            self.forget(path)
        for name in ("python", "go"):
            must_be_same(f"the {name} consumer on {corpus.name}", states["ours"], states[name])
        say(f"all consumers arrive at the same {len(states['ours'])} rows: {corpus.name}")


def measure_sqlite(place, kafka):
    """P9."""
    contenders = SQLiteContenders(place, kafka)
    findings = []

    corpus = corpora.duplicates(kafka, 4000)
    place.time("kcat", corpus.topic.kcat_consume())
    runs = {"ours": [], "kcat": []}
    for _ in range(7):
        runs["ours"].append(contenders.run("ours", corpus))
        runs["kcat"].append(place.time("kcat", corpus.topic.kcat_consume()))
    findings.append(compare("P9", "duplicates into SQLite", "kcat -C, which only reads", corpus, 0.6, runs["ours"],
                            runs["kcat"], by="wall"))
    corpus.drop()

    rounds = corpora.Rounds(kafka, 100, 9)
    begin = {name: contenders.fill(name, rounds.corpus) for name in ("ours", "python", "go")}
    findings += beside_peers(contenders, rounds.append(), begin, 5, 4, pairs=5)
    rounds.corpus.drop()

    corpus = corpora.fresh(kafka, 300)
    findings += beside_peers(contenders, corpus, None, 1.5, 1.5, pairs=5)
    corpus.drop()
    return findings


def beside_peers(contenders, corpus, begin, python_goal, go_goal, pairs):
    contenders.check(corpus, begin)
    runs = {"ours": [], "python": [], "go": []}
    for _ in range(pairs):
        for name, took in runs.items():
            took.append(contenders.run(name, corpus, begin and begin[name]))
    what = "all rows new, into SQLite" if begin is None else "realistic stream into SQLite"
    return [compare("P9", what, "Python: confluent-kafka, orjson, sqlite3", corpus, python_goal, runs["ours"],
                    runs["python"]),
            compare("P9", what, "Go: franz-go, encoding/json, go-sqlite3", corpus, go_goal, runs["ours"], runs["go"])]


def main():
    folder = pathlib.Path(sys.argv[1])
    programs = dict(one.split("=", 1) for one in sys.argv[2:] if "=" in one)
    wanted = [one for one in sys.argv[2:] if "=" not in one]
    parts = {"p9": measure_sqlite}
    findings = []
    with Workplace(programs) as place:
        kafka = Kafka(place)
        for name, measure in parts.items():
            if wanted and name not in wanted:
                continue
            begun = time.monotonic()
            findings += measure(place, kafka)
            say(f"{name} took {time.monotonic() - begun:.0f} s")
    rows = goals.worst_of(findings)
    goals.print_table(rows)
    goals.write_json(folder / "consumer.json", findings)
    goals.draw(folder / "consumer.svg", rows)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")
