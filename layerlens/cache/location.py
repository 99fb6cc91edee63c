"""Where a user's cache is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

VARIABLE = "LAYERLENS_CACHE_DIR"
_NAME = "layerlens"


def default_directory(environment: Mapping[str, str]) -> str:
    """``$LAYERLENS_CACHE_DIR``, else ``layerlens`` in the system's place for a user's caches.

    On Linux that is ``$XDG_CACHE_HOME``, or ``~/.cache`` (XDG base directory
    specification: a relative path there counts as none).
    """
    chosen = environment.get(VARIABLE, "").strip()
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    base = environment.get("XDG_CACHE_HOME", "").strip()
    if os.path.isabs(base):
        return os.path.join(base, _NAME)
    if sys.platform != "linux":
        # Elsewhere the place is not this simple.  Late: it takes some milliseconds.
        import platformdirs

        return platformdirs.user_cache_dir(_NAME, appauthor=False)
    return os.path.join(os.path.expanduser("~"), ".cache", _NAME)
