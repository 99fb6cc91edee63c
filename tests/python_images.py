"""Members of images with installed Python distributions, as pip and uv leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.builders import Member, file

SITE = "usr/local/lib/python3.11/site-packages"


def dist(
    name: str,
    version: str = "1.0",
    requires: Sequence[str] = (),
    *,
    site: str = SITE,
    files: Mapping[str, bytes] | None = None,
    unlisted: Mapping[str, bytes] | None = None,
    requested: bool = False,
    installer: str = "pip",
    scripts: Sequence[str] = (),
) -> list[Member]:
    """One distribution: its module, its metadata, and a RECORD of them.

    ``files`` are relative to the site and listed in RECORD; ``unlisted`` are not.
    """
    module = name.replace("-", "_").lower()
    files = {f"{module}/__init__.py": b"#" * 100} if files is None else files
    info = f"{module}-{version}.dist-info"
    headers = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    headers += [f"Requires-Dist: {each}" for each in requires]
    inside = {
        "METADATA": "\n".join(headers).encode() + b"\n\nName: in the description\n",
        "INSTALLER": installer.encode() + b"\n",
    }
    if requested:
        inside["REQUESTED"] = b""
    if scripts:
        rows = "\n".join(f"{script} = {module}:main" for script in scripts)
        inside["entry_points.txt"] = f"[console_scripts]\n{rows}\n\n[other]\nno = no:no\n".encode()
    listed = [*files, *(f"{info}/{each}" for each in inside), f"{info}/RECORD"]
    record = "\n".join(f"{_quoted(path)},," for path in listed).encode()
    members = [file(_joined(site, path), data) for path, data in files.items()]
    members += [file(_joined(site, path), data) for path, data in (unlisted or {}).items()]
    members += [file(f"{site}/{info}/{each}", data) for each, data in inside.items()]
    return [*members, file(f"{site}/{info}/RECORD", record)]


def _quoted(path: str) -> str:
    return '"' + path.replace('"', '""') + '"' if set(path) & set('",') else path


def _joined(site: str, path: str) -> str:
    parts = site.split("/")
    while path.startswith("../"):
        parts.pop()
        path = path[3:]
    return "/".join([*parts, path])
