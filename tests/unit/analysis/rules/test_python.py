"""Development packages, packaging tools and double installations, as findings."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.rules.catalogue.python import RULE_SET
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Severity
from tests.builders import Image, Member, directory, file, hardlink, layer, symlink
from tests.judging import Looked
from tests.python_images import SITE, dist

DPKG = "Package: {}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
VENV = "app/.venv/lib/python3.11/site-packages"


def found(
    *layers: list[Member], base: int = 0, settings: dict[str, Any] | None = None
) -> dict[str, list[Finding]]:
    image = Image(
        [layer(*members) for members in layers],
        [f"RUN step {k}" for k in range(len(layers))],
        settings=settings or {},
    )
    return Looked(image, base).findings([RULE_SET])


def development(*layers: list[Member], **more: Any) -> list[Finding]:
    return found(*layers, **more).get("python-dev-dependencies", [])


def flask_and_black(**more: Any) -> list[Member]:
    return [
        *dist("flask", requires=["click"], requested=True, **more),
        *dist("click", **more),
        *dist("black", requires=["click", "pathspec"], requested=True, scripts=["black"], **more),
        *dist("pathspec", unlisted={"__pycache__/x.cpython-311.pyc": b"not its own"}, **more),
    ]


def size(*names: str) -> int:
    """Bytes of distributions with one module each."""
    return sum(
        len(member.data)
        for member in flask_and_black()
        if b"__pycache__" not in member.name
        and any(f"/{name}" in member.name.decode() for name in names)
    )


def test_development_packages_and_what_only_they_need() -> None:
    (finding,) = development(flask_and_black())
    assert finding.title == "2 development packages (black, pathspec)"
    assert finding.bytes == finding.claimed == size("black", "pathspec")
    assert finding.confidence is Confidence.CERTAIN
    assert "only they need: pathspec" in finding.evidence
    assert all(b"click" not in path and b"flask" not in path for path in finding.paths)


def test_bytecode_that_no_record_lists_goes_too() -> None:
    (finding,) = development(
        dist("flask")
        + dist(
            "black",
            requested=True,
            unlisted={
                "black/__pycache__/__init__.cpython-311.pyc": b"1" * 50,
                "black/__pycache__/__init__.cpython-311.opt-1.pyc": b"2" * 7,
            },
        )
    )
    assert finding.bytes == sum(len(m.data) for m in dist("black", requested=True)) + 57


@pytest.mark.parametrize(
    "settings",
    [
        {"Entrypoint": ["black", "--serve"]},
        {"Cmd": ["/bin/sh", "-c", "exec /usr/local/bin/black ."]},
        {"Cmd": ["python", "-m", "black"]},
        {"Entrypoint": ["/entrypoint.sh"]},
    ],
)
def test_what_the_image_starts_is_kept(settings: dict[str, Any]) -> None:
    script = [file("entrypoint.sh", b"#!/bin/sh\nexec black --check\n")]
    if settings != {"Entrypoint": ["/entrypoint.sh"]}:
        script = []
    assert development(flask_and_black() + script, settings=settings) == []


def test_names_in_every_spelling() -> None:
    (finding,) = development(
        dist("Flask", requested=True, requires=["Some_Lib>=1"])
        + dist("some.LIB")
        + dist("PyTest_Cov", requested=True, requires=["COVERAGE[toml] (>=7)", "some-lib"])
        + dist("Coverage")
    )
    assert finding.title == "2 development packages (pytest-cov, coverage)"


def test_each_layer_has_its_own_finding_and_the_base_its_side() -> None:
    findings = development(
        dist("flask", requested=True) + dist("black", requested=True),
        dist("pytest", requested=True, requires=["pluggy"]) + dist("pluggy"),
        base=1,
    )
    assert {(f.layer, f.is_base, f.title) for f in findings} == {
        (0, True, "1 development package (black)"),
        (1, False, "2 development packages (pytest, pluggy)"),
    }


def test_packages_of_the_distribution_are_not_flagged() -> None:
    site = "usr/lib/python3/dist-packages"
    owned = dist("pytest", site=site, requires=["pluggy"])
    paths = "".join(f"/{member.name.decode()}\n" for member in owned)
    assert (
        development(
            [
                *owned,
                *dist("pluggy", site="usr/local/lib/python3.11/dist-packages"),
                file("var/lib/dpkg/status", DPKG.format("python3-pytest")),
                file("var/lib/dpkg/info/python3-pytest.list", paths),
            ]
        )
        == []
    )


def test_files_that_another_package_lists_too_stay() -> None:
    shared = {"tests/__init__.py": b"3" * 1000}
    (finding,) = development(
        dist("flask", requested=True, files=shared) + dist("nose", requested=True, files=shared)
        + dist("a")
    )  # fmt: skip
    assert finding.bytes < 1000


def test_virtual_environments_are_apart() -> None:
    findings = development(
        [
            file("app/.venv/pyvenv.cfg", b"home = /usr/local/bin\nversion_info = 3.11.7\n"),
            *dist("flask", site=VENV, requested=True),
            *dist("pytest", site=VENV, requested=True, requires=["click"]),
            *dist("click", site=VENV),
            *dist("celery", requires=["click"], requested=True),
            *dist("click"),
        ]
    )
    assert [f.title for f in findings] == ["2 development packages (pytest, click)"]
    assert "environment: /app/.venv" in findings[0].evidence
    shared = [file("app/.venv/pyvenv.cfg", b"include-system-site-packages = true\n")]
    findings = development(
        [*shared, *dist("pytest", site=VENV, requested=True, requires=["click"]),
         *dist("click", site=VENV), *dist("celery", requires=["click"], requested=True)]
    )  # fmt: skip
    assert [f.title for f in findings] == ["1 development package (pytest)"]


def test_what_uv_installs_is_likely_and_manifests_help() -> None:
    members = [
        *dist("requests", requested=True, installer="uv"),
        *dist("moto", requested=True, installer="uv", requires=["requests"]),
    ]
    (finding,) = development(members)
    assert finding.confidence is Confidence.LIKELY
    assert finding.title == "2 development packages (moto, requests)"
    project = file("srv/app/pyproject.toml", b'[project]\ndependencies = ["requests>=2"]\n')
    (finding,) = development([*members, project])
    assert finding.confidence is Confidence.CERTAIN
    assert finding.title == "1 development package (moto)"
    (finding,) = development([*members, file("app/requirements.txt", b"requests==2\nmoto==5\n")])
    assert finding.title == "1 development package (moto)"
    broken = file("srv/app/pyproject.toml", b"[[[")
    image = Looked(Image([layer(*members, broken)]), 0).analysis([RULE_SET])
    assert any(note.code == "package-database" for note in image.diagnostics)


def test_manifests_tell_tools_from_parts() -> None:
    members = dist("selenium", requested=True) + dist("snoop", requested=True) + dist("x")
    (finding,) = development(members)
    assert (finding.title, finding.confidence) == (
        "1 development package (selenium)", Confidence.LIKELY,
    )  # fmt: skip
    project = b'[project]\ndependencies = ["selenium"]\n[dependency-groups]\ndev = ["snoop"]\n'
    (finding,) = development([*members, file("app/pyproject.toml", project)])
    assert finding.title == "1 development package (snoop)"


def test_hard_links_of_a_cache_keep_their_bytes() -> None:
    cached = "root/.cache/uv/archive-v0/x/"
    members = dist("pytest", installer="uv", requested=True)
    links = []
    for member in members:
        name = member.name.decode()
        links += [file(cached + name.removeprefix(SITE + "/"), member.data)]
        links += [hardlink(name, cached + name.removeprefix(SITE + "/"))]
    (finding,) = development([*links, *dist("flask", installer="uv", requested=True)])
    assert (finding.title, finding.bytes) == ("1 development package (pytest)", 0)


def test_uv_alone_is_lent_to_the_steps_that_install() -> None:
    (finding,) = development([*dist("uv"), *dist("flask", requested=True)])
    assert "--mount=from=ghcr.io/astral-sh/uv" in finding.fix


# ---------------------------------------------------------------------- packaging tools


def tools(*layers: list[Member], **more: Any) -> list[Finding]:
    return found(*layers, **more).get("python-packaging-tools", [])


def test_idle_packaging_tools_are_a_trade_off() -> None:
    wheel = file("usr/local/lib/python3.11/ensurepip/_bundled/pip-24-py3-none-any.whl", b"w" * 500)
    (finding,) = tools([*dist("pip"), *dist("setuptools"), *dist("flask"), wheel])
    assert finding.title == "ensurepip's wheels, pip and setuptools"
    assert finding.claimed == 0
    assert finding.bytes > 700
    assert finding.severity <= Severity.LOW


def test_packaging_tools_in_use_are_kept() -> None:
    assert tools(dist("pip", scripts=["pip"]), settings={"Cmd": ["pip", "list"]}) == []
    (finding,) = tools(
        dist("setuptools") + dist("wheel") + dist("pip") + dist("gunicorn", requires=["setuptools"])
    )
    assert finding.title == "pip and wheel"
    needs_more = dist("setuptools", requires=["wheel"]) + dist("wheel")
    assert tools(needs_more + dist("gunicorn", requires=["setuptools"])) == []


# ---------------------------------------------------------------------- installed twice

LOCAL, DEBIAN = "usr/local/lib/python3.11/dist-packages", "usr/lib/python3/dist-packages"


def twice(*members: Member) -> list[Finding]:
    return found(list(members)).get("python-duplicate-distributions", [])


def test_a_hidden_copy() -> None:
    (finding,) = twice(*dist("six", "2", site=LOCAL), *dist("Six", "1", site=DEBIAN))
    assert finding.title == "1 Python package installed twice (six)"
    assert all(path.startswith(b"usr/lib/python3/") for path in finding.paths)
    assert finding.evidence == (f"six 2 in /{LOCAL} hides 1 in /{DEBIAN}",)


def test_beside_the_distributions_own() -> None:
    owned = dist("six", "1", site=DEBIAN)
    paths = "".join(f"/{member.name.decode()}\n" for member in owned)
    (finding,) = twice(
        *dist("six", "2", site=LOCAL), *owned,
        file("var/lib/dpkg/status", DPKG.format("python3-six")),
        file("var/lib/dpkg/info/python3-six.list", paths),
    )  # fmt: skip
    assert (finding.bytes, finding.severity) == (0, Severity.INFO)
    assert "python3-six" in finding.fix


def test_other_interpreters_and_environments_are_no_copies() -> None:
    assert not twice(
        *dist("six", site=SITE), *dist("six", site="usr/local/lib/python3.12/site-packages"),
        *dist("six", site=VENV), *dist("six", site="opt/conda/lib/python3.11/site-packages"),
        *dist("six", site="var/task"),
    )  # fmt: skip


def test_an_image_without_python() -> None:
    assert not found([file("a", b"x"), directory("b"), symlink("c", "a")])
