"""What has the focus is seen: nothing that stays in place while the page scrolls lies over it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from layerlens.analysis.model import Analysis
from tests.browser.opening import Opener
from tests.unit.outputs import samples

STOPS = """async () => {
  const found = [];
  const stops = Array.from(document.querySelectorAll(
    "main :is(a[href], button, input, select, summary, [tabindex='0'])"))
    .filter((each) => each.checkVisibility() && !each.disabled && each.offsetHeight < 200);
  for (const stop of [...stops, ...stops.reverse()]) {
    stop.focus();
    await new Promise(requestAnimationFrame);
    const box = stop.getBoundingClientRect();
    const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 12)];
    const over = document.elementFromPoint(x, y);
    if (over?.closest("nav, .what-if") && !over.closest(".what-if")?.contains(stop))
      found.push(`${stop.innerText || stop.ariaLabel} lies below ${over.closest("nav, .what-if").className}`);
  }
  return found;
}"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    ("name", "place"),
    [("judged", "#/findings?tick=0"), ("judged", "#/layers")],
)
async def test_nothing_lies_over_what_has_the_focus(
    opener: Opener, name: str, place: str, width: int
) -> None:
    analysis: Analysis = getattr(samples, name)()
    page: Page = await opener.open(analysis, place, width=width, height=520)
    await page.locator("main h1").wait_for()
    assert await page.evaluate(STOPS) == []
