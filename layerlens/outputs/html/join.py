"""The page's JavaScript modules as one script, so that a report is one file.

A module keeps to a small grammar: it begins with lines of ``import { … } from "./x.js";``,
and exports by ``export function``, ``export const`` or ``export class`` at the start of a
line.  Each becomes a function that runs once, after those that it imports from, so names
of one module never meet those of another.

Comments on lines of their own, indentation and empty lines stay behind: every report
carries the script.  So no text may go over several lines.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[\w./-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_COMMENT = re.compile(r"^//.*\n|^/\*[^*]*\*+(?:[^/*][^*]*\*+)*/\n", re.MULTILINE)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)
"""What would end or comment out a script in HTML (HTML standard, 4.12.1.3)."""


def join(entry: str, read: Callable[[str], str]) -> str:
    """The script of a module and of all that it imports; ``read`` gives a module's text.

    Raises :class:`ValueError` for what is not in the grammar, for modules that import
    each other in a circle and for names that a module does not export.
    """
    joined: dict[str, tuple[str, ...]] = {}
    parts = ['"use strict";\n']

    def add(path: str, via: tuple[str, ...]) -> None:
        if path in via:
            raise ValueError(f"{path}: imports itself by way of {' and '.join(via)}")
        if path in joined:
            return
        text = read(path)

        def bind(match: re.Match[str]) -> str:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2]))
            add(other, (*via, path))
            names = [name.strip() for name in match[1].split(",") if name.strip()]
            missing = [name for name in names if name not in joined[other]]
            if missing:
                raise ValueError(f"{path}: {other} does not export {', '.join(missing)}")
            return f"const {{ {', '.join(names)} }} = {_variable(other)};\n"

        body = _IMPORT.sub(bind, text)
        exports = tuple(match[1] for match in _EXPORT.finditer(body))
        body = _EXPORT.sub("", body)
        left = _OTHER.search(body)
        if left is not None:
            raise ValueError(f"{path}: {left[0]!r} is not in the grammar of layerlens modules")
        joined[path] = exports
        body = bare(path, body)
        given = f"return {{ {', '.join(exports)} }};\n" if exports else ""
        parts.append(f"\n// {path}\nconst {_variable(path)} = (() => {{\n{body}{given}}})();\n")

    add(entry, ())
    script = "".join(parts)
    bad = _ENDS_SCRIPT.search(script)
    if bad is not None:
        raise ValueError(f"the page's script holds {bad[0]!r}, which would end it")
    return script


def bare(path: str, text: str) -> str:
    """Script or style without comments on lines of their own, indentation and empty lines.

    Raises :class:`ValueError` for a template that goes over several lines: it would change.
    """
    for number, line in enumerate(text.split("\n"), 1):
        is_comment = line.lstrip().startswith(("//", "*", "/*"))
        if line.count("`") % 2 and _QUOTED.sub("", line).count("`") % 2 and not is_comment:
            raise ValueError(f"{path}: line {number} begins or ends a text of several lines")
    text = _COMMENT.sub("", _INDENTATION.sub("", text))
    return re.sub(r"\n{2,}", "\n", text)


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))
