"""What a path alone does not say: conditions of path rules.

Each gets the context and live versions whose paths match, and gives those
that count.  Conditions only run where something matched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from layerlens.analysis.rules.context import Context
from layerlens.layers.limits import PATH_MAX
from layerlens.layers.table import Kind

Where = Callable[[Context, Sequence[int]], Sequence[int]]

_SYSTEM = (
    b"bin/", b"boot/", b"dev/", b"etc/", b"lib/", b"lib32/", b"lib64/", b"proc/", b"run/", b"sbin/",
    b"sys/", b"tmp/", b"usr/", b"var/",
)  # fmt: skip
_APPLICATIONS = (b"usr/src/", b"usr/share/nginx/html/", b"usr/local/apache2/htdocs/", b"var/www/")
"""Directories of the system in which images put their own program by custom."""


def all_of(*conditions: Where) -> Where:
    """What meets one condition after another."""

    def where(context: Context, versions: Sequence[int]) -> Sequence[int]:
        for condition in conditions:
            versions = condition(context, versions) if versions else versions
        return versions

    return where


def unless_started(pattern: str) -> Where:
    """Nothing where what the image runs has a word, or words, of a pattern.

    A directory is none: ``/go/bin/app`` does not run go.
    """
    words = re.compile(rf"(?<![\w.-])(?:{pattern})(?![\w./-])")

    def where(context: Context, versions: Sequence[int]) -> Sequence[int]:
        return () if words.search(context.started) else versions

    return where


def beside(
    directories: Sequence[str], markers: Sequence[str], *, absent: bool = False, suffix: str = ""
) -> Where:
    """What lies below a directory of such a name, beside which one of some paths is.

    ``absent`` turns it round: none of them is there.  ``suffix`` is a file's
    ending that will do as a marker too.
    """
    names = frozenset(name.encode() for name in directories)
    wanted = [b"/" + marker.encode() for marker in markers]

    def where(context: Context, versions: Sequence[int]) -> Sequence[int]:
        parents: dict[bytes, bool] = {}
        endings = _parents_of(context, suffix.encode()) if suffix else frozenset()

        def marked(parent: bytes) -> bool:
            if parent not in parents:
                parents[parent] = parent in endings or any(
                    context.exists((parent + marker).lstrip(b"/")) for marker in wanted
                )
            return parents[parent]

        directories: dict[bytes, bool] = {}
        found = []
        for version in versions:
            path = context.path(version)
            directory = path[: max(path.rfind(b"/"), 0)]
            there = directories.get(directory)
            if there is None:
                parts = _loadable(directory).split(b"/")
                there = directories[directory] = any(
                    marked(b"/".join(parts[:i])) for i, part in enumerate(parts) if part in names
                )
            if there is not absent:
                found.append(version)
        return found

    return where


def _loadable(directory: bytes) -> bytes:
    """A directory, or the last one on the way to it whose path is not longer than ``PATH_MAX``."""
    if len(directory) <= PATH_MAX:
        return directory
    return directory[: max(directory.rfind(b"/", 0, PATH_MAX + 1), 0)]


def _parents_of(context: Context, suffix: bytes) -> frozenset[bytes]:
    """Directories that hold a file with an ending."""
    return frozenset(
        path[: max(path.rfind(b"/"), 0)] for path in context.files.paths if path.endswith(suffix)
    )


def application(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """What a COPY or ADD of one's own put outside the system's directories.

    A layer without a recorded instruction counts as copied.
    """
    home = str(context.config.settings.get("WorkingDir") or "").strip("/").encode()
    places = (*_APPLICATIONS, home + b"/") if home else _APPLICATIONS
    copied = [
        layer >= context.base_layers and history.instruction.keyword in ("COPY", "ADD", "")
        for layer, history in enumerate(context.histories)
    ]
    fs = context.fs
    found = []
    for version in versions:
        path = context.path(version)
        layer = fs.layer_of(fs.inode(version))
        if copied[layer] and (not path.startswith(_SYSTEM) or path.startswith(places)):
            found.append(version)
    return found


def large_scripts(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Of ``.sh`` files only those so large that they unpack something."""
    return [
        version
        for version in versions
        if not context.path(version).endswith(b".sh") or context.size(version) > 1_000_000
    ]


def unless_named(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """What neither the command nor a script that it starts names."""
    text = context.started.encode("utf-8", "surrogateescape")
    return [
        version for version in versions if context.path(version).rpartition(b"/")[2] not in text
    ]


def no_variable(*prefixes: str) -> Where:
    """Nothing where the image sets a variable whose name begins so."""

    def where(context: Context, versions: Sequence[int]) -> Sequence[int]:
        return () if any(name.startswith(prefixes) for name in context.env) else versions

    return where


def without_files(pattern: bytes) -> Where:
    """Nothing where a live file's path matches.  Paths stand between NULs."""
    wanted = re.compile(pattern)

    def where(context: Context, versions: Sequence[int]) -> Sequence[int]:
        return () if wanted.search(context.files.joined) else versions

    return where


def with_sibling(ending: str, *others: str) -> Where:
    """Files beside which lies one of the same name with another ending."""
    cut = len(ending.encode())
    endings = [other.encode() for other in others]

    def where(context: Context, versions: Sequence[int]) -> Sequence[int]:
        return [
            version
            for version in versions
            for stem in [context.path(version)[:-cut]]
            if any(context.exists(stem + other) for other in endings)
        ]

    return where


def dependency_files(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Objects, and of ``.d`` files those with an object beside them.

    Directories for settings end in ``.d`` too, and programs keep files so.
    """
    objects = with_sibling(".d", ".o", ".lo")
    loose = {v for v in versions if context.path(v).endswith(b".d")}
    kept = set(objects(context, [v for v in versions if v in loose])) if loose else set()
    return [v for v in versions if v not in loose or v in kept]


def source_trees(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """What lies in a directory of ``usr/src`` or ``opt`` that can be built."""
    signs = (b"configure", b"configure.ac", b"Makefile", b"CMakeLists.txt", b"meson.build")
    known: dict[bytes, bool] = {}
    found = []
    for version in versions:
        parts = context.path(version).split(b"/")
        depth = 3 if parts[0] == b"usr" else 2
        tree = b"/".join(parts[:depth])
        if tree not in known:
            known[tree] = any(context.exists(tree + b"/" + sign) for sign in signs)
        if known[tree]:
            found.append(version)
    return found


def conda_tree(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """What lies in a ``pkgs`` of conda: beside ``conda-meta``, or where the variable says."""
    moved = context.cache_variables.get("CONDA_PKGS_DIRS")
    inside = set(beside(("pkgs",), ("conda-meta",))(context, versions))
    return [
        version
        for version in versions
        if version in inside or (moved and context.path(version).startswith(moved + b"/"))
    ]


def composer_home(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Of ``tmp/cache`` only what has the shape of composer's cache."""
    at = b"tmp/cache/"
    shaped = context.exists(at + b"files") and context.exists(at + b"repo")
    return [v for v in versions if shaped or not context.path(v).startswith(at)]


def unwanted_languages(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Translations into languages that the image's settings do not ask for.

    English stays always, since programs are written in it.
    """
    wanted = {b"en"} | _languages(context)
    found = []
    for version in versions:
        parts = context.path(version).split(b"/")
        at = parts.index(b"locale") + 1
        if at < len(parts) and re.split(rb"[_.@]", parts[at])[0] not in wanted:
            found.append(version)
    return found


def unwanted_system_locales(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Data of the C library for locales, but for ``C`` and those that are set."""
    kept = _languages(context)
    found = []
    for version in versions:
        parts = context.path(version).split(b"/")
        name = parts[3] if len(parts) > 3 else b""
        if name == b"locale-archive" and kept:
            continue  # it may hold the very one that is set
        if not name.startswith((b"C.", b"POSIX")) and re.split(rb"[_.@]", name)[0] not in kept:
            found.append(version)
    return found


def _languages(context: Context) -> set[bytes]:
    """The languages that variables name: ``de`` for ``LANG=de_AT.UTF-8``."""
    texts = [context.env.get(name, "") for name in ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES")]
    words = re.split(r":", ":".join(texts))
    found = {re.split(r"[_.@]", word)[0].encode("utf-8", "surrogateescape") for word in words}
    return found - {b"", b"C", b"POSIX"}


def foreign_runtimes(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Native parts of .NET packages for other systems than the image's."""
    platform = context.config.platform
    arch = {"amd64": b"x64", "386": b"x86", "arm64": b"arm64", "arm": b"arm"}.get(
        platform.architecture if platform else "", b""
    )
    if not arch:
        return ()
    found = []
    for version in versions:
        parts = context.path(version).split(b"/")
        rid = parts[parts.index(b"runtimes") + 1]
        system, _, rest = rid.partition(b"-")
        here = system.startswith((b"linux", b"alpine", b"debian", b"ubuntu", b"rhel"))
        foreign = bool(rest) and rest.split(b"-")[-1] != arch
        if foreign if here else system not in (b"unix", b"any", b"base"):
            found.append(version)
    return found


def unreferenced_blobs(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Blobs of a model store that no snapshot leads to; unfinished ones too."""
    blobs = {v for v in versions if b"/blobs/" in context.path(v)}
    if not blobs:
        return versions
    wanted = {target for target, _ in _snapshot_links(context)}
    return [v for v in versions if v not in blobs or context.path(v) not in wanted]


_OTHER_FORMATS = re.compile(
    rb"(?:tf_model\.h5|flax_model\.msgpack|rust_model\.ot|pytorch_model.*\.bin)\Z", re.DOTALL
)


def other_formats(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Weights in older formats beside the same model's safetensors, also through snapshots."""
    safe = _parents_of(context, b".safetensors")
    names: dict[bytes, list[bytes]] = {}
    snapshots = set()
    if any(b"/blobs/" in context.path(v) for v in versions):
        for target, link in _snapshot_links(context):
            names.setdefault(target, []).append(link)
            if link.endswith(b".safetensors"):
                snapshots.add(link[: link.rfind(b"/")])
    found = []
    for version in versions:
        path = context.path(version)
        links = names.get(path, [])
        if b"/blobs/" in path:
            if links and all(
                _OTHER_FORMATS.search(link) and link[: link.rfind(b"/")] in snapshots
                for link in links
            ):
                found.append(version)
        elif path[: max(path.rfind(b"/"), 0)] in safe:
            found.append(version)
    return found


def _snapshot_links(context: Context) -> list[tuple[bytes, bytes]]:
    """(target, link) of the symbolic links in snapshots of model stores."""
    import posixpath

    fs = context.fs
    found = []
    for path, version in fs.live.items():
        if b"/snapshots/" in path and fs.kind(version) is Kind.SYMLINK:
            target = fs.entry(version).target or b""
            start = b"/" if target.startswith(b"/") else b"/" + posixpath.dirname(path)
            found.append((posixpath.normpath(posixpath.join(start, target)).lstrip(b"/"), path))
    return found


def unpacked_twins(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Archives beside the directory that was unpacked out of them."""
    return [v for v in versions if context.exists(context.path(v)[: -len(b".zip")])]


_COMPILE_AT_RUN_TIME = (
    b"/site-packages/torch/", b"/dist-packages/torch/", b"/site-packages/triton/",
    b"/site-packages/cppyy/", b"\0usr/lib/R/", b"\0usr/local/lib/R/",
)  # fmt: skip


def no_header_readers(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Nothing where a program that compiles while it runs is there."""
    if any(name in context.files.joined for name in _COMPILE_AT_RUN_TIME):
        return ()
    return unless_started(r"gcc|g\+\+|cc|clang|make|cmake")(context, versions)


_BESIDE_PROJECT = beside(("build", "dist", ".eggs"), ("pyproject.toml", "setup.py", "setup.cfg"))


def python_project(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """What lies beside a description of a Python project, or was unpacked to be built."""
    unpacked = [v for v in versions if context.path(v).startswith((b"tmp/", b"var/tmp/"))]
    loose = set(unpacked)
    return [*unpacked, *_BESIDE_PROJECT(context, [v for v in versions if v not in loose])]


_JAVA = ("bin/java", "jre/bin/java")
_IN_JAVA_LIB = beside(("lib",), _JAVA)
_IN_JAVA_HOME = beside(("demo", "sample", "man"), _JAVA)


def java_extras(context: Context, versions: Sequence[int]) -> Sequence[int]:
    """Sources in the ``lib`` of a Java home, and demos and manuals right in it."""
    sources = {v for v in versions if context.path(v).endswith(b"/lib/src.zip")}
    others = [v for v in versions if v not in sources]
    return [*_IN_JAVA_LIB(context, sorted(sources)), *_IN_JAVA_HOME(context, others)]
