"""The pure parts of the registry's client: names, challenges, proxies, files of credentials."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from layerlens.errors import UsageError
from layerlens.sources.registry.address import parse_address
from layerlens.sources.registry.answers import retry_after, token_of
from layerlens.sources.registry.challenge import parse_challenges
from layerlens.sources.registry.credentials import find_credentials
from layerlens.sources.registry.trust import proxies_for

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("name", "host", "repository", "wanted"),
    [
        ("nginx", "registry-1.docker.io", "library/nginx", "latest"),
        ("me/app:1", "registry-1.docker.io", "me/app", "1"),
        ("docker.io/nginx:1", "registry-1.docker.io", "library/nginx", "1"),
        ("index.docker.io/library/nginx", "registry-1.docker.io", "library/nginx", "latest"),
        ("localhost/app", "localhost", "app", "latest"),
        ("localhost:5000/a/b:1", "localhost:5000", "a/b", "1"),
        ("Host/app", "host", "app", "latest"),
        ("[::1]:5000/app:2", "[::1]:5000", "app", "2"),
        (f"r.example.org/app:1@{DIGEST}", "r.example.org", "app", DIGEST),
    ],
)
def test_an_address(name: str, host: str, repository: str, wanted: str) -> None:
    found = parse_address(name)
    assert (found.api_host, found.repository, found.wanted) == (host, repository, wanted)


def test_a_digest_that_cannot_be_computed() -> None:
    with pytest.raises(UsageError):
        parse_address("app@md5:" + "a" * 32)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost:5000", True),
        ("127.1.2.3", True),
        ("[::1]:1", True),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
    ],
)
def test_what_is_local(host: str, local: bool) -> None:
    assert parse_address(f"{host}/app").is_local is local


def test_hub_has_names_of_its_own() -> None:
    address = parse_address("nginx")
    assert address.credentials_key == "https://index.docker.io/v1/"
    assert address.login == "docker login"
    assert address.shown == "docker.io/library/nginx:latest"


def test_challenges() -> None:
    found = parse_challenges(
        'Basic realm="a \\"b\\"", Bearer realm="https://t/x",service=s,scope="repository:a:pull,push"'
    )
    assert [way.scheme for way in found] == ["basic", "bearer"]
    assert found[0].parameters == {"realm": 'a "b"'}
    assert found[1].parameters["scope"] == "repository:a:pull,push"
    assert found[1].parameters["service"] == "s"
    assert parse_challenges("") == []
    assert parse_challenges("= = =") == []


def test_retry_after() -> None:
    assert retry_after("7") == 7
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("soon") is None
    assert retry_after(None) is None


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (b'{"token": "a.b"}', "a.b"),
        (b'{"access_token": "c"}', "c"),
        (b'{"token": "a\\r\\nX: y"}', None),
        (b"[]", None),
        (b"<html>", None),
    ],
)
def test_tokens(body: bytes, token: str | None) -> None:
    assert token_of(body) == token


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        ("https://r.example.org/v2/", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://r.example.org/v2/", {"https_proxy": "p:1"}, "http://p:1"),
        ("http://r.example.org/v2/", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://r.example.org/", {"HTTPS_PROXY": "p", "NO_PROXY": "a, .example.org"}, None),
        ("https://r.example.org/", {"HTTPS_PROXY": "p", "no_proxy": "example.org"}, None),
        ("https://badexample.org/", {"HTTPS_PROXY": "p", "no_proxy": "example.org"}, "http://p"),
        ("https://10.1.2.3:5000/", {"HTTPS_PROXY": "p", "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://r.org:5000/", {"HTTPS_PROXY": "p", "NO_PROXY": "r.org:5001"}, "http://p"),
        ("https://r.org/", {"HTTPS_PROXY": "p", "NO_PROXY": "*"}, None),
        ("http://127.0.0.1:5000/", {"HTTP_PROXY": "p"}, None),
    ],
)
def test_proxies(url: str, environment: dict[str, str], proxy: str | None) -> None:
    assert next(iter(proxies_for(url, environment).values()), None) == proxy


def _auth(user: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:pass:word".encode()).decode()}


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


class TestCredentials:
    def test_the_longest_name_wins(self, tmp_path: Path) -> None:
        auths = {"r.org": _auth("host"), "r.org/team": _auth("team"), "r.org/team/x": _auth("x")}
        _write(tmp_path / "auth.json", {"auths": auths})
        environment = {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}
        found = find_credentials(parse_address("r.org/team/app"), environment).credentials
        assert found is not None
        assert (found.username, found.password) == ("team", "pass:word")
        assert "pass" not in repr(found)

    def test_the_files_have_an_order(self, tmp_path: Path) -> None:
        places = {
            "first": tmp_path / "auth.json",
            "docker": tmp_path / "home/.docker/config.json",
            "runtime": tmp_path / "run/containers/auth.json",
            "config": tmp_path / "home/.config/containers/auth.json",
        }
        environment = {
            "HOME": str(tmp_path / "home"),
            "REGISTRY_AUTH_FILE": str(places["first"]),
            "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        }
        for user, path in places.items():
            _write(path, {"auths": {"https://r.org/v1/": _auth(user)}})
        for user, path in places.items():
            found = find_credentials(parse_address("r.org/app"), environment).credentials
            assert found is not None
            assert found.username == user
            path.unlink()
        assert find_credentials(parse_address("r.org/app"), environment).credentials is None

    @pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io"])
    def test_docker_hub(self, tmp_path: Path, key: str) -> None:
        _write(tmp_path / "config.json", {"auths": {key: _auth("me")}})
        environment = {"DOCKER_CONFIG": str(tmp_path)}
        found = find_credentials(parse_address("nginx"), environment).credentials
        assert found is not None
        assert found.username == "me"

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            ("{", "is not valid JSON"),
            ({"auths": {"r.org": {"auth": "!!"}}}, "the entry for 'r.org' is malformed"),
        ],
    )
    def test_a_broken_file_is_named(self, tmp_path: Path, document: object, words: str) -> None:
        _write(tmp_path / "config.json", document)
        found = find_credentials(parse_address("r.org/a"), {"DOCKER_CONFIG": str(tmp_path)})
        assert found.credentials is None
        assert words in found.troubles[0]
        assert str(tmp_path) in found.troubles[0]

    def test_another_registrys_broken_entry_does_not_count(self, tmp_path: Path) -> None:
        auths = {"other.org": {"auth": "!!"}, "r.org": _auth("me"), "odd.org": 7}
        _write(tmp_path / "config.json", {"auths": auths})
        found = find_credentials(parse_address("r.org/a"), {"DOCKER_CONFIG": str(tmp_path)})
        assert found.credentials is not None
        assert not found.troubles

    def test_the_file_that_the_user_names_ought_to_be_there(self, tmp_path: Path) -> None:
        environment = {"REGISTRY_AUTH_FILE": str(tmp_path / "gone.json")}
        found = find_credentials(parse_address("r.org/a"), environment)
        assert "gone.json (REGISTRY_AUTH_FILE) is not there" in found.troubles[0]
