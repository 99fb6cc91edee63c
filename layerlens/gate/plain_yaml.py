"""YAML from strangers as plain values, the way dive's own reader has it.

A parser of the library gives events; values are made of these here, so that nothing
is built by a tag, nothing recurses, and neither nesting nor aliases can grow.  Which
plain scalars are numbers, truth values or nothing differs between YAML 1.1, 1.2 and
libraries; this follows go-yaml 3, which dive 0.13.1 uses (``010`` is eight, ``20e6``
is twenty million, ``off`` is a word).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerlens.gate.go_numbers import format_float, parse_float

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

MAX_BYTES = 1 << 16
"""Of a file; the parser is slow, and nobody writes so much."""
MAX_DEPTH = 40
MAX_VALUES = 20_000
"""Values of a document once all aliases are written out."""


class YamlError(ValueError):
    """What cannot be read; ``line`` counts from 1 and is ``None`` where none is known."""

    def __init__(self, what: str, line: int | None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


@dataclass(slots=True, eq=False)
class Node:
    """One value: ``text`` of a scalar as Go writes it, ``None`` where it is nothing.

    Of a mapping, ``pairs`` has its keys as written and its values, those that merge
    keys bring last; ``count`` is how many values it is made of, aliases written out.
    """

    line: int
    kind: str
    text: str | None = None
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    count: int = 1
    merges: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it stands for nothing."""
        return self.kind == "scalar" and self.text is None


def read_yaml(data: bytes) -> Node | None:
    """The first document, ``None`` where there is none.  Raises :class:`YamlError`."""
    import yaml

    if len(data) > MAX_BYTES:
        raise YamlError(f"more than {MAX_BYTES:,} bytes", None)
    try:
        return _document(yaml.parse(data, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        problem = error.problem or error.context or "it cannot be read"
        raise YamlError(f"not YAML: {problem}", line) from error
    except YamlError:
        raise
    except yaml.YAMLError as error:  # bytes that are no text
        raise YamlError(f"not YAML: {str(error).splitlines()[0]}", None) from error
    except (ValueError, OverflowError) as error:  # of an escape, or of %YAML
        raise YamlError("not YAML: a number in it is beyond all bounds", None) from error


class _Open:
    """A list or a mapping that is being read."""

    __slots__ = ("key", "node", "seen", "waiting")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.key: Node | None = None
        self.seen: dict[str | None, Node] = {}
        self.waiting: list[Node] = []  # what merge keys bring


def _document(events: Iterator[Event]) -> Node | None:
    from yaml import events as kinds

    anchors: dict[str, Node] = {}
    unfinished: set[str] = set()
    stack: list[tuple[_Open, str | None]] = []
    for event in events:
        assert event.start_mark is not None  # only events made by hand have none
        line = event.start_mark.line + 1
        if isinstance(event, kinds.StreamStartEvent | kinds.DocumentStartEvent):
            version = getattr(event, "version", None)
            if version not in (None, (1, 1)):
                raise YamlError("%YAML asks for another version than 1.1, which dive refuses", line)
            continue
        if isinstance(event, kinds.StreamEndEvent | kinds.DocumentEndEvent):
            return None
        anchor: str | None = getattr(event, "anchor", None)
        if isinstance(event, kinds.CollectionStartEvent):
            if len(stack) == MAX_DEPTH:
                raise YamlError(f"nested more than {MAX_DEPTH} deep", line)
            kind = "mapping" if isinstance(event, kinds.MappingStartEvent) else "list"
            stack.append((_Open(Node(line, kind)), anchor))
            if anchor is not None:
                anchors.pop(anchor, None)
                unfinished.add(anchor)
            continue
        if isinstance(event, kinds.CollectionEndEvent):
            opened, anchor = stack.pop()
            _close(opened)
            node = opened.node
        elif isinstance(event, kinds.AliasEvent):
            name = str(anchor)
            if name not in anchors:
                what = "holds itself" if name in unfinished else "is not defined"
                raise YamlError(f"alias {name!r:.60} {what}", line)
            node, anchor = anchors[name], None
        else:
            assert isinstance(event, kinds.ScalarEvent)
            node = _scalar(event, line)
        if anchor is not None:
            anchors[anchor] = node
            unfinished.discard(anchor)
        if not stack:
            return node
        _add(stack[-1][0], node, line)
    return None


def _add(opened: _Open, node: Node, line: int) -> None:
    """Put a value into what holds it; keys and their values take turns."""
    holder = opened.node
    holder.count += node.count
    if holder.count > MAX_VALUES:
        raise YamlError(f"more than {MAX_VALUES:,} values, aliases written out", line)
    if holder.kind == "list":
        holder.items.append(node)
    elif opened.key is None:
        if node.kind == "scalar" and not node.merges:
            first = opened.seen.setdefault(node.text, node)
            if first is not node:
                what = f"{node.text!r:.60} is there twice, first in line {first.line}"
                raise YamlError(what, line)
        opened.key = node
    elif opened.key.merges:
        opened.key = None
        opened.waiting.append(node)
    else:
        holder.pairs.append((opened.key, node))
        opened.key = None


def _close(opened: _Open) -> None:
    """Add what merge keys bring, where the mapping does not say it itself."""
    node = opened.node
    known = {key.text for key, _ in node.pairs}
    for brought in opened.waiting:
        for each in brought.items if brought.kind == "list" else [brought]:
            if each.kind != "mapping":
                raise YamlError("<< needs a mapping, or a list of mappings", each.line)
            for key, value in each.pairs:
                if key.text not in known:
                    known.add(key.text)
                    node.pairs.append((key, value))


_TRUTH = {"true": "true", "True": "true", "TRUE": "true",
          "false": "false", "False": "false", "FALSE": "false"}  # fmt: skip
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_ODD_FLOATS = {".nan": "NaN", ".NaN": "NaN", ".NAN": "NaN"} | {
    f"{sign}.{word}": "-Inf" if sign == "-" else "+Inf"
    for sign in ("", "+", "-")
    for word in ("inf", "Inf", "INF")
}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)"
    r"|(?P<d>0|[1-9][0-9]*))"
)
_BASES = {"x": 16, "b": 2, "o": 8, "d": 10}
_YAML = "tag:yaml.org,2002:"
_KINDS = {"int": ("int",), "float": ("float", "int"), "bool": ("bool",), "null": ("null",)}
"""What a plain scalar must be where a tag says what it is."""
_NO_TEXT = frozenset({"binary", "timestamp", "map", "seq", "merge"})
"""Tags that go-yaml knows as well, and that no limit has."""


def _scalar(event: ScalarEvent, line: int) -> Node:
    value, tag = event.value, event.tag
    if tag is None or tag == "!":
        if not event.implicit[0] or event.style is not None:
            return Node(line, "scalar", value)
        if value == "<<":
            return Node(line, "scalar", value, merges=True)
        return Node(line, "scalar", _plain(value)[1])
    name = tag.removeprefix(_YAML)
    if name == tag or name not in (_KINDS.keys() | _NO_TEXT):
        return Node(line, "scalar", value)  # go-yaml takes what it does not know for text
    found, text = _plain(value)
    if found not in _KINDS.get(name, ()):
        raise YamlError(f"{value!r:.60} cannot be read as !!{name:.20}", line)
    return Node(line, "scalar", text)


def _plain(value: str) -> tuple[str, str | None]:
    """What a plain scalar is, and its text once Go has read it and written it again."""
    if value in _NOTHING:
        return "null", None
    if value in _TRUTH:
        return "bool", _TRUTH[value]
    if value in _ODD_FLOATS:
        return "float", _ODD_FLOATS[value]
    if len(value) > 100 or value[0] not in "+-.0123456789":
        return "str", value
    if value[0] == ".":
        try:
            return "float", format_float(parse_float(value))
        except ValueError:
            return "str", value
    bare = value.replace("_", "")
    match = _INTEGER.fullmatch(bare)
    if match is not None:
        number = next(int(match[k], base) for k, base in _BASES.items() if match[k])
        signed = -number if match["sign"] == "-" else number
        if -(2**63) <= signed < (2**63 if match["sign"] else 2**64):
            return "int", str(signed)
    if _FLOAT.fullmatch(bare):
        try:
            return "float", format_float(parse_float(bare))
        except ValueError:
            return "str", value
    return "str", value
