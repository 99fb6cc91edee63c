"""An inventory as bytes, and back.

As with judgements, versions are numbers of one stacked filesystem, and texts are
kept as bytes.  A package that several layers' changes name is written once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import msgspec

from layerlens.analysis.packages.model import (
    Ecosystem,
    Inventory,
    Listed,
    Package,
    PackageChange,
    first_owners,
)
from layerlens.analysis.rawtext import from_raw, to_raw
from layerlens.layers.columns import ordered


class _Listed(msgspec.Struct, array_like=True, frozen=True):
    ecosystem: Ecosystem
    name: bytes
    version: bytes
    arch: bytes
    licence: bytes
    files: list[bytes]
    directories: list[bytes]
    docs: list[bytes]
    declared: int | None
    requires: list[bytes]
    recommends: list[bytes]
    provides: list[bytes]
    manual: bool | None
    dev: bool | None
    essential: bool
    details: dict[bytes, bytes]


class _Package(msgspec.Struct, array_like=True, frozen=True):
    """``listed`` is a place in the record's list."""

    listed: int
    database: bytes
    layer: int
    versions: bytes
    size: int


class _Change(msgspec.Struct, array_like=True, frozen=True):
    """Packages by their places in the record's list."""

    layer: int
    database: bytes
    added: list[int]
    removed: list[int]
    upgraded: list[tuple[int, int]]


class _Record(msgspec.Struct, array_like=True, frozen=True):
    listed: list[_Listed]
    packages: list[_Package]
    changes: list[_Change]
    problems: list[tuple[bytes, bytes]]


_DECODER = msgspec.msgpack.Decoder(_Record)


class _Places:
    """Gives each listed package its place in the record's list."""

    def __init__(self) -> None:
        self.listed: list[Listed] = []
        self._places: dict[int, int] = {}

    def of(self, listed: Listed) -> int:
        place = self._places.setdefault(id(listed), len(self.listed))
        if place == len(self.listed):
            self.listed.append(listed)
        return place

    def all(self, many: Iterable[Listed]) -> list[int]:
        return list(map(self.of, many))


def encode_inventory(found: Inventory) -> bytes:
    """The record.  Raises ``OverflowError`` for figures beyond 64 bits.

    Owners are left out: they follow from the packages.
    """
    places = _Places()
    packages = [
        _Package(
            places.of(each.listed), each.database, each.layer,
            ordered(array("q", each.versions), "little").tobytes(), each.bytes,
        )
        for each in found.packages
    ]  # fmt: skip
    changes = [
        _Change(
            each.layer, each.database, places.all(each.added), places.all(each.removed),
            [(places.of(old), places.of(new)) for old, new in each.upgraded],
        )
        for each in found.changes
    ]  # fmt: skip
    problems = [(path, to_raw(why)) for path, why in found.problems]
    listed = list(map(_listed, places.listed))
    return msgspec.msgpack.encode(_Record(listed, packages, changes, problems))


def _listed(each: Listed) -> _Listed:
    return _Listed(
        each.ecosystem, to_raw(each.name), to_raw(each.version), to_raw(each.arch),
        to_raw(each.licence), list(each.files), list(each.directories), list(each.docs),
        each.declared, _raws(each.requires), _raws(each.recommends), _raws(each.provides),
        each.manual, each.dev, each.essential,
        {to_raw(key): to_raw(value) for key, value in each.details.items()},
    )  # fmt: skip


def _raws(texts: Iterable[str]) -> list[bytes]:
    return list(map(to_raw, texts))


def decode_inventory(data: bytes, versions: int, layers: int) -> Inventory | None:
    """The inventory of a record, ``None`` where the bytes are none.

    ``versions`` and ``layers`` are how many the filesystem has that it is to stand beside.
    """
    try:
        return _decode(_DECODER.decode(data), versions, layers)
    except (msgspec.MsgspecError, ValueError, IndexError):
        return None


def _decode(record: _Record, versions: int, layers: int) -> Inventory:
    listed = [
        Listed(
            ecosystem=each.ecosystem, name=from_raw(each.name), version=from_raw(each.version),
            arch=from_raw(each.arch), licence=from_raw(each.licence), files=each.files,
            directories=each.directories, docs=each.docs, declared=each.declared,
            requires=_texts(each.requires), recommends=_texts(each.recommends),
            provides=_texts(each.provides), manual=each.manual, dev=each.dev,
            essential=each.essential,
            details={from_raw(key): from_raw(value) for key, value in each.details.items()},
        )
        for each in record.listed
    ]  # fmt: skip
    named = [each.layer for each in record.packages] + [each.layer for each in record.changes]
    if named and not 0 <= min(named) <= max(named) < layers:
        raise ValueError("a layer that is none")
    packages = tuple(
        Package(
            listed[each.listed], each.database, each.layer,
            _versions(each.versions, versions), each.size,
        )
        for each in record.packages
    )  # fmt: skip
    changes = tuple(
        PackageChange(
            each.layer, each.database,
            tuple(listed[k] for k in each.added), tuple(listed[k] for k in each.removed),
            tuple((listed[old], listed[new]) for old, new in each.upgraded),
        )
        for each in record.changes
    )  # fmt: skip
    return Inventory(
        packages,
        first_owners([each.versions for each in packages]),
        changes,
        tuple((path, from_raw(why)) for path, why in record.problems),
    )


def _texts(raws: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(map(from_raw, raws))


def _versions(data: bytes, end: int) -> array[int]:
    found = array("q")
    found.frombytes(data)
    found = ordered(found, "little")
    if found and not 0 <= min(found) <= max(found) < end:
        raise ValueError("a number that is no version")
    return found
