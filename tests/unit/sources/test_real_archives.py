"""Archives that real programs wrote: one image of four layers in many shapes, and dive's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from layerlens.errors import SourceError
from layerlens.layers.reader import read_stream
from layerlens.layers.table import Kind
from tests.shared_fixtures import layer_tars, members_of, shared_fixture
from tests.unit.sources.looking import adds_up, analysis, everywhere, failure, figures, unpack

SAME = (
    "archives/save20-one.tar",
    "archives/save25-one.tar",
    "archives/c16-nomanifest.tar",
    "archives/pod-docker-archive.tar",
)
"""The same configuration, byte for byte."""

CONVERTED = (
    "archives/pod-oci-archive.tar",
    "archives/sk-dir-unc",
    "archives/sk-oci-zchunk",
)
"""The same layers, the configuration converted."""

OTHERS = ("archives/multi-all.tar", *(f"dive/test-{name}-image.tar" for name in (
    "docker", "gzip", "kaniko", "oci-estargz", "oci-gzip", "oci-uncompressed", "oci-zstd",
)))  # fmt: skip


def options(name: str) -> dict[str, str]:
    return {"platform": "linux/amd64"} if "multi" in name else {}


@pytest.mark.parametrize("name", [*SAME, *CONVERTED])
def test_one_image_in_many_shapes(name: str) -> None:
    found = analysis(shared_fixture(name))
    expected = analysis(shared_fixture("archives/save20-one.tar"))
    assert len(found.layers) == len(expected.layers)
    assert figures(found)["entries"] == figures(expected)["entries"]
    mine, theirs = figures(found), figures(expected)
    if name in SAME:
        assert mine == theirs
        assert found.image.id == expected.image.id
    else:
        assert found.scores == expected.scores
        assert mine["waste"] == theirs["waste"]
        assert mine["ledger"] == theirs["ledger"]
    adds_up(found)


@pytest.mark.parametrize("name", [*SAME, *CONVERTED, *OTHERS])
def test_streams_and_verification(name: str, tmp_path: Path) -> None:
    path = shared_fixture(name)
    if path.is_file():
        path = Path(shutil.copy(path, tmp_path))
    found = everywhere(path, **options(name))
    assert figures(analysis(path, verify=True, **options(name))) == figures(found)
    if path.is_file():
        folder = unpack(path, tmp_path / "unpacked")
        if (folder / "manifest.json").exists() or (folder / "index.json").exists():
            assert figures(analysis(folder, **options(name))) == figures(found)


def test_as_docker_compressed_it() -> None:
    plain = analysis(shared_fixture("archives/save20-one.tar"))
    assert figures(analysis(shared_fixture("archives/save20-one.tar.gz"))) == figures(plain)


@pytest.mark.parametrize(
    "name", [*SAME, "archives/pod-oci-archive.tar", "dive/test-docker-image.tar"]
)
def test_entries_are_those_that_tarfile_reads(name: str) -> None:
    for tar in layer_tars(shared_fixture(name)):
        found = read_stream([tar]).table
        members = members_of(tar)
        assert found.names == [member.path for member in members]
        assert [Kind(kind) for kind in found.kinds] == [member.kind for member in members]
        for i, member in enumerate(members):
            assert found.mode(i) == member.mode & 0o7777
            assert (found.uid(i), found.gid(i)) == (member.uid, member.gid)
            assert int(found.mtime(i)) == member.mtime
            if member.kind is Kind.FILE:
                assert found.sizes[i] == len(member.data)
                assert tar[found.offsets[i] :][: found.sizes[i]] == member.data


def test_zstd_chunked_layers_are_said_to_be_zstd() -> None:
    found = analysis(shared_fixture("archives/sk-oci-zchunk"))
    assert {layer.compression for layer in found.layers} == {"zstd"}
    assert found.image.compressed_size is not None


def test_raw_layers_of_a_skopeo_directory() -> None:
    found = analysis(shared_fixture("archives/sk-dir-unc"))
    assert {layer.compression for layer in found.layers} == {"none"}


def test_a_root_filesystem() -> None:
    found = analysis(shared_fixture("archives/bk-type-tar.tar"))
    assert [note.code for note in found.diagnostics] == ["flat-archive"]
    assert len(found.layers) == 1
    assert found.scores.dead_bytes == 0


def test_platforms_of_a_real_index() -> None:
    path = shared_fixture("archives/multi-all.tar")
    amd = analysis(path, platform="linux/amd64")
    arm = analysis(path, platform="linux/arm64")
    assert str(amd.image.platform) == "linux/amd64"
    assert str(arm.image.platform).startswith("linux/arm64")
    assert amd.image.id != arm.image.id
    error = failure(str(path), platform="linux/s390x")
    assert isinstance(error, SourceError)
    assert "linux/amd64" in error.what


def test_two_images_of_which_the_index_lists_one() -> None:
    path = shared_fixture("archives/save25-mixed-missingindex.tar")
    error = failure(str(path))
    assert "holds 2 images" in error.what
    assert "llfmt-small:legacy" in error.what
    first, second = (analysis(path, select=f"@{k}") for k in (1, 2))
    assert first.image.id != second.image.id
    assert first.image.tags == ("llfmt-small:legacy",)
    assert second.image.tags == ()
    for each in (first, second):
        adds_up(each)
    assert second.image.id is not None
    assert analysis(path, select=second.image.id.hex[:10]).image.id == second.image.id
