"""``--baseline``, ``--write-baseline`` and what belongs to them."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from layerlens.cli.output import check_writable, destination
from layerlens.errors import ImageError, LayerLensError, UsageError, Where
from layerlens.gate.baseline import RecordedBaseline, demanded, record, recordable
from layerlens.gate.baseline_file import (
    encode_baseline,
    is_baseline_file,
    load_baseline,
)
from layerlens.gate.baseline_notes import (
    STALE_DAYS,
    age_days,
    baseline_notes,
    other_platform,
    strict_ruling,
)
from layerlens.gate.ignoring import Excused, excuse

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.analysing import Depth
    from layerlens.cli.diagnostics import Narrator
    from layerlens.contents_of_two import Side
    from layerlens.gate.model import Demand, GateSettings, Verdict
    from layerlens.outputs.report import Report
    from layerlens.sources.image import Image

REVISION_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "CIRCLE_SHA1", "GIT_COMMIT")
"""Where GitHub, GitLab, CircleCI and Jenkins say which commit they build."""

_FILES = (".json", ".lls")
"""Endings of what layerlens writes: such a name is never taken for an image's."""


# ------------------------------------------------------------------------------------ loading


@dataclass(frozen=True, slots=True)
class Writing:
    """What ``--write-baseline`` is to do, known to be possible.

    ``there`` is the baseline that the file holds now.
    """

    path: str
    there: RecordedBaseline | None
    ratchet: bool
    accept_new: bool


def baseline_of(
    arguments: argparse.Namespace,
    name: str,
    settings: GateSettings,
    narrator: Narrator,
    hold: Depth | None = None,
) -> tuple[RecordedBaseline, Side | None]:
    """What ``--baseline NAME`` names, with the figures that the settings' demands ask for.

    Where it is an image, that stays open with ``hold``, looked at so deep at least.
    Raises :class:`UsageError` where it cannot be had: a gate that cannot be judged
    must never pass.
    """
    if name == "-":
        raise UsageError("a baseline cannot be on stdin", hint="give a file, --baseline F")
    from layerlens.saved.sniff import is_saved

    if is_saved(name):
        found, analysis = _of_saved(name, settings)
        return found, None if hold is None else _side(analysis, None)
    if is_baseline_file(name) or (_is_plainly_a_file(name) and not os.path.exists(name)):
        return load_baseline(name), None
    if os.path.isfile(name) and name.endswith(_FILES):
        return load_baseline(name), None  # an empty or broken file: its errors say what to do
    return _of_image(arguments, name, settings, narrator, hold)


def _side(analysis: Analysis, image: Image | None) -> Side:
    from layerlens.contents_of_two import Side

    return Side(analysis, image)


def _is_plainly_a_file(name: str) -> bool:
    return name.startswith((".", "/")) or name.endswith(_FILES)


def _of_saved(path: str, settings: GateSettings) -> tuple[RecordedBaseline, Analysis]:
    from layerlens.saved.load import load

    try:
        analysis = load(path)
    except ImageError as error:
        raise _unusable(path, error) from error
    return measured_baseline(analysis, settings, path, analysis.image.saved_at), analysis


def measured_baseline(
    analysis: Analysis, settings: GateSettings, origin: str, made: float | None
) -> RecordedBaseline:
    """An analysed image as a baseline: the figures that are demanded, alike ignores."""
    return record(
        analysis,
        demanded(settings.demands),
        excused=_excused(analysis, settings),
        origin=origin,
        made=made,
    )


def _excused(analysis: Analysis, settings: GateSettings) -> Excused | None:
    """What the ignores in force leave out: of the baseline too, else figures would not compare."""
    if not settings.ignores:
        return None
    return excuse(analysis, settings.ignores, datetime.now(UTC).date())


def _of_image(
    arguments: argparse.Namespace,
    name: str,
    settings: GateSettings,
    narrator: Narrator,
    hold: Depth | None,
) -> tuple[RecordedBaseline, Side | None]:
    """Analyse an image as the one that is judged; without ``hold`` only its figures are kept."""
    from layerlens.cli.analysing import Depth, analyse_held

    theirs = _alike(arguments, name)
    depth = max(
        _depth(theirs, settings.demands), hold or Depth.ENTRIES, key=lambda each: each.value
    )
    try:
        try:
            analysis, image = analyse_held(theirs, narrator.progress, depth=depth)
        except UsageError:
            if not theirs.base:
                raise
            # The base has moved on between the two builds.
            theirs.base = None
            analysis, image = analyse_held(theirs, narrator.progress, depth=depth)
            narrator.tell("layerlens: --base is not the baseline's base: it was guessed there")
    except LayerLensError as error:
        raise _unusable(name, error) from error
    narrator.clear()
    if hold is None and image is not None:
        image.close()
    found = measured_baseline(analysis, settings, name, epoch_of(analysis.image.created))
    return found, None if hold is None else _side(analysis, image)


def _alike(arguments: argparse.Namespace, name: str) -> argparse.Namespace:
    """The arguments with which an image is read as the one that is judged.

    A saved analysis is judged by a command that takes no options of reading: then
    the usual ones count.  ``--image`` chooses in the other archive only.
    """
    from layerlens.cli.options import parser

    given = {key: value for key, value in vars(arguments).items() if key != "saved"}
    # The settings file is the one that was read already.
    kept = {key: given[key] for key in ("config", "settings_file") if key in given}
    usual = vars(parser().parse_args(["image"], argparse.Namespace(**kept)))
    return argparse.Namespace(**usual | given | {"image": name, "select": None})


def _depth(arguments: argparse.Namespace, demands: Sequence[Demand]) -> Depth:
    from layerlens.cli.analysing import Depth

    if arguments.no_findings:
        return Depth.ENTRIES
    packages = any(demand.gate.id == "max-package" for demand in demands)
    return Depth.RULES if packages else Depth.FINDINGS


def _unusable(name: str, error: LayerLensError) -> UsageError:
    """Why a baseline cannot be used, in one line: the cause and its place are told too."""
    where = error.where
    place = [f"{where.file}: " if where.file not in (None, name) else ""]
    place.append(f"{where.layer}: " if where.layer else "")
    return UsageError(
        f"the baseline cannot be used: {''.join(place)}{error.what}",
        where=Where(file=name),
        hint=error.hint,
    )


def epoch_of(created: str | None) -> float | None:
    """When an image was built, in seconds since the epoch."""
    try:
        found = datetime.fromisoformat(created or "")
        return found.timestamp() if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def is_first(arguments: argparse.Namespace) -> bool:
    """Whether this run is to make the baseline that it would be compared with.

    A lost file must not pass for that, so ``--accept-new`` has to say so.
    """
    name, path = arguments.baseline, arguments.write_baseline
    return (
        None not in (name, path)
        and arguments.accept_new
        and not os.path.exists(path)
        and os.path.realpath(name) == os.path.realpath(path)
    )


# ------------------------------------------------------------------------------------ judging


def with_baseline(
    verdict: Verdict, analysis: Analysis, baseline: RecordedBaseline, *, strict: bool
) -> Verdict:
    """A verdict with what is to be said of its baseline.

    Raises :class:`UsageError` where a baseline file is of another platform: its
    figures would be taken for those of another build.
    """
    if baseline.is_file and other_platform(analysis, baseline):
        raise _wrong_platform(baseline, analysis)
    notes = baseline_notes(analysis, baseline, time.time(), gone_told=strict)
    if strict:
        ruling = strict_ruling(analysis, baseline)
        verdict = replace(verdict, rulings=(*verdict.rulings, ruling))
    return replace(verdict, baseline=baseline.facts, notes=(*verdict.notes, *notes))


def _wrong_platform(baseline: RecordedBaseline, analysis: Analysis) -> UsageError:
    return UsageError(
        f"is a baseline of {baseline.image.platform}, and the image is of "
        f"{analysis.image.platform}",
        where=Where(file=baseline.origin),
        hint="keep a baseline for each platform",
    )


# ------------------------------------------------------------------------------------ writing


def writing_of(arguments: argparse.Namespace) -> Writing | None:
    """What is to be written, checked before the image is read.  Raises :class:`UsageError`."""
    path = arguments.write_baseline
    if path is None:
        for option in ("ratchet", "accept_new"):
            if getattr(arguments, option):
                raise UsageError(f"--{option.replace('_', '-')} needs --write-baseline")
        return None
    if arguments.ratchet and arguments.accept_new:
        raise UsageError("--ratchet never accepts what is new", hint="drop --accept-new or it")
    if path == "-":
        raise UsageError("a baseline is written to a file", hint="give --write-baseline F")
    check_writable(path)
    there = None
    if os.path.isfile(path):
        try:
            there = load_baseline(path)
        except UsageError as error:
            error.hint = "--write-baseline replaces baselines only: remove the file first"
            raise
    return Writing(path, there, arguments.ratchet, arguments.accept_new)


def write_baseline(
    writing: Writing, report: Report, settings: GateSettings, narrator: Narrator
) -> None:
    """Write the figures of the image, after the verdict, and tell what was done.

    A run that fails leaves the file as it is, unless what is new is accepted; so does
    one that has nothing new to say, unless the file has become old.
    """
    from layerlens.outputs.display import escape

    path, there = escape(writing.path), writing.there
    if report.verdict is not None and not report.verdict.passed and not writing.accept_new:
        narrator.tell(
            f"layerlens: {path}: not written, for the gate failed; --accept-new writes it anyway"
        )
        return
    if there is not None and other_platform(report.analysis, there):
        raise _wrong_platform(there, report.analysis)
    now = time.time()
    found = record(
        report.analysis,
        recordable(settings.demands),
        excused=_excused(report.analysis, settings),
        origin=writing.path,
        made=now,
        revision=working_revision(os.environ),
    )
    if there is not None:
        if writing.ratchet:
            from layerlens.gate.ratchet import tightened

            found = tightened(there, found)
        age = age_days(there, now)
        if found.says_the_same(there) and age is not None and age <= STALE_DAYS:
            narrator.tell(f"layerlens: {path}: says the same already, and was left as it is")
            return
    with destination(writing.path) as stream:
        stream.write(encode_baseline(found))
    narrator.tell(f"layerlens: {path}: baseline written")


def working_revision(environment: os._Environ[str] | dict[str, str]) -> str | None:
    """The commit that a CI system says it builds."""
    for name in REVISION_VARIABLES:
        value = environment.get(name, "")
        if 7 <= len(value) <= 64 and set(value) <= _HEXADECIMAL:
            return value
    return None


_HEXADECIMAL = frozenset("0123456789abcdef")
