"""What all outputs of a comparison say in the same words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.model import Severity, Topic
from layerlens.analysis.rules.words import counted
from layerlens.comparison.causes import Cause
from layerlens.comparison.model import Comparison, Delta, Pointless
from layerlens.image.jsondoc import get_ci
from layerlens.outputs.display import percent, percent_of
from layerlens.units import human_change, human_size

REASONS = {
    Pointless.SAME: "the same content in a layer that is new: only times changed, or its step "
    "ran again",
    Pointless.MOVED: "the same content at another path",
    Pointless.BYTECODE: "compiled Python whose source did not change",
    Pointless.LOG: "logs and caches that the build wrote anew",
}
"""Why files are fetched again for nothing."""

ADVICE = {
    Pointless.SAME: "Put what changes rarely first: COPY the dependency manifests, install, then "
    "COPY the sources. Build with SOURCE_DATE_EPOCH and --output type=image,"
    "rewrite-timestamp=true, so that equal files make equal layers.",
    Pointless.MOVED: "Write files where they stay, in the layer that brings them.",
    Pointless.BYTECODE: "Set ENV PYTHONDONTWRITEBYTECODE=1 and install with pip --no-compile, or "
    "compile with python -m compileall --invalidation-mode unchecked-hash.",
    Pointless.LOG: "Remove them in the RUN that writes them, or keep them out of the layer with "
    "RUN --mount=type=cache.",
}
"""What to do about it."""


def change_of(delta: Delta) -> str:
    """A change with its share of what was: ``-482 kB (-42.1%)``; ``""`` where not known."""
    change = delta.change
    if change is None or delta.old is None:
        return ""
    if not change:
        return "no change"
    if not delta.old:
        return human_change(change)
    share = percent_of(abs(change), delta.old) if change < 0 else percent(change / delta.old * 100)
    return f"{human_change(change)} ({'-' if change < 0 else '+'}{share})"


def known(size: int | None) -> str:
    """A size, or that it is not known."""
    return "not known" if size is None else human_size(size)


def cause_words(cause: Cause) -> str:
    """What a part of a change is, without who did it; a stranger's text in part."""
    if cause.kind == "dead":
        return f"dead bytes ({cause.name.replace('_', ' ')})"
    if cause.kind == "removable":
        return cause.name
    if cause.kind == "package":
        ecosystem, _, name = cause.name.partition(" ")
        what = "new " if cause.is_new else "removed " if cause.is_gone else ""
        return f"{what}{ecosystem} package {name}"
    return "other files"


# --------------------------------------------------------------------- the case study's table


class CaseRow(NamedTuple):
    """A line of the table that compares two builds; cells may hold strangers' text."""

    label: str
    old: str
    new: str
    change: str


def case_rows(comparison: Comparison) -> Iterator[CaseRow]:
    """What a case study tells of two builds of one program: as far as images can tell it."""
    old, new = comparison.old, comparison.new
    yield CaseRow("Base image", _base(old), _base(new), change_of(_base_delta(old, new)))
    size = comparison.size
    yield CaseRow("Image size", known(size.old), known(size.new), change_of(size))
    transfer = comparison.transfer
    if transfer.old is not None or transfer.new is not None:
        yield CaseRow(
            "Pull (compressed)", known(transfer.old), known(transfer.new), change_of(transfer)
        )
    yield CaseRow("Layers", _layers(old), _layers(new), _count(len(old.layers), len(new.layers)))
    users = _user(old), _user(new)
    yield CaseRow("User", *users, "" if users[0] == users[1] else _posture(*users))
    if old.judged is not None and new.judged is not None:
        packages = len(old.inventory.packages), len(new.inventory.packages)
        yield CaseRow("Packages", f"{packages[0]:,}", f"{packages[1]:,}", _count(*packages))
        for label, counts in (
            ("Security findings", [_posture_findings(each) for each in (old, new)]),
            ("Severe findings", [_severe(each) for each in (old, new)]),
        ):
            yield CaseRow(label, str(counts[0]), str(counts[1]), _count(*counts))
        waste = Delta(*(_waste(each) for each in (old, new)))
        yield CaseRow("Waste", known(waste.old), known(waste.new), change_of(waste))
        saving = Delta(*(each.what_if(each.advised).saved_bytes for each in (old, new)))
        yield CaseRow("Saving left", known(saving.old), known(saving.new), change_of(saving))
    else:
        dead = comparison.dead
        yield CaseRow("Dead bytes", known(dead.old), known(dead.new), change_of(dead))


def _waste(image: Analysis) -> int:
    return image.scores.dead_bytes + image.scores.removable_bytes


def _base_delta(old: Analysis, new: Analysis) -> Delta:
    sizes = [
        sum(layer.size for layer in each.layers if layer.is_base) if each.base.layers else None
        for each in (old, new)
    ]
    return Delta(*sizes)


def _base(image: Analysis) -> str:
    if not image.base.layers:
        return "not known"
    size = human_size(sum(layer.size for layer in image.layers if layer.is_base))
    return f"{image.base.name} ({size})" if image.base.name else size


def _layers(image: Analysis) -> str:
    yours = sum(not layer.is_base for layer in image.layers)
    return f"{len(image.layers)} ({yours} yours)" if image.base.layers else f"{len(image.layers)}"


def _user(image: Analysis) -> str:
    user = get_ci(image.image.config.settings, "User")
    return user if isinstance(user, str) and user else "root"


def _posture(old: str, new: str) -> str:
    was, now = _is_root(old), _is_root(new)
    if was == now:
        return ""
    return "no longer root" if was else "root now"


def _is_root(user: str) -> bool:
    return user.partition(":")[0] in ("root", "0")


def _count(old: int, new: int) -> str:
    return "" if old == new else f"{new - old:+,}"


def _posture_findings(image: Analysis) -> int:
    return sum(finding.rule.topic in _SECURITY for finding in image.findings)


def _severe(image: Analysis) -> int:
    return sum(finding.severity >= Severity.HIGH for finding in image.findings)


_SECURITY = (Topic.SECRETS, Topic.POSTURE)


def unsure_words(count: int) -> str:
    """That the contents of so many files could not be compared."""
    return (
        f"The contents of {counted(count, 'file')} could not be compared: equal size and time "
        "were taken for equal content."
    )
