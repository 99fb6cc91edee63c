"""The paths and findings that a user marked; they are printed when the UI ends."""

from __future__ import annotations

from collections.abc import Iterable

from layerlens.analysis.rules.findings import Finding
from layerlens.outputs.display import escape, escape_path

MARKED = ("● ", "mark")
"""What stands before a marked path, and its style."""


class Marks:
    """Keeps what was marked in the order of marking.

    Marked findings are those that the what-if view counts as mended.
    """

    def __init__(self) -> None:
        self._paths: dict[bytes, None] = {}
        self._findings: dict[int, Finding] = {}

    def __len__(self) -> int:
        return len(self._paths) + len(self._findings)

    @property
    def paths(self) -> list[bytes]:
        return list(self._paths)

    @property
    def findings(self) -> list[Finding]:
        return list(self._findings.values())

    def has_path(self, path: bytes) -> bool:
        return path in self._paths

    def has_finding(self, finding: Finding) -> bool:
        return id(finding) in self._findings

    def toggle_path(self, path: bytes) -> bool:
        """Mark a path, or take its mark away; gives whether it is marked now."""
        if path in self._paths:
            del self._paths[path]
            return False
        self._paths[path] = None
        return True

    def toggle_finding(self, finding: Finding) -> bool:
        """Mark a finding, or take its mark away; gives whether it is marked now."""
        if id(finding) in self._findings:
            del self._findings[id(finding)]
            return False
        self._findings[id(finding)] = finding
        return True

    def set_findings(self, findings: Iterable[Finding]) -> None:
        """Mark exactly these findings."""
        self._findings = {id(finding): finding for finding in findings}

    def clear(self) -> None:
        self._paths.clear()
        self._findings.clear()

    def lines(self) -> list[str]:
        """What is printed at the end: a path a line, then a finding a line, escaped."""
        found = [f"/{escape_path(path)}" for path in self._paths]
        for finding in self._findings.values():
            place = "" if finding.layer is None else f" (layer {finding.layer})"
            found.append(f"{finding.rule.id}: {escape(finding.title)}{place}")
        return found
