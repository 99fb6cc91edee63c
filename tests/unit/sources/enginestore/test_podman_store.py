"""Images in the storage folders of podman."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.errors import UnfitStoreError
from layerlens.image.digest import Digest
from layerlens.layers.reader import Origin
from layerlens.sources.enginestore import podman_store
from layerlens.sources.enginestore.podman_store import open_podman_store
from layerlens.sources.image import ReadOptions
from tests import members as m
from tests.tarsplit import diff_id
from tests.unit.layers.reading import columns, streamed
from tests.unit.sources.enginestore.folders import PodmanRoot, chain_of

BASE = ((m.directory("etc"), m.file("etc/a", b"one")),)
LAYERS = (
    *BASE,
    (m.file("etc/a", b"two"), m.whiteout("etc/b"), m.symlink("link", "etc")),
)


@pytest.fixture
def made(tmp_path: Path) -> PodmanRoot:
    root = PodmanRoot(tmp_path / "storage")
    root.add(BASE, "docker.io/library/base:latest")
    root.add(LAYERS, "localhost/app:1", "quay.io/team/app:2")
    return root


def id_of(made: PodmanRoot, name: str) -> str:
    return open_podman_store([str(made.root)], name).id.hex


@pytest.mark.parametrize("driver", ["overlay", "vfs"])
def test_the_layers_read_like_their_tars(driver: str, tmp_path: Path) -> None:
    made = PodmanRoot(tmp_path / "storage", driver)
    made.add(LAYERS, "localhost/app:1")
    stored = open_podman_store([str(made.root)], "app:1")
    assert stored.store.exact_sizes
    assert [stored.store.size(blob.name) for blob in stored.layers] == [
        len(m.layer(*members)) for members in LAYERS
    ]
    image = stored.image("podman://app:1", "podman")
    reads = image.read(ReadOptions())
    assert [columns(read.table) for read in reads] == [
        columns(streamed(m.layer(*members)).table) for members in LAYERS
    ]
    assert {read.origin for read in reads} == {Origin.TAR_SPLIT}
    assert b"".join(image.stored_content(1, 0)) == b"two"
    assert image.tags == ("localhost/app:1",)
    assert str(image.digest) == made.images[0]["digest"]
    image.close()


def test_other_images_are_candidates_for_the_base(made: PodmanRoot) -> None:
    image = open_podman_store([str(made.root)], "app:1").image("app:1", "podman")
    base = Digest.parse(diff_id(*BASE[0]))
    assert image.base_candidates() == [("docker.io/library/base:latest", (base,))]
    made.add(LAYERS[1:])
    untagged = open_podman_store([str(made.root)], "app:1").image("app:1", "podman")
    assert [name for name, _ in untagged.base_candidates()][1] == made.images[-1]["id"][:12]


# ------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("localhost/app:1", 1),
        ("app:1", 1),
        ("quay.io/team/app:2", 1),
        ("team/app:2", 1),
        ("base", 0),
        ("base:latest", 0),
        ("library/base", 0),
        ("docker.io/base", 0),
        ("docker.io/library/base:latest", 0),
    ],
)
def test_names_are_found_as_podman_finds_them(name: str, found: int, made: PodmanRoot) -> None:
    assert id_of(made, name) == made.images[found]["id"]


@pytest.mark.parametrize(
    "name", ["app", "app:3", "ghcr.io/team/app:2", "quay.io/app:2", "x/base", "ba"]
)
def test_names_that_are_not_there(name: str, made: PodmanRoot) -> None:
    with pytest.raises(UnfitStoreError, match="no image"):
        id_of(made, name)


def test_localhost_goes_before_docker_hub_and_that_before_others(tmp_path: Path) -> None:
    made = PodmanRoot(tmp_path / "storage")
    made.add(LAYERS, "quay.io/library/tool:latest", created="q")
    assert id_of(made, "library/tool") == made.images[0]["id"]
    made.add(LAYERS, "docker.io/library/tool:latest", created="d")
    assert id_of(made, "tool") == made.images[1]["id"]
    made.add(LAYERS, "localhost/tool:latest", created="l")
    assert id_of(made, "tool") == made.images[2]["id"]


def test_ids_and_digests(made: PodmanRoot) -> None:
    for image in made.images:
        for text in (image["id"], image["id"][:12], image["id"][:3], "sha256:" + image["id"]):
            assert id_of(made, text) == image["id"]
    digest = made.images[0]["digest"]
    assert id_of(made, f"docker.io/library/base@{digest}") == made.images[0]["id"]
    assert id_of(made, f"base@{digest}") == made.images[0]["id"]
    with pytest.raises(UnfitStoreError, match="no image"):
        id_of(made, f"app@{digest}")
    with pytest.raises(UnfitStoreError, match="no image"):
        id_of(made, made.images[0]["id"][:2])


def test_a_short_id_of_two_images(tmp_path: Path) -> None:
    made = PodmanRoot(tmp_path / "storage")
    made.add(LAYERS)
    made.images.append(made.images[0] | {"id": made.images[0]["id"][:5] + "0" * 59})
    made.write()
    with pytest.raises(UnfitStoreError, match="2 images have an id"):
        id_of(made, made.images[0]["id"][:4])


def test_further_folders(made: PodmanRoot, tmp_path: Path) -> None:
    shared = PodmanRoot(tmp_path / "shared")
    shared.add(BASE, "localhost/shared:1")
    roots = [str(tmp_path / "none"), str(made.root), str(shared.root)]
    assert open_podman_store(roots, "app:1").store.label == str(made.root)
    assert open_podman_store(roots, "shared:1").store.label == str(shared.root)
    # An image may rest on layers of another folder.
    low = chain_of(LAYERS)[0].removeprefix("sha256:")
    made.layers.pop(low)
    made.record(low).unlink()
    made.write()
    reads = open_podman_store(roots, "app:1").image("app:1", "podman").read(ReadOptions())
    assert [len(read.table) for read in reads] == [2, 3]


# ------------------------------------------------------------------------- what does not fit


def _edit(made: PodmanRoot, **changes: object) -> None:
    row = next(iter(made.layers.values()))
    row.update(changes)
    made.write()


def _text(made: PodmanRoot, name: str, text: str) -> None:
    (made.folder(name) / f"{name}.json").write_text(text)


def _config(made: PodmanRoot) -> Path:
    id_: str = made.images[1]["id"]
    key = base64.b64encode(f"sha256:{id_}".encode()).decode()
    return made.folder("images") / id_ / f"={key}"


def _manifest(made: PodmanRoot, text: bytes) -> None:
    (made.folder("images") / made.images[1]["id"] / "manifest").write_bytes(text)


def _other_config(made: PodmanRoot) -> None:
    place = made.folder("images") / made.images[0]["id"] / "manifest"
    _manifest(made, place.read_bytes())


UNFIT: dict[str, tuple[Callable[[PodmanRoot], object], str]] = {
    "no list": (lambda made: (made.folder("layers") / "layers.json").unlink(), "cannot read"),
    "bad JSON": (lambda made: _text(made, "layers", "[{"), "not valid JSON"),
    "bad JSON of images": (lambda made: _text(made, "images", "{"), "not valid JSON"),
    "an object": (lambda made: _text(made, "images", "{}"), "not a list"),
    "no layers": (lambda made: _text(made, "layers", "[1, null, {}]"), "is not in podman's"),
    "another layer": (lambda made: _edit(made, **{"diff-digest": "x"}), "belongs to the layer 'x'"),
    "no digest": (lambda made: _edit(made, **{"diff-digest": None}), "belongs to the layer None"),
    "a circle": (lambda made: _edit(made, parent=next(iter(made.layers))), "in a circle"),
    "an odd parent": (lambda made: _edit(made, parent=["x"]), "no layer's id"),
    "half written": (lambda made: _edit(made, flags={"incomplete": True}), "being written"),
    "no record": (lambda made: made.record(next(iter(made.layers))).unlink(), "no record"),
    "no config": (lambda made: _config(made).unlink(), "cannot read"),
    "another config": (lambda made: _config(made).write_bytes(b"{}"), "not the configuration"),
    "no manifest": (lambda made: _manifest(made, b"x"), "not valid JSON"),
    "an index": (lambda made: _manifest(made, b'{"manifests":[]}'), "a list of images"),
    "another manifest": (_other_config, "not its configuration's"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_what_does_not_fit(name: str, made: PodmanRoot) -> None:
    change, reason = UNFIT[name]
    change(made)
    with pytest.raises(UnfitStoreError, match=reason):
        id_of(made, "app:1")


def test_more_layers_than_diff_ids(made: PodmanRoot) -> None:
    made.images[0]["layer"] = made.images[1]["layer"]
    made.write()
    with pytest.raises(UnfitStoreError, match="has 2 layers, its configuration 1 diff_ids"):
        id_of(made, "base")


@pytest.mark.parametrize("size", [None, -1, "7", True])
def test_a_size_that_is_none_is_not_believed(size: object, made: PodmanRoot) -> None:
    _edit(made, **{"diff-size": size})
    store = open_podman_store([str(made.root)], "app:1").store
    assert not store.exact_sizes
    assert len(store.load(diff_id(*BASE[0]), limit=1 << 30).table) == 2


def test_a_size_that_is_wrong(made: PodmanRoot) -> None:
    _edit(made, **{"diff-size": 512})
    store = open_podman_store([str(made.root)], "app:1").store
    with pytest.raises(UnfitStoreError, match="gives 2560 bytes, 512 are stated"):
        store.load(diff_id(*BASE[0]), limit=1 << 30)


def test_a_layer_pulled_in_part_gives_no_contents(made: PodmanRoot) -> None:
    _edit(made, **{"toc-digest": "sha256:" + "0" * 64})
    store = open_podman_store([str(made.root)], "app:1").store
    assert not store.rereads(diff_id(*BASE[0]))
    assert store.rereads(diff_id(*LAYERS[1]))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UnfitStoreError, match="cannot read the engine's folder"):
        open_podman_store([str(tmp_path / "none")], "x")
    with pytest.raises(UnfitStoreError, match="holds no images"):
        open_podman_store([str(tmp_path)], "x")
    with pytest.raises(UnfitStoreError, match="no image 'x'"):
        open_podman_store([], "x")


# ----------------------------------------------------------------------- lists that change


def test_volatile_layers_count(made: PodmanRoot) -> None:
    top = chain_of(LAYERS)[1].removeprefix("sha256:")
    row = made.layers.pop(top)
    made.write()
    (made.folder("layers") / "volatile-layers.json").write_text(json.dumps([row]))
    assert id_of(made, "app:1") == made.images[1]["id"]


def test_a_list_that_is_replaced_meanwhile_is_read_again(
    made: PodmanRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = podman_store._rows
    seen: list[str] = []

    def replaced(path: str) -> list[dict[str, object]]:
        seen.append(Path(path).name)
        if len(seen) == 1:
            rows = read(path)
            made.add(LAYERS[1:], "localhost/new:1")  # podman is quicker
            return rows
        return read(path)

    monkeypatch.setattr(podman_store, "_rows", replaced)
    assert id_of(made, "new:1") == made.images[-1]["id"]
    assert seen == ["images.json", "layers.json"] * 2


def test_a_list_that_vanishes_for_a_moment_is_read_again(
    made: PodmanRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = podman_store._rows
    layers = made.folder("layers") / "layers.json"
    aside = layers.with_suffix(".aside")

    def vanishing(path: str) -> list[dict[str, object]]:
        if aside.exists():
            aside.rename(layers)
        elif path == str(layers) and not vanished:
            vanished.append(True)
            layers.rename(aside)
        return read(path)

    vanished: list[bool] = []
    monkeypatch.setattr(podman_store, "_rows", vanishing)
    assert id_of(made, "app:1") == made.images[1]["id"]
    assert vanished


def test_lists_that_keep_changing(made: PodmanRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    read = podman_store._rows

    def changing(path: str) -> list[dict[str, object]]:
        made.images.append(made.images[0])
        made.write()
        return read(path)

    monkeypatch.setattr(podman_store, "_rows", changing)
    with pytest.raises(UnfitStoreError, match="keep changing"):
        id_of(made, "app:1")
