"""Images of containerd by name: ``ctr`` tells the digest, the content store has the blobs.

Names are written in containerd's database, which is held open by its daemon
and has no form that others may read.  So containerd's own client is asked, and
only for its list; everything else is read from files.  The same folder serves
``ctr``, ``nerdctl``, Kubernetes (namespace ``k8s.io``) and a Docker Engine with
containerd's image store (``moby``).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from layerlens.errors import SourceError, Where
from layerlens.image.digest import Digest
from layerlens.image.reference import same_name
from layerlens.sources.enginestore.content_store import content_store_image, diff_ids_in
from layerlens.sources.image import Image, ReadOptions

_SECONDS = 20
_MOST_LISTED = 100_000
_MOST_CANDIDATES = 200
"""Other images that are asked whether they are the base."""

Run = Callable[[Sequence[str]], str]
"""Runs a command and gives what it writes; raises :class:`SourceError`."""


@dataclass(frozen=True, slots=True)
class Containerd:
    """One containerd: its socket, its roots, and the namespaces to look through in order."""

    address: str = "/run/containerd/containerd.sock"
    roots: tuple[str, ...] = ("/var/lib/containerd",)
    namespaces: tuple[str, ...] = ("default", "k8s.io", "moby")


_K3S = ("/run/k3s/containerd/containerd.sock", "/var/lib/rancher/k3s/agent/containerd")


def configured(environment: Mapping[str, str]) -> Containerd:
    """The containerd that the caller's variables lead to.

    ``CONTAINERD_ADDRESS`` and ``CONTAINERD_NAMESPACE`` mean what they mean to
    ``ctr`` and ``nerdctl``.  The root cannot be asked for: the usual ones are
    tried (the system's, k3s's, a rootless one's), and only that counts which
    holds the image's digest.
    """
    usual = Containerd()
    namespace = environment.get("CONTAINERD_NAMESPACE")
    home = environment.get("HOME")
    data = environment.get("XDG_DATA_HOME") or (f"{home}/.local/share" if home else None)
    return Containerd(
        address=environment.get("CONTAINERD_ADDRESS", "").removeprefix("unix://") or usual.address,
        roots=(*usual.roots, _K3S[1], *((f"{data}/containerd",) if data else ())),
        namespaces=(namespace,) if namespace else usual.namespaces,
    )


def open_containerd(
    name: str,
    options: ReadOptions,
    *,
    containerd: Containerd,
    reference: str | None = None,
    run: Run | None = None,
) -> Image:
    """The image of a name, or of the digest of a manifest or index, in a containerd.

    ``nginx`` means ``docker.io/library/nginx:latest`` here as anywhere.  Raises
    :class:`SourceError` where ``ctr`` is missing, containerd does not answer,
    or there is no such image; :class:`UnfitStoreError` where its content
    cannot be read.
    """
    reference = reference or name
    try:
        target = Digest.parse(name)
    except ValueError:
        pass
    else:
        return content_store_image(containerd.roots, target, options, reference=reference)
    run = run or _run
    reason: SourceError | None = None
    for namespace in containerd.namespaces:
        try:
            listed = _listed(run, containerd.address, namespace)
        except SourceError as error:
            reason = error
            break  # it would say the same of every namespace
        found = _find(listed, name)
        if found is None:
            continue
        image = content_store_image(
            containerd.roots, found[1], options, reference=reference, name=found[0]
        )
        image.base_candidates = partial(_others, listed, found, containerd.roots, options)
        return image
    raise reason or SourceError(
        f"no image {name!r:.200} in containerd at {containerd.address}, namespaces"
        f" {', '.join(containerd.namespaces)}",
        hint="ctr --namespace NAME images ls lists what is there; "
        "CONTAINERD_NAMESPACE chooses another namespace",
    )


def _find(listed: Sequence[tuple[str, Digest]], name: str) -> tuple[str, Digest] | None:
    """The image of a name: first as it is written, then as it is meant."""
    repository, at, text = name.partition("@")
    if at:
        return next(
            (
                (own, digest)
                for own, digest in listed
                if str(digest) == text
                and same_name(f"{_repository(own)}:x", f"{_repository(repository)}:x")
            ),
            None,
        )
    for test in (str.__eq__, same_name):
        for image in listed:
            if test(image[0], name):
                return image
    return None


def _repository(name: str) -> str:
    name = name.partition("@")[0]
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


def _listed(run: Run, address: str, namespace: str) -> list[tuple[str, Digest]]:
    """Names and digests of the images in a namespace.

    Each line of the list begins with name, media type and digest.
    """
    text = run(["ctr", "--address", address, "--namespace", namespace, "images", "list"])
    found = []
    for line in text.splitlines()[1:_MOST_LISTED]:
        fields = line.split(maxsplit=3)
        if len(fields) < 3:
            continue
        try:
            found.append((fields[0], Digest.parse(fields[2])))
        except ValueError:
            continue
    return found


def _others(
    listed: Sequence[tuple[str, Digest]],
    chosen: tuple[str, Digest],
    roots: Sequence[str],
    options: ReadOptions,
) -> list[tuple[str, tuple[Digest, ...]]]:
    """Other images of the namespace, of which one may be the base: names and layers."""
    return [
        (name, diff_ids)
        for name, digest in listed[:_MOST_CANDIDATES]
        if digest != chosen[1]
        for diff_ids in diff_ids_in(roots, digest, options)
    ]


def _run(command: Sequence[str]) -> str:
    """Run ``ctr``, which needs no shell and must answer soon."""
    address = command[2]
    where = Where(file=address)
    try:
        os.stat(address)
    except FileNotFoundError as error:  # ctr would wait ten seconds for it
        raise SourceError(
            "there is no containerd at this address",
            where=where,
            hint="start it, or set CONTAINERD_ADDRESS",
        ) from error
    except (OSError, ValueError):
        pass  # ctr says it better
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, its arguments as a list
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise SourceError(
            "ctr, containerd's client, is not installed",
            where=where,
            hint="install it, or save the image to an archive and give its path",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SourceError(
            f"containerd does not answer within {_SECONDS} seconds", where=where
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot run ctr: {error}", where=where) from error
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise SourceError(
            f"ctr says: {said:.500}",
            where=where,
            hint="containerd must run, and its socket is mostly root's: try with sudo, "
            "or set CONTAINERD_ADDRESS",
        )
    return done.stdout.decode("utf-8", "replace")
