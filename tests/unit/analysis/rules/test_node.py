"""Findings about packages of Node.js, and about the files that come with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from layerlens.analysis.rules.catalogue import node, node_files
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Severity
from tests.builders import Image, Member, file, hardlink, layer
from tests.judging import Looked

SETS = (node.RULE_SET, node_files.RULE_SET)


def package(path: str, version: str = "1.0.0", **more: Any) -> Member:
    """The manifest of a package, 200 bytes long."""
    name = path.rpartition("node_modules/")[2]
    text = json.dumps({"name": name, "version": version, **more})
    return file(f"{path}/package.json", text.ljust(200))


def lock(**dev: bool) -> Member:
    entries = {
        f"node_modules/{name}": {"version": "1.0.0", "dev": flag} for name, flag in dev.items()
    }
    return file("app/node_modules/.package-lock.json", json.dumps({"packages": entries}))


def found(
    *layers: bytes, base: int = 0, platform: str = "linux/amd64", **settings: Any
) -> dict[str, list[Finding]]:
    image = Image(
        list(layers), [f"RUN step {k}" for k in range(len(layers))],
        settings={"WorkingDir": "/app", **settings}, platform=platform,
    )  # fmt: skip
    return Looked(image, base).findings(SETS)


def one(findings: Mapping[str, list[Finding]], rule: str) -> Finding:
    (finding,) = findings[rule]
    return finding


# ------------------------------------------------------------------------- development


def test_development_packages_go_without_what_others_have_in_them() -> None:
    findings = found(
        layer(
            lock(kept=False, tool=True, **{"tool/node_modules/kept": False}),
            package("app/node_modules/kept"),
            file("app/node_modules/kept/index.js", b"k" * 1000),
            package("app/node_modules/tool"),
            file("app/node_modules/tool/index.js", b"t" * 3000),
            file("app/node_modules/tool/node_modules/.bin/kept", b"s" * 50),
            package("app/node_modules/tool/node_modules/kept"),
            file("app/node_modules/tool/node_modules/kept/index.js", b"k" * 1000),
        ),
        Cmd=["node", "server.js"],
    )
    finding = one(findings, "node-dev-dependencies")
    assert finding.bytes == finding.claimed == 200 + 3000 + 50
    assert finding.confidence is Confidence.CERTAIN
    assert finding.title == "1 development package of npm (tool)"
    assert finding.paths == (b"app/node_modules/tool",)
    assert "npm ci --omit=dev" in finding.fix


def test_each_layer_is_blamed_for_its_own() -> None:
    findings = found(
        layer(lock(a=True, b=True), package("app/node_modules/a")),
        layer(package("app/node_modules/b")),
        base=1,
    )
    rows = findings["node-dev-dependencies"]
    assert sorted((row.layer, row.is_base, row.bytes) for row in rows) == [
        (0, True, 200), (1, False, 200),
    ]  # fmt: skip


def test_a_package_with_another_name_outside_frees_nothing() -> None:
    findings = found(
        layer(
            lock(a=True),
            file("store/x", b"x" * 5000),
            package("app/node_modules/a"),
            hardlink("app/node_modules/a/index.js", "store/x"),
        )
    )
    assert one(findings, "node-dev-dependencies").bytes == 200


@pytest.mark.parametrize(
    "settings",
    [
        {"Cmd": ["nodemon", "server.js"]},
        {"Cmd": ["/bin/sh", "-c", "exec node_modules/.bin/nodemon server.js"]},
        {"Cmd": ["npx", "nodemon@3"]},
        {"Cmd": ["node", "-r", "nodemon/register", "x.js"]},
        {"Entrypoint": ["npm", "run", "-s", "watch"]},
        {"Entrypoint": ["/entrypoint.sh"]},
        {"Cmd": ["npm", "start"]},
        {"Cmd": ["/bin/sh", "-c", "yarn start"]},
    ],
)
def test_what_the_image_starts_is_kept_with_all_that_it_needs(settings: dict[str, Any]) -> None:
    entries = {
        "node_modules/nodemon": {
            "version": "1.0.0", "dev": True, "dependencies": {"chokidar": "^3"},
        },
        "node_modules/chokidar": {"version": "1.0.0", "dev": True},
        "node_modules/mocha": {"version": "1.0.0", "dev": True},
    }  # fmt: skip
    scripts = {"prestart": "npm run watch", "start": "node x.js", "watch": "nodemon x.js"}
    findings = found(
        layer(
            file("app/package.json", json.dumps({"scripts": scripts})),
            file("entrypoint.sh", "#!/bin/sh\nexec nodemon server.js\n"),
            file("app/node_modules/.package-lock.json", json.dumps({"packages": entries})),
            package("app/node_modules/nodemon", bin={"nodemon": "cli.js"}),
            package("app/node_modules/chokidar"),
            package("app/node_modules/mocha"),
        ),
        **settings,
    )
    finding = one(findings, "node-dev-dependencies")
    assert finding.paths == (b"app/node_modules/mocha",)
    assert "chokidar, nodemon" in finding.evidence[-1]


def test_scripts_that_start_each_other_end() -> None:
    scripts = {"start": "npm run b", "b": "npm run start && npm run b"}
    findings = found(
        layer(file("app/package.json", json.dumps({"scripts": scripts})), lock(a=True),
              package("app/node_modules/a")),
        Cmd=["npm", "start"],
    )  # fmt: skip
    assert one(findings, "node-dev-dependencies").bytes == 200


def test_yarn_and_unknown_managers_have_their_own_words() -> None:
    project = json.dumps({"devDependencies": {"t": "1"}})
    members = [file("app/package.json", project), package("app/node_modules/t")]
    yarn = file("app/node_modules/.yarn-integrity", '{"flags": []}')
    finding = one(found(layer(*members, yarn)), "node-dev-dependencies")
    assert finding.confidence is Confidence.CERTAIN
    assert finding.title == "1 development package of Yarn (t)"
    assert "yarn install --production" in finding.fix
    assert finding.evidence == ("asked for by the project: t",)
    finding = one(found(layer(*members)), "node-dev-dependencies")
    assert finding.confidence is Confidence.LIKELY
    assert finding.title == "1 development package (t)"


def test_names_speak_only_where_nothing_else_does() -> None:
    members = [
        package("srv/node_modules/eslint"),
        package("srv/node_modules/@types/node"),
        package("srv/node_modules/express"),
        package("srv/node_modules/x"),
        package("srv/node_modules/x/node_modules/mocha"),
        package("srv/node_modules/typescript", bin={"tsc": "tsc.js"}),
    ]
    finding = one(found(layer(*members), Cmd=["tsc", "--watch"]), "node-dev-names")
    assert (finding.bytes, finding.claimed) == (400, 0)
    assert finding.confidence is Confidence.HINT
    assert finding.title == "2 packages with names of development tools (@types/node, eslint)"
    assert "node-dev-names" not in found(
        layer(lock(eslint=False), package("app/node_modules/eslint"))
    )


# ------------------------------------------------------------------------- managers


NPM = [
    package("usr/local/lib/node_modules/npm"),
    package("usr/local/lib/node_modules/npm/node_modules/semver"),
    package("usr/local/lib/node_modules/corepack"),
    file("opt/yarn-v1.22.22/lib/cli.js", b"y" * 500),
    file("root/.cache/node/corepack/v1/pnpm/x.js", b"p" * 300),
]  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {"Cmd": ["node", "server.js"]},
        {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["node"]},
        {"Entrypoint": ["/usr/local/bin/node"], "Cmd": ["x.js"]},
        {"Cmd": ["/bin/sh", "-c", "node server.js"]},
    ],
)
def test_managers_that_nothing_starts(settings: dict[str, Any]) -> None:
    finding = one(found(layer(*NPM), **settings), "npm-in-runtime")
    assert finding.bytes == 1400
    assert finding.claimed == 0
    assert finding.title == "corepack and npm and yarn, which the command does not use"
    assert finding.paths[0] == b"usr/local/lib/node_modules/npm"
    assert finding.severity <= Severity.LOW


@pytest.mark.parametrize(
    "settings",
    [
        {"Cmd": ["npm", "start"]},
        {"Cmd": ["python3", "x.py"]},
        {},
        {"Cmd": ["node", "x.js"], "Healthcheck": {"Test": ["CMD", "npx", "check"]}},
        {"Entrypoint": ["/entrypoint.sh"], "Cmd": ["node", "x.js"]},
    ],
)
def test_managers_that_may_be_used(settings: dict[str, Any]) -> None:
    script = file("entrypoint.sh", '#!/bin/sh\nnpm run migrate\nexec "$@"\n')
    assert "npm-in-runtime" not in found(layer(*NPM, script), **settings)


@pytest.mark.parametrize(
    ("settings", "manager"),
    [
        ({"Cmd": ["npm", "start"]}, "npm"),
        ({"Cmd": ["/bin/sh", "-c", "exec yarn start"]}, "yarn"),
        ({"Entrypoint": ["/usr/bin/tini", "--"], "Cmd": ["pnpm", "start"]}, "pnpm"),
        ({"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["npm", "run", "x"]}, "npm"),
        ({"Cmd": ["bun", "run", "start"]}, "bun"),
    ],
)
def test_a_manager_as_the_first_process(settings: dict[str, Any], manager: str) -> None:
    project = json.dumps({"scripts": dict.fromkeys(("start", "x"), "node src/server.js")})
    finding = one(found(layer(file("app/package.json", project)), **settings), "npm-start")
    assert finding.title == f"{manager} is the first process"
    assert (finding.severity, finding.bytes) == (Severity.LOW, 0)
    assert finding.fix == 'CMD ["node", "src/server.js"]'


@pytest.mark.parametrize(
    "settings",
    [{}, {"Cmd": None}, {"Cmd": ["node", "x"]}, {"Cmd": "npm start"}, {"Cmd": ["bun", "x.ts"]}, {"Cmd": ["sh", "-c"]},
     {"Cmd": ["/bin/sh", "-c", ""]}],
)  # fmt: skip
def test_no_manager_is_the_first_process(settings: dict[str, Any]) -> None:
    assert "npm-start" not in found(layer(file("a", b"1")), **settings)


@pytest.mark.parametrize("text", ["{", "[]", '{"scripts": 7}', '{"scripts": {"start": 7}}', '{"scripts": {"start": "a | b"}}'])  # fmt: skip
def test_a_fix_without_a_plain_script(text: str) -> None:
    finding = one(found(layer(file("app/package.json", text)), Cmd=["npm", "start"]), "npm-start")
    assert finding.fix == 'CMD ["node", "<file>"]'


@pytest.mark.parametrize(
    ("command", "start", "beside", "fix"),
    [
        (["yarn", "node", "a.js"], "", ".pnp.cjs", '["node", "-r", "./.pnp.cjs", "a.js"]'),
        (["npm", "start"], "next start", "node_modules/.bin/next", '["node_modules/.bin/next", "start"]'),
        (["npm", "start"], "next start", "x", '["node", "<file>"]'),
        (["npm", "run", "serve"], "node wrong.js", "x", '["node", "right.js"]'),
        (["npm", "start"], "node a.js && rm -r /", "x", '["node", "<file>"]'),
    ],
)  # fmt: skip
def test_a_fix_that_runs_what_the_manager_ran(
    command: list[str], start: str, beside: str, fix: str
) -> None:
    project = json.dumps({"scripts": {"start": start, "serve": "node right.js"}})
    members = layer(file("app/package.json", project), file(f"app/{beside}", b"1"))
    finding = one(found(members, Cmd=command, WorkingDir="/app"), "npm-start")
    assert finding.fix == f"CMD {fix}"


# ------------------------------------------------------------------------- files


def test_binaries_of_other_platforms() -> None:
    base = "app/node_modules/addon"
    findings = found(
        layer(
            package(base),
            *(
                file(f"{base}/prebuilds/{name}/node.napi.node", b"x" * 100)
                for name in (
                    "linux-x64", "linuxmusl-x64", "linux-arm64", "darwin-x64+arm64", "win32-ia32",
                    "linux-x64+arm64", "other", "darwin-vax",
                )
            ),
            file("data/prebuilds/darwin-x64/a.node", b"x" * 100),
            package("app/node_modules/@esbuild/darwin-arm64", os=["darwin"], cpu=["arm64"]),
            package("app/node_modules/@esbuild/linux-x64", os=["linux"], cpu=["x64"]),
            package("app/node_modules/unix", os=["!win32"], cpu="x64"),
        )
    )  # fmt: skip
    finding = one(findings, "node-foreign-binaries")
    assert finding.bytes == finding.claimed == 500
    assert finding.confidence is Confidence.LIKELY
    assert finding.evidence[1] == (
        "for others: @esbuild/darwin-arm64, darwin-x64+arm64, linux-arm64, win32-ia32"
    )
    assert "--cpu=x64" in finding.fix
    assert "! -name 'linux-x64*'" in finding.fix


@pytest.mark.parametrize(
    ("platform", "size"), [("linux/arm64", 100), ("linux/arm", 200), ("plan9/amd64", None), ("linux/vax", None)]
)  # fmt: skip
def test_the_images_own_platform_counts(platform: str, size: int | None) -> None:
    base = "app/node_modules/addon"
    findings = found(
        layer(
            package(base),
            file(f"{base}/prebuilds/linux-arm64/a.node", b"x" * 100),
            file(f"{base}/prebuilds/linux-x64/a.node", b"x" * 100),
            file(f"{base}/prebuilds/linux-armv7/a.node", b""),
        ),
        platform=platform,
    )
    rows = findings.get("node-foreign-binaries", [])
    assert [row.bytes for row in rows] == ([] if size is None else [size])


@pytest.mark.parametrize(("dev", "told"), [(True, True), (False, False), (None, True)])
def test_browsers_of_tools_for_development(dev: bool | None, told: bool) -> None:
    members = [file("root/.cache/ms-playwright/chromium/chrome", b"c" * 900)]
    if dev is not None:
        members += [lock(**{"playwright-core": dev}), package("app/node_modules/playwright-core")]
    findings = found(layer(*members))
    assert ("node-browser-downloads" in findings) is told
    if told:
        finding = one(findings, "node-browser-downloads")
        assert (finding.bytes, finding.claimed, finding.confidence) == (900, 0, Confidence.HINT)


def test_browsers_where_a_variable_puts_them() -> None:
    findings = found(
        layer(file("browsers/chromium/chrome", b"c" * 900)),
        Env=["PLAYWRIGHT_BROWSERS_PATH=/browsers"],
    )
    assert one(findings, "node-browser-downloads").bytes == 900


def test_extras_are_information() -> None:
    base = "app/node_modules/a"
    findings = found(
        layer(
            package(base),
            file(f"{base}/README.md", b"r" * 10),
            file(f"{base}/LICENSE.md", b"l" * 1000),
            file(f"{base}/test/license", b"l" * 1000),
            file(f"{base}/test/a.js", b"t" * 20),
            file(f"{base}/lib/test/a.js", b"t" * 1000),
            file(f"{base}/src/a.ts", b"t" * 40),
            file(f"{base}/a.d.ts", b"t" * 1000),
            package("usr/lib/node_modules/npm"),
            file("usr/lib/node_modules/npm/README.md", b"r" * 1000),
        )
    )
    finding = one(findings, "node-package-extras")
    assert (finding.bytes, finding.severity, finding.claimed) == (70, Severity.INFO, 0)


def test_three_versions_are_a_hint() -> None:
    members = [
        package(f"app/node_modules/{outer}/node_modules/semver", f"{k}.0.0")
        for k, outer in enumerate(("a", "b", "c", "d"))
    ] + [package(f"app/node_modules/{outer}/node_modules/ms", "1.0.0") for outer in "abc"]
    finding = one(found(layer(*members)), "node-duplicate-versions")
    assert (finding.bytes, finding.severity) == (0, Severity.INFO)
    assert finding.title == "1 Node.js package in three or more versions (semver)"
    assert finding.evidence[1] == "semver: 0.0.0, 1.0.0, 2.0.0, 3.0.0"


def test_headers_where_nothing_compiles() -> None:
    members = layer(file("usr/local/include/node/node.h", b"h" * 70))
    assert one(found(members, Cmd=["node", "x.js"]), "node-headers").bytes == 70
    assert "node-headers" not in found(members, Cmd=["npm", "start"])


def test_an_image_without_node_has_nothing() -> None:
    assert found(layer(file("etc/passwd", b"root:x:0:0::/root:/bin/sh\n")), Cmd=["sh"]) == {}
