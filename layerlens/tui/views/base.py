"""What every view of the main screen can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import next_way
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject


class Wanted(Protocol):
    """A filter by text: what was typed, how it is read, and why it cannot be used, if so."""

    @property
    def text(self) -> str: ...

    @property
    def match(self) -> Match: ...

    @property
    def problem(self) -> str | None: ...


class View(Vertical):
    """One way to look at the image.

    The main screen makes a view when it is first looked at, hides it while
    another is shown, and hands it the keys that mean the same everywhere.
    """

    TITLE: ClassVar[str]
    """One word, for the tab."""

    SIGNS: ClassVar[Sequence[tuple[str, str]]] = ()
    """Signs that mean something here, and what, for the help."""

    @dataclass
    class ShowInTree(Message):
        """A path is to be shown in the tree: as ``layer`` changed it, or in the end (``None``).

        An empty path means the layer as a whole.
        """

        path: bytes
        layer: int | None

    @dataclass
    class Changed(Message):
        """The filter or the rows changed: what the main screen says of them is out of date."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.session = session

    @classmethod
    def note(cls, session: Session) -> str:  # noqa: ARG003 - for those that have one
        """A figure behind the title in the tab, ``""`` for none."""
        return ""

    def panes(self) -> list[Widget]:
        """What Tab goes through; the first one has the focus first."""
        raise NotImplementedError

    def adopt(self, session: Session) -> None:
        """Show a newer state of the image, and stay where the user is as far as that is there."""
        raise NotImplementedError

    def subject(self) -> Subject | None:
        """What the cursor stands on, ``None`` where there is nothing."""
        raise NotImplementedError

    def copy_text(self) -> str | None:
        """The text under the cursor, safe to print, ``None`` where there is none."""
        return None

    def marks_changed(self) -> None:
        """Draw the marks anew."""
        self.refresh()

    # ------------------------------------------------------------------ filter

    @property
    def wanted(self) -> Wanted:
        """The filter."""
        raise NotImplementedError

    def search(self, text: str, match: Match | None = None) -> None:
        """Show only what a text matches, read as before or as ``match`` says."""
        raise NotImplementedError

    def counted(self) -> str:
        """What the filter let through, in a few words: how many, how much."""
        raise NotImplementedError

    def next_match(self) -> None:
        """Read the text in the next way."""
        self.search(self.wanted.text, next_way(self.wanted.match))

    def matched(self) -> str:
        """What was found, or why the text cannot be used."""
        wanted = self.wanted
        return "" if not wanted.text else wanted.problem or self.counted()

    def found(self) -> Widget:
        """The pane that shows what was found; it has the focus after Enter."""
        return self.panes()[0]

    def back(self) -> bool:
        """Undo the last thing that narrows the view; gives whether there was one."""
        return False
