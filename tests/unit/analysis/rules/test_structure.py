"""Every dead byte has a reason, and a way to avoid it."""

from __future__ import annotations

import pytest

from layerlens.analysis.rules.catalogue import debian, structure
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence
from tests.builders import (
    Image,
    Member,
    directory,
    file,
    hardlink,
    layer,
    opaque,
    symlink,
    whiteout,
)
from tests.judging import Looked

BIG = b"0123456789" * 20_000
OTHER = b"9876543210" * 20_000


def judged(*layers: tuple[str, list[Member]], base: int = 0) -> dict[str, list[Finding]]:
    image = Image([layer(*members) for _, members in layers], [text for text, _ in layers])
    looked = Looked(image, base)
    found = looked.findings([structure.RULE_SET])
    analysis = looked.analysis([structure.RULE_SET])
    assert "rule-failed" not in {note.code for note in analysis.diagnostics}
    assert analysis.what_if(analysis.findings).dead_bytes == 0
    return found


def only(found: dict[str, list[Finding]], rule: str) -> Finding:
    assert list(found) == [rule]
    (finding,) = found[rule]
    return finding


def test_deleted_later() -> None:
    finding = only(
        judged(
            ("RUN make", [file("root/.npm/a", BIG), file("b", OTHER)]),
            ("RUN rm -rf /root/.npm /b", [whiteout("root/.npm"), whiteout("b")]),
        ),
        "deleted-later",
    )
    assert (finding.bytes, finding.layer) == (400_000, 0)
    assert finding.title == "2 files deleted in a later layer"  # half of it is nothing known
    assert "npm's cache: 1 file, 200,000 bytes" in finding.evidence
    assert "RUN make \\\n && rm -rf /root/.npm /b\n" in finding.fix
    assert finding.fix.endswith("RUN --mount=type=cache,target=/root/.npm <command>")
    assert finding.confidence is Confidence.CERTAIN


def test_titles_name_what_most_of_it_is() -> None:
    finding = only(
        judged(
            ("RUN make", [file("root/.npm/a", BIG), file("app/node_modules/b", OTHER),
                          file("c", b"1" * 9_000)]),
            ("RUN rm", [whiteout("root/.npm"), whiteout("app"), whiteout("c")]),
        ),
        "deleted-later",
    )  # fmt: skip
    assert finding.title == "3 files deleted in a later layer: node_modules and npm's cache"


def test_steps_between_become_part_of_the_fix() -> None:
    finding = only(
        judged(
            ("RUN a", [file("x", BIG)]),
            ("COPY src /src", [file("src", b"s")]),
            ("RUN b", [file("y", b"s")]),
            ("RUN set -eux; c; rm /x", [whiteout("x")]),
        ),
        "deleted-later",
    )
    fix = "COPY src /src\nRUN a \\\n && b \\\n && set -eux \\\n && c \\\n && rm /x"
    assert finding.fix.endswith(fix)


def test_many_steps_between_are_only_given_a_place() -> None:
    finding = only(
        judged(
            ("RUN apt-get install git", [file("x", BIG)]),
            ("WORKDIR /app", []),
            ("COPY src .", [file("app/src", b"s")]),
            ("RUN make", [file("y", b"s")]),
            ("RUN apt-get purge git", [whiteout("x")]),
        ),
        "deleted-later",
    )
    assert finding.fix == (
        "Delete in the step that makes the files:\n"
        "RUN apt-get install git \\\n && <what needs them> \\\n && apt-get purge git"
    )


def test_a_cache_goes_with_the_steps_that_use_it() -> None:
    finding = only(
        judged(
            ("RUN apt-get update", [file("var/lib/apt/lists/a", BIG)]),
            ("COPY src /src", [file("src", b"s")]),
            ("RUN pip install x", [file("y", b"s")]),
            ("RUN apt-get install y", [file("z", b"s")]),
            ("RUN rm -r /var/lib/apt/lists", [whiteout("var/lib/apt/lists")]),
        ),
        "deleted-later",
    )
    assert (
        "RUN apt-get update \\\n && apt-get install y \\\n && rm -r /var/lib/apt/lists\nor"
        in finding.fix
    )


def test_small_ones_have_the_fix_of_the_largest() -> None:
    finding = only(
        judged(
            ("COPY a /a", [file("a", b"1" * 9_000)]),
            ("COPY b /b", [file("b", b"2" * 90)]),
            ("RUN chmod 0700 /a", [file("a", b"1" * 9_000, mode=0o700)]),
            ("RUN chmod 0700 /b", [file("b", b"2" * 90, mode=0o700)]),
        ),
        "mode-changed-later",
    )
    assert finding.fix.startswith("COPY --chmod=0700 a /a\ninstead of\nRUN chmod 0700 /a")


def test_deleting_what_was_copied_and_what_the_base_has() -> None:
    found = judged(
        ("", [file("a", BIG)]),
        ("COPY big /b", [file("b", OTHER)]),
        ("RUN rm /a /b", [whiteout("a"), whiteout("b")]),
        base=1,
    )
    below, above = sorted(found["deleted-later"], key=lambda each: each.layer or 0)
    assert below.is_base
    assert "FROM <smaller base>" in below.fix
    assert "--mount=type=bind,source=big,target=/b" in above.fix


def test_moved_by_name_or_by_time() -> None:
    finding = only(
        judged(
            ("RUN make", [directory("old"), file("old/f", BIG, mtime=5), file("g", OTHER, mtime=7)]),
            ("RUN mv", [whiteout("old"), whiteout("g"), file("new/f", BIG, mtime=6),
                        file("h", OTHER, mtime=7)]),
        ),
        "moved-later",
    )  # fmt: skip
    assert finding.bytes == 400_000
    assert finding.confidence is Confidence.CERTAIN


def test_equal_contents_elsewhere_are_no_move() -> None:
    found = judged(
        ("RUN make", [file("f", BIG, mtime=5), file("small", b"x" * 500)]),
        ("RUN other", [whiteout("f"), whiteout("small"), file("g", BIG, mtime=6),
                       file("d/small", b"x" * 500)]),
    )  # fmt: skip
    only(found, "deleted-later")


def test_an_archive_that_passed() -> None:
    found = judged(
        ("COPY tool.tar.gz /opt/", [file("opt/tool.tar.gz", BIG)]),
        ("RUN tar xf /opt/tool.tar.gz && rm /opt/tool.tar.gz",
         [whiteout("opt/tool.tar.gz"), file("opt/tool", OTHER)]),
    )  # fmt: skip
    assert only(found, "archive-removed-later").title == "1 archive removed in a later layer"
    only(
        judged(
            ("RUN npm ci", [file("app/node_modules/x/test/fixtures.zip", BIG)]),
            ("RUN npm prune", [whiteout("app/node_modules/x")]),
        ),
        "deleted-later",
    )


def test_metadata_is_told_apart() -> None:
    found = judged(
        ("COPY . /a", [file("a", BIG), file("b", OTHER), file("c", BIG), file("d", BIG)]),
        ("RUN chmod 0700 /a && chown 5:6 /b && touch /c && ln /d /e",
         [file("a", BIG, mode=0o700), file("b", OTHER, uid=5, gid=6, mode=0o600),
          file("c", BIG, mtime=9), file("d", BIG), hardlink("e", "d")]),
    )  # fmt: skip
    assert {rule: [each.bytes for each in findings] for rule, findings in found.items()} == {
        "mode-changed-later": [200_000],
        "owner-changed-later": [200_000],
        "rewritten-unchanged": [200_000],
        "linked-later": [200_000],
    }
    assert {findings[0].layer for findings in found.values()} == {1}


def test_mode_bits_of_the_type_do_not_count() -> None:
    found = judged(
        ("COPY . /", [file("a", BIG, mode=0o100644)]), ("RUN touch /a", [file("a", BIG, mtime=3)])
    )
    only(found, "rewritten-unchanged")


@pytest.mark.parametrize(
    ("command", "members", "expected"),
    [
        ("chmod -R 0700 /s", [file("s/a", BIG, mode=0o700)], "COPY --chmod=0700 src /s\ninstead"),
        ("chmod -R go-rx /s", [file("s/a", BIG, mode=0o600)], "1.14\nCOPY --chmod=go-rx src /s\n"),
        (
            'chmod -R "$MODE" /s',
            [file("s/a", BIG, mode=0o664), file("s/b", BIG, mode=0o775)],
            'RUN chmod -R "$MODE" /s\nFROM <image>\nCOPY --from=files /s /s',
        ),
    ],
)
def test_chmod_becomes_a_flag(command: str, members: list[Member], expected: str) -> None:
    found = judged(
        ("COPY src /s", [file("s/a", BIG), file("s/b", BIG, mode=0o755)][: len(members)]),
        (f"RUN {command}", members),
    )
    assert expected in only(found, "mode-changed-later").fix


def test_chown_after_chmod_becomes_both_flags() -> None:
    found = judged(
        ("/bin/sh -c #(nop) COPY --chown=0:0dir:" + "1a" * 32 + " in /s ", [file("s", BIG)]),
        ("RUN chmod 750 /s", [file("s", BIG, mode=0o750)]),
        ("RUN chown app:app /s", [file("s", BIG, mode=0o750, uid=9)]),
    )
    fix = found["owner-changed-later"][0].fix
    assert fix.startswith("COPY --chown=app:app --chmod=750 <source> /s\ninstead of\nRUN chmod 750")


def test_metadata_of_what_a_run_made() -> None:
    found = judged(
        ("RUN make || true", [file("s", BIG)]), ("RUN chown 1 /s", [file("s", BIG, uid=1)])
    )
    assert found["owner-changed-later"][0].fix.endswith("RUN { make || true; } \\\n && chown 1 /s")


def test_secrets_of_instructions_are_not_in_fixes() -> None:
    found = judged(
        ("RUN curl -u me:hunter2secret9 https://e/x", [file("s", BIG)]),
        ("RUN rm /s", [whiteout("s")]),
    )
    finding = only(found, "deleted-later")
    assert "hunter2" not in finding.fix + "".join(finding.evidence)


def test_copied_twice() -> None:
    finding = only(
        judged(
            ("COPY --from=b /app/m /app/m", [file("app/m", BIG, mode=0o600)]),
            ("COPY --from=b /app /app", [file("app/m", BIG), file("app/x", OTHER)]),
        ),
        "copied-twice",
    )
    assert (finding.bytes, finding.layer) == (200_000, 1)


def test_a_whole_filesystem() -> None:
    base = [file(f"usr/{k}", BIG[: 5_000 + k]) for k in range(100)]
    finding = only(
        judged(("", base), ("COPY --from=x / /", [*base[:85], file("y", b"1")]), base=1),
        "whole-filesystem-copied",
    )
    assert finding.layer == 1


def test_replaced_and_appended() -> None:
    old = bytes(range(256)) * 8_000
    found = judged(
        ("RUN a", [file("log", old), file("x", BIG)]),
        ("RUN b", [file("log", old + b"more"), file("x", OTHER)]),
        ("RUN c", [file("log", b"!" + old)]),
    )
    (appended,) = found.pop("appended-later")
    assert (appended.bytes, appended.layer, appended.confidence) == (
        len(old), 1, Confidence.CERTAIN,
    )  # fmt: skip
    assert sorted(each.bytes for each in found["replaced-later"]) == [200_000, len(old) + 4]


def test_marks_tell_appended_files_of_streams() -> None:
    from layerlens.layers.contents import marks_of

    old = bytes(range(256)) * 8_000
    new = old + b"more"
    image = Image([layer(file("log", old)), layer(file("log", new))], ["RUN a", "RUN b"])
    looked = Looked(image, 0)
    for contents, data in zip(looked.contents, (old, new), strict=True):
        contents.marks[0] = b"".join(marks_of([data]))
    looked.context.reread = lambda layer, i: None  # noqa: ARG005 - passed
    (draft,) = looked.drafts(structure.check)
    assert draft.rule == "appended-later"
    assert draft.confidence is None  # the rule's: likely


def test_other_causes() -> None:
    found = judged(
        ("RUN a", [directory("d"), file("d/a", BIG), file("f", BIG), whiteout("zz", BIG)]),
        (
            "RUN b",
            [directory("d"), opaque("d"), symlink("f", "g"), file("t", BIG), file("t", OTHER)],
        ),
    )
    assert {rule: sum(each.bytes for each in findings) for rule, findings in found.items()} == {
        "directory-made-anew": 200_000,
        "file-became-other": 200_000,
        "marker-contents": 200_000,
        "duplicate-entries": 200_000,
    }


def test_small_pairs_are_told_together() -> None:
    rows = [(f"RUN {k}", [file("etc/passwd", b"x" * (k + 1))]) for k in range(5)]
    finding = only(judged(*rows), "replaced-later")
    assert finding.title == "4 files replaced in a later layer"
    assert finding.evidence[0].startswith("small ones, in 4 pairs")


def test_packages_files_are_told_with_their_packages() -> None:
    def status(version: str) -> bytes:
        return f"Package: p\nStatus: install ok installed\nVersion: {version}\n\n".encode()

    listing = file("var/lib/dpkg/info/p.list", b"/.\n/usr/lib/p\n")
    image = Image(
        [
            layer(file("var/lib/dpkg/status", status("1")), listing, file("usr/lib/p", BIG)),
            layer(file("var/lib/dpkg/status", status("2")), listing, file("usr/lib/p", OTHER)),
        ],
        ["RUN a", "RUN b"],
    )
    looked = Looked(image, 0)
    sets = [structure.RULE_SET, debian.RULE_SET]
    found = looked.findings(sets)
    assert sum(each.bytes for each in found["packages-upgraded"]) == 200_000
    assert all(each.bytes < 1_000 for each in found["replaced-later"])
    analysis = looked.analysis(sets)
    assert analysis.what_if(analysis.findings).dead_bytes == 0
