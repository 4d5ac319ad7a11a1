#!/usr/bin/env python3
"""A sink for NATS behind the conformance suite's testee protocol: the standard library and nothing else.

It does not split large snapshots and has no TLS: see known-failing.txt beside it."""
import decimal, hashlib, json, os, socket, sys
from datetime import datetime, timezone

REDACT = ("password passwd secret token apikey api_key privatekey private_key credential auth clientsecret "
          "connectionstring").split()
ROW = "targetNamespace targetName namespace name group version kind uid".split()

def number(value):  # as Go's encoding/json writes it
    if isinstance(value, int) and -2**63 <= value < 2**63:
        return str(value)
    sign, digits, exponent = decimal.Decimal(repr(float(value))).normalize().as_tuple()
    power = len(digits) + exponent - 1
    if any(digits) and not -6 <= power < 21:
        text = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if digits[1:] else "") + "e%+d" % power
        return "-" * sign + text
    return "-" * sign + format(decimal.Decimal((0, digits, exponent)), "f")

def encode(value):
    if isinstance(value, dict):
        return "{" + ",".join(encode(key) + ":" + encode(value[key]) for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(encode, value)) + "]"
    if isinstance(value, str):
        text = json.dumps(value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), ensure_ascii=False)
        return "".join("\\u%04x" % ord(c) if c in "<>&\u2028\u2029" else c for c in text)
    return json.dumps(value) if value is None or isinstance(value, bool) else number(value)

def redact(value):
    if isinstance(value, dict):
        return {key: {"redacted": True, "reason": "sensitive-key"} if key.lower().endswith(tuple(REDACT)) else redact(inner)
                for key, inner in value.items()}
    return [redact(inner) for inner in value] if isinstance(value, list) else value

def encode_row(row):
    fields = [encode(name) + ":" + encode(row[name]) for name in ROW if name != "group" or row.get("group")]
    return "{" + ",".join(fields) + ',"attributes":' + encode(redact(row.get("attributes"))) + "}"

class Nats:
    def __init__(self, url, secret):
        self.where = url, secret
        host, port = url.split("://")[-1].rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.stream, self.count = self.socket.makefile("rb"), 0
        self.inbox, self.info = "_INBOX." + os.urandom(9).hex(), json.loads(self.stream.readline()[5:])
        login = {"auth_token": secret["token"]} if "token" in secret else {"user": secret.get("username", ""), "pass": secret.get("password", "")}
        options = dict(login, verbose=False, pedantic=False, headers=True, no_responders=True, lang="python", version="1")
        self.socket.sendall(b"CONNECT %s\r\nSUB %s.* 1\r\nPING\r\n" % (json.dumps(options).encode(), self.inbox.encode()))
        while (line := self.stream.readline()) != b"PONG\r\n":
            if not line or line.startswith(b"-ERR"):
                raise OSError("NATS refuses the connection: " + line.decode().strip())

    def ask(self, subject, data, headers=""):  # a request and JetStream's answer to it
        self.count += 1
        head = "NATS/1.0\r\n%s\r\n\r\n" % headers if headers else ""
        if self.info["max_payload"] < len(head.encode()) + len(data):
            raise OSError("the message is over the server's limit")
        sizes = "%d %d" % (len(head.encode()), len(head.encode()) + len(data)) if head else str(len(data))
        self.socket.sendall(("%s %s %s.%d %s\r\n%s" % ("HPUB" if head else "PUB", subject, self.inbox, self.count, sizes, head)).encode() + data + b"\r\n")
        while True:
            words = self.stream.readline().split()
            if not words:
                raise OSError("the connection to NATS is lost")
            if words[0] == b"PING":
                self.socket.sendall(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                body = self.stream.read(int(words[-1]) + 2)[:-2]
                if words[1].decode() == "%s.%d" % (self.inbox, self.count):
                    answer = json.loads(body) if words[0] == b"MSG" else {"error": {"description": "no stream takes the subject"}}
                    if "error" in answer:
                        raise OSError(answer["error"]["description"])
                    return answer

class Sink:
    def open(self, manifest, secret=None, **_):
        self.manifest, spec = (manifest, secret or {}), manifest["spec"]
        self.cluster, nats = spec.get("cluster", "").strip(), spec["nats"]
        if "tls" in spec:
            raise OSError("this sink has no TLS")
        self.subject, stream = nats["subject"], (nats.get("stream") or "kollect_events").replace(".", "_")
        self.nats = Nats((nats.get("url") or spec["endpoint"]).split(",")[0], secret or {})
        try:
            config = self.nats.ask("$JS.API.STREAM.INFO." + stream, b"")["config"]
            if self.subject not in config["subjects"]:
                config["subjects"].append(self.subject)
                self.nats.ask("$JS.API.STREAM.UPDATE." + stream, json.dumps(config).encode())
        except OSError:
            self.nats.ask("$JS.API.STREAM.CREATE." + stream, json.dumps({"name": stream, "subjects": [self.subject]}).encode())

    def export(self, namespace, items=None, **_):
        if items is None:
            raise OSError("there is no payload to export")
        rows = sorted((tuple(row.get(name, "") for name in ("targetNamespace", "targetName", "namespace", "name", "uid", "group", "version", "kind")),
                       encode_row(row)) for row in items)
        payload = "[" + ",".join(text for _, text in rows) + "]"
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"
        value = '{"schemaVersion":"kollect.dev/v1alpha1","timestamp":"%s","cluster":%s,"namespace":%s,"payload":%s}' % (
            now, encode(self.cluster), encode(namespace), payload)
        name = hashlib.sha256((self.cluster + "/" + namespace + "/" + payload).encode()).hexdigest()
        try:
            self.nats.ask(self.subject, value.encode(), "Nats-Msg-Id: " + name)
        except OSError:
            self.open(*self.manifest)  # the connection may be gone: once more, under the same id
            self.nats.ask(self.subject, value.encode(), "Nats-Msg-Id: " + name)

    def close(self, **_):
        self.nats.socket.close()

def main():
    sink = Sink()
    for line in sys.stdin:
        request = json.loads(line)
        answer, op = {"id": request.pop("id"), "ok": True}, request.pop("op")
        if op == "hello":
            answer.update(name="python-example", version="1", features=["nats", "redaction"])
        else:
            try:
                getattr(sink, op)(**request)
            except (OSError, ValueError, KeyError) as problem:
                answer.update(ok=False, error=str(problem))
        print(json.dumps(answer), flush=True)

if __name__ == "__main__":
    main()
