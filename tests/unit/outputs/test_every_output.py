"""What holds for every output, whoever adds one: nothing that it is read by obeys an image."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Verdict
from layerlens.outputs.catalogue import OUTPUTS, Output
from layerlens.outputs.display import HIDDEN
from layerlens.outputs.report import Report
from tests.unit.analysis.test_secret_files import key
from tests.unit.outputs import samples, verdicts, wicked
from tests.unit.saved.test_secrets import PLANTED

NAMES = [output.name for output in OUTPUTS]
TEXTS = [output.name for output in OUTPUTS if not output.binary]
VERDICTS = {**verdicts.BY_NAME, "wicked": verdicts.wicked(wicked.TEXT)}
COMMANDS = {
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
    "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
}  # fmt: skip
"""What GitHub's runner obeys, at the beginning of a line."""

_COMMAND = re.compile(r"\s*::([^: ]*)[^:]*.*::")
_AFTER_SEMICOLON = re.compile(r';[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20]')
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def output(name: str) -> Output:
    return next(each for each in OUTPUTS if each.name == name)


def written(name: str, analysis: Analysis, verdict: Verdict | None = None) -> bytes:
    """What an output makes of a report, of a Dockerfile with an odd name."""
    stream = io.BytesIO()
    report = Report(analysis, verdict, dockerfile=None if verdict is None else wicked.TEXT)
    output(name).write(report, stream)
    return stream.getvalue()


@cache
def sample(name: str) -> Analysis:
    made = getattr(samples, name)()
    assert isinstance(made, Analysis)
    return made


other_packaged = cache(samples.packaged)
"""The same image, made again."""


def check_text(data: bytes) -> None:
    """No control or hidden character, no command to a CI log, no byte that is not UTF-8."""
    text = data.decode()
    for line in text.replace("\r\n", "\n").split("\n"):
        assert not HIDDEN.search(line)
        assert "##[" not in line
        assert "##vso[" not in line
        command = _COMMAND.match(line)
        assert command is None or command[1].lower() not in COMMANDS


def check_csv(data: bytes) -> None:
    """No formula, whether commas part cells or semicolons."""
    assert not _AFTER_SEMICOLON.search(data.decode())
    for cells in csv.reader(io.StringIO(data.decode(), newline=""), strict=True):
        for cell in cells:
            assert not cell.lstrip().startswith(tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")) or (
                _NUMBER.fullmatch(cell)
            )


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("outcome", VERDICTS)
def test_nothing_obeys_an_image(name: str, outcome: str) -> None:
    data = written(name, wicked.wicked(), VERDICTS[outcome])
    check_text(data)
    suffix = output(name).suffix
    if suffix.endswith(".csv"):
        check_csv(data)
    elif suffix.endswith((".json", ".sarif")):
        json.loads(data)
    elif suffix.endswith((".xml", ".svg")):
        ET.fromstring(data)  # noqa: S314 - our own


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("image", ["hostile", "packaged", "empty", "many"])
def test_other_images_give_harmless_text_too(name: str, image: str) -> None:
    check_text(written(name, sample(image), verdicts.MIXED if image == "packaged" else None))


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "dive-json"])
def test_texts_end_with_a_line(name: str) -> None:
    """All but what dive exports, which does not."""
    assert written(name, sample("packaged")).endswith(b"\n")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("outcome", ["none", "mixed"])
def test_no_secret_is_in_any_output(name: str, outcome: str) -> None:
    data = written(name, wicked.secret(), VERDICTS[outcome])
    for value in PLANTED:
        for form in (value.encode(), base64.b64encode(value.encode())):
            assert form not in data, value
    for row in key().splitlines()[1:-1]:
        assert row.encode() not in data


@pytest.mark.parametrize("name", NAMES)
def test_the_same_report_gives_the_same_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.5)  # which a saved analysis keeps
    first = written(name, sample("packaged"), verdicts.MIXED)
    assert first == written(name, other_packaged(), verdicts.MIXED) != b""


def test_the_checks_find_what_they_look_for() -> None:
    for bad in ("a\x1bb\n", "x\n ::error::y\n", "a ##[error]b\n", "\u202e\n"):
        with pytest.raises(AssertionError):
            check_text(bad.encode())
    for bad in ("a;=1\r\n", 'a,"b; ""@x"\r\n', "a, =1\r\n", "a,=1\r\n", "@x\r\n", '"\t=1"\r\n'):
        with pytest.raises(AssertionError):
            check_csv(bad.encode())
    check_csv(b"a,-1,'=1,-1.5\r\n")


def test_the_documentation_lists_every_output() -> None:
    page = (Path(__file__).parents[3] / "docs" / "outputs.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+) \| `(.+)` \| `(\..+)` \| (yes|-) \|$", page, re.MULTILINE)
    documented = {}
    for title, option, suffix, bare in rows:
        shown = re.sub(r"^\[(.*)\]\(.*\)$", r"\1", title)
        documented[shown] = (option, suffix, bare)
    assert documented == {
        each.title: (
            f"--{each.flag}" if each.flag else _ELSEWHERE[each.name.partition("-")[0]],
            each.suffix,
            "-" if each.needs_rules else "yes",
        )
        for each in OUTPUTS
    }


_ELSEWHERE = {"text": "--text", "files": "layerlens files", "packages": "layerlens packages"}
"""How the command line writes what is not an option of its own."""


def test_names_flags_and_suffixes_are_distinct() -> None:
    assert len({each.name for each in OUTPUTS}) == len(OUTPUTS)
    flags = [each.flag for each in OUTPUTS if each.flag]
    assert len(set(flags)) == len(flags)
    assert all(each.help for each in OUTPUTS if each.flag)
