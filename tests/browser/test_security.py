"""The security of an image: secrets and where they lie, posture, what was looked for in vain."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from playwright.async_api import expect

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, Rule, RuleSet, Severity, Topic
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.report import Report
from layerlens.units import human_size
from tests.browser import axe
from tests.browser.opening import Opener
from tests.builders import file, whiteout
from tests.unit.outputs import samples, verdicts, wicked
from tests.unit.saved.test_secrets import PLANTED

TOPICS = (Topic.SECRETS, Topic.POSTURE)


async def test_every_finding_of_both_topics_stands_in_its_group_the_worst_first(
    opener: Opener,
) -> None:
    analysis = wicked.secret()
    page = await opener.open(analysis, "#/security")
    for topic in TOPICS:
        shown = await page.evaluate(
            """(topic) => Array.from(
                 document.querySelectorAll(`[data-topic="${topic}"] .finding`),
                 (each) => +each.dataset.finding)""",
            topic.value,
        )
        expected = [
            (-finding.severity, k)
            for k, finding in enumerate(analysis.findings)
            if finding.rule.topic is topic
        ]
        assert shown == [k for _, k in sorted(expected)]
        assert len(shown) >= 2
    counted = [f for f in analysis.findings if f.rule.topic in TOPICS and f.severity]
    badge = page.get_by_role("link", name=re.compile("^Security")).locator(".badge")
    await expect(badge).to_have_text(str(len(counted)))


@pytest.mark.parametrize("plain", [False, True])
async def test_no_value_of_a_secret_is_in_the_page(opener: Opener, plain: bool) -> None:
    page = await opener.open(wicked.secret(), "#/security", plain=plain)
    for place in ("#/security", "#/findings"):
        await page.evaluate(f"location.hash = '{place}'")
        await expect(page.locator(f'nav a[href="{place}"]')).to_have_attribute(
            "aria-current", "page"
        )
        await page.evaluate(
            """document.querySelectorAll(".finding h3 button[aria-expanded=false]")
                 .forEach((each) => each.click())"""
        )
        whole = await page.evaluate("document.documentElement.outerHTML")
        assert not [value for value in PLANTED if value in whole]


async def test_a_removed_secret_is_recoverable_and_the_command_says_how(opener: Opener) -> None:
    analysis = replace(
        wicked.secret(), image=replace(wicked.secret().image, reference="my shop's:1")
    )
    page = await opener.open(analysis, "#/security")
    gone = page.locator("li").filter(has=page.get_by_role("link", name="/root/.netrc", exact=True))
    item = gone.last
    await expect(item).to_contain_text("recoverable: lost in layer 1, still shipped in layer 0")
    command = await item.locator("code").inner_text()
    assert shlex.split(command) == [
        "layerlens", "extract", "my shop's:1", "/root/.netrc", "--layer", "0",
    ]  # fmt: skip
    kept = page.locator("li").filter(has=page.get_by_role("link", name="/root/.npmrc", exact=True))
    await expect(kept.last).to_contain_text("in the final filesystem")
    await page.evaluate(
        """() => Object.defineProperty(navigator, "clipboard", {
             value: { writeText: async (text) => { window.taken = text; } } })"""
    )
    await item.get_by_role("button", name="Copy command").click()
    assert await page.evaluate("window.taken") == command


SECRET = Rule(
    id="planted", title="planted", topic=Topic.SECRETS, why="", fix="", severity=Severity.HIGH
)
QUIET = Rule(id="calm", title="calm things", topic=Topic.POSTURE, why="", fix="")
OTHER = Rule(id="other", title="other things", topic=Topic.CONTENT, why="", fix="")


def _planted(context: Context) -> Iterable[Draft]:
    inodes = [k for k, path in enumerate(context.fs.paths) if path == b"twice"]
    yield Draft("planted", inodes[:1], layer=0, paths=[b"twice", b"other-layer", b"odd \xff'"])


async def test_what_the_layer_itself_lost_or_has_not_has_no_command(opener: Opener) -> None:
    layers = [
        [file("twice", b"1" * 50), whiteout("below"), file(b"odd \xff'", b"3")],
        [file("other-layer", b"2"), whiteout("twice")],
    ]
    rules = [RuleSet((SECRET, QUIET, OTHER), (_planted,))]
    page = await opener.open(samples.build(layers, rules=rules), "#/security")
    items = page.locator(".finding-held > li")
    await expect(items.nth(0)).to_contain_text("recoverable: lost in layer 1")
    await expect(items.nth(1)).to_have_text("/other-layer")
    await expect(items.nth(2).locator("code")).to_have_text(
        "layerlens extract shop.tar $'/odd \\377\\'' --layer 0"
    )


async def test_rules_that_found_nothing_are_told(opener: Opener) -> None:
    rules = [RuleSet((SECRET, QUIET, OTHER), (_planted,))]
    analysis = samples.build([[file("twice", b"1")]], rules=rules)
    page = await opener.open(analysis, "#/security")
    await expect(page.locator(".checked li")).to_have_text(["calm things"])
    await expect(page.locator(".checked .finding-note")).to_have_count(0)
    unsure = replace(analysis, diagnostics=(Diagnostic("contents-missing", "too large", 0),))
    page = await opener.open(unsure, "#/security")
    await expect(page.locator(".checked .finding-note")).to_contain_text(
        "Not everything could be checked"
    )

    every = wicked.secret()
    assert every.judged is not None
    page = await opener.open(every, "#/security")
    await expect(page.locator(".checked li")).to_have_text(
        [each.title for topic in TOPICS for each in every.judged.quiet if each.topic is topic]
    )


async def test_how_bad_it_is_is_said_first(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, "#/security")
    told = Counter(
        each.severity.name.lower()
        for each in analysis.findings
        if each.rule.topic in {Topic.SECRETS, Topic.POSTURE}
    )
    assert told
    shown = await page.locator(".severity-counts > span").all_inner_texts()
    assert shown == [
        f"{told[word]} {word}"
        for word in ("critical", "high", "medium", "low", "info")
        if told[word]
    ]


async def test_how_it_is_set_to_run(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/security")
    facts = page.locator("section > .fact-list")
    await expect(facts).to_contain_text("1000:1000")
    await expect(facts).to_contain_text("443/tcp 8000/tcp")
    await expect(page.locator("main")).to_contain_text("The rules did not run")
    page = await opener.open(samples.judged(), "#/security")
    await expect(page.locator("section > .fact-list")).to_contain_text("root: no USER")


async def test_ignored_findings_are_folded_away(opener: Opener) -> None:
    analysis = samples.judged()
    rules = [finding.rule.id for finding in analysis.findings]
    root = rules.index("root-user")
    verdict = replace(verdicts.MIXED, ignored=frozenset({root}))
    page = await opener.open(Report(analysis, verdict), "#/security")
    row = page.locator(f'[data-finding="{root}"]')
    await expect(row).to_be_hidden()
    await page.get_by_text("1 finding ignored by the settings").click()
    await expect(row).to_be_visible()


async def test_secrets_stand_open_and_close_by_keyboard(opener: Opener) -> None:
    page = await opener.open(wicked.secret(), "#/security")
    title = page.locator('[data-topic="secrets"] h3 button').first
    body = page.locator('[data-topic="secrets"] .finding-body').first
    await expect(body).to_be_visible()
    await title.focus()
    await page.keyboard.press("Enter")
    await expect(body).to_be_hidden()
    size = human_size(wicked.secret().findings[0].bytes)
    await expect(body).to_contain_text(re.compile(f"Saves *{size}"))


async def test_it_violates_no_accessibility(opener: Opener) -> None:
    page = await opener.open(wicked.secret(), "#/security", height=9000)
    assert await axe.violations(page) == []


async def test_hostile_texts_fit_a_phone(opener: Opener) -> None:
    page = await opener.open(wicked.wicked(), "#/security", width=360)
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert await page.locator("main b").count() == 0


def secret_name(k: int) -> str:
    return f"srv/{k:02}/.npmrc"


def many_secrets(number: int) -> Analysis:
    """An image with a finding of that many files."""
    names = [secret_name(k) for k in range(number)]

    def planted(_: Context) -> Iterable[Draft]:
        yield Draft("planted", layer=0, paths=[name.encode() for name in names])

    rules = [RuleSet((SECRET,), (planted,))]
    return samples.build([[file(name, b"1") for name in names]], rules=rules)


async def test_every_secret_is_listed_with_its_command(opener: Opener) -> None:
    page = await opener.open(many_secrets(60), "#/security")
    commands = page.locator(".finding-held code")
    await expect(commands).to_have_count(20)
    await page.get_by_role("button", name="Show 40 more of 40").click()
    await expect(commands).to_have_text(
        [f"layerlens extract shop.tar /{secret_name(k)} --layer 0" for k in range(60)]
    )
    await expect(page.locator(".finding-held > li").nth(20).locator("a").first).to_be_focused()
    await expect(page.locator(".finding-held button", has_text="Show")).to_have_count(0)
