"""What windows over other screens have in common."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

T = TypeVar("T")


def nothing() -> AwaitComplete:
    """What closing gives where nothing is closed."""
    done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
    return done


class Dialog(ModalScreen[T]):
    """A window that closes itself and nothing else.

    Textual's ``dismiss`` takes away whatever is on top: work that ends below the command
    palette would close that, and leave its own window there for good.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close the window, if it is the one on top."""
        return super().dismiss(result) if self.is_active else nothing()
