"""``layerlens fleet``: references, outputs, the gate, exit codes, layers read once."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerlens.cli.main import main
from layerlens.cli.references import listed
from layerlens.layers.reader import LayerRead
from layerlens.sources.examine import examine_stored
from layerlens.sources.file_store import FileStore
from layerlens.sources.stream_store import StreamStore
from tests.builders import Image, file, layer, whiteout

BASE = layer(file("bin/sh", b"s" * 90_000), file("etc/big", b"b" * 50_000))
ADD = "ADD rootfs.tar /"


def app(name: str, *, drop: bool = False) -> Image:
    own = [file(f"app/{name}", name.encode() * 9_000), file("app/model", b"m" * 70_000)]
    if drop:
        own.append(whiteout("etc/big"))
    return Image(
        [BASE, layer(*own)], [ADD, f"COPY {name} /app"], tag=f"{name}:1",
    )  # fmt: skip


@pytest.fixture
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two plain archives, a compressed one, and no engine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    app("web").save_25(tmp_path / "web.tar")
    app("job").save_legacy(tmp_path / "job.tar")
    app("api", drop=True).containerd_save(tmp_path / "api.tar")
    return tmp_path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["fleet", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def document(run: Run, *arguments: object) -> Any:
    code, out, err = run(*arguments, "--json", "-")
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.usefixtures("archives")
def test_table(run: Run) -> None:
    code, out, err = run("web.tar", "job.tar", "api.tar")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:4] == ["SIZE", "UNIQUE", "SHARED", "LEAN"]
    assert lines[1].endswith("1 web.tar")
    assert "3 images" in out
    assert "sharing saves 280.0 kB" in out
    assert "Bytes that any two share" in out
    assert "140.0 kB more than once" in out
    assert "/app/model" in out
    assert "\x1b" not in out


@pytest.mark.usefixtures("archives")
def test_json_of_plain_and_compressed_archives(run: Run) -> None:
    found = document(run, "web.tar", "job.tar", "api.tar")
    assert found["totals"]["sum_bytes"] == sum(each["size"] for each in found["images"])
    assert [each["shared_bytes"] for each in found["images"]] == [140_000] * 3
    (base,) = [each for each in found["layers"] if len(each["images"]) > 1]
    assert base["size"] == 140_000
    assert base["wasted_somewhere_bytes"] == 50_000
    (same,) = found["duplicates"]
    assert (same["size"], len(same["copies"]), same["images"]) == (70_000, 3, [0, 1, 2])


@pytest.mark.usefixtures("archives")
def test_duplicates_can_be_left_out(run: Run) -> None:
    assert document(run, "web.tar", "job.tar", "--no-duplicates")["duplicates"] == []


@pytest.mark.usefixtures("archives")
def test_lists_and_words_name_each_image_once(run: Run, archives: Path) -> None:
    (archives / "list").write_text("# all\n\n web.tar \njob.tar\r\nweb.tar\n")
    found = document(run, "job.tar", "--file", "list", "--no-findings")
    assert [each["reference"] for each in found["images"]] == ["job.tar", "web.tar"]


@pytest.mark.usefixtures("archives")
def test_a_list_on_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"web.tar\n"))
    monkeypatch.setattr("sys.stdin", stream)
    assert len(document(run, "--file", "-", "--no-findings")["images"]) == 1


def test_lists() -> None:
    assert listed("a\n  # b\n\n c d \n#\ne # f") == ["a", "c d", "e # f"]


@pytest.mark.usefixtures("archives")
def test_what_cannot_be_read_is_told_and_the_others_shown(run: Run, archives: Path) -> None:
    (archives / "broken.tar").write_bytes(b"no tar" * 200)
    code, out, err = run("web.tar", "broken.tar", "job.tar", "--csv", "-")
    assert code == 3
    assert err.startswith("layerlens: broken.tar: not a tar archive")
    assert len(err.splitlines()) == 1
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["reference"] for row in rows] == ["web.tar", "broken.tar", "job.tar"]
    assert "not a tar archive" in rows[1]["problem"]
    assert rows[0]["shared_bytes"] == "140000"
    code, out, _ = run("web.tar", "broken.tar")
    assert code == 3
    assert "unread" in out
    assert "1 image," in out


@pytest.mark.usefixtures("archives")
def test_gates_judge_every_image(run: Run) -> None:
    code, out, _ = run("web.tar", "api.tar", "--ci", "--highest-wasted-bytes", "10kB")
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()[1:3]] == ["pass", "fail"]
    assert "1 of 2 images fail" in out
    assert run("web.tar", "--ci", "--highest-wasted-bytes", "10kB")[0] == 0
    assert run("api.tar", "--ci", "--highest-wasted-bytes", "10kB", "--exit-zero")[0] == 0


@pytest.mark.usefixtures("archives")
def test_the_verdict_leaves_stdout_to_data(run: Run) -> None:
    code, out, err = run(
        "web.tar", "api.tar", "--ci", "--highest-wasted-bytes", "10kB", "--json", "-"
    )
    assert code == 1
    found = json.loads(out)
    assert [each["verdict"]["outcome"] for each in found["images"]] == ["pass", "fail"]
    assert found["totals"]["passed"] is False
    assert "1 of 2 images fail" in err


def test_a_step_of_github_hears_of_every_image(
    run: Run, archives: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(archives / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(archives / "output"))
    limits = ("--max-size", "100kB", "--max-layers", "warn:1", "--max-total-size", "1kB")
    code, _, err = run("web.tar", "job.tar", "nothing.tar", "--ci", *limits)
    assert code == 3
    told = [text for text in err.splitlines() if text.startswith("::")]
    assert [text.partition("::LayerLens")[0].partition(" ")[0] for text in told] == ["::error"] * 4
    assert [text.partition("LayerLens%3A ")[2].partition("::")[0] for text in told] == [
        "nothing.tar", "the fleet", "web.tar", "job.tar",
    ]  # fmt: skip
    assert "image size" in told[2]
    assert "%0A2 layers are 1 over 1" in told[2]
    summary = (archives / "summary").read_text()
    assert summary.startswith("# Fleet\n")
    assert "Verdict: **fail**" in summary
    values = (archives / "output").read_text()
    for name, value in (("passed", "false"), ("images", "3"), ("failed_images", "2")):
        assert re.search(f"^{name}<<(layerlens_[0-9a-f]+)\n{value}\n\\1$", values, re.MULTILINE)
    (archives / "summary").write_text("x" * (1 << 20))
    _, _, err = run("web.tar", "--ci", "--annotations", "none")
    assert "the step's summary is full" in err
    assert "::" not in err


@pytest.mark.usefixtures("archives")
def test_the_fleet_has_a_gate_of_its_own(run: Run) -> None:
    arguments = ("web.tar", "job.tar", "--ci", "--highest-wasted-bytes", "10MB")
    assert run(*arguments, "--max-total-size", "400kB")[0] == 0
    code, out, _ = run(*arguments, "--max-total-size", "300kB")
    assert code == 1
    assert "limit 300.0 kB" in out


@pytest.mark.usefixtures("archives")
@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "which images"),
        (("web.tar", "--max-total-size", "1MB"), "--max-total-size needs --ci"),
        (("web.tar", "--ci", "--baseline", "x.json"), "--baseline is of one image"),
        (("web.tar", "--json", "-", "--csv", "-"), "more than one output wants stdout"),
        (("web.tar", "-"), "- is stdin"),
        (("--file", "nowhere"), "nowhere: cannot read"),
        (("--compose", "nowhere.yml"), "nowhere.yml: cannot read"),
        (("web.tar", "--json", "no/such/place"), "no such directory"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...], what: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert what in err
    assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("archives")
def test_baselines_of_settings_are_for_runs_of_one_image(run: Run, archives: Path) -> None:
    (archives / ".layerlens.toml").write_text(
        '[ci]\nbaseline = "nowhere.json"\nhighest-wasted-bytes = "10kB"\n'
    )
    code, out, err = run("web.tar", "--ci")
    assert (code, err) == (0, "")
    assert "0 of 1 images fail" in out


@pytest.mark.usefixtures("archives")
def test_too_many_images(run: Run, archives: Path) -> None:
    (archives / "list").write_text("".join(f"x{k}\n" for k in range(1001)))
    code, _, err = run("--file", "list")
    assert code == 2
    assert "1001 images" in err


@pytest.mark.usefixtures("archives")
def test_compose_files(run: Run, archives: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they name is never a path; ``.env`` beside them counts, the environment more."""
    monkeypatch.setenv("STRONG", "env")
    (archives / ".env").write_text("TAG=7\nSTRONG=file\n")
    (archives / "compose.yml").write_text(
        "name: shop\nservices:\n  a: {image: 'localhost:1/x:${TAG}-${STRONG}'}\n"
        "  b: {build: .}\n  c: {image: web.tar}\n  d: {extends: a}\n"
    )
    code, out, err = run("--compose", "compose.yml", "--csv", "-")
    assert code == 3
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["reference"] for row in rows] == [
        "localhost:1/x:7-env", "docker://shop-b", "docker://web.tar",
    ]  # fmt: skip
    assert "compose.yml: b names no image: its build is looked for as shop-b" in err
    assert "services.d is left out" in err


@pytest.mark.usefixtures("archives")
def test_markdown(run: Run) -> None:
    code, out, _ = run("web.tar", "job.tar", "--markdown", "-")
    assert code == 0
    assert out.startswith("# Fleet\n")
    assert "| `web.tar` |" in out
    assert "## Shared by any two" in out


Loads = Counter[str]


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    """How often a layer of each first name was walked."""
    found: Loads = Counter()
    for store in (FileStore, StreamStore):
        original = store.load

        def load(self: Any, name: str, *, original: Any = original, **more: Any) -> LayerRead:
            read: LayerRead = original(self, name, **more)
            found[min(read.table.names, default=b"").decode()] += 1
            return read

        monkeypatch.setattr(store, "load", load)
    return found


@pytest.mark.usefixtures("archives")
@pytest.mark.parametrize("extra", [("--cache-dir", "cache"), ("--no-cache",)])
def test_a_shared_layer_is_read_once(run: Run, loads: Loads, extra: tuple[str, ...]) -> None:
    """Of plain archives: no digest is known of their layers unless it is computed."""
    found = document(run, "web.tar", "job.tar", *extra)
    assert found["images"][1]["shared_bytes"] == 140_000
    assert loads == {"bin/sh": 1, "app/job": 1, "app/model": 1}


@pytest.mark.usefixtures("archives")
def test_a_shared_layer_is_examined_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    examined: list[bytes] = []

    def examine(table: Any, *more: Any, **named: Any) -> Any:
        examined.append(min(table.names))
        return examine_stored(table, *more, **named)

    monkeypatch.setattr("layerlens.sources.image.examine_stored", examine)
    document(run, "web.tar", "job.tar", "--no-cache")
    assert sorted(examined) == [b"app/job", b"app/model", b"bin/sh"]


@pytest.mark.usefixtures("archives")
def test_a_layer_that_lies_about_itself_is_told(run: Run, archives: Path) -> None:
    """Two archives promise a layer; what one holds is another: it never stands for both."""
    data = (archives / "job.tar").read_bytes()
    at = data.index(b"s" * 1000)
    (archives / "job.tar").write_bytes(data[:at] + b"S" + data[at + 1 :])
    code, _, err = run("job.tar", "web.tar", "--no-cache")
    assert code == 3
    assert "the layer's content has the digest" in err
    assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("archives")
def test_hostile_names(run: Run, archives: Path) -> None:
    name = "e\x1b[31m|vil`.tar"
    app("web").save_25(archives / name)
    for arguments in ((), ("--markdown", "-"), ("--csv", "-"), ("--json", "-")):
        code, out, _ = run(name, "job.tar", *arguments)
        assert code == 0
        assert "\x1b" not in out
        assert all(char.isprintable() or char in "\r\n" for char in out)
