"""The baseline file: figures of an image as JSON that is kept in git and read in reviews.

Keys are sorted and each value has its line, so that a change of one figure is a
change of one line.  Under one major ``schema_version`` fields are added and never
renamed, removed or redefined; ``baseline.schema.json`` beside this module describes
them.  Bytes and counts are integers, shares are ratios from 0 to 1.
"""

from __future__ import annotations

import json
import os
import re
import stat
from datetime import UTC, datetime
from typing import Any

from layerlens import __version__
from layerlens.analysis.rules.identity import FindingKey
from layerlens.analysis.rules.model import Severity
from layerlens.errors import ImageError, UsageError, Where
from layerlens.gate.baseline import BaselineImage, Figures, RecordedBaseline, order
from layerlens.gate.catalogue import GATES, Gate
from layerlens.gate.limits import Unit
from layerlens.image.jsondoc import kind_of, parse_object
from layerlens.sources.named_file import read_named

SCHEMA_VERSION = "1.0"
"""Major: something was renamed, removed or redefined.  Minor: something was added."""

MAX_BASELINE = 4 << 20
"""Largest baseline file, in bytes; one of 1,000 findings has 0.1 MB."""

AGAIN = "layerlens IMAGE --ci --write-baseline F makes one"

_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})", re.ASCII)
_SEVERITIES = {severity.word: severity for severity in Severity}


class _MalformedError(ValueError):
    """What is wrong with a document, in words."""


# ------------------------------------------------------------------------------------ writing


def encode_baseline(baseline: RecordedBaseline) -> bytes:
    """A baseline as the bytes of its file.  Raises :class:`UsageError` where there are too many."""
    image = baseline.image
    document = {
        "schema_version": SCHEMA_VERSION,
        "layerlens": baseline.version or __version__,
        "written": None if baseline.made is None else _iso(baseline.made),
        "source_revision": _text(baseline.revision),
        "image": {
            "reference": _text(image.reference),
            "id": image.id,
            "digest": image.digest,
            "platform": _text(image.platform),
            "revision": _text(image.revision),
        },
        "figures": _figures_document(baseline.figures),
        "findings": None
        if baseline.findings is None
        else [
            {"rule": _text(key.rule), "place": _text(key.place), "severity": key.severity.word}
            for key in sorted(baseline.findings, key=order)
        ],
    }
    data = (_laid_out(document) + "\n").encode("ascii")
    if len(data) > MAX_BASELINE:
        raise UsageError(f"the baseline has more than {MAX_BASELINE:,} bytes, which is no use")
    return data


def _figures_document(figures: Figures) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for gate in GATES:
        for (name, subject), value in figures.items():
            if name != gate.id:
                continue
            number = value if gate.unit is Unit.SHARE else int(value)
            if gate.subject:
                found.setdefault(name, {})[_text(subject)] = number
            else:
                found[name] = number
    return found


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON with sorted keys: objects one pair a line, lists one item a line, whatever it is."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        pairs = [f"{inner}{json.dumps(k)}: {_laid_out(value[k], inner)}" for k in sorted(value)]
        return "{\n" + ",\n".join(pairs) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        items = [inner + json.dumps(item, sort_keys=True) for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return json.dumps(value)


def _iso(when: float) -> str:
    return f"{datetime.fromtimestamp(int(when), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(text: str | None) -> str | None:
    """Text that every JSON reader takes: lone surrogates stand there as escapes."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


# ------------------------------------------------------------------------------------ reading


def load_baseline(path: str) -> RecordedBaseline:
    """The baseline in a file.

    Raises :class:`UsageError` where it is missing, or cannot be used for whatever reason.
    """
    if not os.path.exists(path):
        raise UsageError("there is no such baseline", where=Where(file=path), hint=AGAIN)
    if os.path.isdir(path):
        raise UsageError("is a directory, not a baseline", where=Where(file=path), hint=AGAIN)
    return decode_baseline(read_named(path, MAX_BASELINE), path)


def decode_baseline(data: bytes, path: str) -> RecordedBaseline:
    """Likewise, from bytes; ``path`` is what errors call them."""
    where = Where(file=path)
    try:
        document = parse_object(data, "the baseline", MAX_BASELINE)
    except ImageError as error:
        raise UsageError(error.what, where=where, hint=AGAIN) from error
    if "figures" not in document and "scores" in document:
        raise UsageError("is an analysis as JSON, not a baseline", where=where, hint=AGAIN)
    version = document.get("schema_version")
    known = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if known is None or "figures" not in document:
        raise UsageError("is no baseline of layerlens", where=where, hint=AGAIN)
    if int(known[1]) != int(SCHEMA_VERSION.partition(".")[0]):
        raise UsageError(
            f"is a baseline of version {version}, and this layerlens reads {SCHEMA_VERSION}",
            where=where,
            hint="use the layerlens that wrote it, or write it anew with --write-baseline",
        )
    try:
        return _baseline(document, path)
    except _MalformedError as error:
        raise UsageError(f"is a damaged baseline: {error}", where=where, hint=AGAIN) from error


def is_baseline_file(path: str) -> bool:
    """Whether a path is to be read as a baseline file and as nothing else.

    A file that begins as JSON does, or a pipe (``<(git show main:baseline.json)``).
    """
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            return stat.S_ISFIFO(mode)
        with open(path, "rb") as stream:
            return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except (OSError, ValueError):
        return False


def _baseline(document: dict[str, Any], path: str) -> RecordedBaseline:
    image = _object(document, "image")
    version = _maybe(document, "layerlens")
    if not version:
        raise _MalformedError("it does not say which layerlens wrote it")
    return RecordedBaseline(
        origin=path,
        image=BaselineImage(
            reference=_maybe(image, "reference", "image.") or "",
            id=_maybe(image, "id", "image."),
            digest=_maybe(image, "digest", "image."),
            platform=_maybe(image, "platform", "image."),
            revision=_maybe(image, "revision", "image."),
        ),
        figures=_figures(_object(document, "figures")),
        findings=_findings(document),
        made=_written(document),
        revision=_maybe(document, "source_revision"),
        version=version,
    )


def _object(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    if not isinstance(value, dict):
        raise _MalformedError(f"{key} is {kind_of(value)}, not an object")
    return value


def _maybe(document: dict[str, Any], key: str, prefix: str = "") -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise _MalformedError(f"{prefix}{key} is {kind_of(value)}, not a string")
    return value


def _written(document: dict[str, Any]) -> float | None:
    text = _maybe(document, "written")
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise _MalformedError("written is no time") from error
    if not 0 <= seconds < _YEAR_10000:
        raise _MalformedError("written is no time")
    return seconds


_YEAR_10000 = 253_402_300_800


def _figures(document: dict[str, Any]) -> Figures:
    """The figures of known gates; others are of a later minor version."""
    found: dict[tuple[str, str], float] = {}
    for gate in GATES:
        if gate.id not in document:
            continue
        if gate.subject:
            for subject, value in _object(document, gate.id).items():
                found[gate.id, subject] = _number(value, gate, f"{gate.id} of {subject!r:.100}")
        else:
            found[gate.id, ""] = _number(document[gate.id], gate, gate.id)
    if not found:
        raise _MalformedError("it has no figures")
    return found


_MOST_FIGURE = 2**53
"""Figures stay exact as floating-point numbers below this: 9 petabytes."""


def _number(value: object, gate: Gate, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _MalformedError(f"{what} is {kind_of(value)}, not a number")
    if gate.unit is Unit.SHARE:
        if not 0 <= value <= 1:
            raise _MalformedError(f"{what} is no ratio from 0 to 1")
    elif not isinstance(value, int) or not 0 <= value < _MOST_FIGURE:
        raise _MalformedError(f"{what} is no count, or beyond all measure")
    return float(value)


def _findings(document: dict[str, Any]) -> tuple[FindingKey, ...] | None:
    rows = document.get("findings")
    if rows is None:
        if "findings" not in document:
            raise _MalformedError("it has no findings")
        return None
    if not isinstance(rows, list):
        raise _MalformedError(f"findings is {kind_of(rows)}, not an array")
    return tuple(sorted(map(_finding, rows), key=order))


def _finding(row: object) -> FindingKey:
    if not isinstance(row, dict):
        raise _MalformedError(f"a finding is {kind_of(row)}, not an object")
    rule, place = _maybe(row, "rule", "findings."), _maybe(row, "place", "findings.")
    word = _maybe(row, "severity", "findings.")
    if not rule or place is None:
        raise _MalformedError("a finding lacks its rule or its place")
    if word not in _SEVERITIES:
        raise _MalformedError(f"a finding has the severity {word!r:.100}")
    return FindingKey(rule, place, _SEVERITIES[word])
