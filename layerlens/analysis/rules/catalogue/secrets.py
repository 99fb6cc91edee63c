"""Secrets in files of every layer, in variables, arguments, labels, history and commands.

No title, evidence or path says a value: a secret is named by its kind, where
it stands, its length and, if it cannot be guessed, eight digits of its hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.findings import MOST_SECRETS
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.analysis.rules.steps import Step
from layerlens.filesystem.changes import Cause
from layerlens.image.redaction import ConfigLeak

_MOUNT = (
    "RUN --mount=type=secret,id=token,env=TOKEN <command that needs it>\n"
    "# docker build --secret id=token,src=token.txt .\n"
)
_ROTATE = (
    "# Revoke or rotate the credential first: whoever can pull the image has it. A later RUN rm or a\n"
    "# squash does not take it out of copies that were pushed; rebuild without it.\n"
)
_FILE_FIX = (
    _ROTATE + "RUN --mount=type=secret,id=file,target={path} <command that reads it>\n"
    "# docker build --secret id=file,src=<file outside of the context> .\n"
    "# .dockerignore: keep the file out of COPY . .\n"
    "{ignore}"
)
_WHY_FILE = (
    "Everybody who can pull the image can read it. Layers are archives: a file that a later layer"
    " removes is still in the lower one."
)
_KEEP_FILE = (
    "Files of packages, documentation, language libraries and node_modules; placeholders,"
    " references to variables, values that end in EXAMPLE. Below tests and examples: low."
)
_SCANNERS = ("CIS-DI-0010", "CIS 4.10")


def _file_rule(
    name: str, title: str, severity: Severity, *also: str, claims: bool = False, **more: Any
) -> Rule:
    return Rule(
        id=name,
        title=title,
        topic=Topic.SECRETS,
        severity=severity,
        ledger_class=LedgerClass.SECRETS if claims else None,
        also=(*_SCANNERS, *also),
        **{"why": _WHY_FILE, "fix": _FILE_FIX, "keep": _KEEP_FILE, "source": _SOURCE, **more},
    )


_SOURCE = "path and content both match; shapes as gitleaks and trivy know them"

FILE_RULES = {
    "private-key": _file_rule(
        "secret-private-key", "private keys", Severity.CRITICAL, "trivy private-key",
        "gitleaks private-key", claims=True,
        fix=_ROTATE + "RUN --mount=type=ssh git clone git@host:owner/repository\n"
        "# docker build --ssh default .\n"
        "# A key that the service needs: mount it when the container runs.\n{ignore}",
    ),
    "aws": _file_rule("secret-aws", "AWS credentials", Severity.CRITICAL, "trivy aws-secret-access-key"),
    "docker-config": _file_rule("secret-docker-config", "registry logins", Severity.CRITICAL,
                                "trivy dockerconfig-secret"),
    "npmrc": _file_rule(
        "secret-npmrc", "npm credentials", Severity.CRITICAL, "trivy npm-access-token",
        fix=_ROTATE + "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n"
        "# docker build --secret id=npmrc,src=$HOME/.npmrc .\n{ignore}",
    ),
    "pypirc": _file_rule(
        "secret-pypirc", "Python index credentials", Severity.CRITICAL, "trivy pypi-upload-token",
        fix=_ROTATE + "RUN --mount=type=secret,id=pip,target=/etc/pip.conf pip install -r requirements.txt\n"
        "# docker build --secret id=pip,src=$HOME/.config/pip/pip.conf .\n{ignore}",
    ),
    "netrc": _file_rule(
        "secret-netrc", "netrc passwords", Severity.CRITICAL,
        fix=_ROTATE + "RUN --mount=type=secret,id=netrc,target=/root/.netrc <command>\n"
        "# docker build --secret id=netrc,src=$HOME/.netrc .\n{ignore}",
    ),
    "git-credentials": _file_rule(
        "secret-git-credentials", "git credentials", Severity.CRITICAL, "gitleaks",
        fix=_ROTATE + "RUN --mount=type=ssh git clone git@host:owner/repository\n"
        "# docker build --ssh default .\n# .dockerignore:\n.git\n{ignore}",
    ),
    "kubeconfig": _file_rule("secret-kubeconfig", "Kubernetes credentials", Severity.CRITICAL),
    "gcp": _file_rule("secret-gcp", "Google Cloud credentials", Severity.CRITICAL,
                      "trivy gcp-service-account"),
    "azure": _file_rule("secret-azure", "Azure credentials", Severity.CRITICAL,
                        "gitleaks azure-storage-account-key"),
    "env-file": _file_rule(
        "secret-env-file", "env files", Severity.HIGH, claims=True,
        fix=_ROTATE + "# .dockerignore:\n**/.env*\n!**/.env.example\n"
        "# docker run --env-file .env <image>\n",
        keep=_KEEP_FILE + " Env files without a secret are low.",
    ),
    "token": _file_rule("secret-token", "access tokens", Severity.HIGH, "gitleaks", "trivy"),
    "url": _file_rule("secret-url", "passwords in URLs", Severity.HIGH,
                      keep="Source code; placeholders such as user:pass. " + _KEEP_FILE),
    "web-config": _file_rule(
        "secret-web-config", "application secrets and key stores", Severity.MEDIUM, "CIS-DI-0010",
        keep="The JDK's cacerts; settings that read the environment. " + _KEEP_FILE,
    ),
    "shell-history": _file_rule(
        "secret-shell-history", "passwords in shell histories", Severity.HIGH,
        fix=_ROTATE + "# Do not commit containers that somebody worked in; in a Dockerfile:\nENV HISTFILE=/dev/null\n{ignore}",
    ),
    "password-hash": _file_rule(
        "secret-password-hash", "password hashes", Severity.MEDIUM,
        why="Whoever pulls the image can try passwords against the hash, as fast as hardware allows.",
        fix="RUN passwd --lock <account>   # in the very RUN that made the account\n",
        keep="Locked accounts (! and *).",
    ),
    "ssh-host-key": _file_rule(
        "ssh-host-keys", "ssh host keys", Severity.MEDIUM,
        why="Every container of the image has the same host key, and whoever pulls the image can"
        " pose as any of them.",
        fix="RUN rm -f /etc/ssh/ssh_host_*   # in the RUN that installs the server\n"
        "# and make keys when the container starts: ssh-keygen -A\n",
        keep="",
    ),
}  # fmt: skip
"""Kind of hit -> its rule."""

_KINDS = {"env-file-present": "env-file", "keystore": "web-config"}
_WITH_NAME = frozenset({"env-file", "web-config"})
_WHOLE = frozenset(
    {
        "npmrc",
        "netrc",
        "docker-config",
        "kubeconfig",
        "gcp",
        "aws",
        "env-file",
        "ssh-host-key",
        "keystore",
    }
)
"""Kinds whose files serve the secret only, so that they would go as wholes."""


def _config_rule(
    name: str, title: str, why: str, severity: Severity, fix: str, **more: Any
) -> Rule:
    return Rule(
        id=name, title=title, topic=Topic.SECRETS, why=why, severity=severity, fix=_ROTATE + fix,
        **{"also": ("CIS-DI-0010", "CIS 4.10", "DS-0031", "DL3064", "SecretsUsedInArgOrEnv"),
           "keep": "References to variables, paths, switches, fingerprints of GPG keys, placeholders.",
           "source": "BuildKit's check SecretsUsedInArgOrEnv", **more},
    )  # fmt: skip


CONFIG_RULES = {
    "env": _config_rule(
        "secret-in-env", "secrets in ENV",
        "docker inspect and every process in the container show the environment.",
        Severity.CRITICAL, "# Give it when the container runs:\n# docker run --env-file <file> …\n" + _MOUNT,
    ),
    "arg": _config_rule(
        "secret-in-arg", "secrets in build arguments",
        "Builders write build arguments into the history, in front of every RUN that follows;"
        " docker history shows them.",
        Severity.HIGH, _MOUNT,
    ),
    "label": _config_rule(
        "secret-in-label", "secrets in labels", "docker inspect shows labels, and registries index them.",
        Severity.HIGH, "# Leave it out of LABEL.\n",
    ),
    "history": _config_rule(
        "secret-in-history", "secrets in the history",
        "A later ENV or LABEL hides the value, but the history keeps what was set before.",
        Severity.HIGH, _MOUNT,
    ),
    "command": _config_rule(
        "secret-in-command", "secrets in commands",
        "Commands stand in the configuration and its history as they were written.",
        Severity.HIGH, _MOUNT, keep="$NAME and $(cat /run/secrets/…), which name a secret only.",
    ),
}  # fmt: skip
"""Where a leak is -> its rule."""


@dataclass(slots=True)
class _Hit:
    """One secret in one version of a file."""

    version: int
    layer: int
    fact: Mapping[str, Any]
    severity: Severity
    hint: bool


def files(context: Context) -> Iterable[Draft]:
    """Secrets in files, per rule and layer; removed files too."""
    facts = context.facts("secrets")
    if not facts:
        return
    gone = {
        inode: (context.fs.deaths.layer[i], context.fs.deaths.cause[i])
        for i, inode in enumerate(context.fs.deaths.inode)
        if inode in facts
    }
    groups: dict[tuple[str, int], list[_Hit]] = defaultdict(list)
    for version in sorted(facts):
        path = context.path(version)
        if _owned(context, path) or path.endswith(b"/ssl-cert-snakeoil.key"):
            continue
        layer = context.fs.layer_of(version)
        for fact in facts[version]:
            kind = _KINDS.get(fact["kind"], fact["kind"])
            if kind in FILE_RULES:
                severity, hint = _weight(FILE_RULES[kind], fact)
                groups[kind, layer].append(_Hit(version, layer, fact, severity, hint))
    for (kind, layer), hits in sorted(groups.items()):
        yield _file_draft(context, FILE_RULES[kind], layer, hits, gone)


def _owned(context: Context, path: bytes) -> bool:
    live = context.fs.live.get(path)
    return live is not None and live in context.inventory.owners


def _weight(rule: Rule, fact: Mapping[str, Any]) -> tuple[Severity, bool]:
    """How severe one secret is, and whether it is a guess."""
    if fact["test"] or fact["kind"] == "env-file-present":
        return Severity.LOW, True
    severity = rule.severity or Severity.HIGH
    if fact["kind"] == "keystore":
        return Severity.MEDIUM, True
    if fact.get("encrypted"):
        return min(severity, Severity.HIGH), False
    if fact["weak"]:
        return min(severity, Severity.MEDIUM), False
    return severity, False


def _file_draft(
    context: Context, rule: Rule, layer: int, hits: list[_Hit], gone: Mapping[int, tuple[int, int]]
) -> Draft:
    hits.sort(key=lambda hit: (-hit.severity, hit.version, hit.fact["at"]))
    versions = list(dict.fromkeys(hit.version for hit in hits))
    paths = [context.path(version) for version in versions]
    whole = [version for version in versions if _is_whole(context, version, hits)]
    first = hits[0]
    fates = {version: _fate(version, layer, gone) for version in versions}
    title = _title(rule, hits, len(versions), _shown(paths[0]))
    if all(version in gone for version in versions):
        title += ", removed later but still extractable"
    ignored = "".join(f"{_shown(path.rpartition(b'/')[2])}\n" for path in paths[:3])
    return Draft(
        rule.id,
        whole,
        layer=layer,
        paths=paths,
        title=title,
        evidence=tuple(
            _line(hit, _shown(context.path(hit.version)), fates[hit.version])
            for hit in hits[:MOST_SECRETS]
        ),
        values={"path": "/" + _shown(paths[0]), "ignore": f"# .dockerignore:\n{ignored}"},
        severity=first.severity,
        confidence=Confidence.HINT if all(hit.hint for hit in hits) else None,
    )


def _is_whole(context: Context, version: int, hits: list[_Hit]) -> bool:
    """Whether the file would go with its secrets."""
    mine = [hit.fact for hit in hits if hit.version == version]
    if any(fact["kind"] in _WHOLE for fact in mine):
        last = context.path(version).rpartition(b"/")[2]
        return bool(mine[0]["kind"] != "aws" or last == b"credentials")
    length = sum(int(fact["length"]) for fact in mine if fact["kind"] == "private-key")
    return 2 * length >= context.size(version)


def _fate(version: int, layer: int, gone: Mapping[int, tuple[int, int]]) -> str:
    if version not in gone:
        return f"layer {layer}, in the final filesystem"
    killer, cause = gone[version]
    how = "removed" if cause in {Cause.DELETED, Cause.OPAQUE} else "replaced"
    how += " in the same layer" if killer == layer else f" in layer {killer}"
    return f"layer {layer}, {how}, still extractable"


def _title(rule: Rule, hits: list[_Hit], count: int, path: str) -> str:
    fact = hits[0].fact
    total = len(hits) + sum(hit.fact.get("more", 0) for hit in hits)
    if total == 1:
        return f"{_named(fact)} in /{path}" if fact["length"] else f"{fact['what']} /{path}"
    what = "secrets" if fact["kind"] in _WITH_NAME else rule.title
    return f"{total} {what} in /{path}" if count == 1 else f"{total} {what} in {count} files"


def _named(fact: Mapping[str, Any]) -> str:
    """What it is, with the name of the variable that holds it."""
    return f"{fact['what']} {fact['name']}" if fact["kind"] in _WITH_NAME else str(fact["what"])


def _line(hit: _Hit, path: str, fate: str) -> str:
    """A line of evidence; never a value."""
    fact = hit.fact
    if not fact["length"]:
        return f"/{path}: {fact['what']}, by its name; {fate}"
    parts = [f"/{path}:{fact['line']}: {_named(fact)}"]
    if fact["name"] and fact["kind"] not in _WITH_NAME:
        parts.append(f"of {fact['name']}")
    details = [f"{fact['length']} bytes"]
    if fact["start"]:
        details.append(f"begins with {fact['start']}")
    if fact["sha"]:
        details.append(f"sha256 {fact['sha']}…")
    if fact.get("encrypted"):
        details.append("encrypted")
    elif fact["weak"]:
        details.append("key id alone" if fact["kind"] == "aws" else "looks made up")
    if fact["test"]:
        details.append("below tests or examples")
    return f"{' '.join(parts)} ({', '.join(details)}); {fate}"


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


# ---------------------------------------------------------------------- configuration

_MOST = 50
"""Secrets of the configuration that are told, each as a finding."""


def configuration(context: Context) -> Iterator[Draft]:
    """Secrets in ENV, ARG, LABEL, the history and commands."""
    if not context.leaks:
        return
    history = {step.row: step for step in context.steps}
    for leak in context.leaks[:_MOST]:
        yield _leak_draft(leak, history)
    if len(context.leaks) > _MOST:
        left = len(context.leaks) - _MOST
        yield Draft("secret-in-history", title=f"{left} more secrets in the configuration")


def _leak_draft(leak: ConfigLeak, history: Mapping[int | None, Step]) -> Draft:
    blamed = history.get(leak.rows[0]) if leak.rows else None
    evidence = [_where(leak)]
    if len(leak.rows) > 1:
        evidence.append(f"in {len(leak.rows)} rows of the history")
    if leak.length:
        told = f"{leak.length} characters" + (f", sha256 {leak.sha}…" if leak.sha else "")
        evidence.append(f"value of {told}")
    where = "arg" if leak.where == "arg-name" else leak.where
    severity, confidence = None, None
    if leak.where == "arg-name":
        severity, confidence = Severity.INFO, Confidence.HINT
    elif leak.weak:
        severity, confidence = Severity.LOW, Confidence.LIKELY
    return Draft(
        CONFIG_RULES[where].id,
        layer=blamed.layer if blamed else None,
        history=blamed.history if blamed else None,
        title=_leak_title(leak),
        evidence=tuple(evidence),
        severity=severity,
        confidence=confidence,
        is_base=blamed.is_base if blamed else None,
    )


def _where(leak: ConfigLeak) -> str:
    if leak.place:
        return f"configuration: {leak.place}"
    settings = {"env": "configuration: Env", "label": "configuration: Labels"}
    return settings.get(leak.where, "history")


def _leak_title(leak: ConfigLeak) -> str:
    name = leak.name.lstrip("-")[:80]
    if leak.where == "command":
        return f"{leak.what} {name}".strip() + (
            f" in {leak.place}" if leak.place else " in a command"
        )
    kinds = {
        "env": "ENV",
        "label": "LABEL",
        "arg": "ARG",
        "arg-name": "ARG",
        "history": "ENV or LABEL",
    }
    what = "" if leak.what in {"value", "name"} else f": {leak.what}"
    tail = " (no value recorded)" if leak.where == "arg-name" else ""
    tail = " set earlier" if leak.where == "history" else tail
    return f"{kinds[leak.where]} {name}{what}{tail}"


RULE_SET = RuleSet(
    rules=(*FILE_RULES.values(), *CONFIG_RULES.values()), checks=(files, configuration)
)
