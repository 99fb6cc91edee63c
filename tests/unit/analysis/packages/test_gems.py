"""Gems, and the groups of Gemfiles."""

from __future__ import annotations

import pytest

from layerlens.analysis.packages.bundler import gem_groups, read_lock
from layerlens.analysis.packages.gems import read
from layerlens.analysis.packages.model import Listed
from tests.dictview import DictView
from tests.effort import at_most

BUNDLE = "usr/local/bundle/specifications"

GEMSPEC = """\
# -*- encoding: utf-8 -*-
# stub: rack 3.1.8 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "3.1.8"
  s.executables = ["rackup".freeze, "rack"]
  s.licenses = ["MIT".freeze, "Ruby"]
  s.specification_version = 4
  s.add_runtime_dependency(%q<base64>.freeze, ["~> 0.1".freeze, "< 2"])
  s.add_dependency(%q<logger>.freeze, [">= 0"])
  s.add_development_dependency(%q<minitest>.freeze, [">= 0"])
end
"""

GEMFILE = """\
source "https://rubygems.org"
ruby "3.3.0"
gem "rack", "~> 3"   # the web
gem 'rubocop', require: false, group: :development
gem "both", groups: [:test, :production]
gem "old", :group => :test
if ENV["X"]
  gem "conditional"
end
group :development, :test do
  gem "rspec"
  platforms :ruby do
    gem("byebug", platform: :mri)
  end
end
group(:production) do
  gem "pg"
end
gem "last"
gem "rspec-core", group: :test
["computed"].each { |name| gem name }
"""

LOCK = """\
GIT
  remote: https://example.org/x.git
  revision: abc
  specs:
    last (1.0.0)

GEM
  remote: https://rubygems.org/
  specs:
    both (1.0)
    byebug (11.1.3)
    computed (1.0)
    conditional (1.0)
    diff-lcs (1.5.1)
    old (1.0)
    pg (1.5.4-x86_64-linux)
    rack (3.1.8)
      logger
    logger (1.6.0)
    rspec (3.13.0)
      rspec-core (~> 3.13)
    rspec-core (3.13.0)
      diff-lcs (>= 1.2.0, < 2.0)
      logger
    rubocop (1.60.0)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  both
  byebug
  computed
  conditional
  last!
  old
  pg (~> 1.5)
  rack (~> 3)
  rspec
  rspec-core
  rubocop

BUNDLED WITH
   2.5.4
"""


def listed(view: DictView) -> dict[str, Listed]:
    return {each.name: each for database in read(view) for each in database.packages}


def spec(name: str, version: str) -> str:
    return f'Gem::Specification.new do |s|\n  s.name = "{name}"\n  s.version = "{version}"\nend\n'


def test_a_gemspec_is_read_line_by_line() -> None:
    view = DictView({f"{BUNDLE}/rack-3.1.8.gemspec": GEMSPEC})
    (database,) = read(view)
    assert database.path == BUNDLE.encode()
    (rack,) = database.packages
    assert (rack.name, rack.version, rack.licence) == ("rack", "3.1.8", "MIT OR Ruby")
    assert rack.directories == (b"usr/local/bundle/gems/rack-3.1.8",)
    assert rack.files == (f"{BUNDLE}/rack-3.1.8.gemspec".encode(),)
    assert rack.requires == ("base64 (~> 0.1, < 2)", "logger (>= 0)")
    assert rack.details["bin"] == "rackup rack"


@pytest.mark.parametrize(
    ("stem", "name", "version"),
    [
        ("nokogiri-1.16.0-x86_64-linux", "nokogiri", "1.16.0"),
        ("net-http-persistent-4.0.2", "net-http-persistent", "4.0.2"),
        ("x-1.0.pre2-java", "x", "1.0.pre2"),
    ],
)
def test_the_file_name_serves_where_the_lines_do_not(stem: str, name: str, version: str) -> None:
    found = listed(DictView({f"{BUNDLE}/{stem}.gemspec": "s.name = `id`"}))
    assert [(each.name, each.version) for each in found.values()] == [(name, version)]


def test_default_gems_are_part_of_ruby() -> None:
    view = DictView(
        {
            "usr/local/lib/ruby/gems/3.3.0/specifications/default/json-2.7.1.gemspec": spec(
                "json", "2.7.1"
            )
        }
    )
    json = listed(view)["json"]
    assert (json.essential, json.directories, json.details["gem"]) == (True, (), "default")


def test_groups_of_a_gemfile() -> None:
    assert gem_groups(GEMFILE) == {
        "rack": {"default"}, "rubocop": {"development"}, "both": {"test", "production"},
        "old": {"test"}, "conditional": {"default"}, "rspec": {"development", "test"},
        "byebug": {"development", "test"}, "pg": {"production"}, "last": {"default"},
        "rspec-core": {"test"},
    }  # fmt: skip


def test_a_lock_names_versions_needs_and_wishes() -> None:
    needs, versions, roots = read_lock(LOCK)
    assert needs["rspec-core"] == {"diff-lcs", "logger"}
    assert versions["pg"] == {"1.5.4"}
    assert {"last", "pg", "rspec"} <= roots


def bundled(**more: str) -> DictView:
    _, versions, _ = read_lock(LOCK)
    return DictView(
        {
            "app/Gemfile": GEMFILE,
            "app/Gemfile.lock": LOCK,
            **{
                f"{BUNDLE}/{name}-{version}.gemspec": spec(name, version)
                for name, (version,) in versions.items()
            },
            **more,
        }
    )


DEV = {"rubocop", "rspec", "rspec-core", "byebug", "diff-lcs", "old"}


def test_only_gems_of_development_groups_are_for_development() -> None:
    found = listed(bundled())
    assert {name for name, each in found.items() if each.dev} == DEV
    assert {each.dev for name, each in found.items() if name not in DEV} == {False}
    assert found["rspec"].details["dev-by"] == "tree"


def test_what_bundler_leaves_out_nobody_can_load() -> None:
    config = '---\nBUNDLE_PATH: "vendor"\nBUNDLE_WITHOUT: "production:staging"\n'
    found = listed(bundled(**{"app/.bundle/config": config}))
    assert {name for name, each in found.items() if each.dev} == DEV | {"pg", "both"}


def test_gems_that_come_with_ruby_stay() -> None:
    home = "usr/local/lib/ruby/gems/3.3.0/specifications"
    lock = "GEM\n  specs:\n    rake (13.1.0)\n\nDEPENDENCIES\n  rake\n"
    view = DictView(
        {
            "Gemfile": "gem 'rake', group: :test\n",
            "Gemfile.lock": lock,
            f"{home}/rake-13.1.0.gemspec": spec("rake", "13.1.0"),
        }
    )
    assert listed(view)["rake"].dev is None
    assert listed(view)["rake"].details["gem"] == "bundled"


def test_another_version_than_the_locks_is_not_judged() -> None:
    view = bundled(**{f"{BUNDLE}/rspec-2.0.0.gemspec": spec("rspec", "2.0.0")})
    dev = {
        each.version: each.dev for db in read(view) for each in db.packages if each.name == "rspec"
    }
    assert dev == {"2.0.0": None, "3.13.0": True}


@pytest.mark.parametrize(
    "text",
    ["", "\0" * 1000, "gem " * 100_000, "group " * 100_000 + "do", "do |" * 100_000,
     "group :test do\n" * 100_000, "end\n" * 100_000, "gem 'x'," + "group: [" * 50_000],
)  # fmt: skip
def test_hostile_gemfiles_cost_no_time(text: str) -> None:
    with at_most(3):
        listed(bundled(**{"app/Gemfile": text, "app/Gemfile.lock": text + LOCK}))
        listed(DictView({f"{BUNDLE}/a-1.gemspec": text}))
