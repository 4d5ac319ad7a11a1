"""Clocks that are wrong."""

from fleets import Fleet
from harness import case, require, wait_for
from injection import shifted_clock
from oracle import describe, require_all, require_conserved, require_state
from topics import Topics

FLEET = ("--clusters", 2, "--namespaces", 3, "--items", 50, "--rounds", 8)


@case("F33", holds="I1 I4", how="the consumer's clock is an hour behind; later it is right")
def clock_behind(world):
    seen = []
    for pair in ("kafka+sqlite", "nats+sqlite"):
        fleet = Fleet(world, pair)
        expected, told = fleet.producer.simulate(*FLEET)
        late = fleet.consumer(environment=shifted_clock(world, -3600)).start()
        wait_for(lambda: late.logs("clock"), "it tells that the clocks differ", 90)
        require(late.child.is_running(), f"it ended with {late.child.ended}")
        wait_for(lambda: late.consumed() == told["messages"], "all are kept", 60)
        kept = late.summary()["dead_lettered"]
        late.end()
        right = fleet.consumer()
        right.to_end()
        ended = require_all(right, expected)
        require(ended["applied"] == told["messages"], f"{ended}")
        seen.append(f"{pair}: {kept} kept while the clock was wrong, then {describe(ended)}")
    return "; ".join(seen)


@case("F33", holds="I4", how="the consumer's clock is an hour ahead")
def clock_ahead(world):
    fleet = Fleet(world, "kafka+sqlite")
    expected, _ = fleet.producer.simulate(*FLEET)
    consumer = fleet.consumer(environment=shifted_clock(world, 3600))
    consumer.to_end()
    return describe(require_all(consumer, expected))


@case("F33", "S10", holds="I4", how="snapshots dated 9999, 2263, 1970, 0001 and before, with :60, with an offset, between good ones")
def dates_from_elsewhere(world):
    fleet = Fleet(world, "kafka+sqlite", partitions=1)
    expected, told = fleet.producer.simulate(*FLEET)
    envelope = '{{"schemaVersion":"kollect.dev/v1alpha1","timestamp":"{}","cluster":"elsewhere","namespace":"n{}","payload":[]}}'
    dates = ("9999-12-31T23:59:59.999999999Z", "2263-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0000-00-00T00:00:00Z",
             "-0001-01-01T00:00:00Z", "2026-06-30T23:59:60Z", "2026-01-01T00:00:00+02:00", "2026-13-01T00:00:00Z", "yesterday")
    Topics(fleet.server).publish(fleet.destination, [envelope.format(date, number).encode() for number, date in enumerate(dates)])
    consumer = fleet.consumer()
    consumer.to_end()
    require_state(consumer, expected)
    ended = require_conserved(consumer)
    letters = {one["reason"] for one in consumer.dead_letters()}
    require(ended["dead_lettered"] >= 6, f"{ended}")
    return f"{describe(ended)}; reasons {sorted(letters)}"
