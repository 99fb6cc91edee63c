"""Bytecode, tests of the standard library, stubs and strangers' virtual environments."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.rules.catalogue.python_files import RULE_SET
from layerlens.analysis.rules.catalogue.python_places import interpreters
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from tests.builders import Image, Member, file, layer, symlink
from tests.judging import Looked
from tests.python_images import SITE

PYTHON = [file("usr/local/bin/python3.11", b"elf"), file("usr/local/lib/python3.11/os.py", b"#")]
DPKG = "Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"


def look(*layers: list[Member], base: int = 0, settings: dict[str, Any] | None = None) -> Looked:
    rows = [f"RUN step {k}" for k in range(len(layers))]
    return Looked(Image([layer(*each) for each in layers], rows, settings=settings or {}), base)


def found(rule: str, *layers: list[Member], **more: Any) -> list[Finding]:
    return look(*layers, **more).findings([RULE_SET]).get(rule, [])


def owned(*paths: str) -> list[Member]:
    return [
        file("var/lib/dpkg/status", DPKG),
        file("var/lib/dpkg/info/x.list", "".join(f"/{path}\n" for path in paths)),
    ]


# ---------------------------------------------------------------------- bytecode


def test_bytecode_whose_source_is_gone() -> None:
    members = [
        *PYTHON,
        file("app/a.py", b"#"),
        file("app/__pycache__/a.cpython-311.pyc", b"1"),
        file("app/__pycache__/a.cpython-311-pytest-8.3.4.pyc", b"2"),
        file("app/__pycache__/gone.cpython-311.pyc", b"3" * 30),
        file("app/__pycache__/gone.cpython-311.opt-2.pyc", b"4" * 4),
        file("app/__pycache__/with.dot.cpython-311.pyc", b"5" * 50),
        file("app/with.dot.py", b"#"),
        file("app/__pycache__/strange.pyc", b"6"),
        file("app/sourceless.pyc", b"7"),
        symlink("app/linked.py", "a.py"),
        file("app/__pycache__/linked.cpython-311.pyc", b"8"),
    ]
    (finding,) = found("python-stale-bytecode", members)
    assert (finding.bytes, finding.claimed) == (34, 34)
    assert {path.rpartition(b"/")[2] for path in finding.paths} == {
        b"gone.cpython-311.pyc", b"gone.cpython-311.opt-2.pyc",
    }  # fmt: skip


def test_what_the_distribution_owns_is_not_stale() -> None:
    path = "usr/lib/x/__pycache__/gone.cpython-311.pyc"
    assert not found("python-stale-bytecode", [file(path, b"1"), *owned(path)])


def test_bytecode_for_absent_pythons() -> None:
    members = [
        *PYTHON,
        file("app/a.py", b"#"),
        file("app/__pycache__/a.cpython-311.opt-1.pyc", b"1"),
        file("app/__pycache__/a.cpython-312.pyc", b"2" * 20),
        file("app/__pycache__/a.pypy310.pyc", b"3" * 3),
    ]
    (finding,) = found("python-duplicate-bytecode", members)
    assert finding.bytes == 23
    assert finding.title == ("bytecode for PyPy 3.10, Python 3.12, which the image does not have")
    other = [file("opt/conda/bin/python3.12", b"elf")]
    (finding,) = found("python-duplicate-bytecode", [*members, *other])
    assert finding.bytes == 3
    assert not found("python-duplicate-bytecode", members[2:])  # no interpreter is known


def test_a_large_part_of_used_bytecode_is_told_as_a_trade_off() -> None:
    members = [
        *PYTHON,
        file("app/a.py", b"#"),
        file("app/__pycache__/a.cpython-311.pyc", b"1" * 10**6),
    ]
    (finding,) = found("python-bytecode", members)
    assert (finding.bytes, finding.claimed, finding.severity) == (10**6, 0, Severity.INFO)
    small = [
        *PYTHON,
        file("app/a.py", b"#"),
        file("app/__pycache__/a.cpython-311.pyc", b"1" * 999_999),
    ]
    assert not found("python-bytecode", small)


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        ("usr/bin/python3.11", "cpython-311"),
        ("bin/python3.9", "cpython-39"),
        ("usr/local/lib/python3.13t/os.py", "cpython-313t"),
        ("usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", "cpython-311"),
        ("opt/pypy/bin/pypy3.10", "pypy310"),
        ("usr/bin/python3", None),
        ("usr/bin/python3.11-config", None),
        ("usr/lib/python3.11/site.py", None),
        ("usr/share/doc/python3.11", None),
    ],
)
def test_interpreters(path: str, tag: str | None) -> None:
    expected = frozenset({tag} if tag else ())
    assert interpreters(look([file(path, b"x")]).context) == expected


# ---------------------------------------------------------------------- tests and stubs


def test_tests_of_the_standard_library() -> None:
    library = "usr/local/lib/python3.11/"
    members = [
        *PYTHON,
        file(library + "test/test_os.py", b"1" * 10),
        file(library + "unittest/test/a.py", b"2" * 5),
        file(library + "unittest/mock.py", b"3"),
        file(library + "testing.py", b"4"),
        file("usr/lib/python3.11/test/x.py", b"5"),  # no interpreter's library
    ]
    (finding,) = found("python-stdlib-tests", members)
    assert finding.bytes == finding.claimed == 15
    assert f"rm -rf /{library}test /{library}unittest/test" in finding.fix


def test_tests_that_the_distribution_owns_stay_with_their_bytecode() -> None:
    directory = "usr/lib/python3.11/test/"
    members = [
        file("usr/lib/python3.11/os.py", b"#"),
        file(directory + "__init__.py", b"#"),
        file(directory + "__pycache__/__init__.cpython-311.pyc", b"1" * 100),
    ]
    assert found("python-stdlib-tests", members)
    assert not found("python-stdlib-tests", members + owned(directory + "__init__.py"))


def test_type_stubs() -> None:
    members = [
        file(f"{SITE}/pkg/a.pyi", b"1" * 99_999),
        file(f"{SITE}/pkg/b.pyi", b"2"),
        file("app/mine.pyi", b"3" * 10**6),
    ]
    (finding,) = found("python-stubs", members)
    assert (finding.title, finding.bytes, finding.claimed) == (
        "2 type stubs of packages",
        100_000,
        0,
    )
    assert not found("python-stubs", members[1:])


# ---------------------------------------------------------------------- virtual environments

VENV = [
    file("app/.venv/lib/python3.11/site-packages/x.py", b"1" * 1000),
    file("app/.venv/bin/pip", b"#!/app/.venv/bin/python\n"),
]


def venv(home: str, *more: Member, **settings: Any) -> list[Finding]:
    config = file("app/.venv/pyvenv.cfg", f"home = {home}\nversion = 3.11.7\n")
    return found("python-host-venv", [*PYTHON, *VENV, config, *more], settings=settings)


@pytest.mark.parametrize(
    "home", ["/Users/me/.pyenv/bin", "C:\\Python311", "/usr/bin", "/nowhere/../else", "relative"]
)
def test_a_virtual_environment_without_its_interpreter(home: str) -> None:
    (finding,) = venv(home, symlink("app/.venv/bin/python", "/usr/bin/python3.11"))
    assert finding.severity is Severity.HIGH
    assert finding.bytes == finding.claimed > 1000
    assert finding.title == "virtual environment from another machine (/app/.venv)"


def test_working_environments_are_left_alone() -> None:
    python = symlink("usr/local/bin/python3", "python3.11")
    assert not venv("/usr/local/bin", python)
    merged = [symlink("bin", "usr/local/bin"), python]
    assert not venv("/bin", *merged)
    assert not venv("/gone", symlink("app/.venv/bin/python", "../../../usr/local/bin/python3.11"))
    assert not venv(
        "/gone", PYTHONPATH="x", Env=["PYTHONPATH=/app/.venv/lib/python3.11/site-packages"]
    )
    assert not venv("/gone", Cmd=["python", "/app/.venv/lib/python3.11/site-packages/x.py"])
    assert not venv("")


def test_loops_of_links_lead_nowhere() -> None:
    loop = [symlink("loop", "loop"), symlink("app/.venv/bin/python", "/loop/python")]
    assert venv("/loop", *loop)
    grows = [symlink("g", "g/g"), symlink("app/.venv/bin/python3", "/g")]
    assert venv("/g", *grows)


def test_each_layer_of_an_environment_is_told() -> None:
    config = file("app/.venv/pyvenv.cfg", b"home = /gone\n")
    findings = found("python-host-venv", VENV, [config], base=1)
    assert {(f.layer, f.is_base) for f in findings} == {(0, True), (1, False)}


def test_an_image_without_python() -> None:
    assert not look([file("a", b"x")]).findings([RULE_SET])
