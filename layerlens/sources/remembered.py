"""A compressed archive that passed in an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from layerlens.image.digest import Digest
from layerlens.layers.asked import Part
from layerlens.layers.contents import Examiner
from layerlens.layers.known import KnownLayers, LayerMember, PassedArchive
from layerlens.layers.reader import Counter, LayerRead
from layerlens.layers.table import HashKind
from layerlens.sources.members import Members
from layerlens.sources.store import changed
from layerlens.sources.stream_store import StreamStore


class RememberedStore(StreamStore):
    """The members of an archive as they were when it passed; nothing is read.

    ``known`` has the layers.  Where one is missing there, ``again`` reads the
    archive anew.
    """

    def __init__(
        self,
        archive: PassedArchive,
        label: str,
        known: KnownLayers,
        again: Callable[[], StreamStore],
    ) -> None:
        self.again = None
        self._label = label
        self._known = known
        self._again = again
        self._fresh: StreamStore | None = None
        self._lock = Lock()
        self.table, self.tail = archive.table, archive.tail
        self._members = Members(self.table, label)
        self._results = dict(archive.members)

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        i = self._at(name)
        member = self._results.get(i)
        if isinstance(member, LayerMember):
            found = self._known.by_blob(member.digest, hashes=HashKind.XXH3)
            if found is None or found.diff_id != member.diff_id:
                found = self._read_again(name, member, limit)
            self._results[i] = found
        return super().load(name, limit=limit, count=count)

    def _read_again(self, name: str, member: LayerMember, limit: int) -> LayerRead:
        """A layer that the cache has lost.  Raises :class:`SourceError` where it is another now."""
        with self._lock:
            if self._fresh is None:
                self._fresh = self._again()
        if self._fresh.has(name) and self._fresh.digest(name) == member.digest:
            return self._fresh.load(name, limit=limit)
        raise changed(self.label)

    def digest(self, name: str) -> Digest:
        member = self._results.get(self._at(name))
        return member.digest if isinstance(member, LayerMember) else super().digest(name)

    def close(self) -> None:
        super().close()
        if self._fresh is not None:
            self._fresh.close()


def is_flat(archive: PassedArchive) -> bool:
    """Whether an archive held a root filesystem: of its contents nothing is remembered."""
    return not any(isinstance(member, LayerMember) for member in archive.members.values())
