"""``layerlens packages IMAGE``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerlens.cli.analysing import Depth, analyse
from layerlens.cli.options import Parser, image_options
from layerlens.cli.words import some
from layerlens.errors import UsageError, Where

if TYPE_CHECKING:
    from layerlens.analysis.vulnerabilities import Vulnerability
    from layerlens.cli.diagnostics import Narrator

KINDS = ("deb", "apk", "rpm", "alpm", "pypi", "npm", "gem", "composer", "golang", "maven")


def packages_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens packages",
        description="List the packages of an image: how many bytes their files take, which layer "
        "brought them, and why they are there.",
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="IMAGE", help="the image to look at")
    found.add_argument(
        "--kind", action="append", choices=KINDS, default=[], help="only these; may be repeated"
    )
    found.add_argument(
        "--layer", type=int, metavar="N", help="only what this layer brought (the first is 0)"
    )
    found.add_argument(
        "--sort", choices=("size", "name", "layer"), default="size", help="default: size"
    )
    found.add_argument(
        "--changes", action="store_true", help="what each layer added, removed and upgraded"
    )
    found.add_argument(
        "--vulnerabilities",
        metavar="F",
        type=some,
        help="a JSON report of Trivy or Grype, to put beside the packages",
    )
    found.add_argument(
        "--format", choices=("table", "csv", "json"), default="table", help="default: table"
    )
    image_options(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """List the packages; gives the exit code."""
    arguments = packages_parser().parse_args(argv)
    if arguments.changes and arguments.format != "table":
        raise UsageError("--changes is a table", hint="--format json has the changes in any case")
    report = _report(arguments.vulnerabilities) if arguments.vulnerabilities else None
    analysis = analyse(arguments, narrator.progress, narrator, depth=Depth.PACKAGES)
    narrator.clear()
    if arguments.layer is not None and not 0 <= arguments.layer < len(analysis.layers):
        raise UsageError(
            f"there is no layer {arguments.layer}",
            hint=f"the layers are 0 to {len(analysis.layers) - 1}" if analysis.layers else None,
        )
    from layerlens.cli.output import destination
    from layerlens.outputs.packages import write_packages

    assigned = None
    if report is not None:
        from layerlens.analysis.vulnerabilities import assign

        assigned = assign(analysis.inventory, report)
    with destination("-") as stream:
        write_packages(
            analysis,
            stream,
            arguments.format,
            kinds=arguments.kind,
            layer=arguments.layer,
            sort=arguments.sort,
            changes=arguments.changes,
            assigned=assigned,
        )
    return 0


def _report(path: str) -> list[Vulnerability]:
    """The vulnerabilities of a report file.  Raises :class:`UsageError`."""
    from layerlens.analysis.vulnerabilities import MAX_REPORT, parse_report
    from layerlens.sources.named_file import read_named

    try:
        return parse_report(read_named(path, MAX_REPORT))
    except UsageError as error:
        error.at(Where(file=path))
        raise
