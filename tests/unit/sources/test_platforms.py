"""Indexes of several platforms: the choice, and what is said where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerlens.errors import FormatError, LimitError, SourceError, UsageError
from layerlens.image.manifest import host_platform
from tests.archives import BLOBS
from tests.builders import Image, directory, file, layer, sha256
from tests.unit.sources.looking import analysis, contents, dumps, everywhere, failure, pack

_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def of(platform: str, size: int) -> Image:
    return Image([layer(directory("d"), file("d/f", b"x" * size))], tag="app:1", platform=platform)


AMD, ARM, S390 = of("linux/amd64", 1), of("linux/arm64", 2), of("linux/s390x", 3)
ARMV7 = of("linux/arm/v7", 4)


@pytest.mark.parametrize(
    ("platform", "size"),
    [("linux/amd64", 1), ("amd64", 1), ("x86_64", 1), ("linux/arm64", 2), ("linux/arm64/v8", 2),
     ("aarch64", 2), ("linux/s390x", 3), ("linux/arm/v7", 4), ("linux/amd64/v3", 1)],
)  # fmt: skip
@pytest.mark.parametrize("attestations", [False, True])
def test_choice(platform: str, size: int, attestations: bool, tmp_path: Path) -> None:
    path = AMD.oci_archive(
        tmp_path / "x.tar", "gzip", platforms=[ARM, S390, ARMV7], attestations=attestations
    )
    assert everywhere(path, platform=platform).scores.total_bytes == size


def test_the_hosts_is_the_default(tmp_path: Path) -> None:
    other = of("linux/riscv64", 9)
    mine = of(str(host_platform()), 7)
    path = other.oci_archive(tmp_path / "x.tar", platforms=[mine])
    assert everywhere(path).scores.total_bytes == 7


def test_one_alone_needs_no_choice(tmp_path: Path) -> None:
    for shape in (S390.oci_archive, S390.save_25, S390.save_legacy, S390.containerd_save):
        assert everywhere(shape(tmp_path / "x.tar")).scores.total_bytes == 3


def test_none_for_the_host(tmp_path: Path) -> None:
    path = of("linux/mips64le", 1).oci_archive(
        tmp_path / "x.tar", platforms=[of("linux/riscv64", 2)]
    )
    error = failure(path)
    assert isinstance(error, SourceError)
    assert str(host_platform()) in error.what
    assert "linux/mips64le, linux/riscv64" in error.what
    assert "--platform" in str(error.hint)


@pytest.mark.parametrize("wanted", ["linux/ppc64le", "windows/amd64"])
def test_not_there(wanted: str, tmp_path: Path) -> None:
    shapes = [AMD.oci_archive(tmp_path / "a.tar", platforms=[ARM]), AMD.save_25(tmp_path / "b.tar"),
              AMD.save_legacy(tmp_path / "c.tar"), AMD.oci_archive(tmp_path / "d.tar")]  # fmt: skip
    for path in shapes:
        error = failure(path, platform=wanted)
        assert isinstance(error, SourceError)
        assert wanted in error.what
        assert "linux/amd64" in error.what
        assert error.hint == "choose one with --platform"


def test_a_platform_that_is_none(tmp_path: Path) -> None:
    path = AMD.save_25(tmp_path / "x.tar")
    for wanted in ("linux", "linux/amd64/v1/more", "linux/", "a b", "\x1b[31m"):
        with pytest.raises(UsageError):
            analysis(path, platform=wanted)


def without(path: Path, image: Image, *, config_too: bool = True) -> Path:
    """An export that lists a platform whose blobs were never pulled."""
    files = AMD.oci_files("gzip", platforms=[ARM])
    del files[BLOBS + sha256(image.manifest("gzip"))]
    if config_too:
        del files[BLOBS + image.id]
    return pack(path, files)


def test_absent_platforms(tmp_path: Path) -> None:
    path = without(tmp_path / "x.tar", ARM)
    assert everywhere(path).scores.total_bytes == 1
    error = failure(path, platform="linux/arm64")
    assert "listed, but its content is not there" in error.what
    gone = {k: v for k, v in AMD.oci_files("gzip").items() if not k.startswith("blobs/")}
    assert "not there" in failure(pack(tmp_path / "y.tar", gone)).what


def test_absent_configuration(tmp_path: Path) -> None:
    files = AMD.oci_files("gzip", platforms=[ARM])
    del files[BLOBS + ARM.id]
    path = pack(tmp_path / "x.tar", files)
    assert everywhere(path).scores.total_bytes == 1
    assert isinstance(failure(path, platform="linux/arm64"), SourceError)


def test_the_configuration_tells_where_the_index_does_not(tmp_path: Path) -> None:
    files = AMD.oci_files("none", platforms=[ARM])
    top = json.loads(files["index.json"])
    inner = json.loads(files[BLOBS + top["manifests"][0]["digest"][7:]])
    for each in inner["manifests"]:
        del each["platform"]
    files["index.json"] = dumps({"schemaVersion": 2, "manifests": []})
    _nest(files, dumps(inner))
    path = pack(tmp_path / "x.tar", files)
    assert everywhere(path, platform="linux/arm64").scores.total_bytes == 2


def _nest(files: dict[str, bytes], document: bytes, kind: str = _INDEX) -> None:
    """Let index.json lead to a document."""
    files[BLOBS + sha256(document)] = document
    descriptor = {"mediaType": kind, "digest": f"sha256:{sha256(document)}", "size": len(document)}
    files["index.json"] = dumps({"schemaVersion": 2, "manifests": [descriptor]})


@pytest.mark.parametrize("depth", [1, 6])
def test_indexes_in_indexes(depth: int, tmp_path: Path) -> None:
    files = AMD.oci_files("gzip")
    for _ in range(depth):
        _nest(files, files["index.json"])
    assert everywhere(pack(tmp_path / "x.tar", files)).scores.total_bytes == 1


def test_too_deep(tmp_path: Path) -> None:
    files = AMD.oci_files("gzip")
    for _ in range(40):
        _nest(files, files["index.json"])
    error = failure(pack(tmp_path / "x.tar", files))
    assert isinstance(error, FormatError)
    assert "8 indexes inside each other" in error.what


def test_in_circles(tmp_path: Path) -> None:
    # Only possible with wrong digests, which --no-verify lets pass.
    digest = "ab" * 32
    descriptor = {"mediaType": _INDEX, "digest": f"sha256:{digest}", "size": 1}
    files = {
        "index.json": dumps({"schemaVersion": 2, "manifests": [descriptor]}),
        BLOBS + digest: dumps({"schemaVersion": 2, "manifests": [descriptor]}),
        "oci-layout": b"{}",
    }
    error = failure(pack(tmp_path / "x.tar", files), verify=False)
    assert isinstance(error, FormatError)
    assert "circles" in error.what


def test_fans_of_indexes(tmp_path: Path) -> None:
    # 100 * 100 * 100 manifests out of three small documents.
    files: dict[str, bytes] = {"oci-layout": b"{}"}
    document = AMD.manifest("none")
    kind = _MANIFEST
    for _ in range(3):
        files[BLOBS + sha256(document)] = document
        descriptor = {"mediaType": kind, "digest": f"sha256:{sha256(document)}", "size": 1}
        document, kind = dumps({"schemaVersion": 2, "manifests": [descriptor] * 100}), _INDEX
    files["index.json"] = document
    assert isinstance(failure(pack(tmp_path / "x.tar", files)), LimitError)


def test_several_names_need_a_choice(tmp_path: Path) -> None:
    files = AMD.oci_files("none") | ARM.oci_files("none")
    first, second = (
        json.loads(image.oci_files("none")["index.json"])["manifests"][0] for image in (AMD, ARM)
    )
    first["annotations"] = {"org.opencontainers.image.ref.name": "one"}
    second["annotations"] = {"io.containerd.image.name": "docker.io/team/two:2"}
    files["index.json"] = dumps({"schemaVersion": 2, "manifests": [first, second]})
    path = pack(tmp_path / "x.tar", files)
    error = failure(path)
    assert isinstance(error, UsageError)
    assert "holds 2 images" in error.what
    assert "@1 one" in error.what
    assert "@2 docker.io/team/two:2" in error.what
    assert "--image" in str(error.hint)
    for wanted, size in (("one", 1), ("team/two:2", 2), ("@1", 1), ("@2", 2), (ARM.id[:8], 2)):
        assert everywhere(path, select=wanted).scores.total_bytes == size
    assert analysis(f"{path}:one", "oci-archive:").scores.total_bytes == 1
    for wanted in ("three", "@0", "@3", "@99999999999999999999", "zz", "sha256:", ""):
        error = failure(path, select=wanted) if wanted else failure(path)
        assert "one" in error.what


def test_a_long_list_stays_short(tmp_path: Path) -> None:
    descriptors = [
        {"mediaType": _MANIFEST, "digest": f"sha256:{k:064x}", "size": 1,
         "platform": {"os": "linux" * 50, "architecture": f"a{k}"},
         "annotations": {"org.opencontainers.image.ref.name": "n" * 5000}}
        for k in range(500)
    ]  # fmt: skip
    path = pack(
        tmp_path / "x.tar", {"index.json": dumps({"schemaVersion": 2, "manifests": descriptors})}
    )
    assert len(failure(path).what) < 20_000
    assert len(failure(path, select="none").what) < 20_000
    index = dumps({"schemaVersion": 2, "manifests": descriptors})
    files: dict[str, bytes] = {}
    _nest(files, index)
    assert len(failure(pack(tmp_path / "y.tar", files)).what) < 20_000


def test_manifest_json_lists_one_platform_of_several(tmp_path: Path) -> None:
    path = AMD.oci_archive(
        tmp_path / "x.tar", "gzip", platforms=[ARM, S390], attestations=True, manifest_json=True
    )
    for platform, size in (("linux/amd64", 1), ("linux/arm64", 2), ("linux/s390x", 3)):
        assert everywhere(path, platform=platform).scores.total_bytes == size
        assert everywhere(path, platform=platform, select="@1").scores.total_bytes == size
    assert "linux/s390x" in failure(path, platform="linux/ppc64le").what
    # A platform that was never pulled does not make a choice necessary.
    kept = without(tmp_path / "y.tar", ARM)
    files = contents(kept) | {
        "manifest.json": contents(path)["manifest.json"],
    }
    assert everywhere(pack(tmp_path / "z.tar", files)).scores.total_bytes == 1
