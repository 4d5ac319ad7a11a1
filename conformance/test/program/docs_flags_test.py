#!/usr/bin/env python3
"""Docs know the flags that the programs have: docs/flags holds what each program prints of itself, and no other page
names a flag that does not exist, or that the command before it does not have. With --write it mends docs/flags."""

import argparse
import pathlib
import re
import subprocess
import sys

PROGRAMS = ("kollect-consumer", "kollect-producer", "kollect-conformance")

# Flags of other programs that docs name too.
OTHERS = {
    "--build", "--cflags", "--component", "--create-namespace", "--from-file", "--install", "--libs", "--minutes", "--now", "--once", "--prefix",
    "--preset", "--retry", "--retry-connrefused", "--retry-delay", "--rm", "--schema", "--target", "--from-literal", "--values",
}
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


def print_page(programs, name):
    return subprocess.run([programs / name, "manual", "markdown"], check=True, capture_output=True, text=True).stdout


def flags_of_commands(page):
    """The flags of each command, by its name without the program's: "" is the program itself."""
    commands = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        name = section.splitlines()[0]
        commands[name.partition(" ")[2]] = set(FLAG.findall("\n".join(
            line for line in section.splitlines() if line.startswith("| `"))))
    for flags in commands.values():
        flags |= {"--help"} | commands[""]
    return commands


def command_lines(text):
    """What stands behind a program's name, up to where its command line ends."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for found in re.finditer(r"(kollect-(?:consumer|producer|conformance)) ([^`|\n]*)", joined):
        yield found.group(1), re.split(r" -- | \| | && |; |#", found.group(2))[0]


def check_page(name, text, known, tables):
    faults = [f"{name}: there is no flag {flag}" for flag in FLAG.findall(text) if flag not in known | OTHERS]
    for program, line in command_lines(text):
        words = line.split()
        command = next((" ".join(words[:count]) for count in (2, 1) if " ".join(words[:count]) in tables[program]), "")
        faults += [f"{name}: {program} {command} has no flag {flag}"
                   for flag in FLAG.findall(line) if flag in known and flag not in tables[program][command]]
    return faults


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--programs", type=pathlib.Path, required=True)
    asked.add_argument("--repository", type=pathlib.Path, required=True)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    docs = options.repository / "docs"
    faults, known, tables = [], set(), {}
    for program in PROGRAMS:
        page, file = print_page(options.programs, program), docs / "flags" / f"{program}.md"
        if options.write:
            file.parent.mkdir(exist_ok=True)
            file.write_text(page)
        elif not file.exists() or file.read_text() != page:
            faults.append(f"{file} is not what {program} manual markdown prints: "
                          f"conformance/test/program/docs_flags_test.py --write mends it")
        tables[program] = flags_of_commands(page)
        known |= set().union(*tables[program].values())
    pages = [*docs.glob("*.md"), *docs.glob("adr/*.md"), options.repository / "README.md",
             options.repository / "reference-consumer/deploy/README.md"]
    for page in pages:
        faults += check_page(page.relative_to(options.repository), page.read_text(), known, tables)
    print("\n".join(faults) or f"{len(known)} flags, {len(pages)} pages")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
