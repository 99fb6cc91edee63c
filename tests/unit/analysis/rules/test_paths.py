"""Path rules: groups, hard links, owners, moved caches, volumes, hints of last resort."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pytest

from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    PathRule,
    Severity,
    Topic,
)
from layerlens.analysis.rules.paths import path_check, path_rule_set
from tests.builders import Image, directory, file, hardlink, layer, symlink
from tests.judging import Looked


def rule(*paths: str, name: str = "r", **more: object) -> PathRule:
    return PathRule(
        id=name, title=name, topic=Topic.CONTENT, why="", fix="", paths=paths,
        ledger_class=LedgerClass.OTHER, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def looked(*layers: bytes, base: int = 0, **settings: object) -> Looked:
    return Looked(Image(list(layers), ["COPY . /"] * len(layers), settings=settings), base)


def shown(image: Looked, drafts: Sequence[Draft]) -> list[list[str]]:
    return [[image.context.path(v).decode() for v in draft.versions] for draft in drafts]


def found(image: Looked, *rules: PathRule) -> list[list[str]]:
    return shown(image, image.drafts(path_check(rules)))


def owned(image: Looked, *paths: bytes) -> None:
    """Give some files to a package."""
    versions = [v for path in paths if (v := image.context.files.find(path)) is not None]
    package = Package(
        Listed(ecosystem=Ecosystem.DEB, name="p", version="1"), b"db", 0, array("q", versions), 0
    )
    image.context.inventory = Inventory((package,), dict.fromkeys(versions, 0))


def test_a_draft_for_each_layer() -> None:
    image = looked(layer(file("c/1", b"x")), layer(file("c/2", b"x"), file("d", b"x")))
    drafts = image.drafts(path_check([rule("c/**")]))
    assert [(draft.layer, len(draft.versions)) for draft in drafts] == [(0, 1), (1, 1)]


def test_exceptions_and_minimum() -> None:
    image = looked(layer(file("c/1", b"x" * 9), file("c/lock", b"x" * 9)))
    assert found(image, rule("c/**", except_paths=("c/lock",))) == [["c/1"]]
    assert found(image, rule("c/**", minimum=18)) == [["c/1", "c/lock"]]
    assert found(image, rule("c/**", minimum=19)) == []


def test_empty_files_are_not_told() -> None:
    assert found(looked(layer(file("c/1", b""))), rule("c/**")) == []


def test_hard_links_outside_keep_the_bytes() -> None:
    image = looked(
        layer(
            file("cache/a", b"x" * 50), hardlink("lib/a", "cache/a"), file("cache/b", b"y" * 9),
            file("cache/c", b"z" * 7), hardlink("cache/d", "cache/c"),
        )
    )  # fmt: skip
    (finding,) = image.findings([path_rule_set([rule("cache/**")])])["r"]
    assert finding.bytes == 16
    assert finding.paths == (b"cache/b", b"cache/c", b"cache/d")
    assert "1 more file shares" in finding.evidence[0]
    everything = looked(layer(file("cache/a", b"x" * 50), hardlink("lib/a", "cache/a")))
    assert found(everything, rule("cache/**")) == []
    assert found(everything, rule("cache/**", "lib/**")) == [["cache/a", "lib/a"]]


@pytest.mark.parametrize(
    ("how", "drafts"),
    [
        ("skip", [(["d/mine"], None)]),
        ("flag", [(["d/mine", "d/theirs"], None)]),
        ("info", [(["d/mine"], None), (["d/theirs"], Severity.INFO)]),
    ],
)
def test_owners(how: str, drafts: list[tuple[list[str], Severity | None]]) -> None:
    image = looked(layer(file("d/mine", b"x"), file("d/theirs", b"x")))
    owned(image, b"d/theirs")
    got = image.drafts(path_check([rule("d/**", owned=how)]))
    assert list(zip(shown(image, got), (draft.most for draft in got), strict=True)) == drafts


def test_a_bound_for_the_base() -> None:
    image = looked(layer(file("d/1", b"x")), layer(file("d/2", b"x")), base=1)
    got = image.drafts(path_check([rule("d/**", base_most=Severity.INFO)]))
    assert [draft.most for draft in got] == [Severity.INFO, None]


def test_homes_of_passwd() -> None:
    image = looked(
        layer(
            file("etc/passwd", b"app:x:1:1::/srv/app:/bin/sh\n"), file("srv/app/.npm/a", b"x"),
            directory("home/eve"), file("home/eve/.npm/b", b"x"), file("opt/.npm/c", b"x"),
        )
    )  # fmt: skip
    assert found(image, rule("~/.npm/**")) == [["home/eve/.npm/b", "srv/app/.npm/a"]]


def test_variables_move_directories() -> None:
    image = looked(
        layer(file("pip/http/a", b"x"), file("xdg/uv/b", b"x"), file("pip/c", b"x")),
        Env=["PIP_CACHE_DIR=/pip", "XDG_CACHE_HOME=/xdg/"],
    )
    moved = rule("~/.cache/pip/http/**", moved_by={"PIP_CACHE_DIR": ("{http,wheels}/**",)})
    assert found(image, moved) == [["pip/http/a"]]
    assert found(image, rule("~/.cache/uv/**")) == [["xdg/uv/b"]]


def test_a_shared_directory_is_nobodys_cache() -> None:
    image = looked(
        layer(file("usr/bin/sh", b"x"), file("usr/pkg/mod/a", b"x")), Env=["UV_CACHE_DIR=/usr"]
    )
    moved = {"UV_CACHE_DIR": ("**", "pkg/mod/**")}
    assert found(image, rule("~/.cache/uv/**", moved_by=moved)) == [["usr/pkg/mod/a"]]


def test_a_link_moves_a_directory() -> None:
    image = looked(layer(symlink("etc/apk/cache", "/data/apk"), file("data/apk/x.apk", b"x")))
    assert found(image, rule("no", moved_by={"/etc/apk/cache": ("*.apk",)})) == [["data/apk/x.apk"]]
    assert found(image, rule("no", moved_by={"/etc/apk": ("*.apk",)})) == []


def test_volumes_and_what_engines_write() -> None:
    image = looked(
        layer(file("data/a", b"x"), file("etc/hosts", b"x"), file(".dockerenv", b"x"),
              file("database/b", b"x")),
        Volumes={"/data/": {}, "/": {}},
    )  # fmt: skip
    assert found(image, rule("**")) == [["database/b"]]


def test_last_rules_take_what_is_left() -> None:
    image = looked(layer(file("c/a/1", b"x"), file("c/b/2", b"x")))
    rest = rule("c/**", name="rest", last=True)
    assert found(image, rest, rule("c/a/**")) == [["c/a/1"], ["c/b/2"]]


def test_a_condition_that_fails_costs_its_own_findings() -> None:
    def broken(context: Context, versions: Sequence[int]) -> Sequence[int]:
        raise RuntimeError(f"{len(versions)} files of {context.tags}")

    image = looked(layer(file("c/a", b"x")))
    assert found(image, rule("c/*", name="bad", where=broken), rule("c/**")) == [["c/a"]]
    assert [note.code for note in image.context.notes.all()] == ["rule-failed"]


def test_hints_claim_nothing() -> None:
    image = looked(layer(file("c/a", b"x" * 9)))
    sets = [path_rule_set([rule("c/**", confidence=Confidence.HINT)])]
    (finding,) = image.findings(sets)["r"]
    assert (finding.bytes, finding.claimed) == (9, 0)
