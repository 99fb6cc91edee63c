"""Folders of engines, made by code."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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


def docker_root(root: Path, layers: Layers, *, driver: str = "overlay2") -> DockerRoot:
    """Make the folders of an engine that holds one image."""
    diff_ids = [diff_id(*members) for members in layers]
    config = archives.config([layer(*members) for members in layers])
    chains: list[str] = []
    for own in diff_ids:
        text = f"{chains[-1]} {own}" if chains else own
        chains.append("sha256:" + archives.sha256(text.encode()) if chains else own)
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
