"""The second look: the same analysis, and next to nothing read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerlens.cache.layers import LayerCache
from layerlens.errors import DigestError, FormatError, LimitError, SourceError
from layerlens.image.digest import Digest
from layerlens.layers.reader import LayerRead, PlainFile
from layerlens.pipeline import open_image
from layerlens.sources import path as path_module
from layerlens.sources import place as place_module
from layerlens.sources.directory_store import DirectoryStore
from layerlens.sources.file_store import FileStore
from layerlens.sources.image import ReadOptions
from layerlens.sources.place import SETTLED, file_place
from layerlens.sources.remembered import RememberedStore
from layerlens.sources.stream_store import StreamStore
from tests.builders import Image, gzipped, multi
from tests.members import directory, file, layer, whiteout
from tests.shared_fixtures import shared_fixture
from tests.unit.sources.looking import analysis, dumps, figures, pack, zipped

LAYERS = [
    layer(directory("d"), *(file(f"d/{k}", b"x" * (100 + k)) for k in range(20))),
    layer(file("d/3", b"new"), whiteout("d/4"), file("d/5", b"x" * 105, mode=0o600)),
    *(layer(file(f"own{k}", b"%d" % k * 50)) for k in range(8)),
]
IMAGE = Image(LAYERS, [f"RUN {k}" for k in range(len(LAYERS))])


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that the tests have just written count as left alone."""
    monkeypatch.setattr(place_module, "SETTLED", 0)


@pytest.fixture
def cache(tmp_path: Path) -> LayerCache:
    return LayerCache(str(tmp_path / "cache"))


class Spy:
    """Counts what stores read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loads: list[str] = []
        self.passes = 0
        for store in (FileStore, DirectoryStore, StreamStore):
            monkeypatch.setattr(store, "load", self._load(store.load))
        stream = path_module._stream

        def passing(*arguments: Any) -> StreamStore:
            self.passes += 1
            return stream(*arguments)

        monkeypatch.setattr(path_module, "_stream", passing)

    def _load(self, load: Any) -> Any:
        def counted(store: Any, name: str, **options: Any) -> LayerRead:
            self.loads.append(name)
            return load(store, name, **options)  # type: ignore[no-any-return]

        return counted

    def taken(self) -> tuple[int, int]:
        """Layers that were loaded, and archives that passed, since the last time."""
        found = len(self.loads), self.passes
        self.loads, self.passes = [], 0
        return found


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    return Spy(monkeypatch)


SHAPES: dict[str, Callable[[Path], Path]] = {
    "docker": lambda folder: IMAGE.save_legacy(folder / "a.tar"),
    "docker 25": lambda folder: IMAGE.save_25(folder / "a.tar"),
    "containerd": lambda folder: IMAGE.containerd_save(folder / "a.tar"),
    "oci gzip": lambda folder: IMAGE.oci_archive(folder / "a.tar", "gzip"),
    "oci zstd": lambda folder: IMAGE.oci_archive(folder / "a.tar", "zstd"),
    "oci dir": lambda folder: IMAGE.oci_dir(folder / "a"),
    "oci dir gzip": lambda folder: IMAGE.oci_dir(folder / "a", "gzip"),
    "docker, gzip layers": lambda folder: gzip_layers(folder / "a.tar"),
    "compressed docker": lambda folder: zipped(IMAGE.save_legacy(folder / "a.tar")),
    "compressed docker 25": lambda folder: zipped(IMAGE.save_25(folder / "a.tar")),
    "compressed oci gzip": lambda folder: zipped(IMAGE.oci_archive(folder / "a.tar", "gzip")),
    "compressed, gzip layers": lambda folder: zipped(gzip_layers(folder / "a.tar")),
    "compressed flat": lambda folder: zipped(Image(LAYERS[:1]).flat(folder / "a.tar")),
}


def gzip_layers(path: Path) -> Path:
    """A docker archive of compressed layers, of which only diff_ids are promised."""
    names = [f"{k}.tar.gz" for k in range(len(LAYERS))]
    entry = {"Config": "c.json", "RepoTags": ["x:1"], "Layers": names}
    blobs = dict(zip(names, map(gzipped, LAYERS), strict=True))
    return pack(path, blobs | {"c.json": IMAGE.config, "manifest.json": dumps([entry])})


def everything(path: Path | str, **options: Any) -> dict[str, object]:
    """All of an analysis that is comparable, diagnostics and stored sizes too."""
    found = analysis(path, **options)
    stored = [
        (str(e.digest), str(e.diff_id), e.compression, e.compressed_size) for e in found.layers
    ]
    return figures(found) | {
        "stored": stored,
        "notes": [repr(note) for note in found.diagnostics],
        "id": str(found.image.id),
    }


@pytest.mark.parametrize("shape", SHAPES)
class TestSecondLook:
    def test_reads_nothing_and_says_the_same(
        self, shape: str, tmp_path: Path, cache: LayerCache, spy: Spy
    ) -> None:
        path = SHAPES[shape](tmp_path)
        without = everything(path)
        spy.taken()
        assert everything(path, cache=cache) == without
        first = spy.taken()
        assert sum(first) > 0
        assert cache.problems == []
        assert everything(path, cache=LayerCache(cache.directory)) == without
        loads, passes = spy.taken()
        assert passes == 0
        # Of these the store tells what it remembers: nothing promises a digest to ask for.
        assert loads == (len(LAYERS) if shape == "compressed, gzip layers" else 0)

    def test_verify_reads_again(
        self, shape: str, tmp_path: Path, cache: LayerCache, spy: Spy
    ) -> None:
        path = SHAPES[shape](tmp_path)
        everything(path, cache=cache)
        first = spy.taken()
        expected = everything(path, verify=True)
        spy.taken()
        assert everything(path, cache=cache, verify=True) == expected
        again = spy.taken()
        assert again[1] == first[1]
        assert again[0] + again[1] > 0
        # And what it kept does not change what is seen without it.
        assert everything(path, cache=cache) == everything(path)


class TestChanged:
    def test_nine_of_ten_layers_known(self, tmp_path: Path, cache: LayerCache, spy: Spy) -> None:
        changed = replace(IMAGE, layers=[*LAYERS[:-1], layer(file("own7", b"changed"))])
        for form in ("none", "gzip"):
            path = IMAGE.oci_dir(tmp_path / form, form)
            everything(path, cache=cache)
            spy.taken()
            for name, data in changed.oci_files(form).items():
                if name == "index.json" or not (path / name).exists():  # as real programs do
                    (path / name).write_bytes(data)
            found = everything(path, cache=cache)
            assert spy.taken() == (1, 0)
            assert found == everything(path)
            spy.taken()

    def test_an_archive_that_was_written_anew(self, tmp_path: Path, cache: LayerCache) -> None:
        path = IMAGE.save_legacy(tmp_path / "a.tar")
        zipped(path)
        for look in (path, Path(f"{path}.gz")):
            everything(look, cache=cache)
        other = Image(LAYERS[:2])
        other.save_legacy(path)
        zipped(path)
        for look in (path, Path(f"{path}.gz")):
            assert everything(look, cache=cache) == everything(look)
            assert len(analysis(look, cache=cache).layers) == 2

    def test_another_bound_on_layers(self, tmp_path: Path, cache: LayerCache) -> None:
        path = zipped(IMAGE.oci_archive(tmp_path / "a.tar", "gzip"))
        with pytest.raises(LimitError, match="decompresses to more"):
            analysis(path, cache=cache, max_layer=5000)
        with pytest.raises(LimitError, match="decompresses to more"):
            analysis(path, cache=cache, max_layer=5000)
        assert everything(path, cache=cache) == everything(path)
        # What is known by now has not to be decompressed again.
        assert everything(path, cache=cache, max_layer=5000) == everything(path)

    def test_errors_are_the_same_the_second_time(self, tmp_path: Path, cache: LayerCache) -> None:
        broken = gzipped(LAYERS[0])[:-20]
        entry = {"Config": "c.json", "Layers": ["x"]}
        files = {"x": broken, "c.json": Image(LAYERS[:1]).config, "manifest.json": dumps([entry])}
        path = zipped(pack(tmp_path / "a.tar", files))
        told = []
        for _ in range(2):
            with pytest.raises(FormatError) as caught:
                analysis(path, cache=cache)
            told.append((caught.value.what, caught.value.hint, caught.value.where))
        assert told[0] == told[1]
        assert cache.info().records["archives"] == 1

    def test_a_wrong_digest_is_found_the_second_time(
        self, tmp_path: Path, cache: LayerCache
    ) -> None:
        files = IMAGE.oci_files("gzip")
        manifest = json.loads(IMAGE.manifest("gzip"))
        name = "blobs/" + manifest["layers"][0]["digest"].replace(":", "/")
        files[name] = gzipped(layer(file("other")))
        path = pack(tmp_path / "a.tar", files)
        for look in (path, zipped(path)):
            for _ in range(2):
                with pytest.raises(DigestError):
                    analysis(look, cache=cache)


class TestArchiveThatPassed:
    @pytest.fixture
    def path(self, tmp_path: Path, cache: LayerCache) -> Path:
        path = zipped(IMAGE.oci_archive(tmp_path / "a.tar", "gzip"))
        everything(path, cache=cache)
        return path

    def drop_layers(self, cache: LayerCache) -> None:
        for kind in ("layers", "blobs"):
            for each in Path(cache.directory).glob(f"*/{kind}/*"):
                each.unlink()

    def test_layers_that_went_are_read_again(self, path: Path, cache: LayerCache, spy: Spy) -> None:
        self.drop_layers(cache)
        assert everything(path, cache=cache) == everything(path)
        assert spy.taken()[1] == 2  # one of them without a cache
        assert everything(path, cache=cache)
        assert spy.taken() == (0, 0)

    def test_the_archive_went_too(self, path: Path, cache: LayerCache) -> None:
        self.drop_layers(cache)
        options = ReadOptions(cache=cache)
        image = open_image(str(path), options)
        assert isinstance(image.store, RememberedStore)
        path.unlink()
        with pytest.raises(SourceError, match="cannot open"):
            image.read(options)
        image.close()

    def test_the_archive_is_another_by_then(self, path: Path, cache: LayerCache) -> None:
        self.drop_layers(cache)
        options = ReadOptions(cache=cache)
        image = open_image(str(path), options)
        os.replace(zipped(Image(LAYERS[1:]).oci_archive(path.with_name("b.tar"), "gzip")), path)
        with pytest.raises(SourceError, match="changed while it was looked at"):
            image.read(options)
        image.close()

    def test_an_image_that_was_not_looked_at(
        self, tmp_path: Path, cache: LayerCache, spy: Spy
    ) -> None:
        images = [IMAGE, Image(LAYERS[1:4], tag="other:1")]
        path = zipped(multi(tmp_path / "a.tar", images))
        for k in (1, 2, 1, 2):
            assert everything(path, cache=cache, select=f"@{k}") == everything(path, select=f"@{k}")
        spy.taken()
        everything(path, cache=cache, select="@2")
        assert spy.taken() == (0, 0)


@pytest.mark.parametrize(
    "name",
    ["archives/save25-one.tar", "archives/pod-oci-archive.tar", "archives/sk-dir-unc",
     "archives/save20-one.tar.gz", "archives/sk-oci-zchunk", "dive/test-gzip-image.tar",
     "dive/test-oci-estargz-image.tar", "dive/test-kaniko-image.tar"],
)  # fmt: skip
def test_real_archives(name: str, cache: LayerCache) -> None:
    path = shared_fixture(name)
    without = everything(path)
    for _ in range(3):
        assert everything(path, cache=cache) == without


def test_no_image_poisons_another(tmp_path: Path, cache: LayerCache) -> None:
    evil = layer(file("evil"))
    manifest = [{"Config": "c.json", "RepoTags": ["x:1"], "Layers": ["l.tar"]}]
    honest = Image(LAYERS[:1])
    false = {"l.tar": evil, "c.json": honest.config, "manifest.json": dumps(manifest)}
    path = pack(tmp_path / "evil.tar", false)
    # Plain archives are believed, streams are found out; nothing of either stays.
    assert analysis(path, cache=cache).scores.total_bytes == 0
    with pytest.raises(DigestError):
        analysis(zipped(path), cache=cache)
    analysis(zipped(path), cache=cache, verify=False)
    good = honest.save_25(tmp_path / "good.tar")
    for look in (good, zipped(good)):
        assert everything(look, cache=cache) == everything(look)
    assert cache.by_diff_id(Digest("sha256", honest.diff_ids[0])) is not None


class TestPlace:
    def test_changes_with_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        places: set[str | None] = set()
        for text in ("a", "b", "ab"):
            path.write_text(text)
            os.utime(path, (1000 + len(places), 1000))
            places.add(self.place_of(path))
        (tmp_path / "link").symlink_to("f")
        places.add(self.place_of(tmp_path / "link"))
        assert len(places) == 3
        assert None not in places

    def place_of(self, path: Path) -> str | None:
        file = PlainFile(str(path))
        try:
            return file_place(file.path, file.status, file.opened)
        finally:
            file.close()

    def test_none_for_what_was_just_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: LayerCache
    ) -> None:
        monkeypatch.setattr(place_module, "SETTLED", SETTLED)
        path = IMAGE.save_legacy(tmp_path / "a.tar")
        os.utime(path, (1000, 1000))  # the change of its times tells
        assert self.place_of(path) is None
        info = path.stat()
        later = info.st_ctime_ns + SETTLED
        assert file_place(str(path), info, later) is not None
        assert file_place(str(path), info, later - 1) is None
        assert file_place(str(path), info, 0) is None
        for look in (path, zipped(path)):
            everything(look, cache=cache)
        records = cache.info().records
        assert records["places"] == records["archives"] == 0
        assert records["layers"] == len(LAYERS)  # those that passed, by their digests

    def test_members_of_an_archive_have_their_own(self, tmp_path: Path) -> None:
        store = FileStore(PlainFile(str(pack(tmp_path / "a.tar", {"a": b"1", "b": b"1"}))))
        try:
            assert store.place("a")
            assert store.place("a") != store.place("b")
        finally:
            store.close()

    def test_plain_blobs_can_be_read_again(self, tmp_path: Path) -> None:
        path = pack(tmp_path / "a.tar", {"plain": LAYERS[0], "packed": gzipped(LAYERS[0])})
        (tmp_path / "d").mkdir()
        for name in ("plain", "packed"):
            (tmp_path / "d" / name).write_bytes({"plain": b"tar", "packed": gzipped(b"")}[name])
        for store in (FileStore(PlainFile(str(path))), DirectoryStore(str(tmp_path / "d"))):
            try:
                assert store.rereads("plain")
                assert not store.rereads("packed")
            finally:
                store.close()
