"""Analyses made by hand, the same on every machine, for all tests of outputs; each is made once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from layerlens.analysis.analyse import Described, Look, analyse
from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package, PackageChange
from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.analysis.rules.registry import RuleSets
from layerlens.image.config import parse_config
from layerlens.image.digest import Digest
from layerlens.image.model import BaseBoundary
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Contents
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import LayerRead
from layerlens.layers.transfer import TransferMap
from tests.builders import (
    Member,
    char,
    config,
    directory,
    fifo,
    file,
    hardlink,
    layer,
    opaque,
    sha256,
    symlink,
    table,
    whiteout,
)

DAY = 1_700_000_000
NONE = BaseBoundary()


def build(
    layers: Sequence[Sequence[Member]],
    instructions: Sequence[str] = (),
    *,
    base: BaseBoundary = NONE,
    compressed: bool = False,
    reference: str = "shop.tar",
    tags: tuple[str, ...] = ("shop:1.0",),
    history: Sequence[Mapping[str, Any]] | None = None,
    settings: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    notes: Sequence[Diagnostic] = (),
    rules: Sequence[RuleSet] | None = None,
) -> Analysis:
    """The analysis of layers that were never written; gzip is said to take a third."""
    tars = [layer(*members) for members in layers]
    rows = history
    if rows is None and instructions:
        rows = [
            {"created": f"2024-05-0{k % 9 + 1}T12:00:00Z", "created_by": text}
            for k, text in enumerate(instructions)
        ]
    described_by = config(tars, rows, **(settings or {}))
    reads = []
    for members, tar in zip(layers, tars, strict=True):
        made = table(*members)
        size = len(tar) // 3 if compressed else len(tar)
        if compressed:
            made.transfer = TransferMap()
            made.transfer.note(len(tar), size)
        reads.append(LayerRead(made, Compression.GZIP if compressed else Compression.NONE, size))
    tables = [read.table for read in reads]

    def same(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return tables[one[0]].hash(one[1]) == tables[other[0]].hash(other[1])

    return analyse(
        Described(
            reference=reference,
            source="docker archive",
            config=parse_config(described_by),
            reads=reads,
            layers=[(Digest("sha256", sha256(tar)), None, None) for tar in tars],
            id=Digest.of(described_by),
            tags=tags,
            annotations=annotations or {},
            notes=notes,
        ),
        same,
        lambda _: base,
        look=None
        if rules is None
        else Look(
            lambda: [Contents() for _ in reads],
            lambda _layer, _i: None,
            lambda: RuleSets(tuple(rules)),
        ),
    )


RUN = "RUN /bin/sh -c"


def row(when: str, created_by: str, **more: Any) -> dict[str, Any]:
    """A history row of May 2024."""
    return {"created": f"2024-05-{when}", "created_by": created_by, **more}


@cache
def shop() -> Analysis:
    """An image with waste of every cause, in six layers, the lowest being the base's."""
    return build(
        [
            [
                directory("bin", mtime=DAY),
                file("bin/su", b"s" * 40_000, mode=0o4755, mtime=DAY),
                file("bin/sh", b"h" * 90_000, mode=0o755, mtime=DAY),
                hardlink("bin/dash", "bin/sh", mode=0o755, mtime=DAY),
                directory("dev", mtime=DAY),
                char("dev/null", 1, 3, mode=0o666),
                fifo("dev/initctl", mode=0o600),
                directory("etc", mtime=DAY),
                file("etc/passwd", b"root:x:0:0\n" * 100, mtime=DAY),
                symlink("etc/mtab", "/proc/mounts", mtime=DAY),
                directory("tmp", 0o1777, mtime=DAY),
                directory("var", mtime=DAY),
                directory("var/lib", mtime=DAY),
                file("var/lib/status", b"S" * 9_000, mtime=DAY),
            ],
            [
                directory("usr", mtime=DAY),
                file("usr/git", b"g" * 60_000, mode=0o755, mtime=DAY),
                file("var/lib/status", b"T" * 11_000, mtime=DAY),
                file("var/lib/lists", b"L" * 250_000, mtime=DAY),
            ],
            [
                directory("app", uid=1000, gid=1000, mtime=DAY),
                file("app/main.py", b"m" * 7_000, uid=1000, gid=1000, mtime=DAY),
                file("app/model.bin", b"M" * 130_000, uid=1000, gid=1000, mtime=DAY),
                directory("app/static", uid=1000, gid=1000, mtime=DAY),
                file("app/static/old.js", b"o" * 30_000, pax=[("mtime", f"{DAY}.25")]),
                file("app/settings", b"s" * 500, mtime=DAY),
                file("app/twice", b"1" * 700, mtime=DAY),
                file("app/twice", b"2" * 800, mtime=DAY),
            ],
            [whiteout("var/lib/lists"), whiteout("usr/git")],
            [
                file("app/main.py", b"m" * 7_000, uid=1000, gid=1000, mode=0o755, mtime=DAY),
                file("app/model.bin", b"M" * 130_000, uid=1000, gid=1000, mode=0o755, mtime=DAY),
            ],
            [
                directory("app/static", uid=1000, gid=1000, mtime=DAY),
                opaque("app/static"),
                file("app/static/new.js", b"n" * 21_000, mtime=DAY),
                symlink("app/settings", "/etc/settings", mtime=DAY),
                whiteout("app/nothing", b"hidden" * 50),
            ],
        ],
        base=BaseBoundary("declared", 1, "the annotation base.name", "debian:12"),
        compressed=True,
        tags=("shop:1.0", "registry.example/shop:latest"),
        history=[
            row("01T12:00:00Z", f"/bin/sh -c #(nop) ADD file:{'ab' * 32} in / "),
            row("01T12:00:01Z", '/bin/sh -c #(nop)  CMD ["sh"]', empty_layer=True),
            row("02T12:00:00Z", f"{RUN} apt-get update && apt-get install -y git # buildkit"),
            row("02T12:01:00Z", "COPY --chown=1000:1000 . /app # buildkit", comment="buildkit"),
            row("02T12:02:00Z", f"{RUN} apt-get purge -y git && rm -rf /var/lib/lists # buildkit"),
            row("02T12:03:00Z", "RUN |1 MODE=755 /bin/sh -c chmod -R $MODE /app # buildkit"),
            row("02T12:04:00Z", f"{RUN} ./build-assets --fresh # buildkit", author="Ada"),
        ],
        settings={
            "User": "1000:1000",
            "Env": ["PATH=/usr/bin:/bin", "MODE=755"],
            "Entrypoint": ["/app/main.py"],
            "Cmd": ["serve", "--port", "8000"],
            "WorkingDir": "/app",
            "ExposedPorts": {"8000/tcp": {}, "443/tcp": {}},
            "Volumes": {"/data": {}},
            "Labels": {"org.opencontainers.image.title": "shop", "b": "2", "a": "1"},
            "StopSignal": "SIGTERM",
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 30_000_000_000, "Retries": 3},
        },
        annotations={"org.opencontainers.image.base.name": "debian:12"},
    )  # fmt: skip


@cache
def clean() -> Analysis:
    """Nothing wasted."""
    return build(
        [[file("app", b"a" * 2_000_000, mode=0o755)], [file("etc/app.conf", b"port=1\n")]],
        ["COPY app / # buildkit", "COPY app.conf /etc/ # buildkit"],
        reference="clean:1",
        tags=(),
    )


_CACHE = Rule(
    id="package-lists",
    title="package lists",
    topic=Topic.CONTENT,
    why="The container never reads them.",
    fix="RUN apt-get update && apt-get install -y PACKAGES \\\n && rm -rf {paths}",
    ledger_class=LedgerClass.PACKAGE_CACHES,
    also=("DL3009",),
)
_DEBUG = Rule(
    id="debug-information",
    title="debug information",
    topic=Topic.CONTENT,
    why="Only debuggers read it.",
    fix="RUN strip --strip-debug {paths}",
    ledger_class=LedgerClass.DEBUG_INFORMATION,
    confidence=Confidence.LIKELY,
)
_DELETED = Rule(
    id="deleted-later",
    title="files that a later layer deletes",
    topic=Topic.STRUCTURE,
    why="They still ship.",
    fix="delete them in the RUN that makes them",
)
_ROOT = Rule(
    id="root-user",
    title="runs as root",
    topic=Topic.POSTURE,
    why="Whoever breaks out is root.",
    fix="USER 10001:10001",
    severity=Severity.HIGH,
    also=("CIS-DI-0001", "DL3002"),
)
_BYTECODE = Rule(
    id="bytecode",
    title="compiled Python",
    topic=Topic.CONTENT,
    why="It can be made again.",
    fix="RUN pip install --no-compile PACKAGES",
    confidence=Confidence.HINT,
    trade_off="slower starts",
)


def _check(context: Context) -> Iterable[Draft]:
    files = context.files
    yield Draft("package-lists", list(files.below(b"var/lib/apt/lists")))
    app = files.find(b"app/run")
    assert app is not None
    yield Draft("debug-information", parts={app: {"debug": 400_000}}, title="debug sections")
    yield Draft("deleted-later", list(context.fs.deaths.inode), layer=1, evidence=("in layer 3",))
    yield Draft("root-user", history=2)
    yield Draft("bytecode", list(files.below(b"app/__pycache__")), paths=[b"app/bad-\xff\x1b"])
    yield Draft(
        "package-lists", list(files.below(b"var/lib/apt/lists"))[:1], title="a \x1b[31m list"
    )


@cache
def judged() -> Analysis:
    """An image whose rules ran: the rules are the test's own, so that they never change."""
    return build(
        [
            [file("bin/sh", b"s" * 5_000_000)],
            [
                file("var/lib/apt/lists/big", b"l" * 40_000_000),
                file("var/lib/apt/lists/small", b"l" * 2_000_000),
                file("tmp/kit", b"k" * 12_000_000),
            ],
            [file("app/run", b"r" * 3_000_000), file("app/__pycache__/x.pyc", b"p" * 1_500_000)],
            [whiteout("tmp/kit")],
        ],
        [
            "/bin/sh -c #(nop) ADD file:0123 in / ",
            f"{RUN} apt-get update # buildkit",
            "COPY app /app # buildkit",
            f"{RUN} rm /tmp/kit # buildkit",
        ],
        base=BaseBoundary("guessed", 1, "the first row of the history"),
        compressed=True,
        reference="judged:1",
        rules=[RuleSet((_CACHE, _DEBUG, _DELETED, _ROOT, _BYTECODE), (_check,))],
    )


def listed(kind: Ecosystem, name: str, version: str, **more: Any) -> Listed:
    return Listed(ecosystem=kind, name=name, version=version, **more)


APT = listed(
    Ecosystem.DEB, "apt", "2.6", arch="amd64", manual=True, licence="GPL-2.0-or-later",
    requires=("libc6 (>= 2.3)",),
)  # fmt: skip
LIBC = listed(Ecosystem.DEB, "libc6", "2.36", arch="amd64", manual=False, declared=7)
PAD = listed(Ecosystem.NPM, "@a/left-pad", "1.0", dev=True, licence="odd (licence)")
EVIL = listed(Ecosystem.GEM, "=cmd|'\x1b[31m\n", "@1\x00", licence="\x1b", manual=None)


@cache
def packaged() -> Analysis:
    """The judged image, with packages of three ecosystems, one of them with hostile texts."""
    analysis = judged()
    live = analysis.filesystem.live
    packages = (
        Package(APT, b"var/lib/dpkg/status", 0, [live[b"bin/sh"]], 5_000_000),
        Package(LIBC, b"var/lib/dpkg/status", 1, [], 0),
        Package(PAD, b"app/package.json", 2, [live[b"app/run"]], 3_000_000),
        Package(EVIL, b"gems/\xff", 2, [], 0),
    )
    changes = (PackageChange(1, b"var/lib/dpkg/status", (APT,), (PAD,), ((LIBC, APT),)),)
    owners = {live[b"bin/sh"]: 0, live[b"app/run"]: 2}
    return replace(
        analysis,
        inventory=Inventory(packages, owners, changes),
        distribution=Distribution("debian", "12", "Debian GNU/Linux 12"),
    )


@cache
def empty() -> Analysis:
    """No layers at all."""
    return build([], reference="scratch.tar", tags=())


ESCAPE = "\x1b[31mred\x1b[0m"
HOSTILE_NAMES = (
    b"\x1b[2Jclear",
    b"[bold]markup[/bold]",
    b"a\nnew\r\tline",
    b"back\x08space\x07bell\x7f",
    b"=cmd|' /C calc'!A0",
    b"+1+1",
    b"-2",
    b"@SUM(A1)",
    b"\t=tab",
    "\uff1dwide".encode(),
    b"comma,quote\"'",
    "bidi\u202egnp.exe".encode(),
    "c1\u009b31m".encode(),
    "e\u0301\u200bzero".encode(),
    "\u4f60\u597d".encode() * 60,
    b"raw\xff\xfe",
    b"\xed\xa0\x80surrogate",
    b"nul-free\\x1b",
    b"<script>alert(1)</script>",
    b":smile: {braces} %s",
    b"x" * 300,
)


@cache
def hostile() -> Analysis:
    """Every text and name that an image can bring is against the reader."""
    first = [file(name, b"x" * (100 + k)) for k, name in enumerate(HOSTILE_NAMES)]
    second = [
        *(file(name, b"y" * (200 + k)) for k, name in enumerate(HOSTILE_NAMES)),
        symlink("link", b"\x1b]0;title\x07\xff"),
        symlink("formula", "=1+1"),
    ]
    nasty = f"RUN echo {ESCAPE} [red]x[/red] \u202e\n\ttwo"
    return build(
        [first, second],
        [nasty, nasty],
        base=BaseBoundary("guessed", 1, f"a label {ESCAPE}", f"base{ESCAPE}"),
        reference=f"{ESCAPE}\udcff[blink]ref[/blink]\n",
        tags=(f"tag{ESCAPE}", "b\u2066"),
        settings={
            "User": ESCAPE,
            "Env": [f"A={ESCAPE}", 3, None],
            "Cmd": "not a list",
            "Entrypoint": {"not": "a list"},
            "Labels": {ESCAPE: "\ud800", "n": 1},
            "ExposedPorts": ["a list"],
            "Healthcheck": {"Test": "x", "Interval": 1e300, "Retries": True, "Timeout": 2**80},
        },
        annotations={ESCAPE: "\udcfe"},
        notes=[Diagnostic("odd", f"message {ESCAPE}", 1, HOSTILE_NAMES[0] + b"\xff")],
    )


@cache
def many() -> Analysis:
    """127 layers, the most that engines take; each but the first replaces a file."""
    layers = [[file("app/counter", b"%03d" % k * (k + 1) * 50)] for k in range(127)]
    layers[60].append(file("big", b"b" * 500_000))
    return build(
        layers,
        [f"RUN step {k}" for k in range(127)],
        base=BaseBoundary("exact", 20, "diff_ids of a named base", "base:1"),
    )


@cache
def lined() -> Analysis:
    """The judged image, whose first findings name lines of a Dockerfile."""
    analysis = judged()
    assert analysis.judged is not None
    findings = tuple(
        replace(finding, line=(k + 1) * 3 if finding.layer else None)
        for k, finding in enumerate(analysis.findings)
    )
    return replace(analysis, judged=replace(analysis.judged, findings=findings))
