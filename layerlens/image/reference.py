"""What the user typed for an image, and when two names mean the same image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from layerlens.errors import SourceError, UsageError, Where

if TYPE_CHECKING:
    from collections.abc import Callable


class Scheme(StrEnum):
    """Where a reference points; NAME asks an engine first, then a registry."""

    DOCKER = "docker"
    PODMAN = "podman"
    CONTAINERD = "containerd"
    REGISTRY = "registry"
    DOCKER_ARCHIVE = "docker-archive"
    OCI_ARCHIVE = "oci-archive"
    OCI_DIR = "oci"
    PATH = "path"
    STDIN = "stdin"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference.

    ``location`` is a path or an image name (``-`` for stdin), ``selector`` the
    image within an archive or layout, ``text`` exactly what the user typed.
    """

    scheme: Scheme
    location: str
    selector: str | None = None
    text: str = ""


# With a colon only: "docker:dind" and "registry:2" are image names.
_PATH_SCHEMES = {
    "docker-archive": Scheme.DOCKER_ARCHIVE,
    "docker-tar": Scheme.DOCKER_ARCHIVE,
    "oci-archive": Scheme.OCI_ARCHIVE,
    "oci": Scheme.OCI_DIR,
}
_NAME_SCHEMES = {
    "docker": Scheme.DOCKER,
    "podman": Scheme.PODMAN,
    "containerd": Scheme.CONTAINERD,
    "registry": Scheme.REGISTRY,
}
_KNOWN = "docker://, podman://, registry://, containerd://, docker-archive:, oci-archive:, oci:"
_ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
# OCI distribution-spec, "Pulling manifests", with an optional registry in front.
_NAME = re.compile(
    r"(?:(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]{32,128})?"
)
_NAME_LIMIT = 1024


def parse_reference(text: str, exists: Callable[[str], bool]) -> Reference:
    """Understand one of the forms of a reference.

    ``exists`` tells whether a path is a file or an image directory; a bare word
    is a path only then.

    Raises ``UsageError`` for an unknown scheme or a malformed name, and
    ``SourceError`` for what is clearly a path but is not there.
    """
    if not text.strip() or "\0" in text:
        raise UsageError("the image reference is empty", hint="name an image or an archive")
    if text == "-":
        return Reference(Scheme.STDIN, "-", text=text)
    head, colon, rest = text.partition(":")
    if colon and head in _PATH_SCHEMES:
        return _archive(_PATH_SCHEMES[head], rest.removeprefix("//"), text, exists)
    found = _SCHEME.fullmatch(text)
    if found is not None and not exists(text):
        scheme = _NAME_SCHEMES.get(found[1])
        if scheme is None:
            raise _unknown_scheme(found[1])
        return Reference(scheme, _checked_name(found[2], text), text=text)
    if exists(text):
        return Reference(Scheme.PATH, text, text=text)
    if _looks_like_path(text):
        raise _missing(text)
    return Reference(Scheme.NAME, _checked_name(text, text), text=text)


def same_name(a: str, b: str) -> bool:
    """Whether two image names mean the same image.

    ``nginx`` is ``docker.io/library/nginx:latest``, and podman's ``localhost/x:t``
    is ``x:t``.  With a digest the tag does not count, as engines have it.
    """
    if a == b:
        return True
    domain_a, path_a, tag_a = _split_name(a)
    domain_b, path_b, tag_b = _split_name(b)
    if tag_a != tag_b:
        return False
    if {domain_a, domain_b} == {None, "localhost"}:
        return path_a == path_b
    return _full(domain_a, path_a) == _full(domain_b, path_b)


def _archive(scheme: Scheme, rest: str, text: str, exists: Callable[[str], bool]) -> Reference:
    """``PATH[:SELECTOR]``; of several readings the longest path that exists wins."""
    if not rest:
        raise UsageError(f"{text!r:.200} names no path", hint=f"write {scheme}:PATH")
    end = len(rest)
    while end > 0:
        if exists(rest[:end]):
            return Reference(scheme, rest[:end], rest[end + 1 :] or None, text)
        end = rest.rfind(":", 0, end)
    raise _missing(rest)


def _missing(path: str) -> SourceError:
    hint = "give the path of an archive or of an image's directory, or docker://NAME"
    if ":" in path:
        hint = "to choose one image of an archive, write docker-archive:PATH:REF"
    return SourceError("no such file", where=Where(file=path), hint=hint)


def _looks_like_path(text: str) -> bool:
    if text in {".", ".."} or text.startswith(("/", "./", "../", "~/")):
        return True
    return text.lower().endswith(_ARCHIVE_SUFFIXES)


def _unknown_scheme(scheme: str) -> UsageError:
    import difflib  # only to word an error

    names = [*_NAME_SCHEMES, *_PATH_SCHEMES]
    aliases = {
        "http": "registry",
        "https": "registry",
        "containers-storage": "podman",
        "nerdctl": "containerd",
    }
    close = difflib.get_close_matches(scheme.lower(), names, n=1, cutoff=0.5)
    best = aliases.get(scheme.lower()) or (close[0] if close else None)
    known = f"known are {_KNOWN}, a path, a name, and - for stdin"
    meant = f"{best}://" if best in _NAME_SCHEMES else f"{best}:"
    return UsageError(
        f"unknown scheme {scheme + '://'!r:.100}",
        hint=f"did you mean {meant}? {known}" if best else known,
    )


def _checked_name(name: str, text: str) -> str:
    if len(name) > _NAME_LIMIT or _NAME.fullmatch(name) is None:
        hint = "a name looks like nginx:1.27 or registry.example.org/team/app:tag"
        if name and _NAME.fullmatch(name.lower()) is not None:
            hint = "image names are lower case"
        raise UsageError(f"not an image name: {text!r:.200}", hint=hint)
    return name


def _split_name(name: str) -> tuple[str | None, str, str]:
    """Registry where one is written, path, and what selects the image in it."""
    name, _, digest = name.partition("@")
    head, slash, rest = name.partition("/")
    domain = None
    if slash and (head == "localhost" or "." in head or ":" in head or head != head.lower()):
        domain, name = head.lower(), rest
    before, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        name = before
    else:
        tag = "latest"
    return domain, name, f"@{digest}" if digest else tag


def _full(domain: str | None, path: str) -> tuple[str, str]:
    if domain in {None, "docker.io", "index.docker.io", "registry-1.docker.io"}:
        return "docker.io", path if "/" in path else f"library/{path}"
    return domain or "", path
