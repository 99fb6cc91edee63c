"""Images of Compose files."""

from __future__ import annotations

import pytest

from layerlens.errors import UsageError
from layerlens.fleet.compose import ComposeImage, compose_images, env_file, interpolate
from tests.effort import at_most


def references(document: str, **environment: str) -> list[str]:
    found = compose_images(document.encode(), environment, "My Shop_2")
    return [image.reference for image in found.images]


def test_services_name_images_or_builds() -> None:
    found = compose_images(
        b"""
        services:
          web: {image: "registry.example/web:1", build: .}
          worker: {image: "registry.example/web:1"}
          api: {build: ./api}
          tool: {build: {context: .}, profiles: [dev]}
        """,
        {},
        "My Shop_2",
    )
    assert found.images == (
        ComposeImage("registry.example/web:1", ("web", "worker"), built=False),
        ComposeImage("myshop_2-api", ("api",), built=True),
        ComposeImage("myshop_2-tool", ("tool",), built=True),
    )
    assert found.notes == ()


@pytest.mark.parametrize(
    ("top", "environment", "expected"),
    [
        ("", {}, "myshop_2-a"),
        ("name: other", {}, "other-a"),
        ("name: ${WHO:-x}", {"WHO": "me"}, "me-a"),
        ("name: other", {"COMPOSE_PROJECT_NAME": "strong"}, "strong-a"),
    ],
)
def test_projects_have_names(top: str, environment: dict[str, str], expected: str) -> None:
    assert references(f"{top}\nservices: {{a: {{build: .}}}}", **environment) == [expected]


@pytest.mark.parametrize(("folder", "expected"), [("__x", "x-a"), ("", "default-a"), ("é", "default-a")])  # fmt: skip
def test_folders_become_names_that_compose_allows(folder: str, expected: str) -> None:
    found = compose_images(b"services: {a: {build: .}}", {}, folder)
    assert found.images[0].reference == expected


def test_what_is_not_followed_is_told() -> None:
    found = compose_images(
        b"include: [other.yml]\nservices: {a: {extends: b}, b: {command: x}, c: {image: c}, d: }",
        {},
    )
    assert [image.reference for image in found.images] == ["c"]
    assert found.notes == (
        "include is not followed: name those images too",
        "services.a is left out: extends is not followed",
        "services.b is left out: no image and no build",
        "services.d is left out: no image and no build",
    )


def test_anchors_and_merges() -> None:
    assert references(
        """
        x-base: &base {image: "base:1", build: .}
        x-more: &more {image: "more:1"}
        services:
          a: {<<: *base}
          b: {<<: [*more, *base]}
          c: {<<: *base, image: "own:1"}
          d: *more
        """
    ) == ["base:1", "more:1", "own:1"]


def test_merges_of_merges_cost_nothing() -> None:
    """Twenty to the thirtieth keys, if they were made."""
    bomb = "a0: &a0 {k: v}\n" + "".join(
        f"a{k}: &a{k} {{<<: [{','.join([f'*a{k - 1}'] * 20)}]}}\n" for k in range(1, 30)
    )
    with at_most(5):
        assert references(f"{bomb}services: {{x: {{<<: *a29, image: y}}}}") == ["y"]


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (b"", "no services"),
        (b"[1, 2]", "no services"),
        (b"services: 3", "no services"),
        (b"services: {a: [", "YAML"),
        (b"services: {a: {image: 3}}", "services.a.image is no text"),
        (b"services: {a: {image: [x]}}", "services.a.image is no text"),
        (b"a: *nowhere", "YAML"),
        (b"\xff\xff\xff", "YAML"),
        (b"[" * 5000, "YAML"),
        (b"a: 1\n---\nb: 2", "YAML"),
    ],
)
def test_what_is_no_compose_file(document: bytes, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        compose_images(document, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$A-x", "1-x"),
        ("${A}", "1"),
        ("$$A $$", "$A $"),
        ("${NONE}", ""),
        ("${EMPTY:-else}", "else"),
        ("${EMPTY-else}", ""),
        ("${NONE-else}", "else"),
        ("${NONE:-${A}${NONE:-2}}", "12"),
        ("${A:+then}", "then"),
        ("${EMPTY:+then}", ""),
        ("${EMPTY+then}", "then"),
        ("${A:?no A}", "1"),
        ("${EMPTY?no}", ""),
        ("${A:-}}", "1}"),
    ],
)
def test_interpolation(text: str, expected: str) -> None:
    assert interpolate(text, {"A": "1", "EMPTY": ""}, "here") == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${A", "not closed"),
        ("$", r"\$ without a name"),
        ("$1", r"\$ without a name"),
        ("${}", "no name"),
        ("${A!x}", "none of Compose"),
        ("${NONE:?say why}", "NONE must be set: say why"),
        ("${EMPTY:?}", "EMPTY must be set"),
        ("${N:-" * 60 + "}" * 60, "too deep"),
    ],
)
def test_interpolation_that_cannot_be(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        interpolate(text, {"A": "1", "EMPTY": ""}, "here")


def test_env_files() -> None:
    assert env_file(
        "\n# remark\nA=1 # more\nexport B = x$A\nC='$A # kept'\nD=\"a\\n$A \\$A\" # gone\nE=\nF: y\n",
        {"A": "strong"},
    ) == {"A": "1", "B": "xstrong", "C": "$A # kept", "D": "a\nstrong $A", "E": "", "F": "y"}


@pytest.mark.parametrize("text", ["1A=x", "no sign", 'A="open'])
def test_env_files_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UsageError, match="line 1"):
        env_file(text, {})


def test_variables_cannot_grow_without_bound() -> None:
    with at_most(15):
        grown = "A0=xxxxxxxxxx\n" + "".join(f"A{k}={f'$A{k - 1}' * 9}\n" for k in range(1, 20))
        with pytest.raises(UsageError, match=r"line 5 of \.env: more than 65,536 characters"):
            env_file(grown, {})
        with pytest.raises(UsageError, match="more than 65,536 characters"):
            interpolate("${B:-" + "$A" * 50_000 + "}", {"A": "x" * 100_000}, "a")
        assert len(env_file("".join(f"A{k}=$A\n" for k in range(20_000)), {})) == 20_000
        services = "services:\n" + "".join(f"  s{k}: {{image: i}}\n" for k in range(4000))
        assert references(services) == ["i"]
        shared = (
            "x: &x [" + "{}, " * 3000 + "]\ny: &y {" + "".join(f"k{k}: 1, " for k in range(3000))
        )
        for name in "xy":
            merging = "".join(f"  s{k}: {{<<: *{name}}}\n" for k in range(2000))
            with pytest.raises(UsageError, match="merges too much"):
                references(f"{shared}}}\nservices:\n{merging}")
