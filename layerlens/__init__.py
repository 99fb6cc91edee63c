"""LayerLens: which bytes of a container image are waste, and who is to blame.

The library's face is :mod:`layerlens.pipeline`; its names can be taken from
here, and are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["ReadOptions", "__version__", "analyse_image", "open_image"]

if TYPE_CHECKING:
    from layerlens.pipeline import analyse_image, open_image
    from layerlens.sources.image import ReadOptions


def __getattr__(name: str) -> object:
    # Lazy (PEP 562): "layerlens --version" loads nothing but the command line.
    if name in __all__:
        from layerlens import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
