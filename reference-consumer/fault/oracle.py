"""What must hold after every fault: checks.md's invariants in code, computed from what the programs print alone."""

import json

from harness import require
from programs import ENDINGS


def key_of(scope, row):
    return (scope["cluster"], scope["namespace"], scope["inventory"],
            *(row.get(field, "") for field in ("targetNamespace", "targetName", "namespace", "name", "uid")))


def texts(rows):
    return {json.dumps(row, sort_keys=True) for row in rows}


def fold(changes):
    """I5: the state that the feed tells of; ids stand once, and nothing goes that was not there."""
    state, seen = {}, set()
    for entry in changes:
        require(entry["id"] not in seen, f"I5: the entry {entry['id']} stands twice in the feed")
        seen.add(entry["id"])
        if entry["op"] == "m":
            continue
        row = entry["before"] if entry["op"] == "d" else entry["after"]
        key = key_of(entry["source"], row)
        if entry["op"] == "d":
            require(state.pop(key, None) is not None, f"I5: the entry {entry['id']} removes a row that is not there")
        else:
            state[key] = row
    return state


def require_state(consumer, expected):
    """I1, I2: the state is the one that the simulator computed, byte for byte."""
    held, wanted = texts(consumer.rows()), texts(expected)
    require(held == wanted, f"I1 I2: {len(wanted - held)} of {len(wanted)} rows are missing, {len(held - wanted)} are others")


def require_conserved(consumer):
    """I10: every message that was consumed has exactly one ending. Answers the counters."""
    told = consumer.summary()
    endings = sum(told[one] for one in ENDINGS)
    require(told["consumed"] == endings, f"I10: {told['consumed']} consumed, {endings} endings: {told}")
    return told


def require_feed(consumer):
    """I5: folding the feed gives the state."""
    held = {key_of(row, row["item"]): row["item"] for row in consumer.rows()}
    require(fold(consumer.changes()) == held, "I5: folding the feed gives another state than the store's")


def require_content(consumer, *flags):
    code, told = consumer.doctor(*flags)
    require(code == 0, f"doctor ended with {code}: {told[:600]}")


def require_all(consumer, expected, *doctor_flags):
    """All of them. Answers the counters, for what was seen."""
    require_state(consumer, expected)
    told = require_conserved(consumer)
    require_feed(consumer)
    require_content(consumer, *doctor_flags)
    return told


def describe(told):
    return f"{told['consumed']} consumed = " + " + ".join(f"{told[one]} {one.replace('_', ' ')}" for one in ENDINGS)
