"""The page with 20,000 rows, for all sorts of people, and when things go wrong; makes the pictures in the documentation:
page_at_large_test.py PRODUCER CONSUMER AXE_FOLDER [SCREENSHOT_FOLDER]"""

import datetime
import http.server
import pathlib
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request

from fleet_under_test import Fleet, row, wait_until
from page_under_test import PageCase
from web_driver import Browser

PRODUCER, CONSUMER = sys.argv[1:3]
AXE = pathlib.Path(sys.argv[3])
PICTURES = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
AXE_CORE = "axe-core@4.14.1"
IMAGES = "attr.spec.template.spec.containers.*.image"
TOKEN = "a-token-for-this-test-alone"


def axe_script():
    """axe-core, installed once into the build folder."""
    script = AXE / "node_modules/axe-core/axe.min.js"
    mark = AXE / AXE_CORE
    if not mark.exists():
        AXE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", str(AXE), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund",
                        AXE_CORE], check=True, stdout=subprocess.DEVNULL)
        mark.touch()
    return script.read_text()


class Proxy:
    """Serves the portal under a path of its own, as `location /kollect/ { proxy_pass …/; }` does; may hold answers back,
    or refuse some in the portal's place."""

    def __init__(self, fleet):
        may_pass = self.may_pass = threading.Event()
        may_pass.set()
        refusals = self.refusals = {}  # part of a path: status and sentence

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self):
                if not self.path.startswith("/kollect/"):
                    return self.send_error(404)
                if "/v1alpha1/" in self.path:
                    may_pass.wait(60)
                for part, (status, sentence) in refusals.items():
                    if part in self.path:
                        self.send_response(status)
                        self.send_header("Content-Type", "text/plain")
                        self.end_headers()
                        return self.wfile.write(sentence.encode())
                asked = urllib.request.Request(fleet.url + self.path.removeprefix("/kollect"))
                try:
                    with urllib.request.urlopen(asked) as answer:
                        self.send_response(answer.status)
                        self.send_header("Content-Type", answer.headers["Content-Type"])
                        self.end_headers()
                        while part := answer.read1(65536):
                            self.wfile.write(part)
                            self.wfile.flush()
                except (urllib.error.URLError, OSError):
                    pass  # the browser has gone, or the portal has: either is seen by who asks

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/kollect/"

    def close(self):
        self.may_pass.set()
        self.server.shutdown()
        self.server.server_close()


class TroubleTest(PageCase):
    """States that are no good news: each is drawn, with what to do."""

    def setUp(self):
        self.fleet = Fleet(PRODUCER, CONSUMER, ["--group", "trouble"])
        self.addCleanup(self.fleet.close)
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def restart(self, *more):
        """The consumer again at its port, after it was stopped."""
        self.fleet.start("again", [CONSUMER, "run", "--manifest", self.fleet.manifest("prod-west"), "--store",
                                   f"sqlite:{self.fleet.folder}/state.db", "--group", "trouble", "--listen",
                                   f"127.0.0.1:{self.fleet.port}", *more])
        self.wait(self.fleet.is_ready, "the consumer is there again", 60)

    def stop(self):
        stopped = self.fleet.processes.pop()
        stopped.terminate()
        stopped.wait()

    def test_it_reads_the_api_beside_itself_and_says_that_it_loads(self):
        self.fleet.publish("prod-west", "team-a", [row("only-one")])
        proxy = Proxy(self.fleet)
        self.addCleanup(proxy.close)
        proxy.may_pass.clear()
        self.browser.open(f"{proxy.url}#/items")
        self.wait(lambda: self.shows("#loading"), "that it loads")
        proxy.may_pass.set()
        self.wait(lambda: self.names() == ["only-one"], "the row")
        self.wait(lambda: not self.shows("#loading"), "that it has loaded")
        self.wait(lambda: self.browser.text("#live-text") == "live", "the page is live")
        self.browser.click("#items td.name a")
        self.wait(lambda: self.browser.texts("#history .version"), "the item's history")

    def test_what_the_portal_cannot_do_now_is_said(self):
        self.fleet.publish("prod-west", "team-a", [row("only-one")])
        proxy = Proxy(self.fleet)
        self.addCleanup(proxy.close)
        proxy.refusals["/facets"] = (503, "this takes longer than --query-timeout allows: ask for less")
        self.browser.open(proxy.url)
        self.wait(lambda: "takes too long" in self.browser.text("#kinds"), "that counting takes too long")
        self.assertEqual(self.clusters(), ["prod-west"])
        self.browser.run("location.hash = '#/time'")
        self.wait(lambda: "narrows it" in self.browser.text("#problem"), "what to do about it")
        self.assertFalse(self.shows("#offline"))
        proxy.refusals.clear()
        proxy.refusals["/items"] = (503, "store unavailable")
        self.browser.run("location.hash = '#/items'")
        self.wait(lambda: self.shows("#offline") and "store unavailable" in self.browser.text("#offline"), "the store is away")
        proxy.refusals.clear()
        self.wait(lambda: self.names() == ["only-one"] and not self.shows("#offline"), "it is tried again by itself")
        self.forget_answers(503)

    def test_an_empty_fleet_says_what_to_do(self):
        for view, nothing in (("overview", "#clusters tbody tr"), ("items", "#no-items"), ("changes", "#no-changes")):
            self.open(f"#/{view}")
            self.wait(lambda: self.shows(nothing), view)
        self.open("#/items")
        self.wait(lambda: "kollect-producer export" in self.browser.text("#no-items"), "how items come")
        self.open("#/time")
        self.wait(lambda: self.browser.texts("#histogram svg"), "an empty chart")

    def test_offline_it_says_so_and_comes_back(self):
        self.open("#/items")
        self.stop()
        self.wait(lambda: self.shows("#offline"), "that it is offline", 60)
        self.assertIn("kollect-consumer run", self.browser.text("#offline"))
        self.assertEqual(self.browser.text("#live-text"), "reconnecting")
        self.browser.click("#try-now")
        self.restart()
        self.wait(lambda: not self.shows("#offline") and self.browser.text("#live-text") == "live", "it is back", 60)
        others = [one for one in self.browser.problems() if "net::ERR_" not in one]
        self.assertEqual(others, [])

    def test_it_asks_for_the_token_and_keeps_it_to_the_tab(self):
        (self.fleet.folder / "token").write_text(TOKEN)
        self.stop()
        self.restart("--token-file", str(self.fleet.folder / "token"))
        self.fleet.publish("prod-west", "team-a", [row("only-one")])
        self.browser.open(f"{self.fleet.url}/#/items")
        self.wait(lambda: self.shows("#sign-in"), "the question for the token")
        self.assertFalse(self.shows("#token-refused"))
        self.browser.type("#token", "another-token-that-nobody-knows")
        self.browser.click("#sign-in button")
        self.wait(lambda: self.shows("#token-refused"), "it is not known")
        self.browser.type("#token", TOKEN)
        self.browser.click("#sign-in button")
        self.wait(lambda: self.browser.text("#live-text") == "live", "the page is live")
        self.wait(lambda: self.names() == ["only-one"], "the row")
        self.assertFalse(self.shows("#sign-in"))
        self.assertEqual(self.browser.run("return localStorage.length"), 0)
        self.assertNotIn(TOKEN, self.browser.run("return location.href + document.cookie"))
        self.forget_answers(401)


class LargeFleetTest(PageCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(PRODUCER, CONSUMER, ["--stale-after", "86400"], "prod-1")
        cls.addClassCleanup(cls.fleet.close)
        cls.fleet.simulate("prod", "--clusters", "5", "--namespaces", "10", "--items", "400", "--churn", "0.01",
                           "--rounds", "1", "--poison", "0.05", "--empty", "0", "--payload", "export-envelope", "--seed", "7")
        cls.settled(19_000)
        cls.then = cls.fleet.get("/v1alpha1/status")["now"]
        # The same simulation with another round: what has come before is recognised.
        cls.fleet.simulate("prod", "--clusters", "5", "--namespaces", "10", "--items", "400", "--churn", "0.01",
                           "--rounds", "2", "--poison", "0.05", "--empty", "0", "--payload", "export-envelope", "--seed", "7")
        cls.fleet.publish("legacy-9", "billing", [row("ledger", namespace="billing")],
                          ["--exported-at", "2026-01-15T12:00:00Z", "--timestamp", "2026-01-15T12:00:00Z"])
        cls.settled(19_000)
        if not wait_until(lambda: "legacy-9" in cls.names_of_clusters(), 60):
            raise RuntimeError("the silent cluster is not consumed: " + cls.fleet.log("consumer"))

    @classmethod
    def names_of_clusters(cls):
        return [one["cluster"] for one in cls.fleet.get("/v1alpha1/clusters")["clusters"]]

    @classmethod
    def settled(cls, least):
        def is_settled():
            return (cls.fleet.get("/v1alpha1/status")["waiting"] == 0 and
                    cls.fleet.get("/v1alpha1/inventory?limit=1")["pagination"]["total"] > least)
        if not wait_until(is_settled, 240):
            raise RuntimeError("the fleet is not consumed: " + cls.fleet.log("consumer"))

    def look(self, address, picture=None, ready="#view a", **how):
        self.browser = Browser(**how)
        self.addCleanup(self.browser.close)
        self.open(address)
        self.wait(lambda: self.browser.texts(ready), f"{ready} is there", 60)
        self.wait(lambda: not self.browser.run("return document.getElementById('view').hasAttribute('aria-busy')"), "at rest", 60)
        if picture:
            self.take(picture)

    def take(self, picture):
        if PICTURES:
            self.wait(lambda: self.browser.run("return document.fonts.status") == "loaded", "fonts")
            self.browser.screenshot(PICTURES / f"{picture}.png")

    def changed_item(self):
        changes = self.fleet.get(f"/v1alpha1/changes?from={self.then}&kind=Deployment&limit=200")["changes"]
        one = next(one for one in changes if one["kind"] == "changed")
        return f"#/item?cluster={one['source']['cluster']}&uid={one['after']['uid']}"

    def test_20000_rows_are_paged_and_filtered_and_never_loaded_whole(self):
        self.look("#/items", ready="#items td.name")
        self.wait(lambda: "of " in self.browser.text("#range"), "the count")
        self.assertGreater(int(self.browser.text("#range").split("of ")[1].replace(",", "")), 19_000)
        for page in range(2, 6):
            self.browser.click("#next")
            self.wait(lambda: self.browser.text("#range").startswith(f"{page - 1}01"), f"page {page}")
        name = self.names()[50]
        self.browser.type("#search", name)
        self.wait(lambda: name in self.names() and all(name in one for one in self.names()), name)
        for view in ("overview", "time", "changes", "inventories", "items?groupBy=itemNamespace"):
            self.browser.run("location.hash = arguments[0]", f"#/{view}")
            self.wait(lambda: self.browser.run("return document.querySelectorAll('#view li, #view tr, #view details').length > 5"), view)
            self.assertLess(self.browser.run("return document.querySelectorAll('*').length"), 6000, view)
        sizes = self.browser.run("return performance.getEntriesByType('resource').map(one => [one.name, one.encodedBodySize])")
        self.assertGreater(len(sizes), 30)
        self.assertLess(max(size for _, size in sizes), 2_000_000, max(sizes, key=lambda one: one[1]))

    def test_desktop(self):
        self.look("#/overview", "page-desktop", ready="#kinds li", height=1000)
        self.assertEqual(self.clusters()[0], "legacy-9")
        self.wait(lambda: not any(one.startswith("0 ") for one in self.browser.texts("#clusters .spark title")), "churn")
        self.take("page-desktop")

    def test_items_with_columns(self):
        self.look(f"#/items?kind=Deployment&search=api&columns={IMAGES},attr.spec.replicas&sort=-attr.spec.replicas",
                  "page-items", ready="#items mark", height=800)
        self.assertIn("image", self.browser.texts("#items thead th"))

    def test_an_item_in_the_dark(self):
        self.look(self.changed_item(), "page-dark", ready="#history .value.after", dark=True, height=900)
        colour = self.browser.run("return getComputedStyle(document.body).backgroundColor")
        self.assertLess(sum(int(one) for one in colour[4:-1].split(",")), 150, colour)

    def test_time(self):
        times = [self.fleet.get(f"/v1alpha1/changes?{asked}&limit=5000")["changes"] for asked in ("", f"from={self.then}")]
        begin, end = (datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc).isoformat().replace("+00:00", "Z")
                      for at in (times[0][0]["ts_ms"] - 50, times[1][-1]["ts_ms"] + 50))
        self.look(f"#/time?at={self.then}&from={begin}&to={end}", "page-time", ready="#summary span", height=1000)
        self.assertGreater(len(self.browser.run(
            "return [...document.querySelectorAll('.histogram .column')].filter(one => one.getAttribute('height') > 0)")), 2)
        self.assertEqual(len(self.browser.texts("#by-kind thead th")), 4)

    def test_changes(self):
        self.look("#/changes", "page-changes", ready="#changes .value.after", height=900)

    def test_dead_letters_have_reasons(self):
        self.look("#/dead-letters", "page-dead-letters", ready="#dead .tag", height=700)
        reason = self.browser.text("#dead .tag")
        self.browser.click("#dead summary")
        self.wait(lambda: "dlq show" in self.browser.text("#dead details[open]"), "the details")
        self.wait(lambda: self.browser.text("#dead details[open] .body-hex").startswith("00000000  "), "its bytes")
        self.browser.run("[...document.querySelectorAll('#reasons button')].find(one => one.textContent.startsWith(arguments[0]))"
                         ".click()", reason)
        self.wait(lambda: f"reason={reason}" in self.address() and set(self.browser.texts("#dead .tag")) == {reason}, "one reason")
        self.browser.type("#dead-search", "no such thing")
        self.wait(lambda: self.shows("#no-dead"), "none fits")

    def test_on_a_phone(self):
        self.look("#/items", "page-phone", ready="#items td.name", width=390, height=844, phone=True)
        self.assertEqual(self.browser.run("return getComputedStyle(document.querySelector('th.wide')).display"), "none")
        for address in ("#/overview", self.changed_item(), f"#/time?at={self.then}", "#/changes", "#/inventories", "#/dead-letters"):
            self.open(address)
            self.wait(lambda: self.browser.texts("#view td, #view li"), address)
            self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), 390, address)

    def test_wide_screens_are_used(self):
        self.look("#/overview", ready="#kinds li", width=2200, height=900)
        width = self.browser.run("return document.querySelector('.overview').getBoundingClientRect().width")
        self.assertGreater(width, 2000)
        self.assertEqual(len({round(one) for one in self.browser.run(
            "return [...document.querySelectorAll('.overview > *')].map(one => one.getBoundingClientRect().top)")}), 1)

    def test_axe_finds_nothing(self):
        script = axe_script()
        addresses = ["#/overview", f"#/items?kind=Deployment&search=api&columns={IMAGES}&attr.spec.replicas%3E=1",
                     "#/items?groupBy=kind", self.changed_item(), f"#/time?at={self.then}", "#/changes", "#/inventories",
                     "#/dead-letters", "#/items?kind=none-of-these"]
        for is_dark in (False, True):
            self.look("#/overview", dark=is_dark)
            for address in addresses:
                self.open(address)
                self.wait(lambda: self.browser.run("return !document.getElementById('view').hasAttribute('aria-busy')"), address)
                for one in ("#columns", ".group", ".letter"):
                    self.browser.run("const one = document.querySelector(arguments[0]); if (one) one.open = true", one)
                self.browser.run(script + "; window.axe = axe;")
                found = self.browser.run_later(
                    "const done = arguments[arguments.length - 1]; axe.run(document, {resultTypes: ['violations']}).then("
                    "found => done(found.violations.map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html)])))")
                self.assertEqual(found, [], f"{address}, dark: {is_dark}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
