"""What the history's commands did that no careful build does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerlens.analysis.rules.catalogue.posture_files import layers_open_to_all
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Confidence, Draft, Rule, RuleSet, Severity, Topic
from layerlens.image.history import LINE_BREAK
from layerlens.image.lazypattern import LazyPattern
from layerlens.image.shell import Command
from layerlens.image.shell import commands as simple_commands


def _rule(name: str, title: str, why: str, fix: str, *also: str, keep: str = "") -> Rule:
    return Rule(
        id=name, title=title, topic=Topic.POSTURE, why=why, fix=fix, severity=Severity.MEDIUM,
        confidence=Confidence.LIKELY, also=also, keep=keep, source="history of the image",
    )  # fmt: skip


RULES = (
    _rule(
        "curl-pipe-shell", "a download that is run at once",
        "What runs is whatever the server sends that day; a connection that breaks off runs half of it.",
        "ADD --checksum=sha256:<digest> https://… /tmp/install.sh\n"
        "RUN sh /tmp/install.sh && rm /tmp/install.sh\n", "CIS 4.11",
    ),
    _rule(
        "insecure-download", "downloads without a check",
        "Without certificates or signatures anybody on the way can put in something else.",
        "# Leave the option out; add your CA, or check the digest:\n"
        "ADD --checksum=sha256:<digest> https://… /dst\n", "CIS 4.11",
        keep="Requests to localhost.",
    ),
    _rule(
        "chmod-777", "chmod 777",
        "Everybody in the container may rewrite the files, and chmod in a RUN of its own stores"
        " all of them once more.",
        "COPY --chown=10001:10001 --chmod=0755 …\n",
        keep="1777 of /tmp. A layer whose files everybody may write to this day: the rule"
        " world-writable names them.",
    ),
    _rule(
        "sudo-in-run", "RUN with sudo",
        "Builds run as root or as the USER that the Dockerfile names; sudo is not needed for either.",
        "USER root\nRUN <command>\nUSER 10001\n", "DKL-DI-0001", "DL3004", "DS-0010",
    ),
)  # fmt: skip

_END = r"(?:^|[;&|(\s])"
_PIPE = LazyPattern(
    r"\b(?:curl|wget)\b[^|;&⏎]{0,2000}\|\s{0,8}(?:sudo\s{1,8}(?:-\S{1,20}\s{1,8}){0,3})?(?:/\S{1,40}/)?(?:env\s{1,4})?"
    r"(?:ba|da|z|a|k)?sh\b(?!\S*\.)|"
    r"\b(?:ba|da|z)?sh\s{1,4}-c\s{1,4}[\"']?\$\((?:curl|wget)\b|"
    r"\b(?:ba|z)?sh\s{1,4}<\(\s{0,4}(?:curl|wget)\b"
)
_INSECURE = (
    (LazyPattern(r"\bcurl\b[^|;&⏎]{0,500}?\s(?:-[a-zA-Z]{0,8}k[a-zA-Z]{0,8}|--insecure)(?=\s)"), "curl --insecure"),
    (LazyPattern(r"\bwget\b[^|;&⏎]{0,500}?\s--no-check-certificate"), "wget --no-check-certificate"),
    (LazyPattern(r"\bapt(?:-get)?\b[^|;&⏎]{0,500}?--(?:allow-unauthenticated|force-yes)"), "apt --allow-unauthenticated"),
    (LazyPattern(r"\[(?:[^\]]{0,200}\s)?trusted=yes"), "apt source with trusted=yes"),
    (LazyPattern(r"\bapk\b[^|;&⏎]{0,500}?--allow-untrusted"), "apk --allow-untrusted"),
    (LazyPattern(r"\brpm\b[^|;&⏎]{0,500}?--(?:nosignature|nodigest)"), "rpm --nosignature"),
    (LazyPattern(r"\b(?:yum|dnf|microdnf)\b[^|;&⏎]{0,500}?--nogpgcheck"), "dnf --nogpgcheck"),
    (LazyPattern(r"\bzypper\b[^|;&⏎]{0,500}?--no-gpg-checks"), "zypper --no-gpg-checks"),
    (LazyPattern(r"\bpip[\d.]{0,5}\b[^|;&⏎]{0,500}?--trusted-host"), "pip --trusted-host"),
    (LazyPattern(r"\bstrict-ssl[ =]false"), "npm strict-ssl false"),
    (LazyPattern(r"\bNODE_TLS_REJECT_UNAUTHORIZED=0"), "NODE_TLS_REJECT_UNAUTHORIZED=0"),
    (LazyPattern(r"\bGIT_SSL_NO_VERIFY=(?:1|true)"), "GIT_SSL_NO_VERIFY"),
    (LazyPattern(r"\bhttp\.sslVerify[ =](?:false|0)", re.IGNORECASE), "git http.sslVerify false"),
    (LazyPattern(r"\bPYTHONHTTPSVERIFY=0"), "PYTHONHTTPSVERIFY=0"),
)  # fmt: skip
_LOCAL = LazyPattern(r"https?://(?:localhost|127\.|\[::1\]|0\.0\.0\.0)")
_CHMOD = LazyPattern(
    r"\bchmod\s{1,8}(?:-{1,2}[\w-]{1,20}\s{1,8}){0,4}(?:0?777|a[+=]rwx|ugo[+=]rwx|o[+=]r?wx?|a\+w)(?=\s)([^;&|⏎]{0,300})"
)


def commands(context: Context) -> Iterator[Draft]:
    """Downloads run unseen, checks turned off, chmod 777, sudo."""
    for row in context.steps:
        if row.keyword != "RUN":
            continue
        text = row.instruction.text[:65536]
        found: list[tuple[str, str]] = []
        if _PIPE.search(text):
            found.append(("curl-pipe-shell", ""))
        told = [what for pattern, what in _INSECURE if _unsafe(pattern, text)]
        if told:
            found.append(("insecure-download", ", ".join(told)))
        chmod = _CHMOD.search(text)
        if (
            chmod is not None
            and chmod[1].split() not in (["/tmp"], ["/var/tmp"])  # noqa: S108
            and row.layer not in layers_open_to_all(context)
        ):
            found.append(("chmod-777", f"chmod 777{_first(chmod[1])}"))
        if "sudo" in text and any(map(_by_sudo, _simple_commands(text))):
            found.append(("sudo-in-run", ""))
        for rule, title in found:
            yield Draft(
                rule, layer=row.layer, history=row.history, is_base=row.is_base, title=title
            )


def _unsafe(pattern: LazyPattern[str], text: str) -> bool:
    """Whether an option is there, other than for a server on the same machine."""
    match = pattern.search(text)
    if match is None:
        return False
    ends = [at for mark in "|;&⏎" if (at := text.find(mark, match.end())) > 0]
    return _LOCAL.search(text[match.start() : min(ends, default=len(text))]) is None


def _simple_commands(text: str) -> list[Command]:
    return simple_commands(text.removeprefix("RUN ").replace(LINE_BREAK, "\n"))


def _by_sudo(command: Command) -> bool:
    """Whether a command is run by ``sudo``; asking for its version is no use of it."""
    words = command.words
    return (
        len(words) > 1
        and words[0].rpartition("/")[2] == "sudo"
        and words[1] not in ("-V", "--version")
    )


def _first(paths: str) -> str:
    words = [word for word in paths.split() if not word.startswith("-")]
    return f" {words[0][:200]}" if words else ""


RULE_SET = RuleSet(rules=RULES, checks=(commands,))
