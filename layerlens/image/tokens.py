"""Shapes of credentials that give themselves away: tokens with a prefix of their issuer, keys.

The shapes are those that the issuers document and that secret scanners share
(gitleaks and trivy name them likewise).  Every pattern is linear: no
repetition stands inside another one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

SHAPES: tuple[tuple[str, str], ...] = (
    ("GitHub token", r"gh[pousr]_[0-9A-Za-z]{36,255}"),
    ("GitHub token", r"github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}"),
    ("GitLab token", r"glpat-[0-9A-Za-z_.-]{20,300}"),
    ("Slack token", r"xox[baprs]-[0-9]{6,14}-[0-9A-Za-z-]{10,250}"),
    ("Stripe key", r"[rs]k_(?:live|prod)_[0-9A-Za-z]{16,250}"),
    ("Google API key", r"AIza[0-9A-Za-z_-]{35}"),
    ("Hugging Face token", r"hf_[A-Za-z]{34}"),
    ("OpenAI key", r"sk-(?:(?:proj|svcacct|admin)-)?[0-9A-Za-z_-]{20,200}?T3BlbkFJ[0-9A-Za-z_-]{20,200}"),
    ("Anthropic key", r"sk-ant-[a-z]+[0-9]{2}-[0-9A-Za-z_-]{80,120}"),
    ("RubyGems key", r"rubygems_[0-9a-f]{48}"),
    ("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    ("SendGrid key", r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}"),
    ("Vault token", r"hv[sb]\.[0-9A-Za-z_-]{24,300}"),
    ("age key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("npm token", r"npm_[0-9A-Za-z]{36}"),
    ("PyPI token", r"pypi-AgE[0-9A-Za-z_-]{60,300}"),
    ("AWS access key id", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    ("Azure storage key", r"(?<=AccountKey=)[0-9A-Za-z+/]{86}=="),
)  # fmt: skip
"""(what it is, pattern) of tokens that stand alone."""

AWS_KEY_ID = "AWS access key id"
"""A shape that is no secret by itself: it names the account's key."""

TOKEN = "|".join(rf"(?P<t{i}>{pattern})" for i, (_, pattern) in enumerate(SHAPES))
TOKEN = rf"(?<![0-9A-Za-z_/+-])(?:{TOKEN})(?![0-9A-Za-z])"

KEY_BLOCK = (
    r"-----BEGIN (?P<what>(?:[A-Z0-9]{2,12} ){0,2})PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<body>[^-]{1,65536}(?:-[^-]{1,4096}){0,8})"
    r"-----END (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY"
)
"""A private key in text (RFC 7468, RFC 4716, PGP's armor), with real or escaped line breaks."""

_TOKEN = re.compile(TOKEN, re.ASCII)
_MARKS = re.compile(
    r"gh[pousr]_|github_pat_|glpat-|xox|k_(?:live|prod)_|AIza|hf_|T3BlbkFJ|sk-ant-|rubygems_|_v1_|"
    r"SG\.|hv[sb]\.|AGE-S|npm_|pypi-|A[KSBC][IC]A|AccountKey="
)
_STOP_WORDS = re.compile(r"example|x{4,}|0123456789abc|changeme|dummy|0{8,}|1{8,}", re.IGNORECASE)


class Token(NamedTuple):
    """A token in a text: what it is and where."""

    what: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All tokens of known shape."""
    if _MARKS.search(text) is None:
        return []
    return [token_of(match) for match in _TOKEN.finditer(text)]


def token_of(match: re.Match[str] | re.Match[bytes]) -> Token:
    """The token that a match of :data:`TOKEN` found."""
    return Token(SHAPES[int((match.lastgroup or "t0")[1:])][0], match.start(), match.end())


def entropy(value: Iterable[object]) -> float:
    """Shannon entropy of the characters, in bits each."""
    counts = Counter(value)
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) if total else 0.0


def made_up(value: str) -> bool:
    """Whether a token looks like one of a manual: a stop-word in it, or too regular to be random."""
    return bool(_STOP_WORDS.search(value)) or entropy(value) < 3.0
