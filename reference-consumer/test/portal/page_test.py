"""The page in a real browser: page_test.py PRODUCER CONSUMER [SCREENSHOT_FOLDER]"""

import http.server
import sys
import threading
import time
import unittest
import urllib.request

from fleet_under_test import Fleet, row, wait_until
from web_driver import Browser

PRODUCER, CONSUMER = sys.argv[1:3]
HOSTILE = ['<script>window.hacked = 1</script>', '<img src=x onerror="window.hacked = 2">', 'javascript:window.hacked=3',
           '</title></td><b id="injected">bold</b>', '\u202egnp.exe', 'line\nbreak\x1b[2J']
ARROW_DOWN, ARROW_RIGHT, ENTER, ESCAPE = "\ue015", "\ue014", "\ue007", "\ue00c"


def services():
    names = ["api", "worker", "frontend", "payments", "search", "ledger", "gateway", "billing", "audit", "session"]
    return [row(f"{name}-{part}", kind, attributes={"replicas": 2, "image": f"registry/{name}:1.{part}.0",
                                                     "labels": {"team": "a", "tier": name}})
            for name in names for part in range(3) for kind in ("Deployment", "Service")]


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(PRODUCER, CONSUMER)
        cls.addClassCleanup(cls.fleet.close)
        cls.fleet.publish("prod-west", "team-a", services())
        cls.fleet.publish("prod-east", "team-b", [row(f"east-{one}", namespace="team-b") for one in range(250)])
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.open(self.fleet.url)
        self.wait(lambda: self.browser.run("return document.body.dataset.loaded") == "true", "the page has loaded")
        self.wait(lambda: self.browser.text("#live-text") == "live", "the page is live")

    def tearDown(self):
        self.assertEqual(self.browser.problems(), [])

    def wait(self, condition, what, seconds=20):
        self.assertTrue(wait_until(condition, seconds), what)

    def names(self):
        return self.browser.texts("#items td.name")

    def test_it_shows_clusters_and_items(self):
        self.assertEqual(self.browser.texts("#clusters .name"), ["prod-east", "prod-west"])
        self.assertEqual(self.browser.text("#fact-clusters"), "2")
        self.assertEqual(len(self.names()), 100)
        total = self.fleet.get("/v1alpha1/inventory?limit=1")["pagination"]["total"]
        self.assertEqual(self.browser.text("#range"), f"1–100 of {total}")
        self.assertTrue(self.browser.run("return document.getElementById('rebuilding').hidden"))

    def test_it_goes_from_page_to_page(self):
        first = self.names()
        self.browser.click("#next")
        self.wait(lambda: self.browser.text("#range").startswith("101–200"), "the second page")
        self.assertFalse(set(first) & set(self.names()))
        self.browser.click("#previous")
        self.wait(lambda: self.names() == first, "the first page again")

    def test_search_and_filters(self):
        self.browser.type("#search", "PAYments")
        self.wait(lambda: len(self.names()) == 6, "what is searched")
        self.assertTrue(all(name.startswith("payments-") for name in self.names()))
        self.browser.type("#kind", "Service")
        self.wait(lambda: len(self.names()) == 3, "only services")
        self.browser.type("#search", " no such thing")
        self.wait(lambda: self.browser.run("return !document.getElementById('no-items').hidden"), "nothing fits")
        self.browser.click("#filters button[type=reset]")
        self.wait(lambda: len(self.names()) == 100, "everything again")
        self.browser.click("#clusters li:nth-child(1) button")
        self.wait(lambda: "of 250" in self.browser.text("#range"), "one cluster's items")
        self.assertEqual(self.browser.run("return document.getElementById('cluster').value"), "prod-east")

    def test_a_new_snapshot_shows_within_two_seconds(self):
        rows = [row("stays", namespace="team-live"), row("goes", namespace="team-live")]
        self.fleet.publish("prod-west", "team-live", rows)
        self.browser.type("#namespace", "team-live")
        self.wait(lambda: sorted(self.names()) == ["goes", "stays"], "both rows")
        self.fleet.publish("prod-west", "team-live", rows[:1])
        begun = time.monotonic()
        self.wait(lambda: self.names() == ["stays"], "the deleted row has gone")
        self.assertLess(time.monotonic() - begun, 2)
        self.browser.click("#tab-changes")
        # The table and the list of changes are two readings: either may be first.
        self.wait(lambda: any("removed" in line and "team-live/goes" in line
                              for line in self.browser.texts("#changes li")), "the removal among the changes")

    def test_hostile_names_are_text(self):
        self.fleet.publish("prod-west", "team-hostile",
                           [row(name, namespace="team-hostile", attributes={name: [name]}) for name in HOSTILE])
        self.browser.type("#namespace", "team-hostile")
        self.wait(lambda: len(self.names()) == len(HOSTILE), "the hostile rows")
        self.assertEqual(sorted(self.names()), sorted(HOSTILE))
        self.browser.click("#items tbody tr:nth-child(2)")
        self.wait(lambda: self.browser.run("return document.getElementById('details').open"), "the details")
        self.browser.click("#details form button")
        self.browser.click("#tab-changes")
        for view in ("scopes", "dead", "items"):
            self.browser.click(f"#tab-{view}")
        self.assertIsNone(self.browser.run("return window.hacked ?? null"))
        self.assertEqual(self.browser.run("return document.scripts.length"), 1)
        self.assertIsNone(self.browser.run("return document.getElementById('injected')"))
        self.assertEqual(self.browser.run("return document.querySelectorAll('img, iframe, object').length"), 0)

    def test_it_works_with_the_keyboard(self):
        self.browser.press("/")
        self.assertEqual(self.browser.run("return document.activeElement.id"), "search")
        self.browser.run("document.querySelector('#items tbody tr').focus()")
        self.browser.press(ARROW_DOWN)
        self.assertEqual(self.browser.run("return document.activeElement.rowIndex"), 2)
        self.browser.press(ENTER)
        self.wait(lambda: self.browser.run("return document.getElementById('details').open"), "the details")
        self.assertIn("replicas", self.browser.text("#attributes"))
        self.browser.press(ESCAPE)
        self.wait(lambda: not self.browser.run("return document.getElementById('details').open"), "closed again")
        self.browser.run("document.getElementById('tab-items').focus()")
        self.browser.press(ARROW_RIGHT)
        self.assertEqual(self.browser.run("return document.activeElement.id"), "tab-scopes")
        self.assertFalse(self.browser.run("return document.getElementById('view-scopes').hidden"))

    def test_namespaces_and_dead_letters(self):
        self.browser.click("#tab-scopes")
        self.wait(lambda: "team-b" in " ".join(self.browser.texts("#scopes td.name")), "the namespaces")
        self.browser.click("#tab-dead")
        self.wait(lambda: self.browser.run("return !document.getElementById('no-dead').hidden"), "no dead letters")


class PrefixTest(unittest.TestCase):
    """A proxy that serves the portal under a path of its own, as `location /kollect/ { proxy_pass …/; }` does."""

    def test_it_reads_the_api_beside_itself(self):
        fleet = Fleet(PRODUCER, CONSUMER)
        self.addCleanup(fleet.close)
        fleet.publish("prod-west", "team-a", [row("only-one")])

        class Proxy(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self):
                if not self.path.startswith("/kollect/"):
                    return self.send_error(404)
                asked = urllib.request.Request(fleet.url + self.path.removeprefix("/kollect"))
                with urllib.request.urlopen(asked) as answer:
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.headers["Content-Type"])
                    self.end_headers()
                    while part := answer.read1(65536):
                        self.wfile.write(part)
                        self.wfile.flush()

            def log_message(self, *_):
                pass

        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        self.addCleanup(proxy.shutdown)
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(f"http://127.0.0.1:{proxy.server_port}/kollect/")
        self.assertTrue(wait_until(lambda: browser.texts("#items td.name") == ["only-one"], 20))
        self.assertTrue(wait_until(lambda: browser.text("#live-text") == "live", 20))
        self.assertEqual(browser.problems(), [])


class TokenTest(unittest.TestCase):
    def test_it_asks_for_the_token_and_keeps_it_to_the_tab(self):
        token = "a-token-for-this-test-alone"
        fleet = Fleet(PRODUCER, CONSUMER)
        self.addCleanup(fleet.close)
        (fleet.folder / "token").write_text(token)
        first = fleet.port
        stopped = fleet.processes.pop()
        stopped.terminate()
        stopped.wait()
        fleet.start("again", [CONSUMER, "run", "--manifest", fleet.manifest("prod-west"), "--store",
                              f"sqlite:{fleet.folder}/second.db", "--group", "second", "--listen",
                              f"127.0.0.1:{first}", "--token-file", str(fleet.folder / "token")])
        self.assertTrue(wait_until(fleet.is_ready), fleet.log("again"))
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(fleet.url)
        self.assertTrue(wait_until(lambda: browser.run("return !document.getElementById('sign-in').hidden"), 20))
        self.assertTrue(browser.run("return document.getElementById('token-refused').hidden"))
        browser.type("#token", "another-token-that-nobody-knows")
        browser.click("#sign-in button")
        self.assertTrue(wait_until(lambda: browser.run("return !document.getElementById('token-refused').hidden"), 20))
        browser.type("#token", token)
        browser.click("#sign-in button")
        self.assertTrue(wait_until(lambda: browser.text("#live-text") == "live", 20))
        self.assertTrue(browser.run("return document.getElementById('token-refused').hidden"))
        self.assertTrue(wait_until(lambda: browser.texts("#clusters .name") == ["prod-west"], 20))
        self.assertEqual(browser.run("return localStorage.length"), 0)
        self.assertNotIn(token, browser.run("return location.href + document.cookie"))


class LargeFleetTest(unittest.TestCase):
    """100,000 rows, and the pictures in the documentation."""

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(PRODUCER, CONSUMER, ["--stale-after", "86400"], "prod-1")
        cls.addClassCleanup(cls.fleet.close)
        cls.fleet.simulate("prod", "--clusters", "5", "--namespaces", "20", "--items", "1000", "--churn", "0.002",
                           "--rounds", "2", "--poison", "0.02", "--payload", "export-envelope")
        if not wait_until(lambda: cls.fleet.get("/v1alpha1/inventory?limit=1")["pagination"]["total"] > 99_000, 240):
            raise RuntimeError("the fleet is not consumed: " + cls.fleet.log("consumer"))
        if not wait_until(lambda: cls.fleet.get("/v1alpha1/status")["waiting"] == 0, 240):
            raise RuntimeError("the fleet is not consumed: " + cls.fleet.log("consumer"))

    def look(self, name, press=(), **how):
        browser = Browser(**how)
        self.addCleanup(browser.close)
        browser.open(self.fleet.url)
        self.assertTrue(wait_until(lambda: browser.texts("#items td.name") and browser.text("#live-text") == "live", 60))
        for selector in press:
            browser.click(selector)
        if len(sys.argv) > 3:
            self.assertTrue(wait_until(lambda: browser.run("return document.fonts.status") == "loaded"))
            browser.screenshot(f"{sys.argv[3]}/{name}.png")
        return browser

    def test_100000_rows_are_paged_and_filtered(self):
        browser = self.look("page-desktop")
        self.assertEqual(len(browser.texts("#items td.name")), 100)
        self.assertLess(browser.run("return document.querySelectorAll('*').length"), 5000)
        total = int(browser.text("#range").split("of ")[1].replace(",", ""))
        self.assertGreater(total, 99_000)
        for page in range(2, 6):
            browser.click("#next")
            self.assertTrue(wait_until(lambda: browser.text("#range").startswith(f"{page - 1}01"), 20))
        name = browser.texts("#items td.name")[50]
        browser.type("#search", name)

        def is_found():
            shown = browser.texts("#items td.name")
            return name in shown and all(name in one for one in shown)
        self.assertTrue(wait_until(is_found, 30), name)

    def test_in_the_dark(self):
        browser = self.look("page-dark", ["#items tbody tr:nth-child(3)"], dark=True)
        colour = browser.run("return getComputedStyle(document.body).backgroundColor")
        self.assertLess(sum(int(one) for one in colour[4:-1].split(",")), 150, colour)

    def test_on_a_phone(self):
        browser = self.look("page-phone", width=390, height=844, phone=True)
        self.assertLessEqual(browser.run("return document.documentElement.scrollWidth"), 390)
        self.assertEqual(browser.run("return getComputedStyle(document.querySelector('th.wide')).display"), "none")

    def test_dead_letters_have_reasons(self):
        browser = self.look("page-dead-letters", ["#tab-dead"])
        self.assertTrue(wait_until(lambda: browser.texts("#dead .tag"), 20))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
