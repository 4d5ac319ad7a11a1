#!/usr/bin/env python3
"""Writes what an image was made of and by what: write_provenance.py ARCHIVE SUITE PACKAGE... >FILE

An in-toto statement with SLSA's provenance, version 1, about the image's manifest and the archive that holds it. It is not signed:
whoever releases it signs, such as with cosign attest.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tarfile


def digest_of(data):
    return {"sha256": hashlib.sha256(data).hexdigest()}


def git(*words):
    return subprocess.run(["git", *words], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def image_of(archive):
    """The manifest's digest, as registries name the image."""
    with tarfile.open(archive) as layout:
        index = json.load(layout.extractfile("index.json"))
    algorithm, _, digest = index["manifests"][0]["digest"].partition(":")
    return {algorithm: digest}


def statement(archive, suite, packages):
    # The remote's address is left out: it may hold a token.
    commit = {"name": "kollect", "digest": {"gitCommit": git("rev-parse", "HEAD")}}
    if git("status", "--porcelain", "--untracked-files=no"):
        commit["annotations"] = {"changed": True}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "kollect-consumer", "digest": image_of(archive)},
                    {"name": archive.name, "digest": digest_of(archive.read_bytes())}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://kollect.dev/build/script-image/v1",
                "externalParameters": {"debian": suite},
                "internalParameters": {"SOURCE_DATE_EPOCH": os.environ["SOURCE_DATE_EPOCH"]},
                "resolvedDependencies": [commit] + [{"name": package.name, "digest": digest_of(package.read_bytes())}
                                                    for package in packages],
            },
            "runDetails": {"builder": {"id": os.environ.get("KOLLECT_BUILDER", "https://kollect.dev/build/script-image/local")}},
        },
    }


def main():
    archive, suite, *packages = sys.argv[1:]
    print(json.dumps(statement(pathlib.Path(archive), suite, [pathlib.Path(package) for package in packages]), indent=1))


if __name__ == "__main__":
    main()
