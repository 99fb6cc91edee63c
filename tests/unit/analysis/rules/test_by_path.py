"""Every path rule flags what it should, and nothing that only looks so."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.rules.catalogue.by_path import LARGE_FILES, PATH_RULES, RULE_SET
from layerlens.analysis.rules.model import Confidence, PathRule, Severity
from layerlens.analysis.rules.registry import all_rules, own_rule_sets
from tests.builders import Image, Member, file, layer, symlink
from tests.judging import Looked
from tests.unit.analysis.rules.catalogue_cases import CASES, Case

_SIZE = 120_000


def member(text: str) -> Member:
    """``path``, ``path:size`` or ``path->target``; a star at the end is no part of a name."""
    if "->" in text:
        return symlink(*text.split("->"))
    path, _, size = text.rstrip("*").partition(":")
    return file(path, b"x" * int(size or _SIZE))


def looked(case: Case, settings: dict[str, Any]) -> Looked:
    texts = f"{case.flagged} {case.kept} {case.beside}".split()
    return Looked(Image([layer(*map(member, texts))], ["COPY . /"], settings=settings), 0)


def flagged(name: str, image: Looked) -> set[str]:
    (check,) = RULE_SET.checks
    return {
        image.context.path(version).decode()
        for draft in image.drafts(check)
        if draft.rule == name
        for version in draft.versions
    }


@pytest.mark.parametrize("name", CASES)
def test_rule(name: str) -> None:
    case = CASES[name]
    image = looked(case, case.settings)
    beside = {text.rstrip("*") for text in case.beside.split()}
    wanted = {text.split(":")[0] for text in case.flagged.split()}
    assert flagged(name, image) - beside == wanted
    # The databases here are names only, which their readers tell.
    codes = {note.code for note in image.context.notes.all()}
    assert codes <= {"package-database"}
    if case.unless:
        assert not flagged(name, looked(case, case.unless))


def test_every_rule_is_tried() -> None:
    assert set(CASES) == {rule.id for rule in PATH_RULES}


@pytest.mark.parametrize("rule", PATH_RULES, ids=lambda rule: rule.id)
def test_what_every_rule_says(rule: PathRule) -> None:
    assert rule.why.endswith(".")
    assert rule.fix
    assert rule.source
    assert not rule.title.endswith(".")
    assert not rule.keep or rule.keep.endswith(".")
    assert rule.owned in ("skip", "info", "flag")
    if "not measured" in rule.source or rule.source == "general knowledge":
        assert rule.confidence is not Confidence.CERTAIN
    if rule.owned == "flag" and rule.base_most is None and rule.ledger_class is not None:
        assert rule.most < Severity.HIGH or rule.trade_off or rule.id in _OWN_PLACES


_OWN_PLACES = {"web-build-caches", "rails-leftovers", "rpm-database-leftovers", "login-records"}
"""Rules whose paths no package's files lie at, whatever a database says."""


def test_ids_are_unique() -> None:
    sets = own_rule_sets()
    assert len(all_rules(sets)) == sum(len(each.rules) for each in sets)


def test_torch_needs_headers() -> None:
    case = Case("usr/include/a.h v/site-packages/torch/b.py")
    assert not flagged("headers", looked(case, {}))


def test_fonts_where_something_draws() -> None:
    case = Case("usr/share/fonts/a.ttf usr/lib/x86_64-linux-gnu/libcairo.so.2")
    assert not flagged("fonts-and-icons", looked(case, {}))


def test_large_files() -> None:
    base = layer(file("big-base", b"x" * 2_000_000))
    own = layer(
        file("big", b"x" * 1_500_000),
        file("small", b"x" * 900_000),
        file("tmp/big", b"x" * 1_500_000),
    )
    image = Looked(Image([base, own], ["ADD x /", "COPY . /"]), 1)
    assert flagged(LARGE_FILES.id, image) == {"big"}
    starting = Looked(Image([base, own], ["ADD x /", "COPY . /"], settings={"Cmd": ["/big"]}), 1)
    assert flagged(LARGE_FILES.id, starting) == set()


def test_documents_of_a_base_are_information() -> None:
    doc = layer(file("usr/share/doc/a/b", b"x" * 3_000_000))
    image = Looked(Image([doc, layer(file("a", b"x"))], ["ADD x /", "COPY . /"]), 1)
    (finding,) = image.findings()["docs"]
    assert (finding.severity, finding.claimed) == (Severity.INFO, 3_000_000)
    (finding,) = Looked(Image([doc], ["RUN x"]), 0).findings()["docs"]
    assert finding.severity is Severity.LOW


def test_the_archive_of_locales_may_hold_the_one_that_is_set() -> None:
    case = Case("usr/lib/locale/locale-archive usr/lib/locale/fr_FR/a usr/lib/locale/de_DE/b")
    wanted = {"usr/lib/locale/fr_FR/a"}
    assert flagged("system-locales", looked(case, {"Env": ["LANG=de_DE.UTF-8"]})) == wanted
    assert len(flagged("system-locales", looked(case, {"Env": ["LANG=C.UTF-8"]}))) == 3
