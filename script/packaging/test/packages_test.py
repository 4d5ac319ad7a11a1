"""Each package, installed, used and removed in a Debian that has nothing else: packages_test.py PACKAGES CACHE [UNITTEST ARGUMENTS]"""

import base64
import glob
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from clean_tree import CleanTree  # noqa: E402
from kafka_with_login import PASSWORD, KafkaWithLogin  # noqa: E402

PACKAGES, CACHE = sys.argv[1:3]
SUITES = {"12": "bookworm", "13": "trixie"}
NAMES = ("kollect-dev", "kollect-producer", "kollect-consumer", "kollect-conformance", "kollect-doc")

SINK = """apiVersion: kollect.dev/v1alpha1
kind: KollectEventSink
metadata: {name: demo}
spec:
  type: kafka
  cluster: demo
  kafka: {brokers: ["127.0.0.1:9092"], topic: inventory.changes}
"""
# A fleet by the producer's own broker, taken in by the consumer to the end; what it then holds must be what was simulated.
FLEET = """
cd /tmp
producer simulate --manifest sink.yaml --embedded-broker --write-manifest broker.yaml --expect expected.json --clusters 2 --namespaces 2 \
  --items 12 --rounds 5 --duplicates 0.2 --poison 0.1 --multipart-bytes 6000 --seed 3 >producer.log 2>&1 &
pid=$!
tries=0
until [ -s expected.json ]; do
  kill -0 $pid || { cat producer.log; exit 1; }
  tries=$((tries + 1)); [ $tries -lt 300 ] || exit 1
  sleep 0.1 # between looks
done
consumer run --manifest broker.yaml --store sqlite:$STORE --until-end 2>consumer.log || { cat consumer.log; exit 1; }
kill -TERM $pid
wait $pid || true
consumer state --store sqlite:$STORE -o json >state.json
cmp expected.json state.json
"""
ROWS = ('[{"targetNamespace":"team-a","targetName":"all","namespace":"team-a","name":"web","group":"apps","version":"v1","kind":"Deployment",'
        '"uid":"1","attributes":{}}]')
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(kollect 0.1 REQUIRED COMPONENTS sdk)
add_executable(user /usr/share/doc/kollect-doc/examples/read_snapshots.cpp)
target_link_libraries(user PRIVATE kollect::sdk)
"""
MESSAGE = ('{"schemaVersion":"kollect.dev/v1alpha1","timestamp":"2026-01-15T12:00:00Z","cluster":"c","namespace":"n","payload":'
           '[{"name":"api","uid":"u","attributes":{}}]}\n')


def file_of(name, suite_number):
    found = glob.glob(f"{PACKAGES}/{name}_*~deb{suite_number}_*.deb")
    return found[0] if len(found) == 1 else None


class DebTest(unittest.TestCase):
    """The packages of one Debian; subclasses say which."""

    number = None
    has_scram_of_kafka_4 = False

    @classmethod
    def setUpClass(cls):
        if cls.number is None or file_of("kollect-dev", cls.number) is None:
            raise unittest.SkipTest(f"there are no packages for Debian {cls.number} in {PACKAGES}: script/package makes them")

    def setUp(self):
        self.tree = CleanTree(SUITES[self.number], CACHE)
        self.addCleanup(self.tree.close)

    def install(self, *names):
        files = [file_of(name, self.number) for name in names]
        self.assertNotIn(None, files)
        self.tree.install(*files)

    def assert_gone(self, *left):
        self.assertEqual([path for path in self.tree.files_named("kollect") if not path.startswith(left or "//")], [])

    def assert_documented(self, program):
        self.assertIn(".TH", self.tree.shell(f"zcat /usr/share/man/man1/{program}.1.gz"))
        self.tree.shell(f"bash -c 'source /usr/share/bash-completion/completions/{program} && complete -p {program}'")
        for path in (f"/usr/share/zsh/vendor-completions/_{program}", f"/usr/share/fish/vendor_completions.d/{program}.fish",
                     f"/usr/share/doc/{program}/copyright", f"/usr/share/doc/{program}/changelog.gz"):
            self.assertTrue(self.tree.exists(path), path)

    def test_dev_and_doc(self):
        self.install("kollect-dev", "kollect-doc")
        self.tree.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "cmake", "g++", "make")
        self.tree.write("/tmp/user/CMakeLists.txt", PROJECT)
        self.tree.shell("cmake -S /tmp/user -B /tmp/user/build && cmake --build /tmp/user/build")
        self.assertRegex(self.tree.run("/tmp/user/build/user", text=MESSAGE), r"^added .*api.*\n$")
        self.tree.shell("cd /tmp/user && g++ -std=c++20 /usr/share/doc/kollect-doc/examples/read_snapshots.cpp "
                        "$(pkg-config --cflags --libs kollect) -o plain && ./plain </dev/null")
        self.assertTrue(self.tree.exists("/usr/share/doc/kollect-doc/html/index.html"))
        self.assertIn("ENV-01", self.tree.read("/usr/share/doc/kollect-doc/contract.md"))
        self.tree.purge("kollect-dev", "kollect-doc")
        self.assert_gone()

    def test_producer(self):
        self.install("kollect-producer")
        self.assert_documented("kollect-producer")
        self.tree.write("/tmp/sink.yaml", SINK)
        self.tree.write("/tmp/items.json", '[{"targetNamespace":"a","targetName":"b","namespace":"a","name":"x","version":"v1","kind":"Pod","uid":"u"}]')
        out = self.tree.shell("kollect-producer export --manifest /tmp/sink.yaml --namespace a --inventory all --dry-run -o raw /tmp/items.json")
        self.assertIn('"payload":[{"targetNamespace":"a"', out)
        self.tree.purge("kollect-producer")
        self.assert_gone()

    def test_consumer(self):
        self.install("kollect-consumer", "kollect-producer")
        self.assert_documented("kollect-consumer")
        self.assertIn("kollect", self.tree.run("getent", "passwd", "kollect"))
        self.assertEqual((self.tree.mode("/etc/kollect"), self.tree.shell("stat -c %U:%G /etc/kollect").strip()), ("750", "root:kollect"))
        self.assertTrue(self.tree.exists("/usr/share/doc/kollect-consumer/examples/kafka-sink.yaml"))
        unit = next(path for path in self.tree.files_named("kollect-consumer.service") if path.startswith(("/usr/lib/systemd", "/lib/systemd")))
        self.assertEqual([path for path in self.tree.files_named("kollect-consumer.service") if path.startswith("/etc")], [],
                         "it is not enabled before there is a manifest")
        self.tree.run("systemd-analyze", "verify", "--man=no", unit)
        rating = self.tree.run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", unit)
        self.assertRegex(rating, r"Overall exposure level.*: (0\.\d|1\.\d|2\.0) ")
        # As the service has it: its user, its folder.
        self.tree.shell("install -d -o kollect -g kollect -m 750 /var/lib/kollect")
        self.tree.write("/tmp/sink.yaml", SINK)
        script = FLEET.replace("producer ", "kollect-producer ", 1).replace("consumer run", "kollect-consumer run").replace(
            "consumer state", "kollect-consumer state")
        self.tree.run("sh", "-euc", "STORE=/var/lib/kollect/state.db\n" + script, user="kollect:kollect")
        self.tree.purge("kollect-consumer", "kollect-producer")
        self.assertTrue(self.tree.exists("/var/lib/kollect/state.db"), "removal takes no data")
        self.assert_gone("/var/lib/kollect", "/etc/group", "/etc/passwd", "/var/lib/systemd")

    def follow_quickstart(self, manifest, commands, before=""):
        """Its commands one after the other: rows are taken in and shown, then an empty snapshot clears them."""
        self.tree.write("/tmp/quick/sink.yaml", manifest)
        run, send = (next(line for line in commands if word in line) for word in ("consumer run", "producer export"))
        self.assertGreater(len(commands), 4)
        out = self.tree.shell("\n".join([
            "cd /tmp/quick", before, "rm -f state.db*", f"echo '{ROWS}' | {send.partition(' | ')[2]}", *commands, run,
            "kollect-consumer state --store sqlite:state.db -o json >cleared"]))
        self.assertIn('"name":"web"', out)
        self.assertEqual(self.tree.read("/tmp/quick/cleared").split(), ["[]"])
        return out

    def test_quickstart(self):
        self.install("kollect-consumer", "kollect-producer", "kollect-doc")
        self.tree.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "kcat", "nats-server")
        kafka = KafkaWithLogin("inventory.changes")
        self.addCleanup(kafka.close)
        page = self.tree.read("/usr/share/doc/kollect-doc/quickstart.md")
        manifest = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1]
        commands = [line.strip().replace("build/release/bin/", "").replace("127.0.0.1:9092", f"127.0.0.1:{kafka.open_port}")
                    for line in page.splitlines() if line.startswith("    ") and "build/release/bin/" in line and "--follow" not in line]
        before = ""
        if self.has_scram_of_kafka_4:
            authority = base64.b64encode(kafka.authority().encode()).decode()
            manifest = manifest.replace("127.0.0.1:9092", f"127.0.0.1:{kafka.login_port}") + f"  tls: {{caBundle: {authority}}}\n  secretRef: {{name: login}}\n"
            before = f"export KOLLECT_SECRET_USERNAME=kollect KOLLECT_SECRET_PASSWORD='{PASSWORD}'"
        out = self.follow_quickstart(manifest.replace("127.0.0.1:9092", f"127.0.0.1:{kafka.open_port}"), commands, before)
        self.assertIn('"form":"array"', out)
        server = """nats-server -js -sd /tmp/jetstream -a 127.0.0.1 -p 41222 >/tmp/nats.log 2>&1 &
        tries=0
        until kollect-producer check --manifest sink.yaml 2>/tmp/check.log; do
          tries=$((tries + 1)); [ $tries -lt 300 ] || { cat /tmp/nats.log /tmp/check.log; exit 1; }
          sleep 0.1 # between looks
        done"""
        nats = SINK.replace("type: kafka", "type: nats").replace('kafka: {brokers: ["127.0.0.1:9092"], topic: inventory.changes}',
                                                                 'nats: {url: "nats://127.0.0.1:41222", subject: inventory.events}')
        self.follow_quickstart(nats, [line for line in commands if "kcat" not in line], server)
        self.tree.purge("kollect-consumer", "kollect-producer", "kollect-doc")
        self.assert_gone("/etc/group", "/etc/passwd", "/var/lib/systemd")

    def test_conformance(self):
        self.install("kollect-conformance", "kollect-producer")
        self.tree.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "nats-server")
        self.assert_documented("kollect-conformance")
        self.tree.write("/tmp/sink.yaml", SINK.replace("type: kafka", "type: nats").replace(
            'kafka: {brokers: ["127.0.0.1:9092"], topic: inventory.changes}', 'nats: {url: "nats://127.0.0.1:4222", subject: inventory.events}'))
        out = self.tree.shell("cd /tmp && kollect-conformance --manifest sink.yaml --run 'ENV-*,PAY-*' -- kollect-producer testee --timeout 5")
        self.assertIn("ENV-01", out)
        self.assertEqual(self.tree.shell("kollect-conformance schema results")[:1], "{")
        self.tree.purge("kollect-conformance", "kollect-producer", "nats-server")
        self.assert_gone()


class Debian12Test(DebTest):
    number = "12"


class Debian13Test(DebTest):
    number = "13"
    has_scram_of_kafka_4 = True  # librdkafka there has it, Debian 12's has not


class TarballTest(unittest.TestCase):
    def test_programs_run_where_nothing_is_installed(self):
        archive, = glob.glob(f"{PACKAGES}/kollect-*-linux-{os.uname().machine}.tar.gz")
        for suite in SUITES.values():
            tree = CleanTree(suite, CACHE)
            self.addCleanup(tree.close)
            with open(archive, "rb") as packed:
                (tree.root / "kollect.tar.gz").write_bytes(packed.read())
            tree.shell("mkdir /opt/kollect && tar -xzf /kollect.tar.gz -C /opt/kollect --strip-components=1 && ln -s /opt/kollect/bin/* /usr/local/bin/")
            for program in ("producer", "consumer", "conformance"):
                self.assertRegex(tree.run(f"kollect-{program}", "--version"), rf"^kollect-{program} \d")
                loaded = tree.shell(f"ldd /opt/kollect/bin/kollect-{program} 2>/dev/null || /lib64/ld-linux-x86-64.so.2 --list /opt/kollect/bin/kollect-{program}")
                self.assertNotIn("not found", loaded)
                for line in loaded.splitlines():
                    if found := re.search(r"=> (/\S+)", line):
                        self.assertRegex(found.group(1), r"^/opt/kollect/|/(libc|libm|libdl|librt|libpthread|libresolv)\.so", suite)
            tree.write("/tmp/sink.yaml", SINK)
            script = FLEET.replace("producer ", "kollect-producer ", 1).replace("consumer run", "kollect-consumer run").replace(
                "consumer state", "kollect-consumer state")
            tree.shell("STORE=/tmp/state.db\n" + script)
            self.assertTrue(tree.exists("/opt/kollect/share/doc/kollect/libraries/libssl3"))


class LintTest(unittest.TestCase):
    def test_every_package_is_there(self):
        numbers = [number for number in SUITES if file_of("kollect-dev", number)]
        self.assertTrue(numbers, f"there are no packages in {PACKAGES}: script/package makes them")
        for number in numbers:
            for name in NAMES:
                self.assertIsNotNone(file_of(name, number), f"{name} for Debian {number}")


if __name__ == "__main__":
    loader = unittest.defaultTestLoader
    cases = [Debian12Test, Debian13Test, TarballTest, LintTest]
    wanted = sys.argv[3:]
    suite = unittest.TestSuite(test for case in cases for test in loader.loadTestsFromTestCase(case)
                               if not wanted or any(word in test.id() for word in wanted))
    if os.getuid() != 0:
        sys.exit("this needs to be root: it installs packages in trees of their own")
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
