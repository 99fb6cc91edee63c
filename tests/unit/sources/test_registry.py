"""Images of a registry, read through real HTTP from a server that can misbehave."""

from __future__ import annotations

import base64
import json
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from layerlens.errors import (
    DigestError,
    FormatError,
    ImageError,
    Interrupted,
    LimitError,
    NotAnImageError,
    SourceError,
)
from layerlens.image.digest import Digest
from layerlens.image.manifest import parse_platform
from layerlens.layers.known import KnownLayers, PassedArchive
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import HashKind
from layerlens.pipeline import analyse_image
from layerlens.progress import Progress, Step, silent
from layerlens.sources.image import ReadOptions, RegistryAccess
from layerlens.sources.registry.manner import Manner
from layerlens.sources.registry.source import list_platforms, open_registry, registry_layers
from tests.archives import Image, gzipped, sha256
from tests.members import file, layer, whiteout
from tests.unit.sources.registry_fake import Answer, Asked, Registry, error, serving

NOISE = os.urandom(900_000)
IMAGE = Image(
    [layer(file("a", NOISE), file("b", b"b")), layer(whiteout("b"), file("c", b"c"))],
    ["RUN step 0", "RUN step 1"],
)
BLOBS = [gzipped(data) for data in IMAGE.layers]
QUICK = Manner(first_wait=0.01, cert_roots=())
WORD = "s3cr3t-word"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving(Registry()) as found:
        found.push(IMAGE)
        yield found


def read(
    registry: Registry,
    tag: str = ":1",
    *,
    progress: Progress = silent,
    manner: Manner = QUICK,
    environment: dict[str, str] | None = None,
    **options: Any,
) -> Analysis:
    access = RegistryAccess(environment=environment or {})
    chosen = ReadOptions(registry=access, **options)
    image = open_registry(f"{registry.name}{tag}", chosen, progress=progress, manner=manner)
    try:
        return analyse_image(image, chosen, progress=progress)
    finally:
        image.close()


def refused(registry: Registry, tag: str = ":1", **options: Any) -> ImageError:
    with pytest.raises(ImageError) as caught:
        read(registry, tag, **options)
    shown = f"{caught.value.what} {caught.value.hint}"
    assert "\n" not in shown
    assert WORD not in shown
    return caught.value


def docker_config(tmp_path: Path, document: dict[str, Any]) -> dict[str, str]:
    (tmp_path / "config.json").write_text(json.dumps(document))
    return {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}


def logged_in(registry: Registry, tmp_path: Path) -> dict[str, str]:
    pair = base64.b64encode(f"me:{WORD}".encode()).decode()
    return docker_config(tmp_path, {"auths": {registry.host: {"auth": pair}}})


def helper(tmp_path: Path, name: str, script: str) -> None:
    path = tmp_path / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class TestWhole:
    def test_it_is_read_and_described(self, registry: Registry) -> None:
        found = read(registry)
        assert found.scores.total_bytes == len(NOISE) + 2
        assert found.scores.dead_bytes == 1
        assert found.image.source == f"registry {registry.host}"
        assert found.image.tags == (f"{registry.name}:1",)
        assert [row.compressed_size for row in found.layers] == [len(blob) for blob in BLOBS]

    def test_every_request_is_one_that_is_needed(self, registry: Registry) -> None:
        read(registry)
        assert len(registry.paths()) == 4  # manifest, configuration, two layers

    def test_a_digest_is_asked_for_by_itself(self, registry: Registry) -> None:
        digest = f"sha256:{sha256(registry.manifests['1'][1])}"
        assert str(read(registry, f"@{digest}").image.digest) == digest

    def test_the_progress_counts_the_stored_bytes(self, registry: Registry) -> None:
        steps: list[Step] = []
        read(registry, progress=steps.append)
        assert steps[0].stage == f"asking the registry {registry.host}"
        reading = [step for step in steps if step.stage == "reading layers"]
        assert reading[-1].done == reading[-1].total == sum(map(len, BLOBS))

    def test_the_layers_of_a_base_need_no_download(self, registry: Registry) -> None:
        found = registry_layers(f"{registry.name}:1", ReadOptions(), manner=QUICK)
        assert [str(d) for d in found] == [f"sha256:{sha256(data)}" for data in IMAGE.layers]
        assert len(registry.paths("/blobs/")) == 1


class Memory(KnownLayers):
    """A layer cache without a disk."""

    def __init__(self) -> None:
        self.layers: dict[Digest | None, LayerRead] = {}
        self.documents: dict[Digest, bytes] = {}

    def by_diff_id(self, diff_id: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        return None

    def by_blob(self, digest: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        return self.layers.get(digest)

    def by_toc(self, digest: Digest) -> LayerRead | None:
        return None

    def by_place(self, place: str) -> LayerRead | None:
        return None

    def keep(self, read: LayerRead, *, toc: Digest | None = None, place: str | None = None) -> None:
        self.layers[read.digest] = read

    @property
    def problems(self) -> list[str]:
        return []

    def archive(self, place: str) -> None:
        return None

    def keep_archive(self, place: str, archive: PassedArchive) -> None:
        pass

    def document(self, digest: Digest) -> bytes | None:
        return self.documents.get(digest)

    def keep_document(self, data: bytes) -> None:
        self.documents[Digest.of(data)] = data


class TestCache:
    def test_the_second_look_asks_for_the_tag_only(self, registry: Registry) -> None:
        memory = Memory()
        first = read(registry, cache=memory)
        registry.asked.clear()
        assert read(registry, cache=memory).scores == first.scores
        assert [path.rpartition("/")[2] for path in registry.paths()] == ["1"]

    def test_an_unchanged_layer_is_not_fetched(self, registry: Registry) -> None:
        memory = Memory()
        read(registry, cache=memory)
        registry.push(Image([IMAGE.layers[0], layer(file("new", b"new"))]), "2")
        registry.asked.clear()
        read(registry, ":2", cache=memory)
        assert not registry.paths(sha256(BLOBS[0]))


class TestPlatforms:
    @pytest.fixture
    def index(self, registry: Registry) -> Registry:
        arm = Image(IMAGE.layers[:1], platform="linux/arm64")
        ours = registry.child(registry.push(IMAGE, "amd"), "linux/amd64")
        theirs = registry.child(registry.push(arm, "arm"), "linux/arm64")
        statement = {
            "predicate": {"materials": [{"uri": "pkg:docker/debian@bookworm"}]},
        }
        config = registry.put(b"{}", "application/vnd.oci.image.config.v1+json")
        layer_ = registry.put(json.dumps(statement).encode(), "application/vnd.in-toto+json")
        manifest = {"schemaVersion": 2, "config": config, "layers": [layer_]}
        attested = registry.put_manifest(manifest, None, ours["mediaType"])
        beside = registry.child(
            attested,
            "unknown/unknown",
            annotations={
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": ours["digest"],
            },
        )
        nested = registry.put_index([theirs], None)
        registry.put_index([ours, beside, registry.child(nested)])
        return registry

    def test_one_is_chosen_and_the_others_are_not_fetched(self, index: Registry) -> None:
        found = read(index, platform=parse_platform("linux/amd64"))
        arm = sha256(index.manifests["arm"][1])
        assert len(found.layers) == 2
        assert not index.paths(arm)

    def test_one_of_a_nested_index_is_found(self, index: Registry) -> None:
        assert len(read(index, platform=parse_platform("linux/arm64")).layers) == 1

    def test_an_absent_one_is_said_to_be_so_with_the_others(self, index: Registry) -> None:
        caught = refused(index, platform=parse_platform("linux/s390x"))
        assert caught.what == "no image for linux/s390x; there is linux/amd64, linux/arm64"

    def test_one_that_is_listed_only(self, index: Registry) -> None:
        del index.manifests[f"sha256:{sha256(index.manifests['arm'][1])}"]
        caught = refused(index, platform=parse_platform("linux/arm64"))
        assert "linux/arm64 is listed, but cannot be had" in caught.what

    def test_the_attestation_is_beside_the_figures(self, index: Registry) -> None:
        options = ReadOptions(platform=parse_platform("linux/amd64"))
        image = open_registry(f"{index.name}:1", options, manner=QUICK)
        image.close()
        assert image.provenance == "debian:bookworm"
        assert image.attestation_bytes > 100

    def test_all_are_listed_without_a_layer(self, index: Registry) -> None:
        found = list_platforms(f"{index.name}:1", ReadOptions(), manner=QUICK)
        assert [str(entry.platform) for entry in found] == ["linux/amd64", "linux/arm64"]
        assert [len(entry.layers) for entry in found] == [2, 1]
        assert found[0].transfer_bytes == sum(map(len, BLOBS))
        assert found[0].attestation_bytes > 0 == found[1].attestation_bytes
        assert not [path for path in index.paths("/blobs/") if sha256(BLOBS[0]) in path]

    def test_an_index_in_itself(self, registry: Registry) -> None:
        digest = "sha256:" + "a" * 64
        for name in ("1", digest):
            registry.manifests[name] = (
                "application/vnd.oci.image.index.v1+json",
                json.dumps(
                    {
                        "schemaVersion": 2,
                        "manifests": [
                            {
                                "mediaType": "application/vnd.oci.image.index.v1+json",
                                "digest": digest,
                                "size": 1,
                            }
                        ],
                    }
                ).encode(),
            )
        assert "circles" in refused(registry, verify=False).what

    def test_an_artifact_is_named(self, registry: Registry) -> None:
        config = registry.put(b"{}", "application/vnd.cncf.helm.config.v1+json")
        manifest = {"schemaVersion": 2, "config": config, "layers": []}
        registry.put_manifest(manifest, "1", "application/vnd.oci.image.manifest.v1+json")
        caught = refused(registry)
        assert isinstance(caught, NotAnImageError)
        assert "helm chart" in caught.what


class TestCuts:
    @pytest.mark.parametrize("ranges", [True, False])
    def test_a_cut_layer_is_resumed(self, registry: Registry, ranges: bool) -> None:
        whole = read(registry)
        registry.ranges = ranges
        registry.cuts = [10_000_000, 300_000, 100_000] if ranges else [10_000_000, 300_000]
        again = read(registry, workers=1)
        assert again.scores == whole.scores
        resumed = [a for a in registry.asked if "range" in a.headers]
        assert resumed
        assert not registry.cuts

    def test_a_stalled_layer_can_be_stopped_at_once(self, registry: Registry) -> None:
        going = threading.Event()
        registry.script = lambda asked: (
            Answer(body=BLOBS[0], cut=1000, stall=going) if sha256(BLOBS[0]) in asked.path else None
        )

        seen: list[Step] = []

        def stop(step: Step) -> None:
            if registry.stalling.is_set() and step in seen:  # no byte came meanwhile
                raise Interrupted
            seen.append(step)

        try:
            with pytest.raises(Interrupted):
                read(registry, progress=stop, manner=replace(QUICK, read_seconds=600))
            assert not registry.overslept
        finally:
            going.set()

    def test_a_stalled_layer_is_resumed(self, registry: Registry) -> None:
        going = threading.Event()
        left = [Answer(body=BLOBS[0], cut=1000, stall=going)]
        registry.script = lambda asked: (
            left.pop() if left and sha256(BLOBS[0]) in asked.path else None
        )
        try:
            quick = replace(QUICK, read_seconds=0.3)
            assert read(registry, manner=quick).scores.dead_bytes == 1
        finally:
            going.set()

    def test_one_that_is_cut_for_ever_is_given_up(self, registry: Registry) -> None:
        def cut(asked: Asked) -> Answer | None:
            if "/blobs/" + "sha256:" + sha256(BLOBS[0]) in asked.path:
                return Answer(
                    206 if "range" in asked.headers else 200,
                    BLOBS[0],
                    {"Content-Range": f"bytes 0-{len(BLOBS[0]) - 1}/{len(BLOBS[0])}"},
                    cut=0,
                )
            return None

        registry.script = cut
        caught = refused(registry)
        assert isinstance(caught, SourceError)
        assert "again and again" in caught.what

    def test_a_body_of_another_size(self, registry: Registry) -> None:
        digest = f"sha256:{sha256(BLOBS[0])}"
        registry.blobs[digest] = BLOBS[0][:-5]
        assert "ends blob" in refused(registry).what
        registry.blobs[digest] = BLOBS[0] + b"more"
        assert "more than" in refused(registry).what

    def test_other_bytes_of_the_same_size(self, registry: Registry) -> None:
        other = gzipped(layer(file("a", NOISE[::-1]), file("b", b"b")))
        other = other[: len(BLOBS[0])].ljust(len(BLOBS[0]), b"\0")
        registry.blobs[f"sha256:{sha256(BLOBS[0])}"] = other
        assert isinstance(refused(registry), (DigestError, FormatError))

    def test_other_bytes_of_a_manifest(self, registry: Registry) -> None:
        digest = f"sha256:{sha256(registry.manifests['1'][1])}"
        kind, data = registry.manifests["1"]
        registry.manifests[digest] = (kind, data + b" ")
        caught = refused(registry, f"@{digest}")
        assert isinstance(caught, DigestError)
        assert digest in caught.what
        assert read(registry, f"@{digest}", verify=False).scores.total_bytes

    def test_other_bytes_of_a_configuration(self, registry: Registry) -> None:
        registry.blobs[f"sha256:{sha256(IMAGE.config)}"] = IMAGE.config.replace(b"amd64", b"arm64")
        assert isinstance(refused(registry), DigestError)


class TestRanges:
    def test_a_part_of_a_blob(self, registry: Registry) -> None:
        image = open_registry(f"{registry.name}:1", ReadOptions(), manner=QUICK)
        store: Any = image.store
        try:
            name = image.layers[0].name
            registry.cuts = [3]
            assert store.read_range(name, 100, 50) == BLOBS[0][100:150]
            registry.ranges = False
            assert store.read_range(name, 100, 50) is None
            with pytest.raises(LimitError):
                store.read_range(name, 0, 1 << 40)
        finally:
            image.close()


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "words", "hint"),
        [
            (401, "asks for a login", "docker login"),
            (403, "denies access", "docker login"),
            (404, "does not exist, or access is denied", "check the name"),
            (429, "too many requests", "wait"),
            (500, "fails with status 500", "later"),
            (503, "fails with status 503", "later"),
        ],
    )
    def test_each_says_what_to_do(
        self, registry: Registry, status: int, words: str, hint: str
    ) -> None:
        registry.script = lambda _: error(status, "its\nown \x1b words")
        caught = refused(registry)
        assert isinstance(caught, SourceError)
        assert words in caught.what
        assert "its own" in caught.what
        assert hint in str(caught.hint)

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_what_passes_is_tried_again(self, registry: Registry, status: int) -> None:
        left = [Answer(status, headers={"Retry-After": "0"}), Answer(status)]
        registry.script = lambda _: left.pop() if left else None
        assert read(registry).scores.dead_bytes == 1

    def test_a_long_wait_is_not_waited_for(self, registry: Registry) -> None:
        registry.script = lambda _: Answer(429, headers={"Retry-After": "3600"})
        refused(registry)
        assert len(registry.paths("/manifests/")) == 1

    def test_a_wait_can_be_stopped(self, registry: Registry) -> None:
        registry.script = lambda _: Answer(503, headers={"Retry-After": "50"})
        steps: list[Step] = []

        def stop(step: Step) -> None:
            steps.append(step)
            if len(steps) > 2:
                raise Interrupted

        with pytest.raises(Interrupted):
            read(registry, progress=stop)

    def test_schema_1_is_named(self, registry: Registry) -> None:
        kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
        registry.manifests["1"] = (kind, b'{"schemaVersion": 1, "fsLayers": []}')
        caught = refused(registry)
        assert isinstance(caught, NotAnImageError)
        assert "schema 1" in caught.what

    def test_a_manifest_without_end(self, registry: Registry) -> None:
        registry.manifests["1"] = ("application/json", b" " * (21 << 20))
        assert isinstance(refused(registry), LimitError)

    def test_nobody_there(self) -> None:
        with serving(Registry()) as gone:
            pass
        assert "connection was refused" in refused(gone).what

    def test_leading_to_plain_http_elsewhere(self, registry: Registry) -> None:
        registry.redirect = "http://registry.example.org"
        assert "not safe to follow" in refused(registry).what


class TestLogin:
    def test_anonymous_token(self, registry: Registry) -> None:
        registry.bearer = "t1"
        assert read(registry).scores.dead_bytes == 1
        assert len(registry.paths("/token")) == 1
        assert "scope=repository%3Ateam%2Fapp%3Apull" in registry.paths("/token")[0]

    def test_token_by_password(self, registry: Registry, tmp_path: Path) -> None:
        registry.bearer = "t1"
        read(registry, environment=logged_in(registry, tmp_path))
        (asked,) = [asked for asked in registry.asked if asked.path.startswith("/token")]
        pair = base64.b64encode(f"me:{WORD}".encode()).decode()
        assert asked.headers["authorization"] == f"Basic {pair}"

    def test_token_by_identity(self, registry: Registry, tmp_path: Path) -> None:
        registry.bearer = "t1"
        document = {"auths": {registry.host: {"identitytoken": WORD}}}
        read(registry, environment=docker_config(tmp_path, document))
        (asked,) = [asked for asked in registry.asked if asked.path.startswith("/token")]
        assert asked.method == "POST"
        assert asked.form["refresh_token"] == [WORD]
        assert asked.form["grant_type"] == ["refresh_token"]

    def test_basic(self, registry: Registry, tmp_path: Path) -> None:
        pair = base64.b64encode(f"me:{WORD}".encode()).decode()
        registry.basic = f"Basic {pair}"
        assert read(registry, environment=logged_in(registry, tmp_path)).scores.dead_bytes == 1

    def test_a_wrong_password_names_its_file(self, registry: Registry, tmp_path: Path) -> None:
        registry.basic = "Basic other"
        caught = refused(registry, environment=logged_in(registry, tmp_path))
        assert f"does not accept the credentials from {tmp_path}/config.json" in caught.what

    def test_a_token_that_expires_in_mid_pull(self, registry: Registry) -> None:
        registry.bearer = "t1"

        def expire(asked: Asked) -> Answer | None:
            if sha256(BLOBS[1]) in asked.path and registry.bearer == "t1":
                registry.bearer = "t2"
            return None

        registry.script = expire
        assert read(registry, workers=1).scores.dead_bytes == 1
        assert len(registry.paths("/token")) == 2

    def test_a_refused_token_ends(self, registry: Registry) -> None:
        registry.script = lambda asked: (
            None
            if asked.path.startswith("/token")
            else error(401, "no", f'Bearer realm="http://{registry.host}/token",service="x"')
        )
        registry.bearer = "t1"
        assert "asks for a login" in refused(registry).what

    def test_a_token_server_that_refuses(self, registry: Registry) -> None:
        registry.bearer = "t1"
        registry.script = lambda asked: (
            error(401, "who are you?") if asked.path.startswith("/token") else None
        )
        caught = refused(registry)
        assert "asks for a login to read a token for team/app (who are you?)" in caught.what

    def test_other_hosts_get_no_secret(self, registry: Registry, tmp_path: Path) -> None:
        pair = base64.b64encode(f"me:{WORD}".encode()).decode()
        registry.basic = f"Basic {pair}"
        with serving(Registry(blobs=registry.blobs)) as other:
            registry.redirect = f"http://{other.host}"
            read(registry, environment=logged_in(registry, tmp_path))
            assert len(other.paths()) == 3
            assert not [asked for asked in other.asked if "authorization" in asked.headers]

    def test_a_helper_is_asked(self, registry: Registry, tmp_path: Path) -> None:
        registry.basic = "Basic " + base64.b64encode(f"me:{WORD}".encode()).decode()
        helper(tmp_path, "good", f"""echo '{{"Username":"me","Secret":"{WORD}"}}'""")
        found = docker_config(tmp_path, {"credHelpers": {registry.host: "good"}})
        assert read(registry, environment=found).scores.dead_bytes == 1

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            (None, "docker-credential-odd is not installed, or not in PATH"),
            ("sleep 600", "docker-credential-odd did not answer within 0.5 seconds"),
            (f"echo {WORD}; exit 3", "docker-credential-odd failed with exit code 3"),
            (f"echo {WORD}", "docker-credential-odd does not answer in JSON"),
            ("echo '{}'", "docker-credential-odd answers without a name"),
            ("yes", "docker-credential-odd answers without end"),
        ],
    )
    def test_a_bad_helper_is_named(
        self, registry: Registry, tmp_path: Path, script: str | None, words: str
    ) -> None:
        if script is not None:
            helper(tmp_path, "odd", script)
        environment = docker_config(tmp_path, {"credsStore": "odd"})
        # Little time for the one that takes it all; the others have what they need.
        manner = replace(QUICK, helper_seconds=0.5) if script == "sleep 600" else QUICK
        # Readable without a login.
        notes = read(registry, environment=environment, manner=manner).diagnostics
        assert [note for note in notes if words in note.message]
        registry.basic = "Basic x"
        assert words in refused(registry, environment=environment, manner=manner).what


def test_plain_layers_are_sent_as_they_are(registry: Registry) -> None:
    registry.push_blobs(IMAGE, list(IMAGE.layers), "plain", kind="tar")
    found = read(registry, ":plain")
    assert found.image.compressed_size is None
    assert {row.meter: row.bytes for row in found.sizes}["transfer"] == sum(map(len, IMAGE.layers))
