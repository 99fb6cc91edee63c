"""What an answer that is no success, or no answer at all, means, in one line."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from time import time

import requests
import urllib3.exceptions

from layerlens.errors import ImageError, SourceError, Where
from layerlens.image.jsondoc import parse_any
from layerlens.sources.registry.address import Address
from layerlens.sources.registry.credentials import Found

MAX_ERROR = 1 << 16
"""Bytes that are read of an error's body."""

_MOST_WORDS = 300

_NOT_TLS = frozenset({None, "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""What OpenSSL says of an answer in plain http."""


def refusal(status: int, body: bytes, what: str, address: Address, found: Found) -> ImageError:
    """The error for a status; ``what`` names the thing asked for."""
    said = own_words(body)
    tail = f" ({said})" if said else ""
    trouble = f"; {found.troubles[0]}" if found.troubles else ""
    registry, credentials = address.registry, found.credentials
    where = Where(file=address.shown)
    if status == 401 and credentials is not None:
        return SourceError(
            f"{registry} does not accept the credentials from {credentials.origin} "
            f"for {what}{tail}",
            where=where,
            hint=f"log in again with {address.login}, and check that the name is right",
        )
    if status == 401:
        return SourceError(
            f"{registry} asks for a login to read {what}{tail}{trouble}",
            where=where,
            hint=f"log in with {address.login}, and check that the name is right",
        )
    if status == 403:
        return SourceError(
            f"{registry} denies access to {what}{tail}{trouble}",
            where=where,
            hint=f"log in with {address.login} as somebody who may read it",
        )
    if status == 404:
        return SourceError(
            f"{registry} has no {what}: it does not exist, or access is denied{tail}{trouble}",
            where=where,
            hint=f"check the name and the tag; for a private image, log in with {address.login}",
        )
    if status == 429:
        return SourceError(
            f"{registry} has had too many requests{tail}",
            where=where,
            hint=f"wait and try again; {address.login} often raises the limit",
        )
    if status >= 500:
        return SourceError(
            f"{registry} fails with status {status} on {what}{tail}",
            where=where,
            hint="the registry has a problem of its own: try again later",
        )
    return SourceError(
        f"{registry} answers {what} with status {status}{tail}",
        where=where,
        hint="check that the address is a registry's",
    )


def own_words(body: bytes) -> str:
    """The registry's own messages (distribution-spec "Error Codes"), bounded, on one line."""
    try:
        document = parse_any(body, "error", MAX_ERROR)
    except ImageError:
        return ""
    if not isinstance(document, dict):
        return ""
    errors = document.get("errors")
    texts = [
        str(item.get("message") or item.get("code") or "")
        for item in (errors if isinstance(errors, list) else ())
        if isinstance(item, dict)
    ]
    detail = document.get("details") or document.get("message")  # token servers
    if not any(texts) and isinstance(detail, str):
        texts = [detail]
    return " ".join("; ".join(text for text in texts if text).split())[:_MOST_WORDS]


def unreachable(error: Exception, host: str, address: Address, seconds: float) -> SourceError:
    """Say in one line why there is no answer.

    Nothing of the exception's text is used: it holds addresses with signatures in them.
    """
    where = Where(file=address.shown)
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return SourceError(
                f"the certificate of {host} is not trusted: {cause.verify_message}",
                where=where,
                hint="give its authority by --ca-file, SSL_CERT_FILE or "
                f"/etc/docker/certs.d/{address.registry}/ca.crt, or use --insecure",
            )
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        return SourceError(
            f"the proxy on the way to {host} does not pass the request on",
            where=where,
            hint="check HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
        )
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return SourceError(
                f"no TLS with {host}: {(cause.reason or 'the handshake failed').lower()}",
                where=where,
                hint="if it speaks plain http, use --insecure; if it wants a client certificate, "
                f"put one into /etc/docker/certs.d/{address.registry}",
            )
    return SourceError(
        f"no answer from {host}: {_reason(causes, seconds)}",
        where=where,
        hint="check the name of the registry and the network",
    )


def _reason(causes: list[BaseException], seconds: float) -> str:
    for cause in causes:
        if isinstance(cause, (socket.gaierror, urllib3.exceptions.NameResolutionError)):
            return "there is no host of that name"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, ConnectionResetError):
            return "the connection was reset"
    for cause in causes:
        if isinstance(
            cause, (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
        ):
            return f"nothing came for {seconds:g} seconds"
        if isinstance(cause, requests.exceptions.InvalidSchema):
            return "the proxy's address has a scheme that is not supported"
    for cause in causes:
        if isinstance(cause, OSError) and isinstance(cause.strerror, str):
            return cause.strerror.lower()
    return "the connection was cut"


def speaks_tls(error: Exception) -> bool:
    """Whether the other side of a failed TLS connection speaks TLS at all."""
    return any(
        isinstance(cause, ssl.SSLError)
        and not isinstance(cause, ssl.SSLEOFError)
        and cause.reason not in _NOT_TLS
        for cause in _causes(error)
    )


def is_hopeless(error: Exception) -> bool:
    """Whether trying again cannot help."""
    final = (ssl.SSLError, requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL)
    return any(
        isinstance(cause, final) and not isinstance(cause, ssl.SSLEOFError)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, by any of the ways in which libraries do so."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        todo += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]


def retry_after(header: str | None) -> float | None:
    """Seconds to wait (RFC 9110 §10.2.3: a number or a date), ``None`` where nothing is said."""
    text = (header or "").strip()
    if not text or len(text) > 100:
        return None
    if text.isascii() and text.isdecimal():
        return float(text[:10])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, OverflowError, OSError):
        return None


def token_of(body: bytes) -> str | None:
    """The token in a token server's answer: ``token``, or OAuth's ``access_token``."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    token = document.get("token") or document.get("access_token")
    # Printable, or requests would put it into the text of an exception.
    if isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token:
        return token
    return None
