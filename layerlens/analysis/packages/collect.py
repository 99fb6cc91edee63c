"""The inventory of an image, put together from all databases that it holds."""

from __future__ import annotations

from layerlens.analysis.packages.model import Inventory
from layerlens.analysis.rules.context import Context


def collect(context: Context) -> Inventory:
    """All packages of the final filesystem, and what each layer did to them."""
    del context
    return Inventory()
