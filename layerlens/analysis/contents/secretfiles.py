"""What files of known names hold: package registries' rc files, cloud credentials, env files.

Texts come decoded as Latin-1, so that positions are byte offsets.  Every
function gives the values it found; none leaves the module
:mod:`layerlens.analysis.contents.secrets`.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from layerlens.image.lazypattern import LazyPattern
from layerlens.image.secrets import free_spans
from layerlens.image.secretwords import LEAST, is_identifier, is_secret, is_value


class Value(NamedTuple):
    """A secret's place: ``kind`` of finding, ``what`` in words, ``name`` of its key or account."""

    kind: str
    what: str
    name: str
    start: int
    end: int
    weak: bool = False


Find = Callable[[str], Iterator[Value]]

_ROW = LazyPattern(
    r"^[ \t]{0,64}(?:export[ \t]{1,8}|set[ \t]{1,8}|-[ \t]{1,8})?[\"']?([A-Za-z_][\w.-]{1,100})[\"']?"
    r"[ \t]{0,16}(?:=>|=|:)[ \t]{0,16}([^\n\r]{1,4096})",
    re.MULTILINE,
)
_LITERAL = LazyPattern(
    r"""(?<![\w.-])["']?([A-Za-z_][\w.-]{1,100})["']?\]?[ \t]{0,16}(?:=>|=|:|,)[ \t]{0,16}["']([^"'\n]{1,4096})["']"""
)
_COMMENT = LazyPattern(r"[ \t]+#.*$")
_WORDPRESS = LazyPattern(r"_here\Z|put your unique phrase here|django-insecure-", re.IGNORECASE)
_URL = LazyPattern(
    r"\b([a-z][a-z0-9+.-]{1,20})://[^\s:/@\"'<>|]{0,256}:([^\s/\"'<>`@]{1,512})@[\w.\[-]", re.ASCII
)
_SCHEMES = LazyPattern(
    r"(?:git\+)?https?|ftps?|postgres(?:ql)?(?:\+\w+)?|mysql2?(?:\+\w+)?|mariadb|mongodb(?:\+srv)?|"
    r"rediss?|amqps?|ldaps?|smtps?|nats|clickhouse|mssql(?:\+\w+)?|sftp"
)
_NPM = LazyPattern(
    r"^[^\n;#]{0,300}?(_authToken|_password|_auth)[\"']?[ \t]{0,8}[=: ][ \t]{0,8}[\"']?([^\s\"']{4,4096})",
    re.MULTILINE,
)
_YARN = LazyPattern(
    r"(npmAuthToken|npmAuthIdent)[\"']?:[ \t]{0,8}[\"']?([^\s\"']{4,4096})", re.MULTILINE
)
_PASSWORD = LazyPattern(
    r"^[ \t]{0,16}[\"']?(password|api-token|token)[\"']?[ \t]{0,8}[=:][ \t]{0,8}[\"']?([^\s\"']{4,4096})",
    re.MULTILINE,
)
_NETRC = LazyPattern(
    r"\bmachine\s{1,16}(\S{1,256})\s{1,64}login\s{1,16}\S{1,256}\s{1,64}password\s{1,16}(\S{4,512})"
)
_CREDENTIAL_URL = LazyPattern(r"https?://[^\s:/@]{0,256}:?([^\s/@:]{8,512})@")
_EXTRA_HEADER = LazyPattern(
    r"extraheader\s{0,8}=\s{0,8}\"?authorization:\s{0,8}(?:\w{1,20}\s{1,4})?([^\s\"]{8,4096})",
    re.IGNORECASE,
)
_KUBE = LazyPattern(
    r"\b(client-key-data|token|password)[\"']?:[ \t]{0,8}[\"']?([^\s\"',}]{8,65536})"
)
_AWS = LazyPattern(
    r"(aws_secret_access_key|secret_?access_?key|aws_session_token)[\"']?[ \t]{0,8}[=:][ \t]{0,8}"
    r"[\"']?([A-Za-z0-9/+=]{40,2048})(?![A-Za-z0-9/+=])",
    re.IGNORECASE,
)
_DOCKER_AUTH = LazyPattern(
    r'"(auth|identitytoken|registrytoken|password)"\s{0,16}:\s{0,16}"([^"\s]{4,16384})"'
)
_GCP = LazyPattern(r'"(private_key|refresh_token|client_secret)"\s{0,16}:\s{0,16}"([^"]{20,8192})"')
_AZURE = LazyPattern(
    r'"(accessToken|access_token|refreshToken|refresh_token|secret)"\s{0,16}:\s{0,16}"([^"\s]{20,16384})"'
)
_SHADOW = LazyPattern(
    r"^([\w.-]{1,64}\$?):(\$(?:[1256y]|gy|7|2[abxy])\$[^:\n]{8,512}|_?[./0-9A-Za-z]{13,20}):",
    re.MULTILINE,
)


def _matches(pattern: LazyPattern[str], kind: str, what: str, text: str) -> Iterator[Value]:
    """Matches of (name, value), where the value is no reference or placeholder."""
    for match in pattern.finditer(text):
        if is_value(match[2]):
            yield Value(kind, what, match[1], *match.span(2))


def npmrc(text: str) -> Iterator[Value]:
    """Credentials that npm and yarn 1 keep for each registry."""
    yield from _matches(_NPM, "npmrc", "npm registry credential", text)


def yarnrc(text: str) -> Iterator[Value]:
    """Yarn's credentials, from version 2 on."""
    yield from _matches(_YARN, "npmrc", "yarn registry credential", text)


def pypirc(text: str) -> Iterator[Value]:
    """Passwords and tokens of package indexes."""
    yield from _matches(_PASSWORD, "pypirc", "package index password", text)
    for value in urls(text):
        yield value._replace(kind="pypirc", what="password in an index URL")


def netrc(text: str) -> Iterator[Value]:
    """Passwords of a netrc file."""
    yield from _matches(_NETRC, "netrc", "netrc password", text)


def git_credentials(text: str) -> Iterator[Value]:
    """Credentials that git keeps in files of its own."""
    for match in _CREDENTIAL_URL.finditer(text):
        if is_value(match[1]):
            yield Value("git-credentials", "git credential in a URL", "", *match.span(1))
    for match in _EXTRA_HEADER.finditer(text):
        if is_value(match[1]):
            yield Value("git-credentials", "git authorization header", "", *match.span(1))


def kubeconfig(text: str) -> Iterator[Value]:
    """Keys and tokens of a cluster's configuration."""
    if "apiVersion" in text:
        yield from _matches(_KUBE, "kubeconfig", "Kubernetes credential", text)


def aws(text: str) -> Iterator[Value]:
    """Secret keys of AWS."""
    for value in _matches(_AWS, "aws", "AWS secret key", text):
        if not text.endswith(("EXAMPLE", "EXAMPLEKEY"), value.start, value.end) and (
            "TOKEN" in value.name.upper() or value.end - value.start == 40
        ):
            yield value


def docker_config(text: str) -> Iterator[Value]:
    """Logins to registries; names of credential helpers are none."""
    for value in _matches(_DOCKER_AUTH, "docker-config", "registry login", text):
        if value.name != "auth" or _is_login(text[value.start : value.end]):
            yield value


def _is_login(encoded: str) -> bool:
    """Whether Base64 says ``user:password``."""
    try:
        user, colon, password = binascii.a2b_base64(encoded).partition(b":")
    except (ValueError, binascii.Error):
        return False
    return bool(user and colon and password)


def gcp(text: str) -> Iterator[Value]:
    """Keys of service accounts and refresh tokens."""
    if re.search(
        r'"type"\s{0,8}:\s{0,8}"(?:service_account|authorized_user|external_account)"', text
    ):
        for value in _matches(_GCP, "gcp", "Google Cloud credential", text):
            if value.name != "private_key" or "PRIVATE KEY" in text[value.start : value.end]:
                yield value


def azure(text: str) -> Iterator[Value]:
    """Tokens that Azure's command line keeps."""
    yield from _matches(_AZURE, "azure", "Azure token", text)


def settings(kind: str, what: str) -> Find:
    """Rows ``NAME=value``, ``name: value`` whose name speaks of a secret."""

    def find(text: str) -> Iterator[Value]:
        for match in _ROW.finditer(text):
            start, end = _trimmed(match, 2)
            if is_secret(match[1], text[start:end]):
                weak = is_identifier(match[1])
                yield Value(kind, what, match[1], start, end, weak)

    return find


def literals(kind: str, what: str) -> Find:
    """Quoted literals of source code that are assigned to a name of a secret."""

    def find(text: str) -> Iterator[Value]:
        for match in _LITERAL.finditer(text):
            if is_secret(match[1], match[2]) and not _WORDPRESS.search(match[2]):
                yield Value(kind, what, match[1], *match.span(2))

    return find


def _trimmed(match: re.Match[str], group: int) -> tuple[int, int]:
    """Where the value stands without quotes, comma and comment."""
    start, _ = match.span(group)
    value = match[group]
    quote = value[0]
    if quote in "\"'":
        close = value.find(quote, 1)
        if close > 0:
            return start + 1, start + close
    value = _COMMENT.sub("", value).rstrip(" \t,;")
    return start, start + len(value)


def history(text: str) -> Iterator[Value]:
    """What somebody typed with a password in it."""
    for span in free_spans(text):
        if span.sure:
            yield Value("shell-history", span.what, span.name, span.start, span.end)


def shadow(text: str) -> Iterator[Value]:
    """Hashes of passwords, with the names of their accounts."""
    for match in _SHADOW.finditer(text):
        yield Value("password-hash", "password hash", match[1], *match.span(2))


def urls(text: str) -> Iterator[Value]:
    """``scheme://user:password@host``."""
    for match in _URL.finditer(text):
        if _SCHEMES.fullmatch(match[1]) and is_value(match[2]) and len(match[2]) >= LEAST - 2:
            yield Value("url", f"password in a URL ({match[1]})", "", *match.span(2))
