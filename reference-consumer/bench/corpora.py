"""The messages that programs are measured on: made by kollect-producer, put into a broker once before anything is timed."""

import dataclasses
import pathlib

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
    start: int = 0  # the offset at which the timed part begins; stores hold what was before

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
    for done in range(0, count, 2000):  # as many names as fit on a command line
        kafka.place.time("kcat", topic.kcat("-P", "-p", 0, "-k", key, "-X", "linger.ms=20",
                                            *[path] * min(2000, count - done)))
    size = path.stat().st_size
    return Corpus(topic, f"{size / 1024:.0f} KiB, duplicates", count, count * size)


def fresh(kafka, scopes, partitions=1):
    """The first snapshot of each scope: all rows are new."""
    topic = kafka.make_topic("fresh", partitions)
    told = topic.simulate(*fleet(scopes // 25, 25), "--rounds", 1, *SEED)
    return Corpus(topic, f"200 KiB, {told['rows']} rows, all new", told["messages"], told["bytes"], told["rows"])


def lines_of(topic, path, first=0):
    """Writes messages from an offset on into a file: key, tab, value, a line each."""
    topic.broker.place.time_into(path, "kcat", topic.kcat("-C", "-p", 0, "-o", first, "-e", "-f", "%k\\t%s\\n"))


def append_lines(topic, path, *words):
    """Publishes what lines_of() has written."""
    topic.broker.place.time("kcat", topic.kcat("-P", "-p", 0, "-K", "\t", "-X", "linger.ms=20", *words), feed=path)


class Rounds:
    """A fleet whose first snapshots are in a topic, and those that follow, which can be appended when stores have the
    first. Each differs from the last one in `churn` of its rows."""

    def __init__(self, kafka, scopes, rounds, churn=0.01, duplicates=0.05, name="rounds"):
        words = (*fleet(scopes // 20, 20), *SEED, "--churn", churn, "--duplicates", duplicates)
        self.topic = kafka.make_topic(name)
        first = self.topic.simulate(*words, "--rounds", 1)
        whole = kafka.make_topic(name)
        told = whole.simulate(*words, "--rounds", 1 + rounds)
        self.path = kafka.place.folder / kafka.place.fresh("lines")
        lines_of(whole, self.path, first["messages"])
        whole.drop()
        percent = f"{100 * churn:g} % changes" if churn else "unchanged"
        self.corpus = Corpus(self.topic, f"200 KiB, {percent}, {100 * duplicates:g} % duplicates",
                             told["messages"] - first["messages"], told["bytes"] - first["bytes"], told["rows"],
                             first["messages"])

    def append(self):
        append_lines(self.topic, self.path)
        pathlib.Path(self.path).unlink()
        return self.corpus
