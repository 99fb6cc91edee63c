"""Packages below node_modules, and which are for development only."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.packages import npm_tree
from layerlens.analysis.packages.model import Listed
from layerlens.analysis.packages.npm import read
from layerlens.analysis.packages.npm_locks import folder, name_and_version
from tests.dictview import DictView
from tests.effort import at_most


def listed(view: DictView) -> dict[str, Listed]:
    """Packages by directory."""
    return {
        each.directories[0].decode(): each for database in read(view) for each in database.packages
    }


def flags(view: DictView) -> dict[str, bool | None]:
    return {path: each.dev for path, each in listed(view).items()}


def manifest(name: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, **more}


# ------------------------------------------------------------------------- what a package is


def test_packages_are_folders_of_node_modules_and_nothing_else() -> None:
    view = DictView(
        {
            "app/package.json": manifest("app"),
            "app/node_modules/a/package.json": manifest("a", license="MIT"),
            "app/node_modules/a/dist/esm/package.json": {"type": "module"},
            "app/node_modules/a/node_modules/b/package.json": manifest("b", "2.0.0"),
            "app/node_modules/@s/c/package.json": manifest("@s/c", bin={"c": "x", "d d": "y"}),
            "app/node_modules/@s/c/lib/package.json": {},
            "app/node_modules/.cache/x/package.json": manifest("x"),
            "app/node_modules/.bin/package.json": manifest("y"),
            "usr/local/lib/node_modules/npm/package.json": manifest("npm", "11.0.0", bin="cli.js"),
            "usr/lib/node_modules/package.json": manifest("z"),
            "node_modules/root/package.json": manifest("root"),
        }
    )
    found = listed(view)
    assert sorted(found) == [
        "app/node_modules/@s/c",
        "app/node_modules/a",
        "app/node_modules/a/node_modules/b",
        "node_modules/root",
        "usr/local/lib/node_modules/npm",
    ]
    assert found["app/node_modules/a"].licence == "MIT"
    assert found["app/node_modules/@s/c"].details["bin"] == "c"
    assert found["usr/local/lib/node_modules/npm"].details["bin"] == "npm"
    assert {database.path for database in read(view)} == {
        b"app/node_modules", b"node_modules", b"usr/local/lib/node_modules",
    }  # fmt: skip


def test_a_token_in_a_dependencys_address_is_left_out() -> None:
    address = "git+https://user:ghp_" + "s3cr3tT0ken" * 4 + "@github.com/o/r.git"
    view = DictView(
        {
            "app/package.json": manifest("app"),
            "app/node_modules/a/package.json": manifest(
                "a", dependencies={"r": address, "b": "^1"}
            ),
        }
    )
    (found,) = listed(view).values()
    assert "s3cr3t" not in repr(found)
    assert "b ^1" in found.requires
    assert any(each.startswith("r git+https://") for each in found.requires)


def test_the_database_is_the_file_that_says_who_installed() -> None:
    files: dict[str, object] = {"a/node_modules/x/package.json": manifest("x")}
    for name, manager in (
        ("a/package-lock.json", "npm"),
        ("a/yarn.lock", "yarn"),
        ("a/node_modules/.yarn-state.yml", "yarn"),
        ("a/node_modules/.modules.yaml", "pnpm"),
        ("a/node_modules/.package-lock.json", "npm"),
    ):
        if name == "a/yarn.lock":
            files.pop("a/package-lock.json")
        view = DictView(files := {**files, name: b"{}"})
        (database,) = read(view)
        assert (database.path, database.packages[0].details["manager"]) == (name.encode(), manager)


# ------------------------------------------------------------------------- npm


def hidden(**packages: dict[str, Any]) -> dict[str, Any]:
    return {"lockfileVersion": 3, "packages": packages}


def test_npms_hidden_lock_knows_each_directory() -> None:
    lock: dict[str, dict[str, dict[str, Any]]] = {
        "packages": {
            "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "^2"}},
            "node_modules/a/node_modules/b": {"version": "2.0.0"},
            "node_modules/b": {"version": "1.0.0", "dev": True},
            "node_modules/c": {"version": "1.0.0", "devOptional": True},
            "node_modules/d": {"version": "9.9.9", "dev": True},
            "packages/w/node_modules/e": {"version": "1.0.0", "dev": True},
            "node_modules/w": {"resolved": "packages/w", "link": True},
        }
    }
    view = DictView(
        {
            "app/node_modules/.package-lock.json": lock,
            **{
                f"app/{path}/package.json": manifest(path.rpartition("/")[2], entry["version"])
                for path, entry in lock["packages"].items()
                if "version" in entry and not path.endswith("/d")
            },
            "app/node_modules/d/package.json": manifest("d"),
        }
    )
    assert flags(view) == {
        "app/node_modules/a": False,
        "app/node_modules/a/node_modules/b": False,
        "app/node_modules/b": True,
        "app/node_modules/c": False,
        "app/node_modules/d": None,  # another version is there than the lock says
        "app/packages/w/node_modules/e": True,
    }
    found = listed(view)
    assert found["app/node_modules/a"].requires == ("b ^2",)
    assert found["app/node_modules/b"].details["dev-by"] == "lock"
    assert found["app/node_modules/c"].details["optional"] == "true"


def test_what_a_package_carries_along_is_what_it_is() -> None:
    names = ("tool/test/node_modules/x", "tool/node_modules/y", "kept/node_modules/z", "stray")
    view = DictView(
        {
            "app/node_modules/.package-lock.json": {
                "packages": {
                    "node_modules/tool": {"version": "1.0.0", "dev": True},
                    "node_modules/kept": {"version": "1.0.0"},
                }
            },
            "app/node_modules/tool/package.json": manifest("tool"),
            "app/node_modules/kept/package.json": manifest("kept"),
            "app/node_modules/tool/test/node_modules/nothing/package.json": {"main": "x.js"},
            **{
                f"app/node_modules/{name}/package.json": manifest(name.rpartition("/")[2])
                for name in names
            },
        }
    )
    found = flags(view)
    assert [found[f"app/node_modules/{name}"] for name in names] == [True, True, False, None]
    assert len(found) == 6


def test_the_lock_of_npm_6_nests() -> None:
    view = DictView(
        {
            "package-lock.json": {
                "lockfileVersion": 1,
                "dependencies": {
                    "a": {"version": "1.0.0", "requires": {"b": "1"}, "dependencies": {
                        "b": {"version": "1.0.0", "dev": True}}},
                    "../x": {"version": "1.0.0", "dev": True},
                },
            },
            "node_modules/a/package.json": manifest("a"),
            "node_modules/a/node_modules/b/package.json": manifest("b"),
        }
    )  # fmt: skip
    assert flags(view) == {"node_modules/a": False, "node_modules/a/node_modules/b": True}


def test_fields_that_npm_6_wrote_are_the_last_resort() -> None:
    view = DictView(
        {
            "srv/node_modules/a/package.json": manifest("a", _requiredBy=["#DEV:/"]),
            "srv/node_modules/b/package.json": manifest("b", _requiredBy=["#DEV:/", "/c"]),
            "srv/node_modules/c/package.json": manifest("c", _development=True),
            "srv/node_modules/d/package.json": manifest("d"),
        }
    )
    assert flags(view) == {
        "srv/node_modules/a": True, "srv/node_modules/b": False,
        "srv/node_modules/c": True, "srv/node_modules/d": None,
    }  # fmt: skip
    assert listed(view)["srv/node_modules/a"].details["dev-by"] == "fields"


# ------------------------------------------------------------------------- by the tree itself


def tree(**more: object) -> DictView:
    return DictView(
        {
            "app/package.json": manifest(
                "app", dependencies={"a": "1"}, devDependencies={"t": "1", "a": "1"}
            ),
            "app/node_modules/a/package.json": manifest(
                "a", dependencies={"b": "1"}, peerDependencies={"p": "1", "q": "1"},
                peerDependenciesMeta={"q": {"optional": True}},
            ),
            "app/node_modules/b/package.json": manifest("b", dependencies={"a": "1"}),
            "app/node_modules/p/package.json": manifest("p"),
            "app/node_modules/q/package.json": manifest("q"),
            "app/node_modules/t/package.json": manifest("t", dependencies={"b": "2", "q": "1"}),
            "app/node_modules/t/node_modules/b/package.json": manifest("b", "2.0.0"),
            "app/node_modules/stray/package.json": manifest("stray"),
            **more,
        }
    )  # fmt: skip


TREE = {
    "app/node_modules/a": False, "app/node_modules/b": False, "app/node_modules/p": False,
    "app/node_modules/q": True, "app/node_modules/t": True,
    "app/node_modules/t/node_modules/b": True, "app/node_modules/stray": None,
}  # fmt: skip


def test_yarn_1_notes_whether_it_installed_all() -> None:
    view = tree(**{"app/node_modules/.yarn-integrity": {"flags": []}, "app/yarn.lock": ""})
    assert flags(view) == TREE
    assert listed(view)["app/node_modules/t"].details == {"manager": "yarn", "dev-by": "lock"}
    assert listed(view)["app/node_modules/t"].manual is True
    assert listed(view)["app/node_modules/t/node_modules/b"].manual is False
    production = tree(**{"app/node_modules/.yarn-integrity": {"flags": ["production"]}})
    assert set(flags(production).values()) == {False}


def test_without_lock_data_the_answer_is_likely_only() -> None:
    view = tree(**{"app/bun.lock": "{}"})
    assert flags(view) == TREE
    assert listed(view)["app/node_modules/t"].details == {"manager": "bun", "dev-by": "tree"}


def test_a_workspaces_members_are_projects_too() -> None:
    view = DictView(
        {
            "app/package.json": manifest("root", devDependencies={"t": "1", "u": "1"}),
            "app/packages/w/package.json": manifest("w", dependencies={"t": "1"}),
            "app/node_modules/t/package.json": manifest("t"),
            "app/node_modules/u/package.json": manifest("u"),
        }
    )
    assert flags(view) == {"app/node_modules/t": False, "app/node_modules/u": True}


def test_without_a_project_nothing_is_said() -> None:
    view = DictView({"node_modules/typescript/package.json": manifest("typescript")})
    assert flags(view) == {"node_modules/typescript": None}
    assert "dev-by" not in listed(view)["node_modules/typescript"].details


# ------------------------------------------------------------------------- pnpm

MODULES = "included:\n  dependencies: true\n  devDependencies: {}\nlayoutVersion: 5\n"
LOCK_9 = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: 1.0.0
        version: 1.0.0(p@1.0.0)
      '@s/alias':
        specifier: npm:real@2.0.0
        version: real@2.0.0
    devDependencies:
      t:
        specifier: 1.0.0
        version: 1.0.0

packages:

  a@1.0.0: {}

snapshots:

  a@1.0.0(p@1.0.0):
    dependencies:
      p: 1.0.0

  p@1.0.0: {}

  real@2.0.0: {}

  real@3.0.0: {}

  t@1.0.0:
    dependencies:
      p: 1.0.0
      real: 3.0.0
      a: 1.0.0(p@2.0.0)

  a@1.0.0(p@2.0.0): {}
"""
LOCK_6 = """\
lockfileVersion: '6.0'

dependencies:
  a:
    specifier: 1.0.0
    version: 1.0.0

packages:

  /a@1.0.0:
    resolution: {integrity: x}
    dev: false

  /t@1.0.0(p@1.0.0):
    resolution: {integrity: x}
    dev: true
"""


def pnpm(lock: str, dev: str, *folders: str) -> DictView:
    files: dict[str, object] = {
        "app/node_modules/.modules.yaml": MODULES.replace("{}", dev),
        "app/node_modules/.pnpm/lock.yaml": lock,
    }
    for each in folders:
        name, _, version = each.partition("_")[0].rpartition("@")
        files[f"app/node_modules/.pnpm/{each}/node_modules/{name}/package.json"] = manifest(
            name, version
        )
    return DictView(files)


def test_pnpm_9_closes_over_what_the_importers_need() -> None:
    folders = (
        "a@1.0.0_p@1.0.0",
        "a@1.0.0_p@2.0.0",
        "p@1.0.0",
        "real@2.0.0",
        "real@3.0.0",
        "t@1.0.0",
    )
    found = flags(pnpm(LOCK_9, "true", *folders))
    assert {path.split("/")[3]: dev for path, dev in found.items()} == {
        "a@1.0.0_p@1.0.0": False, "a@1.0.0_p@2.0.0": True, "p@1.0.0": False,
        "real@2.0.0": False, "real@3.0.0": True, "t@1.0.0": True,
    }  # fmt: skip
    assert set(flags(pnpm(LOCK_9, "false", *folders)).values()) == {False}


def test_pnpm_6_has_flags() -> None:
    found = flags(pnpm(LOCK_6, "true", "a@1.0.0", "t@1.0.0_p@1.0.0"))
    assert list(found.values()) == [False, True]


def test_settings_of_pnpm_may_be_json() -> None:
    view = pnpm(LOCK_6, "true", "t@1.0.0_p@1.0.0")
    view.files[b"app/node_modules/.modules.yaml"] = b'{"included": {"devDependencies": false}}'
    assert list(flags(view).values()) == [False]


@pytest.mark.parametrize(
    ("key", "name", "version", "where"),
    [
        ("a@1.0.0", "a", "1.0.0", "a@1.0.0"),
        ("@s/a@1.0.0(b@2.0.0)(c@3.0.0)", "@s/a", "1.0.0", "@s+a@1.0.0_b@2.0.0_c@3.0.0"),
        ("@s/a@1.0.0(@t/b@2.0.0(c@1.0.0))", "@s/a", "1.0.0", "@s+a@1.0.0_@t+b@2.0.0_c@1.0.0_"),
        ("/@s/a@1.0.0", "@s/a", "1.0.0", "@s+a@1.0.0"),
        ("/a/1.0.0_b@2.0.0", "a", "1.0.0", "a@1.0.0_b@2.0.0"),
        ("/@s/a/1.0.0", "@s/a", "1.0.0", "@s+a@1.0.0"),
    ],
)
def test_dependency_paths_of_pnpm(key: str, name: str, version: str, where: str) -> None:
    assert name_and_version(key) == (name, version)
    assert folder(key) == where


# ------------------------------------------------------------------------- hostile

DEEP = b'{"packages": ' + b'{"node_modules/a":' * 100_000


@pytest.mark.parametrize(
    "lock",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", DEEP, b'{"packages": 7}', b'{"packages": []}',
     b'{"dependencies": "x"}', b'{"packages": {"node_modules/a": 1' + b"0" * 5000 + b"}}"],
)  # fmt: skip
def test_a_broken_lock_is_told_and_nothing_is_claimed_by_it(lock: bytes) -> None:
    view = DictView(
        {
            "app/node_modules/.package-lock.json": lock,
            "app/node_modules/a/package.json": manifest("a"),
        }
    )
    assert flags(view) == {"app/node_modules/a": None}
    assert view.problems[0][0] == b"app/node_modules/.package-lock.json"


def test_wrong_types_in_a_lock_are_passed_over() -> None:
    lock = {
        "packages": {
            "node_modules/a": [], "node_modules/b": {"dev": "yes", "dependencies": ["x"]},
            "node_modules/__proto__": {"dev": True, "version": {}}, "": {"dev": True},
            "../../node_modules/c": {"dev": True}, "/node_modules/c": {"dev": True},
            "node_modules/../node_modules/c": {"dev": True}, "node_modules//c": {"dev": True},
            "x/\udfffnode_modules/c": {"dev": True},
        }
    }  # fmt: skip
    names = ("a", "b", "c", "__proto__")
    view = DictView(
        {
            "app/node_modules/.package-lock.json": lock,
            **{f"app/node_modules/{name}/package.json": manifest(name) for name in names},
            "node_modules/c/package.json": manifest("c"),
        }
    )
    assert flags(view) == {
        "app/node_modules/__proto__": True, "app/node_modules/a": None,
        "app/node_modules/b": False, "app/node_modules/c": None, "node_modules/c": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"{" * 200_000, b'{"name": 7, "version": []}']
)
def test_a_broken_manifest_costs_one_package_at_most(content: bytes) -> None:
    view = DictView(
        {"node_modules/a/package.json": content, "node_modules/b/package.json": manifest("b")}
    )
    assert "node_modules/b" in flags(view)


@pytest.mark.parametrize(
    "field",
    ["dependencies", "bin", "license", "licenses", "os", "_requiredBy", "peerDependenciesMeta"],
)
@pytest.mark.parametrize("value", [7, "x", [[]], {"a": {}}, None])
def test_fields_of_any_type(field: str, value: object) -> None:
    view = tree()
    view.files[b"app/node_modules/a/package.json"] = DictView(
        {"x": {**manifest("a"), field: value}}
    ).files[b"x"]
    assert "app/node_modules/a" in flags(view)


@pytest.mark.parametrize(
    "content", ["", "a", "packages: 7", "importers:\n  .: x\nsnapshots:\n  a@1: y", "? \n:\n"]
)
def test_a_broken_lock_of_pnpm(content: str) -> None:
    view = pnpm(LOCK_9, "true", "a@1.0.0")
    view.files[b"app/node_modules/.pnpm/lock.yaml"] = content.encode()
    assert set(flags(view).values()) <= {None, True, False}


def test_many_dependencies_in_deep_folders_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm_tree, "MAX_STEPS", 10_000)
    base = "a/" * 500
    names = {f"n{i}": "1" for i in range(20_000)}
    view = DictView(
        {
            f"{base}package.json": manifest("x", dependencies=names),
            f"{base}node_modules/m/package.json": manifest("m"),
        }
    )
    with at_most(2):
        assert list(flags(view).values()) == [None]
    assert view.problems == [(base.encode() + b"node_modules", "too many dependencies to follow")]


def test_packages_that_need_each_other_end() -> None:
    files: dict[str, object] = {
        f"node_modules/n{i}/package.json": manifest(
            f"n{i}", dependencies={f"n{j}": "1" for j in range(50)}
        )
        for i in range(50)
    }
    files["package.json"] = manifest("x", devDependencies={"n0": "1"})
    assert set(flags(DictView(files)).values()) == {True}
