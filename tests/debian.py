"""Debian systems in code: packages, and the files that dpkg and apt would write for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.members import Member, file

STATUS = "var/lib/dpkg/status"
EXTENDED = "var/lib/apt/extended_states"


@dataclass(frozen=True)
class Deb:
    """One package; ``files`` maps its paths to their sizes, ``auto`` marks it as apt's own choice.

    ``needs``, ``likes``, ``provides`` are written as they stand.
    """

    name: str
    files: Mapping[str, int] = field(default_factory=dict)
    needs: str = ""
    likes: str = ""
    provides: str = ""
    version: str = "1.0"
    arch: str = "amd64"
    auto: bool = False
    priority: str = "optional"
    essential: bool = False
    state: str = "install ok installed"
    qualified: bool = False

    @property
    def paragraph(self) -> str:
        """Its paragraph of dpkg's status."""
        rows = {
            "Package": self.name,
            "Status": self.state,
            "Essential": "yes" if self.essential else "",
            "Priority": self.priority,
            "Installed-Size": str(-(-sum(self.files.values()) // 1024)),
            "Architecture": self.arch,
            "Version": self.version,
            "Provides": self.provides,
            "Depends": self.needs,
            "Recommends": self.likes,
            "Description": f"what {self.name} is\n about, in lines of\n .\n their own: three",
        }
        return "".join(f"{key}: {value}\n" for key, value in rows.items() if value)

    @property
    def list_name(self) -> str:
        """The path of its list of files."""
        name = f"{self.name}:{self.arch}" if self.qualified else self.name
        return f"var/lib/dpkg/info/{name}.list"


def databases(*packages: Deb, extended: bool = True) -> list[Member]:
    """The status and lists of dpkg, and the extended states of apt."""
    members = [file(STATUS, "\n".join(each.paragraph for each in packages))]
    for each in packages:
        rows = ["/.", "/usr", *(f"/{path}" for path in each.files)]
        members.append(file(each.list_name, "\n".join(rows) + "\n"))
    if extended:
        arch = "amd64"
        rows = [
            f"Package: {each.name}\nArchitecture: {arch}\nAuto-Installed: 1\n"
            for each in packages
            if each.auto
        ]
        members.append(file(EXTENDED, "\n".join(rows) or "\n"))
    return members


def contents(packages: Iterable[Deb]) -> list[Member]:
    """The packages' files, each with bytes of its own."""
    return [
        file(path, (path + each.version).encode().ljust(size, b".")[:size])
        for each in packages
        for path, size in each.files.items()
    ]


def system(*packages: Deb, extended: bool = True) -> list[Member]:
    """Members of a layer: a whole system of these packages."""
    return [*contents(packages), *databases(*packages, extended=extended)]
