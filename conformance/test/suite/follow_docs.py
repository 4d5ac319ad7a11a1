"""Follows a page of docs command for command: each indented line of a list's item is run, and must end with 0.

    follow_docs.py PAGE FOLDER_OF_PROGRAMS [MANIFEST FILE...]

The page's block that begins with `apiVersion:` becomes the file MANIFEST, and each FILE is copied beside it.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def commands_of(page):
    """The lines that a reader copies: indented under an item, after an empty line."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.startswith("       ") and line.strip()]


def write_manifest(page, file):
    """What a reader copies into a file: the block that begins with `apiVersion:`."""
    lines = page.read_text(encoding="utf-8").splitlines()
    begin = next(index for index, line in enumerate(lines) if line.startswith("    apiVersion:"))
    end = next(index for index in range(begin, len(lines)) if not lines[index].startswith("    "))
    file.write_text("".join(line[4:] + "\n" for line in lines[begin:end]), encoding="utf-8")


def main():
    page, programs = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    repository = page.parent.parent
    commands = commands_of(page)
    if len(commands) < 5:
        sys.exit(f"{page} has {len(commands)} commands: is its form another one?")
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        # The reader's repository, but for what the commands leave behind.
        for name in ("conformance", "docs"):
            os.symlink(repository / name, pathlib.Path(folder) / name)
        if len(sys.argv) > 3:
            write_manifest(page, pathlib.Path(folder, sys.argv[3]))
        for file in sys.argv[4:]:
            shutil.copy(file, folder)
        for command in commands:
            print("$", command, flush=True)
            done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, timeout=200, check=False)
            if done.returncode != 0:
                sys.exit(f"{page.name}: exit code {done.returncode} of: {command}")


if __name__ == "__main__":
    main()
