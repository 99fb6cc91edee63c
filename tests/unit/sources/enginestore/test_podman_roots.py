"""Where podman keeps images, by its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerlens.errors import UnfitStoreError
from layerlens.sources.enginestore.podman_roots import podman_roots


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def system(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "storage.conf"


def roots(system: Path, uid: int = 1000, **environment: str) -> tuple[str, ...]:
    return podman_roots(environment, uid, system_files=(str(system),), system_root="/var/system")


def test_without_any_configuration(system: Path) -> None:
    assert roots(system, 0, HOME="/root") == ("/var/system",)
    assert roots(system, HOME="/home/me") == ("/home/me/.local/share/containers/storage",)
    assert roots(system, HOME="/home/me", XDG_DATA_HOME="/data") == ("/data/containers/storage",)
    assert roots(system) == ()


def test_the_systems_configuration(system: Path) -> None:
    write(
        system,
        '[storage]\ndriver = "overlay"\ngraphroot = "/srv/store"\n'
        'rootless_storage_path = "/srv/users/$UID"\n'
        '[storage.options]\nadditionalimagestores = ["/mnt/shared", 7, ""]\n',
    )
    assert roots(system, 0) == ("/srv/store", "/mnt/shared")
    # Of the system's file only the one setting is meant for users.
    assert roots(system, HOME="/home/me") == ("/srv/users/1000",)


def test_a_users_configuration(system: Path, tmp_path: Path) -> None:
    write(system, '[storage]\ngraphroot = "/srv/store"\n')
    home = tmp_path / "home"
    own = write(
        home / ".config" / "containers" / "storage.conf",
        '[storage]\ngraphroot = "${HOME}/images"\nimagestore = "/fast"\n'
        '[storage.options]\nadditionalimagestores = ["/mnt/shared", "/fast"]\n',
    )
    assert roots(system, HOME=str(home)) == ("/fast", f"{home}/images", "/mnt/shared")
    write(own, '[storage]\nrootless_storage_path = "$HOME/less"\n')
    assert roots(system, HOME=str(home)) == (f"{home}/less",)
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere / "containers" / "storage.conf", '[storage]\ngraphroot = "/x"\n')
    assert roots(system, HOME=str(home), XDG_CONFIG_HOME=str(elsewhere)) == ("/x",)
    assert roots(system, 0, HOME=str(home), XDG_CONFIG_HOME=str(elsewhere)) == ("/x",)
    assert roots(system, 0, HOME=str(home)) == ("/srv/store",)


def test_a_configuration_by_variable(system: Path, tmp_path: Path) -> None:
    write(system, '[storage]\ngraphroot = "/srv/store"\n')
    given = write(tmp_path / "given.conf", '[storage]\ngraphroot = "/given"\n')
    for uid in (0, 1000):
        assert roots(system, uid, HOME="/h", CONTAINERS_STORAGE_CONF=str(given)) == ("/given",)
    with pytest.raises(UnfitStoreError, match="cannot read"):
        roots(system, HOME="/h", CONTAINERS_STORAGE_CONF=str(tmp_path / "none"))


@pytest.mark.parametrize("text", ["[storage", 'graphroot = "\\x"', "\0", "[" * 100_000])
def test_a_broken_configuration(text: str, system: Path) -> None:
    write(system, text)
    with pytest.raises(UnfitStoreError, match="not a TOML file"):
        roots(system, 0)


@pytest.mark.parametrize(
    "text",
    ["", "storage = 7", "[storage]\ngraphroot = 7", "[storage]\noptions = 7",
     "[storage.options]\nadditionalimagestores = 7", '[storage]\ngraphroot = ""',
     '[storage.options]\nadditionalimagestores = ["relative"]'],
)  # fmt: skip
def test_odd_settings_count_as_missing(text: str, system: Path) -> None:
    write(system, text)
    assert roots(system, 0) == ("/var/system",)
