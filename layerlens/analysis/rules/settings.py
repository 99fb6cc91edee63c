"""What a user may set about rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerlens.analysis.rules.model import Rule, Severity


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From how many bytes a finding is low, medium, high; and shares of the image.

    Below ``low`` bytes, or below ``low_share`` of the image, a finding is info;
    from ``high`` bytes or ``high_share`` on it is high, provided that it has
    ``medium`` bytes.
    """

    low: int = 1_000_000
    medium: int = 10_000_000
    high: int = 100_000_000
    low_share: float = 0.005
    high_share: float = 0.20

    def severity(self, size: int, total: int) -> Severity:
        """The severity of ``size`` bytes in an image of ``total``."""
        if size < self.low or size < self.low_share * total:
            return Severity.INFO
        if size < self.medium:
            return Severity.LOW
        if size >= self.high or size >= self.high_share * total:
            return Severity.HIGH
        return Severity.MEDIUM


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """How a user wants rules.

    ``enabled`` turns rules on or off by id, ``severities`` overrides what they
    would have; ``extra`` are the user's own rules.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    enabled: Mapping[str, bool] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    extra: tuple[Rule, ...] = ()

    def runs(self, rule: Rule) -> bool:
        """Whether a rule's findings are told."""
        return self.enabled.get(rule.id, rule.enabled)
