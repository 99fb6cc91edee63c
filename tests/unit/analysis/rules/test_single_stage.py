"""Toolchains that are left beside what they built."""

from __future__ import annotations

import pytest

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules.catalogue import single_stage
from tests.builders import Image, Member, file, layer
from tests.effort import at_most
from tests.judging import Looked
from tests.owning import owned_by


def looked(*members: Member, step: str = "COPY . .", base: tuple[Member, ...] = ()) -> Looked:
    tars = [layer(*base)] if base else []
    steps = ["FROM tools", step] if base else [step]
    return Looked(Image([*tars, layer(*members)], steps), len(tars))


@pytest.mark.parametrize(
    ("language", "tools", "step"),
    [
        ("Go", ("usr/local/go/bin/go",), "RUN set -e; CGO_ENABLED=0 go build -o /app ."),
        ("Go", ("usr/lib/go-1.19/bin/go", "usr/share/go-1.19/src/a"), "RUN cd x && go install"),
        ("Rust", ("root/.rustup/toolchains/x/bin/rustc",), "RUN /root/.cargo/bin/cargo build"),
        ("Java", ("opt/java/jmods/java.base.jmod",), "RUN ./mvnw -B package"),
        (".NET", ("usr/share/dotnet/sdk/8.0/dotnet.dll",), "RUN dotnet publish -c Release"),
        ("Node.js", ("app/node_modules/typescript/package.json",), "RUN npm run build"),
    ],
)
def test_a_toolchain_and_a_command_that_builds(
    language: str, tools: tuple[str, ...], step: str
) -> None:
    image = looked(*(file(path, b"t" * 100) for path in tools), file("app/out", b"o"), step=step)
    (found,) = image.findings([single_stage.RULE_SET])["single-stage-build"]
    assert found.title == f"tools of {language} are left beside what they built"
    assert (found.bytes, found.claimed) == (100 * len(tools), 0)
    assert found.fix.startswith("FROM ")
    assert "COPY --from=build" in found.fix


def test_sources_and_caches_count_too_and_the_base_is_no_excuse() -> None:
    image = looked(
        file("src/main.go", b"s" * 10),
        file("root/.cache/go-build/ab/x", b"c" * 1000),
        base=(file("usr/local/go/bin/go", b"t" * 100), file("usr/local/go/src/a.go", b"t" * 100)),
    )
    (found,) = image.findings([single_stage.RULE_SET])["single-stage-build"]
    assert (found.bytes, found.is_base) == (1210, False)
    assert found.evidence == ("2 files of tools, 1 file of sources",)


def test_a_toolchain_by_its_packages() -> None:
    image = looked(file("usr/bin/gcc", b"t" * 100), file("hi", b"h"), step="RUN gcc -o /hi /hi.c")
    assert image.drafts(single_stage.check_single_stage) == []
    owned_by(image, Ecosystem.DEB, b"usr/bin/gcc", name="gcc-12")
    (draft,) = image.drafts(single_stage.check_single_stage)
    assert draft.title == "tools of C or C++ are left beside what they built"
    assert [image.context.path(version) for version in draft.versions] == [b"usr/bin/gcc"]


@pytest.mark.parametrize(
    "step", ["RUN apt-get install -y gcc make golang", "RUN echo go build", "RUN pip install x"]
)
def test_images_that_are_toolchains_are_left_alone(step: str) -> None:
    image = looked(file("usr/local/go/bin/go", b"t"), file("usr/bin/gcc", b"t"), step=step)
    owned_by(image, Ecosystem.DEB, b"usr/bin/gcc", name="gcc")
    assert image.drafts(single_stage.check_single_stage) == []


@pytest.mark.parametrize(
    "command",
    [
        ["go", "run", "/src/main.go"],
        ["/usr/local/go/bin/go", "run", "."],
        ["sh", "-c", "exec go run ."],
        ["npm", "start"],
    ],
)
def test_tools_that_the_image_starts_are_no_leftovers(command: list[str]) -> None:
    members = (
        file("usr/local/go/bin/go", b"t"), file("src/main.go", b"s"),
        file("app/package.json", b'{"scripts":{"start":"go run /src"}}'),
    )  # fmt: skip
    settings = {"Cmd": command, "WorkingDir": "/app"}
    image = Looked(Image([layer(*members)], ["COPY . ."], settings=settings), 0)
    assert image.drafts(single_stage.check_single_stage) == []


def test_a_program_with_a_tools_name_in_its_path_is_no_tool() -> None:
    members = (file("usr/local/go/bin/go", b"t"), file("src/main.go", b"s"))
    for command in ("/usr/local/bin/go-server", "/go/bin/server"):
        image = Looked(Image([layer(*members)], ["COPY . ."], settings={"Cmd": [command]}), 0)
        assert {"single-stage-build", "go-toolchain"} <= set(image.findings()), command


def test_globally_installed_tools_of_npm_are_not_the_applications() -> None:
    image = looked(
        file("usr/local/lib/node_modules/typescript/package.json", b"{}"), step="RUN npm run build"
    )
    assert image.drafts(single_stage.check_single_stage) == []


def test_an_endless_instruction_is_looked_at_quickly() -> None:
    for text in (
        "&&" * 40_000,
        "a=" * 40_000,
        "/" * 80_000,
        "RUN " + "--x " * 20_000,
        ";a=b " * 20_000,
    ):
        image = looked(file("usr/local/go/bin/go", b"t"), step="RUN " + text)
        with at_most(1):
            image.drafts(single_stage.check_single_stage)
