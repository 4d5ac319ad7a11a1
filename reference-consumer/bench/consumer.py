"""Measures kollect-consumer beside its peers: consumer.py OUTPUT_FOLDER PROGRAM=PATH… [GOAL…]

Each line of the table is ours and theirs in turn, on the same bytes in the same broker, in new stores each time. That
they compute the same is looked at before anything is timed. With names of goals (p9 p12) only those are measured.
"""

import pathlib
import sys
import time

import corpora
import from_nats
import goals
import into_postgresql
import into_sqlite
import large_stores
import membership
import questions
import serving
from processes import Failure, Workplace, say
from servers import Kafka

PARTS = {"p9": into_sqlite.measure_throughput, "p10": into_postgresql.measure_throughput, "p11": into_sqlite.measure_writes,
         "p12": from_nats.measure_pull, "p13": serving.measure_reading, "p14": membership.measure_start,
         "p15": serving.measure_memory, "p16": membership.measure_sharing,
         "p21": large_stores.measure_imports, "p22": large_stores.measure_held,
         "p23": questions.measure_questions}


def main(name, parts):
    folder = pathlib.Path(sys.argv[1])
    programs = dict(one.split("=", 1) for one in sys.argv[2:] if "=" in one)
    wanted = [one for one in sys.argv[2:] if "=" not in one]
    if unknown := [one for one in wanted if one not in parts]:
        raise Failure(f"{unknown[0]} is none of {', '.join(parts)}")
    findings = []
    with Workplace(programs) as place:
        made = corpora.Corpora(Kafka(place))
        for goal, measure in parts.items():
            if wanted and goal not in wanted:
                continue
            begun = time.monotonic()
            findings += measure(place, made)
            say(f"{goal} took {time.monotonic() - begun:.0f} s")
    rows = goals.worst_of(findings)
    goals.print_table(rows)
    goals.write_json(folder / f"{name}.json", findings)
    goals.draw(folder / f"{name}.svg", rows)


if __name__ == "__main__":
    try:
        main("consumer", PARTS)
    except Failure as failure:
        sys.exit(f"bench: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
