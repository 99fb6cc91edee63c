"""Every setting there is: its place in the file, its variable, its flag, its default.

What reads settings, ``layerlens config`` and the documentation go by this table.
Gates are settings too; theirs are made from :data:`layerlens.gate.catalogue.GATES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PREFIX = "LAYERLENS_"
"""What the names of all variables begin with."""


class Kind(Enum):
    """What a value is.

    ``PATH`` is a text that a file means from its own folder on, ``FORM`` something
    with a form of its own, which its reader checks.
    """

    TEXT = "text"
    WORD = "word"
    YES_NO = "yes or no"
    SIZE = "size"
    PATH = "path"
    PLATFORM = "platform"
    TOLERANCE = "tolerance"
    FORM = "form"


class Origin(Enum):
    """Where a value comes from, from weak to strong."""

    DEFAULT = "default"
    FILE = "file"
    VARIABLE = "variable"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Setting:
    """One setting, made once: no two are equal, which saves every start of the program a little.

    ``table``, ``key``  its place in the settings file; ``""`` where it has none
    ``flag``     as on the command line; ``""``: none
    ``option``   what parsed arguments call it, where the value goes there as it is
    ``inverted`` whether the option says no where file and variable say yes
    ``usual``    the option's value where nobody says one; ``default`` tells people
    ``guarded``  whether a file may give it only where the user has named the file: one that
                 merely lies in the working directory may be a stranger's; ``harmless`` is
                 the value that any file may give
    ``example``  a value as TOML
    """

    table: str
    key: str
    help: str
    kind: Kind = Kind.TEXT
    default: str = "none"
    flag: str = ""
    variable: str = ""
    option: str = ""
    words: tuple[str, ...] = ()
    inverted: bool = False
    usual: object = None
    guarded: bool = False
    harmless: object = None
    example: str = ""

    @property
    def place(self) -> str:
        """``[reading] platform``, or ``""``."""
        if not self.table:
            return ""
        return (
            f"[[{self.table}]] {self.key}"
            if self.table == "ignore"
            else f"[{self.table}] {self.key}"
        )


_READING = (
    Setting(
        table="reading", key="platform", kind=Kind.PLATFORM, default="this machine's",
        flag="--platform", variable="LAYERLENS_PLATFORM", option="platform",
        help="which platform of an image", example='"linux/arm64"',
    ),
    Setting(
        table="reading", key="base",
        flag="--base", variable="LAYERLENS_BASE", option="base",
        help="the base image, to tell it from yours", example='"docker.io/library/python:3.13-slim"',
    ),
    Setting(
        table="reading", key="semantics", kind=Kind.WORD, words=("docker", "spec"),
        default="docker", usual="docker",
        flag="--semantics", variable="LAYERLENS_SEMANTICS", option="semantics",
        help="whose reading of a layer counts where engines disagree", example='"spec"',
    ),
    Setting(
        table="reading", key="verify", kind=Kind.YES_NO, default="where the bytes pass anyway",
        flag="--verify, --no-verify", variable="LAYERLENS_VERIFY", option="verify",
        help="check every digest; false makes a wrong one a warning only", example="true",
        guarded=True, harmless=True,
    ),
    Setting(
        table="reading", key="via", kind=Kind.WORD, words=("auto", "export", "store"),
        default="auto", usual="auto",
        flag="--via", variable="LAYERLENS_VIA", option="via",
        help="how an engine's image is read", example='"export"',
    ),
    Setting(
        table="reading", key="toc", kind=Kind.YES_NO, default="true", usual=False, inverted=True,
        flag="--no-toc", variable="LAYERLENS_TOC", option="no_toc",
        help="use a layer's own table of contents instead of fetching it whole", example="false",
    ),
    Setting(
        table="reading", key="max-layer-size", kind=Kind.SIZE, default="64GiB",
        flag="--max-layer-size", variable="LAYERLENS_MAX_LAYER_SIZE", option="max_layer_size",
        help="refuse compressed layers that expand beyond this", example='"8GiB"',
    ),
)  # fmt: skip

_REGISTRIES = (
    Setting(
        table="registries", key="insecure", kind=Kind.YES_NO, default="false", usual=False,
        flag="--insecure", variable="LAYERLENS_INSECURE", option="insecure",
        help="allow plain http, and certificates that nobody vouches for", example="true",
        guarded=True, harmless=False,
    ),
    Setting(
        table="registries", key="ca-file", kind=Kind.PATH,
        flag="--ca-file", variable="LAYERLENS_CA_FILE", option="ca_file",
        help="certificates to trust in addition (PEM)", example='"our-ca.pem"', guarded=True,
    ),
)  # fmt: skip

_CACHE = (
    Setting(
        table="cache", key="directory", kind=Kind.PATH, default="the user's cache directory",
        flag="--cache-dir", variable="LAYERLENS_CACHE_DIR", option="cache_dir",
        help="where layers are remembered", example='"/var/cache/layerlens"', guarded=True,
    ),
    Setting(
        table="cache", key="size", kind=Kind.SIZE, default="2GiB",
        flag="--cache-size", variable="LAYERLENS_CACHE_SIZE", option="cache_size",
        help="bound of the cache", example='"5GiB"',
    ),
    Setting(
        table="cache", key="enabled", kind=Kind.YES_NO, default="true", usual=False, inverted=True,
        flag="--no-cache", variable="LAYERLENS_CACHE", option="no_cache",
        help="use and keep what was read before", example="false",
    ),
)  # fmt: skip

_OUTPUT = (
    Setting(
        table="output", key="color", kind=Kind.WORD, words=("auto", "always", "never"),
        default="auto", usual="auto",
        flag="--color", variable="LAYERLENS_COLOR", option="color",
        help="colours of text; auto heeds NO_COLOR and what stdout is", example='"never"',
    ),
)  # fmt: skip

_CI = (
    Setting(
        table="ci", key="baseline",
        flag="--baseline", variable="LAYERLENS_BASELINE", option="baseline",
        help="what limits on a change compare with: a recorded baseline, a saved analysis or an "
        "image", example='"baseline.json"',
    ),
    Setting(
        table="ci", key="tolerance", kind=Kind.TOLERANCE,
        flag="--tolerance", variable="LAYERLENS_TOLERANCE", option="tolerance",
        help="by how much changes may exceed their limits", example='"1%"',
    ),
    Setting(
        table="ci", key="strict-baseline", kind=Kind.YES_NO, default="false", usual=False,
        flag="--strict-baseline", variable="LAYERLENS_STRICT_BASELINE", option="strict_baseline",
        help="fail where findings of the baseline are gone: it allows them to come back",
        example="true",
    ),
    Setting(
        table="ci", key="strict", kind=Kind.YES_NO, default="false", usual=False,
        flag="--strict", variable="LAYERLENS_STRICT", option="strict",
        help="fail on ignores that have expired or are not needed", example="true",
    ),
    Setting(
        table="ci", key="exit-zero", kind=Kind.YES_NO, default="false", usual=False,
        flag="--exit-zero", variable="LAYERLENS_EXIT_ZERO", option="exit_zero",
        help="exit with 0 where a gate fails", example="true",
    ),
)  # fmt: skip

OPTIONS: tuple[Setting, ...] = (*_CI, *_READING, *_REGISTRIES, *_CACHE, *_OUTPUT)
"""Settings whose value is an option's, whoever gives it."""

_TUI = (
    Setting(
        table="tui", key="theme", kind=Kind.FORM, default="by the terminal's background",
        flag="--theme", variable="LAYERLENS_THEME",
        help="colours of the terminal UI", example='"layerlens-light"',
    ),
    Setting(
        table="tui", key="keys", kind=Kind.FORM, default="default", words=("default", "dive"),
        flag="--keys", variable="LAYERLENS_KEYS",
        help="which keys to start from", example='"dive"',
    ),
    Setting(
        table="tui", key="plain", kind=Kind.FORM, default="false",
        flag="--plain", variable="LAYERLENS_PLAIN",
        help="lines of words instead of drawings: for screen readers", example="true",
    ),
    Setting(
        table="tui", key="bindings", kind=Kind.FORM,
        help="other keys for an action, by its id", example='{ "filter.open" = "ctrl+g, /" }',
    ),
)  # fmt: skip

_RULES = (
    Setting(
        table="rules", key="disable", kind=Kind.FORM,
        help="rules that do not run", example='["docs"]',
    ),
    Setting(
        table="rules", key="enable", kind=Kind.FORM,
        help="rules that run although they usually do not", example='["static-libraries"]',
    ),
    Setting(
        table="rules", key="severity", kind=Kind.FORM, default="by bytes",
        help="severities, by rule", example='{ npm-cache = "high" }',
    ),
    Setting(
        table="rules", key="thresholds", kind=Kind.FORM, default="1MB, 10MB, 100MB",
        help="from how many bytes on a finding is low, medium, high",
        example='{ low = "1MB", medium = "10MB", high = "100MB" }',
    ),
    Setting(
        table="rules", key="path", kind=Kind.FORM,
        help="rules of your own, as [[rules.path]]",
        example='[{ id = "our-fixtures", title = "recorded answers", paths = ["srv/fixtures/**"] }]',
    ),
)  # fmt: skip

_IGNORE = (
    Setting(
        table="ignore", key="rule", kind=Kind.FORM,
        help="the rule whose findings do not count", example='"npm-cache"',
    ),
    Setting(
        table="ignore", key="paths", kind=Kind.FORM,
        help="globs of what does not count", example='["opt/vendor/**"]',
    ),
    Setting(
        table="ignore", key="reason", kind=Kind.FORM, default="required",
        help="why", example='"comes with the vendor\'s installer"',
    ),
    Setting(
        table="ignore", key="expires", kind=Kind.FORM, default="never",
        help="the last day on which it counts", example="2027-12-31",
    ),
)  # fmt: skip

CONFIG = Setting(
    table="", key="", kind=Kind.PATH, default=".layerlens.toml, else pyproject.toml, here",
    flag="--config, --no-config", variable="LAYERLENS_CONFIG",
    help="the settings file",
)  # fmt: skip
"""The one setting that no file can hold."""

TABLES: tuple[str, ...] = (
    "ci", "ignore", "rules", "reading", "registries", "cache", "output", "tui",
)  # fmt: skip
"""Tables of the settings file, in the order in which they are told."""


def all_settings() -> list[Setting]:
    """Every setting, gates too, in the order of their tables."""
    from layerlens.gate.catalogue import DEFAULTS, GATES
    from layerlens.gate.limits import Unit

    usual = {name: f"{subject}={limit}" if subject else limit for name, subject, limit in DEFAULTS}
    samples = {Unit.BYTES: '"50MB"', Unit.SHARE: '"5%"', Unit.COUNT: "20", Unit.YES_NO: "true"}
    counts = {"max-files": "50000", "max-findings": "0", "max-new-findings": "0"}
    subjects = {"GLOB": "var/lib/**", "NAME": "gcc", "CLASS": "deleted", "SEVERITY": "high"}
    gates = []
    for gate in GATES:
        sample = '"95%"' if gate.at_least else counts.get(gate.id, samples[gate.unit])
        if gate.subject:
            sample = f'{{ "{subjects[gate.subject]}" = {sample} }}'
        default = usual.get(gate.id, "none")
        gates.append(
            Setting(
                table="ci", key=gate.id, kind=Kind.FORM, default=default, help=gate.help,
                flag=f"--{gate.id}", variable=gate.variable, example=sample,
            )
        )  # fmt: skip
    return [CONFIG, *gates, *_CI, *_IGNORE, *_RULES, *OPTIONS[len(_CI) :], *_TUI]


def keys_of(table: str) -> list[str]:
    """The keys of a table."""
    return [each.key for each in all_settings() if each.table == table]


def variables() -> list[str]:
    """The names of all variables."""
    return [each.variable for each in all_settings() if each.variable]


FOR_TESTS = ("TEST_", "REQUIRE_", "UPDATE_", "RANDOM_")
"""What follows the prefix in variables that the tests of LayerLens heed."""
