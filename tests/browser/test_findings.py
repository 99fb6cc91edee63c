"""The findings of the report: rows, order, filters, what-if, links, keys."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from playwright.async_api import Page, expect

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.fixparts import PartKind, fix_parts
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Severity, Topic
from layerlens.image.model import BaseBoundary
from layerlens.outputs.findings import finding_fields
from layerlens.outputs.html.image import image_data
from layerlens.outputs.report import Report
from layerlens.units import human_size
from tests.browser import axe
from tests.browser.opening import Opener, becomes, too_wide
from tests.builders import file, hardlink, whiteout
from tests.unit.outputs import samples, verdicts, wicked


def _rule(name: str, topic: Topic = Topic.CONTENT, **more: Any) -> Rule:
    return Rule(id=name, title=name, topic=topic, why=f"why {name}", fix="rm {paths}", **more)


RULES = (
    _rule("one", ledger_class=LedgerClass.OTHER, also=("X1",)),
    _rule("two", ledger_class=LedgerClass.PACKAGE_CACHES),
    _rule("dead", Topic.STRUCTURE),
    _rule("instead", Topic.BASE, alternative=True),
    _rule("strip", ledger_class=LedgerClass.DEBUG_INFORMATION),
    _rule("strip-more", trade_off="no stack traces"),
    _rule("root", Topic.POSTURE, severity=Severity.CRITICAL),
)
NAMES = [b"linked/a", b"linked/b", b"linked/c"]


def _check(context: Context) -> Iterable[Draft]:
    def versions(*paths: bytes) -> list[int]:
        return [v for path in paths if (v := context.files.find(path)) is not None]

    (program,) = versions(b"program")
    parts = {program: {"debug": 300_000}}
    more = {program: {"debug": 350_000, "symbols": 900_001}}
    yield Draft("one", versions(NAMES[0], NAMES[1], b"shared"), evidence=("seen here",))
    yield Draft("two", versions(NAMES[2], b"shared", b"mine"))
    yield Draft("dead", list(context.fs.deaths.inode), layer=0)
    yield Draft("instead", [*versions(b"program", b"shared"), *context.fs.deaths.inode])
    yield Draft("strip", parts=parts)
    yield Draft("strip-more", parts=more)
    yield Draft("root", history=2)


@cache
def overlapping() -> Analysis:
    """Findings that speak of the same files, names and parts."""
    return samples.build(
        [
            [file("gone", b"g" * 2_000_000), file("linked/a", b"l" * 700_000)],
            [
                hardlink("linked/b", "linked/a"),
                hardlink("linked/c", "linked/a"),
                file("shared", b"s" * 1_500_000),
                file("program", b"p" * 1_100_000),
                file("mine", b"m" * 10),
                *(file(f"kept/{k}", b"k") for k in range(3)),
            ],
            [whiteout("gone")],
        ],
        ["COPY base /", "COPY app /", "RUN rm /gone"],
        base=BaseBoundary("exact", 1, "the test"),
        compressed=True,
        rules=[RuleSet(RULES, (_check,))],
    )


@cache
def numerous() -> Analysis:
    """More findings than are laid out at once."""
    rule = _rule("each")

    def check(context: Context) -> Iterable[Draft]:
        for version in sorted(context.fs.live.values()):
            if context.fs.size(version):
                yield Draft("each", [version], title=f"finding of {version}")

    files = [file(f"f/{k}", b"x" * (1000 + k)) for k in range(230)]
    return samples.build([files], ["COPY f /f"], rules=[RuleSet((rule,), (check,))])


def rows_of(page: Page) -> Any:
    return page.locator(".finding")


async def shown_rows(page: Page) -> list[int]:
    """The indices of the findings that are laid out, in their order."""
    found: list[int] = await page.evaluate(
        "Array.from(document.querySelectorAll('.finding'), (each) => +each.dataset.finding)"
    )
    return found


def by_group(analysis: Analysis, key: Any, risks: Any = None) -> list[int]:
    """The order that is expected: by group, then by a key."""
    groups: list[list[tuple[Any, int]]] = [[], [], []]
    for k, finding in enumerate(analysis.findings):
        rule = finding.rule
        security = rule.topic in (Topic.SECRETS, Topic.POSTURE)
        if rule.alternative or rule.trade_off or finding.confidence.value == "hint":
            groups[2].append((key(finding), k))
        elif finding.bytes and not security:
            groups[0].append((key(finding), k))
        else:
            groups[1].append(((risks or key)(finding), k))
    return [k for group in groups for _, k in sorted(group)]


def saving(finding: Any) -> Any:
    return -finding.bytes, -finding.severity


def severity(finding: Any) -> Any:
    return -finding.severity, -finding.bytes


async def test_rows_are_the_documents_findings(opener: Opener) -> None:
    analysis = samples.lined()
    page = await opener.open(Report(analysis, dockerfile="build/Dockerfile"), "#/findings")
    await page.get_by_role("button", name="Open all").click()
    for k, finding in enumerate(analysis.findings):
        row = page.locator(f'[data-finding="{k}"]')
        fields = finding_fields(finding)
        await expect(row.locator(".severity")).to_have_text(fields["severity"])
        await expect(row.get_by_role("heading", level=3)).to_have_text(
            fields["title"].replace("\x1b", "\\x1b")
        )
        if finding.bytes:
            value = row.locator(".finding-saving data")
            await expect(value).to_have_attribute("value", str(finding.bytes))
            await expect(value).to_have_text(human_size(finding.bytes))
        text = await row.locator(".finding-body").inner_text()
        for part in (finding.rule.id, finding.rule.why, finding.confidence.value,
                     finding.rule.trade_off, *finding.evidence, *finding.overlaps):  # fmt: skip
            assert part in text
        if finding.transfer_bytes:
            assert f"≈ {human_size(finding.transfer_bytes)} to transfer" in text
        if finding.line:
            assert f"build/Dockerfile, line {finding.line}" in text
    assert sorted(await shown_rows(page)) == list(range(len(analysis.findings)))


ORDERS: dict[str, tuple[Any, Any]] = {
    "layer": (lambda f: (99 if f.layer is None else f.layer, -f.bytes), None),
    "saving": (saving, severity),
    "severity": (severity, None),
    "rule": (lambda f: (f.rule.id, -f.bytes), None),
}


@pytest.mark.parametrize("make", [samples.judged, overlapping])
async def test_rows_are_ordered(opener: Opener, make: Any) -> None:
    page = await opener.open(make(), "#/findings")
    for order, (key, risks) in ORDERS.items():
        await page.get_by_label("Order").select_option(order)
        await becomes(lambda: shown_rows(page), by_group(make(), key, risks))


async def test_filters_leave_what_matches(opener: Opener) -> None:
    analysis = overlapping()
    page = await opener.open(analysis, "#/findings")
    count = len(analysis.findings)

    async def check(expected: Sequence[int]) -> None:
        of = "" if len(expected) == count else f"{len(expected)} of "
        said = f"{of}{count} findings"
        await expect(page.locator(".finding-count")).to_have_text(said)
        await expect(rows_of(page)).to_have_count(len(expected))
        assert sorted(await shown_rows(page)) == sorted(expected)

    every = list(enumerate(analysis.findings))
    await check([k for k, _ in every])
    for label, value, has in (
        ("Severity", "high", lambda f: f.severity >= Severity.HIGH),
        ("Severity", "critical", lambda f: f.severity == Severity.CRITICAL),
        ("Topic", "structure", lambda f: f.rule.topic is Topic.STRUCTURE),
        ("Layer", "1", lambda f: f.layer == 1),
        ("From", "base", lambda f: f.is_base),
        ("From", "yours", lambda f: not f.is_base),
    ):
        await page.get_by_label(label, exact=True).select_option(value)
        await check([k for k, each in every if has(each)])
        await page.get_by_label(label, exact=True).select_option("")
    await page.get_by_label("Hide hints and alternatives").check()
    await check([k for k, f in every if not (f.rule.alternative or f.rule.trade_off)])
    await page.get_by_label("Hide hints and alternatives").uncheck()
    search = page.get_by_role("searchbox")
    for word in ("SHARED", "x1", "seen here", "copy app", "no such thing"):
        await search.fill(word)
        await check([k for k, f in every if word.lower() in searched(f)])


async def test_the_number_of_a_severity_leaves_these_alone(opener: Opener) -> None:
    analysis = overlapping()
    page = await opener.open(analysis, "#/findings?tick=1")
    counts = page.get_by_role("group", name="Only one severity")
    every = await shown_rows(page)
    said = [each.severity.name.lower() for each in analysis.findings]
    for word in dict.fromkeys(said):
        only = [k for k, each in enumerate(said) if each == word]
        button = counts.get_by_role("button", name=f"{len(only)} {word}")
        await button.press("Enter")
        await expect(button).to_have_attribute("aria-pressed", "true")
        await expect(button).to_be_focused()
        await expect(rows_of(page)).to_have_count(len(only))
        assert sorted(await shown_rows(page)) == only
        await expect(page.get_by_label("Severity", exact=True)).to_have_value(
            word if word == "critical" else f"only-{word}"
        )
        assert "tick=1" in page.url
        await button.press("Enter")
        await expect(button).to_have_attribute("aria-pressed", "false")
        await becomes(lambda: shown_rows(page), every)


def searched(finding: Any) -> str:
    texts = [finding.title, finding.rule.id, *finding.rule.also, finding.instruction]
    texts += [*finding.evidence, *(path.decode() for path in finding.paths)]
    return "\n".join(texts).lower()


# ---------------------------------------------------------------------------- what-if

FIGURES = """async (places) => {
  const found = [];
  for (const place of places) {
    if (location.hash !== place) {
      const there = new Promise((done) => addEventListener("hashchange", done, { once: true }));
      location.hash = place;
      await there;
    }
    const values = (where) => Array.from(document.querySelectorAll(where), (each) => each.value);
    found.push([values(".what-if-saves data"), values(".what-if-figures strong data")]);
  }
  return found;
}"""


def figures(analysis: Analysis, ticked: Iterable[int]) -> list[list[str]]:
    """What the bar is to say."""
    ticked = list(ticked)
    if not ticked:
        return [[], []]
    what = analysis.what_if([analysis.findings[k] for k in ticked])
    transfer = next(row.bytes for row in analysis.sizes if row.meter == "transfer")
    now = [str(what.total_bytes)]
    saved = [str(what.saved_bytes)]
    if what.transfer_saved_bytes is not None and transfer is not None:
        now.append(str(max(0, transfer - what.transfer_saved_bytes)))
    elif what.transfer_saved_bytes is not None:
        saved.append(str(what.transfer_saved_bytes))
    lean = what.live_bytes - what.removable_bytes
    shares = [f"{what.live_bytes}/{what.total_bytes}", f"{lean}/{what.total_bytes}"]
    return [saved, [*now, *shares]]


@pytest.mark.parametrize("analysis", [overlapping, samples.judged])
async def test_what_is_ticked_is_what_if(opener: Opener, analysis: Any) -> None:
    made: Analysis = analysis()
    page = await opener.open(made, "#/findings")
    speaking = [k for k, each in enumerate(made.findings) if each.versions or each.parts]
    subsets = [
        list(some)
        for size in range(len(speaking) + 1)
        for some in itertools.combinations(speaking, size)
    ]
    places = [f"#/findings?order=rule&tick={'.'.join(map(str, some))}" for some in subsets]
    found = await page.evaluate(FIGURES, places)
    assert len({json.dumps(each) for each in found}) > len(found) // 4
    for some, each in zip(subsets, found, strict=True):
        assert each == figures(made, some), some


async def test_a_tick_moves_the_figures_and_is_kept_in_the_place(opener: Opener) -> None:
    analysis = overlapping()
    page = await opener.open(analysis, "#/findings")
    first, *_ = [k for k in await shown_rows(page) if analysis.findings[k].bytes]
    box = page.locator(f'[data-finding="{first}"] input')
    await box.focus()
    await page.keyboard.press("Space")
    await expect(box).to_be_checked()
    what = analysis.what_if([analysis.findings[first]])
    bar = page.get_by_role("region", name="What if")
    await expect(bar.get_by_role("status").last).to_contain_text(
        f"1 finding ticked, saves {human_size(what.saved_bytes)}"
    )
    await expect(bar.locator(".what-if-saves")).to_contain_text(human_size(what.saved_bytes))
    assert await page.evaluate(FIGURES, [await page.evaluate("location.hash")]) == [
        figures(analysis, [first])
    ]
    await page.reload()
    await expect(box).to_be_checked()
    await expect(bar.locator(".what-if-saves")).to_contain_text(human_size(what.saved_bytes))


async def test_all_advice_is_what_the_document_says_and_none_is_the_image(opener: Opener) -> None:
    analysis = overlapping()
    page = await opener.open(analysis, "#/findings")
    await page.get_by_role("button", name=re.compile("^Tick all advice")).click()
    chosen = [k for k, each in enumerate(analysis.findings) if each in analysis.advised]
    await expect(page.locator("input:checked")).to_have_count(len(chosen))
    assert await page.evaluate(FIGURES, [await page.evaluate("location.hash")]) == [
        figures(analysis, chosen)
    ]
    await page.get_by_role("button", name="None").click()
    await expect(page.locator("input:checked")).to_have_count(0)
    await expect(page.get_by_role("button", name=re.compile("^Tick all advice"))).to_be_focused()
    await expect(page.locator(".what-if-figures dd").first).to_have_text(
        human_size(analysis.scores.total_bytes)
    )
    assert "tick" not in await page.evaluate("location.hash")


async def test_the_bar_stays_visible(opener: Opener) -> None:
    page = await opener.open(numerous(), "#/findings", height=500)
    bar = page.get_by_role("region", name="What if")
    await expect(bar).to_be_in_viewport(ratio=1)
    await page.locator(".finding").nth(60).scroll_into_view_if_needed()
    await expect(bar).to_be_in_viewport(ratio=1)


# ------------------------------------------------------------------------------ places


async def test_a_link_opens_its_finding_and_leads_to_it(opener: Opener) -> None:
    page = await opener.open(numerous(), "#/findings?at=229")
    row = page.locator('[data-finding="229"]')
    button = row.get_by_role("button", name=numerous().findings[229].title)
    await expect(button).to_have_attribute("aria-expanded", "true")
    await expect(row.locator(".finding-body")).to_be_in_viewport()
    await expect(button).to_be_focused()
    await page.evaluate("location.hash = '#/findings?at=1'")
    await expect(page.locator('[data-finding="1"] .finding-body')).to_be_in_viewport()


async def test_a_link_to_what_a_filter_hides_lifts_the_filter(opener: Opener) -> None:
    analysis = overlapping()
    page = await opener.open(analysis, "#/findings?order=rule&q=nothing&tick=1")
    await expect(rows_of(page)).to_have_count(0)
    await page.evaluate("location.hash = '#/findings?at=2'")
    await expect(page.locator('[data-finding="2"] .finding-body')).to_be_visible()
    await expect(page.get_by_role("searchbox")).to_have_value("")
    assert await page.evaluate("location.hash") == "#/findings?at=2&order=rule&tick=1"


async def test_broken_links_show_the_list(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/findings?at=99")
    for place in ("?at=99", "?at=-1", "?at=x", "?order=odd&tick=1-x.0-99999999999", "?layer=77",
                  "?tick=" + "9." * 500):  # fmt: skip
        await page.evaluate("place => { location.hash = place; }", f"#/findings{place}")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Findings")
        await expect(page.locator(".finding-count")).to_be_visible()
        await page.evaluate("location.hash = '#/guide'")
        await expect(page.get_by_role("heading", level=1)).not_to_have_text("Findings")


async def test_what_was_chosen_is_kept_and_the_way_back_works(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/findings")
    await page.get_by_label("Severity", exact=True).select_option("high")
    await page.locator(".finding input").first.check()
    place = await page.evaluate("location.hash")
    await page.get_by_role("link", name="Diagnostics").click()
    await page.get_by_role("link", name=re.compile("^Findings")).click()
    await expect(page.get_by_label("Severity", exact=True)).to_have_value("high")
    await expect(page.locator(".finding input").first).to_be_checked()
    assert await page.evaluate("location.hash") == place
    await page.go_back()
    await page.go_back()
    await expect(page.get_by_label("Severity", exact=True)).to_have_value("high")
    await page.go_back()
    await expect(page.get_by_label("Severity", exact=True)).to_have_value("")


async def test_more_are_laid_out_on_demand(opener: Opener) -> None:
    page = await opener.open(numerous(), "#/findings")
    await expect(rows_of(page)).to_have_count(100)
    await page.get_by_role("button", name="Show 100 more of 130").click()
    await expect(rows_of(page)).to_have_count(200)
    await expect(rows_of(page).nth(100).get_by_role("button").first).to_be_focused()


async def test_details_lead_to_files_layers_and_other_findings(opener: Opener) -> None:
    analysis = overlapping()
    names = [each.rule.id for each in analysis.findings]
    page = await opener.open(analysis, f"#/findings?at={names.index('two')}")
    body = page.locator(f'[data-finding="{names.index("two")}"] .finding-body')
    await expect(body.get_by_role("link", name="/shared")).to_have_attribute(
        "href", "#/files?at=shared"
    )
    await expect(body.get_by_role("link", name="layer 1")).to_have_attribute(
        "href", "#/layers?layer=1"
    )
    await body.get_by_role("link", name="one").click()
    await expect(
        page.locator(f'[data-finding="{names.index("one")}"] .finding-body')
    ).to_be_visible()


async def test_many_paths_are_told_on_demand_and_how_many_more(opener: Opener) -> None:
    def check(context: Context) -> Iterable[Draft]:
        yield Draft("each", list(context.fs.live.values()))

    files = [file(f"f{k}", b"x" * 9) for k in range(40)]
    rules = [RuleSet((_rule("each"),), (check,))]
    page = await opener.open(samples.build([files], rules=rules), "#/findings?at=0")
    await expect(page.locator(".finding-paths a")).to_have_count(6)
    await page.get_by_role("button", name="Show 14 more paths of 34").click()
    await expect(page.locator(".finding-paths a")).to_have_count(20)
    await expect(page.locator(".finding-paths a").nth(6)).to_be_focused()
    await expect(page.get_by_text("and 20 more")).to_be_visible()


# ---------------------------------------------------------------------------- copying

SPY = """(denied) => {
  window.taken = [];
  const write = async (text) => {
    if (denied) throw new Error("denied");
    window.taken.push(text);
  };
  Object.defineProperty(navigator, "clipboard", { value: { writeText: write } });
  document.addEventListener("copy", () => window.taken.push(document.activeElement.value));
}"""


@pytest.mark.parametrize("denied", [False, True])
async def test_fixes_are_copied_with_or_without_the_clipboard(opener: Opener, denied: bool) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, "#/findings?at=0&order=saving&tick=0.1.3")
    await page.evaluate(SPY, denied)
    button = page.locator('[data-finding="0"]').get_by_role("button", name="Copy fix")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-finding="0"] .copy-button')).to_have_text("Copied")
    await expect(button).to_be_focused()
    await page.get_by_role("button", name="Copy fixes").click()
    await page.wait_for_function("window.taken.length === 2")
    one, several = await page.evaluate("window.taken")
    assert one == analysis.findings[0].fix
    ticked = sorted((analysis.findings[k] for k in (0, 1, 3)), key=saving)
    heads: dict[str, list[str]] = {}
    for each in ticked:
        head = f"# {each.title} ({human_size(each.bytes)})"
        if each.layer is not None:
            head += f", layer {each.layer}: {each.instruction}"
        parts = fix_parts(each.fix)
        fix = "\n".join(("# " if kind is PartKind.PROSE else "") + text for kind, text in parts)
        heads.setdefault(fix, []).append(head.replace("\x1b", "\\x1b"))
    assert several == "\n".join("\n".join(head) + f"\n{fix}\n" for fix, head in heads.items())


async def test_what_is_copied_can_be_pasted_and_words_stand_beside_it(opener: Opener) -> None:
    """Prose is no instruction, and a file to ignore none either."""
    judged = samples.judged()
    assert judged.judged is not None
    fixes = [
        "Delete in the step that makes them:\nRUN a \\\n && b\nor\nRUN c",
        "Add to .dockerignore:\n**/.git\ndocs\nThat is all.",
        "Write it once.",
        "COPY --chmod=1 a b\ninstead of\nRUN chmod 1 b\n# docker build .",
    ]
    found = tuple(
        replace(finding, fix=fix, bytes=9 - at)
        for at, (finding, fix) in enumerate(zip(judged.findings, fixes, strict=False))
    )
    analysis = replace(judged, judged=replace(judged.judged, findings=found))
    page = await opener.open(analysis, "#/findings?order=saving&tick=0.1.3")
    await page.evaluate(SPY, False)
    await page.get_by_role("button", name="Open all").click()
    card = page.locator('[data-finding="0"] .finding-fix')
    await expect(card.locator("p")).to_have_text(["Delete in the step that makes them:", "or"])
    await expect(card.locator("pre")).to_have_text(["RUN a \\\n && b", "RUN c"])
    await card.get_by_role("button", name="Copy fix, part 1").click()
    await card.get_by_role("button", name="Copy fix, part 2").click()
    # The label of these lines says where they belong.
    ignored = page.locator('[data-finding="1"] .finding-fix')
    await expect(ignored.locator("p")).to_have_text(["That is all."])
    await expect(ignored.locator(".fix-code-head")).to_contain_text(".dockerignore")
    # Nothing to paste, nothing to copy; nor is what is there now.
    await expect(page.locator('[data-finding="2"] .finding-fix button')).to_have_count(0)
    await expect(page.locator('[data-finding="3"] .finding-fix pre')).to_have_count(3)
    await expect(page.locator('[data-finding="3"] .finding-fix button')).to_have_count(2)
    await page.get_by_role("button", name="Copy fixes").click()
    await page.wait_for_function("window.taken.length === 3")
    first, second, all_of_them = await page.evaluate("window.taken")
    assert (first, second) == ("RUN a \\\n && b", "RUN c")
    lines = [line for line in all_of_them.splitlines() if line and not line.startswith("# ")]
    assert lines == ["RUN a \\", " && b", "RUN c", "COPY --chmod=1 a b", "**/.git", "docs"]
    assert "# instead of\n# RUN chmod 1 b\n# docker build ." in all_of_them
    assert all_of_them.endswith("\n# .dockerignore:\n**/.git\ndocs\n")


# ----------------------------------------------------------------------------- others


async def test_ignored_findings_are_folded_away(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(Report(analysis, verdicts.MIXED), "#/findings")
    for k in verdicts.MIXED.ignored:
        await expect(page.locator(f'[data-finding="{k}"]')).to_be_hidden()
    await page.get_by_text("Ignored by the settings").click()
    for k in verdicts.MIXED.ignored:
        row = page.locator(f'[data-finding="{k}"]')
        await expect(row.locator(".finding-tag").first).to_have_text("ignored")
    # A link leads to it all the same.
    await page.reload()
    await page.evaluate("location.hash = '#/findings?at=2'")
    await expect(page.locator('[data-finding="2"] .finding-body')).to_be_visible()


async def test_an_image_without_findings_and_one_whose_rules_did_not_run(opener: Opener) -> None:
    layers = [[file("a", b"1")]]
    page = await opener.open(samples.build(layers, rules=[]), "#/findings")
    await expect(page.locator("main")).to_contain_text("found nothing to say")
    page = await opener.open(samples.build(layers), "#/findings?at=0&tick=1")
    await expect(page.locator("main")).to_contain_text("rules did not run")


async def test_an_image_without_bytes_has_findings_without_ticks(opener: Opener) -> None:
    def check(_: Context) -> Iterable[Draft]:
        yield Draft("each")

    rules = [RuleSet((_rule("each"),), (check,))]
    page = await opener.open(samples.build([], rules=rules), "#/findings?at=0")
    await expect(rows_of(page)).to_have_count(1)
    await expect(page.get_by_role("checkbox", name=re.compile("^Without"))).to_have_count(0)


async def test_everything_by_keyboard(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/findings")
    title = page.locator(".finding h3 button").first
    await title.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".finding-body").first).to_be_visible()
    await page.keyboard.press("Space")
    await expect(page.locator(".finding-body").first).to_be_hidden()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Space")
    await expect(page.locator(".finding input").first).to_be_checked()


async def test_the_line_is_a_target_for_the_mouse_its_links_are_links(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/findings")
    row = page.locator(".finding").first
    await row.locator(".finding-bar").click()
    await expect(row.locator(".finding-body")).to_be_visible()
    await row.locator("input").click()
    await expect(row.locator(".finding-body")).to_be_visible()


@pytest.mark.parametrize("opened", [True, False])
async def test_open_and_closed_it_violates_no_accessibility(opener: Opener, opened: bool) -> None:
    # High enough that nothing lies below what sticks to the window's edges.
    report = Report(samples.lined(), verdicts.MIXED)
    page = await opener.open(report, "#/findings?tick=1", height=4000)
    if opened:
        await page.get_by_role("button", name="Open all").click()
        await page.get_by_text("Ignored by the settings").click()
        await page.locator(".finding-about summary").first.click()
    assert await axe.violations(page) == []


async def test_hostile_texts_are_texts_and_fit(opener: Opener) -> None:
    analysis = wicked.wicked()
    long = replace(
        analysis.findings[0], title="t" * 2**20, evidence=("e" * 2**20,), fix="f" * 2**20,
        paths=(b"p" * 2**20, b"\xff/<b>"), instruction="i" * 2**20,
    )  # fmt: skip
    assert analysis.judged is not None
    judged = replace(analysis.judged, findings=(*analysis.findings, long))
    page = await opener.open(replace(analysis, judged=judged), "#/findings?tick=0-9")
    await page.get_by_role("button", name="Open all").click()
    assert await too_wide(page, [360, 1280]) == []
    assert await page.locator("main b").count() == 0
    await expect(page.locator(".finding-body").first).to_contain_text("\\x1b[31mred")
    await page.locator(".finding .copy-button").first.click()


async def test_the_data_are_those_of_the_report() -> None:
    data = image_data(Report(overlapping()))["judgement"]
    assert set(data["rules"]) == {each.rule.id for each in overlapping().findings}
    assert data["rules"]["one"]["why"] == "why one"


async def test_a_link_to_any_of_2000_findings_brings_it_into_sight(opener: Opener) -> None:
    judged = samples.judged()
    assert judged.judged is not None
    one = replace(judged.findings[0], versions=(), parts={})
    every = tuple(replace(one, title=f"number {k}", bytes=9_000 - k) for k in range(2_000))
    analysis = replace(judged, judged=replace(judged.judged, findings=every))
    page = await opener.open(analysis, "#/overview")
    for at in (1_999, 1_000):
        await page.evaluate("at => { location.hash = `#/findings?at=${at}`; }", at)
        button = page.get_by_role("button", name=f"number {at}", exact=True)
        await expect(button).to_be_in_viewport()
        await expect(button).to_be_focused()
        await expect(button).to_have_attribute("aria-expanded", "true")
