"""A consumer with a broker of its own, for tests that look at it from outside."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "conformance/servers"))

from children import end_with_parent, free_port, wait_until  # noqa: E402


def row(name, kind="Deployment", namespace="team-a", target="workloads", attributes=None):
    return {"targetNamespace": namespace, "targetName": target, "namespace": namespace, "name": name,
            "group": "apps" if kind == "Deployment" else "", "version": "v1", "kind": kind,
            "uid": f"uid-{namespace}-{kind}-{name}", "attributes": attributes or {"replicas": 2}}


def make_certificate(certificate, key, subject, alternative):
    """A certificate that vouches for itself, for two days."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "2", "-subj", f"/CN={subject}", "-addext", f"subjectAltName={alternative}", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)


class Fleet:
    """nats-server, kollect-consumer, and what publishes to them; all in one directory that goes away."""

    def __init__(self, producer, consumer, more=(), cluster="prod-west"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kollect-page-"))
        self.producer = producer
        self.consumer = consumer
        self.processes = []
        self.manifests = {}
        self.broker_port = free_port()
        try:
            self.start_broker()
            self.publish(cluster, "team-a", [])
            self.port = free_port()
            self.start("consumer", [consumer, "run", "--manifest", self.manifest(cluster), "--store",
                                    f"sqlite:{self.folder}/state.db", "--listen", f"127.0.0.1:{self.port}", *more])
            if not wait_until(self.is_ready, 60):
                raise RuntimeError("the consumer does not become ready: " + self.log("consumer"))
        except BaseException:
            self.close()
            raise

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, name, words):
        with open(self.folder / f"{name}.log", "wb") as log:
            self.processes.append(subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT,
                                                   preexec_fn=end_with_parent))

    def start_broker(self):
        server = shutil.which("nats-server") or "/usr/sbin/nats-server"
        self.start("nats", [server, "-js", "-sd", str(self.folder / "nats"), "-a", "127.0.0.1",
                            "-p", str(self.broker_port)])
        if not wait_until(self.broker_answers, 30):
            raise RuntimeError("nats-server does not answer: " + self.log("nats"))

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    def broker_answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.broker_port), 1).close()
            return True
        except OSError:
            return False

    def is_ready(self):
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=5).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def manifest(self, cluster):
        path = self.folder / f"{cluster}.json"
        path.write_text(json.dumps({
            "apiVersion": "kollect.dev/v1alpha1", "kind": "KollectEventSink", "metadata": {"name": "sink"},
            "spec": {"type": "nats", "connectionTest": False, "cluster": cluster,
                     "nats": {"url": f"nats://127.0.0.1:{self.broker_port}", "subject": "inventory.events"}}}))
        return str(path)

    def run_producer(self, words, text=""):
        done = subprocess.run([self.producer, *words], input=text, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"kollect-producer {words[0]}: {done.stderr}")
        return done

    def publish(self, cluster, namespace, rows, more=()):
        """One snapshot of the inventory `all` of a namespace."""
        self.run_producer(["export", "--manifest", self.manifest(cluster), "--namespace", namespace, "--inventory",
                           "all", "--payload", "export-envelope", *more, "-"], json.dumps(rows))

    def simulate(self, cluster, *words):
        self.run_producer(["simulate", "--manifest", self.manifest(cluster), *words])

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
