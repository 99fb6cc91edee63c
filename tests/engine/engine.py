"""A private Docker Engine for the tests and for the sample images.

It listens on its own socket, keeps its images in its own directory, touches
neither bridge nor firewall, and goes away without a trace.  It needs root, and
the packages ``docker.io`` and ``mmdebstrap`` of Debian (or another ``dockerd``).

    python tests/engine/engine.py start DIRECTORY     prints the address for DOCKER_HOST
    python tests/engine/engine.py stop DIRECTORY
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

BASE_IMAGE = "debian-min:bookworm"
"""The image every sample starts from: Debian's smallest root filesystem."""

_SETTINGS = {
    "etc/apt/apt.conf.d/docker-no-languages": 'Acquire::Languages "none";',
    "etc/dpkg/dpkg.cfg.d/docker-apt-speedup": "force-unsafe-io",
}
"""As in Debian's own image: no translations beside apt's lists, no flush after each file."""

_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_DISK_BYTES = 60 * 10**9
_START_SECONDS = 90.0
_STOP_SECONDS = 60.0
_SOCKET_PATH_LIMIT = (
    100  # sockaddr_un has 108 bytes, and dockerd makes names a little longer than ours
)


class EngineError(Exception):
    """The private engine cannot be started, or a command on it failed."""


def missing_parts() -> str | None:
    """What keeps this machine from running a private engine, or ``None``."""
    if sys.platform != "linux":
        return "a private Docker Engine needs Linux"
    if os.geteuid() != 0:
        return "a private Docker Engine needs root"
    for program, package in (("dockerd", "docker.io"), ("docker", "docker.io")):
        if _program(program) is None:
            return f"{program} is missing (Debian: apt-get install {package})"
    return None


def _program(name: str) -> str | None:
    """The distribution's own program first: another ``docker`` may shadow it on the path."""
    for folder in ("/usr/bin", "/usr/sbin"):
        if os.access(f"{folder}/{name}", os.X_OK):
            return f"{folder}/{name}"
    return shutil.which(name)


class Engine:
    """One private engine in one directory, which must have a short path."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.socket = self.directory / "docker.sock"
        self._pid_file = self.directory / "pid"
        self._log = self.directory / "log"
        self._process: subprocess.Popen[bytes] | None = None
        if len(os.fsencode(self.socket)) > _SOCKET_PATH_LIMIT:
            raise EngineError(f"{self.socket}: too long for a socket, choose a shorter directory")

    @property
    def host(self) -> str:
        """The address, as DOCKER_HOST wants it."""
        return f"unix://{self.socket}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment for commands that shall speak to this engine and to no other."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("DOCKER_")},
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.directory / "client"),  # no contexts or logins of the user
        }

    # ------------------------------------------------------------------ life

    def start(self, *, outlive_caller: bool = False) -> None:
        """Start it and wait until it answers.

        It ends with the thread that started it, even when that is killed,
        unless ``outlive_caller`` is set.
        """
        missing = missing_parts()
        if missing is not None:
            raise EngineError(missing)
        self.directory.mkdir(parents=True, exist_ok=True)
        if not outlive_caller:
            self._mount_disk()
        command = [
            str(_program("dockerd")),
            "--iptables=false",
            "--bridge=none",
            "--storage-driver=overlay2",
            f"--data-root={self.directory / 'data'}",
            f"--exec-root={self.directory / 'exec'}",
            f"--host={self.host}",
            f"--pidfile={self._pid_file}",
            # Should a containerd of the system be running, its namespaces stay ours alone.
            "--containerd-namespace=layerlens-tests",
            "--containerd-plugins-namespace=layerlens-tests-plugins",
        ]
        guard = _program("setpriv")
        if guard is not None and not outlive_caller:
            command = [guard, "--pdeathsig", "TERM", *command]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                raise EngineError(f"dockerd ended at once:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise EngineError(f"dockerd does not answer:\n{self._log_tail()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it and its containerd, by process id, and release what it has mounted."""
        pid = self._pid()
        if pid is not None:
            children = _descendants(pid)
            _end(pid, _STOP_SECONDS)
            for child in children:  # gone already, unless dockerd was ended roughly
                _end(child, 5.0)
        if self._process is not None:
            self._process.wait(_STOP_SECONDS)
            self._process = None
        for mount in _mounts_below(self.directory):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)

    def remove(self) -> None:
        """Stop it and delete everything it kept."""
        self.stop()
        # Half a million files: rm needs a fraction of what shutil.rmtree takes.
        subprocess.run(["rm", "-rf", "--", str(self.directory)], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _mount_disk(self) -> None:
        """Put the images on a filesystem in one sparse file, where the machine allows it.

        Half a million files take minutes to delete, that file takes none; and what
        nobody needs after a crash is not flushed while images are built.
        """
        data, disk = self.directory / "data", self.directory / "disk"
        data.mkdir()
        with disk.open("wb") as file:
            file.truncate(min(_DISK_BYTES, shutil.disk_usage(self.directory).free))
        make = ["mkfs.ext4", "-q", "-F", "-m0", "-O^has_journal", "-i8192", "-Elazy_itable_init=1"]
        mount = ["mount", "-oloop,noatime,nobarrier,noinit_itable"]
        for command in ([*make, str(disk)], [*mount, str(disk), str(data)]):
            command[0] = _program(command[0]) or command[0]
            try:
                subprocess.run(command, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                disk.unlink()
                return

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(5.0)
                connection.connect(str(self.socket))
                connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                return connection.recv(64).startswith((b"HTTP/1.0 200", b"HTTP/1.1 200"))
        except OSError:
            return False

    def _pid(self) -> int | None:
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        # The number may have been given to another process since.
        return pid if os.fsencode(self.directory) in command else None

    def _log_tail(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:])

    # ------------------------------------------------------------------ use

    def docker(
        self,
        *arguments: str | Path,
        check: bool = True,
        stdin: IO[bytes] | None = None,
        extra_environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run Docker's own client on this engine; its output is captured as text."""
        result = subprocess.run(
            [str(_program("docker")), *map(str, arguments)],
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            env={**self.environment, **(extra_environment or {})},
            check=False,
        )
        if check and result.returncode != 0:
            shown = " ".join(map(str, arguments))
            raise EngineError(
                f"docker {shown}: exit code {result.returncode}\n"
                f"{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
            )
        return result

    def stream(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Run Docker's own client and read its standard output as a pipe."""
        return subprocess.Popen(
            [str(_program("docker")), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )

    def has(self, image: str) -> bool:
        """Whether the engine knows an image by this name."""
        return self.docker("image", "inspect", image, check=False).returncode == 0

    def import_base(self, cache: Path) -> str:
        """Make :data:`BASE_IMAGE` from a Debian root filesystem, and return its name."""
        if not self.has(BASE_IMAGE):
            changes = [
                'CMD ["/bin/bash"]',
                "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "ENV LANG=C.UTF-8",
            ]
            changes += [f"ENV {key}={value}" for key, value in _network_settings().items()]
            options = [part for change in changes for part in ("--change", change)]
            self.docker("import", *options, debian_rootfs(cache), BASE_IMAGE)
        return BASE_IMAGE


def _network_settings() -> dict[str, str]:
    """How builds reach package registries: as this machine does, with its certificates."""
    certificates = str(_CA_BUNDLE)
    settings = dict.fromkeys(
        ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "PIP_CERT", "REQUESTS_CA_BUNDLE"), certificates
    )
    for name in (
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "NPM_CONFIG_REGISTRY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    ):
        if name in os.environ:
            settings[name] = os.environ[name]
    return settings


def cache_directory() -> Path:
    """Where root filesystems are kept between runs; LAYERLENS_TEST_CACHE moves it."""
    chosen = os.environ.get("LAYERLENS_TEST_CACHE")
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "layerlens-tests"


def debian_rootfs(cache: Path) -> Path:
    """A Debian root filesystem as a tar, made by mmdebstrap once per cache directory."""
    archive = cache / "debian-bookworm.tar"
    if archive.exists():
        return archive
    program = _program("mmdebstrap")
    if program is None:
        raise EngineError("mmdebstrap is missing (Debian: apt-get install mmdebstrap)")
    cache.mkdir(parents=True, exist_ok=True)
    partial = cache / f"{archive.name}.{os.getpid()}.tar"
    command = [program, "--quiet", "--variant=minbase", "--include=ca-certificates"]
    for path, line in _SETTINGS.items():
        command.append(f"--customize-hook=echo '{line}' > \"$1/{path}\"")
    if _CA_BUNDLE.exists():
        # npm and pip inside a build shall trust what this machine trusts.
        command.append(f"--customize-hook=copy-in {_CA_BUNDLE} {_CA_BUNDLE.parent}")
    result = subprocess.run(
        [*command, "bookworm", str(partial)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        partial.unlink(missing_ok=True)
        raise EngineError(f"mmdebstrap: exit code {result.returncode}\n{result.stderr[-3000:]}")
    partial.rename(archive)
    return archive


# ---------------------------------------------------------------------- processes and mounts


def _descendants(pid: int) -> list[int]:
    """All processes below one, nearest first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text(errors="replace")
            except OSError:
                continue
            # The name stands in brackets and may hold blanks; the parent is the second field after.
            parents.setdefault(int(status.rpartition(")")[2].split()[1]), []).append(
                int(entry.name)
            )
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _end(pid: int, seconds: float) -> None:
    """Ask a process to end, wait, and insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _alive(pid):
                return
            time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return not status.rpartition(")")[2].split()[0].startswith("Z")


def _mounts_below(directory: Path) -> list[str]:
    """Mount points inside a directory, innermost first."""
    points = [
        line.split(" ")[1].encode().decode("unicode_escape")
        for line in Path("/proc/self/mounts").read_text().splitlines()
    ]
    return sorted((p for p in points if p.startswith(f"{directory}/")), key=len, reverse=True)


# ---------------------------------------------------------------------- the command


def main(arguments: Sequence[str] | None = None) -> int:
    """Start or stop an engine that outlives the command."""
    parser = argparse.ArgumentParser(description="a private Docker Engine for tests and samples")
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("directory", type=Path)
    parser.add_argument("--base", action="store_true", help=f"also import {BASE_IMAGE}")
    parser.add_argument("--cache", type=Path, help="where the root filesystem is kept")
    chosen = parser.parse_args(arguments)
    try:
        engine = Engine(chosen.directory)
        if chosen.action == "stop":
            engine.remove()
            return 0
        engine.start(outlive_caller=True)
        if chosen.base:
            engine.import_base(chosen.cache or cache_directory())
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{engine.host}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
