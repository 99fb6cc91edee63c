"""An image that is looked at while it is still being read."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.model import Partial, Unread
from layerlens.cache.layers import LayerCache
from layerlens.errors import Interrupted, UsageError
from layerlens.filesystem.stack import Semantics
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.layers import tarwalk
from layerlens.layers.arrivals import Announcement, ExpectedLayer
from layerlens.layers.compression import Compression
from layerlens.layers.reader import LayerRead, read_stream
from layerlens.outputs.json_report import write_json
from layerlens.outputs.text import write_text
from layerlens.partial import Arriving
from layerlens.pipeline import analyse_image, list_platforms, open_image
from layerlens.sources import place as place_module
from layerlens.sources.image import ReadOptions
from tests.arriving import (
    Stopper,
    Witness,
    holds_against,
    is_ordered,
    is_the_same,
    read_whole,
    unread,
)
from tests.builders import (
    Image,
    Member,
    directory,
    file,
    gzipped,
    hardlink,
    layer,
    multi,
    opaque,
    sha256,
    symlink,
    whiteout,
)
from tests.drawing import paths
from tests.unit.sources.looking import adds_up, analysis, figures, zipped

NOISE = os.urandom(300_000)
LAYERS = [
    layer(directory("etc"), file("etc/a", b"one"), file("etc/b", NOISE), file("same", b"x" * 999)),
    layer(file("etc/a", b"two"), whiteout("etc/b"), file("same", b"x" * 999, mode=0o600)),
    layer(directory("new"), file("new/c", NOISE[::-1]), hardlink("new/d", "new/c")),
    layer(opaque("new"), file("new/e", b"e"), symlink("l", "new/e")),
]
IMAGE = Image(
    LAYERS,
    history=[
        {"created": "2024-01-01T00:00:00Z", "created_by": "ADD rootfs.tar / # buildkit"},
        {"created": "2024-01-01T00:00:01Z", "created_by": 'CMD ["sh"]', "empty_layer": True},
        {"created": "2024-05-01T00:00:00Z", "created_by": "RUN one"},
        {"created": "2024-05-01T00:00:02Z", "created_by": "RUN two"},
        {"created": "2024-05-01T00:00:03Z", "created_by": "COPY . ."},
    ],
    tag="demo:1",
)
STEPS = ["RUN one", "RUN two", "COPY . ."]

Make = Callable[[Path], Path]
IN_PLACE: dict[str, Make] = {
    "docker archive": lambda at: IMAGE.save_legacy(at / "x.tar"),
    "docker archive 25": lambda at: IMAGE.save_25(at / "x.tar"),
    "podman archive": lambda at: IMAGE.podman_archive(at / "x.tar"),
    "compressed layers": lambda at: IMAGE.containerd_save(at / "x.tar"),
    "oci archive": lambda at: IMAGE.oci_archive(at / "x.tar", "zstd"),
    "oci directory": lambda at: IMAGE.oci_dir(at / "x", "gzip"),
    "plain oci directory": lambda at: IMAGE.oci_dir(at / "x", "none"),
}
STREAMS: dict[str, Make] = {
    "legacy": lambda at: zipped(IMAGE.save_legacy(at / "x.tar")),
    "25": lambda at: zipped(IMAGE.save_25(at / "x.tar")),
    "podman": lambda at: zipped(IMAGE.podman_archive(at / "x.tar")),
    "containerd": lambda at: zipped(IMAGE.containerd_save(at / "x.tar")),
    "oci": lambda at: zipped(IMAGE.oci_archive(at / "x.tar", "zstd")),
}


class TestInPlace:
    """Archives and directories whose manifest is read first."""

    @pytest.mark.parametrize("shape", IN_PLACE)
    def test_after_each_arrival(self, shape: str, tmp_path: Path) -> None:
        path = IN_PLACE[shape](tmp_path)
        witness = Witness()
        whole = read_whole(path, witness)
        assert [len(each.layers) for each in witness.ordered] == [4] * len(witness.seen)
        assert witness.counts == [0, 1, 2, 3, 4]
        for part in witness.ordered:
            holds_against(part, whole)
        is_the_same(witness.analysis(), whole)
        assert witness.counted() == (4, 4)

    def test_before_a_layer_is_there(self, tmp_path: Path) -> None:
        arriving = Arriving()
        assert arriving.analysis() is None
        assert arriving.counted() == (0, None)
        options = ReadOptions(arrivals=arriving)
        image = open_image(str(IMAGE.containerd_save(tmp_path / "x.tar")), options)
        try:
            found = arriving.analysis()
            assert found is not None
            assert found.partial == Partial(
                0, tuple(Unread(k, None, len(gzipped(data))) for k, data in enumerate(LAYERS))
            )
            assert found.partial.layers == 4
            assert found.base.layers == 1
            assert [each.instruction.text for each in found.layers[1:]] == STEPS
            assert [each.diff_id for each in found.layers] == list(image.config.diff_ids)
            assert found.scores.total_bytes == 0
            assert [note.code for note in found.diagnostics] == ["not-read"] * 4
            assert {row.why for row in found.sizes} == {
                "layers 0, 1, 2 and 1 more have not been read"
            }
            report, summary = io.BytesIO(), io.StringIO()
            write_json(found, report)
            write_text(found, summary, width=100, colour=False)
            codes = [note["code"] for note in json.loads(report.getvalue())["diagnostics"]]
            assert codes == ["not-read"] * 4
            assert "have not been read" in summary.getvalue()
        finally:
            image.close()

    def test_the_same_object_while_nothing_arrives(self, tmp_path: Path) -> None:
        witness = Witness()
        whole = read_whole(IMAGE.save_25(tmp_path / "x.tar"), witness)
        first, at = witness.analysis(), witness.generation
        is_the_same(first, whole)
        witness.announce(witness.announced[-1])
        witness.arrived(LayerRead(whole.filesystem.tables[1], Compression.NONE, 0), [1])
        assert witness.generation == at
        assert witness.analysis() is first

    @pytest.mark.parametrize("shape", ["docker archive", "compressed layers", "oci directory"])
    def test_from_the_cache(
        self, shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(place_module, "SETTLED", 0)
        path = IN_PLACE[shape](tmp_path)
        options = ReadOptions(cache=LayerCache(str(tmp_path / "cache")))
        whole = read_whole(path, Arriving(), options)
        witness = Witness()
        again = read_whole(path, witness, options)
        assert figures(again) == figures(whole)
        assert witness.counts[-1] == 4
        is_the_same(witness.analysis(), again)

    def test_a_repeated_layer_arrives_at_all_its_places(self, tmp_path: Path) -> None:
        one, two = LAYERS[:2]
        path = Image([one, two, one, two]).save_25(tmp_path / "x.tar")
        witness = Witness()
        whole = read_whole(path, witness)
        assert witness.counts == [0, 2, 4]
        is_the_same(witness.analysis(), whole)

    def test_a_root_filesystem(self, tmp_path: Path) -> None:
        path = Image([LAYERS[0]]).flat(tmp_path / "x.tar")
        witness = Witness()
        whole = read_whole(path, witness)
        assert witness.counts == [0, 1]
        is_the_same(witness.analysis(), whole)

    def test_a_layer_that_is_not_there_is_no_unread_one(self, tmp_path: Path) -> None:
        files = IMAGE.oci_files("gzip")
        manifest = json.loads(files["blobs/sha256/" + sha256(IMAGE.manifest("gzip"))])
        foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        manifest["layers"][0]["mediaType"] = foreign
        del files["blobs/" + manifest["layers"][0]["digest"].replace(":", "/")]
        data = json.dumps(manifest).encode()
        files["blobs/sha256/" + sha256(data)] = data
        index = json.loads(files["index.json"])
        index["manifests"][0] |= {"digest": f"sha256:{sha256(data)}", "size": len(data)}
        files["index.json"] = json.dumps(index).encode()
        path = tmp_path / "x.tar"
        path.write_bytes(layer(*(file(name, content) for name, content in files.items())))
        witness = Witness()
        whole = read_whole(path, witness)
        assert "foreign-layer" in [note.code for note in whole.diagnostics]
        assert witness.counts == [0, 1, 2, 3, 4]
        assert all(0 not in unread(each) for each in witness.ordered if len(unread(each)) < 4)
        is_the_same(witness.analysis(), whole)

    def test_notes_of_the_reading(self, tmp_path: Path) -> None:
        """A damaged layer that is looked at anyway."""
        files = IMAGE.oci_files("gzip")
        name = "blobs/sha256/" + sha256(gzipped(LAYERS[1]))
        files[name] = gzipped(layer(file("other", b"o")))
        path = tmp_path / "x.tar"
        path.write_bytes(layer(*(file(each, data) for each, data in files.items())))
        arriving = Arriving()
        whole = read_whole(path, arriving, ReadOptions(verify=False))
        assert "digest-mismatch" in [note.code for note in whole.diagnostics]
        is_the_same(arriving.analysis(), whole)


class TestStreams:
    """Archives that pass once, their manifest last."""

    @pytest.mark.parametrize("shape", STREAMS)
    def test_in_the_order_of_arrival_until_the_manifest_comes(
        self, shape: str, tmp_path: Path
    ) -> None:
        path = STREAMS[shape](tmp_path)
        witness = Witness("x.tar")
        whole = read_whole(path, witness)
        loose = [each for each in witness.seen if each is not None and not is_ordered(each)]
        assert [len(each.layers) for each in loose] == [1, 2, 3, 4]
        by_id = {each.diff_id: each for each in whole.layers}
        for each in loose:
            adds_up(each)
            assert each.image.reference == "x.tar"
            assert each.partial == Partial(len(each.layers), ordered=False)
            assert each.partial.layers is None
            assert "the order of layers is not known yet" in [
                note.message for note in each.diagnostics if note.code == "partial"
            ]
            assert {row.why for row in each.sizes} == {
                "it is not known whether these are all layers"
            }
            for mine in each.layers:
                theirs = by_id[mine.diff_id]
                assert (mine.size, mine.tar_size) == (theirs.size, theirs.tar_size)
        # With the manifest they are all there at once, at their places.
        assert witness.counts == [4]
        is_the_same(witness.analysis(), whole)

    def test_stdin(self, tmp_path: Path) -> None:
        data = IMAGE.save_legacy(tmp_path / "x.tar").read_bytes()
        witness = Witness("-")
        whole = read_whole("-", witness, ReadOptions(stdin=io.BytesIO(data)))
        assert witness.seen[0] is not None
        assert not is_ordered(witness.seen[0])
        is_the_same(witness.analysis(), whole)

    def test_counted(self, tmp_path: Path) -> None:
        counts = []

        class Counting(Arriving):
            def arrived(self, *given: object) -> None:
                super().arrived(*given)  # type: ignore[arg-type]
                counts.append((self.generation, *self.counted()))

        read_whole(zipped(IMAGE.save_25(tmp_path / "x.tar")), Counting())
        assert counts[:4] == [(1, 1, None), (2, 2, None), (3, 3, None), (4, 4, None)]
        assert {each[1:] for each in counts[4:]} == {(4, 4)}

    def test_layers_of_other_images_go_when_the_image_is_known(self, tmp_path: Path) -> None:
        other = Image([layer(file("other", b"o")), LAYERS[0]], tag="other:1")
        path = zipped(multi(tmp_path / "x.tar", [IMAGE, other]))
        witness = Witness()
        whole = read_whole(path, witness, ReadOptions(select="demo:1"))
        assert max(len(each.layers) for each in witness.seen if each) == 5
        is_the_same(witness.analysis(), whole)

    def test_tars_in_a_root_filesystem_are_no_layers(self, tmp_path: Path) -> None:
        members = (
            file("a.tar.gz", gzipped(LAYERS[0])),
            file("etc/os-release", b"ID=x\n"),
            file("b.tar", LAYERS[1]),
        )
        path = zipped(Image([layer(*members)]).flat(tmp_path / "x.tar"))
        witness = Witness()
        whole = read_whole(path, witness)
        assert [each and len(each.layers) for each in witness.seen[:3]] == [1, None, 1]
        assert witness.counts[-1] == 1
        is_the_same(witness.analysis(), whole)

    def test_an_archive_that_passed_before(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(place_module, "SETTLED", 0)
        path = zipped(IMAGE.save_25(tmp_path / "x.tar"))
        options = ReadOptions(cache=LayerCache(str(tmp_path / "cache")))
        read_whole(path, Arriving(), options)
        witness = Witness()
        whole = read_whole(path, witness, options)
        assert witness.counts == [0, 1, 2, 3, 4]
        is_the_same(witness.analysis(), whole)


class TestInterrupted:
    @pytest.mark.parametrize("shape", [*IN_PLACE, *STREAMS])
    def test_at_every_report(
        self, shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tarwalk, "_BATCH", 2)  # reports between as many headers of a plain tar
        path = (IN_PLACE | STREAMS)[shape](tmp_path)
        whole = analysis(path)
        tables = {
            each.diff_id: t for each, t in zip(whole.layers, whole.filesystem.tables, strict=True)
        }
        had = []
        for k in range(200):
            arriving = Arriving()
            before_closing = []
            try:
                read_whole(
                    path, arriving, ReadOptions(workers=2), Stopper(k),
                    at_end=lambda: before_closing.append(arriving.analysis()),  # noqa: B023
                )  # fmt: skip
            except Interrupted:
                pass
            else:
                is_the_same(arriving.analysis(), whole)
                break
            part = arriving.analysis()
            if before_closing:
                assert part is before_closing[0]
            if part is None:
                continue
            had.append(arriving.counted()[0])
            adds_up(part)
            if is_ordered(part):
                holds_against(part, whole)
            for each, table in zip(part.layers, part.filesystem.tables, strict=True):
                # Whole or not at all.
                assert table.names in ([], tables[each.diff_id].names)
        else:
            pytest.fail("never ends")
        assert len(had) > 1
        assert had[-1] == 4

    def test_after_closing_only_hashes_compare(self, tmp_path: Path) -> None:
        same = file("same", b"x" * 999)
        path = Image([layer(same), layer(replace(same, mode=0o600))]).save_25(tmp_path / "x.tar")
        causes = []
        for form in (path, zipped(path)):
            arriving = Arriving()
            read_whole(form, arriving)
            found = arriving.analysis()
            assert found is not None
            causes.append([row.name for row in found.ledger if row.kind == "dead"])
        assert causes == [["replaced"], ["metadata"]]

    def test_a_file_that_is_closed_under_a_comparison(self, tmp_path: Path) -> None:
        """Nothing is raised, whatever the moment at which the image is closed."""
        many = [file(f"f{k}", b"%d" % k * 500) for k in range(300)]
        path = Image([layer(*many), layer(*many)]).save_25(tmp_path / "x.tar")
        whole = analysis(path)
        for _ in range(5):
            arriving = Arriving()
            options = ReadOptions(arrivals=arriving)
            image = open_image(str(path), options)
            analyse_image(image, options)
            found = []
            thread = threading.Thread(target=lambda: found.append(arriving.analysis()))  # noqa: B023
            thread.start()
            image.close()
            thread.join()
            assert found[0] is not None
            adds_up(found[0])
            assert found[0].scores == replace(
                whole.scores, user_wasted_percent=found[0].scores.user_wasted_percent
            )


class TestThreads:
    def test_looked_at_all_the_time_from_several(self, tmp_path: Path) -> None:
        layers = [
            layer(*(file(f"d{n}/f{i}", b"%d" % (i * n) * 200) for i in range(300)))
            for n in (1, 2, 1, 3, 2, 4)
        ]
        layers = [data[:-1024] + layer(file(f"only{k}", b"o")) for k, data in enumerate(layers)]
        path = Image(layers).containerd_save(tmp_path / "x.tar")
        whole = analysis(path)
        arriving = Arriving()
        done = threading.Event()
        failures: list[BaseException] = []

        def look() -> None:
            try:
                last = -1
                while True:
                    ended = done.is_set()
                    assert arriving.generation >= last
                    last = arriving.generation
                    found = arriving.analysis()
                    if found is not None:
                        holds_against(found, whole)
                    if ended:
                        return
            except BaseException as error:  # noqa: BLE001 - told below
                failures.append(error)

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            found = read_whole(path, arriving, ReadOptions(workers=4), at_end=done.set)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert not failures
        assert figures(found) == figures(whole)
        is_the_same(arriving.analysis(), found)


class TestBase:
    def test_the_one_that_is_named(self, tmp_path: Path) -> None:
        base = Image(LAYERS[:3], tag="base:1").save_25(tmp_path / "base.tar")
        witness = Witness()
        whole = read_whole(IMAGE.save_25(tmp_path / "x.tar"), witness, base=str(base))
        assert whole.base.layers == 3
        assert whole.base.boundary == "exact"
        found = [each.base for each in witness.ordered if len(unread(each)) < 4]
        assert set(found) == {whole.base}
        # The base's own layers are none of the image's.
        assert [each.layers for each in witness.announced] == [witness.announced[0].layers] * 2

    def test_one_that_is_not_the_base(self, tmp_path: Path) -> None:
        base = Image(LAYERS[2:3]).save_25(tmp_path / "base.tar")
        arriving = Arriving()
        with pytest.raises(UsageError):
            read_whole(IMAGE.save_25(tmp_path / "x.tar"), arriving, base=str(base))
        found = arriving.analysis()
        assert found is not None
        assert (found.base.boundary, found.base.layers) == ("guessed", 1)

    def test_a_neighbour_in_the_archive(self, tmp_path: Path) -> None:
        base = Image(LAYERS[:2], tag="base:1")
        witness = Witness()
        path = multi(tmp_path / "x.tar", [IMAGE, base])
        whole = read_whole(path, witness, ReadOptions(select="demo:1"))
        assert whole.base.name == "base:1"
        assert {each.base for each in witness.ordered} == {whole.base}


def test_lists_of_platforms_tell_nothing(tmp_path: Path) -> None:
    arriving = Arriving()
    path = IMAGE.oci_archive(tmp_path / "x.tar", platforms=["linux/arm64"])
    assert len(list_platforms(str(path), ReadOptions(arrivals=arriving))) == 2
    assert arriving.generation == 0


def test_without_listener_nothing_is_asked_beside(tmp_path: Path) -> None:
    image = open_image(str(IMAGE.save_25(tmp_path / "x.tar")))
    try:
        asked: list[str] = []

        def candidates() -> tuple[()]:
            asked.append("candidates")
            return ()

        image.base_candidates = candidates
        image.read(ReadOptions())
        assert not asked
    finally:
        image.close()


def test_only_reports_of_the_image_count() -> None:
    """Whatever comes before or after the announcement, and in any order."""
    reads = [read_stream([data]) for data in LAYERS]
    arriving = Arriving()
    arriving.withdraw()
    assert arriving.generation == 0
    arriving.arrived(reads[2])
    arriving.arrived(read_stream([LAYERS[2]]))  # the same layer under another name
    arriving.arrived(read_stream([layer(file("stranger"))]))
    assert arriving.counted() == (2, None)
    arriving.announce(announcement(LAYERS))
    assert arriving.counted() == (1, 4)
    arriving.arrived(read_stream([layer(file("stranger"))]))
    assert arriving.counted() == (1, 4)
    arriving.arrived(reads[0])
    found = arriving.analysis()
    assert found is not None
    assert unread(found) == [1, 3]
    arriving.withdraw()
    assert arriving.counted() == (0, 4)


def announcement(layers: list[bytes]) -> Announcement:
    """What an engine would say of an image of these layers."""
    return Announcement(
        reference="",
        source="test",
        config=parse_config(Image(layers).config),
        layers=tuple(ExpectedLayer(Digest.of(data)) for data in layers),
    )


PATHS = paths(["a", "b", "c"], 3)
MEMBERS: st.SearchStrategy[Member] = st.one_of(
    st.builds(file, PATHS, st.sampled_from([b"", b"x", b"yy", b"zz"]), mtime=st.integers(0, 1)),
    st.builds(directory, PATHS, mode=st.sampled_from([0o755, 0o700])),
    st.builds(symlink, PATHS, PATHS),
    st.builds(hardlink, PATHS, PATHS),
    st.builds(whiteout, PATHS),
    st.builds(opaque, PATHS),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(MEMBERS, max_size=6), min_size=1, max_size=5),
    st.data(),
    st.sampled_from(Semantics),
    st.booleans(),
)
def test_any_layers_in_any_order_add_up(
    layers: list[list[Member]], data: st.DataObject, semantics: Semantics, announced: bool
) -> None:
    tars = [layer(*members) for members in layers]
    reads: list[LayerRead] = [read_stream([tar]) for tar in tars]
    order = data.draw(st.permutations(range(len(tars))))
    count = data.draw(st.integers(0, len(tars)))
    arriving = Arriving("x", semantics)
    if announced:
        arriving.announce(announcement(tars))
    for index in order[:count]:
        arriving.arrived(reads[index])
        found = arriving.analysis()
        assert found is not None
        adds_up(found)
    found = arriving.analysis()
    read, every = arriving.counted()
    if found is None:
        assert not count
        assert not announced
        return
    assert len(found.layers) == (len(tars) if announced else read)
    assert every == (len(tars) if announced else None)
    assert sum(row.bytes for row in found.waste) == found.scores.dead_bytes
    wanted = {tars[index] for index in order[:count]}
    there = sum(reads[k].table.content_bytes for k, tar in enumerate(tars) if tar in wanted)
    if announced:
        assert found.scores.total_bytes == there
        assert read == sum(tar in wanted for tar in tars)
