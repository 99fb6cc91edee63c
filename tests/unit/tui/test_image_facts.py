"""The facts of an image: sections, values, the whole of them, hostile texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.tui.viewmodel.imagefacts import Fact, sections
from layerlens.tui.viewmodel.imagelines import Heading, ImageLines, whole_text
from tests.builders import file
from tests.unit.outputs import samples


def facts(analysis: Analysis, title: str) -> dict[str, str]:
    section = next(each for each in sections(analysis) if each.title == title)
    return {" ".join(fact.label.split()): fact.value for fact in section.facts}


def found(analysis: Analysis, title: str, label: str) -> Fact:
    section = next(each for each in sections(analysis) if each.title == title)
    return next(fact for fact in section.facts if label in fact.label)


def line_of(lines: ImageLines, text: str) -> int:
    return next(
        k for k, line in enumerate(lines.lines) if isinstance(line, Fact) and text in line.text
    )


def test_identity() -> None:
    analysis = samples.shop()
    identity = facts(analysis, "Image")
    assert identity["reference"] == "shop.tar"
    assert identity["tags"] == "shop:1.0, registry.example/shop:latest"
    assert identity["id"] == str(analysis.image.id)
    assert identity["digest"] == "unknown"
    assert identity["platform"] == "linux/amd64"
    assert identity["size"] == "788.4 kB (788,400 bytes) in 6 layers, 272.6 kB compressed"
    assert "besides" not in identity
    attested = replace(analysis, image=replace(analysis.image, attestation_bytes=5_000))
    assert (
        facts(attested, "Image")["besides"]
        == "attestations, 5.0 kB (5,000 bytes), in no other figure"
    )


def test_figures_stand_beside_those_of_dive() -> None:
    analysis = samples.shop()
    figures = facts(analysis, "Figures")
    assert figures["efficiency"].split() == ["38.1%", "dive:", "40.2%"]
    assert figures["wasted"].startswith("487.5 kB (487,500 bytes)")
    assert figures["removable"] == "unknown: rules did not run"
    assert figures["dive's list"].endswith("written more than once")
    assert "/app/model.bin" in found(analysis, "Figures", "dive's list").whole
    assert facts(samples.judged(), "Figures")["removable"] == "42.4 MB (42,400,000 bytes)"
    assert "not a number" in facts(samples.empty(), "Figures")["user wasted"]


def test_sizes() -> None:
    sizes = facts(samples.shop(), "Which size?")
    assert sizes["docker 788.4 kB"].startswith("contents of all layers")
    plain = facts(samples.clean(), "Which size?")
    assert "read it from a registry" in plain["transfer ?"]


def test_base() -> None:
    base = facts(samples.shop(), "Base")
    assert base["boundary"].startswith("declared: ")
    assert base["name"] == "debian:12"
    assert base["rests on"] == "the annotation base.name"
    assert base["base"] == "1 layer, 140.1 kB (17.7%), 9.0 kB of it dead"
    assert base["yours"].startswith("5 layers, 648.3 kB")
    assert facts(samples.clean(), "Base")["base"] == "no layers"


def test_configuration() -> None:
    settings = facts(samples.shop(), "Configuration")
    assert settings["user"] == "1000:1000"
    assert settings["entrypoint"] == '["/app/main.py"]'
    assert settings["cmd"] == '["serve", "--port", "8000"]'
    assert settings["exposed ports"] == "443/tcp, 8000/tcp"
    assert settings["volumes"] == "/data"
    assert settings["healthcheck"] == '["CMD", "true"] · interval 30 s · retries 3'
    assert settings["shell"] == "not set"
    assert settings["on build"] == "none"
    assert facts(samples.clean(), "Configuration")["user"] == "not set: root"
    more = samples.build(
        [[file("a", b"x")]],
        settings={"Hostname": "box", "Tty": False, "OnBuild": ["RUN a", "COPY b"], "Env": ["BARE"]},
    )
    assert facts(more, "Configuration")["Hostname"] == '"box"', "settings that we do not know"
    assert "Tty" not in facts(more, "Configuration")
    assert found(more, "Configuration", "on build").whole == "RUN a\nCOPY b"
    assert facts(more, "Environment") == {"BARE": "(no value)"}


def test_environment_labels_annotations() -> None:
    analysis = samples.shop()
    assert facts(analysis, "Environment") == {"PATH": "/usr/bin:/bin", "MODE": "755"}
    assert facts(analysis, "Labels")["org.opencontainers.image.title"] == "shop"
    assert facts(analysis, "Annotations") == {"org.opencontainers.image.base.name": "debian:12"}


def test_history_tells_each_step_and_its_layer() -> None:
    analysis = samples.shop()
    steps = next(each for each in sections(analysis) if each.title == "History").facts
    assert [step.layer for step in steps] == [0, None, 1, 2, 3, 4, 5]
    assert steps[0].label.split() == ["0", "base", "140.1", "kB"]
    assert "no layer" in steps[1].label
    assert steps[2].whole == "RUN apt-get update\n&& apt-get install -y git"
    assert dict(steps[5].more)["arguments"] == "MODE=755"
    assert dict(steps[6].more)["author"] == "Ada"
    assert "#(nop)" in dict(steps[0].more)["recorded"]


def test_layers_without_history() -> None:
    analysis = samples.build([[file("a", b"x")], [file("b", b"y")]], ["RUN only one"])
    steps = next(each for each in sections(analysis) if each.title == "History").facts
    assert [(step.layer, step.value) for step in steps] == [
        (0, "(no history)"),
        (1, "RUN only one"),
    ]
    assert facts(analysis, "Diagnostics")["history"].startswith("history lists 1 layers")


def test_diagnostics_name_layer_and_path() -> None:
    odd = found(samples.hostile(), "Diagnostics", "odd")
    assert odd.layer == 1
    assert odd.path == samples.HOSTILE_NAMES[0] + b"\xff"


# ---------------------------------------------------------------------- lines


def test_folding_and_headings() -> None:
    lines = ImageLines(samples.shop())
    whole = len(lines.lines)
    first = len(sections(samples.shop())[0].facts)
    assert lines.toggle(3) == 0
    assert len(lines.lines) == whole - first
    assert lines.pieces(0, 80)[0][0].startswith("▸")
    lines.toggle(0)
    assert lines.next_heading(0, 1) == first + 1
    assert lines.next_heading(first + 3, -1) == first + 1
    assert lines.next_heading(0, -1) == 0
    lines.fold_all(closed=True)
    assert all(isinstance(line, Heading) for line in lines.lines)
    lines.fold_all(closed=False)
    assert len(lines.lines) == whole


def test_filter_finds_in_all_sections() -> None:
    lines = ImageLines(samples.shop())
    lines.fold_all(closed=True)
    lines.search("DEBIAN:12")
    titles = [line.section.title for line in lines.lines if isinstance(line, Heading)]
    assert titles == ["Base", "Annotations"]
    assert lines.matched == 2
    lines.search("deb?an*")
    assert lines.matched == 2
    lines.search("nowhere to be found")
    assert lines.lines == []


def test_a_place_is_found_again() -> None:
    lines = ImageLines(samples.shop())
    at = line_of(lines, "/usr/bin:/bin")
    line, heading = lines.lines[at], lines.lines[lines.heading_of(at)]
    lines.adopt(samples.shop())
    assert lines.find(line) == at
    assert lines.find(heading) == at - 1
    lines.search("8000")
    assert lines.find(line) == 0


@pytest.mark.parametrize("cells", [10, 40, 200])
def test_hostile_texts_are_escaped(cells: int) -> None:
    lines = ImageLines(samples.hostile())
    for k in range(len(lines.lines)):
        assert "".join(text for text, _ in lines.pieces(k, cells)).isprintable()
        title, headline, pairs = lines.told(k)
        for text in (title, headline, *(each for pair in pairs for each in pair)):
            assert all(line.isprintable() for line in text.split("\n"))
        assert lines.copy(k).isprintable()


def test_long_values_are_cut_in_details_and_whole_when_copied() -> None:
    value = "v" * 300_000
    analysis = samples.build([], settings={"Env": [f"LONG={value}"], "Labels": {"k" * 5_000: "1"}})
    lines = ImageLines(analysis)
    at = line_of(lines, "LONG")
    assert len("".join(text for text, _ in lines.pieces(at, 80))) <= 80
    headline = lines.told(at)[1]
    assert len(headline) < 25_000
    assert headline.endswith("300,000 characters in all")
    assert lines.copy(at) == value
    key = line_of(lines, "kkkk")
    assert len(lines.told(key)[0]) < 100


def test_many_lines_are_cut() -> None:
    shown = whole_text("a\n" * 5_000)
    assert shown.count("\n") <= 401
    assert "in all" in shown
    assert whole_text("a\n\x1b") == "a\n\\x1b"


def test_no_layers() -> None:
    lines = ImageLines(samples.empty())
    assert facts(samples.empty(), "Base")["yours"] == "no layers"
    titles: list[Any] = [line.section.title for line in lines.lines if isinstance(line, Heading)]
    assert "History" in titles
