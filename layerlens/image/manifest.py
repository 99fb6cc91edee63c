"""Manifests, indexes, descriptors and platforms.

OCI image-spec descriptor.md, manifest.md and image-index.md, and Docker's
"image manifest version 2, schema 2", which differs in media types only.
Media types are claims: they choose words and platforms here, while what a
layer really is comes from its first bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layerlens.errors import FormatError, NotAnImageError, UsageError
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import (
    CONFIG_LIMIT,
    INDEX_LIMIT,
    get_ci,
    kind_of,
    parse_object,
    text_map,
    text_or_none,
)
from layerlens.image.model import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"

INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFEST_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
# The last two: engines before 1.10.2, and tools that leave the type out.
CONFIG_TYPES = frozenset({OCI_CONFIG, DOCKER_CONFIG, "application/octet-stream", ""})

_LAYER_BASES = (
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
)
_COMPRESSIONS = {
    "": "none",
    "+gzip": "gzip",
    ".gzip": "gzip",
    "+zstd": "zstd",
    ".zstd": "zstd",
}
_LAYER_TYPES = {
    base + suffix: compression
    for base in _LAYER_BASES
    for suffix, compression in _COMPRESSIONS.items()
}

# What a configuration or layer type says of the whole manifest, by its beginning.
_ARTIFACTS = (
    ("application/vnd.in-toto", "build attestation"),
    ("application/vnd.dev.cosign", "cosign signature"),
    ("application/vnd.dsse.envelope", "cosign attestation"),
    ("application/vnd.dev.sigstore", "sigstore signature"),
    ("application/vnd.cncf.notary", "notation signature"),
    ("application/vnd.cncf.helm", "helm chart"),
    ("application/vnd.wasm", "WebAssembly module"),
    ("application/wasm", "WebAssembly module"),
    ("application/spdx", "SBOM"),
    ("text/spdx", "SBOM"),
    ("application/vnd.cyclonedx", "SBOM"),
    ("application/vnd.syft", "SBOM"),
    ("application/vnd.erofs", "EROFS image"),
    ("application/vnd.oci.image.layer.nydus", "Nydus image"),
    ("application/vnd.sylabs.sif", "Singularity image"),
    ("application/vnd.ollama", "AI model"),
    ("application/vnd.docker.plugin", "Docker Engine plugin"),
    ("application/vnd.docker.compose", "Compose application"),
    ("application/vnd.docker.ai", "AI model"),
    ("application/vnd.cncf.model", "AI model"),
    ("application/vnd.cncf.openpolicyagent", "policy bundle"),
    ("application/vnd.cncf.flux", "Flux source"),
    ("application/vnd.buildkit.cacheconfig", "BuildKit cache"),
    ("application/vnd.unknown.config", "ORAS artifact"),
)

_ATTESTATION = "application/vnd.docker.attestation.manifest.v1+json"
_MAX_SIZE = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to a blob by digest; ``size`` is the stored (maybe compressed) size."""

    media_type: str
    digest: Digest
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    platform: Platform | None = None
    artifact_type: str | None = None
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image, or an artifact that borrows the form: see :func:`artifact_name`."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    subject: Descriptor | None = None
    artifact_type: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """A list of manifests or further indexes."""

    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    media_type: str = OCI_INDEX


def parse_descriptor(value: object, what: str) -> Descriptor:
    """Check one descriptor; ``what`` names it, such as ``"manifest: layers[2]"``.

    Raises ``FormatError`` for a missing or bad digest or size.
    """
    if not isinstance(value, dict):
        raise FormatError(f"{what} is {kind_of(value)}, not a descriptor object")
    try:
        digest = Digest.parse(get_ci(value, "digest"))
    except ValueError as error:
        raise FormatError(f"{what}: {error}") from error
    size = get_ci(value, "size")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= _MAX_SIZE:
        raise FormatError(f"{what}: size is missing or not a count of bytes")
    urls = get_ci(value, "urls")
    return Descriptor(
        media_type=_media_type(value),
        digest=digest,
        size=size,
        annotations=text_map(get_ci(value, "annotations")),
        platform=_platform(get_ci(value, "platform")),
        artifact_type=text_or_none(get_ci(value, "artifactType")),
        urls=tuple(u for u in urls if isinstance(u, str)) if isinstance(urls, list) else (),
    )


def parse_manifest(data: bytes, what: str = "manifest") -> Manifest:
    """Parse an image manifest; raises ``FormatError``, or ``NotAnImageError`` for old forms."""
    found = parse_manifest_or_index(data, what)
    if isinstance(found, Index):
        raise FormatError(f"{what} is an index of several manifests, not one image's")
    return found


def parse_index(data: bytes, what: str = "index") -> Index:
    """Parse an index or manifest list; raises ``FormatError``."""
    found = parse_manifest_or_index(data, what)
    if isinstance(found, Manifest):
        raise FormatError(f"{what} is the manifest of one image, not an index")
    return found


def parse_manifest_or_index(data: bytes, what: str = "manifest") -> Manifest | Index:
    """Parse either, told apart by content and checked against the claimed media type.

    A document that could be read as both is refused (CVE-2021-41190): two
    tools would see two images behind one digest.
    """
    obj = parse_object(data, what, INDEX_LIMIT)
    claimed = _media_type(obj)
    if get_ci(obj, "schemaVersion") == 1 and get_ci(obj, "manifests") is None:
        raise NotAnImageError(
            f"{what} is in Docker's schema 1, which was retired",
            hint="push the image again with a current docker or podman",
        )
    as_index = get_ci(obj, "manifests") is not None
    as_manifest = get_ci(obj, "layers") is not None or get_ci(obj, "config") is not None
    if as_index and as_manifest:
        raise FormatError(f"{what} has both manifests and layers, which is ambiguous")
    if (as_index and claimed in MANIFEST_TYPES) or (as_manifest and claimed in INDEX_TYPES):
        raise FormatError(f"{what} claims to be {claimed}, but its content is not")
    if as_index or claimed in INDEX_TYPES:
        return _index(obj, what, claimed or OCI_INDEX)
    if not as_manifest and get_ci(obj, "blobs") is not None:
        raise NotAnImageError(f"{what} is an OCI artifact's, not a container image's")
    if len(data) > CONFIG_LIMIT:
        raise FormatError(f"{what} has {len(data):,} bytes, more than a manifest may have")
    return _manifest(obj, what, claimed or OCI_MANIFEST)


def layer_compression(media_type: str) -> str | None:
    """``none``, ``gzip`` or ``zstd`` for a known layer type, else ``None``."""
    return _LAYER_TYPES.get(media_type.lower())


def is_foreign(media_type: str) -> bool:
    """Whether the layer may be absent because its licence forbids passing it on."""
    found = media_type.lower()
    return found in _LAYER_TYPES and ("nondistributable" in found or "foreign" in found)


def is_attestation(descriptor: Descriptor) -> bool:
    """Whether the descriptor leads to provenance or an SBOM beside an image, not to an image."""
    kind = descriptor.annotations.get("vnd.docker.reference.type")
    return kind == "attestation-manifest" or descriptor.artifact_type == _ATTESTATION


def artifact_name(manifest: Manifest) -> str | None:
    """What the manifest holds where that is no container image, else ``None``.

    The phrase completes "this is not a container image: ", such as
    ``helm chart (application/vnd.cncf.helm.config.v1+json)``.  Layers count too,
    since signatures carry an ordinary image configuration.
    """
    config = manifest.config.media_type
    kinds = [config, *(layer.media_type for layer in manifest.layers)]
    for media_type in kinds:
        if media_type.endswith("+encrypted"):
            return f"image with encrypted layers ({media_type})"
        name = _lookup(media_type)
        if name is not None:
            return f"{name} ({media_type})"
    if config in CONFIG_TYPES:
        return None
    shown = manifest.artifact_type if config == OCI_EMPTY else config
    shown = shown or next((kind for kind in kinds[1:] if kind), config)
    return f"{_lookup(shown) or 'OCI artifact'} ({shown})"


# --- platforms -----------------------------------------------------------------------------

_PARTS = ("os", "architecture", "variant")
_PART = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ARCHITECTURES = {
    "x86_64": ("amd64", None),
    "x86-64": ("amd64", None),
    "i386": ("386", None),
    "i486": ("386", None),
    "i586": ("386", None),
    "i686": ("386", None),
    "aarch64": ("arm64", None),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv5l": ("arm", "v5"),
    "armv6l": ("arm", "v6"),
    "armv7l": ("arm", "v7"),
    "armv8l": ("arm", "v8"),
    "loongarch64": ("loong64", None),
}
_SYSTEMS = frozenset({"linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "wasi"})
# The variant that goes without saying, by architecture.
_IMPLIED = {"amd64": "v1", "arm64": "v8", "arm": "v7"}
_LOWEST_ARM = 5


def parse_platform(text: str) -> Platform:
    """Read ``os/architecture[/variant]``, or an architecture alone, which means Linux.

    Other names of an architecture are understood (``x86_64``, ``aarch64``).
    Raises ``UsageError`` for anything else.
    """
    parts = text.strip().split("/")
    hint = "write it as os/architecture or os/architecture/variant, such as linux/arm64"
    if len(parts) > len(_PARTS) or not all(_PART.fullmatch(part) for part in parts):
        raise UsageError(f"not a platform: {text!r:.100}", hint=hint)
    parts = [part.lower() for part in parts]
    if len(parts) == 1:
        if parts[0] in _SYSTEMS:
            raise UsageError(f"the platform {text!r:.100} names no architecture", hint=hint)
        parts.insert(0, "linux")
    system = "darwin" if parts[0] == "macos" else parts[0]
    architecture, implied = _ARCHITECTURES.get(parts[1], (parts[1], None))
    return Platform(system, architecture, next(iter(parts[2:]), implied))


def normalise_platform(given: Platform) -> Platform:
    """The one spelling of a platform that can be compared, variant included.

    After containerd's rules: names are lower case, ``aarch64`` is ``arm64``,
    and amd64, arm64 and arm without a variant are v1, v8 and v7.
    """
    system = given.os.lower()
    architecture = given.architecture.lower()
    architecture, implied = _ARCHITECTURES.get(architecture, (architecture, None))
    variant = (given.variant or implied or _IMPLIED.get(architecture) or "").lower()
    if architecture in _IMPLIED:
        variant = variant.removesuffix(".0")
        variant = f"v{variant}" if variant.isdecimal() else variant
    return Platform("darwin" if system == "macos" else system, architecture, variant or None)


def platform_matches(wanted: Platform, have: Platform) -> bool:
    """Whether a machine of ``wanted`` runs images of ``have`` (containerd's rules).

    So amd64/v3 runs amd64 and 386, arm64 runs arm/v7, arm/v7 runs arm/v6.
    """
    return normalise_platform(have) in _runnable(wanted)


def best_platform(wanted: Platform, offered: Sequence[Platform | None]) -> int | None:
    """The index of the platform that suits ``wanted`` best, ``None`` where none does.

    The first of equals wins.  Unknown platforms (``None``) never match: whoever
    has the image's configuration can look there.
    """
    known = [None if item is None else normalise_platform(item) for item in offered]
    for candidate in _runnable(wanted):
        if candidate in known:
            return known.index(candidate)
    return None


def host_platform() -> Platform:
    """The platform whose images this machine runs: always Linux, since desktops run a VM."""
    import platform as host

    return parse_platform(host.machine() or "amd64")


def _runnable(wanted: Platform) -> list[Platform]:
    """All that ``wanted`` runs, best first."""
    first = normalise_platform(wanted)
    runs = [first]
    level = _level(first.variant)
    if first.architecture == "amd64":
        runs += [Platform(first.os, "amd64", f"v{n}") for n in range(level - 1, 0, -1)]
        runs.append(Platform(first.os, "386"))
    elif first.architecture == "arm64":
        runs += [Platform(first.os, "arm64", f"v{n}") for n in range(level - 1, 7, -1)]
        runs += [Platform(first.os, "arm", f"v{n}") for n in range(8, _LOWEST_ARM - 1, -1)]
    elif first.architecture == "arm":
        runs += [Platform(first.os, "arm", f"v{n}") for n in range(level - 1, _LOWEST_ARM - 1, -1)]
    return runs


def _level(variant: str | None) -> int:
    digits = (variant or "")[1:]
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) == 1 else 0


def _platform(value: object) -> Platform | None:
    if not isinstance(value, dict):
        return None
    system = text_or_none(get_ci(value, "os"))
    architecture = text_or_none(get_ci(value, "architecture"))
    if system is None or architecture is None:
        return None
    return Platform(system, architecture, text_or_none(get_ci(value, "variant")))


def _media_type(obj: Mapping[str, Any]) -> str:
    """The type without parameters, in lower case (RFC 6838: case does not count)."""
    found = text_or_none(get_ci(obj, "mediaType")) or ""
    return found.partition(";")[0].strip().lower()


def _index(obj: Mapping[str, Any], what: str, media_type: str) -> Index:
    return Index(
        manifests=_descriptors(get_ci(obj, "manifests"), f"{what}: manifests"),
        annotations=text_map(get_ci(obj, "annotations")),
        media_type=media_type,
    )


def _manifest(obj: Mapping[str, Any], what: str, media_type: str) -> Manifest:
    config = get_ci(obj, "config")
    if config is None:
        raise FormatError(f"{what} has neither a config nor a list of manifests")
    subject = get_ci(obj, "subject")
    return Manifest(
        media_type=media_type,
        config=parse_descriptor(config, f"{what}: config"),
        layers=_descriptors(get_ci(obj, "layers"), f"{what}: layers"),
        annotations=text_map(get_ci(obj, "annotations")),
        subject=None if subject is None else parse_descriptor(subject, f"{what}: subject"),
        artifact_type=text_or_none(get_ci(obj, "artifactType")),
    )


def _descriptors(listed: object, what: str) -> tuple[Descriptor, ...]:
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise FormatError(f"{what} is {kind_of(listed)}, not an array")
    return tuple(parse_descriptor(item, f"{what}[{n}]") for n, item in enumerate(listed))


def _lookup(media_type: str) -> str | None:
    return next((name for prefix, name in _ARTIFACTS if media_type.startswith(prefix)), None)
