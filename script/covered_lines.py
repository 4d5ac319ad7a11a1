#!/usr/bin/env python3
"""Adds up what gcov counted: covered_lines.py BUILD_FOLDER SOURCE_FOLDER PERCENT

Prints a table of folders, writes lines.txt (the lines that no test ran) and lines.json into BUILD_FOLDER, and ends with 1 below PERCENT.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys


def count(data, root):
    """What one object file counted, of files under `root`: {file: {line: times}}."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", data.name], cwd=data.parent, capture_output=True, text=True, check=True)
    counted = collections.defaultdict(dict)
    for document in filter(None, done.stdout.splitlines()):
        read = json.loads(document)
        for file in read["files"]:
            name = os.path.normpath(os.path.join(read["current_working_directory"], file["file"]))
            if not name.startswith(root + "/"):
                continue
            lines = counted[os.path.relpath(name, root)]
            for line in file["lines"]:
                number = line["line_number"]
                lines[number] = max(lines.get(number, 0), line["count"])
    return counted


def add_up(build, source):
    root = os.getcwd()
    all_lines = collections.defaultdict(dict)
    found = sorted(pathlib.Path(root, build).rglob("*.gcda"))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for counted in pool.map(lambda data: count(data, root), found):
            for file, lines in counted.items():
                if file.startswith(f"{source}/"):
                    for number, times in lines.items():
                        all_lines[file][number] = max(all_lines[file].get(number, 0), times)
    return all_lines


def percent(reached, of):
    return 100 * reached / of if of else 100.0


def write_missed(lines, path):
    with open(path, "w") as out:
        for file in sorted(lines):
            text = pathlib.Path(file).read_text().splitlines()
            for number in sorted(number for number, times in lines[file].items() if times == 0):
                out.write(f"{file}:{number}: {text[number - 1].strip()}\n")


def main():
    build, source, least = sys.argv[1], sys.argv[2], float(sys.argv[3])
    lines = add_up(build, source)
    if not lines:
        sys.exit(f"nothing was counted of {source}: no test has run in {build}")
    folders = collections.defaultdict(lambda: [0, 0])
    for file, counted in lines.items():
        for name in (str(pathlib.PurePath(file).parent), "all"):
            folders[name][0] += sum(times > 0 for times in counted.values())
            folders[name][1] += len(counted)
    for name in sorted(folders, key=lambda one: (one == "all", one)):
        reached, of = folders[name]
        print(f"{name:40} {reached:6} of {of:6}  {percent(reached, of):6.2f} %")
    write_missed(lines, pathlib.Path(build, "lines.txt"))
    pathlib.Path(build, "lines.json").write_text(json.dumps(
        {name: {"reached": reached, "of": of} for name, (reached, of) in folders.items()}, indent=1) + "\n")
    if percent(*folders["all"]) < least:
        sys.exit(f"{percent(*folders['all']):.2f} % is below {least:g} %: {build}/lines.txt has the lines that no test runs")


if __name__ == "__main__":
    main()
