"""Packages of Composer."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.packages.composer import read
from layerlens.analysis.packages.model import Listed
from tests.dictview import DictView

INSTALLED = "app/vendor/composer/installed.json"


def listed(view: DictView) -> dict[str, Listed]:
    return {each.name: each for database in read(view) for each in database.packages}


def package(name: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, **more}


def test_composer_2_names_what_is_for_development() -> None:
    view = DictView(
        {
            INSTALLED: {
                "packages": [
                    package(
                        "a/b", require={"php": ">=8", "c/d": "^1"}, license=["MIT", "Apache-2.0"],
                        bin=["bin/run"], **{"install-path": "../a/b"},
                    ),
                    package("phpunit/phpunit", **{"install-path": "../phpunit/phpunit"}),
                    {"name": "meta/package", "version": "1.0.0", "install-path": None},
                    package("wp/plugin", **{"install-path": "../../web/plugins/plugin"}),
                ],
                "dev": True,
                "dev-package-names": ["PHPUnit/phpunit"],
            }
        }
    )  # fmt: skip
    found = listed(view)
    assert {name: (each.dev, list(each.directories)) for name, each in found.items()} == {
        "a/b": (False, [b"app/vendor/a/b"]),
        "phpunit/phpunit": (True, [b"app/vendor/phpunit/phpunit"]),
        "meta/package": (False, []),
        "wp/plugin": (False, [b"app/web/plugins/plugin"]),
    }
    assert found["a/b"].requires == ("php >=8", "c/d ^1")
    assert found["a/b"].licence == "MIT OR Apache-2.0"
    assert found["a/b"].details["bin"] == "run"


def test_without_development_packages_there_are_none() -> None:
    view = DictView(
        {INSTALLED: {"packages": [package("a/b")], "dev": False, "dev-package-names": ["a/b"]}}
    )
    assert listed(view)["a/b"].dev is False


def test_composer_1_leaves_it_to_the_lock() -> None:
    rows = [package("a/b"), package("t/t"), package("u/u", "2.0.0")]
    view = DictView({INSTALLED: rows})
    assert {each.dev for each in listed(view).values()} == {None}
    lock = {"packages": [package("a/b")], "packages-dev": [package("t/t"), package("u/u"), 7]}
    view = DictView({INSTALLED: rows, "app/composer.lock": lock})
    assert {name: each.dev for name, each in listed(view).items()} == {
        "a/b": False, "t/t": True, "u/u": None,
    }  # fmt: skip
    assert listed(view)["a/b"].directories == (b"app/vendor/a/b",)


@pytest.mark.parametrize(
    "path",
    ["../../../../../..", "/", "..", "../..", ".", "../../../../../../etc/passwd/..", ""],
)
def test_no_package_owns_the_vendor_folder_or_what_is_above_it(path: str) -> None:
    view = DictView({INSTALLED: {"packages": [package("../..", **{"install-path": path})]}})
    for each in listed(view).values():
        for directory in each.directories:
            assert (
                not b"app/vendor/composer".startswith(directory)
                or directory == b"app/vendor/composer"
            )
            assert b".." not in directory.split(b"/")
            assert directory


@pytest.mark.parametrize(
    "content", [b"", b"{", b"7", b"{}", b'{"packages": {}}', b"[" * 200_000, b'{"packages": "x"}']
)
def test_a_broken_database_is_told(content: bytes) -> None:
    view = DictView({INSTALLED: content})
    assert listed(view) == {}
    assert view.problems[0][0] == INSTALLED.encode()


def test_wrong_types_are_passed_over() -> None:
    view = DictView(
        {
            INSTALLED: [
                7, {}, {"name": []}, package("a/b", require=[], license="MIT", bin={}),
                {"name": "c/d", "version": 2, "install-path": ["x"]},
            ],
            "app/composer.lock": "{",
        }
    )  # fmt: skip
    assert sorted(listed(view)) == ["a/b", "c/d"]
    assert [path for path, _ in view.problems] == [b"app/composer.lock"]
