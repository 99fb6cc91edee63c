"""Whom to trust: certificate authorities, client certificates, and proxies.

``certs.d`` is what Docker and containers-certs.d(5) say: a folder by the name
of the registry's host (and port) with ``*.crt`` (authorities to trust in
addition) and ``*.cert`` with ``*.key`` (a client certificate).
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from layerlens.errors import SourceError, Where
from layerlens.sources.image import RegistryAccess
from layerlens.sources.registry.address import Address, is_local

_SYSTEM_ROOTS = ("/etc/containers/certs.d", "/etc/docker/certs.d")
_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def default_roots(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The ``certs.d`` folders of this system, the user's own first."""
    home = environment.get("HOME")
    own = (os.path.join(home, ".config", "containers", "certs.d"),) if home else ()
    return (*own, *_SYSTEM_ROOTS)


def tls_context(
    address: Address, access: RegistryAccess, roots: Sequence[str] | None = None
) -> ssl.SSLContext:
    """The TLS settings for one registry, and for where it leads (tokens, blobs).

    ``REQUESTS_CA_BUNDLE`` and ``SSL_CERT_FILE`` replace the system's
    authorities; ``ca_file`` and ``certs.d`` add to them.  Raises
    :class:`SourceError` that names the file that is missing or broken.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        bundle = next((access.environment[n] for n in _BUNDLES if access.environment.get(n)), None)
        if bundle is not None:
            _trust(context, bundle)
        else:
            context.load_default_certs()
            context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        if access.ca_file is not None:
            _trust(context, access.ca_file)
    _add_certs_d(context, address, access, roots)
    return context


def _add_certs_d(
    context: ssl.SSLContext,
    address: Address,
    access: RegistryAccess,
    roots: Sequence[str] | None,
) -> None:
    identified = False
    for root in default_roots(access.environment) if roots is None else roots:
        for host in dict.fromkeys((address.registry, address.api_host)):
            folder = os.path.join(root, host)
            for name in _listed(folder):
                path = os.path.join(folder, name)
                if name.endswith(".crt") and not access.insecure:
                    _trust(context, path)
                elif name.endswith(".cert") and not identified:
                    _identify(context, path)
                    identified = True


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:  # not there, or none of our business
        return []


def _trust(context: ssl.SSLContext, path: str) -> None:
    try:
        if os.path.isdir(path):
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise _unusable(path, "certificates to trust", error) from error


def _identify(context: ssl.SSLContext, path: str) -> None:
    key = path.removesuffix(".cert") + ".key"
    if not os.path.exists(key):
        raise SourceError(
            "a client certificate without its key",
            where=Where(file=path),
            hint=f"put the key beside it as {os.path.basename(key)}, or remove the certificate",
        )
    try:
        # An empty pass phrase: else OpenSSL asks on the terminal for that of a locked key.
        context.load_cert_chain(path, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise _unusable(path, "a client certificate", error) from error


def _unusable(path: str, what: str, error: Exception) -> SourceError:
    reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or "not in PEM form"
    return SourceError(
        f"cannot read {what}: {str(reason).lower()}",
        where=Where(file=path),
        hint="the file must hold certificates in PEM form and be readable",
    )


class TlsAdapter(HTTPAdapter):
    """Requests' adapter with one TLS context of our own, towards registries and proxies."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing: the context knows the authorities, and certifi's would be added to them."""


def proxies_for(url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Requests' ``proxies`` for one address, by ``HTTP_PROXY``, ``HTTPS_PROXY``, ``NO_PROXY``.

    As in Go, this machine itself is never asked through a proxy, and
    ``NO_PROXY`` may hold networks (``10.0.0.0/8``).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = _either(environment, f"{parts.scheme}_proxy")
    if not proxy or is_local(host) or _bypassed(parts.netloc, host, environment):
        return {}
    return {parts.scheme: proxy if "://" in proxy else f"http://{proxy}"}


def _either(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def _bypassed(netloc: str, host: str, environment: Mapping[str, str]) -> bool:
    """Whether ``NO_PROXY`` names a host: itself, a domain of it, ``host:port``, a network, ``*``."""
    for item in _either(environment, "no_proxy").lower().split(","):
        name = item.strip().removeprefix("*").removeprefix(".")
        if item.strip() == "*" or (name and name in (host, netloc.lower())):
            return True
        if name and host.endswith(f".{name}"):
            return True
        if _within(host, name):
            return True
    return False


def _within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
