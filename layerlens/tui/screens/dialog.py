"""What windows over other screens have in common."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A window that closes itself and nothing else.

    Textual's ``dismiss`` takes away whatever is on top: of two keys that came in one
    burst, the second would close what lies below.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close the window, if it is the one on top."""
        if self.is_active:
            return super().dismiss(result)
        nothing: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return nothing
