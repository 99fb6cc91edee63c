"""Secrets in files, as facts without values.

A part of the examiner: of a file that holds secrets it gives the fact
``secrets``, a list of maps:

``kind``    which rule it is for (``private-key``, ``npmrc``, ``token``, …)
``what``    what it is, in words
``name``    the variable, account or machine it belongs to, ``""`` without one
``at``      byte offset, ``line`` from 1, ``length`` in bytes
``start``   the first 4 characters of tokens whose beginning is their kind's
``sha``     the first 8 hexadecimal digits of the SHA-256 of long values
``test``    whether the path is one of tests, examples or documentation
``weak``    whether it is half a secret only, an encrypted one or made up
``more``    on the last, how many more there are

Of values there is nothing else.  Path and content both have to speak of a
secret; the lists of paths follow trivy's and gitleaks' allow lists.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from layerlens.analysis.contents import secretfiles
from layerlens.analysis.contents.secretfiles import Find, Value
from layerlens.image.lazypattern import LazyPattern
from layerlens.image.tokens import AWS_KEY_ID, KEY_BLOCK, SHAPES, made_up, tokens_in

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

MAX_SIZE = 2 << 20
"""Bytes of a file that is looked into."""

MAX_HITS = 20
"""Secrets that are told of one file."""

_TEXT_HEAD = 8192
"""Where a NUL byte says that a file is no text."""

_RC = {
    b".npmrc": secretfiles.npmrc,
    b".yarnrc": secretfiles.npmrc,
    b".yarnrc.yml": secretfiles.yarnrc,
    b".pypirc": secretfiles.pypirc,
    b"pip.conf": secretfiles.pypirc,
    b".netrc": secretfiles.netrc,
    b"_netrc": secretfiles.netrc,
    b".git-credentials": secretfiles.git_credentials,
    b".gitconfig": secretfiles.git_credentials,
    b".dockercfg": secretfiles.docker_config,
}
"""Files that are looked into wherever they lie."""

_HISTORIES = frozenset(
    b".bash_history .zsh_history .ash_history .sh_history .history .python_history .mysql_history"
    b" .psql_history .node_repl_history .rediscli_history .dbshell".split()
)
_STRONG = frozenset([*_RC, *_HISTORIES, b".env", b"id_rsa", b"id_dsa", b"id_ecdsa", b"id_ed25519"])

_OUT_ROOTS = (
    b"usr/lib", b"usr/share/", b"usr/include/", b"usr/local/lib/python", b"usr/local/lib/node_modules/",
    b"usr/local/lib/ruby/", b"usr/local/lib/perl", b"usr/local/include/", b"usr/local/share/",
    b"usr/local/go/", b"usr/local/rustup/", b"usr/local/cargo/registry/", b"usr/bin/", b"usr/sbin/",
    b"usr/src/linux", b"usr/games/", b"lib/", b"lib32/", b"lib64/", b"libx32/", b"bin/", b"sbin/",
    b"boot/", b"var/lib/dpkg/", b"var/lib/apt/", b"var/lib/rpm/", b"var/cache/", b"go/pkg/mod/",
    b"root/go/pkg/", b"root/.cache/", b"root/.cargo/registry/", b"opt/conda/", b"opt/java/",
    b"nix/store/", b"proc/", b"sys/",
)  # fmt: skip
_OUT_ENDS = frozenset(
    b".png .jpg .jpeg .gif .ico .bmp .webp .svg .tif .tiff .psd .mp3 .mp4 .avi .mov .ogg .wav .webm"
    b" .woff .woff2 .ttf .otf .eot .pdf .doc .docx .xls .xlsx .ppt .pptx .odt"
    b" .zip .gz .tgz .bz2 .tbz .xz .txz .zst .lz4 .7z .rar .tar .jar .war .ear .whl .egg .deb .rpm"
    b" .apk .gem .nupkg .so .a .o .ko .lo .la .dll .exe .dylib .pyd .pyc .pyo .class .wasm .node"
    b" .md .rst .html .htm .xhtml .css .scss .less .map .mo .po .pot .h .hpp .hh .hxx .d.ts .pyi"
    b" .pod .pm .pl .1 .2 .3 .4 .5 .7 .8 .db .sqlite .sqlite3 .bin .dat .pkl .npy .npz .pt .onnx"
    b" .safetensors .parquet .arrow .h5 .log .tex .lock .sum .csv .tsv .crt .cer .crl .pub".split()
)
_OUT_NAMES = frozenset(
    b"package-lock.json npm-shrinkwrap.json pnpm-lock.yaml composer.lock Pipfile.lock go.sum"
    b" .package-lock.json .DS_Store RECORD METADATA".split()
)
_OUT_TREES = (
    b"site-packages/", b"dist-packages/", b"/vendor/", b"/.git/", b"__pycache__/", b"/.cache/",
    b".dist-info/",
    b"/lib/python3.", b"/lib/python2.",
)  # fmt: skip

_KEYSTORES = LazyPattern(rb".*\.(?:jks|p12|pfx|keystore|kdbx)", re.DOTALL)
_KEYSTORE_FREE = LazyPattern(rb"(?:.*/)?(?:lib/security/cacerts|[^/]*truststore[^/]*)", re.DOTALL)
_TEST_PATH = LazyPattern(
    rb"(?:^|/)(?:[^/]*[-_])?(?:tests?|testing|testdata|test-data|certdata|__tests__|specs?|examples?|docs?|"
    rb"documentation|fixtures?|samples?|mocks?|demos?)(?:[-_][^/]*)?/|[^/]*(?:example|sample|template|\.dist)[^/]*\Z",
    re.IGNORECASE,
)
_ENV = LazyPattern(
    rb"(?:.*/)?(?:\.env(?:\.[^/]+)?|[^/]+\.env|secrets?\.(?:ya?ml|json|toml)|credentials\.(?:json|xml|ya?ml))",
    re.DOTALL,
)
_ENV_EXAMPLE = LazyPattern(
    rb".*\.(?:example|sample|template|dist|tmpl|tpl|test|defaults?|vault|enc|schema)(?:\.[^/]*)?\Z",
    re.DOTALL,
)
_ENV_FILE = LazyPattern(rb"(?:.*/)?(?:\.env(?:\.[^/]+)?|[^/]+\.env)", re.DOTALL)
_CONFIG_LIKE = LazyPattern(
    rb".*\.(?:conf|cfg|cnf|ini|toml|ya?ml|json|properties|env|sh|bash|xml|tfvars|tfstate|config|env\.[^/]+)",
    re.DOTALL,
)

_PATHS: tuple[tuple[bytes, Find], ...] = (
    (rb"\.aws/(?:credentials|config)", secretfiles.aws),
    (rb"(?:\.docker|kaniko/\.docker)/config\.json", secretfiles.docker_config),
    (rb"(?:uv/)?uv\.toml|poetry/auth\.toml|pypoetry/auth\.toml", secretfiles.pypirc),
    (rb"\.git/config", secretfiles.git_credentials),
    (rb"\.kube/config|[^/]*kubeconfig[^/]*", secretfiles.kubeconfig),
    (rb"\.azure/[^/]+", secretfiles.azure),
    (rb"[^/]+\.json|\.config/gcloud/.*", secretfiles.gcp),
    (rb"etc/shadow-?", secretfiles.shadow),
    (
        rb"wp-config\.php|settings\.py|config/(?:secrets|local|production)\.(?:py|php)",
        secretfiles.literals("web-config", "secret"),
    ),
    (
        rb"database\.ya?ml|application[^/]*\.(?:ya?ml|properties)|[^/]+\.tfvars|[^/]+\.ovpn",
        secretfiles.settings("web-config", "secret"),
    ),
    (
        rb"terraform\.tfstate[^/]*",
        secretfiles.literals("web-config", "secret"),
    ),
)
"""Ends of paths, and what to look for in such files."""
_PLACES = tuple(
    (LazyPattern(rb"(?:.*/)?(?:" + path + rb")", re.DOTALL), find) for path, find in _PATHS
)
_ANY_PLACE = LazyPattern(
    rb"(?:.*/)?(?:" + b"|".join(path for path, _ in _PATHS) + rb")", re.DOTALL
)  # fmt: skip
"""Most files are none of these, which one expression tells sooner than ten."""
_MASTER_KEY = LazyPattern(rb"(?:.*/)?config/(?:master|credentials/[^/]+)\.key", re.DOTALL)
_env_settings = secretfiles.settings("env-file", "secret")
_env_literals = secretfiles.literals("env-file", "secret")

_KEY_BLOCK = LazyPattern(KEY_BLOCK.encode())
_TOKEN_KINDS = {"Azure storage key": "azure", "npm token": "npmrc", "PyPI token": "pypirc"}
"""Tokens that a rule of their own is about."""
_HOST_KEY = LazyPattern(rb"(?:.*/)?etc/ssh/ssh_host_[^/]*_key", re.DOTALL)
_HEX_KEY = LazyPattern(rb"[0-9a-f]{32}\s*")


def wants(name: bytes, size: int) -> bool:
    """Whether a file may hold secrets: by its name, for it is asked of every entry."""
    if size > MAX_SIZE:
        return False
    if name.startswith(_OUT_ROOTS) or b"node_modules/" in name:
        last = name[name.rfind(b"/") + 1 :]
        return last in _STRONG and (last != b".env" or b"node_modules/" not in name)
    last = name[name.rfind(b"/") + 1 :]
    dot = last.rfind(b".")
    if dot > 0 and last[dot:] in _OUT_ENDS:
        return False
    for tree in _OUT_TREES:
        if tree in name:
            return (last in _STRONG and last != b".env") or name.endswith(b".git/config")
    return last not in _OUT_NAMES


def is_quiet(directory: bytes) -> bool:
    """Whether only files of few names are looked into below a directory (with its slash)."""
    return (
        directory.startswith(_OUT_ROOTS)
        or b"node_modules/" in directory
        or any(tree in directory for tree in _OUT_TREES)
    )


def scan(name: bytes, data: bytes) -> Mapping[str, Any]:
    """The fact ``secrets`` of a file, or nothing."""
    hits = _Hits(name, data)
    if b"\0" in data[:_TEXT_HEAD]:
        if _KEYSTORES.fullmatch(name) and not _KEYSTORE_FREE.fullmatch(name):
            hits.add(Value("keystore", "key store", "", 0, 0))
        return hits.facts()
    last = name[name.rfind(b"/") + 1 :]
    find = _RC.get(last)
    if find is not None:
        hits.look(find)
    elif last in _HISTORIES:
        hits.look(secretfiles.history)
    else:
        if _ANY_PLACE.fullmatch(name):
            for pattern, each in _PLACES:
                if pattern.fullmatch(name):
                    hits.look(each)
        if _ENV.fullmatch(name) and not _ENV_EXAMPLE.fullmatch(name):
            _env_file(hits, name)
        if _MASTER_KEY.fullmatch(name) and _HEX_KEY.fullmatch(data):
            hits.add(Value("web-config", "Rails master key", "", 0, len(data.rstrip())))
    if _signs().find_matches_as_indexes(data):
        _keys(hits, name, data)
        _tokens(hits, data)
        if b"_access_key" in data or b"_ACCESS_KEY" in data:
            hits.look(secretfiles.aws)
    if b"://" in data and (_CONFIG_LIKE.fullmatch(name) or _ENV.fullmatch(name)):
        hits.look(secretfiles.urls)
    return hits.facts()


@cache
def _signs() -> BytesAhoCorasick:
    """Words of which any secret that stands anywhere has one: most files have none at all."""
    from ahocorasick_rs import BytesAhoCorasick

    words = [b"PRIVATE KEY", b"_access_key", b"_ACCESS_KEY"]
    words += [mark.encode() for shape in SHAPES for mark in shape.marks]
    return BytesAhoCorasick(words)


class _Hits:
    """What was found in one file so far; of places that overlap the first speaks."""

    def __init__(self, name: bytes, data: bytes) -> None:
        self.name = name
        self.data = data
        self.found: list[dict[str, Any]] = []
        self.more = 0
        self._taken: list[tuple[int, int]] = []
        self._text: str | None = None

    def look(self, find: Find) -> None:
        if self._text is None:
            self._text = self.data.decode("latin-1")
        for value in find(self._text):
            self.add(value)

    def add(self, value: Value, *, start: bool = False, encrypted: bool = False) -> None:
        """Take over a place; the value itself is only hashed."""
        if any(value.start < end and begin < value.end for begin, end in self._taken):
            return
        if len(self.found) >= MAX_HITS:
            self.more += 1
            return
        self._taken.append((value.start, value.end))
        content = self.data[value.start : value.end]
        hit: dict[str, Any] = {
            "kind": value.kind,
            "what": value.what,
            "name": value.name[:80],
            "at": value.start,
            "line": self.data.count(b"\n", 0, value.start) + 1,
            "length": len(content),
            "start": content[:4].decode("latin-1") if start and len(content) >= 20 else "",
            "sha": hashlib.sha256(content).hexdigest()[:8] if len(content) >= 12 else "",
            "test": _TEST_PATH.search(self.name) is not None,
            "weak": value.weak,
        }
        if encrypted:
            hit["encrypted"] = True
        self.found.append(hit)

    def facts(self) -> dict[str, Any]:
        if not self.found:
            return {}
        if self.more:
            self.found[-1]["more"] = self.more
        return {"secrets": self.found}


def _env_file(hits: _Hits, name: bytes) -> None:
    """A file of settings for an environment; one without secrets is still told."""
    before = len(hits.found)
    if name.endswith((b".json", b".xml")):
        hits.look(_env_literals)
    else:
        hits.look(_env_settings)
    if len(hits.found) == before and _ENV_FILE.fullmatch(name):
        hits.add(Value("env-file-present", "env file", "", 0, 0, weak=True))


def _keys(hits: _Hits, name: bytes, data: bytes) -> None:
    """Private keys whose body is one; templates in source code have none."""
    if b"PRIVATE KEY" not in data:
        return
    kind = "ssh-host-key" if _HOST_KEY.fullmatch(name) else "private-key"
    for match in _KEY_BLOCK.finditer(data):
        encrypted = _key_state(match["what"], match["body"])
        if encrypted is None:
            continue
        what = f"{match['what'].decode()}private key".replace("ENCRYPTED ", "")
        value = Value(kind, what, "", match.start(), match.end(), encrypted)
        hits.add(value, encrypted=encrypted)


def _key_state(what: bytes, body: bytes) -> bool | None:
    """Whether a key is encrypted; ``None`` if it is no key at all."""
    body = body.replace(b"\\n", b"\n").replace(b"\\r", b"")
    headers, _, rest = body.partition(b"\n\n")
    if b":" in headers:
        body = rest
    else:
        headers = b""
    lines = [line.strip(b" \t\r\"',+\\") for line in body.split(b"\n")]
    encoded = b"".join(line for line in lines if line and not line.startswith(b"="))
    if len(encoded) < 64:
        return None
    try:
        key = binascii.a2b_base64(encoded, strict_mode=True)
    except (ValueError, binascii.Error):
        return None
    if b"ENCRYPTED" in what or b"ENCRYPTED" in headers:
        return True
    if key.startswith(b"openssh-key-v1\0"):
        # openssh's PROTOCOL.key: the name of the cipher follows as a string.
        return not key.startswith(b"\0\0\0\x04none", 15)
    return False


def _tokens(hits: _Hits, data: bytes) -> None:
    """Tokens of known shape, wherever they are."""
    for what, start, end in tokens_in(data):
        token = data[start:end].decode("latin-1")
        if what != AWS_KEY_ID:
            kind = _TOKEN_KINDS.get(what, "token")
            hits.add(Value(kind, what, "", start, end, made_up(token)), start=True)
        elif not token.endswith("EXAMPLE"):
            hits.add(Value("aws", what, "", start, end, weak=True))
