"""The SDK's benchmark peer in Python: orjson and hashlib. See ../peer_process.hpp for what it is asked."""

import hashlib
import sys
import time

import orjson

text = b""


def key():
    read = orjson.loads(text)
    # orjson gives no raw text of a value. That the payload is the last field is known here, and taken for granted
    # in the peer's favour.
    payload = text[text.index(b'"payload":') + len(b'"payload":') : -1]
    digest = hashlib.sha256(payload).hexdigest()
    return f'{read["cluster"]}/{read["namespace"]}/{read["timestamp"]}/sha256:{digest}'


def run(count):
    start = time.process_time_ns()
    for _ in range(count):
        key()
    return time.process_time_ns() - start


for line in sys.stdin:
    words = line.split()
    if words[0] == "load":
        with open(words[1], "rb") as file:
            text = file.read()
        print("ok", flush=True)
    elif words[0] == "check":
        print(key(), flush=True)
    else:
        print(run(int(words[2])), flush=True)
