"""Kafka to PostgreSQL: beside the loop that one would write by hand (P10), and two consumers beside one (P16)."""

import corpora
from contenders import compare, in_turn, median, must_be_same, must_have_consumed, normal, ours, state_of
from processes import say
from servers import PostgreSQL

LOOPS = ("copy", "unnest")


class Contenders:
    """Ours and the loops, each into databases of its own."""

    def __init__(self, place, server):
        self.place, self.server = place, server

    def take(self, name, corpus, url, is_filled=False):
        if name == "ours":
            words = ours(self.place, corpus.topic.manifest, url)
        else:
            words = [self.place.programs["upsert-loop"], name, corpus.topic.broker.address, corpus.topic.name, url,
                     *["filled"] * is_filled]
        before = self.server.cpu()
        took = self.place.time(name, words, keep=name == "ours")
        if name == "ours":
            must_have_consumed(took, corpus)
        took.both = took.cpu + self.server.cpu() - before
        return took

    def fill(self, name, corpus):
        """A database with a corpus in it, to be copied."""
        url = self.server.make_database(name)
        self.take(name, corpus, url)
        return url

    def run(self, name, corpus, begin=None):
        url = self.server.make_database(name, begin)
        took = self.take(name, corpus, url, begin is not None)
        self.server.drop_database(url)
        return took

    def state(self, name, url):
        if name == "ours":
            return state_of(self.place, url)
        return normal(line.split("\t", 1) for line in self.server.run(url, "SELECT scope || E'\\t' || item FROM items"))

    def check(self, corpus, begin):
        """All arrive at the same; answers the loop that took the least CPU time, of its own and of the server's."""
        states, took = {}, {}
        for name in ("ours", *LOOPS):
            url = self.server.make_database(name, begin and begin[name])
            took[name] = self.take(name, corpus, url, begin is not None).both
            states[name] = self.state(name, url)
            self.server.drop_database(url)
        must_be_same(corpus, states)
        say(", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items()) + " of client and server")
        return min(LOOPS, key=took.get)


def measure_throughput(place, made):
    """P10."""
    contenders = Contenders(place, made.of_database(PostgreSQL))
    # Long enough that what a start costs is little beside it: both read all rows that are held.
    first, rest = made.of(corpora.rounds, 100, 25)
    begin = {name: contenders.fill(name, first) for name in ("ours", *LOOPS)}
    findings = []
    for what, corpus, start, wanted in (("all rows new, into PostgreSQL", made.of(corpora.fresh, 200), None, 0.85),
                                        ("realistic stream into PostgreSQL", rest, begin, 5)):
        best = contenders.check(corpus, start)
        mine, loop = in_turn(lambda: contenders.run("ours", corpus, start and start["ours"]),
                             lambda: contenders.run(best, corpus, start and start[best]))
        both = [median(runs, "both") for runs in (mine, loop)]
        note = f"client and server together used {both[0]:.2f} and {both[1]:.2f} s of CPU time"
        if start is None:
            note += f"; {corpus.rows / median(mine, 'wall'):.0f} and {corpus.rows / median(loop, 'wall'):.0f} rows/s"
        name = {"copy": "COPY", "unnest": "unnest()"}[best]
        findings.append(compare("P10", what, f"C++ loop, INSERT … ON CONFLICT from {name}", corpus, wanted, mine, loop,
                                by="wall", note=note))
    return findings
