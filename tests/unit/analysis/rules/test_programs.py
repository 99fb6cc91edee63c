"""Programs that do not fit their image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules import started
from layerlens.analysis.rules.catalogue import programs
from layerlens.analysis.rules.model import Confidence, Severity
from tests.builders import Image, Member, directory, file, layer, symlink
from tests.elves import Program, go_data, windows_program
from tests.judging import Looked
from tests.owning import owned_by

LOADER = b"/lib64/ld-linux-x86-64.so.2"
DYNAMIC = Program(interpreter=LOADER, dynamic=True).written()
STATIC = Program(data=go_data()).written()
ARM = Program(machine=183).written()


def looked(
    *members: Member, platform: str = "linux/amd64", base: Sequence[Member] = (), **settings: Any
) -> Looked:
    tars = [layer(*base)] if base else []
    tars.append(layer(*members))
    return Looked(Image(tars, settings=settings, platform=platform), len(tars) - 1)


def test_a_program_without_its_loader_will_not_start() -> None:
    image = looked(file("app/server", DYNAMIC, mode=0o755), file("lib/ld-musl.so.1", b"x"))
    (found,) = image.findings([programs.RULE_SET])["missing-interpreter"]
    assert (found.severity, found.paths, found.bytes) == (Severity.HIGH, (b"app/server",), 0)
    assert found.title == "1 program without the loader /lib64/ld-linux-x86-64.so.2"
    assert "/lib64/ld-linux-x86-64.so.2" in found.fix


@pytest.mark.parametrize(
    "members",
    [
        [file("lib64/ld-linux-x86-64.so.2", b"x")],
        [symlink("lib64", "usr/lib64"), file("usr/lib64/ld-linux-x86-64.so.2", b"x")],
        [symlink("lib64", "/usr/lib"), symlink("usr/lib/ld-linux-x86-64.so.2", "../x/ld.so"),
         file("usr/x/ld.so", b"x")],
        [file("srv/jail/lib64/ld-linux-x86-64.so.2", b"x")],
    ],
)  # fmt: skip
def test_loaders_are_found_through_links_and_in_trees_of_their_own(members: list[Member]) -> None:
    image = looked(file("srv/jail/bin/server", DYNAMIC, mode=0o755), *members)
    assert image.drafts(programs.check_interpreters) == []


def test_libraries_and_files_that_nobody_may_run_start_nothing() -> None:
    image = looked(file("app/libc.so.6", DYNAMIC, mode=0o755), file("app/data", DYNAMIC))
    assert image.drafts(programs.check_interpreters) == []


def test_links_that_lead_in_circles_end() -> None:
    image = looked(symlink("lib64", "lib64"), file("app/x", DYNAMIC, mode=0o755))
    assert len(image.drafts(programs.check_interpreters)) == 1


def test_missing_loaders_of_packages_and_of_the_base_matter_less() -> None:
    image = looked(file("app/x", DYNAMIC, mode=0o755))
    owned_by(image, Ecosystem.NPM, b"app/x")
    (draft,) = image.drafts(programs.check_interpreters)
    assert draft.severity is Severity.INFO
    base = looked(file("y"), base=[file("app/x", DYNAMIC, mode=0o755)])
    (draft,) = base.drafts(programs.check_interpreters)
    assert draft.severity is Severity.LOW


def test_programs_for_another_processor_are_listed() -> None:
    image = looked(file("app/tool", ARM), file("usr/lib/firmware/x/blob.bin", ARM))
    (found,) = image.findings([programs.RULE_SET])["foreign-binaries"]
    assert (found.title, found.severity, found.claimed) == (
        "1 file for arm64 in an image for amd64", Severity.INFO, 0,
    )  # fmt: skip
    assert not looked(file("a", ARM), platform="linux/arm64").findings([programs.RULE_SET])


def test_an_image_that_starts_a_foreign_program() -> None:
    image = looked(file("app/tool", ARM), Entrypoint=["/app/tool"])
    (found,) = image.findings([programs.RULE_SET])["foreign-binaries"]
    assert (found.severity, found.confidence) == (Severity.HIGH, Confidence.CERTAIN)


def test_older_processors_of_the_family_run_too() -> None:
    old = Program(machine=3, wide=False).written()
    assert looked(file("app/tool", old)).drafts(programs.check_machines) == []
    unknown = Program(machine=247).written()
    assert looked(file("app/tool", unknown)).drafts(programs.check_machines) == []
    mips = Program(machine=8, order=">").written()
    (draft,) = looked(file("app/tool", mips)).drafts(programs.check_machines)
    assert draft.title == "1 file for mips64 in an image for amd64"


def test_programs_for_windows_and_macos() -> None:
    image = looked(
        file("app/tool.exe", windows_program()),
        file("app/App.dll", windows_program(managed=True)),
        file("app/node_modules/x/a.exe", windows_program()),
        file("app/mac", b"\xcf\xfa\xed\xfe".ljust(5000, b"\1")),
    )
    (found,) = image.findings([programs.RULE_SET])["windows-or-macos-binaries"]
    assert found.title == "2 files for Windows and macOS"
    assert found.bytes == found.claimed == 8192 + 5000
    assert not looked(file("a.exe", windows_program()), platform="windows/amd64").drafts(
        programs.check_systems
    )


def test_a_static_program_needs_nothing_else() -> None:
    image = looked(
        file("usr/local/bin/clock", STATIC),
        file("usr/lib/much", b"m" * 4_000_000),
        file("etc/ssl/certs/all.pem", b"c" * 5000),
        file("etc/passwd", b"p"),
        Entrypoint=["tini", "--"],
        Cmd=["clock", "-v"],
    )
    (found,) = image.findings([programs.RULE_SET])["static-program"]
    assert (found.bytes, found.claimed, found.is_base) == (4_000_000, 0, False)
    assert "COPY --from=build /usr/local/bin/clock" in found.fix


@pytest.mark.parametrize(
    ("path", "data"),
    [("bin/busybox", STATIC), ("usr/bin/app", DYNAMIC), ("usr/bin/app", b"#!/bin/sh\n")],
)
def test_other_programs_need_more(path: str, data: bytes) -> None:
    image = looked(file(path, data), file("much", b"m" * 4_000_000), Cmd=["/" + path])
    assert image.drafts(programs.check_static) == []


def test_a_static_program_alone_is_well() -> None:
    image = looked(file("app", STATIC), Cmd=["/app"])
    assert image.drafts(programs.check_static) == []


def test_what_an_image_starts() -> None:
    image = looked(
        directory("opt"), file("opt/app/run", b"x"), symlink("usr/bin/run", "../../opt/app/run"),
        Cmd=["run"], Env=["PATH=/sbin:/usr/bin"],
    )  # fmt: skip
    version = started.program(image.context)
    assert version is not None
    assert image.context.path(version) == b"opt/app/run"
    relative = looked(file("opt/app/run", b"x"), Cmd=["./run"], WorkingDir="/opt/app")
    assert started.program(relative.context) == relative.context.fs.live[b"opt/app/run"]
    assert started.program(looked(file("a")).context) is None
    assert started.program(looked(file("a"), Cmd=["b"]).context) is None
