"""Rules of installed packages: who names some."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT = "layerlens.rules"
"""The group in which a third party's package names a :class:`~.registry.RuleSet`."""


def rule_points() -> list[EntryPoint]:
    """The entry points of all installed packages that name rules, in a fixed order."""
    if not _may_have(sys.path):
        return []
    # Late: this module and what it loads take a tenth of the time of a small image.
    from importlib.metadata import entry_points

    return sorted(entry_points(group=ENTRY_POINT), key=lambda each: (each.name, each.value))


def _may_have(path: Iterable[str]) -> bool:
    """Whether a package on the import path may name rules: a look at its metadata's text.

    What is no directory (an archive with modules) may have anything.
    """
    group = ENTRY_POINT.encode()
    for place in dict.fromkeys(path):
        try:
            names = os.listdir(place or ".")
        except FileNotFoundError:
            continue
        except OSError:
            return True
        for name in names:
            if not name.endswith((".dist-info", ".egg-info", ".egg")):
                continue
            inner = "EGG-INFO/entry_points.txt" if name.endswith(".egg") else "entry_points.txt"
            try:
                with open(os.path.join(place, name, inner), "rb") as file:
                    if group in file.read():
                        return True
            except (FileNotFoundError, NotADirectoryError):
                continue  # it names no entry points
            except OSError:
                return True
    return False
