"""A CycloneDX bill of materials: every package, with the layer that brought it.

Needs the extra ``sbom`` (cyclonedx-python-lib).  The same image gives the same
bytes: serial number and time come from the image.
"""

from __future__ import annotations

import importlib.util
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from layerlens import __version__
from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.purl import purl
from layerlens.outputs.display import escape, escape_path
from layerlens.outputs.json_text import tame

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

_NAMESPACE = uuid.UUID("6f1c1a52-3c0e-5a43-9d57-0f4d3a1f3f10")


def problem() -> str | None:
    """Why no bill can be written here: the library is not installed."""
    if importlib.util.find_spec("cyclonedx") is None:
        return "--sbom needs the library cyclonedx-python-lib; pip install 'layerlens-image[sbom]'"
    return None


def write_sbom(analysis: Analysis, stream: BinaryIO) -> None:
    """Write CycloneDX 1.6 as JSON."""
    from cyclonedx.output.json import JsonV1Dot6

    text = JsonV1Dot6(bill(analysis)).output_as_string(indent=1)
    stream.write(tame(text).encode() + b"\n")


def bill(analysis: Analysis) -> Bom:
    """The bill as the library's own model."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import Tool

    image = analysis.image
    root = Component(
        type=ComponentType.CONTAINER,
        name=escape(image.tags[0] if image.tags else image.reference),
        version=str(image.digest or image.id or ""),
        bom_ref="image",
        properties=_properties({"layerlens:image:size": str(image.size)}),
    )
    made = Bom()
    made.serial_number = uuid.uuid5(
        _NAMESPACE, escape(f"{image.id} {image.digest} {image.reference}")
    )
    made.metadata.timestamp = _time(image.created)
    made.metadata.component = root
    made.metadata.tools.tools.add(Tool(name="layerlens", version=__version__))
    parts = _components(analysis)
    made.components.update(parts)
    made.register_dependency(root, parts)
    return made


def _components(analysis: Analysis) -> list[Component]:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    distro = analysis.distribution
    licences = LicenseFactory()
    found: list[Component] = []
    if distro.id:
        found.append(
            Component(
                type=ComponentType.OPERATING_SYSTEM,
                name=escape(distro.id),
                version=escape(distro.version) or None,
                description=escape(distro.name) or None,
                bom_ref="os",
            )
        )
    for i, package in enumerate(analysis.inventory.packages):
        listed = package.listed
        url = purl(listed, distro)
        layer = analysis.layers[package.layer]
        group, name = None, escape(listed.name)
        if ":" in name or ("/" in name and not name.startswith("/")):
            group, _, name = name.replace(":", "/").rpartition("/")
        facts = {
            "layerlens:package:bytes": str(package.bytes),
            "layerlens:package:database": escape_path(package.database),
            "layerlens:layer:index": str(package.layer),
            "layerlens:layer:instruction": escape(layer.instruction.text),
        }
        if layer.diff_id is not None:
            facts["layerlens:layer:diff_id"] = str(layer.diff_id)
            facts["aquasecurity:trivy:LayerDiffID"] = str(layer.diff_id)
        if listed.dev is not None:
            facts["layerlens:package:development"] = str(listed.dev).lower()
        found.append(
            Component(
                type=ComponentType.LIBRARY,
                group=group or None,
                name=name,
                version=escape(listed.version) or None,
                purl=PackageURL.from_string(url) if url else None,
                # Numbered, because one package may be installed twice.
                bom_ref=f"package-{i}",
                licenses=[licences.make_from_string(escape(listed.licence))]
                if listed.licence
                else [],
                properties=_properties(facts),
            )
        )
    return found


def _properties(facts: dict[str, str]) -> list[Property]:
    from cyclonedx.model import Property

    return [Property(name=name, value=value) for name, value in facts.items()]


def _time(created: str | None) -> datetime:
    try:
        found = datetime.fromisoformat(created or "")
    except ValueError:
        found = datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
