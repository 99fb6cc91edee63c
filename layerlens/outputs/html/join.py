"""The page's JavaScript modules as one script, so that a report is one file.

A module keeps to a small grammar: it begins with lines of ``import { … } from "./x.js";``,
and exports by ``export function``, ``export const`` or ``export class`` at the start of a
line.  Each becomes a function that runs once, after those that it imports from, so names
of one module never meet those of another.  Comments that have lines of their own are left
out: they are for those who change the module.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[\w./-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/)\n", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
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

        body = _IMPORT.sub(bind, _COMMENT.sub("", text).lstrip("\n"))
        exports = tuple(match[1] for match in _EXPORT.finditer(body))
        body = _EXPORT.sub("", body)
        left = _OTHER.search(body)
        if left is not None:
            raise ValueError(f"{path}: {left[0]!r} is not in the grammar of layerlens modules")
        joined[path] = exports
        given = f"return {{ {', '.join(exports)} }};\n" if exports else ""
        parts.append(f"\n// {path}\nconst {_variable(path)} = (() => {{\n{body}{given}}})();\n")

    add(entry, ())
    script = "".join(parts)
    bad = _ENDS_SCRIPT.search(script)
    if bad is not None:
        raise ValueError(f"the page's script holds {bad[0]!r}, which would end it")
    return script


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))
