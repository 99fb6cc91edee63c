"""Dockerfiles, and which of their lines made which row of a history."""

from __future__ import annotations

import random
import string

import pytest

from layerlens.image.dockerfile import parse_dockerfile
from layerlens.image.dockerfile_lines import lines_of
from layerlens.image.model import HistoryEntry

TEXT = """# syntax=docker/dockerfile:1
# escape=\\

ARG VERSION=1
FROM --platform=$BUILDPLATFORM golang:1.22 AS build
WORKDIR /src
COPY . .
RUN go build -o /app \\
    # a comment inside

    ./cmd/app

from build AS tested
RUN go test

FROM debian:bookworm-slim
LABEL a=b \\
      c="d e"
RUN --mount=type=cache,target=/a --mount=type=secret,id=x <<EOF bash
apt-get update
FROM not-an-instruction
EOF
COPY --from=build --chown=1:1 <<-ONE <<"TWO" /etc/
\tfirst
\tONE
second
TWO
CMD ["app", "--serve"]
ENTRYPOINT [not json
"""


def test_steps_and_stages() -> None:
    found = parse_dockerfile(TEXT)
    assert found.directives == {"syntax": "docker/dockerfile:1", "escape": "\\"}
    assert [(step.keyword, step.text) for step in found.before] == [("ARG", "VERSION=1")]
    build, tested, last = found.stages
    assert (build.base, build.name) == ("golang:1.22", "build")
    assert build.start.flags == {"platform": "$BUILDPLATFORM"}
    assert (tested.base, tested.name) == ("build", "tested")
    run = build.steps[2]
    assert (run.text, run.line, run.end) == ("go build -o /app ./cmd/app", 8, 11)
    label, heredoc, copy, cmd, entrypoint = last.steps
    assert label.text == 'a=b c="d e"'
    assert heredoc.flags == {"mount": "type=cache,target=/a\ntype=secret,id=x"}
    assert heredoc.documents == ("apt-get update\nFROM not-an-instruction",)
    assert copy.documents == ("first", "second")
    assert (copy.flags["from"], copy.flags["chown"], copy.line) == ("build", "1:1", 23)
    assert cmd.words == ("app", "--serve")
    assert entrypoint.words is None


def test_windows_files() -> None:
    found = parse_dockerfile("\ufeff# escape=`\r\nFROM x\r\nRUN dir `\r\n  C:\\\r\nCMD a\r\n")
    assert [(step.keyword, step.text) for step in found.stages[0].steps] == [
        ("RUN", "dir C:\\"),
        ("CMD", "a"),
    ]


def test_stages_by_name_and_number() -> None:
    found = parse_dockerfile(TEXT)
    assert [found.stage(t) for t in (None, "build", "TESTED", "0", "nope")] == [2, 0, 1, 0, None]
    assert parse_dockerfile("# nothing").stage() is None
    assert [step.keyword for step in found.chain("tested")] == ["WORKDIR", "COPY", "RUN", "RUN"]


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("", []),
        ("FROM", []),
        ("FROM a AS", []),
        ("FROM x\nRUN <<EOF", ["RUN"]),
        ("FROM x\nCOPY <<A <<A", ["COPY"]),
        ("FROM x\nRUN \\", ["RUN"]),
        ("FROM x\n\0", []),
        ("FROM x\n--a b\nUSER y", ["USER"]),
        ("FROM x\nrun\ttabs", ["RUN"]),
    ],
)
def test_odd_files(text: str, keywords: list[str]) -> None:
    assert [step.keyword for step in parse_dockerfile(text).chain()] == keywords


def test_noise_is_read_to_its_end() -> None:
    noise = random.Random(1)  # noqa: S311 - repeatable
    letters = [*string.printable, "\\\n", "<<EOF", "\nFROM ", "\nRUN ", "\n#"]
    for _ in range(300):
        text = "".join(noise.choices(letters, k=200))
        for step in parse_dockerfile(text).chain():
            assert 1 <= step.line <= step.end <= text.count("\n") + 1


def rows(*texts: str) -> list[HistoryEntry]:
    return [HistoryEntry(created_by=text) for text in texts]


def test_lines_with_buildkit() -> None:
    history = rows(
        "/bin/sh -c #(nop) ADD file:0 in / ",
        "LABEL a=b c=d e",
        "RUN /bin/sh -c bash # buildkit",
        "COPY <<ONE <<TWO /etc/ # buildkit",
        'CMD ["app" "--serve"]',
        'ENTRYPOINT ["/bin/sh" "-c" "[not json"]',
    )
    assert lines_of(parse_dockerfile(TEXT).chain(), history) == {1: 17, 2: 19, 3: 23, 4: 28, 5: 29}


def test_lines_with_the_classic_builder() -> None:
    text = "FROM a\nARG B=1\nRUN apt-get update && \\\n  apt-get clean\nUSER x"
    history = rows(
        '/bin/sh -c #(nop)  CMD ["bash"]',
        "/bin/sh -c #(nop)  ARG B=1",
        "|1 B=1 /bin/sh -c apt-get update &&   apt-get clean",
        "/bin/sh -c #(nop)  USER x",
    )
    assert lines_of(parse_dockerfile(text).chain(), history) == {1: 2, 2: 3, 3: 5}


def test_another_images_file_gives_nothing() -> None:
    chain = parse_dockerfile("FROM a\nRUN make\nRUN make install").chain()
    assert lines_of(chain, rows("RUN /bin/sh -c apt-get update # buildkit")) == {}
    assert lines_of(chain, []) == {}
