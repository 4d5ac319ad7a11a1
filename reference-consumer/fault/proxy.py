"""A TCP proxy that does to connections what networks do: slow, slice, hold, drop, reset, and cut after what it saw."""

import select
import socket
import struct
import threading
import time

BLOCK = 64 * 1024
TO_SERVER, TO_CLIENT = "to server", "to client"


class Proxy:
    """Passes everything on until told otherwise. What it did is counted, so that a case can prove that it did.

    slice_bytes: at most so many bytes a write. delay: seconds before each write. held: directions that are read no
    more (half-open). dropped: directions whose bytes vanish. refusing: new connections are reset. cut_at: called with
    direction and bytes, answers whether the connection is reset once they are passed on."""

    def __init__(self, world, port=None):
        self.target = ("127.0.0.1", port)
        self.slice_bytes = BLOCK
        self.delay = 0.0
        self.held = set()
        self.dropped = set()
        self.refusing = False
        self.cut_at = None
        self.connections = 0
        self.resets = 0
        self.bytes_dropped = 0
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        world.undo.append(self.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def lead_to(self, port):
        self.target = ("127.0.0.1", port)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing:
                reset(client)
                self.resets += 1
                continue
            try:
                server = socket.create_connection(self.target, 5)
            except OSError:
                reset(client)
                continue
            pair = (client, server)
            with self.lock:
                self.connections += 1
                self.pairs.add(pair)
            for source, sink, way in ((client, server, TO_SERVER), (server, client, TO_CLIENT)):
                threading.Thread(target=self.carry, args=(source, sink, way, pair), daemon=True).start()

    def carry(self, source, sink, way, pair):
        try:
            sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while pair in self.pairs:
                if way in self.held:
                    time.sleep(0.02)
                    continue
                if not select.select([source], [], [], 0.1)[0]:
                    continue
                data = source.recv(BLOCK)
                if not data:
                    break
                if way in self.dropped:
                    self.bytes_dropped += len(data)
                    continue
                cut = self.cut_at is not None and self.cut_at(way, data)
                self.pass_on(sink, data)
                if cut:
                    break
        except (OSError, ValueError):
            pass
        self.end(pair)

    def pass_on(self, sink, data):
        size = self.slice_bytes  # one value for all of it, whatever the case sets meanwhile
        for begin in range(0, len(data), size):
            if self.delay:
                time.sleep(self.delay)
            sink.sendall(data[begin:begin + size])

    def end(self, pair):
        with self.lock:
            if pair not in self.pairs:
                return
            self.pairs.discard(pair)
        for one in pair:
            reset(one)

    def reset_all(self):
        """Answers how many connections there were."""
        pairs = list(self.pairs)
        for pair in pairs:
            self.end(pair)
        self.resets += len(pairs)
        return len(pairs)

    def close(self):
        self.listener.close()
        self.reset_all()


def reset(one):
    """Closes with RST, not FIN."""
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    one.close()
