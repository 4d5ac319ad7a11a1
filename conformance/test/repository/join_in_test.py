"""What those need who join in is there and true: join_in_test.py VENV"""

import pathlib
import re
import subprocess
import sys
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "conformance/test/schema"))

import schema_tools  # noqa: E402

schema_tools.go_on_with_jsonschema(sys.argv[1])

import yaml  # noqa: E402

WORKFLOWS = (".github/workflows/check.yml", ".forgejo/workflows/check.yml")


def git(*words):
    return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout


def tracked(*patterns):
    return [pathlib.Path(name) for name in git("ls-files", "-z", *patterns).split("\0") if name]


def read(path):
    return (REPOSITORY / path).read_text()


def commands_of(workflow):
    """Each command of a workflow, with the values that its matrix gives it."""
    for job in yaml.safe_load(read(workflow))["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        for step in job["steps"]:
            if "run" in step:
                found = re.search(r"\$\{\{ matrix\.(\w+) \}\}", step["run"])
                for value in matrix[found.group(1)] if found else [""]:
                    yield step["run"].replace(found.group(), value) if found else step["run"]
            elif not re.fullmatch(r"actions/(checkout|cache)@v\d+", step["uses"]):
                raise AssertionError(f"{workflow}: {step['uses']} is not known")


def commands_of_gitlab():
    for name, job in yaml.safe_load(read(".gitlab-ci.yml")).items():
        if "script" in job:
            values = job.get("parallel", {"matrix": [{}]})["matrix"][0]
            found = re.search(r"\$(\w+)", job["script"])
            for value in values[found.group(1)] if found else [""]:
                yield job["script"].replace(found.group(), value) if found else job["script"]


class WorkflowTest(unittest.TestCase):
    def test_they_call_scripts_and_nothing_else(self):
        all_commands = {workflow: list(commands_of(workflow)) for workflow in WORKFLOWS}
        all_commands[".gitlab-ci.yml"] = list(commands_of_gitlab())
        known = re.search(r"usage: script/test \[([a-z|]+)\]", read("script/test")).group(1).split("|")
        for workflow, commands in all_commands.items():
            self.assertEqual(commands[0], "script/check", workflow)
            for command in commands:
                script, *words = command.split()
                self.assertRegex(script, r"^script/\w+$", workflow)
                self.assertTrue((REPOSITORY / script).stat().st_mode & 0o111, command)
                if script == "script/test":
                    self.assertIn(words[0], known, workflow)
        self.assertEqual(len({tuple(commands) for commands in all_commands.values()}), 1, "each host does the same")

    def test_they_run_every_kind_of_test_but_the_long_ones(self):
        known = set(re.search(r"usage: script/test \[([a-z|]+)\]", read("script/test")).group(1).split("|"))
        run = {command.split()[1] for command in commands_of(WORKFLOWS[0]) if command.startswith("script/test")}
        self.assertEqual(known - run, {"all", "mutants", "faults", "broken", "levels", "packages"})

    def test_dependabot_looks_where_something_is(self):
        files = {"npm": "package.json", "maven": "pom.xml", "docker": "Containerfile", "gomod": "go.mod", "pip": "requirements.txt"}
        watched = set()
        for update in yaml.safe_load(read(".github/dependabot.yml"))["updates"]:
            for folder in update.get("directories", [update.get("directory")]):
                if update["package-ecosystem"] in files:
                    path = folder.lstrip("/") + "/" + files[update["package-ecosystem"]]
                    self.assertTrue((REPOSITORY / path).exists(), path)
                    watched.add(path)
        # The vectors and peers in Go need nothing but the standard library.
        there = {str(path) for path in tracked("*go.mod", "*requirements.txt", "*package.json", "*pom.xml", "*Containerfile")
                 if path.name != "go.mod" or "require" in read(path)}
        self.assertEqual(watched, there)

    def test_hooks_name_programs_that_scripts_use(self):
        for hook in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"][0]["hooks"]:
            program = hook["entry"].split()[0]
            self.assertTrue(program == "clang-format" or (REPOSITORY / program).exists(), program)


class FilesTest(unittest.TestCase):
    def test_templates_of_each_host_ask_the_same(self):
        for name in ("defect", "wish"):
            head, text = read(f".github/ISSUE_TEMPLATE/{name}.md").split("---\n", 2)[1:]
            self.assertEqual(set(yaml.safe_load(head)), {"name", "about", "labels"})
            self.assertEqual(text.strip(), read(f".gitlab/issue_templates/{name}.md").strip())
        self.assertEqual(read(".github/pull_request_template.md"), read(".gitlab/merge_request_templates/default.md"))

    def test_byte_vectors_are_binary(self):
        for path in ("conformance/vectors/fixed.jsonl", "conformance/test/sdk/fuzz/corpus/message/array", "docs/page-dark.png"):
            self.assertIn("text: unset", git("check-attr", "text", path))
            self.assertIn("diff: unset", git("check-attr", "diff", path))
        self.assertIn("eol: lf", git("check-attr", "eol", "script/test"))

    def test_texts_are_as_editorconfig_says(self):
        as_they_are = re.compile(r"\.(jsonl|png|svg)$|^conformance/vectors/|/fuzz/corpus/|package-lock\.json$")
        for path in tracked():
            if as_they_are.search(str(path)):
                continue
            data = (REPOSITORY / path).read_bytes()
            self.assertNotIn(b"\r", data, path)
            self.assertTrue(not data or data.endswith(b"\n"), f"{path} has no end of line at its end")
            self.assertIsNone(re.search(rb"[ \t]\n", data), f"{path} has white space at the end of a line")


def anchors_of(text):
    """The anchors of a page, as the usual hosts make them of headings."""
    found, fenced = set(), False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        heading = re.match(r"#+ (.*)", line)
        if heading and not fenced:
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1))
            found.add(re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-"))
    return found


def links_of(text):
    # Code holds no links.
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    text = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text))


class LinksTest(unittest.TestCase):
    def test_pages_and_anchors_that_are_linked_are_there(self):
        count = 0
        for page in tracked("*.md"):
            for link in links_of(read(page)):
                if re.match(r"[a-z]+:", link):
                    continue
                count += 1
                path, _, anchor = link.partition("#")
                target = (REPOSITORY / page.parent / path).resolve() if path else REPOSITORY / page
                self.assertTrue(target.exists(), f"{page}: there is no {link}")
                if anchor:
                    self.assertIn(anchor, anchors_of(target.read_text()), f"{page}: {link}")
        self.assertGreater(count, 100)

    def test_a_link_that_is_lost_would_be_noticed(self):
        self.assertEqual(links_of("see [a](b.md#c) and `[d](e)`"), ["b.md#c"])
        self.assertEqual(anchors_of("# With `code` and [a link](x.md)\n"), {"with-code-and-a-link"})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
