"""Real archives that lie beside the repository, and a plain reader of their layers.

Tests that need one are skipped where the archives are absent.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from tests.members import Member

_ROOT = Path(__file__).parents[2] / "shared" / "fixtures"


def shared_fixture(relative: str) -> Path:
    """The path of one archive; skips the test where it is absent."""
    path = _ROOT / relative
    if not path.exists():
        pytest.skip(f"no {path} here")
    return path


def decompressed(data: bytes) -> bytes:
    """Data without its gzip or zstd compression, told by the first bytes."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return zstd.decompress(data)
    return data


def layer_tars(path: Path) -> list[bytes]:
    """The uncompressed layers of an archive's first image, from the bottom up."""
    with tarfile.open(path) as archive:

        def content(name: str) -> bytes:
            stream = archive.extractfile(name)
            assert stream is not None
            return stream.read()

        def document(name: str) -> Any:
            return json.loads(content(name))

        def blob(descriptor: Any) -> str:
            return "blobs/" + str(descriptor["digest"]).replace(":", "/")

        if "manifest.json" in archive.getnames():
            layers = document("manifest.json")[0]["Layers"]
        else:
            top = document("index.json")["manifests"][0]
            layers = [blob(each) for each in document(blob(top))["layers"]]
        return [decompressed(content(name)) for name in layers]


def members_of(tar: bytes) -> list[Member]:
    """The members of a layer tar, as ``tarfile`` reads them."""
    members: list[Member] = []
    with tarfile.open(fileobj=io.BytesIO(tar), errors="surrogateescape") as archive:
        for info in archive:
            stream = archive.extractfile(info) if info.isfile() else None
            members.append(
                Member(
                    name=info.name.encode("utf-8", "surrogateescape"),
                    typeflag=b"0" if info.isfile() else info.type,
                    data=stream.read() if stream is not None else b"",
                    mode=info.mode,
                    uid=info.uid,
                    gid=info.gid,
                    mtime=int(info.mtime),
                    linkname=info.linkname.encode("utf-8", "surrogateescape"),
                    device=(info.devmajor, info.devminor),
                )
            )
    return members
