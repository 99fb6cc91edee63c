"""What differs between two versions of a path."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from layerlens.retrieval import Retrieval
from layerlens.tui.screens.content import ContentScreen
from layerlens.tui.viewmodel.content import Content
from layerlens.tui.viewmodel.diff import DiffLines, diff
from layerlens.tui.viewmodel.preview import FileVersion
from layerlens.tui.viewmodel.text import count, plural, safe_text, size


class DiffScreen(ContentScreen):
    """Metadata and content of an older and a newer version, as what went and what came.

    ``images`` stand before their layers where they are of two images; ``retrieval``
    then tells their versions apart.
    """

    def __init__(
        self,
        title: str,
        old: FileVersion,
        new: FileVersion,
        retrieval: Retrieval,
        images: tuple[str, str] = ("", ""),
    ) -> None:
        # Without a content on one side there is nothing to compare it with.
        both = (old, new) if old.has_content and new.has_content else ()
        super().__init__(title, new.entry.path, both, retrieval)
        self._old = old
        self._new = new
        self._images = images
        self._diff = DiffLines()

    def facts(self) -> list[str]:
        return [f"{self._images[0]}{_words(self._old)}  →  {self._images[1]}{_words(self._new)}"]

    def prepare(self, contents: dict[int, Content], check: Callable[[], None]) -> DiffLines:
        old, new = contents.get(self._old.version), contents.get(self._new.version)
        both = (old, new) if old is not None and new is not None else None
        return diff(self._old, self._new, both, check)

    def show(self, prepared: DiffLines) -> None:
        self._diff = prepared
        self.show_lines(prepared)

    def position(self) -> list[str]:
        hunks = self._diff.hunks
        before = bisect_right(hunks, self.lines.line)
        if not hunks:
            return []
        return [
            f"change {count(before)} of {count(len(hunks))}"
            if before
            else plural(len(hunks), "change")
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "next":
            return self._state == "shown"
        return super().check_action(action, parameters)

    def action_next(self, step: int) -> None:
        if self._text:
            super().action_next(step)
            return
        hunk = self.lines.next_of(self._diff.hunks, step)
        if hunk is not None:
            self.lines.go_to(self._diff.hunks[hunk], on_top=True)
            self.draw_position()


def _words(version: FileVersion) -> str:
    fate = f", {safe_text(version.fate, 60)}" if version.fate else ""
    return f"layer {version.entry.layer}, {size(version.entry.size)}{fate}"
