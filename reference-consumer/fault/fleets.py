"""Brokers and stores in the pairs that people run, behind one face, so that a case is written once."""

import json

from children import wait_until
from harness import require
from jetstream import JetStream
from servers import write_manifest
from topics import Topics

PAIRS = ("kafka+sqlite", "kafka+postgresql", "nats+sqlite", "nats+postgresql")
TOPIC = "inventory.changes"


class Fleet:
    """One broker, one store, a producer for it and as many consumers as a case wants. `pair` is one of PAIRS. `through`
    makes a proxy that the consumer's manifest names in place of the broker."""

    def __init__(self, world, pair, partitions=3, server=None, database=None, **how):
        self.world = world
        self.system, _, self.store_kind = pair.partition("+")
        self.server = server or (world.kafka(**how) if self.system == "kafka" else world.nats(**how))
        self.destination = world.fresh("inventory") if self.system == "kafka" else world.fresh("inventory") + ".events"
        if self.system == "kafka":
            self.server.admin("make", self.destination, partitions)
        self.manifest = self.manifest_at(self.server.port)
        self.producer = world.producer(self.manifest)
        self.database = None
        if self.store_kind == "postgresql":
            self.database = database or world.postgresql()
            self.store = self.database.make_database("fleet")
        else:
            self.store = world.sqlite()

    def manifest_at(self, port, **more):
        """A manifest whose broker is at that port of this machine."""
        address = f"127.0.0.1:{port}" if self.system == "kafka" else f"nats://127.0.0.1:{port}"
        path = write_manifest(self.world.path("sink"), self.system, address, self.destination)
        if more:
            whole = json.loads(path.read_text())
            whole["spec"][self.system].update(more)
            path.write_text(json.dumps(whole))
        return path

    def consumer(self, *flags, manifest=None, store=None, **how):
        return self.world.consumer(manifest or self.manifest, store or self.store, *flags, **how)

    @property
    def stream(self):
        return self.destination.replace(".", "_")

    def is_settled(self, group="kollect-consumer"):
        """Whether the broker knows that the group has everything that is there now."""
        if self.system == "nats":
            durable = JetStream(self.server).durable(self.stream, group)
            return durable["num_pending"] == 0 and durable["num_ack_pending"] == 0
        topics = Topics(self.server)
        committed = topics.committed(group, self.destination)
        return all(committed[one] == high or high == 0 for one, (_, high) in topics.ends(self.destination).items())

    def catch_up(self, consumer, seconds=120):
        """Waits until a running consumer has taken in all there is, and ends it; whatever does not arrive is Broken."""
        def holds():
            require(consumer.child.is_running(), f"the consumer ended with {consumer.child.ended}: {consumer.log()[-900:]}")
            try:
                return self.is_settled(consumer.group)
            except Exception:  # the broker may just be coming back
                return False
        require(wait_until(holds, seconds, 0.3), f"I7: it has not caught up after {seconds} s: {consumer.log()[-900:]}")
        require(consumer.is_healthy(), "it is not healthy")
        require(consumer.end() == 0, f"the consumer ended with {consumer.child.ended}: {consumer.log()[-500:]}")
