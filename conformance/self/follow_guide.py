#!/usr/bin/env python3
"""Follows a guide in docs/ command for command, in an empty folder, and fails at the first that does not end with 0.

  follow_guide.py GUIDE MANIFEST BIN FILE...

The guide's block that begins with `apiVersion:` becomes the file MANIFEST, the FILEs are copied beside it, and the
programs in BIN are on PATH."""
import os, pathlib, re, shutil, subprocess, sys, tempfile

PROGRAMS = ("kollect-conformance ", "kollect-producer ", "kollect-consumer ", "echo ")

def blocks(text):
    """The indented blocks, each without its indentation."""
    block = []
    for line in text.split("\n") + ["end"]:
        if line.startswith("    "):
            block.append(line)
        elif line.strip() or not block:
            if block:
                depth = min(len(one) - len(one.lstrip()) for one in block if one.strip())
                yield [one[depth:] for one in block]
            block = []
        else:
            block.append(line)

def main():
    guide, manifest, programs = sys.argv[1:4]
    found = list(blocks(pathlib.Path(guide).read_text()))
    commands = [line for block in found for line in block if line.startswith(PROGRAMS)]
    if not commands:
        sys.exit(guide + " has no commands")
    environment = dict(os.environ, PATH=programs + os.pathsep + os.environ["PATH"])
    with tempfile.TemporaryDirectory() as folder:
        for path in sys.argv[4:]:
            shutil.copy(path, folder)
        for block in found:
            if block[0].startswith("apiVersion:"):
                pathlib.Path(folder, manifest).write_text("\n".join(block) + "\n")
        for command in commands:
            print("$ " + command, flush=True)
            done = subprocess.run(re.split(r"\s+# ", command)[0], shell=True, cwd=folder, env=environment, timeout=600)
            if done.returncode != 0:
                sys.exit("%s: this command ended with %d" % (guide, done.returncode))

main()
