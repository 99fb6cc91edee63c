"""A fleet of an engine's images out of a Compose file: layers that they share are read once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerlens.cli.main import main
from layerlens.layers.reader import LayerRead
from layerlens.sources.image import Image as Opened
from tests.archives import Image, multi
from tests.builders import Member, file, layer
from tests.engine.engine import Engine

pytestmark = pytest.mark.engine

BASE = layer(file("bin/sh", b"s" * 90_000), file("etc/motd", b"m" * 300))
MODEL = file("srv/model", b"m" * 70_000)


def app(name: str, tag: str, *more: Member) -> Image:
    own = layer(file(f"app/{name}", name.encode() * 1_000), *more)
    return Image([BASE, own], ["ADD rootfs.tar /", f"COPY {name} /app"], tag=tag)


@pytest.fixture(scope="module")
def compose(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Compose file of one service with an image, and one that is built."""
    folder = tmp_path_factory.mktemp("compose")
    web = app("web", "layerlens-fleet-web:7", MODEL)
    # What Docker Compose v2 calls the image of a service that is built.
    job = app("job", "layerlens-fleet-job:latest", MODEL)
    engine.docker("load", "--quiet", "--input", multi(folder / "both.tar", [web, job]))
    place = folder / "docker-compose.yml"
    place.write_text(
        "name: layerlens-fleet\nservices:\n"
        "  web: {image: 'layerlens-fleet-web:${TAG:-1}'}\n  job: {build: .}\n"
    )
    (folder / ".env").write_text("TAG=7\n")
    yield place
    engine.docker("image", "rm", "--force", str(web.tag), str(job.tag))


@pytest.mark.parametrize("via", ["store", "export"])
def test_shared_layers_are_read_once(
    engine: Engine,
    compose: Path,
    via: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)
    # What was written just now may still change, so it is not remembered by its place.
    monkeypatch.setattr("layerlens.sources.place.SETTLED", 0)
    loaded: Counter[str] = Counter()
    original = Opened._load

    def load(self: Opened, name: str, index: int, *more: Any) -> LayerRead:
        loaded[str(self.layers[index].diff_id)] += 1
        return original(self, name, index, *more)

    monkeypatch.setattr(Opened, "_load", load)
    code = main(["fleet", "--compose", str(compose), "--via", via, "--no-cache", "--json", "-"])
    out, err = capsys.readouterr()
    assert code == 0, err
    assert "job names no image: its build is looked for as layerlens-fleet-job" in err
    found = json.loads(out)
    assert [each["reference"] for each in found["images"]] == [
        "layerlens-fleet-web:7", "docker://layerlens-fleet-job",
    ]  # fmt: skip
    (base,) = [each for each in found["layers"] if len(each["images"]) == 2]
    assert base["size"] == 90_300
    assert [each["shared_bytes"] for each in found["images"]] == [90_300, 90_300]
    (model,) = found["duplicates"]
    assert (model["size"], model["images"]) == (70_000, [0, 1])
    if via == "store":
        assert loaded[base["id"]] == 1
        assert sorted(loaded.values()) == [1, 1, 1]
