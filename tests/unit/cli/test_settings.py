"""Settings of all kinds: every place, who goes first, what is wrong, whom to trust."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from layerlens.cli import open as opening
from layerlens.cli.cache import cache_parser
from layerlens.cli.diagnostics import one_line
from layerlens.cli.gate_options import refuse_without_gate
from layerlens.cli.gate_settings import gate_settings
from layerlens.cli.main import main
from layerlens.cli.options import files_parser, parser
from layerlens.cli.problems import Problems
from layerlens.cli.rules import rules_parser
from layerlens.cli.settings import (
    OPTIONS,
    PREFIX,
    TABLES,
    Kind,
    Origin,
    Setting,
    all_settings,
)
from layerlens.cli.settings_file import SettingsFile, settings_of
from layerlens.cli.settling import look_over, refuse_all
from layerlens.errors import UsageError
from layerlens.outputs.display import HIDDEN
from tests.unit.cli.running import ROOT
from tests.unit.cli.settling import alone


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    alone(tmp_path, monkeypatch)
    return tmp_path


def write(text: str, name: str = ".layerlens.toml") -> None:
    Path(name).write_text(text, encoding="utf-8")


def parsed(*words: str) -> argparse.Namespace:
    return parser().parse_args(["image.tar", *words])


def refused(*words: str) -> str:
    with pytest.raises(UsageError) as error:
        parsed(*words)
    return one_line(error.value).removeprefix("layerlens: ")


# ------------------------------------------------------------------------------- the registry


def test_each_setting_is_there_once_and_complete() -> None:
    found = all_settings()
    places = [(each.table, each.key) for each in found]
    assert len(set(places)) == len(places)
    variables = [each.variable for each in found if each.variable]
    assert len(set(variables)) == len(variables)
    assert {table for table, _ in places} == {"", *TABLES}
    for each in found:
        assert each.help, each
        assert not each.help.endswith("."), each
        assert not each.variable or each.variable.startswith(PREFIX)
        assert each.example or not each.table, each


def test_each_flag_of_the_registry_is_one_of_the_command_line() -> None:
    flags = {flag for action in parser()._actions for flag in action.option_strings}
    for each in all_settings():
        for flag in each.flag.split(", ") if each.flag else ():
            assert flag in flags, flag


def test_options_that_nobody_gives_have_their_usual_values() -> None:
    arguments = parsed()
    for each in OPTIONS:
        assert getattr(arguments, each.option) == each.usual, each
        assert arguments.origins[each.option].origin is Origin.DEFAULT
    assert arguments.settings_file == SettingsFile()


_VALUES: dict[str, tuple[str, str, object, list[str], object]] = {
    # option: as TOML, as a variable and its value, as a flag and its value
    "platform": ('"linux/arm64"', "linux/amd64", "linux/amd64", ["--platform", "a"], "a"),
    "base": ('"a"', "b", "b", ["--base", "c"], "c"),
    "semantics": ('"spec"', "docker", "docker", ["--semantics", "spec"], "spec"),
    "verify": ("true", "0", False, ["--verify"], True),
    "via": ('"store"', "export", "export", ["--via", "auto"], "auto"),
    "no_toc": ("false", "1", False, ["--no-toc"], True),
    "max_layer_size": ('"1GB"', "2GB", 2 * 10**9, ["--max-layer-size", "3GB"], 3 * 10**9),
    "insecure": ("true", "0", False, ["--insecure"], True),
    "ca_file": ('"a"', "b", "b", ["--ca-file", "c"], "c"),
    "cache_dir": ('"a"', "b", "b", ["--cache-dir", "c"], "c"),
    "cache_size": ('"1GB"', "2GiB", 2 << 30, ["--cache-size", "3GB"], 3 * 10**9),
    "no_cache": ("false", "yes", False, ["--no-cache"], True),
    "color": ('"always"', "never", "never", ["--color", "auto"], "auto"),
    "baseline": ('"a"', "b", "b", ["--baseline", "c"], "c"),
    "tolerance": ('"1%"', "2%", "2%", ["--tolerance", "3%"], "3%"),
    "strict_baseline": ("true", "off", False, ["--strict-baseline"], True),
    "strict": ("true", "no", False, ["--strict"], True),
    "exit_zero": ("true", "false", False, ["--exit-zero"], True),
}  # fmt: skip


def of_file(setting: Setting) -> object:
    """What ``_VALUES`` has in the file, as the option has it."""
    text = _VALUES[setting.option][0]
    if setting.kind is Kind.YES_NO:
        return (text == "true") != setting.inverted
    return 10**9 if setting.kind is Kind.SIZE else text.strip('"')


@pytest.mark.parametrize("setting", OPTIONS, ids=lambda each: each.option)
def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, variable, of_variable, flag, of_flag = _VALUES[setting.option]
    write(f"[{setting.table}]\n{setting.key} = {text}\n", "named.toml")
    option, named = setting.option, ["--config", "named.toml"]
    found = parsed(*named)
    assert getattr(found, option) == of_file(setting)
    assert found.origins[option].origin is Origin.FILE
    monkeypatch.setenv(setting.variable, variable)
    found = parsed(*named)
    assert getattr(found, option) == of_variable
    assert found.origins[option].origin is Origin.VARIABLE
    found = parsed(*named, *flag)
    assert getattr(found, option) == of_flag
    assert option not in found.origins
    monkeypatch.setenv(setting.variable, " ")
    assert getattr(parsed("--no-config"), option) == setting.usual, "an empty variable is none"


def test_the_table_above_knows_all_options() -> None:
    assert list(_VALUES) == sorted(_VALUES, key=list(_VALUES).index)
    assert set(_VALUES) == {each.option for each in OPTIONS}


def test_all_commands_heed_what_they_take() -> None:
    write('[reading]\nplatform = "linux/arm64"\n[output]\ncolor = "never"\n[cache]\nsize = "1GB"\n')
    files = files_parser().parse_args(["image.tar"])
    assert (files.platform, files.color, files.cache_size) == ("linux/arm64", "never", 10**9)
    assert not hasattr(files, "baseline")
    assert cache_parser().parse_args(["info"]).cache_size == 10**9
    rules = rules_parser().parse_args([])
    assert rules.color == "never"
    assert not hasattr(rules, "platform")
    report = opening.open_parser().parse_args(["f"])
    assert report.color == "never"
    assert not hasattr(report, "platform")


def test_settings_of_images_do_no_harm_to_saved_analyses(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[reading]\nplatform = "linux/arm64"\nverify = true\nvia = "store"\ntoc = false\n')
    opening._refuse_options(parsed())
    monkeypatch.setenv("LAYERLENS_SEMANTICS", "spec")
    opening._refuse_options(parsed())
    for flags in (["--via", "auto"], ["--semantics", "docker"], ["--verify"], ["--no-toc"]):
        with pytest.raises(UsageError, match=f"{flags[0]} needs the image"):
            opening._refuse_options(parsed(*flags))


def test_a_baseline_in_the_settings_is_none_of_a_run_without_gates() -> None:
    write('[ci]\nbaseline = "b.json"\ntolerance = "1%"\nstrict-baseline = true\n')
    refuse_without_gate(parsed())
    with pytest.raises(UsageError, match="--tolerance needs --ci"):
        refuse_without_gate(parsed("--tolerance", "2%"))
    assert parsed().baseline == "b.json"


def test_a_saved_baseline_of_the_settings_is_heeded(capsys: pytest.CaptureFixture[str]) -> None:
    write('[ci]\nbaseline = "none.json"\n')
    assert main(["none.tar", "--ci"]) in (2, 3)
    assert "none.json" in capsys.readouterr().err


def test_a_fleet_has_no_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    write('[ci]\nbaseline = "none.json"\nmax-size = "1GB"\n')
    image = str(ROOT / "sample_images" / "webshop-docker.tar")
    assert main(["fleet", image, "--ci", "--no-cache"]) == 0
    assert "none.json" not in capsys.readouterr().err


# ------------------------------------------------------------------------------- which file


def test_which_file_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[tool.layerlens.reading]\nbase = "project"\n', "pyproject.toml")
    assert parsed().base == "project"
    write('[reading]\nbase = "own"\n')
    assert parsed().base == "own"
    write('[reading]\nbase = "variable"\n', "v.toml")
    monkeypatch.setenv("LAYERLENS_CONFIG", "v.toml")
    assert parsed().base == "variable"
    write('[reading]\nbase = "flag"\n', "f.toml")
    assert parsed("--config", "f.toml").base == "flag"
    assert parsed("--no-config").base is None
    with pytest.raises(UsageError, match="not allowed with argument"):
        parsed("--config", "f.toml", "--no-config")
    monkeypatch.setenv("LAYERLENS_CONFIG", "none.toml")
    assert refused() == "none.toml: settings cannot be read: No such file or directory"


def test_paths_in_a_file_begin_at_its_folder() -> None:
    Path("sub").mkdir()
    write('[registries]\nca-file = "ca.pem"\n[cache]\ndirectory = "/abs"\n', "sub/s.toml")
    found = parsed("--config", "sub/s.toml")
    assert (found.ca_file, found.cache_dir) == ("sub/ca.pem", "/abs")


@pytest.mark.parametrize("name", [".layerlens.toml", "pyproject.toml"])
@pytest.mark.parametrize(
    ("table", "line", "harmless"),
    [("registries", "insecure = true", "insecure = false"), ("registries", "ca-file = 'x'", None),
     ("cache", "directory = 'x'", None), ("reading", "verify = false", "verify = true")],
)  # fmt: skip
def test_a_file_that_merely_lies_there_does_not_decide_whom_to_trust(
    name: str, table: str, line: str, harmless: str | None
) -> None:
    above = f"[tool.layerlens.{table}]" if name == "pyproject.toml" else f"[{table}]"
    write(f"{above}\n{line}\n", name)
    key = line.split(" ", maxsplit=1)[0]
    assert refused() == (
        f"{name}: {table}.{key}: counts only in a file that --config or LAYERLENS_CONFIG names, "
        "not in one that merely lies there"
    )
    parsed("--config", name)
    if harmless is not None:
        write(f"{above}\n{harmless}\n", name)
        parsed()


# ------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tuii]", "unknown table 'tuii'; did you mean 'tui'?"),
        ("xyz = 1", "unknown table 'xyz'"),
        ("max-size = '1MB'", "unknown table 'max-size'; it belongs below [ci]"),
        ("ci = 1", "ci: must be a table"),
        ("ignore = 1", "ignore: write [[ignore]], once for each"),
        ("[ignore]\nrule = 'x'", "ignore: write [[ignore]], once for each"),
        ("reading = []", "reading: must be a table"),
        ("rules = 1", "rules: must be a table"),
        ("[reading]\nplatfrom = 'x'", "reading: unknown key 'platfrom'; did you mean 'platform'?"),
        ("[reading]\nplatform = 'a b'", "reading.platform: not a platform: 'a b'"),
        ("[reading]\nplatform = 1", 'reading.platform: must be a text, such as "linux/arm64"'),
        ("[reading]\nbase = ' '", ("reading.base: must be a text, such as "
         '"docker.io/library/python:3.13-slim"')),
        ("[reading]\nsemantics = 'dcoker'", ("reading.semantics: no such word 'dcoker'; did you mean "
         "'docker'?")),
        ("[reading]\nverify = 'yes'", "reading.verify: must be true or false"),
        ("[reading]\nmax-layer-size = 5", 'reading.max-layer-size: must be a text, such as "8GiB"'),
        ("[reading]\nmax-layer-size = '5'", ("reading.max-layer-size: '5' is not a size, such as "
         "20GB")),
        ("[output]\ncolor = 'no'", "output.color: no such word 'no'; there are auto, always, never"),
        ("[rules]\ndisabel = []", "rules: unknown key 'disabel'; did you mean 'disable'?"),
        ("[tui]\nplian = 1", "tui: unknown key 'plian'; did you mean 'plain'?"),
        ("x = 9223372036854775808", "a number needs more than 64 bits"),
        (f"x = {'9' * 5000}", ("not TOML: Exceeds the limit (4300 digits) for integer string "
         "conversion: value has 5000 digits; use sys.set_int_max_str_digits() to increase the "
         "limit")),
        (f"x = {'[' * 21}{']' * 21}", "settings are nested too deep"),
    ],
)  # fmt: skip
def test_a_wrong_file(text: str, told: str) -> None:
    write(text)
    assert refused() == f".layerlens.toml: {told}"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PLATFORM", "a b", "not a platform: 'a b'"),
        ("VIA", "exprot", "no such word 'exprot'; did you mean 'export'?"),
        ("CACHE", "maybe", "'maybe' is neither 1 nor 0"),
        ("CACHE_SIZE", "5", "'5' is not a size, such as 20GB"),
        ("CACHE_SIZE", "-5GB", "'-5GB' is not a size, such as 20GB"),
        ("PLAIN", "2", "'2' is neither 1 nor 0"),
        ("MAX_SIZE", "x", ("'x' is no limit; write a size with its unit (20MB), a share of the image "
         "(5%) or a growth (+10MB, +5%)")),
        ("MAX_PATH", "5MB", "'5MB': write GLOB=LIMIT, such as app/node_modules/**=50MB"),
        ("PLATFROM", "x", "no such variable; did you mean LAYERLENS_PLATFORM?"),
        ("MAXSIZE", "1MB", "no such variable; did you mean LAYERLENS_MAX_SIZE?"),
    ],
)  # fmt: skip
def test_a_wrong_environment(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)
    assert refused() == f"{PREFIX}{name}: {told}"


def test_variables_of_others_are_told_where_gates_decide(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("VERSION", "EFFICIENCY", "TEST_CACHE", "REQUIRE_ENGINE", "UPDATE_GOLDEN"):
        monkeypatch.setenv(f"{PREFIX}{name}", "1")
    assert main(["none.tar"]) == 3
    assert "LAYERLENS" not in capsys.readouterr().err
    assert main(["none.tar", "--ci"]) == 3
    assert capsys.readouterr().err.splitlines()[:2] == [
        "layerlens: LAYERLENS_EFFICIENCY is no setting, and has no effect",
        "layerlens: LAYERLENS_VERSION is no setting, and has no effect",
    ]
    assert main(["none.tar", "--ci", "--quiet"]) == 3
    assert "LAYERLENS" not in capsys.readouterr().err


def test_a_wrong_name_is_told_by_whoever_needs_it_together_with_the_rest() -> None:
    write("[rules]\ndisable = ['dcos']\n[tui]\ntheme = 'nrod'\n")
    arguments = parsed()  # reading an image needs neither, so neither is loaded
    from layerlens.cli.rule_settings import rule_settings
    from layerlens.cli.tui_settings import tui_settings

    told = []
    for reader in (
        lambda: rule_settings(settings_of(arguments)),
        lambda: tui_settings(arguments, settings_of(arguments)),
    ):
        with pytest.raises(UsageError) as error:
            reader()
        told.append(one_line(error.value))
    assert (
        told[0]
        == told[1]
        == (
            "layerlens: .layerlens.toml: rules.disable: no rule 'dcos'; did you mean 'docs'?; "
            "tui.theme: no theme 'nrod'; did you mean 'nord'?"
        )
    )


def test_nothing_is_loaded_for_settings_where_there_are_none() -> None:
    code = (
        "import sys\n"
        "from layerlens.cli.options import parser\n"
        "parser().parse_args(['image.tar', '--ci', '--json', '-'])\n"
        "heavy = 'tomllib', 'difflib', 'textual', 'layerlens.analysis.rules.registry'\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout == "[]\n"


# ------------------------------------------------------------------------------- odd values

_SCALARS = (
    st.none().map(lambda _: "")
    | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.dates() | st.datetimes()
    | st.times() | st.text(max_size=12)
    | st.sampled_from(["5%", "warn:1MB", "+3", "off", "docs", "a/**", "{a", "linux/arm64", "nord"])
)  # fmt: skip
_NAMES = st.sampled_from(
    [each.key for each in all_settings() if each.key]
    + ["x", "high", "a/**", "", "id", "filter.open"]
) | st.text(max_size=5)
_ODD = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_TABLES = st.dictionaries(
    st.sampled_from(TABLES) | st.text(max_size=5),
    st.dictionaries(_NAMES, _ODD, max_size=4)
    | st.lists(st.dictionaries(_NAMES, _ODD, max_size=4), max_size=2) | _ODD,
    max_size=3,
)  # fmt: skip


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables=_TABLES, deep=st.booleans())
def test_odd_values_are_told_and_never_break_anything(tables: dict[str, Any], deep: bool) -> None:
    file = SettingsFile("odd.toml", tables)
    problems = Problems("odd.toml")
    look_over(file, {}, problems, deep=deep)
    if problems:
        with pytest.raises(UsageError) as error:
            refuse_all(problems, file)
        assert not HIDDEN.search(one_line(error.value))
    with suppress(UsageError):
        gate_settings(argparse.Namespace(), file, with_defaults=True, with_baseline=True)


@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from([each.variable for each in all_settings() if each.variable])
        | st.text("ABC_", max_size=9).map(lambda text: PREFIX + text),
        _SCALARS.map(str).filter(lambda text: "\0" not in text),
        max_size=4,
    )
)
def test_odd_variables(variables: dict[str, str]) -> None:
    problems = Problems()
    look_over(SettingsFile(), variables, problems, deep=False)
    if problems:
        with pytest.raises(UsageError) as error:
            problems.refuse()
        assert not HIDDEN.search(one_line(error.value))
