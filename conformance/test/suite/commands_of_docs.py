"""Runs the commands of pages of docs as they are printed, broker, port and place of the programs apart.

    with-server kafka commands_of_docs.py REPOSITORY FOLDER_OF_PROGRAMS [PAGE...]

Each indented line of a page is a command and must end with 0, and a fence `text` right after it is what the last one must print. One that
stays runs until the page says Ctrl-C, or ends. A command that is not run is named in NOT_RUN with the reason and how often that may be so: a new line
of a page is run, or somebody has said why not.
"""

import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "servers"))
from children import free_port, wait_until  # noqa: E402

PAGES = ["tutorial.md", "quickstart.md", "conformance.md", "consumer.md", "producer.md",  # the last one ends with poison on the topic
         "install.md", "deploy.md"]
BEFORE = "kollect-producer export --manifest sink.yaml --namespace team-a --inventory first items.json"
# Part of a command: how many commands have it, and why they are not run.
NOT_RUN = {
    "script/demo": (1, "builds the release programs: CI's first step does"),
    "cmake --preset release": (1, "builds the release programs: the programs of this build are taken"),
    "-- kollect-producer testee": (1, "drives for minutes: the tests conformance.kafka_… do"),
    "-- kollect-consumer testee": (1, "drives for minutes: the tests conformance.consumer_… do"),
    "kollect-conformance diff": (1, "needs two runs: conformance_program_test has it"),
    "--manifest inventory.yaml": (1, "needs PostgreSQL: producer_postgresql_test has it"),
    "postgresql://": (1, "names a server of nobody's"),
    "podman ": (2, "needs a container engine"),
    "helm install": (1, "needs a cluster: the tests deploy… render and check what it would apply"),
    "kubectl ": (10, "needs a cluster: the tests deploy… check the objects"),
    "systemd-sysusers": (1, "adds a user to this machine: packages_test does, in a tree of its own"),
    "-g kollect": (2, "needs that user: packages_test looks at the folder"),
    "systemctl ": (1, "needs systemd as init"),
    "sudo -u kollect": (1, "needs that user and its store: packages_test reads the store as that user"),
}
STAYS = re.compile(r" run (?!.*--until-end)|--follow")
PIECES = re.compile(r"`(?P<file>[\w./-]+)`:\n\n```\w+\n(?P<content>.*?)^```|^```.*?^```|(?P<end>^Press Ctrl-C)|"
                    r"(?P<commands>(?:^    [^\n]*\n)+)(?:\n```text\n(?P<output>.*?)^```)?", re.DOTALL | re.MULTILINE)
PROJECT = "cmake_minimum_required(VERSION 3.25)\nproject(mine LANGUAGES CXX)\nadd_executable(my_program main.cpp)\n"
ITEM = """[{"targetNamespace":"team-a","targetName":"all","namespace":"team-a","name":"web","group":"apps","version":"v1",
"kind":"Deployment","uid":"1","attributes":{"replicas":2}}]"""


def commands_of(block):
    """The lines of an indented block, with what a backslash continues and without remarks."""
    lines = [re.sub(r"\s+", " ", line).strip() for line in block.replace("\\\n", "").splitlines()]
    return [re.sub(r" # .*", "", line) for line in lines]


def pattern_of(output):
    """Finds what a page shows as printed: `…` is any text of a line, and columns may be of other widths."""
    lines = [r"[^\n]*".join(map(re.escape, line.split("…"))) for line in output.strip().splitlines()]
    return re.compile(re.sub(r"(\\ )+", r"\\s+", "\n".join(lines)))


class Reader:
    """Follows pages in a folder of its own, with one broker for all."""

    def __init__(self, repository, folder, brokers):
        self.repository, self.folder, self.brokers, self.port = repository, folder, brokers, free_port()
        self.not_run = collections.Counter()
        self.stay = []

    def here(self, text):
        """A command or file with this test's broker, port and programs, and with folders of ours for those of the system."""
        return (text.replace("127.0.0.1:9092", self.brokers).replace("build/release/bin/", "")
                .replace("--listen :8080", f"--listen 127.0.0.1:{self.port}").replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
                .replace("…/kollect/", f"{self.folder}/kollect/")
                .replace(" /usr/", f" {self.folder}/root/usr/").replace(" /etc/", f" {self.folder}/root/etc/"))

    def run(self, command, output=None):
        """A command that shows something may look before it is there."""
        def is_done():
            done = subprocess.run(["sh", "-c", self.here(command)], cwd=self.folder, timeout=200, check=False, text=True, stdout=subprocess.PIPE)
            print(done.stdout[-400:], flush=True)
            if done.returncode:
                sys.exit(f"exit code {done.returncode} of: {command}")
            return output is None or pattern_of(output).search(done.stdout)
        if not wait_until(is_done, every=0.5):
            sys.exit(f"does not print what the page shows: {command}\n{output}")

    def begin(self, command):
        written = open(self.folder / f"written-{len(self.stay)}", "w+", encoding="utf-8")
        child = subprocess.Popen(["sh", "-c", f"exec {self.here(command)}"], cwd=self.folder, stdout=written, stderr=subprocess.STDOUT)
        self.stay.append((command, child, written))

    def end_those_that_stay(self):
        for command, child, written in self.stay:
            wait_until(lambda: os.fstat(written.fileno()).st_size or child.poll() is not None)
            child.send_signal(signal.SIGINT)
            code = child.wait(60)
            written.seek(0)
            text = written.read()
            written.close()
            print(f"{command}\n{text[-1500:]}", flush=True)
            if code or not text:
                sys.exit(f"exit code {code} and {len(text)} bytes of: {command}")
        self.stay = []

    def do(self, command, output=None):
        reasons = [part for part in NOT_RUN if part in command]
        if reasons:
            self.not_run[reasons[0]] += 1
            print(f"$ {command} # not run: {NOT_RUN[reasons[0]][1]}", flush=True)
            return
        print(f"$ {command}", flush=True)
        self.begin(command) if STAYS.search(command) else self.run(command, output)

    def follow(self, page):
        print(f"== {page.name}", flush=True)
        pieces = list(PIECES.finditer(page.read_text(encoding="utf-8")))
        if not any(piece["commands"] for piece in pieces):
            sys.exit(f"{page} has no commands: is its form another one?")
        for piece in pieces:
            if piece["file"]:
                (self.folder / piece["file"]).parent.mkdir(exist_ok=True)
                (self.folder / piece["file"]).write_text(self.here(piece["content"]), encoding="utf-8")
            if piece["end"]:
                self.end_those_that_stay()
            *first, last = commands_of(piece["commands"]) if piece["commands"] else [None]
            for command in first:
                self.do(command)
            if last:
                self.do(last, piece["output"])
        self.end_those_that_stay()


def prepare(reader, programs):
    """What the pages take for granted beside the files that they show."""
    repository, folder = reader.repository, reader.folder
    # Something on the topic.
    page = (repository / "docs/quickstart.md").read_text(encoding="utf-8")
    (folder / "sink.yaml").write_text(reader.here(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1]), encoding="utf-8")
    (folder / "items.json").write_text(ITEM, encoding="utf-8")
    reader.run(BEFORE)
    # Installing: a copy of the repository, and a project that uses it.
    (folder / "kollect").mkdir()
    for name in ("CMakeLists.txt", "LICENSE", "include"):
        (folder / "kollect" / name).symlink_to(repository / name)
    page = (repository / "docs/install.md").read_text(encoding="utf-8")
    (folder / "CMakeLists.txt").write_text(PROJECT + re.search(r"```cmake\n(find_package.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    (folder / "main.cpp").symlink_to(repository / "docs/examples/read_snapshots.cpp")
    os.environ.update(HOME=f"{folder}/home", PKG_CONFIG_PATH=f"{folder}/home/kollect/lib/pkgconfig")
    # Deploying.
    (folder / "reference-consumer").symlink_to(repository / "reference-consumer")
    (folder / "kollect-consumer").symlink_to(programs / "kollect-consumer")
    for name in ("usr/bin", "usr/lib/sysusers.d", "etc/systemd/system"):
        (folder / "root" / name).mkdir(parents=True)


def main():
    repository, programs = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    pages = sys.argv[3:] or PAGES
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as name:
        reader = Reader(repository, pathlib.Path(name), os.environ.pop("KOLLECT_BROKERS"))
        prepare(reader, programs)
        for page in pages:
            reader.follow(repository / "docs" / page)
    wrong = [part for part, (times, _) in NOT_RUN.items() if reader.not_run[part] != times]
    if pages is PAGES and wrong:
        sys.exit("NOT_RUN names them, and the pages have more or fewer of them: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
