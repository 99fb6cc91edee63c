"""Makes the small ready archives of this folder, byte for byte the same each time.

    python sample_images/make_archives.py [DIRECTORY]

They hold the images of ``webshop.py``, in every form that tools write.
"""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sample_images.webshop import BUILT, Image, compact, sha256, stamp, webshop, webshop_lean

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Files = dict[str, "bytes | str"]
"""The members of an archive; a ``str`` is the target of a symbolic link."""


def _archive(files: Files) -> bytes:
    """A tar of files in the order of their names, with the directories that they need."""
    buffer = io.BytesIO()
    written: set[str] = set()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            for end in (i for i, c in enumerate(name) if c == "/"):
                if name[:end] not in written:
                    written.add(name[:end])
                    folder = tarfile.TarInfo(name[:end])
                    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                    folder.mtime = int(BUILT.timestamp())
                    archive.addfile(folder)
            header = tarfile.TarInfo(name)
            header.mtime = int(BUILT.timestamp())
            if isinstance(content, str):
                header.type, header.mode, header.linkname = tarfile.SYMTYPE, 0o777, content
                archive.addfile(header)
            else:
                header.size = len(content)
                archive.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def docker_legacy(images: Sequence[Image]) -> bytes:
    """What ``docker save`` wrote until Docker 24: a directory for each layer.

    A layer that occurs again is a symbolic link to its first occurrence.
    """
    files: Files = {}
    manifest: list[dict[str, Any]] = []
    repositories: dict[str, dict[str, str]] = {}
    first_place: dict[str, str] = {}
    for image in images:
        paths: list[str] = []
        parent = ""
        for layer, diff_id in zip(image.layers, image.config["rootfs"]["diff_ids"], strict=True):
            identity = sha256(f"{parent} {diff_id}".encode())
            about = {"id": identity, "created": stamp(BUILT), "os": "linux"}
            files[f"{identity}/VERSION"] = b"1.0"
            files[f"{identity}/json"] = compact({**about, "parent": parent} if parent else about)
            place = first_place.setdefault(diff_id, identity)
            files[f"{identity}/layer.tar"] = layer if place == identity else f"../{place}/layer.tar"
            paths.append(f"{identity}/layer.tar")
            parent = identity
        files[f"{image.id}.json"] = image.config_bytes
        manifest.append({"Config": f"{image.id}.json", "RepoTags": [image.tag], "Layers": paths})
        name, _, tag = image.tag.partition(":")
        repositories.setdefault(name, {})[tag] = parent
    files["manifest.json"] = compact(manifest)
    files["repositories"] = compact(repositories)
    return _archive(files)


def docker_blobs(images: Sequence[Image]) -> bytes:
    """What ``docker save`` writes since Docker 25: an OCI layout with a manifest.json."""
    files: Files = {"oci-layout": compact({"imageLayoutVersion": "1.0.0"})}
    manifest: list[dict[str, Any]] = []
    index: list[dict[str, Any]] = []
    for image in images:
        media_type = "application/vnd.oci.image.layer.v1.tar"
        layers = [_blob(files, layer, media_type) for layer in image.layers]
        config = _blob(files, image.config_bytes, "application/vnd.oci.image.config.v1+json")
        manifest.append(
            {
                "Config": _blob_path(config),
                "RepoTags": [image.tag],
                "Layers": [_blob_path(layer) for layer in layers],
                "LayerSources": {layer["digest"]: layer for layer in layers},
            }
        )
        annotations = {
            "io.containerd.image.name": f"docker.io/library/{image.tag}",
            "org.opencontainers.image.ref.name": image.tag.partition(":")[2],
        }
        index.append({**_oci_manifest(files, config, layers), "annotations": annotations})
    files["manifest.json"] = compact(manifest)
    files["index.json"] = _oci_index(index)
    return _archive(files)


def oci_archive(image: Image, compress: Callable[[bytes], bytes], suffix: str) -> bytes:
    """An OCI layout as BuildKit's and skopeo's exporters write it, with compressed layers."""
    files: Files = {"oci-layout": compact({"imageLayoutVersion": "1.0.0"})}
    media_type = f"application/vnd.oci.image.layer.v1.tar+{suffix}"
    layers = [_blob(files, compress(layer), media_type) for layer in image.layers]
    config = _blob(files, image.config_bytes, "application/vnd.oci.image.config.v1+json")
    entry = _oci_manifest(files, config, layers)
    entry["annotations"] = {"org.opencontainers.image.ref.name": image.tag}
    files["index.json"] = _oci_index([entry])
    return _archive(files)


def _blob(files: Files, content: bytes, media_type: str) -> dict[str, Any]:
    digest = sha256(content)
    files[f"blobs/sha256/{digest}"] = content
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _blob_path(descriptor: dict[str, Any]) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/")


def _oci_manifest(
    files: Files, config: dict[str, Any], layers: list[dict[str, Any]]
) -> dict[str, Any]:
    media_type = "application/vnd.oci.image.manifest.v1+json"
    body = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}
    return _blob(files, compact(body), media_type)


def _oci_index(entries: list[dict[str, Any]]) -> bytes:
    media_type = "application/vnd.oci.image.index.v1+json"
    return compact({"schemaVersion": 2, "mediaType": media_type, "manifests": entries})


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _zstd(content: bytes) -> bytes:
    """Two frames and a skippable one, as chunked exporters write them."""
    half = len(content) // 2
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
    return zstd.compress(content[:half], 9) + skippable + zstd.compress(content[half:], 9)


def archives() -> dict[str, bytes]:
    """Every ready archive by its file name."""
    shop, lean = webshop(), webshop_lean()
    return {
        "webshop-docker.tar": docker_legacy([shop]),
        "webshop-docker25.tar": docker_blobs([shop]),
        "webshop-oci-gzip.tar": oci_archive(shop, _gzip, "gzip"),
        "webshop-oci-zstd.tar": oci_archive(shop, _zstd, "zstd"),
        "webshop-lean-oci.tar": oci_archive(lean, _gzip, "gzip"),
        "webshop-both.tar.gz": _gzip(docker_blobs([shop, lean])),
    }


def main() -> None:
    """Write them into a directory, this one unless another is named."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    target.mkdir(parents=True, exist_ok=True)
    for name, content in archives().items():
        (target / name).write_bytes(content)
        print(f"{len(content):>10,}  {target / name}")


if __name__ == "__main__":
    main()
