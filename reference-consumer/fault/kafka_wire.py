"""Just enough of Kafka's protocol to send a record batch as it is, which no client would make."""

import socket
import struct
import zlib


def crc32c(data, crc=0, table=[]):
    if not table:
        for byte in range(256):
            value = byte
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
            table.append(value)
    crc = ~crc & 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return ~crc & 0xFFFFFFFF


def varint(value):
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


class RecordBatch:
    @staticmethod
    def gzip_of_zeros(size):
        """One record whose value is so many zero bytes, compressed."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        head = b"\0" + varint(0) + varint(0) + varint(-1) + varint(size)
        tail = varint(0)
        data = packer.compress(varint(len(head) + size + len(tail)) + head)
        block = bytes(1 << 20)
        left = size
        while left:
            data += packer.compress(block[:left])
            left -= min(left, len(block))
        return RecordBatch.around(data + packer.compress(tail) + packer.flush(), 1)

    @staticmethod
    def around(records, compression, count=1):
        """A batch of version 2 around records that are compressed already; 1 is gzip."""
        body = struct.pack(">hiqqqhii", compression, count - 1, 1_700_000_000_000, 1_700_000_000_000, -1, -1, -1, count) + records
        return struct.pack(">qiibI", 0, len(body) + 9, 0, 2, crc32c(body)) + body

    @staticmethod
    def send(port, topic, partition, batch):
        """Produce version 7, acks -1; raises where the broker refuses it."""
        request = struct.pack(">hhi", 0, 7, 1) + text("fault") + struct.pack(">hhi", -1, -1, 30000) + struct.pack(">i", 1) + \
            text(topic) + struct.pack(">iii", 1, partition, len(batch)) + batch
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.settimeout(60)
            connection.sendall(struct.pack(">i", len(request)) + request)
            size = struct.unpack(">i", receive(connection, 4))[0]
            answer = receive(connection, size)
        error = struct.unpack(">h", answer[4 + 4 + 2 + len(topic) + 4 + 4:][:2])[0]
        if error:
            raise RuntimeError(f"the broker refused the batch with error {error}")


def receive(connection, size):
    data = b""
    while len(data) < size:
        block = connection.recv(size - len(data))
        if not block:
            raise EOFError("the broker hung up")
        data += block
    return data
