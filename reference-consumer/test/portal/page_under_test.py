"""What tests of the page have in common."""

import unittest

from fleet_under_test import wait_until

ARROW_DOWN, HOME, ENTER, ESCAPE = "\ue015", "\ue011", "\ue007", "\ue00c"


class PageCase(unittest.TestCase):
    """Has a fleet and a browser; whatever the browser complains of is a failure."""

    fleet = None
    browser = None

    def tearDown(self):
        if self.browser:
            self.assertEqual(self.browser.problems(), [])

    def forget_answers(self, *statuses):
        """Answers that the test has asked for, which the browser complains of."""
        others = [one for one in self.browser.problems() if not any(f"status of {status} " in one for status in statuses)]
        self.assertEqual(others, [])

    def wait(self, condition, what, seconds=20):
        self.assertTrue(wait_until(condition, seconds), f"{what}; at {self.address()}" if self.browser else what)

    def open(self, address=""):
        """Reloads the page, at an address."""
        self.browser.open("about:blank")
        self.browser.open(f"{self.fleet.url}/{address}")
        self.wait(lambda: self.browser.text("#live-text") == "live", "the page is live")
        self.wait(self.is_at_rest, "the page has loaded")

    def is_at_rest(self):
        return self.browser.run("return document.body.dataset.loaded === 'true' || "
                                "!document.getElementById('problem').hidden")

    def publish_and_wait(self, cluster, namespace, rows):
        before = self.fleet.get("/v1alpha1/status")["messages"]["applied"]
        self.fleet.publish(cluster, namespace, rows)
        self.wait(lambda: self.fleet.get("/v1alpha1/status")["messages"]["applied"] > before, "the snapshot is applied")

    def address(self):
        return self.browser.run("return location.hash")

    def shows(self, selector):
        return self.browser.run("const one = document.querySelector(arguments[0]);"
                                "return one !== null && one.checkVisibility()", selector)

    def names(self):
        return self.browser.texts("#items td.name")

    def clusters(self):
        return self.browser.texts("#clusters td.name")
