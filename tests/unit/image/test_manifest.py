"""Manifests, indexes, media types and platforms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.errors import FormatError, LayerLensError, NotAnImageError, UsageError
from layerlens.image import manifest as m
from layerlens.image.digest import Digest
from layerlens.image.model import Platform

HASH = "sha256:" + "a" * 64
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"


def raw(media_type: str = OCI_LAYER, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": HASH, "size": 3, **more}


def image(**more: Any) -> dict[str, Any]:
    return {"schemaVersion": 2, "config": raw(m.OCI_CONFIG), "layers": [raw()], **more}


def parsed(doc: Any) -> m.Manifest | m.Index:
    return m.parse_manifest_or_index(json.dumps(doc).encode())


def manifest_of(config: str, *layers: str, artifact: str | None = None) -> m.Manifest:
    doc = image(config=raw(config), layers=[raw(layer) for layer in layers])
    if artifact:
        doc["artifactType"] = artifact
    return m.parse_manifest(json.dumps(doc).encode())


def test_a_descriptor_with_everything() -> None:
    found = m.parse_descriptor(
        raw(
            annotations={"a": "b", "n": 1},
            platform={"os": "linux", "architecture": "arm", "variant": "v6"},
            artifactType="x/y",
            urls=["https://e.org/l", 3],
        ),
        "x",
    )
    assert found == m.Descriptor(
        OCI_LAYER,
        Digest.parse(HASH),
        3,
        {"a": "b"},
        Platform("linux", "arm", "v6"),
        "x/y",
        ("https://e.org/l",),
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "is null, not a descriptor"),
        ([], "is an array"),
        ({"size": 1}, "not a digest"),
        ({"digest": "sha256:zz", "size": 1}, "not a digest"),
        ({"digest": HASH}, "size is missing"),
        ({"digest": HASH, "size": -1}, "size is missing or not"),
        ({"digest": HASH, "size": 1 << 63}, "size is missing or not"),
        ({"digest": HASH, "size": True}, "size is missing or not"),
        ({"digest": HASH, "size": 1.0}, "size is missing or not"),
    ],
)
def test_broken_descriptors(value: Any, reason: str) -> None:
    with pytest.raises(FormatError, match=rf"manifest: layers\[0\].*{reason}"):
        m.parse_descriptor(value, "manifest: layers[0]")


def test_a_manifest() -> None:
    doc = image(annotations={"k": "v"}, subject=raw(m.OCI_MANIFEST), mediaType=m.OCI_MANIFEST)
    found = m.parse_manifest(json.dumps(doc).encode())
    assert (found.media_type, found.config.media_type) == (m.OCI_MANIFEST, m.OCI_CONFIG)
    assert [layer.size for layer in found.layers] == [3]
    assert found.annotations == {"k": "v"}
    assert found.subject is not None
    assert found.subject.media_type == m.OCI_MANIFEST


def test_keys_in_any_case_and_null_layers() -> None:
    found = parsed({"Config": raw(m.DOCKER_CONFIG), "Layers": None})
    assert isinstance(found, m.Manifest)
    assert found.layers == ()


def test_an_index() -> None:
    found = parsed({"manifests": [raw(m.OCI_MANIFEST)], "annotations": {"a": "b"}})
    assert isinstance(found, m.Index)
    assert (found.media_type, found.annotations) == (m.OCI_INDEX, {"a": "b"})
    assert m.parse_index(json.dumps({"mediaType": m.DOCKER_LIST}).encode()) == m.Index(
        (), {}, m.DOCKER_LIST
    )


def test_the_wrong_one_is_refused() -> None:
    with pytest.raises(FormatError, match="index of several manifests"):
        m.parse_manifest(b'{"manifests": []}')
    with pytest.raises(FormatError, match="manifest of one image"):
        m.parse_index(json.dumps(image()).encode())


@pytest.mark.parametrize(
    ("doc", "reason"),
    [
        ({}, "neither a config nor"),
        (image(manifests=[]), "ambiguous"),
        ({"manifests": [], "mediaType": m.OCI_MANIFEST}, "claims to be"),
        (image(mediaType=m.DOCKER_LIST), "claims to be"),
        ({"manifests": {}}, "manifests is an object"),
        (image(layers="x"), "layers is a string"),
        (image(layers=[raw(), {}]), r"layers\[1\]"),
        (image(config=3), "config is a number"),
    ],
)
def test_broken_documents(doc: Any, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        parsed(doc)


def test_retired_forms_are_named() -> None:
    with pytest.raises(NotAnImageError, match="schema 1") as caught:
        parsed({"schemaVersion": 1, "fsLayers": []})
    assert "push the image again" in (caught.value.hint or "")
    with pytest.raises(NotAnImageError, match="OCI artifact"):
        parsed({"blobs": [], "artifactType": "x"})


@pytest.mark.parametrize(
    ("media_type", "compression", "foreign"),
    [
        (OCI_LAYER, "none", False),
        (OCI_LAYER + "+gzip", "gzip", False),
        (OCI_LAYER + "+zstd", "zstd", False),
        (DOCKER_LAYER, "none", False),
        (DOCKER_LAYER + ".gzip", "gzip", False),
        (DOCKER_LAYER + ".zstd", "zstd", False),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "gzip", True),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip", True),
        (OCI_LAYER + "+encrypted", None, False),
        ("application/vnd.in-toto+json", None, False),
        ("", None, False),
    ],
)
def test_layer_media_types(media_type: str, compression: str | None, *, foreign: bool) -> None:
    assert m.layer_compression(media_type) == compression
    assert m.is_foreign(media_type) is foreign


def test_attestations() -> None:
    plain = m.parse_descriptor(raw(), "x")
    noted = m.parse_descriptor(
        raw(annotations={"vnd.docker.reference.type": "attestation-manifest"}), "x"
    )
    typed = m.parse_descriptor(
        raw(artifactType="application/vnd.docker.attestation.manifest.v1+json"), "x"
    )
    assert [m.is_attestation(d) for d in (plain, noted, typed)] == [False, True, True]


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        (manifest_of(m.OCI_CONFIG, OCI_LAYER), None),
        (manifest_of(m.DOCKER_CONFIG, DOCKER_LAYER + ".gzip"), None),
        (manifest_of(m.OCI_CONFIG, OCI_LAYER, artifact="application/x"), None),
        (manifest_of(m.OCI_CONFIG), None),
        (
            manifest_of(
                "application/vnd.cncf.helm.config.v1+json",
                "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
            ),
            "helm chart (application/vnd.cncf.helm.config.v1+json)",
        ),
        (
            manifest_of("application/vnd.wasm.config.v0+json", "application/wasm"),
            "WebAssembly module (application/vnd.wasm.config.v0+json)",
        ),
        (
            manifest_of(m.OCI_CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json"),
            "cosign signature (application/vnd.dev.cosign.simplesigning.v1+json)",
        ),
        (
            manifest_of(m.OCI_CONFIG, "application/vnd.in-toto+json"),
            "build attestation (application/vnd.in-toto+json)",
        ),
        (
            manifest_of(m.OCI_EMPTY, "text/plain", artifact="application/vnd.me+json"),
            "OCI artifact (application/vnd.me+json)",
        ),
        (manifest_of(m.OCI_EMPTY, "text/plain"), "OCI artifact (text/plain)"),
        (manifest_of(m.OCI_EMPTY), f"OCI artifact ({m.OCI_EMPTY})"),
        (
            manifest_of("application/vnd.unknown.config.v1+json", "text/plain"),
            "ORAS artifact (application/vnd.unknown.config.v1+json)",
        ),
        (
            manifest_of(m.OCI_CONFIG, OCI_LAYER, OCI_LAYER + "+gzip+encrypted"),
            f"image with encrypted layers ({OCI_LAYER}+gzip+encrypted)",
        ),
        (
            manifest_of(m.OCI_CONFIG, "application/vnd.erofs.layer.v1"),
            "EROFS image (application/vnd.erofs.layer.v1)",
        ),
    ],
)
def test_artifacts_are_named(manifest: m.Manifest, name: str | None) -> None:
    assert m.artifact_name(manifest) == name


def plat(text: str) -> Platform:
    return m.parse_platform(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/amd64", Platform("linux", "amd64")),
        ("linux/arm64/v8", Platform("linux", "arm64", "v8")),
        ("Linux/X86_64", Platform("linux", "amd64")),
        ("linux/aarch64", Platform("linux", "arm64")),
        ("linux/armhf", Platform("linux", "arm", "v7")),
        ("s390x", Platform("linux", "s390x")),
        ("macos/arm64", Platform("darwin", "arm64")),
    ],
)
def test_platforms_are_read(text: str, expected: Platform) -> None:
    assert plat(text) == expected


@pytest.mark.parametrize("text", ["", "/", "linux/", "linux", "a/b/c/d", "lin ux/amd64", "x/\x1b"])
def test_malformed_platforms(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        plat(text)
    assert "linux/arm64" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("wanted", "have", "runs"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/amd64/v1", True),
        ("linux/amd64", "linux/amd64/v2", False),
        ("linux/amd64/v3", "linux/amd64/v2", True),
        ("linux/amd64/v3", "linux/amd64", True),
        ("linux/amd64", "linux/386", True),
        ("linux/386", "linux/amd64", False),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm/v7", True),
        ("linux/arm64", "linux/arm64/v9", False),
        ("linux/arm64/v9", "linux/arm64", True),
        ("linux/arm/v7", "linux/arm/v6", True),
        ("linux/arm/v7", "linux/arm", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm/7", "linux/arm/v7", True),
        ("linux/amd64", "windows/amd64", False),
        ("linux/amd64", "linux/arm64", False),
        ("linux/riscv64", "linux/riscv64", True),
    ],
)
def test_what_runs_on_what(wanted: str, have: str, *, runs: bool) -> None:
    assert m.platform_matches(plat(wanted), plat(have)) is runs


def test_the_best_platform_is_chosen_whatever_the_order() -> None:
    offered = [None, plat("linux/386"), plat("linux/amd64"), plat("linux/amd64/v3")]
    assert m.best_platform(plat("linux/amd64"), offered) == 2
    assert m.best_platform(plat("linux/amd64/v3"), offered) == 3
    assert m.best_platform(plat("linux/amd64/v4"), offered) == 3
    assert m.best_platform(plat("linux/arm64"), offered) is None
    assert m.best_platform(plat("linux/386"), [Platform("unknown", "unknown"), *offered]) == 2


def test_the_host_runs_linux_images(monkeypatch: pytest.MonkeyPatch) -> None:
    for machine, expected in {"AMD64": "linux/amd64", "aarch64": "linux/arm64"}.items():
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert str(m.host_platform()) == expected


_KEYS = st.sampled_from(
    ["mediaType", "config", "layers", "manifests", "digest", "size", "platform", "schemaVersion"]
)
_VALUE = st.recursive(
    st.none() | st.integers() | st.text() | st.sampled_from([HASH, m.OCI_INDEX, m.OCI_CONFIG]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner),
)


@given(st.dictionaries(_KEYS, _VALUE))
def test_any_shape_parses_or_raises_our_error(doc: dict[str, Any]) -> None:
    try:
        found = parsed(doc)
    except LayerLensError:
        return
    if isinstance(found, m.Manifest):
        m.artifact_name(found)


@given(st.text())
def test_any_platform_text_parses_or_is_a_usage_error(text: str) -> None:
    try:
        found = m.parse_platform(text)
    except UsageError:
        return
    assert m.platform_matches(found, found)
