"""What is loaded is what was saved: every value, and every output byte for byte."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.analyse import Described, analyse
from layerlens.analysis.model import Analysis, Partial, Unread
from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.rules.model import Draft, Rule, RuleSet, Topic
from layerlens.errors import LimitError, UsageError
from layerlens.filesystem.stack import Semantics
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import CONFIG_LIMIT
from layerlens.image.model import BaseBoundary
from layerlens.layers.compression import Compression
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HashKind
from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.saved.load import load
from layerlens.saved.save import save
from tests.archives import Image, config
from tests.builders import directory, file, gzipped, hardlink, layer, opaque, symlink, whiteout
from tests.debian import Deb, system
from tests.judging import Looked
from tests.unit.cache.records import EVERYTHING
from tests.unit.layers.reading import in_place, streamed
from tests.unit.outputs import samples
from tests.unit.outputs.samples import packaged
from tests.unit.saved.again import AT, again, loaded, saved

SAMPLES = (
    samples.shop,
    samples.clean,
    samples.judged,
    samples.empty,
    samples.hostile,
    samples.many,
)


@pytest.mark.parametrize("make", SAMPLES, ids=lambda make: make.__name__)
def test_samples(make: Callable[[], Analysis]) -> None:
    again(make())


def stacked(
    *reads: LayerRead, semantics: Semantics = Semantics.DOCKER, **described: Any
) -> Analysis:
    """The analysis of layers whose contents compare by their hashes, else by nothing."""

    def same(one: tuple[int, int], other: tuple[int, int]) -> bool:
        below, above = reads[one[0]].table, reads[other[0]].table
        return below.hash(one[1]) == above.hash(other[1])

    return analyse(
        Described(
            reference="x",
            source="memory",
            reads=reads,
            layers=[(None, None, "a/type" if k % 2 else None) for k in range(len(reads))],
            **({"config": parse_config(config([]))} | described),
        ),
        same,
        lambda _: BaseBoundary("exact", min(1, len(reads)), "the test", "base:1"),
        semantics,
    )


class TestLayers:
    @pytest.mark.parametrize("semantics", Semantics)
    def test_one_of_each(self, semantics: Semantics) -> None:
        found = stacked(
            streamed(EVERYTHING),
            streamed(gzipped(EVERYTHING, members=3)),
            LayerRead(in_place(EVERYTHING), Compression.NONE, len(EVERYTHING)),
            streamed(layer(whiteout("d"), file("d", b"now a file"))),
            semantics=semantics,
        )
        assert again(found).semantics is semantics

    @pytest.mark.parametrize("semantics", Semantics)
    def test_where_engines_disagree(self, semantics: Semantics) -> None:
        again(
            stacked(
                streamed(layer(directory("a", uid=5), file("a/x", b"1"), symlink("to", "a"))),
                streamed(layer(file("to/x", b"2"), whiteout("a"), directory("a"), file("a/y", b"3"))),
                streamed(
                    layer(directory("b", pax=[("SCHILY.xattr.trusted.overlay.redirect", "/a")]))
                ),
                semantics=semantics,
            )
        )  # fmt: skip

    def test_the_same_content_again(self) -> None:
        """Nobody can compare contents when the analysis is loaded: the answers are saved."""
        contents = {"a": b"A" * 50, "b": b"B" * 60, "d/c": b"C" * 70}
        layers = [
            layer(*(file(name, data) for name, data in contents.items()), hardlink("h", "a")),
            layer(*(file(name, data, mode=0o755) for name, data in contents.items())),
            layer(file("a", b"a" * 50), file("b", contents["b"], uid=7), hardlink("d/c", "b")),
        ]
        image = Looked(Image(layers))
        found = again(image.analysis())
        assert {each.cause.word for each in found.waste} == {"metadata", "replaced"}
        assert not any(table.hashes for table in found.filesystem.tables)

    def test_no_entries_and_no_layers(self) -> None:
        again(stacked())
        again(stacked(streamed(bytes(1024)), streamed(layer(file("", b"")))))

    @pytest.mark.parametrize("kind", HashKind)
    @pytest.mark.parametrize("origin", Origin)
    def test_whatever_the_entries_were_read_from(self, origin: Origin, kind: HashKind) -> None:
        reads = [
            replace(streamed(layer(*members)), origin=origin)
            for members in ([file("a", b"x" * 99)], [file("a", b"x" * 99, mode=0o600), opaque("d")])
        ]
        for read in reads:
            read.table.hash_kind = kind
        found = again(stacked(*reads))
        assert {each.origin for each in found.layers} == {origin.value}

    def test_a_foreign_layer(self) -> None:
        absent = LayerRead(in_place(bytes(1024)), Compression.NONE, 0)
        absent.table.notes.add("foreign-layer", "contents not in the archive: elsewhere")
        found = again(stacked(absent, streamed(layer(file("a", b"x")))))
        assert all(row.bytes is None for row in found.sizes)

    def test_more_notes_than_are_kept(self) -> None:
        again(stacked(streamed(layer(*(file(f"../{k}") for k in range(150))))))

    def test_what_is_known_of_the_image(self) -> None:
        found = stacked(
            streamed(layer(file("a", b"x"))),
            id=Digest.of(b"id"),
            digest=Digest("sha512", "ab" * 64),
            tags=("a:1", "b\udcff"),
            annotations={"z": "1", "a": "\udcfe"},
            attestation_bytes=77,
            as_pulled=True,
            notes=[Diagnostic("odd", "\ud800", None, b"\xff"), Diagnostic("of-a-layer", "m", 0)],
        )
        assert again(found).image.as_pulled

    @pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm/v7"])
    def test_platforms(self, platform: str) -> None:
        found = Looked(Image([layer(file("a", b"x"))], ["RUN a"], platform=platform)).analysis([])
        assert str(again(found).image.platform) == platform

    def test_a_configuration_as_large_as_can_be_read(self) -> None:
        rows = [{"created_by": "\u20ac" * 1000, "empty_layer": True} for _ in range(1300)]
        data = config([], rows).replace(b"\\u20ac", "\u20ac".encode())
        assert CONFIG_LIMIT - 500_000 < len(data) < CONFIG_LIMIT
        assert len(again(stacked(config=parse_config(data))).history) == len(rows)

    def test_figures_that_no_file_can_hold(self) -> None:
        found = samples.judged()
        first, *others = found.findings
        assert found.judged is not None
        huge = replace(found.judged, findings=(replace(first, bytes=1 << 70), *others))
        stream = io.BytesIO()
        with pytest.raises(LimitError, match="64 bits"):
            save(replace(found, judged=huge), stream)
        assert stream.getvalue() == b""


class TestFindings:
    def test_all_rules_and_packages(self) -> None:
        packages = [
            Deb("libc6", {"usr/lib/libc.so": 4000}, essential=True),
            Deb("curl", {"usr/bin/curl": 900, "usr/share/doc/curl/readme": 70}, "libc6 (>= 2)"),
        ]
        image = Image(
            [
                layer(file("etc/os-release", b"ID=debian\nVERSION_ID=12\n"), *system(packages[0])),
                layer(*system(*packages), file("var/lib/apt/lists/x_Packages", b"l" * 50_000)),
                layer(
                    file("app/node_modules/a/package.json", b'{"name": "a", "version": "1"}'),
                    hardlink("app/again", "app/node_modules/a/package.json"),
                    file("root/.cache/pip/http/x", b"c" * 9000),
                    whiteout("var/lib/apt/lists/x_Packages"),
                ),
            ],
            ["ADD rootfs /", "RUN apt-get update && apt-get install -y curl", "RUN npm ci"],
            settings={"Env": ["A=1"]},
        )
        found = again(Looked(image, base=1).analysis())
        assert len(found.findings) > 5
        assert [package.name for package in found.inventory.of(Ecosystem.DEB)] == ["curl", "libc6"]
        assert found.inventory.changes[-1].added[0].name == "curl"
        assert found.inventory.changes[-1].added[0] is found.inventory.packages[0].listed
        assert found.distribution.id == "debian"

    def test_packages_of_every_kind(self) -> None:
        found = packaged()
        odd = Listed(
            ecosystem=Ecosystem.RPM, name="\udcff", version="\ud800", files=(b"a", b"\0\xff"),
            directories=[b"d"], docs=(b"a",), declared=0, requires=("x", ""), recommends=("y",),
            provides=("\u202e",), dev=False, essential=True, details={"\udcfe": "\udcfd", "": ""},
        )  # fmt: skip
        package = replace(found.inventory.packages[0], listed=odd)
        packages = (*found.inventory.packages, package)
        problems = ((b"\xff", "unreadable \udcff"),)
        again(
            replace(found, inventory=replace(found.inventory, packages=packages, problems=problems))
        )

    def test_without_rules_there_are_none(self) -> None:
        found = again(samples.shop())
        assert found.judged is None
        with pytest.raises(ValueError, match="rules did not run"):
            found.what_if([])

    def test_rules_that_are_not_installed_here(self) -> None:
        """A third party's rule, with names that are no UTF-8 in what it says."""
        rule = Rule(
            id="acme-odd", title="t\udcff", topic=Topic.POSTURE, why="w", fix="f \ud800 {x}",
            also=("ACME-1",), keep="k", trade_off="slow", source="s",
        )  # fmt: skip
        draft = Draft(
            "acme-odd", title="\udcff", evidence=("\ud800", "two"), paths=[b"\xff", b"a/b"],
            values={"x": "\udcfe"}, history=0,
        )  # fmt: skip
        rules = [RuleSet((rule,), (lambda _: [draft],))]
        found = again(samples.build([[file("a", b"x")]], ["RUN \u202e"], rules=rules))
        (finding,) = found.findings
        assert finding.rule == rule
        assert finding.title == "\udcff"

    @pytest.mark.parametrize("name", ["docker", "docker25", "lean-oci", "oci-gzip", "oci-zstd"])
    def test_ready_archives(self, name: str) -> None:
        path = Path(__file__).parents[3] / "sample_images" / f"webshop-{name}.tar"
        opened = open_image(str(path), looking_inside())
        try:
            found = analyse_image(opened, looking_inside(), rules=Rules())
        finally:
            opened.close()
        assert found.findings
        again(found)


def test_the_time_is_that_of_the_first_saving(tmp_path: Path) -> None:
    path = tmp_path / "a.lls"
    path.write_bytes(saved(samples.clean()))
    found = load(str(path))
    stream = io.BytesIO()
    save(found, stream, at=AT + 99)
    assert loaded(stream.getvalue()).image.saved_at == AT
    with path.open("wb") as file:
        save(samples.clean(), file)
    now = load(str(path)).image.saved_at
    assert now is not None
    assert abs(now - time.time()) < 60


def test_what_was_read_in_part_is_not_saved() -> None:
    part = replace(samples.shop(), partial=Partial(5, (Unread(5),)))
    stream = io.BytesIO()
    with pytest.raises(UsageError, match="read whole"):
        save(part, stream)
    assert not stream.getvalue()
