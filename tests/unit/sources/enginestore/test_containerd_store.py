"""Images in containerd's content store, found by the list that ctr gives."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from layerlens.errors import (
    DigestError,
    ImageError,
    NotAnImageError,
    SourceError,
    UnfitStoreError,
)
from layerlens.image.digest import Digest
from layerlens.image.manifest import parse_platform
from layerlens.sources.enginestore import containerd_store
from layerlens.sources.enginestore.containerd_store import Containerd, configured, open_containerd
from layerlens.sources.enginestore.content_store import (
    content_store_image,
    diff_ids_in,
    docker_content_roots,
)
from layerlens.sources.image import Image, ReadOptions
from tests import members as m
from tests.archives import Image as Written
from tests.archives import gzipped, sha256
from tests.unit.layers.reading import columns, streamed

TARS = (m.layer(m.file("a", b"one")), m.layer(m.file("b", b"two"), m.whiteout("a")))
WRITTEN = Written(TARS)
HEAD = "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"


@dataclass
class Root:
    """A root of containerd, and what its ctr lists for each namespace."""

    path: Path
    lists: dict[str, list[str]] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    def add(self, written: Written, *names: str, namespace: str = "default", **how: object) -> str:
        """Put an image's blobs in; gives the digest of what its names lead to."""
        files = written.oci_files(**how)  # type: ignore[arg-type]
        for name, data in files.items():
            if name.startswith("blobs/"):
                self.blob(name.rpartition("/")[2]).parent.mkdir(parents=True, exist_ok=True)
                self.blob(name.rpartition("/")[2]).write_bytes(data)
        digest = _target(files["index.json"])
        lines = self.lists.setdefault(namespace, [])
        lines += [f"{name} application/json {digest} 1.2 MiB linux/amd64 -" for name in names]
        return digest

    def blob(self, hexa: str) -> Path:
        return self.path / "io.containerd.content.v1.content" / "blobs" / "sha256" / hexa

    def run(self, command: Sequence[str]) -> str:
        self.asked.append(list(command))
        return HEAD + "".join(line + " \n" for line in self.lists.get(command[4], []))

    @property
    def containerd(self) -> Containerd:
        return Containerd(address="/run/x.sock", roots=(str(self.path),))

    def open(self, name: str, options: ReadOptions | None = None) -> Image:
        return open_containerd(
            name, options or ReadOptions(), containerd=self.containerd, run=self.run
        )


def _target(index: bytes) -> str:
    return str(json.loads(index)["manifests"][0]["digest"])


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "containerd")


def tables(image: Image) -> list[dict[str, object]]:
    try:
        return [columns(read.table) for read in image.read(ReadOptions())]
    finally:
        image.close()


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_the_layers_are_read_from_the_blobs(compression: str, root: Root) -> None:
    digest = root.add(WRITTEN, "docker.io/library/app:1", compression=compression)
    image = root.open("app:1")
    assert image.source == "containerd"
    assert image.tags == ("docker.io/library/app:1",)
    assert str(image.digest) == digest
    assert image.id is not None
    assert image.id.hex == WRITTEN.id
    assert tables(image) == [columns(streamed(tar).table) for tar in TARS]
    assert root.asked == [
        ["ctr", "--address", "/run/x.sock", "--namespace", "default", "images", "list"]
    ]


def test_an_index_with_attestations_and_platforms(root: Root) -> None:
    root.add(WRITTEN, "app:1", compression="gzip", platforms=("linux/arm64",), attestations=True)
    for text in ("linux/amd64", "linux/arm64"):
        image = root.open("app:1", ReadOptions(platform=parse_platform(text)))
        assert str(image.config.platform) == text
        assert image.attestation_bytes > 0
        image.close()
    with pytest.raises(SourceError, match="no image for linux/s390x"):
        root.open("app:1", ReadOptions(platform=parse_platform("linux/s390x")))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("docker.io/library/app:latest", True),
        ("app", True),
        ("app:latest", True),
        ("library/app", True),
        ("app:2", False),
        ("ghcr.io/library/app", False),
        ("ap", False),
    ],
)
def test_names_are_completed_as_docker_does(name: str, found: bool, root: Root) -> None:
    root.add(WRITTEN, "docker.io/library/app:latest")
    if found:
        root.open(name).close()
    else:
        with pytest.raises(SourceError, match=r"no image .* namespaces default, k8s\.io, moby"):
            root.open(name)


def test_a_name_as_it_is_written_goes_first(root: Root) -> None:
    root.add(WRITTEN, "docker.io/library/app:latest")
    other = root.add(Written(TARS[:1]), "app")
    image = root.open("app")
    assert str(image.digest) == other
    image.close()


def test_digests(root: Root) -> None:
    digest = root.add(WRITTEN, "docker.io/library/app:1")
    for name in (digest, f"app@{digest}", f"app:1@{digest}", f"docker.io/library/app@{digest}"):
        image = root.open(name)
        assert str(image.digest) == digest
        image.close()
    with pytest.raises(SourceError, match="no image"):
        root.open(f"other@{digest}")
    with pytest.raises(SourceError, match="is not in the content store"):
        root.open("sha256:" + "0" * 64)


def test_namespaces_are_looked_through_in_order(root: Root) -> None:
    root.add(WRITTEN, "app:1", namespace="moby")
    pod = root.add(Written(TARS[:1]), "app:1", namespace="k8s.io")
    image = root.open("app:1")
    assert str(image.digest) == pod
    assert [command[4] for command in root.asked] == ["default", "k8s.io"]
    image.close()


def test_other_images_are_candidates_for_the_base(root: Root) -> None:
    root.add(Written(TARS[:1]), "docker.io/library/base:1")
    broken = root.add(Written((TARS[1], TARS[0])), "broken:1")
    root.add(WRITTEN, "app:1", "app:2")
    root.blob(broken.removeprefix("sha256:")).write_bytes(b"{}")
    image = root.open("app:1")
    diff_id = Digest("sha256", WRITTEN.diff_ids[0])
    assert image.base_candidates() == [("docker.io/library/base:1", (diff_id,))]
    image.close()


def test_lines_that_are_none(root: Root) -> None:
    root.add(WRITTEN, "app:1")
    root.lists["default"][:0] = ["", "app:1", "app:1 type", "app:1 type sha256:xyz", "\x1b[0m a b"]
    root.open("app:1").close()


# ------------------------------------------------------------------------- what is not there


def _layer_blob() -> str:
    return sha256(gzipped(TARS[1]))


def test_a_layer_that_was_never_fetched(root: Root) -> None:
    root.add(WRITTEN, "app:1", compression="gzip")
    root.blob(_layer_blob()).unlink()
    with pytest.raises(UnfitStoreError, match="1 of 3 blobs of the image are not in") as caught:
        root.open("app:1")
    assert _layer_blob() in caught.value.what
    assert "lazily" in (caught.value.hint or "")
    assert str(root.path) in (caught.value.where.file or "")


def test_a_platform_that_was_never_fetched(root: Root) -> None:
    digest = root.add(WRITTEN, "app:1", platforms=("linux/arm64",))
    other = Written(TARS, platform="linux/arm64")
    root.blob(Digest.of(other.manifest()).hex).unlink()
    image = root.open("app:1")
    assert str(image.config.platform) == "linux/amd64"
    image.close()
    with pytest.raises(SourceError, match="listed, but its content is not there"):
        root.open("app:1", ReadOptions(platform=parse_platform("linux/arm64")))
    root.blob(Digest.of(WRITTEN.manifest()).hex).unlink()
    with pytest.raises(UnfitStoreError, match="none of the image's manifests"):
        root.open("app:1")
    root.blob(digest.removeprefix("sha256:")).unlink()
    with pytest.raises(UnfitStoreError, match="is not in the content store"):
        root.open("app:1")


def test_a_damaged_blob(root: Root) -> None:
    digest = root.add(WRITTEN, "app:1", compression="gzip")
    root.blob(WRITTEN.id).write_bytes(b"{}")
    with pytest.raises(DigestError):
        root.open("app:1")
    root.blob(digest.removeprefix("sha256:")).write_bytes(b"{}")
    with pytest.raises(DigestError):
        root.open("app:1")


def test_a_blob_that_leads_outside(root: Root, tmp_path: Path) -> None:
    root.add(WRITTEN, "app:1", compression="gzip")
    blob = root.blob(_layer_blob())
    outside = tmp_path / "outside"
    blob.rename(outside)
    blob.symlink_to(outside)
    with pytest.raises(UnfitStoreError, match="1 of 3 blobs"):
        root.open("app:1")


def test_an_artifact_is_no_image(root: Root) -> None:
    manifest = json.loads(WRITTEN.manifest())
    manifest["artifactType"] = "application/vnd.example"
    manifest["config"]["mediaType"] = "application/vnd.oci.empty.v1+json"
    data = json.dumps(manifest).encode()
    digest = Digest.of(data)
    root.add(WRITTEN)
    root.blob(digest.hex).write_bytes(data)
    root.lists["default"] = [f"chart:1 x {digest} -"]
    with pytest.raises(NotAnImageError):
        root.open("chart:1")


def test_several_roots(root: Root, tmp_path: Path) -> None:
    digest = Digest.parse(root.add(WRITTEN, compression="gzip"))
    roots = [str(tmp_path / "none"), str(root.path)]
    image = content_store_image(roots, digest, ReadOptions(), reference="app:1", source="Docker")
    assert (image.source, image.reference, image.tags) == ("Docker", "app:1", ())
    image.close()
    assert list(diff_ids_in(roots, digest, ReadOptions())) == [
        tuple(Digest("sha256", hexa) for hexa in WRITTEN.diff_ids)
    ]
    assert list(diff_ids_in(roots[:1], digest, ReadOptions())) == []
    with pytest.raises(UnfitStoreError, match="cannot read the engine's folder"):
        content_store_image(roots[:1], digest, ReadOptions(), reference="app:1")
    with pytest.raises(UnfitStoreError, match="no folder of containerd"):
        content_store_image([], digest, ReadOptions(), reference="app:1")


def test_where_docker_keeps_content() -> None:
    assert docker_content_roots("/data") == ("/data/containerd/daemon", "/var/lib/containerd")


# ------------------------------------------------------------------------------ asking ctr


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Containerd(roots=("/var/lib/containerd", "/var/lib/rancher/k3s/agent/containerd"))),
        (
            {"CONTAINERD_ADDRESS": "unix:///x.sock", "CONTAINERD_NAMESPACE": "n", "HOME": "/h"},
            Containerd(
                "/x.sock",
                (
                    "/var/lib/containerd",
                    "/var/lib/rancher/k3s/agent/containerd",
                    "/h/.local/share/containerd",
                ),
                ("n",),
            ),
        ),
    ],
)
def test_settings(environment: dict[str, str], expected: Containerd) -> None:
    assert configured(environment) == expected


def _ctr(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "bin" / "ctr"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def _local(root: Root) -> Containerd:
    """The address is a file that is there."""
    return Containerd(address=__file__, roots=(str(root.path),))


def _asked(root: Root) -> ImageError:
    with pytest.raises(SourceError) as caught:
        open_containerd("app:1", ReadOptions(), containerd=_local(root))
    return caught.value


def test_ctr_itself(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = root.add(WRITTEN)
    _ctr(tmp_path, f"echo REF; echo app:1 type {digest} -", monkeypatch)
    open_containerd("app:1", ReadOptions(), containerd=_local(root)).close()


def test_ctr_is_missing(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "ctr, containerd's client, is not installed" in str(_asked(root))


def test_ctr_refuses(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ctr(tmp_path, "echo 'ctr: cannot dial\n  there' >&2; exit 1", monkeypatch)
    error = _asked(root)
    assert str(error) == "ctr says: ctr: cannot dial there"
    assert error.where.file == __file__


def test_no_containerd() -> None:
    with pytest.raises(SourceError, match="no containerd at this address"):
        open_containerd("app:1", ReadOptions(), containerd=Containerd(address="/nowhere/c.sock"))


def test_ctr_hangs(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containerd_store, "_SECONDS", 0.2)
    _ctr(tmp_path, "exec sleep 30", monkeypatch)
    assert "does not answer within" in str(_asked(root))


def test_ctr_cannot_be_run(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ctr(tmp_path, "", monkeypatch)
    (tmp_path / "bin" / "ctr").write_bytes(b"\x7fELFx")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert "cannot run ctr" in str(_asked(root))
