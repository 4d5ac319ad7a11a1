#!/usr/bin/env python3
"""Compiles cases.cpp, `refused.py COMPILER FLAG…`, and makes sure that just the marked lines are refused, each
for the reason that its mark names."""

import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).with_name("cases.cpp")
# What g++ and clang say.
SAYS = {"deleted": r"deleted", "nodiscard": r"nodiscard"}


def marks_of(is_clang):
    marks = {}
    for number, line in enumerate(SOURCE.read_text().splitlines(), 1):
        mark = re.search(r";\s+// (deleted|nodiscard)(, virtual)?$", line)
        # g++ forgets the attribute of a virtual function.
        if mark and (is_clang or not mark[2]):
            marks[number] = mark[1]
    return marks


def main():
    compiler, *flags = sys.argv[1:]
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *flags, str(SOURCE)]
    if "clang" in version:
        command.insert(1, "-ferror-limit=0")
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    marks = marks_of("clang" in version)
    found = {}
    faults = []
    for line in done.stderr.splitlines():
        error = re.match(r"(.*?):(\d+):\d+: (?:fatal )?error: (.*)", line)
        if not error:
            continue
        at, kind = int(error[2]), marks.get(int(error[2]))
        if pathlib.Path(error[1]).name != SOURCE.name or not kind or not re.search(SAYS[kind], error[3]):
            faults.append(f"not expected: {line}")
        found[at] = True
    faults += [f"line {at} is not refused: {kind}" for at, kind in marks.items() if at not in found]
    print("\n".join(faults) or f"{len(marks)} lines are refused")
    return 1 if faults or done.returncode == 0 or len(marks) < 20 else 0


sys.exit(main())
