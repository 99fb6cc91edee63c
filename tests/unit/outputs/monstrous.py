"""An image in which everything that it can bring is an attack on the page that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from layerlens.analysis.packages.model import Ecosystem, Inventory, Package, PackageChange
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
from layerlens.image.model import BaseBoundary
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.report import Report
from tests.builders import Member, directory, file, hardlink, symlink, whiteout
from tests.unit.outputs import verdicts
from tests.unit.outputs.samples import HOSTILE_NAMES, build, listed

MARK = "attacked"
"""What a payload that runs sets in the window."""

PAYLOADS = (
    f"</script><script>window.{MARK} = 1</script>",
    f"<img src=x onerror=window.{MARK}=2>",
    f"<svg onload=window.{MARK}=3><style>*{{display:none}}</style>",
    f"javascript:window.{MARK}=4",
    f"\"'><a href='javascript:window.{MARK}=5' autofocus onfocus=window.{MARK}=6>x</a>",
    f"data:text/html,<script>parent.{MARK}=7</script>",
    "<!-- <script> --!> <![CDATA[ ]]> <?php ?> </title></style></textarea></noscript>",
    "&amp; &lt;b&gt; &#x3c; \\u003c \\x3c %3Cb%3E",
    "{{constructor.constructor('x')()}} ${7*7} <%= 7 %> #{7} `x`",
    "\x00\x01\x08\x1b[31m\x7f\x9b31m\r\n\ttab",
    "\u202egnp.exe \u2066x\u2069 \u2028 \u2029 \ufeff \u200b \u00ad \U000e0041",
    "\ud800 \udfff \udcff \ufffe \uffff",
    "url(https://example.invalid/x) @import 'https://example.invalid/y';",
    "//example.invalid/z",
    "https://example.invalid/?q=<b>#/files",
    "#/files?at=%00&of=__proto__",
)

KEYS = (
    "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then", "length",
    "0", "-1", "007", "1e9", "NaN", "Infinity", "null", "undefined", "true", "", " ", "..", "*", "a=b&c=d",
)  # fmt: skip
"""Names that mean something to JavaScript, or look like numbers or like nothing."""

TEXT = " ".join(PAYLOADS)

LONG = 1 << 20
"""What names, labels and instructions may have at most."""

NAMES: tuple[bytes, ...] = (
    *HOSTILE_NAMES,
    *(text.replace("\0", "").encode("utf-8", "surrogatepass") for text in PAYLOADS),
    *(key.encode() for key in KEYS if key.strip(" .")),
    b"\xff\xfe\xc0\x80",
)


def _rule(name: str, topic: Topic, **more: object) -> Rule:
    return Rule(
        id=name, title=TEXT, topic=topic, why=TEXT, fix=TEXT, trade_off=TEXT, also=(TEXT,),
        source=f"https://example.invalid/{TEXT}", **more,  # type: ignore[arg-type]
    )  # fmt: skip


_RULES = (
    _rule("__proto__", Topic.CONTENT, ledger_class=LedgerClass.PACKAGE_CACHES),
    _rule("constructor", Topic.SECRETS, severity=Severity.CRITICAL),
    _rule("toString", Topic.POSTURE, severity=Severity.LOW),
    _rule("then", Topic.STRUCTURE, confidence=Confidence.HINT),
)


def _check(context: Context) -> Iterable[Draft]:
    versions = sorted(context.fs.live.values())
    for at, rule in enumerate(_RULES):
        yield Draft(rule.id, versions[at::9], title=TEXT, evidence=(*PAYLOADS, *KEYS), paths=NAMES)
        yield Draft(rule.id, history=1, title=TEXT, fix=f"{TEXT}\n{TEXT}")
    yield Draft("constructor", versions[:3], title="x" * LONG, fix="y" * LONG)


def _layers(wide: int, deep: int, long: int) -> list[list[Member]]:
    names = [name for name in NAMES if name.strip(b"/")]
    files = [file(b"n/" + name, b"x" * (100 + k)) for k, name in enumerate(names)]
    links = [symlink(b"s/%d" % k, name) for k, name in enumerate(names)]
    depth = "/".join(["d"] * deep)
    return [
        [
            directory(""), *files, *links, hardlink(b"n/a-link", b"n/" + names[0]),
            file(depth + "/bottom", b"b" * 999), file(b"l" * (long - 600), b"l" * 77),
            file("<b>/" * min(long // 8, 2_000) + "end", b"l" * 55),
        ],
        [file(f"w/{k}", b"w" * (k % 50)) for k in range(wide)],
        [file(b"n/" + name, b"y" * (200 + k)) for k, name in enumerate(names)],
        [whiteout(b"n/" + name) for name in names[::2] if b"/" not in name],
    ]  # fmt: skip


@cache
def monstrous(*, wide: int = 30_000, deep: int = 2_000, long: int = LONG) -> Report:
    """The report of it: one directory is wide, one path deep, some texts are long."""
    long_text = ((TEXT + " ") * (long // len(TEXT) + 1))[:long]
    analysis = build(
        _layers(wide, deep, long),
        compressed=True,
        base=BaseBoundary("guessed", 1, TEXT, TEXT),
        reference=TEXT,
        tags=(*PAYLOADS, *KEYS),
        history=[
            {"created": TEXT, "created_by": long_text, "author": TEXT, "comment": TEXT},
            {"created": "2024-05-01T12:00:00Z", "created_by": f"RUN {TEXT} # buildkit"},
            {"created_by": "", "comment": TEXT},
            {"created_by": f"/bin/sh -c #(nop) {TEXT}", "empty_layer": True},
            {"created_by": f"|1 {TEXT}=1 /bin/sh -c {TEXT}"},
        ],
        settings={
            "User": TEXT,
            "Env": [f"{key}={TEXT}" for key in KEYS] + [TEXT],
            "Entrypoint": list(PAYLOADS),
            "Cmd": [TEXT],
            "Shell": [TEXT],
            "WorkingDir": TEXT,
            "ExposedPorts": {key: {} for key in (*KEYS, TEXT)},
            "Volumes": {key: {} for key in (*KEYS, TEXT)},
            "Labels": dict.fromkeys(KEYS, TEXT) | {TEXT: "", "empty": "", "long": long_text},
            "StopSignal": TEXT,
            "OnBuild": [TEXT],
            "Healthcheck": {"Test": ["CMD", TEXT]},
        },
        annotations=dict.fromkeys(KEYS, TEXT) | {TEXT: long_text},
        notes=[
            Diagnostic(code, TEXT, 1, name) for code, name in zip(KEYS, NAMES, strict=False) if code
        ],
        rules=[RuleSet(_RULES, (_check,))],
    )
    live = sorted(analysis.filesystem.live.items())
    kinds = list(Ecosystem)
    packages = tuple(
        Package(
            listed(
                kinds[at % len(kinds)], name, text, arch=text, licence=text, requires=(name, text),
                details=dict.fromkeys(KEYS, text), manual=at % 2 == 0,
            ),
            live[at][0], at % 3, [live[at][1]], 100,
        )
        for at, (name, text) in enumerate(zip(KEYS, PAYLOADS * 2, strict=False))
    )  # fmt: skip
    change = PackageChange(
        2,
        NAMES[0],
        (packages[0].listed,),
        (packages[1].listed,),
        ((packages[2].listed, packages[3].listed),),
    )
    analysis = replace(
        analysis,
        inventory=Inventory(
            packages,
            {live[at][1]: at for at in range(len(packages))},
            (change,),
            ((NAMES[1], TEXT),),
        ),
        distribution=Distribution(TEXT, TEXT, TEXT),
    )
    return Report(
        analysis, verdicts.wicked(TEXT.encode("utf-8", "replace").decode()), dockerfile=TEXT
    )
