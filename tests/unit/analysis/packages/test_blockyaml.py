"""The YAML of pnpm's lock files."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.analysis.packages.blockyaml import YamlError, parse
from tests.effort import at_most

LOCK = b"""\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      '@scope/a':
        specifier: ^1.0.0
        version: 1.0.0(b@2.0.0)

packages:

  '@scope/a@1.0.0':
    resolution: {integrity: sha512-x==, tarball: https://example.org/a.tgz}
    engines: {node: '>=12'}
    cpu: [x64]
    deprecated: |-
      Do not use: it is old.
      Really.
    hasBin: true
  ? a-very-long-key
  : resolution: {integrity: sha512-y==}
    dev: true
  ? another
  : plain

list:
- 'one'
- two
# a comment
last: "a\\u0041\\n"
"""


def test_reads_what_pnpm_writes() -> None:
    document = parse(LOCK)
    assert document["lockfileVersion"] == "9.0"
    assert document["importers"]["."]["dependencies"]["@scope/a"] == {
        "specifier": "^1.0.0", "version": "1.0.0(b@2.0.0)",
    }  # fmt: skip
    package = document["packages"]["@scope/a@1.0.0"]
    assert package["hasBin"] == "true"
    assert package["cpu"] == "[x64]"
    assert package["deprecated"] == "Do not use: it is old. Really."
    assert document["packages"]["a-very-long-key"]["dev"] == "true"
    assert document["packages"]["another"] == "plain"
    assert document["list"] == ["one", "two"]
    assert document["last"] == "aA\n"


@pytest.mark.parametrize(
    "text",
    [b"- x", b"a", b"  a: 1\n b: 2", b"? x", b"? x\n? y", b"'a: 1", b": x", b"a: 1\n   b: 2",
     b"x" * 100_000, b"a:\n" + b"".join(b" " * i + b"k:\n" for i in range(1, 60))],
)  # fmt: skip
def test_what_is_not_of_the_kind_is_told(text: bytes) -> None:
    with pytest.raises(YamlError):
        parse(text)


def test_nothing_is_an_empty_mapping() -> None:
    assert parse(b"") == parse(b"---\n# nothing\n") == {}


@given(st.text(alphabet="ab:?-'\"{}[]>|# \n\\&*!", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(YamlError):
        parse(text.encode())


@pytest.mark.parametrize(
    "line", ["a" * 60_000, "'" * 60_000, "a" + " " * 60_000 + "b", "? " * 30_000]
)
def test_long_lines_cost_no_time(line: str) -> None:
    with at_most(0.5), pytest.raises(YamlError):
        parse(line.encode())
