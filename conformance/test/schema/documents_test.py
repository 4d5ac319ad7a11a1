"""The schemas themselves, and what the programs write beside messages: documents_test.py VENV PRODUCER CONSUMER CONFORMANCE

Feed, results and the lines between suite and testee come from real runs on a real nats-server."""

import copy
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

import schema_tools as tools

VENV, PRODUCER, CONSUMER, CONFORMANCE = sys.argv[1:5]
tools.go_on_with_jsonschema(VENV)

import jsonschema  # noqa: E402
import yaml  # noqa: E402

sys.path.insert(0, str(tools.REPOSITORY / "reference-consumer/test/portal"))
from fleet_under_test import Fleet, row, wait_until  # noqa: E402

OF_CONSUMER = {"event": "event.schema.json", "item": "item.schema.json", "export-envelope": "export-envelope.schema.json",
               "change": "change.schema.json", "asyncapi-kafka": "asyncapi-kafka.yaml", "asyncapi-nats": "asyncapi-nats.yaml",
               "openapi": "openapi.yaml"}
OF_CONFORMANCE = {"strict-event": tools.SCHEMAS / "strict-event.schema.json",
                  "protocol": tools.REPOSITORY / "conformance/schema/protocol.schema.json",
                  "results": tools.REPOSITORY / "conformance/schema/results.schema.json"}


# AsyncAPI's own schemas of its documents.
ASYNCAPI = "@asyncapi/specs@6.11.1"


def schema_of_asyncapi():
    """Got from npm once, into the build folder."""
    folder = pathlib.Path(VENV).parent / "asyncapi"
    file = folder / "node_modules/@asyncapi/specs/schemas/3.0.0.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, ASYNCAPI], check=True)
    return tools.load(file)


class ProgramsTest(unittest.TestCase):
    def printed(self, program, name):
        return subprocess.run([program, "schema", name], capture_output=True, check=True).stdout

    def test_they_print_the_files(self):
        for name, file in OF_CONSUMER.items():
            self.assertEqual(self.printed(CONSUMER, name), (tools.SCHEMAS / file).read_bytes(), name)
        for name, file in OF_CONFORMANCE.items():
            self.assertEqual(self.printed(CONFORMANCE, name), file.read_bytes(), name)

    def test_every_file_is_printed_by_one_of_them(self):
        printed = {tools.SCHEMAS / file for file in OF_CONSUMER.values()} | set(OF_CONFORMANCE.values())
        there = {*tools.SCHEMAS.glob("*.json"), *tools.SCHEMAS.glob("*.yaml"), *(tools.REPOSITORY / "conformance/schema").glob("*.json")}
        self.assertEqual(printed, there)

    def test_a_name_that_is_none_is_refused_and_the_nearest_told(self):
        done = subprocess.run([CONSUMER, "schema", "evnt"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 64)
        self.assertIn("event", done.stderr)


class DocumentsTest(unittest.TestCase):
    def all(self):
        for path in (*sorted(tools.SCHEMAS.glob("*.json")), *sorted((tools.REPOSITORY / "conformance/schema").glob("*.json"))):
            yield path, tools.load(path)

    def test_each_is_json_schema_2020_12_with_an_address_of_its_own(self):
        seen = set()
        for path, document in self.all():
            tools.validator(document)
            self.assertEqual(document["$schema"], "https://json-schema.org/draft/2020-12/schema")
            self.assertTrue(document["$id"].endswith("/" + path.name), path)
            seen.add(document["$id"])
        self.assertEqual(len(seen), 7)

    def test_each_stands_by_itself(self):
        def references(value):
            if isinstance(value, dict):
                for key, inner in value.items():
                    if key == "$ref":
                        yield inner
                    yield from references(inner)
            elif isinstance(value, list):
                for inner in value:
                    yield from references(inner)
        for path, document in self.all():
            for reference in references(document):
                self.assertRegex(reference, r"^#/\$defs/\w+$", path)

    def test_what_several_define_is_the_same(self):
        event, envelope, item = (tools.schema(name) for name in ("event", "export-envelope", "item"))
        without_head = lambda document: {key: value for key, value in document.items() if key not in ("$schema", "$id", "title", "$defs")}
        self.assertEqual(event["$defs"]["item"], without_head(item))
        self.assertEqual(event["$defs"]["exportEnvelope"], without_head(envelope))
        for name in ("item", "timestamp"):
            self.assertEqual(event["$defs"][name], envelope["$defs"][name])
        self.assertEqual(event["$defs"]["timestamp"], tools.schema("change")["$defs"]["timestamp"])

    def test_the_asyncapi_documents_are_about_our_schemas(self):
        ours = {document["$id"] for _, document in self.all()}
        for name in ("kafka", "nats"):
            document = yaml.safe_load((tools.SCHEMAS / f"asyncapi-{name}.yaml").read_text())
            self.assertEqual(document["asyncapi"], "3.0.0")
            messages = document["components"]["messages"]
            self.assertEqual(set(messages), {"snapshot", "change"})
            for message in messages.values():
                self.assertIn(message["payload"]["schema"]["$ref"], ours)
            for one in self.local_references(document):
                target = document
                for step in one[2:].split("/"):
                    target = target[step]

    def test_the_asyncapi_documents_are_asyncapi(self):
        schema = schema_of_asyncapi()
        check = jsonschema.validators.validator_for(schema)(schema)
        for name in ("kafka", "nats"):
            document = yaml.safe_load((tools.SCHEMAS / f"asyncapi-{name}.yaml").read_text())
            self.assertEqual([problem.message for problem in check.iter_errors(document)], [])
            for spoil in (lambda it: it["info"].pop("version"), lambda it: it["operations"]["takeSnapshot"].update(action="read"),
                          lambda it: it["channels"]["snapshots"].update(topic="x")):
                wrong = copy.deepcopy(document)
                spoil(wrong)
                self.assertFalse(check.is_valid(wrong))

    def test_the_asyncapi_documents_are_of_this_version(self):
        printed = subprocess.run([CONSUMER, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
        for name in ("kafka", "nats"):
            self.assertEqual(yaml.safe_load((tools.SCHEMAS / f"asyncapi-{name}.yaml").read_text())["info"]["version"], printed)

    def local_references(self, value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "$ref" and inner.startswith("#/"):
                    yield inner
                else:
                    yield from self.local_references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from self.local_references(inner)


class ChangesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.check = tools.validator(tools.schema("change"))
        fleet = Fleet(PRODUCER, CONSUMER)
        try:
            fleet.publish("prod", "team-a", [row("api"), row("web"), row("a/b~c")])
            fleet.publish("prod", "team-a", [row("api", attributes={"replicas": 3, "a/b": 1}), row("new")])
            fleet.publish("prod", "team-a", [])
            ask = [CONSUMER, "changes", "--store", f"sqlite:{fleet.folder}/state.db", "-o", "json"]
            read = lambda: [json.loads(line) for line in subprocess.run(ask, capture_output=True, check=True).stdout.splitlines()]
            if not wait_until(lambda: sum(one["kind"] == "removed" for one in read()) >= 4, 60):
                raise RuntimeError("the changes do not come")
            cls.entries = read()
        finally:
            fleet.close()

    def test_every_entry_of_a_real_feed_fits(self):
        self.assertLessEqual({"added", "changed", "removed", "snapshot"}, {one["kind"] for one in self.entries})
        for one in self.entries:
            self.assertEqual([problem.message for problem in self.check.iter_errors(one)], [])

    def test_a_gap_fits(self):
        self.assertTrue(self.check.is_valid({"cursor": 9, "id": "x-9", "op": "m", "kind": "gap", "firstCursor": 3}))
        self.assertFalse(self.check.is_valid({"cursor": 9, "id": "x-9", "op": "m", "kind": "gap"}))

    def test_an_entry_that_is_spoilt_is_refused(self):
        for kind in ("added", "changed", "removed", "snapshot"):
            good = next(one for one in self.entries if one["kind"] == kind)
            for name in good:
                with self.subTest(f"{kind} without {name}"):
                    self.assertFalse(self.check.is_valid({key: value for key, value in good.items() if key != name}))
            for name, wrong in {"op": "x", "cursor": 0, "before": 1, "after": [], "changedPaths": ["no pointer"], "ts_ms": "now"}.items():
                with self.subTest(f"{kind} {name}={wrong}"):
                    self.assertFalse(self.check.is_valid({**good, name: wrong}))
            other = copy.deepcopy(good)
            other["source"]["exportedAt"] = "yesterday"
            self.assertFalse(self.check.is_valid(other))


class SuiteTest(unittest.TestCase):
    """A run of the suite, with the lines to and from the testee kept."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="kollect-schema-")
        kept = pathlib.Path(cls.folder.name)
        testee = f"tee -a {shlex.quote(str(kept / 'asked'))} | {shlex.quote(PRODUCER)} testee --timeout 5 | tee -a {shlex.quote(str(kept / 'answered'))}"
        done = subprocess.run(
            [CONFORMANCE, "--manifest", tools.REPOSITORY / "docs/examples/nats-sink.yaml", "--run", "ENV-*,PAY-*,NAT-04", "--report",
             kept / "report", "--", "/bin/sh", "-c", testee], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        cls.asked, cls.answered = ([json.loads(line) for line in (kept / name).read_bytes().splitlines()] for name in ("asked", "answered"))
        cls.results = tools.load(kept / "report" / "results.json")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_results_fit(self):
        check = tools.validator(tools.load(OF_CONFORMANCE["results"]))
        self.assertEqual([problem.message for problem in check.iter_errors(self.results)], [])
        for spoil in (lambda it: it.pop("cases"), lambda it: it["cases"][0].update(result="good"), lambda it: it.update(outcome="fine"),
                      lambda it: it["cases"][0].update(id="env-1")):
            wrong = copy.deepcopy(self.results)
            spoil(wrong)
            self.assertFalse(check.is_valid(wrong))

    def test_requests_and_answers_fit(self):
        protocol = tools.load(OF_CONFORMANCE["protocol"])
        request, answer = (tools.validator({**protocol, "oneOf": [{"$ref": f"#/$defs/{name}"}]}) for name in ("request", "answer"))
        self.assertLessEqual({"hello", "open", "export", "close"}, {one["op"] for one in self.asked})
        self.assertGreater(len(self.answered), 5)
        for check, lines in ((request, self.asked), (answer, self.answered)):
            for line in lines:
                self.assertEqual([problem.message for problem in check.iter_errors(line)], [], line)
        for line in self.asked:
            self.assertFalse(request.is_valid({**line, "op": "else"}))
            self.assertFalse(answer.is_valid({key: value for key, value in line.items() if key != "id"}))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
