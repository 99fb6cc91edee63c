"""When the support of distributions and languages ends.

Dates are those that the projects publish for their own, free security support
(of Debian: the end of its long term support; of Ubuntu: of standard support).
Releases whose date is not settled are not listed, and so never judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

_DISTRIBUTIONS: Mapping[str, Mapping[str, str]] = {
    "debian": {
        "7": "2018-05-31", "8": "2020-06-30", "9": "2022-06-30", "10": "2024-06-30",
        "11": "2026-08-31", "12": "2028-06-30", "13": "2030-06-30",
    },
    "ubuntu": {
        "14.04": "2019-04-30", "16.04": "2021-04-30", "18.04": "2023-05-31", "20.04": "2025-05-31",
        "22.04": "2027-04-30", "22.10": "2023-07-20", "23.04": "2024-01-25", "23.10": "2024-07-11",
        "24.10": "2025-07-10",
    },
    "alpine": {
        "3.8": "2020-05-01", "3.9": "2020-11-01", "3.10": "2021-05-01", "3.11": "2021-11-01",
        "3.12": "2022-05-01", "3.13": "2022-11-01", "3.14": "2023-05-01", "3.15": "2023-11-01",
        "3.16": "2024-05-23", "3.17": "2024-11-22", "3.18": "2025-05-09", "3.19": "2025-11-01",
        "3.20": "2026-04-01", "3.21": "2026-11-01", "3.22": "2027-05-01",
    },
    "fedora": {
        "35": "2022-12-13", "36": "2023-05-16", "37": "2023-12-05", "38": "2024-05-21",
        "39": "2024-11-26", "40": "2025-05-13",
    },
    "centos": {"6": "2020-11-30", "7": "2024-06-30", "8": "2021-12-31"},
    "centos stream": {"8": "2024-05-31", "9": "2027-05-31"},
    "rocky": {"8": "2029-05-31", "9": "2032-05-31"},
    "almalinux": {"8": "2029-03-01", "9": "2032-05-31"},
    "amzn": {"2018.03": "2023-12-31", "2": "2026-06-30"},
}  # fmt: skip

_LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "Node.js": {
        "8": "2019-12-31", "10": "2021-04-30", "12": "2022-04-30", "13": "2020-06-01",
        "14": "2023-04-30", "15": "2021-06-01", "16": "2023-09-11", "17": "2022-06-01",
        "18": "2025-04-30", "19": "2023-06-01", "20": "2026-04-30", "21": "2024-06-01",
        "22": "2027-04-30", "23": "2025-06-01", "24": "2028-04-30",
    },
    "Python": {
        "2.7": "2020-01-01", "3.5": "2020-09-30", "3.6": "2021-12-23", "3.7": "2023-06-27",
        "3.8": "2024-10-07", "3.9": "2025-10-31", "3.10": "2026-10-31", "3.11": "2027-10-31",
        "3.12": "2028-10-31", "3.13": "2029-10-31",
    },
    "Go": {
        "1.16": "2022-03-15", "1.17": "2022-08-02", "1.18": "2023-02-01", "1.19": "2023-08-08",
        "1.20": "2024-02-06", "1.21": "2024-08-13", "1.22": "2025-02-11", "1.23": "2025-08-12",
    },
    "PHP": {
        "5.6": "2018-12-31", "7.1": "2019-12-01", "7.2": "2020-11-30", "7.3": "2021-12-06",
        "7.4": "2022-11-28", "8.0": "2023-11-26", "8.1": "2025-12-31", "8.2": "2026-12-31",
        "8.3": "2027-12-31", "8.4": "2028-12-31",
    },
    "Ruby": {
        "2.5": "2021-04-05", "2.6": "2022-04-12", "2.7": "2023-03-31", "3.0": "2024-04-23",
        "3.1": "2025-03-26", "3.2": "2026-03-31", "3.3": "2027-03-31",
    },
    # Of releases with long term support each vendor has dates of its own.
    "Java": {
        "10": "2018-09-25", "16": "2021-09-14", "18": "2022-09-20", "19": "2023-03-21",
        "20": "2023-09-19", "22": "2024-09-17", "23": "2025-03-18", "24": "2025-09-16",
    },
    ".NET": {
        "3.1": "2022-12-13", "5.0": "2022-05-10", "6.0": "2024-11-12", "7.0": "2024-05-14",
        "8.0": "2026-11-10",
    },
}  # fmt: skip


def distribution_end(name: str, version: str) -> date | None:
    """When a distribution's release ends; ``name`` and ``version`` as in os-release(5)."""
    return _end(_DISTRIBUTIONS.get(name.lower(), {}), version)


def language_end(name: str, version: str) -> date | None:
    """When a line of a language ends; ``version`` may be longer than the line's."""
    return _end(_LANGUAGES.get(name, {}), version)


def _end(table: Mapping[str, str], version: str) -> date | None:
    parts = re.findall(r"\d+", version)
    for count in (2, 1):
        found = table.get(".".join(parts[:count])) if parts else None
        if found is not None:
            return date.fromisoformat(found)
    return None


def day(created: str | None) -> date | None:
    """The day of a time of RFC 3339; ``None`` for none, and for the made-up ones of old builders.

    Reproducible builds set 1970 or 1980.
    """
    try:
        found = date.fromisoformat((created or "")[:10])
    except ValueError:
        return None
    return found if found.year >= 2013 else None
