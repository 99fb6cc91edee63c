"""What the examiner finds in files that hold secrets, and in those that only look so."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.analysis.contents import secrets
from layerlens.analysis.contents.examiner import default_examiner
from layerlens.layers.contents import Want
from tests.effort import at_most

VALUE = "s3cretValue1234"
GITHUB = "ghp_" + "aB3dE6gH9j" * 4


def key(what: str = "RSA ", head: str = "", body: bytes | None = None) -> str:
    noise = random.Random("key").randbytes(600) if body is None else body  # noqa: S311
    return (
        f"-----BEGIN {what}PRIVATE KEY-----\n{head}"
        f"{base64.encodebytes(noise).decode()}-----END {what}PRIVATE KEY-----\n"
    )


OPENSSH = b"openssh-key-v1\0\0\0\0\x04none" + b"x" * 300
LOCKED = b"openssh-key-v1\0\0\0\0\x0aaes256-ctr" + b"x" * 300


def hits(name: str, text: str | bytes) -> list[dict[str, Any]]:
    data = text if isinstance(text, bytes) else text.encode()
    if not secrets.wants(name.encode(), len(data)):
        return []
    found = secrets.scan(name.encode(), data).get("secrets", [])
    assert VALUE not in repr(found)
    return list(found)


def kinds(name: str, text: str | bytes) -> list[str]:
    return [hit["kind"] for hit in hits(name, text)]


AUTH = base64.b64encode(f"me:{VALUE}".encode()).decode()

FOUND = [
    ("root/.ssh/id_rsa", key(), "private-key"),
    ("app/server.key", key(""), "private-key"),
    ("app/config.py", f'KEY = """{key("EC ")}"""', "private-key"),
    ("app/key.json", '{"k": "' + key("").replace("\n", "\\n") + '"}', "private-key"),
    ("etc/ssh/ssh_host_ed25519_key", key("OPENSSH ", body=OPENSSH), "ssh-host-key"),
    ("root/.aws/credentials", "[default]\naws_secret_access_key = " + "aB3/eF6+hI" * 4, "aws"),
    ("app/x.txt", "id AKIAABCDEFGH23456723 x", "aws"),
    ("root/.docker/config.json", f'{{"auths": {{"r.io": {{"auth": "{AUTH}"}}}}}}', "docker-config"),
    ("root/.npmrc", f"//registry.npmjs.org/:_authToken={VALUE}", "npmrc"),
    ("usr/lib/x/.npmrc", f"_auth = {VALUE}", "npmrc"),
    ("app/.yarnrc.yml", f'npmAuthToken: "{VALUE}"', "npmrc"),
    ("root/.pypirc", f"[pypi]\nusername = me\npassword = {VALUE}", "pypirc"),
    ("etc/pip.conf", f"[global]\nindex-url = https://me:{VALUE}@pypi.invalid/simple", "pypirc"),
    ("root/.netrc", f"machine x.invalid\n login me\n password {VALUE}\n", "netrc"),
    ("root/.git-credentials", f"https://me:{VALUE}@github.com", "git-credentials"),
    ("app/.git/config", f'[remote "origin"]\n\turl = https://{VALUE}@github.com/x/y', "git-credentials"),
    ("app/.git/config", f"[http]\n\textraheader = AUTHORIZATION: basic {VALUE}", "git-credentials"),
    ("root/.kube/config", f"apiVersion: v1\nusers:\n- user:\n    token: {VALUE}", "kubeconfig"),
    ("app/sa.json", '{"type": "service_account", "private_key": "' + key("").replace("\n", "\\n") + '"}', "gcp"),
    ("root/.azure/accessTokens.json", f'[{{"accessToken": "{VALUE * 3}"}}]', "azure"),
    ("app/.env", f"DEBUG=0\nDB_PASSWORD={VALUE}\n", "env-file"),
    ("app/.env.production", f"export API_TOKEN='{VALUE}'", "env-file"),
    ("app/prod.env", f"API_TOKEN={VALUE} # comment", "env-file"),
    ("app/secrets.yml", f"db:\n  password: {VALUE}\n", "env-file"),
    ("app/credentials.json", f'{{"client_secret": "{VALUE}"}}', "env-file"),
    ("app/.env", "DEBUG=0\n", "env-file-present"),
    ("app/main.js", f'const t = "{GITHUB}";', "token"),
    ("app/conf.yaml", f"url: postgres://me:{VALUE}@db/x", "url"),
    ("var/www/wp-config.php", f"define( 'DB_PASSWORD', '{VALUE}' );", "web-config"),
    ("app/settings.py", f'SECRET_KEY = "{VALUE}"', "web-config"),
    ("app/config/database.yml", f"production:\n  password: {VALUE}", "web-config"),
    ("app/config/master.key", "0123456789abcdef" * 2, "web-config"),
    ("app/prod.tfvars", f'db_password = "{VALUE}"', "web-config"),
    ("app/store.jks", b"\xfe\xed\xfe\xed\0\0\0\2", "keystore"),
    ("root/.bash_history", f"ls\nmysql -uroot -p{VALUE}\n", "shell-history"),
    ("etc/shadow", "root:$6$abcdefgh$" + "x" * 86 + ":19000:0:99999:7:::", "password-hash"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "kind"), FOUND)
def test_found(name: str, text: str | bytes, kind: str) -> None:
    assert kinds(name, text) == [kind]


NOT_FOUND = [
    ("app/template.py", 'KEY = "-----BEGIN RSA PRIVATE KEY-----\\n%s\\n-----END RSA PRIVATE KEY-----"'),
    ("app/empty.pem", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
    ("app/words.pem", "-----BEGIN PRIVATE KEY-----\n" + "not base64! " * 20 + "\n-----END PRIVATE KEY-----"),
    ("usr/share/doc/x/id.pem", key()),
    ("usr/lib/python3/dist-packages/x/test.py", key()),
    ("app/node_modules/x/test/key.pem", key()),
    ("app/node_modules/x/.env", f"TOKEN={VALUE}"),
    ("app/readme.md", key()),
    ("opt/py/lib/python3.13/test/certdata/keycert.pem", key()),
    ("root/.aws/credentials", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"[:66]),
    ("root/.docker/config.json", '{"auths": {}, "credsStore": "desktop"}'),
    ("root/.npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n; //x/:_authToken=abcdefgh"),
    ("root/.netrc", "machine x login me"),
    ("app/.git/config", "[remote]\n\turl = https://github.com/x/y\n\turl = git@github.com:x/y"),
    ("root/.kube/config", "apiVersion: v1\nclusters: []"),
    ("app/package.json", '{"type": "module"}'),
    ("app/.env.example", f"DB_PASSWORD={VALUE}"),
    ("app/conf.yaml", "url: postgres://user:password@db/x\nother: postgres://me:${PASSWORD}@db/x"),
    ("app/url.py", f'"""http://me:{VALUE}@host/"""'),
    ("app/settings.py", 'SECRET_KEY = os.environ["SECRET_KEY"]\nSECRET_KEY = "django-insecure-abc"'),
    ("var/www/wp-config.php", "define( 'DB_PASSWORD', 'password_here' );"),
    ("app/config/database.yml", "password: <%= ENV['DB_PASSWORD'] %>"),
    ("opt/java/lib/security/cacerts", b"\xfe\xed\xfe\xed\0\0\0\2"),
    ("root/.bash_history", "ls\nmysql -uroot -p\n"),
    ("etc/shadow", "root:*:19000:0:99999:7:::\nx:!:19000::::::\ny:!$6$abcdefgh$zzzzzzzzzz:1:::::: \n"),
    ("app/binary.txt", b"\0" + key().encode()),
    ("app/main.js", "ghp_short xox- npm_config AKIA SG.x hf_hub"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), NOT_FOUND)
def test_not_found(name: str, text: str | bytes) -> None:
    assert kinds(name, text) == []


def test_a_hit_says_where_but_not_what() -> None:
    (hit,) = hits("app/x.txt", f"one\ntwo {GITHUB}\n")
    assert hit["at"] == 8
    assert (hit["line"], hit["length"], hit["start"]) == (2, 44, "ghp_")
    assert len(hit["sha"]) == 8
    (hit,) = hits("app/.env", "DB_PASSWORD=ab1cd2")
    assert (hit["name"], hit["start"], hit["sha"]) == ("DB_PASSWORD", "", "")


def test_encrypted_keys_and_made_up_tokens() -> None:
    assert "encrypted" not in hits("a/k", key("OPENSSH ", body=OPENSSH))[0]
    assert hits("a/k", key("OPENSSH ", body=LOCKED))[0]["encrypted"]
    assert hits("a/k", key("ENCRYPTED "))[0]["encrypted"]
    head = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"
    assert hits("a/k", key("RSA ", head))[0]["encrypted"]
    assert hits("a/x.txt", "ghp_" + "x" * 36)[0]["weak"]


def test_paths_of_tests_are_marked() -> None:
    assert hits("app/tests/fixtures/server.key", key())[0]["test"]
    assert not hits("app/latest/server.key", key())[0]["test"]


def test_many_secrets_are_counted() -> None:
    found = hits("app/.env", "\n".join(f"TOKEN_{k}_KEY={VALUE}{k}" for k in range(30)))
    assert len(found) == secrets.MAX_HITS
    assert found[-1]["more"] == 10


def test_large_files_are_left_alone() -> None:
    assert not secrets.wants(b"app/.env", secrets.MAX_SIZE + 1)


def test_the_default_examiner_looks() -> None:
    examiner = default_examiner()
    assert examiner.wants(b"root/.ssh/id_rsa", 100) & Want.SCAN
    assert examiner.scan(b"app/.env", b"TOKEN=abcdef12")["secrets"][0]["kind"] == "env-file"
    assert not examiner.wants(b"usr/lib/x86_64-linux-gnu/libc.so.6", 100) & Want.SCAN


NAMES = st.sampled_from(
    [name.encode() for name, _, _ in FOUND]
    + [b"x", b"a/b.json", b"a/b.xml", b"a.ovpn", b"etc/shadow-"]
)


@given(NAMES, st.binary(max_size=300))
def test_any_bytes_will_do(name: bytes, data: bytes) -> None:
    secrets.scan(name, data)


@given(NAMES, st.lists(st.sampled_from([text for _, text, _ in FOUND if isinstance(text, str)]), max_size=3),
       st.text(max_size=30))  # fmt: skip
def test_no_file_gives_a_value_away(name: bytes, texts: list[str], noise: str) -> None:
    # On lines of their own: glued to what follows, a value would be part of its name.
    found = secrets.scan(name, f"\n{noise}\n".join(texts).encode("utf-8", "replace"))
    assert VALUE not in repr(found)


@given(st.binary(max_size=80), st.integers(0, 1 << 40))
def test_any_name_will_do(name: bytes, size: int) -> None:
    assert secrets.wants(name, size) in {True, False}


@pytest.mark.parametrize("name", ["a/.env", ".npmrc", ".netrc", ".bash_history", "a/x.json", "a/settings.py",
                                  "a/.git/config", ".aws/credentials", "a/x.yaml", ".kube/config"])  # fmt: skip
@pytest.mark.parametrize(
    "piece",
    ["://", "a:", '="', "machine ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nA", "PASSWORD=",
     "sk-aaaaaaaaaaaaaaaaaaaaaT3BlbkFJ", '"auth":"', "apiVersion token: ", '"type":"service_account"', " ", "\n ",
     "https://a:", "_auth", "secret_access_key=", "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a"],
)  # fmt: skip
def test_hostile_files_take_no_longer(name: str, piece: str) -> None:
    data = (piece * (200_000 // len(piece))).encode()
    with at_most(3):
        secrets.scan(name.encode(), data)
