"""Run the command line as users do, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import forked

ROOT = Path(__file__).resolve().parents[3]


def environment(**changes: str | None) -> dict[str, str]:
    """The environment without what could change the outcome."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOCKER_", "LAYERLENS_", "PYTHONIOENCODING")) and name != "NO_COLOR"
    }
    kept["PYTHONPATH"] = str(ROOT)
    kept["DOCKER_HOST"] = "unix:///nonexistent/engine.sock"
    kept["LAYERLENS_CACHE_DIR"] = os.environ["LAYERLENS_CACHE_DIR"]
    for name, value in changes.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
    return kept


def layerlens(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the tool; ``env`` are changes to the environment.

    Where only that and the folder are chosen, the process is forked: see ``tests.forked``.
    """
    changes = options.pop("env", {})
    if options.keys() <= {"cwd"} and forked.can_fork(environment(**changes)):
        return forked.run(
            [*map(str, arguments)], environment=environment(**changes), timeout=120, **options
        )
    return subprocess.run(
        [sys.executable, "-m", "layerlens", *map(str, arguments)],
        env=environment(**changes), timeout=120, check=False,
        **({"capture_output": True, "text": True} | options),
    )  # fmt: skip


def line(result: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line of an error, after checking that there is nothing else."""
    assert result.returncode == code, result.stderr
    assert result.stdout in ("", None)
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("layerlens: ")
    assert lines[0].isprintable()
    return lines[0]
