"""Unit and image of reference-consumer/deploy: unit_and_image_test.py CONSUMER

The unit by systemd-analyze, the Containerfile by what it copies.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import sys
import tempfile
import unittest

from deploy_tools import DEPLOY, REPOSITORY, USER, help_of_run, run

CONSUMER = sys.argv[1]


class SystemdTest(unittest.TestCase):
    unit = DEPLOY / "systemd" / "kollect-consumer.service"

    def verify(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "kollect-consumer.service")
            path.write_text(text.replace("/usr/bin/kollect-consumer", CONSUMER))
            path.chmod(0o644)
            return run("systemd-analyze", "verify", "--man=no", path)

    def test_systemd_knows_its_words(self):
        done = self.verify(self.unit.read_text())
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        for right, wrong in (("NoNewPrivileges=", "NoNewPrivilege="), ("ProtectSystem=strict", "ProtectSystem=most"),
                             ("@system-service", "@system-services")):
            done = self.verify(self.unit.read_text().replace(right, wrong))
            self.assertNotEqual((done.returncode, done.stdout + done.stderr), (0, ""), wrong)

    def test_it_is_confined(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(self.unit, folder)
            path = pathlib.Path(folder, self.unit.name)
            done = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", path)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            path.write_text(self.unit.read_text().replace("NoNewPrivileges=yes", "").replace("User=kollect", ""))
            done = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", path)
            self.assertNotEqual(done.returncode, 0)

    def test_its_variables_are_flags_of_the_program(self):
        flags, variables = help_of_run(CONSUMER)
        self.assertLessEqual(set(re.findall(r"\bKOLLECT_[A-Z_]+\b", self.unit.read_text())), variables)

    def test_systemd_makes_its_user(self):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "etc").mkdir()
            done = run("systemd-sysusers", f"--root={root}", DEPLOY / "systemd" / "kollect.conf")
            self.assertEqual(done.returncode, 0, done.stderr)
            user = [line.split(":") for line in pathlib.Path(root, "etc", "passwd").read_text().splitlines()]
            self.assertEqual([(one[0], one[5]) for one in user], [("kollect", "/var/lib/kollect")])


class ContainerfileTest(unittest.TestCase):
    def setUp(self):
        text = re.sub(r"\\\n\s*", "", (DEPLOY / "Containerfile").read_text())
        self.steps = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]

    def arguments(self, word):
        return [rest for first, rest in self.steps if first == word]

    def assert_packages_exist(self, names):
        names = set(names)
        self.assertTrue(names)
        shown = run("apt-cache", "show", "--no-all-versions", *sorted(names)).stdout
        self.assertEqual(set(re.findall(r"^Package: (\S+)$", shown, re.M)), names)

    def test_it_knows_its_words(self):
        self.assertLessEqual({first for first, _ in self.steps}, {"FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "ENTRYPOINT"})
        self.assertEqual([rest.split()[0] for rest in self.arguments("FROM")], ["debian:bookworm-slim"] * 2)
        self.assertEqual(self.arguments("USER"), [f"{USER}:{USER}"])
        self.assertEqual(self.arguments("EXPOSE"), ["8080"])
        self.assertEqual(json.loads(self.arguments("ENTRYPOINT")[0]), ["/usr/bin/kollect-consumer"])

    def test_its_commands_are_those_of_the_documentation(self):
        commands = [part.strip() for rest in self.arguments("RUN") for part in rest.split("&&")]
        self.assertIn("script/bootstrap build", commands)
        demo = (REPOSITORY / "script" / "demo").read_text()
        self.assertIn("cmake --preset release && cmake --build --preset release", demo)
        self.assertIn("cmake --preset release -D KOLLECT_TESTS=OFF", commands)
        self.assertIn("cmake --build --preset release --target kollect-consumer", commands)
        for command in commands:
            program = command.split()[0]
            if "/" in program:
                self.assertTrue(os.access(REPOSITORY / program, os.X_OK), program)
        for packages in re.findall(r"apt-get install(.*)", "\n".join(commands)):
            self.assert_packages_exist(word for word in packages.split("<")[0].split() if not word.startswith("-"))
        with self.assertRaises(AssertionError):
            self.assert_packages_exist(["ca-certificates", "no-such-package-at-all"])

    def test_what_it_copies_is_enough_to_build_with(self):
        with tempfile.TemporaryDirectory(prefix="kollect-image-") as folder:
            for rest in self.arguments("COPY"):
                if rest.startswith("--from"):
                    continue
                *sources, target = rest.split()
                for source in sources:
                    path = REPOSITORY / source
                    where = pathlib.Path(folder, target) if len(sources) == 1 else pathlib.Path(folder, target, source)
                    if path.is_dir():
                        shutil.copytree(path, where)
                    else:
                        where.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy(path, where)
            done = run("cmake", "--preset", "release", "-D", "KOLLECT_TESTS=OFF", cwd=folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            done = run("ninja", "-C", "build/release", "-n", "kollect-consumer", cwd=folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            # What the files include is there too, as the compiler finds it.
            commands = run("ninja", "-C", "build/release", "-t", "commands", "kollect-consumer", cwd=folder).stdout
            compile_main = [line for line in commands.splitlines() if line.endswith("reference-consumer/main.cpp")]
            words = shlex.split(compile_main[0])
            words = [word for at, word in enumerate(words) if word not in ("-o", "ccache", "-c") and words[at - 1] != "-o"]
            done = run(*words, "-M", cwd=f"{folder}/build/release")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_packages_of_its_libraries_are_found(self):
        done = run(DEPLOY / "runtime-packages", CONSUMER)
        self.assertEqual(done.returncode, 0, done.stderr)
        packages = done.stdout.split()
        self.assertIn("libpq5", packages)
        self.assert_packages_exist(packages)
        self.assertNotEqual(run(DEPLOY / "runtime-packages", DEPLOY / "Containerfile").returncode, 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
