"""The page's modules as one script."""

from __future__ import annotations

import pytest

from layerlens.outputs.html.join import bare_style, join


def joined(**modules: str) -> str:
    return join("start.js", lambda path: modules[path.removesuffix(".js").replace("/", "_")])


def test_what_is_imported_comes_first_and_once() -> None:
    script = joined(
        start='import { a } from "./a.js";\nimport { b } from "./b.js";\na(b);\n',
        a='import { b } from "./b.js";\nexport function a() { return b; }\n',
        b="export const b = 1;\n",
    )
    assert script.count("const b = 1;") == 1
    assert script.index("const b = 1;") < script.index("function a()") < script.index("a(b);")
    assert "import" not in script
    assert "export" not in script


def test_folders_are_followed_from_the_module_that_imports() -> None:
    script = joined(
        start='import { v } from "./views/v.js";\nv();\n',
        views_v='import { h } from "../h.js";\nexport function v() { h(); }\n',
        h="export function h() {}\n",
    )
    assert "const { h } = (() => {" in script
    assert script.index("const { h } =") < script.index("const { v } =") < script.index("\nv();")


def test_names_that_two_modules_export_are_told_apart() -> None:
    script = joined(
        start='import { a } from "./a.js";\nimport { b } from "./b.js";\na(b);\n',
        a='import { x } from "./views/x.js";\nexport const a = x;\n',
        b='import { x, y } from "./x.js";\nexport const b = x + y;\n',
        x="export const x = 1;\nexport const y = 2;\n",
        views_x="export const x = 3;\n",
    )
    assert "const { a } = (() => {\nconst { x } = $views_x;\nconst a = x;\n" in script
    assert "const { b } = (() => {\nconst { x, y } = $x;\nconst b = x + y;\n" in script
    assert "const { x } = (()" not in script


@pytest.mark.parametrize(
    ("modules", "why"),
    [
        ({"start": 'import { a } from "./a.js";\n', "a": "const a = 1;\n"}, "does not export a"),
        (
            {
                "start": 'import { a } from "./a.js";\n',
                "a": 'import { b } from "./b.js";\nexport const a = 1;\n',
                "b": 'import { a } from "./a.js";\nexport const b = 1;\n',
            },
            "imports itself",
        ),
        ({"start": 'import a from "./a.js";\n'}, "not in the grammar"),
        ({"start": "export default 1;\n"}, "not in the grammar"),
        ({"start": 'const x = "</ScRiPt>";\n'}, "would end it"),
        ({"start": 'const x = "<!--";\n'}, "would end it"),
        ({"start": "const x = `a\n  b`;\n"}, "text of several lines"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused(modules: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        joined(**modules)


def test_comments_and_indentation_stay_behind() -> None:
    script = joined(
        start="// What it does.\n\n/** Of a * and\n * of `more`. */\nfunction f() {\n"
        '  // Why.\n  return "// no comment /* neither */";\n}\n\n\nf(); // said\n'
    )
    assert 'function f() {\nreturn "// no comment /* neither */";\n}\nf(); // said\n' in script
    assert "Why" not in script
    assert "more" not in script


def test_what_only_lays_out_a_list_stays_behind() -> None:
    script = joined(
        start='f(\n  [\n    1,\n    ,\n  ],\n  {\n    a: "b,",\n  },\n);\ng(\n  1, // one,\n);\nh([\n  "//",\n]);\n'
    )
    assert 'f([1,\n,\n],\n{\na: "b,"});\ng(1, // one,\n);\nh(["//",\n]);\n' in script


def test_a_style_sheet_is_a_rule_a_line() -> None:
    style = bare_style(
        "/* Of a * and\n   more. */\n\na:hover, b :focus {\n  color: red; margin: 0 auto;\n"
        '  content: "; } a:  \\" , ";\n}\n@media (min-width: 1px) {\n  a > b { width: calc(1px + 2px); }\n}\n'
    )
    assert style == (
        'a:hover,b :focus{color:red;margin:0 auto;content:"; } a:  \\" , "}\n'
        "@media (min-width:1px){a > b{width:calc(1px + 2px)}\n}\n"
    )
