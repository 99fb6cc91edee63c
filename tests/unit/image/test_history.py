"""Every builder's way to write history, and its pairing with layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.image.history import (
    INSTRUCTIONS,
    dockerfile_lines,
    map_history,
    readable,
    wrap_run,
)
from layerlens.image.model import HistoryEntry, Instruction
from tests.effort import at_most

HASH = "4c4b0123456789abcdef" + "0" * 44


def text(created_by: str | None, comment: str | None = None) -> str:
    return readable(created_by, comment).text


@pytest.mark.parametrize(
    ("created_by", "expected"),
    [
        # classic builder
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("/bin/bash -c make", "RUN make"),
        ("/bin/bash -eo pipefail -c make all", "RUN make all"),
        ("/bin/ash -o pipefail -ec make", "RUN make"),
        ("cmd /S /C dir", "RUN dir"),
        ("powershell -Command Get-Item x", "RUN Get-Item x"),
        ("/usr/bin/env bash -c make", "RUN make"),
        ("conda run -n env /bin/bash -c pip install x", "RUN pip install x"),
        ("/bin/sh -c #(nop)  ENV A=b  c", "ENV A=b c"),
        ("/bin/sh -c #(nop) WORKDIR /w", "WORKDIR /w"),
        ('/bin/bash -eo pipefail -c #(nop)  CMD ["x"]', 'CMD ["x"]'),
        ("cmd /S /C #(nop)  USER me", "USER me"),
        ("powershell -Command $X = 'Stop'; #(nop)  USER me", "USER me"),
        ('/bin/sh -c echo "#(nop) CMD x"', 'RUN echo "#(nop) CMD x"'),
        (f"/bin/sh -c #(nop) COPY file:{HASH} in /dst ", "COPY file:4c4b01234567 /dst"),
        (f"/bin/sh -c #(nop) COPY multi:{HASH} in /a b/ ", "COPY multi:4c4b01234567 /a b/"),
        (f"/bin/sh -c #(nop) ADD file:{HASH} in / ", "ADD file:4c4b01234567 /"),
        (f"/bin/sh -c #(nop) ADD {HASH} in /x", "ADD 4c4b01234567 /x"),
        (
            f"/bin/sh -c #(nop) COPY --chown=1000:1000dir:{HASH} in /dst/ ",
            "COPY --chown=1000:1000 dir:4c4b01234567 /dst/",
        ),
        (
            f"/bin/sh -c #(nop) COPY --chown=u:filefile:{HASH} in /dst",
            "COPY --chown=u:file file:4c4b01234567 /dst",
        ),
        (
            f"/bin/sh -c #(nop) COPY --chmod=755 --chown=1:1 dir:{HASH} in /dst/ ",
            "COPY --chmod=755 --chown=1:1 dir:4c4b01234567 /dst/",
        ),
        # BuildKit
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("COPY src /dst # buildkit", "COPY src /dst"),
        ("COPY --chown=1:1 in /dst # buildkit", "COPY --chown=1:1 in /dst"),
        ("RUN make # buildkit", "RUN make"),
        ("WORKDIR /app", "WORKDIR /app"),
        ('CMD ["node" "server.js"]', 'CMD ["node", "server.js"]'),
        ('CMD ["a, b" "say \\"x\\""]', 'CMD ["a, b", "say \\"x\\""]'),
        ('CMD ["a", "b"]', 'CMD ["a", "b"]'),
        ("CMD []", "CMD []"),
        ("CMD [ -f x ] && y", "CMD [ -f x ] && y"),
        ("EXPOSE map[443/tcp:{} 80/tcp:{}]", "EXPOSE 443/tcp 80/tcp"),
        ("EXPOSE [443/tcp 80/tcp]", "EXPOSE 443/tcp 80/tcp"),
        ("EXPOSE 80", "EXPOSE 80"),
        ("VOLUME [/data /log]", "VOLUME /data /log"),
        (
            'HEALTHCHECK &{["CMD-SHELL" "node -e \\"0\\""] "30s" "1m0s" "0s" "0s" \'\\x03\'}',
            'HEALTHCHECK --interval=30s --timeout=1m0s --retries=3 CMD node -e "0"',
        ),
        (
            'HEALTHCHECK &{["CMD" "curl" "-f"] "0s" "0s" "5s" "2s" \'\\n\'}',
            'HEALTHCHECK --start-period=5s --start-interval=2s --retries=10 CMD ["curl", "-f"]',
        ),
        ('HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}', "HEALTHCHECK NONE"),
        ("HEALTHCHECK &{broken", "HEALTHCHECK &{broken"),
        ("RUN /bin/sh -c set -e\nmake\n\n # buildkit", "RUN set -e ⏎ make"),
        ("COPY <<EOF /etc/x # buildkit", "COPY <<EOF /etc/x"),
        (
            "RUN /bin/sh -c cat <<EOF > /x\n  a  b\nEOF # buildkit",
            "RUN cat <<EOF > /x ⏎ a b ⏎ EOF",
        ),
        (
            "RUN /bin/sh -c a &&     b   'c   d' # buildkit",
            "RUN a && b 'c   d'",
        ),
        # others
        ("RUN apt-get update", "RUN apt-get update"),
        ("bazel build //x:y", "bazel build //x:y"),
        ("ko build ko://x", "ko build ko://x"),
        ("jib-maven-plugin:3.4", "jib-maven-plugin:3.4"),
        ("# debian.sh --arch 'amd64' out/", "# debian.sh --arch 'amd64' out/"),
        ("Apply image 10.0", "Apply image 10.0"),
        ("bash", "RUN bash"),
        ("/bin/sh", "RUN /bin/sh"),
        ("/bin/sh -c ", "RUN"),
    ],
)
def test_created_by(created_by: str, expected: str) -> None:
    found = readable(created_by, None)
    assert found.text == expected
    assert found.raw == created_by
    first = expected.split(maxsplit=1)[0]
    assert found.keyword == (first if first in INSTRUCTIONS else "")
    assert found.args == ()


@pytest.mark.parametrize(
    ("created_by", "args", "expected"),
    [
        ("|2 FOO=bar N=zz /bin/sh -c make", ("FOO=bar", "N=zz"), "RUN make"),
        ("|1 MSG=hello big world /bin/sh -c make", ("MSG=hello big world",), "RUN make"),
        ("|2 A=b c=d /bin/sh -c x=1 make", ("A=b", "c=d"), "RUN x=1 make"),
        ("|2 A=b c=d B=e /bin/sh -c make", ("A=b c=d", "B=e"), "RUN make"),
        ("|1 A=b c=d /bin/sh -c make", ("A=b c=d",), "RUN make"),
        ("|2 a=1 b=2 c=3 /bin/sh -c make", ("a=1", "b=2 c=3"), "RUN make"),
        ("|2 CMD=/x /bin/sh -c y Z=1 /bin/sh -c m", ("CMD=/x /bin/sh -c y", "Z=1"), "RUN m"),
        ("|1 EMPTY= /bin/sh -c make", ("EMPTY=",), "RUN make"),
        ("|3 A=1 B=2 C=3 true", ("A=1", "B=2", "C=3"), "RUN true"),
        ("|1 A=1 env X=2 run", ("A=1",), "RUN env X=2 run"),
        ("|1 A=1", ("A=1",), "RUN"),
        ("|1 /bin/sh -c make", (), "RUN make"),
        ("|9 A=1 /bin/sh -c make", ("A=1",), "RUN make"),
        ("RUN |2 A=b C=d e /bin/sh -c make # buildkit", ("A=b", "C=d e"), "RUN make"),
        ("RUN |1 A=b /bin/bash -eo pipefail -c make # buildkit", ("A=b",), "RUN make"),
    ],
)
def test_build_arguments_stand_apart(created_by: str, args: tuple[str, ...], expected: str) -> None:
    assert readable(created_by, None) == Instruction(expected, "RUN", args, created_by)


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        (None, "(no instruction recorded)"),
        ("buildkit.exporter.image.v0", "(no instruction recorded)"),
        ("Imported from -", "(imported from standard input)"),
        ("Imported from https://e.org/x.tar", "(imported from https://e.org/x.tar)"),
        (f"merge sha256:{HASH} to sha256:{HASH}", "(squashed layers)"),
        (f"create new from sha256:{HASH}", "(squashed layers)"),
        (
            f"store paths: ['/nix/store/{HASH[:32]}-bash-5.2', '/nix/store/{HASH[:32]}-glibc']",
            "(nix store: bash-5.2, glibc)",
        ),
        ("store paths: []", "(store paths: [])"),
        ("fixed\nthe thing", "(fixed ⏎ the thing)"),
    ],
)
def test_rows_without_an_instruction(comment: str | None, expected: str) -> None:
    assert readable(None, comment) == Instruction(expected)
    assert text(" # buildkit", comment) == expected


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("RUN a && b && c", ["RUN a", "&& b", "&& c"]),
        ("set -e; a; b", ["set -e;", "a;", "b"]),
        ("a || b", ["a || b"]),
        ("echo 'x && y' \"; z\" && w", ["echo 'x && y' \"; z\"", "&& w"]),
        ("find . -exec rm {} \\; && b", ["find . -exec rm {} \\;", "&& b"]),
        ("x=$(a; b) && c", ["x=$(a; b)", "&& c"]),
        ("case x in y) a;; esac; b", ["case x in y) a;;", "esac;", "b"]),
        ("cat <<E ⏎ don't ⏎ E", ["cat <<E", "don't", "E"]),
        ('echo "it\\"s; ok"; b', ['echo "it\\"s; ok";', "b"]),
        ("", []),
    ],
)
def test_long_commands_are_split_for_display(line: str, pieces: list[str]) -> None:
    assert wrap_run(line) == pieces


@given(st.text(alphabet="ab &;'\"\\()`$ ", max_size=40))
def test_splitting_loses_nothing(line: str) -> None:
    assert "".join("".join(wrap_run(line)).split()) == "".join(line.split())


def run(command: str, *, comment: str | None = None, empty: bool = False) -> HistoryEntry:
    return HistoryEntry(
        created="2026-01-01T00:00:00Z",
        created_by=f"/bin/sh -c {command}",
        comment=comment,
        empty_layer=empty,
    )


def test_rows_pair_with_layers_in_order() -> None:
    rows = [run("a"), run("#(nop)  CMD x", empty=True), run("b", comment="c")]
    layers, warnings = map_history(rows, 2)
    assert [layer.instruction.text for layer in layers] == ["RUN a", "RUN b"]
    assert [(layer.row, layer.comment) for layer in layers] == [(0, None), (2, "c")]
    assert layers[0].created == "2026-01-01T00:00:00Z"
    assert warnings == []
    assert [line.text for line in dockerfile_lines(rows)] == ["RUN a", "CMD x", "RUN b"]


def test_fewer_rows_pair_from_the_end() -> None:
    layers, warnings = map_history([run("b")], 3)
    assert [layer.instruction.text for layer in layers] == ["(no history)"] * 2 + ["RUN b"]
    assert [layer.row for layer in layers] == [None, None, 0]
    assert warnings == ["history lists 1 layers, image has 3; they were paired from the end"]


def test_more_rows_pair_from_the_end() -> None:
    layers, warnings = map_history([run("a"), run("b"), run("c")], 2)
    assert [layer.row for layer in layers] == [1, 2]
    assert len(warnings) == 1
    assert "lists 3 layers, image has 2" in warnings[0]


def test_no_history_at_all_is_legal() -> None:
    layers, warnings = map_history([], 2)
    assert [layer.instruction.text for layer in layers] == ["(no history)"] * 2
    assert warnings == []
    assert map_history([run("a")], 0)[0] == []


def test_buildah_folds_a_build_into_its_last_row() -> None:
    rows = [
        run("base"),
        run("#(nop) ENV a=b", empty=True),
        run("one", empty=True),
        run("two", empty=True),
        run("#(nop) COPY dir:x in /y", empty=True),
        run('#(nop) CMD ["z"]', comment="FROM base"),
    ]
    layers, warnings = map_history(rows, 2)
    assert warnings == []
    top = layers[1]
    assert top.instruction.text == "RUN one (+2)"
    assert top.instruction.keyword == "RUN"
    assert top.row == 5
    assert [line.text for line in top.group] == ["RUN one", "RUN two", "COPY dir:x in /y"]
    assert layers[0].group == ()


def test_a_group_of_one_gives_the_layer_its_name() -> None:
    rows = [run("one", empty=True), run('#(nop) CMD ["z"]')]
    top = map_history(rows, 1)[0][0]
    assert top.instruction.text == "RUN one"
    assert [line.text for line in top.group] == ["RUN one"]


def test_a_last_run_of_buildah_counts_what_went_before() -> None:
    rows = [run("one", empty=True), run("two", comment="FROM base")]
    top = map_history(rows, 1)[0][0]
    assert top.instruction.text == "RUN two (+1)"
    assert [line.text for line in top.group] == ["RUN one"]


def test_an_empty_run_of_docker_is_not_blamed() -> None:
    rows = [run("true", empty=True), run("two"), run("true", empty=True), run("#(nop) WORKDIR /w")]
    layers = map_history(rows, 2)[0]
    assert [layer.instruction.text for layer in layers] == ["RUN two", "WORKDIR /w"]
    assert [layer.group for layer in layers] == [(), ()]


def test_a_lone_metadata_layer_stays_as_it_is() -> None:
    layers = map_history([run("a"), run("#(nop)  ENV x=y")], 2)[0]
    assert layers[1].instruction.text == "ENV x=y"


def test_docker_squash_names_what_was_squashed() -> None:
    merged = HistoryEntry(comment=f"merge sha256:{HASH} to sha256:{HASH}")
    rows = [run("base"), run("one", empty=True), run("two", empty=True), merged]
    layers = map_history(rows, 2)[0]
    assert layers[1].instruction.text == "RUN one (+1)"
    assert [line.text for line in layers[1].group] == ["RUN one", "RUN two"]


_PART = st.sampled_from(
    [
        "/bin/sh -c ",
        "#(nop) ",
        "|2 ",
        "RUN ",
        "A=b ",
        "COPY ",
        "file:",
        HASH,
        " in ",
        "\n",
        "'",
        '["a" ',
        '"]',
        "HEALTHCHECK &{[",
        "'\\x03'}",
        "map[",
        "\u2028",
        "\ud800",
        " # buildkit",
        " ",
    ]
)


@given(st.lists(_PART, max_size=12).map("".join), st.none() | st.text(max_size=20))
def test_any_text_becomes_one_line(created_by: str, comment: str | None) -> None:
    found = readable(created_by, comment)
    assert len(found.text.splitlines()) == 1
    assert found.raw == created_by
    assert found.keyword == "" or found.text.startswith(found.keyword)


@pytest.mark.parametrize(
    "hostile",
    [
        " " * 400_000 + "x",
        "RUN a" + " " * 400_000 + "b",
        "|9 " + "A=b " * 100_000,
        "|1 A=" + "/bin/sh " * 50_000,
        "RUN " + "'\"" * 200_000,
        'HEALTHCHECK &{["' + ']"" ' * 100_000,
        "CMD [" + '"a" ' * 100_000,
        "/bin/sh" + " -x" * 100_000,
        "- " * 200_000 + "#(nop)",
        "COPY " + "--a=b " * 100_000,
        "a/" * 200_000,
    ],
    ids=range(11),
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    with at_most(8):
        found = readable(hostile, hostile)
        wrap_run(found.text)
