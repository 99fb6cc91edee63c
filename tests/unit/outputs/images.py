"""The hand-made analyses by name, for tests that go through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from layerlens.analysis.model import Analysis
from tests.unit.outputs import samples, wicked

IMAGES: Mapping[str, Callable[[], Analysis]] = {
    "shop": samples.shop,
    "judged": samples.judged,
    "packaged": samples.packaged,
    "hostile": samples.hostile,
    "wicked": wicked.wicked,
    "empty": samples.empty,
    "many": samples.many,
}
