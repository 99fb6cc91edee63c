"""How the tests reach the npm registry."""

from __future__ import annotations

from pathlib import Path

from tests.nodejs import npm_settings


def test_the_environment_goes_before_the_users_file(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(
        "; a comment\nregistry=https://one.example/${TEAM}/\ncafile = /etc/ca.pem\n"
    )
    home = {"HOME": str(tmp_path), "TEAM": "web"}
    found = npm_settings(home)
    assert found["registry"] == "https://one.example/web/"
    assert found["cafile"] == "/etc/ca.pem"
    found = npm_settings({**home, "NPM_CONFIG_REGISTRY": "https://two.example"})
    assert found["registry"] == "https://two.example"
    assert found["cafile"] == "/etc/ca.pem"
