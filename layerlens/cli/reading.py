"""From arguments and the environment to how an image is read."""

from __future__ import annotations

import argparse
import os
import sys
from typing import BinaryIO

from layerlens.errors import UsageError
from layerlens.image.manifest import parse_platform
from layerlens.layers.known import KnownLayers
from layerlens.layers.limits import MAX_LAYER
from layerlens.sources.image import ReadOptions, RegistryAccess

_TERMINAL = "/dev/tty"


def read_options(arguments: argparse.Namespace, stdin: BinaryIO | None = None) -> ReadOptions:
    """What the command line asks for.

    ``stdin`` is what ``-`` reads where that is not this process's own stdin.
    Raises :class:`UsageError`.
    """
    if arguments.image == "-" and stdin is None:
        stdin = own_stdin()
    return ReadOptions(
        verify=arguments.verify,
        max_layer=arguments.max_layer_size or MAX_LAYER,
        platform=parse_platform(arguments.platform) if arguments.platform else None,
        select=arguments.select,
        cache=open_cache(arguments),
        via=arguments.via,
        tocs=not arguments.no_toc,
        registry=RegistryAccess(
            insecure=arguments.insecure,
            ca_file=arguments.ca_file,
            environment=dict(os.environ),
        ),
        stdin=stdin,
        certain=getattr(arguments, "certain", frozenset()),
    )


def open_cache(arguments: argparse.Namespace) -> KnownLayers | None:
    """The layer cache, unless it is not wanted."""
    if arguments.no_cache:
        return None
    from layerlens.cache.layers import DEFAULT_LIMIT, LayerCache
    from layerlens.cache.location import default_directory

    directory = os.path.abspath(arguments.cache_dir or default_directory(os.environ))
    return LayerCache(directory, limit=arguments.cache_size or DEFAULT_LIMIT)


def own_stdin() -> BinaryIO:
    """This process's stdin as bytes.  Raises :class:`UsageError` where it is a terminal."""
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("there is no stdin", hint="pipe an image into it")
    if sys.stdin.isatty():
        raise UsageError(
            "stdin is a terminal, not an image",
            hint="pipe one into it, such as docker save IMAGE | layerlens -",
        )
    return sys.stdin.buffer


def stdin_beside_terminal() -> BinaryIO | None:
    """Make the terminal this process's stdin, for keys; gives what was stdin before.

    ``None``, with nothing changed, where there is no controlling terminal.
    """
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR)
    except OSError:
        return None
    own_stdin()
    before = os.dup(0)
    os.dup2(terminal, 0)
    os.close(terminal)
    return open(before, "rb", buffering=0)
