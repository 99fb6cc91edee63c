"""Where secrets stand in a text: a command, an instruction, a row of a history.

The same places are told as findings and hidden in outputs.  Searching is
linear in the text: every repetition is bounded or cannot start anew inside
what it has passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from layerlens.image.history import readable
from layerlens.image.lazypattern import LazyPattern
from layerlens.image.secretwords import (
    LEAST,
    REDACTED,
    hides,
    is_identifier,
    is_secret_name,
    is_value,
    words_of,
)
from layerlens.image.tokens import AWS_KEY_ID, KEY_BLOCK, tokens


class Span(NamedTuple):
    """A secret's value in a text.

    ``what`` says in words what it is; ``name`` the variable, option or header
    that holds it, where there is one; ``sure`` whether it is to be told as a
    finding and not just hidden.
    """

    start: int
    end: int
    what: str
    name: str = ""
    sure: bool = True


_WORD = r"""(?:"[^"\n]{0,4096}"|'[^'\n]{0,4096}'|\\.|[^\s"'\\;&|<>()]){1,4096}"""
"""One word of a shell, quotes and escapes included."""

_URL_PASSWORD = LazyPattern(r"://[^\s:/@\"'<>|]{0,256}:([^\s/\"'<>`]{1,512})@")
_URL_TOKEN = LazyPattern(r"https?://([0-9A-Za-z_.~%-]{16,512})@")
_AUTHORIZATION = LazyPattern(
    r"authorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:(?:bearer|basic|token|apikey|digest|negotiate)"
    r"\s{1,4})?([^\s\"'\\]{8,4096})",
    re.IGNORECASE,
)
_HEADER = LazyPattern(
    r"(?:-H|--header)[ =]?[\"'\\]{0,2}((?!authorization)[A-Za-z][\w-]{1,60}):\s{0,4}([^\s\"'\\]{1,4096})",
    re.IGNORECASE,
)
_OPTION = LazyPattern(rf"(?<![\w-])--?([A-Za-z][\w.-]{{2,60}})(?:=|[ \t]{{1,8}})({_WORD})")
_LISTED = LazyPattern(r'"--?([A-Za-z][\w.-]{2,60})"\s{0,4},?\s{0,4}"([^"\\]{1,4096})"')
_ASSIGNED = LazyPattern(rf"(?<![\w.$-])([A-Za-z_][\w.-]{{1,80}})=({_WORD})")
_FIELD = LazyPattern(
    r"""["']([A-Za-z_][\w.-]{1,80})\\?["']\s{0,4}:\s{0,4}\\?["']([^"'\\\n]{1,4096})"""
)
_NPM = LazyPattern(rf"_(authToken|password|auth)\s{{0,4}}[= ]\s{{0,4}}({_WORD})")
_SET = LazyPattern(
    rf"\b(?:config|configure)\s+(?:set\s+)?(?:--?[\w-]{{1,30}}\s+){{0,4}}([\w.:/-]{{2,200}})[ =]({_WORD})"
)
_TWO_WORDS = LazyPattern(rf"\bhttp-basic\.\S{{1,200}}\s+\S{{1,200}}\s+({_WORD})")
_ONE_WORD = LazyPattern(
    rf"\b(?:pypi-token|github-oauth|gitlab-token|bearer)\.\S{{1,200}}\s+({_WORD})"
)
_NETRC = LazyPattern(r"\blogin\s{1,8}\S{1,256}\s{1,8}password\s{1,8}([^\s\"'\\]{1,512})")
_CHPASSWD = LazyPattern(
    r"\becho\s+(?:-\w+\s+)?[\"']?[\w.-]{1,64}:([^\s\"'|]{1,256})[\"']?\s*\|\s*chpasswd"
)
_SSHPASS = LazyPattern(rf"\bsshpass\s+-p\s?({_WORD})")
_HTPASSWD = LazyPattern(
    rf"\bhtpasswd\s+(?:-[A-Za-z]*b[A-Za-z]*\s+)(?:-\w+\s+){{0,4}}\S+\s+\S+\s+({_WORD})"
)
_USER = LazyPattern(
    r"(?<=\s)(?:-u|--user|--proxy-user|-U)[ =]?([\"']?)([^\s:\"']{1,256}):([^\s\"']{1,512})"
)
_SHORT_P = LazyPattern(rf"(?<=\s)-p[ =]?({_WORD})")
_SHORT_A = LazyPattern(rf"(?<=\s)-a\s({_WORD})")
_KEY_BLOCK = LazyPattern(KEY_BLOCK)
_JWT = LazyPattern(
    r"\beyJ[0-9A-Za-z_-]{10,2048}\.eyJ[0-9A-Za-z_-]{10,8192}\.[0-9A-Za-z_-]{10,2048}"
)

_FETCHERS = ("curl", "wget", "http", "lftp", "aria2c")
_LOGINS = ("mysql", "mariadb", "mongo", " login ")
_INSTRUCTION = LazyPattern(r"(?:[^\n]{0,400}#\(nop\)\s{0,4})?(?:ONBUILD\s+){0,3}(ENV|ARG|LABEL)\s+")
_NAME = LazyPattern(
    r"""(?:(?<=\s)|\A)(?:"([^"=\s]{1,200})"|'([^'=\s]{1,200})'|([A-Za-z_][\w./:-]{0,200}))="""
)
_COUNTED = LazyPattern(r"(?:RUN\s+)?\|\d{1,4} ")
_FLAG_ABOUT = LazyPattern(
    r"^(?:NO|WITH|WITHOUT|ASK|PROMPT|USE|SKIP|DISABLED?|ALLOW|RANDOM|EMPTY|GENERATE)_|"
    r"^(?:KEY|AUTH|KEYS|AUTH_KEY)$|^SECRET$"
)


class Pair(NamedTuple):
    """A name and where its value stands, quotes left out."""

    name: str
    start: int
    end: int


def pairs(text: str, start: int = 0) -> list[Pair]:
    """``A=b C="d e" F=g h`` as names and values.

    Builders record values without quotes, so a value ends where the next name
    begins.  ``A b c`` is one name and its value.
    """
    found: list[Pair] = []
    matches = list(_NAME.finditer(text[start:]))
    if not matches or matches[0].start() != 0:
        name, _, value = text[start:].partition(" ")
        if value and "=" not in name:
            at = start + len(name) + 1
            return [Pair(name, at, len(text.rstrip()))]
    skip = 0
    for k, match in enumerate(matches):
        if match.start() < skip:
            continue
        begin = start + match.end()
        name = match[1] or match[2] or match[3]
        quote = text[begin : begin + 1]
        close = _closing(text, begin, quote) if quote in {'"', "'"} else -1
        if close > 0:
            found.append(Pair(name, begin + 1, close))
            skip = close - start
            continue
        end = start + matches[k + 1].start() if k + 1 < len(matches) else len(text)
        end = begin + len(text[begin:end].rstrip())
        found.append(Pair(name, begin, end))
    return found


def _closing(text: str, begin: int, quote: str) -> int:
    """Where the quote that opens at ``begin`` closes before a blank or the end; else -1."""
    at = begin
    for _ in range(64):
        at = text.find(quote, at + 1)
        if at < 0:
            return -1
        if text[at - 1] != "\\" and (at + 1 == len(text) or text[at + 1].isspace()):
            return at
    return -1


def instruction_pairs(text: str) -> tuple[str, list[Pair]]:
    """The keyword and the pairs of a raw ENV, ARG or LABEL row; ``""`` of any other."""
    match = _INSTRUCTION.match(text)
    if match is None:
        return "", []
    body = text.removesuffix("# buildkit").rstrip()
    return match[1], pairs(body, min(match.end(), len(body)))


def argument_pairs(text: str) -> list[Pair]:
    """Build arguments that a builder put before a RUN (``|2 A=1 B=2 /bin/sh -c …``)."""
    match = _COUNTED.match(text)
    if match is None:
        return []
    found = []
    at = match.end()
    for row in readable(text, None).args:
        at = text.find(row, at)
        if at < 0:
            break
        name, _, value = row.partition("=")
        found.append(Pair(name, at + len(row) - len(value), at + len(row)))
        at += len(row)
    return found


def spans(text: str) -> list[Span]:
    """All values in a text that are to be hidden, in order, none inside another."""
    found: list[Span] = []
    keyword, settings = instruction_pairs(text)
    for pair in [*settings, *argument_pairs(text)]:
        value = text[pair.start : pair.end]
        if hides(pair.name, value):
            what = {"LABEL": "label", "ENV": "variable"}.get(keyword, "build argument")
            found.append(Span(pair.start, pair.end, what, pair.name, _sure(pair.name, value)))
    found += free_spans(text)
    return merged(found)


def free_spans(text: str) -> list[Span]:
    """Values that give themselves away wherever they stand."""
    found: list[Span] = []
    found.extend(
        Span(token.start, token.end, token.what, "", token.what != AWS_KEY_ID)
        for token in tokens(text)
    )
    if "://" in text:
        found += _captured(_URL_PASSWORD, text, "password in a URL")
        for match in _URL_TOKEN.finditer(text):
            digits = sum(char.isdigit() for char in match[1])
            if digits >= 3 and is_value(match[1]):
                found.append(_span(match, 1, "token in a URL"))
    if "PRIVATE KEY" in text:
        found += [_span(match, "body", "private key") for match in _KEY_BLOCK.finditer(text)]
    if "eyJ" in text:
        found += [_span(match, 0, "JSON web token") for match in _JWT.finditer(text)]
    found += _commands(text)
    return merged(found)


def _commands(text: str) -> Iterator[Span]:
    """What commands are told: options, variables, headers, words of login tools."""
    if "uthorization" in text or "UTHORIZATION" in text:
        yield from _captured(_AUTHORIZATION, text, "authorization header")
    if "-" in text:
        for match in _HEADER.finditer(text):
            yield from _named(match, "header")
        for match in (*_OPTION.finditer(text), *_LISTED.finditer(text)):
            if not _FLAG_ABOUT.search(words_of(match[1])):
                yield from _named(match, "option")
        yield from _short_options(text)
    if "=" in text:
        for match in _ASSIGNED.finditer(text):
            if not _FLAG_ABOUT.search(words_of(match[1])):
                yield from _named(match, "variable")
    if ":" in text:
        for match in _FIELD.finditer(text):
            yield from _named(match, "field")
    if "config" in text:
        for match in _SET.finditer(text):
            yield from _named(match, "setting")
        yield from _captured(_TWO_WORDS, text, "registry password")
        yield from _captured(_ONE_WORD, text, "registry token")
    if "_auth" in text or "_password" in text:
        yield from _captured(_NPM, text, "npm credential", 2)
    if "login" in text:
        yield from _captured(_NETRC, text, "netrc password")
    if "passwd" in text:
        yield from _captured(_CHPASSWD, text, "password for chpasswd")
        yield from _captured(_HTPASSWD, text, "password for htpasswd")


def _short_options(text: str) -> Iterator[Span]:
    """``-u user:password`` and ``-p password``, behind tools that mean it so."""
    if any(tool in text for tool in _FETCHERS):
        for match in _USER.finditer(text):
            if _behind(text, match.start(), _FETCHERS) and is_value(match[3]):
                yield _span(match, 3, "password for a download")
    if "sshpass" in text:
        yield from _captured(_SSHPASS, text, "password for sshpass")
    if any(tool in text for tool in _LOGINS):
        for match in _SHORT_P.finditer(text):
            # A port of a client is no password.
            if _behind(text, match.start(), _LOGINS) and is_value(match[1]):
                yield _span(match, 1, "password of a login")
    if "redis-cli" in text:
        for match in _SHORT_A.finditer(text):
            if _behind(text, match.start(), ("redis-cli",)) and is_value(match[1]):
                yield _span(match, 1, "password of a login")


def _behind(text: str, at: int, tools: tuple[str, ...]) -> bool:
    """Whether the same command, of which at most 500 characters are looked at, names a tool."""
    before = text[max(0, at - 500) : at + 1]
    for end in ("&&", "||", ";", "\n", "⏎", "| "):
        before = before[before.rfind(end) + 1 :]
    return any(tool in before for tool in tools)


def _captured(pattern: LazyPattern[str], text: str, what: str, group: int = 1) -> Iterator[Span]:
    for match in pattern.finditer(text):
        if is_value(match[group]):
            yield _span(match, group, what)


def _named(match: re.Match[str], what: str) -> Iterator[Span]:
    """A match with a name and a value, where the name says that it is a secret."""
    name, value = match[1], match[2]
    if is_secret_name(name) and not value.startswith(("-", "id=", "type=")) and hides(name, value):
        span = _span(match, 2, what, name)
        yield span._replace(sure=_sure(name, match.string[span.start : span.end]))


def _sure(name: str, value: str) -> bool:
    return len(value) >= LEAST and not is_identifier(name)


def _span(match: re.Match[str], group: int | str, what: str, name: str = "") -> Span:
    """The span of a group, without quotes around all of it."""
    start, end = match.span(group)
    text = match.string
    if end - start > 2 and text[start] == text[end - 1] and text[start] in "\"'":
        start, end = start + 1, end - 1
    return Span(start, end, what, name, end - start >= LEAST)


def merged(found: list[Span]) -> list[Span]:
    """Spans in order; of two that overlap the earlier in the list speaks for both."""
    place = {id(span): i for i, span in enumerate(found)}
    kept: list[Span] = []
    rank: list[int] = []
    for span in sorted(found, key=lambda each: (each.start, -each.end)):
        if span.start >= span.end:
            continue
        if kept and span.start < kept[-1].end:
            last, mine = kept[-1], place[id(span)]
            speaker = span if mine < rank[-1] else last
            kept[-1] = speaker._replace(
                start=last.start, end=max(last.end, span.end), sure=last.sure or span.sure
            )
            rank[-1] = min(rank[-1], mine)
            continue
        kept.append(span)
        rank.append(place[id(span)])
    return kept


def redact_text(text: str) -> str:
    """The text with all values of secrets replaced; ordinary text comes back as it is."""
    for _ in range(8):
        found = spans(text)
        if not found:
            return text
        parts = []
        at = 0
        for span in found:
            parts += [text[at : span.start], REDACTED]
            at = span.end
        text = "".join([*parts, text[at:]])
    return text
