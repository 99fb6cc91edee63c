"""The words of rules: what a rule is, what it finds, what comes back.

A *rule* is data.  A *check* looks at an image and gives *drafts*: which bytes
or facts a rule speaks of.  The engine turns drafts into *findings*, with bytes,
severity, blame and saving.  All sizes are content bytes of regular files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerlens.analysis.rules.context import Context


class Confidence(StrEnum):
    """How sure a rule is that the bytes need not be there.

    ``certain``: a package database, a lock file or the bytes themselves say so.
    ``likely``: the path says so.  ``hint``: a name or the history suggests it,
    or somebody may want it so.  Hints never claim bytes in the ledger.
    """

    CERTAIN = "certain"
    LIKELY = "likely"
    HINT = "hint"


class Severity(IntEnum):
    """How much a finding matters; of rules about bytes it follows from the bytes."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Topic(StrEnum):
    """Where a rule stands in lists."""

    STRUCTURE = "structure"
    PACKAGES = "packages"
    CONTENT = "content"
    SECRETS = "secrets"
    POSTURE = "posture"
    CACHE_ORDER = "cache-order"
    BASE = "base"


class LedgerClass(StrEnum):
    """Classes of removable bytes.  Their order decides who claims a byte first."""

    SECRETS = "secrets"
    PACKAGE_CACHES = "package-caches"
    DEV_DEPENDENCIES = "dev-dependencies"
    BUILD_TOOLS = "build-tools"
    UNNEEDED_PACKAGES = "unneeded-packages"
    BUILD_LEFTOVERS = "build-leftovers"
    INSTALLERS = "installers"
    VCS_AND_EDITOR = "vcs-and-editor"
    LOGS_AND_TEMPORARY = "logs-and-temporary"
    DOCUMENTATION = "documentation"
    LOCALES = "locales"
    TESTS_AND_EXAMPLES = "tests-and-examples"
    BYTECODE = "bytecode"
    DEBUG_INFORMATION = "debug-information"
    DUPLICATES = "duplicates"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    ``id``           lower case with dashes (``apt-lists``); never changes
    ``title``        a noun phrase: what is found ("apt package lists")
    ``why``          why it is waste or a risk, in one to three sentences
    ``fix``          what to do, as Dockerfile text and lines of prose, see
                     :mod:`~layerlens.analysis.rules.fixparts`; ``{paths}`` and other names
                     in braces are filled in from :attr:`Draft.values`
    ``ledger_class`` class of the bytes that it claims; ``None``: none.  Also
                     ``None`` for rules about dead bytes, whose class is the cause
    ``severity``     ``None``: from the bytes
    ``most``         never more severe than this
    ``also``         identifiers of the same thing in other tools (``DL3009``)
    ``keep``         what is not flagged and why: the false positives
    ``trade_off``    what is lost by the fix; such rules carry a saving only
    ``alternative``  whether it proposes another way of building (another base, several
                     stages), which makes other findings about the same bytes moot
    ``source``       where the rule's facts come from
    ``enabled``      whether it runs unless configured otherwise
    """

    id: str
    title: str
    topic: Topic
    why: str
    fix: str
    confidence: Confidence = Confidence.CERTAIN
    ledger_class: LedgerClass | None = None
    severity: Severity | None = None
    most: Severity = Severity.CRITICAL
    also: tuple[str, ...] = ()
    keep: str = ""
    trade_off: str = ""
    alternative: bool = False
    source: str = ""
    enabled: bool = True

    @property
    def claims(self) -> bool:
        """Whether its bytes get a class of their own in the ledger."""
        return (
            self.ledger_class is not None
            and self.confidence is not Confidence.HINT
            and not self.trade_off
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRule(Rule):
    """A rule that names paths of the final filesystem.

    Globs have no leading slash: ``*`` and ``?`` stay inside a path segment,
    ``**`` does not, ``{a,b}`` are alternatives, a leading ``~/`` is root's home
    and every other.  ``paths`` are flagged unless ``except_paths`` match;
    groups of fewer than ``minimum`` bytes are not told.  ``owned`` says what
    of files that a package owns: ``flag`` as any, ``info`` at most, ``skip``.
    ``where`` may look at what the path says: it gets the context and the live
    versions found, and gives those that count.  ``moved_by`` names variables of
    the image (or, with a leading slash, symbolic links) that put a directory
    elsewhere, with globs below that directory.
    ``base_most`` bounds the severity of what lies in the base's layers;
    ``last`` rules take only what no other path rule flags.
    """

    paths: tuple[str, ...]
    except_paths: tuple[str, ...] = ()
    minimum: int = 1
    owned: str = "skip"
    where: Callable[[Context, Sequence[int]], Sequence[int]] | None = None
    moved_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base_most: Severity | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a check found, before bytes are counted.

    ``rule``       id of the rule
    ``versions``   versions of regular files that would go: live ones (each name
                   of a hard-linked inode counts as one, and the inode goes only
                   with all its names) or dead inodes
    ``parts``      version -> {name of a part: bytes}, where only parts of a file would go
                   (``{"debug": 4096}``); parts of one name are the same bytes
    ``layer``      the layer to blame; ``None``: that with most of the bytes
    ``history``    index of the history row to blame, where no layer is
    ``paths``      what to show as evidence, where it is not the versions' paths
    ``title``      a sentence part better than the rule's title ("git and 19 packages")
    ``evidence``   further lines for people, without any secret's value
    ``values``     what fills the braces of the rule's fix
    ``fix``        instead of the rule's
    ``confidence``, ``severity``, ``most`` instead of the rule's
    ``least``      never less severe than this, however few the bytes
    ``is_base``    ``None``: by where most of the bytes lie
    """

    rule: str
    versions: Sequence[int] = ()
    parts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    layer: int | None = None
    history: int | None = None
    paths: Sequence[bytes] = ()
    title: str = ""
    evidence: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    fix: str = ""
    confidence: Confidence | None = None
    severity: Severity | None = None
    most: Severity | None = None
    least: Severity | None = None
    is_base: bool | None = None


Check = Callable[["Context"], Iterable[Draft]]
"""Looks at an image.  A check never raises for what an image holds: it tells a diagnostic."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules, and the checks that find them; what an entry point ``layerlens.rules`` names."""

    rules: tuple[Rule, ...]
    checks: tuple[Check, ...] = ()
