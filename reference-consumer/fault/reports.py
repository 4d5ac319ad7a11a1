"""Writes what a run saw as docs/reliability.md's table: one line a case, between two marks that the page has."""

import datetime
import re
import subprocess

from harness import CASES

BEGIN, END = "<!-- results: written by script/test faults -->", "<!-- end of results -->"


def versions(programs):
    text = subprocess.run([programs["consumer"], "--version"], capture_output=True, text=True).stdout
    return ", ".join(text.split("\n")).strip(", ")


def number(row):
    return row[0], int(row[1:])


def table(ends):
    lines = ["| rows | how | holds | times | seen |", "|---|---|---|---|---|"]
    ordered = sorted(ends, key=lambda one: (number(CASES[one["name"]].rows[0]), one["name"]))
    for one in ordered:
        case = CASES[one["name"]]
        seen = one["seen"].replace("|", "\\|").replace("\n", " ")
        result = seen if one["outcome"] == "held" else f"**{one['outcome']}**: {seen}"
        lines.append(f"| {' '.join(case.rows)} | `{case.name}`: {case.how} | {case.invariants} | {one['seconds']:.0f} s | {result} |")
    return lines


def write(path, ends, programs, options):
    text = path.read_text()
    made = [BEGIN, "", f"{len(ends)} cases, {sum(one['outcome'] == 'held' for one in ends)} held; seed {options.seed}, size {options.size}; "
            f"{datetime.date.today()}; {versions(programs)}.", "", *table(ends), "", END]
    path.write_text(re.sub(re.escape(BEGIN) + ".*" + re.escape(END), lambda _: "\n".join(made), text, flags=re.S))
