"""Findings about packages of Composer and Bundler."""

from __future__ import annotations

import json
from typing import Any

from layerlens.analysis.rules.catalogue import php_ruby
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence
from tests.builders import Image, file, layer
from tests.judging import Looked


def found(*layers: bytes, **settings: Any) -> dict[str, list[Finding]]:
    image = Image(list(layers), ["RUN x"] * len(layers), settings=settings)
    return Looked(image, 0).findings([php_ruby.RULE_SET])


def installed(*packages: dict[str, Any], dev: list[str]) -> bytes:
    document = {"packages": list(packages), "dev": True, "dev-package-names": dev}
    return layer(
        file("app/vendor/composer/installed.json", json.dumps(document)),
        file("app/vendor/a/b/src/A.php", b"a" * 100),
        file("app/vendor/phpunit/phpunit/src/T.php", b"t" * 3000),
        file("app/vendor/phpunit/timer/src/T.php", b"t" * 40),
    )


PACKAGES = (
    {"name": "a/b", "version": "1.0", "install-path": "../a/b"},
    {
        "name": "phpunit/phpunit", "version": "10", "install-path": "../phpunit/phpunit",
        "bin": ["phpunit"], "require": {"phpunit/timer": "^1"},
    },
    {"name": "phpunit/timer", "version": "1", "install-path": "../phpunit/timer"},
)  # fmt: skip
DEV = ["phpunit/phpunit", "phpunit/timer"]


def test_composer_says_what_is_for_development() -> None:
    (finding,) = found(installed(*PACKAGES, dev=DEV), Cmd=["php-fpm"])["composer-dev-packages"]
    assert finding.bytes == finding.claimed == 3040
    assert finding.confidence is Confidence.CERTAIN
    assert finding.title == ("2 development packages of Composer (phpunit/phpunit, phpunit/timer)")
    assert "--no-dev" in finding.fix


def test_what_the_image_starts_stays() -> None:
    assert found(installed(*PACKAGES, dev=DEV), Cmd=["vendor/bin/phpunit"]) == {}


def gems(**settings: Any) -> dict[str, list[Finding]]:
    spec = 'Gem::Specification.new do |s|\n  s.name = "{}"\n  s.version = "1.0"\n{}end\n'
    lock = (
        "GEM\n  specs:\n    rack (1.0)\n    rspec (1.0)\n      diff-lcs\n    diff-lcs (1.0)\n\n"
        "DEPENDENCIES\n  rack\n  rspec\n"
    )
    home = "usr/local/bundle"
    commands = {"rspec": '  s.executables = ["rspec"]\n  s.add_runtime_dependency(%q<diff-lcs>)\n'}
    return found(
        layer(
            file("app/Gemfile", 'gem "rack"\ngroup :test do\n  gem "rspec"\nend\n'),
            file("app/Gemfile.lock", lock),
            *(
                file(
                    f"{home}/specifications/{name}-1.0.gemspec",
                    spec.format(name, commands.get(name, "")),
                )
                for name in ("rack", "rspec", "diff-lcs")
            ),
            *(
                file(f"{home}/gems/{name}-1.0/lib/x.rb", b"x" * 1000)
                for name in ("rack", "rspec", "diff-lcs")
            ),
        ),
        **settings,
    )


def test_gems_of_development_groups() -> None:
    (finding,) = gems(Cmd=["rackup"])["bundler-dev-groups"]
    assert finding.bytes > 2000
    assert finding.confidence is Confidence.LIKELY
    assert finding.title == "2 development packages of Bundler (rspec, diff-lcs)"
    assert set(finding.paths) == {
        b"usr/local/bundle/gems/rspec-1.0", b"usr/local/bundle/gems/diff-lcs-1.0",
    }  # fmt: skip
    assert "BUNDLE_WITHOUT" in finding.fix


def test_gems_that_the_image_starts_stay() -> None:
    assert gems(Cmd=["bundle", "exec", "rspec"]) == {}


def test_nothing_of_it_is_nothing() -> None:
    assert found(layer(file("a", b"1"))) == {}
