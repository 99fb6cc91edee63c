"""The Authorization header that a registry asks for: Basic, or a Bearer token.

Distribution's "Token Authentication Specification" (GET, anonymous or with
Basic) and "OAuth2 Token Authentication" (POST, for identity tokens).
"""

from __future__ import annotations

import base64
from threading import Lock
from urllib.parse import urlencode, urljoin, urlsplit

from layerlens.errors import SourceError, Where
from layerlens.sources.registry.address import Address
from layerlens.sources.registry.answers import MAX_ERROR, refusal, token_of
from layerlens.sources.registry.challenge import Challenge, parse_challenges
from layerlens.sources.registry.credentials import Found
from layerlens.sources.registry.transport import AGENT, BROKEN, Tick, Transport

MAX_TOKEN = 1 << 20
"""Longest answer of a token server, in bytes."""


class Authoriser:
    """Answers challenges, and remembers tokens by scope; usable from several threads."""

    def __init__(self, address: Address, found: Found, transport: Transport) -> None:
        self._address = address
        self.found = found
        self._transport = transport
        self._headers: dict[str, str] = {}
        self._lock = Lock()
        if found.credentials is not None and found.credentials.bearer:
            self._headers[self.scope] = f"Bearer {found.credentials.bearer}"

    @property
    def scope(self) -> str:
        """What is wanted: to pull from the one repository."""
        return f"repository:{self._address.repository}:pull"

    def current(self) -> str | None:
        """The header that was good last, ``None`` before anything was asked for."""
        return self._headers.get(self.scope)

    def answer(self, challenge: str, url: str, used: str | None, tick: Tick) -> str | None:
        """A header for what a 401 asks for, ``None`` where there is nothing new to offer.

        ``used`` is the header that was refused: where another thread has
        fetched a new one since, that is given.
        """
        with self._lock:
            known = self.current()
            if known is not None and known != used:
                return known
            for way in parse_challenges(challenge):
                header = None
                if way.scheme == "bearer" and way.parameters.get("realm"):
                    header = f"Bearer {self._token(way, url, tick)}"
                elif way.scheme == "basic":
                    header = self._basic()
                if header is not None:
                    if header == used:
                        return None
                    self._headers[self.scope] = header
                    return header
        return None

    def _basic(self) -> str | None:
        credentials = self.found.credentials
        if credentials is None or not credentials.username:
            return None
        pair = f"{credentials.username}:{credentials.password}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")

    def _token(self, way: Challenge, url: str, tick: Tick) -> str:
        realm = urljoin(url, way.parameters["realm"])
        service = way.parameters.get("service", "")
        scope = way.parameters.get("scope") or self.scope
        self._transport.check(realm)
        credentials = self.found.credentials
        if credentials is not None and credentials.identity_token:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": credentials.identity_token,
                "service": service,
                "scope": scope,
                "client_id": AGENT,
            }
            response = self._transport.post(realm, form, tick)
        else:
            query = [("service", service)] if service else []
            query += [("scope", one) for one in scope.split()]
            basic = self._basic()
            if basic is not None and credentials is not None:
                query.append(("account", credentials.username))
            joint = "&" if urlsplit(realm).query else "?"
            response = self._transport.get(
                f"{realm}{joint}{urlencode(query)}", headers={}, authorization=basic, tick=tick
            )
        try:
            body = response.raw.read(MAX_TOKEN + 1, decode_content=True)
        except BROKEN:
            body = b""
        finally:
            self._transport.release(response)
        if response.status_code != 200:
            raise refusal(
                response.status_code,
                body[:MAX_ERROR],
                f"a token for {self._address.repository}",
                self._address,
                self.found,
            )
        token = token_of(body[: MAX_TOKEN + 1]) if len(body) <= MAX_TOKEN else None
        if token is None:
            raise SourceError(
                f"{urlsplit(realm).hostname} gives no token for {self._address.registry}",
                where=Where(file=self._address.shown),
                hint="the registry's token server has a problem of its own: try again later",
            )
        return token
