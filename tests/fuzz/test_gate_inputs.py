"""Files that a gate is told by, damaged and blown up: an error in one line, soon, and never a pass."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerlens.cli.main import main
from layerlens.gate.limits import LimitError, Unit, parse_limit
from layerlens.saved.save import save
from tests.effort import at_most
from tests.unit.outputs.samples import packaged

ROUNDS = 60
SLOWEST = 5.0
"""Seconds of processor time that no run may take."""

SETTINGS = """\
[ci]
max-size = ["warn:1kB", "1B", "+5%"]
max-layers = 30
baseline = "base.json"
[ci.max-path]
"app/**" = "50MB"
"{a,b}/*.pyc" = "off"
[[ignore]]
rule = "npm-cache"
paths = ["opt/**"]
reason = "theirs"
expires = 2027-01-31
"""
DIVE = """\
rules:
  lowestEfficiency: 1.00
  highestWastedBytes: 1B
  highestUserWastedPercent: "0.00"
"""
COMPOSE = """\
x-a: &a
  image: saved.lls
services:
  web:
    <<: *a
  b: {image: "${NAME:-saved.lls}"}
"""

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved analysis, which fails all of these gates, and its baseline."""
    made = tmp_path_factory.mktemp("gates")
    with (made / "saved.lls").open("wb") as stream:
        save(packaged(), stream)
    saved = str(made / "saved.lls")
    written = ["--accept-new", "--exit-zero", "--write-baseline", str(made / "base.json")]
    assert main(["report", saved, "--ci", "--max-size", "1B", *written]) == 0
    return made


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(folder)
    yield
    for name in (".layerlens.toml", ".dive-ci", "other.json", "compose.yml", ".env"):
        (folder / name).unlink(missing_ok=True)


def checked(capfd: Capture, *arguments: str) -> int:
    """The exit code of a run that either is an error of one line, or printed a verdict."""
    capfd.readouterr()
    with at_most(SLOWEST, arguments):
        code = main([*arguments])
    shown = capfd.readouterr()
    told = shown.err.splitlines()
    assert all(line.startswith("layerlens: ") and line.isprintable() for line in told), told
    assert "Traceback" not in shown.err
    assert code in (0, 1, 2)
    if code == 2:
        assert shown.out == ""
        assert told
    return code


def damaged(good: bytes, choose: random.Random) -> bytes:
    at = choose.randrange(len(good) + 1)
    kind = choose.randrange(6)
    if kind == 0:
        return good[:at]
    if kind == 1:
        number = choose.choice(
            [b"9" * 30, b"-1", b"1e400", b"nan", b"inf", b"9" * 5000, b"null", b"[]", b"{}", b"true",
             b"1.5", b"1979-05-27", "\u0663".encode(), b'""', b"0x10"]
        )  # fmt: skip
        return re.sub(rb"\d+(\.\d+)?", number, good, count=choose.randrange(1, 4))
    if kind == 2:
        sign = choose.choice([b"[", b'{"a":', b"- ", b"&a [*a,", b"? ", b"a.", b"<<: ", b"!!x "])
        return good[:at] + sign * choose.choice([1, 50, 3000]) + good[at:]
    if kind == 3:
        odd = choose.choice([b"\xff", b"\0", b"\r", b"\x1b", b"\xed\xa0\x80", b"${", b"$", b"'''"])
        return good[:at] + odd + good[at:]
    if kind == 4:
        return choose.choice([b"null", b"[]", b"{}", b"7", b'"x"', b"", b"\xff\xfe", b"ci = 7"])
    found = bytearray(good)
    for _ in range(choose.randrange(1, 8)):
        found[choose.randrange(len(found))] ^= 1 << choose.randrange(8)
    return bytes(found)


@pytest.mark.parametrize(
    ("name", "good", "arguments"),
    [
        (".layerlens.toml", SETTINGS, ()),
        (".dive-ci", DIVE, ()),
        ("other.json", "", ("--baseline", "other.json", "--max-size", "+0B", "--max-size", "1B")),
    ],
    ids=["settings", "dive", "baseline"],
)
def test_damage_never_passes(
    name: str, good: str, arguments: tuple[str, ...], folder: Path, capfd: Capture
) -> None:
    whole = (good or (folder / "base.json").read_text()).encode()
    choose = random.Random(name)  # noqa: S311 - the same damage each time
    (folder / name).write_bytes(whole)
    assert checked(capfd, "report", "saved.lls", "--ci", *arguments) == 1
    codes = set()
    for _ in range(ROUNDS):
        (folder / name).write_bytes(damaged(whole, choose))
        code = checked(capfd, "report", "saved.lls", "--ci", *arguments)
        codes.add(code)
        if name == "other.json":
            assert code != 0
    assert 2 in codes


def test_damaged_compose_files() -> None:
    choose = random.Random(8)  # noqa: S311 - the same damage each time
    from layerlens.errors import UsageError
    from layerlens.fleet.compose import compose_images, env_file

    refused = 0
    for _ in range(4 * ROUNDS):
        try:
            env_file(damaged(b'A="x"\nexport B=1 # c\nC=${A:-$B}\n', choose).decode("latin-1"), {})
            compose_images(damaged(COMPOSE.encode(), choose), {"NAME": "x"})
        except UsageError:
            refused += 1
    assert refused > ROUNDS


def blown_up() -> dict[str, tuple[str, str]]:
    """Settings that are small, and would take long."""
    ignore = '[[ignore]]\npaths=["{}"]\nreason="r"\n'
    return {
        "dotted keys": ("a." * 100_000 + "a=1\n", "a key has a hundred parts or more"),
        "quoted keys": ("'a b'. " * 50_000 + "a=1\n", "a key has a hundred parts or more"),
        "unknown keys": (
            "[ci]\n" + "".join(f"max-siz{k}=1\n" for k in range(20_000)),
            "unknown key",
        ),
        "limits": (f"[ci]\nmax-size={[f'{k}MB' for k in range(20_000)]}\n", "more than 100 limits"),
        "braces": (
            "".join(ignore.format("{a,b,c,d,e,f,g,h,i,j}" * 3 + f"/{k}") for k in range(100)),
            "more than 20,000 globs",
        ),
        "nested": ("a=" + "[" * 50_000, "not TOML"),
    }


@pytest.mark.parametrize("name", blown_up())
def test_settings_that_are_blown_up(name: str, folder: Path, capfd: Capture) -> None:
    text, what = blown_up()[name]
    (folder / ".layerlens.toml").write_text(text)
    capfd.readouterr()
    with at_most(SLOWEST):
        assert main(["report", "saved.lls", "--ci"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert what in line


def test_many_globs_are_judged(folder: Path, capfd: Capture) -> None:
    globs = "".join(f'"a{k}/**/*.x{k}" = "1MB"\n' for k in range(1000))
    ignores = "".join(f'[[ignore]]\npaths=["b{k}/*.y{k}"]\nreason="r"\n' for k in range(1000))
    (folder / ".layerlens.toml").write_text(f"[ci.max-path]\n{globs}{ignores}")
    assert checked(capfd, "report", "saved.lls", "--ci") == 0


ODD_LIMITS = (
    "NaN", "inf", "-inf", "1e400", "1e5", "-1", "", " ", "+", "%", "0x10", "1_000MB", "\u0663MB",
    "\uff13MB", "warn:", "warn:warn:1MB", "fail:off", "1MB,2MB", "+-1%", "1MB\n", "1MB\n::error::x",
    "1MB\0", "nan%", "9" * 101 + "MB", "-5MB",
)  # fmt: skip


def test_odd_limits() -> None:
    for unit in Unit:
        for text in ODD_LIMITS:
            if text == "1MB\n" and unit is Unit.BYTES:
                continue  # blanks around it do no harm
            with pytest.raises(LimitError):
                parse_limit(text, unit)
