"""Secrets in an image's configuration: where they are, and the configuration without them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from layerlens.image.history import readable
from layerlens.image.model import ImageConfig
from layerlens.image.secrets import (
    Span,
    argument_pairs,
    free_spans,
    instruction_pairs,
    redact_text,
    spans,
)
from layerlens.image.secretwords import (
    REDACTED,
    hides,
    is_identifier,
    is_secret,
    is_secret_name,
    is_value,
)

_FINGERPRINTED = 12
"""Characters of a value from which on its hash is told: hashes of short ones can be guessed."""

_PROPAGATED = 8
"""Characters of a value from which on it is looked for in all other texts."""

_DEPTH = 32


@dataclass(frozen=True, slots=True)
class ConfigLeak:
    """A secret in the configuration, without its value.

    ``where``  ``env``, ``label``, ``arg`` (a build argument with its value),
               ``arg-name`` (one without), ``history`` (a variable or label that a
               later row took away again) or ``command``
    ``name``   the variable, label, argument, option or header; ``""`` without one
    ``what``   in words what it is ("password in a URL")
    ``rows``   rows of the history that show it
    ``place``  ``Cmd``, ``Entrypoint``, ``Healthcheck`` or ``OnBuild``, where it is there
    ``length`` characters of the value; ``sha`` the first 8 hexadecimal digits of its
               SHA-256, of values that cannot be guessed; ``weak`` where it is half a
               secret only, such as the id of a key
    """

    where: str
    name: str
    what: str
    rows: tuple[int, ...] = ()
    place: str = ""
    length: int = 0
    sha: str = ""
    weak: bool = False


def fingerprint(value: str) -> str:
    """First 8 hexadecimal digits of the SHA-256 of a value; nothing of a short one."""
    if len(value) < _FINGERPRINTED:
        return ""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]


# ---------------------------------------------------------------------- finding


def config_leaks(config: ImageConfig) -> tuple[ConfigLeak, ...]:
    """All secrets in a configuration and its history, each once, in a fixed order."""
    found = _Leaks()
    for name, value in _environment(config.settings):
        found.setting("env", name, value, None)
    for name, value in config.labels.items():
        found.setting("label", name, value, None)
    for place in ("Entrypoint", "Cmd", "Healthcheck", "OnBuild"):
        for what, name, value in _list_values(_words(config.settings.get(place))):
            found.add("command", name, what, value, None, place=place)
    for row, entry in enumerate(config.history):
        _row_leaks(found, entry.created_by or "", row)
    return found.result()


class _Leaks:
    """Leaks by (where, name, value), so that one secret in many rows is told once."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], list[int]] = {}
        self._leaks: dict[tuple[str, str, str], ConfigLeak] = {}
        self._places: dict[tuple[str, str], str] = {}

    def setting(self, where: str, name: str, value: str, row: int | None) -> None:
        """A variable, label or argument with its value."""
        weak = is_identifier(name)
        if is_secret(name, value):
            self.add(where, name, "value", value, row, weak=weak)
            return
        for span in free_spans(value):
            if span.sure:
                self.add(where, name, span.what, value[span.start : span.end], row)

    def add(
        self, where: str, name: str, what: str, value: str, row: int | None,
        *, place: str = "", weak: bool = False,
    ) -> None:  # fmt: skip
        # What a row says of a value that is still set is told with the setting.
        where = self._places.get((name, value), where)
        self._places.setdefault((name, value), where)
        key = (where, name, value)
        if key not in self._leaks:
            self._leaks[key] = ConfigLeak(
                where, name, what, (), place, len(value), fingerprint(value), weak
            )
        rows = self._rows.setdefault(key, [])
        if row is not None and row not in rows:
            rows.append(row)

    def declared(self, name: str, row: int) -> None:
        """An argument of a telling name without a value."""
        key = ("arg-name", name, "")
        self._leaks.setdefault(key, ConfigLeak("arg-name", name, "name", (), ""))
        self._rows.setdefault(key, []).append(row)

    def result(self) -> tuple[ConfigLeak, ...]:
        valued = {leak.name for leak in self._leaks.values() if leak.where == "arg"}
        return tuple(
            replace(leak, rows=tuple(self._rows.get(key, ())))
            for key, leak in self._leaks.items()
            if leak.where != "arg-name" or leak.name not in valued
        )


def _row_leaks(found: _Leaks, text: str, row: int) -> None:
    keyword, settings = instruction_pairs(text)
    where = {"ARG": "arg"}.get(keyword, "history")
    for pair in settings:
        found.setting(where, pair.name, text[pair.start : pair.end], row)
    if keyword:
        if keyword == "ARG" and not settings:
            name = readable(text, None).text.removeprefix("ARG").strip()
            if is_secret_name(name):
                found.declared(name, row)
        return
    arguments = argument_pairs(text)
    for pair in arguments:
        found.setting("arg", pair.name, text[pair.start : pair.end], row)
    taken = [(pair.start, pair.end) for pair in arguments]
    for span in free_spans(text):
        inside = any(start <= span.start < end for start, end in taken)
        if span.sure and not inside:
            found.add("command", span.name, span.what, text[span.start : span.end], row)


def _environment(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = settings.get("Env")
    if not isinstance(rows, list):
        return []
    split = [row.partition("=") for row in rows if isinstance(row, str) and "=" in row]
    return [(name, value) for name, _, value in split]


def _words(found: object) -> list[str]:
    if isinstance(found, dict):
        found = found.get("Test")
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def _list_values(words: Sequence[str]) -> list[tuple[str, str, str]]:
    """What, name and value of all secrets in a list of words."""
    found = []
    for k, word in enumerate(words):
        if k and _option_before(words[k - 1], word):
            found.append(("option", words[k - 1].lstrip("-"), word))
            continue
        keyword, settings = instruction_pairs(word)
        found += [
            ("value", pair.name, word[pair.start : pair.end])
            for pair in settings
            if keyword and is_secret(pair.name, word[pair.start : pair.end])
        ]
        found += [
            (span.what, span.name, word[span.start : span.end])
            for span in ([] if keyword else free_spans(word))
            if span.sure
        ]
    return found


def _option_before(before: str, word: str) -> bool:
    """Whether a word is the secret that the option before it asks for."""
    if not before.startswith("-") or "=" in before or " " in before or word.startswith("-"):
        return False
    together = f"{before} {word}"
    start = len(before) + 1
    return any(span.start >= start and span.name for span in free_spans(together)) or (
        hides(before.lstrip("-"), word) and before.startswith("--") and " " in word
    )


# ---------------------------------------------------------------------- hiding


def redact_config(config: ImageConfig) -> ImageConfig:
    """The configuration with every secret's value replaced.

    Values found in one place are replaced wherever else they stand, since
    builders expand variables in later instructions.  Names stay.
    """
    known = _known_values(config)

    def hide(text: str | None) -> str | None:
        return None if text is None else redact_text(_without(text, known))

    def hide_words(words: list[Any]) -> list[Any]:
        shown: list[Any] = []
        for k, word in enumerate(words):
            before = words[k - 1] if k else ""
            if isinstance(word, str) and isinstance(before, str) and _option_before(before, word):
                shown.append(REDACTED)
            else:
                shown.append(hide_any(word))
        return shown

    def hide_any(value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return hide(value)
        if depth > _DEPTH:
            return None
        if isinstance(value, list):
            return hide_words(value) if depth < 2 else [hide_any(x, depth + 1) for x in value]
        if isinstance(value, dict):
            return {
                key: hide_setting(str(key), each)
                if isinstance(each, str)
                else hide_any(each, depth + 1)
                for key, each in value.items()
            }
        return value

    def hide_setting(name: str, value: str) -> str:
        return REDACTED if hides(name, value) else hide(value) or ""

    settings = hide_any(dict(config.settings))
    rows = config.settings.get("Env")
    if isinstance(rows, list):
        settings["Env"] = [
            "=".join((row.partition("=")[0], hide_setting(*row.split("=", 1))))
            if isinstance(row, str) and "=" in row
            else hide_any(row)
            for row in rows
        ]
    history = tuple(
        replace(
            row,
            created_by=hide(row.created_by),
            comment=hide(row.comment),
            author=hide(row.author),
        )
        for row in config.history
    )
    return replace(config, settings=settings, history=history, author=hide(config.author))


def redact_values(named: Mapping[str, str]) -> dict[str, str]:
    """Annotations or other named texts without secrets' values."""
    return {
        name: REDACTED if hides(name, value) else redact_text(value)
        for name, value in named.items()
    }


def _known_values(config: ImageConfig) -> tuple[str, ...]:
    """Values that are secrets by their names, the longest first."""
    found: set[str] = set()
    named = [*_environment(config.settings), *config.labels.items()]
    for row in config.history:
        text = row.created_by or ""
        named += [
            (pair.name, text[pair.start : pair.end])
            for pair in (*instruction_pairs(text)[1], *argument_pairs(text))
        ]
        found |= _values(text, spans(text))
    for name, value in named:
        if hides(name, value):
            found.add(value)
        found |= _values(value, free_spans(value))
    for place in ("Entrypoint", "Cmd", "Healthcheck", "OnBuild"):
        found |= {value for _, _, value in _list_values(_words(config.settings.get(place)))}
    return tuple(
        sorted((value for value in found if _can_stand_out(value)), key=lambda v: (-len(v), v))
    )


def _values(text: str, found: Iterable[Span]) -> set[str]:
    return {text[span.start : span.end] for span in found}


def _can_stand_out(value: str) -> bool:
    """Whether a value is so much its own that it is the same secret elsewhere, too."""
    if len(value) < _PROPAGATED or not is_value(value):
        return False
    return len(value) >= 2 * _PROPAGATED or not (value.isalpha() and value.islower())


def _without(text: str, known: Iterable[str]) -> str:
    for value in known:
        if value in text:
            text = text.replace(value, REDACTED)
    return text
