"""A real Apache Kafka beside the trees, which share this machine's network: one door open, one with TLS and SCRAM."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "conformance/servers"))
from children import end_with_parent, free_port  # noqa: E402

VERSION = "4.1.0"
PASSWORD = "of-a-test"
SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{open_port},SASL_SSL://127.0.0.1:{login_port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{open_port},SASL_SSL://127.0.0.1:{login_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/keystore.pem
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class KafkaWithLogin:
    def __init__(self, topic):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kollect-kafka-"))
        self.open_port, self.login_port, controller = free_port(), free_port(), free_port()
        libraries = subprocess.run([REPOSITORY / "script/kafka-jars", VERSION], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        self.java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libraries}/*"]
        self.make_certificate()
        settings = self.folder / "server.properties"
        settings.write_text(SETTINGS.format(controller=controller, folder=self.folder, open_port=self.open_port, login_port=self.login_port))
        self.log = open(self.folder / "log", "w", encoding="utf-8")
        self.tell("kafka.tools.StorageTool", "format", "-t", "Kollect-package-test-A", "-c", settings,
                  "--add-scram", f"SCRAM-SHA-256=[name=kollect,password={PASSWORD}]")
        self.child = subprocess.Popen([*self.java, "kafka.Kafka", settings], stdout=self.log, stderr=self.log, preexec_fn=end_with_parent)
        # Asks until the broker is there, which it does by itself.
        self.tell("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", f"127.0.0.1:{self.open_port}", "--create", "--topic", topic,
                  "--partitions", "3", "--replication-factor", "1")

    def tell(self, *words):
        subprocess.run([*self.java, *map(str, words)], stdout=self.log, stderr=self.log, check=True, timeout=180)

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=kollect", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.folder / "key.pem",
                        "-out", self.folder / "ca.pem"], check=True, capture_output=True)
        (self.folder / "keystore.pem").write_text((self.folder / "key.pem").read_text() + (self.folder / "ca.pem").read_text())

    def authority(self):
        """The certificate that a client must know."""
        return (self.folder / "ca.pem").read_text()

    def close(self):
        self.child.kill()
        self.child.wait()
        self.log.close()
        shutil.rmtree(self.folder)
