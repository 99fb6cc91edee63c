"""Exit codes, and the one line that says what, where and what to do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layerlens.cli.diagnostics import ExitCode, exit_code, one_line
from layerlens.cli.main import main
from layerlens.errors import (
    DigestError,
    FormatError,
    ImageError,
    LayerLensError,
    LimitError,
    NotAnImageError,
    SourceError,
    UsageError,
    Where,
)
from tests.builders import Image, file, gzipped, header, layer, multi
from tests.unit.cli.running import environment, layerlens, line
from tests.unit.sources.looking import dumps, pack

IMAGE = Image([layer(file("a", b"1" * 100)), layer(file("b", b"2"))], ["RUN one", "RUN two"])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return IMAGE.save_25(tmp_path / "good.tar")


class TestOneLine:
    def test_every_part(self) -> None:
        where = Where("x.tar", "layer 3/7 sha256:ab12…", b"etc/x", 512)
        error = FormatError("broken (expected 1, got 2)", where=where, hint="save it again")
        assert one_line(error) == (
            'layerlens: x.tar: layer 3/7 sha256:ab12…: entry "etc/x" at offset 512: '
            "broken (expected 1, got 2); save it again"
        )

    def test_parts_that_are_not_known(self) -> None:
        assert one_line(LimitError("broken")) == "layerlens: broken"
        assert one_line(LimitError("broken", where=Where(offset=0))) == (
            "layerlens: at offset 0: broken"
        )
        assert one_line(LimitError("broken", where=Where(entry=b""))) == (
            'layerlens: entry "": broken'
        )

    def test_strangers_text_is_escaped_and_bounded(self) -> None:
        evil = "\x1b[31mred\n\u202egnp.exe\x00"
        raw = evil.encode() + b"\xff\xfe"
        error = FormatError(evil, where=Where(evil, evil, raw * 5000, 1), hint=evil)
        shown = one_line(error)
        assert shown.isprintable()
        assert r"\x1b[31mred\n\u202e" in shown
        assert len(shown) < 1000
        assert len(one_line(FormatError("x" * 1_000_000))) < 3000

    @pytest.mark.parametrize(
        ("kind", "code"),
        [(UsageError, 2), (ImageError, 3), (SourceError, 3), (NotAnImageError, 3), (FormatError, 3),
         (DigestError, 3), (LimitError, 3), (LayerLensError, 2)],
    )  # fmt: skip
    def test_codes(self, kind: type[LayerLensError], code: int) -> None:
        assert exit_code(kind("x")) == code

    def test_all_codes(self) -> None:
        assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 130]


class TestUsage:
    @pytest.mark.parametrize(
        "arguments",
        [
            [], ["--nonsense"], ["a", "b"], ["--json"], ["files"], ["x.tar", "--color", "pink"],
            ["good", "--text", "--json", "-"], ["good", "--verify", "--no-verify"], ["good", "-q", "-v"],
            ["good", "--platform", "a/b/c/d"], ["good", "--platform", ""],
            ["good", "--image", ""], ["good", "--json", ""], ["good", "--semantics", "mine"], ["good", "--max-layer-size", "5"],
            ["good", "--max-layer-size", "many GB"], ["good", "--max-layer-size", "nanGB"],
            ["good", "--max-layer-size", "infGB"], ["good", "--max-layer-size", "-1GB"],
            ["files", "good", "--layer", "x"], ["files", "good", "--layer", "2"], ["files", "good", "--layer", "-1"],
            ["files", "good", "--format", "yaml"], ["files", "good", "--json", "x"],
            [""], ["nope://x"], ["UPPER/Case:x y"], ["registry://"], ["docker-archive:"],
            ["good", "--base", ""],
        ],
    )  # fmt: skip
    def test_wrong(self, arguments: list[str], good: Path) -> None:
        result = layerlens(*(str(good) if each == "good" else each for each in arguments))
        line(result, 2)

    def test_several_images(self, tmp_path: Path) -> None:
        path = multi(tmp_path / "x.tar", [IMAGE, Image(IMAGE.layers[:1], tag="other:2")])
        shown = line(layerlens(path), 2)
        assert "holds 2 images: @1 example:1" in shown
        assert "--image" in shown
        assert layerlens(path, "--image", "other:2").returncode == 0
        assert "there is @1 example:1" in line(layerlens(path, "--image", "third"), 3)

    def test_in_process(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--nonsense"]) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert main([]) == 2
        assert main(["/nonexistent/x.tar"]) == 3
        assert main(["--help"]) == 0
        assert "IMAGE" in capsys.readouterr().out
        assert main(["files", "--help"]) == 0
        assert main(["--version"]) == 0
        assert capsys.readouterr().out.endswith("\n")


class TestBadImages:
    def broken(self, tmp_path: Path) -> dict[str, tuple[Path | str, tuple[str, ...]]]:
        """Each row of the issue: what to open, and what its line has to say."""
        entry = {"Config": "c.json", "RepoTags": [], "Layers": ["0", "1"]}
        files = {"0": IMAGE.layers[0], "1": IMAGE.layers[1], "c.json": IMAGE.config,
                 "manifest.json": dumps([entry])}  # fmt: skip

        def made(name: str, **changes: bytes | None) -> Path:
            found = files | {key.replace("_", "."): value for key, value in changes.items()}
            kept = {key: value for key, value in found.items() if value is not None}
            return pack(tmp_path / f"{name}.tar", kept)

        (tmp_path / "text.tar").write_bytes(b"text" * 1000)
        (tmp_path / "empty.tar").touch()
        (tmp_path / "folder").mkdir()
        cut = tmp_path / "cut.tar"
        cut.write_bytes(IMAGE.save_25(cut).read_bytes()[:1900])
        bad = gzipped(file("fine").encode() + header("the/entry", size=900) + b"x" * 512)
        wrong = made("wrong", **{"1": gzipped(layer(file("evil")))})
        return {
            "no file": (tmp_path / "none.tar", ("no such file",)),
            "not a tar": (tmp_path / "text.tar", ("not a tar archive", "docker save")),
            "empty": (tmp_path / "empty.tar", ("empty",)),
            "truncated": (cut, ("truncated", "at offset", 'entry "blobs/sha256/')),
            "wrong digest": (wrong, ("layer 2/2 sha256:", "diff_id", "--no-verify")),
            "missing layer": (made("gone", **{"1": None}), ("'1' is referred to", "save or copy")),
            "null manifest": (made("null", manifest_json=b"null"), ("manifest.json is null",)),
            "helm": (pack(tmp_path / "chart.tgz", {"c/Chart.yaml": b"x"}), ("helm chart",)),
            "lz4": (made("lz4", **{"1": b"\x04\x22\x4d\x18" + bytes(900)}), ("lz4", "layer 2/2")),
            "entry": (made("entry", **{"1": bad}), ('entry "the/entry" at offset 1024', "layer 2/2")),
            "directory": (tmp_path / "folder", ("no index.json and no manifest.json", "OCI layout")),
            "engine": ("docker://demo:1", ("no Docker Engine", "/nonexistent/engine.sock", "start it")),
            "engine by name": ("127.0.0.1:1/demo:1", ("no Docker Engine", "connection was refused")),
        }  # fmt: skip

    @pytest.mark.parametrize(
        "case",
        ["no file", "not a tar", "empty", "truncated", "wrong digest", "missing layer",
         "null manifest", "helm", "lz4", "entry", "directory", "engine", "engine by name"],
    )  # fmt: skip
    @pytest.mark.parametrize("mode", ["text", "json", "files"])
    def test_one_line_and_nothing_left(self, case: str, mode: str, tmp_path: Path) -> None:
        work = tmp_path / "work"
        work.mkdir()
        path, words = self.broken(work)[case]
        out = tmp_path / "out"
        out.mkdir()
        arguments: tuple[object, ...] = {
            "text": (path,), "json": (path, "--json", out / "x.json"), "files": ("files", path),
        }[mode]  # fmt: skip
        shown = line(layerlens(*arguments), 3)
        if not str(path).startswith("d"):
            assert str(path) in shown
        for word in words:
            assert word in shown
        assert list(out.iterdir()) == []

    def test_platform(self, good: Path) -> None:
        shown = line(layerlens(good, "--platform", "linux/s390x"), 3)
        assert "no image for linux/s390x; there is linux/amd64" in shown

    def test_debug_shows_the_traceback_and_the_line(self) -> None:
        result = layerlens("/nonexistent/x.tar", "--debug")
        assert result.returncode == 3
        assert "Traceback (most recent call last)" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("layerlens: /nonexistent/x.tar: ")

    def test_quiet_keeps_errors(self) -> None:
        line(layerlens("/nonexistent/x.tar", "--quiet"), 3)

    def test_hostile_names_in_the_line(self, tmp_path: Path) -> None:
        name = b"evil\n\x1b]0;title\x07\xff\xe2\x80\xae"
        blob = gzipped(header(name, size=900))
        entry = {"Config": "c.json", "RepoTags": [], "Layers": ["0"]}
        files = {"0": blob, "c.json": Image([blob]).config, "manifest.json": dumps([entry])}
        folder = tmp_path / "fol\x1b[31mder\n"
        folder.mkdir()
        shown = line(layerlens(pack(folder / "x.tar", files)), 3)
        assert r'entry "evil\n\x1b]0;title\x07\xff\u202e"' in shown
        assert r"fol\x1b[31mder\n" in shown

    def test_hostile_tags(self, tmp_path: Path) -> None:
        images = [Image(IMAGE.layers, tag=f"\x1b[31m{'x' * 50}\n{k}:1") for k in range(2)]
        assert r"\x1b[31m" in line(layerlens(multi(tmp_path / "x.tar", images)), 2)

    @pytest.mark.parametrize("name", ["a\udcff.tar", "-x.tar", "ü.tar", "new\nline.tar"])
    def test_odd_paths(self, name: str, tmp_path: Path) -> None:
        IMAGE.save_25(tmp_path / name)
        assert layerlens("--", name, cwd=tmp_path).returncode == 0
        assert layerlens(tmp_path / name).returncode == 0


# A test run in the background ignores Ctrl-C, and its children would inherit that.
_HEEDING = (
    sys.executable,
    "-c",
    (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    ),
)


class TestInterrupt:
    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
    @pytest.mark.parametrize("mode", [[], ["--json", "x.json"], ["--quiet"]])
    def test_ctrl_c_while_waiting_for_bytes(
        self, mode: list[str], good: Path, tmp_path: Path
    ) -> None:
        pipe = tmp_path / "pipe.tar"
        os.mkfifo(pipe)
        process = subprocess.Popen(
            [*_HEEDING, "-m", "layerlens", str(pipe), *mode],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd=tmp_path,
        )  # fmt: skip
        with open(pipe, "wb", buffering=0) as stream:  # opens when the tool does
            stream.write(good.read_bytes()[:1024])
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert out == ""
        assert err == ("" if "--quiet" in mode else "layerlens: interrupted\n")
        assert not list(tmp_path.glob("*json*"))

    @pytest.mark.parametrize("scheme", ["docker", "registry"])
    def test_ctrl_c_while_an_engine_or_a_registry_is_silent(
        self, scheme: str, tmp_path: Path
    ) -> None:
        """They have taken the call, and say nothing."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            host = f"127.0.0.1:{listener.getsockname()[1]}"
            name = "docker://demo:1" if scheme == "docker" else f"registry://{host}/demo:1"
            process = subprocess.Popen(
                [*_HEEDING, "-m", "layerlens", name, "--json", "x.json"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                env=environment(DOCKER_HOST=f"tcp://{host}", TMPDIR=str(tmp_path)),
            )  # fmt: skip
            listener.settimeout(60)
            peer, _ = listener.accept()
            with peer:
                peer.recv(1)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (130, "", "layerlens: interrupted\n")
        assert not list(tmp_path.iterdir())
