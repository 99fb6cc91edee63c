"""Sentences that several rules share: parts of Dockerfiles, and sources."""

from __future__ import annotations

TWO_STAGES = (
    "FROM <image with the tools> AS build\n"
    "RUN <build>\n"
    "FROM <image that only runs>\n"
    "COPY --from=build /out /app"
)
"""Build in one stage, copy the result into another."""


def ignored(*lines: str) -> str:
    """Lines for ``.dockerignore``."""
    return "Add to .dockerignore:\n" + "\n".join(lines)


def mounted(command: str, *directories: str) -> str:
    """A step whose caches live in mounts of the builder, not in the layer."""
    mounts = " ".join(f"--mount=type=cache,target={directory}" for directory in directories)
    return f"RUN {mounts} {command}"


def same_step(command: str, *removed: str) -> str:
    """A step that removes what it leaves, before its layer is written."""
    return f"RUN {command} && rm -rf {' '.join(removed)}"


DEFAULT_PATH = "the tool's documented default path; not measured"
"""Source of a rule that rests on documentation alone: never certain."""
