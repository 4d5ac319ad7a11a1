#!/usr/bin/env python3
"""Writes a folder as an OCI image archive: write_image.py ROOT ARCHIVE VERSION

One layer, owned by root; the same files give the same bytes. The archive is an OCI image layout in a tar, as podman load, skopeo and
containerd take it."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import platform
import sys
import tarfile
import time

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def plain(info):
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = EPOCH
    return info


def layer_of(root):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, arcname=str(path.relative_to(root)), recursive=False, filter=plain)
    return out.getvalue()


class Layout:
    """What goes into the archive, by its path."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def add(self, media_type, data, **more):
        """A blob; the answer is what names it."""
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data), **more}

    def write(self, path):
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            for name in sorted(self.files):
                info = tarfile.TarInfo(name)
                info.size = len(self.files[name])
                archive.addfile(plain(info), io.BytesIO(self.files[name]))


def encode(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def main():
    root, archive, version = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))
    layer = layer_of(root)
    labels = {"org.opencontainers.image.title": "kollect-consumer", "org.opencontainers.image.version": version,
              "org.opencontainers.image.licenses": "MIT"}
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()), "os": "linux", "created": created,
        "config": {"User": "65532:65532", "Entrypoint": ["/usr/bin/kollect-consumer"], "ExposedPorts": {"8080/tcp": {}},
                   "Env": ["PATH=/usr/bin"], "WorkingDir": "/", "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": created, "created_by": "script/image"}],
    }
    layout = Layout()
    oci = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2, "mediaType": f"{oci}.manifest.v1+json", "annotations": labels,
        "config": layout.add(f"{oci}.config.v1+json", encode(config)),
        "layers": [layout.add(f"{oci}.layer.v1.tar+gzip", gzip.compress(layer, 9, mtime=0))],
    }
    named = layout.add(f"{oci}.manifest.v1+json", encode(manifest), annotations={"org.opencontainers.image.ref.name": version},
                       platform={"architecture": config["architecture"], "os": "linux"})
    layout.files["index.json"] = encode({"schemaVersion": 2, "mediaType": f"{oci}.index.v1+json", "manifests": [named]})
    layout.write(archive)


if __name__ == "__main__":
    main()
