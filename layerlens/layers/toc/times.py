"""Times of a table of contents (RFC 3339, as Go writes them) as a tar has them."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,18}))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_DAY = 86400
_UNSET = "0001-01-01T00:00:00Z"  # Go's zero time, which it writes to a tar as 0


@lru_cache(maxsize=4096)
def seconds(text: str) -> int | float:
    """Seconds since the epoch of an RFC 3339 time, an ``int`` where they are whole.

    Raises ``ValueError``.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    if text == _UNSET:
        return 0
    whole, fraction, zone = match.groups()
    elapsed = datetime.fromisoformat(whole + zone) - _EPOCH
    number = elapsed.days * _DAY + elapsed.seconds
    fraction = (fraction or "").rstrip("0")
    return float(Decimal(number) + Decimal(f"0.{fraction}")) if fraction else number
