"""Findings about secrets: which, how severe, whose, and never the value."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.contents import secrets as scanner
from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.analysis.rules.catalogue import secrets
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Severity
from tests.builders import Image, file, layer, whiteout
from tests.judging import Looked
from tests.unit.analysis.test_secret_files import FOUND, LOCKED, VALUE, key

RULES = {
    "ssh-host-key": "ssh-host-keys",
    "env-file-present": "secret-env-file",
    "keystore": "secret-web-config",
}


def found(
    *layers: bytes, history: list[dict[str, Any]] | None = None, base: int = 0, **settings: Any
) -> dict[str, list[Finding]]:
    if history is None:
        history = [{"created_by": f"RUN step {k}"} for k in range(len(layers))]
    image = Looked(Image(list(layers), history=history, settings=settings), base)
    findings = image.findings([secrets.RULE_SET])
    analysis = image.analysis([secrets.RULE_SET])
    for planted in (VALUE, "s3cret"):
        assert planted not in repr(findings)
        assert planted not in repr(analysis.image)
        assert planted not in repr(analysis.layers)
        assert planted not in repr(analysis.history)
    return findings


@pytest.mark.parametrize(("name", "text", "kind"), FOUND)
def test_each_kind_has_its_rule(name: str, text: str | bytes, kind: str) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    findings = found(layer(file(name, data)))
    assert list(findings) == [RULES.get(kind, f"secret-{kind}")]
    (finding,) = next(iter(findings.values()))
    assert finding.paths == (name.encode(),)
    assert finding.layer == 0
    assert "in the final filesystem" in finding.evidence[0]


def test_removed_files_are_still_there() -> None:
    findings = found(
        layer(file("root/.ssh/id_rsa", key().encode()), file("app/.env", b"API_TOKEN=s3cret12")),
        layer(whiteout("root/.ssh/id_rsa"), file("app/.env", b"API_TOKEN=")),
    )
    (private,) = findings["secret-private-key"]
    assert private.severity is Severity.CRITICAL
    assert (private.layer, private.claimed, private.bytes) == (0, 0, len(key()))
    assert (
        private.title == "RSA private key in /root/.ssh/id_rsa, removed later but still extractable"
    )
    assert private.evidence[0].endswith("layer 0, removed in layer 1, still extractable")
    old, new = findings["secret-env-file"]
    assert old.evidence[0].endswith("layer 0, replaced in layer 1, still extractable")
    assert (old.severity, new.severity) == (Severity.HIGH, Severity.LOW)
    assert "otate" in private.fix
    assert "--mount=type=ssh" in private.fix


def test_live_key_files_and_env_files_claim_their_bytes() -> None:
    text = b"API_TOKEN=s3cret12\n"
    source = f'KEY = """{key()}"""\n{"# code" * 1000}'.encode()
    findings = found(
        layer(file("id_rsa", key().encode()), file(".env", text), file("key.py", source))
    )
    assert [each.claimed for each in findings["secret-env-file"]] == [len(text)]
    (private,) = findings["secret-private-key"]
    assert private.claimed == len(key())
    assert private.path_count == 2
    assert private.title == "2 private keys in 2 files"


def test_tests_encrypted_and_made_up_ones_matter_less() -> None:
    (fixture,) = found(layer(file("app/tests/id_rsa", key().encode())))["secret-private-key"]
    assert (fixture.severity, fixture.confidence) == (Severity.LOW, Confidence.HINT)
    assert fixture.claimed == 0
    (locked,) = found(layer(file("k", key("OPENSSH ", body=LOCKED).encode())))["secret-private-key"]
    assert locked.severity is Severity.HIGH
    (made_up,) = found(layer(file("app/x.py", b"t = 'ghp_" + b"x" * 36 + b"'")))["secret-token"]
    assert made_up.severity is Severity.MEDIUM


def test_files_of_packages_are_theirs() -> None:
    image = Looked(Image([layer(file("etc/app/x.key", key().encode()))]), 0)
    context = image.context
    version = context.fs.live[b"etc/app/x.key"]
    assert len(image.drafts(secrets.files)) == 1
    package = Package(
        Listed(ecosystem=Ecosystem.DEB, name="x", version="1"), b"db", 0, (version,), 1
    )
    context.inventory = Inventory((package,), {version: 0})
    assert image.drafts(secrets.files) == []


def test_the_snakeoil_key_is_nobodys() -> None:
    assert found(layer(file("etc/ssl/private/ssl-cert-snakeoil.key", key().encode()))) == {}


def test_the_configuration() -> None:
    findings = found(
        layer(file("a", b"1")),
        layer(file("b", b"1")),
        base=1,
        history=[
            {"created_by": "FROM scratch"},
            {"created_by": "ARG DB_PASSWORD=s3cretArg1", "empty_layer": True},
            {"created_by": "ARG NPM_TOKEN", "empty_layer": True},
            {"created_by": "ENV API_TOKEN=s3cretOld1", "empty_layer": True},
            {"created_by": "ENV API_TOKEN=s3cretEnv1", "empty_layer": True},
            {
                "created_by": "RUN |1 DB_PASSWORD=s3cretArg1 /bin/sh -c curl -u a:s3cretRun1 http://x"
            },
        ],
        Env=["API_TOKEN=s3cretEnv1", "AWS_ACCESS_KEY_ID=s3cretId12"],
        Labels={"token": "s3cretLabel"},
        Cmd=["x", "--password=s3cretCmd1"],
    )
    told = {
        (rule, each.title, each.severity.word, each.layer, each.is_base)
        for rule, group in findings.items()
        for each in group
    }
    assert told == {
        ("secret-in-env", "ENV API_TOKEN", "critical", None, False),
        ("secret-in-env", "ENV AWS_ACCESS_KEY_ID", "low", None, False),
        ("secret-in-arg", "ARG DB_PASSWORD", "high", None, False),
        ("secret-in-arg", "ARG NPM_TOKEN (no value recorded)", "info", None, False),
        ("secret-in-history", "ENV or LABEL API_TOKEN set earlier", "high", None, False),
        ("secret-in-label", "LABEL token", "high", None, False),
        ("secret-in-command", "option password in Cmd", "high", None, False),
        ("secret-in-command", "password for a download in a command", "high", 1, False),
    }
    (argument, _) = findings["secret-in-arg"]
    assert "in 2 rows of the history" in argument.evidence
    assert argument.instruction == "ARG DB_PASSWORD=[redacted]"


def test_mounted_secrets_leave_nothing() -> None:
    history = [
        {"created_by": "ARG TARGETARCH"},
        {
            "created_by": "RUN /bin/sh -c npm config set _authToken $(cat /run/secrets/npm) && npm ci # buildkit"
        },
    ]
    assert found(layer(file("a", b"1")), layer(file("b", b"1")), history=history) == {}


def test_names_out_of_scope_are_cheap() -> None:
    assert not scanner.wants(b"usr/share/doc/x/copyright", 10)
    assert not scanner.wants(b"app/node_modules/x/index.js", 10)
    assert scanner.wants(b"app/node_modules/x/.npmrc", 10)


def test_every_secret_is_told_however_many_there_are() -> None:
    names = [f"srv/{k:02}/id_rsa" for k in range(60)]
    (finding,) = found(layer(*(file(name, key().encode()) for name in names)))["secret-private-key"]
    assert sorted(finding.paths) == [name.encode() for name in names]
    assert finding.path_count == 60
    assert sorted(line.partition(":")[0] for line in finding.evidence) == [f"/{n}" for n in names]
