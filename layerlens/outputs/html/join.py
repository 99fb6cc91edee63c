"""The page's JavaScript modules as one script, so that a report is one file.

A module keeps to a small grammar: it begins with lines of ``import { … } from "./x.js";``,
and exports by ``export function``, ``export const`` or ``export class`` at the start of a
line.  Each becomes a function that runs once, after those that it imports from, so its own
names never meet those of another.  What it exports stands before the functions, under its
name; where two modules export one name, those that import it say of which.  So nothing
exported may be called as something of the browser is.

Comments on lines of their own, indentation, empty lines and the commas and line ends that
only lay out a list stay behind: every report carries the script.  So no text may go over
several lines.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[\w./-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_COMMENT = re.compile(r"^//.*\n|^/\*[^*]*\*+(?:[^/*][^*]*\*+)*/\n", re.MULTILINE)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_LAST_COMMA = re.compile(r"^((?!.*//).*[^,\s]),\n(?=[)\]}])", re.MULTILINE)
"""The comma after the last of a list: not where ``,,`` leaves out a value, nor in a comment."""
_FIRST_OF_LIST = re.compile(r"^((?!.*//).*[(\[])\n", re.MULTILINE)
_ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)
"""What would end or comment out a script in HTML (HTML standard, 4.12.1.3)."""
_SPACE_OF_STYLE = re.compile(r'("(?:\\.|[^"\\])*")|\s*;?\s*(\})\s*|\s*([{;])\s*|([:,])\s+|\s+')


class _Module(NamedTuple):
    path: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    """Path of a module and the names of it that are used here."""
    exports: tuple[str, ...]
    body: str


def join(entry: str, read: Callable[[str], str]) -> str:
    """The script of a module and of all that it imports; ``read`` gives a module's text.

    Raises :class:`ValueError` for what is not in the grammar, for modules that import
    each other in a circle and for names that a module does not export.
    """
    modules = _modules(entry, read)
    exported = Counter(name for module in modules.values() for name in module.exports)
    # Of whose exports the names alone tell.
    shared = {
        path
        for path, module in modules.items()
        if all(exported[name] == 1 for name in module.exports)
    }
    parts = ['"use strict";\n']
    for path, module in modules.items():
        bound = "".join(
            f"const {_names(names)} = {_variable(other)};\n"
            for other, names in module.imports
            if other not in shared
        )
        given = f"return {_names(module.exports)};\n" if module.exports else ""
        to = _names(module.exports) if path in shared else _variable(path)
        start = f"const {to} = " if module.exports else ""
        parts.append(f"\n// {path}\n{start}(() => {{\n{bound}{module.body}{given}}})();\n")
    script = "".join(parts)
    bad = _ENDS_SCRIPT.search(script)
    if bad is not None:
        raise ValueError(f"the page's script holds {bad[0]!r}, which would end it")
    return script


def _modules(entry: str, read: Callable[[str], str]) -> dict[str, _Module]:
    """By path, each after those that it imports from."""
    found: dict[str, _Module] = {}

    def add(path: str, via: tuple[str, ...]) -> None:
        if path in via:
            raise ValueError(f"{path}: imports itself by way of {' and '.join(via)}")
        if path in found:
            return
        text = read(path)
        imports = []
        for match in _IMPORT.finditer(text):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2]))
            add(other, (*via, path))
            names = tuple(name.strip() for name in match[1].split(",") if name.strip())
            missing = [name for name in names if name not in found[other].exports]
            if missing:
                raise ValueError(f"{path}: {other} does not export {', '.join(missing)}")
            imports.append((other, names))
        body = _IMPORT.sub("", text)
        exports = tuple(match[1] for match in _EXPORT.finditer(body))
        body = _EXPORT.sub("", body)
        left = _OTHER.search(body)
        if left is not None:
            raise ValueError(f"{path}: {left[0]!r} is not in the grammar of layerlens modules")
        found[path] = _Module(path, tuple(imports), exports, _bare(path, body))

    add(entry, ())
    return found


def _bare(path: str, text: str) -> str:
    """The code of a module without what only lays it out.

    Raises :class:`ValueError` for a template that goes over several lines: it would change.
    """
    for number, line in enumerate(text.split("\n"), 1):
        is_comment = line.lstrip().startswith(("//", "*", "/*"))
        if line.count("`") % 2 and _QUOTED.sub("", line).count("`") % 2 and not is_comment:
            raise ValueError(f"{path}: line {number} begins or ends a text of several lines")
    text = _COMMENT.sub("", _INDENTATION.sub("", text))
    text = re.sub(r"\n{2,}", "\n", text).lstrip("\n")
    return _FIRST_OF_LIST.sub(r"\1", _LAST_COMMA.sub(r"\1", text))


def bare_style(text: str) -> str:
    """A style sheet, a rule a line, without comments on lines of their own and needless space."""
    text = _COMMENT.sub("", _INDENTATION.sub("", text))
    return _SPACE_OF_STYLE.sub(_tight, text).lstrip()


def _tight(match: re.Match[str]) -> str:
    text, end, begin, between = match.groups()
    return f"{end}\n" if end else text or begin or between or " "


def _names(names: tuple[str, ...]) -> str:
    return f"{{ {', '.join(names)} }}"


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))
