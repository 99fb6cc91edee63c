"""Packages that are only recommended, orphaned, purged later, upgraded, half removed."""

from __future__ import annotations

from typing import Any

from layerlens.analysis.rules.catalogue.debian import RULE_SET
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from tests.builders import Image, file, layer, whiteout
from tests.debian import Deb, contents, databases, system
from tests.judging import Looked

BASE = Deb("libc6", {"usr/lib/libc.so": 1000})
APP = Deb("app", {"usr/bin/app": 100}, needs="libc6", likes="extra, certs | x")
EXTRA = Deb("extra", {"usr/bin/extra": 200}, needs="libextra", auto=True)
LIBEXTRA = Deb("libextra", {"usr/lib/libextra.so": 300}, auto=True)
CERTS = Deb("ca-certificates", {"etc/ssl/certs/a.pem": 400}, provides="certs", auto=True)


def found(*layers: bytes, base: int = 1, **settings: Any) -> dict[str, list[Finding]]:
    image = Image(list(layers), [f"RUN step {k}" for k in range(len(layers))], settings=settings)
    looked = Looked(image, base)
    findings = looked.findings([RULE_SET])
    assert [note for note in looked.context.notes.all() if note.code == "rule-failed"] == []
    return findings


def installed(*packages: Deb, before: tuple[Deb, ...] = (BASE,)) -> bytes:
    return layer(*contents(packages), *databases(*before, *packages))


def test_recommended_packages_of_own_layers() -> None:
    (one,) = found(layer(*system(BASE)), installed(APP, EXTRA, LIBEXTRA, CERTS))["apt-recommends"]
    assert (one.title, one.bytes, one.claimed, one.layer) == (
        "3 packages that are only recommended", 900, 900, 1,
    )  # fmt: skip
    assert one.evidence == (
        "packages: ca-certificates, extra, libextra",
        "app recommends: ca-certificates, extra",
    )
    assert "--no-install-recommends app " in one.fix
    assert "ca-certificates is among them" in one.fix
    assert not one.is_base


def test_recommended_packages_of_the_base_and_those_in_use_stay() -> None:
    layers = (layer(*system(BASE, APP, EXTRA, LIBEXTRA)), layer(file("a", b"1")))
    assert "apt-recommends" not in found(*layers)
    (one,) = found(*layers, base=0)["apt-recommends"]
    assert one.bytes == 500
    assert "apt-recommends" not in found(*layers, base=0, Entrypoint=["/usr/bin/extra", "-x"])
    assert "apt-recommends" not in found(
        *layers, base=0, Healthcheck={"Test": ["CMD-SHELL", "extra || exit 1"]}
    )


def test_nothing_is_said_where_nobody_wrote_down_who_asked() -> None:
    assert found(layer(*system(BASE, APP, EXTRA, LIBEXTRA, extended=False)), base=0) == {}


def test_orphans() -> None:
    findings = found(layer(*system(BASE)), installed(EXTRA, LIBEXTRA, CERTS))
    assert "apt-recommends" not in findings
    (one,) = findings["apt-orphans"]
    assert one.title == (
        "3 packages that nothing needs any more: ca-certificates, extra and libextra"
    )
    assert (one.bytes, one.layer) == (900, 1)
    (rest,) = found(layer(*system(BASE)), installed(EXTRA, LIBEXTRA, CERTS), Cmd=["extra"])[
        "apt-orphans"
    ]
    assert rest.evidence == ("packages: ca-certificates",)


def removal(*packages: Deb, left: tuple[Deb, ...] = (BASE,)) -> bytes:
    gone = [whiteout(path) for each in packages for path in each.files]
    return layer(*gone, *databases(*left))


def test_packages_purged_in_a_later_layer() -> None:
    gcc = Deb("gcc", {"usr/bin/gcc": 5000, "usr/lib/cc1": 7000})
    libgcc = Deb("libgcc", {"usr/lib/libgcc.a": 900}, auto=True)
    findings = found(
        layer(*system(BASE)),
        installed(gcc, libgcc),
        layer(file("usr/bin/built", b"1")),
        removal(gcc, libgcc),
    )
    (one,) = findings["packages-purged-later"]
    assert one.title == "2 packages installed in layer 1, purged in layer 3"
    assert (one.bytes, one.claimed, one.layer, one.is_base) == (12900, 0, 1, False)
    assert one.paths[0] == b"usr/lib/cc1"
    assert one.evidence == ("installed in layer 1, removed in layer 3: gcc, libgcc",)
    assert "--no-install-recommends gcc " in one.fix
    assert "apt-get purge -y --auto-remove gcc " in one.fix


def test_packages_of_the_base_purged() -> None:
    vim = Deb("vim", {"usr/bin/vim": 5000})
    (one,) = found(layer(*system(BASE, vim)), removal(vim))["packages-purged-later"]
    assert one.title == "vim of the base image, removed in layer 1"
    assert (one.bytes, one.layer, one.is_base) == (5000, 1, False)
    assert one.fix == "FROM <a base image without vim>"


def test_what_a_package_leaves_behind_is_not_counted() -> None:
    keeper = Deb("keeper", {"etc/keeper.conf": 40, "usr/bin/keeper": 60})
    (one,) = found(
        layer(*system(BASE)),
        installed(keeper),
        layer(whiteout("usr/bin/keeper"), *databases(BASE)),
    )["packages-purged-later"]
    assert one.bytes == 60
    listed_only = found(layer(*system(BASE)), installed(keeper), layer(*databases(BASE)))
    assert "packages-purged-later" not in listed_only


def test_upgraded_packages() -> None:
    newer = Deb("libc6", {"usr/lib/libc.so": 1100}, version="1.1")
    (one,) = found(layer(*system(BASE, APP)), layer(*contents([newer]), *databases(newer, APP)))[
        "packages-upgraded"
    ]
    assert one.title == "1 package of the base image upgraded in layer 1: libc6"
    assert one.evidence == ("libc6 1.0 -> 1.1",)
    assert (one.bytes, one.layer) == (1000, 1)
    assert one.severity <= Severity.LOW
    assert "newer tag" in one.fix


def test_packages_that_are_removed_but_not_purged() -> None:
    gone = Deb("gone", {"etc/gone.conf": 33, "etc/app.conf": 9}, state="deinstall ok config-files")
    app = Deb("app", {"etc/app.conf": 9})
    (one,) = found(layer(*contents([gone]), *databases(BASE, app, gone)))["apt-rc-packages"]
    assert one.title == "1 package removed, but not purged: gone"
    assert (one.bytes, one.severity) == (33, Severity.INFO)
    assert one.paths == (b"etc/gone.conf",)
    (bare,) = found(layer(*databases(BASE, gone)))["apt-rc-packages"]
    assert (bare.bytes, bare.layer, bare.paths) == (0, 0, (b"var/lib/dpkg/status",))
