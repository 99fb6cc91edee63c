"""How long the path rules take: 100,000 realistic paths against all of them.

python benchmarks/rules.py [COUNT]
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from itertools import islice

from layerlens.analysis.rules.catalogue.by_path import RULE_SET
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft
from tests.builders import Image, file, layer
from tests.judging import Looked

_PLACES = (
    ("usr/lib/python3/dist-packages/{0}/{1}", "module_{2}.py", 20),
    ("usr/local/lib/python3.12/site-packages/{0}/{1}/__pycache__", "m{2}.cpython-312.pyc", 15),
    ("app/node_modules/{0}/node_modules/{1}/lib", "file{2}.js", 20),
    ("app/node_modules/{0}/dist/esm/{1}", "index{2}.d.ts", 10),
    ("usr/share/doc/{0}", "changelog.{2}.gz", 4),
    ("usr/share/locale/de/LC_MESSAGES", "{0}{2}.mo", 3),
    ("usr/share/man/man1", "{0}-{2}.1.gz", 2),
    ("usr/include/{0}/{1}", "part{2}.h", 5),
    ("usr/lib/x86_64-linux-gnu/{0}", "lib{1}.so.{2}", 6),
    ("root/.npm/_cacache/content-v2/sha512/{0}", "{2}", 4),
    ("app/src/{0}/{1}", "component{2}.ts", 6),
    ("usr/local/go/src/{0}/{1}", "file{2}.go", 5),
)
_FILES_OF_A_DIRECTORY = 8


def paths(seed: int = 1) -> Iterator[str]:
    """Names as in large images, without end: eight files in a directory."""
    chance = random.Random(seed)
    words = [f"{chance.getrandbits(28):x}" for _ in range(900)]
    shapes = [(place, name) for place, name, weight in _PLACES for _ in range(weight)]
    for number in range(sys.maxsize):
        place, name = chance.choice(shapes)
        one, other = chance.choice(words), chance.choice(words)
        for k in range(_FILES_OF_A_DIRECTORY):
            yield f"{place}/{name}".format(one, other, number * _FILES_OF_A_DIRECTORY + k)


def context(count: int) -> Context:
    """A context with so many files, its files and homes known already."""
    image = Image([layer(*(file(path, b"x") for path in islice(paths(), count)))], ["COPY . /"])
    found = Looked(image, 0).context
    assert len(found.files.paths) == count
    assert found.homes
    return found


def main(count: int) -> None:
    """Print the best of five."""
    ready = context(count)
    times = []
    drafts: list[Draft] = []
    for _ in range(5):
        start = time.perf_counter()
        drafts = [draft for check in RULE_SET.checks for draft in check(ready)]
        times.append(time.perf_counter() - start)
    named = sum(len(draft.versions) for draft in drafts)
    print(f"{count} paths, {len(RULE_SET.rules)} rules: {min(times):.3f} s, {named} names flagged")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
