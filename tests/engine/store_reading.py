"""The same image from an engine's own files and from an archive, to be compared whole."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from layerlens.layers.reader import LayerRead, Origin
from layerlens.outputs.json_report import write_json
from layerlens.pipeline import analyse_image
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.path import open_path
from tests import members as m
from tests.archives import Image as Written
from tests.unit.layers.reading import columns

DOCKERFILE = """\
FROM {base}
RUN mkdir -p /srv/app/deep && echo one > /srv/app/one && echo two > /srv/app/two \\
 && ln /srv/app/one /srv/app/other-name && ln -s one /srv/app/link \\
 && chmod 4755 /srv/app/two && mkfifo /srv/app/pipe && touch -d 1960-01-01 /srv/app/old \\
 && truncate -s 3M /srv/app/sparse && head -c 300000 /dev/urandom > /srv/app/noise
RUN chmod 700 /srv/app/noise && mv /srv/app/deep /srv/app/deeper && rm /srv/app/two
RUN n=$(printf 'n%.0s' $(seq 200)) && mkdir -p /srv/$n/$n && echo long > /srv/$n/$n/$n \\
 && ln -s /srv/$n/$n/$n /srv/$n/link && printf 'x' > "/srv/$(printf 'caf\\303\\251 \\377')"
RUN rm -rf /srv/app && mkdir /srv/app && echo new > /srv/app/one && touch /usr/bin/env
RUN ln /usr/bin/env /srv/hard && echo more >> /etc/os-release
"""
"""What builders do to files, each in a way of its own."""


def odd_image() -> Written:
    """Layers that no builder here makes: extended attributes, devices, old and long names."""
    lower = (
        m.directory("d"),
        m.file("d/x", b"x" * 700, pax=[("SCHILY.xattr.user.note", "hello"), ("mtime", "1.25")]),
        m.file("d/" + "p" * 150 + "/" + "q" * 150, b"long"),
        m.file("d/owner", b"o", uid=70000, gid=3_000_000, pax=[("uid", "70000"), ("gid", "3000000")]),
        m.char("d/null", 1, 3),
        m.fifo("d/pipe"),
        m.file("./dotted//name", b"dots"),
        m.file("d/empty"),
        m.hardlink("d/again", "d/x"),
    )  # fmt: skip
    upper = (m.whiteout("d/owner"), m.directory("d", 0o711), m.file("d/x", b"x" * 700, mode=0o600))
    return Written((m.layer(*lower), m.layer(*upper)), tag="odd:1")


def analysis_of(image: Image) -> tuple[list[LayerRead], dict[str, Any]]:
    """What was read, and all that is said of it but for where it lay."""
    image.reference, image.source, image.tags, image.digest = "image", "a place", (), None
    image.annotations = {}
    image.base_candidates = tuple  # an archive knows of no others
    reads = image.read(ReadOptions())
    stream = io.BytesIO()
    write_json(analyse_image(image), stream)
    document = json.loads(stream.getvalue())
    assert isinstance(document, dict)
    return reads, document


def same_as_archive(image: Image, archive: Path) -> None:
    """Compare an image of an engine's store with the archive that the engine makes of it."""
    other = open_path(str(archive), ReadOptions())
    try:
        reads, document = analysis_of(image)
        expected_reads, expected = analysis_of(other)
        same_columns(reads, expected_reads)
        for layer in expected["layers"]:  # not read through, and stored as it is
            assert layer["digest"] is None
            layer["digest"] = layer["diff_id"]
            layer["read"] = "tar-split"
        assert document == expected
        same_contents(image, reads, other)
    finally:
        image.close()
        other.close()


def same_columns(reads: list[LayerRead], expected: list[LayerRead]) -> None:
    """Everything but hashes is the same."""
    assert [read.origin for read in reads] == [Origin.TAR_SPLIT] * len(reads)
    for read, expected_read in zip(reads, expected, strict=True):
        assert columns(read.table) == columns(expected_read.table)
        assert read.compressed_size == expected_read.table.tar_size


def same_contents(image: Image, reads: list[LayerRead], other: Image) -> None:
    """Every content of the store is the one in the archive."""
    compared = 0
    for layer, read in enumerate(reads):
        table = read.table
        for i, size in enumerate(table.sizes):
            pieces = image.store.content(image.layers[layer].name, table, i) if size else None
            if pieces is None:
                assert not size, table.names[i]
                continue
            assert b"".join(pieces) == b"".join(other.stored_content(layer, i)), table.names[i]
            compared += 1
    assert compared
