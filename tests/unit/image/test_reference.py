"""What people type for an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.errors import LayerLensError, SourceError, UsageError
from layerlens.image.reference import Reference, Scheme, parse_reference, same_name

if TYPE_CHECKING:
    from collections.abc import Callable


def having(*paths: str) -> Callable[[str], bool]:
    return lambda path: path in paths


@pytest.mark.parametrize(
    ("text", "scheme", "location", "selector"),
    [
        ("docker://nginx:1.27", Scheme.DOCKER, "nginx:1.27", None),
        ("podman://localhost/x", Scheme.PODMAN, "localhost/x", None),
        ("registry://host:5000/a/b:t", Scheme.REGISTRY, "host:5000/a/b:t", None),
        ("registry://[::1]:5000/x", Scheme.REGISTRY, "[::1]:5000/x", None),
        ("docker-archive:a.tar", Scheme.DOCKER_ARCHIVE, "a.tar", None),
        ("docker-archive:a.tar:nginx:1", Scheme.DOCKER_ARCHIVE, "a.tar", "nginx:1"),
        ("docker-archive:a.tar:h:5000/x:t", Scheme.DOCKER_ARCHIVE, "a.tar", "h:5000/x:t"),
        ("docker-archive:a.tar:", Scheme.DOCKER_ARCHIVE, "a.tar", None),
        ("docker-archive:odd:1.tar", Scheme.DOCKER_ARCHIVE, "odd:1.tar", None),
        ("docker-archive:odd:1.tar:tag", Scheme.DOCKER_ARCHIVE, "odd:1.tar", "tag"),
        ("docker-archive://a.tar", Scheme.DOCKER_ARCHIVE, "a.tar", None),
        ("docker-archive:///abs/a.tar", Scheme.DOCKER_ARCHIVE, "/abs/a.tar", None),
        ("docker-tar://a.tar", Scheme.DOCKER_ARCHIVE, "a.tar", None),
        ("oci-archive:a.tar:tag", Scheme.OCI_ARCHIVE, "a.tar", "tag"),
        ("oci-archive://a.tar", Scheme.OCI_ARCHIVE, "a.tar", None),
        ("oci:layout:v1", Scheme.OCI_DIR, "layout", "v1"),
        ("oci:layout", Scheme.OCI_DIR, "layout", None),
        ("-", Scheme.STDIN, "-", None),
        ("a.tar", Scheme.PATH, "a.tar", None),
        ("layout", Scheme.PATH, "layout", None),
        ("odd:1.tar", Scheme.PATH, "odd:1.tar", None),
        ("nginx", Scheme.NAME, "nginx", None),
        ("nginx:1.27", Scheme.NAME, "nginx:1.27", None),
        ("docker:dind", Scheme.NAME, "docker:dind", None),
        ("registry:2", Scheme.NAME, "registry:2", None),
        ("localhost:5000/x/y:T_1", Scheme.NAME, "localhost:5000/x/y:T_1", None),
        ("a__b/c-d.e", Scheme.NAME, "a__b/c-d.e", None),
        ("x@sha256:" + "a" * 64, Scheme.NAME, "x@sha256:" + "a" * 64, None),
        ("sha256:" + "a" * 64, Scheme.NAME, "sha256:" + "a" * 64, None),
        ("0123456789ab", Scheme.NAME, "0123456789ab", None),
    ],
)
def test_forms(text: str, scheme: Scheme, location: str, selector: str | None) -> None:
    exists = having("a.tar", "/abs/a.tar", "odd:1.tar", "odd", "layout")
    if text.startswith("docker-archive:odd"):
        exists = having("odd:1.tar", "odd")
    assert parse_reference(text, exists) == Reference(scheme, location, selector, text)


def test_a_path_with_a_colon_beats_a_shorter_one() -> None:
    both = having("x", "x:y")
    assert parse_reference("oci:x:y", both).selector is None
    assert parse_reference("oci:x:y:z", both).location == "x:y"


@pytest.mark.parametrize(
    "text",
    [
        "/no/such",
        "./no",
        "../no",
        "..",
        "x.tar",
        "x.tar.gz",
        "x.tgz",
        "x.tar.zst",
        "X.TAR",
        "docker-archive:x",
        "oci:x:y",
        "oci-archive://x",
    ],
)
def test_paths_that_are_not_there(text: str) -> None:
    with pytest.raises(SourceError, match="no such file") as caught:
        parse_reference(text, having())
    assert caught.value.where.file is not None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("dockr://nginx", "docker://"),
        ("Podman://nginx", "podman://"),
        ("docker-archiv://x", "docker-archive:"),
        ("https://example.org/x", "registry://"),
        ("containers-storage://x", "podman://"),
    ],
)
def test_unknown_schemes_get_a_suggestion(text: str, meant: str) -> None:
    with pytest.raises(UsageError, match="unknown scheme") as caught:
        parse_reference(text, having())
    hint = caught.value.hint or ""
    assert f"did you mean {meant}?" in hint
    for known in ("docker://", "podman://", "registry://", "docker-archive:", "oci:"):
        assert known in hint


def test_a_wild_scheme_gets_the_list_only() -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference("zzz://x", having())
    assert (caught.value.hint or "").startswith("known are docker://")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "name an image"),
        ("  ", "name an image"),
        ("a\0b", "name an image"),
        ("NGINX", "lower case"),
        ("docker://", "looks like"),
        ("--rm", "looks like"),
        ("two words", "looks like"),
        ("x:", "looks like"),
        ("a/../b", "looks like"),
        ("a?b#c", "looks like"),
        ("x\x1b[31m", "looks like"),
        ("docker-archive:", "docker-archive:PATH"),
    ],
)
def test_malformed_references(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text, having())
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("nginx", "docker.io/library/nginx:latest", True),
        ("nginx", "index.docker.io/library/nginx:latest", True),
        ("docker.io/nginx", "nginx:latest", True),
        ("me/app:1", "docker.io/me/app:1", True),
        ("localhost/x:tag", "x:tag", True),
        ("localhost/x:tag", "docker.io/library/x:tag", False),
        ("localhost:5000/x", "x", False),
        ("ghcr.io/x/y", "x/y", False),
        ("GHCR.io/x/y", "ghcr.io/x/y:latest", True),
        ("nginx:1", "nginx:2", False),
        ("nginx:1", "nginx", False),
        ("h:5000/x", "h:5000/x:latest", True),
        ("x@sha256:aa", "x:1@sha256:aa", True),
        ("x@sha256:aa", "x@sha256:bb", False),
        ("x@sha256:aa", "x", False),
        ("odd tag!", "odd tag!", True),
    ],
)
def test_same_name(a: str, b: str, *, same: bool) -> None:
    assert same_name(a, b) is same
    assert same_name(b, a) is same


@given(st.text(alphabet="ab:/.-@ docker\u00e9\0"), st.integers(0, 30))
def test_any_text_parses_or_raises_our_error(text: str, count: int) -> None:
    try:
        found = parse_reference(text, lambda path: len(path) > count)
    except LayerLensError:
        return
    assert found.text == text
    assert same_name(found.location, found.location)
