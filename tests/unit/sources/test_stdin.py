"""``-``: an archive that passes once."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layerlens.errors import FormatError, NotAnImageError, SourceError, UsageError
from layerlens.pipeline import analyse_image, open_image
from layerlens.progress import Step
from layerlens.sources.image import ReadOptions
from tests.builders import Image, file, layer, whiteout
from tests.unit.cli.running import environment, layerlens, line
from tests.unit.sources.looking import analysis, figures

IMAGE = Image(
    [layer(file("a", os.urandom(70_000)), file("b", b"b")), layer(whiteout("b"))], tag="demo:1"
)


def piped(data: bytes, **options: Any) -> Any:
    return analysis("-", stdin=io.BytesIO(data), **options)


@pytest.mark.parametrize("shape", ["save_legacy", "save_25", "podman_archive", "oci_archive"])
def test_same_as_the_file(shape: str, tmp_path: Path) -> None:
    path = getattr(IMAGE, shape)(tmp_path / "x.tar")
    expected = analysis(path)
    data = path.read_bytes()
    for form in (data, gzip.compress(data)):
        found = piped(form)
        assert figures(found) == figures(expected)
        assert found.image.reference == "-"
        assert found.image.id == expected.image.id


def test_a_total_where_stdin_is_a_file(tmp_path: Path) -> None:
    path = IMAGE.save_25(tmp_path / "x.tar")
    steps: list[Step] = []
    with path.open("rb") as stream:
        open_image("-", ReadOptions(stdin=stream), steps.append).close()
    assert {step.total for step in steps} == {path.stat().st_size}
    assert steps[-1].done == path.stat().st_size


@pytest.mark.parametrize("data", [b"", b"no image", b"\x1f\x8b\x08nothing"])
def test_no_image(data: bytes) -> None:
    with pytest.raises((NotAnImageError, FormatError)) as caught:
        piped(data)
    assert caught.value.where.file == "stdin"


def test_cut(tmp_path: Path) -> None:
    data = IMAGE.save_25(tmp_path / "x.tar").read_bytes()
    with pytest.raises(FormatError) as caught:
        piped(data[:60_000])
    assert caught.value.where.file == "stdin"


def test_nothing_to_read_from() -> None:
    with pytest.raises(SourceError, match="no stdin"):
        open_image("-")


def test_a_second_read_is_refused_in_words(tmp_path: Path) -> None:
    path = IMAGE.save_25(tmp_path / "x.tar")
    with path.open("rb") as stream:
        image = open_image("-", ReadOptions(stdin=stream))
        try:
            analyse_image(image)
            with pytest.raises(FormatError, match="has passed and was not kept"):
                image.stored_content(0, 0)
            with pytest.raises(UsageError, match="cannot come from stdin"):
                analyse_image(image, base="-")
        finally:
            image.close()


class TestCommandLine:
    def test_summary(self, tmp_path: Path) -> None:
        data = IMAGE.save_25(tmp_path / "x.tar").read_bytes()
        words: tuple[list[str], ...] = (["-", "--text"], ["files", "-", "--format", "csv"])
        for arguments, wanted in zip(words, (b"demo:1", b"\r\na,file,"), strict=True):
            result = subprocess.run(
                [sys.executable, "-m", "layerlens", *arguments],
                input=data, capture_output=True, check=True, env=environment(),
            )  # fmt: skip
            assert wanted in result.stdout

    def test_closed(self) -> None:
        result = subprocess.run(
            [sys.executable, "-c",
             ("import os, sys; os.close(0); os.execv(sys.executable, "
             "[sys.executable, '-m', 'layerlens', '-', '--text'])")],
            capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        )  # fmt: skip
        assert "no stdin" in line(result, 2)

    def test_empty(self) -> None:
        assert "nothing in it" in line(layerlens("-", "--text", stdin=subprocess.DEVNULL), 3)
