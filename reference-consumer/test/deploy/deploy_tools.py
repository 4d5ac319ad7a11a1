"""What the tests of reference-consumer/deploy share: the tools, the overlays as kustomize makes them, their schemas."""

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
DEPLOY = REPOSITORY / "reference-consumer" / "deploy"
DOCS = REPOSITORY / "docs" / "deploy.md"


def find_tools():
    """The folder of script/deploy-tools; the program goes on with the Python that is in it."""
    done = subprocess.run([REPOSITORY / "script" / "deploy-tools"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("script/deploy-tools failed: see its messages above")
    folder = pathlib.Path(done.stdout.strip())
    python = folder / "python" / "bin" / "python3"
    if pathlib.Path(sys.prefix) != folder / "python":
        os.execv(python, [str(python), *sys.argv])
    return folder


TOOLS = find_tools()

import importlib_resources  # noqa: E402  only the Python of the tools has these
import json  # noqa: E402
import jsonschema  # noqa: E402
import kubernetes_validate  # noqa: E402
import yaml  # noqa: E402

# It would read megabytes of definitions for each document.
kubernetes_validate.utils.schema_contents = functools.lru_cache(kubernetes_validate.utils.schema_contents)

# The oldest and the newest Kubernetes that all of this is for.
KUBERNETES = ("1.27", "1.37")

# What there may be, by the components beside the base.
COMPOSITIONS = {
    "sqlite and NATS": ["sqlite", "nats", "monitoring"],
    "sqlite, NATS and TLS": ["sqlite", "nats", "monitoring", "tls"],
    "sqlite alone": ["sqlite"],
    "sqlite at rest": ["sqlite", "monitoring", "maintenance"],
    "postgres and NATS": ["postgres", "nats", "monitoring", "keda-nats"],
    "postgres alone": ["postgres"],
    "postgres with all": ["postgres", "monitoring", "keda-kafka", "tls"],
}


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice, as Kubernetes does."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name} is there twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def read_yaml(text):
    return [one for one in yaml.load_all(text, Loader=StrictLoader) if one is not None]


def kustomize(folder):
    done = subprocess.run([TOOLS / "bin" / "kustomize", "build", folder], capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        raise RuntimeError(f"kustomize build {folder}: {done.stderr}")
    return read_yaml(done.stdout)


def compose(components, kustomization=None):
    """What an overlay of its own would make of the base and these components."""
    with tempfile.TemporaryDirectory(prefix="kollect-deploy-") as folder:
        shutil.copytree(DEPLOY, f"{folder}/deploy")
        overlay = pathlib.Path(folder, "deploy", "overlays", "own")
        overlay.mkdir()
        written = kustomization or {
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": "kollect-portal",
            "resources": ["../../base"], "components": [f"../../components/{one}" for one in components]}
        (overlay / "kustomization.yaml").write_text(written if isinstance(written, str) else yaml.safe_dump(written))
        if kustomization:
            shutil.copy(REPOSITORY / "docs" / "examples" / "kafka-sink.yaml", overlay / "sink.yaml")
        return kustomize(overlay)


@functools.lru_cache
def everything():
    """All that is built, by name."""
    out = {"base": kustomize(DEPLOY / "base")}
    for overlay in sorted((DEPLOY / "overlays").iterdir()):
        out[f"overlay {overlay.name}"] = kustomize(overlay)
    for name, components in COMPOSITIONS.items():
        out[name] = compose(components)
    return out


def only(documents, kind, name=None):
    """The one document of a kind, or of a kind and name."""
    found = [one for one in documents if one["kind"] == kind and (name is None or one["metadata"]["name"] == name)]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} documents are {kind} {name or ''}")
    return found[0]


def maybe(documents, kind):
    return only(documents, kind) if any(one["kind"] == kind for one in documents) else None


def close(schema):
    """The same schema, with unknown fields refused wherever Kubernetes would drop them."""
    if isinstance(schema, list):
        return [close(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: ({name: close(one) for name, one in value.items()} if key == "properties" else close(value))
           for key, value in schema.items()}
    if out.get("x-kubernetes-int-or-string"):
        out.pop("type", None)
    if "properties" in out and "additionalProperties" not in out and not out.get("x-kubernetes-preserve-unknown-fields"):
        out["additionalProperties"] = False
    return out


def read_custom_schemas():
    out = {}
    for path in (TOOLS / "crds").iterdir():
        definition = yaml.safe_load(path.read_text())
        for version in definition["spec"]["versions"]:
            if not version["served"]:
                continue
            schema = version["schema"]["openAPIV3Schema"]
            # Kubernetes itself knows these three, so definitions leave them open.
            schema["properties"].update(apiVersion={"type": "string"}, kind={"type": "string"}, metadata={
                "type": "object", "additionalProperties": False, "required": ["name"], "properties": {
                    "name": {"type": "string"}, "namespace": {"type": "string"},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "annotations": {"type": "object", "additionalProperties": {"type": "string"}}}})
            out[f"{definition['spec']['group']}/{version['name']}", definition["spec"]["names"]["kind"]] = close(schema)
    return out


CUSTOM_SCHEMAS = read_custom_schemas()


class Invalid(Exception):
    pass


def validate(document):
    """Against the schema of its kind, strictly; raises Invalid, also where there is no schema."""
    kind = document.get("apiVersion"), document.get("kind")
    name = f"{kind[1]} {document.get('metadata', {}).get('name')}"
    if kind in CUSTOM_SCHEMAS:
        problems = list(jsonschema.Draft7Validator(CUSTOM_SCHEMAS[kind]).iter_errors(document))
        if problems:
            raise Invalid(f"{name}: {'/'.join(map(str, problems[0].path))}: {problems[0].message}")
        return
    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as problem:
            raise Invalid(f"{name} in Kubernetes {version}: {'/'.join(map(str, problem.path))}: {problem.message}")
        except kubernetes_validate.SchemaNotFoundError:
            raise Invalid(f"{name}: there is no schema for {kind[0]} {kind[1]} in Kubernetes {version}")


def sink_files(documents):
    """The files of the ConfigMap with the sink, by name: sink.yaml."""
    found, = [one["data"] for one in documents if one["kind"] == "ConfigMap" and "sink.yaml" in one["data"]]
    return found


def pod_of(documents):
    return only(documents, "Deployment")["spec"]["template"]["spec"]


def container_of(documents):
    found = pod_of(documents)["containers"]
    if len(found) != 1:
        raise AssertionError(f"the pod has {len(found)} containers")
    return found[0]


def dashboard():
    return json.loads((DEPLOY / "components" / "monitoring" / "dashboard.json").read_text())


def dashboard_queries():
    """Every query of the dashboard, as Prometheus is asked it."""
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m").replace("$namespace", ".*")


def alerts():
    rules = read_yaml((DEPLOY / "components" / "monitoring" / "prometheus-rule.yaml").read_text())[0]
    return [rule for group in rules["spec"]["groups"] for rule in group["rules"]]


# The user that the image and the pod run as.
USER = 65532


def run(*words, **how):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, **how)


@functools.lru_cache
def flags_of(consumer, command):
    """The flags of a command by name, each with its default and its variable, as its manual has them."""
    text = run(consumer, "manual", "markdown").stdout
    section = text.split(f"## kollect-consumer {command}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(?:-\w, )?(--[a-z-]+)[^`]*` \| (?:`(.*?)`)? ?\| (?:`(.*?)`)? ?\|", section, re.M)
    return {name: (default, variable) for name, default, variable in rows}


def help_of_run(consumer):
    """The flags of `kollect-consumer run`, and the variables they can be given as."""
    flags, of_program = flags_of(consumer, "run"), flags_of_program(consumer)
    return set(flags) | set(of_program), {variable for _, variable in flags.values()} | set(of_program.values())


@functools.lru_cache
def flags_of_program(consumer):
    """Those of every command, with their variables."""
    text = run(consumer, "manual", "markdown").stdout.split("\n## kollect-consumer run")[0]
    return dict(re.findall(r"^\| `(?:-\w, )?(--[a-z-]+)[^`]*` \| (?:`.*?`)? ?\| `(.*?)` \|", text, re.M))
