"""Maven packages in Java archives."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

import pytest

from layerlens.analysis.contents import jars as probe
from layerlens.analysis.packages.jars import MAX_TAIL, name_and_version, packages, parse_zip
from layerlens.analysis.packages.model import Ecosystem
from tests.builders import Image, file, layer
from tests.judging import Looked

POM = "META-INF/maven/org.me/app/pom.properties"


def jar(
    files: Mapping[str, bytes], *, before: bytes = b"", comment: bytes = b"", packed: bool = True
) -> bytes:
    buffer = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", how) as archive:
        archive.comment = comment
        for name, data in files.items():
            archive.writestr(name, data)
    return before + buffer.getvalue()


def properties(version: str) -> bytes:
    return f"#Generated\nversion={version}\ngroupId=org.me\n".encode()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\nexec java -jar $0\n"])
@pytest.mark.parametrize("comment", [b"", b"PK\x05\x06 or not" * 9])
def test_an_application_with_its_libraries(packed: bool, before: bytes, comment: bytes) -> None:
    data = jar(
        {
            POM: properties("1.5"),
            "org/me/App.class": b"\xca\xfe",
            "BOOT-INF/lib/spring-core-6.1.2.jar": b"x" * 999,
            "WEB-INF/lib/a-1.jar": b"",
            "lib/b-2.jar": b"",
            "other/lib/c-3.jar": b"",
            "lib/deep/d-4.jar": b"",
        },
        before=before, comment=comment, packed=packed,
    )  # fmt: skip
    if comment:
        data = data.replace(comment, b"." * len(comment))  # a second end would be another zip
    assert parse_zip(data, len(data)) == {
        "poms": [["org.me", "app", "1.5"]],
        "nested": ["spring-core-6.1.2.jar", "a-1.jar", "b-2.jar"],
        "partial": False,
    }


def test_only_the_end_and_the_head_are_needed() -> None:
    data = jar({POM: properties("2"), "big": b"", "more/lib/x": b""}, packed=False)
    filler = jar({POM: properties("2"), "big": bytes(200_000), "lib/b-2.jar": b""}, packed=False)
    tail = filler[-1000:]
    assert parse_zip(tail, len(filler), filler[:1000]) == {
        "poms": [["org.me", "app", "2"]], "nested": ["b-2.jar"], "partial": False,
    }  # fmt: skip
    found = parse_zip(tail, len(filler))
    assert found is not None
    assert found["poms"] == [["org.me", "app", ""]]
    assert parse_zip(data[-30:], len(data)) is None


def test_a_list_that_begins_before_the_tail() -> None:
    data = jar({**{f"x/{k:05}": b"" for k in range(1000)}, "lib/b-2.jar": b""})
    found = parse_zip(data[-2000:], len(data))
    assert found == {"poms": [], "nested": ["b-2.jar"], "partial": True}


def test_zip64() -> None:
    data = jar({POM: properties("3"), "lib/b-2.jar": b""})
    at = data.rfind(b"PK\x05\x06")
    count, _, length, offset = struct.unpack_from("<HHII", data, at + 8)
    end_64 = b"PK\x06\x06" + struct.pack(
        "<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, length, offset
    )
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, at, 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    large = data[:at] + end_64 + locator + end
    found = parse_zip(large, len(large))
    assert found is not None
    assert (found["poms"], found["nested"]) == ([["org.me", "app", "3"]], ["b-2.jar"])


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18, b"PK\x05\x06" * 5000,
     b"PK\x01\x02" + b"\xff" * 42 + POM.encode() + b"PK\x05\x06" + bytes(18),
     b"lib/" * 100_000 + b"PK\x05\x06" + bytes(18)],
    ids=range(7),
)  # fmt: skip
def test_what_is_no_zip(data: bytes) -> None:
    assert parse_zip(data, len(data)) is None


def test_damaged_zips_never_raise() -> None:
    whole = jar({POM: properties("1"), "lib/b-2.jar": b"x" * 50}, before=b"#!")
    for k in range(len(whole)):
        for value in (0, 0xFF, whole[k] ^ 1):
            damaged = whole[:k] + bytes([value]) + whole[k + 1 :]
            found = parse_zip(damaged, len(damaged), damaged[:64])
            packages(b"app-1.jar", found or {})
        parse_zip(whole[k:], len(whole))
        parse_zip(whole[:k], k)


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("guava-31.1-jre.jar", ("guava", "31.1-jre")),
        ("log4j-1.2-api-2.20.0.jar", ("log4j-1.2-api", "2.20.0")),
        ("spring-boot-3.0.0-M1.jar", ("spring-boot", "3.0.0-M1")),
        ("netty-epoll-4.1.94.Final-linux-x86_64.jar", ("netty-epoll", "4.1.94.Final")),
        ("a-1.0-20230101.123456-1.jar", ("a", "1.0-20230101.123456-1")),
        ("a-1.0-SNAPSHOT-sources.jar", ("a", "1.0-SNAPSHOT")),
        ("app.war", ("app", "")),
        ("-1.jar", ("-1", "")),
        ("commons-lang3-3.12.0.jar", ("commons-lang3", "3.12.0")),
    ],
)
def test_names_of_jars(file_name: str, expected: tuple[str, str]) -> None:
    assert name_and_version(file_name) == expected


def test_packages_of_an_archive() -> None:
    fact = {
        "poms": [["org.me", "app", ""], ["com.x", "shaded", "7"], ["com.x", "unknown", ""]],
        "nested": ["lib-2.jar", "nameless.jar"],
    }
    found = {each.name: each for each in packages(b"srv/app-1.5.jar", fact)}
    assert {name: each.version for name, each in found.items()} == {
        "org.me:app": "1.5", "com.x:shaded": "7", "lib": "2",
    }  # fmt: skip
    assert not any(each.files for each in found.values())
    (only,) = packages(b"x/renamed.jar", {"poms": [["g", "a", "1"]], "nested": []})
    assert (only.name, only.version) == ("g:a", "1")
    (other,) = packages(b"x/a-2.jar", {"poms": [["g", "a", "1"]], "nested": []})
    assert (other.name, other.version) == ("g:a", "1")
    (named,) = packages(b"x/slf4j-api-2.0.9.jar", {})
    assert (named.name, named.version) == ("slf4j-api", "2.0.9")
    assert packages(b"x/app.jar", {"poms": [1, "abc", []], "nested": 5}) == []


def test_the_probe_asks_for_the_end_of_zips_only() -> None:
    assert probe.wants(b"a/b.jar", 100)
    assert not probe.wants(b"a/b.zip", 100)
    assert not probe.wants(b"a/b.jar", 21)
    assert probe.windows(b"a.jar", 10**6, b"PK\x03\x04") == [(0, 10**6)]
    assert probe.windows(b"a.jar", 10**8, b"PK\x03\x04") == [(10**8 - MAX_TAIL, MAX_TAIL)]
    assert probe.windows(b"a.jar", 100, b"\x7fELF") == []
    assert probe.conclude(b"a.jar", 100, b"\x7fELF", {}) == {}
    assert probe.conclude(b"a.jar", 100, b"PK", {}) == {}
    junk = b"PK" + bytes(98)
    assert probe.conclude(b"a.jar", 100, junk, {0: junk})["jar"]["poms"] == []


def test_the_inventory_has_what_archives_hold() -> None:
    data = jar({POM: properties("1.5"), "BOOT-INF/lib/lib-2.jar": b""})
    image = Looked(Image([layer(file("srv/app.jar", data))], ["COPY app.jar /srv/"]), 0)
    found = image.context.inventory.of(Ecosystem.MAVEN)
    assert [(each.name, each.version) for each in found] == [("lib", "2"), ("org.me:app", "1.5")]
    assert found[0].database == b"srv/app.jar"
