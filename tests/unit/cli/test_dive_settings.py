"""dive's gate on the command line: where limits come from, and what is told before the image."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerlens.analysis.model import DiveFigures
from layerlens.cli.dive_settings import DEFAULT, dive_settings
from layerlens.cli.main import main
from layerlens.cli.options import parser
from layerlens.errors import UsageError
from layerlens.gate.catalogue import DEFAULTS
from layerlens.gate.dive import DISABLED, DIVE_DEFAULTS, DiveSettings, dive_verdict
from layerlens.outputs import verdict
from layerlens.outputs.report import Report
from tests.builders import Image, file, layer

ROOT = Path(__file__).parents[3]
VARIABLES = (
    "CI", "DIVE_CI", "DIVE_CI_CONFIG", "DIVE_CONFIG", "DIVE_RULES_LOWEST_EFFICIENCY",
    "DIVE_RULES_HIGHEST_WASTED_BYTES", "DIVE_RULES_HIGHEST_USER_WASTED_PERCENT",
)  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of the test's own, and nothing of dive in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def asked(*flags: str) -> DiveSettings | None:
    return dive_settings(parser().parse_args(["image", "--ci", *flags]))


def limits(*flags: str) -> list[tuple[str, str]]:
    settings = asked(*flags)
    assert settings is not None
    return [(limit.text, limit.origin) for _, limit in settings.rules()]


def write(text: str, name: str = ".dive-ci") -> None:
    Path(name).write_text(text)


NONE_SET = [("0.9", DEFAULT), ("disabled", DEFAULT), ("0.1", DEFAULT)]


class TestWhoAsks:
    def test_nobody(self) -> None:
        assert asked() is None
        assert asked("--lowest-efficiency", "95%") is None

    @pytest.mark.parametrize("text", ["", "rules:\n", "plugins: [a]\n"])
    def test_a_file_even_an_empty_one(self, text: str) -> None:
        write(text)
        assert limits() == NONE_SET

    def test_no_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in VARIABLES:
            monkeypatch.setenv(name, "true" if name == "CI" else "0.5")
        assert asked() is None

    def test_a_file_can_be_left_alone(self) -> None:
        write("rules: {lowestEfficiency: 0.5, lowestEfficiency: broken")
        assert asked("--no-dive-ci") is None
        assert limits("--no-dive-ci", "--highestWastedBytes", "1kB") == [
            ("0.9", DEFAULT), ("1kB", "--highestWastedBytes"), ("0.1", DEFAULT),
        ]  # fmt: skip

    def test_only_in_the_working_directory(self, folder: Path) -> None:
        write("rules: {lowestEfficiency: 0.5}")
        below = folder / "below"
        below.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(below)
            assert asked() is None


class TestPrecedence:
    """Of dive 0.13.1: a flag, then the file, then the default; each rule by itself."""

    def test_the_file_before_the_default(self) -> None:
        write("rules:\n  lowestEfficiency: 0.5\n")
        assert limits() == [("0.5", ".dive-ci, line 2"), *NONE_SET[1:]]

    def test_a_flag_before_the_file(self) -> None:
        write("rules:\n  lowestEfficiency: 0.5\n  highestWastedBytes: 1kB\n")
        assert limits("--lowestEfficiency", "0.6") == [
            ("0.6", "--lowestEfficiency"), ("1kB", ".dive-ci, line 3"), NONE_SET[2],
        ]  # fmt: skip

    def test_a_flag_that_says_what_the_default_says(self) -> None:
        write("rules: {highestUserWastedPercent: 0.5}")
        assert limits("--highestUserWastedPercent=0.1")[2] == ("0.1", "--highestUserWastedPercent")

    def test_a_flag_alone(self) -> None:
        assert limits("--highestWastedBytes=0") == [
            NONE_SET[0], ("0", "--highestWastedBytes"), NONE_SET[2],
        ]  # fmt: skip

    def test_the_last_of_a_flag(self) -> None:
        assert limits("--lowestEfficiency=1", "--lowestEfficiency=0.2")[0][0] == "0.2"

    def test_a_flag_hides_what_is_wrong_in_the_file(self) -> None:
        write("rules: {lowestEfficiency: [much]}")
        assert limits("--lowestEfficiency=disabled")[0][0] == "disabled"

    def test_another_file_stands_in_for_the_usual_one(self) -> None:
        write("rules: {lowestEfficiency: 0.5, highestWastedBytes: 1}")
        write("rules: {lowestEfficiency: 0.7}", "other.yaml")
        assert limits("--ci-config", "other.yaml") == [
            ("0.7", "other.yaml, line 1"), *NONE_SET[1:],
        ]  # fmt: skip

    def test_a_rule_left_out_is_not_switched_off(self) -> None:
        """Its default holds, and may fail."""
        write("rules: {lowestEfficiency: 0.5, highestWastedBytes: 20MB}")
        settings = asked()
        assert settings is not None
        rulings = dive_verdict(DiveFigures(0.98, 32_025, 0.48, ()), settings).rulings
        assert [each.status for each in rulings] == ["pass", "pass", "fail"]
        assert rulings[2].origin == DEFAULT


class TestNotes:
    def test_a_missing_file_is_no_error_in_dive(self) -> None:
        settings = asked("--ci-config", "none.yaml")
        assert settings is not None
        assert limits("--ci-config", "none.yaml") == NONE_SET
        assert settings.notes == ("none.yaml: no such file: as in dive, its default limits hold",)

    def test_variables_that_dive_0_13_1_does_not_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DIVE_RULES_LOWEST_EFFICIENCY", "0.1")
        write("")
        settings = asked()
        assert settings is not None
        assert limits() == NONE_SET
        assert "DIVE_RULES_LOWEST_EFFICIENCY" in settings.notes[0]

    def test_keys_of_no_effect(self) -> None:
        write("rules:\n  lowest-efficiency: 0.1\n")
        settings = asked()
        assert settings is not None
        assert limits() == NONE_SET
        assert settings.notes[0].startswith(".dive-ci: line 2: ")


class TestWrong:
    def test_all_limits_of_the_file_at_once(self) -> None:
        write("rules:\n  lowestEfficiency: 1.1\n  highestWastedBytes: lots\n")
        with pytest.raises(UsageError) as caught:
            asked()
        assert caught.value.where.file == ".dive-ci"
        assert caught.value.what == (
            "line 2: rules.lowestEfficiency: '1.1' is out of range: write a ratio from 0 to 1 (0.9) "
            "or disabled; line 3: rules.highestWastedBytes: 'lots' is not a size (20MB) or disabled"
        )

    def test_flags_and_file_together(self) -> None:
        write("rules: {lowestEfficiency: -1}")
        with pytest.raises(UsageError) as caught:
            asked("--highestUserWastedPercent", "10%")
        assert caught.value.where.file is None
        assert "rules.lowestEfficiency: '-1'" in caught.value.what
        assert ".dive-ci, line 1" in caught.value.what
        assert "--highestUserWastedPercent: '10%' is not" in caught.value.what

    @pytest.mark.parametrize("value", ["", "off", "false"])
    def test_words_of_later_sources(self, value: str) -> None:
        with pytest.raises(UsageError, match="by the word disabled only"):
            asked(f"--highestWastedBytes={value}")

    def test_no_yaml(self) -> None:
        write("rules:\n\tlowestEfficiency: 1\n")
        with pytest.raises(UsageError) as caught:
            asked()
        assert caught.value.where.file == ".dive-ci"
        assert caught.value.what.startswith("line 2: not YAML: ")

    def test_a_folder(self) -> None:
        Path(".dive-ci").mkdir()
        with pytest.raises(UsageError, match="cannot be read: Is a directory"):
            asked()

    def test_both_ways(self) -> None:
        with pytest.raises(UsageError, match="exclude each other"):
            asked("--no-dive-ci", "--ci-config", "x")

    @pytest.mark.parametrize(
        "flags", [["--lowestEfficiency=1"], ["--highestWastedBytes=1"], ["--ci-config=x"],
                  ["--highestUserWastedPercent=1"]],
    )  # fmt: skip
    def test_without_ci(self, flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["image", *flags, "--text"]) == 2
        assert "needs --ci" in capsys.readouterr().err

    def test_it_is_told_before_the_image_is_read(self, capsys: pytest.CaptureFixture[str]) -> None:
        write("rules: {lowestEfficiency: 90%}")
        assert main(["no-such-image.tar", "--ci"]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == (
            "layerlens: .dive-ci: line 1: rules.lowestEfficiency: '90%' is not a ratio from 0 to 1 "
            "(0.9) or disabled\n"
        )

    def test_hostile_text_is_escaped(self, capsys: pytest.CaptureFixture[str]) -> None:
        write('rules: {lowestEfficiency: "\\e[31m\\u202e", "\\e[2J": 1}')
        assert main(["no-such-image.tar", "--ci"]) == 2
        assert main(["no-such-image.tar", "--ci", "--lowestEfficiency=1"]) == 3
        assert capsys.readouterr().err.replace("\n", "").isprintable()


class TestDocumentation:
    """What docs/dive-ci.md says of defaults is what holds."""

    PAGE = (ROOT / "docs" / "dive-ci.md").read_text()

    def test_defaults(self) -> None:
        rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+\| `([^`]+)` \|", self.PAGE, re.MULTILINE))
        assert rows == DIVE_DEFAULTS

    def test_flags_and_the_word(self) -> None:
        for flag in (*(f"--{rule}" for rule in DIVE_DEFAULTS), "--ci-config", "--no-dive-ci"):
            assert f"`{flag}" in self.PAGE
        assert f"`{DISABLED}`" in self.PAGE


class TestWholeRun:
    """From a file to an exit code; the printed table has tests of its own."""

    @pytest.fixture(autouse=True)
    def told(self, monkeypatch: pytest.MonkeyPatch) -> list[Report]:
        told: list[Report] = []
        monkeypatch.setattr(verdict, "write_verdict", lambda report, *_, **__: told.append(report))
        return told

    @pytest.fixture
    def image(self, folder: Path) -> str:
        """Half of what the second layer brings is dead, by dive's count all of it."""
        layers = [
            layer(file("base", b"b" * 9_000)),
            layer(file("app", b"a" * 500)),
            layer(file("app", b"A" * 500)),
        ]
        return str(Image(layers, ["RUN one", "RUN two", "RUN three"]).save_25(folder / "app.tar"))

    @pytest.mark.parametrize(
        ("text", "flags", "code"),
        [
            ("rules: {highestUserWastedPercent: 1}", [], 0),
            ("rules: {highestUserWastedPercent: 0.99}", [], 1),
            ("rules: {highestUserWastedPercent: 0.99}", ["--exit-zero"], 0),
            ("rules: {highestUserWastedPercent: 0.99}", ["--no-dive-ci"], 0),
            ("", ["--highestUserWastedPercent=disabled"], 0),
            ("", [], 1),
            ("rules: {highestUserWastedPercent: 1}", ["--max-layers=1"], 1),
            ("rules: {highestUserWastedPercent: off}", [], 2),
        ],
    )
    def test_exit_codes(
        self, image: str, text: str, flags: list[str], code: int, told: list[Report]
    ) -> None:
        write(text)
        always = ["--ci", "--no-findings", "--dive-json", "out.json"]
        assert main([image, *always, *flags]) == code
        # Unlike dive's, the export does not stand in the verdict's way, nor the other way round.
        assert Path("out.json").exists() == bool(told) == (code != 2)

    def test_own_defaults_stand_back(self, image: str, told: list[Report]) -> None:
        """Who brings dive's limits did not ask for ours, but for those that are given."""
        main([image, "--ci", "--no-findings"])
        write("rules: {highestUserWastedPercent: 1}")
        main([image, "--ci", "--no-findings"])
        main([image, "--ci", "--no-findings", "--max-layers=9"])
        verdicts = [report.verdict for report in told]
        assert [
            each and ([ruling.demand.gate.id for ruling in each.rulings], each.dive is not None)
            for each in verdicts
        ] == [([name for name, _, _ in DEFAULTS], False), ([], True), (["max-layers"], True)]
