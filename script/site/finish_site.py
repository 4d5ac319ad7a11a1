"""Checks that no page of a version fetches anything from elsewhere, and writes the list that readers switch versions by.

    finish_site.py SITE VERSION
"""

import json
import pathlib
import re
import sys

FETCHED = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?https?:|<link\b[^>]*\bhref=["']?https?:|url\(["']?https?:""")
START = '<!doctype html><meta charset="utf-8"><title>Kollect</title><meta http-equiv="refresh" content="0; url={}/index.html">\n'


def fetched_from_elsewhere(folder):
    pages = (page for suffix in ("html", "css") for page in sorted(folder.rglob(f"*.{suffix}")))
    return [f"{page}: {found[0]}" for page in pages for found in FETCHED.finditer(page.read_text(encoding="utf-8"))]


def number(version):
    return [int(part) for part in version.split(".")]


def main():
    site, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    faults = fetched_from_elsewhere(site / version)
    if faults:
        sys.exit("\n".join(faults))
    versions = sorted((folder.name for folder in site.iterdir() if folder.is_dir()), key=number, reverse=True)
    entries = [{"version": name, "title": name, "aliases": []} for name in versions]
    (site / "versions.json").write_text(json.dumps(entries) + "\n", encoding="utf-8")
    (site / "index.html").write_text(START.format(versions[0]), encoding="utf-8")


if __name__ == "__main__":
    main()
