"""Pairs of Dockerfiles: with a fault, and as the finding's fix says.

The content comes from the build context, or from programs that always write
the same (``seq``), so that what differs between the two images is the fault alone.
"""

from __future__ import annotations

import io
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.engine.engine import BASE_IMAGE

MOUNT = "RUN --mount=type=bind,source={0},target=/tmp/{0}"


@dataclass(frozen=True, slots=True)
class Case:
    """One fault and its mending.

    ``rules`` are those of which each alone must predict the whole difference,
    which is ``bytes`` where that is known beforehand; ``ignore`` is the
    ``.dockerignore`` of the mended build.  ``most`` is by how many bytes more than
    predicted the images may differ: what package managers write about what they did.
    """

    name: str
    rules: tuple[str, ...]
    bad: str
    good: str
    bytes: int | None = None
    ignore: str = ""
    buildkit: bool = False
    most: int = 0


def fill(context: Path) -> None:
    """Write what the cases copy: a small application with what should not be in it."""
    source = random.Random(20)  # noqa: S311 - the same bytes every time
    files = {
        **{f"tree/f{number}": 100_000 for number in range(5)},
        "data.bin": 2_000_000,
        "app/main.js": 40_000,
        "app/package.json": 3_000,
        "app/package-lock.json": 30_000,
        "app/.git/objects/pack/pack-1.pack": 300_000,
        "app/.git/index": 5_000,
    }
    for name, size in files.items():
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_bytes(source.randbytes(size))
    (context / "app/.git/HEAD").write_text("ref: refs/heads/main\n")
    (context / "app/package.json").write_text('{"name": "app", "version": "1.0.0"}\n')
    (context / "app/.env").write_text("PAYMENT_KEY=kX93bVn2LqPz7TtWm4Rj\nPORT=3000\n")
    inner = source.randbytes(700_000)
    with tarfile.open(context / "release.tar.gz", "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo("release/program")
        member.size, member.mode = len(inner), 0o755
        archive.addfile(member, io.BytesIO(inner))
    for path in context.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _seq(count: int) -> int:
    """Bytes that ``seq COUNT`` writes."""
    return sum(len(str(number)) + 1 for number in range(1, count + 1))


FROM = f"FROM {BASE_IMAGE}\n"
_NUMBERS = "seq 100000 > /tmp/numbers && wc -l < /tmp/numbers > /srv/count"

CASES = (
    Case(
        "made and deleted",
        ("deleted-later", "mergeable-runs"),
        f"RUN {_NUMBERS}\nRUN rm /tmp/numbers\n",
        f"RUN {_NUMBERS} && rm /tmp/numbers\n",
        _seq(100_000),
    ),
    Case(
        "made and deleted, three steps, one file rewritten on the way",
        ("mergeable-runs",),
        "RUN seq 50000 > /srv/a && seq 60000 > /srv/b\nRUN rm /srv/a\nRUN seq 70000 > /srv/b\n",
        "RUN seq 50000 > /srv/a && seq 60000 > /srv/b && rm /srv/a && seq 70000 > /srv/b\n",
        _seq(50_000) + _seq(60_000),
    ),
    Case(
        "a directory made anew",
        ("directory-made-anew", "mergeable-runs"),
        "RUN mkdir /srv/d && seq 40000 > /srv/d/n\nRUN rm -r /srv/d && mkdir /srv/d && seq 9 > /srv/d/m\n",
        "RUN mkdir /srv/d && seq 40000 > /srv/d/n && rm -r /srv/d && mkdir /srv/d && seq 9 > /srv/d/m\n",
        _seq(40_000),
    ),
    Case(
        "a file that became a link",
        ("file-became-other",),
        "COPY data.bin /srv/data\nRUN ln -sfn /srv/other /srv/data\n",
        "RUN ln -sfn /srv/other /srv/data\n",
        2_000_000,
    ),
    Case(
        "replaced",
        ("replaced-later",),
        "COPY data.bin /srv/data\nCOPY app/main.js /srv/data\n",
        "COPY app/main.js /srv/data\n",
        2_000_000,
    ),
    Case(
        "chmod",
        ("mode-changed-later",),
        "COPY tree /srv/tree\nRUN chmod -R 0700 /srv/tree\n",
        "COPY --chmod=0700 tree /srv/tree\n",
        500_000,
        buildkit=True,
    ),
    Case(
        "chown",
        ("owner-changed-later",),
        "COPY tree /srv/tree\nRUN chown -R 1000:1000 /srv/tree\n",
        "COPY --chown=1000:1000 tree /srv/tree\n",
        500_000,
    ),
    Case(
        "move",
        ("moved-later",),
        "COPY tree /srv/tree\nRUN mv /srv/tree /srv/final\n",
        "COPY tree /srv/final\n",
        500_000,
    ),
    Case(
        "touch",
        ("rewritten-unchanged",),
        "COPY tree /srv/tree\nRUN touch /srv/tree/f1\n",
        "COPY tree /srv/tree\n",
        100_000,
    ),
    Case(
        "hard link",
        ("linked-later",),
        "COPY data.bin /srv/data\nRUN ln /srv/data /srv/name\n",
        "COPY data.bin /srv/data\nRUN ln -s /srv/data /srv/name\n",
        2_000_000,
    ),
    Case(
        "append",
        ("appended-later",),
        "COPY data.bin /srv/data\nRUN echo more >> /srv/data\n",
        f"{MOUNT.format('data.bin')} cp /tmp/data.bin /srv/data && echo more >> /srv/data\n",
        2_000_000,
        buildkit=True,
    ),
    Case(
        "two copies of one tree",
        ("copied-twice",),
        "COPY tree /srv/tree\nCOPY . /srv/\n",
        "COPY . /srv/\n",
        500_000,
    ),
    Case(
        "manifests before the sources",
        ("manifest-copied-twice",),
        "COPY app/package.json app/package-lock.json /app/\nRUN wc -c /app/* > /srv/installed\n"
        "COPY app /app\n",
        "RUN --mount=type=bind,source=app/package.json,target=/app/package.json "
        "--mount=type=bind,source=app/package-lock.json,target=/app/package-lock.json "
        "wc -c /app/* > /srv/installed\nCOPY app /app\n",
        buildkit=True,
    ),
    Case(
        "an archive, unpacked by ADD",
        ("archive-removed-later",),
        "COPY release.tar.gz /tmp/\nRUN tar -xf /tmp/release.tar.gz -C /srv\n"
        "RUN rm /tmp/release.tar.gz\n",
        "ADD release.tar.gz /srv/\n",
    ),
    Case(
        "an archive, unpacked from a mount",
        ("archive-removed-later",),
        "COPY release.tar.gz /tmp/\nRUN tar -xf /tmp/release.tar.gz -C /srv\n"
        "RUN rm /tmp/release.tar.gz\n",
        f"{MOUNT.format('release.tar.gz')} tar -xf /tmp/release.tar.gz -C /srv\n",
        buildkit=True,
    ),
    Case(
        "an archive that stayed",
        ("installers",),
        "COPY release.tar.gz /tmp/\nRUN tar -xf /tmp/release.tar.gz -C /srv\n",
        "ADD release.tar.gz /srv/\n",
    ),
    Case(
        "a repository",
        ("git-directory",),
        "COPY app /app\n",
        "COPY app /app\n",
        305_021,
        ignore="**/.git\n",
    ),
    Case(
        "a file of secrets",
        ("secret-env-file",),
        "COPY app /app\n",
        "COPY app /app\n",
        ignore="**/.env\n",
    ),
    Case(
        "a whole filesystem",
        ("whole-filesystem-copied",),
        f"RUN seq 1000 > /srv/made\n{FROM}COPY --from=0 / /\n",
        f"RUN seq 1000 > /srv/made\n{FROM}COPY --from=0 /srv/made /srv/made\n",
    ),
    Case(
        "all steps in one layer",
        ("squash-gain",),
        "COPY tree /srv/tree\nRUN seq 300000 > /srv/tree/n\nRUN rm /srv/tree/n\n"
        "RUN chmod -R 0700 /srv\n",
        "COPY tree /srv/tree\nRUN seq 300000 > /srv/tree/n\nRUN rm /srv/tree/n\n"
        f"RUN chmod -R 0700 /srv\n{FROM}COPY --from=0 /srv /srv\n",
        _seq(300_000) + 500_000,
    ),
)  # fmt: skip

_TIDY = "rm -rf /var/lib/apt/lists/*"
_CLEAN = f"{_TIDY} && apt-get clean"
_PURGE = "apt-get purge -y --auto-remove"
_INSTALL = "apt-get install -y --no-install-recommends"

PACKAGE_CASES = (
    Case(
        "lists removed in a later step",
        ("mergeable-runs", "deleted-later"),
        f"RUN apt-get update && {_INSTALL} less\nRUN {_TIDY}\n",
        f"RUN apt-get update && {_INSTALL} less && {_TIDY}\n",
    ),
    Case(
        "three steps",
        ("mergeable-runs",),
        f"RUN apt-get update\nRUN {_INSTALL} less\nRUN {_TIDY}\n",
        f"RUN apt-get update && {_INSTALL} less && {_TIDY}\n",
    ),
    Case(
        "lists that stayed",
        ("apt-lists",),
        f"RUN apt-get update && {_INSTALL} less\n",
        f"RUN apt-get update && {_INSTALL} less && {_TIDY}\n",
    ),
    Case(
        "recommended packages",
        ("apt-recommends",),
        f"RUN apt-get update && apt-get install -y git && {_CLEAN}\n",
        f"RUN apt-get update && {_INSTALL} git && {_CLEAN}\n",
        most=300_000,
    ),
    Case(
        "tools purged in a later step",
        ("mergeable-runs",),
        f"RUN apt-get update && {_INSTALL} make && {_CLEAN}\nRUN {_PURGE} make\n",
        f"RUN apt-get update && {_INSTALL} make && {_CLEAN} && {_PURGE} make\n",
    ),
    Case(
        "what a purge alone would have taken along",
        ("packages-purged-later",),
        f"RUN apt-get update && {_INSTALL} make && {_CLEAN}\nRUN {_PURGE} make && {_CLEAN}\n",
        f"RUN apt-get update && {_INSTALL} make && {_CLEAN} && {_PURGE} make && {_CLEAN}\n",
        most=1_500_000,
    ),
)  # fmt: skip
"""Faults of package managers; the mirror may change between two builds, but seldom does."""

FAULTS = (
    "COPY app /app\n"
    "COPY tree /srv/tree\n"
    "RUN chmod -R 0700 /srv/tree\n"
    "RUN chown -R 1000:1000 /srv/tree\n"
    "RUN mv /srv/tree /srv/final\n"
    "COPY release.tar.gz /tmp/\n"
    "RUN tar -xf /tmp/release.tar.gz -C /srv\n"
    "RUN rm /tmp/release.tar.gz\n"
    f"RUN {_NUMBERS}\n"
    "RUN rm /tmp/numbers\n"
    "COPY data.bin /srv/data\n"
    "RUN echo more >> /srv/data\n"
)
"""Many faults at once, some of which concern the same files."""

_UNPACKED = f"{MOUNT.format('release.tar.gz')} tar -xf /tmp/release.tar.gz -C /srv\n"
_APPENDED = f"{MOUNT.format('data.bin')} cp /tmp/data.bin /srv/data && echo more >> /srv/data\n"

COMBINATIONS = (
    Case(
        "all of them",
        ("git-directory", "secret-env-file", "mode-changed-later", "owner-changed-later",
         "moved-later", "archive-removed-later", "deleted-later", "mergeable-runs",
         "appended-later"),
        FAULTS,
        "COPY app /app\n"
        "COPY --chown=1000:1000 --chmod=0700 tree /srv/final\n"
        f"{_UNPACKED}RUN {_NUMBERS} && rm /tmp/numbers\n{_APPENDED}",
        ignore="**/.git\n**/.env\n",
        buildkit=True,
    ),
    Case(
        "the repository, the archive and the mode",
        ("git-directory", "archive-removed-later", "mode-changed-later"),
        FAULTS,
        "COPY app /app\n"
        "COPY --chmod=0700 tree /srv/tree\n"
        "RUN chown -R 1000:1000 /srv/tree\n"
        "RUN mv /srv/tree /srv/final\n"
        f"{_UNPACKED}RUN {_NUMBERS}\nRUN rm /tmp/numbers\n"
        "COPY data.bin /srv/data\nRUN echo more >> /srv/data\n",
        ignore="**/.git\n",
        buildkit=True,
    ),
    Case(
        "only what merged steps save",
        ("mergeable-runs",),
        FAULTS,
        "COPY app /app\n"
        "COPY tree /srv/tree\n"
        "RUN chmod -R 0700 /srv/tree && chown -R 1000:1000 /srv/tree && mv /srv/tree /srv/final\n"
        "COPY release.tar.gz /tmp/\n"
        "RUN tar -xf /tmp/release.tar.gz -C /srv && rm /tmp/release.tar.gz && "
        f"{_NUMBERS} && rm /tmp/numbers\n"
        "COPY data.bin /srv/data\nRUN echo more >> /srv/data\n",
        buildkit=True,
    ),
)  # fmt: skip
"""Several findings of one image mended together."""
