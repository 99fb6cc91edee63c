"""Text from images made fit to be shown: escapes, sizes, percentages.

Names, labels and history rows are written by strangers.  A terminal obeys
control characters, and people misread invisible ones, so both are shown as
escapes; nothing here is ever markup.
"""

from __future__ import annotations

import base64
import re

# C0, DEL and C1 controls; soft hyphen; invisible and direction-changing characters; line and
# paragraph separators; variation of meaning by interlinear annotation, byte order mark and tags;
# lone surrogates.  The joiners U+200C and U+200D stay: real names in Persian and emoji need them.
_UNSAFE = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
HIDDEN = re.compile(f"[{_UNSAFE}]")
"""A character that no output shows as it is."""

_HIDDEN_OR_WIDE = re.compile(f"[{_UNSAFE}]|[^\x00-\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# What the logs of CI jobs obey: GitHub's runner (actions/runner, ActionCommand.cs) "::error …" at
# the beginning of a line, which may be where a text is wrapped, and "##[error]" anywhere; Azure's
# agent "##vso[…]" anywhere.
_COLON_COMMAND = re.compile(
    r"(?<!\S)::(?=(?:add-mask|add-matcher|add-path|debug|echo|end-?group|error|group|notice|save-state"
    r"|internal-set-repo-path|remove-matcher|set-env|set-output|stop-commands|warning)\b)",
    re.IGNORECASE,
)
_HASH_COMMAND = re.compile(r"##(vso)?\[")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    short = _SHORT.get(char)
    if short is not None:
        return short
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # how "surrogateescape" carries a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escape(text: str, *, ascii_only: bool = False) -> str:
    r"""Text that a terminal shows and does not obey, on one line.

    Control characters become ``\n``, ``\r``, ``\t`` or ``\x1b``, other hidden
    characters ``\u202e``, a byte that is not UTF-8 ``\xff``.  ``ascii_only``
    escapes everything outside ASCII in the same way.  Of what the log of a CI job
    obeys, where a word begins with it, the first colon becomes ``\x3a``, or the second
    ``#`` ``\x23``.
    """
    if "::" in text:
        text = _COLON_COMMAND.sub(r"\\x3a:", text)
    if "##" in text:
        text = _HASH_COMMAND.sub(r"#\\x23\1[", text)
    if text.isprintable() and (not ascii_only or text.isascii()):
        # Nothing unsafe is printable except a few letters that show as nothing at all.
        return text if text.isascii() else HIDDEN.sub(_escaped, text)
    return (_HIDDEN_OR_WIDE if ascii_only else HIDDEN).sub(_escaped, text)


def escape_path(path: bytes, *, ascii_only: bool = False) -> str:
    """A path that a terminal shows and does not obey; see :func:`escape`."""
    return escape(path.decode("utf-8", "surrogateescape"), ascii_only=ascii_only)


def encodable(text: str) -> str:
    """The same text, with lone surrogates (which no encoding takes) shown as escapes."""
    return text if text.isascii() else _SURROGATES.sub(_escaped, text)


def name_fields(key: str, name: bytes) -> dict[str, str]:
    r"""A name for JSON: ``key``, and ``key_base64`` where the name is not UTF-8.

    ``key`` holds the name exactly where it is UTF-8; else the bytes that are
    not stand there as ``\xff``, and ``key_base64`` has the exact bytes.
    """
    try:
        return {key: name.decode()}
    except UnicodeDecodeError:
        shown = encodable(name.decode("utf-8", "surrogateescape"))
        return {key: shown, f"{key}_base64": base64.b64encode(name).decode("ascii")}


def path_fields(path: bytes) -> dict[str, str]:
    """``path``, and ``path_base64`` where it is not UTF-8; see :func:`name_fields`."""
    return name_fields("path", path)


def name_bytes(text: str) -> bytes:
    """The bytes of a name that was decoded with ``surrogateescape``."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # surrogates that stand for no byte
        return text.encode("utf-8", "surrogatepass")


def percent_of(part: int, whole: int) -> str:
    """A share with one digit, cut off rather than rounded: only all of it is ``100%``.

    A share that is not zero never shows as zero.
    """
    if whole <= 0:
        return "0%"
    return _tenths(part * 1000 // whole, part > 0)


def percent(value: float) -> str:
    """A percentage such as 58.01893, in the form of :func:`percent_of`."""
    if value < 0:
        return f"-{percent(-value)}"
    # A millionth makes up for binary fractions: 28.999999999999996 was 29.
    return _tenths(int(value * 10 + 1e-6), value > 0)


def _tenths(tenths: int, some: bool) -> str:
    if tenths == 0:
        return "<0.1%" if some else "0%"
    if tenths == 1000:
        return "100%"
    return f"{tenths // 10}.{tenths % 10}%"
