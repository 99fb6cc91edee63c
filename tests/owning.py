"""Packages that own files, without a database that says so."""

from __future__ import annotations

from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from tests.judging import Looked


def owned_by(image: Looked, ecosystem: Ecosystem, *paths: bytes, name: str = "some") -> None:
    """Say that one package, the only one, owns some paths."""
    versions = [image.context.fs.live[path] for path in paths]
    package = Package(Listed(ecosystem=ecosystem, name=name, version="1"), b"db", 0, versions, 0)
    image.context.inventory = Inventory((package,), dict.fromkeys(versions, 0))
