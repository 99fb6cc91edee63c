"""The command line's grammar."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from layerlens.cli.gate_options import gate_options
from layerlens.cli.settings_file import config_option
from layerlens.cli.tui_settings import tui_options
from layerlens.cli.words import size, some
from layerlens.errors import UsageError

SUBCOMMANDS = {
    "files": "files",
    "extract": "extract",
    "packages": "packages",
    "rules": "rules",
    "platforms": "platforms",
    "build": "build",
    "compare": "compare",
    "open": "open",
    "report": "report",
    "fleet": "fleet",
    "trend": "trend",
    "cache": "cache",
    "config": "config",
}
"""First words that are commands; an image of such a name is given as docker://NAME.

Each has the module of ``layerlens.cli`` whose ``run`` it calls."""


_USES = {
    "compare OLD NEW": "what changed, and what a pull fetches",
    "fleet IMAGE...": "many images: what they share, what they waste",
    "trend IMAGE...": "one image over time, and what moved it",
    "build BUILD-ARGUMENTS": "build with docker or podman, then look",
    "files IMAGE": "what is in it, or what one layer changed",
    "packages IMAGE": "packages, their bytes and their layers",
    "platforms IMAGE": "the platforms of an image by size",
    "extract IMAGE PATH": "write a file or folder to disk",
    "open SAVED": "look at a saved analysis (--save)",
    "report SAVED": "write outputs of one, and judge it",
    "rules [ID]": "list the rules, or explain one",
    "config [--init]": "which settings are in force, and from where",
    "cache info|clear": "what is remembered of layers",
}
"""How commands are called and what they do, for --help."""

_EPILOG = f"""\
IMAGE is an archive's path, a directory (OCI layout), docker://NAME, podman://NAME, \
containerd://NAME, registry://HOST/NAME, docker-archive:PATH, oci-archive:PATH, oci:DIR[:TAG], \
- (an archive on stdin), or a plain NAME that an engine or else a registry has.

Other commands, each with --help of its own:
{chr(10).join(f"  layerlens {use:<22} {what}" for use, what in _USES.items())}

Exit codes: 0 fine, 1 a gate failed, 2 wrong usage, 3 the image could not be read, \
130 interrupted.
"""


class _Help(argparse.HelpFormatter):
    """Help whose tables keep their lines: those that begin with blanks."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        return "\n".join(
            line if line.startswith("  ") else fill(line, width, indent) if line else ""
            for line in text.rstrip("\n").split("\n")
        )


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}{self._meant(message)}", hint=f"see {self.prog} --help")

    def _meant(self, message: str) -> str:
        """The option that an unknown one may be meant for."""
        _, unknown, rest = message.partition("unrecognized arguments: ")
        option = rest.split(" ", 1)[0].partition("=")[0]
        if not unknown or not option.startswith("--"):
            return ""
        from difflib import get_close_matches

        near = get_close_matches(option, self._option_string_actions, 1, 0.75)
        return f"; did you mean {near[0]}?" if near else ""

    def format_help(self) -> str:
        """The help; its first line names arguments, and not each of the options below."""
        if self.usage is None:
            words = [_shown(action) for action in self._get_positional_actions()]
            self.usage = " ".join([self.prog, *words, "[options]"])
        return super().format_help()

    def parse_args(  # type: ignore[override] # the overloads are for namespaces of one's own
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """What the command line says, and where that is silent, what the settings say.

        Raises :class:`UsageError`.
        """
        from layerlens.cli.settling import settle

        found = super().parse_args(args, namespace)
        settle(found)
        return found

    def parse_known_args(  # type: ignore[override] # the overloads are for namespaces of one's own
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As any parser, but ``--lowest-efficiency -1%`` is an option and its value."""
        return super().parse_known_args(None if args is None else _joined(args), namespace)


def _shown(action: argparse.Action) -> str:
    """A positional argument as usage has it."""
    name = str(action.metavar or action.dest)
    if action.metavar is None and action.choices is not None:
        name = f"{{{','.join(map(str, action.choices))}}}"
    forms = {"?": "[{0}]", "*": "[{0} ...]", "+": "{0} [{0} ...]"}
    return forms.get(str(action.nargs), "{0}").format(name)


def _joined(args: Sequence[str]) -> list[str]:
    """The arguments with each value that begins as a negative number tied to its option.

    No option of ours begins so, and argparse takes only whole numbers for values.
    """
    found: list[str] = []
    for word in args:
        option = found[-1] if found else ""
        is_option = option[:2] == "--" and option != "--" and "=" not in option
        if is_option and word[:1] == "-" and word[1:2].isdecimal():
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def parser() -> Parser:
    """The parser of ``layerlens IMAGE``."""
    found = Parser(
        prog="layerlens",
        description="Show which bytes of a container image are waste, and which instruction "
        "is to blame.",
        epilog=_EPILOG,
        formatter_class=_Help,
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="IMAGE", help="the image to look at")
    found.add_argument("--version", action="store_true", help="print the version and exit")
    look_options(found)
    return found


def look_options(found: Parser) -> None:
    """Everything that ``layerlens IMAGE`` takes besides the image."""
    output = output_options(found)
    output.add_argument(
        "--no-findings", action="store_true", help="leave the rules out: figures and ledger only"
    )
    output.add_argument(
        "--context", metavar="DIR", type=some,
        help="the folder that it is built in: findings then tell what its .dockerignore lacks",
    )  # fmt: skip
    output.add_argument(
        "--target", metavar="STAGE", type=some, help="the stage that made it (default: the last)"
    )
    gate_options(found)
    tui_options(found)
    image_options(found)
    found.set_defaults(browse=True)


def output_options(found: Parser, *, saved: bool = False) -> argparse._ArgumentGroup:
    """What an analysis can be written as, of an image or saved; gives the group for more.

    ``saved`` leaves out what only a new analysis can be written as.
    """
    from layerlens.outputs.catalogue import OUTPUTS

    output = found.add_argument_group("output (none of them opens the terminal UI)")
    output.add_argument("--text", action="store_true", help="print the summary as text")
    for each in OUTPUTS:
        if each.flag and not (saved and each.name == "saved"):
            output.add_argument(
                f"--{each.flag}", dest=each.option, metavar="F", type=some, help=each.help
            )
    html_plain_option(output)
    output.add_argument(
        "--dockerfile", metavar="F", type=some,
        help="the Dockerfile that made the image: findings then name its lines",
    )  # fmt: skip
    config_option(output)
    return output


def html_plain_option(output: argparse._ArgumentGroup) -> None:
    """How the data of an HTML report stand in it."""
    output.add_argument(
        "--html-plain", action="store_true",
        help="leave the data of --html as JSON text: larger, for browsers of before 2023",
    )  # fmt: skip


def check_html_plain(arguments: argparse.Namespace) -> None:
    """Refuse that for no report.  Raises :class:`UsageError`."""
    if getattr(arguments, "html_plain", False) and arguments.html is None:
        raise UsageError("--html-plain needs --html", hint="add --html F, or drop it")


def files_parser() -> Parser:
    """The parser of ``layerlens files IMAGE``."""
    found = Parser(
        prog="layerlens files",
        description="List the final filesystem of an image, or what one layer changed.",
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="IMAGE", help="the image to look at")
    found.add_argument(
        "--layer", type=int, metavar="N", help="only the changes of this layer (the first is 0)"
    )
    found.add_argument(
        "--format", choices=("table", "ndjson", "csv"), default="table", help="default: table"
    )
    image_options(found)
    return found


def image_options(found: Parser) -> None:
    """How an image is read and how that is told: the same for all commands."""
    _reading(found)
    _registries(found)
    caching(found)
    narration(found)


def _reading(found: Parser) -> None:
    reading = found.add_argument_group("reading")
    reading.add_argument(
        "--image", dest="select", metavar="REF", type=some,
        help="which of several images in an archive: a name, an id, or @N",
    )  # fmt: skip
    reading.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        type=some,
        help="which platform (default: this machine's)",
    )
    reading.add_argument(
        "--base", metavar="REF", type=some, help="the base image, to tell it from yours"
    )
    reading.add_argument(
        "--semantics", choices=("docker", "spec"),
        help="whose reading of a layer counts where engines disagree (default: docker)",
    )  # fmt: skip
    verify = reading.add_mutually_exclusive_group()
    verify.add_argument(
        "--verify", action="store_true", default=None,
        help="check every digest, reading in full what is otherwise not",
    )  # fmt: skip
    verify.add_argument(
        "--no-verify", dest="verify", action="store_false", help="a wrong digest is a warning only"
    )
    reading.add_argument(
        "--via", choices=("auto", "export", "store"),
        help="how an engine's image is read: its export stream, the engine's own files on "
        "this machine, or whichever works (default: auto)",
    )  # fmt: skip
    reading.add_argument(
        "--no-toc", action="store_true", default=None,
        help="fetch every layer whole, even one that carries its own table of contents",
    )  # fmt: skip
    reading.add_argument(
        "--max-layer-size", type=size, metavar="SIZE",
        help="refuse compressed layers that expand beyond this (default: 64GiB)",
    )  # fmt: skip


def _registries(found: Parser) -> None:
    access = found.add_argument_group("registries")
    access.add_argument(
        "--insecure", action="store_true", default=None,
        help="allow plain http, and certificates that nobody vouches for",
    )  # fmt: skip
    access.add_argument(
        "--ca-file", metavar="F", type=some, help="certificates to trust in addition (PEM)"
    )


def caching(found: Parser) -> None:
    """Options of the layer cache."""
    cache = found.add_argument_group("cache")
    cache.add_argument(
        "--cache-dir", metavar="DIR", type=some,
        help="where layers are remembered (default: the user's cache directory)",
    )  # fmt: skip
    cache.add_argument(
        "--no-cache", action="store_true", default=None,
        help="neither use nor keep what was read before",
    )  # fmt: skip
    cache.add_argument(
        "--cache-size", metavar="SIZE", type=size, help="bound of the cache (default: 2GiB)"
    )


def narration(found: Parser) -> None:
    """Options of what is said on stderr."""
    group = found.add_argument_group("narration")
    loud = group.add_mutually_exclusive_group()
    loud.add_argument("--quiet", "-q", action="store_true", help="no progress, no warnings")
    loud.add_argument("--verbose", "-v", action="store_true", help="every diagnostic on stderr")
    group.add_argument("--color", choices=("auto", "always", "never"))
    group.add_argument("--debug", action="store_true", help="a traceback for every error")
    config_option(group)
