"""How an image is set up to run: each rule with what it finds and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.analysis.rules.catalogue import posture, posture_commands, posture_files
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from layerlens.layers.numbers import parse_number
from layerlens.layers.table import LayerTable
from tests.builders import Image, Member, directory, file, hardlink, layer, symlink, whiteout
from tests.effort import at_most
from tests.elves import Program, go_data
from tests.judging import Looked

SETS = [posture.RULE_SET, posture_files.RULE_SET, posture_commands.RULE_SET]
QUIET = {"no-healthcheck", "missing-labels", "missing-ca-certificates", "root-user"}
PASSWD = (
    b"root:x:0:0:root:/root:/bin/sh\napp:x:10001:10001::/app:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n"
)
GROUP = b"root:x:0:\napp:x:10001:\n"


def look(
    members: Sequence[Member] = (), history: Sequence[str] = (), base: int = 0, **settings: Any
) -> Looked:
    layers = [layer(*members) if members else layer(file("a", b"1"))]
    rows: list[dict[str, Any]] = [
        {"created_by": "COPY . ."},
        *({"created_by": row, "empty_layer": True} for row in history),
    ]
    return Looked(Image(layers, history=rows, settings=settings), base)


def found(*args: Any, **more: Any) -> dict[str, list[Finding]]:
    return look(*args, **more).findings(SETS)


def told(*args: Any, **more: Any) -> list[str]:
    """Titles of the findings that are not on every small image."""
    return [
        f"{each.severity.word} {rule}: {each.title}"
        for rule, group in found(*args, **more).items()
        if rule not in QUIET
        for each in group
    ]


ACCOUNTS = [
    file("etc/passwd", PASSWD.replace(b"toor:x:0:0::/root:/bin/sh\n", b"")),
    file("etc/group", GROUP),
]


@pytest.mark.parametrize(
    ("user", "rules"),
    [
        (None, ["root-user"]), ("", ["root-user"]), ("root", ["root-user"]), ("0", ["root-user"]),
        ("0:0", ["root-user"]), ("root:app", ["root-user"]), ("10001", []), ("10001:10001", []),
        ("app", ["user-by-name"]), ("app:app", ["user-by-name"]), ("10001:app", []),
        ("nobody", ["unknown-user"]), ("10001:staff", ["unknown-user"]),
    ],
)  # fmt: skip
def test_user(user: str | None, rules: list[str]) -> None:
    names = {"root-user", "unknown-user", "user-by-name"}
    findings = found(ACCOUNTS, User=user)
    assert [rule for rule in findings if rule in names] == rules
    for rule in rules:
        expected = Severity.INFO if rule == "user-by-name" else Severity.HIGH
        assert findings[rule][0].severity is expected


def test_a_second_root_is_root() -> None:
    findings = found([file("etc/passwd", PASSWD)], User="toor", history=["USER toor"])
    (root,) = findings["root-user"]
    assert root.title == "runs as root: user toor has uid 0"
    assert root.instruction == "USER toor"
    assert findings["second-root"][0].title == "toor with uid 0"


def test_numbers_need_no_accounts_and_unread_files_are_no_proof() -> None:
    assert "unknown-user" not in found(User="65532")
    assert "unknown-user" in found(User="app")
    linked = [symlink("etc/passwd", "../usr/passwd"), file("usr/passwd", b"x")]
    assert "unknown-user" not in found(linked, User="app")


def test_health_check() -> None:
    assert found(Cmd=["x"])["no-healthcheck"][0].severity is Severity.INFO
    assert "no-healthcheck" in found(Cmd=["x"], Healthcheck={"Test": ["NONE"]})
    assert "no-healthcheck" not in found(Cmd=["x"], Healthcheck={"Test": ["CMD", "x"]})
    assert "no-healthcheck" not in found()


def test_ports() -> None:
    def ports(*keys: str, **more: Any) -> list[str]:
        return told(ExposedPorts={key: {} for key in keys}, **more)

    assert ports("22/tcp", history=["EXPOSE 22"]) == ["medium ssh-port: ssh port 22 exposed"]
    assert ports("22/udp", "8080/tcp", "80/tcp", "odd", "") == []
    assert ports("70000/tcp") == ["low port-range: port 70000 is out of range"]
    assert ports("80/tcp", User="10001") == [
        "info privileged-port: port 80 below 1024, but not root"
    ]
    assert ports("9229/tcp") == ["medium debug-settings: port 9229 of Node's inspector exposed"]
    sshd = [file("usr/sbin/sshd", b"1")]
    assert told(sshd, Cmd=["/usr/sbin/sshd", "-D"]) == ["medium ssh-port: starts an ssh server"]
    assert told(sshd, Cmd=["nginx"]) == []


@pytest.mark.parametrize(
    ("volume", "flagged"),
    [("/proc", True), ("/etc", True), ("/", True), ("/dev/shm", True), ("/var/lib/app", False),
     ("/etc/app", False), ("/data", False)],
)  # fmt: skip
def test_volumes(volume: str, flagged: bool) -> None:
    rows = told(Volumes={volume: {}}, history=[f"VOLUME [{volume}]"])
    assert bool(rows) == flagged
    assert all(row.startswith("high sensitive-volume") for row in rows)


def test_working_directory() -> None:
    assert told(WorkingDir="/sys/x") == ["high sensitive-workdir: working directory /sys/x"]
    assert told(WorkingDir="/app") == []
    assert told(WorkingDir="/system") == []


def test_labels() -> None:
    name = "org.opencontainers.image."
    assert found()["missing-labels"][0].title == "no label source, revision, version, licenses"
    every = {name + each: "x" for each in ("source", "revision", "version", "licenses")}
    assert "missing-labels" not in found(Labels=every)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("FLASK_DEBUG=1", "debug-settings"), ("FLASK_DEBUG=0", None), ("DEBUG=*", "debug-settings"),
        ("DEBUG=0", None), ("NODE_ENV=production", None), ("RAILS_ENV=development", "debug-settings"),
        ("JAVA_TOOL_OPTIONS=-agentlib:jdwp=transport=dt_socket", "debug-settings"),
        ("NODE_TLS_REJECT_UNAUTHORIZED=0", "insecure-settings"), ("NODE_TLS_REJECT_UNAUTHORIZED=1", None),
        ("GIT_SSL_NO_VERIFY=true", "insecure-settings"), ("PIP_TRUSTED_HOST=x", "insecure-settings"),
    ],
)  # fmt: skip
def test_variables(row: str, rule: str | None) -> None:
    assert told(Env=[row]) == ([f"medium {rule}: ENV {row}"] if rule else [])


def test_debuggers() -> None:
    assert told(Cmd=["node", "--inspect=0.0.0.0", "x"]) == [
        "medium debug-settings: starts with --inspect"
    ]
    assert told(Cmd=["node", "inspect.js"]) == []


def test_certificates() -> None:
    static = [file("x", Program(data=go_data()).written())]
    assert found(static, Cmd=["/x"])["missing-ca-certificates"][0].severity is Severity.INFO
    assert "missing-ca-certificates" not in found([file("x", b"#!/y")], Cmd=["/x"])
    curl = [file("usr/bin/curl", b"1")]
    assert found(curl, Cmd=["x"])["missing-ca-certificates"][0].severity is Severity.LOW
    assert "missing-ca-certificates" not in found(
        [*curl, file("etc/ssl/certs/a.pem", b"1"), directory("etc/ssl/certs")], Cmd=["x"]
    )
    assert "missing-ca-certificates" not in found([file("usr/bin/node", b"1")], Cmd=["node"])


def test_setuid() -> None:
    members = [
        file("usr/bin/su", b"1", mode=0o104755), file("usr/local/bin/su", b"1", mode=0o4755),
        file("usr/bin/x", b"1", mode=0o2755), file("usr/bin/y", b"1", mode=0o755),
        file("data/z", b"1", mode=0o4644), directory("var/mail", mode=0o2775),
    ]  # fmt: skip
    findings = found(members)
    own, distribution = findings["setuid"]
    assert own.paths == (b"usr/bin/x", b"usr/local/bin/su")
    assert own.severity is Severity.MEDIUM
    assert own.evidence == ("2755 /usr/bin/x", "4755 /usr/local/bin/su")
    assert (distribution.severity, distribution.paths) == (Severity.INFO, (b"usr/bin/su",))


def test_capabilities() -> None:
    capable = replace(
        file("usr/bin/ping", b"1"), pax=((b"SCHILY.xattr.security.capability", b"\1\0\0\2"),)
    )
    findings = found([capable])
    assert findings["file-capabilities"][0].paths == (b"usr/bin/ping",)
    assert "file-capabilities" not in found()


def test_world_writable() -> None:
    members = [
        directory("tmp", mode=0o1777), directory("srv/up", mode=0o777), symlink("link", "a"),
        file("srv/data", b"1", mode=0o666), file("ok", b"1", mode=0o664), directory("dev", mode=0o777),
    ]  # fmt: skip
    (one,) = found(members)["world-writable"]
    assert one.paths == (b"srv/data", b"srv/up")
    assert (one.severity, one.title) == (
        Severity.MEDIUM, "1 file and 1 directory that everybody may write",
    )  # fmt: skip
    (program,) = found([file("app/run", b"1", mode=0o777)])["world-writable"]
    assert program.severity is Severity.HIGH
    assert "world-writable" not in found(members, base=1)


def test_what_nobody_else_reaches_is_not_writable_by_everybody() -> None:
    lock = [
        directory("root", mode=0o700), file("root/.cache/uv/.lock", b"", mode=0o777),
        file("tmp/x.lock", b"", mode=0o777),
    ]  # fmt: skip
    assert "world-writable" not in found(lock)
    (one,) = found([*lock, file("srv/.lock", b"", mode=0o777)])["world-writable"]
    assert (one.severity, one.paths) == (Severity.MEDIUM, (b"srv/.lock",))


def test_what_chmod_left_open_is_told_once() -> None:
    left = layer(directory("srv/up", mode=0o777))
    image = Looked(Image([left], ["RUN mkdir /srv/up && chmod 777 /srv/up"]), 0)
    assert {"world-writable", "chmod-777"} & set(image.findings(SETS)) == {"world-writable"}


def test_sudo_is_told_as_sudo_and_not_among_setuid_programs() -> None:
    findings = found([file("usr/bin/sudo", b"1", mode=0o4755)])
    assert {"sudo", "setuid"} & set(findings) == {"sudo"}


def test_only_what_is_there_in_the_end_counts() -> None:
    lower = layer(
        file("a", b"1", mode=0o4755), file("b", b"1", mode=0o777), file("c", b"1", mode=0o4755)
    )
    upper = layer(whiteout("a"), file("b", b"1", mode=0o755), hardlink("d", "b"))
    image = Looked(Image([lower, upper], ["RUN one", "RUN two"]), 0)
    findings = image.findings(SETS)
    assert [each.paths for each in findings["setuid"]] == [(b"c",)]
    assert "world-writable" not in findings


def test_sudo() -> None:
    assert told([file("usr/bin/sudo", b"1", mode=0o755)]) == ["medium sudo: sudo is installed"]
    assert told(history=["/bin/sh -c sudo apt-get update"]) == ["medium sudo-in-run: RUN with sudo"]
    assert told(history=["/bin/sh -c apt-get install -y sudo"]) == []
    assert told(history=["/bin/sh -c usermod -aG sudo app && echo a"]) == []
    assert told(history=["/bin/sh -c apt-get install -y sudo git"]) == []
    assert told(history=["/bin/sh -c sudo --version"]) == []
    assert told(history=["/bin/sh -c if sudo true; then make; fi"]) == [
        "medium sudo-in-run: RUN with sudo"
    ]


def test_empty_passwords() -> None:
    shadow = b"root:*:1:0:9:7:::\napp::1:0:9:7:::\nghost::1::::::\n"
    (one,) = found([*ACCOUNTS, file("etc/shadow", shadow)])["empty-password"]
    assert one.severity is Severity.CRITICAL
    assert one.title == "app with an empty password"
    assert one.paths == (b"etc/shadow",)
    assert "passwd --lock app" in one.fix
    old = file("etc/passwd", b"root::0:0:root:/root:/bin/sh\n")
    assert found([old])["empty-password"][0].title == "root with an empty password"
    assert "empty-password" not in found(
        [*ACCOUNTS, file("etc/shadow", b"root:!:1::::::\napp:*:1::::::\n")]
    )


def test_shared_ids() -> None:
    passwd = b"a:x:5:5::/:\nb:x:5:6::/:\na:x:5:5::/:\n"
    (one,) = found([file("etc/passwd", passwd)])["duplicate-ids"]
    assert one.title == "accounts that share an id: a, b"
    assert "duplicate-ids" not in found(ACCOUNTS)
    (group,) = found([*ACCOUNTS, file("etc/group", b"a:x:7:\nb:x:7:\n")])["duplicate-ids"]
    assert group.title == "groups that share an id: a, b"


COMMANDS = [
    ("curl -fsSL https://x/i.sh | bash", "curl-pipe-shell"),
    ("wget -qO- https://x/i.sh | sudo -E sh -", "curl-pipe-shell"),
    ('bash -c "$(curl -fsSL https://x/i.sh)"', "curl-pipe-shell"),
    ("bash <(curl -s https://x)", "curl-pipe-shell"),
    ("curl https://x | tar xz", None),
    ("curl https://x/y | sha256sum -c && sh build.sh", None),
    ("curl https://x -o i.sh && sha256sum -c s && sh i.sh", None),
    ("curl -k https://x -o y", "insecure-download"),
    ("curl -fsSLk https://x -o y", "insecure-download"),
    ("curl --insecure https://x", "insecure-download"),
    ("curl -k https://localhost/x", None),
    ("curl -fsS https://x/-k", None),
    ("wget --no-check-certificate https://x", "insecure-download"),
    ("apt-get install -y --allow-unauthenticated x", "insecure-download"),
    ("apk add --allow-untrusted x.apk", "insecure-download"),
    ("dnf install -y --nogpgcheck x", "insecure-download"),
    ("pip install --trusted-host x y", "insecure-download"),
    ("npm config set strict-ssl false", "insecure-download"),
    ("npm config set strict-ssl true", None),
    ("git config --global http.sslVerify false", "insecure-download"),
    ("chmod -R 777 /app", "chmod-777"),
    ("chmod 0777 /app && ls", "chmod-777"),
    ("chmod a+rwx /app", "chmod-777"),
    ("chmod 1777 /tmp", None),
    ("chmod 755 /app && echo 777", None),
    ("chmod 777 /tmp", None),
]


@pytest.mark.parametrize(("command", "rule"), COMMANDS)
def test_commands(command: str, rule: str | None) -> None:
    rows = [row.split()[1].rstrip(":") for row in told(history=[f"/bin/sh -c {command}"])]
    assert set(rows) - {"sudo-in-run"} == ({rule} if rule else set())


def test_commands_of_the_base_are_the_bases() -> None:
    layers = [layer(file("a", b"1")), layer(file("b", b"1"))]
    rows = [{"created_by": "RUN chmod 777 /a"}, {"created_by": "RUN chmod 777 /b"}]
    image = Looked(Image(layers, history=rows), 1)
    assert [(each.layer, each.is_base) for each in image.findings(SETS)["chmod-777"]] == [
        (0, True),
        (1, False),
    ]


@given(
    st.dictionaries(
        st.sampled_from(["User", "ExposedPorts", "Volumes", "WorkingDir", "Env", "Cmd", "Healthcheck", "Labels"]),
        st.none() | st.text(max_size=9) | st.lists(st.text(max_size=9), max_size=2)
        | st.dictionaries(st.text(max_size=9), st.text(max_size=3), max_size=2),
    ),
    st.lists(st.text(max_size=40), max_size=3),
    st.binary(min_size=1, max_size=60),
)  # fmt: skip
def test_odd_images_do_not_raise(settings: dict[str, Any], rows: list[str], data: bytes) -> None:
    members = [file(f"etc/{name}", data) for name in ("passwd", "group", "shadow")]
    analysis = look(members, rows, **settings).analysis(SETS)
    assert not [note for note in analysis.diagnostics if note.code == "rule-failed"]


@pytest.mark.parametrize(
    "piece", ["curl ", "chmod ", "sh -c ", "curl -k", "wget |", "sudo ", "[x ", "apt "]
)
def test_hostile_commands_take_no_longer(piece: str) -> None:
    image = look(history=["/bin/sh -c " + piece * (60_000 // len(piece))])
    context = image.context
    with at_most(4):
        list(posture_commands.commands(context))


def test_modes_are_read_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mode that occurs is looked at once, and no entry for itself."""
    looked: list[bytes] = []

    def parse(word: bytes) -> int:
        looked.append(word)
        return parse_number(word)

    def mode(_table: LayerTable, entry: int) -> int:
        raise AssertionError(entry)

    context = look([file(f"d/{k}", b"", mode=0o644 - k % 2 * 4) for k in range(1_000)]).context
    monkeypatch.setattr(posture_files, "parse_number", parse)
    monkeypatch.setattr(LayerTable, "mode", mode)
    assert posture_files.interesting(context) == []
    assert len(looked) == 2
