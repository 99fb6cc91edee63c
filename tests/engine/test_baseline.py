"""Baselines that lie in an engine or in a registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerlens.cli import main as cli
from layerlens.gate.baseline_file import load_baseline
from tests.archives import Image
from tests.engine.engine import Engine
from tests.engine.listing import ROOT
from tests.engine.registry import running
from tests.members import file, layer

pytestmark = pytest.mark.engine

_LEAN = ROOT / "sample_images" / "webshop-lean-oci.tar"
_KEPT = ["--lowest-efficiency", "0%", "--highest-user-wasted-percent", "100%"]
"""Limits that say nothing of a change; those of a baseline count besides."""


def _images(folder: Path) -> tuple[Path, Path]:
    """An image, and one that is 6 % larger."""
    made = []
    for name, size in (("old", 100_000), ("new", 106_000)):
        image = Image([layer(file("app", b"a" * size))], ["RUN make"], tag=f"baseline-{name}:1")
        made.append(image.save_legacy(folder / f"{name}.tar"))
    return made[0], made[1]


def test_an_engines_image_is_a_baseline(
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    old, new = _images(tmp_path)
    engine.docker("load", "--input", old)
    judge = [str(new), "--ci", *_KEPT, "--baseline", "docker://baseline-old:1"]
    assert cli.main(judge) == 1
    assert "docker://baseline-old:1" in capsys.readouterr().out
    assert cli.main([*judge, "--max-size", "+6%"]) == 0
    # What is measured in the engine is what is measured in the archive.
    for source, path in (("docker://baseline-old:1", "e.json"), (str(old), "a.json")):
        assert cli.main([source, "--ci", *_KEPT, "--write-baseline", path, "--accept-new"]) == 0
    there, here = load_baseline("e.json"), load_baseline("a.json")
    assert there.findings == here.findings
    assert {**there.figures, **here.figures} == dict(there.figures)
    # An image that somebody pruned is wrong usage, never a pass.
    engine.docker("rmi", "baseline-old:1")
    capsys.readouterr()
    assert cli.main([*judge, "--no-cache"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("layerlens: docker://baseline-old:1: the baseline cannot be used: ")
    assert len(told.err.splitlines()) == 1


def test_a_registrys_image_is_a_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with running(tmp_path / "registry") as registry:
        registry.push(f"oci-archive:{_LEAN}", "shop:1")
        name = f"registry://{registry.address}/shop:1"
        judge = [str(_LEAN), "--ci", *_KEPT, "--max-size", "+0B", "--max-transfer-size", "+0B"]
        assert cli.main([*judge, "--baseline", name, "--insecure"]) == 0
        assert name in capsys.readouterr().out
        assert cli.main([*judge, "--baseline", name.replace("shop", "gone"), "--insecure"]) == 2
        assert "the baseline cannot be used" in capsys.readouterr().err
