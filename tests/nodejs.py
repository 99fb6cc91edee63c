"""Node.js as Playwright brings it, and packages of the npm registry, known by their digests.

Debian's npm comes in four hundred packages; these two are the same on every machine.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import playwright
import requests

from tests.engine.engine import cache_directory

NODE = Path(playwright.__file__).parent / "driver" / "node"


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a package, and the digest of the archive that was looked at."""

    name: str
    version: str
    sha512: str

    def archive(self) -> bytes:
        """Its archive, fetched once per cache directory."""
        folder = cache_directory()
        kept = folder / f"{self.name}-{self.version}.tgz"
        if kept.exists() and self._is(data := kept.read_bytes()):
            return data
        data = _fetch(f"{self.name}/-/{self.name}-{self.version}.tgz")
        assert self._is(data), f"{self.name} {self.version} is not what was looked at"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as partial:
            partial.write(data)
        Path(partial.name).replace(kept)
        return data

    def unpack(self, folder: Path) -> Path:
        """Write its files below a folder; return where they are."""
        command = ["tar", "--extract", "--gzip", "--no-same-owner", "--directory", str(folder)]
        subprocess.run(command, input=self.archive(), check=True)
        return folder / "package"

    def _is(self, data: bytes) -> bool:
        return base64.b64encode(hashlib.sha512(data).digest()).decode() == self.sha512


NPM = Package(
    "npm",
    "11.19.1",
    "ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==",
)
AXE = Package(
    "axe-core",
    "4.14.1",
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)


def _fetch(path: str) -> bytes:
    settings = npm_settings(os.environ)
    registry = settings.get("registry", "https://registry.npmjs.org").rstrip("/")
    # As npm and Node.js do in the engine's builds: what the machine trusts.
    bundles = (settings.get("cafile"), "/etc/ssl/certs/ca-certificates.crt")
    trusted = next((each for each in bundles if each and Path(each).exists()), None)
    answer = requests.get(f"{registry}/{path}", verify=trusted or True, timeout=120)
    answer.raise_for_status()
    return answer.content


def npm_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What npm is set up with: by the machine, by the user, by the environment."""
    lower = {name.lower(): value for name, value in environment.items()}
    user = lower.get("npm_config_userconfig") or Path(environment.get("HOME", "/")) / ".npmrc"
    settings: dict[str, str] = {}
    for place in ("/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc", user):
        if Path(place).is_file():
            lines = Path(place).read_text(encoding="utf-8").splitlines()
            pairs = (line.partition("=")[::2] for line in lines if line[:1] not in "#;")
            for name, value in pairs:
                filled = re.sub(
                    r"\$\{(\w+)\}", lambda found: environment.get(found[1], ""), value.strip(" \"'")
                )
                settings[name.strip()] = filled
    for name, value in lower.items():
        if name.startswith("npm_config_"):
            settings[name.removeprefix("npm_config_")] = value
    return settings


@cache
def axe_script() -> str:
    """The JavaScript of axe-core."""
    with tarfile.open(fileobj=BytesIO(AXE.archive())) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()
