"""Which line of a Dockerfile made which row of an image's history."""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerlens.image.dockerfile import Step
from layerlens.image.history import readable
from layerlens.image.model import HistoryEntry

_BLANKS = re.compile(r"[\s\\;&]+")
_NO_ROW = frozenset({"FROM"})


def lines_of(steps: Sequence[Step], history: Sequence[HistoryEntry]) -> dict[int, int]:
    """History row -> line of its instruction, counted from 1.

    Rows and steps are paired from the end, since the base image's rows come
    first.  The pairing ends where two do not fit, which is at the base where the
    Dockerfile is the image's; at the top there is nothing to tell where it is not.
    """
    found: dict[int, int] = {}
    row = len(history) - 1
    for step in reversed(steps):
        if step.keyword in _NO_ROW:
            continue
        if row < 0:
            break
        entry = history[row]
        instruction = readable(entry.created_by, entry.comment)
        if step.keyword == "MAINTAINER" and not instruction.text:
            pass
        elif instruction.keyword != step.keyword or not _fits(step, instruction.text):
            break
        found[row] = step.line
        row -= 1
    return found


def _fits(step: Step, text: str) -> bool:
    """Whether a history row can be of a step: a command must be the same, blanks aside.

    Of other instructions builders record their own wording, so the keyword decides.
    """
    if step.keyword != "RUN" or step.words is not None or step.documents:
        return True
    mine = _BLANKS.sub("", step.text)
    theirs = _BLANKS.sub("", text.removeprefix("RUN"))
    return mine == theirs or mine in theirs
