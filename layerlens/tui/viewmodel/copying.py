"""What can be copied of what the cursor stands on: paths, digests, ready commands."""

from __future__ import annotations

from layerlens.analysis.model import Analysis
from layerlens.outputs.commands import extract_command, shell_word
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
    reference = analysis.image.reference
    if subject.path is None:
        if subject.layer is None:
            return []
        word = shell_word(reference.encode("utf-8", "surrogateescape"))
        return [("command: its changes", f"layerlens files {word} --layer {subject.layer}")]
    removed = subject.layer is not None and subject.removed
    command = extract_command(reference, subject.path, subject.layer, removed=removed)
    return [("command: extract", command)]


def path_text(path: bytes) -> str:
    """A path as it is, or quoted for a shell where it is no plain text."""
    whole = b"/" + path
    try:
        text = whole.decode()
    except UnicodeDecodeError:
        return shell_word(whole)
    return text if text.isprintable() else shell_word(whole)
