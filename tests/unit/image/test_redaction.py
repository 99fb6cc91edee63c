"""Secrets in texts and configurations, and both without them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.image.config import parse_config
from layerlens.image.model import ImageConfig
from layerlens.image.redaction import config_leaks, redact_config, redact_values
from layerlens.image.secrets import redact_text
from layerlens.image.secretwords import hides, is_identifier, is_secret, is_secret_name
from tests.effort import at_most

GITHUB = "ghp_" + "aB3dE6gH9j" * 4
"""The shape of a token; it opens nothing."""


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "NPM_TOKEN", "apiKey", "api-key", "AWS_SECRET_ACCESS_KEY", "MYSQL_PWD", "_authToken",
     "com.example.client-secret", "dbpassword", "STRIPE_KEY", "GITHUB_AUTH", "CREDENTIALS"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["PWD", "OLDPWD", "KEYMAP", "KEYCLOAK_HOME", "COMPASS", "PASSENGER_APP", "TOKENIZERS_PARALLELISM",
     "PASSWORD_FILE", "PUBLIC_KEY", "SSH_AUTH_SOCK", "PASSWORD_STORE_DIR", "TOKEN_TTL", "AUTH_TYPE",
     "DEBIAN_KEYRING", "MAX_TOKENS", "AUTHOR", "POSTGRES_HOST_AUTH_METHOD", "SECRET_NAME", "MONKEY",
     "GPG_KEYS", "KEY_VERSION", "NO_AUTH"],
)  # fmt: skip
def test_names_about_secrets(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "value",
    ["", "$TOKEN", "${TOKEN:-}", "$(cat /run/secrets/t)", "`cat t`", "/run/secrets/token", "true", "4096",
     "changeme", "example", "<token>", "****", "xxxxxx", "none", "password", "your-token-here",
     "./keys/server.pem", "https://sts.example.com/token", "[redacted]", "{{ token }}", "%TOKEN%"],
)  # fmt: skip
def test_values_that_are_none(value: str) -> None:
    assert not hides("DB_PASSWORD", value)


def test_short_values_are_hidden_but_not_told() -> None:
    assert hides("DB_PASSWORD", "ab1")
    assert not is_secret("DB_PASSWORD", "ab1")
    assert is_secret("DB_PASSWORD", "ab1cd2")


def test_fingerprints_and_identifiers() -> None:
    assert not hides("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D")
    assert not hides("RELEASE_SIGNING_KEY", "0x64E628F8D684696D")
    assert hides("DEPLOY_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D")
    assert is_identifier("AWS_ACCESS_KEY_ID")
    assert not is_identifier("AWS_SECRET_ACCESS_KEY")


PLANTED = "hunter2hunter2"
HIDDEN = [
    "/bin/sh -c #(nop)  ARG DB_PASSWORD={}",
    "/bin/sh -c #(nop)  ENV DB_PASSWORD={}",
    "/bin/bash -c #(nop)  LABEL api.token={} b=c",
    "/bin/sh -c #(nop)  ONBUILD ENV TOKEN={}",
    'ENV A=b DB_PASSWORD="{} and more" C=d',
    "ENV DB_PASSWORD {}",
    "ARG DB_PASSWORD={}",
    "|1 DB_PASSWORD={} /bin/sh -c true",
    "|3 A=1 B_TOKEN={} and more C=3 /bin/sh -c echo $B_TOKEN",
    "RUN |2 A=1 NPM_TOKEN={} /bin/sh -c npm ci # buildkit",
    "RUN |1 NPM_TOKEN={} true # buildkit",
    "RUN curl -fsS https://deploy:{}@example.invalid/x",
    "RUN curl -fsS https://deploy:p@{}@example.invalid/x",
    "RUN pip install --index-url https://u:{}@example.invalid/simple x",
    "RUN curl -u deploy:{} https://example.invalid",
    "RUN curl --user 'deploy:{}' https://example.invalid",
    "RUN curl -H 'Authorization: Bearer {}' https://example.invalid",
    'RUN curl -H "X-Api-Key: {}" https://example.invalid',
    "RUN wget --http-password={} https://example.invalid",
    "RUN tool --password {}",
    "RUN tool --api-key='{} and more' x",
    'CMD ["tool" "--password" "{}"]',
    'CMD ["tool", "--password={}"]',
    'HEALTHCHECK &{{["CMD-SHELL" "curl -H \\"X-Api-Key: {}\\" http://x"] "0s" "0s"}}',
    "RUN mysql -uroot -p{} -e 'select 1'",
    "RUN docker login -u me -p {} registry.invalid",
    "RUN echo 'root:{}' | chpasswd",
    "RUN sshpass -p {} ssh host",
    "RUN redis-cli -a {} ping",
    "RUN npm config set //registry.npmjs.org/:_authToken={}",
    "RUN npm config set //registry.npmjs.org/:_authToken {}",
    "RUN aws configure set aws_secret_access_key {}",
    "RUN composer config http-basic.repo.invalid me {}",
    "RUN poetry config pypi-token.pypi {}",
    "RUN export DB_PASSWORD='{} and more'; make",
    "RUN DB_PASSWORD={} make",
    'RUN echo "machine example.invalid login deploy password {}" > /root/.netrc',
    'RUN echo \'{{"password": "{}"}}\' > /x.json',
    "RUN htpasswd -b -c /etc/htpasswd me {}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("form", HIDDEN)
def test_values_are_hidden_in_every_form(form: str) -> None:
    text = form.format(PLANTED)
    shown = redact_text(text)
    assert PLANTED not in shown
    assert "and more" not in shown
    assert "[redacted]" in shown
    assert redact_text(shown) == shown


@pytest.mark.parametrize(
    "token",
    [GITHUB, "glpat-" + "aB3dE6gH9j" * 2, "xoxb-123456789012-123456789012-" + "aB3dE6gH9j" * 2,
     "AKIA" + "ABCDEFGH23456723", "AIza" + "aB3dE6gH9jkLm-o" * 2 + "abcde", "hf_" + "abCDefGHij" * 3 + "abcd",
     "npm_" + "aB3dE6gH9j" * 3 + "aB3dE6", "SG." + "aB3dE6gH9jk" * 2 + "." + "aB3dE6gH9j" * 4 + "abc"],
)  # fmt: skip
def test_tokens_are_hidden_wherever_they_stand(token: str) -> None:
    assert redact_text(f"RUN x {token} y") == "RUN x [redacted] y"


ORDINARY = [
    "/bin/sh -c #(nop) COPY dir:9a137ac0 in /app ",
    "RUN apt-key adv --keyserver hkps://keys.openpgp.org --recv-keys 1234ABCD1234ABCD",
    "RUN adduser --disabled-password --gecos '' app && mkdir -p /x/y",
    "RUN git clone https://git@github.com/x/y && git clone git@github.com:x/y",
    "RUN sed -i 's/^#password=.*/password=x/' /etc/x",
    "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
    "ARG NPM_TOKEN",
    "RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci",
    "RUN npm config set //registry.npmjs.org/:_authToken ${NPM_TOKEN}",
    "RUN curl -u $USER:$PASSWORD https://x && sort --key=2 f",
    "RUN docker run -u 1000:1000 -p 8080:8080 x",
    "RUN deb [signed-by=/usr/share/keyrings/x.gpg] https://x/y stable main",
    "LABEL org.opencontainers.image.source=https://github.com/x/y",
    'HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost:3000/"] "0s" "0s" "0s" \'\\x00\'}',
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert redact_text(text) == text


@given(st.text(alphabet="abc xyz/.-_&|\n", max_size=200))
def test_text_without_names_or_assignments_stays(text: str) -> None:
    assert redact_text(text) == text


@given(
    st.lists(
        st.sampled_from(
            [
                *HIDDEN,
                *ORDINARY,
                "PASSWORD=",
                "--token ",
                "'",
                '"',
                "://",
                "a:b@",
                "\\",
                " ",
                "|2 ",
                "=",
                "ENV ",
            ]
        ),
        max_size=6,
    ),
    st.text(max_size=12),
)
def test_hiding_twice_is_hiding_once(parts: list[str], noise: str) -> None:
    text = noise.join(part.replace("{}", PLANTED) for part in parts)
    shown = redact_text(text)
    assert redact_text(shown) == shown


@pytest.mark.parametrize(
    "piece",
    ["://", "a:", '="', "a='", "--password ", "-----BEGIN PRIVATE KEY-----", "PASSWORD=", "eyJa.", "sk-a",
     "curl -u ", "|1 ", "config set ", "'\\", "login x password ", "ENV A=", "authorization:", '"a":"'],
)  # fmt: skip
def test_hostile_text_takes_no_longer(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    with at_most(5):
        redact_text(text)


def configuration(history: list[dict[str, Any]] | None = None, **settings: Any) -> ImageConfig:
    return parse_config(
        json.dumps(
            {"architecture": "amd64", "os": "linux", "author": "me", "config": settings,
             "rootfs": {"type": "layers", "diff_ids": []}, "history": history or []}
        ).encode()
    )  # fmt: skip


def test_a_configuration_is_hidden_everywhere() -> None:
    value = "s3cret/Value+1234"
    config = configuration(
        [
            {"created_by": f"ENV DB_PASSWORD={value}", "empty_layer": True},
            {
                "created_by": f"RUN |1 NPM_TOKEN={value}x /bin/sh -c npm ci",
                "comment": f"with {value}",
            },
            {"created_by": f"WORKDIR /srv/{value}", "author": value},
        ],
        Env=["PATH=/bin", f"DB_PASSWORD={value}", "URL=postgres://me:other-Pass1@db/x"],
        Labels={"api-key": f"label-{value}", "plain": f"see {value}"},
        Cmd=["run", "--password", "third-Pass 1"],
        Entrypoint=["x", "--token=fourth-Pass1"],
        Healthcheck={"Test": ["CMD-SHELL", "curl -u a:fifth-Pass1 http://x"]},
        OnBuild=["ENV API_TOKEN=sixth-Pass1"],
        WorkingDir=f"/srv/{value}",
        User="app",
    )
    shown = repr(redact_config(config))
    for planted in (
        value,
        "other-Pass1",
        "third-Pass",
        "fourth-Pass1",
        "fifth-Pass1",
        "sixth-Pass1",
    ):
        assert planted not in shown
    assert redact_config(redact_config(config)) == redact_config(config)
    leaks = config_leaks(config)
    assert value not in repr(leaks)
    assert "Pass" not in repr(leaks)
    assert [(leak.where, leak.name, leak.rows) for leak in leaks] == [
        ("env", "DB_PASSWORD", (0,)),
        ("env", "URL", ()),
        ("label", "api-key", ()),
        ("command", "token", ()),
        ("command", "password", ()),
        ("command", "", ()),
        ("command", "API_TOKEN", ()),
        ("arg", "NPM_TOKEN", (1,)),
    ]


def test_what_was_set_once_stays_in_the_history() -> None:
    config = configuration(
        [{"created_by": "ENV API_TOKEN=abcdef123456"}, {"created_by": "ENV API_TOKEN="}],
        Env=["API_TOKEN="],
    )
    assert [(leak.where, leak.name) for leak in config_leaks(config)] == [("history", "API_TOKEN")]


def test_arguments_without_and_with_a_value() -> None:
    named = configuration([{"created_by": "ARG NPM_TOKEN"}, {"created_by": "RUN true"}])
    assert [(leak.where, leak.name) for leak in config_leaks(named)] == [("arg-name", "NPM_TOKEN")]
    given_ = configuration(
        [
            {"created_by": "ARG NPM_TOKEN"},
            {"created_by": "|1 NPM_TOKEN=abcdef123456 /bin/sh -c true"},
        ]
    )
    assert [(leak.where, leak.rows) for leak in config_leaks(given_)] == [("arg", (1,))]


def test_ordinary_configurations_stay() -> None:
    config = configuration(
        [{"created_by": "RUN apt-get update"}, {"created_by": None}, {}],
        Env=["PATH=/bin", "LANG=C.UTF-8", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", "odd"],
        Cmd=["nginx", "-g", "daemon off;"], Labels=None, Odd={"deep": [[[1, None, "x"]]]},
    )  # fmt: skip
    assert redact_config(config) == config
    assert config_leaks(config) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["Env", "Labels", "Cmd", "OnBuild", "Healthcheck", "User"]), JSON
    )
)
def test_odd_configurations_do_not_raise(settings: dict[str, Any]) -> None:
    config = configuration(**settings)
    config_leaks(config)
    assert redact_config(redact_config(config)) == redact_config(config)


def test_annotations_are_hidden_likewise() -> None:
    given_ = {"api-token": "abcdef123456", "url": "https://me:abcdef123456@x/", "title": "app"}
    assert redact_values(given_) == {
        "api-token": "[redacted]", "url": "https://me:[redacted]@x/", "title": "app",
    }  # fmt: skip
