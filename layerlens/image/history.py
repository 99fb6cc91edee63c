"""History rows as instructions, and their pairing with layers.

Image-spec config.md, "history", fixes the columns only; what stands in
``created_by`` is up to each builder.  The forms understood here are those of
Docker's classic builder, BuildKit, buildah and podman, kaniko, imports,
``docker build --squash``, nix and a few language tools.  The result resembles
the Dockerfile; it is never claimed to be it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from layerlens.image.model import HistoryEntry, Instruction, LayerHistory

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTRUCTIONS = frozenset(
    {"FROM", "RUN", "CMD", "LABEL", "MAINTAINER", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT"}
    | {"VOLUME", "USER", "WORKDIR", "ARG", "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL"}
)
LINE_BREAK = "⏎"
"""Stands for a line break of the original (a heredoc) in the one line of ``text``."""

NO_HISTORY = Instruction("(no history)")

_CONTENT = frozenset({"RUN", "COPY", "ADD"})
_SHELL = re.compile(
    r"(?:(?:conda|mamba|micromamba) run (?:[^\s/]+ ){0,6})?(?:/usr/bin/env (?:-\S+ )*)?"
    r"(?:[\w./:\\-]*[/\\])?(?:busybox sh|(?:ba|da|a|z|k|mk|pw)?sh|cmd|powershell)(?:\.exe)?"
    r"(?:\s(?:[-+][\w+-]+|/[A-Za-z]|pipefail|errexit|nounset|xtrace))*?"
    r"\s(?:-[a-z]*c|/[CcKk]|-[Cc]ommand)(?=\s|\Z)[ \t]*"
)
# The prefix has to be a shell's: it ends in an option, or is PowerShell with its preamble.
_NOP = re.compile(
    r"(?:(?:[^'\"&;|<>$#\n]{0,200}\s)?[-/][^\s'\"&;|<>$#]+\s+|(?:powershell|pwsh)[^\n]{0,400}?\s)?"
    r"#\(nop\)[ \t]{0,2}(?=[A-Z]+(?:\s|\Z))"
)
_ARG_COUNT = re.compile(r"\|(\d{1,4}) ")
_ARG_NAME = re.compile(r"(?:(?<=\s)|\A)[A-Za-z_][A-Za-z0-9_]*=")
_BY_TOOL = re.compile(
    r"#|bazel build|ko (?:build|publish)|jib-|apko\b|[Bb]uildpacks|Application |Apply image|"
    r"Install update|nixpkgs|rules_\w+"
)
_CLASSIC_COPY = re.compile(
    r"(?P<flags>(?:--[a-z]+=\S+\s+)*)(?P<glued>--[a-z]+=\S*?)?"
    r"(?P<kind>file:|dir:|multi:)?(?P<hash>[0-9a-f]{64})\s+in\s+(?P<to>.+)",
    re.DOTALL,
)
_HEALTH_LIMIT = 1 << 16
_GO_STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
_GO_HEALTH = re.compile(r"&\{\[(?P<test>.*)\]\s*(?P<times>(?:\"[^\"]*\"\s*)*)'(?P<retries>.*)'\}")
_GO_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(0010[0-9a-fA-F]{4}|000[0-9a-fA-F]{5})|(.))"
)
_GO_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# The lookbehind keeps a long run of blanks from being tried at each of its characters.
_LINES = re.compile(r"(?<![ \t])[ \t]*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029][\s]*")
_TOKENS = re.compile(r"\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"|[ \t]{2,}|\t", re.DOTALL)
_NIX_STORE = re.compile(r"/nix/store/[0-9a-z]{32}-([^\s'\",\]]+)")
_SQUASHED = re.compile(r"(?:merge sha256:\w+ to|create new from) sha256:\w+")
_FROM = re.compile(r"FROM\s+\S")


def readable(created_by: str | None, comment: str | None) -> Instruction:
    """One history row without builder noise.

    ``text`` is always one line.  Where no instruction was recorded, it says in
    parentheses what the comment tells, and ``keyword`` is empty.
    """
    raw = created_by or ""
    text = raw.strip().removesuffix("# buildkit").rstrip()
    if not text:
        return Instruction(_from_comment(comment or ""), raw=raw)
    nop = _NOP.match(text)
    if nop is not None:
        return _as_instruction(text[nop.end() :], raw, ran=False)
    # Only BuildKit puts RUN before the arguments and the shell.
    inner = text.removeprefix("RUN ").lstrip() if text.startswith("RUN ") else text
    args: tuple[str, ...] = ()
    counted = _ARG_COUNT.match(inner)
    if counted is not None:
        args, inner = _split_args(int(counted[1]), inner[counted.end() :])
    shell = _SHELL.match(inner)
    if shell is not None:
        inner = inner[shell.end() :]
    if shell is not None or counted is not None or text.startswith("RUN "):
        return Instruction(_tidy(f"RUN {inner}"), "RUN", args, raw)
    return _as_instruction(text, raw)


def dockerfile_lines(history: Sequence[HistoryEntry]) -> list[Instruction]:
    """All rows, those without a layer included, in order."""
    return [readable(row.created_by, row.comment) for row in history]


def wrap_run(text: str) -> list[str]:
    """Split a command line after ``;`` and before ``&&``, outside quotes and parentheses.

    For display only: the pieces joined by blanks are the text again, except
    that an original line break ends a piece and is not shown.
    """
    pieces: list[str] = []
    start = at = depth = 0
    quote = ""
    while at < len(text):
        char = text[at]
        cut = -1
        width = 1
        if char == LINE_BREAK:
            cut = at
        elif char == "\\" and quote != "'":
            width = 2
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char in "()":
            depth = max(0, depth + (1 if char == "(" else -1))
        elif depth == 0 and text.startswith("&&", at):
            cut, width = at, 2
        elif depth == 0 and char == ";":
            width = 2 if text.startswith(";;", at) else 1
            cut = at + width
        if cut >= 0:
            pieces.append(text[start:cut])
            start = cut + 1 if char == LINE_BREAK else cut
        at += width
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def map_history(
    history: Sequence[HistoryEntry], diff_id_count: int
) -> tuple[list[LayerHistory], list[str]]:
    """One :class:`LayerHistory` for each layer, lowest first, and warnings.

    Rows that made a layer are paired with the layers in order.  Where the
    counts differ they are paired from the end, since builders append; layers
    that get no row are shown as "(no history)".
    """
    lines = dockerfile_lines(history)
    rows = [index for index, row in enumerate(history) if not row.empty_layer]
    warnings = []
    if history and len(rows) != diff_id_count:
        warnings.append(
            f"history lists {len(rows)} layers, image has {diff_id_count};"
            " they were paired from the end"
        )
    missing = max(0, diff_id_count - len(rows))
    layers = [LayerHistory(NO_HISTORY) for _ in range(missing)]
    first = max(0, len(rows) - diff_id_count)
    for position in range(first, len(rows)):
        index = rows[position]
        since = rows[position - 1] + 1 if position else 0
        layers.append(_layer_history(history, lines, since, index))
    return layers, warnings


def _layer_history(
    history: Sequence[HistoryEntry], lines: Sequence[Instruction], since: int, index: int
) -> LayerHistory:
    """The layer of row ``index``; rows from ``since`` to it made no layer of their own."""
    row, own = history[index], lines[index]
    group = tuple(line for line in lines[since:index] if line.keyword in _CONTENT)
    comment = row.comment or ""
    if own.keyword in _CONTENT | {"WORKDIR"}:
        # Docker's empty RUN rows changed nothing; buildah's went into this layer,
        # and only buildah notes the base in the comment.
        folded = _FROM.match(comment) is not None
    else:
        folded = bool(own.keyword) or _SQUASHED.match(comment) is not None
    if not (folded and group):
        return LayerHistory(own, row.created, row.comment, index)
    if own.keyword in _CONTENT:
        instruction = _named(own, len(group))
    else:
        instruction = _named(group[0], len(group) - 1)
    return LayerHistory(instruction, row.created, row.comment, index, group)


def _named(instruction: Instruction, others: int) -> Instruction:
    if not others:
        return instruction
    return replace(instruction, text=f"{instruction.text} (+{others})")


def _from_comment(comment: str) -> str:
    comment = _tidy(comment)
    if not comment or comment == "buildkit.exporter.image.v0":
        return "(no instruction recorded)"
    if comment.startswith("Imported from"):
        source = comment.removeprefix("Imported from").strip()
        shown = "standard input" if source in {"", "-"} else source
        return f"(imported from {shown})"
    if _SQUASHED.match(comment):
        return "(squashed layers)"
    if comment.startswith("store paths:"):
        names = _NIX_STORE.findall(comment)
        if names:
            return f"(nix store: {', '.join(names)})"
    return f"({comment})"


def _as_instruction(text: str, raw: str, *, ran: bool = True) -> Instruction:
    """Text that is an instruction already, or else a command or the work of some tool."""
    keyword, *others = text.split(None, 1)
    if keyword not in INSTRUCTIONS:
        if not ran or _BY_TOOL.match(text):
            return Instruction(_tidy(text), raw=raw)
        return Instruction(_tidy(f"RUN {text}"), "RUN", raw=raw)
    rest = others[0].strip() if others else ""
    if keyword in {"COPY", "ADD"}:
        rest = _copy(rest)
    elif keyword in {"EXPOSE", "VOLUME"}:
        rest = _go_list(rest)
    elif keyword in {"CMD", "ENTRYPOINT", "SHELL"}:
        rest = _exec_form(rest)
    elif keyword == "HEALTHCHECK":
        rest = _healthcheck(rest)
    return Instruction(_tidy(f"{keyword} {rest}"), keyword, raw=raw)


def _split_args(count: int, body: str) -> tuple[tuple[str, ...], str]:
    """Take ``count`` build arguments off ``A=b c D=e /bin/sh -c …``.

    Values are recorded without quotes and may hold blanks, so the command is
    taken to start at the first shell that has enough names before it.  Without
    a shell (exec form) the last value ends at its first blank.
    """
    if count == 0:
        return (), body
    starts = [match.start() for match in _ARG_NAME.finditer(body)]
    if not starts or starts[0] != 0 or len(starts) < count:
        shell = _first_shell(body, 0)
        return ((body[:shell].strip(),), body[shell:]) if shell else ((), body)
    shell = _first_shell(body, starts[count - 1] + 1)
    if shell is None:
        end = starts[count - 1]
        tail = body[end:].split(None, 1)
        rest = tail[1] if len(tail) > 1 else ""
        values = [body[a:b] for a, b in pairwise(starts[:count])]
        return tuple(value.strip() for value in [*values, tail[0]]), rest
    names = starts[: bisect_left(starts, shell)]
    if len(names) > count:
        # Some values hold "x=y" after a blank.  Arguments are mostly in capitals.
        capital = [at for at in names if body[at : body.index("=", at)].isupper()]
        names = capital if len(capital) == count and capital[0] == 0 else names[:count]
    ends = [*names[1:], shell]
    return tuple(body[a:b].strip() for a, b in zip(names, ends, strict=True)), body[shell:]


def _first_shell(body: str, since: int) -> int | None:
    """Where the first shell call after ``since`` starts, at the start of a word."""
    for word in re.finditer(r"(?<=\s)\S", body[since:]):
        at = since + word.start()
        if _SHELL.match(body, at):
            return at
    return None


def _copy(rest: str) -> str:
    """``file:<sha256> in /dst `` as ``file:<12 digits> /dst``.

    The classic builder forgot the blank between ``--chown`` and the source.
    """
    found = _CLASSIC_COPY.fullmatch(rest)
    if found is None:
        return rest
    parts = [found["flags"].strip(), found["glued"] or ""]
    parts += [f"{found['kind'] or ''}{found['hash'][:12]}", found["to"].strip()]
    return " ".join(part for part in parts if part)


def _go_list(rest: str) -> str:
    """``map[443/tcp:{} 80/tcp:{}]`` and ``[/a /b]`` as plain words."""
    if rest.startswith("map[") and rest.endswith("]"):
        words = rest[4:-1].split()
        return " ".join(word.removesuffix(":{}") for word in words)
    if rest.startswith("[") and rest.endswith("]") and '"' not in rest:
        return rest[1:-1].strip()
    return rest


def _exec_form(rest: str) -> str:
    """``["a" "b"]`` with the commas that Go leaves out."""
    if not (rest.startswith("[") and rest.endswith("]")):
        return rest
    if _GO_STRING.sub("", rest[1:-1]).replace(",", "").strip():
        return rest
    return f"[{', '.join(_GO_STRING.findall(rest))}]"


def _healthcheck(rest: str) -> str:
    """Go's print of the structure as the options and command that made it."""
    found = _GO_HEALTH.fullmatch(rest) if len(rest) < _HEALTH_LIMIT else None
    if found is None:
        return rest
    test = _GO_STRING.findall(found["test"])
    kind = _go_text(test[0]) if test else ""
    times = [time.strip('"') for time in found["times"].split()]
    # Newer engines have the start interval as a fourth time.
    names = ("interval", "timeout", "start-period", "start-interval")
    parts = [f"--{name}={time}" for name, time in zip(names, times, strict=False) if time != "0s"]
    retries = _go_text(f"'{found['retries']}'")
    if len(retries) == 1 and ord(retries):
        parts.append(f"--retries={ord(retries)}")
    if kind == "CMD-SHELL":
        parts.append("CMD " + " ".join(_go_text(word) for word in test[1:]))
    elif kind == "CMD":
        parts.append(f"CMD [{', '.join(test[1:])}]")
    elif kind:
        parts.append(kind)
    return " ".join(parts)


def _go_text(quoted: str) -> str:
    """A Go string or rune literal without quotes and escapes."""

    def plain(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            char = chr(int(code, 16))
            return "\ufffd" if "\ud800" <= char <= "\udfff" else char
        return _GO_SHORT.get(match[4], match[4])

    return _GO_ESCAPE.sub(plain, quoted[1:-1])


def _tidy(text: str) -> str:
    """One line: runs of blanks outside quotes shortened, line breaks marked."""
    text = _LINES.sub("\n", text.strip())
    text = _TOKENS.sub(lambda m: " " if m[0][0] in " \t" else m[0], text)
    return text.replace("\n", f" {LINE_BREAK} ").strip()
