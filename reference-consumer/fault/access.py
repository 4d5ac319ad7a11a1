"""Whoever reaches the programs from outside: the read API, a terminal, a log file, a broker that redirects."""

import json
import os
import pathlib
import re
import signal
import socket
import stat
import time

from fleets import Fleet
from harness import case, require, wait_for
from oracle import describe, require_conserved
from topics import Topics

TOKEN = "a-canary-that-nobody-may-see-31415"
SMALL = ("--clusters", 2, "--namespaces", 4, "--items", 100, "--rounds", 3)
READ = "/v1alpha1/inventory"


def served(world, *flags, **how):
    """A consumer that has taken a fleet in and serves it to whoever has the token."""
    fleet = Fleet(world, "nats+sqlite", **how)
    expected, told = fleet.producer.simulate(*SMALL)
    tokens = world.write("tokens", TOKEN + "\n")
    consumer = fleet.consumer("--token-file", tokens, *flags).start()
    require(consumer.wait_consumed(told["messages"]), "it does not take the fleet in")
    wait_for(consumer.is_ready, "it is ready")
    return fleet, consumer, expected


def request(target, *headers, method="GET", host="x", version="HTTP/1.1"):
    return "\r\n".join([f"{method} {target} {version}", f"Host: {host}", "Connection: close", *headers, "", ""])


BEARER = f"Authorization: Bearer {TOKEN}"


def ask(consumer, data, seconds=5):
    """Sends bytes as they are; answers status (0: none) and everything that came."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", consumer.port), 5) as connection:
            connection.settimeout(seconds)
            connection.sendall(data if isinstance(data, bytes) else data.encode())
            while len(answer) < 1 << 22:
                block = connection.recv(65536)
                if not block:
                    break
                answer += block
    except OSError:
        pass
    found = re.match(rb"HTTP/1\.\d (\d+)", answer)
    return (int(found[1]) if found else 0), answer


@case("S21", holds="I9", how="18 addresses without the token and 14 wrong ways to give it")
def tokens_are_asked_for(world):
    _, consumer, _ = served(world)
    paths = (READ, READ + "/a/b", READ + "/watch", "/v1alpha1/clusters", "/v1alpha1/scopes", "/v1alpha1/changes", "/v1alpha1/dead-letters",
             "/v1alpha1/status", "//v1alpha1/inventory", "/v1alpha1//inventory", "/%761alpha1/inventory", READ + "/", "/metrics/.." + READ,
             "http://x" + READ, READ + "?token=" + TOKEN, READ + "?access_token=" + TOKEN, "/V1ALPHA1/inventory", READ + "%2f")
    for path in paths:
        status, answer = ask(consumer, request(path))
        require(status in (400, 401, 404) and b'"items":[{' not in answer, f"{path}: {status}")
    wrong = ("Authorization: Bearer wrong", "Authorization: Basic Og==", f"Authorization: {TOKEN}", BEARER + "x", BEARER[:-1], BEARER + "," + TOKEN,
             "Authorization: Bearer ", f"X-Forwarded-Authorization: Bearer {TOKEN}", f"Cookie: token={TOKEN}", "Authorization: Bearer " + "a" * 12000)
    for header in wrong:
        status, answer = ask(consumer, request(READ + "?limit=1", header))
        require(status in (400, 401, 403), f"{header[:40]}: {status}")
    for pair in ((BEARER, "Authorization: Bearer wrong"), ("Authorization: Bearer wrong", BEARER)):
        require(ask(consumer, request(READ + "?limit=1", *pair))[0] in (400, 401), f"two tokens: {pair}")
    require(ask(consumer, request(READ + "?limit=1", BEARER))[0] == 200, "the right token is refused")
    require(TOKEN not in consumer.log(), "the token is in the log")
    consumer.end()
    return f"{len(paths)} addresses, {len(wrong) + 2} wrong tokens: none got a row"


@case("S14", "S22", "S23", "S34", holds="I8", how="40 requests that are no requests: lengths, encodings, hosts, versions, sizes")
def requests_that_are_none(world):
    _, consumer, _ = served(world)
    good = request(READ + "?limit=1", BEARER)
    tried = {
        "two hosts": (f"GET {READ}?limit=1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n{BEARER}\r\nConnection: close\r\n\r\n", (400,)),
        "no host": (f"GET {READ}?limit=1 HTTP/1.1\r\n{BEARER}\r\nConnection: close\r\n\r\n", (400,)),
        "absolute form": (request("http://x" + READ + "?limit=1", BEARER), (200,)),
        "TRACE": (request("/", method="TRACE"), (405,)), "POST": (request(READ, BEARER, method="POST"), (405,)),
        "CONNECT": ("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", (400, 405, 0)), "HTTP/2.0": (request(READ, BEARER, version="HTTP/2.0"), (400, 505, 0)),
        "header of 64 KiB": (request("/", "X: " + "a" * 65536), (431, 0)), "100,000 headers": (request("/", *["a: b"] * 100000), (431, 0)),
        "target of 64 KiB": (request("/" + "a" * 65536), (414, 431, 0)), "body of 10 GB": (request(READ, BEARER, "Content-Length: 10000000000"), (413,)),
        "negative length": (request(READ, BEARER, "Content-Length: -1"), (400,)),
        "two lengths": (request(READ, BEARER, "Content-Length: 0", "Content-Length: 5"), (400,)),
        "length and chunks": (request(READ, BEARER, "Transfer-Encoding: chunked", "Content-Length: 3") + "0\r\n\r\n", (400, 413)),
        "chunk without end": (request(READ, BEARER, "Transfer-Encoding: chunked") + "ffffffffffffffff\r\n", (400, 413, 0)),
        "NUL": (request("/\0", BEARER), (400,)), "folded": (request(READ, BEARER, " folded"), (200, 400, 401)), "limit of 1e9": (request(READ + "?limit=1000000000", BEARER), (200, 400)),
        "limit -5": (request(READ + "?limit=-5", BEARER), (200, 400)), "offset": (request(READ + "?offset=99999999999999999999", BEARER), (200, 400)),
        "cursor": (request(READ + "?cursor=AAAA", BEARER), (400,)), "long cursor": (request(READ + "?cursor=" + "A" * 9000, BEARER), (400,)),
        "traversal": (request("/../../etc/passwd", BEARER), (400, 404)), "encoded": (request("/%2e%2e/%2e%2e/etc/passwd", BEARER), (400, 404)),
        "bad percent": (request(READ + "?cluster=%zz", BEARER), (400,)), "NUL by percent": (request(READ + "?cluster=%00", BEARER), (200, 400)),
        "not UTF-8": (request(READ + "?search=%ff%fe", BEARER), (400,)), "since": (request("/v1alpha1/changes?since=zzz", BEARER), (400,)),
        "asOf of 9999": (request(READ + "?asOf=9999-12-31T23:59:59Z", BEARER), (200, 400, 404, 410)),
        "header in a target": (request(READ + "%0d%0aX:%20y", BEARER), (400, 404)), "garbage": (b"\x16\x03\x01\x02\x00\x01\x00" * 20, (400, 0)),
    }
    for name, (data, allowed) in tried.items():
        status, answer = ask(consumer, data, 3)
        require(status in allowed, f"{name}: {status}, not one of {allowed}")
        require(b"root:" not in answer and b"X: y" not in answer, f"{name}: {answer[:100]}")
    status, answer = ask(consumer, good)
    require(status == 200 and b"\r\nDate: " in answer, f"an honest request: {status}")
    consumer.end()
    return f"{len(tried)} requests; an honest one is answered, with Date"


@case("S22", holds="I8", how="300 clients that ask 20 pages of 5,000 rows and read nothing; 1,500 that send a byte now and then; probes beside")
def clients_that_do_not_read(world):
    _, consumer, _ = served(world)
    before = consumer.rss()
    one = (f"GET {READ}?limit=5000 HTTP/1.1\r\nHost: x\r\n{BEARER}\r\n\r\n" * 20).encode()
    clients = []
    for _ in range(300):
        client = socket.create_connection(("127.0.0.1", consumer.port), 5)
        client.sendall(one)
        clients.append(client)
    slowest, honest = 0, 0
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        begun = time.monotonic()
        require(consumer.is_healthy(), "a probe was not answered")
        slowest = max(slowest, time.monotonic() - begun)
        begun = time.monotonic()
        require(ask(consumer, request(READ + "?limit=1", BEARER), 20)[0] == 200, "an honest question was not answered")
        honest = max(honest, time.monotonic() - begun)
    taken = (consumer.peak() - before) / (1 << 20)
    for client in clients:
        client.close()
    # --max-untaken-bytes is 64 MiB, and each of four workers may hold a page thrice: rows, text, text that waits.
    require(taken < 192, f"they cost {taken:.0f} MiB")
    slow = []
    for _ in range(1500):
        try:
            client = socket.create_connection(("127.0.0.1", consumer.port), 2)
            client.sendall(b"GET / HTTP/1.1\r\nX: ")
            slow.append(client)
        except OSError:
            break
    for _ in range(3):
        begun = time.monotonic()
        require(consumer.is_healthy(), "a probe was not answered beside slow clients")
        require(time.monotonic() - begun < 2, "a probe took over 2 s")
        time.sleep(1)  # a byte a second
        for client in slow:
            try:
                client.sendall(b"a")
            except OSError:
                pass
    for client in slow:
        client.close()
    require(consumer.end() == 0, "it did not end well")
    return f"{taken:.0f} MiB for 300 clients, probes within {slowest:.1f} s, honest questions within {honest:.1f} s, {len(slow)} slow connections"


@case("S21", holds="I9", how="a token is revoked while a stream of its owner is open")
def revoked_while_a_stream_is_open(world):
    fleet, consumer, _ = served(world)
    tokens = pathlib.Path(consumer.flags[1])
    stream = socket.create_connection(("127.0.0.1", consumer.port), 5)
    stream.settimeout(20)
    stream.sendall(f"GET {READ}/watch HTTP/1.1\r\nHost: x\r\n{BEARER}\r\nAccept: text/event-stream\r\n\r\n".encode())
    require(stream.recv(100).startswith(b"HTTP/1.1 200"), "the stream does not open")
    tokens.write_text("another-token-of-good-length\n")
    consumer.child.send(signal.SIGHUP)
    begun = time.monotonic()
    try:
        while stream.recv(65536):
            require(time.monotonic() - begun < 10, "the stream goes on")
    except ConnectionError:
        pass
    took = time.monotonic() - begun
    require(ask(consumer, request(READ + "?limit=1", BEARER))[0] == 401, "the old token still reads")
    consumer.end()
    return f"the stream ended after {took:.1f} s"


@case("S20", "S31", holds="I9", how="a canary in URLs, Secrets, variables and files, on 16 paths that fail; core dumps forced by SIGABRT")
def secrets_stay_secret(world):
    fleet = Fleet(world, "nats+sqlite")
    canary = "Hunter2canary"
    words = world.programs["consumer"], world.programs["producer"]
    tried, leaks = 0, []
    stores = (f"postgresql://u:{canary}@127.0.0.1:1/x", f"postgresql://u:a@{canary}@127.0.0.1:1/x", f"postgresql://u:{canary}#x@127.0.0.1/x",
              f"postgresql://u:{canary}%zz@127.0.0.1/x", f"postgresql://u:{canary}\n@127.0.0.1/x", f"host=127.0.0.1 password={canary}",
              f"postgresql://127.0.0.1/x?password={canary}", f"postgresql://127.0.0.1/x?sslpassword={canary}", f"postgres://u:{canary}@[::1/x",
              f"postgresql://u:{canary} y@127.0.0.1/x")
    for store in stores:
        for by_variable in (True, False):
            environment = {**os.environ, "KOLLECT_STORE": store} if by_variable else None
            done = world.run(words[0], "run", "--manifest", fleet.manifest, "--until-end", "--give-up-after", "1s", "--log-level", "debug",
                             *([] if by_variable else ["--store", store]), environment=environment)
            tried += 1
            output = (done.stdout + done.stderr).decode(errors="replace")
            parts = [canary[begin:begin + 6] for begin in range(len(canary) - 5)]
            if any(part in output for part in parts):
                leaks.append(f"{store!r}: {output[-300:]}")
            require(done.returncode != 70, f"{store!r} ended with 70")
    manifest = fleet.manifest.read_text()
    for change in (("nats://", f"nats://u:{canary}@"), ("nats://", f"nats://{canary}@"), ("127.0.0.1:", f"u:p@{canary}@127.0.0.1:")):
        path = world.write("sink", manifest.replace(*change))
        for program, command in ((words[0], "run"), (words[1], "check")):
            done = world.run(program, command, "--manifest", path, *(["--store", world.sqlite(), "--until-end", "--give-up-after", "1s"] if command == "run" else []))
            tried += 1
            if canary[:6].encode() in done.stdout + done.stderr:
                leaks.append(f"{change}: {(done.stdout + done.stderr)[-300:]}")
    secret = world.path("secret")
    secret.mkdir()
    (secret / "password").write_text(canary + "\n")
    (secret / "username").write_text("u")
    whole = json.loads(manifest)
    whole["spec"]["nats"]["secretRef"] = {"name": "s"}
    login = world.write("sink", json.dumps(whole))
    running = world.start("aborted", [words[0], "run", "--manifest", login, "--secret-dir", secret, "--store", world.sqlite(), "--log-level", "debug"],
                          environment={"KOLLECT_STORE": ""})
    core = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    wait_for(lambda: running.log() or not running.is_running(), "it says something", 20)
    limits = pathlib.Path(f"/proc/{running.pid}/limits").read_text() if running.is_running() else ""
    dumpable = re.search(r"Max core file size +(\S+)", limits)
    running.end(signal.SIGABRT)
    if canary in running.log(10**6):
        leaks.append(running.log()[-300:])
    require(not leaks, f"{len(leaks)} of {tried} leak: {leaks[:1]}")
    require(dumpable is None or dumpable[1] == "0", f"a core dump of {dumpable[1]} is allowed (pattern {core})")
    return f"{tried} ways: not a part of the canary; core dumps off"


@case("S13", "S33", "S12", holds="I9", how="names with newline, ESC, C1, U+202E, NUL and markup, on a terminal, in the log, in metrics and JSON")
def hostile_names_are_escaped(world):
    fleet = Fleet(world, "kafka+sqlite", partitions=1)
    evil = 'a\\n{\\"level\\":\\"error\\"}\\u001b[31m\\u009b31m\\u202eevil<script>alert(1)</script>\\u0000'
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 60))
    messages = [(f'{{"schemaVersion":"kollect.dev/v1alpha1","timestamp":"{stamp}.00{number}Z","cluster":"{evil}","namespace":"{evil}","payload":'
                 f'[{{"targetNamespace":"{evil}","targetName":"{evil}","namespace":"{evil}","name":"{evil}","group":"","version":"v1","kind":"{evil}",'
                 f'"uid":"{number}","attributes":{{"{evil}":"{evil}"}}}}]}}').encode() for number in range(3)]
    messages += [f'{{"schemaVersion":"{evil}","timestamp":"{evil}","cluster":"c","namespace":"n","payload":[]}}'.encode(),
                 f'{{"schemaVersion":"kollect.dev/v1alpha1","timestamp":"{evil}","cluster":"c","namespace":"n","payload":[]}}'.encode()]
    Topics(fleet.server).publish(fleet.destination, messages)
    consumer = fleet.consumer("--log-level", "debug").start()
    consumer.wait_consumed(len(messages))
    raw = ("\x1b", "\u009b", "\u202e", "\0")
    for line in consumer.log().splitlines():
        json.loads(line)
        require(not any(one in line for one in raw), f"the log has it raw: {line[:200]!r}")
    metrics = consumer.get("/metrics")[1]
    require(not any(one in metrics for one in raw), "/metrics has it raw")
    consumer.end()
    shown = {}
    for name, words in {"state": ("state", "-o", "table"), "summary": ("summary",), "changes": ("changes", "-o", "text")}.items():
        done = world.run(*consumer.command(*words))
        text = done.stdout.decode()
        require(done.returncode == 0 and not any(one in text for one in raw), f"{name} shows it raw: {text[:200]!r}")
        shown[name] = len(text)
    text = world.run(world.programs["consumer"], "run", "--manifest", fleet.manifest, "--store", world.sqlite(), "--until-end", "--log-format",
                     "text", "--log-level", "debug").stderr.decode()
    require(not any(one in text for one in raw), f"the log as text has it raw: {text[:300]!r}")
    told = require_conserved(consumer)
    return f"{describe(told)}; log, metrics and {', '.join(shown)} are escaped"


@case("S20", holds="I9", how="umask 000, then the modes of what the store makes")
def files_are_private(world):
    fleet = Fleet(world, "nats+sqlite")
    fleet.producer.simulate(*SMALL)
    consumer = fleet.consumer(prefix=("sh", "-c", 'umask 000; exec "$@"', "open")).start()
    consumer.wait_consumed(10)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in world.folder.glob("state-*.db*")}
    consumer.end()
    require(modes and all(mode == 0o600 for mode in modes.values()), f"{ {name: oct(mode) for name, mode in modes.items()} }")
    return f"{len(modes)} files, each 0600"


@case("S16", "S17", "S19", "S15", holds="I9", how="addresses that nobody may reach, redirects to them, properties that run code, passwords in plain text")
def addresses_and_properties(world):
    refused = {}
    for address in ("169.254.169.254:9092", "[fe80::1]:9092", "[64:ff9b::a9fe:a9fe]:9092", "[::ffff:169.254.169.254]:9092",
                    "[::169.254.169.254]:9092", "file:///etc/passwd", "user:pass@127.0.0.1:9092"):
        path = world.write("sink", json.dumps({"apiVersion": "kollect.dev/v1alpha1", "kind": "KollectEventSink", "metadata": {"name": "s"},
                                               "spec": {"type": "kafka", "cluster": "c", "kafka": {"brokers": [address], "topic": "t"}}}))
        done = world.run(world.programs["consumer"], "run", "--manifest", path, "--store", world.sqlite(), "--until-end", "--give-up-after", "1s")
        refused[address] = done.returncode
        require(done.returncode in (65, 66, 78), f"{address}: {done.returncode}: {done.stderr[-200:]}")
    fleet = Fleet(world, "kafka+sqlite", told="169.254.169.254:9092")
    redirected = fleet.consumer("--give-up-after", "4s", manifest=fleet.manifest_at(fleet.server.told_port)).attempt(seconds=60)
    text = redirected.stderr.decode()
    require(redirected.returncode in (69, 78) and "169.254.169.254" in text, f"{redirected.returncode}: {text[-400:]}")
    require("never connected to" in text, f"it does not say that it refused: {text[-400:]}")
    for item in ("plugin.library.paths=/tmp/x.so", "sasl.kerberos.kinit.cmd=id", "ssl.engine.location=/tmp/x", "sasl.oauthbearer.token.endpoint.url=http://x",
                 "isolation.level=read_uncommitted", "enable.auto.commit=true", "group.id=x", "enable.ssl.certificate.verification=false"):
        done = fleet.consumer("-X", item).attempt(seconds=30)
        require(done.returncode in (64, 78), f"-X {item}: {done.returncode}")
        require(item.partition("=")[0].encode() in done.stderr, f"-X {item} is not named")
    return f"{len(refused)} addresses, 8 properties and a redirect refused"


@case("S27", holds="I8", how="manifests of depth 100,000, with an alias bomb, of 100 MB, with tags, with a key twice")
def hostile_manifests(world):
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    good = "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: s}\nspec: {type: nats, nats: {url: 'nats://127.0.0.1:1', subject: s}}\n"
    tried = {"depth": "[" * 100_000, "aliases": bomb, "100 MB": good + "# " + "x" * 100_000_000, "tags": good.replace("{name: s}", "!!python/object:os.system {name: s}"),
             "twice": good + "kind: Other\n", "NUL": good + "\0", "not UTF-8": good.encode() + b"\xff", "tabs": good.replace("spec: {", "spec:\n\tvalue: {")}
    took = {}
    for name, text in tried.items():
        begun = time.monotonic()
        done = world.run(world.programs["producer"], "check", "--manifest", world.write("manifest", text), "--timeout", "1s")
        took[name] = time.monotonic() - begun
        require(done.returncode in (65, 66, 78, 64), f"{name}: {done.returncode}: {done.stderr[-300:]}")
        require(took[name] < 5, f"{name} took {took[name]:.1f} s")
    return f"{len(took)} refused, the slowest after {max(took.values()):.1f} s"
