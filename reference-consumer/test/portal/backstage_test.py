"""The Backstage example against a running consumer: backstage_test.py PRODUCER CONSUMER EXAMPLE BUILD_FOLDER

Installs what the example needs with npm, once, into the build folder. Page, API and catalogue are looked at together
where deletions are concerned.
"""

import hashlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from fleet_under_test import Fleet, end_with_parent, make_certificate, row, wait_until
from web_driver import Browser

PRODUCER, CONSUMER = sys.argv[1:3]
EXAMPLE, BUILD = (pathlib.Path(one).resolve() for one in sys.argv[3:5])
LOCKED = ("package.json", "package-lock.json", ".npmrc")


def run(words):
    done = subprocess.run(words, cwd=BUILD, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=500)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stdout[-8000:]}")
    return done.stdout


def setUpModule():
    """Copies the example to the build folder, so that nothing is written beside the sources, and compiles it."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in ("src", "test", "build"):
        shutil.rmtree(BUILD / name, ignore_errors=True)
    for name in ("src", "test"):
        shutil.copytree(EXAMPLE / name, BUILD / name)
    for name in (*LOCKED, "tsconfig.json"):
        shutil.copyfile(EXAMPLE / name, BUILD / name)
    wanted = hashlib.sha256(b"".join((EXAMPLE / name).read_bytes() for name in LOCKED)).hexdigest()
    mark = BUILD / "installed"
    if not mark.exists() or mark.read_text() != wanted:
        mark.unlink(missing_ok=True)
        run(["npm", "ci", "--no-progress"])
        mark.write_text(wanted)
    run(["npm", "run", "--silent", "build"])


class StallingProxy:
    """Between a client and a server on loopback; stops passing on what the server says after so many bytes."""

    def __init__(self, port, budget=None):
        self.target = port
        self.budget = budget
        self.passed = 0
        self.guard = threading.Condition()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def is_stalled(self):
        return self.budget is not None and self.passed >= self.budget

    def stall_after(self, more):
        with self.guard:
            self.budget = self.passed + more

    def release(self):
        with self.guard:
            self.budget = None
            self.guard.notify_all()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self.sockets += [client, server]
            threading.Thread(target=self.copy, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self.copy, args=(server, client, True), daemon=True).start()

    def take(self, wanted):
        """How much may be passed on now; waits while it is nothing."""
        with self.guard:
            self.guard.wait_for(lambda: not self.is_stalled)
            some = wanted if self.budget is None else min(wanted, self.budget - self.passed)
            self.passed += some
            return some

    def copy(self, source, sink, is_counted):
        try:
            while data := source.recv(65536):
                while data:
                    some = self.take(len(data)) if is_counted else len(data)
                    sink.sendall(data[:some])
                    data = data[some:]
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.release()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.sockets:
            one.close()


class Provider:
    """The example as a process, and the catalogue that it makes."""

    def __init__(self, url, **options):
        self.entities = {}
        self.removals = []
        self.mutations = []
        self.said = []
        words = ["node", str(BUILD / "build/test/runProvider.js"), json.dumps({"url": url, **options})]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, preexec_fn=end_with_parent)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            try:
                told = json.loads(line)
            except ValueError:
                told = {"warn": line}
            if "mutation" not in told:
                self.said.append(told.get("warn") or told.get("info"))
                continue
            for one in told["added"]:
                self.entities[one["ref"]] = one
            for ref in told["removed"]:
                self.removals.append(self.entities.pop(ref))
            self.mutations.append(told["mutation"])

    def keys(self):
        return sorted(tuple(one[f"kollect.dev/{name}"] for name in ("cluster", "kind", "namespace", "name"))
                      for one in list(self.entities.values()))

    def names(self):
        return [key[3] for key in self.keys()]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(10)
        self.process.stdout.close()


class Stream:
    """The change stream as any client sees it."""

    def __init__(self, url):
        self.events = []
        self.answer = urllib.request.urlopen(f"{url}/v1alpha1/changes?since=0", timeout=120)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        kind = ""
        try:
            for line in self.answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                if name == "data":
                    self.events.append((kind, json.loads(value)))
        except (OSError, ValueError, AttributeError):
            pass  # it is over

    def of(self, kind):
        return [data for name, data in list(self.events) if name == kind]


class RestartableFleet(Fleet):
    def stop_consumer(self, is_killed=False):
        stopped = self.processes.pop()
        (stopped.kill if is_killed else stopped.terminate)()
        stopped.wait()

    def start_consumer(self, more=(), manifest=None, is_store_new=False):
        if is_store_new:
            for one in self.folder.glob("state.db*"):
                one.unlink()
        self.start("consumer", [CONSUMER, "run", "--manifest", manifest or self.manifest("prod-west"), "--store",
                                f"sqlite:{self.folder}/state.db", "--listen", f"127.0.0.1:{self.port}", *more])

    def manifest_by(self, proxy):
        """The same broker through a proxy."""
        told = json.loads(pathlib.Path(self.manifest("prod-west")).read_text())
        told["spec"]["nats"]["url"] = f"nats://127.0.0.1:{proxy.port}"
        path = self.folder / "by-proxy.json"
        path.write_text(json.dumps(told))
        return str(path)

    def rows(self):
        """Items with their origins, of all pages."""
        found, asked = [], {"origins": "true", "limit": "50"}
        while True:
            page = self.get("/v1alpha1/inventory?" + urllib.parse.urlencode(asked))
            found += zip(page["items"], page["origins"])
            if not page["pagination"]["hasMore"]:
                return found
            asked["cursor"] = page["pagination"]["next"]

    def names(self):
        return [item["name"] for item, _ in self.rows()]

    def keys(self):
        return {(origin["cluster"], item["kind"], item["namespace"], item["name"]) for item, origin in self.rows()}

    def answers(self):
        try:
            return self.get("/v1alpha1/status")
        except (urllib.error.URLError, OSError):
            return None


class ExampleTest(unittest.TestCase):
    def test_types_are_right(self):
        run(["npm", "run", "--silent", "check"])

    def test_its_own_tests_pass(self):
        told = run(["node", "--test", *sorted(str(one) for one in (BUILD / "build/test").glob("*.test.js"))])
        self.assertRegex(told, r"(?m)^. tests [1-9]\d+$")

    def test_no_address_of_a_registry_is_in_the_lock(self):
        lock = json.loads((EXAMPLE / "package-lock.json").read_text())
        packages = {name: one for name, one in lock["packages"].items() if name}
        self.assertGreater(len(packages), 10)
        for name, one in packages.items():
            self.assertNotIn("resolved", one, name)
            self.assertTrue(one["integrity"].startswith("sha512-"), name)


class FleetTest(unittest.TestCase):
    def setUp(self):
        self.fleet = RestartableFleet(PRODUCER, CONSUMER)
        self.addCleanup(self.fleet.close)

    def provider(self, url=None, **options):
        made = Provider(url or self.fleet.url, **options)
        self.addCleanup(made.close)
        return made

    def page(self):
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(f"{self.fleet.url}/#/items")
        self.wait(lambda: browser.text("#live-text") == "live" and browser.texts("#items td.name"), "the page is live")
        return browser

    def proxy(self, port, budget=None):
        made = StallingProxy(port, budget)
        self.addCleanup(made.close)
        return made

    def wait(self, condition, what, seconds=60):
        self.assertTrue(wait_until(condition, seconds), what)

    def wait_for(self, provider, condition, what, seconds=60):
        if not wait_until(condition, seconds):
            self.fail(f"{what}: {len(provider.entities)} entities, {provider.mutations}, {provider.said[-8:]}\n"
                      + self.fleet.log("consumer"))

    def simulate(self, rounds, expect):
        path = self.fleet.folder / expect
        self.fleet.simulate("prod", "--clusters", "2", "--namespaces", "2", "--items", "20", "--churn", "0.2",
                            "--empty", "0", "--seed", "5", "--base-time", "2026-01-15T12:00:00Z", "--rounds", str(rounds),
                            "--expect", str(path))
        return {(one["cluster"], one["item"]["kind"], one["item"]["namespace"], one["item"]["name"])
                for one in json.loads(path.read_text())}

    def test_a_deleted_item_disappears_from_page_api_and_catalogue_within_two_seconds(self):
        before = self.simulate(1, "first.json")
        provider = self.provider()
        self.wait_for(provider, lambda: set(provider.keys()) == before, "the fleet as simulated")
        self.assertEqual(len(provider.keys()), len(self.fleet.rows()))
        self.assertIn("full", provider.mutations)
        browser = self.page()
        stream = Stream(self.fleet.url)

        def on_page():
            cells = browser.run("return [...document.querySelectorAll('#items tbody tr')]"
                                ".map(row => [...row.cells].map(cell => cell.textContent))")
            return {(cluster, kind, namespace, name) for kind, name, namespace, cluster, _ in cells}

        looks = {"page": on_page, "API": lambda: self.fleet.keys(), "catalogue": lambda: set(provider.keys())}
        for name, look in looks.items():
            self.wait(lambda: look() == before, f"{name}: all items")
        gone_at = {name: None for name in looks}
        # The same simulation with one more round: the messages of the first come again, and are recognised.
        after = self.simulate(2, "second.json")
        published = time.time()
        gone = before - after
        self.assertTrue(gone, "the second round deletes nothing")

        def watch(name):
            if wait_until(lambda: not looks[name]() & gone, 60, 0.02):
                gone_at[name] = time.time()

        threads = [threading.Thread(target=watch, args=(name,)) for name in looks]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.wait(lambda: len(stream.of("removed")) >= len(gone), "the change feed tells it")
        applied = max(one["ts_ms"] for one in stream.of("removed")) / 1000
        begun = min(published, applied)
        took = {name: None if at is None else round(at - begun, 2) for name, at in gone_at.items()}
        print(f"{len(gone)} of {len(before)} items deleted, seconds until they were gone: {took}", flush=True)
        for name, seconds in took.items():
            self.assertIsNotNone(seconds, f"the {name} still shows deleted items; " + str(provider.said[-5:]))
            self.assertLess(seconds, 2, name)
        self.wait_for(provider, lambda: set(provider.keys()) == after, "the state after two rounds")

    def rebuild_half(self, names, snapshots):
        """
        Publishes snapshots, (namespace, rows) each, lets page, API and provider see all of it, and starts the consumer
        again with an empty store, at a broker that stalls half way.
        """
        size = 0
        for namespace, rows in snapshots:
            self.fleet.publish("prod-west", namespace, rows)
            size += len(json.dumps(rows))
        provider = self.provider()
        self.wait_for(provider, lambda: sorted(provider.names()) == sorted(names), "all items")
        browser = self.page()
        self.assertTrue(browser.run("return document.getElementById('rebuilding').hidden"))
        self.fleet.stop_consumer()
        proxy = self.proxy(self.fleet.broker_port, size // 2)
        self.fleet.start_consumer(["--batch-messages", "1", "--ack-wait", "3000"], self.fleet.manifest_by(proxy),
                                  is_store_new=True)
        self.wait(self.fleet.answers, "the consumer serves")
        self.wait(lambda: proxy.is_stalled, "the broker has stalled")
        return provider, browser, proxy

    def assert_nothing_shows_as_deleted(self, provider, browser, names):
        """For some seconds, in which all three are looked at again and again."""
        found = lambda: len(self.fleet.names())
        self.wait(lambda: 0 < found() < len(names), "a part of the rows is there")
        self.wait_for(provider, lambda: any("being rebuilt" in one for one in provider.said), "the provider has noticed")
        self.wait(lambda: browser.text("#live-text") == "live", "the page is live again")
        self.wait(lambda: not browser.run("return document.getElementById('rebuilding').hidden"), "the banner")
        browser.run("location.hash = '#/changes'")
        self.wait(lambda: "complete" in browser.text("#no-changes"), "no changes meanwhile")
        end = time.monotonic() + 4
        while time.monotonic() < end:
            page = self.fleet.get("/v1alpha1/inventory?origins=true")
            self.assertTrue(page["rebuilding"])
            self.assertLess(page["pagination"]["total"], len(names))
            self.assertTrue(self.fleet.get("/v1alpha1/clusters")["rebuilding"])
            self.assertFalse(self.fleet.is_ready())
            self.assertFalse(browser.run("return document.getElementById('rebuilding').hidden"))
            self.assertIn("nothing here means that they were deleted", browser.text("#rebuilding"))
            self.assertNotEqual(browser.run("return getComputedStyle(document.getElementById('rebuilding')).display"), "none")
            self.assertFalse([one for one in browser.texts("#changes li") if "removed" in one])
            self.assertEqual(sorted(provider.names()), sorted(names))
            self.assertEqual(provider.removals, [])
        browser.run("location.hash = '#/items'")

    def assert_it_completes(self, provider, browser, proxy, names):
        fulls = provider.mutations.count("full")
        proxy.release()
        self.wait(lambda: not self.fleet.answers()["rebuilding"], "the store is complete", 90)
        self.wait_for(provider, lambda: provider.mutations.count("full") > fulls, "a full mutation again")
        self.assertEqual(sorted(provider.names()), sorted(names))
        self.assertEqual(sorted(self.fleet.names()), sorted(names))
        self.assertEqual(provider.removals, [])
        self.wait(lambda: browser.run("return document.getElementById('rebuilding').hidden"), "the banner goes", 20)
        self.wait(lambda: sorted(browser.texts("#items td.name")) == sorted(names), "the page has all items")

    def test_with_the_store_half_rebuilt_nothing_shows_as_deleted(self):
        large = {"note": "x" * 20_000}
        names = [f"item-{one}" for one in range(20)]
        snapshots = [(f"team-{one}", [row(name, namespace=f"team-{one}", attributes=large)])
                     for one, name in enumerate(names)]
        provider, browser, proxy = self.rebuild_half(names, snapshots)
        stream = Stream(self.fleet.url)
        self.assert_nothing_shows_as_deleted(provider, browser, names)
        self.assertTrue(stream.of("added"))
        self.assertEqual(stream.of("removed"), [])
        self.assert_it_completes(provider, browser, proxy, names)
        # Afterwards a deletion is one again.
        self.fleet.publish("prod-west", "team-7", [])
        rest = [name for name in names if name != "item-7"]
        self.wait_for(provider, lambda: sorted(provider.names()) == sorted(rest), "the deletion")
        self.wait(lambda: sorted(browser.texts("#items td.name")) == sorted(rest), "the deletion on the page")

    def test_removals_that_the_log_tells_again_remove_nothing(self):
        large = {"note": "x" * 20_000}
        back = row("back", namespace="team-back")
        snapshots = [("team-back", [back]), ("team-back", []), ("team-back", [])]
        snapshots += [(f"team-{one}", [row(f"item-{one}", namespace=f"team-{one}", attributes=large)]) for one in range(8)]
        snapshots += [("team-back", [back])]
        names = [f"item-{one}" for one in range(8)] + ["back"]
        provider, browser, proxy = self.rebuild_half(names, snapshots)
        stream = Stream(self.fleet.url)
        self.wait(lambda: stream.of("removed"), "the feed tells the history")
        self.assert_nothing_shows_as_deleted(provider, browser, names)
        self.assertNotIn("back", self.fleet.names())
        self.assert_it_completes(provider, browser, proxy, names)

    def test_a_recreated_store_is_read_again(self):
        names = [f"item-{one}" for one in range(30)]
        self.fleet.publish("prod-west", "team-a", [row(name) for name in names])
        provider = self.provider()
        self.wait_for(provider, lambda: sorted(provider.names()) == sorted(names), "all items")
        self.fleet.stop_consumer()
        self.fleet.publish("prod-west", "team-a", [row(name) for name in names[1:]])
        self.fleet.start_consumer(is_store_new=True)
        self.wait_for(provider, lambda: any("resync required" in one for one in provider.said), "the 410")
        self.wait_for(provider, lambda: sorted(provider.names()) == sorted(names[1:]), "what the new store has")
        self.assertEqual([one["kollect.dev/name"] for one in provider.removals], ["item-0"])
        self.fleet.publish("prod-west", "team-a", [row(name) for name in names[2:]])
        self.wait_for(provider, lambda: sorted(provider.names()) == sorted(names[2:]), "it follows again")

    def test_a_consumer_killed_in_the_middle_of_paging_removes_nothing(self):
        names = [f"item-{one}" for one in range(100)]
        self.fleet.publish("prod-west", "team-a", [row(name) for name in names])
        proxy = self.proxy(self.fleet.port)
        provider = self.provider(f"http://127.0.0.1:{proxy.port}", pageSize=5, rereadEveryMs=700)
        self.wait_for(provider, lambda: provider.mutations.count("full") >= 2, "it reads again and again")
        taken = proxy.passed
        fulls = provider.mutations.count("full")
        self.wait_for(provider, lambda: provider.mutations.count("full") > fulls, "one more")
        # In the middle of the reading after that: twenty pages of a reading are nearly all that is passed on.
        proxy.stall_after((proxy.passed - taken) // 2)
        self.wait(lambda: proxy.is_stalled, "the paging is cut")
        self.fleet.stop_consumer(is_killed=True)
        self.assertEqual(sorted(provider.names()), sorted(names))
        proxy.release()
        self.wait_for(provider, lambda: any("tried again" in one for one in provider.said), "the failure is told")
        self.assertEqual(sorted(provider.names()), sorted(names))
        fulls = provider.mutations.count("full")
        self.fleet.start_consumer()
        self.wait_for(provider, lambda: provider.mutations.count("full") > fulls, "it reads on", 60)
        self.assertEqual(sorted(provider.names()), sorted(names))
        self.assertEqual(provider.removals, [])

    def test_the_token_is_rotated_and_the_certificate_is_checked(self):
        folder = self.fleet.folder
        first, second = "the-first-token-of-this-test", "the-second-token-of-this-test"
        for name in ("served", "sent"):
            (folder / name).write_text(first + "\n")
        for name in ("right", "wrong"):
            make_certificate(folder / f"{name}.pem", folder / f"{name}.key", "localhost", "DNS:localhost")
        flags = ["--token-file", str(folder / "served"), "--tls-certificate", str(folder / "right.pem"),
                 "--tls-key", str(folder / "right.key")]
        self.fleet.publish("prod-west", "team-a", [row("a"), row("b"), row("c")])
        self.fleet.stop_consumer()
        self.fleet.start_consumer(flags)
        url = f"https://localhost:{self.fleet.port}"
        strange = self.provider(url, tokenFile=str(folder / "sent"), caFile=str(folder / "wrong.pem"))
        self.wait(lambda: any("certificate" in one for one in strange.said), "the certificate is refused")
        self.assertEqual(strange.mutations, [])
        provider = self.provider(url, tokenFile=str(folder / "sent"), caFile=str(folder / "right.pem"))
        self.wait_for(provider, lambda: sorted(provider.names()) == ["a", "b", "c"], "all items, over TLS")
        # Only the new one is valid now, and the provider has still the old one.
        (folder / "served").write_text(second + "\n")
        self.fleet.stop_consumer()
        self.fleet.start_consumer(flags)
        refused = f"the token was the first line of {folder / 'sent'}"
        self.wait_for(provider, lambda: any("401" in one and refused in one for one in provider.said), "the refusal is told")
        self.assertEqual(sorted(provider.names()), ["a", "b", "c"])
        (folder / "sent").write_text(second + "\n")
        self.fleet.publish("prod-west", "team-a", [row("a"), row("b")])
        self.wait_for(provider, lambda: sorted(provider.names()) == ["a", "b"], "it goes on with the new token")
        self.assertFalse([one for one in provider.said if first in one or second in one])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
