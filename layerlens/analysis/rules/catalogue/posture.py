"""How an image is set up to run: user, ports, volumes, health check, labels, debugging."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerlens.analysis.rules.accounts import accounts, groups
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic
from layerlens.analysis.rules.started import program
from layerlens.analysis.rules.steps import Step, last_step
from layerlens.image.lazypattern import LazyPattern

_USER_FIX = (
    "# Debian, Ubuntu:\n"
    "RUN groupadd -r -g 10001 app && useradd -r -l -u 10001 -g app -d /app -s /usr/sbin/nologin app\n"
    "USER 10001:10001\n"
    "# Alpine:\n"
    "RUN addgroup -S -g 10001 app && adduser -S -D -H -u 10001 -G app app\n"
    "USER 10001:10001\n"
    "# distroless: a :nonroot tag, or USER 65532\n"
)
_LABELS = ("source", "revision", "version", "licenses")


def _rule(name: str, title: str, severity: Severity, why: str, fix: str, *also: str, keep: str = "",
          confidence: Confidence = Confidence.CERTAIN) -> Rule:  # fmt: skip
    return Rule(
        id=name, title=title, topic=Topic.POSTURE, why=why, fix=fix, severity=severity, also=also,
        keep=keep, confidence=confidence, source="image configuration",
    )  # fmt: skip


RULES = (
    _rule(
        "root-user", "runs as root", Severity.HIGH,
        "A process that runs as root in the container is root on the host if it breaks out, and can"
        " rewrite all of the image's files.",
        _USER_FIX, "CIS-DI-0001", "CIS 4.1", "DS-0002", "DL3002",
        keep="Numeric users other than 0, and names whose uid is not 0.",
    ),
    _rule(
        "unknown-user", "user or group that does not exist", Severity.HIGH,
        "The container does not start: the runtime looks the name up in the image's own"
        " /etc/passwd and /etc/group.",
        _USER_FIX, keep="Numbers, which need no entry.",
    ),
    _rule(
        "user-by-name", "user by name", Severity.INFO,
        "Kubernetes checks runAsNonRoot against numbers only and refuses to start an image whose"
        " user is a name.",
        "USER {number}\n", "DL3066",
    ),
    _rule(
        "no-healthcheck", "no health check", Severity.INFO,
        "Docker cannot tell a hung service from a working one.",
        'HEALTHCHECK CMD ["/app/healthcheck"]\n', "CIS-DI-0006", "CIS 4.6", "DS-0026", "DL3057",
        keep="Images in the OCI format cannot carry one, Kubernetes has probes of its own, and"
        " programs that end by themselves need none: never more than info.",
        confidence=Confidence.HINT,
    ),
    _rule(
        "ssh-port", "ssh server", Severity.MEDIUM,
        "A shell behind a port is one more thing to patch and to guard; docker exec needs none.",
        "# Leave out sshd and EXPOSE 22; docker exec -it <container> sh\n", "DS-0004",
        keep="Servers of git repositories need it.", confidence=Confidence.LIKELY,
    ),
    _rule(
        "port-range", "ports that cannot be used", Severity.LOW,
        "Ports go from 1 to 65535.",
        "EXPOSE 8080\n", "DL3011", "DS-0008",
    ),
    _rule(
        "privileged-port", "a port below 1024 without root", Severity.INFO,
        "Below 1024 a user other than root needs a capability on hosts older than Docker 20.10,"
        " and on other engines still.",
        "EXPOSE 8080\n",
    ),
    _rule(
        "sensitive-volume", "volume over a system directory", Severity.HIGH,
        "A volume there hides or exposes what the system needs.",
        "# VOLUME only for the application's own data:\nVOLUME /var/lib/app\n", "DKL-DI-0002",
    ),
    _rule(
        "sensitive-workdir", "working directory in a system directory", Severity.HIGH,
        "The kernel's file systems are mounted there when the container runs.",
        "WORKDIR /app\n", "DS-0030",
    ),
    _rule(
        "missing-labels", "no labels of origin", Severity.INFO,
        "Nobody can tell from the image which source it was built from.",
        'LABEL org.opencontainers.image.source="https://…" \\\n'
        '      org.opencontainers.image.revision="<commit>"\n'
        "# or: docker build --label …, docker buildx build --annotation …\n", "DL3049",
        keep="Annotations of the same names count.",
    ),
    _rule(
        "debug-settings", "set up for debugging", Severity.MEDIUM,
        "Debug modes show sources and variables to whoever asks, and debuggers run any code.",
        "# Turn it on when the container runs, where it is needed: docker run -e …\n",
        confidence=Confidence.LIKELY,
    ),
    _rule(
        "missing-ca-certificates", "no CA certificates", Severity.LOW,
        "Programs that use the system's certificates cannot check any server's: HTTPS fails.",
        "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n"
        "# or:\nRUN apt-get install -y --no-install-recommends ca-certificates\n",
        keep="Node and Java bring their own. Images without a client that is known (curl, git, Python"
        " …), unless they start a static program: info.", confidence=Confidence.HINT,
    ),
    _rule(
        "insecure-settings", "certificate checks turned off", Severity.MEDIUM,
        "Without the check anybody on the way can pose as the server.",
        "# Leave the variable out; add your CA to the image instead:\n"
        "COPY ca.crt /usr/local/share/ca-certificates/\nRUN update-ca-certificates\n", "CIS 4.11",
    ),
)  # fmt: skip

_NUMBER = LazyPattern(r"\d{1,10}")


def user(context: Context) -> Iterator[Draft]:
    """Root, names that do not exist, names where numbers were better."""
    text = context.config.user
    name, _, group = text.partition(":")
    row = last_step(context.steps, "USER")
    layer, history, base = _blame(row)
    people, passwd = accounts(context), _read(context, b"etc/passwd")
    numbers = {person.name: person.uid for person in people}
    shown = text[:80]
    if context.config.names_root:
        title = f"runs as root: USER {shown}" if text else "runs as root: no USER"
        yield Draft("root-user", layer=layer, history=history, is_base=base, title=title)
        return
    if not _NUMBER.fullmatch(name) and passwd:
        number = numbers.get(name)
        if number is None:
            title = f"user {name[:80]} is not in /etc/passwd: the container does not start"
            yield Draft("unknown-user", layer=layer, history=history, is_base=base, title=title)
        elif number == 0:
            title = f"runs as root: user {name[:80]} has uid 0"
            yield Draft("root-user", layer=layer, history=history, is_base=base, title=title)
        else:
            title = f"USER {name[:80]}, whose uid is {number}"
            yield Draft("user-by-name", layer=layer, history=history, is_base=base, title=title,
                        values={"number": str(number)})  # fmt: skip
    known = _read(context, b"etc/group")
    if group and not _NUMBER.fullmatch(group) and known and group not in groups(context):
        title = f"group {group[:80]} is not in /etc/group: the container does not start"
        yield Draft("unknown-user", layer=layer, history=history, is_base=base, title=title)


def _blame(row: Step | None) -> tuple[int | None, int | None, bool | None]:
    """Layer, history row and whose it is."""
    return (None, None, None) if row is None else (row.layer, row.history, row.is_base)


def _read(context: Context, path: bytes) -> bool:
    """Whether it is known what a file says: it was read, or there is none."""
    return context.text(path) is not None or not context.exists(path)


def health(context: Context) -> Iterator[Draft]:
    """No health check, or one that was turned off."""
    test = context.words("Healthcheck")
    runs = context.words("Cmd") or context.words("Entrypoint")
    if runs and (not test or test[0] in {"NONE", ""}):
        layer, history, base = _blame(last_step(context.steps, "HEALTHCHECK"))
        yield Draft("no-healthcheck", layer=layer, history=history, is_base=base)


def _keys(context: Context, setting: str) -> list[str]:
    found = context.config.settings.get(setting)
    return sorted(key for key in found if isinstance(key, str)) if isinstance(found, dict) else []


_DEBUG_PORTS = {
    9229: "Node's inspector", 5005: "the JVM's debugger", 5678: "debugpy",
    2345: "Delve", 9003: "Xdebug",
}  # fmt: skip


def ports(context: Context) -> Iterator[Draft]:
    """Ssh, ports out of range, debuggers' ports."""
    exposed = _keys(context, "ExposedPorts")
    numbers = {}
    for key in exposed[:1000]:
        port = key.partition("/")[0]
        if _NUMBER.fullmatch(port):
            numbers[key] = int(port)

    def draft(rule: str, key: str, title: str) -> Draft:
        port = key.partition("/")[0]
        row = last_step(
            context.steps, "EXPOSE", lambda text: re.search(rf"\b{port}\b", text) is not None
        )
        layer, history, base = _blame(row)
        return Draft(rule, layer=layer, history=history, is_base=base, title=title)

    setting = context.config.settings.get("User")
    root = not isinstance(setting, str) or setting.split(":")[0].strip() in {"", "0", "root"}
    ssh = [key for key, number in numbers.items() if number == 22 and not key.endswith("/udp")]
    if ssh:
        yield draft("ssh-port", ssh[0], "ssh port 22 exposed")
    elif b"usr/sbin/sshd" in context.fs.live and context.runs("sshd"):
        yield Draft("ssh-port", paths=(b"usr/sbin/sshd",), title="starts an ssh server",
                    layer=context.fs.layer_of(context.fs.live[b"usr/sbin/sshd"]))  # fmt: skip
    for key, number in numbers.items():
        if not 0 < number < 65536:
            yield draft("port-range", key, f"port {number} is out of range")
        elif number in _DEBUG_PORTS:
            yield draft("debug-settings", key, f"port {number} of {_DEBUG_PORTS[number]} exposed")
        elif number < 1024 and number != 22 and not root:
            yield draft("privileged-port", key, f"port {number} below 1024, but not root")


_SYSTEM = LazyPattern(
    r"/(?:(?:proc|sys|dev|boot)(?:/.*)?|etc|bin|sbin|lib|lib64|usr|usr/bin|usr/lib|)"
)
_KERNELS = LazyPattern(r"/(?:proc|sys|dev|boot)(?:/.*)?")


def directories(context: Context) -> Iterator[Draft]:
    """Volumes and the working directory where the system's own files are."""
    for volume in _keys(context, "Volumes")[:100]:
        place = "/" + volume.strip("/")
        if _SYSTEM.fullmatch(place):
            row = last_step(context.steps, "VOLUME", lambda text, volume=volume: volume in text)  # type: ignore[misc]
            layer, history, base = _blame(row)
            yield Draft("sensitive-volume", layer=layer, history=history, is_base=base,
                        title=f"volume over {place[:200]}")  # fmt: skip
    setting = context.config.settings.get("WorkingDir")
    if isinstance(setting, str) and _KERNELS.fullmatch("/" + setting.strip("/")):
        layer, history, base = _blame(last_step(context.steps, "WORKDIR"))
        yield Draft("sensitive-workdir", layer=layer, history=history, is_base=base,
                    title=f"working directory {setting[:200]}")  # fmt: skip


def labels(context: Context) -> Iterator[Draft]:
    """The annotations that image-spec has for an image's origin."""
    found = {*context.config.labels, *context.annotations}
    missing = [name for name in _LABELS if f"org.opencontainers.image.{name}" not in found]
    if missing:
        yield Draft("missing-labels", title=f"no label {', '.join(missing)}",
                    evidence=tuple(f"org.opencontainers.image.{name}" for name in missing))  # fmt: skip


_DEBUG = {
    "FLASK_DEBUG": r"[^0f].*", "DJANGO_DEBUG": r"1|true|yes|on", "FLASK_ENV": "development",
    "APP_DEBUG": r"1|true|yes|on", "ASPNETCORE_ENVIRONMENT": "development", "APP_ENV": r"dev(elopment)?|local",
    "RAILS_ENV": "development", "RACK_ENV": "development", "DEBUG": r"1|true|yes|on|\*",
    "WERKZEUG_DEBUG_PIN": "off", "JAVA_TOOL_OPTIONS": r".*jdwp.*", "NODE_OPTIONS": r".*--inspect.*",
    "JAVA_OPTS": r".*jdwp.*", "PYTHONBREAKPOINT": r"(?!0).+",
}  # fmt: skip
_UNSAFE = {
    "NODE_TLS_REJECT_UNAUTHORIZED": r"0", "GIT_SSL_NO_VERIFY": r"1|true|yes|on",
    "PYTHONHTTPSVERIFY": r"0", "NPM_CONFIG_STRICT_SSL": r"false", "npm_config_strict_ssl": r"false",
    "PIP_TRUSTED_HOST": r".+", "CURL_INSECURE": r"1|true", "GOINSECURE": r".+",
    "HUSKY_SKIP_TLS": r"1|true",
}  # fmt: skip
_DEBUGGERS = LazyPattern(
    r"--inspect(?:-brk)?\b|-agentlib:jdwp|-Xdebug\b|\bdebugpy\b|\bdlv\b|--reload\b"
)


def variables(context: Context) -> Iterator[Draft]:
    """Debug modes and switched-off checks of certificates."""
    for table, rule in ((_DEBUG, "debug-settings"), (_UNSAFE, "insecure-settings")):
        for name, pattern in table.items():
            value = context.env.get(name, "")
            if value and len(value) < 4096 and re.fullmatch(pattern, value, re.IGNORECASE):
                row = last_step(context.steps, "ENV", lambda text, name=name: name in text)  # type: ignore[misc]
                layer, history, base = _blame(row)
                yield Draft(rule, layer=layer, history=history, is_base=base,
                            title=f"ENV {name}={value[:80]}")  # fmt: skip
    command = [*context.words("Entrypoint"), *context.words("Cmd")]
    found = _DEBUGGERS.search("\0".join(command)[:65536])
    if found is not None:
        layer, history, base = _blame(
            last_step(context.steps, "CMD") or last_step(context.steps, "ENTRYPOINT")
        )
        yield Draft("debug-settings", layer=layer, history=history, is_base=base,
                    title=f"starts with {found[0]}")  # fmt: skip


_CERTIFICATES = (
    b"etc/ssl/certs", b"etc/ssl/cert.pem", b"etc/pki/tls/certs", b"etc/pki/ca-trust",
    b"usr/share/ca-certificates", b"usr/local/share/ca-certificates", b"var/lib/ca-certificates",
    b"etc/ca-certificates", b"nix/store",
)  # fmt: skip
_CLIENTS = (b"usr/bin/curl", b"usr/bin/wget", b"usr/bin/git", b"usr/bin/python3", b"usr/local/bin/python3",
            b"usr/bin/ruby", b"usr/local/bin/ruby", b"usr/bin/php", b"usr/local/bin/php")  # fmt: skip

_OWN_CERTIFICATES = (
    b"opt/java/openjdk/lib/security/cacerts", b"usr/local/bin/node", b"usr/bin/node", b"nodejs/bin/node",
)  # fmt: skip
"""Programs that bring certificates of their own."""


def certificates(context: Context) -> Iterator[Draft]:
    """An image that may speak HTTPS without anything to check it against."""
    live = context.fs.live
    if any(path in live for path in _CERTIFICATES) or "SSL_CERT_FILE" in context.env:
        return
    clients = [path for path in _CLIENTS if path in live]
    own = any(path in live for path in _OWN_CERTIFICATES)
    if own or not (clients or _starts_static(context)):
        return
    if not (context.words("Entrypoint") or context.words("Cmd")):
        return
    yield Draft("missing-ca-certificates", paths=clients,
                severity=None if clients else Severity.INFO)  # fmt: skip


def _starts_static(context: Context) -> bool:
    """Whether the image starts a static program: most servers in images from scratch are."""
    version = program(context)
    fact = None if version is None else context.facts("elf").get(context.fs.inode(version))
    return fact is not None and bool(fact["static"])


RULE_SET = RuleSet(
    rules=RULES,
    checks=(user, health, ports, directories, labels, variables, certificates),
)
