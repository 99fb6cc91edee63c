"""What is said of programs in real images, against what strip and Go's linker make of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.analysis.contents import elf
from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.catalogue import (
    binaries,
    blanks,
    duplicates,
    programs,
    single_stage,
)
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.sources.image import ReadOptions
from tests.engine.archives import Archives
from tests.engine.engine import Engine

pytestmark = [pytest.mark.engine, pytest.mark.slow]

_SETS = [each.RULE_SET for each in (binaries, blanks, duplicates, programs, single_stage)]

Analyse = Callable[[str], Analysis]


@pytest.fixture
def analyse(archives: Archives) -> Analyse:
    """Run the rules for programs and copies on a sample."""

    def analysed(name: str) -> Analysis:
        options = looking_inside(ReadOptions())
        image = open_image(str(archives(name)), options)
        try:
            return analyse_image(image, options, rules=Rules(_SETS))
        finally:
            image.close()

    return analysed


def by_rule(analysis: Analysis) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in analysis.findings:
        if not finding.is_base:
            found.setdefault(finding.rule.id, []).append(finding)
    return found


def test_debug_sections_are_what_strip_takes_away(
    engine: Engine, sample: Callable[[str], str], analyse: Analyse, tmp_path: Path
) -> None:
    if shutil.which("strip") is None:
        pytest.skip("no strip on this machine")
    analysis = analyse("e07-purge-later")
    (found,) = by_rule(analysis)["debug-sections"]
    assert found.paths == (b"usr/local/bin/greet",)
    name = engine.docker("create", sample("e07-purge-later")).stdout.strip()
    try:
        engine.docker("cp", f"{name}:/usr/local/bin/greet", tmp_path / "greet")
    finally:
        engine.docker("rm", name)
    size = (tmp_path / "greet").stat().st_size
    both = _strippable((tmp_path / "greet").read_bytes())
    for option, estimate in (("--strip-debug", found.bytes), ("--strip-all", both)):
        subprocess.run(
            ["strip", option, "-o", tmp_path / "stripped", tmp_path / "greet"], check=True
        )
        real = size - (tmp_path / "stripped").stat().st_size
        assert abs(real - estimate) < 1000, option


def _strippable(data: bytes) -> int:
    """Debug and symbol bytes of one small file."""
    head = elf.header(data)
    assert head is not None
    fact = elf.facts(head, len(data), data, {})["elf"]
    return int(fact["debug"] + fact["symbols"])


def test_a_go_program_shrinks_as_estimated(
    engine: Engine, sample: Callable[[str], str], analyse: Analyse
) -> None:
    found = by_rule(analyse("e12-go"))
    (program,) = found["unstripped-go"]
    assert program.paths == (b"usr/local/bin/clock",)
    script = (
        'CGO_ENABLED=0 go build -ldflags="-s -w" -o /tmp/small . '
        "&& stat -c %s /usr/local/bin/clock /tmp/small"
    )
    sizes = engine.docker(
        "run", "--rm", "--network=none", sample("e12-go"), "sh", "-c", script
    ).stdout.split()
    full, small = map(int, sizes)
    assert abs(full - small - program.bytes) < 1000
    (tools,) = found["single-stage-build"]
    assert tools.severity is Severity.HIGH
    assert tools.bytes > 300_000_000
    (static,) = found["static-program"]
    assert static.bytes > tools.bytes


def test_a_lean_image_has_its_symbols_only(analyse: Analyse) -> None:
    assert sorted(by_rule(analyse("e12-go-lean"))) == ["unstripped-go"]


def test_a_distroless_image_is_well(analyse: Analyse) -> None:
    """The loader is found through a link, and nothing else is there to say."""
    assert by_rule(analyse("e13-distroless")) == {}
