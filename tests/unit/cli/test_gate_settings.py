"""What gates demand: file, environment, flags, and which of them counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from layerlens.cli.diagnostics import one_line
from layerlens.cli.gate_settings import gate_settings
from layerlens.cli.options import parser
from layerlens.cli.settings_file import SettingsFile, settings_of
from layerlens.errors import UsageError
from layerlens.gate.limits import Bound, Level
from layerlens.gate.model import GateSettings
from tests.unit.cli.settling import alone


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    alone(tmp_path, monkeypatch)
    return tmp_path


def write(text: str) -> None:
    Path(".layerlens.toml").write_text(text, encoding="utf-8")


def settings(*flags: str, defaults: bool = False, baseline: bool = False) -> GateSettings:
    arguments = parser().parse_args(["image.tar", "--ci", *flags])
    return gate_settings(
        arguments, settings_of(arguments), with_defaults=defaults, with_baseline=baseline
    )


def demanded(*flags: str, defaults: bool = False, baseline: bool = False) -> list[str]:
    """Demands as people write them, with their origin."""
    found = settings(*flags, defaults=defaults, baseline=baseline)
    return [
        f"{each.gate.id} {each.subject}={each.limit.level.value}:{each.limit.text} ({each.origin})"
        for each in found.demands
    ]


def refused(*flags: str) -> str:
    with pytest.raises(UsageError) as error:
        settings(*flags)
    return one_line(error.value).removeprefix("layerlens: ")


# ------------------------------------------------------------------------------ one place


def test_all_forms_of_a_file() -> None:
    write("""
[ci]
max-size = ["warn:250MB", "300MB", "+5%"]
max-layers = 30
lowest-efficiency = 0.95
highest-user-wasted-percent = "5%"
no-root = "warn"
[ci.max-path]
"/app/node_modules/**" = "50MB"
"{a,b}=c" = ["warn:1MB", "2MB"]
[ci.max-package]
gcc = "0B"
[ci.max-waste]
type_changed = "1MB"
package-caches = "2MB"
npm-cache = "3MB"
[ci.max-findings]
HIGH = 0
[ci.max-new-findings]
low = "warn:2"
""")
    file = "(.layerlens.toml)"
    assert demanded() == [
        f"lowest-efficiency =fail:0.95 {file}", f"highest-user-wasted-percent =fail:5% {file}",
        f"max-size =warn:250MB {file}", f"max-size =fail:300MB {file}", f"max-size =fail:+5% {file}",
        f"max-layers =fail:30 {file}",
        f"max-path app/node_modules/**=fail:50MB {file}",
        f"max-path {{a,b}}=c=warn:1MB {file}", f"max-path {{a,b}}=c=fail:2MB {file}",
        f"max-package gcc=fail:0B {file}",
        f"max-waste type_changed=fail:1MB {file}", f"max-waste package-caches=fail:2MB {file}",
        f"max-waste npm-cache=fail:3MB {file}",
        f"max-findings high=fail:0 {file}", f"max-new-findings low=warn:2 {file}",
        f"no-root =warn:no {file}",
    ]  # fmt: skip
    limit = settings().demands[4].limit
    assert (limit.amount, limit.bound, limit.level) == (0.05, Bound.CHANGE_SHARE, Level.FAIL)


def test_a_project_says_it_too() -> None:
    Path("pyproject.toml").write_text('[tool.layerlens.ci]\nmax-size = "1GB"\n')
    assert demanded() == ["max-size =fail:1GB (pyproject.toml)"]


@pytest.mark.parametrize(
    ("written", "level"),
    [("true", "fail"), ('"fail"', "fail"), ('"warn"', "warn"), ("false", None), ('"off"', None)],
)
def test_root_in_a_file(written: str, level: str | None) -> None:
    write(f"[ci]\nno-root = {written}\n")
    assert [each.limit.level for each in settings().demands] == ([level] if level else [])


@pytest.mark.parametrize(
    ("flags", "level"),
    [(["--no-root"], "fail"), (["--no-root", "warn"], "warn"), (["--no-root", "off"], None)],
)
def test_root_on_the_command_line(flags: list[str], level: str | None) -> None:
    assert [each.limit.level for each in settings(*flags).demands] == ([level] if level else [])


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERLENS_MAX_SIZE", " warn:250MB, 300MB ")
    monkeypatch.setenv("LAYERLENS_MAX_PATH", "app/{a,b}/**=50MB,x=y=1MB")
    monkeypatch.setenv("LAYERLENS_NO_ROOT", "1")
    monkeypatch.setenv("LAYERLENS_MAX_LAYERS", "")
    assert demanded() == [
        "max-size =warn:250MB (LAYERLENS_MAX_SIZE)", "max-size =fail:300MB (LAYERLENS_MAX_SIZE)",
        "max-path app/{a,b}/**=fail:50MB (LAYERLENS_MAX_PATH)",
        "max-path x=y=fail:1MB (LAYERLENS_MAX_PATH)",
        "no-root =fail:no (LAYERLENS_NO_ROOT)",
    ]  # fmt: skip


def test_flags_may_be_repeated() -> None:
    assert demanded("--max-size", "warn:1MB", "--max-size", "2MB", "--max-size", "2MB") == [
        "max-size =warn:1MB (--max-size)", "max-size =fail:2MB (--max-size)",
    ]  # fmt: skip
    assert demanded("--max-size", "1MB", "--max-size", "off", "--max-size", "+1%") == [
        "max-size =fail:+1% (--max-size)"
    ]


# ------------------------------------------------------------------------------ precedence


def test_a_stronger_place_replaces_all_that_a_weaker_one_says_of_a_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write('[ci]\nmax-size = ["warn:250MB", "300MB", "+5%"]\nmax-layers = 30\n')
    assert demanded("--max-size", "400MB") == [
        "max-size =fail:400MB (--max-size)", "max-layers =fail:30 (.layerlens.toml)",
    ]  # fmt: skip
    monkeypatch.setenv("LAYERLENS_MAX_SIZE", "350MB")
    assert demanded()[0] == "max-size =fail:350MB (LAYERLENS_MAX_SIZE)"
    assert demanded("--max-size", "400MB")[0] == "max-size =fail:400MB (--max-size)"
    assert demanded("--max-size", "off") == ["max-layers =fail:30 (.layerlens.toml)"]
    monkeypatch.setenv("LAYERLENS_MAX_SIZE", "off")
    assert demanded() == ["max-layers =fail:30 (.layerlens.toml)"]


def test_subjects_are_replaced_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[ci.max-path]\n"/app/**" = "1MB"\n"b" = "2MB"\n"c" = "3MB"\n')
    monkeypatch.setenv("LAYERLENS_MAX_PATH", "b=off")
    assert demanded("--max-path", "app/**=9MB") == [
        "max-path app/**=fail:9MB (--max-path)", "max-path c=fail:3MB (.layerlens.toml)",
    ]  # fmt: skip


def test_defaults_count_where_no_limit_is_in_force() -> None:
    usual = [
        "lowest-efficiency =fail:90% (default)", "highest-user-wasted-percent =fail:10% (default)",
        "max-findings critical=fail:0 (default)",
    ]  # fmt: skip
    assert demanded(defaults=True) == usual
    assert demanded(defaults=False) == []
    assert demanded("--max-size", "1MB", defaults=True) == ["max-size =fail:1MB (--max-size)"]
    assert demanded("--max-findings", "critical=off", defaults=True) == usual[:2]
    assert demanded("--max-findings", "high=off", defaults=True) == usual
    write('[ci]\nmax-size = "1MB"\nlowest-efficiency = "off"\n')
    assert demanded("--max-size", "off", defaults=True) == usual[1:]


def test_defaults_beside_a_baseline() -> None:
    growth = ["max-size =fail:+5% (default)", "max-new-findings medium=fail:0 (default)"]
    assert demanded(baseline=True) == growth
    assert demanded("--max-layers", "9", baseline=True) == [
        growth[0], "max-layers =fail:9 (--max-layers)", growth[1],
    ]  # fmt: skip
    assert len(demanded(baseline=True, defaults=True)) == 5
    assert demanded("--max-layers", "+1", baseline=True) == ["max-layers =fail:+1 (--max-layers)"]
    new = ["--max-new-findings", "high=0"]
    assert demanded(*new, baseline=True) == ["max-new-findings high=fail:0 (--max-new-findings)"]
    assert demanded("--max-size", "off", baseline=True) == growth[1:]


# ------------------------------------------------------------------------ the rest of [ci]


def test_tolerance_and_strictness(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings()
    assert (found.tolerance, found.strict, found.ignores) == (None, False, ())
    write('[ci]\ntolerance = "1%"\nstrict = true\n')
    found = settings()
    assert found.tolerance is not None
    assert (found.tolerance.amount, found.tolerance.bound) == (0.01, Bound.CHANGE_SHARE)
    assert found.strict
    monkeypatch.setenv("LAYERLENS_TOLERANCE", "500kB")
    monkeypatch.setenv("LAYERLENS_STRICT", "0")
    found = settings()
    assert found.tolerance is not None
    assert (found.tolerance.amount, found.tolerance.bound) == (500_000, Bound.CHANGE)
    assert not found.strict
    found = settings("--tolerance", "2%", "--strict")
    assert found.tolerance is not None
    assert (found.tolerance.text, found.strict) == ("2%", True)


def test_ignores() -> None:
    write("""
[[ignore]]
rule = "npm-cache"
reason = " not ours "
[[ignore]]
paths = ["/opt/vendor/**", "srv"]
reason = "a vendor's"
expires = 2027-01-31
[[ignore]]
rule = "ours"
paths = ["a"]
reason = "b"
expires = "2028-02-29"
[[rules.path]]
id = "ours"
paths = ["z"]
""")
    first, second, third = settings().ignores
    assert (first.rule, first.paths, first.reason, first.expires) == (
        "npm-cache", (), "not ours", None,
    )  # fmt: skip
    assert (second.rule, second.paths, second.expires, second.origin) == (
        "", ("opt/vendor/**", "srv"), date(2027, 1, 31), ".layerlens.toml",
    )  # fmt: skip
    assert (third.rule, third.expires) == ("ours", date(2028, 2, 29))


# ------------------------------------------------------------------------------ what is wrong

_SIZE = "write a size with its unit (20MB), a share of the image (5%) or a growth (+10MB, +5%)"
_SHARE = "write a percentage (95%), a ratio from 0 to 1 (0.95) or a change (-1%)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("max-size = 300", f"ci.max-size: '300' has no unit; {_SIZE}"),
        ("max-size = 1.5", f"ci.max-size: '1.5' has no unit; {_SIZE}"),
        ("max-size = '5 parsecs'", f"ci.max-size: '5 parsecs' has an unknown unit; {_SIZE}"),
        ("max-size = '-5%'", ("ci.max-size: '-5%': a limit on the change says what the figure may "
         "grow by, such as +5%")),
        ("max-size = true", 'ci.max-size: true is no limit; write a text, such as "warn:5%"'),
        ("max-size = 2027-01-01", ("ci.max-size: 2027-01-01 is no limit; write a text, such as "
         '"warn:5%"')),
        ("max-size = {}", 'ci.max-size: a table is no limit; write a text, such as "warn:5%"'),
        ("max-size = [['1MB']]", 'ci.max-size: a list is no limit; write a text, such as "warn:5%"'),
        ("max-size = []", 'ci.max-size: names no limit; write "off" to have none'),
        ("max-layers = 1.5", ("ci.max-layers: '1.5' is no limit; write a whole number (20) or a "
         "growth (+2, +5%)")),
        ("max-layers = true", 'ci.max-layers: true is no limit; write a text, such as "warn:5%"'),
        ("lowest-efficiency = 95", f"ci.lowest-efficiency: '95' is no limit; {_SHARE}"),
        ("lowest-efficiency = nan", f"ci.lowest-efficiency: 'nan' is no limit; {_SHARE}"),
        ("no-root = 1", "ci.no-root: 1 is no limit; write true, false or a text"),
        ("no-root = 'maybe'", "ci.no-root: 'maybe' is none of warn, fail, off"),
        ("max-path = '5MB'", 'ci.max-path: must be a table: GLOB = "LIMIT" below [ci.max-path]'),
        ("max-path = {'a//b' = '5MB'}", ("ci.max-path.a//b: 'a//b': a leading, trailing or double "
         "slash")),
        ("max-path = {'' = '5MB'}", "ci.max-path.: names no glob"),
        ("max-findings = {hihg = 0}", ("ci.max-findings.hihg: no severity 'hihg'; did you mean "
         "'high'?")),
        ("max-findings = {x = 0}", ("ci.max-findings.x: no severity 'x'; there are info, low, "
         "medium, high, critical")),
        ("max-waste = {delted = '1MB'}", ("ci.max-waste.delted: no class of waste or rule 'delted'; "
         "did you mean 'deleted'?")),
        ("max-waste = {npm-cahce = '1MB'}", ("ci.max-waste.npm-cahce: no class of waste or rule "
         "'npm-cahce'; did you mean 'npm-cache'?")),
        ("max-sise = '1MB'", "ci: unknown key 'max-sise'; did you mean 'max-size'?"),
        ("tolerance = '5'", ("ci.tolerance: '5' is no tolerance; write a share (1%) or a size with "
         "its unit (500kB)")),
        ("tolerance = '+5%'", ("ci.tolerance: '+5%' is no tolerance; write a share (1%) or a size "
         "with its unit (500kB)")),
        ("strict = 1", "ci.strict: must be true or false"),
        ("baseline = 1", 'ci.baseline: must be a text, such as "baseline.json"'),
    ],
)  # fmt: skip
def test_a_wrong_file(text: str, told: str) -> None:
    write(f"[ci]\n{text}\n")
    assert refused() == f".layerlens.toml: {told}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rule = 'npm-cache'", "ignore[0].reason: say why, in a text"),
        ("rule = 'npm-cache'\nreason = ' '", "ignore[0].reason: say why, in a text"),
        ("reason = 'x'", "ignore[0]: names neither a rule nor paths: it would hide everything"),
        ("paths = []\nreason = 'x'", "ignore[0].paths: names no path"),
        ("paths = 'a'\nreason = 'x'", "ignore[0].paths: must be a list of globs"),
        ("paths = ['a**']\nreason = 'x'", "ignore[0].paths: 'a**': ** stands for whole segments"),
        ("rule = 1\nreason = 'x'", "ignore[0].rule: must be the id of a rule"),
        ("rule = 'npm-cahce'\nreason = 'x'", ("ignore[0].rule: no rule 'npm-cahce'; did you mean "
         "'npm-cache'?")),
        ("rule = 'docs'\nreason = 'x'\nexpire = 1", ("ignore[0]: unknown key 'expire'; did you mean "
         "'expires'?")),
        *((f"rule = 'docs'\nreason = 'x'\nexpires = {value}", (f"ignore[0].expires: {shown} is no "
           "day, such as 2027-01-31"))
          for value, shown in (("'soon'", "'soon'"), ("20270131", "20270131"),
                               ("'20270131'", "'20270131'"), ("'2027-02-30'", "'2027-02-30'"),
                               ("2027-01-31T10:00:00", "2027-01-31 10:00:00"))),
    ],
)  # fmt: skip
def test_a_wrong_ignore(text: str, told: str) -> None:
    write(f"[[ignore]]\n{text}\n")
    assert refused() == f".layerlens.toml: {told}"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--max-size", "300"], f"--max-size: '300' has no unit; {_SIZE}"),
        (["--max-path", "5MB"], ("--max-path: '5MB': write GLOB=LIMIT, such as "
         "app/node_modules/**=50MB")),
        (["--max-path", "=5MB"], ("--max-path: '=5MB': write GLOB=LIMIT, such as "
         "app/node_modules/**=50MB")),
        (["--max-package", "gcc"], "--max-package: 'gcc': write NAME=LIMIT, such as gcc=0B"),
        (["--max-findings", "high"], ("--max-findings: 'high': write SEVERITY=LIMIT, such as "
         "high=0")),
        (["--max-findings", "higher=0"], ("--max-findings: no severity 'higher'; did you mean "
         "'high'?")),
        (["--max-path", f"{'a' * 1001}=1MB"], "--max-path: a glob of more than 1000 characters"),
        (["--tolerance", "5"], ("--tolerance: '5' is no tolerance; write a share (1%) or a size "
         "with its unit (500kB)")),
    ],
)  # fmt: skip
def test_wrong_flags(flags: list[str], told: str) -> None:
    assert refused(*flags) == told


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        "[ci]\nmax-size = 300\nmax-waste = {npm-cahce = '1MB'}\n[[ignore]]\nrule = 'x'\n"
        "[rules]\ndisabel = []\n[tui]\ntheme = 'nrod'\n[reading]\nvia = 'exprot'\n[redaing]\n"
    )
    monkeypatch.setenv("LAYERLENS_MAX_LAYERS", "many")
    monkeypatch.setenv("LAYERLENS_KEYS", "vi")
    monkeypatch.setenv("LAYERLENS_MAX_SZIE", "1MB")
    told = refused("--max-files", "1%")
    assert "\n" not in told
    for part in (
        f".layerlens.toml: ci.max-size: '300' has no unit; {_SIZE}",
        ".layerlens.toml: ci.max-waste.npm-cahce: no class of waste or rule 'npm-cahce'; did you",
        ".layerlens.toml: ignore[0].reason: say why, in a text",
        ".layerlens.toml: ignore[0].rule: no rule 'x'",
        ".layerlens.toml: rules: unknown key 'disabel'; did you mean 'disable'?",
        ".layerlens.toml: tui.theme: no theme 'nrod'; did you mean 'nord'?",
        ".layerlens.toml: reading.via: no such word 'exprot'; did you mean 'export'?",
        ".layerlens.toml: unknown table 'redaing'; did you mean 'reading'?",
        "LAYERLENS_MAX_LAYERS: 'many' is no limit; write a whole number (20)",
        "LAYERLENS_KEYS: no keymap 'vi'; there are default, dive",
        "LAYERLENS_MAX_SZIE: no such variable; did you mean LAYERLENS_MAX_SIZE?",
    ):
        assert told.count(part) == 1, part


def test_what_strangers_write_is_escaped_and_short() -> None:
    write(f'[ci]\n"\\u001b[31m" = "1MB"\nmax-size = "{"x" * 5000}"\n')
    told = refused()
    assert told.isprintable()
    assert r"ci: unknown key '\x1b[31m'" in told
    assert len(told) < 600


def test_flags_are_told_beside_what_only_a_loaded_rule_can_tell() -> None:
    write("[[ignore]]\nrule = 'npm-cahce'\nreason = 'x'\n")
    assert refused("--max-size", "3") == (
        ".layerlens.toml: ignore[0].rule: no rule 'npm-cahce'; did you mean 'npm-cache'?; "
        f"--max-size: '3' has no unit; {_SIZE}"
    )


def test_rules_are_loaded_for_their_names_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("rules are loaded")

    monkeypatch.setattr("layerlens.analysis.rules.registry.rule_sets", never)
    write('[ci.max-waste]\ndeleted = "1MB"\npackage-caches = "1MB"\n[[ignore]]\n'
          'paths = ["a"]\nreason = "b"\n')  # fmt: skip
    assert len(demanded("--max-findings", "high=0")) == 3
    with pytest.raises(AssertionError, match="rules are loaded"):
        demanded("--max-waste", "npm-cache=1MB")


def test_nothing_said() -> None:
    arguments = parser().parse_args(["image.tar", "--ci"])
    assert gate_settings(arguments, SettingsFile(), with_defaults=False) == GateSettings()
