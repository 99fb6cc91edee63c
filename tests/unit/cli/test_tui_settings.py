"""The UI's settings: file, environment and flags, and which of them counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layerlens.cli.build import build_parser
from layerlens.cli.options import parser
from layerlens.cli.settings_file import SettingsFile, read_settings_file, settings_of
from layerlens.cli.tui_settings import _KEYMAPS, tui_settings
from layerlens.errors import UsageError
from layerlens.tui.settings import DARK, KEYS, LIGHT, Settings
from tests.unit.cli.running import environment

_NAMES = ("THEME", "KEYS", "PLAIN")


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of one's own, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("COLORFGBG", "NO_COLOR", *(f"LAYERLENS_{each}" for each in _NAMES)):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def settings(*words: str) -> Settings:
    arguments = parser().parse_args([*words, "image.tar"])
    return tui_settings(arguments, settings_of(arguments))


def test_the_usual_ones() -> None:
    found = settings()
    assert (found.theme, found.keys, dict(found.keymap)) == (DARK, "default", {})
    assert (found.plain, found.colour) == (False, True)
    assert _KEYMAPS == KEYS


def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inside / ".layerlens.toml").write_text(
        '[tui]\ntheme = "nord"\nkeys = "dive"\nplain = true\n'
        '[tui.bindings]\n"tree.fold" = ["F", "ctrl+g"]\n'
    )
    found = settings()
    assert (found.theme, found.keys, found.plain) == ("nord", "dive", True)
    assert found.keymap == {"tree.fold": "F,ctrl+g"}
    monkeypatch.setenv("LAYERLENS_THEME", LIGHT)
    monkeypatch.setenv("LAYERLENS_KEYS", "default")
    monkeypatch.setenv("LAYERLENS_PLAIN", "0")
    found = settings()
    assert (found.theme, found.keys, found.plain) == (LIGHT, "default", False)
    found = settings("--theme", "dracula", "--keys", "dive", "--plain")
    assert (found.theme, found.keys, found.plain) == ("dracula", "dive", True)


def test_settings_of_a_project(inside: Path) -> None:
    (inside / "pyproject.toml").write_text('[tool.layerlens.tui]\nkeys = "dive"\n')
    assert settings().keys == "dive"


def test_the_file_is_read_once(inside: Path) -> None:
    file = inside / "x.toml"
    file.write_text("[tui]\nplain = true\n")
    arguments = parser().parse_args(["--config", str(file), "image.tar"])
    assert settings_of(arguments).tables == {"tui": {"plain": True}}
    file.unlink()
    assert tui_settings(arguments, settings_of(arguments)).plain


def test_all_that_is_wrong_in_the_file_is_told_at_once(inside: Path) -> None:
    (inside / ".layerlens.toml").write_text(
        '[tui]\ntheem = "nord"\ntheme = "nrod"\nkeys = "vi"\nplain = 1\n[tui.bindings]\n"a.b" = 3\n'
    )
    with pytest.raises(UsageError) as error:
        settings()
    assert error.value.where.file == ".layerlens.toml"
    assert error.value.what.split("; ", 1)[0] == "tui: unknown key 'theem'"
    for part in (
        "did you mean 'theme'", "tui.theme: no theme 'nrod'; did you mean 'nord'?",
        "tui.keys: no keymap 'vi'; there are default, dive", "tui.plain: must be true or false",
        "tui.bindings.a.b: must be a text or a list of texts",
    ):  # fmt: skip
        assert part in error.value.what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("tui = 1", "tui: must be a table"),
        ("[tui]\nbindings = 1", "tui.bindings: must be a table"),
        ("[tui]\ntheme = 1", "tui.theme: must be a text"),
        ("[tui]\nkeys = {}", "tui.keys: must be a text"),
        ("[tui.bindings]\n'tree.fld' = 'x'", "no action 'tree.fld'; did you mean 'tree.fold'?"),
        ("[tui.bindings]\n'tree.fold' = 'hold+x'", "tui.bindings.tree.fold: 'hold+x' is no key"),
        ("[tui.bindings]\n'tree.fold' = 'a'", "a is both tree.aggregate and tree.fold"),
        ("[tui]\nkeys = 'dive'\n[tui.bindings]\n'tree.fold' = 'ctrl+o'", "Ctrl+O is both"),
    ],
)
def test_what_is_wrong(inside: Path, text: str, what: str) -> None:
    (inside / ".layerlens.toml").write_text(text)
    with pytest.raises(UsageError, match="tui") as error:
        settings()
    assert what in error.value.what


def test_a_wrong_environment_and_wrong_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--theme: no theme 'nrod'; did you mean 'nord'"):
        settings("--theme", "nrod")
    with pytest.raises(UsageError, match="--keys"):
        settings("--keys", "vi")
    for name, value in (("THEME", "x y"), ("KEYS", "vi"), ("PLAIN", "maybe")):
        monkeypatch.setenv(f"LAYERLENS_{name}", value)
    with pytest.raises(UsageError) as error:
        settings()
    assert error.value.what.startswith("LAYERLENS_THEME: no theme 'x y'; there are layerlens-dark,")
    assert "LAYERLENS_KEYS: no keymap 'vi'" in error.value.what
    assert "LAYERLENS_PLAIN: 'maybe' is neither 1 nor 0" in error.value.what
    for name in _NAMES:
        monkeypatch.setenv(f"LAYERLENS_{name}", "")
    assert settings().theme == DARK, "an empty variable says nothing"


@pytest.mark.parametrize(
    ("told", "theme"),
    [("0;15", LIGHT), ("0;default;15", LIGHT), ("0;7", LIGHT), ("15;0", DARK), ("15;8", DARK),
     ("", DARK), ("0;default", DARK), ("0;255", DARK)],
)  # fmt: skip
def test_a_light_terminal(monkeypatch: pytest.MonkeyPatch, told: str, theme: str) -> None:
    monkeypatch.setenv("COLORFGBG", told)
    assert settings().theme == theme
    assert settings("--theme", "nord").theme == "nord"


def test_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not settings("--color", "never").colour
    monkeypatch.setenv("NO_COLOR", "")
    assert settings().colour, "an empty NO_COLOR says nothing"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not settings().colour
    assert settings("--color", "always").colour


@pytest.mark.parametrize(("encoding", "known"), [("utf-8", True), ("latin-1", False)])
def test_the_terminals_letters(encoding: str, known: bool) -> None:
    code = (
        "from layerlens.cli.options import parser\n"
        "from layerlens.cli.settings_file import SettingsFile\n"
        "from layerlens.cli.tui_settings import tui_settings\n"
        "print(tui_settings(parser().parse_args(['x']), SettingsFile()).unicode)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(PYTHONIOENCODING=encoding), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout.strip() == str(known)


def test_the_usual_settings_need_no_textual() -> None:
    code = (
        "import sys\n"
        "from layerlens.cli.options import parser\n"
        "from layerlens.cli.settings_file import SettingsFile\n"
        "from layerlens.cli.tui_settings import tui_settings\n"
        "arguments = parser().parse_args(['--keys', 'dive', 'x'])\n"
        "tui_settings(arguments, SettingsFile('x.toml', {'tui': {'plain': True}}))\n"
        "print('textual' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert result.stdout == "False\n"


def test_builds_take_them_too() -> None:
    arguments = build_parser().parse_args(["--keys", "dive", "--plain"])
    found = tui_settings(arguments, SettingsFile())
    assert (found.keys, found.plain) == ("dive", True)


def test_rules_and_ui_stand_in_one_file(inside: Path) -> None:
    (inside / ".layerlens.toml").write_text("[rules]\ndisable = ['docs']\n[tui]\nplain = true\n")
    assert set(read_settings_file(None).tables) == {"rules", "tui"}
    assert settings().plain
