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

from layerlens.image.lazypattern import LazyPattern


class Shape(NamedTuple):
    """A kind of token.

    ``marks`` are literals of which each token has one, so that a quick search
    tells most texts apart; ``run`` says that a token has 20 letters and digits
    without a break.  A group of ``pattern``, where it has one, is the secret.
    """

    what: str
    marks: tuple[str, ...]
    pattern: str
    run: bool = False


SHAPES = (
    Shape("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[0-9A-Za-z]{36,255}", True),
    Shape("GitHub token", ("github_pat_",), r"github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}", True),
    Shape("GitLab token", ("glpat-",), r"glpat-[0-9A-Za-z_.-]{20,300}"),
    Shape("Slack token", ("xox",), r"xox[baprs]-[0-9]{6,14}-[0-9A-Za-z-]{20,250}", True),
    Shape("Stripe key", ("k_live_", "k_prod_"), r"[rs]k_(?:live|prod)_[0-9A-Za-z]{20,250}", True),
    Shape("Google API key", ("AIza",), r"AIza[0-9A-Za-z_-]{35}"),
    Shape("Hugging Face token", ("hf_",), r"hf_[A-Za-z]{34}", True),
    Shape(
        "OpenAI key", ("T3BlbkFJ",),
        r"sk-(?:(?:proj|svcacct|admin)-)?[0-9A-Za-z_-]{20,200}?T3BlbkFJ[0-9A-Za-z_-]{20,200}",
    ),
    Shape("Anthropic key", ("sk-ant-",), r"sk-ant-[a-z]{2,8}[0-9]{2}-[0-9A-Za-z_-]{80,120}"),
    Shape("RubyGems key", ("rubygems_",), r"rubygems_[0-9a-f]{48}", True),
    Shape("DigitalOcean token", ("_v1_",), r"do[opr]_v1_[0-9a-f]{64}", True),
    Shape("SendGrid key", ("SG.",), r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}"),
    Shape("Vault token", ("hvs.", "hvb."), r"hv[sb]\.[0-9A-Za-z_-]{24,300}"),
    Shape("age key", ("AGE-SECRET",), r"AGE-SECRET-KEY-1[0-9A-Z]{58}", True),
    Shape("npm token", ("npm_",), r"npm_[0-9A-Za-z]{36}", True),
    Shape("PyPI token", ("pypi-AgE",), r"pypi-AgE[0-9A-Za-z_-]{60,300}"),
    Shape("AWS access key id", ("AKIA", "ASIA", "ABIA", "ACCA"), r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}", True),
    Shape("Azure storage key", ("AccountKey=",), r"AccountKey=([0-9A-Za-z+/]{86}==)"),
)  # fmt: skip
"""Tokens that stand alone."""

AWS_KEY_ID = "AWS access key id"
"""A shape that is no secret by itself: it names the account's key."""

KEY_BLOCK = (
    r"-----BEGIN (?P<what>(?:[A-Z0-9]{2,12} ){0,2})PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<body>[^-]{1,65536}(?:-[^-]{1,4096}){0,8})"
    r"-----END (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY"
)
"""A private key in text (RFC 7468, RFC 4716, PGP's armor), with real or escaped line breaks."""

_AFTER = r"(?![0-9A-Za-z])"
_TEXT = [(shape, shape.marks, LazyPattern(shape.pattern + _AFTER, re.ASCII)) for shape in SHAPES]
_FOLD = bytes.maketrans(b"ousrbKSBCI", b"pppppKKKKK")
_FOLDED = {"ghp_": b"ghp_", "AKIA": b"AKKA", "hvs.": b"hvp."}
"""First mark of a shape with several -> the one that all of them are after ``_FOLD``."""
_BYTES = [
    (
        shape,
        _FOLDED.get(shape.marks[0]),
        tuple(mark.encode() for mark in shape.marks),
        LazyPattern((shape.pattern + _AFTER).encode()),
    )
    for shape in SHAPES
]
_BYTES_ANYWHERE = [each for each in _BYTES if not each[0].run]
_WORD_BEFORE = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_RUNS = bytes(0x61 if code < 128 and chr(code).isalnum() else 0x20 for code in range(256))
_RUN = b"a" * 20
_STOP_WORDS = LazyPattern(r"example|x{4,}|0123456789abc|changeme|dummy|0{8,}|1{8,}", re.IGNORECASE)


class Token(NamedTuple):
    """A token in a text: what it is and where."""

    what: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All tokens of known shape."""
    found = []
    for shape, marks, pattern in _TEXT:
        if any(mark in text for mark in marks):
            for match in pattern.finditer(text):
                before = text[match.start() - 1 : match.start()]
                if not before or ord(before) not in _WORD_BEFORE:
                    found.append(Token(shape.what, *match.span(match.lastindex or 0)))
    return found


def tokens_in(data: bytes) -> list[Token]:
    """All tokens of known shape in a file; quick on those that have none."""
    found = []
    # One search in a translation spares those for all the shapes that have a run,
    # and another translation makes one mark out of many.
    shapes = _BYTES if _RUN in data.translate(_RUNS) else _BYTES_ANYWHERE
    folded = data.translate(_FOLD)
    for shape, one, marks, pattern in shapes:
        if one is not None:
            if one not in folded:
                continue
        elif marks[0] not in data and (len(marks) == 1 or marks[1] not in data):
            continue
        for match in pattern.finditer(data):
            start = match.start()
            if not start or data[start - 1] not in _WORD_BEFORE:
                found.append(Token(shape.what, *match.span(match.lastindex or 0)))
    return found


def entropy(value: Iterable[object]) -> float:
    """Shannon entropy of the characters, in bits each."""
    counts = Counter(value)
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) if total else 0.0


def made_up(value: str) -> bool:
    """Whether a token looks like one of a manual: a stop-word in it, or too regular to be random."""
    return bool(_STOP_WORDS.search(value)) or entropy(value) < 3.0
