"""What judging costs on top of an analysis: all gates, all failing, with and without ignores.

    python benchmarks/gate.py [IMAGE …] [--files N] [--findings N] [--profile]

Without an image it is a made-up analysis of 200,000 files in five layers: a tenth of
them deleted, a tenth written again for another mode, a fifth in 2,000 findings.  Each
IMAGE is analysed once, with all rules.  Times are processor time of this process, the
best of several runs; a fresh :class:`Measures` is made in each, as in a real run.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from layerlens.analysis.analyse import Described, Look, analyse
from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Topic
from layerlens.analysis.rules.registry import RuleSets
from layerlens.gate.catalogue import BY_ID
from layerlens.gate.judge import judge
from layerlens.gate.limits import Bound, Level, Limit, Unit, parse_limit
from layerlens.gate.model import Demand, GateSettings, Ignore
from layerlens.image.model import BaseBoundary, ImageConfig
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Contents
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import Kind, LayerTable
from layerlens.outputs.report import Report
from layerlens.outputs.verdict import write_verdict

_RAW = b"0000644\0" + b"0000000\0" * 2 + b"00000001750\0" + b"00000000000\0"
_SETUID = b"0004755\0" + _RAW[8:]
WANTED = 0.2
"""Seconds that the gate may add (issue 6)."""


def table(names: Iterable[tuple[bytes, int]], raw: bytes = _RAW) -> LayerTable:
    """A layer of files with sizes, one of a thousand being setuid."""
    made = LayerTable()
    for k, (name, size) in enumerate(names):
        made.names.append(name)
        made.kinds.append(Kind.FILE)
        made.sizes.append(size)
        made.offsets.append(512)
        made.raw += _SETUID if k % 1000 == 0 else raw
    made.tar_size = sum(made.sizes) + 1024 * len(made)
    return made


def files(top: bytes, count: int) -> Iterator[tuple[bytes, int]]:
    """Paths of a depth as images have them, thirty to a directory."""
    for k in range(count):
        yield b"%s/package-%d/lib/part%d.js" % (top, k // 30, k % 30), 1000 + k % 977


def made_up(count: int, findings: int) -> Analysis:
    """The analysis of an image that does not exist."""
    tenth = count // 10
    base = list(files(b"usr/lib", 4 * tenth))
    app = list(files(b"srv/app/node_modules", 6 * tenth))
    layers = [
        table(base),
        table(app),
        table(base[:tenth], _RAW.replace(b"0000644", b"0000755")),
        table((name.replace(b"/part", b"/.wh.part"), 0) for name, _ in app[:tenth]),
        table(app[tenth : tenth + 100]),
    ]
    rules = tuple(
        Rule(id=f"rule-{each.value}", title=each.value, topic=Topic.CONTENT, why="w", fix="rm {paths}",
             ledger_class=each)
        for each in LedgerClass
    )  # fmt: skip
    deleted = Rule(id="deleted", title="deleted", topic=Topic.STRUCTURE, why="w", fix="none")

    def check(context: Context) -> Iterator[Draft]:
        live = context.files.versions
        each = max(count // 5 // findings, 1)
        for k in range(findings):
            yield Draft(rules[k % len(rules)].id, live[k * each : (k + 1) * each])
        dead = context.fs.deaths.inode
        for k in range(0, len(dead), 1000):
            yield Draft("deleted", dead[k : k + 1000], layer=3)

    return analyse(
        Described(
            reference="made-up", source="memory",
            config=ImageConfig(platform=None, diff_ids=()),
            reads=[LayerRead(each, Compression.NONE, each.tar_size) for each in layers],
            layers=[(None, None, None)] * len(layers),
        ),
        lambda *_: True,
        lambda _: BaseBoundary("exact", 1, "the benchmark"),
        look=Look(
            lambda: [Contents() for _ in layers], lambda _layer, _i: None,
            lambda: RuleSets((RuleSet((*rules, deleted), (check,)),)),
        ),
    )  # fmt: skip


def real(reference: str) -> Analysis:
    """The analysis of an image, with all rules."""
    from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image

    options = looking_inside()
    image = open_image(reference, options)
    try:
        return analyse_image(image, options, rules=Rules())
    finally:
        image.close()


_SUBJECTS = {
    "max-path": ("usr/**", "**/node_modules/**/*.js", "var/cache", "**/*.{map,ts,md}"),
    "max-package": ("*",),
    "max-waste": ("deleted", "package-caches", "deleted-later", "rule-other"),
    "max-findings": ("info", "high"),
}
_FAILING = {Unit.BYTES: "0B", Unit.COUNT: "0", Unit.SHARE: "0%"}


def demands() -> tuple[Demand, ...]:
    """Every gate that needs no baseline, as hard to keep as can be."""
    found = []
    for gate in BY_ID.values():
        if gate.id == "max-new-findings":
            continue
        limit = (
            Limit(0.0, Bound.ABSOLUTE, Level.FAIL, "")
            if gate.unit is Unit.YES_NO
            else parse_limit("100%" if gate.at_least else _FAILING[gate.unit], gate.unit,
                             at_least=gate.at_least)
        )  # fmt: skip
        found += [
            Demand(gate, limit, subject, f"--{gate.id}")
            for subject in _SUBJECTS.get(gate.id, ("",))
        ]
    return tuple(found)


IGNORES = (
    Ignore("a", paths=("usr/share/doc/**", "**/*.map")),
    Ignore("b", paths=("srv/app/node_modules/package-1*/**", "/var/log")),
    Ignore("c", rule="rule-secrets"),
    Ignore("d", rule="rule-logs-and-temporary", paths=("usr/lib/package-2*/**",)),
    Ignore("e", rule="deleted-later"),
)


def cost(analysis: Analysis, settings: GateSettings, runs: int) -> tuple[float, float]:
    """Seconds to judge, and to judge and write: the best of some runs."""
    judged, written = [], []
    for _ in range(runs):
        start = time.process_time()
        verdict = judge(analysis, settings, None, date(2026, 1, 1))
        judged.append(time.process_time() - start)
        write_verdict(Report(analysis, verdict), io.StringIO())
        written.append(time.process_time() - start)
    return min(judged), min(written)


def main() -> None:
    """Parse the arguments, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--findings", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    wanted = demands()
    usual = tuple(
        Demand(BY_ID[name], parse_limit(text, BY_ID[name].unit, at_least=BY_ID[name].at_least))
        for name, text in (
            ("lowest-efficiency", "100%"), ("highest-user-wasted-percent", "0%"),
            ("max-size", "0B"),
        )
    )  # fmt: skip
    for name in arguments.images or [""]:
        analysis = real(name) if name else made_up(arguments.files, arguments.findings)
        print(
            f"{name or 'made up'}: {len(analysis.filesystem.paths):,} entries,"
            f" {len(analysis.findings):,} findings, {len(analysis.waste):,} dead files"
        )
        ways = {
            "three gates": GateSettings(usual),
            "all gates": GateSettings(wanted),
            "three gates, ignores": GateSettings(usual, IGNORES),
            "all gates, ignores": GateSettings(wanted, IGNORES),
        }
        for way, settings in ways.items():
            judged, written = cost(analysis, settings, arguments.runs)
            print(
                f"  {way:<22} judged in {judged:.3f} s, written {written:.3f} s; wanted: {WANTED} s"
            )
        if arguments.profile:
            import cProfile
            import pstats

            with cProfile.Profile() as found:
                judge(analysis, ways["all gates, ignores"], None, date(2026, 1, 1))
            pstats.Stats(found).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
