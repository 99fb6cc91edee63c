"""Go modules of programs."""

from __future__ import annotations

import pytest

from layerlens.analysis.packages.golang import MAX_MODULES, parse_modinfo, read_facts
from layerlens.analysis.packages.model import Listed
from tests.builders import Image, file, hardlink, layer, whiteout
from tests.judging import Looked

MODINFO = (
    "path\tgithub.com/me/app/cmd/app\n"
    "mod\tgithub.com/me/app\tv1.2.3\th1:x=\n"
    "dep\tgolang.org/x/sys\tv0.1.0\th1:y=\n"
    "dep\tgithub.com/old/lib\tv1.0.0\n"
    "=>\tgithub.com/fork/lib\tv1.0.1\th1:z=\n"
    "dep\tgithub.com/me/part\tv0.0.0-00010101000000-000000000000\n"
    "=>\t./part\t(devel)\t\n"
    "build\t-compiler=gc\n"
    "build\tCGO_ENABLED=0\n"
)


def told(listed: list[Listed]) -> list[tuple[str, str]]:
    return [(each.name, each.version) for each in listed]


def test_modules_and_what_replaces_them() -> None:
    found = parse_modinfo(MODINFO)
    assert told(found) == [
        ("github.com/me/app", "v1.2.3"),
        ("golang.org/x/sys", "v0.1.0"),
        ("github.com/fork/lib", "v1.0.1"),
        ("github.com/me/part", "v0.0.0-00010101000000-000000000000"),
    ]
    assert found[0].details["role"] == "main"
    assert found[2].provides == ("github.com/old/lib",)
    assert found[2].details["replaces"] == "github.com/old/lib@v1.0.0"
    assert found[3].details["replaced_by"] == "./part"


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "=>\tx\tv1\n", "dep\n", "dep\t\n", "mod\t\tv1\n", "\x00" * 99, "path\tonly\n"],
)
def test_what_says_nothing(text: str) -> None:
    assert parse_modinfo(text) == []


def test_bounds() -> None:
    assert len(parse_modinfo("dep\tx\tv1\n" * (MAX_MODULES + 9))) == MAX_MODULES
    (long,) = parse_modinfo(f"dep\t{'x' * 9999}\t{'v' * 9999}\n")
    assert len(long.name) == len(long.version) == 500
    assert told(parse_modinfo("dep\tx\n")) == [("x", "")]


def test_programs_that_are_there() -> None:
    looked = Looked(
        Image(
            [
                layer(file("bin/app", b"1"), hardlink("bin/again", "bin/app"), file("bin/gone", b"2"),
                      file("bin/odd", b"3"), file("bin/bare", b"4"), file("bin/compile", b"5")),
                layer(whiteout("bin/gone")),
            ]
        )
    )  # fmt: skip
    context = looked.context
    facts = context._facts  # what an examiner would have found
    first = context.files.find(b"bin/app")
    assert first is not None
    fact = {"version": "go1.22.1 X:boring", "path": "x", "mod": MODINFO}
    inode = context.fs.inode(first)
    facts["go"] = {
        inode: fact,
        inode + 2: fact,
        inode + 3: ["odd"],
        inode + 4: {"version": "go1.4"},
    }
    databases = {base.path: base for base in read_facts(context)}
    assert set(databases) == {b"bin/again", b"bin/bare"}
    modules = databases[b"bin/again"].packages
    assert told(list(modules))[-1] == ("stdlib", "1.22.1")
    assert not any(each.files for each in modules)
    assert told(list(databases[b"bin/bare"].packages)) == [("stdlib", "1.4")]
