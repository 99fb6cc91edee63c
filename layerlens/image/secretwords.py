"""Which names speak of secrets, and which values may be ones.

The words are those of BuildKit's check ``SecretsUsedInArgOrEnv`` and of
trivy's DS-0031, with what keeps them from flagging settings *about* secrets:
``TOKEN_TTL``, ``GPG_KEY`` with a fingerprint, ``PASSWORD_FILE``.
"""

from __future__ import annotations

import re

REDACTED = "[redacted]"
"""What stands where a secret's value was."""

LEAST = 6
"""Characters that a value has at least to be told as a secret."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^A-Z0-9]+")
_SECRET = re.compile(
    r"(?:^|_)(?:API_?KEYS?|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|AUTH|AUTHORIZATION|CREDENTIALS?|"
    r"CREDS?|KEY|PASS|PASSWORDS?|PASSWD|PASSPHRASE|PASSCODE|PW|PWORD|PSW|SECRETS?|TOKENS?)(?:_|$)|"
    r"(?:PASSWORD|PASSWD|PASSPHRASE|APIKEY|SECRETKEY|ACCESSKEY|PRIVATEKEY|AUTHTOKEN|ACCESSTOKEN|"
    r"CLIENTSECRET)(?:_|$)|[A-Z0-9]_PWD$"
)
_ABOUT = re.compile(
    r"(?:^|_)(?:PUBLIC|PUB|FILE|VERSION|KEYRING|STDIN|SOCK|STORE_DIR)(?:_|$)|"
    r"_(?:PATH|PATHS|DIR|DIRECTORY|URL|URI|ENDPOINT|HOST|PORT|TYPE|TTL|LENGTH|LEN|SIZE|COUNT|ALG|"
    r"ALGORITHM|METHOD|MODE|TIMEOUT|NAME|PREFIX|SUFFIX|HEADER|PROVIDER|ENABLED|DISABLED|REQUIRED|"
    r"REGION|POLICY|BACKEND|FORMAT|LIFETIME|EXPIRY|EXPIRES|EXPIRATION|DURATION|INTERVAL|ROTATION|"
    r"USER|USERNAME|LIMIT|SCOPE|SCOPES|ISSUER|AUDIENCE)$|"
    r"(?:^|_)(?:MAX|MIN|NUM|NO|DISABLE|ENABLE|REQUIRE|ALLOW|EMPTY|RANDOM|SORT|PRIMARY|FOREIGN|"
    r"PARTITION|CACHE)_(?:\w+_)?(?:AUTH|KEY|PASS|PASSWORD|SECRET|TOKENS?)$"
)
_KEY_ID = re.compile(r"_?KEY_?ID$")
_SIGNER = re.compile(r"(?:^|_)(?:GPG|PGP|FINGERPRINT|RELEASE|SIGNING|GNUPG)(?:_|$)")
_FINGERPRINT = re.compile(r"(?:0x)?[0-9A-Fa-f]{8,64}(?:[\s,]+(?:0x)?[0-9A-Fa-f]{8,64})*")

_NOTHING = re.compile(
    r"\d{1,7}|true|false|yes|no|on|off|none|null|nil|undefined|default|auto|trust|md5|"
    r"scram-sha-256|enabled?|disabled?|change[-_ ]?(?:me|it|this)!?|(?:an?[-_ ])?example|sample|"
    r"dummy|test|testing|todo|fixme|replace[-_ ]?me|placeholder|redacted|your[-_ ].*|x{3,}|"
    r"\*+|\.{2,}|-+|<.*>|\[[^\]]*\]|\{\{.*\}\}|%\w+%|@\w+@|password|passwd|pass|secret|token|key|"
    r"apikey|api[-_]key|user|username|user:pass(?:word)?|username:password|required|optional",
    re.IGNORECASE | re.DOTALL,
)
_REFERENCE = re.compile(r"\\?\$|[^$]*\$[({]|[^`]*`|[^%]*%\(|<<")
_PATTERN = re.compile(r"\.[*+]|\[\^|\\[(sSwWd]|\(\?|\^|%s|\{\}")
_PATH = re.compile(
    r"(?:~|\.{1,2})?/[a-z][a-z0-9_.-]{0,40}(?:/[\w.@ +-]*)*|[A-Za-z]:\\.*|"
    r"[\w.-]{1,60}(?:/[\w.-]{1,60}){0,9}\.(?:pem|key|json|crt|cer|txt|ya?ml|env|conf|ini|cfg|p12|jks|"
    r"gpg|asc|pub|properties|toml|xml|sock|tar|gz|tgz|zip|sh|py|js|rb|php|bak|old|dist)|"
    r"[A-Za-z][A-Za-z0-9+.-]{1,20}:///?[^@\s]*|file:.*"
)  # fmt: skip


def words_of(name: str) -> str:
    """A name in capitals with its words apart: ``apiKey``, ``api-key`` -> ``API_KEY``."""
    return _OTHER.sub("_", _CAMEL.sub("_", name[-200:]).upper()).strip("_")


def is_secret_name(name: str) -> bool:
    """Whether a variable, label or option of this name holds a secret."""
    words = words_of(name)
    return _SECRET.search(words) is not None and _ABOUT.search(words) is None


def is_identifier(name: str) -> bool:
    """Whether it is the public half of a pair: ``AWS_ACCESS_KEY_ID``."""
    return _KEY_ID.search(words_of(name)) is not None


def is_value(value: str) -> bool:
    """Whether it may be a secret: no reference to one, no path, no switch, no placeholder."""
    value = value.strip().strip("\"'").strip()
    if not value or len(value) > 65_536:
        return bool(value)
    return not (
        _REFERENCE.match(value)
        or _PATTERN.match(value)
        or _NOTHING.fullmatch(value)
        or (len(value) < 1024 and _PATH.fullmatch(value))
    )


def hides(name: str, value: str) -> bool:
    """Whether outputs keep the value of a variable to themselves."""
    if not is_secret_name(name) or not is_value(value):
        return False
    return not (_SIGNER.search(words_of(name)) and _FINGERPRINT.fullmatch(value.strip()))


def is_secret(name: str, value: str) -> bool:
    """Whether name and value together are a secret in the open."""
    return len(value.strip().strip("\"'")) >= LEAST and hides(name, value)
