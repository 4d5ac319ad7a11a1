"""What an operator of JetStream does by hand: streams and consumers looked at, changed and removed, messages put there."""

import asyncio
import json

import nats

from processes import Failure


class JetStream:
    def __init__(self, server):
        self.url = f"nats://127.0.0.1:{server.port}"

    def ask(self, subject, question=None, headers=None):
        """One request; the answer's JSON."""
        async def go():
            client = await nats.connect(self.url, connect_timeout=5, max_reconnect_attempts=3)
            try:
                body = question if isinstance(question, bytes) else json.dumps(question).encode() if question is not None else b""
                return (await client.request(subject, body, timeout=10, headers=headers)).data
            finally:
                await client.close()
        return json.loads(asyncio.run(go()))

    def api(self, operation, question=None):
        """$JS.API; an error of it ends the case."""
        answer = self.ask(f"$JS.API.{operation}", question)
        if "error" in answer:
            raise Failure(f"$JS.API.{operation}: {answer['error']}")
        return answer

    def stream(self, name):
        return self.api(f"STREAM.INFO.{name}")

    def durable(self, stream, name="kollect-consumer"):
        return self.api(f"CONSUMER.INFO.{stream}.{name}")

    def update_durable(self, stream, name="kollect-consumer", **changes):
        config = self.durable(stream, name)["config"] | changes
        return self.api(f"CONSUMER.DURABLE.CREATE.{stream}.{name}", {"stream_name": stream, "config": config})

    def publish(self, subject, body, **headers):
        """Answers the sequence that the message got, and whether it is a duplicate."""
        return self.ask(subject, body, headers or None)
