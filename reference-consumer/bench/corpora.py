"""The messages that programs are measured on: made by kollect-producer, put into a broker once before anything is timed."""

import dataclasses

from servers import Topic

# 250 rows of the simulated fleet are a message of some 200 KiB.
ITEMS = 250
SEED = ("--seed", 20260115, "--base-time", "2026-01-15T12:00:00Z", "--empty", 0)


@dataclasses.dataclass
class Corpus:
    topic: Topic
    name: str       # as the table tells it
    messages: int
    bytes: int
    rows: int = 0

    def drop(self):
        self.topic.drop()


def fleet(clusters, namespaces, items=ITEMS):
    return ("--clusters", clusters, "--namespaces", namespaces, "--items", items)


def one_message(kafka, items=ITEMS):
    """A message's key and a file with its bytes."""
    place = kafka.place
    topic = kafka.make_topic("one")
    topic.simulate(*fleet(1, 1, items), "--rounds", 1, *SEED)
    path = place.folder / place.fresh("message")
    path.write_text(place.time("kcat", topic.kcat("-C", "-p", 0, "-o", "beginning", "-c", 1, "-D", ""), keep=True).out)
    key = place.time("kcat", topic.kcat("-C", "-p", 0, "-o", "beginning", "-c", 1, "-f", "%k"), keep=True).out
    topic.drop()
    return key, path


def duplicates(kafka, count, items=ITEMS):
    """The same message again and again: all but the first are duplicates."""
    key, path = one_message(kafka, items)
    topic = kafka.make_topic("duplicates")
    most = 2000  # as many names as fit on a command line
    for done in range(0, count, most):
        kafka.place.time("kcat", topic.kcat("-P", "-p", 0, "-k", key, "-X", "linger.ms=20", *[path] * min(most, count - done)))
    size = path.stat().st_size
    return Corpus(topic, f"{size / 1024:.0f} KiB, duplicates", count, count * size)


def many_duplicates(kafka, count, items=ITEMS // 25):
    """The same for small messages, of which there are too many for names on command lines."""
    place = kafka.place
    key, path = one_message(kafka, items)
    lines, at_once = place.folder / place.fresh("lines"), count // 10
    lines.write_text(f"{key}\t{path.read_text()}\n" * at_once)
    topic = kafka.make_topic("duplicates")
    for _ in range(10):
        publish_lines(topic, lines)
    lines.unlink()
    size = path.stat().st_size
    return Corpus(topic, f"{size / 1024:.0f} KiB, {count} duplicates", count, count * size)


def fresh(kafka, scopes):
    """The first snapshot of each scope: all rows are new."""
    topic = kafka.make_topic("fresh")
    told = topic.simulate(*fleet(scopes // 20, 20), "--rounds", 1, *SEED)
    return Corpus(topic, f"200 KiB, {told['rows']} rows, all new", told["messages"], told["bytes"], told["rows"])


def write_lines(topic, path, first=0):
    """Writes messages from an offset on into a file: key, tab, value, a line each."""
    topic.broker.place.time_into(path, "kcat", topic.kcat("-C", "-p", 0, "-o", first, "-e", "-f", "%k\\t%s\\n"))


def publish_lines(topic, path, partition=0):
    """Publishes what write_lines() has written."""
    topic.broker.place.time("kcat", topic.kcat("-P", "-p", partition, "-K", "\t", "-X", "linger.ms=20"), feed=path)


def rounds(kafka, scopes, count, churn=0.01, duplicates=0.05):
    """Two corpora: the first snapshot of each scope, which stores are to hold when the second begins, and `count` further
    ones of each, of which each differs from the one before in `churn` of its rows."""
    place = kafka.place
    words = (*fleet(scopes // 20, 20), *SEED, "--churn", churn, "--duplicates", duplicates)
    begin, whole, rest = (kafka.make_topic(name) for name in ("begin", "whole", "rest"))
    first = begin.simulate(*words, "--rounds", 1)
    told = whole.simulate(*words, "--rounds", 1 + count)
    path = place.folder / place.fresh("lines")
    write_lines(whole, path, first["messages"])
    whole.drop()
    publish_lines(rest, path)
    path.unlink()
    name = f"200 KiB, {f'{100 * churn:g} % changes' if churn else 'unchanged'}"
    if duplicates:
        name += f", {100 * duplicates:g} % duplicates"
    return (Corpus(begin, "200 KiB, first snapshots", first["messages"], first["bytes"], first["rows"]),
            Corpus(rest, name, told["messages"] - first["messages"], told["bytes"] - first["bytes"], told["rows"]))


def halves(kafka, corpus):
    """The lines of a corpus as two files, for two partitions."""
    place = kafka.place
    lines = place.folder / place.fresh("lines")
    write_lines(corpus.topic, lines)
    paths = [place.folder / place.fresh("half") for _ in range(2)]
    with open(lines, "rb") as source, open(paths[0], "wb") as even, open(paths[1], "wb") as odd:
        for index, line in enumerate(source):
            (odd if index % 2 else even).write(line)
    lines.unlink()
    return paths


class Corpora:
    """Those that several measurements share, made when the first of them asks."""

    def __init__(self, kafka):
        self.kafka = kafka
        self.made = {}
        self.database = None

    def of_database(self, start):
        """The database server, likewise."""
        self.database = self.database or start(self.kafka.place)
        return self.database

    def of(self, make, *words, **options):
        key = (make.__name__, words, tuple(options.items()))
        if key not in self.made:
            self.made[key] = make(self.kafka, *words, **options)
        return self.made[key]
