"""A filesystem of a few files in a dictionary, as package readers see one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping


class DictView:
    """Files by path; values that are not bytes or text are written as JSON."""

    def __init__(self, files: Mapping[str, object]) -> None:
        self.files = {path.encode(): _bytes(value) for path, value in files.items()}
        self.problems: list[tuple[bytes, str]] = []

    def text(self, path: bytes) -> bytes | None:
        return self.files.get(path)

    def kept(self, matches: Callable[[bytes], object]) -> Iterable[bytes]:
        return sorted(path for path in self.files if matches(path))

    def problem(self, path: bytes, why: str) -> None:
        self.problems.append((path, why))


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()
