"""Installed Python distributions, as their metadata tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from layerlens.analysis.packages import python
from layerlens.analysis.packages.model import Listed
from layerlens.analysis.packages.pyrecord import bytecode, installed_files, record_files, site_of

SITE = b"usr/lib/python3.11/site-packages"


@dataclass
class Kept:
    """A view of some files."""

    files: Mapping[bytes, bytes]
    problems: list[tuple[bytes, str]] = field(default_factory=list)

    def text(self, path: bytes) -> bytes | None:
        return self.files.get(path)

    def kept(self, matches: Callable[[bytes], object]) -> Iterable[bytes]:
        return [path for path in sorted(self.files) if matches(path)]

    def problem(self, path: bytes, why: str) -> None:
        self.problems.append((path, why))


def read(files: Mapping[bytes, bytes]) -> tuple[dict[str, Listed], Kept]:
    view = Kept(files)
    found = {each.name: each for base in python.read(view) for each in base.packages}
    return found, view


def in_site(info: bytes, **files: bytes) -> dict[bytes, bytes]:
    names = {"META": b"METADATA", "ENTRY": b"entry_points.txt", "URL": b"direct_url.json",
             "PKG": b"PKG-INFO", "REQ": b"requires.txt", "TOP": b"top_level.txt",
             "FILES": b"installed-files.txt"}  # fmt: skip
    return {
        SITE + b"/" + info + b"/" + names.get(key, key.encode()): data
        for key, data in files.items()
    }


def test_a_wheel() -> None:
    found, view = read(
        in_site(
            b"Flask_X-3.1.dist-info",
            META=b"Metadata-Version: 2.4\r\nName: Flask_X\r\nVersion: 3.1\r\n"
            b"License-Expression: BSD-3-Clause\r\nRequires-Dist: Werkzeug>=3.1\r\n"
            b'Requires-Dist: tomli; python_version < "3.11"\r\n\r\nRequires-Dist: not-this\r\n',
            RECORD=b"../../../bin/flask,sha256=x,208\nflask_x/__init__.py,,\n"
            b"flask_x/__pycache__/__init__.cpython-311.pyc,,\nFlask_X-3.1.dist-info/REQUESTED,,\n"
            b"Flask_X-3.1.dist-info/RECORD,,\n",
            INSTALLER=b"pip\n",
            ENTRY=b"[console_scripts]\nflask = flask_x:main\n[x]\nno = y\n",
        )
    )
    listed = found["flask-x"]
    assert (listed.version, listed.licence, listed.manual) == ("3.1", "BSD-3-Clause", True)
    assert listed.requires == ("Werkzeug>=3.1", 'tomli; python_version < "3.11"')
    assert set(listed.files) == {
        b"usr/bin/flask",
        SITE + b"/flask_x/__init__.py",
        SITE + b"/flask_x/__pycache__/__init__.cpython-311.pyc",
        SITE + b"/Flask_X-3.1.dist-info/REQUESTED",
        SITE + b"/Flask_X-3.1.dist-info/RECORD",
    }
    assert listed.details["python"] == "3.11"
    assert listed.details["scripts"] == "flask"
    assert listed.details["modules"] == "flask_x"
    assert (
        listed.details["metadata"]
        == "usr/lib/python3.11/site-packages/Flask_X-3.1.dist-info/METADATA"
    )
    assert not view.problems


def test_one_database_is_one_directory() -> None:
    meta = b"Name: a\nVersion: 1\n"
    view = Kept(
        {
            b"venv/lib/python3.11/site-packages/a-1.dist-info/METADATA": meta,
            SITE + b"/a-1.dist-info/METADATA": meta,
            b"var/task/a-1.dist-info/METADATA": meta,
        }
    )
    assert [base.path for base in python.read(view)] == [
        SITE, b"var/task", b"venv/lib/python3.11/site-packages",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "where",
    [
        b"root/.cache/uv/archive-v0/abc",
        b"opt/conda/pkgs/a-1-py311_0/lib/python3.11/site-packages",
        b"opt/conda/pkgs/a-1-py311_0/site-packages",
        SITE + b"/setuptools/_vendor",
    ],
)
def test_copies_that_no_interpreter_imports_are_no_packages(where: bytes) -> None:
    assert read({where + b"/a-1.dist-info/METADATA": b"Name: a\nVersion: 1\n"})[0] == {}


def test_an_egg_with_its_list_of_files() -> None:
    found, _ = read(
        in_site(
            b"old-2.0-py3.11.egg-info",
            PKG=b"Name: old\nVersion: 2.0\nLicense: UNKNOWN\n"
            b"Classifier: License :: OSI Approved :: MIT License\n",
            FILES=b"../old/__init__.py\n../old/__pycache__/__init__.cpython-311.pyc\nPKG-INFO\n"
            b"../../../../bin/old\n",
            REQ=b'six\n\n[:python_version < "3"]\nfutures>=1\n\n[tls]\nssl ; os_name=="nt"\n'
            b'[x:sys_platform == "win32"]\ncolorama\n',
        )
    )
    listed = found["old"]
    assert {
        b"usr/bin/old", SITE + b"/old/__init__.py", SITE + b"/old-2.0-py3.11.egg-info/PKG-INFO",
    } <= set(listed.files)  # fmt: skip
    assert listed.licence == "MIT License"
    assert listed.manual is None
    assert listed.requires == (
        "six",
        'futures>=1 ; (python_version < "3")',
        'ssl ; (os_name=="nt") and extra == "tls"',
        'colorama ; (sys_platform == "win32") and extra == "x"',
    )


def test_without_a_list_the_top_level_modules_are_its_own_unless_shared() -> None:
    found, _ = read(
        in_site(b"a-1.egg-info", PKG=b"Name: a\nVersion: 1", TOP=b"a\nshared\n")
        | in_site(b"b-1.egg-info", PKG=b"Name: b\nVersion: 1", TOP=b"shared\n../../etc\n")
    )
    assert list(found["a"].directories) == [SITE + b"/a-1.egg-info", SITE + b"/a"]
    assert SITE + b"/a.py" in found["a"].files
    assert list(found["b"].directories) == [SITE + b"/b-1.egg-info"]


def test_a_lone_egg_info_file() -> None:
    found, _ = read({SITE + b"/lone-0.1-py3.11.egg-info": b"Name: lone\nVersion: 0.1\n"})
    assert list(found["lone"].files) == [SITE + b"/lone-0.1-py3.11.egg-info"]
    assert found["lone"].directories == ()


def test_editable_distributions_and_their_sources() -> None:
    url = b'{"url": "https://me:secret@host/x", "dir_info": {"editable": true}}'
    found, _ = read(
        in_site(b"app-1.dist-info", META=b"Name: app\nVersion: 1", URL=url)
        | {
            b"srv/app.egg-info/PKG-INFO": b"Name: app\nVersion: 1",
            b"srv/other.egg-info/PKG-INFO": b"Name: other\nVersion: 1",
            b"srv/other.egg-info/requires.txt": b"flask\n",
        }
    )
    assert found["app"].details["editable"] == "yes"
    assert "source" not in found["app"].details
    assert found["other"].details["source"] == "yes"
    assert (found["other"].requires, found["other"].files) == (("flask",), ())
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        b"",
        b"[]",
        b"null",
        b'{"dir_info": []}',
        b"[" * 100_000,
        b'{"dir_info":{"editable":1}}',
        b"\xff",
    ],
    ids=lambda data: repr(data[:20]),
)
def test_direct_urls_that_say_nothing(url: bytes) -> None:
    assert not python.is_editable(url)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n\n", b"\x00" * 1000, b":" * 1000, b"Name\n", b"Name: ../x\n", b"Name: " + b"a" * 10_000,
     b" folded first\n", b"Requires-Dist: \n" * 100_000, b"\xff\xfe\n", b"Name: a\nName: b\n"], ids=lambda data: repr(data[:20]),
)  # fmt: skip
def test_hostile_metadata_never_raises(data: bytes) -> None:
    found, _ = read(in_site(b"x-1.dist-info", META=data, RECORD=data, ENTRY=data, TOP=data))
    for each in found.values():
        assert len(each.requires) <= python.MAX_REQUIRES
        assert len(each.name) <= python.MAX_TEXT
        assert len(each.version) <= python.MAX_TEXT
    found, _ = read(in_site(b"x-1.egg-info", PKG=data, REQ=data, FILES=data, TOP=data))


def test_the_folder_names_what_metadata_does_not() -> None:
    assert read(in_site(b"Some_Name-4.5.dist-info", META=b""))[0]["some-name"].version == "4.5"
    found, view = read(in_site(b"-.dist-info", META=b""))
    assert not found
    assert view.problems == [(SITE + b"/-.dist-info", "a distribution without a name")]


def test_a_folder_without_metadata_is_no_distribution() -> None:
    assert read(in_site(b"x-1.dist-info", RECORD=b"x.py,,\n"))[0] == {}


# ---------------------------------------------------------------------- RECORD


def test_records_quote_what_they_must() -> None:
    site = site_of(SITE)
    files, lost = record_files(
        b'"a,b.py",sha256=x,1\r\n"say ""hi"".py",,\r\nplain.py,,\r\n"new\nline.py",,\nlast.py,,',
        site,
    )
    assert files == [
        SITE + b"/" + name
        for name in (b"a,b.py", b'say "hi".py', b"plain.py", b"new\nline.py", b"last.py")
    ]
    assert lost == 0


def test_records_cannot_claim_what_lies_outside() -> None:
    files, lost = record_files(
        b"../../../../etc/passwd,,\n/etc/shadow,,\n../../../../../../../x,,\n../../../bin/ok,,\n"
        b"/usr/share/ok,,\n./a/../b.py,,\n..,,\n",
        site_of(SITE),
    )
    assert files == [b"usr/bin/ok", b"usr/share/ok", SITE + b"/b.py", b"usr/lib/python3.11"]
    assert lost == 3
    assert record_files(b"../x,,\nbin/y,,\n", site_of(b"var/task")) == ([b"var/task/bin/y"], 1)
    assert record_files(b"../x,,\ny,,\n", site_of(b"")) == ([b"x", b"y"], 0)


def test_unterminated_quotes_cost_no_time() -> None:
    record_files(b'"aaaa\n' * 200_000, site_of(SITE))
    record_files(b'"' * 1_000_000, site_of(SITE))
    installed_files(b"../" * 300_000, site_of(SITE), SITE + b"/x.egg-info")


@pytest.mark.parametrize(
    ("path", "prefix", "version", "tag"),
    [
        (b"usr/lib/python3/dist-packages", b"usr", "", ""),
        (b"lib/python3.9/site-packages", b"", "3.9", "cpython-39"),
        (b"app/.venv/lib64/python3.13t/site-packages", b"app/.venv", "3.13", "cpython-313t"),
        (b"opt/lib/pypy3.10/site-packages", b"opt", "3.10", "pypy310"),
        (b"var/task", None, "", ""),
        (b"x/site-packages", None, "", ""),
    ],
)
def test_sites(path: bytes, prefix: bytes | None, version: str, tag: str) -> None:
    site = site_of(path)
    assert (site.prefix, site.python, site.tag) == (prefix, version, tag)


def test_bytecode_is_asked_for_where_it_is_not_listed() -> None:
    site = site_of(SITE)
    files = [SITE + b"/m.py", SITE + b"/__pycache__/m.cpython-311.pyc", SITE + b"/d/n.py"]
    assert bytecode(site, files) == [SITE + b"/d/__pycache__/n.cpython-311.pyc"]
    assert bytecode(site, files[:2], ".opt-1") == [SITE + b"/__pycache__/m.cpython-311.opt-1.pyc"]
    assert bytecode(site_of(b"usr/lib/python3/dist-packages"), [b"x.py"]) == []
