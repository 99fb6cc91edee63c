"""Packages of Composer and Bundler that serve development only."""

from __future__ import annotations

from collections.abc import Iterator

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules.catalogue.script_packages import development
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Topic,
)

COMPOSER = Rule(
    id="composer-dev-packages",
    title="Composer packages for development",
    topic=Topic.PACKAGES,
    why="Composer installs what composer.json lists under require-dev unless told otherwise: test "
    "runners, analysers and what only they need. The application does not load them.",
    fix="COPY composer.json composer.lock ./\n"
    "RUN composer install --no-dev --no-interaction --optimize-autoloader --no-cache",
    ledger_class=LedgerClass.DEV_DEPENDENCIES,
    keep="Packages whose command the image starts, and what these need.",
    source="https://getcomposer.org/doc/03-cli.md#install-i; vendor/composer/installed.json",
)

BUNDLER = Rule(
    id="bundler-dev-groups",
    title="gems of development groups",
    topic=Topic.PACKAGES,
    why="The Gemfile has these gems, or what needs them, only in groups such as development and "
    "test, which a running application does not load.",
    fix="ENV BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1\n"
    "COPY Gemfile Gemfile.lock ./\n"
    "RUN bundle install",
    confidence=Confidence.LIKELY,
    ledger_class=LedgerClass.DEV_DEPENDENCIES,
    keep="Gems that come with Ruby, gems that the Gemfile names in a way that cannot be read "
    "without running it, and those whose command the image starts.",
    source="https://bundler.io/guides/groups.html",
)


def check_composer(context: Context) -> Iterator[Draft]:
    """Packages that ``installed.json`` tells for development."""
    packages = context.inventory.of(Ecosystem.COMPOSER)
    if packages:
        yield from development(
            context, COMPOSER.id, packages, context.started, lambda _: "",
            {"composer": " of Composer"}, lambda _: True,
        )  # fmt: skip


def check_bundler(context: Context) -> Iterator[Draft]:
    """Gems that only groups for development want."""
    packages = context.inventory.of(Ecosystem.GEM)
    if packages:
        yield from development(
            context, BUNDLER.id, packages, context.started, lambda _: "",
            {"bundler": " of Bundler"}, lambda _: False,
        )  # fmt: skip


RULE_SET = RuleSet(rules=(COMPOSER, BUNDLER), checks=(check_composer, check_bundler))
