"""Modes, capabilities and accounts of the final filesystem."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from layerlens.analysis.rules.accounts import accounts, group_rows, passwords
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, Rule, RuleSet, Severity, Topic
from layerlens.layers.numbers import parse_number
from layerlens.layers.table import Kind


def _rule(name: str, title: str, severity: Severity, why: str, fix: str, *also: str, keep: str = "",
          source: str = "modes of the layers' tar headers") -> Rule:  # fmt: skip
    return Rule(
        id=name, title=title, topic=Topic.POSTURE, why=why, fix=fix, severity=severity, also=also,
        keep=keep, source=source,
    )  # fmt: skip


RULES = (
    _rule(
        "setuid", "setuid and setgid programs", Severity.MEDIUM,
        "Whoever runs such a program gets its owner's rights, mostly root's: one hole in it is enough.",
        "RUN chmod a-s {paths}\n# or for all:\nRUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +\n"
        "# and: docker run --security-opt=no-new-privileges …\n",
        "CIS-DI-0008", "CIS 4.8",
        keep="Those that every image of the distribution has (su, mount, passwd, …): info. sudo, which"
        " has a rule of its own.",
    ),
    _rule(
        "file-capabilities", "files with capabilities", Severity.INFO,
        "A file capability gives a part of root's rights to whoever runs the program.",
        "RUN setcap -r {paths}\n", keep="ping, and servers that bind to ports below 1024, want them.",
        source="xattr security.capability",
    ),
    _rule(
        "world-writable", "files and directories that everybody may write", Severity.MEDIUM,
        "Any user of the container may replace them; a program or a configuration there runs as"
        " whoever uses it next.",
        "COPY --chmod=0755 …   # or in the RUN that makes them: chmod o-w {paths}\n",
        keep="Directories with the sticky bit (/tmp) and what lies in /tmp, symbolic links, what lies"
        " in a directory that not everybody may enter (/root), the base image's own. Empty files"
        " are no programs.",
    ),
    _rule(
        "sudo", "sudo", Severity.MEDIUM,
        "In a container there is nobody to become root on purpose; sudo is a setuid program with a"
        " history of holes.",
        "USER root\nRUN <command>\nUSER 10001\n", "DKL-DI-0001", "DL3004", "DS-0010",
        source="path and history",
    ),
    _rule(
        "empty-password", "accounts with an empty password", Severity.CRITICAL,
        "Anybody becomes the account without a password, by su or any service that asks PAM"
        " (CVE-2019-5021 was such an image).",
        "RUN passwd --lock {accounts}\n", "DKL-LI-0001", source="etc/shadow, etc/passwd",
        keep="Locked accounts (! and *).",
    ),
    _rule(
        "duplicate-ids", "accounts or groups that share an id", Severity.MEDIUM,
        "The kernel knows numbers only: accounts of one number are one account.",
        "RUN usermod -u <free id> <account>\n", "DKL-LI-0002", source="etc/passwd, etc/group",
    ),
    _rule(
        "second-root", "accounts with uid 0 beside root", Severity.HIGH,
        "It is root under another name.", "RUN userdel {accounts}\n", source="etc/passwd",
    ),
)  # fmt: skip

_BASELINE = frozenset(
    b"chage chfn chsh expiry gpasswd mount newgrp passwd su umount unix_chkpwd sg"
    b" pam_extrausers_chkpwd pam_timestamp_check userhelper write wall bbsuid fusermount"
    b" fusermount3 newuidmap newgidmap unix2_chkpwd".split()
)
"""Programs with setuid or setgid in base images of Debian, Ubuntu, Fedora, Alpine, SUSE."""
_SYSTEM_PLACES = (
    b"bin/",
    b"sbin/",
    b"usr/bin/",
    b"usr/sbin/",
    b"usr/lib/",
    b"usr/libexec/",
    b"lib/",
)
_OPEN_PLACES = (b"proc", b"sys", b"dev", b"tmp", b"var/tmp", b"run/lock", b"var/lock", b"run")
_PASSING_PLACES = (b"proc/", b"sys/", b"dev/", b"tmp/", b"var/tmp/")
_SUDO = (b"usr/bin/sudo", b"usr/local/bin/sudo")
_SPECIAL = 0o6000
_OTHERS = 0o002


def interesting(context: Context) -> list[tuple[int, int]]:
    """(version, mode) of live files and directories that have setuid, setgid or o+w.

    Modes are looked at as numbers of 8 bytes, of which an image has a few
    dozen different ones: entries are only looked at where one of them matters.
    """
    fs = context.fs
    found = []
    for layer, table in enumerate(fs.tables):
        if not len(table):
            continue
        words = array("Q", bytes(table.raw[: 48 * len(table)]))[::6]
        wanted = {
            word
            for word in set(words)
            if parse_number(array("Q", [word]).tobytes()) & (_SPECIAL | _OTHERS)
        }
        if not wanted:
            continue
        first, kinds, names = fs.first[layer], table.kinds, fs.paths
        for i, word in enumerate(words):
            if word in wanted and kinds[i] in {Kind.FILE, Kind.DIR}:
                version = first + i
                if fs.live.get(names[version]) != version:
                    continue
                mode = fs.entry(version).mode if version in fs.headers else table.mode(i)
                if mode & (_SPECIAL | _OTHERS):
                    found.append((version, mode))
    return found


def modes(context: Context) -> Iterator[Draft]:
    """setuid, setgid and world-writable."""
    baseline: list[int] = []
    special: list[tuple[int, int]] = []
    open_to_all: list[tuple[int, int]] = []
    for version, mode in interesting(context):
        path = context.path(version)
        is_file = context.fs.kinds[version] == Kind.FILE
        if is_file and mode & _SPECIAL and mode & 0o111:
            last = path.rpartition(b"/")[2]
            if last in _BASELINE and path.startswith(_SYSTEM_PLACES):
                baseline.append(version)
            elif path not in _SUDO:
                special.append((version, mode))
        if mode & _OTHERS and _open_to_all(context, version, mode):
            open_to_all.append((version, mode))
    yield from _special_drafts(context, special, baseline)
    yield from _open_drafts(context, open_to_all)


def layers_open_to_all(context: Context) -> set[int]:
    """The layers of yours that hold something that everybody may write."""
    return {
        context.fs.layer_of(version)
        for version, mode in interesting(context)
        if mode & _OTHERS and _open_to_all(context, version, mode)
    }


def _open_to_all(context: Context, version: int, mode: int) -> bool:
    """Whether it is told that everybody may write to it."""
    path = context.path(version)
    is_file = context.fs.kinds[version] == Kind.FILE
    if context.is_base(version) or (not is_file and mode & 0o1000):
        return False
    if path in _OPEN_PLACES or path.startswith(_PASSING_PLACES):
        return False
    return all(_may_enter(context, each) for each in _parents(path))


def _parents(path: bytes) -> Iterator[bytes]:
    """The directories above a path."""
    at = path.rfind(b"/")
    while at > 0:
        yield path[:at]
        at = path.rfind(b"/", 0, at)


def _may_enter(context: Context, directory: bytes) -> bool:
    """Whether everybody may enter a directory; one that no layer lists is taken for open."""
    version = context.fs.live.get(directory)
    if version is None or context.fs.kind(version) is not Kind.DIR:
        return True
    return bool(context.fs.entry(version).mode & 0o001)


def _special_drafts(
    context: Context, special: list[tuple[int, int]], baseline: list[int]
) -> Iterator[Draft]:
    layers: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for version, mode in special:
        layers[context.fs.layer_of(version)].append((version, mode))
    for layer, found in sorted(layers.items()):
        found.sort(key=lambda each: context.path(each[0]))
        paths = [context.path(version) for version, _ in found]
        title = _counted(paths, "setuid or setgid program")
        yield Draft("setuid", layer=layer, paths=paths, title=title,
                    evidence=_mode_lines(context, found))  # fmt: skip
    if baseline:
        paths = sorted(context.path(version) for version in baseline)
        layer = Counter(context.fs.layer_of(version) for version in baseline).most_common(1)[0][0]
        yield Draft(
            "setuid", layer=layer, paths=paths, severity=Severity.INFO,
            title=f"{len(paths)} setuid or setgid programs of the distribution",
        )  # fmt: skip


def _open_drafts(context: Context, found: list[tuple[int, int]]) -> Iterator[Draft]:
    layers: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for version, mode in found:
        layers[context.fs.layer_of(version)].append((version, mode))
    for layer, mine in sorted(layers.items()):
        mine.sort(key=lambda each: (not _is_code(context, *each), context.path(each[0])))
        files = sum(context.fs.kinds[version] == Kind.FILE for version, _ in mine)
        told = [
            f"{count} {word}" if count > 1 else f"1 {one}"
            for count, one, word in (
                (files, "file", "files"), (len(mine) - files, "directory", "directories")
            )
            if count
        ]  # fmt: skip
        dangerous = _is_code(context, *mine[0])
        yield Draft(
            "world-writable", layer=layer, paths=[context.path(version) for version, _ in mine],
            title=f"{' and '.join(told)} that everybody may write",
            evidence=_mode_lines(context, mine),
            severity=Severity.HIGH if dangerous else None,
        )  # fmt: skip


def _is_code(context: Context, version: int, mode: int) -> bool:
    """Whether it is a program or a configuration that everybody may rewrite."""
    path = context.path(version)
    return context.fs.kinds[version] == Kind.FILE and (
        (mode & 0o111 != 0 and context.size(version) > 0)  # an empty one is a lock, or a mark
        or path.startswith(b"etc/")
        or path.endswith((b".conf", b".cfg", b".ini"))
    )


def _counted(paths: list[bytes], what: str) -> str:
    if len(paths) == 1:
        return f"{what} /{paths[0].decode('utf-8', 'surrogateescape')}"
    return f"{len(paths)} {what}s"


def _mode_lines(context: Context, found: list[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(
        f"{mode:04o} /{context.path(version).decode('utf-8', 'surrogateescape')}"
        for version, mode in found[:10]
    )


def capabilities(context: Context) -> Iterator[Draft]:
    """Files with an xattr ``security.capability``."""
    fs = context.fs
    for layer, table in enumerate(fs.tables):
        paths = []
        for i, pairs in table.xattrs.items():
            version = fs.first[layer] + i
            if any(name == b"security.capability" for name, _ in pairs) and (
                fs.live.get(fs.paths[version]) == version
            ):
                paths.append(fs.paths[version])
        if paths:
            yield Draft("file-capabilities", layer=layer, paths=sorted(paths),
                        title=f"{len(paths)} file{'s' * (len(paths) > 1)} with capabilities")  # fmt: skip


def sudo(context: Context) -> Iterator[Draft]:
    """The program itself; what the history runs is another module's."""
    for path in _SUDO:
        version = context.files.find(path)
        if version is not None:
            yield Draft("sudo", layer=context.fs.layer_of(context.fs.inode(version)), paths=[path],
                        title="sudo is installed")  # fmt: skip
            return


def people(context: Context) -> Iterator[Draft]:
    """Empty passwords, shared ids, roots."""
    found = accounts(context)
    if not found:
        return
    shadow = passwords(context)
    empty = [
        person.name
        for person in found
        if person.password == "" or (person.password == "x" and shadow.get(person.name) == "")  # noqa: S105
    ]
    if empty:
        where = b"etc/shadow" if shadow else b"etc/passwd"
        yield _account_draft(context, "empty-password", where, empty, "an empty password")
    roots = [person.name for person in found if person.uid == 0 and person.name != "root"]
    if roots:
        yield _account_draft(context, "second-root", b"etc/passwd", roots, "uid 0")
    for path, pairs in (
        (b"etc/passwd", [(person.name, person.uid) for person in found if person.uid]),
        (b"etc/group", group_rows(context)),
    ):
        shared = _shared(pairs)
        if shared:
            lines = tuple(f"{number}: {', '.join(names[:5])}" for number, names in shared[:10])
            what = "accounts" if path == b"etc/passwd" else "groups"
            yield Draft(
                "duplicate-ids", layer=_layer(context, path), paths=[path], evidence=lines,
                title=f"{what} that share an id: {'; '.join(', '.join(names[:3]) for _, names in shared[:3])}",
            )  # fmt: skip


def _shared(pairs: Iterable[tuple[str, int]]) -> list[tuple[int, list[str]]]:
    """Ids with several names, in order; a row that is repeated is one name."""
    names: dict[int, list[str]] = defaultdict(list)
    for name, number in pairs:
        if name not in names[number]:
            names[number].append(name[:80])
    return sorted((number, found) for number, found in names.items() if len(found) > 1)


def _account_draft(context: Context, rule: str, path: bytes, names: list[str], what: str) -> Draft:
    shown = [name[:80] for name in names[:10]]
    return Draft(
        rule, layer=_layer(context, path), paths=[path],
        title=f"{', '.join(shown[:3])}{' and others' * (len(names) > 3)} with {what}",
        values={"accounts": " ".join(shown)},
    )  # fmt: skip


def _layer(context: Context, path: bytes) -> int | None:
    version = context.files.find(path)
    return None if version is None else context.fs.layer_of(context.fs.inode(version))


RULE_SET = RuleSet(rules=RULES, checks=(modes, capabilities, sudo, people))
