"""All facts of an image in sections: what it is, its figures, settings, history, oddities."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layerlens.analysis.model import Analysis, LayerFacts, SizeRow
from layerlens.image.history import dockerfile_lines, wrap_run
from layerlens.image.model import HistoryEntry, Instruction
from layerlens.outputs.display import percent as percents
from layerlens.outputs.display import percent_of
from layerlens.outputs.schema import config_fields
from layerlens.tui.viewmodel.text import count, percent, plural, size

Pair = tuple[str, str]
"""A label, and a text of one or more lines; both as they are, not safe to print."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line.

    ``label``, ``value`` are what the line shows, ``more`` what there is to say
    besides.  All were written by strangers, in part, and are not safe to print.
    ``whole`` is the value as the details show it, on several lines, where it is
    not the same.  ``layer`` and ``path`` are what it speaks of.
    """

    label: str
    value: str
    whole: str = ""
    more: tuple[Pair, ...] = ()
    layer: int | None = None
    path: bytes | None = None

    @property
    def text(self) -> str:
        """What a filter looks at."""
        return f"{self.label} {self.value}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and the facts below it; ``about`` says what they are."""

    title: str
    about: str
    facts: tuple[Fact, ...]


def sections(analysis: Analysis) -> list[Section]:
    """All sections, those without facts included."""
    settings = config_fields(analysis.image.config.settings)
    labels = settings.pop("labels")
    env = settings.pop("env")
    return [
        Section("Image", "what it is", tuple(_identity(analysis))),
        Section("Figures", "ours, and what dive 0.13.1 says", tuple(_figures(analysis))),
        Section("Which size?", "the same image by four meters", tuple(map(_meter, analysis.sizes))),
        Section("Base", "where the base image ends", tuple(_base(analysis))),
        Section("Configuration", "what a container runs", tuple(_settings(analysis, settings))),
        Section("Environment", "", tuple(_variable(text) for text in env)),
        Section("Labels", "", tuple(Fact(key, value) for key, value in labels.items())),
        Section("Annotations", "", tuple(Fact(k, v) for k, v in analysis.image.annotations)),
        Section("History", "layer, whose, size, instruction", tuple(_history(analysis))),
        Section("Diagnostics", "oddities met while reading", tuple(_diagnostics(analysis))),
    ]


# ---------------------------------------------------------------------- identity, figures


def _identity(analysis: Analysis) -> Iterator[Fact]:
    image = analysis.image
    yield Fact("reference", image.reference)
    yield Fact("source", image.source)
    yield Fact("tags", ", ".join(image.tags) or "none", "\n".join(image.tags))
    yield Fact("id", str(image.id or "unknown"), more=(("meaning", "the configuration's digest"),))
    yield Fact(
        "digest", str(image.digest or "unknown"), more=(("meaning", "the manifest's digest"),)
    )
    yield Fact("platform", str(image.platform or "unknown"))
    if analysis.distribution.name:
        yield Fact("system", analysis.distribution.name)
    yield Fact("created", image.created or "unknown")
    if image.config.author:
        yield Fact("author", image.config.author)
    stored = "" if image.compressed_size is None else f", {size(image.compressed_size)} compressed"
    yield Fact("size", f"{_exact(image.size)} in {plural(len(analysis.layers), 'layer')}{stored}")
    yield Fact("files", f"{count(image.file_count)} names in the final filesystem")
    yield Fact(
        "overhead", _exact(image.overhead),
        more=(("meaning", "headers and padding of the layer tars, in no other figure"),),
    )  # fmt: skip
    if image.attestation_bytes:
        yield Fact(
            "besides", f"attestations, {_exact(image.attestation_bytes)}, in no other figure"
        )


def _figures(analysis: Analysis) -> Iterator[Fact]:
    scores, dive = analysis.scores, analysis.dive
    ruled = analysis.judged is not None

    def figure(label: str, ours: str, theirs: str, meaning: str) -> Fact:
        value = f"{ours:<22} dive: {theirs}" if theirs else ours
        return Fact(label, value, more=(("meaning", meaning),))

    yield figure(
        "efficiency", percent(scores.efficiency), _ratio(dive.efficiency),
        "live bytes of all bytes; dive weighs copies of a path in its own way",
    )  # fmt: skip
    yield figure(
        "wasted", _exact(scores.dead_bytes), _exact(dive.wasted_bytes),
        "dead bytes: shipped, and invisible in the container; dive counts all copies of a path "
        "that was written more than once",
    )  # fmt: skip
    yield figure(
        "user wasted", percents(scores.user_wasted_percent), _ratio(dive.user_wasted_percent),
        "bytes of your layers that are dead or only repeat what lies below; dive divides its "
        "wasted bytes by all bytes above the first layer",
    )  # fmt: skip
    yield figure(
        "lean score", percent(scores.lean_score), "",
        "bytes that are neither dead nor removable, of all"
        + ("" if ruled else "; rules did not run, so nothing counts as removable"),
    )  # fmt: skip
    yield figure("total", _exact(scores.total_bytes), "", "contents of all files of all layers")
    yield figure("live", _exact(scores.live_bytes), "", "contents reachable in the container")
    yield figure(
        "removable", _exact(scores.removable_bytes) if ruled else "unknown: rules did not run", "",
        "live bytes that findings say need not be there",
    )  # fmt: skip
    files = dive.inefficient_files
    if files:
        worst = sorted(files, key=lambda each: -each.bytes)[:_DIVES_FILES]
        listed = "\n".join(f"{each.count} times, {size(each.bytes)}  {each.path}" for each in worst)
        value = f"{plural(len(files), 'path')} written more than once"
        yield Fact("dive's list", value, listed)


_DIVES_FILES = 20


def _ratio(ratio: float) -> str:
    """A ratio of dive's, which divides by zero on images without layers of your own."""
    if math.isnan(ratio):
        return "not a number"
    return percents(ratio * 100) if math.isfinite(ratio) else "infinite"


def _exact(number: int) -> str:
    return f"{size(number)} ({count(number)} bytes)" if number >= 1000 else size(number)


def _meter(row: SizeRow) -> Fact:
    about = "≈" if row.approximate else ""
    figure = "?" if row.bytes is None else f"{about}{size(row.bytes)}"
    more = [("exactly", "unknown" if row.bytes is None else f"{count(row.bytes)} bytes")]
    if row.repeated_bytes:
        each = (row.bytes or 0) + row.repeated_bytes
        more.append(("repeated", f"{size(each)} with repeated layers each time"))
    return Fact(f"{row.meter:<9}{figure:>9}", row.why, more=tuple(more))


def _base(analysis: Analysis) -> Iterator[Fact]:
    base, layers = analysis.base, analysis.layers
    yield Fact("boundary", f"{base.boundary}: {_HOW_SURE.get(base.boundary, '')}")
    if base.name:
        yield Fact("name", base.name)
    yield Fact("rests on", base.rests_on or "nothing")
    parts = (("base", layers[: base.layers]), ("yours", layers[base.layers :]))
    for label, part in parts:
        whole, dead = sum(each.size for each in part), sum(each.dead_bytes for each in part)
        share = percent_of(whole, analysis.scores.total_bytes)
        value = f"{plural(len(part), 'layer')}, {size(whole)} ({share}), {size(dead)} of it dead"
        yield Fact(label, value if part else "no layers")


_HOW_SURE = {
    "exact": "layers were compared with those of the base",
    "declared": "the builder's own note says so",
    "guessed": "the shape of the history suggests it",
    "none": "not known, all layers count as yours",
}


# ---------------------------------------------------------------------- configuration


def _variable(text: str) -> Fact:
    name, equals, value = text.partition("=")
    return Fact(name, value if equals else "(no value)")


_PLAIN = (
    ("user", "User"), ("entrypoint", "Entrypoint"), ("cmd", "Cmd"), ("workdir", "WorkingDir"),
    ("exposed_ports", "ExposedPorts"), ("volumes", "Volumes"), ("healthcheck", "Healthcheck"),
    ("stop_signal", "StopSignal"), ("shell", "Shell"), ("on_build", "OnBuild"),
)  # fmt: skip
_NOT_SET = {"user": "not set: root", "workdir": "not set: /"}
_ELSEWHERE = frozenset({"env", "labels", *(setting.lower() for _, setting in _PLAIN)})
_LONGEST_JSON = 10_000


def _settings(analysis: Analysis, fields: Mapping[str, Any]) -> Iterator[Fact]:
    for key, _ in _PLAIN:
        label, value = key.replace("_", " "), fields[key]
        if key == "healthcheck" and value is not None:
            yield _healthcheck(value)
        elif key == "on_build":
            yield Fact(label, "; ".join(value) or "none", "\n".join(value))
        elif key in ("exposed_ports", "volumes"):
            yield Fact(label, ", ".join(value) or "none", "\n".join(value))
        elif isinstance(value, list):
            words = "\n".join(value)
            yield Fact(label, json.dumps(value, ensure_ascii=False), more=(("words", words),))
        else:
            yield Fact(label, value or _NOT_SET.get(key, "not set"))
    for key, value in analysis.image.config.settings.items():
        if key.lower() not in _ELSEWHERE and value not in (None, "", False, [], {}):
            text = json.dumps(value, ensure_ascii=False, default=str)
            yield Fact(key, text[:_LONGEST_JSON])


def _healthcheck(fields: Mapping[str, Any]) -> Fact:
    times = [
        f"{name.removesuffix('_ns').replace('_', ' ')} {fields[name] / 1e9:g} s"
        for name in ("interval_ns", "timeout_ns", "start_period_ns", "start_interval_ns")
        if fields[name]
    ]
    if fields["retries"]:
        times.append(f"retries {fields['retries']}")
    test = json.dumps(fields["test"], ensure_ascii=False)
    return Fact("healthcheck", " · ".join((test, *times)))


# ---------------------------------------------------------------------- history


def _history(analysis: Analysis) -> Iterator[Fact]:
    """The rows in order; layers that have none come first, as the lowest ones are those."""
    of_row = {
        layer.history.row: layer for layer in analysis.layers if layer.history.row is not None
    }
    for layer in analysis.layers:
        if layer.history.row is None:
            yield _step(layer, layer.instruction, HistoryEntry())
    for number, line in enumerate(dockerfile_lines(analysis.history)):
        yield _step(of_row.get(number), line, analysis.history[number])


def _step(layer: LayerFacts | None, line: Instruction, row: HistoryEntry) -> Fact:
    more: list[Pair] = []
    if layer is None:
        label = f"  - {'no layer':<5}{'':>7}"
        more.append(("layer", "none: it changed settings only"))
    else:
        whose = "base" if layer.is_base else "yours"
        label = f"{layer.index:>3} {whose:<6}{size(layer.size):>9}"
        more += [
            ("layer", f"{layer.index}, {'of the base' if layer.is_base else 'yours'}"),
            ("size", _exact(layer.size)),
            ("dead", f"{size(layer.dead_bytes)} of it; it makes {size(layer.kills_bytes)} waste"),
            ("diff_id", str(layer.diff_id or "unknown")),
        ]
    more += [
        (name, text)
        for name, text in (
            ("arguments", "\n".join(line.args)),
            ("created", row.created),
            ("author", row.author),
            ("comment", row.comment),
            ("recorded", line.raw if line.raw != line.text else ""),
        )
        if text
    ]
    whole = "\n".join(wrap_run(line.text)) if line.keyword == "RUN" else line.text
    index = None if layer is None else layer.index
    return Fact(label, line.text or "(no history)", whole, tuple(more), index)


def _diagnostics(analysis: Analysis) -> Iterator[Fact]:
    for note in analysis.diagnostics:
        place = "" if note.layer is None else f"layer {note.layer}: "
        path = "" if note.path is None else f"/{note.path.decode('utf-8', 'surrogateescape')}"
        more = [("layer", "none" if note.layer is None else str(note.layer))]
        if path:
            more.append(("path", path))
        value = f"{place}{note.message}" + (f" ({path})" if path else "")
        yield Fact(note.code, value, note.message, tuple(more), note.layer, note.path)
