"""No secret's value is in a saved analysis, packed or unpacked, wherever the image has it."""

from __future__ import annotations

import base64

from layerlens.cache.record import decode, encode
from tests.builders import Image, file, layer, whiteout
from tests.judging import Looked
from tests.unit.analysis.test_secret_files import GITHUB, VALUE, key
from tests.unit.saved.again import again, saved
from tests.unit.saved.opening import apart

SETTING = "example-db-password-7f3a"
ARGUMENT = "exampleExampleKeyK7MDENGbPxRfiCYEXAMPLE"
NETRC = "example-netrc-55b1"
URL = "example-url-password"
NPM = "example-npm-token-91d2"
LABEL = "example-label-secret-8b21"
PLANTED = (SETTING, ARGUMENT, NETRC, URL, NPM, LABEL, VALUE, GITHUB)

IMAGE = Image(
    [
        layer(
            file("root/.ssh/id_rsa", key().encode()),
            file("root/.netrc", f"machine x login me password {NETRC}\n".encode()),
            file("root/.npmrc", f"//registry.npmjs.org/:_authToken={NPM}\n".encode()),
            file("app/.env", f"API_TOKEN={VALUE}\nGITHUB_TOKEN={GITHUB}\n".encode()),
            file("root/.git-credentials", f"https://me:{URL}@example.com\n".encode()),
            file("app/settings.py", f'DB_PASSWORD = "{SETTING}"\n'.encode()),
            file("app/.git/config", f'[remote "o"]\n url = https://me:{URL}@example.com\n'.encode()),
        ),
        layer(whiteout("root/.netrc"), file("app/.env", b"API_TOKEN=\n")),
    ],
    history=[
        {"created_by": f"ARG AWS_SECRET_ACCESS_KEY={ARGUMENT}", "empty_layer": True},
        {"created_by": f"|1 AWS_SECRET_ACCESS_KEY={ARGUMENT} /bin/sh -c curl https://me:{URL}@example.com"},
        {"created_by": f"RUN echo {SETTING} > /dev/null # buildkit", "author": f"token={GITHUB}"},
    ],
    settings={
        "Env": [f"DB_PASSWORD={SETTING}", f"REMOTE=https://me:{URL}@example.com/"],
        "Labels": {"com.example.client-secret": LABEL},
        "Cmd": ["serve", "--token", GITHUB],
        "Healthcheck": {"Test": ["CMD", "curl", "-u", f"me:{URL}", "http://x"]},
    },
)  # fmt: skip


def test_no_value_is_saved() -> None:
    analysis = Looked(IMAGE).analysis()
    rules = {finding.rule.id for finding in analysis.findings}
    assert {"secret-private-key", "secret-env-file"} <= rules
    assert any("env" in rule and "secret" in rule for rule in rules)
    again(analysis)
    data = saved(analysis)
    document, *records = apart(data)
    layers = []
    for record in records:
        read = decode(record, order="little")
        assert read is not None
        layers.append(encode(read, level=0, order="little"))
    everything = b"\n".join((data, document, *layers))
    assert b"DB_PASSWORD" in everything
    assert b"root/.netrc" in everything
    for value in PLANTED:
        for form in (value.encode(), value.encode("utf-16-le"), base64.b64encode(value.encode())):
            assert form not in everything, value
    for row in key().splitlines()[1:-1]:
        assert row.encode() not in everything
