"""Measures kollect-producer beside kcat -P: producer.py OUTPUT_FOLDER PROGRAM=PATH… [GOAL…]

No command publishes ready messages from a file, so it is `simulate` that is measured: once with each message sent eleven
times, where making them is a small part, and once with each newly made. kcat publishes the very same messages from a file.
"""

import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "reference-consumer/bench"))

import consumer  # noqa: E402 (the path comes first)
import corpora  # noqa: E402
from contenders import compare, in_turn  # noqa: E402
from processes import Failure, say  # noqa: E402

LINGER = 5  # milliseconds
PARTITIONS = 3

# What it is called, and the flags of the fleet.
STREAMS = (
    ("messages sent eleven times", "200 KiB", (*corpora.fleet(2, 20), "--rounds", 1, "--duplicates", 10)),
    ("messages sent eleven times", "8 KiB", (*corpora.fleet(10, 100, corpora.ITEMS // 25), "--rounds", 1, "--duplicates", 10)),
    ("every message a new one", "200 KiB", (*corpora.fleet(2, 20), "--rounds", 18, "--churn", 0.01)),
)


def digests(lines):
    """What identifies a set of lines whatever their order."""
    with open(lines, "rb") as source:
        return sorted(hashlib.sha256(line).digest() for line in source)


def measure_publishing(place, made):
    """P8."""
    kafka = made.kafka
    findings = []

    def simulate(topic, words):
        return place.time("simulate", [place.programs["producer"], "simulate", "--manifest", topic.manifest, "-X",
                                       f"linger.ms={LINGER}", "--multipart-bytes", "0", *corpora.SEED, *words])

    def kcat(topic, lines):
        # The keys go to the partitions that ours go to.
        return place.time("kcat", topic.kcat("-P", "-K", "\t", "-X", f"linger.ms={LINGER}", "-X", "acks=all", "-X",
                                             "topic.partitioner=murmur2_random"), feed=lines)

    def read(topic):
        lines = place.folder / place.fresh("lines")
        place.time_into(lines, "kcat", topic.kcat("-C", "-o", "beginning", "-e", "-f", "%k\\t%s\\n"))
        return lines

    def into_new_topic(publish, *words):
        topic = kafka.make_topic("published", PARTITIONS)
        took = publish(topic, *words)
        topic.drop()
        return took

    for what, size, words in STREAMS:
        first, second = (kafka.make_topic("same", PARTITIONS) for _ in range(2))
        simulate(first, words)
        lines = read(first)
        kcat(second, lines)
        copied = read(second)
        wanted, found = digests(lines), digests(copied)
        if not wanted or wanted != found:
            raise Failure(f"kcat publishes {len(found)} messages where ours were {len(wanted)}, or other ones")
        say(f"simulate and kcat publish the same {len(wanted)} messages: {size}, {what}")
        corpus = corpora.Corpus(None, f"{size}, {PARTITIONS} partitions", len(wanted), lines.stat().st_size)
        copied.unlink()
        first.drop()
        second.drop()
        mine, theirs = in_turn(lambda: into_new_topic(simulate, words), lambda: into_new_topic(kcat, lines))
        lines.unlink()
        note = f"linger {LINGER} ms, acks=all; {corpus.bytes / 1e6:.0f} MB in {len(wanted)} messages"
        findings.append(compare("P8", f"simulate: {what}", "kcat -P of the same messages", corpus, 0.8, mine, theirs, by="wall",
                                note=note))
    return findings


if __name__ == "__main__":
    try:
        consumer.main("producer", {"p8": measure_publishing})
    except Failure as failure:
        sys.exit(f"bench: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
