"""What can be copied of what the cursor stands on: paths, digests, ready commands."""

from __future__ import annotations

import shlex

from layerlens.analysis.model import Analysis
from layerlens.tui.viewmodel.subject import Subject

Copy = tuple[str, str]
"""What it is, and the text."""


def copies(analysis: Analysis, subject: Subject | None, extra: str | None = None) -> list[Copy]:
    """All that there is to copy, the likeliest first; ``extra`` is the view's own text."""
    found: list[Copy] = []
    if subject is not None and subject.path is not None:
        found.append(("path", path_text(subject.path)))
    if extra:
        found.append(("text", extra))
    if subject is not None and subject.finding is not None and subject.finding.fix != extra:
        found.append(("fix", subject.finding.fix))
    if subject is not None:
        found += _commands(analysis, subject)
        if subject.layer is not None and subject.layer < len(analysis.layers):
            layer = analysis.layers[subject.layer]
            found += [
                (name, str(value))
                for name, value in (
                    ("layer's diff_id", layer.diff_id),
                    ("layer's digest", layer.digest),
                )
                if value is not None
            ]
            if layer.instruction.text:
                found.append(("layer's instruction", layer.instruction.text))
    image = analysis.image
    for name, value in (("image id", image.id), ("image digest", image.digest)):
        if value is not None:
            found.append((name, str(value)))
    found += [("tag", tag) for tag in image.tags[:3]]
    if image.reference not in image.tags:
        found.append(("reference", image.reference))
    return found


def _commands(analysis: Analysis, subject: Subject) -> list[Copy]:
    """Commands that do again what is looked at."""
    reference = shell_word(analysis.image.reference.encode("utf-8", "surrogateescape"))
    if subject.path is None:
        if subject.layer is None:
            return []
        return [("command: its changes", f"layerlens files {reference} --layer {subject.layer}")]
    path = shell_word(b"/" + subject.path)
    which = ""
    if subject.layer is not None:
        which = f" --layer {subject.layer}" + (" --removed" if subject.removed else "")
    return [("command: extract", f"layerlens extract {reference} {path}{which}")]


def path_text(path: bytes) -> str:
    """A path as it is, or quoted for a shell where it is no plain text."""
    whole = b"/" + path
    try:
        text = whole.decode()
    except UnicodeDecodeError:
        return shell_word(whole)
    return text if text.isprintable() else shell_word(whole)


def shell_word(word: bytes) -> str:
    """A word that a shell reads as exactly these bytes, and a terminal shows as they are.

    What is not printable goes into bash's and zsh's ``$'…'`` (POSIX 2024, 2.2.4).
    """
    try:
        text = word.decode()
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and (text or not word):
        return shlex.quote(text)
    out = []
    for byte in word:
        if byte in (0x27, 0x5C):  # ' and backslash
            out.append("\\" + chr(byte))
        elif 0x20 <= byte < 0x7F:
            out.append(chr(byte))
        else:
            # Three octal digits: a shell takes no more, where hexadecimal ones may run on.
            out.append(f"\\{byte:03o}")
    return "$'" + "".join(out) + "'"
