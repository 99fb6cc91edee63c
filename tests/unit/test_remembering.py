"""Findings that were remembered are those that would be found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerlens.analysis.rules import registry
from layerlens.cache.layers import LayerCache
from layerlens.outputs.schema import analysis_document
from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image
from layerlens.sources.image import ReadOptions
from tests.builders import Image, file, gzipped, hardlink, layer, whiteout

IMAGE = Image(
    [
        layer(file("etc/os-release", b'ID=debian\nVERSION_ID="12"\n'), file("var/log/a.log", b"x" * 5000)),
        layer(file("root/.npm/_cacache/a", b"c" * 9000), hardlink("b", "root/.npm/_cacache/a")),
        layer(file("tmp/x", b"t" * 7000), whiteout("var/log/a.log")),
    ],
    ["RUN one", "RUN two", "RUN three"],
    settings={"User": "app", "Env": ["A=1"]},
)  # fmt: skip


def looked(path: Path, cache: Path | None, **how: object) -> str:
    options = looking_inside(ReadOptions(cache=None if cache is None else LayerCache(str(cache))))
    image = open_image(str(path), options)
    try:
        analysis = analyse_image(image, options, rules=Rules(remember=True, **how))  # type: ignore[arg-type]
    finally:
        image.close()
    assert analysis.findings
    return json.dumps(analysis_document(analysis))


@pytest.mark.parametrize("form", ["docker.tar", "docker.tar.gz", "oci.gzip", "oci.none"])
def test_the_second_look_is_the_first(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = IMAGE.save_legacy(tmp_path / "docker.tar")
    path = tmp_path / form
    if form == "docker.tar.gz":
        path.write_bytes(gzipped(plain.read_bytes()))
    elif form.startswith("oci"):
        IMAGE.oci_archive(path, form.partition(".")[2])
    want = looked(path, None)
    assert looked(path, tmp_path / "cache") == want

    def never(_: object) -> registry.RuleSets:
        raise AssertionError("rules were loaded")

    monkeypatch.setattr("layerlens.pipeline.rule_sets", never)
    if form in {"docker.tar.gz", "oci.gzip"}:  # a plain file that was changed just now has no place
        assert looked(path, tmp_path / "cache") == want


def test_other_settings_are_another_look(tmp_path: Path) -> None:
    from layerlens.analysis.rules.settings import RuleSettings

    path = IMAGE.oci_archive(tmp_path / "image", "gzip")
    first = looked(path, tmp_path / "cache")
    off = RuleSettings(enabled={"deleted-later": False})
    second = looked(path, tmp_path / "cache", settings=off)
    assert "deleted-later" in first
    assert '"rule": "deleted-later"' not in second
    assert looked(path, tmp_path / "cache") == first


def test_changed_rules_are_another_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = IMAGE.oci_archive(tmp_path / "image", "gzip")
    looked(path, tmp_path / "cache")
    loaded = []

    def again(settings: object) -> registry.RuleSets:
        loaded.append(settings)
        return registry.rule_sets()

    monkeypatch.setattr("layerlens.pipeline.rule_sets", again)
    looked(path, tmp_path / "cache")
    assert loaded == []
    monkeypatch.setattr("layerlens.pipeline.fingerprint", lambda: "other")
    looked(path, tmp_path / "cache")
    assert len(loaded) == 1


def test_a_fingerprint_is_stable() -> None:
    assert registry.fingerprint() == registry.fingerprint()


def test_what_could_not_be_looked_into_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(gzipped(IMAGE.save_legacy(tmp_path / "image.tar").read_bytes()))
    cache = LayerCache(str(tmp_path / "cache"))
    image = open_image(str(path), ReadOptions(cache=cache))  # its contents pass unseen
    try:
        options = ReadOptions(cache=cache)
        partly = analyse_image(image, options, rules=Rules(remember=True))
    finally:
        image.close()
    assert "contents-missing" in {note.code for note in partly.diagnostics}
    assert looked(path, tmp_path / "cache") == looked(path, None)
