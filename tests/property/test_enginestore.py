"""Laws of engines' own folders: whatever lies in them, an error of the family at most."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.errors import ImageError
from layerlens.sources.enginestore.docker_store import open_docker_store
from layerlens.sources.enginestore.podman_store import open_podman_store
from layerlens.sources.enginestore.stored import StoredImage
from layerlens.sources.image import ReadOptions
from tests import members as m
from tests.unit.sources.enginestore.folders import PodmanRoot, docker_root

_LAYERS = (
    (m.directory("etc"), m.file("etc/a", b"one")),
    (m.whiteout("etc/a"), m.file("b", b"two")),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside),
    max_leaves=4,
)


def _read(stored: StoredImage) -> None:
    image = stored.image("x", "a place")
    try:
        for blob, read in zip(image.layers, image.read(ReadOptions()), strict=True):
            for i in range(len(read.table)):
                image.store.content(blob.name, read.table, i)
        image.base_candidates()
    finally:
        image.close()


def _damage(data: st.DataObject, root: Path) -> None:
    """Change some bytes of some file that an engine has written."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    place = data.draw(st.sampled_from(files))
    content = bytearray(place.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    for _ in range(data.draw(st.integers(0, 3)) if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    place.write_bytes(content)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_folder_of_docker(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = docker_root(Path(folder) / "docker", _LAYERS)
        _damage(data, made.root)
        try:
            _read(open_docker_store(str(made.root), made.driver, made.image_id, made.diff_ids))
        except ImageError:
            return


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_folder_of_podman(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = PodmanRoot(Path(folder) / "storage")
        made.add(_LAYERS, "localhost/app:1")
        _damage(data, made.root)
        try:
            _read(open_podman_store([str(made.root)], "app:1"))
        except ImageError:
            return


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_odd_rows_in_podmans_lists(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = PodmanRoot(Path(folder) / "storage")
        made.add(_LAYERS[:1], "localhost/base:1")
        made.add(_LAYERS, "localhost/app:1")
        rows = data.draw(st.sampled_from([made.images, list(made.layers.values())]))
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.sampled_from([*sorted(row), "flags", "toc-digest"]))] = data.draw(_VALUES)
        made.write()
        try:
            _read(open_podman_store([str(made.root)], "app:1"))
        except ImageError:
            return
