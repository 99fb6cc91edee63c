"""Small images on which dive and the truth differ, or agree for a reason.

``wasted``, ``efficiency`` and ``user_ratio`` are dive's figures, ``dead`` and
``visible`` are exact: dead bytes by cause, and the paths of the final tree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from layerlens.filesystem.changes import Cause
from tests.members import Member, directory, file, opaque, symlink, whiteout


@dataclass(frozen=True)
class Case:
    """One image: its layers from the bottom up, and both answers.

    ``changed`` has the paths that dive calls added, modified and removed in
    the last layer.
    """

    name: str
    layers: tuple[tuple[Member, ...], ...]
    wasted: int
    efficiency: float
    user_ratio: float
    changed: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    dead: Mapping[Cause, int]
    visible: frozenset[bytes]


def _paths(*names: bytes) -> frozenset[bytes]:
    return frozenset(names)


_A, _B, _C = b"a" * 100, b"b" * 100, b"c" * 100

CASES = (
    Case(
        "A: a file is removed",
        ((file("keep", b"k" * 10), file("big", _A)), (whiteout("big"),)),
        wasted=100,
        efficiency=10 / 110,
        user_ratio=math.inf,
        changed=((), (), ("/big",)),
        dead={Cause.DELETED: 100},
        visible=_paths(b"keep"),
    ),
    Case(
        "B: a directory is removed",
        (
            (directory("d"), file("d/a", _A[:60]), file("d/b", _B[:40]), file("keep", b"k" * 10)),
            (whiteout("d"),),
        ),
        wasted=0,
        efficiency=1.0,
        user_ratio=math.nan,
        changed=((), (), ("/d/a", "/d/b", "/d")),
        dead={Cause.DELETED: 100},
        visible=_paths(b"keep"),
    ),
    Case(
        "C: a directory is removed, and its parent is there again",
        (
            (directory("t"), directory("t/d"), file("t/d/a", _A), file("keep", b"k" * 10)),
            (directory("t"), whiteout("t/d")),
        ),
        wasted=0,
        efficiency=1.0,
        user_ratio=math.nan,
        changed=((), ("/t",), ("/t/d/a", "/t/d")),
        dead={Cause.DELETED: 100},
        visible=_paths(b"keep", b"t"),
    ),
    Case(
        "D: chmod copies a file",
        ((file("f", _A, mode=0o644),), (file("f", _A, mode=0o755),)),
        wasted=200,
        efficiency=0.5,
        user_ratio=2.0,
        changed=((), ("/f",), ()),
        dead={Cause.METADATA: 100},
        visible=_paths(b"f"),
    ),
    Case(
        "E: an opaque directory hides a file",
        (
            (directory("d"), file("d/a", _A)),
            (directory("d"), opaque("d"), file("d/new", b"n" * 10)),
        ),
        wasted=0,
        efficiency=1.0,
        user_ratio=0.0,
        changed=(("/d/new",), ("/d",), ()),
        dead={Cause.OPAQUE: 100},
        visible=_paths(b"d", b"d/new"),
    ),
    Case(
        "F: a symbolic link gets another target",
        ((symlink("a", "x"), file("x", b"x" * 10)), (symlink("a", "y"),)),
        wasted=0,
        efficiency=1.0,
        user_ratio=math.nan,
        changed=((), (), ()),
        dead={},
        visible=_paths(b"a", b"x"),
    ),
    Case(
        "G: a symbolic link takes a directory's place",
        ((directory("d"), file("d/f", _A), directory("e")), (symlink("d", "e"),)),
        wasted=0,
        efficiency=1.0,
        user_ratio=math.nan,
        changed=((), ("/d",), ()),
        # The path d/f is not there again, so its byte is deleted and not of another type.
        dead={Cause.DELETED: 100},
        visible=_paths(b"d", b"e"),
    ),
    Case(
        "H: a whiteout has no target",
        ((file("f", _A),), (whiteout("absent"), file("f", _B))),
        wasted=0,
        efficiency=0.99,
        user_ratio=0.0,
        changed=((), ("/f",), ()),
        dead={Cause.REPLACED: 100},
        visible=_paths(b"f"),
    ),
    Case(
        "I: a file is removed and comes again",
        ((file("f", _A[:10]),), (whiteout("f"),), (file("f", _A[:10]),)),
        wasted=20,
        efficiency=0.0,
        user_ratio=2.0,
        changed=(("/f",), (), ()),
        dead={Cause.DELETED: 10},
        visible=_paths(b"f"),
    ),
    Case(
        "J: one layer removes a file and writes it again",
        ((file("f", _A[:10]),), (whiteout("f"), file("f", _B[:10]))),
        wasted=20,
        efficiency=0.0,
        user_ratio=2.0,
        changed=((), (), ("/f",)),
        dead={Cause.REPLACED: 10},
        visible=_paths(b"f"),
    ),
    Case(
        "K: a directory has no entry of its own in the upper layer",
        ((directory("d", 0o700), file("d/a", b"a" * 10)), (file("d/b", b"b" * 5),)),
        wasted=0,
        efficiency=1.0,
        user_ratio=0.0,
        changed=(("/d/b",), ("/d",), ()),
        dead={},
        visible=_paths(b"d", b"d/a", b"d/b"),
    ),
    Case(
        "L: the same content lies at another path",
        ((file("a", _A),), (file("b", _A),)),
        wasted=0,
        efficiency=1.0,
        user_ratio=0.0,
        changed=(("/b",), (), ()),
        dead={},
        visible=_paths(b"a", b"b"),
    ),
    Case(
        "M: an empty file is written again",
        ((file("e", b""), file("k", b"k" * 10)), (file("e", b"", mode=0o600),)),
        wasted=0,
        efficiency=1.0,
        user_ratio=math.nan,
        changed=((), ("/e",), ()),
        dead={},
        visible=_paths(b"e", b"k"),
    ),
    Case(
        "N: there is one layer only",
        ((file("f", b"f" * 10),),),
        wasted=0,
        efficiency=1.0,
        user_ratio=math.nan,
        changed=((), (), ()),
        dead={},
        visible=_paths(b"f"),
    ),
    Case(
        "O: a file has three versions",
        ((file("f", _A),), (file("f", _B),), (file("f", _C),)),
        wasted=300,
        efficiency=100 / 300,
        user_ratio=1.5,
        changed=((), ("/f",), ()),
        dead={Cause.REPLACED: 200},
        visible=_paths(b"f"),
    ),
)
