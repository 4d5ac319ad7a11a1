"""The Helm chart of reference-consumer/deploy: chart_test.py

It makes the objects that Kustomize makes of base and components, all of which fit their schemas; values that make no sense are refused."""

import copy
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import deploy_tools as tools
from deploy_tools import DEPLOY, only, run

CHART = DEPLOY / "chart"
HELM = pathlib.Path(subprocess.run([tools.REPOSITORY / "script" / "deploy-tools", "helm"], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.strip()) / "helm"
NATS_SINK = tools.read_yaml((DEPLOY / "components" / "nats" / "sink.yaml").read_text())[0]["spec"]


def values_for(components):
    """What a composition of components is in the chart's values."""
    out = {"store": "postgres" if "postgres" in components else "sqlite", "namespaceObject": True,
           "keda": {"enabled": any(one.startswith("keda") for one in components)}}
    out.update({name: True for name in ("monitoring", "tls", "maintenance") if name in components})
    if "nats" in components:
        out["sink"] = NATS_SINK
    return out


def helm(*words, values=None):
    with tempfile.TemporaryDirectory(prefix="kollect-chart-") as folder:
        file = pathlib.Path(folder, "values.json")
        file.write_text(json.dumps(values or {}))
        return run(HELM, *words, "--values", file, env={"HOME": folder, "PATH": "/usr/bin:/bin"})


def template(values):
    done = helm("template", "release", CHART, "--namespace", "kollect-portal", "--kube-version", "1.27.0", values=values)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return tools.read_yaml(done.stdout)


def sort_names(value):
    """Lists whose order says nothing, in one order."""
    if isinstance(value, dict):
        out = {key: sort_names(inner) for key, inner in value.items()}
        if "args" in out:
            out["args"] = sorted(out["args"])
        return out
    if isinstance(value, list):
        inner = [sort_names(one) for one in value]
        if inner and all(isinstance(one, dict) and "name" in one for one in inner):
            inner.sort(key=lambda one: one["name"])
        return inner
    return value


def comparable(documents):
    """By kind and name, without what only tells who made it."""
    out = {}
    for document in copy.deepcopy(documents):
        metadata = document["metadata"]
        metadata["name"] = re.sub(r"^(kollect-sink)-[a-z0-9]{10}$", r"\1", metadata["name"])
        # Kustomize labels only what its base has.
        labels = {name: value for name, value in metadata.pop("labels", {}).items()
                  if name not in ("app.kubernetes.io/part-of", "app.kubernetes.io/version", "app.kubernetes.io/managed-by")}
        metadata.update({"labels": labels} if labels else {})
        if metadata.get("annotations", {}).pop("helm.sh/resource-policy", None):
            del metadata["annotations"]
        if document["kind"] == "ConfigMap":
            document["data"] = {name: tools.read_yaml(text) for name, text in document["data"].items()}
        if document["kind"] == "Deployment":
            template = document["spec"]["template"]
            template["metadata"]["labels"].pop("app.kubernetes.io/managed-by", None)
            for volume in template["spec"]["volumes"]:
                if "configMap" in volume:
                    volume["configMap"]["name"] = "kollect-sink"
        if document["kind"] == "Namespace":
            metadata.pop("namespace", None)
        out[document["kind"], metadata["name"]] = sort_names(document)
    return out


class ChartTest(unittest.TestCase):
    maxDiff = None

    def test_helm_finds_nothing_wrong(self):
        for values in ({}, {"store": "postgres", "monitoring": True, "tls": True, "keda": {"enabled": True}}):
            done = helm("lint", "--strict", CHART, values=values)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("[WARNING]", done.stdout)

    def test_it_makes_the_objects_that_kustomize_makes(self):
        for name, components in tools.COMPOSITIONS.items():
            with self.subTest(name):
                ours, theirs = comparable(template(values_for(components))), comparable(tools.everything()[name])
                self.assertEqual(set(ours), set(theirs))
                for which in theirs:
                    self.assertEqual(ours[which], theirs[which], which)

    def test_every_object_fits_its_schema(self):
        for components in tools.COMPOSITIONS.values():
            for document in template(values_for(components)):
                tools.validate(document)
        everything = {"image": {"repository": "images.example.com/kollect", "tag": "1", "pullPolicy": "Always"}, "args": ["--max-delete-percent=50"],
                      "imagePullSecrets": [{"name": "pull"}], "sqlite": {"size": "1Gi", "storageClass": "fast"},
                      "networkPolicy": {"egressPorts": [19092]}, "resources": {"limits": {"memory": "2Gi"}}}
        documents = template(everything)
        for document in documents:
            tools.validate(document)
        container = tools.container_of(documents)
        self.assertEqual(container["image"], "images.example.com/kollect:1")
        self.assertIn("--max-delete-percent=50", container["args"])
        self.assertEqual(only(documents, "PersistentVolumeClaim")["spec"]["storageClassName"], "fast")
        ports = {one["port"] for rule in only(documents, "NetworkPolicy")["spec"]["egress"] for one in rule["ports"]}
        self.assertEqual(ports, {53, 19092})
        self.assertEqual([one["kind"] for one in template({"networkPolicy": {"enabled": False}}) if one["kind"] == "NetworkPolicy"], [])

    def test_a_changed_sink_replaces_the_pods(self):
        name = lambda documents: only(documents, "ConfigMap")["metadata"]["name"]
        self.assertNotEqual(name(template({})), name(template({"sink": {"kafka": {"topic": "other"}}})))
        self.assertEqual(name(template({})), name(template({"tls": True})))

    def test_runbooks_may_lie_elsewhere(self):
        rules = json.dumps(only(template({"monitoring": True, "runbooks": "https://wiki.example.com/kollect"}), "PrometheusRule"))
        self.assertIn("https://wiki.example.com/kollect#kollectbehind", rules)
        self.assertNotIn("kollect.dev/docs", rules)

    def test_the_store_outlives_the_release(self):
        self.assertEqual(only(template({}), "PersistentVolumeClaim")["metadata"]["annotations"], {"helm.sh/resource-policy": "keep"})

    def test_values_that_make_no_sense_are_refused(self):
        for wrong in ({"store": "mysql"}, {"replica": 2}, {"sink": {"type": "amqp"}}, {"sink": {"type": "nats"}}, {"keda": {"enabled": True}},
                      {"args": ["run"]}, {"sqlite": {"size": "10"}}, {"networkPolicy": {"egressPorts": [0]}}, {"tls": "yes"}):
            done = helm("template", "release", CHART, values=wrong)
            self.assertNotEqual(done.returncode, 0, wrong)
            self.assertIn("values don't meet the specifications of the schema", done.stderr, wrong)

    def test_the_values_in_the_documentation_make_an_installation(self):
        example, = [one for one in re.findall(r"```yaml\n(.*?)```", tools.DOCS.read_text(), re.S) if one.startswith("image:")]
        documents = template(tools.read_yaml(example)[0])
        for document in documents:
            tools.validate(document)
        self.assertIn("--max-delete-percent=50", tools.container_of(documents)["args"])

    def test_the_chart_is_of_this_version(self):
        chart = tools.read_yaml((CHART / "Chart.yaml").read_text())[0]
        version = ".".join(re.findall(r"^#define KOLLECT_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$",
                                      (tools.REPOSITORY / "include/kollect/version.hpp").read_text(), re.M))
        self.assertEqual((chart["version"], chart["appVersion"]), (version, version))


if __name__ == "__main__":
    unittest.main(verbosity=1)
