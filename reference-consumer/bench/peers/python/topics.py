"""Makes and drops topics: topics.py BROKER make TOPIC PARTITIONS, or drop TOPIC. No JVM has to start for it."""

import sys
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic


def main():
    admin = AdminClient({"bootstrap.servers": sys.argv[1], "log_level": 0})
    command, topic = sys.argv[2:4]
    if command == "drop":
        admin.delete_topics([topic])[topic].result()
        return
    deadline = time.monotonic() + 60
    while True:
        try:
            admin.create_topics([NewTopic(topic, int(sys.argv[4]), 1)])[topic].result()
            break
        except KafkaException:
            if time.monotonic() > deadline:
                raise
    # Made is not yet known everywhere: a client would be told that there is no such topic.
    while len([one for one in admin.list_topics(topic, 10).topics[topic].partitions.values() if one.leader >= 0]) < int(
            sys.argv[4]):
        if time.monotonic() > deadline:
            sys.exit(f"the topic {topic} has no leaders")


if __name__ == "__main__":
    main()
