"""Brokers and databases for tests and benchmarks, on loopback, each with a directory and a port of its own."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess

from children import end_with_parent, free_port, wait_until
from processes import Failure

KAFKA_VERSION = "4.1.0"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# A broker as it comes, but for what a single one on a small machine needs: no replicas, no waiting for members.
KAFKA_SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},TOLD://127.0.0.1:{told_port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},TOLD://{told}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,TOLD:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={folder}/data
auto.create.topics.enable=false
message.max.bytes=16777216
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.segment.delete.delay.ms=1000
"""


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def wait_for(child, condition, what):
    wait_until(lambda: condition() or not child.is_running(), 180)
    if not child.is_running() or not condition():
        raise Failure(f"{what} does not start: {child.log()}")


def write_manifest(path, system, address, destination, cluster="prod"):
    spec = {"type": system, "connectionTest": False, "cluster": cluster}
    spec[system] = ({"brokers": [address], "topic": destination} if system == "kafka"
                    else {"url": address, "subject": destination, "stream": destination.replace(".", "_")})
    path.write_text(json.dumps({"apiVersion": "kollect.dev/v1alpha1", "kind": "KollectEventSink",
                                "metadata": {"name": "bench"}, "spec": spec}))
    return path


class Kafka:
    """A real Apache Kafka, and topics on it. `settings` are further lines of its properties. Clients that ask it at
    `told_port` are told that it is at `told`: a proxy, or where nobody is."""

    def __init__(self, place, settings="", heap="768m", told=None):
        self.place = place
        libraries = subprocess.run([REPOSITORY / "script/kafka-jars", KAFKA_VERSION], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.strip()
        self.port, self.told_port, controller = free_port(), free_port(), free_port()
        self.folder = place.folder / place.fresh("kafka")
        self.folder.mkdir()
        self.properties = self.folder / "server.properties"
        self.properties.write_text(KAFKA_SETTINGS.format(controller=controller, port=self.port, folder=self.folder,
                                                         told_port=self.told_port, told=told or
                                                         f"127.0.0.1:{self.told_port}") + settings)
        java = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libraries}/*"]
        place.time("kafka-format", [*java, "kafka.tools.StorageTool", "format", "-t", "Kollect-bench-cluster1", "-c",
                                    self.properties])
        self.words = [*java, f"-Xmx{heap}", "kafka.Kafka", self.properties]
        self.start()
        self.admin("make", place.fresh("ready"), 1)  # waits until the broker makes topics

    def start(self):
        """Also after it was ended: the port and the log are those of before."""
        self.child = self.place.start("kafka", self.words)
        wait_for(self.child, lambda: answers(self.port), "Apache Kafka")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def admin(self, *words):
        self.place.time("topics", [self.place.programs["python"], self.place.programs["topics"], self.address,
                                   *map(str, words)])

    def make_topic(self, name, partitions=1):
        """A new topic and a manifest that names it."""
        topic = self.place.fresh(name)
        self.admin("make", topic, partitions)
        return Topic(self, topic, partitions)


class Topic:
    def __init__(self, broker, name, partitions):
        self.broker = broker
        self.name = name
        self.partitions = partitions
        self.manifest = write_manifest(broker.place.folder / f"{name}.json", "kafka", broker.address, name)

    def drop(self):
        """Its bytes need not stay on the disk."""
        self.broker.admin("drop", self.name)

    def kcat(self, *words):
        return ["kcat", "-q", "-b", self.broker.address, "-t", self.name, *map(str, words)]

    def kcat_consume(self, partition=0):
        return self.kcat("-C", "-p", partition, "-o", "beginning", "-e")

    def simulate(self, *words):
        """Fills the topic; answers what the simulator tells of it."""
        place = self.broker.place
        return json.loads(place.time("simulate", [place.programs["producer"], "simulate", "--manifest", self.manifest,
                                                  "--multipart-bytes", "0", *map(str, words)], keep=True).out)


class Nats:
    """A real nats-server with JetStream on disk. `settings` are lines of its configuration file."""

    def __init__(self, place, settings=""):
        self.place = place
        self.port = free_port()
        self.folder = place.folder / place.fresh("jetstream")
        server = shutil.which("nats-server") or "/usr/sbin/nats-server"
        self.words = [server, "-js", "-sd", self.folder, "-a", "127.0.0.1", "-p", str(self.port)]
        if settings:
            configuration = place.folder / f"{self.folder.name}.conf"
            configuration.write_text(settings)
            self.words += ["-c", configuration]
        self.start()

    def start(self):
        """Also after it was ended: the port and the streams are those of before."""
        self.child = self.place.start("nats", self.words)
        wait_for(self.child, lambda: answers(self.port), "nats-server")

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def close(self):
        self.place.end(self.child)

    def manifest(self, subject):
        return write_manifest(self.place.folder / f"{subject}.json", "nats", self.url, subject)


class Session:
    """A psql that stays, to be asked often."""

    END = "that was all"

    def __init__(self, server, url):
        self.process = subprocess.Popen(server.psql(url.rpartition("/")[2]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1, preexec_fn=end_with_parent)

    def ask(self, sql):
        self.process.stdin.write(f"{sql};\n\\echo {self.END}\n")
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n") == self.END:
                return [one.split("|") for one in lines]
            lines.append(line.rstrip("\n"))
        raise Failure("psql has ended")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class PostgreSQL:
    """With its defaults, but for room in memory and log, so that no checkpoint falls into one run and not the other."""

    SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "8GB", "checkpoint_timeout": "1h",
                "unix_socket_directories": "", "lc_messages": "C", "autovacuum": "off"}

    def __init__(self, place, **settings):
        self.place = place
        self.port = free_port()
        self.folder = place.folder / place.fresh("postgresql")
        self.folder.mkdir()
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
        self.programs = found[-1].parent if found else None
        self.as_owner = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
            place.folder.chmod(0o755)
            self.as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        place.time("initdb", [*self.as_owner, self.program("initdb"), "-D", self.folder / "data", "-U", "kollect",
                              "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth=trust"])
        settings = [word for name, value in {**self.SETTINGS, **settings}.items() for word in ("-c", f"{name}={value}")]
        self.words = [*self.as_owner, self.program("postgres"), "-D", self.folder / "data", "-h", "127.0.0.1", "-p",
                      str(self.port), *settings]
        self.start()

    def start(self):
        """Also after it was ended: the port and the databases are those of before."""
        self.child = self.place.start("postgresql", self.words)
        self.child.ending = signal.SIGINT  # does not wait for clients
        wait_for(self.child, lambda: "ready to accept connections" in self.child.log(), "PostgreSQL")

    def program(self, name):
        return str(self.programs / name) if self.programs else name

    def make_database(self, name, template=None):
        """A new database, or a copy of one; answers its URL."""
        database = self.place.fresh(name).replace("-", "_")
        self.run("postgres", f"CREATE DATABASE {database}" + (f" TEMPLATE {template.rpartition('/')[2]}" if template else ""))
        return f"postgresql://kollect@127.0.0.1:{self.port}/{database}"

    def cpu(self):
        """Seconds of CPU time of all sessions that are over."""
        with_us = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        if not wait_until(lambda: self.run("postgres", with_us) == ["1"], 10):
            raise Failure("a session of PostgreSQL goes on after its client has ended")
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")  # cutime and cstime

    def drop_database(self, url):
        self.run("postgres", f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def psql(self, database):
        return [self.program("psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "kollect", "-d", database, "-X", "-q",
                "-A", "-t", "-v", "ON_ERROR_STOP=1"]

    def run(self, database, sql):
        """Runs SQL; answers the lines that it prints."""
        done = subprocess.run([*self.psql(database.rpartition("/")[2]), "-c", sql], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failure(f"psql: {done.stderr}")
        return done.stdout.splitlines()
