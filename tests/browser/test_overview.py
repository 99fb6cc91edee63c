"""The overview: its figures are the analysis's, its bars add up, its links lead on."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.async_api import Locator, Page, expect

from layerlens.analysis.model import Analysis, LedgerRow
from layerlens.analysis.rules.fixparts import PartKind, fix_parts
from layerlens.gate.model import Verdict
from layerlens.gate.wording import title
from layerlens.outputs.display import escape, percent_of
from layerlens.outputs.html.overview import best_fixes
from layerlens.outputs.report import Report
from layerlens.outputs.verdict_words import ending
from layerlens.units import human_size
from tests.browser import axe
from tests.browser.opening import WIDTHS, Opener, too_wide
from tests.builders import file
from tests.unit.outputs import handmade, judging, samples, verdicts, wicked

PLACE = "#/overview"
LEDGER = "All bytes that ship, by class"
LAYERS = "Layers by size, lowest first"


def bar(page: Page, label: str) -> Locator:
    return page.get_by_role("group", name=label)


async def widths(shown: Locator) -> list[float]:
    """Of the pieces of a bar, as shares of the bar."""
    found: list[float] = await shown.evaluate(
        """bar => {
             const whole = bar.getBoundingClientRect().width;
             return Array.from(bar.children, (piece) => piece.getBoundingClientRect().width / whole);
           }"""
    )
    return found


async def rows(table: Locator) -> list[list[str]]:
    found: list[list[str]] = await table.evaluate(
        "table => Array.from(table.rows, (row) => Array.from(row.cells, (cell) => cell.innerText))"
    )
    return found


# ------------------------------------------------------------------------------ image, scores


async def test_tells_the_image_and_both_scores(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, PLACE)
    scores = analysis.scores
    lean = scores.live_bytes - scores.removable_bytes
    figures = page.locator(".score .figure")
    await expect(figures.nth(0)).to_contain_text(percent_of(scores.live_bytes, scores.total_bytes))
    await expect(figures.nth(0)).to_contain_text("fair")
    await expect(figures.nth(1)).to_contain_text(percent_of(lean, scores.total_bytes))
    await expect(figures.nth(1)).to_contain_text("poor")
    for label, size in (
        ("Total", scores.total_bytes),
        ("Live", scores.live_bytes),
        ("Dead", scores.dead_bytes),
        ("Removable", scores.removable_bytes),
    ):
        await expect(fact(page, label)).to_contain_text(human_size(size))
    await expect(fact(page, "User wasted")).to_have_text("20.5%")
    await expect(fact(page, "Reference")).to_have_text("judged:1")
    await expect(fact(page, "Id")).to_have_text(str(analysis.image.id))
    await expect(fact(page, "Base")).to_contain_text("layer 0, 5.0 MB (guessed:")
    await expect(page.locator(".notice")).to_have_count(0)
    await expect(page.locator(".verdict")).to_have_count(0)


def fact(page: Page, label: str) -> Locator:
    return page.locator(".facts > div", has=page.locator(f"dt:text-is('{label}')")).locator("dd")


async def test_tells_every_meter_and_attestations_beside_them(opener: Opener) -> None:
    analysis = samples.shop()
    first, *others = analysis.sizes
    analysis = replace(
        analysis,
        image=replace(analysis.image, attestation_bytes=4321),
        sizes=(replace(first, repeated_bytes=500_000, approximate=True), *others),
    )
    page = await opener.open(analysis, PLACE)
    found = await rows(page.locator("table.sizes"))
    assert [row[0] for row in found[1:]] == [row.meter for row in analysis.sizes] + ["attestations"]
    assert found[1][1] == f"≈ {human_size(first.bytes or 0)}"
    assert found[1][2].endswith(
        f"{human_size((first.bytes or 0) + 500_000)} with repeated layers each time"
    )
    assert found[-1][1] == human_size(4321)
    plain = await opener.open(samples.clean(), PLACE)
    found = await rows(plain.locator("table.sizes"))
    assert ["transfer", "not known"] in [row[:2] for row in found]


async def test_without_findings_nothing_is_said_of_them(opener: Opener) -> None:
    page = await opener.open(samples.shop(), PLACE)
    await expect(page.locator(".notice")).to_contain_text("Rules did not run")
    await expect(page.locator(".score .figure").nth(1)).to_have_text("not known")
    await expect(fact(page, "Removable")).to_have_text("not known")
    await expect(page.locator(".fixes")).to_have_count(0)


async def test_an_empty_image_is_perfect_and_has_no_bars(opener: Opener) -> None:
    page = await opener.open(samples.empty(), PLACE)
    await expect(page.locator(".score .figure").nth(0)).to_contain_text("100%")
    await expect(page.locator(".pieces")).to_have_count(0)
    await expect(page.get_by_text("The image ships no file content")).to_be_visible()
    await expect(page.get_by_text("The image has no layers.")).to_be_visible()
    nothing = await opener.open(samples.build([[file("a", b"")], []]), PLACE)
    await expect(nothing.locator(".pieces")).to_have_count(0)
    await expect(nothing.get_by_text("2 layers, without file content.")).to_be_visible()


# ------------------------------------------------------------------------------------- ledger


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["shop", "judged", "many"])
async def test_the_bar_adds_up_to_all_that_ships(opener: Opener, name: str, width: int) -> None:
    analysis: Analysis = getattr(samples, name)()
    page = await opener.open(analysis, PLACE, width=width)
    shares = await widths(bar(page, LEDGER))
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    drawn = ordered(analysis)
    total = analysis.scores.total_bytes
    assert len(shares) == len(drawn)
    box = await bar(page, LEDGER).bounding_box()
    assert box is not None
    whole = box["width"]
    for share, row in zip(shares, drawn, strict=True):
        # Each can be reached; what that takes is taken from the others.
        assert share * whole >= 3.9
        assert share == pytest.approx(row.bytes / total, abs=4.5 * len(drawn) / whole)


def ordered(analysis: Analysis) -> list[LedgerRow]:
    kinds = ("kept", "dead", "removable")
    found = [row for row in analysis.ledger if row.bytes]
    return sorted(found, key=lambda row: (kinds.index(row.kind), -row.bytes))


async def test_the_table_is_the_ledger_and_its_foot_the_total(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, PLACE)
    head, *found, foot = await rows(page.locator("table.ledger"))
    assert head == ["Class", "Bytes", "Share", "Transfer ≈", "Base's", "Files"]
    total = analysis.scores.total_bytes
    assert [row[1:] for row in found] == [
        [
            human_size(row.bytes),
            percent_of(row.bytes, total),
            human_size(row.transfer_bytes or 0),
            human_size(row.base_bytes) if row.base_bytes else "-",
            f"{row.files:,}",
        ]
        for row in ordered(analysis)
    ]
    assert foot[:3] == ["total", human_size(total), "100%"]
    assert foot[3] == human_size(sum(row.transfer_bytes or 0 for row in analysis.ledger))
    assert foot[4] == human_size(sum(layer.size for layer in analysis.layers if layer.is_base))


async def test_a_piece_and_its_row_light_up_together(opener: Opener) -> None:
    page = await opener.open(samples.judged(), PLACE)
    piece = bar(page, LEDGER).get_by_role("link", name="deleted later")
    row = page.locator("table.ledger tr", has_text="deleted later")
    await piece.hover()
    await expect(row).to_have_class("lit")
    await expect(page.locator("table.ledger tr.lit")).to_have_count(1)
    await page.locator("h1").hover()
    await expect(row).not_to_have_class("lit")
    await row.get_by_role("link").focus()
    await expect(piece).to_have_class("piece stripes lit")


async def test_a_bar_is_one_stop_and_walked_by_arrow_keys(opener: Opener) -> None:
    page = await opener.open(samples.judged(), PLACE)
    pieces = bar(page, LEDGER).locator("a")
    await expect(bar(page, LEDGER).locator("a[tabindex='0']")).to_have_count(1)
    await pieces.nth(0).focus()
    await page.keyboard.press("ArrowLeft")
    await expect(pieces.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(pieces.nth(1)).to_be_focused()
    await page.keyboard.press("End")
    await expect(pieces.last).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator(".piece:focus")).to_have_count(0)
    await page.keyboard.press("Shift+Tab")
    await expect(pieces.last).to_be_focused()


async def test_classes_lead_to_their_files(opener: Opener) -> None:
    page = await opener.open(samples.judged(), PLACE)
    links = page.locator("table.ledger tbody a")
    found = {
        await link.inner_text(): await link.get_attribute("href") for link in await links.all()
    }
    assert found["kept"] == "#/files?of=final&size=content&colour=class&only=kept"
    assert found["deleted later"] == "#/files?of=all&size=waste&colour=class&only=deleted%20later"
    caches = "#/files?of=final&size=waste&colour=class&only=package%20caches"
    assert found["package caches"] == caches
    row = next(row for row in samples.judged().ledger if row.name == "package-caches")
    await links.filter(has_text="package caches").click()
    await expect(page.locator(".said")).to_contain_text(
        f"{human_size(row.bytes)} of package caches"
    )


async def test_the_split_is_of_base_and_yours(opener: Opener) -> None:
    analysis = samples.shop()
    page = await opener.open(analysis, PLACE)
    base = [layer for layer in analysis.layers if layer.is_base]
    size, dead = sum(each.size for each in base), sum(each.dead_bytes for each in base)
    scores = analysis.scores
    key = page.locator("section", has=page.get_by_text("Base or yours")).locator("li")
    await expect(key.nth(0)).to_contain_text(f"base {human_size(size)}")
    await expect(key.nth(0)).to_contain_text(f"{human_size(dead)} of it dead")
    await expect(key.nth(1)).to_contain_text(f"yours {human_size(scores.total_bytes - size)}")
    await expect(key.nth(1)).to_contain_text(f"{human_size(scores.dead_bytes - dead)} of it dead")
    split = await widths(bar(page, "Bytes of the base and of your layers"))
    assert sum(split) == pytest.approx(1, abs=1e-3)
    assert sum(split[:2]) == pytest.approx(size / scores.total_bytes, abs=0.02)
    alone = await opener.open(samples.clean(), PLACE)
    await expect(alone.get_by_text("Base or yours")).to_have_count(0)


# ------------------------------------------------------------------------------------- layers


async def test_layers_stand_by_size_with_what_is_dead_of_them(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, PLACE)
    pieces = bar(page, LAYERS).locator("a")
    total = analysis.scores.total_bytes
    shares = await widths(bar(page, LAYERS))
    for at, layer in enumerate(analysis.layers):
        assert shares[at] == pytest.approx(layer.size / total, abs=0.04)
        assert await pieces.nth(at).get_attribute("href") == f"#/layers?layer={at}"
    (dead,) = await pieces.nth(1).locator(".dead").all()
    part: float = await dead.evaluate(
        "dead => dead.getBoundingClientRect().width / dead.parentElement.clientWidth"
    )
    layer = analysis.layers[1]
    assert part == pytest.approx(layer.dead_bytes / layer.size, abs=0.01)
    await expect(page.locator(".readout")).to_contain_text("layer 1")
    await pieces.nth(2).focus()
    await expect(page.locator(".readout")).to_contain_text("COPY app /app")


@pytest.mark.parametrize("width", [360, 1280])
async def test_many_small_layers_are_drawn_together(opener: Opener, width: int) -> None:
    analysis = samples.many()
    page = await opener.open(analysis, PLACE, width=width)
    shares = await widths(bar(page, LAYERS))
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert 2 < len(shares) <= 40
    assert max(shares) == pytest.approx(
        analysis.layers[60].size / analysis.scores.total_bytes, abs=0.25
    )
    names = [
        await piece.get_attribute("aria-label")
        for piece in await bar(page, LAYERS).locator("a").all()
    ]
    assert any(name and "small layers" in name for name in names)
    assert any(name and name.startswith("layer 60:") for name in names)


# -------------------------------------------------------------------------------------- fixes


async def test_the_lead_tells_waste_and_what_to_mend_first(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, PLACE)
    lead = page.locator(".lead")
    scores, best = analysis.scores, best_fixes(analysis)
    waste = scores.dead_bytes + scores.removable_bytes
    share = percent_of(waste, scores.total_bytes)
    await expect(lead).to_contain_text(f"{human_size(scores.total_bytes)} in ")
    await expect(lead).to_contain_text(f"{human_size(waste)} ({share}) of it waste")
    first = analysis.findings[best[0]]
    await expect(lead).to_contain_text(
        f"Mend first: {escape(first.title)}, which saves {human_size(first.bytes)}"
    )
    await lead.get_by_role("button").click()
    await expect(page.locator(".fixes h2")).to_be_focused()
    await expect(page.locator(".fixes h2")).to_be_in_viewport()


async def test_the_best_fixes_are_told_with_what_they_save(opener: Opener) -> None:
    analysis = samples.lined()
    page = await opener.open(Report(analysis, dockerfile="web/Dockerfile"), PLACE)
    fixes = page.locator("li.fix")
    best = best_fixes(analysis)
    await expect(fixes).to_have_count(len(best))
    for at, index in enumerate(best):
        finding, shown = analysis.findings[index], fixes.nth(at)
        await expect(shown.locator("h3")).to_have_text(escape(finding.title))
        link = shown.locator("h3 a")
        assert await link.get_attribute("href") == f"#/findings?at={index}"
        await expect(shown.locator(".severity")).to_have_text(finding.severity.word)
        await expect(shown.locator(".saves")).to_have_text(
            f"saves {human_size(finding.bytes)}"
            f", ≈ {human_size(finding.transfer_bytes or 0)} of transfer"
        )
        await expect(shown.locator(".place")).to_contain_text(f"web/Dockerfile line {finding.line}")
        await expect(shown.locator(".place")).to_contain_text(finding.instruction)
        pieces = [part.text for part in fix_parts(finding.fix) if part.kind is not PartKind.PROSE]
        await expect(shown.locator("pre")).to_have_text(pieces)
    what = analysis.what_if(analysis.advised)
    await expect(page.locator(".outlook")).to_contain_text(f"{human_size(what.saved_bytes)} less")
    await expect(page.locator(".outlook")).to_contain_text(f"{human_size(what.total_bytes)} left")
    await page.locator(".outlook a").click()
    await expect(page.locator(".what-if-saves data")).to_have_attribute(
        "value", str(what.saved_bytes)
    )


@pytest.mark.parametrize(("own", "more"), [(40, False), (4, True)])
async def test_what_the_base_brought_is_told_after_what_is_the_readers_own(
    opener: Opener, own: int, more: bool
) -> None:
    analysis = samples.judged()
    assert analysis.judged is not None
    found = analysis.findings[best_fixes(analysis)[0]]
    findings = (
        replace(found, bytes=9_000_000, is_base=True, layer=0, title="of the base"),
        replace(found, bytes=own * 1_000_000, is_base=False, layer=1, title="one's own"),
    )
    page = await opener.open(
        replace(analysis, judged=replace(analysis.judged, findings=findings)), PLACE
    )
    with_more = "; with another base: of the base, which saves 9.0 MB in the base's layer 0"
    await expect(page.locator(".lead")).to_contain_text(
        f"Mend first: one's own, which saves {own}.0 MB in layer 1{with_more if more else ''}. The"
    )
    await expect(page.locator("li.fix h3")).to_have_text(["one's own", "of the base"])
    # The numbers go on behind what parts the two.
    parted = page.locator(".fixes > ol + p + ol")
    await expect(parted).to_have_attribute("start", "2")
    await expect(parted.locator("h3")).to_have_text("of the base")


async def test_a_fix_is_copied_exactly(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, PLACE, permissions=["clipboard-read", "clipboard-write"])
    button = page.locator("li.fix button").first
    await button.click()
    await expect(button).to_have_text("Copied")
    said = page.locator("li.fix").first.get_by_role("status")
    await expect(said).to_have_text(re.compile("^Copied the fix: "))
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == analysis.findings[best_fixes(analysis)[0]].fix


async def test_an_image_without_advice_says_so(opener: Opener) -> None:
    nothing = samples.build([[file("a", b"12")]], ["COPY a /"], rules=[])
    page = await opener.open(nothing, PLACE)
    await expect(page.locator(".fixes")).to_contain_text("Nothing to mend.")
    await expect(page.locator("li.fix")).to_have_count(0)


# ------------------------------------------------------------------------------------ verdict

REPORTS = {
    **{name: Report(samples.judged(), each) for name, each in verdicts.BY_NAME.items() if each},
    "failing gate": judging.failing(),
    "passing gate": judging.passing(),
    "hostile gate": judging.hostile(),
    "handmade failing": Report(samples.lined(), handmade.failing()),
    "handmade passing": Report(samples.clean(), handmade.passing()),
    "handmade hostile": Report(samples.hostile(), handmade.hostile()),
    "wicked": Report(wicked.wicked(), verdicts.wicked(wicked.TEXT)),
}


@pytest.mark.parametrize("name", REPORTS)
async def test_a_verdict_is_told_whole(opener: Opener, name: str) -> None:
    report = REPORTS[name]
    verdict = report.verdict
    assert verdict is not None
    page = await opener.open(report, PLACE)
    word = verdict.outcome.value
    shown = page.locator(".verdict")
    await expect(shown.locator(".outcome")).to_contain_text(
        word if word == "pass" else word.upper()
    )
    await expect(shown).to_contain_text(ending(verdict))
    judged = page.get_by_role("region", name="Gates")
    if verdict.rulings:
        _, *found = await rows(judged.locator("table"))
        assert len(found) == len(verdict.rulings)
        titles = {title(ruling.demand) for ruling in verdict.rulings}
        assert {each for each in titles if escape(each) == each} <= {row[1] for row in found}
        outcomes = [row[0].split()[-1].lower() for row in found]
        order = ["fail", "warn", "pass", "skip"]
        assert outcomes == sorted(
            (ruling.outcome.value for ruling in verdict.rulings), key=order.index
        )
    else:
        await expect(judged).to_have_count(0)
    dive = page.get_by_role("region", name="Dive's rules")
    await expect(dive.locator("tbody tr")).to_have_count(
        0 if verdict.dive is None else len(verdict.dive.rulings)
    )
    remarks = page.locator(".judged h3:text-is('Notes') + ul li")
    await expect(remarks).to_have_count(len(verdict.notes) + (verdict.baseline is not None))
    for note in verdict.notes:
        if escape(note) == note:
            await expect(remarks.filter(has_text=note)).to_have_count(1)


async def test_a_gate_tells_figure_limit_origin_and_offenders(opener: Opener) -> None:
    page = await opener.open(judging.failing(), PLACE)
    found = await rows(page.get_by_role("region", name="Gates").locator("table"))
    by_title = {row[1]: row for row in found}
    assert by_title["efficiency"][2:5] == ["81.1%", "≥ 90%", "default"]
    assert by_title["layers"][2:4] == ["4 (was 4)", "≤ 4 (+0)"]
    assert by_title["layers"][5] == ""
    offences = page.locator(".offences")
    await expect(offences.locator("dt").first).to_have_text("efficiency")
    await expect(offences.locator("dd").first).to_contain_text("files that a later layer deletes")
    assert await offences.locator("dd a").first.get_attribute("href") == "#/layers?layer=1"


async def test_the_banner_leads_to_what_was_judged(opener: Opener) -> None:
    page = await opener.open(judging.failing(), PLACE)
    await page.get_by_role("button", name="What was judged").click()
    heading = page.get_by_role("heading", name="What the gate judged")
    await expect(heading).to_be_focused()
    await expect(heading).to_be_in_viewport()
    nothing = await opener.open(Report(samples.judged(), Verdict()), PLACE)
    await expect(nothing.locator(".verdict")).to_contain_text("nothing was demanded")
    await expect(nothing.get_by_role("button", name="What was judged")).to_have_count(0)


# ------------------------------------------------------------------------------ shape, access


@pytest.mark.parametrize("name", ["failing gate", "wicked"])
async def test_it_is_never_wider_than_the_window(opener: Opener, name: str) -> None:
    page = await opener.open(REPORTS[name], PLACE)
    assert await too_wide(page, [360, 3840]) == []


async def test_it_is_accessible(opener: Opener) -> None:
    page = await opener.open(judging.failing(), PLACE)
    assert await axe.violations(page) == []


async def test_very_large_text_does_not_widen_the_page(opener: Opener) -> None:
    page = await opener.open(samples.judged(), PLACE, width=360, locale="en-US")
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    await expect(page.locator("body")).to_have_css("font-size", "32px")
    assert await too_wide(page, [360]) == []


async def test_on_paper_the_key_of_the_bar_is_whole(opener: Opener) -> None:
    page = await opener.open(samples.judged(), PLACE, width=700)
    await page.emulate_media(media="print")
    lefts = await page.locator(".ledger .swatch").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect().left)"
    )
    assert lefts
    assert min(lefts) >= 0


async def test_the_second_column_keeps_its_distance_below_the_first(opener: Opener) -> None:
    page = await opener.open(samples.judged(), PLACE, width=700)
    above = await page.locator(".side-by-side > div").first.bounding_box()
    heading = await page.get_by_role("heading", name="The image").bounding_box()
    assert above is not None
    assert heading is not None
    assert heading["y"] - (above["y"] + above["height"]) > 16
