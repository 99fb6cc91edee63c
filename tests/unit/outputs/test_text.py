"""The text summary: what it says, that it fits, and that nothing in it is obeyed."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from layerlens.analysis.blaming import blame, wording
from layerlens.analysis.model import Analysis, Waste
from layerlens.filesystem.changes import Cause
from layerlens.image.digest import Digest
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.layout import Look, gauge, shares
from layerlens.outputs.text import write_text
from tests.builders import file, whiteout
from tests.unit.outputs import samples

Make = Callable[[], Analysis]
ALL = [samples.shop, samples.clean, samples.empty, samples.hostile, samples.many]
ANSI = re.compile("\x1b\\[[0-9;]*m")


def page(analysis: Analysis, width: int = 80, *, colour: bool = False, unicode: bool = True) -> str:
    stream = io.StringIO()
    write_text(analysis, stream, width=width, colour=colour, unicode=unicode)
    return stream.getvalue()


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("width", [40, 57, 80, 140, 300])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_terminal(make: Make, width: int, unicode: bool) -> None:
    for line in page(make(), width, unicode=unicode).split("\n"):
        assert cell_len(line) <= width
        assert line == line.rstrip()


@pytest.mark.parametrize("make", ALL)
def test_nothing_from_an_image_is_obeyed(make: Make) -> None:
    text = page(make(), colour=True)
    assert "\x1b[" in text
    plain = ANSI.sub("", text)
    assert all(char == "\n" or char.isprintable() for char in plain)
    # Colours and the signs they replace aside it is the same page: no name brought a style.
    signs = re.compile("[▓▒░▚▞▖▘]")
    assert signs.sub("█", plain) == signs.sub("█", page(make()))


@pytest.mark.parametrize("make", ALL)
def test_ascii_is_ascii(make: Make) -> None:
    assert page(make(), unicode=False).isascii()


@pytest.mark.parametrize(
    ("encoding", "plain"), [("ascii", True), ("latin-1", True), ("utf-8", False), ("UTF-16", False)]
)
def test_a_stream_gets_what_it_can_encode(encoding: str, plain: bool) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    write_text(samples.hostile(), stream, width=80, colour=False)
    stream.flush()
    assert raw.getvalue().decode(encoding) == page(samples.hostile(), unicode=not plain)


def test_without_colour_there_are_no_sequences() -> None:
    assert "\x1b" not in page(samples.hostile())


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, coloured = page(samples.shop()), page(samples.shop(), colour=True)
    for name, value in {
        "NO_COLOR": "1", "FORCE_COLOR": "1", "COLUMNS": "33", "TERM": "dumb", "LANG": "C",
        "COLORTERM": "truecolor", "TTY_COMPATIBLE": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert page(samples.shop()) == plain
    assert page(samples.shop(), colour=True) == coloured


def test_how_bytes_came_and_went_is_said_for_each_cause() -> None:
    text = page(samples.shop(), 160)
    for story in (
        "added in layer 1, deleted in layer 3 · blame 1: RUN apt-get update",
        (
            "added in layer 2, rewritten unchanged (chmod, chown or touch) in layer 4"
            " · blame 4: RUN chmod -R $MODE /app"
        ),
        "added in layer 2, hidden with its whole directory in layer 5 · blame 2: COPY",
        "added in layer 0, replaced by new content in layer 1 · blame 1: RUN apt-get",
        "written more than once in layer 2 · blame 2: COPY",
        "added in layer 2, replaced by something other than a file in layer 5 · blame 5: RUN",
        "content of a whiteout entry in layer 5 · blame 5: RUN",
    ):
        assert story in text
    assert {row.cause for row in samples.shop().waste} == set(Cause)


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_words(cause: Cause) -> None:
    assert "layer 3" in wording(Waste(b"x", cause, 1, 3, 3))


def test_a_base_is_not_to_blame_for_what_you_delete() -> None:
    layers = samples.shop().layers
    assert blame(Waste(b"x", Cause.DELETED, 1, 0, 3), layers) == 3
    assert blame(Waste(b"x", Cause.DELETED, 1, 1, 3), layers) == 1
    assert blame(Waste(b"x", Cause.METADATA, 1, 1, 3), layers) == 3


def test_nothing_wasted_is_said_kindly() -> None:
    text = page(samples.clean())
    assert "nothing wasted\n" in text
    assert "Nothing wasted: every byte that ships is in the container." in text
    assert "Worst paths" not in text


def test_an_image_without_layers() -> None:
    text = page(samples.empty())
    assert "The image has no layers." in text
    assert "The image ships no file content: nothing wasted." in text
    assert "user wasted not a number" in text


def test_almost_all_is_not_a_hundred_percent() -> None:
    nearly = samples.build([[file("a", b"a" * 1_000_000), file("b", b"b")], [whiteout("b")]])
    lines = [line for line in page(nearly).splitlines() if line.startswith("efficiency")]
    assert "99.9%" in lines[0]
    assert "100%" not in lines[0]
    assert lines[0].endswith("░")


def test_many_layers_are_folded_and_still_add_up() -> None:
    text = page(samples.many())
    rows = text[text.index("\nLayers") : text.index("\nWorst")].strip().splitlines()[2:]
    assert len(rows) < 60
    covered = 0
    for row in rows:
        first, _, last = row.split()[0].partition("-")
        assert int(first) == covered
        covered = int(last or first) + 1
    assert covered == 127
    assert any("60  yours" in row for row in rows)
    assert "60 smaller layers together" in text


def test_a_path_lost_many_times_is_shown_once() -> None:
    text = page(samples.many())
    assert text.count("/app/counter") == 1
    assert "and 124 more times" in text


def test_only_the_worst_paths() -> None:
    layers = [
        [file(f"f{k}", b"x" * (k + 1)) for k in range(30)],
        [whiteout(f"f{k}") for k in range(30)],
    ]
    text = page(samples.build(layers))
    assert "30 paths with dead bytes, the 10 worst" in text
    assert re.findall(r"^ *\d+ B  /(\w+)$", text, re.MULTILINE) == [
        f"f{k}" for k in range(29, 19, -1)
    ]


def test_diagnostics_are_counted_beyond_the_first() -> None:
    notes = [Diagnostic(f"code-{k}", "odd") for k in range(9)]
    text = page(samples.build([], notes=notes))
    assert "first 5 of 9; --json has them all" in text
    assert "code-4" in text
    assert "code-5" not in text


def test_long_names_keep_their_ends() -> None:
    name = "start/" + "x" * 500 + "/end.txt"
    text = page(samples.build([[file(name, b"1")], [whiteout(name)]]))
    assert re.search(r"^1 B  /start/x+…x+/end\.txt$", text, re.MULTILINE)


def test_transfer_sizes_where_layers_are_compressed() -> None:
    assert "\ntransfer  272.6 kB  stored blobs" in page(samples.shop())
    assert "\ntransfer       ?  all layers lie uncompressed here" in page(samples.clean())
    assert re.search(r"class +bytes +share +base +yours +transfer +files", page(samples.shop()))
    assert "transfer" not in page(samples.clean()).partition("Where")[2]


def test_dives_figures_may_be_below_zero() -> None:
    shop = samples.shop()
    for value, shown in ((-0.0455, "-4.5%"), (float("-inf"), "infinite")):
        figures = dataclasses.replace(shop.dive, efficiency=value)
        assert f"efficiency {shown} · wasted" in page(dataclasses.replace(shop, dive=figures))


def test_infinite_and_missing_figures_of_dive() -> None:
    shop = samples.shop()
    figures = dataclasses.replace(
        shop.dive, efficiency=float("nan"), user_wasted_percent=float("inf")
    )
    text = page(dataclasses.replace(shop, dive=figures), 120)
    assert "efficiency not a number · wasted 604.0 kB · user wasted infinite" in text


def test_facts_that_are_not_known_are_left_out() -> None:
    shop = samples.shop()
    bare = dataclasses.replace(shop.image, id=None, platform=None, created=None)
    text = page(dataclasses.replace(shop, image=bare))
    for label in ("id", "digest", "platform", "created", "besides"):
        assert not re.search(f"^{label} ", text, re.MULTILINE)
    digest = dataclasses.replace(shop.image, digest=Digest.of(b"manifest"))
    text = page(dataclasses.replace(shop, image=digest))
    assert f"\ndigest   {Digest.of(b'manifest')}\n" in text


def test_attestations_are_told_and_not_counted() -> None:
    shop = samples.shop()
    image = dataclasses.replace(shop.image, attestation_bytes=12_345)
    text = page(dataclasses.replace(shop, image=image))
    assert "\nbesides  attestations 12.3 kB, not counted\n" in text
    assert "\nsize     788.4 kB in 6 layers" in text


def test_repeated_layers_are_told_where_they_show() -> None:
    shop = samples.shop()
    first, *rest = shop.sizes
    more = dataclasses.replace(first, repeated_bytes=100_000)
    less = dataclasses.replace(first, repeated_bytes=10)
    assert "pull moves; 372.6 kB with repeated layers each time" in page(
        dataclasses.replace(shop, sizes=(more, *rest)), 120
    )
    assert "repeated" not in page(dataclasses.replace(shop, sizes=(less, *rest)))


@pytest.mark.parametrize(("unicode", "sign"), [(True, "≈"), (False, "~")])
def test_an_estimated_size_has_a_sign(unicode: bool, sign: str) -> None:
    shop = samples.shop()
    first, tar, *rest = shop.sizes
    sizes = (first, dataclasses.replace(tar, approximate=True), *rest)
    text = page(dataclasses.replace(shop, sizes=sizes), unicode=unicode)
    assert re.search(f"^tar +{sign}817.7 kB  layers", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("origins", "told"),
    [
        ({}, None),
        ({1: "tar-split"}, None),
        ({2: "estargz-toc"}, "layer 2 listed by its own table of contents (eStargz)"),
        (
            dict.fromkeys((0, 2, 3, 4), "zstd-chunked-toc"),
            "layers 0, 2 to 4 listed by their own table of contents (zstd:chunked)",
        ),
    ],
)
def test_layers_that_were_not_downloaded(origins: dict[int, str], told: str | None) -> None:
    shop = samples.shop()
    layers = tuple(
        dataclasses.replace(layer, origin=origins.get(layer.index, "tar")) for layer in shop.layers
    )
    text = page(dataclasses.replace(shop, layers=layers), 120)
    assert "not downloaded" not in text if told is None else f"\n{told}, not downloaded\n" in text


def test_removable_bytes_have_a_row_and_a_share_of_the_bar() -> None:
    clean = samples.clean()
    kept = clean.ledger[0]
    ledger = (
        dataclasses.replace(kept, bytes=kept.bytes - 500_000),
        dataclasses.replace(kept, kind="removable", name="pip-cache", bytes=500_000, files=1),
        dataclasses.replace(kept, kind="removable", name="nothing", bytes=0, files=0),
    )
    scores = dataclasses.replace(clean.scores, removable_bytes=500_000, lean_score=0.75)
    text = page(dataclasses.replace(clean, ledger=ledger, scores=scores))
    assert re.search(r"^lean score +75\.0%", text, re.MULTILINE)
    assert re.search(r"^▗ +pip-cache +500\.0 kB +24\.9%", text, re.MULTILINE)
    assert "▗" * 20 in text
    assert "▗" * 21 not in text
    assert "nothing  " not in text


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=9), st.integers(40, 200))
def test_bars_add_up(parts: list[int], cells: int) -> None:
    given_cells = shares(parts, cells)
    assert sum(given_cells) == (cells if sum(parts) else 0)
    for part, count in zip(parts, given_cells, strict=True):
        assert (count > 0) == (part > 0)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 80))
def test_a_gauge_is_full_only_for_all(part: int, whole: int, cells: int) -> None:
    part = min(part, whole)
    full, empty = gauge(Look(80, unicode=True, colour=False), part, whole, cells, "")
    assert len(full.text) + len(empty.text) == cells
    assert (not empty.text) == (part == whole)


WILD = st.text(st.characters(codec="utf-8"), max_size=120)


@given(WILD, st.integers(0, 60), st.booleans(), st.booleans())
def test_text_is_made_to_fit(text: str, width: int, middle: bool, unicode: bool) -> None:
    look = Look(80, unicode=unicode, colour=False)
    assert cell_len(look.fit(look.shown(text), width, middle=middle)) <= width


@given(WILD, st.integers(5, 60), st.integers(1, 4))
def test_wrapped_text_fits(text: str, width: int, most: int) -> None:
    look = Look(80, unicode=True, colour=False)
    lines = look.wrap(look.shown(text), width, most)
    assert 1 <= len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)
