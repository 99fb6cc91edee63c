"""One version of a path, ready to be looked at: what it is, and its content as lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from layerlens.filesystem.changes import Entry
from layerlens.filesystem.result import IMPLIED, Filesystem
from layerlens.layers.compression import Compression
from layerlens.tui.viewmodel.content import MOST_TEXT, Content, text_of, unpacked
from layerlens.tui.viewmodel.magic import form_of
from layerlens.tui.viewmodel.text import kind_in_words, permissions, plural, safe_text, size
from layerlens.tui.viewmodel.textlines import TextLines

Xattrs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A version of the filesystem by its number, and what its headers say.

    ``fate`` is what became of it, for people: ``deleted in layer 9``; empty
    where it lives or that is not known.
    """

    version: int
    entry: Entry
    xattrs: Xattrs = ()
    fate: str = ""

    @property
    def has_content(self) -> bool:
        return self.entry.kind in ("file", "hardlink")


def file_version(fs: Filesystem, version: int, fate: str = "") -> FileVersion:
    """One version of an analysed image."""
    origin = fs.synthetic.get(version, version)
    xattrs: Xattrs = ()
    if origin != IMPLIED:
        source = fs.inodes.get(origin, origin)
        table, i = fs.slot(fs.headers.get(source, source))
        xattrs = table.xattrs.get(i, ())
    return FileVersion(version, fs.entry(version), xattrs, fate)


def facts(version: FileVersion) -> list[str]:
    """Size, layer, fate, permissions and so on, the most telling first; safe text."""
    entry = version.entry
    found = [size(entry.size)] if version.has_content else [what(entry)]
    found.append(f"layer {entry.layer}")
    if version.fate:
        found.append(safe_text(version.fate, 100))
    found += [permissions(entry.kind, entry.mode), f"{entry.uid}:{entry.gid}", when(entry.mtime)]
    if version.xattrs:
        found.append(plural(len(version.xattrs), "extended attribute"))
    return found


def what(entry: Entry) -> str:
    """What an entry is, and where it leads, in safe text."""
    word = "file" if entry.kind == "hardlink" else kind_in_words(entry.kind)
    if entry.kind == "symlink":
        return f"{word} to {safe_text(entry.target or b'')}"
    if entry.device is not None:
        return f"{word} {entry.device[0]}, {entry.device[1]}"
    return word


def when(mtime: float) -> str:
    """A time as people write it, in UTC; the number itself where it is none of this age."""
    try:
        return datetime.fromtimestamp(mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"time {mtime:g}"


# ---------------------------------------------------------------------- content


@dataclass(slots=True)
class Preview:
    """A content that was looked at.

    ``path`` is what to judge the language by.  ``text`` is ``None`` where it
    is none; ``data`` are the stored bytes.
    ``form`` says what it is, ``limits`` what of it is shown where that is not
    all; both are safe text.
    """

    path: bytes
    data: bytes
    text: TextLines | None
    form: str
    limits: str


def plain(version: FileVersion) -> Preview:
    """The preview of what has no content: it says what it is instead."""
    return Preview(version.entry.path, b"", None, what(version.entry), "")


def preview(path: bytes, content: Content) -> Preview:
    """Look at a content.  This takes its time: not for the UI's thread."""
    data = content.data
    cut = "" if content.is_whole else f"shown: first {size(len(data))} of {size(content.size)}"
    if not data:
        return Preview(path, data, None, "empty", "")
    found = text_of(content)
    if found is not None:
        ends = f", {found.line_ends} line ends" if found.line_ends not in ("LF", "") else ""
        return Preview(path, data, TextLines(found.text), f"text {found.encoding}{ends}", cut)
    form = form_of(data) or "binary"
    compression, inner = unpacked(content)
    if compression is Compression.NONE or inner is None:
        return Preview(path, data, None, form, cut)
    found = text_of(inner)
    if found is None:
        return Preview(path, data, None, f"{form} of {form_of(inner.data) or 'binary'}", cut)
    if not inner.is_whole:
        cut = f"shown: first {size(min(MOST_TEXT, len(inner.data)))} of what it holds"
    words = f"{form} of text {found.encoding}"
    inside = path[: path.rfind(b".")] if b"." in path else path  # what its colours go by
    return Preview(inside, data, TextLines(found.text), words, cut)
