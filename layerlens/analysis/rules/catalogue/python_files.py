"""Files of Python that an image could do without: bytecode, tests, stubs, strangers' environments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerlens.analysis.rules.catalogue.python_places import (
    encoded,
    interpreters,
    path_ending_at,
    system_owned,
    system_packages,
    virtual_environments,
)
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.layers.table import Kind

_PEP_3147 = "https://peps.python.org/pep-3147/"

STALE = Rule(
    id="python-stale-bytecode",
    title="bytecode of Python modules that are gone",
    topic=Topic.CONTENT,
    why="Python does not import from __pycache__ where the source is missing, so that these files "
    "are never read.",
    fix="Remove a module together with its bytecode, in the instruction that made it:\n"
    "    RUN pip uninstall -y PACKAGE && find / -xdev -name __pycache__ -prune -exec rm -rf {} +\n"
    "and keep __pycache__ out of the build context (.dockerignore: `**/__pycache__`).",
    ledger_class=LedgerClass.BYTECODE,
    keep="Modules that come without sources: their bytecode lies beside where the source would.",
    source=_PEP_3147,
)

FOREIGN = Rule(
    id="python-duplicate-bytecode",
    title="bytecode of Pythons that the image does not have",
    topic=Topic.CONTENT,
    why="Each interpreter reads the bytecode of its own version only. What another one compiled, "
    "on a developer's machine or in an earlier stage, is never read.",
    fix="Add to .dockerignore:\n    **/__pycache__\n    **/*.py[co]\n"
    "and build with the interpreter that runs the application.",
    ledger_class=LedgerClass.BYTECODE,
    keep="Bytecode of every interpreter in the image, and all of it where none is found.",
    source=_PEP_3147,
)

BYTECODE = Rule(
    id="python-bytecode",
    title="Python bytecode",
    topic=Topic.CONTENT,
    why="Python makes it from the sources, which are in the image too.",
    fix="RUN pip install --no-cache-dir --no-compile -r requirements.txt\n"
    "(PYTHONDONTWRITEBYTECODE does not keep pip from compiling; uv compiles only when asked to.)",
    confidence=Confidence.HINT,
    ledger_class=LedgerClass.BYTECODE,
    most=Severity.INFO,
    trade_off="Every start compiles what it imports, which costs time, and where the user may not "
    "write beside the sources it does so each time.",
    keep="Less than 1 MB in a layer is not told.",
    source="https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-no-compile",
)

STDLIB_TESTS = Rule(
    id="python-stdlib-tests",
    title="tests and demonstrations of Python's standard library",
    topic=Topic.CONTENT,
    why="They test the interpreter itself, or are an editor that needs a screen.",
    fix="Take the official image (python:3.13-slim has none), or in the instruction that "
    "installs Python:\n"
    "    rm -rf {paths}",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.TESTS_AND_EXAMPLES,
    keep="What a package of the distribution owns.",
    source="https://github.com/docker-library/python (Dockerfile-linux.template)",
)

STUBS = Rule(
    id="python-stubs",
    title="type stubs of Python packages",
    topic=Topic.CONTENT,
    why="Type checkers and editors read them; the interpreter does not.",
    fix="Do not install packages that hold nothing else (types-*, *-stubs) in the image that "
    "runs. Stubs inside of other packages may stay: they are small.",
    confidence=Confidence.HINT,
    ledger_class=LedgerClass.OTHER,
    most=Severity.INFO,
    keep="Less than 100 kB in a layer is not told. Some packages do read their own stubs when they "
    "start (those that load parts lazily), so that no byte is claimed.",
    source="https://typing.python.org/en/latest/spec/distributing.html",
)

HOST_VENV = Rule(
    id="python-host-venv",
    title="virtual environment from another machine",
    topic=Topic.CONTENT,
    why="Its interpreter is not in the image: commands in it cannot start, and what it holds was "
    "built for the machine that it was copied from.",
    fix="Add to .dockerignore:\n    **/.venv\n    **/venv\n"
    "and make the environment in the image:\n"
    "    RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt\n"
    "Between stages, copy it to the same path, over the same interpreter.",
    ledger_class=LedgerClass.BUILD_LEFTOVERS,
    severity=Severity.HIGH,
    keep="Environments whose interpreter is found, and those that PYTHONPATH or the command names.",
    source="https://docs.python.org/3/library/venv.html (environments are not portable)",
)

# ---------------------------------------------------------------------- bytecode

_CACHED = re.compile(
    rb"(?P<module>[^/]+?)\.(?P<python>(?:cpython-|pypy|graalpy)\d+t?)[^/]*\.pyc\Z", re.DOTALL
)
_COMPILED = frozenset({b".pyc", b".pyo"})
MIN_BYTECODE = 1_000_000
MIN_STUBS = 100_000


@dataclass(slots=True)
class _Bytecode:
    """Versions of bytecode files, by what becomes of them; foreign ones with their Python."""

    stale: list[int] = field(default_factory=list)
    foreign: dict[int, str] = field(default_factory=dict)
    used: list[int] = field(default_factory=list)


def check_bytecode(context: Context) -> Iterator[Draft]:
    """Bytecode without its source, of absent interpreters, and the rest."""
    if b".pyc\0" not in context.files.joined and b".pyo\0" not in context.files.joined:
        return
    found = _sorted_out(context)
    for layer, versions in context.by_layer(found.stale).items():
        yield Draft(STALE.id, versions, layer=layer)
    for layer, versions in context.by_layer(found.foreign).items():
        names = ", ".join(sorted({_python_name(found.foreign[version]) for version in versions}))
        yield Draft(
            FOREIGN.id,
            versions,
            layer=layer,
            title=f"bytecode for {names}, which the image does not have",
        )
    for layer, versions in context.by_layer(found.used).items():
        if context.total(versions) >= MIN_BYTECODE:
            yield Draft(BYTECODE.id, versions, layer=layer)


def _sorted_out(context: Context) -> _Bytecode:
    found = _Bytecode()
    present = interpreters(context)
    live, owners = context.fs.live, context.inventory.owners
    system = system_packages(context)
    endings: dict[bytes, str] = {}  # of names, behind the module: few are different
    for path, version in zip(context.files.paths, context.files.versions, strict=True):
        if path[-4:] not in _COMPILED:
            continue
        folder, _, name = path.rpartition(b"/")
        if folder[-11:] != b"__pycache__":
            if path[:-1] in live:  # Python 2 puts it beside the source; sourceless ones stay
                found.used.append(version)
            continue
        module, mark, ending = name.partition(b".cpython-")
        if mark and ending in endings:
            tag = endings[ending]
        else:
            match = _CACHED.match(name)
            if match is None:
                continue
            module, tag = match["module"], match["python"].decode()
            if mark:
                endings[ending] = tag
        if owners.get(version) in system:
            continue
        source = live.get(folder[:-11] + module + b".py")
        if source is None:
            found.stale.append(version)
        elif not present or tag in present:
            found.used.append(version)
        elif owners.get(source) not in system:
            found.foreign[version] = tag
    return found


def _python_name(tag: str) -> str:
    """What people call it: ``Python 3.11``, ``PyPy 3.10``."""
    match = re.fullmatch(r"(cpython-|pypy|graalpy)(\d)(\d*)(t?)", tag)
    if match is None:
        return tag
    kind = {"cpython-": "Python", "pypy": "PyPy", "graalpy": "GraalPy"}[match[1]]
    version = f"{match[2]}.{match[3]}" if match[3] else match[2]
    return f"{kind} {version}{match[4]}"


# ---------------------------------------------------------------------- tests, stubs

_TESTS = (
    b"test", b"idlelib", b"turtledemo", b"lib2to3/tests", b"ctypes/test", b"sqlite3/test",
    b"unittest/test", b"distutils/tests", b"tkinter/test",
)  # fmt: skip
_LIBRARY = re.compile(rb"(?:.*/)?lib(?:32|64)?/(?:python|pypy)\d+\.\d+t?", re.DOTALL)
_FIRST_MODULE = re.compile(rb"/os\.py(?=\0)")


def check_stdlib_tests(context: Context) -> Iterator[Draft]:
    """Tests of the standard library of every Python in the image."""
    joined = context.files.joined
    found: dict[int, bytes] = {}
    for match in _FIRST_MODULE.finditer(joined):
        library = path_ending_at(joined, match.start())
        if not _LIBRARY.fullmatch(library):
            continue
        for name in _TESTS:
            directory = library + b"/" + name
            versions = context.files.below(directory)
            if not versions or any(system_owned(context, version) for version in versions):
                continue  # also what the distribution compiled, of files that it owns
            found.update((version, directory) for version in versions)
    for layer, versions in context.by_layer(found).items():
        directories = sorted({found[version] for version in versions})
        shown = [path.decode("utf-8", "surrogateescape") for path in directories]
        yield Draft(
            STDLIB_TESTS.id,
            versions,
            layer=layer,
            values={"paths": " ".join("/" + path for path in shown)},
        )


def check_stubs(context: Context) -> Iterator[Draft]:
    """Type stubs among installed packages."""
    joined = context.files.joined
    if b".pyi\0" not in joined:
        return
    found = [
        version
        for path, version in zip(context.files.paths, context.files.versions, strict=True)
        if path.endswith(b".pyi")
        and (b"site-packages/" in path or b"dist-packages/" in path)
        and not system_owned(context, version)
    ]
    for layer, versions in context.by_layer(found).items():
        if context.total(versions) >= MIN_STUBS:
            yield Draft(
                STUBS.id, versions, layer=layer, title=f"{len(versions)} type stubs of packages"
            )


# ---------------------------------------------------------------------- environments


def check_host_venvs(context: Context) -> Iterator[Draft]:
    """Virtual environments whose interpreter is nowhere in the image."""
    for prefix, about in virtual_environments(context).items():
        home = about.get("home", "")
        if not prefix or not home or b"site-packages/" in prefix:
            continue
        if _has_interpreter(context, prefix, home) or _is_named(context, prefix):
            continue
        versions = context.files.below(prefix)
        shown = prefix.decode("utf-8", "surrogateescape")
        groups = context.by_layer(versions)
        if len(versions) < 2:
            continue
        for layer, here in groups.items():
            yield Draft(
                HOST_VENV.id,
                here,
                layer=layer,
                title=f"virtual environment from another machine (/{shown})",
                evidence=(f"/{shown}/pyvenv.cfg: home = {home[:200]}",),
            )


def _has_interpreter(context: Context, prefix: bytes, home: str) -> bool:
    """Whether the environment's own ``python``, or one in its home, leads to a file."""
    own = (prefix + b"/bin/" + name for name in (b"python", b"python3"))
    if any(_resolves(context, path) for path in own):
        return True
    if not home.startswith("/"):
        return False
    directory = _resolved(context, encoded(home))
    return directory is not None and any(
        _resolves(context, directory + b"/" + name)
        for name in (b"python3", b"python", b"pypy3", b"pypy")
    )


def _is_named(context: Context, prefix: bytes) -> bool:
    """Whether the environment's modules are used by another interpreter."""
    shown = "/" + prefix.decode("utf-8", "surrogateescape") + "/"
    return shown in context.env.get("PYTHONPATH", "") + "/" or f"{shown}lib/" in context.started


def _resolves(context: Context, path: bytes) -> bool:
    """Whether a path leads to a regular file, links in it followed."""
    found = _resolved(context, path)
    return found is not None and context.files.find(found) is not None


def _resolved(context: Context, path: bytes) -> bytes | None:
    """A path without symbolic links and slash in front; ``None`` where nothing is there."""
    fs = context.fs
    waiting = [part for part in path.split(b"/") if part not in {b"", b"."}][::-1]
    at = b""
    for _ in range(400):
        if not waiting:
            return at
        part = waiting.pop()
        if part == b"..":
            at = at.rpartition(b"/")[0]
            continue
        here = at + b"/" + part if at else part
        version = fs.live.get(here)
        if version is None:
            return None
        if fs.kind(version) is not Kind.SYMLINK:
            at = here
            continue
        target = fs.entry(version).target or b""
        if target.startswith(b"/"):
            at = b""
        waiting += [each for each in target.split(b"/") if each not in {b"", b"."}][::-1]
    return None


RULE_SET = RuleSet(
    rules=(HOST_VENV, STALE, FOREIGN, STDLIB_TESTS, STUBS, BYTECODE),
    checks=(check_host_venvs, check_bytecode, check_stdlib_tests, check_stubs),
)
