"""Where an image name leads: a registry's host, a repository, a tag or a digest.  Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from layerlens.errors import UsageError
from layerlens.image.digest import Digest

HUB = "docker.io"
HUB_CREDENTIALS = "https://index.docker.io/v1/"
"""The name under which ``docker login`` keeps the credentials of Docker Hub."""

_HUB_API = "registry-1.docker.io"
_HUB_NAMES = frozenset({HUB, "index.docker.io", _HUB_API})


@dataclass(frozen=True, slots=True)
class Address:
    """An image in a registry.

    ``registry`` is the host (and port) as users name it, ``api_host`` the one
    that is asked.  With a digest the tag does not count, as engines have it.
    """

    registry: str
    api_host: str
    repository: str
    tag: str | None
    digest: Digest | None = None

    @property
    def wanted(self) -> str:
        """What the registry is asked for: the digest, or else the tag."""
        return str(self.digest) if self.digest is not None else self.tag or "latest"

    @property
    def shown(self) -> str:
        """The full name, for messages."""
        tag = f":{self.tag}" if self.tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"

    @property
    def credentials_key(self) -> str:
        """The name under which Docker keeps credentials and asks helpers for them."""
        return HUB_CREDENTIALS if self.registry == HUB else self.registry

    @property
    def login(self) -> str:
        """The command that stores credentials for it."""
        return "docker login" if self.registry == HUB else f"docker login {self.registry}"

    @property
    def is_local(self) -> bool:
        """Whether the registry is on this machine, where engines allow plain http."""
        return is_local(host_of(self.api_host))


def parse_address(name: str) -> Address:
    """Read a name that :mod:`layerlens.image.reference` has checked.

    The first part is a host where it has a dot, a colon or a capital letter,
    or is ``localhost``; else the name is Docker Hub's.  Raises :class:`UsageError`.
    """
    rest, at, digest_text = name.partition("@")
    digest = None
    if at:
        try:
            digest = Digest.parse(digest_text)
        except ValueError as error:
            raise UsageError(f"{name!r:.200}: {error}") from error
    before, colon, after = rest.rpartition(":")
    tag: str | None = None
    if colon and "/" not in after and not rest.endswith("]"):
        rest, tag = before, after
    elif digest is None:
        tag = "latest"
    head, slash, path = rest.partition("/")
    has_host = bool(slash) and (
        head == "localhost" or "." in head or ":" in head or head != head.lower()
    )
    registry, repository = (head.lower(), path) if has_host else (HUB, rest)
    if registry in _HUB_NAMES:
        repository = repository if "/" in repository else f"library/{repository}"
        return Address(HUB, _HUB_API, repository, tag, digest)
    return Address(registry, registry, repository, tag, digest)


def host_of(netloc: str) -> str:
    """The host of ``host[:port]``, without the brackets of an IPv6 address."""
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0]
    return netloc.partition(":")[0]


def is_local(host: str) -> bool:
    """``localhost``, 127.0.0.0/8 and ::1, as engines have it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
