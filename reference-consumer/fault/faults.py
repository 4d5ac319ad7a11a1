"""Injects faults into the real programs on real servers: faults.py producer=PATH consumer=PATH tests=FOLDER [OPTION…] [CASE…]

CASE is a name, or a row of docs/reliability.md such as F17; without any, all. Each case is a process of its own.
  --list           names the cases
  --seed N         of everything random (default: the time)
  --size N         repeats more: 1 is the short form
  --jobs N         cases at once (default 3)
  --report FILE    writes the table of docs/reliability.md and docs/security.md into it
  --keep           leaves the folders of cases that failed
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time
import traceback

import brokers  # noqa: F401 (each declares its cases)
import access  # noqa: F401
import clocks  # noqa: F401
import crashes  # noqa: F401
import hostile_servers  # noqa: F401
import logs  # noqa: F401
import memory  # noqa: F401
import migrations  # noqa: F401
import network  # noqa: F401
import reports
import stores  # noqa: F401
import unit_tests  # noqa: F401
from harness import CASES, Broken, NotInjected, World

HELD, BROKEN, NOT_INJECTED, FAILED = "held", "broken", "not injected", "failed"


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*")
    options = parser.parse_intermixed_args(words)
    if options.report and not options.report.is_file():
        parser.error(f"--report: {options.report} is no file; tables are written into one that has their places")
    return options


def chosen(names):
    unknown = [one for one in names if one not in CASES and not any(one in case.rows for case in CASES.values())]
    if unknown:
        sys.exit(f"faults: {unknown[0]} is no case and no row; --list names them")
    return [case for case in CASES.values() if not names or case.name in names or set(case.rows) & set(names)]


def run_here(case, programs, options):
    """Runs one case in this process; prints how it ended as JSON."""
    begun = time.monotonic()
    try:
        with World(programs, options.seed, options.size) as world:
            try:
                seen, outcome = case.run(world) or "", HELD
            except BaseException:
                if options.keep:
                    print(f"kept: {world.keep()}", file=sys.stderr)
                raise
    except Broken as error:
        seen, outcome = str(error), BROKEN
    except NotInjected as error:
        seen, outcome = str(error), NOT_INJECTED
    except Exception as error:  # whatever else ends a case has not proved anything
        traceback.print_exc()
        seen, outcome = f"{type(error).__name__}: {error}", FAILED
    print(json.dumps({"name": case.name, "outcome": outcome, "seen": seen, "seconds": time.monotonic() - begun,
                      "seed": options.seed}))


def run_apart(case, options, programs, folder):
    """Runs one case in a process of its own; answers how it ended."""
    words = [sys.executable, "-B", __file__, "--one", "--seed", options.seed, "--size", options.size,
             *(["--keep"] if options.keep else []), *(f"{name}={path}" for name, path in programs.items()), case.name]
    log = folder / f"{case.name}.log"
    with open(log, "wb") as errors:
        done = subprocess.run([str(one) for one in words], stdout=subprocess.PIPE, stderr=errors)
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return {"name": case.name, "outcome": FAILED, "seen": f"ended with {done.returncode}: see {log}", "seconds": 0,
                "seed": options.seed}


def main():
    options = parse(sys.argv[1:])
    programs = {name: os.path.abspath(path) for name, path in (one.split("=", 1) for one in options.words if "=" in one)}
    programs |= {"python": sys.executable,
                 "topics": str(pathlib.Path(__file__).resolve().parents[1] / "bench/peers/python/topics.py")}
    cases = chosen([one for one in options.words if "=" not in one])
    if options.list:
        for case in cases:
            print(f"{case.name}  {' '.join(case.rows)}  {case.how}")
        return 0
    if options.one:
        run_here(cases[0], programs, options)
        return 0
    folder = pathlib.Path(programs.pop("out"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"faults: {len(cases)} cases, seed {options.seed}", file=sys.stderr, flush=True)
    ends = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for end in concurrent.futures.as_completed([pool.submit(run_apart, case, options, programs, folder)
                                                    for case in cases]):
            ends.append(end.result())
            one = ends[-1]
            print(f"[{len(ends)}/{len(cases)}] {one['outcome']:12} {one['name']} ({one['seconds']:.0f} s): {one['seen']}",
                  flush=True)
    failed = [one for one in ends if one["outcome"] != HELD]
    print(f"{len(ends) - len(failed)} passed, {len(failed)} failed")
    if options.report:
        reports.write(options.report, ends, programs, options)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
