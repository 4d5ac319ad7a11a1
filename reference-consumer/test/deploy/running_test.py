"""The program as the pod runs it: running_test.py PRODUCER CONSUMER

With the pod's arguments and variables, Secrets laid out as the kubelet does it, a root that cannot be written, user
65532 and no capabilities; paths and the port are those of this test. A real Prometheus asks what the rules and the
dashboard ask.
"""

import glob
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import deploy_tools as tools
from deploy_tools import TOOLS, container_of, pod_of, sink_files

sys.path.insert(0, str(tools.HERE.parent / "portal"))
from fleet_under_test import Fleet, end_with_parent, free_port, make_certificate, row, wait_until  # noqa: E402

PRODUCER, CONSUMER = sys.argv[1:3]
USER = 65532
IS_ROOT = os.geteuid() == 0
TOKEN, NEXT_TOKEN = "a-token-for-this-test-alone", "the-token-that-comes-after-it"
POISON = "this is no envelope"

# What the pod may write stays writable; all else of this machine is not. Without root there is one user alone.
CONFINED = """set -eu
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,bind,ro / 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev /
for place in /tmp /var /home /root /run /dev/shm; do
  if mountpoint -q "$place"; then mount -o remount,bind,ro "$place"; fi
done
shift
exec "$@"
"""


def confined(root, words):
    namespace = ["unshare", "-m"] if IS_ROOT else ["unshare", "-Urm"]
    drop = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if IS_ROOT else ["setpriv"]
    return [*namespace, "sh", "-c", CONFINED, "confined", str(root), *drop, "--no-new-privs", "--bounding-set=-all",
            "--inh-caps=-all", "--", *words]


def own(path, user=0, mode=None):
    if IS_ROOT:
        os.chown(path, user, USER)
    if mode is not None:
        os.chmod(path, mode)


def project(folder, files):
    """As the kubelet does it: a new folder, and then one rename of the link to it."""
    version = pathlib.Path(tempfile.mkdtemp(prefix="..2026_", dir=folder))
    own(version, mode=0o755)
    for name, value in files.items():
        (version / name).write_text(value)
        own(version / name, mode=0o440)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    link = folder / "..data_tmp"
    link.symlink_to(version.name)
    link.rename(folder / "..data")


class Pod:
    """A pod of a Deployment, as far as its one container."""

    def __init__(self, documents, secrets, sink, folder):
        self.documents, self.port, self.trust = documents, free_port(), None
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="pod-", dir=folder))
        own(self.root, mode=0o755)
        self.process = None
        pod, self.container = pod_of(documents), container_of(documents)
        volumes = {one["name"]: one for one in pod["volumes"]}
        for mount in self.container["volumeMounts"]:
            place = self.root / mount["mountPath"].lstrip("/")
            place.mkdir(parents=True)
            for parent in [place, *place.parents]:
                if parent != self.root and parent.is_relative_to(self.root):
                    own(parent, mode=0o755)
            volume = volumes[mount["name"]]
            if "secret" in volume:
                found = secrets.get(volume["secret"]["secretName"])
                if found is None and not volume["secret"].get("optional"):
                    raise AssertionError(f"the pod waits for the Secret {volume['secret']['secretName']}")
                wanted = {one["key"]: one["path"] for one in volume["secret"].get("items", [])}
                project(place, {wanted.get(key, key): value for key, value in (found or {}).items()
                                if not wanted or key in wanted})
            elif "configMap" in volume:
                project(place, {key: sink for key in sink_files(documents)})
            else:
                own(place, USER, 0o2770)
        self.words = [self.here(word) for word in self.container["args"]]
        self.variables = {}
        for one in self.container["env"]:
            value = one.get("value")
            if value is None:
                asked = one["valueFrom"]["secretKeyRef"]
                value = secrets[asked["name"]][asked["key"]]
            self.variables[one["name"]] = self.here(value)

    def here(self, word):
        for place in ("/etc/kollect", "/var/lib/kollect"):
            word = word.replace(place, str(self.root) + place)
        return word.replace(":8080", f":{self.port}")

    def start(self, words=None):
        program = self.root / "kollect-consumer"
        if not program.exists():
            try:
                os.link(CONSUMER, program)
            except OSError:  # another disk, or another's file
                shutil.copy(CONSUMER, program)
        with open(self.root / "log", "ab") as log:
            self.process = subprocess.Popen(
                confined(self.root, [str(program), *(words or self.words)]), stdout=log, stderr=log, cwd="/",
                env={"PATH": os.environ["PATH"], **self.variables}, preexec_fn=end_with_parent)
        return self

    def log(self):
        return (self.root / "log").read_text(errors="replace")[-3000:]

    def get(self, path, token=None):
        asked = urllib.request.Request(f"{'https' if self.trust else 'http'}://127.0.0.1:{self.port}{path}",
                                       headers={"Authorization": f"Bearer {token}"} if token else {})
        trust = ssl.create_default_context(cafile=self.trust) if self.trust else None
        try:
            with urllib.request.urlopen(asked, timeout=20, context=trust) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError as problem:
            return 0, str(problem)

    def probe(self, name):
        """What the kubelet would see."""
        asked = self.container[name]["httpGet"]
        ports = {one["name"]: one["containerPort"] for one in self.container["ports"]}
        assert ports[asked["port"]] == 8080 and asked.get("scheme", "HTTP") == ("HTTPS" if self.trust else "HTTP")
        return self.get(asked["path"])[0] == 200

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None


class Broker(Fleet):
    """nats-server and what publishes to it; the consumers are pods."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kollect-deploy-"))
        os.chmod(self.folder, 0o755)
        self.producer, self.consumer, self.processes, self.manifests = PRODUCER, CONSUMER, [], {}
        self.broker_port = free_port()
        self.start_broker()

    def sink(self, documents):
        """The composition's own, with the address of this broker."""
        text = sink_files(documents)["sink.yaml"]
        changed = re.sub(r"nats://\S+", f"nats://127.0.0.1:{self.broker_port}", text)
        assert changed != text
        return changed


def eventually(test, condition, what, seconds=90):
    test.assertTrue(wait_until(condition, seconds, 0.1), what())


class OnePod(unittest.TestCase):
    """What has a broker of its own, and looks at one pod of a composition."""

    @classmethod
    def setUpClass(cls):
        cls.documents = tools.compose(tools.COMPOSITIONS["sqlite and NATS"])
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)

    def wait(self, condition, what, seconds=90):
        eventually(self, condition, lambda: f"{what}: {self.pod.log()}", seconds)


class PodTest(OnePod):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.broker.publish("prod-west", "team-a", [])  # makes the stream
        cls.pod = Pod(cls.documents, {"kollect-tokens": {"tokens": TOKEN + "\n"}}, cls.broker.sink(cls.documents),
                      cls.broker.folder).start()
        cls.addClassCleanup(cls.pod.stop)

    def setUp(self):
        self.wait(lambda: self.pod.probe("readinessProbe"), "the pod is ready")

    def test_it_is_confined_as_the_manifest_says(self):
        def touch(path):
            return subprocess.run(confined(self.pod.root, ["touch", str(path)]), capture_output=True).returncode
        self.assertEqual(touch(self.pod.root / "var/lib/kollect/free"), 0)
        self.assertNotEqual(touch("/tmp/kollect-deploy-test"), 0)
        self.assertNotEqual(touch("/kollect-deploy-test"), 0)
        status = pathlib.Path(f"/proc/{self.pod.process.pid}/status").read_text()
        for line in ("CapEff", "CapBnd", "CapPrm"):
            self.assertRegex(status, rf"{line}:\s+0+\n")
        self.assertRegex(status, r"NoNewPrivs:\s+1\n")
        if IS_ROOT:
            self.assertRegex(status, rf"Uid:\s+{USER}\s")

    def test_probes_and_metrics_are_open_and_rows_are_not(self):
        self.assertTrue(self.pod.probe("livenessProbe"))
        self.assertTrue(self.pod.probe("startupProbe"))
        self.assertEqual(self.pod.get("/metrics")[0], 200)
        self.assertEqual(self.pod.get("/v1alpha1/inventory")[0], 401)
        self.assertEqual(self.pod.get("/v1alpha1/inventory", TOKEN)[0], 200)

    def test_tokens_are_replaced_while_it_runs(self):
        folder = self.pod.root / "etc/kollect/tokens"
        project(folder, {"tokens": f"{TOKEN}\n{NEXT_TOKEN}\n"})
        self.wait(lambda: self.pod.get("/v1alpha1/clusters", NEXT_TOKEN)[0] == 200, "the new token is taken", 15)
        self.assertEqual(self.pod.get("/v1alpha1/clusters", TOKEN)[0], 200)
        project(folder, {"tokens": f"{NEXT_TOKEN}\n"})
        self.wait(lambda: self.pod.get("/v1alpha1/clusters", TOKEN)[0] == 401, "the old token is refused", 15)
        project(folder, {"tokens": f"{TOKEN}\n"})
        self.wait(lambda: self.pod.get("/v1alpha1/clusters", TOKEN)[0] == 200, "the first token is taken again", 15)

    def test_a_broker_that_is_away_is_no_reason_to_restart(self):
        broker = self.broker.processes.pop(0)
        broker.terminate()
        broker.wait(30)
        try:
            self.assertFalse(wait_until(lambda: not self.pod.probe("livenessProbe"), 8, 0.5), "it is restarted")
            self.assertIsNone(self.pod.process.poll())
        finally:
            self.broker.start_broker()
        self.broker.publish("prod-west", "team-back", [row("back", namespace="team-back")])
        self.wait(lambda: '"back"' in self.pod.get("/v1alpha1/inventory?namespace=team-back", TOKEN)[1],
                  "what came after the broker was back")

    def test_commands_of_the_runbook_find_the_store(self):
        """As by `kubectl exec`: the pod's variables and no flags."""
        for words in (["dlq", "list"], ["summary"], ["doctor"]):
            done = subprocess.run([CONSUMER, *words], env={**os.environ, **self.pod.variables}, capture_output=True, text=True)
            self.assertIn(done.returncode, (0, 1), done.stderr)


class QueriesTest(OnePod):
    """What rules and dashboard ask for, of a Prometheus that asks the program. The consumer makes the stream."""

    def labels(self, name):
        """The labels of each series of a metric."""
        asked = urllib.parse.urlencode({"match[]": name})
        return self.ask(f"series?{asked}")

    def ask(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, text):
        return self.ask("query?" + urllib.parse.urlencode({"query": text}))["result"]

    def start_prometheus(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.broker.folder))
        self.port = free_port()
        monitor = tools.only(self.documents, "ServiceMonitor")["spec"]["endpoints"][0]
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "kollect-consumer", "metrics_path": monitor["path"], "scheme": monitor["scheme"],
                                "static_configs": [{"targets": [f"127.0.0.1:{self.pod.port}"], "labels": {
                                    "namespace": "kollect-portal", "pod": "kollect-consumer-0"}}]}]}))
        (folder / "rules.yaml").write_text(json.dumps({"groups": [{"name": "a", "rules": tools.alerts()}]}))
        self.broker.start("prometheus", [str(TOOLS / "bin" / "prometheus"), f"--config.file={folder}/prometheus.yml",
                                         f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"])
        self.wait(lambda: self.is_scraped(), "Prometheus has asked the consumer")

    def is_scraped(self):
        try:
            return bool(self.query("count_over_time(kollect_consumer_ready[1m]) > 2"))
        except OSError:
            return False

    def queries(self):
        return [*tools.dashboard_queries(), *[(one["alert"], one["expr"]) for one in tools.alerts()]]

    def test_all_that_is_asked_for_exists(self):
        self.pod = Pod(self.documents, {"kollect-tokens": {"tokens": TOKEN}}, self.broker.sink(self.documents),
                       self.broker.folder).start()
        self.addCleanup(self.pod.stop)
        self.wait(lambda: self.pod.probe("readinessProbe"), "the pod is ready")
        self.wait(lambda: "kollect_consumer_lag_messages{" in self.pod.get("/metrics")[1], "the lag is told")

        # Before anything has happened: what is there at 0 is what increase() can see the first event of.
        first = self.pod.get("/metrics")[1]
        told = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"^(kollect_\w+)(?:\{.*?\})? ", first, re.M)}
        named = {re.sub(r"_bucket$", "", name) for _, text in self.queries()
                 for name in re.findall(r"\bkollect_consumer_\w+", text)}
        self.assertEqual(named - told, {"kollect_consumer_cluster_last_seen_timestamp_seconds", "kollect_consumer_cluster_rows"})
        for reason in ("syntax", "torn_set", "mass_deletion"):
            self.assertIn(f'kollect_consumer_dead_letters_total{{reason="{reason}"}} 0', first)

        self.start_prometheus()
        self.broker.publish("prod-west", "team-a", [row(f"row-{one}") for one in range(20)])
        self.broker.simulate("prod", "--clusters", "2", "--namespaces", "2", "--items", "10", "--rounds", "4", "--churn", "0.2",
                             "--poison", "0.3", "--multipart-bytes", "2000", "--rate", "8", "--seed", "7")
        self.wait(lambda: self.query('sum(kollect_consumer_dead_letters_total) > 0 and count(kollect_consumer_cluster_rows) > 1'),
                  "Prometheus knows of dead letters and clusters")
        self.wait(lambda: [one for one in self.ask("alerts")["alerts"] if one["labels"]["alertname"] == "KollectDeadLetters"
                           and one["state"] == "firing"], "KollectDeadLetters fires")

        foreign = {"kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"}
        for title, text in self.queries():
            with self.subTest(title):
                self.query(text)  # Prometheus takes it
                self.check_names(text, foreign)
        # Every panel shows something; a quotient of nothing is left out by Prometheus itself.
        empty = {title for title, text in tools.dashboard_queries() if not self.query(text)}
        self.assertEqual(empty, set())

        health = self.ask("rules")["groups"][0]["rules"]
        self.assertEqual({one["name"] for one in health if one["health"] != "ok"}, set())
        self.assertEqual({one["name"] for one in health if one["state"] == "firing"}, {"KollectDeadLetters"})

    def check_names(self, text, foreign):
        """Names and labels are those of series that there are."""
        known = set()
        for name, matchers in re.findall(r"\b((?:kollect|kubelet)_\w+)(?:\{(.*?)\})?", text):
            if name in foreign:
                known.add("persistentvolumeclaim")
                continue
            series = self.labels(name)
            self.assertTrue(series, name)
            labels = {label for one in series for label in one}
            known |= labels
            for label, how, value in re.findall(r'(\w+)(=~|!=|!~|=)"(.*?)"', matchers):
                self.assertIn(label, labels, f"{name} has no label {label}")
                if how in ("=", "!="):
                    self.assertIn(value, {one.get(label) for one in series}, f"{name} has no {label} {value}")
        for group in re.findall(r"\b(?:by|without|on|ignoring) \((.*?)\)", text):
            self.assertLessEqual({label.strip() for label in group.split(",")}, known, text)


class EndTest(unittest.TestCase):
    """How pods begin and end. A broker of its own, as pods are stopped here."""

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.publish("prod-west", "team-a", [row("one")])

    def pod(self, name, **secrets):
        documents = tools.compose(tools.COMPOSITIONS[name])
        given = {"kollect-tokens": {"tokens": TOKEN}, **{key.replace("_", "-"): value for key, value in secrets.items()}}
        pod = Pod(documents, given, self.broker.sink(documents), self.broker.folder)
        self.addCleanup(pod.stop)
        return pod

    def test_it_ends_in_time_and_begins_where_it_was(self):
        pod = self.pod("sqlite and NATS")
        for _ in range(2):
            pod.start()
            eventually(self, lambda: pod.probe("readinessProbe"), pod.log)
            self.assertIn('"one"', pod.get("/v1alpha1/inventory", TOKEN)[1])
            begun = time.monotonic()
            self.assertEqual(pod.stop(), 0, pod.log())
            self.assertLess(time.monotonic() - begun, pod_of(pod.documents)["terminationGracePeriodSeconds"])

    def test_without_tokens_it_does_not_listen_for_others(self):
        pod = self.pod("sqlite and NATS")
        pod.start([word for word in pod.words if not word.startswith("--token-file")])
        self.assertEqual(pod.process.wait(60), 78, pod.log())
        self.assertIn("--token-file", pod.log())

    def test_a_second_process_on_one_volume_is_refused(self):
        first = self.pod("sqlite and NATS").start()
        eventually(self, lambda: first.probe("readinessProbe"), first.log)
        second = self.pod("sqlite and NATS")
        second.variables["KOLLECT_STORE"] = first.variables["KOLLECT_STORE"]
        shutil.rmtree(second.root / "var")
        own(first.root / "var", mode=0o755)
        second.root, words = first.root, second.words
        second.start(words)
        self.assertEqual(second.process.wait(60), 73, second.log())
        self.assertIsNone(first.process.poll())

    def test_two_pods_share_one_postgresql(self):
        server = Postgresql(self.broker)
        url = f"postgresql://kollect@127.0.0.1:{server.port}/postgres"
        pods = [self.pod("postgres and NATS", kollect_store={"url": url, "ca.crt": "a certificate"}).start() for _ in range(2)]
        for pod in pods:
            self.assertEqual((pod.root / "etc/kollect/store/ca.crt").read_text(), "a certificate")
            self.assertFalse((pod.root / "etc/kollect/store/url").exists())
            eventually(self, lambda: pod.probe("readinessProbe"), pod.log)
        self.broker.publish("prod-west", "team-two", [row("two", namespace="team-two")])
        for pod in pods:
            eventually(self, lambda: '"two"' in pod.get("/v1alpha1/inventory?namespace=team-two", TOKEN)[1], pod.log)
        self.assertEqual(pods[0].stop(), 0, pods[0].log())
        self.broker.publish("prod-west", "team-three", [row("three", namespace="team-three")])
        eventually(self, lambda: '"three"' in pods[1].get("/v1alpha1/inventory?namespace=team-three", TOKEN)[1], pods[1].log)

    def certificate(self, name):
        """A certificate that vouches for itself: what the Secret has, and where it lies for us."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.broker.folder))
        make_certificate(folder / "tls.crt", folder / "tls.key", name, "IP:127.0.0.1")
        return {one: (folder / one).read_text() for one in ("tls.crt", "tls.key")}, str(folder / "tls.crt")

    def test_it_serves_https_and_takes_a_renewed_certificate(self):
        secret, trust = self.certificate("first")
        pod = self.pod("sqlite, NATS and TLS", kollect_consumer_tls=secret).start()
        pod.trust = trust
        eventually(self, lambda: pod.probe("readinessProbe"), pod.log)
        self.assertTrue(pod.probe("livenessProbe") and pod.probe("startupProbe"))
        self.assertEqual(pod.get("/v1alpha1/inventory", TOKEN)[0], 200)
        secret, pod.trust = self.certificate("second")
        self.assertEqual(pod.get("/healthz")[0], 0)
        project(pod.root / "etc/kollect/tls", secret)
        eventually(self, lambda: pod.probe("livenessProbe"), pod.log, 15)


class Postgresql:
    """A server of its own, ended with the broker's processes."""

    def __init__(self, broker):
        programs = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))[-1])
        folder = broker.folder / "postgresql"
        folder.mkdir(exist_ok=True)
        as_user = []
        if IS_ROOT:
            shutil.chown(folder, "postgres", "postgres")
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        subprocess.run([*as_user, programs / "initdb", "-D", folder / "data", "-U", "kollect", "--auth=trust", "--encoding",
                        "UTF8", "--locale", "C.UTF-8", "--no-sync"], check=True, capture_output=True, cwd="/")
        self.port = free_port()
        broker.start("postgresql", [*as_user, str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(self.port),
                                    "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"])
        ready = [*as_user, programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "kollect"]
        if not wait_until(lambda: subprocess.run(ready, cwd="/").returncode == 0, 60, 0.2):
            raise RuntimeError("PostgreSQL does not answer: " + broker.log("postgresql"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
