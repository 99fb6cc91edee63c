"""What stands above the tree: which layers, how much, without what."""

from __future__ import annotations

from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.text import plural, size
from layerlens.tui.viewmodel.views import ChangeKind
from layerlens.tui.viewmodel.whose import Whose


def titles(browser: Browser) -> list[str]:
    """The same in ever fewer words; the first one that has room is taken."""
    files, total = browser.total
    gone, lost = browser.removed
    hidden = [kind.value for kind in ChangeKind if kind not in browser.kinds]
    without = f" · without {', '.join(hidden)}" if hidden else ""
    if browser.whose is not Whose.ALL:
        without = f" · {'base' if browser.whose is Whose.BASE else 'yours'} only{without}"
    layers = f"layer {browser.layer}"
    if browser.since is not None:
        layers = f"layers {browser.since} to {browser.layer}"
    what = f"All up to layer {browser.layer}" if browser.aggregate else f"Changes of {layers}"
    if browser.aggregate and browser.since is not None:
        what += f", changes of {layers}"
    there = f" · {plural(files, 'file')}, {size(total)}"
    left = f" · gone {plural(gone, 'file')}, {size(lost)}" if gone else ""
    dead = 0 if browser.aggregate else _dead(browser)
    waste = f" · waste {size(dead)}" if dead else ""
    short = f"Up to {browser.layer}" if browser.aggregate else layers.capitalize()
    briefly = f" · gone {size(lost)}" if gone else ""
    return [
        what + there + left + waste + without,
        what + there + left + without,
        short + there + briefly + without,
        short + there + without,
        short + without,
    ]


def _dead(browser: Browser) -> int:
    """Dead bytes of what is shown; of whole layers without adding up their files once more."""
    if browser.is_filtered:
        return browser.waste
    first = browser.layer if browser.since is None else browser.since
    return sum(layer.dead_bytes for layer in browser.analysis.layers[first : browser.layer + 1])
