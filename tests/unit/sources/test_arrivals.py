"""What engines, their own files and registries tell while an image is read."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Partial, Unread
from layerlens.cache.layers import LayerCache
from layerlens.errors import Interrupted, SourceError, UnfitStoreError
from layerlens.image.history import NO_HISTORY
from layerlens.image.manifest import parse_platform
from layerlens.layers.arrivals import Announcement
from layerlens.layers.reader import Origin
from layerlens.pipeline import analyse_image
from layerlens.progress import silent
from layerlens.sources.enginestore.docker_store import open_docker_store
from layerlens.sources.enginestore.own_files import from_docker
from layerlens.sources.image import ReadOptions, RegistryAccess
from layerlens.sources.registry.manner import Manner
from layerlens.sources.registry.source import open_registry
from tests import members as m
from tests.arriving import (
    Stopper,
    Witness,
    holds_against,
    is_ordered,
    is_the_same,
    read_whole,
    unread,
)
from tests.builders import Image, file, gzipped, layer, sha256, whiteout
from tests.unit.sources import fake_engine, registry_fake
from tests.unit.sources.enginestore.folders import docker_root
from tests.unit.sources.fake_engine import Engine
from tests.unit.sources.looking import adds_up, analysis
from tests.unit.sources.registry_fake import Registry

IMAGE = Image(
    [
        layer(file("a", os.urandom(400_000)), file("b", b"b"), file("same", b"s" * 700)),
        layer(whiteout("b"), file("c", b"c"), file("same", b"s" * 700, mode=0o600)),
        layer(file("d", os.urandom(300_000))),
    ],
    ["RUN step 0", "RUN step 1", "RUN step 2"],
    tag="demo:1",
)
STATED = [len(data) for data in IMAGE.layers]

# The SDK does not close a socket that it could not connect.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket.socket fd=.* family=1,")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker-config"))
    yield
    gc.collect()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    export = IMAGE.save_legacy(tmp_path / "export.tar").read_bytes()
    with fake_engine.serving(Engine(IMAGE, export)) as found:
        monkeypatch.setenv("DOCKER_HOST", found.host)
        yield found


class TestExport:
    @pytest.mark.parametrize(
        "shape", ["save_legacy", "save_25", "containerd_save", "podman_archive"]
    )
    def test_places_are_known_while_it_runs(
        self, shape: str, engine: Engine, tmp_path: Path
    ) -> None:
        engine.export = getattr(IMAGE, shape)(tmp_path / "x.tar").read_bytes()
        witness = Witness()
        whole = read_whole("docker://demo:1", witness)
        assert all(is_ordered(each) for each in witness.seen if each is not None)
        assert witness.counts == [0, 1, 2, 3]
        first = witness.ordered[0]
        assert first.partial == Partial(0, tuple(Unread(k, s) for k, s in enumerate(STATED)))
        assert first.image.reference == "docker://demo:1"
        assert first.image.tags == ("demo:1",)
        assert first.image.source == "Docker Engine"
        assert [each.instruction.text for each in first.layers] == IMAGE.instructions
        assert [each.diff_id for each in first.layers] == [e.diff_id for e in whole.layers]
        for part in witness.ordered:
            adds_up(part)
            for mine, theirs in zip(part.layers, whole.layers, strict=True):
                if mine.index not in unread(part):
                    assert mine.size == theirs.size
        is_the_same(witness.analysis(), whole)

    def test_metadata_is_told_from_content_by_hashes(self, engine: Engine, tmp_path: Path) -> None:
        engine.export = IMAGE.podman_archive(tmp_path / "x.tar").read_bytes()
        witness = Witness()
        read_whole("demo:1", witness)
        found = next(each for each in witness.ordered if not {0, 1} & set(unread(each)))
        assert unread(found) == [2]
        dead = {row.name: row.bytes for row in found.ledger if row.kind == "dead"}
        assert dead == {"metadata": 700, "deleted": 1}

    def test_the_base_is_known_before_a_byte_comes(self, engine: Engine) -> None:
        base = {
            "Id": f"sha256:{'e' * 64}", "RepoTags": ["base:1"],
            "RootFS": {"Layers": [f"sha256:{IMAGE.diff_ids[0]}"]},
        }  # fmt: skip
        engine.answers = {
            "/images/json": [{"Id": base["Id"]}],
            f"{'e' * 64}/json": base,
        }
        engine.stall = threading.Event()

        class Waiting(Witness):
            def announce(self, image: Announcement) -> None:
                super().announce(image)
                if image.base_candidates():
                    engine.stall.set()  # type: ignore[union-attr]

        witness = Waiting()
        whole = read_whole("demo:1", witness)
        assert whole.base.name == "base:1"
        before = [each.base for each in witness.ordered if len(unread(each)) == 3]
        assert before[-1] == whole.base
        assert {each.base for each in witness.ordered if len(unread(each)) < 3} == {whole.base}

    def test_stopped_at_every_report(self, engine: Engine) -> None:
        whole = analysis("demo:1")
        counts = set()
        for k in range(100):
            witness = Witness()
            try:
                read_whole("demo:1", witness, None, Stopper(k))
            except Interrupted:
                found = witness.analysis()
                if found is not None:
                    adds_up(found)
                    assert len(found.layers) == 3
                    counts.add(witness.counted())
            else:
                is_the_same(witness.analysis(), whole)
                break
        else:
            pytest.fail("never ends")
        assert counts > {(0, 3), (3, 3)}

    def test_broken_off(self, engine: Engine) -> None:
        engine.cut = len(engine.export) - 50_000
        witness = Witness()
        with pytest.raises(SourceError, match="broke"):
            read_whole("demo:1", witness)
        read, every = witness.counted()
        assert 0 < read < 3
        assert every == 3

    def test_a_history_that_does_not_fit(self, engine: Engine) -> None:
        engine.answers = {"/history": [{"CreatedBy": "RUN only", "Size": 5}]}
        witness = Witness()
        whole = read_whole("demo:1", witness)
        first = witness.ordered[0]
        assert {each.instruction for each in first.layers} == {NO_HISTORY}
        assert first.partial == Partial(0, tuple(Unread(k) for k in range(3)))
        is_the_same(witness.analysis(), whole)

    def test_the_configuration_that_was_once_read(self, engine: Engine, tmp_path: Path) -> None:
        options = ReadOptions(cache=LayerCache(str(tmp_path / "cache")), via="export")
        whole = read_whole("demo:1", Witness(), options)
        witness = Witness()
        read_whole("demo:1", witness, options)
        assert witness.ordered[0].history == whole.history
        for part in witness.ordered:
            holds_against(part, whole)

    def test_another_platform_is_not_what_the_inspection_describes(self, engine: Engine) -> None:
        witness = Witness()
        options = ReadOptions(platform=parse_platform("linux/arm64"))
        with pytest.raises(SourceError, match="no image for"):
            read_whole("demo:1", witness, options)
        assert not witness.announced
        assert all(each is None or not is_ordered(each) for each in witness.seen)

    def test_known_layers_need_no_export(self, engine: Engine, tmp_path: Path) -> None:
        options = ReadOptions(cache=LayerCache(str(tmp_path / "cache")))
        read_whole("demo:1", Witness(), options)
        witness = Witness()
        whole = read_whole("demo:1", witness, options)
        assert sum("/get" in path for path in engine.asked) == 1
        assert witness.counts == [0, 1, 2, 3]
        is_the_same(witness.analysis(), whole)

    def test_podman(self, engine: Engine, tmp_path: Path) -> None:
        history: list[dict[str, Any]] = [
            {"created_by": "RUN step 0"}, {"created_by": "ENV a=b", "empty_layer": True},
            {"created_by": "RUN step 1"}, {"created_by": "RUN step 2"},
        ]  # fmt: skip
        image = replace(IMAGE, history=history)
        rows = [{"CreatedBy": row["created_by"], "Size": 0} for row in reversed(history)]
        engine.image = image
        engine.export = image.podman_archive(tmp_path / "x.tar").read_bytes()
        told = engine.inspected() | {"History": history}
        engine.answers = {f"/libpod/images/sha256:{image.id}/json": told, "/history": rows}
        access = RegistryAccess(environment={"CONTAINER_HOST": engine.host})
        witness = Witness()
        whole = read_whole("podman://demo:1", witness, ReadOptions(registry=access))
        first = witness.ordered[0]
        assert first.image.source == "podman"
        assert [each.instruction.text for each in first.layers] == IMAGE.instructions
        assert first.partial == Partial(0, tuple(Unread(k, 0) for k in range(3)))
        assert witness.counts == [0, 1, 2, 3]
        is_the_same(witness.analysis(), whole)


class TestOwnFiles:
    LAYERS = (
        (m.directory("etc"), m.file("etc/a", b"one"), m.file("etc/b", b"x" * 3000)),
        (m.file("etc/a", b"two"), m.file("etc/b", b"x" * 3000, mode=0o600)),
        (m.file("c", b"three"),),
    )

    def test_after_each_layer(self, tmp_path: Path) -> None:
        made = docker_root(tmp_path / "docker", self.LAYERS)
        told = {"DockerRootDir": str(made.root), "Driver": made.driver}
        witness = Witness("app:1")
        options = ReadOptions(arrivals=witness)
        image = from_docker(told, made.image_id, made.diff_ids, options)
        try:
            whole = analyse_image(image, options)
        finally:
            image.close()
        assert {each.origin for each in whole.layers} == {Origin.TAR_SPLIT}
        assert witness.counts == [0, 1, 2, 3]
        for part in witness.ordered:
            assert part.image.reference == "app:1"
            holds_against(part, whole)

    def test_hashes_of_two_kinds_are_compared_by_contents(self, tmp_path: Path) -> None:
        """As long as the image is open; a later look gives the cautious answer."""
        made = docker_root(tmp_path / "docker", self.LAYERS)
        witness = Witness()
        stored = open_docker_store(str(made.root), made.driver, made.image_id, made.diff_ids)
        image = stored.image("app:1", "Docker Engine")
        reads = image.read(ReadOptions())
        reads[1].table.hashes.clear()
        image.announce(witness)
        found = witness.analysis()
        assert found is not None
        assert [row.cause.word for row in found.waste] == ["metadata", "replaced"]
        image.close()
        assert not image.known_same((0, 2), (1, 1))
        assert image.same_content((0, 2), (1, 1)), "these files are opened at each look"

    def test_what_an_unfit_store_told_does_not_count(
        self, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The store turns out to be unfit at a late layer; then the export is read."""
        folder = tmp_path / "unfit"

        def unfit(*given: object) -> None:
            made = docker_root(folder, self.LAYERS)
            stored = open_docker_store(str(made.root), made.driver, made.image_id, made.diff_ids)
            (options,) = [each for each in given if isinstance(each, ReadOptions)]
            stored.image("", "").read(options)
            raise UnfitStoreError("a record is broken")

        monkeypatch.setattr("layerlens.sources.engine.open.from_docker", unfit)
        witness = Witness()
        whole = read_whole("demo:1", witness)
        assert witness.counts == [0, 1, 2, 3, 0, 1, 2, 3]
        is_the_same(witness.analysis(), whole)


class TestRegistry:
    @pytest.fixture
    def registry(self) -> Iterator[Registry]:
        with registry_fake.serving(Registry()) as found:
            found.push(IMAGE)
            yield found

    def test_after_each_layer(self, registry: Registry) -> None:
        witness = Witness()
        options = ReadOptions(arrivals=witness)
        manner = Manner(first_wait=0.01, cert_roots=())
        image = open_registry(f"{registry.name}:1", options, manner=manner)
        try:
            image.announce(witness)
            before = witness.analysis()
            assert not registry.paths("/blobs/")[1:], "the configuration, and no layer yet"
            whole = analyse_image(image, options)
        finally:
            image.close()
        assert before is not None
        blobs = [gzipped(data) for data in IMAGE.layers]
        assert before.partial == Partial(
            0, tuple(Unread(k, None, len(data)) for k, data in enumerate(blobs))
        )
        assert [str(each.digest) for each in before.layers] == [
            f"sha256:{sha256(data)}" for data in blobs
        ]
        assert witness.counts == [0, 1, 2, 3]
        for part in witness.ordered:
            holds_against(part, whole)
        is_the_same(witness.analysis(), whole)

    def test_contents_are_not_fetched_for_a_comparison(self, registry: Registry) -> None:
        options = ReadOptions()
        manner = Manner(first_wait=0.01, cert_roots=())
        image = open_registry(f"{registry.name}:1", options, manner=manner)
        try:
            reads = image.read(options, silent)
            asked = len(registry.asked)
            reads[1].table.hashes.clear()
            assert not image.known_same((0, 2), (1, 2))
            assert len(registry.asked) == asked
        finally:
            image.close()
