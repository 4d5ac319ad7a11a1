"""Messages to judge: the vectors, those that other tests have in files, and a good one spoilt in every place.

A case is (name, bytes, rule). A rule is one of docs/schema/README.md that no schema can express: the schema takes the message, the SDK or
the judges do not. Without a rule both must say the same; of a message that others made the rule is `unknown`, and what is said of it tells."""

import base64
import copy
import hashlib
import itertools
import json

ROW = {"targetNamespace": "team-a", "targetName": "workloads", "namespace": "team-a", "name": "api", "group": "apps", "version": "v1",
       "kind": "Deployment", "uid": "u-1", "attributes": {"a": 1, "replicas": 2}}
OTHER_ROW = {**ROW, "name": "web", "uid": "u-2", "attributes": None}
ENVELOPE = {"schemaVersion": "kollect.dev/v1alpha1", "timestamp": "2026-01-15T12:00:00.5Z", "cluster": "prod-west", "namespace": "team-a"}
EXPORT = {"schemaVersion": "kollect.dev/v1alpha1", "checksum": None, "generation": 3, "itemCount": 2, "exportedAt": "2026-01-15T12:00:00Z"}
INSTANTS = ["", "x", "2026-01-15", "2026-01-15T12:00:00", "2026-01-15t12:00:00Z", "2026-01-15T12:00:00z", "2026-01-15 12:00:00Z",
            "2026-01-15T12:00:00+00:00", "2026-01-15T12:00:60Z", "2026-01-15T24:00:00Z", "2026-01-15T23:60:00Z", "2026-02-29T00:00:00Z",
            "2024-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0000-02-29T00:00:00Z", "2026-02-30T00:00:00Z",
            "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-12-31T23:59:59.999999999Z",
            "2026-01-15T12:00:00.Z", "2026-01-15T12:00:00.50Z", "2026-01-15T12:00:00.000Z", "2026-01-15T12:00:00.1234567890Z",
            "2026-01-15T12:00:00.000000001Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "2026-01-15T12:00:00Z\n",
            " 2026-01-15T12:00:00Z", "９026-01-15T12:00:00Z"]
ORDER = ("targetNamespace", "targetName", "namespace", "name", "uid", "group", "version", "kind")
VALUES = [None, True, 0, 1, -1, 1.5, "", "x", "é\u2603", [], [1], {}, {"a": {}}]


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fill_checksum(envelope):
    """Where the payload has a checksum of None, that of its items."""
    payload = envelope.get("payload")
    if isinstance(payload, dict) and payload.get("checksum", 0) is None and "items" in payload:
        payload["checksum"] = hashlib.sha256(dump(payload["items"]).encode()).hexdigest()
    return envelope


def good(form):
    rows = [copy.deepcopy(ROW), copy.deepcopy(OTHER_ROW)]
    if form == "array":
        return {**ENVELOPE, "payload": rows}
    if form == "export":
        return {**ENVELOPE, "payload": {**EXPORT, "items": rows}}
    head = {name: EXPORT[name] for name in ("schemaVersion", "checksum", "generation")}
    return {**ENVELOPE, "payload": {**head, "partIndex": 1, "partTotal": 2, "itemCount": 2, "exportedAt": EXPORT["exportedAt"], "items": rows}}


FORMS = ("array", "export", "part")


def encode(envelope):
    return dump(fill_checksum(copy.deepcopy(envelope))).encode()


def in_order(envelope):
    """With its rows in the order of ORD-01, so that a changed name breaks nothing else."""
    rows = envelope["payload"] if isinstance(envelope["payload"], list) else envelope["payload"]["items"]
    rows.sort(key=lambda row: "\0".join(str(row.get(name, "")) for name in ORDER).encode())
    return envelope


def places(form):
    """The objects within a message, each as a path."""
    yield ()
    if form == "array":
        yield ("payload", 0)
    else:
        yield ("payload",)
        yield ("payload", "items", 0)


def at(envelope, path):
    for step in path:
        envelope = envelope[step]
    return envelope


def value_rule(name, value):
    """What a schema cannot say of a field with another value."""
    if name == "checksum" and value is not None:
        return "checksum"
    if name == "items" and value == []:
        return "itemCount"
    if name == "itemCount" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return "itemCount"
    return None


def spoilt_fields():
    for form in FORMS:
        for path in places(form):
            for name in list(at(good(form), path)):
                without = good(form)
                del at(without, path)[name]
                if path and path[-1] == 0:
                    in_order(without)
                yield f"{form} without {'/'.join(map(str, path))} {name}", encode(without), None
                for value in VALUES:
                    changed = good(form)
                    at(changed, path)[name] = value
                    if path and path[-1] == 0:
                        in_order(changed)
                    refused = name == "checksum" and (value is None or not isinstance(value, str))
                    rule = None if refused or name == "checksum" else value_rule(name, value)
                    yield f"{form} {'/'.join(map(str, path))} {name}={dump(value)}", encode(changed), rule
            more = good(form)
            at(more, path)["more"] = 1
            yield f"{form} with more at {path}", encode(more), None
            for value in VALUES:
                if path and path[-1] == 0:
                    changed = good(form)
                    at(changed, path[:-1])[0] = value
                    yield f"{form} row {dump(value)}", encode(changed), None


def instants():
    for form, name, text in itertools.product(("array", "export"), ("timestamp", "exportedAt"), INSTANTS):
        message = good(form)
        if name == "timestamp":
            message["timestamp"] = text
        elif form == "export":
            message["payload"]["exportedAt"] = text
        else:
            continue
        yield f"{name} {text!r}", encode(message), None


def labels():
    for version in ("", "kollect.dev/v1", "kollect.dev/v1alpha2", "KOLLECT.DEV/V1ALPHA1", "kollect.dev/v1alpha1 "):
        for path in ((), ("payload",)):
            message = good("export")
            at(message, path)["schemaVersion"] = version
            yield f"version {version!r} at {path}", encode(message), None
    for label in (" prod", "prod ", "\tprod", "pro d", "prod\n", " ", "\u00a0prod"):
        message = good("array")
        message["cluster"] = label
        yield f"cluster {label!r}", encode(message), None
    for name, size in itertools.product(("cluster", "namespace"), (4096, 4097)):
        message = good("array")
        message[name] = "n" * size
        yield f"{name} of {size}", encode(message), None
    message = good("array")
    message["namespace"] = "é" * 2049
    yield "a namespace of 4098 bytes", encode(message), "bytes of names"


def marks():
    for index, total in itertools.product((None, 0, 1, 2, 3, -1, 10000, 10001), repeat=2):
        message = good("export")
        payload = message["payload"]
        for name, value in (("partIndex", index), ("partTotal", total)):
            payload.pop(name, None)
            if value is not None:
                payload[name] = value
        ordered = {name: payload[name] for name in ("schemaVersion", "checksum", "generation", "partIndex", "partTotal", "itemCount",
                                                   "exportedAt", "items") if name in payload}
        message["payload"] = ordered
        rule = "parts" if index and total and 10000 >= index > total > 0 else None
        yield f"part {index} of {total}", encode(message), rule


def numbers():
    for name in ("generation", "itemCount", "partIndex", "partTotal"):
        for text, rule in (("2.0", "integers"), ("2e0", "integers"), ("9223372036854775808", None), ("-9223372036854775809", None)):
            message = encode({**good("part")}).decode()
            value = good("part")["payload"][name]
            yield f"{name} {text}", message.replace(f'"{name}":{value},', f'"{name}":{text},', 1).encode(), rule


def unschemable():
    """One message at least for each rule that no schema can express."""
    text = encode(good("export")).decode()
    row = dump(ROW)
    yield "one name twice", text.replace('"cluster":', '"cluster":"a","cluster":', 1).encode(), "names"
    yield "one unknown name twice", text.replace('"cluster":', '"x":1,"x":2,"cluster":', 1).encode(), "names"
    wrong = good("export")
    wrong["payload"]["checksum"] = "0" * 64
    yield "a checksum of something else", encode(wrong), "checksum"
    deep = good("array")
    deep["payload"][0]["attributes"] = {"a": "DEEP"}
    yield "deep", encode(deep).replace(b'"DEEP"', b"[" * 300 + b"]" * 300), "depth"
    long = good("array")
    long["payload"][0]["attributes"] = {"a": "x" * (1 << 20)}
    yield "long", encode(long), "size"
    envelope = good("export")
    swapped = {name: envelope[name] for name in ("schemaVersion", "timestamp", "namespace", "cluster", "payload")}
    yield "fields of the envelope in another order", encode(swapped), "order of fields"
    payload = envelope["payload"]
    swapped = {name: payload[name] for name in ("checksum", "schemaVersion", "generation", "itemCount", "exportedAt", "items")}
    yield "fields of the payload in another order", encode({**envelope, "payload": swapped}), "order of fields"
    swapped = {name: ROW[name] for name in reversed(ROW)}
    yield "fields of a row in another order", encode({**ENVELOPE, "payload": [swapped]}), "order of fields"
    yield "attributes that are not sorted", encode({**ENVELOPE, "payload": [{**ROW, "attributes": {"b": 1, "a": 2}}]}), "sorted names"
    yield "rows that are not sorted", encode({**ENVELOPE, "payload": [OTHER_ROW, ROW]}), "order of rows"
    yield "a row twice", encode({**ENVELOPE, "payload": [ROW, {**ROW, "kind": "Pod"}]}), "identities"
    yield "white space", text.replace(":", ": ", 1).encode(), "spelling"
    yield "an escape that nobody needs", text.replace("prod-west", "\\u0070rod-west", 1).encode(), "spelling"
    yield "a number of its own spelling", encode(good("array")).replace(row.encode(), row.replace('"a":1', '"a":1.0').encode(), 1), "spelling"


def not_json():
    text = encode(good("array"))
    for name, message in {"empty": b"", "cut off": text[:-1], "followed": text + b"x", "two": text + text, "NaN": text.replace(b'"a":1', b'"a":NaN'),
                          "a mark of order": b"\xef\xbb\xbf" + text, "no UTF-8": text.replace(b"prod-west", b"prod\xff"),
                          "a control character": text.replace(b"prod-west", b"prod\x01"), "a comma": text.replace(b"]}", b",]}"),
                          "leading zero": text.replace(b'"a":1', b'"a":01'), "an array": b"[]", "a text": b'"x"', "null": b"null", "1": b"1",
                          "lone surrogate": text.replace(b"prod-west", b"\\ud800"), "white space": b" ", "nothing": b"{}"}.items():
        rule = "spelling" if name == "lone surrogate" else None
        yield name, message, rule


def of_vectors(folder):
    for file in ("fixed.jsonl", "random.jsonl"):
        for line in (folder / file).read_bytes().splitlines():
            vector = json.loads(line)
            messages = [vector["bareArray"], *vector["exportEnvelope"]]
            for number, message in enumerate(messages):
                yield f"{file} {vector['name']} {number}", base64.b64decode(message["value"]), None
    for line in (folder / "xxh3-collision.jsonl").read_bytes().splitlines():
        pair = json.loads(line)
        for name in ("a", "b"):
            yield f"collision {pair['xxh3_128']} {name}", base64.b64decode(pair[name]), None


def of_files(repository):
    for number, line in enumerate((repository / "conformance/test/sdk/example/messages.jsonl").read_bytes().splitlines()):
        yield f"messages.jsonl {number}", line.partition(b"\t")[2] or line, "unknown"
    for path in sorted((repository / "conformance/test/sdk/fuzz/corpus").glob("*/*")):
        if path.parent.name in ("message", "history"):
            yield f"{path.parent.name}/{path.name}", path.read_bytes(), "unknown"


def spoilt():
    for make in (spoilt_fields, instants, labels, marks, numbers, unschemable, not_json):
        yield from make()
