#!/usr/bin/env python3
"""The image's root, as a pod has it: read-only, as 65532, with nothing writable but /tmp and the store: image_test.py ROOT TREE

A fleet is sent by the producer of the tree; what the consumer of the image then holds must be what was simulated."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT, TREE = (pathlib.Path(word) for word in sys.argv[1:3])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "conformance/servers"))

from children import wait_until  # noqa: E402

SINK = """apiVersion: kollect.dev/v1alpha1
kind: KollectEventSink
metadata: {name: demo}
spec:
  type: kafka
  cluster: demo
  kafka: {brokers: ["127.0.0.1:9092"], topic: inventory.changes}
"""

class ImageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kollect-image-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "store"
        self.store.mkdir()
        os.chown(self.store, 65532, 65532)

    def run_in(self, *words, manifest=None):
        """A command in the image, with mounts of its own that end with it."""
        copy = f'cp "{manifest}" "$0/tmp/sink.yaml" && chmod 644 "$0/tmp/sink.yaml"' if manifest else "true"
        enter = f"""set -e
mount --bind "$0" "$0"
mount -o remount,ro,bind "$0"
mount -t tmpfs -o mode=1777 none "$0/tmp"
mount --bind "{self.store}" "$0/var/lib/kollect"
mount -t proc proc "$0/proc"
{copy}
exec chroot --userspec=65532:65532 --groups= "$0" "$@"
"""
        return subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enter, ROOT, *words], capture_output=True,
                              text=True, timeout=120, env={"PATH": "/usr/bin:/usr/sbin:/bin:/sbin"})

    def test_its_program_runs_and_nothing_can_be_written(self):
        done = self.run_in("/usr/bin/kollect-consumer", "--version")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^kollect-consumer \d")
        done = self.run_in("/bin/sh", "-c", "echo x >/etc/x")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Read-only file system", done.stderr)

    def test_hooks_of_the_pods_are_there(self):
        self.assertEqual(self.run_in("/bin/sleep", "0").returncode, 0)

    def test_it_holds_nothing_that_gives_rights(self):
        for path in ROOT.rglob("*"):
            if not path.is_symlink():
                self.assertFalse(path.stat().st_mode & 0o6000, path)
        self.assertFalse(list(ROOT.rglob("apt*")) + list(ROOT.rglob("dpkg*")))

    def test_it_is_small(self):
        size = sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file() and not path.is_symlink())
        self.assertLess(size, 60_000_000)

    def test_it_takes_a_fleet_in(self):
        (TREE / "tmp/demo").mkdir(exist_ok=True)
        (TREE / "tmp/demo/sink.yaml").write_text(SINK)
        producer = subprocess.Popen(
            ["chroot", TREE, "kollect-producer", "simulate", "--manifest", "/tmp/demo/sink.yaml", "--embedded-broker", "--write-manifest",
             "/tmp/demo/broker.yaml", "--expect", "/tmp/demo/expected.json", "--clusters", "2", "--items", "10", "--rounds", "4", "--seed", "5"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            made = TREE / "tmp/demo/expected.json"
            self.assertTrue(wait_until(lambda: made.exists() or producer.poll() is not None, 60))
            self.assertIsNone(producer.poll(), "the producer ended early")
            done = self.run_in("/usr/bin/kollect-consumer", "run", "--manifest", "/tmp/sink.yaml", "--store", "sqlite:/var/lib/kollect/state.db",
                               "--until-end", manifest=TREE / "tmp/demo/broker.yaml")
            self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        finally:
            producer.send_signal(signal.SIGTERM)
            producer.wait(30)
        held = self.run_in("/usr/bin/kollect-consumer", "state", "--store", "sqlite:/var/lib/kollect/state.db", "-o", "json")
        self.assertEqual(held.stdout, made.read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
