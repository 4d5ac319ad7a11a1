"""JetStream to SQLite: what is left of the speed at which messages can be fetched and acknowledged (P12)."""

import corpora
from contenders import compare, in_turn, must_have_consumed, ours
from corpora import Corpus
from servers import Nats

# Rows of a message, how many messages, and how many are a batch: 32 MiB or 1000, as with ours.
SIZES = ((10, 20000, 1000), (250, 1000, 160))


def measure_pull(place, made):
    server = Nats(place)
    findings = []
    for items, count, batch in SIZES:
        _, path = corpora.one_message(made.kafka, items)
        stream = place.fresh("stream").replace("-", "_")
        manifest = server.manifest(stream)
        loop = [place.programs["fetch-loop"]]
        place.time("fill", [*loop, "fill", server.url, stream, stream, path, count])
        size = path.stat().st_size
        corpus = Corpus(None, f"{size / 1024:.0f} KiB, duplicates", count, count * size)

        def take_ours():
            store = place.folder / f"{place.fresh('nats')}.db"
            took = place.time("ours", ours(place, manifest, f"sqlite:{store}"), keep=True)
            must_have_consumed(took, corpus, count - 1)
            for one in place.folder.glob(store.name + "*"):
                one.unlink()
            return took

        def take_theirs():
            return place.time("loop", [*loop, "take", server.url, stream, stream, place.fresh("loop"), batch, count])

        take_theirs()  # the pages are in memory from here on
        mine, theirs = in_turn(take_ours, take_theirs)
        rates = " and ".join(f"{count / took.wall:.0f}" for took in (mine[len(mine) // 2], theirs[len(theirs) // 2]))
        findings.append(compare("P12", "duplicates from JetStream into SQLite", "C++ loop with cnats: fetch, acknowledge",
                                corpus, 0.7, mine, theirs, by="wall", note=f"about {rates} messages/s"))
    server.close()
    return findings
