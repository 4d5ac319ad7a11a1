"""What a file costs that includes the SDK: CPU time of the compiler beside boost/json.hpp's.

    headers.py INCLUDE_FOLDER OUTPUT_FOLDER COMPILER…

Compiles the two by turns, and takes the median of the pairs' ratios: what else the machine does hits both.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

PEER = "boost/json.hpp"
GOALS = {"kollect/envelope.hpp": 1.1, "kollect/kollect.hpp": 1.8}
ROUNDS = 11


def cpu_seconds(compiler, folder, include, header):
    source = os.path.join(folder, "one_include.cpp")
    with open(source, "w") as file:
        file.write(f"#include <{header}>\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [compiler, "-std=c++20", f"-I{include}", "-c", source, "-o", os.devnull], check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(compiler, include, header):
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            ours = cpu_seconds(compiler, folder, include, header)
            pairs.append((ours, cpu_seconds(compiler, folder, include, PEER)))
    return {
        "compiler": compiler,
        "header": header,
        "seconds": statistics.median(ours for ours, _ in pairs),
        "peer_seconds": statistics.median(peer for _, peer in pairs),
        "ratio": statistics.median(ours / peer for ours, peer in pairs),
        "goal": GOALS[header],
    }


def main():
    include, output, *compilers = sys.argv[1:]
    rows = [measure(compiler, include, header) for compiler in compilers for header in GOALS]
    print(f"{'compiler':10} {'header':22} {'seconds':>8} {'beside ' + PEER:>22} {'goal':>13}")
    for row in rows:
        reached = "reached" if row["ratio"] <= row["goal"] else "not reached"
        print(
            f"{row['compiler']:10} {row['header']:22} {row['seconds']:8.2f} {row['ratio']:21.2f}x"
            f" {'at most ' + format(row['goal'], '.1f') + 'x':>13} {reached}"
        )
    with open(os.path.join(output, "headers.json"), "w") as file:
        json.dump(rows, file, indent=2)


main()
