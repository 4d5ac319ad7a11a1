"""A consumer as one would write it in Python: consumer.py BROKER TOPIC FILE [changes]

Keeps the rows of every scope, dedup keys and positions in SQLite, up to the end of the topic as it is at the start.
Position and effects are one transaction, and only the rows that differ are written. With `changes`, each of them is
told in a change feed as well. It knows no multipart sets and believes every message: what it is measured beside does
more.
"""

import hashlib
import sqlite3
import sys

import orjson
from confluent_kafka import Consumer, TopicPartition

BATCH_MESSAGES, BATCH_BYTES = 1000, 32 * 1024 * 1024

TABLES = """
CREATE TABLE IF NOT EXISTS positions (
  topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS scopes (
  scope_id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, namespace TEXT NOT NULL, inventory TEXT NOT NULL,
  exported_at TEXT, generation INTEGER, digest BLOB, UNIQUE (cluster, namespace, inventory));
CREATE TABLE IF NOT EXISTS dedup_keys (scope_id INTEGER, digest BLOB, PRIMARY KEY (scope_id, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
  scope_id INTEGER, target_namespace TEXT, target_name TEXT, namespace TEXT, name TEXT, uid TEXT, item TEXT NOT NULL,
  PRIMARY KEY (scope_id, target_namespace, target_name, namespace, name, uid));
CREATE TABLE IF NOT EXISTS changes (cursor INTEGER PRIMARY KEY, scope_id INTEGER NOT NULL, before TEXT, after TEXT);
"""


def comparable(instant):
    """RFC 3339 with all nine digits, so that texts compare as instants do."""
    whole, _, fraction = instant[:-1].partition(".")
    return f"{whole}.{fraction:0<9}"


def identity_of(row):
    return row["targetNamespace"], row["targetName"], row["namespace"], row["name"], row["uid"]


class Store:
    def __init__(self, path, keeps_changes):
        self.keeps_changes = keeps_changes
        self.database = sqlite3.connect(path, isolation_level=None, cached_statements=64)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.executescript(TABLES)
        self.scopes = {}

    def positions(self, topic):
        return dict(self.database.execute("SELECT partition, next_offset FROM positions WHERE topic = ?", (topic,)))

    def scope(self, cluster, namespace, inventory):
        """[scope_id, order] of a scope; order is what a newer snapshot has to exceed."""
        key = cluster, namespace, inventory
        if key not in self.scopes:
            self.database.execute("INSERT INTO scopes (cluster, namespace, inventory) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                                  key)
            scope_id, *order = self.database.execute(
                "SELECT scope_id, exported_at, generation, digest FROM scopes WHERE cluster = ? AND namespace = ? AND "
                "inventory = ?", key).fetchone()
            self.scopes[key] = [scope_id, tuple(order) if order[0] else None]
        return self.scopes[key]

    def take(self, message):
        value, execute = message.value(), self.database.execute
        cluster, _, rest = message.key().decode().partition(":")
        namespace, _, inventory = rest.partition("/")
        scope = self.scope(cluster, namespace, inventory)
        digest = hashlib.sha256(value).digest()  # timestamp, scope and payload, which make the dedup key, are all in it
        if execute("INSERT INTO dedup_keys VALUES (?, ?) ON CONFLICT DO NOTHING", (scope[0], digest)).rowcount == 0:
            return
        envelope = orjson.loads(value)
        payload = envelope["payload"]
        if isinstance(payload, list):
            items, order = payload, (comparable(envelope["timestamp"]), 0, digest)
        else:
            items = payload["items"]
            order = comparable(payload["exportedAt"]), payload.get("generation", 0), digest
        if scope[1] is not None and scope[1] >= order:
            return
        scope[1] = order
        self.replace(scope[0], {identity_of(row): orjson.dumps(row).decode() for row in items})
        execute("UPDATE scopes SET exported_at = ?, generation = ?, digest = ? WHERE scope_id = ?", (*order, scope[0]))

    def replace(self, scope_id, rows):
        """Makes `rows` the rows of a scope."""
        held = {tuple(row[:5]): row[5] for row in self.database.execute(
            "SELECT target_namespace, target_name, namespace, name, uid, item FROM items WHERE scope_id = ?", (scope_id,))}
        written = [(scope_id, *identity, item) for identity, item in rows.items() if held.get(identity) != item]
        removed = [(scope_id, *identity) for identity in held.keys() - rows.keys()]
        self.database.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET item = excluded.item", written)
        self.database.executemany(
            "DELETE FROM items WHERE scope_id = ? AND target_namespace = ? AND target_name = ? AND namespace = ? AND name = ? "
            "AND uid = ?", removed)
        if self.keeps_changes:
            self.database.executemany(
                "INSERT INTO changes (scope_id, before, after) VALUES (?, ?, ?)",
                [(scope_id, held.get(row[1:6]), row[6]) for row in written] +
                [(scope_id, held[row[1:]], None) for row in removed])

    def commit(self, batch):
        self.database.execute("BEGIN IMMEDIATE")
        for message in batch:
            self.take(message)
        self.database.executemany(
            "INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
            [(*place, next_offset) for place, next_offset in
             {(message.topic(), message.partition()): message.offset() + 1 for message in batch}.items()])
        self.database.execute("COMMIT")


def main():
    broker, topic, path = sys.argv[1:4]
    store = Store(path, sys.argv[4:] == ["changes"])
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "peer", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, 10).topics[topic].partitions
    ends = {one: consumer.get_watermark_offsets(TopicPartition(topic, one), 10)[1] for one in partitions}
    stored = store.positions(topic)
    at = {one: stored.get(one, 0) for one in partitions}
    consumer.assign([TopicPartition(topic, one, offset) for one, offset in at.items()])
    waiting, waiting_bytes = [], 0
    while any(at[one] < ends[one] for one in at):
        for message in consumer.consume(BATCH_MESSAGES, 0.1):
            if message.error():
                sys.exit(str(message.error()))
            at[message.partition()] = message.offset() + 1
            waiting.append(message)
            waiting_bytes += len(message.value())
            if len(waiting) == BATCH_MESSAGES or waiting_bytes >= BATCH_BYTES:
                store.commit(waiting)
                waiting, waiting_bytes = [], 0
    if waiting:
        store.commit(waiting)
    consumer.close()


if __name__ == "__main__":
    main()
