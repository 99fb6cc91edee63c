"""The walk over the headers of a layer tar.

Formats: POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU tar and old v7 headers.
``tarfile`` is not used because it ends silently at a broken header, follows
records that engines ignore, and keeps half a kilobyte per entry; here a broken
header is an error with its offset.

The walk asks a *tape* for headers.  On a seekable plain archive the tape is
one ``pread`` per entry and contents are never touched; on a stream the tape
skips forward and hashes what it skips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from isal.isal_zlib import adler32  # three times as fast as zlib's

from layerlens.errors import FormatError, ImageError, LimitError, Where
from layerlens.layers import limits
from layerlens.layers.asked import Asked, Part
from layerlens.layers.names import WHITEOUT, leaves_root, normalise
from layerlens.layers.numbers import parse_number
from layerlens.layers.pax import Pax, parse_pax
from layerlens.layers.sparse import gnu_sparse, is_pax_sparse, pax_sparse
from layerlens.layers.table import HASH_SIZE, Kind, LayerTable, Override, Sparse

BLOCK = 512
_ZERO = bytes(BLOCK)
_NO_HASH = bytes(HASH_SIZE)
_BATCH = 8192
_FIELDS = ((0, 8), (8, 16), (16, 24), (24, 36), (36, 48))  # mode, uid, gid, size, mtime

Fetch = Callable[[int], bytes]
"""``fetch(position)`` gives the 512 bytes there, or fewer at the end."""

Read = Callable[[int, int], bytes]
"""``read(position, count)`` gives up to ``count`` bytes."""

Hash = Callable[[int, int, int, bytes], bytes]
"""``hash(position, count, index, name)`` gives the 16-byte hash of exactly ``count`` bytes.

They are the content of the entry of that index and name; the index is -1 where
they are not a file's content as it reads (a sparse file's).
Raises :class:`FormatError` where the stream ends before.
"""

Tick = Callable[[int], None]
"""Called now and then with the position, for progress and cancelling."""

_DOTS = (b"..", b".wh.")
_LINKS = (Kind.HARDLINK, Kind.SYMLINK)
_DEVICES = (Kind.CHAR, Kind.BLOCK)


def walk(
    fetch: Fetch,
    read: Read,
    *,
    start: int = 0,
    end: int = limits.MAX_FILE,
    content_hash: Hash | None = None,
    tick: Tick | None = None,
    asked: Part | None = None,
) -> tuple[LayerTable, int]:
    """Read all entries of the tar between two positions of a tape.

    Gives the table and the position behind the last block that was looked at.
    ``tar_size`` is left at 0 for the caller, who knows where the tape ends.
    ``asked`` counts what the layer asks for, where it is one of an image's.
    Raises :class:`FormatError` for what every engine refuses, with entry and
    offset (from ``start``), and :class:`LimitError` at the bounds of
    :mod:`layerlens.layers.limits`.
    """
    walker = _Walker(fetch, read, start, end, content_hash, asked or Asked().part())
    try:
        while not walker.batch(_BATCH):
            if tick is not None:
                tick(walker.pos - start)
        walker.count()
        walker.check_numbers()
        walker.tell_parents()
    except ImageError as error:
        raise error.at(Where(entry=walker.entry, offset=walker.pos - start)) from error.__cause__
    return walker.table, walker.pos


def members(fetch: Fetch, read: Read) -> Iterator[tuple[bytes, Kind, int, int]]:
    """The entries of a tar one by one: name, kind, position of the content, its stored bytes.

    The tape may be read between two entries, up to the end of the content.
    Raises as :func:`walk` does.
    """
    walker = _Walker(fetch, read, 0, limits.MAX_FILE, None, Asked().part())
    table = walker.table
    seen = 0
    try:
        while not walker.batch(1):
            if len(table) > seen:
                seen = len(table)
                kind = Kind(table.kinds[-1])
                yield table.names[-1], kind, table.offsets[-1], table.stored(seen - 1)
    except ImageError as error:
        raise error.at(Where(entry=walker.entry, offset=walker.pos)) from error.__cause__


class _Walker:
    """State of one walk; :meth:`batch` is the hot loop, the rest handles what is rare."""

    def __init__(
        self,
        fetch: Fetch,
        read: Read,
        start: int,
        end: int,
        content_hash: Hash | None,
        asked: Part,
    ) -> None:
        self.table = LayerTable(suspects=[])
        self.pos = start
        self.entry: bytes | None = None
        self._fetch = fetch
        self._read = read
        self._start = start
        self._end = end
        self._hash = content_hash
        # Checksum field -> what adler32 of the whole header must be, modulo 2**16.
        self._checksums: dict[bytes, int] = {}
        # Directories that names may stand in without being looked at again.
        self._sound: set[bytes] = set()
        self._other_parents: set[bytes] = set()
        self._asked = asked
        self._counted = 0  # entries that were told

    def batch(self, most: int) -> bool:
        """Read up to ``most`` entries; true at the end of the tar.

        Dense on purpose: this runs once per entry, and an entry of a plain
        archive costs little more than its system call.
        """
        table = self.table
        fetch, hashing, end, start = self._fetch, self._hash, self._end, self._start
        sound = self._sound
        names, kinds, raw, hashes = table.names, table.kinds, table.raw, table.hashes
        add_name, add_kind = names.append, kinds.append
        final = end - 512  # no header starts behind it
        add_size, add_offset = table.sizes.append, table.offsets.append
        expected = self._checksums.get
        pos = self.pos
        try:
            for _ in range(most):
                h = fetch(pos)
                if adler32(h) & 0xFFFF != expected(h[148:156]) or pos > final or len(h) != 512:
                    if self._at_end(h, pos):
                        return True
                    self._check_sum(h)
                kind = h[156]
                if kind == 48:  # a regular file
                    try:
                        # What int() takes beyond octal digits, check_numbers() finds in bulk.
                        size = follow = int(h[124:135], 8) if h[135] < 48 else -1
                    except ValueError:
                        size = follow = -1
                elif kind == 53:  # a directory: no data, whatever its size says
                    size = follow = 0
                else:
                    pos = self.pos = self._unusual(h, pos)
                    continue
                cut = h.find(b"\0")
                if h[345] and h[257:263] == b"ustar\0":
                    name = h[345:500].split(b"\0", 1)[0] + b"/" + h[:100].split(b"\0", 1)[0]
                elif 0 <= cut <= 100:
                    name = h[:cut]
                else:
                    name = h[:100]
                if size < 0:
                    self.entry, self.pos = name, pos
                    size = follow = self._size(h[124:136])
                up, _, last = name.rpartition(b"/")
                if up not in sound or not last or last[0] == 46:
                    name = self._checked(name)
                data = pos + 512
                add_name(name)
                add_kind(kind)
                add_size(size)
                add_offset(data - start)
                raw += h[100:148]
                following = data + (follow + 511 & -512)
                if following > end:
                    self.entry, self.pos = name, data
                    raise FormatError(f"truncated: the content needs {following - end} more bytes")
                if hashing is not None:
                    if follow:
                        self.entry, self.pos = name, data
                        hashes += hashing(data, follow, len(names) - 1, name)
                    else:
                        hashes += _NO_HASH
                pos = following
        finally:
            if self.pos < pos:
                self.pos = pos
        self.count()
        return False

    def count(self) -> None:
        """Tell of the entries since the last time."""
        self._asked.entries(len(self.table) - self._counted)
        self._counted = len(self.table)

    def _at_end(self, h: bytes, pos: int) -> bool:
        """Whether the tar ends at ``pos``; false where the header is a real one after all."""
        self.entry, self.pos = None, pos
        h = h[: max(0, self._end - pos)]
        if not h:
            return True  # no end blocks at all: engines accept that
        if len(h) < BLOCK:
            raise FormatError(f"truncated: a header of {len(h)} bytes instead of 512")
        if h != _ZERO:
            return False
        following = self._fetch(pos + BLOCK)[: max(0, self._end - pos - BLOCK)]
        if following.strip(b"\0"):
            raise FormatError("a lone block of zeros between entries")
        self.pos = pos + BLOCK + len(following)
        return True

    def _check_sum(self, h: bytes) -> None:
        """Compare a header with its checksum field, and remember the pair.

        The field holds the sum of all header bytes, with itself taken as
        blanks.  Adler-32's low half is one plus the sum of the bytes modulo
        65521, which gives that sum at C speed.  Some old writers added the
        bytes as signed numbers; both sums are accepted, as engines do.
        """
        self.entry = None
        field = h[148:156]
        try:
            stated = parse_number(field)
        except ValueError as error:
            raise FormatError(f"not a tar header: its checksum is {field!r}") from error
        if adler32(h[156:], adler32(h[:148])) & 0xFFFF == (1 + stated - 8 * 0x20) % 65521:
            self._checksums[field] = (1 + stated - 8 * 0x20 + sum(field)) % 65521
            return
        total = sum(h) - sum(field) + 8 * 0x20
        signed = total - 256 * sum(1 for byte in h[:148] + h[156:] if byte > 127)
        if signed != stated:
            raise FormatError(f"bad header checksum: {stated} is written, {total} was computed")

    def _unusual(self, h: bytes, pos: int) -> int:
        """Read an entry that is not a plain file or directory, with its extended headers.

        Gives the position of the next header.
        """
        start = pos
        self.entry = None
        pax: Pax | None = None
        long_name: bytes | None = None
        long_link: bytes | None = None
        for _ in range(limits.MAX_EXTENDED_CHAIN):
            kind = h[156]
            if kind not in b"xgLKX":
                break
            size = self._size(h[124:136])
            data_at = pos + BLOCK
            self.pos = pos
            if kind == 0x67:  # g: engines ignore its records
                self._note("pax-global-header", "global PAX header, its records are ignored", None)
            else:
                data = self._payload(data_at, size)
                if kind == 0x4C:
                    long_name = data.split(b"\0", 1)[0]
                elif kind == 0x4B:
                    long_link = data.split(b"\0", 1)[0]
                else:
                    pax = parse_pax(data)
            pos = data_at + (size + 511 & -512)
            self.pos = pos
            if pos > self._end:
                raise FormatError(f"truncated: a header needs {pos - self._end} more bytes")
            h = self._fetch(pos)
            if pos + BLOCK > self._end or len(h) < BLOCK:
                if pax is None and long_name is None and long_link is None:
                    return pos  # only a global header before the end
                raise FormatError("truncated: an extended header without its entry")
            if h == _ZERO:
                if pax is None and long_name is None and long_link is None:
                    return pos
                raise FormatError("an extended header without its entry")
            self._check_sum(h)
        else:
            self.pos = start
            raise LimitError(
                f"more than {limits.MAX_EXTENDED_CHAIN} extended headers before one entry"
            )
        name = long_name or (pax.path if pax else None) or _header_name(h)
        link = long_link or (pax.linkpath if pax else None) or h[157:257].split(b"\0", 1)[0]
        return self._entry(h, pos, name, link, pax)

    def _entry(self, h: bytes, pos: int, name: bytes, link: bytes, pax: Pax | None) -> int:
        """Add one entry whose name and numbers may come from extended headers."""
        self.entry, self.pos = name, pos
        table = self.table
        i = len(table)
        data = pos + BLOCK
        flag = h[156]
        if flag in (0, 0x30):
            # Before POSIX a directory was a file whose name ends in a slash.
            kind = Kind.DIR if flag == 0 and name.endswith(b"/") else Kind.FILE
        elif flag == 0x44:
            kind = Kind.DIR  # GNU dumpdir: a directory with a list of names as its data
            self._odd_type(flag, name)
        elif 0x31 <= flag <= 0x36:
            kind = Kind(flag)
        else:
            kind = Kind.FILE
            self._odd_type(flag, name)
        stored = 0
        if kind is Kind.FILE or flag == 0x44:
            stored = (
                self._bounded(pax.size) if pax and pax.size is not None else self._size(h[124:136])
            )
        size = stored if kind is Kind.FILE else 0
        content = data
        if flag == 0x53:
            size, sparse = gnu_sparse(h, pos, stored, self._read)
            content = data = self._keep_map(sparse, i)
        elif pax is not None and kind is Kind.FILE and is_pax_sparse(pax):
            size, sparse = pax_sparse(pax, data, stored, self._read)
            content = self._keep_map(sparse, i)
            name = pax.sparse.get(b"name") or name
        if b"\0" in name:
            raise FormatError("a name with a NUL in it")
        if len(name) > limits.NAME_MAX and (
            len(name) > limits.PATH_MAX or max(map(len, name.split(b"/"))) > limits.NAME_MAX
        ):
            self._note("name-too-long", "longer than Linux allows: no engine can load it", name)
        path = self._checked(name)
        table.names.append(path)
        table.kinds.append(kind)
        table.sizes.append(size)
        table.offsets.append(content - self._start)
        table.raw += h[100:148]
        if kind in _LINKS:
            if b"\0" in link:
                raise FormatError("a link target with a NUL in it")
            table.links[i] = normalise(link) if kind is Kind.HARDLINK else link
        elif kind in _DEVICES:
            table.devices[i] = (self._number(h[329:337]), self._number(h[337:345]))
        self._asked.names(path, table.links.get(i, b""))
        if pax is not None:
            self._apply(pax, i)
        if self._hash is not None:
            digest = _NO_HASH
            if stored and kind is Kind.FILE:
                whole = i not in table.sparse
                digest = self._hash(data, stored, i if whole else -1, table.names[i])
            table.hashes += digest
        following = data + (stored + 511 & -512)
        if following > self._end:
            self.pos = data
            raise FormatError(f"truncated: the content needs {following - self._end} more bytes")
        if len(table) > limits.MAX_ENTRIES:
            raise LimitError(f"more than {limits.MAX_ENTRIES} entries")
        return following

    def _keep_map(self, sparse: Sparse, i: int) -> int:
        """Keep the map of a sparse entry; gives the position of its first stored byte."""
        self._asked.segments(len(sparse.segments))
        self.table.sparse[i] = replace(sparse, data_offset=sparse.data_offset - self._start)
        return sparse.data_offset

    def _apply(self, pax: Pax, i: int) -> None:
        if pax.uid is not None or pax.gid is not None or pax.mtime is not None:
            self.table.overrides[i] = Override(uid=pax.uid, gid=pax.gid, mtime=pax.mtime)
        if pax.xattrs:
            self._asked.xattrs(pax.xattrs.items())
            self.table.xattrs[i] = tuple(sorted(pax.xattrs.items()))

    def _payload(self, at: int, size: int) -> bytes:
        if size > limits.MAX_EXTENDED_HEADER:
            raise LimitError(
                f"extended header of {size} bytes, the limit is {limits.MAX_EXTENDED_HEADER}"
            )
        if at + size > self._end:
            raise FormatError(f"truncated: a header needs {at + size - self._end} more bytes")
        data = self._read(at, size)
        if len(data) < size:
            raise FormatError(f"truncated: a header needs {size - len(data)} more bytes")
        return data

    def _size(self, field: bytes) -> int:
        size = self._number(field)
        if size < 0:
            raise FormatError(f"negative size {size}")
        return self._bounded(size)

    def _bounded(self, size: int) -> int:
        if size > limits.MAX_FILE:
            raise LimitError(f"size {size}, the limit is {limits.MAX_FILE}")
        return size

    def _number(self, field: bytes) -> int:
        try:
            return parse_number(field)
        except ValueError as error:
            raise FormatError(str(error)) from error

    def _checked(self, name: bytes) -> bytes:
        """The path of a name that is about to be added, and what it says of its directory."""
        if name[:2] == b"./":  # all names of some builders
            name = name[2:]
        up, _, last = name.rpartition(b"/")
        if up in self._sound and last and last != b"." and not last.startswith(_DOTS):
            return name  # its directory has been looked at, and the name is an ordinary one
        path = self._path(name)
        up = path.rpartition(b"/")[0]
        if WHITEOUT in path:
            assert self.table.suspects is not None
            self.table.suspects.append(len(self.table))
        # Names below a whiteout are to be looked at one by one.
        (self._other_parents if WHITEOUT in up or not up else self._sound).add(up)
        return path

    def _path(self, name: bytes) -> bytes:
        if (name.startswith(b"..") or b"/.." in name) and leaves_root(name):
            self._note("path-above-root", "name climbs above the root, taken below it", name)
        return normalise(name)

    def _odd_type(self, flag: int, name: bytes) -> None:
        self._note(
            "unusual-type",
            f"entry of type {chr(flag)!r}, which engines refuse; taken as a file"
            if flag != 0x44
            else "GNU directory listing, which engines refuse; taken as a directory",
            name,
        )

    def _note(self, code: str, message: str, path: bytes | None) -> None:
        self.table.notes.add(code, message, path=path)

    def tell_parents(self) -> None:
        """All directories of the names are known by now: spare the others from looking."""
        self.table.known_parents = frozenset(self._sound | self._other_parents)

    def check_numbers(self) -> None:
        """Make sure that the numbers kept in ``raw`` can be decoded later.

        Octal digits and NULs alone always can, which one pass in C tells.
        """
        raw = self.table.raw
        if not raw.translate(None, b"01234567\0"):
            return
        for k in range(0, len(raw), 48):
            fields = raw[k : k + 48]
            if not fields.translate(None, b"01234567\0"):
                continue
            try:
                for a, b in _FIELDS:
                    parse_number(fields[a:b])
            except ValueError as error:
                self.entry = self.table.names[k // 48]
                self.pos = self._start + self.table.offsets[k // 48] - BLOCK
                raise FormatError(str(error)) from error


def _header_name(h: bytes) -> bytes:
    name = h[:100].split(b"\0", 1)[0]
    if h[345] and h[257:263] == b"ustar\0":
        return h[345:500].split(b"\0", 1)[0] + b"/" + name
    return name
