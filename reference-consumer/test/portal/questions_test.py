"""The questions of docs/questions.md against answers that are worked out here: questions_test.py PRODUCER CONSUMER QUESTIONS

Each request is sent as it stands in the page. What must come back is computed from the rows that were published, without a
line of the consumer's.
"""

import collections
import pathlib
import random
import re
import sys

from fleet_under_test import Fleet, row, wait_until

CLUSTERS = ["prod-west", "prod-east", "staging"]
NAMESPACES = ["shop", "search", "ops"]


def workload(draw, namespace, kind, name):
    team = draw.choice(["shop", "search", "ops", None])
    labels = {"app": name} | ({"team": team} if team else {})
    images = [draw.choice(["nginx:1.25", "registry.example/nginx:1.26", "redis:7", "api:3"]) for _ in range(draw.choice([1, 2]))]
    owner = draw.choice(["checkout", "billing", None])
    attributes = {
        "metadata": {
            "annotations": {"note": draw.choice(["plain", "before the Migration", ""])},
            "labels": labels,
            **({"ownerReferences": [{"kind": "Application", "name": owner, "uid": f"uid-{owner}"}]} if owner else {})},
        "spec": {"replicas": draw.randrange(5), "template": {"spec": {"containers": [{"image": one} for one in images]}}}}
    return row(name, kind, namespace, attributes=attributes)


def make_fleet(draw):
    """Rows by cluster and namespace."""
    out = {}
    for cluster in CLUSTERS:
        for namespace in NAMESPACES:
            names = draw.sample(["checkout", "cart", "redis", "api", "worker", "web"], 4)
            rows = [workload(draw, namespace, kind, name) for name in names
                    for kind in ("Deployment", "StatefulSet") if kind == "Deployment" or draw.random() < 0.3]
            rows.append(row("settings", "ConfigMap", namespace, attributes={"data": {"redis": "host"}}))
            out[cluster, namespace] = rows
    checkout = workload(draw, "shop", "Deployment", "checkout")
    out["prod-west", "shop"] = [one for one in out["prod-west", "shop"] if one["uid"] != checkout["uid"]] + [checkout]
    return out


def change_fleet(draw, fleet):
    """What the fleet is later: some rows gone, some changed, some new."""
    out = {}
    for (cluster, namespace), rows in fleet.items():
        kept = [one for one in rows if one["name"] == "checkout" or draw.random() < 0.8]
        out[cluster, namespace] = [workload(draw, namespace, one["kind"], one["name"])
                                   if one["kind"] != "ConfigMap" and draw.random() < 0.4 else one for one in kept]
        if all(one["name"] != "new" for one in rows) and draw.random() < 0.6:
            out[cluster, namespace].append(workload(draw, namespace, "Deployment", "new"))
    changed = workload(draw, "shop", "Deployment", "checkout")
    changed["attributes"]["spec"]["replicas"] = 17
    out["prod-west", "shop"] = [changed if one["uid"] == changed["uid"] else one for one in out["prod-west", "shop"]]
    return out


def all_rows(fleet):
    return [(cluster, one) for (cluster, _), rows in fleet.items() for one in rows]


def images(one):
    return [of["image"] for of in one["attributes"].get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])]


def labels(one):
    return one["attributes"].get("metadata", {}).get("labels", {})


def replicas(one):
    return one["attributes"].get("spec", {}).get("replicas")


def texts(value):
    """All scalars within a value, as texts."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [str(value)]


def has_words(one, words):
    found = [text.lower() for text in [one["name"], one["namespace"], one["kind"], one["targetName"], *texts(one["attributes"])]]
    return all(any(word in text for text in found) for word in words)


def rows_of(answer):
    return sorted(tuple(map(str, one.values())) for one in answer["items"])


def pick(rows, wanted, *columns):
    """What a question with these columns answers."""
    take = {"cluster": lambda cluster, one: cluster, "replicas": lambda cluster, one: replicas(one)}
    return sorted(tuple(str(take.get(column, lambda _, of, key=column: of[key])(cluster, one)) for column in columns)
                  for cluster, one in rows if wanted(cluster, one))


def facets_of(answer):
    return {one["by"]: ({value["value"]: value["count"] for value in one["values"]}, one["missing"]) for one in answer["facets"]}


def counts(rows, values_of):
    found = [set(values_of(cluster, one)) for cluster, one in rows]
    return dict(collections.Counter(value for values in found for value in values)), sum(not values for values in found)


def changes_between(before, after, wanted):
    """added, changed and removed rows by cluster and uid."""
    left = {(cluster, one["uid"]): one for cluster, one in before if wanted(one)}
    right = {(cluster, one["uid"]): one for cluster, one in after if wanted(one)}
    out = [("removed", *key) for key in left if key not in right]
    out += [("added", *key) for key in right if key not in left]
    return sorted(out + [("changed", *key) for key in left if key in right and left[key] != right[key]])


def expected_answers(earlier, later):
    """For each question what it must answer, and how to read that from the answer."""
    now, then = all_rows(later), all_rows(earlier)
    deployments = changes_between(then, now, lambda one: one["kind"] == "Deployment")
    few = sorted((replicas(one), one["name"], cluster) for cluster, one in now
                 if cluster.startswith("prod-") and one["kind"] == "Deployment" and replicas(one) < 2)

    def told(answer, name):
        return sorted((one["kind"], one[name]["cluster"] if name == "source" else one["cluster"],
                       (one["after"] or one["before"])["uid"])
                      for one in answer if one["kind"] != "snapshot")

    return [
        (pick(now, lambda _, one: one["kind"] == "Deployment" and any("nginx" in image for image in images(one)),
              "cluster", "namespace", "name"), rows_of),
        (pick(now, lambda _, one: labels(one).get("team") in ("shop", "search"), "cluster", "kind", "namespace", "name"), rows_of),
        (pick(now, lambda _, one: any(of["kind"] == "Application" and of["name"] == "checkout" for of in
                                      one["attributes"].get("metadata", {}).get("ownerReferences", [])),
              "cluster", "kind", "name"), rows_of),
        (pick(now, lambda _, one: has_words(one, ["redis", "migration"]), "cluster", "name"), rows_of),
        (["added", "changed"], lambda answer: [one["kind"] for one in answer["versions"]]),
        (counts(now, lambda _, one: images(one)),
         lambda answer: facets_of(answer)["attr.spec.template.spec.containers.*.image"]),
        ({"cluster": counts(now, lambda cluster, _: [cluster]), "kind": counts(now, lambda _, one: [one["kind"]])}, facets_of),
        (pick(now, lambda _, one: "team" not in labels(one) and one["kind"] != "ConfigMap", "cluster", "kind", "name"), rows_of),
        (few, lambda answer: [(one["attr.spec.replicas"], one["name"], one["cluster"]) for one in answer["items"]]),
        (deployments, lambda answer: told(answer["changes"], "source")),
        (changes_between(then, now, lambda one: one["namespace"] == "shop"), lambda answer: told(answer["items"], "cluster")),
        (pick(then, lambda _, one: one["namespace"] == "shop", "cluster", "kind", "name", "replicas"), rows_of),
    ]


def publish(fleet, rows):
    for (cluster, namespace), some in rows.items():
        fleet.publish(cluster, namespace, some)


def settle(fleet, rows):
    """Waits until the fleet has these rows, and answers the time by which it had."""
    wanted = sorted((cluster, one["uid"], str(replicas(one))) for cluster, one in all_rows(rows))

    def is_there():
        answer = fleet.get("/v1alpha1/items?limit=5000&fields=cluster,uid,attr.spec.replicas")
        return wanted == sorted((one["cluster"], one["uid"], str(one["attr.spec.replicas"])) for one in answer["items"])

    if not wait_until(is_there, 60):
        sys.exit("the rows do not arrive")
    return fleet.get("/v1alpha1/status")["now"]


def main():
    producer, consumer, page = sys.argv[1:4]
    requests = re.findall(r"^    GET (\S+)$", pathlib.Path(page).read_text(), re.MULTILINE)
    draw = random.Random(20260115)
    earlier = make_fleet(draw)
    later = change_fleet(draw, earlier)
    answers = expected_answers(earlier, later)
    if len(requests) != len(answers):
        sys.exit(f"{len(requests)} questions, and {len(answers)} answers")
    fleet = Fleet(producer, consumer)
    failures = 0
    try:
        publish(fleet, earlier)
        times = {"$EARLIER": settle(fleet, earlier)}
        publish(fleet, later)
        times["$LATER"] = settle(fleet, later)
        for number, (request, (expected, read)) in enumerate(zip(requests, answers), 1):
            for name, value in times.items():
                request = request.replace(name, value)
            found = read(fleet.get(request))
            if not expected or found != expected:
                failures += 1
                print(f"question {number}: {request}\n  expected {expected}\n  found    {found}")
    finally:
        fleet.close()
    print(f"{len(requests)} questions, {failures} answered wrongly")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
