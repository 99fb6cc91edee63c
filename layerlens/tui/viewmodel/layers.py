"""The rows of the layer list, the header's figures and the details of a layer."""

from __future__ import annotations

from dataclasses import dataclass

from layerlens.analysis.model import Analysis, LayerFacts, Tally
from layerlens.tui.viewmodel.text import count, percent, plural, safe_text
from layerlens.tui.viewmodel.text import size as in_words


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer of the list.

    ``share`` and ``waste_share`` are of the largest layer; ``unread`` where its
    contents have not been read (yet), and ``size`` is what is said of it, 0 for nothing.
    """

    index: int
    size: int
    waste: int
    share: float
    waste_share: float
    instruction: str
    is_base: bool
    unread: bool = False


def layer_rows(analysis: Analysis) -> list[LayerRow]:
    """All layers, lowest first."""
    unread = (
        {} if analysis.partial is None else {each.index: each for each in analysis.partial.unread}
    )
    sizes = [
        (unread[layer.index].size or unread[layer.index].compressed_size or 0)
        if layer.index in unread
        else layer.size
        for layer in analysis.layers
    ]
    largest = max(sizes, default=0) or 1
    return [
        LayerRow(
            index=layer.index,
            size=size,
            waste=layer.dead_bytes,
            share=size / largest,
            waste_share=layer.dead_bytes / largest,
            instruction=instruction(layer),
            is_base=layer.is_base,
            unread=layer.index in unread,
        )
        for layer, size in zip(analysis.layers, sizes, strict=True)
    ]


def same_layer(before: Analysis, now: Analysis, index: int) -> int:
    """Where a layer stands in another state of the image; in its place, if it is not there.

    Layers of a stream come in any order before the image says which is theirs.
    """
    if index < len(before.layers) and before.layers[index].diff_id is not None:
        wanted = before.layers[index].diff_id
        same = [k for k, layer in enumerate(now.layers) if layer.diff_id == wanted]
        if same and index not in same:
            return same[0]
    return min(index, max(0, len(now.layers) - 1))


def instruction(layer: LayerFacts) -> str:
    """What made the layer, in one line."""
    text = layer.instruction.text
    return safe_text(" ".join(text.split())) if text.strip() else "(no history)"


def is_unread(analysis: Analysis, index: int) -> bool:
    """Whether a layer's contents have not been read (yet)."""
    partial = analysis.partial
    return partial is not None and any(each.index == index for each in partial.unread)


def where_base_ends(analysis: Analysis) -> str:
    """What is known of the boundary between base and yours."""
    base = analysis.base
    if not base.layers:
        return "no base image known: all layers count as yours"
    name = f"base {safe_text(base.name)}" if base.name else "base image"
    return f"{name}, {plural(base.layers, 'layer')} ({base.boundary})"


@dataclass(frozen=True, slots=True)
class Figures:
    """The header: one text per figure, and how good it is (``good``, ``fair``, ``bad``)."""

    name: str
    facts: str
    total: str
    efficiency: str
    wasted: str
    lean: str
    efficiency_grade: str
    lean_grade: str


def figures(analysis: Analysis) -> Figures:
    """The figures of the whole image."""
    image, scores = analysis.image, analysis.scores
    name = image.tags[0] if image.tags else image.reference
    facts = [str(image.platform)] if image.platform else []
    facts += [_layers_read(analysis), plural(image.file_count, "file"), image.source]
    wasted = in_words(scores.dead_bytes)
    return Figures(
        name=safe_text(name, 300),
        facts=" · ".join(safe_text(fact, 100) for fact in facts),
        total=in_words(scores.total_bytes),
        efficiency=percent(scores.efficiency),
        wasted=wasted,
        lean=percent(scores.lean_score),
        efficiency_grade=_grade(scores.efficiency),
        lean_grade=_grade(scores.lean_score),
    )


def _layers_read(analysis: Analysis) -> str:
    partial = analysis.partial
    if partial is None:
        return plural(len(analysis.layers), "layer")
    if partial.layers is None:
        return f"{plural(partial.read, 'layer')} so far, in unknown order"
    return f"{partial.read} of {plural(partial.layers, 'layer')}"


_GOOD, _FAIR = 0.95, 0.85


def _grade(share: float) -> str:
    return "good" if share >= _GOOD else "fair" if share >= _FAIR else "bad"


def details(analysis: Analysis, index: int) -> list[tuple[str, str]]:
    """What there is to say of one layer, as pairs of a label and a safe text."""
    layer = analysis.layers[index]
    rows = [("instruction", safe_text(layer.instruction.text) or "(no history)")]
    if layer.instruction.args:
        rows.append(("arguments", safe_text(" ".join(layer.instruction.args))))
    if layer.history.group:
        before = "; ".join(each.text for each in layer.history.group)
        rows.append(("before it", safe_text(before)))
    if is_unread(analysis, index):
        rows.append(("content", "has not been read"))
    else:
        rows += _contents(layer)
    rows += [
        ("from", where_base_ends(analysis) if layer.is_base else "you"),
        ("diff_id", str(layer.diff_id or "unknown")),
    ]
    if layer.digest is not None and layer.digest != layer.diff_id:
        rows.append(("digest", str(layer.digest)))
    if layer.history.created:
        rows.append(("created", safe_text(layer.history.created, 100)))
    if layer.history.comment:
        rows.append(("comment", safe_text(layer.history.comment)))
    return rows


def _contents(layer: LayerFacts) -> list[tuple[str, str]]:
    """What a layer changed, weighs and wastes."""
    tallies = ("added", layer.added), ("modified", layer.modified), ("removed", layer.removed)
    changed = [(label, _tally(tally)) for label, tally in tallies if tally.files]
    rows = [*(changed or [("changes", "no files")]), ("size", _sizes(layer))]
    if layer.dead_bytes:
        share = _of(layer.dead_bytes, layer.size)
        rows.append(("waste", f"{in_words(layer.dead_bytes)}{share} of it"))
    if layer.kills_bytes:
        rows.append(("wastes", f"{in_words(layer.kills_bytes)} of this and lower layers"))
    return rows


def _tally(tally: Tally) -> str:
    return f"{plural(tally.files, 'file')}, {in_words(tally.bytes)}"


def _of(part: int, whole: int) -> str:
    return f" ({percent(part / whole)})" if part and whole else ""


def _sizes(layer: LayerFacts) -> str:
    text = f"{in_words(layer.size)} ({count(layer.size)} bytes)"
    if layer.compressed_size is not None:
        text += f", {in_words(layer.compressed_size)} as {safe_text(layer.compression)}"
    return text
