"""Programs that do not fit their image: another processor, another system, no loader, too much."""

from __future__ import annotations

from collections.abc import Iterable

from layerlens.analysis.contents.elf import EXECUTABLE, SHARED
from layerlens.analysis.rules import started
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.inodes import Told, by_layer, counted, owned, system_owned, told
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)

_MIPS = 8
_NAMES = {
    3: "386", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 43: "sparc64", 62: "amd64",
    183: "arm64", 243: "riscv64", 258: "loong64",
}  # fmt: skip
"""``e_machine`` -> architecture in Go's words; what is not listed runs on no image's platform."""

_RUNS_TOO = {"amd64": {"386"}, "arm64": {"arm"}, "mips64": {"mips"}, "mips64le": {"mipsle"}}
"""Older instruction sets that the processors of an architecture run as well."""

_ARCHITECTURES = {*_NAMES.values(), "ppc64le", "mips", "mipsle", "mips64", "mips64le"}

_LAUNCHERS = (b"/setuptools/", b"/distlib/", b"/distutils/command/", b"/node_modules/", b"/wine/",
              b"/testdata/")  # fmt: skip
"""Where tools keep programs of other systems on purpose."""

_ENOUGH = 3_000_000
"""Bytes beside a static program from which on they are spoken of."""

_DATA = (b"etc/ssl", b"etc/pki", b"usr/share/ca-certificates", b"usr/local/share/ca-certificates",
         b"usr/share/zoneinfo")  # fmt: skip
_ACCOUNTS = (b"etc/passwd", b"etc/group", b"etc/nsswitch.conf", b"etc/mime.types", b"etc/services")
"""What static programs read: certificates, time zones, accounts."""

_SYSTEM = frozenset(
    b"bin sbin usr/bin usr/sbin usr/local/bin usr/local/sbin usr/local usr opt root home".split()
) | {b""}
"""Directories that are no application's own."""

FOREIGN = Rule(
    id="foreign-binaries",
    title="programs for another processor",
    topic=Topic.CONTENT,
    why=(
        "These files are for another processor than the image says it is for, so they run only "
        "under an emulator."
    ),
    fix=(
        "Install or copy for one platform: `npm ci --cpu=<arch> --os=linux`, "
        "`pip download --platform`, and `GOARCH=$TARGETARCH` in a build for several platforms. "
        "If the whole image is built for the other one, build with --platform."
    ),
    confidence=Confidence.HINT,
    keep=(
        "Cross compilers, emulators and packages with prebuilt libraries for several processors "
        "have them on purpose, so they are listed only. 32-bit programs of the same family run. "
        "Firmware and files of the distribution's packages are left out."
    ),
    severity=Severity.INFO,
    source="System V gABI, e_machine",
)

NO_INTERPRETER = Rule(
    id="missing-interpreter",
    title="programs whose loader is not in the image",
    topic=Topic.CONTENT,
    why=(
        "A dynamically linked program names the loader that starts it. Where that file is missing "
        'the program does not start: "no such file or directory", although it is there. Most often '
        "a program built for glibc lies in an image with musl (Alpine), or in an empty one."
    ),
    fix=(
        "Build it in a stage of the same distribution as the last stage, build it static "
        "(Go: CGO_ENABLED=0; Rust: --target <arch>-unknown-linux-musl), or take a base image that "
        "has {interpreter}."
    ),
    severity=Severity.HIGH,
    keep=(
        "Libraries, other processors' programs and trees with a loader of their own (chroots) are "
        "left out. Files of packages are told as info."
    ),
    source="System V gABI, PT_INTERP; execve(2)",
)

OTHER_SYSTEM = Rule(
    id="windows-or-macos-binaries",
    title="programs for Windows or macOS",
    topic=Topic.CONTENT,
    why="A Linux container cannot run them; they came with a package or a copied folder.",
    fix="Name them in .dockerignore, or install for one platform only:\n{paths}",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.OTHER,
    keep=(
        "Assemblies of .NET and firmware programs are in Windows's format and no waste. Launchers "
        "that setuptools, pip and npm packages bring, Wine's folders and files of packages are "
        "left out, and so are images for Windows."
    ),
    source="PE format specification; Mach-O headers",
)

STATIC_PROGRAM = Rule(
    id="static-program",
    alternative=True,
    title="a static program with an operating system around it",
    topic=Topic.STRUCTURE,
    why=(
        "The program that the image starts is linked statically: it needs no loader and no "
        "libraries, so an image of the program alone would run it."
    ),
    fix=(
        "FROM <image with the tools> AS build\n"
        "RUN <build>\n"
        "FROM scratch\n"
        "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n"
        "COPY --from=build {program} {program}\n"
        "USER 65532:65532\n"
        'ENTRYPOINT ["{program}"]'
    ),
    confidence=Confidence.LIKELY,
    keep=(
        "Certificates, time zones, accounts and the folder of the program are not counted. A "
        "program that starts others (git, a shell) or reads other files needs those too. Shells "
        "and busybox are no such programs."
    ),
    source="System V gABI: neither PT_INTERP nor PT_DYNAMIC",
)


def check_machines(context: Context) -> Iterable[Draft]:
    """ELF files for another processor than the image's."""
    platform = context.config.platform
    if platform is None or platform.os != "linux" or platform.architecture not in _ARCHITECTURES:
        return
    runs = {platform.architecture} | _RUNS_TOO.get(platform.architecture, set())
    files = [file for file in _foreign(context, runs) if not system_owned(context, file)]
    starts = started.program(context) if files else None
    for layer, group in by_layer(context, files).items():
        kinds = sorted({_architecture(file.fact) for file in group})
        starting = [file for file in group if starts in file.names or starts == file.inode]
        yield Draft(
            FOREIGN.id,
            versions=[name for file in group for name in file.names],
            layer=layer,
            title=(
                f"{counted(len(group), 'file')} for {', '.join(kinds)} "
                f"in an image for {platform.architecture}"
            ),
            evidence=(
                "the program that the image starts is among them",
            ) if starting else (),
            severity=Severity.HIGH if starting else None,
            confidence=Confidence.CERTAIN if starting else None,
        )  # fmt: skip


def _foreign(context: Context, runs: set[str]) -> list[Told]:
    def other(fact: dict[str, object]) -> bool:
        return fact["type"] in (EXECUTABLE, SHARED) and _architecture(fact) not in {*runs, ""}

    return [
        file for file in told(context, "elf", other) if b"/firmware/" not in context.path(file.name)
    ]


def _architecture(fact: dict[str, object]) -> str:
    """The architecture in Go's words, nothing for what no platform is called."""
    machine = fact["machine"]
    if machine == _MIPS:
        return "mips" + ("64" if fact["class"] == 64 else "") + ("" if fact["big"] else "le")
    name = _NAMES.get(machine, "") if isinstance(machine, int) else ""
    return "ppc64le" if name == "ppc64" and not fact["big"] else name


def check_interpreters(context: Context) -> Iterable[Draft]:
    """Programs whose loader is nowhere."""
    if any(not len(table) for table in context.fs.tables) and any(
        each.missing for each in context.contents
    ):
        return  # a layer that was not read may hold the loader
    platform = context.config.platform
    runs = (
        {platform.architecture} | _RUNS_TOO.get(platform.architecture, set()) if platform else set()
    )
    here: dict[bytes, bool] = {}
    missing: dict[tuple[bytes, int, bool], list[Told]] = {}
    for file in told(context, "elf", lambda fact: fact["interpreter"][:1] == b"/"):
        interpreter = file.fact["interpreter"]
        if interpreter not in here:
            here[interpreter] = started.resolve(context, interpreter) is not None
        if here[interpreter] or (runs and _architecture(file.fact) not in runs):
            continue
        if not _is_program(context, file) or _has_own_loader(context, file, interpreter):
            continue
        key = (interpreter, context.fs.layer_of(file.inode), owned(context, file))
        missing.setdefault(key, []).append(file)
    for (interpreter, layer, is_owned), group in sorted(missing.items()):
        shown = interpreter.decode("utf-8", "replace")
        yield Draft(
            NO_INTERPRETER.id,
            layer=layer,
            paths=[context.path(file.name) for file in group],
            title=f"{counted(len(group), 'program')} without the loader {shown}",
            values={"interpreter": shown},
            severity=_graveness(context, layer, is_owned=is_owned),
        )


def _graveness(context: Context, layer: int, *, is_owned: bool) -> Severity | None:
    if is_owned:
        return Severity.INFO
    return Severity.LOW if layer < context.base_layers else None


def _is_program(context: Context, file: Told) -> bool:
    """Whether it may be executed; libraries name a loader too (``libc.so.6`` can be run)."""
    path = context.path(file.name)
    last = path[path.rfind(b"/") + 1 :]
    return bool(context.fs.entry(file.name).mode & 0o111) and b".so" not in last


def _has_own_loader(context: Context, file: Told, interpreter: bytes) -> bool:
    """Whether a directory above is the root of a tree in which the loader is."""
    parts = context.path(file.name).split(b"/")[:-1]
    return any(
        started.resolve(context, b"/".join(parts[:depth]) + interpreter) is not None
        for depth in range(1, min(len(parts), 30) + 1)
    )


def check_systems(context: Context) -> Iterable[Draft]:
    """Programs of Windows and macOS."""
    platform = context.config.platform
    if platform is not None and platform.os != "linux":
        return
    files = [
        file
        for file in told(context, "alien")
        if not owned(context, file)
        and not any(part in b"/" + context.path(file.name) for part in _LAUNCHERS)
    ]
    for layer, group in by_layer(context, files).items():
        systems = [
            name
            for name, word in (("Windows", "windows"), ("macOS", "macos"))
            if any(file.fact == word for file in group)
        ]
        yield Draft(
            OTHER_SYSTEM.id,
            versions=[name for file in group for name in file.names],
            layer=layer,
            title=f"{counted(len(group), 'file')} for {' and '.join(systems)}",
        )


def check_static(context: Context) -> Iterable[Draft]:
    """An image that starts a static program and holds much besides."""
    facts = context.facts("elf")
    if not facts:
        return
    starts = started.program(context)
    fact = facts.get(context.fs.inode(starts)) if starts is not None else None
    if starts is None or fact is None or not fact["static"] or _is_shell(context, starts):
        return
    kept = set(context.names_of.get(context.fs.inode(starts), (starts,)))
    directory = context.path(starts).rpartition(b"/")[0]
    for kept_directory in (*_DATA, *(() if directory in _SYSTEM else (directory,))):
        kept.update(context.files.below(kept_directory))
    kept.update(v for path in _ACCOUNTS if (v := context.files.find(path)) is not None)
    rest = [version for version in context.files.versions if version not in kept]
    if context.total(rest) <= _ENOUGH:
        return
    path = "/" + context.path(starts).decode("utf-8", "replace")
    yield Draft(
        STATIC_PROGRAM.id,
        versions=rest,
        title=f"{path} is static and needs no operating system around it",
        values={"program": path},
        is_base=False,
    )


def _is_shell(context: Context, version: int) -> bool:
    name = context.path(version).rpartition(b"/")[2]
    return name in (b"busybox", b"sh", b"ash", b"bash", b"toybox", b"sash") or b"busybox" in name


RULE_SET = RuleSet(
    rules=(NO_INTERPRETER, FOREIGN, OTHER_SYSTEM, STATIC_PROGRAM),
    checks=(check_interpreters, check_machines, check_systems, check_static),
)
