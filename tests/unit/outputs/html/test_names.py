"""What an image is called in headings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlens.outputs.html.names import name_of, names_of
from tests.unit.outputs import samples

IMAGE = samples.shop().image


@pytest.mark.parametrize(
    ("source", "reference", "tags", "name"),
    [
        ("docker archive", "/a/b.tar", ("app:1", "app:2"), "app:1"),
        ("OCI layout", "oci:/a/b:app:2", ("app:1", "app:2"), "app:2"),
        ("docker archive", "/a/b.tar", (), "/a/b.tar"),
        ("Docker Engine", "app", ("other:1", "app:latest"), "app"),
    ],
)
def test_a_file_is_called_by_its_tag(
    source: str, reference: str, tags: tuple[str, ...], name: str
) -> None:
    assert name_of(replace(IMAGE, source=source, reference=reference, tags=tags)) == name


def test_two_builds_of_a_tag_are_told_apart_by_their_files() -> None:
    old = replace(IMAGE, source="docker archive", reference="old.tar", tags=("app:1",))
    new = replace(old, reference="new.tar")
    assert names_of(old, new) == ("old.tar", "new.tar")
    assert names_of(old, replace(new, tags=("app:2",))) == ("app:1", "app:2")
