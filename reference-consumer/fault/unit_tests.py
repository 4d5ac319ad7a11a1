"""Rows that a test program proves on literals or on servers of its own: the harness runs exactly those tests and counts them."""

import os
import re

from harness import case, require, require_injected


def by(program, pattern, *rows, name, holds, how, seconds=300):
    """Declares a case that runs the tests of one program that match a googletest pattern."""
    def run(world):
        path = os.path.join(world.programs["tests"], program)
        done = world.run(path, f"--gtest_filter={pattern}", "--gtest_brief=1", seconds=seconds)
        text = done.stdout.decode(errors="replace")
        ran = re.search(r"\[==========\] (\d+) tests? from", text)
        require_injected(ran and int(ran[1]) > 0, f"{program} has no test {pattern}: {text[-300:]}")
        require(done.returncode == 0, text[-1500:] + done.stderr.decode(errors="replace")[-500:])
        require("[  SKIPPED ]" not in text, "a test was skipped")
        return f"{ran[1]} tests of {program}"

    run.__name__ = name
    case(*rows, holds=holds, how=how)(run)


by("consumer_ingest_test", "hostile_message.*:known_items.*", "S1", "S2", "S3", "S4", "S5", "S7", "S8", "S9", "S10", "S11", name="hostile_messages",
   holds="I1 I10", how="messages on literals: depth, numbers, keys twice, encodings, escapes, hash flooding, an XXH3 collision, forged checksums")
by("consumer_ingest_postgresql_test", "*hostile_message.*", "S5", "S11", name="hostile_messages_postgresql", holds="I1 I10",
   how="the same into PostgreSQL: the same verdicts, nothing half committed")
by("consumer_ingest_test", "*set*:*part*:*pending*", "F35", "S28", "S29", name="sets_and_caps", holds="I2 I8 I10",
   how="parts lost, doubled with other content, of two rounds, over the caps; floods of keys and dead letters")
by("kollect_sdk_rows_test", "assembler.*:projection.*", "F34", "F35", name="projection_of_any_order", holds="I2", how="histories shuffled, doubled, interleaved: the projection on literals")
by("consumer_crash_test", "*", "F2", "F40", name="crashes_at_every_call", holds="I3",
   how="the process ends at each write, sync and unlink of a batch and of a migration, on literals", seconds=900)
by("consumer_ingest_test", "*deadline*:*order*:*shuffle*:*property*:*random*", "F34", name="random_histories", holds="I2",
   how="random histories, shuffled, tripled and interleaved over partitions, against an oracle")
by("consumer_loop_test", "*", "F6", "F12", "F36", "F39", name="loop_on_a_scripted_broker", holds="I2 I6 I7",
   how="revoked while working, coordinator errors, failing commits, poison that fails three times: scripted brokers")
by("test_kafka", "*", "F12", name="kafka_errors", holds="I6 I7", how="librdkafka's mock cluster: coordinator moves, request errors, full queues")
by("test_manifest", "hostile_text.*:secrecy.*:address.*", "S15", "S16", "S27", "S31", name="manifests", holds="I9", how="hostile manifests, addresses and credentials on literals")
by("test_kafka_server", "kafka_server_security.*", "S18", "S19", name="kafka_security", holds="I9", how="Apache Kafka with wrong hosts, expired and foreign certificates, logins that fail")
by("test_nats_server", "*tls*:*secur*:*login*:*certificate*", "S18", name="nats_security", holds="I9", how="nats-server with wrong hosts, expired and foreign certificates, logins that fail")
