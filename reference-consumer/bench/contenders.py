"""Ours beside its peers: how they are started, what they have to agree on, and what comes of their times."""

import json
import time

import goals
from goals import Finding, Spread
from processes import Failure, say

TOLD = {"cpu": "CPU time", "wall": "wall time"}


def ours(place, manifest, store, *words, group=None, goes_on=False):
    """The command line that consumes to the end, or goes on from there."""
    return [place.programs["consumer"], "run", "--manifest", manifest, "--store", store, "--group",
            group or place.fresh("group"), *([] if goes_on else ["--until-end"]), *words]


def must_have_consumed(took, corpus, duplicates=None):
    """Ends the benchmark unless a run of ours has taken in the whole corpus."""
    told = json.loads(took.out)["run"]
    if told["consumed"] != corpus.messages or (duplicates is not None and told["duplicate"] != duplicates):
        raise Failure(f"of {corpus.messages} messages, {corpus.name}, ours tells {told}")
    took.out = ""


def normal(rows):
    """Rows as (scope, item), in an order and spelling that do not depend on who tells them."""
    return sorted((scope, json.dumps(json.loads(item), sort_keys=True)) for scope, item in rows)


def state_of(place, store):
    told = json.loads(place.time("state", [place.programs["consumer"], "state", "--store", store, "-o", "json"],
                                 keep=True).out)
    return sorted((f"{one['cluster']}:{one['namespace']}/{one['inventory']}", json.dumps(one["item"], sort_keys=True))
                  for one in told)


def must_be_same(corpus, states):
    """Ends the benchmark unless all who took a corpus have arrived at the same rows."""
    wanted = states["ours"]
    if not wanted:
        raise Failure(f"there are no rows to compare: {corpus.name}")
    for name, found in states.items():
        if wanted != found:
            raise Failure(f"{name} arrives at another state than ours: {len(found)} rows beside {len(wanted)}, "
                          f"{len(set(wanted) ^ set(found))} differ: {corpus.name}")
    say(f"{', '.join(states)} arrive at the same {len(wanted)} rows: {corpus.name}")


def in_turn(*contenders, most=15, seconds=25):
    """Runs A, B, …, A, B, … and answers the runs of each: `most` of them, or fewer, but three, when time is up."""
    runs, begun = tuple([] for _ in contenders), time.monotonic()
    while len(runs[0]) < most and (len(runs[0]) < 3 or time.monotonic() < begun + seconds):
        for one, took in zip(contenders, runs):
            took.append(one())
    return runs


def ratio(ours_took, theirs_took, by, share=1):
    """How many times ours is faster, a pair each; `share` is how much more ours had to do."""
    return Spread.of([share * getattr(theirs, by) / getattr(mine, by) for mine, theirs in zip(ours_took, theirs_took)])


def median(runs, by):
    return Spread.of([getattr(one, by) for one in runs]).median


def busy(runs):
    """How much of one processor the program itself used."""
    return f"{100 * sum(one.cpu for one in runs) / sum(one.wall for one in runs):.0f} %"


def compare(goal, what, beside, corpus, wanted, ours_took, theirs_took, by="cpu", note=""):
    other = "wall" if by == "cpu" else "cpu"
    also = ratio(ours_took, theirs_took, other)
    rates = [corpus.bytes / 1e6 / median(runs, by) for runs in (ours_took, theirs_took)]
    told = (f"{rates[0]:.0f} and {rates[1]:.0f} MB/s; ours keeps a processor busy for {busy(ours_took)} of the time, the "
            f"other {busy(theirs_took)}; by {TOLD[other]} {goals.shown(also.median)} x")
    return Finding(goal, what, beside, corpus.name, "x", ratio(ours_took, theirs_took, by), wanted, True, len(ours_took),
                   TOLD[by], told + ("; " if note else "") + note)
