"""Folders of engines, made by code."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerlens.image.digest import Digest
from tests import archives
from tests.members import Member, layer
from tests.tarsplit import diff_id, record_of, unpack

Layers = Sequence[tuple[Member, ...]]


@dataclass(frozen=True)
class DockerRoot:
    """The root of a Docker Engine that holds one image."""

    root: Path
    driver: str
    image_id: str
    diff_ids: tuple[Digest, ...]
    chains: tuple[str, ...]

    def layer(self, index: int) -> Path:
        """A layer's folder in the database."""
        database = self.root / "image" / self.driver / "layerdb" / "sha256"
        return database / self.chains[index].removeprefix("sha256:")

    def contents(self, index: int) -> Path:
        """The folder that a layer was unpacked to."""
        cache_id = (self.layer(index) / "cache-id").read_text()
        if self.driver == "vfs":
            return self.root / "vfs" / "dir" / cache_id
        return self.root / self.driver / cache_id / "diff"

    @property
    def config(self) -> Path:
        content = self.root / "image" / self.driver / "imagedb" / "content" / "sha256"
        return content / self.image_id.removeprefix("sha256:")


def chain_of(layers: Layers) -> list[str]:
    """The chain ids of layers, lowest first."""
    chains: list[str] = []
    for members in layers:
        own = diff_id(*members)
        text = f"{chains[-1]} {own}" if chains else own
        chains.append("sha256:" + archives.sha256(text.encode()) if chains else own)
    return chains


def docker_root(root: Path, layers: Layers, *, driver: str = "overlay2") -> DockerRoot:
    """Make the folders of an engine that holds one image."""
    diff_ids = [diff_id(*members) for members in layers]
    config = archives.config([layer(*members) for members in layers])
    chains = chain_of(layers)
    made = DockerRoot(
        root,
        driver,
        "sha256:" + archives.sha256(config),
        tuple(Digest.parse(own) for own in diff_ids),
        tuple(chains),
    )
    made.config.parent.mkdir(parents=True)
    made.config.write_bytes(config)
    for k, members in enumerate(layers):
        folder = made.layer(k)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "diff").write_text(diff_ids[k])
        (folder / "size").write_text(str(sum(len(member.data) for member in members)))
        (folder / "cache-id").write_text(hashlib.sha256(folder.name.encode()).hexdigest())
        if k:
            (folder / "parent").write_text(chains[k - 1])
        (folder / "tar-split.json.gz").write_bytes(record_of(*members))
        unpack(made.contents(k), *members)
    return made


@dataclass
class PodmanRoot:
    """A storage folder of podman, to which images are added."""

    root: Path
    driver: str = "overlay"
    images: list[dict[str, Any]] = field(default_factory=list)
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, layers: Layers, *names: str, created: str = archives.CREATED) -> str:
        """Add an image, and its layers where they are not there yet; gives its id."""
        image = archives.Image([layer(*members) for members in layers], settings={"Env": [created]})
        manifest, id_ = image.manifest(), image.id
        folder = self.folder("images") / id_
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest").write_bytes(manifest)
        key = base64.b64encode(f"sha256:{id_}".encode()).decode()
        (folder / f"={key}").write_bytes(image.config)
        below = None
        for members, chain in zip(layers, chain_of(layers), strict=True):
            below = self._add_layer(members, chain.removeprefix("sha256:"), below)
        row = {"id": id_, "digest": "sha256:" + archives.sha256(manifest), "names": list(names)}
        self.images.append(row | ({"layer": below} if below else {}))
        self.write()
        return id_

    def _add_layer(self, members: tuple[Member, ...], id_: str, below: str | None) -> str:
        row = {
            "id": id_,
            "diff-digest": diff_id(*members),
            "diff-size": len(layer(*members)),
            **({"parent": below} if below else {}),
        }
        if id_ not in self.layers:
            self.layers[id_] = row
            self.folder("layers").mkdir(parents=True, exist_ok=True)
            self.record(id_).write_bytes(record_of(*members))
            unpack(self.contents(id_), *members)
        return id_

    def write(self) -> None:
        """Write the two lists."""
        for name, rows in (("images", self.images), ("layers", list(self.layers.values()))):
            self.folder(name).mkdir(parents=True, exist_ok=True)
            (self.folder(name) / f"{name}.json").write_bytes(archives.dumps(rows))

    def folder(self, name: str) -> Path:
        """The folder of images or of layers."""
        return self.root / f"{self.driver}-{name}"

    def record(self, id_: str) -> Path:
        """A layer's record."""
        return self.folder("layers") / f"{id_}.tar-split.gz"

    def contents(self, id_: str) -> Path:
        """The folder that a layer was unpacked to."""
        if self.driver == "vfs":
            return self.root / "vfs" / "dir" / id_
        return self.root / self.driver / id_ / "diff"
