"""What an image with Node.js starts: the command, and the scripts of package.json behind it."""

from __future__ import annotations

import posixpath
import re

from layerlens.analysis.packages.jsontext import JsonError, mapping, parse, texts
from layerlens.analysis.rules.context import Context

MANAGERS = frozenset({"npm", "npx", "yarn", "yarnpkg", "pnpm", "pnpx", "corepack"})

_RUN = re.compile(r"(?<![\w.-])(?:npm|yarn|yarnpkg|pnpm|bun)((?:\s{1,20}[\w./:@=-]{1,100}){1,6})")
"""A manager and the words after it, one of which may be a script's name."""

MAX_ROUNDS = 10
"""Scripts that start scripts that start scripts, …"""


def started(context: Context) -> str:
    """All that the image starts, as text: the command and the package scripts that it runs."""
    text = context.started
    scripts: dict[str, str] | None = None
    seen: set[str] = set()
    for _ in range(MAX_ROUNDS):
        named = {word for match in _RUN.finditer(text) for word in match[1].split()}
        wanted = {name for word in named for name in _around(word)} - seen
        if not wanted:
            break
        seen |= wanted
        if scripts is None:
            scripts = project_scripts(context)
        text = "\n".join([text, *(scripts[name] for name in sorted(wanted) if name in scripts)])
    return text


def _around(name: str) -> tuple[str, ...]:
    """A script and those that run before and after it by themselves."""
    return (name, f"pre{name}", f"post{name}")


def project_scripts(context: Context) -> dict[str, str]:
    """The scripts of ``package.json`` in the working directory; of several lines by name."""
    text = context.text(_below_project(context, "package.json"))
    if text is None:
        return {}
    try:
        return texts(mapping(parse(text)).get("scripts"))
    except JsonError:
        return {}  # the reader of packages tells it


def _below_project(context: Context, name: str) -> bytes:
    """A path in the working directory."""
    folder = context.config.settings.get("WorkingDir")
    base = posixpath.normpath("/" + folder if isinstance(folder, str) else "/").strip("/")
    return posixpath.join(base, name).encode("utf-8", "surrogateescape")


def starts_node(context: Context) -> bool:
    """Whether the command runs Node.js itself, or a script of the image that was kept does."""
    if any(_program(word) in ("node", "nodejs") for word in _command(context)):
        return True
    return re.search(r"\bexec\s+(?:\S*/)?node\s", context.started) is not None


def started_manager(context: Context) -> list[str]:
    """The command from the package manager on that is the image's first process, or nothing."""
    words = _command(context)
    if len(words) > 1 and _program(words[0]) in ("tini", "dumb-init", "docker-entrypoint.sh"):
        words = [word for word in words[1:] if not word.startswith("-")]
    if words and _program(words[0]) == "exec":
        words = words[1:]
    manager = _program(words[0]) if words else ""
    if manager in MANAGERS or (manager == "bun" and "run" in words):
        return [manager, *words[1:]]
    return []


_NODE = re.compile(r"node(?:\s+[\w./:@=-]+)+\Z")
_PLAIN = re.compile(r"[\w@-][\w.@-]*(?:\s+[\w./:@=-]+)*\Z")


def without_manager(context: Context, words: list[str]) -> list[str]:
    """The command that a manager's words come down to, as far as the image tells it.

    A script of ``package.json`` that runs node or one installed program, or
    ``yarn node …``; otherwise node and a place for the file.
    """
    rest = [word for word in words[1:] if not word.startswith("-")]
    if rest[:1] in (["run"], ["run-script"], ["exec"]):
        rest = rest[1:]
    script = project_scripts(context).get(rest[0] if rest else "start", "").strip()
    command = ["node", "<file>"]
    if rest[:1] == ["node"] and len(rest) > 1:
        command = rest
    elif _NODE.match(script):
        command = script.split()
    elif _PLAIN.match(script):
        program = f"node_modules/.bin/{script.split()[0]}"
        if context.exists(_below_project(context, program)):
            return [program, *script.split()[1:]]
    if command[0] == "node" and context.exists(_below_project(context, ".pnp.cjs")):
        command = ["node", "-r", "./.pnp.cjs", *command[1:]]  # it finds packages in archives
    return command


def _command(context: Context) -> list[str]:
    """The words of entrypoint and command together; a shell's line is split at spaces."""
    words = [*context.words("Entrypoint"), *context.words("Cmd")]
    if len(words) >= 3 and _program(words[0]) in ("sh", "bash", "ash") and words[1] == "-c":
        return words[2].split()
    return words


def _program(word: str) -> str:
    return word.rpartition("/")[2]
