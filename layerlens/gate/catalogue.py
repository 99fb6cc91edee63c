"""All gates: what each measures, and how its limits are written.

An id is the command line's flag (``--max-size``), the key in the settings'
``[ci]`` table (``max-size``) and, in capitals, the environment variable
(``LAYERLENS_MAX_SIZE``).
"""

from __future__ import annotations

from dataclasses import dataclass

from layerlens.gate.limits import Unit


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate.

    ``title``     what is measured, for tables
    ``unit``      of the figure and its limits
    ``at_least``  whether less is worse, instead of more
    ``subject``   what its limit speaks of besides the image (``GLOB``), written
                  ``GLOB=LIMIT``; ``""`` where it is the image alone
    ``help``      a sentence part for ``--help`` and the documentation
    """

    id: str
    title: str
    unit: Unit
    help: str
    at_least: bool = False
    subject: str = ""

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"LAYERLENS_{self.id.replace('-', '_').upper()}"


GATES: tuple[Gate, ...] = (
    Gate(
        "lowest-efficiency", "efficiency", Unit.SHARE,
        "live bytes of all that ship, at least", at_least=True,
    ),
    Gate(
        "lowest-lean-score", "lean score", Unit.SHARE,
        "bytes that are neither dead nor removable, of all that ship, at least", at_least=True,
    ),
    Gate("highest-wasted-bytes", "wasted bytes", Unit.BYTES, "dead bytes, at most"),
    Gate(
        "highest-user-wasted-percent", "user wasted", Unit.SHARE,
        "wasted bytes of your layers, of all that these ship, at most",
    ),
    Gate("max-size", "image size", Unit.BYTES, "content bytes of all layers, at most"),
    Gate("max-transfer-size", "transfer size", Unit.BYTES, "bytes that a pull fetches, at most"),
    Gate("max-layers", "layers", Unit.COUNT, "number of layers, at most"),
    Gate("max-largest-layer", "largest layer", Unit.BYTES, "content bytes of any one layer, at most"),
    Gate("max-files", "files", Unit.COUNT, "files of the final filesystem, at most"),
    Gate("max-setuid-files", "setuid files", Unit.COUNT, "setuid and setgid files, at most"),
    Gate(
        "max-path", "bytes at paths", Unit.BYTES,
        "bytes of the final filesystem at paths that match, at most", subject="GLOB",
    ),
    Gate(
        "max-package", "package", Unit.BYTES,
        "bytes of packages of this name, at most", subject="NAME",
    ),
    Gate(
        "max-waste", "waste", Unit.BYTES,
        "bytes of a class of waste (deleted, package-caches, …) or of a rule, at most",
        subject="CLASS",
    ),
    Gate(
        "max-findings", "findings", Unit.COUNT,
        "findings of this severity or a higher one, at most", subject="SEVERITY",
    ),
    Gate(
        "max-new-findings", "new findings", Unit.COUNT,
        "findings of this severity or a higher one that the baseline lacks, at most",
        subject="SEVERITY",
    ),
    Gate("no-root", "root user", Unit.YES_NO, "the image's user must not be root"),
)  # fmt: skip
"""In the order in which verdicts tell them."""

BY_ID = {gate.id: gate for gate in GATES}

NEEDS_RULES = frozenset(
    {"lowest-lean-score", "max-package", "max-waste", "max-findings", "max-new-findings"}
)
"""Gates that can only be judged where rules ran."""

NEEDS_BASELINE = frozenset({"max-new-findings"})
"""Gates that can only be judged beside a baseline, whatever their limit says."""

DEFAULTS: tuple[tuple[str, str, str], ...] = (
    ("lowest-efficiency", "", "90%"),
    ("highest-user-wasted-percent", "", "10%"),
    ("max-findings", "critical", "0"),
)
"""(gate, subject, limit) in force where neither native nor dive's limits are given."""

BASELINE_DEFAULTS: tuple[tuple[str, str, str], ...] = (
    ("max-size", "", "+5%"),
    ("max-new-findings", "medium", "0"),
)
"""In force besides where there is a baseline, and no limit on a change is given."""
