"""Bad archives: the right class, a message that names the place, and a way out where there is one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from layerlens.errors import (
    DigestError,
    FormatError,
    ImageError,
    LayerLensError,
    LimitError,
    NotAnImageError,
    SourceError,
)
from tests.archives import BLOBS
from tests.builders import (
    Image,
    base256,
    directory,
    file,
    gzipped,
    hardlink,
    header,
    layer,
    raw,
    sha256,
    symlink,
    zstandard,
)
from tests.unit.sources.looking import (
    analysis,
    contents,
    dumps,
    failure,
    figures,
    pack,
    unpack,
    zipped,
)

IMAGE = Image([layer(file("a", b"1" * 3000)), layer(file("b", b"2" * 3000))], tag="demo:1")


def docker(path: Path, **changes: bytes | None) -> Path:
    """A docker archive with files replaced, added or (``None``) left out."""
    entry = {"Config": "config.json", "RepoTags": ["demo:1"], "Layers": ["0.tar", "1.tar"]}
    files: dict[str, bytes | None] = {
        "0.tar": IMAGE.layers[0], "1.tar": IMAGE.layers[1], "config.json": IMAGE.config,
        "manifest.json": dumps([entry]),
    }  # fmt: skip
    files |= {name.replace("__", "/").replace("_", "."): data for name, data in changes.items()}
    return pack(path, {name: data for name, data in files.items() if data is not None})


def manifest(**changes: object) -> bytes:
    entry = {"Config": "config.json", "RepoTags": ["demo:1"], "Layers": ["0.tar", "1.tar"]}
    return dumps([entry | changes])


class TestNoArchive:
    def test_nothing_there(self, tmp_path: Path) -> None:
        error = failure(tmp_path / "none.tar")
        assert isinstance(error, SourceError)
        assert "no such file" in error.what

    def test_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.touch()
        with pytest.raises(NotAnImageError, match="empty"):
            analysis(path)

    @pytest.mark.parametrize(
        "data",
        [b"x", b"just text\n" * 100, b"\x7fELF" + bytes(range(256)) * 10, b"PK\x03\x04" * 200,
         b"\x89PNG\r\n\x1a\n" + b"p" * 2000, b'{"json": true}', b"<html>" * 200],
    )  # fmt: skip
    def test_something_else(self, data: bytes, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.write_bytes(data)
        error = failure(path)
        assert isinstance(error, NotAnImageError)
        assert "not a tar archive" in error.what
        assert "docker save" in str(error.hint)

    def test_compressed_three_times(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.write_bytes(gzipped(gzipped(zstandard(IMAGE.layers[0]))))
        with pytest.raises(NotAnImageError, match="more than twice"):
            analysis(path)

    @pytest.mark.parametrize("name", ["none", "etc"])
    def test_a_directory_of_something_else(self, name: str, tmp_path: Path) -> None:
        folder = tmp_path / name
        folder.mkdir()
        if name == "etc":
            (folder / "passwd").write_text("root")
            (folder / "deep/er/and/deep/er").mkdir(parents=True)
        error = failure(folder)
        assert isinstance(error, NotAnImageError)
        assert "no index.json and no manifest.json" in error.what
        assert "OCI layout" in str(error.hint)

    def test_the_root_directory_is_not_searched_through(self) -> None:
        assert isinstance(failure("/"), ImageError)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_no_permission(self, tmp_path: Path) -> None:
        path = IMAGE.save_25(tmp_path / "x.tar")
        path.chmod(0)
        with pytest.raises(SourceError, match="ermission"):
            analysis(path)

    def test_a_loop_of_links(self, tmp_path: Path) -> None:
        (tmp_path / "a.tar").symlink_to(tmp_path / "a.tar")
        assert isinstance(failure(tmp_path / "a.tar"), SourceError)

    def test_a_device(self) -> None:
        with pytest.raises(NotAnImageError):
            analysis("/dev/null")

    def test_the_wrong_scheme(self, tmp_path: Path) -> None:
        path = IMAGE.oci_archive(tmp_path / "x.tar")
        assert "not a docker archive" in failure(path, "docker-archive:").what
        path = IMAGE.save_legacy(tmp_path / "y.tar")
        assert "not an OCI layout" in failure(path, "oci-archive:").what
        assert "not an OCI layout" in failure(path, "oci:").what


class TestCut:
    @pytest.mark.parametrize("shape", ["save_legacy", "save_25", "podman_archive", "oci_archive"])
    def test_at_any_block_and_in_the_middle(self, shape: str, tmp_path: Path) -> None:
        whole = getattr(IMAGE, shape)(tmp_path / "whole.tar").read_bytes()
        ends = len(whole.rstrip(b"\0")) + 511 & -512
        path = tmp_path / "cut.tar"
        path.write_bytes(whole)
        expected = figures(analysis(path))
        refused = 0
        for length in [*range(512, ends, 512), 1, 511, 513, 1000, ends - 1, ends - 100]:
            path.write_bytes(whole[:length])
            for place in (path, zipped(path)):
                try:
                    found = analysis(place)
                except ImageError:
                    refused += 1
                else:
                    # All that matters was there: an index, or a manifest before the names.
                    assert figures(found) == expected, length
        assert refused > 30

    @pytest.mark.parametrize("compress", [gzipped, zstandard], ids=["gzip", "zstd"])
    def test_compressed(self, compress: object, tmp_path: Path) -> None:
        assert callable(compress)
        whole = compress(IMAGE.save_25(tmp_path / "x.tar").read_bytes())
        path = tmp_path / "cut.tar.gz"
        for length in (*range(20, len(whole), max(1, len(whole) // 50)), len(whole) - 1):
            path.write_bytes(whole[:length])
            with pytest.raises(
                (FormatError, NotAnImageError), match=r"truncated|corrupt|not a tar"
            ):
                analysis(path)

    def test_the_outer_streams_own_error_is_told(self, tmp_path: Path) -> None:
        # The break is inside a layer, yet it is the archive's compression that is broken.
        tar = (
            Image([layer(file("f", os.urandom(300_000)))]).save_25(tmp_path / "x.tar").read_bytes()
        )
        broken = bytearray(gzipped(tar, members=4))
        broken[len(broken) // 2] ^= 0xFF
        path = tmp_path / "x.tgz"
        path.write_bytes(bytes(broken))
        with pytest.raises(FormatError, match="corrupt gzip"):
            analysis(path)

    def test_cut_padding_of_the_last_member(self, tmp_path: Path) -> None:
        data = file("manifest.json", b"[]").encode()
        path = tmp_path / "x.tar"
        path.write_bytes(data[:-100])
        assert "truncated" in failure(path).what

    def test_names_entry_and_offset(self, tmp_path: Path) -> None:
        path = IMAGE.save_25(tmp_path / "x.tar")
        path.write_bytes(path.read_bytes()[:2000])
        error = failure(path)
        assert error.where.file is not None
        assert str(error.where.entry).startswith("b'blobs/sha256/")
        assert error.where.offset == 1536


class TestManifest:
    @pytest.mark.parametrize(
        ("data", "what"),
        [(b"null", "null"), (b"[]", "empty"), (b"null\n", "null")],
    )
    def test_without_images(self, data: bytes, what: str, tmp_path: Path) -> None:
        error = failure(docker(tmp_path / "x.tar", manifest_json=data))
        assert isinstance(error, NotAnImageError)
        assert f"manifest.json is {what}" in error.what
        assert error.hint is not None

    @pytest.mark.parametrize(
        "data",
        [b"", b"5", b'"text"', b"{}", b"[null]", b"[5]", b"[[]]", b"[{}]", b"[{]", b"not json",
         b'{"schemaVersion": 1}', b"\xef\xbb\xbf[]", b"[\xff]", b"true", b'[{"Config": 5}]',
         b'[{"Config": "config.json", "Layers": "x"}]', b'[{"Config": "", "Layers": []}]',
         b'[{"Config": "config.json", "Layers": [5]}]',
         b'{"schemaVersion": 2, "config": 5, "layers": []}'],
    )  # fmt: skip
    def test_of_another_form(self, data: bytes, tmp_path: Path) -> None:
        error = failure(docker(tmp_path / "x.tar", manifest_json=data))
        assert isinstance(error, (FormatError, NotAnImageError))

    @pytest.mark.parametrize("layers", [[], ["0.tar"], ["0.tar", "1.tar", "1.tar"]])
    def test_other_count_of_layers(self, layers: list[str], tmp_path: Path) -> None:
        error = failure(docker(tmp_path / "x.tar", manifest_json=manifest(Layers=layers)))
        assert isinstance(error, FormatError)
        assert f"{len(layers)} layers" in error.what
        assert "2 diff_ids" in error.what
        assert error.hint is not None

    def test_missing_layer(self, tmp_path: Path) -> None:
        error = failure(docker(tmp_path / "x.tar", **{"1_tar": None}))
        assert isinstance(error, SourceError)
        assert "'1.tar' is referred to but is not in it" in error.what
        assert "save or copy" in str(error.hint)

    def test_missing_configuration(self, tmp_path: Path) -> None:
        error = failure(docker(tmp_path / "x.tar", config_json=None))
        assert "'config.json' is referred to" in error.what

    @pytest.mark.parametrize(
        "name",
        ["../../etc/passwd", "/etc/passwd", "..", "", ".", "a\0b", "x" * 100_000, "\ud800", "0.tar/x",
         "\x1b[31m"],
    )  # fmt: skip
    def test_names_that_lead_nowhere(self, name: str, tmp_path: Path) -> None:
        for field in ({"Config": name}, {"Layers": ["0.tar", name]}):
            path = docker(tmp_path / "x.tar", manifest_json=manifest(**field))
            error = failure(path)
            assert isinstance(error, (SourceError, FormatError))
            assert len(error.what) < 500
            folder = tmp_path / f"unpacked{len(list(tmp_path.iterdir()))}"
            assert isinstance(failure(unpack(path, folder)), (SourceError, FormatError))

    def test_nothing_outside_a_directory_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(IMAGE.config)
        folder = unpack(docker(tmp_path / "x.tar", config_json=None), tmp_path / "d")
        (folder / "config.json").symlink_to("../secret")
        assert isinstance(failure(folder), SourceError)
        (folder / "manifest.json").write_bytes(manifest(Config="../secret"))
        assert isinstance(failure(folder), SourceError)

    def test_links_of_the_archive(self, tmp_path: Path) -> None:
        for target in ("../../../../etc/passwd", "/etc/passwd", "1.tar", "gone", "."):
            members = [
                file(n, d) for n, d in contents(docker(tmp_path / "x.tar")).items() if n != "1.tar"
            ]
            path = pack(tmp_path / "y.tar", [*members, symlink("1.tar", target)])
            error = failure(path)
            assert isinstance(error, (SourceError, FormatError)), target

    def test_loops_of_links(self, tmp_path: Path) -> None:
        members = [
            file(n, d) for n, d in contents(docker(tmp_path / "x.tar")).items() if n != "1.tar"
        ]
        loops = [[symlink("1.tar", "2.tar"), symlink("2.tar", "1.tar")], [hardlink("1.tar", "1.tar")],
                 [symlink("1.tar", "l0"), *(symlink(f"l{k}", f"l{k + 1}") for k in range(50))]]  # fmt: skip
        for loop in loops:
            error = failure(pack(tmp_path / "y.tar", [*members, *loop]))
            assert isinstance(error, FormatError)
            assert "circles" in error.what

    def test_a_directory_in_place_of_a_layer(self, tmp_path: Path) -> None:
        members = [
            file(n, d) for n, d in contents(docker(tmp_path / "x.tar")).items() if n != "1.tar"
        ]
        assert isinstance(
            failure(pack(tmp_path / "y.tar", [*members, directory("1.tar")])), SourceError
        )


class TestConfiguration:
    @pytest.mark.parametrize(
        "data",
        [b"", b"{}", b"[]", b"null", b"{", b"\xef\xbb\xbf" + IMAGE.config, b'{"rootfs": null}',
         b'{"rootfs": []}', b'{"rootfs": {"diff_ids": "x"}}', b'{"rootfs": {"diff_ids": [5, 6]}}',
         b'{"rootfs": {"diff_ids": ["sha256:zz", "sha256:00"]}}', b"\xff" * 20,
         b'{"rootfs": {"diff_ids": [' + b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}",
         b'{"a": NaN, "rootfs": {}}', b'{"a": 1e999, "rootfs": {}}'],
    )  # fmt: skip
    def test_broken(self, data: bytes, tmp_path: Path) -> None:
        error = failure(docker(tmp_path / "x.tar", config_json=data))
        assert isinstance(error, (FormatError, NotAnImageError))

    def test_too_large(self, tmp_path: Path) -> None:
        data = IMAGE.config + b" " * (4 << 20)
        assert isinstance(failure(docker(tmp_path / "x.tar", config_json=data)), LimitError)

    def test_a_layer_in_place_of_it(self, tmp_path: Path) -> None:
        path = docker(tmp_path / "x.tar", manifest_json=manifest(Config="0.tar"))
        assert isinstance(failure(path), FormatError)


class TestJsonBombs:
    @pytest.mark.parametrize("name", ["manifest.json", "index.json"])
    @pytest.mark.parametrize(
        "data",
        [b"[" * 200_000, b'{"a":' * 200_000, b"[" + b"9" * 5000 + b"]", b"[" + b"[]," * 3_000_000 + b"[]]",
         b"[" + b" " * (21 << 20) + b"]", b'{"manifests": [' + b"{}," * 100_000 + b"{}]}"],
        ids=["deep list", "deep object", "long number", "many values", "21 MiB", "empty descriptors"],
    )  # fmt: skip
    def test_bombs(self, name: str, data: bytes, tmp_path: Path) -> None:
        error = failure(pack(tmp_path / "x.tar", {name: data, "oci-layout": b"{}"}))
        assert isinstance(error, (FormatError, LimitError, NotAnImageError))
        assert len(error.what) < 500


class TestOtherThings:
    def test_helm_chart(self, tmp_path: Path) -> None:
        chart = {"mychart/Chart.yaml": b"name: x", "mychart/values.yaml": b"a: 1"}
        error = failure(pack(tmp_path / "chart.tgz", chart))
        assert isinstance(error, NotAnImageError)
        assert "helm chart" in error.what

    @pytest.mark.parametrize(
        ("config_type", "name"),
        [
            ("application/vnd.cncf.helm.config.v1+json", "helm chart"),
            ("application/vnd.wasm.config.v0+json", "WebAssembly"),
            ("application/vnd.oci.empty.v1+json", "artifact"),
        ],
    )
    @pytest.mark.parametrize("shape", ["archive", "skopeo"])
    def test_artifacts(self, config_type: str, name: str, shape: str, tmp_path: Path) -> None:
        config = {"mediaType": config_type, "digest": f"sha256:{sha256(b'{}')}", "size": 2}
        document = dumps({"schemaVersion": 2, "config": config, "layers": [config]})
        files = {BLOBS + sha256(document): document, BLOBS + sha256(b"{}"): b"{}"}
        top = {"mediaType": "x", "digest": f"sha256:{sha256(document)}", "size": len(document)}
        files["index.json"] = dumps({"schemaVersion": 2, "manifests": [top]})
        if shape == "skopeo":
            files = {"manifest.json": document, sha256(b"{}"): b"{}", "version": b"Directory"}
        error = failure(pack(tmp_path / "x.tar", files))
        assert isinstance(error, NotAnImageError)
        assert name in error.what

    def test_schema_1(self, tmp_path: Path) -> None:
        document = dumps({"schemaVersion": 1, "name": "x", "fsLayers": [], "history": []})
        error = failure(pack(tmp_path / "x.tar", {"manifest.json": document}))
        assert "schema 1" in error.what

    def test_before_1_10(self, tmp_path: Path) -> None:
        old = contents(IMAGE.save_legacy(tmp_path / "x.tar"))
        del old["manifest.json"]
        error = failure(pack(tmp_path / "y.tar", old))
        assert "before 1.10" in error.what
        assert "save it again" in str(error.hint)

    def test_an_archive_without_its_end(self, tmp_path: Path) -> None:
        for shape in (IMAGE.save_25, IMAGE.podman_archive):
            kept = contents(shape(tmp_path / "x.tar"))
            for name in ("manifest.json", "index.json", "repositories"):
                kept.pop(name, None)
            error = failure(pack(tmp_path / "y.tar", kept))
            assert isinstance(error, FormatError)
            assert "incomplete" in str(error.hint)

    @pytest.mark.parametrize(
        "index", [b"{}", b"[]", b"null", b'{"manifests": 5}', b'{"manifests": [5]}']
    )
    def test_odd_indexes(self, index: bytes, tmp_path: Path) -> None:
        error = failure(pack(tmp_path / "x.tar", {"index.json": index, "oci-layout": b"{}"}))
        assert isinstance(error, ImageError)

    def test_no_manifests(self, tmp_path: Path) -> None:
        error = failure(pack(tmp_path / "x.tar", {"index.json": b'{"manifests": []}'}))
        assert isinstance(error, NotAnImageError)
        assert "no image in it" in error.what


class TestLayers:
    @pytest.mark.parametrize(
        ("data", "what"),
        [
            (b"\x04\x22\x4d\x18" + b"d" * 2000, "lz4"),
            (b"plain text " * 200, "not a tar"),
            (b'{"json": "document"}' * 100, "JSON"),
            (gzipped(b"no tar inside " * 100), "not a tar"),
            (gzipped(layer(file("x", b"1" * 5000)))[:-9], "truncated|corrupt"),
            (gzipped(layer(file("x", b"1"))) + b"junk" * 99, "corrupt"),
            (layer(file("x", b"1" * 5000))[:3000], "truncated"),
            (layer(file("x")) [:512] + header("bad", checksum=1), "checksum"),
            (header("neg", size=base256(-1, 12)) + bytes(1024), "negative"),
        ],
        ids=map(str, range(9)),
    )  # fmt: skip
    def test_broken(self, data: bytes, what: str, tmp_path: Path) -> None:
        path = docker(tmp_path / "x.tar", **{"1_tar": data})
        for place in (path, zipped(path), unpack(path, tmp_path / "d")):
            with pytest.raises(ImageError, match=what) as caught:
                analysis(place)
            where = caught.value.where
            assert where.file == str(place)
            assert str(where.layer).startswith("layer 2/2 sha256:")

    def test_entry_and_offset_are_those_of_the_layer(self, tmp_path: Path) -> None:
        broken = file("good", b"1").encode() + header("big/one", size=5000) + b"x" * 512
        path = docker(tmp_path / "x.tar", **{"1_tar": broken})
        for place in (path, zipped(path)):
            with pytest.raises(FormatError) as caught:
                analysis(place)
            assert (caught.value.where.entry, caught.value.where.offset) == (b"big/one", 1536)

    def test_a_layer_beyond_the_limit(self, tmp_path: Path) -> None:
        big = gzipped(layer(file("big", bytes(3_000_000))))
        path = docker(tmp_path / "x.tar", **{"1_tar": big})
        for place in (path, zipped(path)):
            with pytest.raises(LimitError, match="more than 1000000 bytes"):
                analysis(place, max_layer=1_000_000)

    def test_encrypted_layers(self, tmp_path: Path) -> None:
        files = IMAGE.oci_files("gzip")
        document = json.loads(IMAGE.manifest("gzip"))
        document["layers"][0]["mediaType"] += "+encrypted"
        data = dumps(document)
        index = json.loads(files["index.json"])
        index["manifests"][0] |= {"digest": f"sha256:{sha256(data)}"}
        error = failure(
            pack(
                tmp_path / "x.tar", files | {BLOBS + sha256(data): data, "index.json": dumps(index)}
            )
        )
        assert "encrypted" in error.what

    def test_outer_headers(self, tmp_path: Path) -> None:
        good = [file(n, d) for n, d in contents(IMAGE.save_25(tmp_path / "x.tar")).items()]
        for bad, what in ((raw(header("x", checksum=5)), "checksum"), (raw(bytes(512)), "lone block"),
                          (raw(header("x", size=base256(1 << 80, 12))), "limit")):  # fmt: skip
            error = failure(pack(tmp_path / "y.tar", [*good[:2], bad, *good[2:]]))
            assert what in error.what
            assert error.where.offset is not None

    def test_every_error_is_a_foreseen_one(self) -> None:
        assert issubclass(DigestError, LayerLensError)
