"""Every kind of source gives the contents that its builders put in."""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from layerlens.cache.layers import LayerCache
from layerlens.errors import SourceError
from layerlens.pipeline import reopen
from layerlens.retrieval import Cost
from layerlens.sources.image import ReadOptions
from tests.toc_writers import chunked, estargz
from tests.unit.retrieval.fetching import (
    IMAGE,
    LAYERS,
    NOISE,
    expected,
    fetched,
    looking,
    version_of,
)
from tests.unit.sources.fake_engine import Engine
from tests.unit.sources.fake_engine import serving as engine_serving
from tests.unit.sources.looking import zipped
from tests.unit.sources.registry_fake import Registry
from tests.unit.sources.registry_fake import serving as registry_serving
from tests.unit.sources.test_registry_toc import pushed

# The SDK does not close a socket that it could not connect.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket.socket fd=.* family=1,")

FILES: dict[str, tuple[Callable[[Path], Path], Cost]] = {
    "docker archive": (lambda p: IMAGE.save_25(p / "x.tar"), Cost.NONE),
    "old docker archive": (lambda p: IMAGE.save_legacy(p / "x.tar"), Cost.NONE),
    "podman archive": (lambda p: IMAGE.podman_archive(p / "x.tar"), Cost.NONE),
    "gzip layers": (lambda p: IMAGE.oci_archive(p / "x.tar", "gzip"), Cost.LAYER),
    "zstd layers": (lambda p: IMAGE.oci_archive(p / "x.tar", "zstd"), Cost.LAYER),
    "OCI directory": (lambda p: IMAGE.oci_dir(p / "x", "gzip"), Cost.LAYER),
    "plain OCI directory": (lambda p: IMAGE.oci_dir(p / "x", "none"), Cost.NONE),
    "compressed archive": (lambda p: zipped(IMAGE.save_25(p / "x.tar")), Cost.LAYER),
    "compressed old archive": (lambda p: zipped(IMAGE.save_legacy(p / "x.tar")), Cost.LAYER),
    "compressed twice": (lambda p: zipped(IMAGE.oci_archive(p / "x.tar", "zstd")), Cost.LAYER),
}


@pytest.mark.parametrize("shape", FILES)
@pytest.mark.parametrize("anew", [False, True])
def test_files(shape: str, anew: bool, tmp_path: Path) -> None:
    make, cost = FILES[shape]
    path = make(tmp_path)
    with looking(path) as (found, retrieval):
        contents = expected(found)
        assert len(contents) == 12
        if anew:
            retrieval.close()
            retrieval = reopen(str(path), ReadOptions(), found)  # noqa: PLW2901 - the other way
        assert {retrieval.cost(v) for v, data in contents.items() if data} == {cost}
        said = retrieval.announcement(list(contents))
        assert (said is None) is (cost is Cost.NONE)
        assert fetched(retrieval, list(contents)) == contents
        assert {retrieval.cost(v) for v, data in contents.items() if data} == {cost}
        # One by one, and a second time.
        for version in (version_of(found, "d/big"), version_of(found, "gone", 0)):
            assert fetched(retrieval, [version]) == {version: contents[version]}
        retrieval.close()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("anew", [False, True])
def test_a_root_filesystem(packed: bool, anew: bool, tmp_path: Path) -> None:
    path = tmp_path / "flat.tar"
    path.write_bytes(IMAGE.layers[0])
    if packed:
        path = zipped(path)
    with looking(path) as (found, retrieval):
        contents = _lowest(found)
        if anew:
            retrieval.close()
            retrieval = reopen(str(path), ReadOptions(), found)  # noqa: PLW2901 - the other way
        cost = retrieval.cost(version_of(found, "d/big"))
        assert cost is (Cost.LAYER if packed else Cost.NONE)
        assert fetched(retrieval, contents) == contents
        retrieval.close()


def _lowest(found: Any) -> dict[int, bytes]:
    upper = found.filesystem.first[1]
    only = {}
    for version, member in enumerate(LAYERS[0]):
        if found.filesystem.kinds[version] == 0x30 and version < upper and not member.sparse:
            only[version] = member.data
    return only


def test_stdin(tmp_path: Path) -> None:
    data = IMAGE.save_25(tmp_path / "x.tar").read_bytes()
    with looking("-", stdin=io.BytesIO(data)) as (found, retrieval):
        version, empty = version_of(found, "d/big"), version_of(found, "d/empty")
        assert retrieval.cost(version) is Cost.GONE
        said = retrieval.announcement([version, empty])
        assert said is not None
        assert said.startswith("1 file cannot be had again")
        assert fetched(retrieval, [empty]) == {empty: b""}
        with pytest.raises(SourceError, match="passed"):
            fetched(retrieval, [version])
        anew = reopen("-", ReadOptions(stdin=io.BytesIO(data)), found)
        assert anew.cost(version) is Cost.GONE
        with pytest.raises(SourceError, match="passed"):
            fetched(anew, [version])


def test_remembered(tmp_path: Path) -> None:
    """Layers that came from the cache lie where they did, also in an archive that was not read."""
    for path in (
        IMAGE.save_25(tmp_path / "plain.tar"),
        IMAGE.oci_archive(tmp_path / "layers.tar", "gzip"),
        zipped(IMAGE.save_25(tmp_path / "packed.tar")),
    ):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        for _ in range(2):
            cache = LayerCache(str(tmp_path / "cache"))
            with looking(path, cache=cache) as (found, retrieval):
                contents = expected(found)
                assert fetched(retrieval, list(contents)) == contents


class TestEngines:
    @pytest.fixture(autouse=True)
    def _no_settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
        for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker-config"))
        yield
        gc.collect()

    @pytest.fixture
    def engine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
        export = IMAGE.save_legacy(tmp_path / "export.tar").read_bytes()
        with engine_serving(Engine(IMAGE, export)) as found:
            monkeypatch.setenv("DOCKER_HOST", found.host)
            yield found

    @staticmethod
    def exports(engine: Engine) -> int:
        return sum("/get" in path for path in engine.asked)

    @pytest.mark.parametrize(
        "shape", ["save_legacy", "save_25", "containerd_save", "podman_archive"]
    )
    def test_exported_again(self, shape: str, engine: Engine, tmp_path: Path) -> None:
        engine.export = getattr(IMAGE, shape)(tmp_path / "x.tar").read_bytes()
        with looking("docker://demo:1") as (found, retrieval):
            contents = expected(found)
            version = version_of(found, "d/big")
            assert retrieval.cost(version) is Cost.EXPORT
            size = sum(map(len, IMAGE.layers))
            said = f"Docker exports the whole image again ({size / 1e6:.1f} MB)"
            assert retrieval.announcement([version]) == said
            assert self.exports(engine) == 1
            assert fetched(retrieval, [version]) == {version: NOISE}
            assert self.exports(engine) == 2
            assert fetched(retrieval, list(contents)) == contents
        assert any(IMAGE.id in path for path in engine.asked if "/get" in path), "by its id"

    def test_opened_anew_exports_once(self, engine: Engine) -> None:
        with looking("docker://demo:1") as (found, _):
            contents = expected(found)
        before = self.exports(engine)
        with closing(reopen("docker://demo:1", ReadOptions(), found)) as retrieval:
            assert retrieval.cost(version_of(found, "d/big")) is Cost.EXPORT
            same = {inode: contents[inode] for inode in map(found.filesystem.inode, contents)}
            assert fetched(retrieval, list(same)) == same
        assert self.exports(engine) == before + 1

    def test_all_layers_remembered(self, engine: Engine, tmp_path: Path) -> None:
        for exports in (2, 3):
            cache = LayerCache(str(tmp_path / "cache"))
            with looking("docker://demo:1", cache=cache) as (found, retrieval):
                version = version_of(found, "d/small")
                assert fetched(retrieval, [version]) == {version: b"SMALL"}
            assert self.exports(engine) == exports

    def test_left_early(self, engine: Engine) -> None:
        with looking("docker://demo:1") as (found, retrieval):
            for _, pieces in retrieval.fetch([version_of(found, "d/big")]):
                next(pieces)
                break
            assert fetched(retrieval, [version_of(found, "new")])

    def test_the_tag_has_moved(self, engine: Engine) -> None:
        with looking("docker://demo:1") as (found, retrieval):
            other = IMAGE.__class__([IMAGE.layers[0]], tag="demo:1")
            engine.image = other
            with pytest.raises(SourceError, match="another image"):
                fetched(retrieval, [version_of(found, "d/big")])

    def test_the_engine_breaks_off(self, engine: Engine) -> None:
        with looking("docker://demo:1") as (found, retrieval):
            engine.cut = 20_000
            with pytest.raises(SourceError, match="broke"):
                fetched(retrieval, list(expected(found)))


class TestRegistry:
    @pytest.fixture
    def registry(self) -> Iterator[Registry]:
        with registry_serving(Registry()) as found:
            yield found

    @pytest.mark.parametrize("anew", [False, True])
    def test_fetched_again(self, anew: bool, registry: Registry) -> None:
        registry.push(IMAGE)
        name = f"registry://{registry.name}:1"
        with looking(name) as (found, retrieval):
            contents = expected(found)
            if anew:
                retrieval.close()
                retrieval = reopen(name, ReadOptions(), found)  # noqa: PLW2901 - the other way
            version = version_of(found, "new")
            assert retrieval.cost(version) is Cost.FETCH
            said = retrieval.announcement([version])
            assert said is not None
            assert said.startswith("layer 1 is fetched again (700.")
            registry.asked.clear()
            assert fetched(retrieval, [version]) == {version: contents[version]}
            assert len([asked for asked in registry.asked if "/blobs/" in asked.path]) == (
                2 if anew else 1
            ), "the configuration, where it was opened anew, and the one layer"
            assert fetched(retrieval, list(contents)) == contents
            retrieval.close()

    @pytest.mark.parametrize("make", [estargz, chunked])
    @pytest.mark.parametrize("way", ["again", "anew", "no ranges", "not listed"])
    def test_tables_of_contents(self, make: Any, way: str, registry: Registry) -> None:
        """Files come by ranges, or else out of the whole layer."""
        plain = [m for m in LAYERS[0] if not m.sparse]
        blobs = [make(*plain), make(*LAYERS[1])]
        pushed(registry, *blobs)
        name = f"registry://{registry.name}:1"
        with looking(name) as (found, retrieval):
            assert {str(row.origin) for row in found.layers} <= {"estargz-toc", "zstd-chunked-toc"}
            wanted = {
                version_of(found, "d/big"): NOISE,
                version_of(found, "gone", 0): b"deleted above",
                version_of(found, "d/small"): b"SMALL",
                version_of(found, "new"): NOISE[::-1],
            }
            said = retrieval.announcement(list(wanted))
            assert said == "files of 2 layers are fetched (1.4 MB)"
            if way != "again":
                retrieval.close()
                options = ReadOptions(tocs=way != "not listed")
                retrieval = reopen(name, options, found)  # noqa: PLW2901 - the other way
                registry.ranges = way != "no ranges"
            assert fetched(retrieval, list(wanted)) == wanted
            retrieval.close()
