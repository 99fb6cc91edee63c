"""Commands for people to run again, every word quoted for their shell."""

from __future__ import annotations

import shlex

from layerlens.outputs.display import name_bytes


def extract_command(
    reference: str, path: bytes, layer: int | None = None, *, removed: bool = False
) -> str:
    """The command that writes a file of an image to disk.

    ``layer``: as that layer left it; ``removed``: as it was when that layer removed it.
    """
    words = [
        "layerlens extract",
        shell_word(name_bytes(reference)),
        shell_word(b"/" + path),
    ]
    if layer is not None:
        words.append(f"--layer {layer}" + (" --removed" if removed else ""))
    return " ".join(words)


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
