"""Names of Python distributions that are for development, not for running an application."""

from __future__ import annotations

from fnmatch import fnmatchcase


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SURE = _names(
    """
    pytest nose nose2 coverage hypothesis tox nox mock respx requests-mock httpretty vcrpy moto
    factory-boy freezegun time-machine testcontainers syrupy schemathesis mutmut
    mypy pyright pytype pyre-check black ruff flake8 pylint isort autopep8 yapf pycodestyle
    pydocstyle pyflakes bandit pip-audit vulture radon pyupgrade autoflake codespell interrogate
    django-stubs pudb ipdb snakeviz sphinx mkdocs pdoc twine pip-tools pre-commit commitizen
    bump2version towncrier
    """
)
"""Nobody imports these to serve anything."""

_LIKELY = _names(
    """
    responses faker selenium playwright locust behave robotframework safety
    ipython debugpy ipykernel jupyter jupyterlab notebook jupyter-client jedi python-lsp-server
    line-profiler memory-profiler py-spy scalene build setuptools-scm pipenv poetry pdm hatch flit
    uv virtualenv cookiecutter cython scikit-build-core meson ninja pybind11 nuitka pyinstaller
    """
)
"""Usually for development, but some applications are made of them."""

_SURE_PATTERNS = ("pytest-*", "flake8-*", "sphinx-*", "mkdocs-*", "types-*", "*-stubs")


def is_development_tool(name: str) -> bool:
    """Whether a distribution is for development by its (normalised) name."""
    return name in _LIKELY or is_surely_development(name)


def is_surely_development(name: str) -> bool:
    """Likewise, and hardly ever for anything else."""
    return name in _SURE or any(fnmatchcase(name, pattern) for pattern in _SURE_PATTERNS)
