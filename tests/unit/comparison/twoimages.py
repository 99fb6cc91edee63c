"""Two analyses made by hand, and what is known of their contents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Severity, Topic
from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison, PathChange, PathDelta, SameContent
from layerlens.image.model import BaseBoundary
from tests.builders import Member, directory, file, hardlink, symlink, whiteout
from tests.unit.outputs.samples import DAY, HOSTILE_NAMES, build, hostile


def by_hashes(old: Analysis, new: Analysis) -> SameContent:
    """Contents by their hashes, which all tables made by hand have."""

    def same(o: int, n: int) -> bool:
        before, i = old.filesystem.slot(o)
        after, j = new.filesystem.slot(n)
        assert before.sizes[i] == after.sizes[j] > 0, "asked for what sizes tell"
        return before.hash(i) == after.hash(j)

    return same


def blind(_old: int, _new: int) -> None:
    """Nothing is known of contents."""


def compared(
    old: Sequence[Sequence[Member]],
    new: Sequence[Sequence[Member]],
    steps: tuple[Sequence[str], Sequence[str]] = ((), ()),
    **options: Any,
) -> Comparison:
    """Compare two images of some layers, whose contents are known."""
    images = build(old, steps[0], **options), build(new, steps[1], **options)
    return compare(*images, by_hashes(*images))


def changes(found: Comparison) -> dict[bytes, PathChange]:
    """What became of each path."""
    return {path.path: path.change for path in found.paths}


def at(found: Comparison, path: bytes) -> PathDelta:
    """One path that differs."""
    (delta,) = [each for each in found.paths if each.path == path]
    return delta


# ----------------------------------------------------------------------- a shop, built twice

_LISTS = Rule(
    id="package-lists",
    title="package lists",
    topic=Topic.CONTENT,
    why="The container never reads them.",
    fix="rm -rf {paths}",
    ledger_class=LedgerClass.PACKAGE_CACHES,
)
_ROOT = Rule(
    id="root-user",
    title="runs as root",
    topic=Topic.POSTURE,
    why="Whoever breaks out is root.",
    fix="USER 10001:10001",
    severity=Severity.HIGH,
)


def _check(context: Context) -> Iterable[Draft]:
    lists = list(context.files.below(b"var/lib/apt/lists"))
    if lists:
        yield Draft("package-lists", lists)
    if not context.config.settings.get("User"):
        yield Draft("root-user", history=0)


RULES = (RuleSet((_LISTS, _ROOT), (_check,)),)

_BASE = [
    directory("bin", mtime=DAY),
    file("bin/sh", b"h" * 90_000, mode=0o755, mtime=DAY),
    file("etc/passwd", b"root:x:0:0\n" * 100, mtime=DAY),
]
_STEPS = (
    f"/bin/sh -c #(nop) ADD file:{'ab' * 32} in / ",
    "RUN /bin/sh -c apt-get update && apt-get install -y curl=7.88 # buildkit",
    "COPY requirements.txt . # buildkit",
    "RUN /bin/sh -c pip install -r requirements.txt # buildkit",
    "COPY . /app # buildkit",
)


def _curl(content: bytes, when: int) -> list[Member]:
    return [
        file("usr/bin/curl", content, mode=0o755, mtime=when),
        hardlink("usr/bin/wcurl", "usr/bin/curl", mode=0o755, mtime=when),
        file("var/log/dpkg.log", b"%d" % when * 300, mtime=when),
    ]


def _pip(pyc: bytes, when: int) -> list[Member]:
    return [
        file("usr/lib/python3/flask/app.py", b"f" * 40_000, mtime=when),
        file("usr/lib/python3/flask/__pycache__/app.cpython-311.pyc", pyc * 9_000, mtime=when),
    ]


def _packages(analysis: Analysis, *rows: tuple[Ecosystem, str, str, bytes]) -> Analysis:
    live, size = analysis.filesystem.live, analysis.filesystem.size
    packages = tuple(
        Package(
            Listed(ecosystem=kind, name=name, version=version, arch="amd64"),
            b"var/lib/dpkg/status",
            1,
            [live[path]],
            size(live[path]),
        )
        for kind, name, version, path in rows
    )
    owners = {package.versions[0]: k for k, package in enumerate(packages)}
    return replace(analysis, inventory=Inventory(packages, owners))


@cache
def old_shop() -> Analysis:
    """The older build: runs as root, without package lists."""
    found = build(
        [
            _BASE,
            _curl(b"c" * 60_000, DAY),
            [file("requirements.txt", b"flask==2\n", mtime=DAY)],
            _pip(b"1", DAY),
            [
                file("app/main.py", b"print('old')\n", mtime=DAY),
                file("app/static/logo.svg", b"<svg/>" * 2_000, mtime=DAY),
                file("app/static/app.css", b"a{}" * 2_000, mtime=DAY),
                file("app/notes.txt", b"n" * 2_500, mtime=DAY),
                symlink("app/current", "main.py", mtime=DAY),
            ],
        ],
        _STEPS,
        base=BaseBoundary("declared", 1, "the annotation base.name", "debian:12"),
        compressed=True,
        reference="shop:1.0",
        settings={"User": ""},
        rules=RULES,
    )
    return _packages(
        found,
        (Ecosystem.DEB, "curl", "7.88", b"usr/bin/curl"),
        (Ecosystem.PYPI, "flask", "2.0", b"usr/lib/python3/flask/app.py"),
    )


@cache
def new_shop() -> Analysis:
    """The newer one: another curl, its lists left, a folder moved, all else built again."""
    when = DAY + 86_400
    found = build(
        [
            _BASE,
            [
                *_curl(b"C" * 75_000, when),
                file("var/lib/apt/lists/debian", b"l" * 250_000, mtime=when),
                file("tmp/kit", b"k" * 30_000, mtime=when),
            ],
            [file("requirements.txt", b"flask==2\n", mtime=when)],
            _pip(b"2", when),
            [
                file("app/main.py", b"print('new one')\n", mtime=when),
                file("app/public/logo.svg", b"<svg/>" * 2_000, mtime=DAY),
                file("app/public/app.css", b"a{}" * 2_000, mtime=DAY),
                symlink("app/current", "server.py", mtime=when),
                whiteout("tmp/kit"),
            ],
        ],
        (_STEPS[0], _STEPS[1].replace("7.88", "8.1"), *_STEPS[2:]),
        base=BaseBoundary("declared", 1, "the annotation base.name", "debian:12"),
        compressed=True,
        reference="shop:1.1",
        settings={"User": "10001"},
        rules=RULES,
    )
    return _packages(
        found,
        (Ecosystem.DEB, "curl", "8.1", b"usr/bin/curl"),
        (Ecosystem.PYPI, "flask", "2.0", b"usr/lib/python3/flask/app.py"),
        (Ecosystem.NPM, "@a/left-pad", "1.0", b"app/public/app.css"),
    )


@cache
def shops() -> Comparison:
    """Both builds compared."""
    old, new = old_shop(), new_shop()
    return compare(old, new, by_hashes(old, new))


@cache
def the_same() -> Comparison:
    """An image and itself."""
    shop = old_shop()
    return compare(shop, shop, by_hashes(shop, shop))


@cache
def attacked() -> Comparison:
    """Images whose every text is against the reader, with names that moved and changed."""
    old = hostile()
    moved = [file(b"moved/" + name, b"x" * (100 + k)) for k, name in enumerate(HOSTILE_NAMES[:8])]
    gone = [whiteout(name) for name in HOSTILE_NAMES[:8]]
    texts = {
        key: value
        for key, value in old.image.config.settings.items()
        if key in ("User", "Env", "Labels")
    }
    new = build(
        [
            moved,
            gone,
            [file(name, b"z" * (300 + k)) for k, name in enumerate(HOSTILE_NAMES[8:])],
        ],
        ["RUN echo \x1b[31m ::error::x ##[error]y | `a` <b> @you\n two"] * 3,
        reference=old.image.reference,
        base=old.base,
        settings=texts,
    )
    return compare(old, new, blind)
