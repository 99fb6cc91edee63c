"""The builders against independent readers: ``tarfile``, ``gzip``, ``zstd`` and ``hashlib``."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xxhash
from backports import zstd

from layerlens.layers.numbers import parse_number
from layerlens.layers.table import Kind
from tests import hostile
from tests.builders import (
    Image,
    Member,
    base256,
    block,
    char,
    config,
    directory,
    fifo,
    file,
    gnu_long,
    gzipped,
    hardlink,
    header,
    layer,
    multi,
    opaque,
    padded,
    pax_header,
    pax_record,
    raw,
    sha256,
    skippable,
    sparse,
    symlink,
    table,
    whiteout,
    zstandard,
)
from tests.shared_fixtures import layer_tars, members_of

MEMBERS = (
    directory("etc", mtime=5),
    file("etc/passwd", "root:x\n", mode=0o640, uid=1, gid=2, mtime=1_700_000_000),
    symlink("etc/link", "passwd"),
    hardlink("etc/hard", "etc/passwd"),
    char("dev-null", 1, 3),
    block("dev-disk", 8, 1),
    fifo("pipe"),
    whiteout("etc/gone"),
    opaque("etc"),
    opaque(""),
    file("long/" + "n" * 150, b"content"),
    symlink("to-long", "t" * 150),
    file(b"not-utf8-\xff", b"x" * 513),
)
SEGMENTS = ((0, b"a" * 10), (4096, b"b" * 700), (9000, b"c"))
LAYERS = (
    layer(directory("a"), file("a/b", b"1" * 1000)),
    layer(whiteout("a/b")),
    layer(file("c", b"2" * 5000)),
    layer(whiteout("a/b")),
)
IMAGE = Image(LAYERS, [f"RUN step {k}" for k in range(4)], settings={"Env": ["A=b"]}, tag="demo:1")


def read(tar: bytes) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(tar), errors="surrogateescape")


def contents(path: Path) -> dict[str, bytes]:
    """The regular files of an archive."""
    found: dict[str, bytes] = {}
    with tarfile.open(path) as archive:
        for info in archive:
            stream = archive.extractfile(info) if info.isfile() else None
            if stream is not None:
                found[info.name] = stream.read()
    return found


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return archive.getnames()


def blob(files: dict[str, bytes], descriptor: Any) -> bytes:
    """The blob of a descriptor, whose size and digest are checked."""
    data = files["blobs/" + descriptor["digest"].replace(":", "/")]
    assert len(data) == descriptor["size"]
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" == descriptor["digest"]
    return data


class TestMembers:
    def test_tarfile_reads_what_was_written(self) -> None:
        for wrote, got in zip(MEMBERS, members_of(layer(*MEMBERS)), strict=True):
            assert got.path == wrote.path
            assert got.typeflag == wrote.typeflag
            for attribute in ("data", "mode", "uid", "gid", "mtime", "linkname", "device"):
                assert getattr(got, attribute) == getattr(wrote, attribute), attribute

    def test_what_was_read_can_be_written_again(self) -> None:
        once = members_of(layer(*MEMBERS))
        assert members_of(layer(*once)) == once

    def test_the_end_can_be_left_out(self) -> None:
        assert layer(file("a", b"1"), end=False) == layer(file("a", b"1"))[:-1024]
        assert len(layer(file("a", b"1"), end=False)) == 1024

    def test_markers(self) -> None:
        assert whiteout("a/b").name == b"a/.wh.b"
        assert whiteout("b").name == b".wh.b"
        assert opaque("a/b").name == b"a/b/.wh..wh..opq"
        assert opaque("").name == b".wh..wh..opq"

    def test_raw_bytes_stand_as_they_are(self) -> None:
        assert layer(raw(b"odd"), file("a"), end=False) == b"odd" + layer(file("a"), end=False)

    def test_pax_records_reach_the_reader(self) -> None:
        member = file("a", b"1", pax=[("SCHILY.xattr.user.k", b"v"), ("mtime", "1.5")])
        with read(layer(member)) as archive:
            info = archive.getmember("a")
        assert info.pax_headers["SCHILY.xattr.user.k"] == "v"
        assert info.mtime == 1.5


class TestHeaders:
    @pytest.mark.parametrize("value", [0, 1, -1, 2**33, 2**62, -(2**40)])
    def test_base256(self, value: int) -> None:
        assert parse_number(base256(value, 12)) == value

    def test_a_number_that_fits_is_octal(self) -> None:
        assert hostile.number(0o1234567, 8) == b"1234567\0"
        assert hostile.number(0o10000000, 8) == base256(0o10000000, 8)

    @pytest.mark.parametrize("magic", ["ustar", "gnu", "v7"])
    def test_tarfile_accepts_the_header(self, magic: str) -> None:
        made = header("dir/name", b"0", 0, uid=2**22, mtime=99, magic=magic)
        info = tarfile.TarInfo.frombuf(made, "utf-8", "strict")
        assert (info.name, info.uid, info.mtime) == ("dir/name", 2**22, 99)

    def test_prefix(self) -> None:
        info = tarfile.TarInfo.frombuf(header("name", prefix="pre/fix"), "utf-8", "strict")
        assert info.name == "pre/fix/name"

    def test_a_wrong_checksum_is_refused(self) -> None:
        with pytest.raises(tarfile.HeaderError):
            tarfile.TarInfo.frombuf(header("name", checksum=1), "utf-8", "strict")

    def test_a_field_can_be_broken(self) -> None:
        assert header("name", size=b"junk")[124:136] == b"junk" + bytes(8)

    @pytest.mark.parametrize("size", [1, 90, 91, 92, 93, 989, 990, 991, 992])
    def test_a_pax_record_counts_itself(self, size: int) -> None:
        record = pax_record(b"k", b"v" * size)
        assert int(record.split(b" ")[0]) == len(record)

    def test_a_global_pax_header(self) -> None:
        with read(layer(raw(pax_header([(b"comment", b"hi")], b"g")), file("a"))) as archive:
            assert archive.getnames() == ["a"]
            assert archive.pax_headers == {"comment": "hi"}

    def test_gnu_long_names(self) -> None:
        name, link = "n" * 300, "l" * 300
        blocks = gnu_long(b"L", name) + gnu_long(b"K", link)
        tar = layer(raw(blocks + header(name, b"2", linkname=link, magic="gnu")))
        with read(tar) as archive:
            assert [(each.name, each.linkname) for each in archive] == [(name, link)]

    def test_padding(self) -> None:
        assert padded(b"") == b""
        assert len(padded(b"x" * 513)) == 1024


class TestSparse:
    @pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
    @pytest.mark.parametrize("count", [1, 3, 30])
    def test_tarfile_expands_it(self, form: str, count: int) -> None:
        segments = SEGMENTS[:count] if count <= 3 else [(k * 1000, b"s") for k in range(count)]
        with read(layer(sparse("s", segments, 40_000, form), file("after", b"1"))) as archive:
            assert archive.getnames() == ["s", "after"]
            stream = archive.extractfile("s")
            assert stream is not None
            assert stream.read() == hostile.expanded(segments, 40_000)

    @pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
    def test_its_table_finds_the_bytes(self, form: str) -> None:
        members = (file("before", b"1"), sparse("s", SEGMENTS, 40_000, form))
        made = table(*members)
        found = made.sparse[1]
        assert made.sizes[1] == 40_000
        assert found.segments == ((0, 10), (4096, 700), (9000, 1))
        stored = layer(*members)[found.data_offset :][:711]
        assert stored == b"a" * 10 + b"b" * 700 + b"c"

    def test_an_unknown_form(self) -> None:
        with pytest.raises(ValueError, match=r"2\.0"):
            sparse("s", SEGMENTS, 40_000, "2.0")


class TestTable:
    def test_columns(self) -> None:
        tar = layer(*MEMBERS)
        made = table(*MEMBERS)
        assert len(made) == len(MEMBERS)
        assert made.tar_size == len(tar)
        for i, member in enumerate(MEMBERS):
            assert made.names[i] == member.path
            assert made.kinds[i] == member.typeflag[0]
            assert made.sizes[i] == len(member.data)
            assert tar[made.offsets[i] :][: made.sizes[i]] == member.data
            digest = xxhash.xxh3_128_digest(member.data) if member.data else bytes(16)
            assert made.hash(i) == digest
            numbers = made.mode(i), made.uid(i), made.gid(i), made.mtime(i)
            assert numbers == (member.mode, member.uid, member.gid, member.mtime)

    def test_rare_columns(self) -> None:
        made = table(*MEMBERS)
        assert made.links == {2: b"passwd", 3: b"etc/passwd", 11: b"t" * 150}
        assert made.devices == {4: (1, 3), 5: (8, 1)}

    def test_pax_records(self) -> None:
        attributes = [("SCHILY.xattr.b", b"2"), ("SCHILY.xattr.a", b"1")]
        made = table(file("a", pax=[*attributes, ("uid", b"7"), ("mtime", b"-3")]), file("b"))
        assert made.xattrs == {0: ((b"a", b"1"), (b"b", b"2"))}
        assert (made.uid(0), made.gid(0), made.mtime(0)) == (7, 0, -3)
        assert list(made.overrides) == [0]

    @pytest.mark.parametrize("name", ["a/b", "./a/b", "/a/b", "a//b/", "x/../a/b", "../a/b"])
    def test_names_are_normalised(self, name: str) -> None:
        assert table(file(name)).names == [b"a/b"]

    def test_targets_of_hard_links_are_paths(self) -> None:
        assert table(hardlink("b", "./a")).links == {0: b"a"}
        assert table(symlink("b", "./a")).links == {0: b"./a"}

    def test_old_headers(self) -> None:
        assert table(Member(b"d/", b"\0")).kinds[0] == Kind.DIR
        assert table(Member(b"f", b"\0")).kinds[0] == Kind.FILE

    def test_without_hashes(self) -> None:
        assert table(file("a", b"1"), hashed=False).hash(0) is None

    def test_raw_bytes_have_no_table(self) -> None:
        with pytest.raises(ValueError, match="raw"):
            table(raw(b"x"))


class TestCompression:
    def test_gzip_members(self) -> None:
        data = bytes(range(256)) * 50
        assert gzip.decompress(gzipped(data)) == data
        many = gzipped(data, members=5)
        assert gzip.decompress(many) == data
        assert many.count(b"\x1f\x8b\x08") >= 5
        assert gzip.decompress(gzipped(b"")) == b""

    def test_zstd_frames(self) -> None:
        data = bytes(range(256)) * 50
        many = zstandard(data, frames=3, skipped=[b"note", b""])
        assert many.count(zstd.compress(b"")[:4]) == 3
        assert many.count(skippable(b"note")) == 3
        assert zstd.decompress(many) == data


WRITERS: dict[str, Callable[[Path], Path]] = {
    "legacy": IMAGE.save_legacy,
    "25": IMAGE.save_25,
    "containerd-gzip": IMAGE.containerd_save,
    "containerd-none": lambda path: IMAGE.containerd_save(path, "none"),
    "podman": IMAGE.podman_archive,
    "oci-none": IMAGE.oci_archive,
    "oci-gzip": lambda path: IMAGE.oci_archive(path, "gzip"),
    "oci-zstd": lambda path: IMAGE.oci_archive(path, "zstd", manifest_json=True),
    "oci-docker": lambda path: IMAGE.oci_archive(path, "gzip", docker=True),
}


class TestImages:
    @pytest.mark.parametrize("form", WRITERS)
    def test_layers_come_back_in_order(self, form: str, tmp_path: Path) -> None:
        path = WRITERS[form](tmp_path / "image.tar")
        if form in ("oci-none", "oci-gzip", "oci-docker"):
            assert "manifest.json" not in names(path)
        assert layer_tars(path) == list(LAYERS)

    def test_config(self) -> None:
        document = json.loads(IMAGE.config)
        assert document["rootfs"]["diff_ids"] == [
            f"sha256:{hashlib.sha256(data).hexdigest()}" for data in LAYERS
        ]
        assert document["config"] == {"Env": ["A=b"]}
        assert [row["created_by"] for row in document["history"]] == IMAGE.instructions
        assert IMAGE.id == hashlib.sha256(IMAGE.config).hexdigest()

    def test_config_with_a_variant_and_without_history(self) -> None:
        document = json.loads(config([], platform="linux/arm64/v8", User="me"))
        assert (document["os"], document["architecture"]) == ("linux", "arm64")
        assert document["variant"] == "v8"
        assert "history" not in document
        assert document["config"] == {"User": "me"}

    @pytest.mark.parametrize("forward", [True, False])
    def test_a_repeated_layer_is_a_link_in_a_legacy_archive(
        self, forward: bool, tmp_path: Path
    ) -> None:
        path = IMAGE.save_legacy(tmp_path / "image.tar", forward=forward)
        members = names(path)
        assert members == sorted(members)
        assert members[-2:] == ["manifest.json", "repositories"]
        with tarfile.open(path) as archive:
            links = [each for each in archive if each.issym()]
        assert len(links) == 1
        target = links[0].linkname.removeprefix("../")
        assert (members.index(links[0].name) < members.index(target)) is forward

    def test_no_link_where_no_layer_is_repeated(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="repeated"):
            Image(LAYERS[:1]).save_legacy(tmp_path / "image.tar", forward=True)

    def test_legacy_config_is_named_by_its_digest(self, tmp_path: Path) -> None:
        files = contents(IMAGE.save_legacy(tmp_path / "image.tar"))
        entry = json.loads(files["manifest.json"])[0]
        assert entry["RepoTags"] == ["demo:1"]
        assert sha256(files[entry["Config"]]) + ".json" == entry["Config"]

    def test_docker_25(self, tmp_path: Path) -> None:
        files = contents(IMAGE.save_25(tmp_path / "image.tar"))
        entry = json.loads(files["manifest.json"])[0]
        for digest, descriptor in entry["LayerSources"].items():
            assert sha256(blob(files, descriptor)) == digest.removeprefix("sha256:")
        manifest = json.loads(blob(files, json.loads(files["index.json"])["manifests"][0]))
        assert blob(files, manifest["config"]) == IMAGE.config
        referenced = {f"blobs/sha256/{IMAGE.id}", *entry["Layers"]}
        blobs = {name for name in files if name.startswith("blobs/")}
        # Besides the manifest: one leftover of the pre-1.10 format per layer.
        assert len(blobs - referenced) == 1 + len(LAYERS)
        assert sum(b"container_config" in files[name] for name in blobs) == len(LAYERS)

    def test_podman_has_metadata_last_and_links_to_layers(self, tmp_path: Path) -> None:
        path = IMAGE.podman_archive(tmp_path / "image.tar")
        members = names(path)
        assert members[0] == f"{IMAGE.diff_ids[0]}.tar"
        assert members[-2:] == ["manifest.json", "repositories"]
        with tarfile.open(path) as archive:
            links = [each.linkname for each in archive if each.issym()]
        assert links == [f"../{diff_id}.tar" for diff_id in IMAGE.diff_ids]
        assert json.loads(contents(path)["manifest.json"])[0]["RepoTags"] == ["localhost/demo:1"]

    def test_oci_index_with_platforms_and_attestations(self, tmp_path: Path) -> None:
        other = Image(LAYERS[:1], platform="linux/arm64/v8")
        path = IMAGE.oci_archive(
            tmp_path / "image.tar",
            "gzip",
            platforms=[other, "linux/s390x"],
            attestations=True,
        )
        files = contents(path)
        top = json.loads(files["index.json"])["manifests"]
        assert len(top) == 1
        assert top[0]["annotations"] == {"org.opencontainers.image.ref.name": "1"}
        inner = json.loads(blob(files, top[0]))["manifests"]
        platforms = [each["platform"]["architecture"] for each in inner]
        assert platforms == ["amd64", "arm64", "s390x", "unknown", "unknown", "unknown"]
        for descriptor in inner:
            manifest = json.loads(blob(files, descriptor))
            document = json.loads(blob(files, manifest["config"]))
            assert document["architecture"] == descriptor["platform"]["architecture"]
            blobs = [blob(files, each) for each in manifest["layers"]]
            if document["architecture"] != "unknown":
                blobs = [gzip.decompress(data) for data in blobs]
            diff_ids = [f"sha256:{sha256(data)}" for data in blobs]
            assert document["rootfs"]["diff_ids"] == diff_ids
        subjects = [each["annotations"]["vnd.docker.reference.digest"] for each in inner[3:]]
        assert subjects == [each["digest"] for each in inner[:3]]

    def test_oci_directory_has_the_same_files(self, tmp_path: Path) -> None:
        place = IMAGE.oci_dir(tmp_path / "layout", "zstd")
        found = {
            str(path.relative_to(place)): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file()
        }
        assert found == contents(IMAGE.oci_archive(tmp_path / "image.tar", "zstd"))

    @pytest.mark.parametrize("form", ["legacy", "25"])
    def test_several_images_in_one_archive(self, form: str, tmp_path: Path) -> None:
        other = Image([LAYERS[0], LAYERS[2]], tag=None)
        files = contents(multi(tmp_path / "image.tar", [IMAGE, other], form=form))
        entries = json.loads(files["manifest.json"])
        assert [entry["RepoTags"] for entry in entries] == [["demo:1"], None]
        assert [sha256(files[entry["Config"]]) for entry in entries] == [IMAGE.id, other.id]
        assert list(json.loads(files["repositories"])) == ["demo"]

    def test_an_index_may_leave_images_out(self, tmp_path: Path) -> None:
        other = Image(LAYERS[:1], tag="other:2")
        path = multi(tmp_path / "image.tar", [IMAGE, other], form="25", indexed=[1])
        files = contents(path)
        assert len(json.loads(files["manifest.json"])) == 2
        listed = json.loads(files["index.json"])["manifests"]
        assert [json.loads(blob(files, each)) for each in listed] == [json.loads(other.manifest())]

    def test_a_flat_archive_is_the_layer(self, tmp_path: Path) -> None:
        path = Image(LAYERS[:1]).flat(tmp_path / "rootfs.tar")
        assert path.read_bytes() == LAYERS[0]
        with pytest.raises(ValueError, match="one layer"):
            IMAGE.flat(tmp_path / "rootfs.tar")
