"""What can be copied, and that a shell reads it as the exact bytes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.model import Analysis
from layerlens.outputs.commands import shell_word
from layerlens.tui.viewmodel.copying import copies, path_text
from layerlens.tui.viewmodel.subject import Subject
from tests.tui import image


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return image.analysis(image.write(tmp_path_factory.mktemp("copying") / "image.tar"))


def test_a_path_and_its_commands(analysis: Analysis) -> None:
    found = dict(copies(analysis, Subject(path=b"etc/my file", layer=1)))
    assert found["path"] == "/etc/my file"
    assert found["command: extract"].startswith("layerlens extract ")
    assert found["command: extract"].endswith(" '/etc/my file' --layer 1")
    assert found["layer's diff_id"] == str(analysis.layers[1].diff_id)
    assert found["tag"] == "shop/web:2.4"


def test_a_removed_path_is_asked_for_as_removed(analysis: Analysis) -> None:
    found = dict(copies(analysis, Subject(path=b"etc/motd", layer=2, removed=True)))
    assert found["command: extract"].endswith(" /etc/motd --layer 2 --removed")


def test_a_layer_and_nothing(analysis: Analysis) -> None:
    found = dict(copies(analysis, Subject(layer=3)))
    assert found["command: its changes"].endswith(" --layer 3")
    assert "path" not in found
    assert found["layer's instruction"] == "RUN npm ci --omit=dev"
    assert "command: extract" not in dict(copies(analysis, None))
    assert copies(analysis, None, "a text")[0] == ("text", "a text")


def test_what_a_terminal_would_run_is_quoted() -> None:
    assert path_text(b"a/b c") == "/a/b c"
    assert path_text(b"a\x1b[2J") == "$'/a\\033[2J'"
    assert path_text(b"\xff'\\") == "$'/\\377\\'\\\\'"
    assert shell_word(b"") == "''"
    assert shell_word("é".encode()) == "'é'"
    assert "\u202e" not in shell_word("a\u202eb".encode())


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=20).filter(lambda word: b"\0" not in word))
def test_bash_reads_the_exact_bytes(word: bytes) -> None:
    script = f"printf %s {shell_word(word)}".encode()
    said = subprocess.run(
        [str(Path(shutil.which("bash") or "")), "-c", script], capture_output=True, check=True
    )
    assert said.stdout == word
