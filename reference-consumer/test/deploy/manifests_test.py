"""What reference-consumer/deploy says, without a server: manifests_test.py CONSUMER VERSION

Kubernetes' schemas, what one document says of another, and docs/deploy.md. Rules and dashboard are in
monitoring_test.py, unit and image in unit_and_image_test.py, and what the program makes of all that in running_test.py.
"""

import copy
import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

import deploy_tools as tools
from deploy_tools import (DEPLOY, DOCS, REPOSITORY, TOOLS, USER, container_of, flags_of, help_of_run, maybe, only, pod_of, run,
                          sink_files)

CONSUMER, VERSION = sys.argv[1:3]


class Built(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.built = tools.everything()
        cls.flags, cls.variables = help_of_run(CONSUMER)

    where = ""

    def _formatMessage(self, message, standard):
        return super()._formatMessage(message, f"{self.where}: {standard}" if self.where else standard)

    def each(self, kind="Deployment"):
        """Every composition that has such a document."""
        found = [one for one in self.built.items() if any(document["kind"] == kind for document in one[1])]
        self.assertTrue(found, kind)
        for self.where, documents in found:
            yield self.where, documents
        self.where = ""


class SchemaTest(Built):
    def test_every_document_fits_its_schema(self):
        kinds = set()
        for documents in self.built.values():
            for document in documents:
                tools.validate(document)
                kinds.add(document["kind"])
        self.assertEqual(kinds, {"ConfigMap", "Deployment", "Namespace", "NetworkPolicy", "PersistentVolumeClaim",
                                 "PodDisruptionBudget", "PrometheusRule", "ScaledObject", "Service", "ServiceAccount",
                                 "ServiceMonitor"})

    def test_a_wrong_field_of_any_kind_is_noticed(self):
        tried = {}
        for documents in self.built.values():
            for document in documents:
                tried[document["kind"]] = document
        for kind, document in tried.items():
            places = [document]
            for key in ("metadata", "spec"):
                if isinstance(document.get(key), dict):
                    places.append(document[key])
            for at in range(len(places)):
                wrong = copy.deepcopy(document)
                [wrong, wrong.get("metadata"), wrong.get("spec")][at]["noSuchField"] = 1
                with self.subTest(f"{kind}, place {at}"), self.assertRaises(tools.Invalid):
                    tools.validate(wrong)

    def test_wrong_fields_deep_down_are_noticed(self):
        documents = self.built["postgres with all"]
        wrong = {
            "a probe": ("Deployment", lambda it: it["spec"]["template"]["spec"]["containers"][0]["livenessProbe"].update(path="/")),
            "a type": ("Deployment", lambda it: it["spec"]["template"]["spec"].update(terminationGracePeriodSeconds="45")),
            "a rule": ("PrometheusRule", lambda it: it["spec"]["groups"][0]["rules"][0].update(expression="1")),
            "an endpoint": ("ServiceMonitor", lambda it: it["spec"]["endpoints"][0].update(url="/metrics")),
            "a trigger": ("ScaledObject", lambda it: it["spec"]["triggers"][0].update(lagThreshold="1")),
            "a number of replicas": ("ScaledObject", lambda it: it["spec"].update(maxReplicaCount="4")),
            "a budget": ("PodDisruptionBudget", lambda it: it["spec"].update(unhealthyPodEvictionPolicy=1)),
            "a port": ("NetworkPolicy", lambda it: it["spec"]["ingress"][0]["ports"][0].update(proto="TCP")),
        }
        for name, (kind, spoil) in wrong.items():
            document = copy.deepcopy(only(documents, kind))
            tools.validate(document)
            spoil(document)
            with self.subTest(name), self.assertRaises(tools.Invalid):
                tools.validate(document)

    def test_a_kind_without_a_schema_is_refused(self):
        with self.assertRaises(tools.Invalid):
            tools.validate({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}})
        with self.assertRaises(tools.Invalid):
            tools.validate({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a"}})

    def test_a_key_that_is_there_twice_is_refused(self):
        with self.assertRaises(tools.yaml.YAMLError):
            tools.read_yaml("a: 1\na: 2\n")

    def test_files_of_the_folder_are_all_in_use(self):
        """A file that no kustomization names is one that nobody would miss."""
        for kustomization in DEPLOY.glob("**/kustomization.yaml"):
            text = kustomization.read_text()
            for path in kustomization.parent.iterdir():
                if path.is_file() and path != kustomization:
                    self.assertIn(path.name, text, kustomization)
        used = "".join(path.read_text() for path in DEPLOY.glob("overlays/*/kustomization.yaml"))
        used += " ".join(f"components/{one}" for components in tools.COMPOSITIONS.values() for one in components)
        for component in (DEPLOY / "components").iterdir():
            self.assertIn(f"components/{component.name}", used)


class PodTest(Built):
    def test_it_has_no_rights(self):
        for _, documents in self.each():
            pod, container = pod_of(documents), container_of(documents)
            self.assertEqual(pod["securityContext"], {
                "runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER,
                "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"}})
            self.assertEqual(container["securityContext"], {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
            self.assertIs(pod["automountServiceAccountToken"], False)
            self.assertIs(pod["enableServiceLinks"], False)
            account = only(documents, "ServiceAccount")
            self.assertEqual(pod["serviceAccountName"], account["metadata"]["name"])
            self.assertIs(account["automountServiceAccountToken"], False)
            for key in ("hostNetwork", "hostPID", "hostIPC", "initContainers", "shareProcessNamespace"):
                self.assertNotIn(key, pod)
            self.assertFalse([one for one in pod["volumes"] if "hostPath" in one])
            self.assertIn("memory", container["resources"]["limits"])
            labels = only(documents, "Namespace")["metadata"]["labels"]
            self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")

    def test_secrets_are_read_by_the_program_alone(self):
        for _, documents in self.each():
            for volume in pod_of(documents)["volumes"]:
                if "secret" in volume:
                    self.assertEqual(volume["secret"]["defaultMode"], 0o440, volume["name"])
            text = json.dumps(only(documents, "Deployment"))
            self.assertNotIn("subPath", text)  # a file mounted so never changes
            self.assertFalse([one for one in documents if one["kind"] == "Secret"])

    def test_mounts_and_volumes_match(self):
        for _, documents in self.each():
            pod, container = pod_of(documents), container_of(documents)
            self.assertEqual(sorted(one["name"] for one in pod["volumes"]),
                             sorted(one["name"] for one in container["volumeMounts"]))
            paths = [one["mountPath"] for one in container["volumeMounts"]]
            self.assertEqual(len(paths), len(set(paths)))
            for volume in pod["volumes"]:
                if "configMap" in volume:
                    only(documents, "ConfigMap", volume["configMap"]["name"])
                if "persistentVolumeClaim" in volume:
                    only(documents, "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
            writable = {one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")}
            self.assertLessEqual(writable, {"/tmp", "/var/lib/kollect"})

    def test_flags_and_variables_are_ones_that_the_program_has(self):
        for name, documents in self.each():
            container = container_of(documents)
            variables = {one["name"] for one in container["env"]}
            self.assertLessEqual(variables, self.variables)
            self.assertEqual(container["args"][0], "run")
            self.assertLessEqual({word.split("=")[0] for word in container["args"][1:]}, self.flags)
            if name != "base":
                self.assertIn("KOLLECT_STORE", variables)

    def test_flags_name_files_that_are_mounted(self):
        for _, documents in self.each():
            container = container_of(documents)
            mounts = [one["mountPath"] for one in container["volumeMounts"]]
            named = [one["value"] for one in container["env"] if "value" in one] + container["args"]
            for text in named:
                for path in re.findall(r"/(?:etc|var)/[\w./-]+", text):
                    self.assertTrue(any(pathlib.PurePath(path).is_relative_to(mount) for mount in mounts), path)

    def test_who_listens_for_others_asks_for_a_token(self):
        for _, documents in self.each():
            args = container_of(documents)["args"]
            if any(word.startswith("--listen=0.0.0.0:") for word in args):
                file = [word.split("=")[1] for word in args if word.startswith("--token-file=")]
                self.assertEqual(len(file), 1)
                mount = [one for one in container_of(documents)["volumeMounts"]
                         if pathlib.PurePath(file[0]).parent == pathlib.PurePath(one["mountPath"])]
                volume = [one for one in pod_of(documents)["volumes"] if one["name"] == mount[0]["name"]]
                self.assertNotIn("optional", volume[0]["secret"])

    def test_it_has_time_to_end(self):
        drain = int(flags_of(CONSUMER, "run")["--drain-timeout"][0].removesuffix("s"))
        for _, documents in self.each():
            container = container_of(documents)
            if "command" in container:
                continue
            pause = 0
            if "lifecycle" in container:
                program, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
                self.assertTrue(os.access(program, os.X_OK), program)
                pause = int(seconds)
            self.assertGreaterEqual(pod_of(documents)["terminationGracePeriodSeconds"], pause + drain + 5)

    def test_liveness_is_more_patient_than_readiness(self):
        for _, documents in self.each():
            container = container_of(documents)
            if "command" in container:
                continue
            alive, ready = container["livenessProbe"], container["readinessProbe"]
            self.assertEqual(alive["httpGet"]["path"], "/healthz")
            self.assertEqual(container["startupProbe"]["httpGet"], alive["httpGet"])
            self.assertEqual(ready["httpGet"]["path"], "/readyz")
            self.assertEqual(alive["httpGet"].get("scheme", "HTTP"), ready["httpGet"].get("scheme", "HTTP"))
            self.assertGreater(alive["periodSeconds"] * alive["failureThreshold"], 45)
            self.assertLessEqual(ready["periodSeconds"] * ready["failureThreshold"], 10)

    def test_the_image_is_of_this_version(self):
        self.assertEqual(run(CONSUMER, "--version").stdout.split("\n")[0], f"kollect-consumer {VERSION}")
        for _, documents in self.each():
            self.assertEqual(container_of(documents)["image"], f"kollect-consumer:{VERSION}")
            self.assertEqual(only(documents, "Deployment")["spec"]["template"]["metadata"]["labels"]
                             ["app.kubernetes.io/version"], VERSION)

    def test_a_changed_sink_replaces_the_pods(self):
        before = {one["name"]: one for one in pod_of(self.built["overlay sqlite"])["volumes"]}["sink"]
        after = {one["name"]: one for one in pod_of(self.built["sqlite and NATS"])["volumes"]}["sink"]
        self.assertRegex(before["configMap"]["name"], r"^kollect-sink-[a-z0-9]{10}$")
        self.assertNotEqual(before, after)


class TogetherTest(Built):
    def test_ports_are_the_ones_that_the_program_listens_on(self):
        for _, documents in self.each():
            container = container_of(documents)
            ports = {one["name"]: one["containerPort"] for one in container["ports"]}
            self.assertIn(f"--listen=0.0.0.0:{ports['http']}", container["args"])
            if "command" not in container:
                for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                    self.assertIn(container[probe]["httpGet"]["port"], ports)
            for one in only(documents, "Service")["spec"]["ports"]:
                self.assertIn(one["targetPort"], ports)
            for rule in only(documents, "NetworkPolicy")["spec"]["ingress"]:
                self.assertTrue(rule["from"])
                self.assertEqual([one["port"] for one in rule["ports"]], list(ports))

    def test_selectors_find_the_pods(self):
        for _, documents in self.each():
            deployment = only(documents, "Deployment")
            labels = deployment["spec"]["template"]["metadata"]["labels"]
            service = only(documents, "Service")
            selectors = [deployment["spec"]["selector"]["matchLabels"], service["spec"]["selector"],
                         only(documents, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]]
            if budget := maybe(documents, "PodDisruptionBudget"):
                selectors.append(budget["spec"]["selector"]["matchLabels"])
            for one in pod_of(documents).get("topologySpreadConstraints", []):
                selectors.append(one["labelSelector"]["matchLabels"])
            for selector in selectors:
                self.assertTrue(selector)
                self.assertLessEqual(selector.items(), labels.items())
            if monitor := maybe(documents, "ServiceMonitor"):
                self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), service["metadata"]["labels"].items())
                self.assertEqual([one["port"] for one in monitor["spec"]["endpoints"]],
                                 [one["name"] for one in service["spec"]["ports"]])
                scheme = container_of(documents).get("livenessProbe", {"httpGet": {}})["httpGet"].get("scheme", "HTTP")
                self.assertEqual(monitor["spec"]["endpoints"][0]["scheme"], scheme.lower())

    def test_all_are_in_one_namespace(self):
        for _, documents in self.each():
            name = only(documents, "Namespace")["metadata"]["name"]
            for document in documents:
                if document["kind"] != "Namespace":
                    self.assertEqual(document["metadata"]["namespace"], name, document["kind"])

    def test_sqlite_has_one_replica_that_goes_before_the_next_comes(self):
        for _, documents in self.each("PersistentVolumeClaim"):
            spec = only(documents, "Deployment")["spec"]
            self.assertEqual(spec["replicas"], 1)
            self.assertEqual(spec["strategy"], {"type": "Recreate"})
            self.assertEqual(only(documents, "PersistentVolumeClaim")["spec"]["accessModes"], ["ReadWriteOnce"])
            self.assertIsNone(maybe(documents, "PodDisruptionBudget"))
            self.assertIsNone(maybe(documents, "ScaledObject"))
            self.assertIn("--instance-id=kollect-consumer", container_of(documents)["args"])

    def test_postgresql_has_several(self):
        for _, documents in self.each("PodDisruptionBudget"):
            spec = only(documents, "Deployment")["spec"]
            self.assertEqual(spec["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0})
            scaled = maybe(documents, "ScaledObject")
            self.assertEqual(spec.get("replicas"), None if scaled else 2)
            self.assertEqual(only(documents, "PodDisruptionBudget")["spec"]["maxUnavailable"], 1)
            # A static member that never comes back keeps its partitions.
            self.assertFalse([word for word in container_of(documents)["args"] if "instance-id" in word])

    def test_traffic_goes_out_to_what_there_is_alone(self):
        def ports(documents):
            return {one["port"] for rule in only(documents, "NetworkPolicy")["spec"]["egress"] for one in rule["ports"]}
        self.assertEqual(ports(self.built["overlay sqlite"]), {53, 9092, 9093})
        self.assertEqual(ports(self.built["overlay postgres"]), {53, 9092, 9093, 5432})
        self.assertEqual(ports(self.built["sqlite and NATS"]), {53, 4222})
        self.assertEqual(ports(self.built["postgres and NATS"]), {53, 4222, 5432})

    def test_keda_asks_for_the_lag_of_this_group(self):
        group = flags_of(CONSUMER, "run")["--group"][0]
        for _, documents in self.each("ScaledObject"):
            spec = only(documents, "ScaledObject")["spec"]
            self.assertEqual(spec["scaleTargetRef"]["name"], only(documents, "Deployment")["metadata"]["name"])
            trigger, = spec["triggers"]
            sink = tools.read_yaml(sink_files(documents)["sink.yaml"])[0]["spec"]
            told = trigger["metadata"]
            if trigger["type"] == "kafka":
                self.assertEqual(told["bootstrapServers"].split(","), sink["kafka"]["brokers"])
                self.assertEqual(told["topic"], sink["kafka"]["topic"])
                self.assertEqual(told["consumerGroup"], group)
                self.assertEqual(told["offsetResetPolicy"], "earliest")
            else:
                self.assertEqual(trigger["type"], "nats-jetstream")
                self.assertEqual((told["stream"], told["consumer"]), (sink["nats"]["stream"], group))
            source = (TOOLS / "scalers" / f"{trigger['type'].replace('-', '_')}_scaler.go").read_text()
            known = dict(re.findall(r'keda:"name=(\w+),\s*([^"]*)"', source))
            self.assertLessEqual(set(told), set(known), "settings that the trigger does not know")
            needed = {name for name, rest in known.items()
                      if "triggerMetadata" in rest and "optional" not in rest and "default=" not in rest}
            self.assertLessEqual(needed, set(told), "settings that the trigger needs")
            self.assertTrue(all(isinstance(value, str) for value in told.values()))

    def test_the_sinks_are_ones_that_the_program_takes(self):
        for name in ("overlay sqlite", "sqlite and NATS"):
            sink = sink_files(self.built[name])["sink.yaml"]
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "sink.yaml")
                path.write_text(sink)
                done = run(CONSUMER, "run", "--manifest", path, "--store", "sqlite:/nowhere/state.db")
                # It gets as far as the store, for which there is no folder.
                self.assertEqual(done.returncode, 73, done.stderr)
                path.write_text(sink.replace("spec:", "spek:"))
                self.assertEqual(run(CONSUMER, "run", "--manifest", path, "--store", "sqlite:/nowhere/state.db").returncode, 78)


class DocumentationTest(Built):
    def test_it_tells_of_every_secret(self):
        text = DOCS.read_text()
        for _, documents in self.each():
            named = {volume["secret"]["secretName"] for volume in pod_of(documents)["volumes"] if "secret" in volume}
            named |= {one["valueFrom"]["secretKeyRef"]["name"] for one in container_of(documents)["env"] if "valueFrom" in one}
            for name in named:
                self.assertRegex(text, rf"create secret (generic|tls) {name}\b")

    def test_its_labels_are_those_of_the_network_policy(self):
        asked = only(self.built["base"], "NetworkPolicy")["spec"]["ingress"][0]["from"]
        for one in asked:
            for key, value in one["namespaceSelector"]["matchLabels"].items():
                self.assertIn(f"{key}={value}", DOCS.read_text())

    def test_its_overlay_can_be_built(self):
        example, = [one for one in re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.S) if "kind: Kustomization" in one]
        documents = tools.compose([], example)
        at_rest = tools.compose([], example.replace("components:\n", "components:\n  - ../../components/maintenance\n"))
        for document in documents + at_rest:
            tools.validate(document)
        container = container_of(documents)
        self.assertEqual(container_of(at_rest)["command"], ["/bin/sh", "-c", "exec sleep infinity"])
        self.assertNotIn("livenessProbe", container_of(at_rest))
        self.assertNotEqual(container["image"], f"kollect-consumer:{VERSION}")
        self.assertLessEqual({word.split("=")[0] for word in container["args"][1:]}, self.flags)
        self.assertEqual(sink_files(documents)["sink.yaml"], (REPOSITORY / "docs" / "examples" / "kafka-sink.yaml").read_text())

    def test_it_is_found_from_the_start(self):
        self.assertIn("(docs/deploy.md)", (REPOSITORY / "README.md").read_text())

    def test_its_paths_and_flags_exist(self):
        text = DOCS.read_text()
        for path in re.findall(r"reference-consumer/deploy/[\w./-]*\w", text):
            self.assertTrue((REPOSITORY / path).exists() or path.endswith("overlays/own"), path)
        for component in re.findall(r"`components/([\w-]+)`", text):
            self.assertTrue((DEPLOY / "components" / component).is_dir(), component)
        known = set(self.flags)
        known |= set(re.findall(r"--[a-z-]+", run(CONSUMER, "manual", "markdown").stdout))
        for flag in re.findall(r"`(--[a-z][a-z-]+)", text):
            self.assertIn(flag, known)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
