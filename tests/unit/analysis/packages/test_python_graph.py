"""Who needs whom: markers, extras, cycles, and what is there for development only."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.python_graph import (
    Graph,
    Requirement,
    development,
    is_for_development,
    marker_environments,
    parse_requirement,
)
from layerlens.analysis.packages.python_manifests import Declared, read_project, read_requirements
from layerlens.analysis.packages.python_tools import is_development_tool, is_surely_development

LINUX_311 = marker_environments(["3.11"], "amd64")


def dist(name: str, *requires: str, manual: bool | None = None, installer: str = "pip") -> Listed:
    return Listed(
        ecosystem=Ecosystem.PYPI, name=name, version="1", requires=requires, manual=manual,
        details={"installer": installer},
    )  # fmt: skip


def names(dists: list[Listed], places: Collection[int]) -> set[str]:
    return {dists[i].name for i in places}


def only(*dists: Listed, wanted: Collection[str] = (), kept: Collection[str] = ()) -> set[str]:
    """Names of what goes with the development tools."""
    found = development(
        Graph(dists, LINUX_311), lambda each: is_development_tool(each.name),
        lambda i: dists[i].name in kept, wanted,
    )  # fmt: skip
    return names(list(dists), found.only)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Werkzeug>=3.1", ("werkzeug", set(), "")),
        ("typing_extensions (>=4) ; extra == 'x'", ("typing-extensions", set(), "extra == 'x'")),
        ("uvicorn[standard, Some_Extra]>=0.1; a", ("uvicorn", {"standard", "some-extra"}, "a")),
        ("pip @ https://x/y;z ; os_name == 'nt'", ("pip", set(), "os_name == 'nt'")),
        ("pip @ https://x/y;z", ("pip", set(), "")),
    ],
)
def test_requirements(text: str, expected: tuple[str, set[str], str]) -> None:
    assert parse_requirement(text) == Requirement(expected[0], frozenset(expected[1]), expected[2])


@pytest.mark.parametrize(
    "text", ["", ";", "[x]", "-e .", "\x00", "=" * 10_000], ids=lambda text: repr(text[:5])
)
def test_what_is_no_requirement(text: str) -> None:
    assert parse_requirement(text) is None


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("", True),
        ('python_version < "3.11"', False),
        ('python_version >= "3.11"', True),
        ('python_full_version <= "3.11.0a6"', False),
        ('python_full_version >= "3.11.4"', True),  # the patch level is not known: perhaps
        ('python_full_version < "3.11.4"', True),
        ('sys_platform == "win32"', False),
        ('platform_machine == "x86_64" and os_name == "posix"', True),
        ('platform_machine == "aarch64"', False),
        ('implementation_name == "pypy"', False),
        ('extra == "x"', False),
        ('platform_release >= "5"', True),  # not known: needed
        ("nonsense", True),
        ("(" * 1000, True),
        ("(" * 5000, True),
    ],
    ids=lambda value: str(value)[:40],
)
def test_markers_are_judged_for_the_image(marker: str, holds: bool) -> None:
    dists = [dist("a", f"b; {marker}" if marker else "b"), dist("b")]
    assert Graph(dists, LINUX_311).closure({0: ()}) == ({0, 1} if holds else {0})


def test_machines_and_exact_versions() -> None:
    arm = marker_environments(["3.12.4", "3.9"], "arm64")
    assert {each["platform_machine"] for each in arm} == {"aarch64"}
    assert [each["python_full_version"] for each in arm] == ["3.12.4", "3.9.0", "3.9.99"]
    assert [each["python_version"] for each in arm] == ["3.12", "3.9", "3.9"]


def test_without_an_interpreter_every_marker_may_hold_but_extras() -> None:
    dists = [dist("a", 'b; python_version < "3"', 'c; extra == "x"'), dist("b"), dist("c")]
    assert Graph(dists, []).closure({0: ()}) == {0, 1}
    assert Graph(dists, []).closure({0: ("x",)}) == {0, 1, 2}


def test_extras_are_followed_where_somebody_asks_for_them() -> None:
    dists = [
        dist("app", "lib[Fast_One]"),
        dist("lib", 'cext; extra == "fast-one"', 'gui; extra == "gui"', 'lib[gui]; extra == "all"'),
        dist("cext"), dist("gui"),
    ]  # fmt: skip
    graph = Graph(dists, LINUX_311)
    assert names(dists, graph.closure({0: ()})) == {"app", "lib", "cext"}
    assert names(dists, graph.closure({1: ("all",)})) == {"lib", "gui"}


def test_an_extra_that_is_asked_for_later_is_followed_too() -> None:
    dists = [dist("a", "b", "c"), dist("b", 'd; extra == "x"'), dist("c", "b[x]"), dist("d")]
    assert Graph(dists, LINUX_311).closure({0: ()}) == {0, 1, 2, 3}


def test_cycles_end() -> None:
    dists = [dist("a", "b[x]", "a"), dist("b", "a[y]", 'c; extra == "x"'), dist("c", "a")]
    assert Graph(dists, LINUX_311).closure({0: ()}) == {0, 1, 2}


# ---------------------------------------------------------------------- development only


def test_what_only_the_tools_need_goes_with_them() -> None:
    assert only(
        dist("flask", "click", manual=True), dist("click", manual=False),
        dist("black", "click", "pathspec", manual=True), dist("pathspec", manual=False),
    ) == {"black", "pathspec"}  # fmt: skip


def test_a_tool_that_something_needs_stays() -> None:
    assert only(
        dist("numba", "jinja2", "pytest", manual=True), dist("jinja2", manual=False),
        dist("pytest", "pluggy", manual=False), dist("pluggy", manual=False),
        dist("mypy", manual=True),
    ) == {"mypy"}  # fmt: skip


def test_what_was_asked_for_stays_though_a_tool_needs_it_too() -> None:
    assert only(
        dist("requests", manual=True), dist("moto", "requests", "xmltodict", manual=True),
        dist("xmltodict", manual=False),
    ) == {"moto", "xmltodict"}  # fmt: skip


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_marks_that_all_have_say_nothing(installer: str) -> None:
    dists = [
        dist("requests", manual=True, installer=installer),
        dist("moto", "requests", manual=True, installer=installer),
        dist("flask", "werkzeug", manual=True, installer=installer),
        dist("werkzeug", manual=True, installer=installer),
    ]
    assert only(*dists) == {"moto", "requests"}
    assert only(*dists, wanted={"requests"}) == {"moto"}
    found = development(Graph(dists, LINUX_311), lambda each: each.name == "moto")
    assert not found.known


def test_what_nobody_asked_for_and_nothing_needs_stays() -> None:
    dists = [
        dist("flask", "click", manual=False), dist("click", manual=False),
        dist("pytest", "click", "pluggy", manual=True), dist("pluggy", manual=False),
    ]  # fmt: skip
    found = development(Graph(dists, LINUX_311), lambda each: each.name == "pytest")
    assert names(dists, found.only) == {"pytest", "pluggy"}
    assert names(dists, found.roots) == {"pytest"}
    assert found.known


def test_an_extra_that_may_have_been_asked_for_is_kept() -> None:
    server = dist("uvicorn", "h11", 'httptools; extra == "standard"', 'uvloop; extra == "standard"',
                  'x; extra == "more"', 'y; extra == "more"', manual=True)  # fmt: skip
    others = [dist(name, manual=False) for name in ("h11", "httptools", "uvloop", "x")]
    tool = dist("pytest", "uvloop", "x", manual=True)
    assert only(server, *others, tool) == {"pytest", "x"}  # "more" lacks y


def test_extras_for_development_are_not_supposed() -> None:
    lib = dist("lib", 'click; extra == "test"', 'pytest; extra == "all"', 'click; extra == "all"',
               manual=True)  # fmt: skip
    assert only(lib, dist("click", manual=False), dist("pytest", "click", manual=True)) == {
        "pytest", "click",
    }  # fmt: skip


def test_tools_in_a_cycle_go_together() -> None:
    assert only(
        dist("pytest", "pytest-x", installer="uv"), dist("pytest-x", "pytest", installer="uv"),
        dist("a", "b", installer="uv"), dist("b", "a", installer="uv"),
    ) == {"pytest", "pytest-x"}  # fmt: skip


def test_kept_tools_and_packaging_stay() -> None:
    assert only(
        dist("locust", "gevent", manual=True), dist("gevent", manual=False),
        dist("build", "pip", "setuptools", manual=True), dist("pip", manual=False),
        dist("setuptools", manual=False), kept={"locust"},
    ) == {"build"}  # fmt: skip


def test_without_tools_there_is_nothing() -> None:
    assert only(dist("a", manual=True), dist("b", manual=False)) == set()
    assert only() == set()


def test_names() -> None:
    assert is_surely_development("pytest-cov")
    assert is_surely_development("types-requests")
    assert is_surely_development("pandas-stubs")
    assert is_development_tool("uv")
    assert not is_surely_development("uv")
    assert not is_development_tool("mypy-extensions")
    assert not is_development_tool("flask")
    assert is_for_development("Dev_tools")
    assert not is_for_development("standard")


# ---------------------------------------------------------------------- manifests


def test_a_project_says_what_it_needs() -> None:
    found = Declared()
    assert (
        read_project(
            b"""
        [project]
        dependencies = ["Flask>=3", "requests[socks] ; python_version > '3'"]
        [project.optional-dependencies]
        redis = ["redis"]
        test = ["freezer"]
        [dependency-groups]
        dev = ["snoop", {include-group = "lint"}]
        lint = ["strange-linter"]
        [tool.uv]
        dev-dependencies = ["uv-dev"]
        [tool.pdm.dev-dependencies]
        debug = ["pdm-debug"]
        [tool.poetry.dependencies]
        python = "^3.11"
        Django = "^5"
        [tool.poetry.group.dev.dependencies]
        poetry_dev = "*"
        [tool.poetry.group.web.dependencies]
        gunicorn = "*"
        """,
            found,
        )
        is None
    )
    assert found.runtime == {"flask", "requests", "redis", "django", "gunicorn", "pdm-debug"}
    assert found.development == {"freezer", "snoop", "strange-linter", "uv-dev", "poetry-dev"}


@pytest.mark.parametrize(
    "data",
    [b"[project", b"\xff", b"x = " + b"[" * 100_000, b"a = 1\n" * 300_000],
    ids=lambda data: repr(data[:10]),
)
def test_broken_projects_say_why(data: bytes) -> None:
    assert read_project(data, Declared())


@pytest.mark.parametrize(
    "data",
    [b"", b"project = 1", b"[project]\ndependencies = 'x'", b"[tool]\npoetry = []",
     b"[tool.poetry.group]\ndev = 1", b"[tool.poetry.group.dev]\ndependencies = 7",
     b"[dependency-groups]\ndev = [1, [2]]"],
)  # fmt: skip
def test_odd_projects_say_nothing(data: bytes) -> None:
    found = Declared()
    assert read_project(data, found) is None
    assert not found.runtime | found.development


def test_requirement_files() -> None:
    found = Declared()
    read_requirements(b"# no\nFlask==3\n-r other.txt\n--hash=x\n./local\n  six  # yes\n", found)
    assert found.runtime == {"flask", "six"}
