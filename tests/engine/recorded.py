"""What BuildKit records of a Dockerfile in the image's history and configuration.

Reference: moby/buildkit, frontend/dockerfile/dockerfile2llb/convert.go
(``commitToHistory``); Docker 20.10 to 28 record the same forms.  The layers
hold nothing.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from layerlens.image.dockerfile import Step, parse_dockerfile
from tests.builders import Image, file, layer

_COMMENT = "buildkit.dockerfile.v0"
_BASE = layer(
    file("etc/passwd", b"root:x:0:0::/root:/bin/sh\napp:x:10001:10001::/srv:/bin/sh\n"),
    file("etc/group", b"root:x:0:\napp:x:10001:\n"),
)
_MADE = "2026-01-02T03:04:05Z"


def recorded(dockerfile: str) -> Image:
    """The image of a Dockerfile's last stage; its first layer is the base's."""
    recorder = _Recorder()
    for step in parse_dockerfile(dockerfile).chain():
        recorder.step(step)
    return Image(recorder.layers, history=recorder.rows, settings=recorder.settings)


@dataclass
class _Recorder:
    layers: list[bytes] = field(default_factory=lambda: [_BASE])
    rows: list[dict[str, Any]] = field(
        default_factory=lambda: [{"created": _MADE, "comment": "Imported from -"}]
    )
    settings: dict[str, Any] = field(
        default_factory=lambda: {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}
    )
    shell: Sequence[str] = ("/bin/sh", "-c")
    arguments: list[str] = field(default_factory=list)

    def step(self, step: Step) -> None:
        """Add one instruction's row, its layer, and what it sets."""
        keyword = step.keyword
        if keyword == "RUN":
            self._row(self._run(step), made=True)
        elif keyword in ("COPY", "ADD", "WORKDIR"):
            text = self._expanded(step.text)
            if keyword == "WORKDIR":
                before = self.settings.get("WorkingDir", "/")
                text = self.settings["WorkingDir"] = posixpath.join("/", before, text)
                self._row(f"WORKDIR {text}", made=True)
            else:
                self._row(f"{keyword} {text} # buildkit", made=True)
        else:
            self._row(self._setting(step), made=False)

    def _run(self, step: Step) -> str:
        if step.words is not None:
            command = " ".join(step.words)
        elif re.fullmatch(r"<<-?\s*[\"']?\w+[\"']?", step.text):
            command = f"{' '.join(self.shell)} {step.documents[0]}\n"
        else:
            bodies = "".join(f"\n{body}\nEOF" for body in step.documents)
            command = f"{' '.join(self.shell)} {step.text}{bodies}"
        given = f"|{len(self.arguments)} {' '.join(self.arguments)} " if self.arguments else ""
        return f"RUN {given}{command} # buildkit"

    def _setting(self, step: Step) -> str:
        text = self._expanded(step.text)
        keyword = step.keyword
        if keyword == "ENV":
            self.settings["Env"] += shlex.split(text)
        elif keyword == "ARG":
            if "=" in text:
                self.arguments.append(text)
        elif keyword == "USER":
            self.settings["User"] = text
        elif keyword in ("CMD", "ENTRYPOINT"):
            words = list(step.words) if step.words is not None else [*self.shell, step.text]
            self.settings[keyword.capitalize()] = words
            return f"{keyword} {_go(words)}"
        elif keyword == "SHELL":
            assert step.words is not None
            self.shell = step.words
            self.settings["Shell"] = list(step.words)
            return f"SHELL [{' '.join(step.words)}]"
        elif keyword == "EXPOSE":
            ports = sorted(port if "/" in port else f"{port}/tcp" for port in _ports(text))
            self.settings["ExposedPorts"] = {port: {} for port in ports}
            return f"EXPOSE map[{' '.join(f'{port}:{{}}' for port in ports)}]"
        elif keyword == "HEALTHCHECK":
            steps = parse_dockerfile(f"FROM a\n{text}\n").stages[0].steps
            test = ["NONE"] if text == "NONE" else ["CMD", *(steps[0].words or ())]
            self.settings["Healthcheck"] = {"Test": test}
            return f'HEALTHCHECK &{{{_go(test)} "0s" "0s" "0s" "0s" \'\\x00\'}}'
        return f"{keyword} {text}"

    def _row(self, text: str, *, made: bool) -> None:
        row: dict[str, Any] = {"created": _MADE, "created_by": text, "comment": _COMMENT}
        if made:
            self.layers.append(layer())
        else:
            row["empty_layer"] = True
        self.rows.append(row)

    def _expanded(self, text: str) -> str:
        known = dict(each.partition("=")[::2] for each in [*self.settings["Env"], *self.arguments])
        return re.sub(
            r"\$(?:\{(\w+)\}|(\w+))", lambda match: known.get(match[1] or match[2], ""), text
        )


def _ports(text: str) -> list[str]:
    """Ports, with ranges written out, as the builder does."""
    found: list[str] = []
    for word in text.split():
        ends, slash, protocol = word.partition("/")
        first, dash, last = ends.partition("-")
        if not dash:
            found.append(word)
            continue
        found += [f"{port}{slash}{protocol}" for port in range(int(first), int(last) + 1)]
    return found


def _go(words: Sequence[str]) -> str:
    """A list of texts as Go prints it."""
    return f"[{' '.join(json.dumps(word) for word in words)}]"
