"""Debug sections, symbol tables, Go and Rust programs."""

from __future__ import annotations

from collections.abc import Sequence

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules.catalogue import binaries
from layerlens.analysis.rules.model import Confidence, Severity
from tests.builders import Image, Member, file, hardlink, layer, whiteout
from tests.elves import Program, Section, debug, go_data, symbols
from tests.judging import Looked
from tests.owning import owned_by

C_PROGRAM = Program(sections=(*debug(), *symbols(5, 150_000))).written()
GO_PROGRAM = Program(data=go_data(), sections=(*debug(), *symbols(5))).written()
RUST_PROGRAM = Program(
    sections=(Section(".comment", b"rustc version 1.80.0\0"), *debug(), *symbols(6))
).written()


def looked(*layers: Sequence[Member], base: int = 0) -> Looked:
    tars = [layer(*members) for members in layers]
    return Looked(Image(tars, [f"RUN step {k}" for k in range(len(tars))]), base)


def test_debug_sections_are_parts_of_files_and_blamed_on_their_layer() -> None:
    image = looked(
        [file("usr/bin/old", C_PROGRAM)],
        [file("app/tool", C_PROGRAM), file("app/lib.so.1", C_PROGRAM), whiteout("usr/bin/old")],
    )
    findings = image.findings([binaries.RULE_SET])
    (found,) = findings["debug-sections"]
    assert (found.title, found.bytes, found.claimed, found.layer) == (
        "debug sections in 2 files", 6000, 6000, 1,
    )  # fmt: skip
    assert found.paths == (b"app/lib.so.1", b"app/tool")
    (names,) = findings["symbol-tables"]
    assert (names.bytes, names.claimed, names.severity) == (300_000, 0, Severity.INFO)


def test_a_program_with_several_names_counts_once() -> None:
    image = looked([file("a", C_PROGRAM), hardlink("b", "a")])
    (found,) = image.findings([binaries.RULE_SET])["debug-sections"]
    assert (found.bytes, found.path_count) == (3000, 1)
    gone = looked([file("x/a", C_PROGRAM), hardlink("x/b", "x/a")], [whiteout("x/a")])
    (found,) = gone.findings([binaries.RULE_SET])["debug-sections"]
    assert (found.bytes, found.paths) == (3000, (b"x/b",))


def test_files_of_debug_information_go_whole() -> None:
    image = looked(
        [file("usr/lib/debug/.build-id/ab.debug", C_PROGRAM), file("app/x.debug", C_PROGRAM)]
    )
    found = image.findings([binaries.RULE_SET])
    assert sorted(each.bytes for each in found["debug-sections"]) == [len(C_PROGRAM)] * 2


def test_what_packages_own_is_info_at_most() -> None:
    image = looked([file("usr/bin/tool", C_PROGRAM), file("usr/lib/debug/x", C_PROGRAM)])
    owned_by(image, Ecosystem.DEB, b"usr/bin/tool", b"usr/lib/debug/x")
    (draft,) = image.drafts(binaries.check_debug)
    assert (draft.most, draft.confidence) == (Severity.INFO, Confidence.HINT)
    assert [image.context.path(v) for v in draft.versions] == [b"usr/lib/debug/x"]
    assert image.drafts(binaries.check_symbols) == []

    wheel = looked([file("site-packages/x/y.so", C_PROGRAM)])
    owned_by(wheel, Ecosystem.PYPI, b"site-packages/x/y.so")
    (draft,) = wheel.drafts(binaries.check_debug)
    assert (draft.most, draft.confidence) == (Severity.INFO, Confidence.HINT)


def test_go_and_rust_have_rules_of_their_own() -> None:
    image = looked([file("app/clock", GO_PROGRAM), file("app/crab", RUST_PROGRAM)])
    found = image.findings([binaries.RULE_SET])
    assert sorted(found) == ["unstripped-go", "unstripped-rust"]
    assert [each.bytes for rows in found.values() for each in rows] == [5000, 5000]
    assert [each.claimed for rows in found.values() for each in rows] == [5000, 5000]
    assert found["unstripped-go"][0].title == "1 Go program with symbols and debug information"


def test_a_program_that_says_its_own_package_is_yours() -> None:
    image = looked([file("app/clock", GO_PROGRAM)])
    assert image.context.inventory.of(Ecosystem.GOLANG)
    assert len(image.drafts(binaries.check_go)) == 1
    owned_by(image, Ecosystem.DEB, b"app/clock")
    assert image.drafts(binaries.check_go) == []


def test_toolchains_and_stripped_programs_are_left_alone() -> None:
    stripped = Program(data=go_data()).written()
    image = looked(
        [file("usr/local/go/bin/go", GO_PROGRAM), file("usr/lib/go-1.19/x", C_PROGRAM),
         file("root/.cargo/bin/tool", RUST_PROGRAM), file("app/clock", stripped)]
    )  # fmt: skip
    assert image.findings([binaries.RULE_SET]) == {}


def test_object_files_need_their_symbols() -> None:
    data = Program(kind=1, sections=symbols(1, 150_000)).written()
    assert looked([file("app/x.o", data)]).findings([binaries.RULE_SET]) == {}


def test_what_was_copied_is_stripped_before_it_is_copied() -> None:
    tar = layer(file("app/tool", C_PROGRAM))
    for step, stage in (("COPY tool /app/tool # buildkit", True), ("RUN make", False)):
        found = Looked(Image([tar], [step]), 0).findings([binaries.RULE_SET])
        for rule in ("debug-sections", "symbol-tables"):
            (one,) = found[rule]
            assert one.fix.startswith("Strip where the files come from") is stage
            assert "/app/tool" in one.fix
