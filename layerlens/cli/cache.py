"""``layerlens cache info|clear``: what the layer cache holds, and an end to it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from layerlens.cache.layers import DEFAULT_LIMIT, CacheInfo, LayerCache
from layerlens.cache.location import default_directory
from layerlens.cli.diagnostics import ExitCode, Narrator
from layerlens.cli.options import Parser
from layerlens.cli.output import stdout_guarded
from layerlens.cli.settings_file import config_option
from layerlens.cli.words import size, some
from layerlens.errors import UsageError
from layerlens.outputs.display import escape

_KINDS = {
    "layers": "layers",
    "blobs": "compressed layers",
    "tocs": "layers by table of contents",
    "places": "layers of plain archives and engines' stores",
    "documents": "manifests and configurations",
    "archives": "compressed archives",
    "contents": "what was found inside files, for rules",
    "judgements": "what rules said of images",
}
"""What people call the kinds of records."""


def cache_parser() -> Parser:
    """The parser of ``layerlens cache info|clear``."""
    found = Parser(
        prog="layerlens cache",
        description="Show what the layer cache holds, or delete it.",
        epilog="The cache is at --cache-dir, else $LAYERLENS_CACHE_DIR, else with the user's "
        "other caches.  An analysis without it: layerlens --no-cache IMAGE.",
        allow_abbrev=False,
    )
    found.add_argument("action", choices=("info", "clear"), help="what to do")
    found.add_argument("--cache-dir", metavar="D", type=some, help="which cache")
    found.add_argument(
        "--cache-size", metavar="SIZE", type=size, help="the bound to show (default: 2GiB)"
    )
    found.add_argument("--json", action="store_true", help="print the figures as JSON")
    found.add_argument("--quiet", "-q", action="store_true", help="no warnings")
    config_option(found)
    found.add_argument("--debug", action="store_true", help="a traceback for every error")
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Do what was asked; gives the exit code.

    Raises :class:`UsageError` where records cannot be deleted.
    """
    arguments = cache_parser().parse_args(argv)
    directory = arguments.cache_dir or default_directory(os.environ)
    cache = LayerCache(os.path.abspath(directory), limit=arguments.cache_size or DEFAULT_LIMIT)
    if arguments.action == "info":
        found = cache.info()
        text = _as_json(found) if arguments.json else _as_text(found)
    else:
        records, freed = cache.clear()
        if cache.problems:
            raise UsageError(cache.problems[0], hint="delete it by other means")
        text = (
            json.dumps({"directory": cache.directory, "records": records, "bytes": freed})
            if arguments.json
            else f"Deleted {records:,} records, {_bytes(freed)}, from {escape(cache.directory)}"
        )
    with stdout_guarded():
        sys.stdout.write(text + "\n")
    for problem in cache.problems:
        narrator.tell(f"layerlens: {escape(problem)}")
    return ExitCode.OK


def _as_json(found: CacheInfo) -> str:
    return json.dumps(
        {
            "directory": found.directory,
            "records": dict(found.records),
            "bytes": found.size,
            "limit": found.limit,
            "oldest_use": _time(found.oldest),
            "newest_use": _time(found.newest),
            "other_versions": {"records": found.other_records, "bytes": found.other_size},
        },
        indent=2,
    )


def _as_text(found: CacheInfo) -> str:
    lines = [
        ("directory", escape(found.directory)),
        ("size", f"{_bytes(found.size)} of {_bytes(found.limit)} at most"),
    ]
    lines += [(f"{count:,}", _KINDS[kind]) for kind, count in found.records.items() if count]
    if not any(found.records.values()):
        lines.append(("records", "none"))
    if found.oldest is not None:
        lines.append(("last used", f"{_time(found.oldest)} to {_time(found.newest)}"))
    if found.other_records:
        others = f"{found.other_records:,} records of other versions of layerlens"
        lines.append(("unused", f"{others}, {_bytes(found.other_size)}"))
    return "\n".join(f"{name:>9}  {value}" for name, value in lines)


def _bytes(count: int) -> str:
    import humanize

    return humanize.naturalsize(count)


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
