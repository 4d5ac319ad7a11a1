"""Breaks the code on purpose and looks whether a test notices: broken.py tree=FOLDER [NAME…]

`tree` is a copy of the repository that may be changed; its build/dev is configured. Each change is made, its test is built
and run, which must fail, and taken back. A change whose place is not found any more is a failure, too.
"""

import dataclasses
import pathlib
import re
import subprocess
import sys

CONSUMER = "reference-consumer"
SDK = "include/kollect"


@dataclasses.dataclass
class Change:
    name: str    # what the code does not do any more
    file: str
    was: str
    becomes: str
    target: str  # of the build
    test: str    # a googletest pattern of it, or `fault CASE` where it is kollect-consumer


CHANGES = [
    Change("acknowledges before it has committed", f"{CONSUMER}/consume/consumer_loop.cpp",
           "  auto stored = ingest_until_stored(*batch);\n",
           "  for (auto& message : *batch)\n    message.acknowledge();\n  tell_broker(&subscriber::begin_commit);\n"
           "  auto stored = ingest_until_stored(*batch);\n", "consumer_loop_test", "*"),
    Change("does not compare the position before it sets it", f"{CONSUMER}/store/sqlite_transaction.cpp",
           "  if (database_.changes() == 1)\n    return {};\n  return make_fenced", "  return {};\n  return make_fenced",
           "consumer_store_test", "*position*:*fence*:*claim*:*owner*"),
    Change("orders timestamps as texts", f"{SDK}/decision.hpp", "  if (*held.order < arrived)\n",
           "  if (to_string(held.order->instant) < to_string(arrived.instant))\n", "kollect_sdk_rows_test", "*"),
    Change("groups parts by their generation alone", f"{SDK}/snapshot_message.hpp",
           "snapshot.exported_at.value_or(head.envelope.timestamp), snapshot.generation,\n          snapshot.part_total",
           "timestamp{}, snapshot.generation,\n          snapshot.part_total", "kollect_sdk_rows_test", "*"),
    Change("does not wait for the disk", f"{CONSUMER}/store/sqlite_store.cpp", "PRAGMA synchronous = FULL",
           "PRAGMA synchronous = OFF", "kollect-consumer", "fault fsync_fails_once"),
    Change("looks at the log's identity at assignment only", f"{SDK}/kafka/detail/log_check.hpp",
           "    if (known_.empty() || (now < not_before_", "    if (known_.size() < 1'000'000 || (now < not_before_",
           "kollect-consumer", "fault topic_recreated_while_running"),
    Change("looks at one partition a second", f"{SDK}/kafka/detail/log_check.hpp",
           '.set("queued.min.messages", "1000")', '.set("queued.min.messages", "1")', "test_kafka_server",
           "*many_partitions_are_looked_at_at_once"),
    Change("has no budget for answers", f"{CONSUMER}/http/session.cpp", "  if (bytes <= small_answer)\n",
           "  if (bytes <= small_answer || !of_all.clients.empty())\n", "consumer_operations_test", "http_server*"),
    Change("makes answers that nobody counts", f"{CONSUMER}/http/session.cpp", "      unplaced.acquire();\n",
           "      unplaced.release();\n      unplaced.acquire();\n", "consumer_operations_test", "http_server*"),
    Change("has no budget for parts", f"{SDK}/assembler.hpp", "    if (own + needed > bounds_.max_bytes || bounds_.max_sets == 0)",
           "    if (own + needed == 0 || bounds_.max_sets == 0)", "kollect_sdk_rows_test", "assembler.*"),
    Change("takes an index with two contents", f"{SDK}/decision.hpp",
           "  if (same != nullptr && same->digest != arrived.digest)", "  if (same == &arrived)", "kollect_sdk_rows_test", "*"),
]


def run(words, where):
    return subprocess.run([str(one) for one in words], cwd=where, capture_output=True, text=True)


def build(tree, target):
    done = run(["cmake", "--build", "build/dev", "--target", target], tree)
    if done.returncode != 0:
        sys.exit(f"broken: {target} cannot be built: {done.stdout[-3000:]}")


def test(tree, change):
    """How many tests fail, and the name of the first; nothing where none does."""
    if change.test.startswith("fault "):
        programs = [f"{name}=build/dev/bin/kollect-{name}" for name in ("producer", "consumer", "conformance")]
        done = run([sys.executable, "-B", "reference-consumer/fault/faults.py", *programs, "tests=build/dev/bin",
                    "out=build/logs", "--seed", 1, change.test.partition(" ")[2]], tree)
        return change.test if done.returncode != 0 else None
    done = run([f"build/dev/bin/{change.target}", f"--gtest_filter={change.test}", "--gtest_brief=1"], tree)
    if "0 tests" in done.stdout.partition("\n")[0]:
        sys.exit(f"broken: {change.target} has no test {change.test}")
    failed = re.findall(r"^\[  FAILED  \] ([\w./]+)", done.stdout, re.M)
    return f"{change.target}: {failed[0] if failed else 'ends early'}" if done.returncode != 0 else None


def main():
    tree = pathlib.Path(next(one.partition("=")[2] for one in sys.argv[1:] if one.startswith("tree=")))
    names = [one for one in sys.argv[1:] if "=" not in one]
    changes = [one for one in CHANGES if not names or any(name in one.name for name in names)]
    for target in sorted({one.target for one in changes} | {"kollect-producer"}):
        build(tree, target)
    unnoticed = 0
    for change in changes:
        path = tree / change.file
        whole = path.read_text()
        if whole.count(change.was) != 1:
            sys.exit(f"broken: {change.file} does not have the place of: {change.name}")
        path.write_text(whole.replace(change.was, change.becomes))
        try:
            build(tree, change.target)
            noticed = test(tree, change)
        finally:
            path.write_text(whole)
        unnoticed += noticed is None
        print(f"{'noticed' if noticed else 'UNNOTICED'}: {change.name}: {noticed or change.test}", flush=True)
    print(f"{len(changes) - unnoticed} of {len(changes)} noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
