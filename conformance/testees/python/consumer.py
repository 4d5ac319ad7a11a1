#!/usr/bin/env python3
"""A consumer of NATS behind the conformance suite's testee protocol: the standard library and nothing else.

It holds the rows in memory and reads its stream from the beginning each time that it is opened, so a crash costs
it nothing but time. See docs/write-a-consumer.md."""
import base64, hashlib, json, re, sys
from testee import Nats  # a client of 40 lines

ROW = "targetNamespace targetName namespace name uid".split()
SPACE = re.compile(r"[ \t\r\n]*")
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")
VALUE = json.JSONDecoder().raw_decode

class SetAside(Exception):
    pass

def members(text):
    """The members of an object: each name with the text of its value as it came, for checksums (DED-02)."""
    at, found = SPACE.match(text).end(), {}
    if text[at:at + 1] != "{":
        raise SetAside("it is no object")
    at, mark = SPACE.match(text, at + 1).end(), text[at]
    while text[at] != "}" or mark == ",":
        name, at = VALUE(text, at)
        at = SPACE.match(text, at).end()
        if not isinstance(name, str) or text[at] != ":":
            raise SetAside("it is no object")
        at = SPACE.match(text, at + 1).end()
        end = VALUE(text, at)[1]
        found[name] = text[at:end]
        at = SPACE.match(text, end).end()
        mark = text[at]
        if mark not in ",}":
            raise SetAside("it is no object")
        if mark == ",":
            at = SPACE.match(text, at + 1).end()
    if SPACE.match(text, at + 1).end() != len(text):
        raise SetAside("something follows it")
    return found

def text_of(fields, name, default=None):
    value = json.loads(fields[name]) if name in fields else default
    if not isinstance(value, str):
        raise SetAside(name + " is no string")
    return value

def instant(text):  # sorts as time does, which the text itself would not (DED-03)
    found = INSTANT.fullmatch(text)
    if not found:
        raise SetAside("no instant")
    return found[1], (found[2] or "").ljust(9, "0")

def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

def read_rows(text):
    rows = json.loads(text)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and ("uid" in row or "name" in row) for row in rows):
        raise SetAside("items are no rows")
    return {tuple(row.get(name, "") for name in ROW): row for row in rows}  # ROW-03

class Consumer:
    def open(self, manifest, group, secret=None, **_):
        nats = manifest["spec"]["nats"]
        self.subject, self.stream = nats["subject"], nats.get("stream") or "kollect_events"
        self.nats = Nats((nats.get("url") or manifest["spec"]["endpoint"]).split(",")[0], secret or {})
        self.read, self.refused, self.keys, self.sets, self.held = 0, 0, set(), {}, {}

    def drain(self):
        try:
            last = self.nats.ask("$JS.API.STREAM.INFO." + self.stream, b"")["state"]["last_seq"]
        except OSError:  # the server may have been restarted: once more
            self.nats = Nats(*self.nats.where)
            last = self.nats.ask("$JS.API.STREAM.INFO." + self.stream, b"")["state"]["last_seq"]
        while self.read < last:
            asked = json.dumps({"seq": self.read + 1}).encode()
            message = self.nats.ask("$JS.API.STREAM.MSG.GET." + self.stream, asked)["message"]
            self.read += 1
            try:
                self.take(base64.b64decode(message.get("data", "")).decode())
            except (SetAside, ValueError, IndexError, RecursionError, TypeError) as reason:
                self.refused += 1
                print("set aside: %s" % reason, file=sys.stderr)

    def take(self, text):
        event = members(text)
        if text_of(event, "schemaVersion", "") not in ("", "kollect.dev/v1alpha1"):
            raise SetAside("another version")  # ENV-03
        cluster, namespace, stamp = (text_of(event, name) for name in ("cluster", "namespace", "timestamp"))
        payload, scope = event["payload"] if "payload" in event else "", (cluster, namespace)
        key = cluster, namespace, stamp, digest(payload)  # DED-01
        if key in self.keys:
            return
        part = {}
        if payload[:1] == "[":
            exported, generation, rows = stamp, 0, read_rows(payload)
        else:
            part = members(payload)
            exported, generation = text_of(part, "exportedAt"), json.loads(part.get("generation", "0"))
            if "items" not in part or digest(part["items"]) != text_of(part, "checksum"):
                raise SetAside("the checksum is not that of the items")
            rows = read_rows(part["items"])
        order = instant(exported)
        index, total = (json.loads(part.get(name, "0")) for name in ("partIndex", "partTotal"))
        if total:
            if not 1 <= index <= total:
                raise SetAside("there can be no such part")
            known = self.sets.setdefault((scope, order, generation, total), {})  # MP-05
            if known.setdefault(index, rows) != rows:
                raise SetAside("the part came before with other rows")
        self.keys.add(key)
        if total and len(known) < total:
            return  # MP-04
        if total:
            rows = {identity: row for each in known.values() for identity, row in each.items()}
        if scope not in self.held or self.held[scope][0] < (order, generation):  # DED-03
            self.held[scope] = (order, generation), exported, rows  # DEL-01, DEL-02

    def state(self):
        return {"refused": self.refused,
                "scopes": [{"cluster": cluster, "namespace": namespace, "inventory": "", "exportedAt": exported,
                            "rows": list(rows.values())} for (cluster, namespace), (_, exported, rows) in self.held.items()]}

    def close(self):
        self.nats.socket.close()

def main():
    consumer = Consumer()
    for line in sys.stdin:
        request = json.loads(line)
        answer, op = {"id": request.pop("id"), "ok": True}, request.pop("op")
        if op == "hello":
            answer.update(name="python-example", version="1", features=["nats", "consumer"])
        else:
            try:
                answer.update(getattr(consumer, op)(**request) or {})
            except (OSError, ValueError, KeyError) as problem:
                answer.update(ok=False, error=str(problem))
        print(json.dumps(answer), flush=True)

if __name__ == "__main__":
    main()
