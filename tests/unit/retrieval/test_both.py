"""Contents of two images as if they were one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from layerlens.progress import Progress, silent
from layerlens.retrieval import Cost
from layerlens.retrieval.both import Both


class _Image:
    """Gives ``name`` and the version as its content, the highest version first."""

    def __init__(self, name: str, cost: Cost, said: str | None) -> None:
        self._name, self._cost, self._said = name, cost, said
        self.open = 0
        self.closed = False

    def cost(self, version: int) -> Cost:
        assert version < 10
        return self._cost

    def announcement(self, versions: Collection[int]) -> str | None:
        return self._said

    def fetch(
        self, versions: Collection[int], progress: Progress = silent
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        self.open += 1
        try:
            for version in sorted(versions, reverse=True):
                yield version, iter([f"{self._name}{version}".encode()])
        finally:
            self.open -= 1

    def close(self) -> None:
        self.closed = True


def test_each_version_comes_from_its_image() -> None:
    one, other = _Image("a", Cost.NONE, None), _Image("b", Cost.EXPORT, "the export runs again")
    both = Both(one, other, 10)
    assert (both.cost(9), both.cost(10)) == (Cost.NONE, Cost.EXPORT)
    assert both.announcement([1, 2]) is None
    assert both.announcement([1, 12]) == "the export runs again"
    found = {version: b"".join(pieces) for version, pieces in both.fetch([11, 0, 9, 10])}
    assert found == {0: b"a0", 9: b"a9", 10: b"b0", 11: b"b1"}
    assert Both(other, other, 10).announcement([1, 12]) == "the export runs again", "said once"
    both.close()
    assert not one.closed, "it is not its own"
    assert not other.closed


def test_what_is_left_early_is_closed() -> None:
    one, other = _Image("a", Cost.NONE, None), _Image("b", Cost.NONE, None)
    fetched = Both(one, other, 10).fetch([1, 2, 11])
    next(iter(fetched))
    assert one.open == 1
    fetched.close()  # type: ignore[attr-defined]
    assert (one.open, other.open) == (0, 0)
