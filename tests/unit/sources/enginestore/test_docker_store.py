"""Images in the folder of a Docker Engine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from layerlens.cache.layers import LayerCache
from layerlens.errors import SourceError, UnfitStoreError
from layerlens.image.digest import Digest
from layerlens.layers.reader import Origin
from layerlens.layers.table import HashKind, LayerTable
from layerlens.sources import place
from layerlens.sources.enginestore.docker_store import chain_id, open_docker_store
from layerlens.sources.enginestore.stored import StoredImage, TarSplitStore
from layerlens.sources.image import Image, ReadOptions
from tests import archives
from tests import members as m
from tests.unit.layers.reading import columns, streamed
from tests.unit.sources.enginestore.folders import DockerRoot, docker_root

LAYERS = (
    (m.directory("etc"), m.file("etc/a", b"one"), m.file("etc/b", b"x" * 300_000)),
    (m.file("etc/a", b"two"), m.whiteout("etc/b"), m.symlink("link", "etc"), m.hardlink("h", "etc/a")),
    (m.directory("new", 0o700), m.file("new/c", b"three", mode=0o4755)),
)  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> DockerRoot:
    return docker_root(tmp_path / "docker", LAYERS)


def opened(made: DockerRoot) -> StoredImage:
    return open_docker_store(str(made.root), made.driver, made.image_id, made.diff_ids)


def image_of(made: DockerRoot) -> Image:
    return opened(made).image("app:1", "Docker Engine")


def test_the_layers_read_like_their_tars(made: DockerRoot) -> None:
    image = image_of(made)
    reads = image.read(ReadOptions())
    assert [columns(read.table) for read in reads] == [
        columns(streamed(m.layer(*members)).table) for members in LAYERS
    ]
    assert {read.origin for read in reads} == {Origin.TAR_SPLIT}
    assert image.config.diff_ids == made.diff_ids
    assert tuple(read.diff_id for read in reads) == made.diff_ids
    assert str(image.id) == made.image_id
    image.close()


def test_contents_come_from_the_folders(made: DockerRoot) -> None:
    image = image_of(made)
    tables = [read.table for read in image.read(ReadOptions())]
    assert b"".join(image.stored_content(0, 1)) == b"one"
    assert b"".join(image.stored_content(0, 2)) == b"x" * 300_000
    assert b"".join(image.stored_content(2, 1)) == b"three"
    assert image.same_content((0, 1), (0, 1))
    assert not image.same_content((0, 1), (1, 0))
    assert all(image.store.rereads(blob.name) for blob in image.layers)
    # By contents, too, where hashes are of two kinds.
    tables[1].hashes.clear()
    assert not image.same_content((0, 1), (1, 0))


@pytest.mark.parametrize("driver", ["vfs", "fuse-overlayfs"])
def test_other_drivers(driver: str, tmp_path: Path) -> None:
    made = docker_root(tmp_path / "docker", LAYERS, driver=driver)
    image = image_of(made)
    image.read(ReadOptions())
    assert b"".join(image.stored_content(1, 0)) == b"two"


def test_a_driver_that_mounts_its_layers_gives_no_contents(tmp_path: Path) -> None:
    made = docker_root(tmp_path / "docker", LAYERS, driver="zfs")
    image = image_of(made)
    table = image.read(ReadOptions())[0].table
    name = image.layers[0].name
    assert not image.store.rereads(name)
    assert image.store.content(name, table, 1) is None


def test_a_layer_that_is_there_twice(tmp_path: Path) -> None:
    made = docker_root(tmp_path / "docker", (LAYERS[0], LAYERS[1], LAYERS[0]))
    reads = image_of(made).read(ReadOptions())
    assert reads[0] is reads[2]


def test_chain_ids_are_those_of_the_specification() -> None:
    low, high = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)
    assert chain_id(None, low) == str(low)
    # echo -n "sha256:aa… sha256:bb…" | sha256sum
    assert chain_id(str(low), high) == (
        "sha256:" + _sha256(b"sha256:" + b"a" * 64 + b" sha256:" + b"b" * 64)
    )


def _sha256(data: bytes) -> str:
    return Digest.of(data).hex


def test_sizes_are_for_progress_only(made: DockerRoot) -> None:
    store = opened(made).store
    assert not store.exact_sizes
    assert store.size(str(made.diff_ids[0])) == 300_003
    told: list[int] = []
    many = tuple(m.file(f"f{i}") for i in range(9000))
    other = docker_root(made.root.parent / "other", (many,))
    opened(other).store.load(str(other.diff_ids[0]), limit=1 << 30, count=told.append)
    assert told == [0]  # of 0 bytes of content


def test_names_of_the_store(made: DockerRoot) -> None:
    store = opened(made).store
    assert list(store.names()) == [str(diff_id) for diff_id in made.diff_ids]
    assert store.has(str(made.diff_ids[0]))
    assert not store.has("index.json")
    assert store.place(str(made.diff_ids[0])) is None
    assert store.digest(str(made.diff_ids[0])) == made.diff_ids[0]
    assert not store.compressed(str(made.diff_ids[0]))
    with pytest.raises(SourceError, match="referred to"):
        store.document("index.json")
    with pytest.raises(SourceError, match="referred to"):
        store.size("x")
    assert store.label == str(made.root)
    store.close()


# ------------------------------------------------------------------------- what does not fit


def _swap_layers(made: DockerRoot) -> None:
    a, b = made.layer(0), made.layer(1)
    (a / "diff").write_bytes((b / "diff").read_bytes())


def _no_record(made: DockerRoot) -> None:
    (made.layer(2) / "tar-split.json.gz").unlink()


def _as_link(made: DockerRoot) -> None:
    place = made.layer(1) / "diff"
    place.unlink()
    place.symlink_to("/etc/passwd")


def _as_pipe(made: DockerRoot) -> None:
    place = made.layer(1) / "size"
    place.unlink()
    os.mkfifo(place)


UNFIT: dict[str, tuple[Callable[[DockerRoot], object], str]] = {
    "no config": (lambda made: made.config.unlink(), "cannot read: No such file"),
    "another config": (lambda made: made.config.write_bytes(b"{}"), "not the configuration"),
    "long config": (lambda made: made.config.write_bytes(b" " * (5 << 20)), "longer than"),
    "no layer": (lambda made: (made.layer(1) / "diff").unlink(), "cannot read: No such file"),
    "another layer": (_swap_layers, "holds the layer"),
    "another chain": (
        lambda made: (made.layer(2) / "parent").write_text(made.chains[0]),
        "another chain",
    ),
    "no digest": (lambda made: (made.layer(1) / "diff").write_text("x"), "not a digest"),
    "no number": (lambda made: (made.layer(1) / "size").write_text("-1"), "no size"),
    "climbing": (lambda made: (made.layer(1) / "cache-id").write_text("../x"), "no folder"),
    "endless": (lambda made: (made.layer(1) / "diff").write_bytes(b"x" * 999), "longer than"),
    "a link": (_as_link, "cannot read"),
    "a pipe": (_as_pipe, "not a regular file"),
    "no record": (_no_record, "no record"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_does_not_fit(name: str, made: DockerRoot) -> None:
    change, reason = UNFIT[name]
    change(made)
    with pytest.raises(UnfitStoreError, match=reason) as caught:
        opened(made)
    assert caught.value.where.file is not None


def test_other_diff_ids_than_the_engine_says(made: DockerRoot) -> None:
    with pytest.raises(UnfitStoreError, match="other layers than the engine"):
        open_docker_store(str(made.root), "overlay2", made.image_id, made.diff_ids[:2])
    assert open_docker_store(str(made.root), "overlay2", made.image_id).layers


@pytest.mark.parametrize(
    ("root", "driver", "image_id", "reason"),
    [
        ("", "overlay2", "", "no absolute path"),
        ("docker", "overlay2", "", "no absolute path"),
        ("/nowhere/docker", "overlay2", "", "cannot read the engine's folder"),
        ("ROOT", "../overlay2", "", "storage driver"),
        ("ROOT", "", "", "storage driver"),
        ("ROOT", "overlay2", "sha256:../../x", "image id"),
        ("ROOT", "overlay2", "", "image id"),
        ("ROOT", "btrfs", "ID", "cannot read"),
    ],
)
def test_what_an_engine_should_not_say(
    root: str, driver: str, image_id: str, reason: str, made: DockerRoot
) -> None:
    with pytest.raises(UnfitStoreError, match=reason):
        open_docker_store(
            str(made.root) if root == "ROOT" else root,
            driver,
            made.image_id if image_id == "ID" else image_id,
        )


def test_a_damaged_record_is_told_with_file_and_layer(made: DockerRoot) -> None:
    record = made.layer(1) / "tar-split.json.gz"
    record.write_bytes(record.read_bytes()[:-5])
    image = image_of(made)
    with pytest.raises(UnfitStoreError, match="truncated") as caught:
        image.read(ReadOptions())
    assert caught.value.where.file == str(made.root)
    assert "layer 2/3" in (caught.value.where.layer or "")


# ----------------------------------------------------------------------- nothing leads outside


def _content(made: DockerRoot, table: LayerTable, name: bytes, size: int) -> bytes | None:
    i = 1
    table.names[i], table.sizes[i] = name, size
    pieces = opened(made).store.content(str(made.diff_ids[0]), table, i)
    return None if pieces is None else b"".join(pieces)


@pytest.fixture
def table(made: DockerRoot) -> LayerTable:
    return image_of(made).read(ReadOptions())[0].table


def test_links_of_an_image_are_not_followed(made: DockerRoot, table: LayerTable) -> None:
    secret = made.root / "secret"
    secret.mkdir()
    (secret / "key").write_bytes(b"key")
    inside = made.contents(0)
    (inside / "last").symlink_to(secret / "key")
    (inside / "up").symlink_to("../../../secret")
    (inside / "absolute").symlink_to(secret)
    (inside / "own").symlink_to("etc")
    assert _content(made, table, b"etc/a", 3) == b"one"
    assert _content(made, table, b"last", 3) is None
    assert _content(made, table, b"up/key", 3) is None
    assert _content(made, table, b"absolute/key", 3) is None
    assert _content(made, table, b"own/a", 3) is None


@pytest.mark.parametrize(
    "name", [b"../0/diff/etc/a", b"etc/../etc/a", b"/etc/a", b"..", b"", b"etc/", b"etc", b"a\0b"]
)
def test_names_do_not_climb(name: bytes, made: DockerRoot, table: LayerTable) -> None:
    assert _content(made, table, name, 3) is None


def test_only_regular_files_of_the_right_size(made: DockerRoot, table: LayerTable) -> None:
    os.mkfifo(made.contents(0) / "pipe")
    assert _content(made, table, b"pipe", 0) is None
    assert _content(made, table, b"etc/a", 4) is None
    assert _content(made, table, b"etc/nothing", 4) is None


def test_an_abandoned_content_is_closed(made: DockerRoot, table: LayerTable) -> None:
    before = len(os.listdir("/proc/self/fd"))
    pieces = opened(made).store.content(str(made.diff_ids[0]), table, 2)
    assert pieces is not None
    assert len(next(pieces)) == 1 << 18
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del pieces
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_shrinks_meanwhile(made: DockerRoot, table: LayerTable) -> None:
    pieces = opened(made).store.content(str(made.diff_ids[0]), table, 2)
    assert pieces is not None
    next(pieces)
    os.truncate(made.contents(0) / "etc" / "b", 1 << 18)
    with pytest.raises(UnfitStoreError, match="are missing"):
        list(pieces)


def test_no_permission_on_a_content(
    made: DockerRoot, table: LayerTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = os.open

    def refuse(path: bytes | str, flags: int, *, dir_fd: int | None = None) -> int:
        if path == b"a":
            raise PermissionError(13, "Permission denied")
        return opening(path, flags, dir_fd=dir_fd)

    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UnfitStoreError, match="cannot read: Permission denied") as caught:
        _content(made, table, b"etc/a", 3)
    assert caught.value.where.file == str(made.contents(0) / "etc/a")
    assert len(os.listdir("/proc/self/fd")) == before


def test_contents_that_are_gone(made: DockerRoot, table: LayerTable) -> None:
    made.contents(0).rename(made.root / "aside")
    with pytest.raises(UnfitStoreError, match="cannot read: No such file"):
        _content(made, table, b"etc/a", 3)


def test_a_configuration_of_something_else(made: DockerRoot) -> None:
    other = b'{"name":"chart"}'
    digest = Digest.of(other)
    (made.config.parent / digest.hex).write_bytes(other)
    with pytest.raises(UnfitStoreError, match="has no rootfs"):
        open_docker_store(str(made.root), "overlay2", str(digest))


def test_no_permission_is_told(made: DockerRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UnfitStoreError, match="engine's folder: Permission denied"):
        opened(made)


def test_other_images_by_their_names(tmp_path: Path) -> None:
    """Of which one may be the base; steps of builds have no name, damaged ones are passed over."""
    made = docker_root(tmp_path, LAYERS)
    folder = made.config.parent
    ids = {}
    for name, data in {
        "base": archives.config([m.layer(*LAYERS[0])]),
        "other": archives.config([m.layer(*LAYERS[-1])]),
        "step": archives.config([m.layer(*LAYERS[0]), m.layer(*LAYERS[1])]),
        "broken": b"{",
    }.items():
        ids[name] = f"sha256:{archives.sha256(data)}"
        (folder / archives.sha256(data)).write_bytes(data)
    digest = "sha256:" + "d" * 64
    names = {
        "base": {"base:2": ids["base"], "base:1": ids["base"], f"base@{digest}": ids["base"]},
        "other": {f"other@{digest}": ids["other"]},
        "broken": {"broken:1": ids["broken"], "gone:1": digest, "odd:1": "x", "odd:2": 5},
        "self": {"self:1": made.image_id},
        "x": 5,
    }
    listed = tmp_path / "image" / made.driver / "repositories.json"
    listed.write_text(json.dumps({"Repositories": names}))
    stored = open_docker_store(str(tmp_path), made.driver, made.image_id, made.diff_ids)
    assert dict(stored.others()) == {
        "base:1": made.diff_ids[:1],
        f"other@{digest}": made.diff_ids[-1:],
    }
    listed.write_text("[]")
    assert not stored.others()


def test_records_are_never_mixed_with_other_hashes(made: DockerRoot, tmp_path: Path) -> None:
    """A layer that another place has taught the cache is read here again: contents may be closed."""
    cache = LayerCache(str(tmp_path / "cache"))
    for members in LAYERS[:2]:
        cache.keep(streamed(m.layer(*members)))
    reads = image_of(made).read(ReadOptions(cache=cache))
    assert {read.origin for read in reads} == {Origin.TAR_SPLIT}
    assert {read.table.hash_kind for read in reads} == {HashKind.CRC64}


def test_the_second_look_reads_no_record(
    made: DockerRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "SETTLED", 0)  # the records are new
    cache = LayerCache(str(tmp_path / "cache"))
    first = image_of(made).read(ReadOptions(cache=cache))
    assert dict(cache.info().records)["places"] == len(LAYERS)
    assert dict(cache.info().records)["layers"] == 0

    def load(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a record was read again")

    monkeypatch.setattr(TarSplitStore, "load", load)
    again = image_of(made).read(ReadOptions(cache=cache))
    assert [columns(read.table) for read in again] == [columns(read.table) for read in first]
    assert [(read.digest, read.diff_id, read.origin) for read in again] == [
        (read.digest, read.diff_id, read.origin) for read in first
    ]
