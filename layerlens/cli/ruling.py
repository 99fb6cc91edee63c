"""From arguments to the rules that are run."""

from __future__ import annotations

import argparse

from layerlens.cli.rule_settings import rule_settings
from layerlens.cli.settings_file import settings_of
from layerlens.errors import UsageError, Where
from layerlens.image.dockerfile import MAX_DOCKERFILE, Dockerfile, parse_dockerfile
from layerlens.pipeline import Rules
from layerlens.sources.named_file import read_named


def rules_of(arguments: argparse.Namespace, *, remember: bool = False) -> Rules:
    """What the command line and the settings ask for.  Raises :class:`UsageError`."""
    dockerfile = None
    if arguments.dockerfile is not None:
        dockerfile = _dockerfile(arguments.dockerfile, arguments.target)
    elif arguments.target is not None:
        raise UsageError("--target needs --dockerfile")
    return Rules(
        settings=rule_settings(settings_of(arguments)),
        dockerfile=dockerfile,
        target=arguments.target,
        context=arguments.context,
        dockerfile_path=arguments.dockerfile,
        remember=remember,
    )


def _dockerfile(path: str, target: str | None) -> Dockerfile:
    found = parse_dockerfile(read_named(path, MAX_DOCKERFILE).decode("utf-8", "replace"))
    if not found.stages:
        raise UsageError("has no FROM: it is no Dockerfile", where=Where(file=path))
    if found.stage(target) is None:
        names = [stage.name for stage in found.stages if stage.name]
        raise UsageError(
            f"has no stage {target!r:.100}",
            where=Where(file=path),
            hint=f"its stages are {', '.join(names)}" if names else "its stages have no names",
        )
    return found
