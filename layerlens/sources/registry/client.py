"""What layerlens asks of a registry: manifests by name or digest, and blobs or parts of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import requests

from layerlens.errors import DigestError, FormatError, LimitError, SourceError, Where
from layerlens.image.digest import Digest
from layerlens.image.jsondoc import INDEX_LIMIT
from layerlens.image.manifest import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from layerlens.layers.diagnostics import Diagnostic
from layerlens.sources.image import RegistryAccess
from layerlens.sources.registry.address import Address
from layerlens.sources.registry.answers import MAX_ERROR, refusal, unreachable
from layerlens.sources.registry.credentials import find_credentials
from layerlens.sources.registry.manner import DEFAULT, Manner
from layerlens.sources.registry.tokens import Authoriser
from layerlens.sources.registry.transport import BROKEN, Tick, Transport

# Without these, a registry may answer in the retired schema 1.
_ACCEPT = f"{OCI_INDEX}, {DOCKER_LIST}, {OCI_MANIFEST}, {DOCKER_MANIFEST}"
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+"


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index as it came, and the digest that its bytes have."""

    data: bytes
    digest: Digest


class RegistryClient:
    """One repository of one registry; usable from several threads.

    ``notes`` gathers what is worth telling and no reason to stop.  With
    ``verify=False`` a wrong digest is among that.
    """

    def __init__(
        self,
        address: Address,
        access: RegistryAccess,
        *,
        verify: bool | None = None,
        manner: Manner = DEFAULT,
    ) -> None:
        """Raises :class:`SourceError` where certificates cannot be read; asks nothing yet."""
        self.address = address
        self.manner = manner
        self.notes: list[Diagnostic] = []
        self._verify = verify
        self._access = access
        found = find_credentials(address, access.environment, manner.helper_seconds)
        self.notes += [Diagnostic("credentials", trouble) for trouble in found.troubles]
        self.transport = Transport(address, access, manner)
        self._authoriser = Authoriser(address, found, self.transport)
        self._root: str | None = None

    @property
    def where(self) -> Where:
        """The image, for messages."""
        return Where(file=self.address.shown)

    def manifest(self, reference: str, tick: Tick) -> Document:
        """The manifest or index of a tag or a digest, checked, at most ``INDEX_LIMIT`` bytes.

        Raises :class:`SourceError`, :class:`DigestError` and :class:`LimitError`.
        """
        what = f"manifest {reference:.150} of {self.address.repository}"
        data, headers = self._whole(
            f"manifests/{reference}", what, INDEX_LIMIT, {"Accept": _ACCEPT}, tick
        )
        if (headers.get("Content-Type") or "").startswith(_SCHEMA_1):
            # Its digest leaves the signatures out; whoever parses it refuses it anyway.
            return Document(data, Digest.of(data))
        wanted = [_digest_or_none(reference), _digest_or_none(headers.get("Docker-Content-Digest"))]
        for digest in wanted:
            if digest is not None:
                self._compare(data, digest, what)
        return Document(data, wanted[0] or Digest.of(data))

    def document(self, digest: Digest, limit: int, tick: Tick) -> bytes:
        """A small blob, whole; whoever uses it checks the digest."""
        data, _ = self._whole(f"blobs/{digest}", f"blob {digest}", limit, {}, tick)
        return data

    def has_blob(self, digest: Digest, tick: Tick) -> bool:
        """Whether the registry gives a blob at all; its body is not read."""
        response = self.get(f"blobs/{digest}", {}, tick)
        self.transport.release(response)
        return response.status_code == 200

    def blob(self, digest: Digest, start: int, end: int | None, tick: Tick) -> requests.Response:
        """A blob from byte ``start`` up to before ``end``; 206, or 200 where ranges are ignored.

        Raises :class:`SourceError` for any other status.
        """
        headers = {}
        if start or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        response = self.get(f"blobs/{digest}", headers, tick)
        if response.status_code not in (200, 206):
            raise self._refused(response, f"blob {digest}")
        return response

    def close(self) -> None:
        """End all connections."""
        self.transport.close()

    # ------------------------------------------------------------- requests

    def get(self, path: str, headers: dict[str, str], tick: Tick) -> requests.Response:
        """An answer, logged in as far as the registry asks for it."""
        url = f"{self._base(tick)}/v2/{self.address.repository}/{path}"
        used = self._authoriser.current()
        response = self.transport.get(url, headers=headers, authorization=used, tick=tick)
        if response.status_code == 401:
            challenge = response.headers.get("WWW-Authenticate", "")
            try:
                header = self._authoriser.answer(challenge, url, used, tick)
            except BaseException:
                self.transport.release(response)
                raise
            if header is not None:
                self.transport.release(response)
                response = self.transport.get(url, headers=headers, authorization=header, tick=tick)
        return response

    def _base(self, tick: Tick) -> str:
        """``https://HOST``; plain http where that is allowed and https does not answer."""
        if self._root is None:
            host = self.address.api_host
            secure, plain = f"https://{host}", f"http://{host}"
            self._root = secure
            if self._access.insecure or self.address.is_local:
                speaks = self.transport.speaks_tls(f"{secure}/v2/", tick)
                self._root = secure if speaks else plain
        return self._root

    def _whole(
        self, path: str, what: str, limit: int, headers: dict[str, str], tick: Tick
    ) -> tuple[bytes, requests.structures.CaseInsensitiveDict[str]]:
        """A body of bounded size; one that is cut is asked for again."""
        for attempt in range(1, self.manner.attempts + 1):
            response = self.get(path, headers, tick)
            if response.status_code != 200:
                raise self._refused(response, what)
            try:
                data = response.raw.read(limit + 1, decode_content=False)
                if len(data) <= limit and response.raw.read(1, decode_content=False):
                    raise LimitError(f"{what} has more than {limit:,} bytes", where=self.where)
            except BROKEN as error:
                if attempt == self.manner.attempts:
                    raise unreachable(
                        error, self.address.api_host, self.address, self.manner.read_seconds
                    ) from None
            else:
                if len(data) > limit:
                    raise LimitError(f"{what} has more than {limit:,} bytes", where=self.where)
                return data, response.headers
            finally:
                self.transport.release(response)
            self.transport.pause(self.transport.back_off(attempt), tick)
        raise AssertionError("the last try returns or raises")

    def _refused(self, response: requests.Response, what: str) -> Exception:
        try:
            body = response.raw.read(MAX_ERROR, decode_content=True)
        except BROKEN:
            body = b""
        finally:
            self.transport.release(response)
        return refusal(response.status_code, body, what, self.address, self._authoriser.found)

    def _compare(self, data: bytes, digest: Digest, what: str) -> None:
        found = hashlib.new(digest.algorithm, data).hexdigest()
        if found == digest.hex:
            return
        text = f"{what} has the digest {digest.algorithm}:{found}, {digest} is promised"
        if self._verify is not False:
            raise DigestError(
                text,
                where=self.where,
                hint="the registry, or somebody on the way, gives other bytes: try again, "
                "or look at it anyway with --no-verify",
            )
        self.notes.append(Diagnostic("digest-mismatch", text))


def _digest_or_none(text: str | None) -> Digest | None:
    try:
        return Digest.parse(text)
    except ValueError:
        return None


def too_short(digest: Digest, have: int, size: int, where: Where) -> FormatError:
    """The error for a blob that ends before its promised size."""
    return FormatError(
        f"the registry ends blob {digest.short} after {have:,} of {size:,} bytes",
        where=where,
        hint="push the image again: the registry's copy is incomplete",
    )


def gave_up(digest: Digest, have: int, size: int, why: SourceError) -> SourceError:
    """The error for a blob whose connection is cut again and again."""
    return SourceError(
        f"the connection was cut again and again after {have:,} of {size:,} bytes "
        f"of blob {digest.short} ({why.what})",
        where=why.where,
        hint="try again; layers that were read are kept in the cache",
    )
