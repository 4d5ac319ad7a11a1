#!/usr/bin/env python3
"""Takes out of a Debian tree what kollect-consumer needs: root_files.py TREE ROOT SBOM

The program, the libraries that it loads, sh and sleep (which the pods' hooks call), certificates, and names of users. SBOM is an SPDX document of
the packages that these come from."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

PROGRAMS = ("/usr/bin/kollect-consumer", "/usr/bin/dash", "/usr/bin/sleep")
OTHERS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/openssl.cnf", "/etc/nsswitch.conf")
USER = 65532


def run_in(tree, *words):
    return subprocess.run(["chroot", tree, *words], capture_output=True, text=True, check=True).stdout


def libraries_of(tree, program):
    """What the loader maps, the loader itself included; by name where it looks for them."""
    for line in run_in(tree, "ldd", program).splitlines():
        if found := re.search(r"(?:=> )?(/\S+) \(0x", line):
            yield found.group(1)


def resolved(tree, path):
    """Where a file is once links are followed, as seen from within the tree."""
    return run_in(tree, "realpath", path).strip()


def package_of(tree, path):
    for name in (path, path.removeprefix("/usr"), "/usr" + path):
        done = subprocess.run(["chroot", tree, "dpkg-query", "-S", name], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    return None


def copy(tree, root, path):
    target = pathlib.Path(str(root) + path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(str(tree) + resolved(tree, path), target)


def write_names(root):
    for path, text in {
        "etc/passwd": f"root:x:0:0:root:/:/usr/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/:/usr/sbin/nologin\n",
        "etc/group": f"root:x:0:\nnonroot:x:{USER}:\n",
        "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def spdx(tree, packages):
    """SPDX 2.3: one entry a package of Debian."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    release = re.search(r"VERSION_CODENAME=(\w+)", (tree / "etc/os-release").read_text()).group(1)
    entries = []
    for name in sorted(packages):
        version, architecture = run_in(tree, "dpkg-query", "-W", "-f", "${Version} ${Architecture}", name).split()
        entries.append({
            "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro={release}"}]})
    version = next(one["versionInfo"] for one in entries if one["name"] == "kollect-consumer")
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"kollect-consumer-{version}",
            "documentNamespace": f"https://kollect.dev/sbom/kollect-consumer-{version}",
            "creationInfo": {"created": created, "creators": ["Tool: kollect-script-image"]}, "packages": entries,
            "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                               "relatedSpdxElement": "SPDXRef-kollect-consumer"}] +
                             [{"spdxElementId": "SPDXRef-kollect-consumer", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": one["SPDXID"]}
                              for one in entries if one["name"] != "kollect-consumer"]}


def main():
    tree, root, sbom = (pathlib.Path(word) for word in sys.argv[1:4])
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("tmp", "etc/kollect", "var/lib/kollect", "proc", "dev", "sys", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin"):
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    packages = {"ca-certificates"}
    for program in PROGRAMS:
        copy(tree, root, program)
        for library in [*libraries_of(tree, program), program]:
            copy(tree, root, library)
            packages.add(package_of(tree, resolved(tree, library)))
    (root / "usr/bin/sh").symlink_to("dash")
    for path in OTHERS:
        if (pathlib.Path(str(tree) + path)).exists():
            copy(tree, root, path)
    copy(tree, root, "/etc/os-release")
    # Where OpenSSL looks.
    (root / "usr/lib/ssl").mkdir()
    (root / "usr/lib/ssl/cert.pem").symlink_to("/etc/ssl/certs/ca-certificates.crt")
    packages.discard(None)
    for name in packages:
        copy(tree, root, f"/usr/share/doc/{name}/copyright")
    write_names(root)
    sbom.write_text(json.dumps(spdx(tree, packages), indent=1) + "\n")
    shutil.copy(sbom, root / "usr/share/doc/kollect-consumer/sbom.spdx.json")


if __name__ == "__main__":
    main()
