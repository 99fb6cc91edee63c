"""The content of a file: text with colours, or a hex dump."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from layerlens.retrieval import Retrieval
from layerlens.tui.jobs import Job, JobDone
from layerlens.tui.screens.content import ContentScreen
from layerlens.tui.viewmodel.content import Content
from layerlens.tui.viewmodel.hexdump import HexLines, bytes_a_line
from layerlens.tui.viewmodel.highlight import MOST_COLOURED, colours
from layerlens.tui.viewmodel.preview import FileVersion, Preview, facts, plain, preview
from layerlens.tui.viewmodel.shown import Lines, Remark
from layerlens.tui.viewmodel.text import count


class PreviewScreen(ContentScreen):
    """Shows one of some versions of a path; the others are a key away.

    ``versions`` are in order of their layers, few enough to be kept (each with
    16 MB at most); ``at`` is the one that is shown first.  ``title`` stands
    above in place of the path, where it is given.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "hex", "Hex", id="preview.hex",
                tooltip="A text as bytes, or as text again"),
        Binding("left_square_bracket", "version(-1)", "Older", key_display="[", id="preview.older",
                tooltip="To the version before"),
        Binding("right_square_bracket", "version(1)", "Newer", key_display="]", id="preview.newer",
                tooltip="To the next version"),
    ]  # fmt: skip

    def __init__(
        self, title: str, versions: Sequence[FileVersion], retrieval: Retrieval, at: int = -1
    ) -> None:
        super().__init__(title, versions[at].entry.path, versions, retrieval)
        self._versions = versions
        self._at = at % len(versions)
        self._previews: Mapping[int, Preview] = {}
        self._wants_hex = False
        self._colouring: tuple[Job, Preview] | None = None
        self._languages: dict[int, str] = {}

    # ------------------------------------------------------------------ what is shown

    @property
    def version(self) -> FileVersion:
        return self._versions[self._at]

    @property
    def _preview(self) -> Preview:
        return self._previews[self.version.version]

    @property
    def is_hex(self) -> bool:
        """Whether bytes are shown, because there is no text or because the user wants them."""
        return self._preview.text is None or self._wants_hex

    def facts(self) -> list[str]:
        several = len(self._versions)
        return [f"version {self._at + 1} of {several}"] * (several > 1) + facts(self.version)

    def prepare(
        self, contents: dict[int, Content], check: Callable[[], None]
    ) -> Mapping[int, Preview]:
        found: dict[int, Preview] = {}
        for version in self._versions:
            check()
            content = contents.get(version.version)
            found[version.version] = (
                plain(version) if content is None else preview(version.entry.path, content)
            )
        return found

    def show(self, prepared: Mapping[int, Preview]) -> None:
        self._previews = prepared
        self._show()

    def _show(self, line: int = 0) -> None:
        self.show_lines(self._lines(), line)
        self._colour()

    def _lines(self) -> Lines:
        text = self._preview.text
        if text is not None and not self._wants_hex:
            return text
        if not self._preview.data:
            return Remark(self._preview.form)
        return HexLines(self._preview.data, bytes_a_line(self.lines.size.width or self.size.width))

    def position(self) -> list[str]:
        shown = self._preview
        lines = self.lines.content
        if isinstance(lines, Remark):
            return []
        line = self.lines.line
        place = ""
        if isinstance(lines, HexLines):
            offset = lines.a_line * line
            place = f"byte {count(offset)} (0x{offset:x})"
        elif shown.text is not None:
            place = f"line {count(shown.text.number(line))} of {count(shown.text.count)}"
        return [place, shown.form, self._languages.get(self.version.version, ""), shown.limits]

    def can_wrap(self) -> bool:
        return not isinstance(self.lines.content, HexLines)

    def resized(self) -> None:
        lines = self.lines.content
        if isinstance(lines, HexLines) and self.lines.size.width:
            a_line = bytes_a_line(self.lines.size.width)
            if a_line != lines.a_line:
                offset = self.lines.line * lines.a_line
                self.show_lines(HexLines(lines.data, a_line), offset // a_line)
        super().resized()

    # ------------------------------------------------------------------ colours

    def _colour(self) -> None:
        """Plain first; colours are drawn when they are found, and forgotten where that takes long."""
        shown = self._preview
        text = shown.text
        if self._colouring is not None:
            self._colouring[0].stop()
            self._colouring = None
        if text is None or self.is_hex or text.is_cut or text.was_looked_at:
            return
        if text.length <= MOST_COLOURED:
            job = Job(lambda _progress: colours(text.text(), shown.path), self.post_message)
            self._colouring = job, shown
            job.start()

    def job_done(self, message: JobDone) -> None:
        if self._colouring is None or message.job is not self._colouring[0]:
            return
        shown = self._colouring[1]
        self._colouring = None
        if shown.text is not None:
            shown.text.colour(message.result)
        if message.result is not None:
            self._languages[self.version.version] = message.result.language
        self.lines.redraw()
        self.draw_position()

    # ------------------------------------------------------------------ keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "hex":
            return self._state == "shown" and self._preview.text is not None
        if action == "version":
            return self._state == "shown" and len(self._versions) > 1
        return super().check_action(action, parameters)

    def action_hex(self) -> None:
        self._wants_hex = not self._wants_hex
        self._show()

    def action_version(self, step: int) -> None:
        at = max(0, min(self._at + step, len(self._versions) - 1))
        if at != self._at:
            line = self.lines.line
            self._at = at
            self.draw_header()
            self._show(line)
