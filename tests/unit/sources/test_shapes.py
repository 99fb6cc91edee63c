"""Archives of every shape: the same image gives the same figures out of each."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import NotAnImageError
from tests.archives import BLOBS
from tests.builders import (
    Image,
    directory,
    file,
    gzipped,
    hardlink,
    layer,
    multi,
    opaque,
    sha256,
    skippable,
    symlink,
    whiteout,
    zstandard,
)
from tests.unit.sources.looking import (
    analysis,
    contents,
    dumps,
    everywhere,
    failure,
    figures,
    pack,
    unpack,
    zipped,
)

FIRST = layer(
    directory("bin", mtime=5), file("bin/tool", bytes(range(250)) * 12, mode=0o755), symlink("sh", "bin/tool"),
    file("etc/conf", b"a=1\n" * 100), hardlink("bin/also", "bin/tool"),
)  # fmt: skip
SECOND = layer(file("cache/index", b"i" * 5000), file("etc/conf", b"a=1\n" * 100, mode=0o600))
REMOVES = layer(whiteout("cache/index"), file("etc/new", b"n"))
LAYERS = (FIRST, SECOND, REMOVES, SECOND, REMOVES, layer(opaque("etc"), file("etc/last", b"l")))
IMAGE = Image(LAYERS, [f"RUN step {k}" for k in range(6)], settings={"Env": ["A=b"]}, tag="demo:1")
DISTINCT = Image(LAYERS[:3], [f"RUN step {k}" for k in range(3)], tag="demo:1")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return figures(analysis(IMAGE.save_25(tmp_path_factory.mktemp("expected") / "x.tar")))


def kaniko(path: Path) -> Path:
    """The configuration under its digest, compressed layers beside it, no repositories."""
    files = {f"sha256:{IMAGE.id}": IMAGE.config}
    names = []
    for data in IMAGE.layers:
        blob = gzipped(data)
        names.append(f"{sha256(blob)}.tar.gz")
        files[names[-1]] = blob
    entry = {
        "Config": f"sha256:{IMAGE.id}",
        "RepoTags": ["index.docker.io/library/demo:1"],
        "Layers": names,
    }
    return pack(path, files | {"manifest.json": dumps([entry])})


def rules_oci(path: Path) -> Path:
    """manifest.json first; layers end in .tar.gz whatever they are."""
    blobs = [zstandard(data) if k % 2 else data for k, data in enumerate(IMAGE.layers)]
    names = [f"{BLOBS}{sha256(blob)}.tar.gz" for blob in blobs]
    entry = {"Config": BLOBS + IMAGE.id, "RepoTags": ["demo:1"], "Layers": names}
    files = {"manifest.json": dumps([entry]), BLOBS + IMAGE.id: IMAGE.config}
    return pack(path, files | dict(zip(names, blobs, strict=True)))


def nix(path: Path) -> Path:
    """Layers, configuration, manifest.json, and nothing else."""
    names = [f"{sha256(data)}/layer.tar" for data in IMAGE.layers]
    files = dict(zip(names, IMAGE.layers, strict=True)) | {f"{IMAGE.id}.json": IMAGE.config}
    entry = {"Config": f"{IMAGE.id}.json", "RepoTags": ["demo:1"], "Layers": names}
    return pack(path, files | {"manifest.json": dumps([entry])})


def jib(path: Path) -> Path:
    """A configuration that is not named by its digest."""
    names = [f"{sha256(data)}.tar.gz" for data in IMAGE.layers]
    files = {"config.json": IMAGE.config}
    files |= dict(zip(names, map(gzipped, IMAGE.layers), strict=True))
    entry = {"Config": "config.json", "RepoTags": ["demo:1"], "Layers": names}
    return pack(path, files | {"manifest.json": dumps([entry])})


def mixed_containerd(path: Path) -> Path:
    """The same layer stored twice, once raw and once compressed."""
    blobs = [gzipped(data) if k in (1, 4) else data for k, data in enumerate(IMAGE.layers)]
    kind = "application/vnd.oci.image."
    descriptors = [
        {"mediaType": f"{kind}layer.v1.tar+gzip", "digest": f"sha256:{sha256(b)}", "size": len(b)}
        for b in blobs
    ]
    config = {
        "mediaType": f"{kind}config.v1+json",
        "digest": f"sha256:{IMAGE.id}",
        "size": len(IMAGE.config),
    }
    manifest = dumps({"schemaVersion": 2, "config": config, "layers": descriptors})
    top = {
        "mediaType": f"{kind}manifest.v1+json", "digest": f"sha256:{sha256(manifest)}", "size": len(manifest),
        "annotations": {"io.containerd.image.name": "docker.io/library/demo:1"},
    }  # fmt: skip
    files = {BLOBS + sha256(b): b for b in (*blobs, IMAGE.config, manifest)}
    files["index.json"] = dumps({"schemaVersion": 2, "manifests": [top]})
    entry = {
        "Config": BLOBS + IMAGE.id,
        "RepoTags": ["demo:1"],
        "Layers": [BLOBS + sha256(b) for b in blobs],
    }
    files["manifest.json"] = dumps([entry])
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    return pack(path, dict(sorted(files.items())))


def other_case(path: Path) -> Path:
    """Go's decoder does not mind the case of keys."""
    old = contents(IMAGE.save_legacy(path))
    entry = {key.lower(): value for key, value in json.loads(old["manifest.json"])[0].items()}
    links = [symlink(name, target) for name, target in _links(path)]
    members = [file(n, d) for n, d in old.items() if n != "manifest.json"]
    return pack(path, [*members, *links, file("manifest.json", dumps([entry]))])


def _links(path: Path) -> list[tuple[str, str]]:
    import tarfile

    with tarfile.open(path) as archive:
        return [(info.name, info.linkname) for info in archive if info.issym()]


def dotted(path: Path) -> Path:
    """Unpacked and packed again by hand: every name begins with a dot and a slash."""
    old = contents(IMAGE.save_25(path))
    return pack(path, [directory("./"), *(file(f"./{name}", data) for name, data in old.items())])


def hardlinked(path: Path) -> Path:
    """A repeated layer as a hard link of the archive."""
    names = [f"l{k}/layer.tar" for k in range(6)]
    first = dict(zip(reversed(IMAGE.layers), reversed(names), strict=True))
    members = [
        file(name, data) if first[data] == name else hardlink(name, first[data])
        for name, data in zip(names, IMAGE.layers, strict=True)
    ]
    entry = {"Config": "c.json", "RepoTags": ["demo:1"], "Layers": names}
    return pack(
        path, [*members, file("c.json", IMAGE.config), file("manifest.json", dumps([entry]))]
    )


def skipping(path: Path) -> Path:
    """zstd:chunked: skippable frames after (and before, and between) the data."""
    blobs = [
        skippable(b"first") + zstandard(data, frames=3, skipped=(b"a" * 99, b""))
        for data in IMAGE.layers
    ]
    names = [f"{k}.tar" for k in range(6)]
    entry = {"Config": "c.json", "RepoTags": ["demo:1"], "Layers": names}
    files = dict(zip(names, blobs, strict=True)) | {"c.json": IMAGE.config}
    return pack(path, files | {"manifest.json": dumps([entry])})


def stargz(path: Path) -> Path:
    """Many gzip members in each layer."""
    names = [f"{k}.tar" for k in range(6)]
    blobs = [gzipped(data, members=9) for data in IMAGE.layers]
    entry = {"Config": "c.json", "RepoTags": ["demo:1"], "Layers": names}
    files = dict(zip(names, blobs, strict=True)) | {"c.json": IMAGE.config}
    return pack(path, files | {"manifest.json": dumps([entry])})


SHAPES: dict[str, Callable[[Path], Path]] = {
    "docker 20": IMAGE.save_legacy,
    "docker 20, links before targets": lambda path: IMAGE.save_legacy(path, forward=True),
    "docker 20, links after targets": lambda path: IMAGE.save_legacy(path, forward=False),
    "docker 25": IMAGE.save_25,
    "containerd": IMAGE.containerd_save,
    "containerd raw": lambda path: IMAGE.containerd_save(path, "none"),
    "containerd mixed": mixed_containerd,
    "podman": IMAGE.podman_archive,
    "kaniko": kaniko,
    "rules_oci": rules_oci,
    "nix": nix,
    "jib": jib,
    "oci raw": lambda path: IMAGE.oci_archive(path, "none"),
    "oci gzip": lambda path: IMAGE.oci_archive(path, "gzip"),
    "oci zstd": lambda path: IMAGE.oci_archive(path, "zstd"),
    "oci with attestations": lambda path: IMAGE.oci_archive(path, "gzip", attestations=True),
    "oci with manifest.json": lambda path: IMAGE.oci_archive(path, "gzip", manifest_json=True),
    "oci with docker types": lambda path: IMAGE.oci_archive(path, "gzip", docker=True),
    "other case": other_case,
    "./ names": dotted,
    "hard link": hardlinked,
    "skippable frames": skipping,
    "gzip members": stargz,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_the_same_figures(
    shape: str, tmp_path: Path, expected: dict[str, object]
) -> None:
    found = everywhere(SHAPES[shape](tmp_path / "image.tar"))
    assert figures(found) == expected
    assert str(found.image.id) == f"sha256:{IMAGE.id}"


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_passes_verification(
    shape: str, tmp_path: Path, expected: dict[str, object]
) -> None:
    assert figures(analysis(SHAPES[shape](tmp_path / "image.tar"), verify=True)) == expected


@pytest.mark.parametrize("shape", [name for name in SHAPES if not name.startswith("./")])
def test_every_shape_unpacked(shape: str, tmp_path: Path, expected: dict[str, object]) -> None:
    folder = unpack(SHAPES[shape](tmp_path / "image.tar"), tmp_path / "unpacked")
    assert figures(analysis(folder)) == expected
    assert figures(analysis(folder, verify=True)) == expected


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_oci_directory(compression: str, tmp_path: Path, expected: dict[str, object]) -> None:
    folder = IMAGE.oci_dir(tmp_path / "oci", compression)
    for prefix in ("", "oci:"):
        assert figures(analysis(folder, prefix)) == expected
    assert figures(analysis(f"{folder}:1", "oci:")) == expected


class TestOuterCompression:
    @pytest.mark.parametrize("times", [1, 2])
    @pytest.mark.parametrize("compress", [gzipped, zstandard], ids=["gzip", "zstd"])
    def test_wrapped(
        self, compress: Callable[[bytes], bytes], times: int, tmp_path: Path, expected: object
    ) -> None:
        path = IMAGE.save_legacy(tmp_path / "image.tar")
        data = path.read_bytes()
        for _ in range(times):
            data = compress(data)
        path.write_bytes(data)
        assert figures(analysis(path)) == expected
        assert figures(analysis(path, "docker-archive:")) == expected

    def test_gzip_of_tiny_members(self, tmp_path: Path, expected: object) -> None:
        data = IMAGE.save_legacy(tmp_path / "image.tar").read_bytes()
        wrapped = b"".join(gzip.compress(data[k : k + 1], mtime=0) for k in range(700))
        path = tmp_path / "image.tgz"
        path.write_bytes(wrapped + gzip.compress(data[700:], mtime=0))
        assert figures(analysis(path)) == expected

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
    @pytest.mark.parametrize("compress", [bytes, gzipped], ids=["plain", "gzip"])
    def test_a_pipe_that_begins_with_one_byte(
        self, compress: Callable[[bytes], bytes], tmp_path: Path, expected: object
    ) -> None:
        import threading

        data = compress(IMAGE.save_legacy(tmp_path / "image.tar").read_bytes())
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)

        def write() -> None:
            with open(pipe, "wb", buffering=0) as stream:
                stream.write(data[:1])
                threading.Event().wait(0.2)
                stream.write(data[1:])

        thread = threading.Thread(target=write)
        thread.start()
        found = analysis(pipe)
        thread.join()
        assert figures(found) == expected


class TestFlat:
    def test_a_root_filesystem(self, tmp_path: Path) -> None:
        path = Image([FIRST], tag=None).flat(tmp_path / "rootfs.tar")
        found = everywhere(path)
        assert [note.code for note in found.diagnostics] == ["flat-archive"]
        assert found.image.id is None
        assert found.image.source == "root filesystem tar"
        image = analysis(Image([FIRST]).save_25(tmp_path / "image.tar"))
        assert figures(found)["entries"] == figures(image)["entries"]
        assert found.scores.total_bytes == image.scores.total_bytes
        assert figures(analysis(path, verify=True)) == figures(found)

    def test_documents_in_it_do_not_matter(self, tmp_path: Path) -> None:
        path = pack(tmp_path / "x.tar", {"app/package.json": b"{broken", "etc/list": b"[]"})
        assert everywhere(path).scores.total_bytes == 9

    def test_an_empty_tar(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tar"
        path.write_bytes(bytes(10240))
        assert everywhere(path).scores.total_bytes == 0

    def test_same_content_in_one_archive(self, tmp_path: Path) -> None:
        path = pack(tmp_path / "x.tar", [file("a", b"x"), file("a", b"x")])
        assert everywhere(path).scores.dead_bytes == 1

    def test_much_json_in_a_stream_is_not_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("layerlens.sources.stream_store.MAX_DOCUMENTS", 1000)
        path = pack(tmp_path / "x.tar", {f"{k}.json": b"{" * 300 for k in range(9)})
        assert analysis(zipped(path)).scores.total_bytes == 2700


class TestOddities:
    def test_the_last_of_two_manifests_counts(self, tmp_path: Path, expected: object) -> None:
        good = contents(IMAGE.save_25(tmp_path / "x.tar"))
        members = [file("manifest.json", b"[]"), *(file(n, d) for n, d in good.items())]
        assert figures(everywhere(pack(tmp_path / "y.tar", members))) == expected

    def test_text_after_the_end(self, tmp_path: Path, expected: object) -> None:
        path = IMAGE.save_25(tmp_path / "x.tar")
        path.write_bytes(path.read_bytes() + b'{"errorDetail": {"message": "odd"}}')
        assert figures(everywhere(path)) == expected

    def test_no_end_blocks(self, tmp_path: Path, expected: object) -> None:
        path = IMAGE.save_25(tmp_path / "x.tar")
        path.write_bytes(path.read_bytes()[:-1024])
        assert figures(everywhere(path)) == expected

    def test_no_layers(self, tmp_path: Path) -> None:
        for shape in (Image([]).save_25, Image([]).podman_archive, Image([]).oci_archive):
            found = everywhere(shape(tmp_path / "x.tar"))
            assert (len(found.layers), found.scores.efficiency) == (0, 1.0)

    def test_null_lists(self, tmp_path: Path) -> None:
        config = dumps({"architecture": "amd64", "os": "linux", "history": None,
                        "rootfs": {"type": "layers", "diff_ids": None}})  # fmt: skip
        manifest = [{"Config": "c.json", "RepoTags": None, "Layers": None}]
        path = pack(tmp_path / "x.tar", {"c.json": config, "manifest.json": dumps(manifest)})
        assert everywhere(path).layers == ()

    def test_a_layer_of_no_bytes(self, tmp_path: Path) -> None:
        found = everywhere(Image([b"", FIRST]).save_25(tmp_path / "x.tar"))
        assert found.layers[0].size == 0
        assert found.layers[0].tar_size == 0

    def test_foreign_layers_may_be_absent(self, tmp_path: Path) -> None:
        files = DISTINCT.oci_files("gzip")
        absent = gzipped(DISTINCT.layers[1])
        manifest = json.loads(DISTINCT.manifest("gzip"))
        manifest["layers"][1]["mediaType"] = (
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
        )
        index = json.loads(files["index.json"])
        index["manifests"][0] |= {"digest": f"sha256:{sha256(dumps(manifest))}", "size": 1}
        files[BLOBS + sha256(dumps(manifest))] = dumps(manifest)
        files["index.json"] = dumps(index)
        del files[BLOBS + sha256(absent)]
        found = everywhere(pack(tmp_path / "x.tar", files))
        assert "foreign-layer" in [note.code for note in found.diagnostics]
        assert [each.size for each in found.layers][1] == 0
        assert {row.bytes for row in found.sizes} == {None}
        assert "layer 1 " in found.sizes[0].why

    def test_attestations_are_weighed_and_left_out(self, tmp_path: Path) -> None:
        from layerlens.pipeline import open_image

        path = IMAGE.oci_archive(tmp_path / "x.tar", "gzip", attestations=True)
        image = open_image(str(path))
        image.close()
        assert image.attestation_bytes > 500
        assert everywhere(path).image.attestation_bytes == image.attestation_bytes
        assert len(image.layers) == 6

    def test_a_sparse_outer_member_is_refused(self, tmp_path: Path) -> None:
        from tests.builders import sparse

        for form in ("gnu", "1.0"):
            members = [sparse("manifest.json", ((0, b"[]"),), 1000, form)]
            error = failure(pack(tmp_path / "x.tar", members))
            assert "sparse" in error.what
            assert error.hint is not None
        everywhere(
            pack(tmp_path / "y.tar", [sparse("data", (), 1000), sparse("more", ((0, b"x"),), 9)])
        )


class TestSeveralImages:
    @pytest.fixture(params=["legacy", "25"])
    def path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        images = [IMAGE, Image([FIRST], tag="team/other:2"), Image([SECOND], tag=None)]
        return multi(tmp_path / "several.tar", images, form=request.param, indexed=[0])

    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            ("demo:1", 6), ("docker.io/library/demo:1", 6), ("localhost/demo:1", 6), ("@1", 6),
            ("team/other:2", 1), ("docker.io/team/other:2", 1), ("@2", 1), ("@3", 1),
            (IMAGE.id, 6), (f"sha256:{IMAGE.id}", 6), (IMAGE.id[:12], 6),
        ],
    )  # fmt: skip
    def test_choice(self, path: Path, wanted: str, count: int) -> None:
        assert len(everywhere(path, select=wanted).layers) == count
        assert len(analysis(f"{path}:{wanted}", "docker-archive:").layers) == count

    def test_the_third_is_the_untagged_one(self, path: Path) -> None:
        found: Analysis = everywhere(path, select="@3")
        assert found.image.tags == ()
        assert found.scores.total_bytes == 5400


def test_directories_with_links_into_themselves(tmp_path: Path, expected: object) -> None:
    folder = unpack(IMAGE.save_legacy(tmp_path / "x.tar", forward=True), tmp_path / "d")
    assert any(path.is_symlink() for path in folder.rglob("*"))
    assert figures(analysis(folder)) == expected
    shutil.move(folder / "manifest.json", tmp_path / "manifest.json")
    (folder / "manifest.json").symlink_to(tmp_path / "manifest.json")
    assert isinstance(failure(folder), NotAnImageError)  # links do not lead out
