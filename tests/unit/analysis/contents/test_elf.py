"""ELF files, programs of other systems and dumps, by their heads and windows."""

from __future__ import annotations

import io
import random
import struct
from dataclasses import replace
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

from layerlens.analysis.contents.examiner import default_examiner
from layerlens.layers.contents import HEAD, MAX_WINDOW, Want, bounded_spans
from tests.effort import at_most
from tests.elves import Program, Section, debug, go_data, symbols, windows_program

_LARGE = b"\x90" * (HEAD + 5000)


def facts(data: bytes, name: bytes = b"usr/local/bin/app") -> dict[str, Any]:
    """The facts of one file, seen through its head and windows."""
    examiner = default_examiner()
    assert examiner.wants(name, len(data)) & Want.PROBE
    head = data[:HEAD]
    spans = bounded_spans(examiner.windows(name, len(data), head), len(data))
    assert sum(length for _, length in spans) <= MAX_WINDOW
    assert len({start for start, _ in spans}) == len(spans)
    parts = {start: data[start : start + length] for start, length in spans}
    return dict(examiner.conclude(name, len(data), head, parts))


def oracle(data: bytes) -> tuple[int, int, bytes]:
    """Debug bytes, symbol bytes and interpreter as pyelftools reads them."""
    file = ELFFile(io.BytesIO(data))
    debug_bytes = sum(
        section["sh_size"]
        for section in file.iter_sections()
        if section.name.startswith((".debug_", ".zdebug_", ".gdb_index"))
        and section["sh_type"] != "SHT_NOBITS"
    )
    symbol_bytes = sum(
        section["sh_size"] + file.get_section(section["sh_link"])["sh_size"]
        for section in file.iter_sections()
        if section["sh_type"] == "SHT_SYMTAB"
    )
    interpreters: list[Any] = list(file.iter_segments("PT_INTERP"))
    path = interpreters[0].get_interp_name() if interpreters else ""
    return debug_bytes, symbol_bytes, path.encode()


FULL = Program(
    interpreter=b"/lib64/ld-linux-x86-64.so.2",
    dynamic=True,
    data=b"d" * 300,
    sections=(Section(".comment", b"GCC: (GNU) 12\0"), *debug(), *symbols(6)),
)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", [5000, HEAD + 5000])
@pytest.mark.parametrize("names_first", [True, False])
def test_sections_are_measured_as_pyelftools_does(
    wide: bool, order: str, code: int, names_first: bool
) -> None:
    program = replace(FULL, wide=wide, order=order, names_first=names_first, code=b"c" * code)
    data = program.written()
    found = facts(data)["elf"]
    assert (found["debug"], found["symbols"], found["interpreter"]) == oracle(data)
    assert (found["debug"], found["symbols"]) == (3000, 2000)
    assert (found["class"], found["big"]) == (64 if wide else 32, order == ">")
    assert (found["dynamic"], found["static"], found["go"], found["rust"]) == (
        True, False, False, False,
    )  # fmt: skip


def test_a_stripped_static_program_has_nothing_to_strip() -> None:
    found = facts(Program().written())["elf"]
    assert (found["debug"], found["symbols"], found["static"], found["type"]) == (0, 0, True, 2)


@pytest.mark.parametrize("code", [5000, HEAD + 5000])
def test_what_go_says_of_a_build(code: int) -> None:
    data = Program(code=b"c" * code, data=go_data(), sections=(*debug(), *symbols(5))).written()
    found = facts(data)
    assert found["elf"]["go"]
    assert found["go"] == {
        "version": "go1.22.1",
        "path": "example/app",
        "mod": "path\texample/app\nmod\texample/app\t(devel)\n",
    }


def test_a_long_module_list_of_go() -> None:
    modules = "path\tx/y\n" + "".join(f"dep\texample/m{k}\tv1.0.{k}\n" for k in range(9000))
    data = Program(code=_LARGE, note=b"Go\0\0abcd", data=go_data(modules=modules)).written()
    found = facts(data)["go"]
    assert found["path"] == "x/y"
    assert modules.startswith(found["mod"])
    assert len(found["mod"]) > 200_000


@pytest.mark.parametrize(("order", "flags"), [("<", 0), (">", 1)])
def test_the_older_form_with_pointers(order: str, flags: int) -> None:
    """Pointers to Go strings: (address, length), which here lie in the data itself."""
    plain = Program(order=order, data=b"x" * 200)
    start = plain.written().index(b"x" * 200)
    base = 0x400000 + start
    modules = b"m" * 16 + b"path\told/app\n" + b"e" * 16
    strings = struct.pack(order + "QQQQ", base + 64, 8, base + 80, len(modules))
    data = (
        b"\xff Go buildinf:" + bytes([8, flags]) + struct.pack(order + "QQ", base + 32, base + 48)
        + strings + b"go1.17.3".ljust(16) + modules
    )  # fmt: skip
    found = facts(replace(plain, data=data).written())
    assert found["go"] == {"version": "go1.17.3", "path": "old/app", "mod": "path\told/app\n"}


def test_rust_is_told_by_its_comment_and_by_its_run_time() -> None:
    comment = Section(".comment", b"rustc version 1.80.0 (0518)\0")
    assert facts(Program(sections=(comment, *debug())).written())["elf"]["rust"]
    names = Section(".strtab", b"\0main\0rust_eh_personality\0", 3)
    symbol_table = Section(".symtab", b"s" * 48, 2, link=2)
    assert facts(Program(sections=(symbol_table, names)).written())["elf"]["rust"]


FAMILY = (
    Section(".debug_abbrev", b"a" * 1000),
    Section(".debug_info", b"i" * 5000),
    Section(".debug_str", b"s" * 3000),
    Section(".debug_line", b"l" * 2000),
)
FAR_NAMES = (
    Section(".symtab", b"s" * 48 * 32, 2, link=8),
    Section("x", b""),
    Section(".strtab", b"\0" * MAX_WINDOW, 3),
)


def test_debug_sections_whose_names_are_out_of_reach() -> None:
    """Symbols' names of more bytes than a window, between the sections' names and the table."""
    rustc = Section(".comment", b"rustc version 1.90.0\0")
    program = Program(code=_LARGE, names_first=True, sections=(rustc, *FAMILY, *FAR_NAMES))
    found = facts(program.written())["elf"]
    assert (found["debug"], found["symbols"], found["rust"]) == (11_000, 48 * 32 + MAX_WINDOW, True)


def test_other_sections_that_are_not_loaded_are_no_debug_sections() -> None:
    others = (Section(".rustc", b"r" * 5000), Section(".gnu_debugdata", b"g" * 5000), *FAMILY[2:])
    program = Program(code=_LARGE, names_first=True, sections=(*others, Section("y"), *FAR_NAMES))
    found = facts(program.written())["elf"]
    assert (found["debug"], found["symbols"]) == (0, 48 * 32 + MAX_WINDOW)


def test_dumps_by_content_and_not_by_name() -> None:
    assert facts(Program(kind=4).written(), b"srv/core.123") == {"core": "elf"}
    assert facts(b"JAVA PROFILE 1.0.2\0" + b"x" * 5000, b"app/java.hprof") == {"core": "java"}
    assert facts(b"module.exports = {}" * 500, b"app/lib/core") == {}


def test_programs_of_other_systems() -> None:
    assert facts(windows_program(), b"a/tool.exe") == {"alien": "windows"}
    assert facts(windows_program(wide=False), b"a/tool.exe") == {"alien": "windows"}
    assert facts(windows_program(managed=True), b"a/App.dll") == {}
    assert facts(windows_program(subsystem=10), b"a/shim") == {}
    assert facts(b"\xcf\xfa\xed\xfe".ljust(5000, b"\1"), b"a/tool") == {"alien": "macos"}
    assert facts(b"\xca\xfe\xba\xbe\0\0\0\2".ljust(5000, b"\1"), b"a/tool") == {"alien": "macos"}
    assert facts(b"\xca\xfe\xba\xbe\0\0\0\x34".ljust(5000, b"\1"), b"a/Class") == {}
    assert facts(b"MZ but no program".ljust(5000), b"a/tool.exe") == {}


def test_one_byte_over_and_over() -> None:
    assert facts(b"\0" * (1 << 20), b"swap.img") == {"fill": 0}
    assert facts(b"\xff" * (1 << 20), b"var/lib/x.dat") == {"fill": 255}
    assert facts(b"\0" * (1 << 20) + b"end", b"x.db") == {}
    assert facts(b"\0" * HEAD + b"1" * (1 << 20), b"x.db") == {}


def test_appledouble() -> None:
    assert facts(b"\0\5\x16\7" + bytes(100), b"app/._logo.png") == {"appledouble": True}
    assert facts(b"text", b"._notes") == {}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (b"usr/bin/node", True), (b"usr/lib/libc.so.6", True), (b"usr/bin/python3.11", True),
        (b"app/addon.node", True), (b"usr/bin/db5.3_dump", True), (b"core", True),
        (b"app/.hidden", True), (b"app/main.py", False), (b"usr/share/doc/x/copyright", False),
        (b"app/.git/objects/ab/cdef", False), (b"a.b/plain", True), (b"a/b.json", False),
    ],
)  # fmt: skip
def test_names_decide_what_is_looked_at(name: bytes, wanted: bool) -> None:
    assert bool(default_examiner().wants(name, 5000) & Want.PROBE) is wanted
    assert not default_examiner().wants(name, 4000) & Want.PROBE


def test_broken_files_never_raise_and_never_take_long() -> None:
    chance = random.Random(11)  # noqa: S311 - repeatable
    whole = [
        replace(FULL, data=go_data(), wide=wide, order=order, code=code).written()
        for wide in (True, False)
        for order in "<>"
        for code in (b"\x90" * 300, _LARGE)
    ] + [windows_program(), Program(kind=4).written().ljust(5000)]
    with at_most(10):
        for data in whole:
            for _ in range(60):
                facts(broken(data, chance))


def broken(data: bytes, chance: random.Random) -> bytes:
    """A program with some bytes changed, mostly of its header and its tables, perhaps cut off."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 30)):
        at = chance.choice(
            (chance.randrange(64), chance.randrange(len(made)), -chance.randrange(1, 800))
        )
        made[at] = chance.choice((0, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    end = chance.choice((len(made), chance.randrange(4096, len(made) + 1)))
    return bytes(made[:end]).ljust(4096)


@pytest.mark.parametrize("wide", [True, False])
def test_numbers_that_lie_stay_within_the_file(wide: bool) -> None:
    huge = 1 << 31
    liars = tuple(Section(f".debug_{k}", b"x", size=huge) for k in range(50))
    data = Program(wide=wide, sections=(*liars, *symbols(51))).written()
    found = facts(data)["elf"]
    assert found["debug"] <= len(data)
    assert found["debug"] + found["symbols"] <= len(data)
