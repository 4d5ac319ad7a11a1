"""What reference-consumer/deploy has for monitoring: the rules by promtool, and the dashboard."""

import json
import pathlib
import re
import shutil
import tempfile
import unittest

import deploy_tools as tools
from deploy_tools import DEPLOY, DOCS, TOOLS, only, run


class RulesTest(unittest.TestCase):
    def promtool(self, *words, rules):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "rules.yaml").write_text(json.dumps(rules))
            shutil.copy(tools.HERE / "rules_test.yaml", folder)
            return run(TOOLS / "bin" / "promtool", *words, cwd=folder)

    def rules(self):
        return {"groups": [{"name": "kollect-consumer", "rules": tools.alerts()}]}

    def test_promtool_reads_the_rules(self):
        done = self.promtool("check", "rules", "rules.yaml", rules=self.rules())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        wrong = self.rules()
        wrong["groups"][0]["rules"][0]["expr"] = "absent(kollect_consumer_ready"
        self.assertNotEqual(self.promtool("check", "rules", "rules.yaml", rules=wrong).returncode, 0)

    def test_alerts_fire_and_are_silent(self):
        done = self.promtool("test", "rules", "rules_test.yaml", rules=self.rules())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_alert_is_tested_both_ways(self):
        cases = [case for test in tools.read_yaml((tools.HERE / "rules_test.yaml").read_text())[0]["tests"]
                 for case in test["alert_rule_test"]]
        names = {one["alert"] for one in tools.alerts()}
        self.assertEqual({case["alertname"] for case in cases if case["exp_alerts"]}, names)
        self.assertEqual({case["alertname"] for case in cases if not case["exp_alerts"]}, names)

    def test_an_alert_that_never_fires_or_always_does_would_be_noticed(self):
        names = {one["alert"] for one in tools.alerts()}
        for never_or_always in ("vector(1) > 2", "vector(1)"):
            wrong = self.rules()
            for rule in wrong["groups"][0]["rules"]:
                rule.update({"expr": never_or_always, "for": "0s"})
            done = self.promtool("test", "rules", "rules_test.yaml", rules=wrong)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(set(re.findall(r"alertname: (\w+)", done.stdout + done.stderr)), names)

    def test_each_alert_has_a_severity_and_a_section_in_the_documentation(self):
        sections = set(re.findall(r"^### (Kollect\w+)$", DOCS.read_text(), re.M))
        self.assertEqual(sections, {one["alert"] for one in tools.alerts()})
        for alert in tools.alerts():
            self.assertIn(alert["labels"]["severity"], ("critical", "warning", "info"))
            self.assertEqual(set(alert["annotations"]), {"summary", "description", "runbook_url"})
            # The page's own anchor for that heading.
            self.assertEqual(alert["annotations"]["runbook_url"], f"https://kollect.dev/docs/deploy.md#{alert['alert'].lower()}")


class DashboardTest(unittest.TestCase):
    def test_promtool_reads_its_queries(self):
        rules = [{"record": f"panel:{at}", "expr": query} for at, (_, query) in enumerate(tools.dashboard_queries())]
        self.assertGreater(len(rules), 20)
        done = RulesTest.promtool(self, "check", "rules", "rules.yaml", rules={"groups": [{"name": "a", "rules": rules}]})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_panels_have_a_place_of_their_own(self):
        taken, ids = set(), set()
        for panel in tools.dashboard()["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
            self.assertNotIn(panel["id"], ids)
            ids.add(panel["id"])
            self.assertEqual(panel["datasource"]["uid"], "${datasource}")
            self.assertEqual(len({one["refId"] for one in panel["targets"]}), len(panel["targets"]))

    def test_queries_are_of_the_chosen_namespace(self):
        for panel in tools.dashboard()["panels"]:
            for target in panel["targets"]:
                self.assertEqual(target["expr"].count("kollect_consumer_"), target["expr"].count('namespace=~"$namespace"'),
                                 target["expr"])

    def test_its_config_map_is_one_that_grafana_looks_for(self):
        config = only(tools.kustomize(DEPLOY / "overlays" / "sqlite"), "ConfigMap", "kollect-dashboard")
        self.assertEqual(config["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertEqual(json.loads(config["data"]["dashboard.json"]), tools.dashboard())


if __name__ == "__main__":
    unittest.main(verbosity=1)
