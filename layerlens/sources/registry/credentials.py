"""Credentials for a registry, from the files and helpers of Docker and podman.

Files in order: ``$REGISTRY_AUTH_FILE``, Docker's ``config.json``,
``$XDG_RUNTIME_DIR/containers/auth.json``, ``~/.config/containers/auth.json``
(containers-auth.json(5): the longest of ``host/namespace/repository`` wins).

A file that cannot be read, or a helper that is missing, fails, hangs or
answers nonsense, is no reason to stop: the registry may be readable without a
login.  It is told as a trouble, which becomes a note, and stands in the error
where the registry does ask for a login.  What a helper prints is never shown,
since it may be a secret.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerlens.errors import ImageError
from layerlens.image.jsondoc import parse_object, text_map, text_or_none
from layerlens.opening import open_to_read
from layerlens.sources.registry.address import HUB, HUB_CREDENTIALS, Address

MAX_FILE = 4 << 20
"""Largest file of credentials, in bytes."""

MAX_ANSWER = 1 << 20
"""Longest answer of a helper, in bytes."""

_HELPER_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_TOKEN_USER = "<token>"  # noqa: S105 - the word by which helpers announce an identity token
_NOT_FOUND = (b"credentials not found", b"not found in native keychain")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a registry; only ``origin`` (file or helper) may be shown."""

    origin: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """Credentials or none, and what went wrong in looking for them."""

    credentials: Credentials | None = None
    troubles: tuple[str, ...] = ()


class _TroubleError(Exception):
    """One place that cannot be asked; its text can be shown."""


def find_credentials(
    address: Address, environment: Mapping[str, str], helper_seconds: float = 20.0
) -> Found:
    """The first credentials that fit, never raising; see the head of this module."""
    troubles: list[str] = []
    for path, insisted in _files(environment):
        try:
            document = _document(path, insisted=insisted)
            if document is None:
                continue
            found = _from_helpers(document, address, environment, helper_seconds)
            found = found or _from_auths(document, address, path)
        except _TroubleError as trouble:
            troubles.append(str(trouble))
            continue
        if found is not None:
            return Found(found, tuple(troubles))
    return Found(None, tuple(troubles))


def _files(environment: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Paths in order, and whether the user named the file, so that it ought to be there."""
    home = environment.get("HOME") or environment.get("USERPROFILE") or ""
    files: list[tuple[str, bool]] = []
    if named := environment.get("REGISTRY_AUTH_FILE"):
        files.append((named, True))
    docker = environment.get("DOCKER_CONFIG") or (os.path.join(home, ".docker") if home else "")
    if docker:
        files.append((os.path.join(docker, "config.json"), False))
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        files.append((os.path.join(runtime, "containers", "auth.json"), False))
    configs = environment.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    if configs:
        files.append((os.path.join(configs, "containers", "auth.json"), False))
    return files


def _document(path: str, *, insisted: bool) -> dict[str, Any] | None:
    try:
        with open_to_read(path) as file:
            data = file.read(MAX_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if insisted:
            raise _TroubleError(f"{path} (REGISTRY_AUTH_FILE) is not there") from error
        return None
    except OSError as error:
        raise _TroubleError(f"{path} cannot be read: {error.strerror or error}") from error
    if not data.strip():
        return None  # podman makes empty ones
    try:
        return parse_object(data, path, MAX_FILE)
    except ImageError as error:
        raise _TroubleError(error.what) from error


# --------------------------------------------------------------------------- in the file


def _keys(address: Address) -> list[str]:
    """Names under which credentials may stand, the most exact first."""
    parts = address.repository.split("/")
    prefixes = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
    keys = [f"{address.registry}/{prefix}" for prefix in prefixes]
    if address.registry == HUB:
        return [*keys, HUB_CREDENTIALS, HUB, "index.docker.io", address.api_host]
    return [*keys, address.registry]


def _from_auths(document: dict[str, Any], address: Address, path: str) -> Credentials | None:
    auths = document.get("auths")
    if not isinstance(auths, dict):
        return None
    for key in _keys(address):
        found = _entry(auths.get(key), key, path)
        if found is not None:
            return found
    # Old entries are addresses: https://host/v1/ stands for the host.
    for key, value in auths.items():
        if "://" in key and key.split("://", 1)[1].split("/", 1)[0] == address.registry:
            found = _entry(value, key, path)
            if found is not None:
                return found
    return None


def _entry(entry: object, key: str, path: str) -> Credentials | None:
    if not isinstance(entry, dict) or not entry:
        return None
    if bearer := text_or_none(entry.get("registrytoken")):
        return Credentials(path, bearer=bearer)
    import docker.auth  # late: it brings the whole SDK, and most images need no login

    username = text_or_none(entry.get("username")) or ""
    password = text_or_none(entry.get("password")) or ""
    try:
        # One at a time: a broken entry of another registry must not count.
        found = docker.auth.parse_auth({key: entry}, raise_on_error=True).get(key) or {}
    except Exception as error:
        raise _TroubleError(f"{path}: the entry for {key!r:.100} is malformed") from error
    if token := text_or_none(found.get("IdentityToken")):
        return Credentials(path, identity_token=token)
    username = text_or_none(found.get("username")) or username
    password = text_or_none(found.get("password")) or password
    return Credentials(path, username, password) if username else None


# --------------------------------------------------------------------------- helpers


def _from_helpers(
    document: dict[str, Any], address: Address, environment: Mapping[str, str], seconds: float
) -> Credentials | None:
    helpers = text_map(document.get("credHelpers"))
    names = [key for key in _keys(address) if key in helpers]
    suffix = helpers[names[0]] if names else text_or_none(document.get("credsStore"))
    if not suffix:
        return None
    return ask_helper(suffix, address.credentials_key, environment, seconds)


def ask_helper(
    suffix: str, server: str, environment: Mapping[str, str], seconds: float
) -> Credentials | None:
    """What ``docker-credential-SUFFIX get`` has for a server, ``None`` where it has nothing.

    Docker's SDK can run helpers, too, but waits for ever, and warns on stderr.
    """
    program = f"docker-credential-{suffix}"
    if _HELPER_NAME.fullmatch(suffix) is None:
        raise _TroubleError(f"the credential helper {program!r:.150} is not a program's name")
    found = shutil.which(program, path=environment.get("PATH"))
    if found is None:
        raise _TroubleError(f"the credential helper {program} is not installed, or not in PATH")
    answer, code = _run(program, found, server, environment, seconds)
    if code != 0:
        if any(words in answer for words in _NOT_FOUND):
            return None
        raise _TroubleError(f"the credential helper {program} failed with exit code {code}")
    try:
        told = parse_object(answer, "answer", MAX_ANSWER)
    except ImageError as error:
        raise _TroubleError(f"the credential helper {program} does not answer in JSON") from error
    username, secret = told.get("Username"), told.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str):
        raise _TroubleError(f"the credential helper {program} answers without a name and a secret")
    if not username and not secret:
        return None  # docker-credential-pass says so that there is nothing
    if username == _TOKEN_USER:
        return Credentials(program, identity_token=secret)
    return Credentials(program, username, secret)


def _run(
    program: str, path: str, server: str, environment: Mapping[str, str], seconds: float
) -> tuple[bytes, int]:
    """Run a helper within its time; it is killed with all that it has started."""
    late = threading.Event()
    try:
        process = subprocess.Popen(  # noqa: S603 - the program that the user has configured
            [path, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise _TroubleError(
            f"the credential helper {program} cannot be started: {error.strerror or error}"
        ) from error

    def expire() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(OSError):  # it may have ended without reading
                process.stdin.write(server.encode())
                process.stdin.close()
            answer = process.stdout.read(MAX_ANSWER + 1)
            if len(answer) > MAX_ANSWER:
                _kill(process)
            code = process.wait()
    except BaseException:
        _kill(process)
        raise
    finally:
        timer.cancel()
        timer.join()
    if late.is_set():
        raise _TroubleError(
            f"the credential helper {program} did not answer within {seconds:g} seconds"
        )
    if len(answer) > MAX_ANSWER:
        raise _TroubleError(f"the credential helper {program} answers without end")
    return answer, code


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
