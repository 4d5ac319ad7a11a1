"""What an operator of Kafka does by hand: topics made, dropped, cut and counted, messages put there as they are."""

import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic


class Topics:
    def __init__(self, server):
        self.address = f"127.0.0.1:{server.port}"
        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def make(self, name, partitions=1, seconds=60, **config):
        deadline = time.monotonic() + seconds
        settings = {key.replace("_", "."): str(value) for key, value in config.items()}
        while True:
            try:
                return self.admin.create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result()
            except KafkaException:  # one that is being dropped is still there for a moment
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def drop(self, name):
        self.admin.delete_topics([name])[name].result()

    def widen(self, name, partitions):
        self.admin.create_partitions([NewPartitions(name, partitions)])[name].result()

    def cut(self, name, partition, offset):
        """What is before the offset is gone, as retention does it."""
        one = TopicPartition(name, partition, offset)
        self.admin.delete_records([one])[one].result()

    def ends(self, name):
        """First and next offset by partition."""
        client = Consumer({"bootstrap.servers": self.address, "group.id": "fault-harness", "log_level": 0})
        try:
            found = client.list_topics(name, 10).topics[name].partitions
            return {one: client.get_watermark_offsets(TopicPartition(name, one), 10) for one in found}
        finally:
            client.close()

    def count(self, name):
        return sum(high - low for low, high in self.ends(name).values())

    def committed(self, group, name):
        """Committed offset by partition; -1001 where there is none."""
        client = Consumer({"bootstrap.servers": self.address, "group.id": group, "log_level": 0})
        try:
            asked = [TopicPartition(name, one) for one in client.list_topics(name, 10).topics[name].partitions]
            return {one.partition: one.offset for one in client.committed(asked, 10)}
        finally:
            client.close()

    def publish(self, name, messages, partition=0, **config):
        """Each message is value, or key and value."""
        client = Producer({"bootstrap.servers": self.address, "log_level": 0, "message.max.bytes": 1_000_000_000,
                           **{key.replace("_", "."): value for key, value in config.items()}})
        failures = []
        for one in messages:
            key, value = one if isinstance(one, tuple) else (None, one)
            client.produce(name, value, key, partition, on_delivery=lambda error, _: error and failures.append(error))
        client.flush(60)
        if failures:
            raise KafkaException(failures[0])
