"""What compilers leave in programs for debuggers: debug sections, symbol tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from layerlens.analysis.contents.elf import EXECUTABLE, SHARED
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

_SMALLEST = 500
"""Bytes of a layer's sections below which nothing is said."""

_SMALLEST_SYMBOLS = 100_000

_LINKED = (EXECUTABLE, SHARED)

_TOOLCHAIN = re.compile(
    rb"(?:.*/)?(?:usr/local/go|usr/(?:lib|share)/go-[^/]+|\.rustup|usr/local/rustup|\.cargo|usr/local/cargo"
    rb"|go/pkg/mod|\.cache)/",
    re.DOTALL,
)
"""Compilers and their stores: whoever needs no debug sections there needs none of it."""

DEBUG_SECTIONS = Rule(
    id="debug-sections",
    title="debug sections in programs and libraries",
    topic=Topic.CONTENT,
    why=(
        "Debug sections tell a debugger which source line and type an instruction belongs to. "
        "Programs never load them."
    ),
    fix=(
        "Strip in the step that builds or copies, else both copies are shipped:\n"
        "RUN <build> && strip --strip-debug {paths}\n"
        "To debug later, keep what is stripped outside the image: objcopy --only-keep-debug."
    ),
    ledger_class=LedgerClass.DEBUG_INFORMATION,
    keep=(
        "Sizes are those of the sections as stored, so a file shrinks by them within some "
        "kilobytes. What a distribution's package owns is not for you to strip; its packages of "
        "debug files can be removed. Toolchains are judged as a whole."
    ),
    source="System V gABI, sections; DWARF; measured against strip(1)",
)

SYMBOL_TABLES = Rule(
    id="symbol-tables",
    title="symbol tables in programs and libraries",
    topic=Topic.CONTENT,
    why=(
        "The static symbol table names every function for debuggers and profilers. "
        "The dynamic linker uses another one, which stays."
    ),
    fix="RUN <build> && strip --strip-unneeded {paths}",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.DEBUG_INFORMATION,
    most=Severity.LOW,
    keep="Object files and kernel modules need theirs; files of packages are left alone.",
    trade_off="Profilers and stack traces of native code show addresses in place of names.",
    source="System V gABI, sections .symtab and .strtab",
)

UNSTRIPPED_GO = Rule(
    id="unstripped-go",
    title="Go programs with symbols and debug information",
    topic=Topic.CONTENT,
    why=(
        "Go's linker adds DWARF and a symbol table unless told otherwise. Stack traces, pprof and "
        "`go version -m` use Go's own tables and work without them; only debuggers such as delve "
        "need them."
    ),
    fix='RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/app .',
    ledger_class=LedgerClass.DEBUG_INFORMATION,
    keep="Programs of packages and of Go's own toolchain are left alone.",
    source="Go cmd/link, flags -s and -w; measured against builds with them",
)

UNSTRIPPED_RUST = Rule(
    id="unstripped-rust",
    title="Rust programs with symbols and debug information",
    topic=Topic.CONTENT,
    why=(
        "A release build of cargo links the standard library's debug sections in, often most of "
        "a small program. Panics still say their message and source line without them."
    ),
    fix='In Cargo.toml:\n[profile.release]\nstrip = true\n\nor strip = "debuginfo" to keep names.',
    ledger_class=LedgerClass.DEBUG_INFORMATION,
    keep=(
        "With symbols gone, RUST_BACKTRACE shows addresses in place of names. Programs of packages "
        "and of Rust's own toolchain are left alone."
    ),
    source="Cargo reference, profile setting strip; measured against strip(1)",
)

_COPIED = (
    "Strip where the files come from, or in a stage between: a RUN after the COPY makes a second "
    "copy.\n"
    "FROM <image with binutils> AS stripped\n"
    "COPY <source> <place>\n"
    "RUN strip {option} <place>\n"
    "FROM <base>\n"
    "COPY --from=stripped <place> <place>   # {{paths}}"
)
_COPIED_DEBUG = _COPIED.format(option="--strip-debug")
_COPIED_SYMBOLS = _COPIED.format(option="--strip-unneeded")


def check_debug(context: Context) -> Iterable[Draft]:
    """Debug sections of C and C++ programs, and files that hold nothing else."""
    files = told(context, "elf", lambda fact: fact["debug"])
    debug_files = set(context.files.below(b"usr/lib/debug"))
    parts: list[Told] = []
    whole: list[Told] = []
    for file in files:
        path = context.path(file.name)
        if debug_files.intersection(file.names):
            continue
        if path.endswith(b".debug"):
            whole.append(file)
        elif not _spoken_of(file) and not _TOOLCHAIN.match(path):
            parts.append(file)
    yield from _debug_directory(context, debug_files)
    parts = [file for file in parts if not system_owned(context, file)]
    whole = [file for file in whole if not system_owned(context, file)]
    for is_owned in (False, True):
        some = by_layer(context, [file for file in parts if owned(context, file) is is_owned])
        all_of = by_layer(context, [file for file in whole if owned(context, file) is is_owned])
        for layer in sorted({*some, *all_of}):
            within, entire = some.get(layer, []), all_of.get(layer, [])
            size = sum(file.fact["debug"] for file in (*within, *entire))
            if size < _SMALLEST:
                continue
            yield Draft(
                DEBUG_SECTIONS.id,
                versions=[name for file in entire for name in file.names],
                parts={file.inode: {"debug": file.fact["debug"]} for file in within},
                layer=layer,
                title=f"debug sections in {counted(len(within) + len(entire), 'file')}",
                fix=_COPIED_DEBUG if _is_copied(context, layer) else "",
                paths=_paths(context, [*within, *entire], "debug"),
                confidence=Confidence.HINT if is_owned else None,
                most=Severity.INFO if is_owned else None,
            )


def _debug_directory(context: Context, versions: Iterable[int]) -> Iterable[Draft]:
    """What lies below ``usr/lib/debug``: apart what packages own, which apt can remove."""
    owners = context.inventory.owners
    for is_owned in (False, True):
        found = [version for version in sorted(versions) if (version in owners) is is_owned]
        for layer, group in context.by_layer(found).items():
            yield Draft(
                DEBUG_SECTIONS.id,
                versions=group,
                layer=layer,
                title=f"{counted(len(group), 'file')} of debug information in /usr/lib/debug",
                fix=(
                    "Leave out the packages whose names end in -dbg or -dbgsym (Debian) or "
                    "-debuginfo (Fedora)."
                    if is_owned
                    else "RUN <build> && rm -rf /usr/lib/debug"
                ),
                confidence=Confidence.HINT if is_owned else None,
                most=Severity.INFO if is_owned else None,
            )


def check_symbols(context: Context) -> Iterable[Draft]:
    """Symbol tables of programs that nobody's package owns."""
    files = told(context, "elf", lambda fact: fact["symbols"] and fact["type"] in _LINKED)
    files = [
        file
        for file in files
        if not _spoken_of(file)
        and not context.path(file.name).endswith(b".debug")
        and not _TOOLCHAIN.match(context.path(file.name))
        and not owned(context, file)
    ]
    for layer, group in by_layer(context, files).items():
        if sum(file.fact["symbols"] for file in group) >= _SMALLEST_SYMBOLS:
            yield Draft(
                SYMBOL_TABLES.id,
                parts={file.inode: {"symbols": file.fact["symbols"]} for file in group},
                layer=layer,
                title=f"symbol tables in {counted(len(group), 'file')}",
                fix=_COPIED_SYMBOLS if _is_copied(context, layer) else "",
                paths=_paths(context, group, "symbols"),
            )


def check_go(context: Context) -> Iterable[Draft]:
    """Go programs linked without ``-s -w``."""
    return _unstripped(context, UNSTRIPPED_GO, lambda fact: fact["go"], "Go")


def check_rust(context: Context) -> Iterable[Draft]:
    """Rust programs built without ``strip``."""
    return _unstripped(context, UNSTRIPPED_RUST, _is_rust, "Rust")


def _is_rust(fact: dict[str, object]) -> bool:
    return bool(fact["rust"]) and not fact["go"]


def _unstripped(
    context: Context, rule: Rule, matters: Callable[[dict[str, object]], object], language: str
) -> Iterable[Draft]:
    files = told(
        context,
        "elf",
        lambda fact: fact["type"] in _LINKED and fact["debug"] + fact["symbols"] and matters(fact),
    )
    files = [
        file
        for file in files
        if not owned(context, file) and not _TOOLCHAIN.match(context.path(file.name))
    ]
    for layer, group in by_layer(context, files).items():
        yield Draft(
            rule.id,
            parts={
                file.inode: {"debug": file.fact["debug"], "symbols": file.fact["symbols"]}
                for file in group
            },
            layer=layer,
            title=f"{counted(len(group), f'{language} program')} with symbols and debug information",
            paths=_paths(context, group, "debug", "symbols"),
        )


def _is_copied(context: Context, layer: int) -> bool:
    """Whether a COPY or ADD brought a layer's files: a RUN after it strips other copies."""
    return context.histories[layer].instruction.keyword in ("COPY", "ADD")


def _spoken_of(file: Told) -> bool:
    """Whether the rules for Go and Rust speak of a file."""
    fact = file.fact
    return fact["type"] in _LINKED and bool(fact["go"] or fact["rust"])


def _paths(context: Context, files: Sequence[Told], *parts: str) -> list[bytes]:
    """Paths, those that free most first."""
    rows = sorted(
        (-sum(file.fact[part] for part in parts), context.path(file.name)) for file in files
    )
    return [path for _, path in rows]


RULE_SET = RuleSet(
    rules=(DEBUG_SECTIONS, UNSTRIPPED_GO, UNSTRIPPED_RUST, SYMBOL_TABLES),
    checks=(check_debug, check_go, check_rust, check_symbols),
)
