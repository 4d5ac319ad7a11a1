"""Runs the commands of the programs' pages as they are printed, broker, port and place of the programs apart.

    with-server kafka commands_of_docs.py REPOSITORY FOLDER_OF_PROGRAMS

Each line that is indented as code and calls one of the programs, or pipes into one, must end with 0. One that is not run is
named in NOT_RUN with the reason, so a new line of a page is run, or somebody has said why not.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "servers"))
from children import wait_until  # noqa: E402

PAGES = ["quickstart.md", "conformance.md", "consumer.md", "producer.md"]  # producer.md ends with poison on the topic
BEFORE = "kollect-producer export --manifest sink.yaml --namespace team-a --inventory first items.json"
NOT_RUN = {
    "-- kollect-producer testee": "drives for minutes: the tests conformance.kafka_… do",
    "-- kollect-consumer testee": "drives for minutes: the tests conformance.consumer_… do",
    "kollect-conformance diff": "needs two runs: conformance_program_test has it",
    "--manifest inventory.yaml": "needs PostgreSQL: producer_postgresql_test has it",
    "postgresql://": "names a server of nobody's",
}
STAYS = re.compile(r" run (?!.*--until-end)|--follow")
ITEM = """[{"targetNamespace":"team-a","targetName":"all","namespace":"team-a","name":"web","group":"apps","version":"v1",
"kind":"Deployment","uid":"1","attributes":{"replicas":2}}]"""


def commands_of(page):
    """Its indented lines that call a program, with what a backslash continues."""
    text = page.read_text(encoding="utf-8").replace("\\\n", "")
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.startswith("    ")]
    return [line.split(" # ")[0] for line in lines if re.search(r"(^|\| )\S*kollect-(producer|consumer|conformance) ", line)]


def write_files(repository, folder, brokers):
    page = (repository / "docs/quickstart.md").read_text(encoding="utf-8")
    manifest = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1]
    (folder / "sink.yaml").write_text(manifest.replace("127.0.0.1:9092", brokers), encoding="utf-8")
    (folder / "items.json").write_text(ITEM, encoding="utf-8")


def here(command, brokers):
    """The command with this test's broker, its programs, and a port that the system chooses."""
    return (command.replace("127.0.0.1:9092", brokers).replace("build/release/bin/", "")
            .replace("--listen :8080", "--listen 127.0.0.1:0"))


def run(command, folder):
    done = subprocess.run(["sh", "-c", command], cwd=folder, timeout=120, check=False, text=True, stdout=subprocess.PIPE)
    print(done.stdout[-400:])
    return done.returncode


def run_until_it_works(command, folder):
    """One that stays: until it has written something, then SIGTERM."""
    with open(folder / "written", "w+", encoding="utf-8") as written, subprocess.Popen(
            ["sh", "-c", f"exec {command}"], cwd=folder, stdout=written, stderr=subprocess.STDOUT) as child:
        wait_until(lambda: os.fstat(written.fileno()).st_size or child.poll() is not None)
        child.send_signal(signal.SIGTERM)
        code = child.wait(60)
        written.seek(0)
        print(written.read()[-400:])
        return code if os.fstat(written.fileno()).st_size else 1


def main():
    repository, programs = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    brokers = os.environ.pop("KOLLECT_BROKERS")
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_files(repository, folder, brokers)
        run(BEFORE, folder)
        for page in PAGES:
            commands = commands_of(repository / "docs" / page)
            if not commands:
                sys.exit(f"{page} has no commands: is its form another one?")
            for command in commands:
                reasons = [why for part, why in NOT_RUN.items() if part in command]
                print(f"{page} $ {command}", f"not run: {reasons[0]}" if reasons else "", flush=True)
                code = 0 if reasons else (run_until_it_works if STAYS.search(command) else run)(here(command, brokers), folder)
                if code:
                    sys.exit(f"{page}: exit code {code} of: {command}")


if __name__ == "__main__":
    main()
