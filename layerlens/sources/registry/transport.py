"""Requests with patience: retries, redirects, proxies, and no secret to a stranger.

Redirects are followed here, not by the HTTP library, since the Authorization
header must not follow to another host, and nobody may lead us from https to
plain http, nor from the network to this machine.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
import urllib3.exceptions

from layerlens.errors import SourceError, Where
from layerlens.sources.image import RegistryAccess
from layerlens.sources.registry.address import Address, is_local
from layerlens.sources.registry.answers import (
    is_hopeless,
    retry_after,
    speaks_tls,
    unreachable,
)
from layerlens.sources.registry.manner import Manner
from layerlens.sources.registry.trust import TlsAdapter, proxies_for, tls_context

Tick = Callable[[], None]
"""Called a few times a second while a wait lasts; may raise to stop."""

BROKEN = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)
"""What a request, or reading its body, raises where the connection fails."""

AGENT = "layerlens"

_MAX_REDIRECTS = 10
_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_SLICE = 0.2


class Transport:
    """One registry's connections; usable from several threads."""

    def __init__(self, address: Address, access: RegistryAccess, manner: Manner) -> None:
        self._address = address
        self._access = access
        self._manner = manner
        self._session = requests.Session()
        self._session.trust_env = False  # neither ~/.netrc nor os.environ
        self._session.verify = not access.insecure
        self._session.headers["User-Agent"] = AGENT
        # Bodies are wanted as they are stored, never unpacked on the way.
        self._session.headers["Accept-Encoding"] = "identity"
        self._session.cookies.set_policy(_NoCookies())
        self._session.mount("https://", TlsAdapter(tls_context(address, access, manner.cert_roots)))
        if access.insecure:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._open: set[requests.Response] = set()
        self._lock = Lock()
        self.closed = False

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        authorization: str | None,
        tick: Tick,
        attempts: int | None = None,
    ) -> requests.Response:
        """The last answer, whatever its status; its body is still to be read.

        Raises :class:`SourceError` where there is no answer after all tries.
        """
        return self._patiently("GET", url, headers, authorization, tick, None, attempts)

    def speaks_tls(self, url: str, tick: Tick) -> bool:
        """Whether an address answers by TLS, with a good certificate or a bad one."""
        try:
            response = self._follow("GET", url, {}, None, None)
        except BROKEN as error:
            return speaks_tls(error)
        self.release(response)
        return True

    def post(self, url: str, form: Mapping[str, str], tick: Tick) -> requests.Response:
        """Send a form; redirects are not followed, since a form may hold a secret."""
        return self._patiently("POST", url, {}, None, tick, form, None)

    def release(self, response: requests.Response) -> None:
        """Be done with an answer, whether or not its body was read."""
        with self._lock:
            self._open.discard(response)
        response.close()

    def close(self) -> None:
        """End all connections, those that are being read too."""
        self.closed = True
        with self._lock:
            left, self._open = list(self._open), set()
        for response in left:
            wake(response)
            response.close()
        self._session.close()

    def check(self, url: str) -> None:
        """Make sure that an address may be asked.  Raises :class:`SourceError`."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        local = is_local(host)
        if parts.scheme == "https" and (not local or self._address.is_local):
            return
        if parts.scheme == "http" and (self._access.insecure or (local and self._address.is_local)):
            return
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        raise SourceError(
            f"{self._address.registry} leads to {shown:.200}, which is not safe to follow",
            where=Where(file=self._address.shown),
            hint="if you trust the network and the registry, use --insecure",
        )

    def pause(self, seconds: float, tick: Tick) -> None:
        """Wait, ready to be stopped."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            tick()
            time.sleep(min(_SLICE, left))
        tick()

    def back_off(self, attempt: int) -> float:
        """Seconds before try ``attempt + 1``, counted from 1; spread, so that not all come at once."""
        doubled = self._manner.first_wait * 2.0 ** (attempt - 1)
        longest = min(self._manner.longest_wait, doubled)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it

    # ------------------------------------------------------------- one request

    def _patiently(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        authorization: str | None,
        tick: Tick,
        form: Mapping[str, str] | None,
        attempts: int | None,
    ) -> requests.Response:
        most = attempts or self._manner.attempts
        host = urlsplit(url).netloc
        for attempt in range(1, most + 1):
            last = attempt == most
            try:
                response = self._follow(method, url, headers, authorization, form)
            except BROKEN as error:
                if last or is_hopeless(error) or (attempt == 2 and _never_connected(error)):
                    raise unreachable(
                        error, host, self._address, self._manner.read_seconds
                    ) from None
                wait = self.back_off(attempt)
            else:
                if response.status_code not in _TRANSIENT or last:
                    return response
                asked = retry_after(response.headers.get("Retry-After"))
                if asked is not None and asked > self._manner.longest_wait:
                    return response
                self.release(response)
                wait = self.back_off(attempt) if asked is None else asked
            self.pause(wait, tick)
        raise AssertionError("the last try returns or raises")

    def _follow(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        authorization: str | None,
        form: Mapping[str, str] | None,
    ) -> requests.Response:
        for _ in range(_MAX_REDIRECTS):
            self.check(url)
            sent = dict(headers)
            if authorization is not None:
                sent["Authorization"] = authorization
            response = self._session.request(
                method,
                url,
                headers=sent,
                data=form,
                stream=True,
                allow_redirects=False,
                timeout=(self._manner.connect_seconds, self._manner.read_seconds),
                proxies=proxies_for(url, self._access.environment),
            )
            with self._lock:
                self._open.add(response)
            target = response.headers.get("Location")
            if not response.is_redirect or target is None or form is not None:
                return response
            self.release(response)
            following = urljoin(url, target)
            if _origin(following) != _origin(url):
                authorization = None  # for good: a stranger may lead back
            url = following
        raise SourceError(
            f"{self._address.registry} redirects in circles",
            where=Where(file=self._address.shown),
            hint="the registry has a problem of its own: try again later",
        )


def wake(response: requests.Response) -> None:
    """End the connection under whoever reads from it in another thread."""
    with contextlib.suppress(*BROKEN, ValueError):  # read to its end already
        response.raw.shutdown()


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    """Registries get no cookies back: they would be one more thing to leak."""

    def set_ok(self, cookie: object, request: object) -> bool:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


def _never_connected(error: Exception) -> bool:
    """Refused, or no such host: one more try covers a restart, more are a nuisance."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)
