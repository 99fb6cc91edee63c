"""What limits speak of by name: classes of waste, severities."""

from __future__ import annotations

from layerlens.analysis.rules.model import LedgerClass, Severity
from layerlens.filesystem.changes import Cause

CAUSES = {cause.word.replace("_", "-"): cause for cause in Cause}
"""Classes of dead bytes, with dashes as rules have them."""

CLASSES = {each.value: each for each in LedgerClass}
"""Classes of removable bytes."""

SEVERITIES = {severity.word: severity for severity in Severity}


def plain(name: str) -> str:
    """A class as gates know it: ``type_changed``, as the ledger writes it, has a dash."""
    return name.replace("_", "-")
