"""Brokers that lie: servers that speak just enough of Kafka's and NATS's protocols to answer what no honest one would."""

import socket
import struct
import threading

from harness import case, require, require_injected
from injection import MemoryLimit
from servers import write_manifest


class Liar:
    """Listens, and does with each connection what it is told to; counts them."""

    def __init__(self, world, talk):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.talk = talk
        self.connections = 0
        world.undo.append(self.listener.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                self.talk(connection)
            except (OSError, EOFError):
                pass


def read_some(connection):
    data = connection.recv(65536)
    if not data:
        raise EOFError
    return data


def survives(world, system, talk, name, most=512 << 20):
    """A consumer meets the liar: it neither crashes nor grows nor spins, says that the broker is out of reach, and ends."""
    liar = Liar(world, talk)
    address = f"127.0.0.1:{liar.port}" if system == "kafka" else f"nats://127.0.0.1:{liar.port}"
    manifest = write_manifest(world.path("sink"), system, address, "inventory.events")
    group = MemoryLimit(world, most)
    consumer = world.consumer(manifest, world.sqlite(), "--give-up-after", "4s", prefix=group.prefix())
    ended = consumer.attempt(seconds=60)
    require_injected(liar.connections > 0, f"{name}: nobody came")
    require(group.kills() == 0, f"{name}: the kernel killed it at {most >> 20} MiB")
    require(ended.returncode in (69, 71, 75, 76, 78), f"{name}: ended with {ended.returncode}: {ended.stderr[-400:]}")
    return f"{name}: {ended.returncode} after {liar.connections} connections"


@case("S25", holds="I8", how="a Kafka broker that announces 2 GiB, -1, arrays of 2^31, sends garbage, HTTP, nothing, or hangs up")
def lying_kafka(world):
    def answer(body):
        def talk(connection):
            while True:
                read_some(connection)
                connection.sendall(body)
        return talk

    def correlated(body, size=None):
        def talk(connection):
            while True:
                question = read_some(connection)
                correlation = question[8:12]
                whole = correlation + body
                connection.sendall(struct.pack(">i", len(whole) if size is None else size) + whole)
        return talk

    def silent(connection):
        while True:
            read_some(connection)

    seen = [survives(world, "kafka", talk, name) for name, talk in {
        "2 GiB announced": correlated(b"", 0x7FFFFFFF), "-1 announced": correlated(b"", -1), "array of 2^31": correlated(struct.pack(">hi", 0, 0x7FFFFFFF)),
        "array of -1": correlated(struct.pack(">hi", 0, -1)), "garbage": answer(b"\xff" * 4096), "HTTP": answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "nothing": silent, "hang up": lambda connection: None, "zeros": answer(bytes(65536))}.items()]
    return "; ".join(seen)


@case("S25", holds="I8", how="a NATS server that sends a wrong greeting, garbage, endless lines, bad JSON, or hangs up")
def lying_nats(world):
    greeting = b'INFO {"server_id":"x","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576,"jetstream":true}\r\n'

    def greeted(further, after=b"PONG\r\n"):
        def talk(connection):
            connection.sendall(greeting)
            while True:
                data = read_some(connection)
                if b"PING" in data:
                    connection.sendall(after)
                if further:
                    connection.sendall(further)
        return talk

    def first(data):
        def talk(connection):
            connection.sendall(data)
            while True:
                read_some(connection)
        return talk

    def endless(connection):
        connection.sendall(b"INFO {")
        block = b"x" * 65536
        for _ in range(4000):
            connection.sendall(block)

    seen = [survives(world, "nats", talk, name) for name, talk in {
        "no greeting": lambda connection: read_some(connection), "garbage": first(b"\xff\x00" * 2000 + b"\r\n"), "bad JSON": first(b"INFO {\"x\":\r\n"),
        "endless line": endless, "hang up": lambda connection: None, "errors": greeted(b"-ERR 'nobody may'\r\n"), "messages nobody asked for": greeted(b"MSG x 77 5\r\nhello\r\n"),
        "no JetStream": greeted(b""), "negative length": greeted(b"MSG x 1 -5\r\n")}.items()]
    return "; ".join(seen)
