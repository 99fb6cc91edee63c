"""A program of its own that finds the parts of a source text: names, strings, comments.

Run as a file, never imported by the UI: a lexer is a heap of regular
expressions, and a text can be written that keeps one of them busy for hours.
No thread can be stopped in that, and while it lasts no other runs; a process
can be ended.  So it imports nothing of the package, to start quickly.

stdin: a line with the file's name in ASCII, a line with the interpreter that it
names (or nothing), then the text in UTF-8.  stdout: a line with the language,
then for each part the offset of its first character and its place in
:data:`STYLES`, both as machine integers.  No language, no output.
"""

from __future__ import annotations

import re
import sys
from array import array
from typing import Any

STYLES = (
    "", "comment", "keyword", "string", "number", "name", "builtin", "heading", "added", "removed",
)  # fmt: skip

_SECONDS = 5
"""Of processor time, for the case that nobody is left to end it."""

_INTERPRETERS = (
    (re.compile(r"(?:ba|da|a|z|k)?sh"), "bash"), (re.compile(r"python[\d.]*|pypy[\d.]*"), "python"),
    (re.compile(r"node(?:js)?|deno|bun"), "javascript"), (re.compile(r"perl[\d.]*"), "perl"),
    (re.compile(r"ruby[\d.]*"), "ruby"), (re.compile(r"php[\d.]*"), "php"),
    (re.compile(r"lua[\d.]*"), "lua"), (re.compile(r"[gm]?awk"), "awk"),
    (re.compile(r"g?make"), "make"), (re.compile(r"t?csh"), "tcsh"), (re.compile(r"fish"), "fish"),
    (re.compile(r"tclsh[\d.]*|expect"), "tcl"), (re.compile(r"Rscript"), "r"),
)  # fmt: skip


def _lexer(name: str, interpreter: str) -> Any:
    """The lexer for a file, by its name before its first line; ``None`` for none."""
    from pygments.lexers import (  # type: ignore[import-untyped]
        find_lexer_class_for_filename,
        get_lexer_by_name,
    )

    # Without the text: asking each candidate what it thinks of it is what takes long.
    found = find_lexer_class_for_filename(name)
    if found is not None and found.aliases[:1] != ["text"]:
        return found()
    for pattern, alias in _INTERPRETERS:
        if pattern.fullmatch(interpreter):
            return get_lexer_by_name(alias)
    return None


def _numbers() -> dict[Any, int]:
    """The place in :data:`STYLES` of the kinds of parts that have a style."""
    from pygments import token  # type: ignore[import-untyped]

    styles = {
        token.Comment: "comment", token.Comment.Preproc: "builtin", token.Keyword: "keyword",
        token.Keyword.Constant: "number", token.String: "string", token.String.Doc: "comment",
        token.Number: "number", token.Literal: "number", token.Name.Function: "name",
        token.Name.Class: "name", token.Name.Decorator: "name", token.Name.Tag: "keyword",
        token.Name.Attribute: "name", token.Name.Namespace: "name", token.Name.Builtin: "builtin",
        token.Name.Exception: "name", token.Name.Variable: "builtin",
        token.Name.Constant: "number", token.Operator.Word: "keyword",
        token.Generic.Heading: "heading", token.Generic.Subheading: "heading",
        token.Generic.Inserted: "added", token.Generic.Deleted: "removed",
        token.Generic.Strong: "heading", token.Generic.Emph: "name",
    }  # fmt: skip
    return {kind: STYLES.index(style) for kind, style in styles.items()}


def _parts(lexer: Any, text: str) -> array[int]:
    known = _numbers()
    out = array("I")
    last, upto = 0, -1
    for offset, kind, value in lexer.get_tokens_unprocessed(text):
        if offset < upto or not value:
            continue  # some lexers go back over a part that another one made
        upto = offset + len(value)
        at = kind
        while at not in known and at.parent is not None:
            at = at.parent
        style = known[kind] = known.get(at, 0)
        if style != last:
            out.extend((offset, style))
            last = style
    return out


def main() -> None:
    """Read, find the parts, write them."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        pass
    else:
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    read = sys.stdin.buffer
    name = read.readline().decode("ascii", "replace").rstrip("\n")
    interpreter = read.readline().decode("ascii", "replace").rstrip("\n")
    text = read.read().decode("utf-8", "surrogatepass")
    lexer = _lexer(name, interpreter)
    if lexer is None:
        return
    parts = _parts(lexer, text)
    sys.stdout.buffer.write(lexer.name.encode("ascii", "replace") + b"\n" + parts.tobytes())


if __name__ == "__main__":
    main()
