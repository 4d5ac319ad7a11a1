"""Schemas and SDK give the same verdict on every message: messages_test.py VENV VERDICTS PRODUCER

The vectors, the messages that other tests have in files, a good message spoilt in every place, and what a simulated fleet sends, poison
included. What no schema can express is in the table of docs/schema/README.md: each of its rules is needed, and there is no other."""

import base64
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import schema_tools as tools

VENV, VERDICTS, PRODUCER = sys.argv[1:4]
tools.go_on_with_jsonschema(VENV)

import cases  # noqa: E402

sys.path.insert(0, str(tools.REPOSITORY / "conformance/servers"))
from children import end_with_parent, wait_until  # noqa: E402

# The rule that a message of unknown making breaks, by what is said of it.
BY_REFUSAL = {"duplicate_field": "names", "checksum_mismatch": "checksum", "item_count_mismatch": "itemCount", "too_deep": "depth",
              "too_large": "size", "part_out_of_range": "parts"}
BY_CLAUSE = {"ORD-01": "order of rows", "ROW-03": "identities", "PAY-02": "checksum", "PAY-03": "itemCount", "BYT-01": "spelling",
             "ROW-02": "sorted names", "BYT-02": "sorted names", "BYT-03": "spelling", "BYT-04": "spelling"}
LONGEST = 1 << 20


def ask_sdk(messages):
    asked = b"".join(base64.b64encode(message) + b"\n" for message in messages)
    done = subprocess.run([VERDICTS, str(LONGEST)], input=asked, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def documented_rules():
    text = (tools.SCHEMAS / "README.md").read_text()
    table = text.split("## What no schema can say")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.M))


def wire_messages():
    """What a fleet sends to Kafka, as it is on the topic."""
    with tempfile.TemporaryDirectory(prefix="kollect-schema-") as folder:
        sink, written = pathlib.Path(folder, "sink.yaml"), pathlib.Path(folder, "written.yaml")
        sink.write_text("apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: wire}\nspec:\n  type: kafka\n"
                        "  cluster: prod\n  kafka: {brokers: ['127.0.0.1:9092'], topic: inventory.changes}\n")
        with open(f"{folder}/log", "wb") as log:
            producer = subprocess.Popen(
                [PRODUCER, "simulate", "--manifest", sink, "--embedded-broker", "--write-manifest", written, "--expect",
                 f"{folder}/expected.json", "--clusters", "2", "--namespaces", "3", "--items", "20", "--rounds", "8", "--poison", "0.5",
                 "--multipart-bytes", "6000", "--empty", "0.1", "--seed", "29"], stdout=log, stderr=log, preexec_fn=end_with_parent)
        try:
            if not wait_until(lambda: producer.poll() is not None or pathlib.Path(f"{folder}/expected.json").exists(), 60):
                raise RuntimeError("the producer has not sent everything after 60 s")
            if producer.poll() is not None:
                raise RuntimeError("the producer ended early: " + pathlib.Path(folder, "log").read_text()[-2000:])
            broker = re.search(r"127\.0\.0\.1:\d+", written.read_text()).group()
            read = subprocess.run([shutil.which("kcat") or "kcat", "-C", "-e", "-q", "-b", broker, "-t", "inventory.changes", "-f", "%S\n%s\n"],
                                  capture_output=True, check=True, timeout=60).stdout
        finally:
            producer.send_signal(signal.SIGTERM)
            producer.wait(30)
    at = 0
    while at < len(read):
        end = read.index(b"\n", at)
        size = max(0, int(read[at:end]))
        yield f"wire {at}", read[end + 1:end + 1 + size], "unknown"
        at = end + 1 + size + 1


class VerdictTest(unittest.TestCase):
    """Both schemas on each message."""

    @classmethod
    def setUpClass(cls):
        vectors = tools.REPOSITORY / "conformance/vectors"
        cls.cases = [*cases.of_vectors(vectors), *cases.of_files(tools.REPOSITORY), *cases.spoilt(), *wire_messages()]
        cls.sdk = ask_sdk([message for _, message, _ in cls.cases])
        cls.event, cls.strict = (tools.validator(tools.schema(name)) for name in ("event", "strict-event"))
        cls.taken = [(tools.fits(cls.event, message), tools.fits(cls.strict, message)) for _, message, _ in cls.cases]

    def disagreements(self):
        """Where the schema takes a message that is refused: what it is about, and the rule that was expected."""
        for (name, message, rule), said, (event, strict) in zip(self.cases, self.sdk, self.taken):
            consumer_takes = said["refusal"] == ""
            producer_owes = consumer_takes and said["broken"] == ""
            for schema, verdict, fits in (("event", consumer_takes, event), ("strict-event", producer_owes, strict)):
                if fits != verdict:
                    yield f"{schema}: {name}", fits, said, rule, message

    def test_there_are_messages_of_every_source_and_verdict(self):
        self.assertEqual(len(self.sdk), len(self.cases))
        sources = {re.split(r"[ /]", name)[0] for name, _, _ in self.cases}
        self.assertLessEqual({"fixed.jsonl", "random.jsonl", "collision", "messages.jsonl", "message", "wire"}, sources)
        self.assertGreater(len(self.cases), 1900)
        self.assertEqual(len(set(self.taken)), 3, "no message is owed that is not taken")
        wire = [said for (name, _, _), said in zip(self.cases, self.sdk) if name.startswith("wire")]
        self.assertGreater(len([said for said in wire if said["refusal"]]), 10)
        self.assertGreater(len([said for said in wire if not said["refusal"]]), 40)

    def test_no_schema_refuses_what_is_right(self):
        for where, fits, said, _, message in self.disagreements():
            self.assertTrue(fits, f"{where}: the schema refuses what nobody else does: {said} {message[:300]}")

    def test_what_a_schema_lets_pass_breaks_a_rule_that_none_can_express(self):
        for where, _, said, rule, message in self.disagreements():
            if rule == "unknown":
                rules = {BY_REFUSAL.get(said["refusal"])} if said["refusal"] else {BY_CLAUSE.get(one) for one in said["broken"].split()}
                self.assertNotIn(None, rules, f"{where}: {said} {message[:300]}")
            else:
                self.assertIsNotNone(rule, f"{where}: the schema takes it: {said} {message[:300]}")

    def test_the_table_has_these_rules_and_each_is_needed(self):
        used = {rule for _, _, _, rule, _ in self.disagreements()} - {"unknown", None}
        self.assertEqual(used, documented_rules())

    def test_a_rule_is_expected_only_where_one_is_broken(self):
        excused = {where.split(": ", 1)[1] for where, _, _, _, _ in self.disagreements()}
        for name, _, rule in self.cases:
            if rule not in (None, "unknown"):
                self.assertIn(name, excused)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
