"""schemathesis against the API's description: api_description_test.py PRODUCER CONSUMER OPENAPI VENV

Streams never end, so schemathesis cannot ask for them, and it cannot make cursors, which are signed: both are left to
consumer_read_api_test.
"""

import pathlib
import subprocess
import sys
import urllib.request
import venv

from fleet_under_test import Fleet, row, wait_until

SCHEMATHESIS = "schemathesis==4.32.5"
TOKEN = "a-token-for-this-test-alone"
STREAMS = ["/v1alpha1/changes", "/v1alpha1/inventory/watch"]


def tool(folder):
    """Installs schemathesis once, into a virtual environment in the build folder."""
    program = folder / "bin" / "schemathesis"
    mark = folder / SCHEMATHESIS
    if not mark.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS],
                       check=True)
        mark.touch()
    return str(program)


def main():
    producer, consumer, description, folder = sys.argv[1:5]
    program = tool(pathlib.Path(folder))
    token_file = pathlib.Path(folder) / "token"
    token_file.write_text(TOKEN)
    admin_file = pathlib.Path(folder) / "admin-token"
    admin_file.write_text(f"another-{TOKEN}")  # what changes the store is asked for with the one that only reads
    fleet = Fleet(producer, consumer, ["--token-file", str(token_file), "--admin-token-file", str(admin_file)])
    try:
        served = urllib.request.urlopen(f"{fleet.url}/openapi.yaml", timeout=10).read()
        if served != pathlib.Path(description).read_bytes():
            sys.exit("/openapi.yaml is not the file in docs/schema")
        for cluster in ("prod-west", "prod-east"):
            fleet.publish(cluster, "team-a", [row(f"row-{one}", kind) for one in range(30)
                                              for kind in ("Deployment", "Service")])
        asked = urllib.request.Request(f"{fleet.url}/v1alpha1/clusters", headers={"Authorization": f"Bearer {TOKEN}"})
        if not wait_until(lambda: b"prod-east" in urllib.request.urlopen(asked, timeout=10).read()):
            sys.exit("the rows do not arrive")
        settings = fleet.folder / "schemathesis.toml"
        # A time before the store began is answered with 410, and no schema tells that `to` is not before `from`.
        settings.write_text('[parameters]\n"query.cursor" = ""\n"query.to" = ""\n[checks]\n'
                            'positive_data_acceptance.expected-statuses = ["2xx", "304", "401", "403", "404", "410"]\n')
        words = [program, "--config-file", str(settings), "run", f"{fleet.url}/openapi.yaml", "--url", fleet.url, "--checks", "all",
                 "--header", f"Authorization: Bearer {TOKEN}", "--phases", "examples,coverage,fuzzing", "--max-examples",
                 "40", "--seed", "20260115", "--request-timeout", "30", "--continue-on-failure", "--no-color",
                 "--suppress-health-check", "filter_too_much"]
        for path in STREAMS:
            words += ["--exclude-path", path]
        done = subprocess.run(words, cwd=fleet.folder, timeout=400)
        sys.exit(done.returncode)
    finally:
        fleet.close()


if __name__ == "__main__":
    main()
