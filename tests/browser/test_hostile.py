"""Every view of an image that attacks its reader."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.opening import Opener
from tests.unit.outputs.monstrous import MARK, monstrous

LOOK = (
    """() => {
      const found = [];
      const own = new Set(["HTML", "HEAD", "META", "TITLE", "LINK", "SCRIPT", "STYLE", "BODY",
        "NOSCRIPT", "HEADER", "NAV", "MAIN", "ASIDE", "SECTION", "ARTICLE", "FOOTER", "DIV",
        "SPAN", "P", "H1", "H2", "H3", "H4", "UL", "OL", "LI", "DL", "DT", "DD", "A", "BUTTON",
        "INPUT", "SELECT", "OPTION", "OPTGROUP", "LABEL", "TEXTAREA", "FIELDSET", "LEGEND",
        "OUTPUT", "TABLE", "CAPTION", "COLGROUP", "COL", "THEAD", "TBODY", "TFOOT", "TR", "TH",
        "TD", "PRE", "CODE", "KBD", "EM", "STRONG", "B", "SMALL", "SUP", "SUB", "ABBR", "TIME",
        "BR", "WBR", "HR", "DETAILS", "SUMMARY", "DIALOG", "METER", "PROGRESS", "CANVAS", "FORM",
        "FIGURE", "FIGCAPTION", "DATA", "BDI", "S", "INS", "DEL", "MARK", "SEARCH"]);
      const hidden = /[\\0-\\x08\\x0e-\\x1f\\x7f-\\x9f\\u00ad\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]/;
      for (const each of document.querySelectorAll("*")) {
        const name = each.tagName;
        if (each.namespaceURI === "http://www.w3.org/1999/xhtml" && !own.has(name)) found.push(name);
        for (const { name: key, value } of each.attributes) {
          if (key.startsWith("on")) found.push(`${name} ${key}`);
          if (["src", "srcset", "action", "formaction", "data", "poster", "srcdoc"].includes(key)) {
            found.push(`${name} ${key}`);
          }
          if (key.endsWith("href") && !/^(#|blob:|data:image\\/svg)/.test(value)) {
            found.push(`${name} ${key} ${value.slice(0, 80)}`);
          }
          if (key === "style" && /url\\(/.test(value)) found.push(`${name} style`);
          if (hidden.test(value)) found.push(`${name} ${key}: ${escape(value.slice(0, 200))}`);
        }
      }
      const scripts = document.querySelectorAll("script").length;
      if (scripts !== 2) found.push(`${scripts} scripts`);
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      let longest = 0;
      while (walk.nextNode()) {
        const text = walk.currentNode.data;
        if (walk.currentNode.parentElement.closest("script, style")) continue;
        if (hidden.test(text)) found.push(`text: ${escape(text.slice(0, 200))}`);
        longest = Math.max(longest, text.length);
      }
      if (longest > 20000) found.push(`a text of ${longest}`);
      if (window.MARK !== undefined) found.push(`ran payload ${window.MARK}`);
      if (Object.keys(Object.prototype).length) found.push("changed the prototype of objects");
      const wide = document.documentElement.scrollWidth - innerWidth;
      if (wide > 0) found.push(`${wide} pixels wider than the window`);
      const many = document.querySelectorAll("*").length;
      if (many > 15000) found.push(`${many} elements`);
      return [...new Set(found)].slice(0, 20);
    }"""
).replace("MARK", MARK)
"""What a page should not hold or have done, in words."""


async def look(page: Page) -> list[Any]:
    found: list[Any] = await page.evaluate(LOOK)
    return found


@pytest.mark.parametrize("plain", [False, True], ids=["packed", "plain"])
async def test_every_view_shows_attacks_as_text(opener: Opener, plain: bool) -> None:
    # More files than any view lays out; how many there are does not matter to how they are packed.
    image = monstrous(wide=300, deep=100, long=20_000) if plain else monstrous(wide=4_000)
    page = await opener.open(image, width=360, plain=plain)
    assert await page.locator("nav a").count()
    for link in await page.locator("nav a").all():
        await link.click()
        await expect(link).to_have_attribute("aria-current", "page")
        await expect(page.locator("main h1")).to_be_visible()
        assert await look(page) == [], await link.inner_text()
    subject = page.locator(".subject")
    await expect(subject).to_have_attribute("title", re.compile("</script><script>"))
    await expect(subject).to_have_text("#/files?at=%00&of=__proto__")  # a tag


PLACES = (
    "#/__proto__?constructor=toString",
    "#/files?at=__proto__&of=constructor&size=toString&colour=__proto__&q=__proto__",
    "#/files?at=n/constructor",
    "#/files?q=<img src=x onerror=alert(1)>",
    "#/files?at=" + "d/" * 100,
    "#/files?at=w&of=all&sort=-name",
    "#/layers?layer=__proto__",
    "#/layers?layer=1",
    "#/findings?at=constructor",
    "#/findings?at=8",
    "#/packages?at=__proto__",
    "#/packages?at=1e9",
    "#/packages?at=3",
    "#/image?x=%00",
    "#/guide?=",
)


async def test_no_place_is_an_attack(opener: Opener) -> None:
    page = await opener.open(monstrous(wide=300, deep=100, long=20_000), width=360)
    for place in PLACES:
        await page.evaluate("place => { location.hash = place; }", place)
        await page.evaluate("new Promise(requestAnimationFrame)")
        await expect(page.locator("main h1")).to_be_visible()
        assert await look(page) == [], place
