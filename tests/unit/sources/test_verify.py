"""Digests: checked where the bytes pass, on --verify everywhere, warned of on --no-verify."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import DigestError, Interrupted
from layerlens.image.digest import Digest
from layerlens.pipeline import open_image
from layerlens.progress import Step
from layerlens.sources.image import Image as Opened
from layerlens.sources.image import ReadOptions
from tests.archives import BLOBS
from tests.builders import Image, Member, file, gzipped, hardlink, layer, sha256, sparse, zstandard
from tests.unit.sources.looking import analysis, dumps, figures, pack, zipped

GOOD = (layer(file("a", b"1" * 100)), layer(file("b", b"2" * 200)))
OTHER = layer(file("b", b"3" * 200))


def docker(path: Path, blobs: list[bytes], config: bytes) -> Path:
    names = [f"{k}.tar" for k in range(len(blobs))]
    entry = {"Config": "c.json", "RepoTags": ["x:1"], "Layers": names}
    files = dict(zip(names, blobs, strict=True)) | {"c.json": config}
    return pack(path, files | {"manifest.json": dumps([entry])})


def codes(found: Analysis) -> list[str]:
    return [note.code for note in found.diagnostics]


@pytest.fixture
def swapped(tmp_path: Path) -> Path:
    """A plain archive whose second layer is not the promised one."""
    return docker(tmp_path / "x.tar", [GOOD[0], OTHER], Image(GOOD).config)


class TestWrongDiffId:
    def test_a_plain_archive_is_not_read_through(self, swapped: Path) -> None:
        assert codes(analysis(swapped)) == []

    def test_verify_finds_it(self, swapped: Path) -> None:
        with pytest.raises(DigestError) as caught:
            analysis(swapped, verify=True)
        error = caught.value
        assert sha256(OTHER) in error.what
        assert sha256(GOOD[1]) in error.what
        assert error.where.layer is not None
        assert error.where.layer.startswith("layer 2/2 sha256:")
        assert error.where.file == str(swapped)
        assert "--no-verify" in str(error.hint)

    def test_a_stream_finds_it(self, swapped: Path) -> None:
        with pytest.raises(DigestError):
            analysis(zipped(swapped))

    def test_no_verify_is_a_diagnostic(self, swapped: Path) -> None:
        found = analysis(zipped(swapped), verify=False)
        assert codes(found) == ["digest-mismatch"]
        assert found.diagnostics[0].layer == 1
        assert codes(analysis(swapped, verify=False)) == []

    @pytest.mark.parametrize("compress", [gzipped, zstandard], ids=["gzip", "zstd"])
    def test_compressed(self, compress: Any, tmp_path: Path) -> None:
        path = docker(tmp_path / "x.tar", [GOOD[0], compress(OTHER)], Image(GOOD).config)
        with pytest.raises(DigestError):
            analysis(path)
        assert codes(analysis(path, verify=False)) == ["digest-mismatch"]

    def test_one_blob_for_two_promises(self, tmp_path: Path) -> None:
        # The second layer is the first one's blob again, and a promise of something else.
        for data, verify in ((GOOD[0], True), (gzipped(GOOD[0]), None)):
            entry = {"Config": "c.json", "RepoTags": [], "Layers": ["l", "l"]}
            files = {"l": data, "c.json": Image(GOOD).config, "manifest.json": dumps([entry])}
            path = pack(tmp_path / "x.tar", files)
            with pytest.raises(DigestError) as caught:
                analysis(path, verify=verify)
            assert str(caught.value.where.layer).startswith("layer 2/2")


class TestWrongBlobs:
    def test_config_name(self, tmp_path: Path) -> None:
        name = "0" * 64 + ".json"
        entry = {"Config": name, "RepoTags": ["x:1"], "Layers": ["0.tar", "1.tar"]}
        files = {"0.tar": GOOD[0], "1.tar": GOOD[1], name: Image(GOOD).config}
        path = pack(tmp_path / "x.tar", files | {"manifest.json": dumps([entry])})
        for place in (path, zipped(path)):
            with pytest.raises(DigestError, match="0000"):
                analysis(place)
            found = analysis(place, verify=False)
            assert codes(found) == ["digest-mismatch"]
            assert str(found.image.id) == f"sha256:{Image(GOOD).id}"

    @pytest.mark.parametrize("which", ["manifest", "config", "layer"])
    @pytest.mark.parametrize("directory", [False, True])
    def test_oci(self, which: str, directory: bool, tmp_path: Path) -> None:
        image = Image(GOOD)
        files = image.oci_files("gzip")
        name = {
            "manifest": sha256(image.manifest("gzip")),
            "config": image.id,
            "layer": sha256(gzipped(GOOD[1])),
        }[which]
        old = files[BLOBS + name]
        files[BLOBS + name] = (
            gzipped(GOOD[1], level=1) + bytes(9) if which == "layer" else old + b" "
        )
        if directory:
            path = tmp_path / "oci"
            for each, data in files.items():
                (path / each).parent.mkdir(parents=True, exist_ok=True)
                (path / each).write_bytes(data)
        else:
            path = pack(tmp_path / "x.tar", files)
        with pytest.raises(DigestError) as caught:
            analysis(path)
        assert caught.value.where.file == str(path)
        found = analysis(path, verify=False)
        assert found.scores.total_bytes == 300
        assert codes(found) == ["digest-mismatch"]

    @pytest.mark.parametrize("verify", [None, False])
    def test_skopeo_directory(self, verify: bool | None, tmp_path: Path) -> None:
        image = Image(GOOD)
        files = {sha256(data): data for data in GOOD}
        files |= {"manifest.json": image.manifest(), image.id: image.config + b" "}
        path = pack(tmp_path / "x.tar", files)
        if verify is None:
            with pytest.raises(DigestError, match=image.id[:12]):
                analysis(path)
        else:
            assert codes(analysis(path, verify=False)) == ["digest-mismatch"]

    def test_layer_blob_digest_in_a_plain_archive(self, tmp_path: Path) -> None:
        # Raw layers of an OCI archive: not read through, unless asked for.
        image = Image(GOOD)
        files = image.oci_files("none")
        files[BLOBS + sha256(GOOD[1])] = OTHER
        path = pack(tmp_path / "x.tar", files)
        assert codes(analysis(path)) == []
        with pytest.raises(DigestError):
            analysis(path, verify=True)
        with pytest.raises(DigestError):
            analysis(zipped(path))

    def test_other_algorithms_are_not_called_wrong(self, tmp_path: Path) -> None:
        import hashlib

        image = Image(GOOD)
        manifest = json.loads(image.manifest("gzip"))
        files = image.oci_files("gzip")
        blob = gzipped(GOOD[1])
        long = hashlib.sha512(blob).hexdigest()
        manifest["layers"][1]["digest"] = f"sha512:{long}"
        data = dumps(manifest)
        index = json.loads(files["index.json"])
        index["manifests"][0] |= {"digest": f"sha256:{sha256(data)}", "size": len(data)}
        files |= {
            "index.json": dumps(index),
            BLOBS + sha256(data): data,
            f"blobs/sha512/{long}": blob,
        }
        for place in (pack(tmp_path / "x.tar", files), zipped(tmp_path / "x.tar")):
            assert analysis(place).scores.total_bytes == 300


def opened(path: Path) -> Opened:
    image = open_image(str(path))
    image.read(ReadOptions())
    return image


class TestSameContent:
    """Contents are compared by hash where they passed, by reading where they lie."""

    FIRST = layer(
        file("same", b"s" * 3000), file("other", b"o" * 3000), file("empty"),
        sparse("sparse", ((0, b"a" * 600), (5000, b"b")), 9000, "1.0"),
        sparse("gnu", ((0, b"a" * 600), (5000, b"b")), 9000),
        sparse("map", ((0, b"a" * 600), (5000, b"b")), 9000),
        file("last", b"z"),
    )  # fmt: skip
    SECOND = layer(
        file("x", b"x"), file("same", b"s" * 3000), file("other", b"o" * 2999 + b"!"), file("empty"),
        sparse("sparse", ((0, b"a" * 600), (5000, b"b")), 9000, "1.0"),
        sparse("gnu", ((0, b"a" * 600), (5000, b"c")), 9000),
        sparse("map", ((0, b"a" * 600), (5001, b"b")), 9000),
    )  # fmt: skip

    @pytest.mark.parametrize("stored", ["plain", "compressed", "mixed"])
    @pytest.mark.parametrize("outer", [False, True])
    def test_comparison(self, stored: str, outer: bool, tmp_path: Path) -> None:
        first = gzipped(self.FIRST) if stored == "compressed" else self.FIRST
        second = self.SECOND if stored == "plain" else gzipped(self.SECOND)
        path = docker(tmp_path / "x.tar", [first, second], Image([self.FIRST, self.SECOND]).config)
        image = opened(zipped(path) if outer else path)
        try:
            names = [image._table(k).names for k in (0, 1)]

            def same(name: bytes) -> bool:
                return image.same_content((0, names[0].index(name)), (1, names[1].index(name)))

            assert same(b"same")
            assert same(b"empty")
            assert not same(b"other")
            assert not same(b"gnu")
            assert not same(b"map")
            if stored != "mixed" or outer:  # a hash covers the map, a read does not: counted as new
                assert same(b"sparse")
        finally:
            image.close()

    def test_unchanged_content_is_metadata_in_every_storage(self, tmp_path: Path) -> None:
        layers = [layer(file("f", b"x" * 5000)), layer(file("f", b"x" * 5000, mode=0o600))]
        for compression in ("none", "gzip", "zstd"):
            found = analysis(Image(layers).oci_archive(tmp_path / "x.tar", compression))
            rows = {row.name: row.bytes for row in found.ledger if row.bytes}
            assert rows == {"live": 5000, "metadata": 5000}

    def test_content_that_has_passed(self, tmp_path: Path) -> None:
        image = opened(zipped(Image(GOOD).save_25(tmp_path / "x.tar")))
        with pytest.raises(Exception, match="not kept"):
            image.stored_content(0, 0)
        image.close()

    def test_content_in_place(self, tmp_path: Path) -> None:
        tar = layer(file("a", b"A" * 700), sparse("s", ((5, b"hello"), (900, b"you")), 1000, "1.0"))
        path = Image([tar]).save_25(tmp_path / "x.tar")
        for place in (
            path,
            Image([tar]).oci_dir(tmp_path / "oci"),
            Image([tar]).flat(tmp_path / "f"),
        ):
            image = opened(place)
            assert b"".join(image.stored_content(0, 0)) == b"A" * 700
            assert b"".join(image.stored_content(0, 1)) == b"helloyou"
            image.close()


class TestReading:
    def test_interrupting_stops_all_readers(self, tmp_path: Path) -> None:
        layers = [layer(file("f", bytes([k]) * 9_000_000)) for k in range(6)]
        import os

        layers = [layer(file("f", os.urandom(3_000_000))) for _ in layers]
        image = open_image(str(Image(layers).oci_archive(tmp_path / "x.tar", "gzip")))
        steps: list[Step] = []

        def progress(step: Step) -> None:
            steps.append(step)
            raise Interrupted

        try:
            with pytest.raises(Interrupted):
                image.read(ReadOptions(workers=2), progress)
        finally:
            image.close()
        # One call for each reader that was under way, and none for the others.
        assert 1 <= len(steps) <= 2

    def test_the_lowest_broken_layer_is_told(self, tmp_path: Path) -> None:
        blobs = [gzipped(GOOD[0])[:-3], gzipped(GOOD[1])[:40]]
        path = docker(tmp_path / "x.tar", blobs, Image(GOOD).config)
        for place in (path, zipped(path)):
            with pytest.raises(Exception, match="truncated") as caught:
                analysis(place)
            assert str(caught.value.where.layer).startswith("layer 1/2")  # type: ignore[attr-defined]

    def test_progress_adds_up(self, tmp_path: Path) -> None:
        path = Image(GOOD).oci_archive(tmp_path / "x.tar", "gzip")
        image = open_image(str(path))
        steps: list[Step] = []
        image.read(ReadOptions(), steps.append)
        image.close()
        total = sum(len(gzipped(data)) for data in GOOD)
        assert {step.total for step in steps} <= {total}
        assert all(step.done <= total for step in steps)

    def test_no_file_stays_open(self, tmp_path: Path) -> None:
        import gc
        import os

        def count() -> int:
            return len(os.listdir("/proc/self/fd"))

        if not os.path.isdir("/proc/self/fd"):
            pytest.skip("no /proc here")
        good = Image(GOOD).save_25(tmp_path / "x.tar")
        broken = tmp_path / "broken.tar"
        broken.write_bytes(good.read_bytes()[:3000])
        (tmp_path / "text").write_bytes(b"text" * 500)
        gone = pack(tmp_path / "gone.tar", {"manifest.json": b"[{}]"})
        folder = Image(GOOD).oci_dir(tmp_path / "oci", "gzip")
        gc.collect()  # what earlier tests left open must not go in between
        before = count()
        for place in (good, zipped(good), folder):
            analysis(place)
        for place in (broken, zipped(broken), tmp_path / "text", gone):
            with pytest.raises(Exception, match=r"."):
                analysis(place)
        assert count() == before

    def test_figures_of_members_and_their_replacements(self, tmp_path: Path) -> None:
        members: list[Member] = [file("a", b"1"), hardlink("b", "a")]
        image = Image([layer(*members), layer(file("a", b"2"))])
        plain = analysis(image.save_25(tmp_path / "x.tar"))
        again = analysis(replace(image, tag="other:2").oci_archive(tmp_path / "y.tar", "zstd"))
        assert figures(plain) == figures(again)

    def test_the_digest_type(self) -> None:
        assert Digest.of(b"").hex == sha256(b"")
