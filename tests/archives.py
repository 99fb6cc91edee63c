"""Images in code, written in the shapes that real programs give to archives."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backports import zstd

from tests.members import Member, directory, file, layer, symlink

CREATED = "2024-05-01T12:00:00Z"
BLOBS = "blobs/sha256/"
_OCI = "application/vnd.oci.image."
_DOCKER = "application/vnd.docker."
_LAYER_TYPE = {
    "none": _OCI + "layer.v1.tar",
    "gzip": _OCI + "layer.v1.tar+gzip",
    "zstd": _OCI + "layer.v1.tar+zstd",
}
_DOCKER_LAYER_TYPE = {
    "none": _DOCKER + "image.rootfs.diff.tar",
    "gzip": _DOCKER + "image.rootfs.diff.tar.gzip",
    "zstd": _DOCKER + "image.rootfs.diff.tar.zstd",
}

Files = dict[str, bytes]
"""Names in an archive and their contents."""

Json = dict[str, Any]


def sha256(data: bytes) -> str:
    """The hexadecimal sha256, without its algorithm's name."""
    return hashlib.sha256(data).hexdigest()


def dumps(value: object) -> bytes:
    """Compact JSON, as Go's encoder writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


def _parts(data: bytes, count: int) -> list[bytes]:
    step = -(-len(data) // count) or 1
    return [data[k * step : (k + 1) * step] for k in range(count)]


def gzipped(data: bytes, *, members: int = 1, level: int = 6) -> bytes:
    """A gzip stream of as many members (eStargz has one per file); no time in it."""
    return b"".join(gzip.compress(part, level, mtime=0) for part in _parts(data, members))


def skippable(data: bytes, kind: int = 0) -> bytes:
    """A zstd skippable frame, which a decoder passes over; ``kind`` is 0 to 15."""
    return (0x184D2A50 + kind).to_bytes(4, "little") + len(data).to_bytes(4, "little") + data


def zstandard(data: bytes, *, frames: int = 1, skipped: Sequence[bytes] = ()) -> bytes:
    """A zstd stream of as many frames, each followed by skippable frames."""
    between = b"".join(map(skippable, skipped))
    return b"".join(zstd.compress(part) + between for part in _parts(data, frames))


_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda data: data,
    "gzip": gzipped,
    "zstd": zstandard,
}


def config(
    layers: Sequence[bytes],
    history: Sequence[Mapping[str, Any]] | None = None,
    *,
    platform: str = "linux/amd64",
    created: str = CREATED,
    **settings: Any,
) -> bytes:
    """An image configuration with the layers' diff_ids; ``settings`` is its ``config``."""
    os, architecture, *variant = platform.split("/")
    document: Json = {"architecture": architecture, "os": os, "created": created}
    if variant:
        document["variant"] = variant[0]
    document["config"] = settings
    if history is not None:
        document["history"] = [dict(row) for row in history]
    diff_ids = [f"sha256:{sha256(data)}" for data in layers]
    document["rootfs"] = {"type": "layers", "diff_ids": diff_ids}
    return dumps(document)


@dataclass(frozen=True)
class Image:
    """An image to be written: layer tars, and what made them.

    ``instructions`` are the ``created_by`` texts, one per layer; ``history``
    is the whole history, for rows without a layer and odd ones.  ``tag`` is a
    short reference such as ``app:1``, or ``None``.
    """

    layers: Sequence[bytes]
    instructions: Sequence[str] | None = None
    history: Sequence[Mapping[str, Any]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    tag: str | None = "example:1"
    platform: str = "linux/amd64"

    @property
    def config(self) -> bytes:
        """The configuration's bytes."""
        rows = self.history
        if rows is None and self.instructions is not None:
            rows = [{"created": CREATED, "created_by": text} for text in self.instructions]
        return config(self.layers, rows, platform=self.platform, **self.settings)

    @property
    def id(self) -> str:
        """The hexadecimal image id."""
        return sha256(self.config)

    @property
    def diff_ids(self) -> list[str]:
        """Hexadecimal digests of the layer tars."""
        return [sha256(data) for data in self.layers]

    def manifest(self, compression: str = "none", *, docker: bool = False) -> bytes:
        """The OCI manifest (or Docker's schema 2) over layers of one compression."""
        types = _DOCKER_LAYER_TYPE if docker else _LAYER_TYPE
        kind = _DOCKER + "container.image.v1+json" if docker else _OCI + "config.v1+json"
        blobs = map(_COMPRESS[compression], self.layers)
        document: Json = {"schemaVersion": 2, "mediaType": _manifest_type(docker=docker)}
        document["config"] = _descriptor(kind, self.config)
        document["layers"] = [_descriptor(types[compression], blob) for blob in blobs]
        return dumps(document)

    def save_legacy(self, path: Path, *, forward: bool | None = None) -> Path:
        """``docker save`` up to version 24.

        A repeated layer is a symbolic link to its first copy; ``forward`` asks
        for one that stands before (or after) its target.
        """
        return _write(path, _legacy([self], forward))

    def save_25(self, path: Path) -> Path:
        """``docker save`` since version 25 with a graph driver."""
        return _write(path, _members(_docker_25([self], None)))

    def containerd_save(self, path: Path, compression: str = "gzip") -> Path:
        """``docker save`` with the containerd store, or ``ctr images export``."""
        files = _blobs([self], compression)
        manifest = self.manifest(compression)
        _put(files, manifest)
        named = _descriptor(_manifest_type(), manifest) | {"annotations": self._names()}
        paths = [BLOBS + sha256(_COMPRESS[compression](data)) for data in self.layers]
        files["index.json"] = dumps({"schemaVersion": 2, "manifests": [named]})
        files["manifest.json"] = dumps([self._entry(BLOBS + self.id, paths)])
        files["oci-layout"] = dumps({"imageLayoutVersion": "1.0.0"})
        return _write(path, _members(files))

    def podman_archive(self, path: Path) -> Path:
        """``podman save`` and ``skopeo copy … docker-archive:``."""
        return _write(path, _podman(self))

    def oci_files(
        self,
        compression: str = "none",
        *,
        platforms: Sequence[Image | str] = (),
        attestations: bool = False,
        manifest_json: bool = False,
        docker: bool = False,
    ) -> Files:
        """The files of an OCI layout.

        ``platforms`` are further images (or platforms for the same layers) in
        an index; ``attestations`` adds a provenance manifest for each.
        """
        others = (
            replace(self, platform=other) if isinstance(other, str) else other
            for other in platforms
        )
        images = [self, *others]
        files = _blobs(images, compression)
        manifests: list[Json] = []
        for image in images:
            manifest = image.manifest(compression, docker=docker)
            _put(files, manifest)
            descriptor = _descriptor(_manifest_type(docker=docker), manifest)
            manifests.append(descriptor | {"platform": _platform(image.platform)})
        if attestations:
            manifests += [_attestation(files, each["digest"]) for each in list(manifests)]
        top = manifests[0]
        if len(manifests) > 1:
            kind = _OCI + "index.v1+json"
            index = dumps({"schemaVersion": 2, "mediaType": kind, "manifests": manifests})
            _put(files, index)
            top = _descriptor(kind, index)
        else:
            top = {key: value for key, value in top.items() if key != "platform"}
        if self.tag:
            name = self.tag.rpartition(":")[2]
            top["annotations"] = {"org.opencontainers.image.ref.name": name}
        files["index.json"] = dumps({"schemaVersion": 2, "manifests": [top]})
        files["oci-layout"] = dumps({"imageLayoutVersion": "1.0.0"})
        if manifest_json:
            paths = [BLOBS + sha256(_COMPRESS[compression](data)) for data in self.layers]
            files["manifest.json"] = dumps([self._entry(BLOBS + self.id, paths)])
        return files

    def oci_archive(
        self,
        path: Path,
        compression: str = "none",
        *,
        platforms: Sequence[Image | str] = (),
        attestations: bool = False,
        manifest_json: bool = False,
        docker: bool = False,
    ) -> Path:
        """An OCI layout in a tar (``buildx --output type=oci``, ``podman save``)."""
        files = self.oci_files(
            compression,
            platforms=platforms,
            attestations=attestations,
            manifest_json=manifest_json,
            docker=docker,
        )
        return _write(path, _members(files))

    def oci_dir(
        self,
        path: Path,
        compression: str = "none",
        *,
        platforms: Sequence[Image | str] = (),
        attestations: bool = False,
        docker: bool = False,
    ) -> Path:
        """An OCI layout in a directory."""
        files = self.oci_files(
            compression, platforms=platforms, attestations=attestations, docker=docker
        )
        for name, data in files.items():
            place = path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return path

    def flat(self, path: Path) -> Path:
        """The file system alone (``docker export``, ``type=tar``): the image's one layer."""
        if len(self.layers) != 1:
            raise ValueError("a flat archive is one layer")
        path.write_bytes(self.layers[0])
        return path

    def _entry(self, config_path: str, layers: list[str]) -> Json:
        tags = [self.tag] if self.tag else None
        return {"Config": config_path, "RepoTags": tags, "Layers": layers}

    def _names(self) -> dict[str, str]:
        if not self.tag:
            return {}
        return {
            "io.containerd.image.name": f"docker.io/library/{self.tag}",
            "org.opencontainers.image.ref.name": self.tag.rpartition(":")[2],
        }

    def _chain(self, salt: int = 0) -> list[str]:
        """The ids of the pre-1.10 images that archives still carry, one per layer."""
        ids: list[str] = []
        for diff_id in self.diff_ids:
            ids.append(sha256(f"{ids[-1:]} {diff_id} {salt}".encode()))
        return ids

    def _v1_json(self, ids: Sequence[str], k: int) -> bytes:
        document: Json = {"id": ids[k], "created": CREATED, "container_config": {"Cmd": None}}
        if k:
            document["parent"] = ids[k - 1]
        if k == len(ids) - 1:
            document |= {"config": dict(self.settings), "architecture": "amd64"}
        return dumps(document | {"os": "linux"})


def multi(
    path: Path,
    images: Sequence[Image],
    *,
    form: str = "legacy",
    indexed: Sequence[int] | None = None,
) -> Path:
    """Several images in one ``docker save`` archive of form ``legacy`` or ``25``.

    ``indexed`` are the images that ``index.json`` of form 25 lists: real ones
    leave some out.
    """
    if form == "legacy":
        return _write(path, _legacy(images, None))
    return _write(path, _members(_docker_25(images, indexed)))


def _descriptor(media_type: str, data: bytes) -> Json:
    return {"mediaType": media_type, "digest": f"sha256:{sha256(data)}", "size": len(data)}


def _manifest_type(*, docker: bool = False) -> str:
    return _DOCKER + "distribution.manifest.v2+json" if docker else _OCI + "manifest.v1+json"


def _platform(text: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False))


def _put(files: Files, data: bytes) -> str:
    name = BLOBS + sha256(data)
    files[name] = data
    return name


def _blobs(images: Iterable[Image], compression: str) -> Files:
    files: Files = {}
    for image in images:
        _put(files, image.config)
        for data in image.layers:
            _put(files, _COMPRESS[compression](data))
    return files


def _attestation(files: Files, subject: str) -> Json:
    """Add a provenance manifest for another manifest; gives its descriptor."""
    statement = dumps(
        {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "subject": [{"name": "_", "digest": dict([subject.split(":")])}],
            "predicate": {"buildType": "https://mobyproject.org/buildkit@v1"},
        }
    )
    dummy = config([statement], platform="unknown/unknown")
    document = {
        "schemaVersion": 2,
        "mediaType": _manifest_type(),
        "config": _descriptor(_OCI + "config.v1+json", dummy),
        "layers": [_descriptor("application/vnd.in-toto+json", statement)],
    }
    for data in (statement, dummy, dumps(document)):
        _put(files, data)
    return _descriptor(_manifest_type(), dumps(document)) | {
        "annotations": {
            "vnd.docker.reference.digest": subject,
            "vnd.docker.reference.type": "attestation-manifest",
        },
        "platform": _platform("unknown/unknown"),
    }


def _repositories(tops: Iterable[tuple[Image, str]]) -> bytes:
    found: dict[str, dict[str, str]] = {}
    for image, top in tops:
        if image.tag:
            name, _, tag = image.tag.rpartition(":")
            found.setdefault(name, {})[tag] = top
    return dumps(found) if found else b""


def _docker_25(images: Sequence[Image], indexed: Sequence[int] | None) -> Files:
    files = _blobs(images, "none")
    entries: list[Json] = []
    listed: list[Json] = []
    for k, image in enumerate(images):
        manifest = image.manifest()
        _put(files, manifest)
        ids = image._chain()
        for j in range(len(ids)):
            _put(files, image._v1_json(ids, j))  # no reader needs them, and no file refers to them
        entry = image._entry(BLOBS + image.id, [BLOBS + each for each in image.diff_ids])
        entry["LayerSources"] = {
            f"sha256:{sha256(data)}": _descriptor(_LAYER_TYPE["none"], data)
            for data in image.layers
        }
        entries.append(entry)
        if indexed is None or k in indexed:
            descriptor = _descriptor(_manifest_type(), manifest)
            names = {"annotations": image._names()} if image.tag else {}
            listed.append(descriptor | names | {"platform": _platform(image.platform)})
    kind = _OCI + "index.v1+json"
    files["index.json"] = dumps({"schemaVersion": 2, "mediaType": kind, "manifests": listed})
    files["manifest.json"] = dumps(entries)
    files["oci-layout"] = dumps({"imageLayoutVersion": "1.0.0"})
    tagged = _repositories((image, image.diff_ids[-1]) for image in images if image.layers)
    if tagged:
        files["repositories"] = tagged
    return files


def _legacy(images: Sequence[Image], forward: bool | None) -> list[Member]:
    """The members of a ``docker save`` archive up to version 24, in lexical order."""
    for salt in range(1000):
        members: dict[str, Member] = {}
        first: dict[bytes, str] = {}
        entries: list[Json] = []
        tops: list[tuple[Image, str]] = []
        links: list[bool] = []
        for image in images:
            ids = image._chain(salt)
            for k, (own, data) in enumerate(zip(ids, image.layers, strict=True)):
                target = first.setdefault(data, own)
                content = file(f"{own}/layer.tar", data)
                if target != own:
                    content = symlink(f"{own}/layer.tar", f"../{target}/layer.tar")
                    links.append(own < target)
                for member in (
                    directory(own),
                    file(f"{own}/VERSION", b"1.0"),
                    file(f"{own}/json", image._v1_json(ids, k)),
                    content,
                ):
                    members[member.path.decode()] = member
            name = f"{image.id}.json"
            members[name] = file(name, image.config)
            entries.append(image._entry(name, [f"{each}/layer.tar" for each in ids]))
            tops += [(image, ids[-1])] if ids else []
        if forward is None or forward in links:
            break
    else:
        raise ValueError("no layer is repeated, so none is a link")
    members["manifest.json"] = file("manifest.json", dumps(entries) + b"\n")
    tagged = _repositories(tops)
    if tagged:
        members["repositories"] = file("repositories", tagged + b"\n")
    return [members[name] for name in sorted(members)]


def _podman(image: Image) -> list[Member]:
    """Layers first and metadata last, with links where old readers look for layers."""
    tars = [f"{diff_id}.tar" for diff_id in image.diff_ids]
    members = {name: file(name, data) for name, data in zip(tars, image.layers, strict=True)}
    members["config"] = file(f"{image.id}.json", image.config)
    ids = image._chain()
    for k, (own, tar) in enumerate(zip(ids, tars, strict=True)):
        members[f"{own}/layer.tar"] = symlink(f"{own}/layer.tar", f"../{tar}")
        members[f"{own}/VERSION"] = file(f"{own}/VERSION", b"1.0")
        members[f"{own}/json"] = file(f"{own}/json", image._v1_json(ids, k))
    tagged = replace(image, tag=f"localhost/{image.tag}" if image.tag else None)
    entry = tagged._entry(f"{image.id}.json", tars)
    entry["RepoTags"] = entry["RepoTags"] or []
    repositories = _repositories([(tagged, ids[-1])] if ids else []) or b"{}"
    return [
        *members.values(),
        file("manifest.json", dumps([entry])),
        file("repositories", repositories),
    ]


def _members(files: Files) -> list[Member]:
    """Files in lexical order, with headers for the directories of the blobs."""
    named = {name: file(name, data, mode=0o444) for name, data in files.items()}
    folders = {name: directory(name) for name in ("blobs", "blobs/sha256")}
    both = named | folders
    return [both[name] for name in sorted(both)]


def _write(path: Path, members: Iterable[Member]) -> Path:
    path.write_bytes(layer(*members))
    return path
