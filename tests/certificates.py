"""Keys and certificates for tests, made by the openssl program."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM."""

    certificate: Path
    key: Path


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def authority(folder: Path, name: str = "authority") -> Pair:
    """A certificate that signs others, and itself.  Skips where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing")
    pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-keyout", pair.key, "-out", pair.certificate,
    )  # fmt: skip
    return pair


def signed(folder: Path, by: Pair, name: str) -> Pair:
    """A certificate for 127.0.0.1, for servers and clients."""
    pair = Pair(folder / f"{name}.cert", folder / f"{name}.key")
    request, extension = folder / f"{name}.csr", folder / f"{name}.ext"
    extension.write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
        "-keyout", pair.key, "-out", request,
    )  # fmt: skip
    _openssl(
        "x509", "-req", "-in", request, "-CA", by.certificate, "-CAkey", by.key,
        "-CAcreateserial", "-days", "2", "-extfile", extension, "-out", pair.certificate,
    )  # fmt: skip
    return pair
