"""The views in the order of their keys."""

from __future__ import annotations

from layerlens.tui.views.base import View
from layerlens.tui.views.findings import FindingsView
from layerlens.tui.views.image import ImageView
from layerlens.tui.views.layers import LayersView
from layerlens.tui.views.packages import PackagesView
from layerlens.tui.views.waste import WasteView

VIEWS: tuple[type[View], ...] = (LayersView, WasteView, FindingsView, PackagesView, ImageView)
