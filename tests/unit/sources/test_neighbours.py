"""Another image of the same archive can be the base, exactly."""

from __future__ import annotations

from pathlib import Path

from layerlens.pipeline import analyse_image, open_image
from layerlens.sources.image import ReadOptions
from tests.builders import Image, file, layer, multi


def test_a_strict_prefix_in_the_same_archive_is_the_base(tmp_path: Path) -> None:
    lower, upper = layer(file("base", b"b" * 10)), layer(file("own", b"o"))
    archive = multi(
        tmp_path / "two.tar",
        [Image([lower], tag="debian:12"), Image([lower, upper], tag="app:1")],
    )
    options = ReadOptions(select="app:1")
    image = open_image(str(archive), options)
    try:
        analysis = analyse_image(image, options)
    finally:
        image.close()
    assert (analysis.base.boundary, analysis.base.layers) == ("exact", 1)
    assert analysis.base.name == "debian:12"
    assert [layer.is_base for layer in analysis.layers] == [True, False]
    assert analysis.ledger[0].base_bytes == 10
