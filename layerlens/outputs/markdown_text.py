"""Text from images made fit for Markdown that a forge renders.

GitHub and GitLab look for mentions, references, emoji and addresses in what Markdown
has made already, so that backslashes do not help against them; what stands in a code
span they leave alone.  So plain words stay plain, and any other text is a code span.
The specification: https://github.github.com/gfm/; GitLab's references:
https://docs.gitlab.com/user/markdown/#gitlab-specific-references.
"""

from __future__ import annotations

import re

from layerlens.outputs.display import escape, escape_path

# Words, and those signs in those places that mean nothing to Markdown, GitHub or GitLab.
_PLAIN = re.compile(r"(?:\w|[ ,;.?'\"()/=+\u2013\u2014\u2018-\u201d\u2026-]|[:%!](?=[ ,;.)]|$))*")
# Of these, what is something after all: a list's mark or a command at the start; addresses;
# hexadecimal numbers that are a commit's; keys of tickets; spaces that would be lost.
_SPECIAL = re.compile(
    r"^(?:[ +=/-]|\d+[.)](?: |$))| $|  |(?i:www)\.|(?<![^\W_])[0-9a-fA-F]{7,}(?![^\W_])|[a-zA-Z]-\d"
)
_BACKTICKS = re.compile("`+")


def md_text(text: str, *, most: int | None = None) -> str:
    """Any text, for the middle of a line: plain where it is plain words, else a code span.

    It never starts a list, a heading or a command of its own, whatever stands before it.
    ``most`` cuts it off after as many characters, with an ellipsis.
    """
    return _text(text, most, cell=False)


def md_cell(text: str, *, most: int | None = None) -> str:
    """The same for a cell of a table."""
    return _text(text, most, cell=True)


def md_code(text: str, *, cell: bool = False, most: int | None = None) -> str:
    """Any text as a code span, on one line; ``cell`` for one in a table.

    Nothing for no text: Markdown has no empty code span.
    """
    return _code(_shown(text, most), cell=cell)


def md_path(path: bytes, *, cell: bool = False, most: int | None = None) -> str:
    """A path without its leading slash, as a code span with it; see :func:`md_code`.

    Of a path that is cut off the end stays.
    """
    # A character has four bytes at most.
    shown = "/" + escape_path(path if most is None else path[-4 * most - 4 :])
    if most is not None and len(shown) > most:
        shown = "\u2026" + shown[-max(most - 1, 0) :]
    return _code(shown, cell=cell)


def md_fence(text: str, language: str, indent: int = 0) -> list[str]:
    """Lines of a fenced block that nothing in the text can end; ``indent`` of a list's item."""
    lines = [escape(line) for line in text.split("\n")]
    longest = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    margin = " " * indent
    return [
        f"{margin}{fence}{language}",
        *(f"{margin}{line}".rstrip() for line in lines),
        f"{margin}{fence}",
    ]


def _text(text: str, most: int | None, *, cell: bool) -> str:
    shown = _shown(text, most)
    if _PLAIN.fullmatch(shown) and not _SPECIAL.search(shown):
        return shown.replace("_", r"\_")
    return _code(shown, cell=cell)


def _shown(text: str, most: int | None) -> str:
    if most is None:
        return escape(text)
    shown = escape(text[: most + 1])  # an escape is never shorter than what it stands for
    return shown if len(shown) <= most else shown[: max(most - 1, 0)] + "\u2026"


def _code(shown: str, *, cell: bool) -> str:
    if not shown:
        return ""
    if cell:
        # What a backslash before an escaped pipe means is where renderers part ways.
        shown = shown.replace("\\|", r"\\x7c").replace("|", r"\|")
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    # One space at either end is taken away again, unless there is nothing but spaces.
    padded = shown[0] in "` " or shown[-1] in "` "
    room = " " if padded and shown.strip(" ") else ""
    return f"{fence}{room}{shown}{room}{fence}"
