"""script/release in a clone: what it writes, tags and refuses."""

import datetime
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
NEXT = "4.5.6"


class ReleaseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kollect-release-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name, "clone")
        # The files as they are now, committed or not, in a repository of their own.
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=REPOSITORY, capture_output=True,
                               check=True).stdout
        there = b"\0".join(name for name in names.split(b"\0") if name and (REPOSITORY / os.fsdecode(name)).exists())
        cls.root.mkdir()
        packed = subprocess.run(["tar", "-c", "--null", "-T", "-"], cwd=REPOSITORY, input=there, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x"], cwd=cls.root, input=packed, check=True)
        for words in (["init", "-q", "-b", "main"], ["config", "user.name", "Test"], ["config", "user.email", "test@example.org"],
                      ["add", "-A"], ["commit", "-qm", "Begin"], ["tag", "begin"]):
            cls.git(*words)

    def setUp(self):
        self.git("reset", "-q", "--hard", "begin")
        self.git("clean", "-fdq")
        for tag in self.git("tag", "-l", "v*").split():
            self.git("tag", "-d", tag)

    @classmethod
    def run_in(cls, *words):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(words, cwd=cls.root, capture_output=True, text=True,
                              env={**clean, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"})

    @classmethod
    def git(cls, *words):
        done = cls.run_in("git", *words)
        if done.returncode != 0:
            raise AssertionError(f"git {' '.join(words)}: {done.stderr}")
        return done.stdout

    def release(self, *words):
        return self.run_in("script/release", *words)

    def refuses(self, sentence, *words):
        done = self.release(*words)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(sentence, done.stderr)

    def present(self):
        text = (self.root / "include/kollect/version.hpp").read_text()
        return ".".join(re.findall(r"^#define KOLLECT_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", text, re.M))

    def test_it_writes_the_version_everywhere_and_dates_the_changelog(self):
        old = self.present()
        done = self.release("prepare", NEXT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.present(), NEXT)
        self.assertEqual(self.git("log", "-1", "--format=%s").strip(), f"Release: {NEXT}")
        changelog = (self.root / "CHANGELOG.md").read_text()
        today = datetime.datetime.now(datetime.timezone.utc).date()
        self.assertRegex(changelog, rf"\A# Changes\n\n## Unreleased\n\n## {NEXT} \({today}\)\n")
        # What still says the old version means that one: examples of numbers, and what is not ours.
        left = self.git("grep", "-lF", old, "--", ".", ":!CHANGELOG.md", ":!docs/examples/backstage", ":!conformance/test").split()
        self.assertLessEqual(set(left), {"include/kollect/version.hpp", "docs/install.md", "docs/reliability.md", "RELEASE.md", "script/release"})
        self.assertEqual(self.git("status", "--porcelain"), "")

    def test_it_tags_what_is_prepared_with_the_changes_as_its_text(self):
        self.release("prepare", NEXT)
        done = self.release("tag", NEXT)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = self.git("tag", "-l", "--format=%(contents)", f"v{NEXT}")
        self.assertTrue(text.startswith(f"Kollect SDK {NEXT}\n"), text[:200])
        self.assertGreater(len(text), 200)
        self.refuses("is tagged already", "tag", NEXT)
        self.refuses("is tagged already", "check", NEXT)

    def test_it_refuses_what_is_not_ready(self):
        self.refuses("is no version", "prepare", "1.2")
        self.refuses("is no version", "prepare", "01.2.3")
        self.refuses("usage:", "publish", NEXT)
        self.refuses("usage:", "prepare")
        self.refuses("the headers are of", "tag", NEXT)
        self.refuses("the headers are of", "build", NEXT)
        (self.root / "new-file").write_text("x\n")
        self.refuses("the tree is not clean", "prepare", NEXT)
        self.assertNotEqual(self.present(), NEXT)
        (self.root / "new-file").unlink()
        self.release("prepare", NEXT)
        self.refuses("says nothing below Unreleased", "prepare", "4.5.7")
        self.refuses("says nothing below Unreleased", "check", "4.5.7")


if __name__ == "__main__":
    unittest.main(verbosity=1)
