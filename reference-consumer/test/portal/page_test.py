"""The page in a real browser, view by view: page_test.py PRODUCER CONSUMER"""

import csv
import pathlib
import sys
import time
import unittest
import urllib.parse

from fleet_under_test import Fleet, row, wait_until
from page_under_test import ARROW_DOWN, ENTER, ESCAPE, HOME, PageCase
from web_driver import Browser

PRODUCER, CONSUMER = sys.argv[1:3]
HOSTILE = ['<script>window.hacked = 1</script>', '<img src=x onerror="window.hacked = 2">', 'javascript:window.hacked=3',
           '</title></td><b id="injected">bold</b>', '\u202egnp.exe', 'line\nbreak\x1b[2J', 'a*b\\c', '#/items?kind=x&y', '%2F..%00']


def services():
    names = ["api", "worker", "frontend", "payments", "search", "ledger", "gateway", "billing", "audit", "session"]
    return [row(f"{name}-{part}", kind, attributes={
        "replicas": part + 1, "image": f"registry/{name}:1.{part}.0", "metadata": {
            "creationTimestamp": "2026-01-15T12:00:00Z", "labels": {"team": "a", "tier": name},
            "ownerReferences": [{"kind": "Application", "name": f"app-{name}", "uid": f"uid-app-{name}"}]}})
            for name in names for part in range(3) for kind in ("Deployment", "Service")]


class ViewsTest(PageCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(PRODUCER, CONSUMER)
        cls.addClassCleanup(cls.fleet.close)
        cls.fleet.publish("prod-west", "team-a", services())
        cls.fleet.publish("prod-east", "team-b", [row(f"east-{one}", namespace="team-b") for one in range(250)])
        cls.fleet.publish("prod-gone", "team-c", [row("left-behind", namespace="team-c")],
                          ["--exported-at", "2026-01-15T12:00:00Z", "--timestamp", "2026-01-15T12:00:00Z"])
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def test_overview_has_clusters_with_the_stale_ones_first(self):
        self.open()
        self.wait(lambda: len(self.clusters()) >= 3, "the clusters")
        self.assertEqual(self.clusters()[0], "prod-gone")
        self.assertIn("stale", self.browser.text("#clusters tbody tr"))
        self.assertEqual(self.browser.text("#fact-clusters"), str(len(self.clusters())))
        self.wait(lambda: self.browser.texts("#clusters .spark title")[-1] != "", "the sparklines")
        self.wait(lambda: any(one.startswith("250 changes of prod-east") for one in
                              self.browser.texts("#clusters .spark title")), "what prod-east has changed")
        self.browser.click("#clusters thead th:nth-child(2) button")
        self.wait(lambda: "sort=-items" in self.address(), "the order is in the address")
        self.wait(lambda: self.clusters()[0] == "prod-east", "most items first")
        self.browser.type("#cluster-filter", "GONE")
        self.wait(lambda: self.clusters() == ["prod-gone"], "what is filtered")
        self.browser.type("#cluster-filter", "?")
        self.wait(lambda: self.shows("#no-clusters"), "nothing fits")
        self.open("#/overview?stale=true")
        self.wait(lambda: self.clusters() == ["prod-gone"], "a deep link to the stale ones")

    def test_bars_lead_to_what_they_count_and_back(self):
        self.open()
        self.wait(lambda: any("Service" in one for one in self.browser.texts("#kinds li")), "the bars")
        bars = self.browser.texts("#kinds .bar-name")
        self.browser.click(f"#kinds li:nth-child({bars.index('Service') + 1}) a")
        self.wait(lambda: len(self.names()) == 30, "the services")
        self.assertEqual(self.address(), "#/items?kind=Service")
        self.assertEqual(self.browser.run("return document.getElementById('kind').value"), "Service")
        self.browser.back()
        self.wait(lambda: self.browser.texts("#kinds li"), "the overview again")

    def test_pages_have_addresses(self):
        self.open("#/items?cluster=prod-east")
        self.wait(lambda: self.browser.text("#range") == "1–100 of 250", "the first page, counted")
        first = self.names()
        self.assertEqual(len(first), 100)
        self.browser.click("#next")
        self.wait(lambda: self.browser.text("#range").startswith("101–200"), "the second page")
        self.assertFalse(set(first) & set(self.names()))
        second = self.address()
        self.browser.click("#next")
        self.wait(lambda: self.browser.text("#range") == "201–250 of 250", "the last page")
        self.browser.back()
        self.wait(lambda: self.browser.text("#range").startswith("101–200"), "Back to the second")
        self.browser.click("#previous")
        self.wait(lambda: self.names() == first, "the first page again")
        self.open(second)
        self.wait(lambda: self.browser.text("#range").startswith("101–200"), "a deep link to the second")

    def test_search_and_filters(self):
        self.open("#/items")
        self.browser.type("#search", "PAYments")
        self.wait(lambda: len(self.names()) == 6, "what is searched")
        self.assertTrue(all(name.startswith("payments-") for name in self.names()))
        self.assertEqual(set(self.browser.texts("#items td.name mark")), {"payments"})
        self.browser.type("#kind", "Service")
        self.wait(lambda: len(self.names()) == 3, "only services")
        self.assertEqual(self.address(), "#/items?search=PAYments&kind=Service")
        self.browser.type("#condition", "replicas>=2" + ENTER)
        self.wait(lambda: len(self.names()) == 2, "with a condition")
        self.assertEqual(self.browser.texts(".chip"), ["replicas>=2×"])
        self.browser.type("#condition", "replicas>2" + ENTER)
        self.wait(lambda: len(self.names()) == 1, "with two")
        self.browser.back()
        self.wait(lambda: len(self.names()) == 2, "Back takes one step")
        self.browser.click(".chip button")
        self.wait(lambda: len(self.names()) == 3, "without the condition")
        self.browser.type("#search", " no such thing")
        self.wait(lambda: self.shows("#no-items"), "nothing fits")
        self.browser.click("#clear")
        self.wait(lambda: len(self.names()) == 100, "everything again")
        self.assertEqual(self.address(), "#/items")

    def test_kinds_and_namespaces_are_suggested(self):
        self.open("#/items?cluster=prod-west")
        self.browser.click("#kind")
        self.wait(lambda: "Service" in self.values("#list-kind option"), "the kinds")
        self.browser.click("#itemNamespace")
        self.wait(lambda: "team-a" in self.values("#list-itemNamespace option"), "the namespaces")
        self.assertNotIn("team-b", self.values("#list-itemNamespace option"))

    def values(self, selector):
        return self.browser.run("return [...document.querySelectorAll(arguments[0])].map(one => one.value)", selector)

    def test_columns_are_chosen_and_sort(self):
        self.open("#/items?kind=Deployment&itemNamespace=team-a")
        self.browser.click("#columns summary")
        self.wait(lambda: "attr.image" in self.values("#columns input[type=checkbox]"), "what there is")
        for name in ("attr.replicas", "attr.image", "attr.metadata.creationTimestamp"):
            self.browser.click(f'#columns input[value="{name}"]')
            self.wait(lambda: name in urllib.parse.unquote(self.address()), name)
        heads = lambda: self.browser.texts("#items thead th")
        self.wait(lambda: heads() == ["Kind", "Name", "Namespace", "Cluster", "Exported", "replicas", "image",
                                      "creationTimestamp"], "the columns")
        self.browser.press(ESCAPE)
        self.wait(lambda: not self.browser.run("return document.getElementById('columns').open"), "closed")
        for order in ("ascending", "descending"):
            self.browser.click("#items thead th:nth-child(6) button")
            self.wait(lambda: self.browser.texts(f"th[aria-sort={order}]") == ["replicas"], order)
        self.wait(lambda: self.browser.texts("#items td:nth-child(6)")[:10] == ["3"] * 10, "the largest first")
        self.assertIn("ago", self.browser.text("#items td:nth-child(8)"))
        self.open(self.address())
        self.wait(lambda: self.browser.texts("#items td:nth-child(6)")[:10] == ["3"] * 10, "the same by its address")

    def test_groups_by_kind_and_owner(self):
        self.open("#/items?cluster=prod-west&itemNamespace=team-a")
        self.browser.run("const one = document.getElementById('group'); one.value = 'kind';"
                         "one.dispatchEvent(new Event('change'))")
        self.wait(lambda: sorted(self.browser.texts(".group summary")) == ["Deployment30", "Service30"], "the kinds")
        self.browser.click(".group summary")
        self.wait(lambda: len(self.browser.texts(".group td.name")) == 20, "the first items of one")
        self.open("#/items?cluster=prod-west&itemNamespace=team-a&groupBy=owner")
        self.wait(lambda: "app-ledger6" in self.browser.texts(".group summary"), "the owners")
        at = self.browser.texts(".group summary").index("app-ledger6") + 1
        self.browser.click(f".group:nth-child({at}) summary")
        self.wait(lambda: len(self.browser.texts(".group td.name")) == 6, "what it owns")
        self.assertTrue(all(one.startswith("ledger-") for one in self.browser.texts(".group td.name")))

    def test_csv_has_all_pages(self):
        folder = self.fleet.folder / "downloads"
        self.browser.devtools("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
        self.open("#/items?cluster=prod-east&columns=attr.replicas")
        self.browser.click("#csv")
        file = pathlib.Path(folder) / "items.csv"
        self.wait(file.exists, "the file")
        lines = list(csv.reader(file.read_text().splitlines()))
        self.assertEqual(lines[0], ["cluster", "itemNamespace", "kind", "name", "uid", "attr.replicas"])
        self.assertEqual(len(lines), 251)

    def test_an_item_has_a_tree_and_a_history(self):
        first = row("history", namespace="team-item", attributes={"replicas": 2, "image": "shop:1.0", "ports": [80, 443]})
        self.publish_and_wait("prod-west", "team-item", [first])
        before = self.fleet.get("/v1alpha1/status")["now"]
        second = {**first, "attributes": {"replicas": 5, "image": "shop:1.1", "ports": [80, 443]}}
        self.publish_and_wait("prod-west", "team-item", [second])
        self.open("#/items?itemNamespace=team-item")
        self.wait(lambda: self.names() == ["history"], "the row")
        self.browser.click("#items td.name a")
        self.wait(lambda: len(self.browser.texts("#history .version")) == 2, "both versions")
        self.assertEqual(self.browser.texts("#history .value.before")[:2], ["shop:1.0", "2"])
        self.assertEqual(self.browser.texts("#history .value.after")[:2], ["shop:1.1", "5"])
        self.browser.type(".attributes input", "port")
        self.wait(lambda: len(self.browser.texts(".tree-line")) == 2, "what is searched in the tree")
        self.browser.click("#history .version:nth-child(2) .at-this-time")
        self.wait(lambda: self.shows("#past") and "shop:1.0" in self.browser.text(".tree"), "as it was")
        self.browser.back()
        self.wait(lambda: "shop:1.1" in self.browser.text(".tree"), "as it is")
        self.browser.run("document.getElementById('content').focus()")
        self.browser.press(ESCAPE)
        self.wait(lambda: self.names() == ["history"], "Escape leads back")
        self.open(f"#/items?itemNamespace=team-item&asOf={before}&columns=attr.image")
        self.wait(lambda: "shop:1.0" in self.browser.texts("#items td:nth-child(5)"), "the list as it was")
        again = {**second, "uid": "another-uid"}
        self.publish_and_wait("prod-west", "team-item", [again])
        self.open("#/item?cluster=prod-west&uid=another-uid")
        self.wait(lambda: first["uid"] in self.browser.text("#namesakes"), "who had the name before")
        self.browser.click("#namesakes a")
        self.wait(lambda: self.browser.texts("#history .sign")[:1] == ["went"], "that it went")
        self.assertIn("not there any more", self.browser.text(".item-head"))

    def test_time_shows_any_moment(self):
        rows = [row(f"then-{one}", "Job", "team-time") for one in range(4)]
        self.publish_and_wait("prod-west", "team-time", rows)
        then = self.fleet.get("/v1alpha1/status")["now"]
        changed = [{**rows[0], "attributes": {"replicas": 9}}, rows[1], row("now-0", "Job", "team-time")]
        self.publish_and_wait("prod-west", "team-time", changed)
        self.open(f"#/time?itemNamespace=team-time&at={then}")
        self.wait(lambda: self.browser.texts("#by-kind td") == ["Job", "4", "3", "-1"], "then and now")
        self.wait(lambda: self.browser.text("#summary") == "1 added1 changed2 removed", "what has changed since")
        self.assertIn("9", self.browser.texts("#since .value.after"))
        self.browser.click("#items-then")
        self.wait(lambda: sorted(self.names()) == [f"then-{one}" for one in range(4)], "the items then")
        self.browser.back()
        self.wait(lambda: self.browser.texts("#histogram .column"), "the chart")
        self.browser.run("document.getElementById('slider').focus()")
        self.browser.press(HOME)
        self.wait(lambda: f"at={then}" not in urllib.parse.unquote(self.address()), "another moment by the keyboard")
        self.wait(lambda: self.browser.texts("#by-cluster th")[:2] == ["Cluster", "Then"], "what there was")
        self.browser.click("#now")
        self.wait(lambda: self.browser.text("#at") == "now", "now")

    def test_the_chart_zooms(self):
        self.open("#/time")
        self.wait(lambda: len(self.browser.texts("#histogram g")) == 60, "the chart")
        whole = self.span()
        self.browser.drag("#histogram svg", 0.25, 0.75)
        self.wait(lambda: "from=" in self.address(), "a part is chosen")
        self.wait(lambda: self.span() and self.span() < whole * 0.6, "the part")
        self.browser.click("#zoom-out")
        self.wait(lambda: self.span() > whole * 0.6, "more again")
        self.browser.click("#told a")
        self.wait(lambda: self.address().startswith("#/changes?from="), "the list of them")
        self.wait(lambda: self.browser.texts("#changes li") or self.shows("#no-changes"), "the changes of the part")
        self.browser.back()
        self.wait(lambda: self.browser.texts("#histogram g"), "the chart again")
        self.browser.click("#all")
        self.wait(lambda: "from=" not in self.address() and self.span() >= whole, "all of it")

    def span(self):
        """Milliseconds from the first to the last column."""
        titles = self.browser.texts("#histogram g title")
        return titles and self.browser.run("return Date.parse(arguments[1]) - Date.parse(arguments[0])",
                                           titles[0].split("from ")[1], titles[-1].split("from ")[1])

    def test_changes_are_filled_on_open_and_pause(self):
        rows = [row(f"change-{one}", "Job", "team-change") for one in range(3)]
        self.publish_and_wait("prod-west", "team-change", rows)
        self.open("#/changes?itemNamespace=team-change")
        lines = lambda: self.browser.texts("#changes li")
        self.wait(lambda: len(lines()) == 3, "what has been")
        self.assertEqual(self.browser.texts("#change-kinds .bar-line"), ["Job3"])
        self.fleet.publish("prod-west", "team-change", [{**rows[0], "attributes": {"replicas": 7}}, *rows[1:]])
        self.wait(lambda: len(lines()) == 4 and "changed" in lines()[0], "what comes")
        self.assertEqual(self.browser.texts("#changes li:first-child .value"), ["2", "7"])
        self.browser.click("#pause")
        self.fleet.publish("prod-west", "team-change", rows[1:])
        self.wait(lambda: "1 came meanwhile" in self.browser.text("#held"), "it is held back")
        self.assertEqual(len(lines()), 4)
        self.browser.click("#pause")
        self.wait(lambda: len(lines()) == 5 and "removed" in lines()[0], "it is let go")
        self.browser.click("#type-added")
        self.wait(lambda: len(lines()) == 2, "only some kinds of changes")
        self.assertIn("type=changed%2Cremoved", self.address())
        self.browser.back()
        self.wait(lambda: len(lines()) == 5, "Back")

    def test_a_new_snapshot_shows_within_two_seconds(self):
        rows = [row("stays", namespace="team-live"), row("goes", namespace="team-live")]
        self.fleet.publish("prod-west", "team-live", rows)
        self.open("#/items?itemNamespace=team-live")
        self.wait(lambda: sorted(self.names()) == ["goes", "stays"], "both rows")
        self.fleet.publish("prod-west", "team-live", rows[:1])
        begun = time.monotonic()
        self.wait(lambda: self.names() == ["stays"], "the deleted row has gone")
        self.assertLess(time.monotonic() - begun, 2)
        self.wait(lambda: self.shows("#unseen"), "the number of unseen changes")
        self.browser.click("#to-changes")
        self.wait(lambda: any("removed" in line and "team-live/goes" in line
                              for line in self.browser.texts("#changes li")), "the removal among the changes")
        self.assertFalse(self.shows("#unseen"))

    def test_hostile_names_are_text(self):
        self.publish_and_wait("prod-west", "team-hostile",
                              [row(name, name, "team-hostile", attributes={name: [name], "more": {"note": name}}) for name in HOSTILE])
        self.open("#/items?itemNamespace=team-hostile")
        self.wait(lambda: sorted(self.names()) == sorted(HOSTILE), "the hostile rows")
        self.browser.run("document.getElementById('columns').open = true")
        self.wait(lambda: "attr.more.note" in self.values("#columns input[type=checkbox]"), "columns")
        self.browser.click('#columns input[value="attr.more.note"]')
        self.wait(lambda: sorted(self.browser.texts("#items td:nth-child(6)")) == sorted(HOSTILE), "their attributes")
        for at in range(len(HOSTILE)):
            self.open("#/items?itemNamespace=team-hostile")
            self.wait(lambda: len(self.names()) == len(HOSTILE), "the rows")
            name = self.names()[at]
            self.browser.click(f"#items tbody tr:nth-child({at + 1}) td.name a")
            self.wait(lambda: self.browser.texts("#item-name") == [name], f"the item {name!r}")
            self.wait(lambda: self.browser.texts("#history .version") or "cannot be asked" in self.browser.text(".item-history"),
                      "its history")
            self.browser.click(".facts-of a")
            self.wait(lambda: self.names() == [name], f"exactly the items of the kind {name!r}")
        for view in ("overview", "time", "changes?itemNamespace=team-hostile", "inventories", "items?groupBy=kind"):
            self.open(f"#/{view}")
        self.assertIsNone(self.browser.run("return window.hacked ?? null"))
        self.assertEqual(self.browser.run("return document.scripts.length"), 1)
        self.assertIsNone(self.browser.run("return document.getElementById('injected')"))
        self.assertEqual(self.browser.run("return document.querySelectorAll('img, iframe, object').length"), 0)

    def test_it_works_with_the_keyboard(self):
        self.open()
        self.browser.press("/")
        self.wait(lambda: self.browser.run("return document.activeElement.id") == "search", "the search has the focus")
        self.open("#/items?cluster=prod-east")
        self.wait(lambda: len(self.names()) == 100, "the items")
        self.browser.run("document.querySelector('#items td.name a').focus()")
        self.browser.press(ARROW_DOWN)
        self.assertEqual(self.browser.run("return document.activeElement.closest('tr').rowIndex"), 2)
        name = self.names()[1]
        self.browser.press(ENTER)
        self.wait(lambda: self.browser.texts("#item-name") == [name], "the item")
        self.assertEqual(self.browser.run("return document.activeElement.id"), "title")
        self.browser.press(ESCAPE)
        self.wait(lambda: len(self.names()) == 100, "back at the list")
        self.browser.run("document.getElementById('skip').focus()")
        self.browser.press(ENTER)
        self.assertEqual(self.browser.run("return document.activeElement.id"), "content")

    def test_inventories_and_no_dead_letters(self):
        self.open("#/inventories")
        self.wait(lambda: "team-b" in self.browser.texts("#scopes td.name"), "the inventories")
        self.open("#/dead-letters")
        self.wait(lambda: self.shows("#no-dead"), "no dead letters")

    def test_what_cannot_be_asked_for_is_said(self):
        self.open("#/items?labels=a%20in")
        self.wait(lambda: "an opening parenthesis" in self.browser.text("#problem"), "the sentence")
        self.browser.run("document.getElementById('labels').focus()")
        self.browser.run("document.getElementById('labels').select()")
        self.browser.type("#labels", "tier=api")
        self.wait(lambda: len(self.names()) == 6 and not self.shows("#problem"), "the filter was there to mend")
        self.open("#/items?asOf=2020-01-01T00:00:00Z")
        self.wait(lambda: "does not reach" in self.browser.text("#problem"), "before the store began")
        self.open("#/no-such-view")
        self.wait(lambda: self.address() == "#/overview", "an unknown view is the overview")
        self.forget_answers(400, 410)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
