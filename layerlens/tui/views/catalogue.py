"""The views in the order of their keys."""

from __future__ import annotations

from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.base import View
from layerlens.tui.views.compare import CompareView
from layerlens.tui.views.findings import FindingsView
from layerlens.tui.views.image import ImageView
from layerlens.tui.views.layers import LayersView
from layerlens.tui.views.packages import PackagesView
from layerlens.tui.views.waste import WasteView

VIEWS: tuple[type[View], ...] = (LayersView, WasteView, FindingsView, PackagesView, ImageView)
"""Those of every image."""

ALL_VIEWS: tuple[type[View], ...] = (*VIEWS, CompareView)
"""Those that there may be."""


def views_of(session: Session) -> tuple[type[View], ...]:
    """The views that a session has."""
    return VIEWS if session.comparison is None else ALL_VIEWS


def first_view(session: Session) -> int:
    """The one that is shown first."""
    return 0 if session.comparison is None else ALL_VIEWS.index(CompareView)
