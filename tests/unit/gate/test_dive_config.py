"""``.dive-ci``: what dive takes from it, what it passes over, and what makes it stop."""

from __future__ import annotations

import pytest

from layerlens.gate.dive_config import Written, read_dive_config
from layerlens.gate.plain_yaml import MAX_BYTES, YamlError
from tests.effort import at_most


def limits(text: str) -> dict[str, str]:
    return {rule: each.text for rule, each in read_dive_config(text.encode()).limits.items()}


def test_a_usual_file() -> None:
    config = read_dive_config(
        b"---\nplugins:\n  - plugin1\n\nrules:\n  # a comment\n  lowestEfficiency: 0.95\n\n"
        b"  highestWastedBytes: 20Mb # another\n\n  highestUserWastedPercent: 0.5\n\n"
        b"  plugin1/rule1: error\n"
    )
    assert config.limits == {
        "lowestEfficiency": Written("0.95", 7),
        "highestWastedBytes": Written("20Mb", 9),
        "highestUserWastedPercent": Written("0.5", 11),
    }
    assert config.notes == ()


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~\n", "rules:\n", "rules: {}\n"])
def test_nothing_in_it(text: str) -> None:
    assert limits(text) == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.95", "0.95"), ('"0.95"', "0.95"), ("'20MB'", "20MB"), ("1", "1"), ("1.0", "1"),
        (".5", "0.5"), ("5e-1", "0.5"), ("20e6", "20000000"), ("1_000", "1000"), ("0x10", "16"),
        ("010", "8"), ("0o17", "15"), ("08", "8"), ("0b11", "3"), ("+5", "5"), ("-0.1", "-0.1"),
        (".inf", "+Inf"), (".nan", "NaN"), ("0x1p-2", "0x1p-2"), ("1e400", "1e400"),
        ("99999999999999999999", "100000000000000000000"), ("1:30", "1:30"),
        ("off", "off"), ("no", "no"), ("False", "false"), ("TRUE", "true"), ("''", ""),
        ("disabled", "disabled"), ("[0.9]", "[…]"), ("{a: 1}", "{…}"), ("|\n    0.9", "0.9\n"),
        ("!!str 010", "010"), ("!!float 1", "1"), ("!own 0.9", "0.9"), ("!!own 0.9", "0.9"),
        ("2001-01-01", "2001-01-01"),
    ],
)  # fmt: skip
def test_values_as_go_reads_and_writes_them(value: str, text: str) -> None:
    assert limits(f"rules:\n  highestWastedBytes: {value}\n") == {"highestWastedBytes": text}


@pytest.mark.parametrize("value", ["", "~", "null", "!!null ''"])
def test_an_empty_value_leaves_the_default(value: str) -> None:
    assert limits(f"rules:\n  lowestEfficiency: {value}\n") == {}


def test_case_does_not_matter() -> None:
    assert limits("Rules:\n  LOWESTefficiency: 0.5\n") == {"lowestEfficiency": "0.5"}


def test_a_dotted_name_comes_first() -> None:
    text = "rules:\n  lowestEfficiency: 0.5\nrules.lowestEfficiency: 0.6\n"
    assert limits(text) == {"lowestEfficiency": "0.6"}
    assert limits("rules.lowestEfficiency:\nrules: {lowestEfficiency: 0.5}") == {
        "lowestEfficiency": "0.5"
    }


def test_anchors_and_merges() -> None:
    shared = "all: &all {lowestEfficiency: &e 0.5, highestWastedBytes: 1kB}\n"
    assert limits(f"{shared}rules:\n  <<: *all\n  highestWastedBytes: 2kB\n") == {
        "highestWastedBytes": "2kB",
        "lowestEfficiency": "0.5",
    }
    assert limits(f"{shared}rules: {{highestUserWastedPercent: *e}}") == {
        "highestUserWastedPercent": "0.5"
    }
    assert limits(f"{shared}rules:\n  <<: [{{lowestEfficiency: 0.7}}, *all]\n") == {
        "lowestEfficiency": "0.7",
        "highestWastedBytes": "1kB",
    }


def test_only_the_first_document_counts() -> None:
    assert limits("rules: {lowestEfficiency: 1}\n---\nrules: {lowestEfficiency: 0.5}\n") == {
        "lowestEfficiency": "1"
    }


def test_bytes_may_be_utf_16_or_have_a_mark() -> None:
    text = "rules: {lowestEfficiency: 0.5}"
    for data in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        assert read_dive_config(data).limits == {"lowestEfficiency": Written("0.5", 1)}


class TestNotes:
    @pytest.mark.parametrize(
        ("text", "note"),
        [
            ("rules:\n  lowest-efficiency: 1\n",
             "'lowest-efficiency', which has no effect: is lowestEfficiency meant?"),
            ("rules:\n  highest_wasted_bytes: 1\n", "is highestWastedBytes meant?"),
            ("rules:\n  highestUserWastePercent: 1\n", "is highestUserWastedPercent meant?"),
            ("lowestEfficiency: 1\n", "is lowestEfficiency, below rules, meant?"),
            ("rule:\n  lowestEfficiency: 1\n", "is rules meant?"),
            ("rules:\n  colour: 1\n", "line 2: dive does not know 'colour', which has no effect"),
            ("rules:\n  ? [a]\n  : 1\n", "line 2: dive does not know 'null', which has no effect"),
        ],
    )  # fmt: skip
    def test_what_dive_passes_over_is_told(self, text: str, note: str) -> None:
        config = read_dive_config(text.encode())
        assert config.limits == {}
        assert len(config.notes) == 1
        assert config.notes[0].endswith(note)

    def test_many(self) -> None:
        text = "".join(f"key{k}: 1\n" for k in range(40))
        notes = read_dive_config(text.encode()).notes
        assert len(notes) == 6
        assert notes[-1] == "35 more keys have no effect"


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "line", "what"),
        [
            (b"rules:\n\tlowestEfficiency: 1", 2, "not YAML: found character"),
            (b"rules: [\n", 2, "not YAML"),
            (b"- rules\n", 1, "must be a mapping with rules in it"),
            (b"rules\n", 1, "must be a mapping"),
            (b"\nrules: 5\n", 2, "rules must be a mapping"),
            (b"rules: ''\n", 1, "rules must be a mapping"),
            (b"rules:\n  a: 1\n  a: 2\n", 3, "'a' is there twice, first in line 2"),
            (b"rules: {a: 1, a: 2}", 1, "twice"),
            (b"rules:\n  lowestEfficiency: 1\n  lowestefficiency: 1\n", 3, "leaves to chance"),
            (b"Rules:\nrules:\n", 2, "leaves to chance"),
            (b"rules: {lowestEfficiency: !!int 0.9}", 1, "cannot be read as !!int"),
            (b"rules: {lowestEfficiency: !!binary MQ==}", 1, "cannot be read as !!binary"),
            (b"rules: *all\n", 1, "alias 'all' is not defined"),
            (b"a: &a\n  - *a\n", 2, "alias 'a' holds itself"),
            (b"<<: 5\n", 1, "<< needs a mapping"),
            (b"%YAML 1.2\n---\nrules: {}\n", 1, "another version"),
            (b"\x00", None, "not YAML: unacceptable character"),
            (b"rules: \xff", None, "not YAML"),
            (b'rules: "\\Uffffffff"', None, "beyond all bounds"),
            (b"%YAML " + b"9" * 5000 + b".1\n---\n", None, "beyond all bounds"),
            (b" " * (MAX_BYTES + 1), None, "more than 65,536 bytes"),
        ],
    )
    def test_with_its_line(self, data: bytes, line: int | None, what: str) -> None:
        with pytest.raises(YamlError) as caught:
            read_dive_config(data)
        assert what in caught.value.what
        assert caught.value.line == line
        assert "\n" not in caught.value.what

    @pytest.mark.parametrize(
        ("data", "what"),
        [
            (b"[" * 60_000, "nested more than 40 deep"),
            (b"{" * 60_000, "nested more than 40 deep"),
            (b"- " * 30_000, "nested more than 40 deep"),
            (b"? " * 30_000, "nested more than 40 deep"),
            (
                b"a0: &a0 [1]\n"
                + b"".join(
                    b"a%d: &a%d [%s]\n" % (k, k, b",".join([b"*a%d" % (k - 1)] * 9))
                    for k in range(1, 12)
                ),
                "more than 20,000 values, aliases written out",
            ),
        ],
    )
    def test_what_grows_is_stopped_soon(self, data: bytes, what: str) -> None:
        with at_most(5), pytest.raises(YamlError, match=what):
            read_dive_config(data)

    def test_no_object_is_made_by_a_tag(self) -> None:
        text = (
            b"rules: {lowestEfficiency: !!python/object/apply:os.getcwd [], a: !!python/name:os x}"
        )
        config = read_dive_config(text)
        assert config.limits["lowestEfficiency"].text == "[…]"
