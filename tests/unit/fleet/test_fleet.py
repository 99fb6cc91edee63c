"""Many images together: what they share, and the waste that they have in common."""

from __future__ import annotations

import gc
from collections.abc import Collection, Mapping
from types import FunctionType, ModuleType

import pytest

from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.model import Severity
from layerlens.filesystem.result import Filesystem
from layerlens.fleet import duplicates as duplicates_module
from layerlens.fleet.facts import Hasher, boil_down
from layerlens.fleet.gather import Gatherer
from layerlens.fleet.model import FleetRow, Sharing, SharingTable, Spread
from tests import fleets
from tests.builders import file, whiteout
from tests.fleets import KB, MODEL
from tests.unit.outputs import samples

BASE_SIZE = 130_200
WEB, API, JOB, OLD = range(4)


def test_rows_tell_shared_from_unique_bytes() -> None:
    fleet = fleets.fleet(fleets.shop())
    assert [image.reference for image in fleet.images] == ["web:1", "api:1", "job:1", "old:1"]
    web, api, job, old = fleet.images
    assert (web.shared_bytes, web.unique_bytes, web.repeated_bytes) == (BASE_SIZE, 123 * KB, 0)
    assert (api.shared_bytes, api.unique_bytes) == (BASE_SIZE, 5 * KB)
    assert (job.shared_bytes, job.unique_bytes) == (BASE_SIZE, 121 * KB)
    assert (old.shared_bytes, old.unique_bytes) == (0, 82 * KB)
    assert (web.dead, web.removable) == (40 * KB, 0)
    assert (api.dead, api.removable) == (0, 40 * KB)
    assert web.base == "debian:12"
    assert web.base_layers == 1
    assert api.findings_of(Severity.HIGH) == 1
    assert len(web.layers) == 3


def test_layers_count_once_on_disk() -> None:
    fleet = fleets.fleet(fleets.shop())
    assert fleet.disk_bytes == BASE_SIZE + 123 * KB + 5 * KB + 121 * KB + 82 * KB
    assert fleet.saved_bytes == 2 * BASE_SIZE
    assert fleet.spread == (Spread(3, 1, BASE_SIZE), Spread(1, 6, 331 * KB))
    assert list(fleet.sharing) == [
        Sharing(WEB, API, 1, BASE_SIZE),
        Sharing(WEB, JOB, 1, BASE_SIZE),
        Sharing(API, JOB, 1, BASE_SIZE),
    ]
    table = SharingTable(fleet)
    assert table.bytes(JOB, WEB) == table.bytes(WEB, JOB) == BASE_SIZE
    assert table.bytes(WEB, OLD) == 0
    assert table.bytes(OLD, OLD) == 82 * KB


def test_waste_of_a_shared_layer_counts_once_and_only_where_all_agree() -> None:
    """The lists are dead in one image and removable in the others: nobody needs them."""
    fleet = fleets.fleet(fleets.shop())
    assert fleet.ledger == (
        FleetRow("kept", "live", fleet.disk_bytes - 40 * KB, BASE_SIZE - 40 * KB),
        FleetRow("removable", "package-caches", 40 * KB, 40 * KB),
    )
    assert (fleet.wasted_bytes, fleet.wasted_somewhere) == (40 * KB, 0)
    base = fleet.layers[fleet.images[API].layers[0]]
    assert (base.wasted, base.wasted_somewhere, base.images) == (40 * KB, 0, (WEB, API, JOB))
    assert base.instruction == "ADD rootfs.tar /"
    assert base.is_base


def test_what_one_image_needs_is_no_waste() -> None:
    shared = [file("data", b"d" * 7 * KB)]
    fleet = fleets.fleet(
        [
            fleets.image("keeps", [shared, [file("a", b"a")]]),
            fleets.image("drops", [shared, [whiteout("data")]]),
        ]
    )
    assert fleet.wasted_bytes == 0
    assert fleet.wasted_somewhere == 7 * KB


def test_a_layer_that_stands_twice_in_an_image_is_needed_where_one_place_needs_it() -> None:
    layer = [file("data", b"d" * 7 * KB)]
    fleet = fleets.fleet([fleets.image("twice", [layer, layer], base=0)])
    (image,) = fleet.images
    assert image.dead == 7 * KB
    assert (image.size, image.unique_bytes, image.repeated_bytes) == (14 * KB, 7 * KB, 7 * KB)
    assert (fleet.disk_bytes, fleet.wasted_bytes, fleet.saved_bytes) == (7 * KB, 0, 7 * KB)


def test_findings_in_common_count_shared_layers_once() -> None:
    fleet = fleets.fleet(fleets.shop())
    lists, root = fleet.findings
    assert (lists.rule, lists.place, lists.images) == ("package-lists", "var/lib/apt/lists", (1, 2))
    assert (lists.bytes, lists.bytes_apart) == (40 * KB, 80 * KB)
    assert lists.fix.endswith("RUN rm -rf /var/lib/apt/lists")
    (blamed,) = lists.blamed
    assert (blamed.instruction, blamed.images) == ("ADD rootfs.tar /", 2)
    assert (root.rule, root.images, root.bytes) == ("root-user", (0, 1, 2, 3), 0)
    assert root.severity is Severity.HIGH


def test_a_finding_of_one_image_is_not_in_common() -> None:
    fleet = fleets.fleet(fleets.shop()[1:2])
    assert fleet.findings == ()


def test_duplicates_are_contents_of_layers_that_are_not_shared() -> None:
    fleet = fleets.fleet(fleets.shop())
    (found,) = fleet.duplicates
    assert (found.size, found.bytes, found.images) == (len(MODEL), len(MODEL), (WEB, JOB))
    assert [copy.path for copy in found.copies] == [b"app/model", b"srv/model"]
    assert not fleet.duplicates_cut


def test_copies_that_are_waste_are_told_as_that() -> None:
    images = fleets.shop()
    images[WEB] = fleets.image(
        "web:1", [fleets.BASE, [file("app/model", MODEL)], [whiteout("app/model")]]
    )
    assert fleets.fleet(images).duplicates == ()


def test_copies_within_layers_that_the_same_images_have_are_not_told() -> None:
    """Both have both layers: that is a finding of each, not of the fleet."""
    layers = [[file("a", MODEL)], [file("b", MODEL)]]
    fleet = fleets.fleet([fleets.image("x", layers), fleets.image("y", layers)])
    assert fleet.duplicates == ()


def test_only_the_most_expensive_duplicates_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates_module, "MOST_DUPLICATES", 1)
    more = b"N" * 70 * KB
    fleet = fleets.fleet(
        [fleets.image(name, [[file(f"{name}/m", MODEL), file(f"{name}/n", more)]]) for name in "xy"]
    )
    assert [each.size for each in fleet.duplicates] == [len(MODEL)]
    assert fleet.duplicates_cut


def test_hashes_that_are_missing_are_asked_for_once_for_each_layer() -> None:
    asked: list[int] = []

    def hashing(fs: Filesystem) -> Hasher:
        def hasher(versions: Collection[int]) -> Mapping[int, bytes]:
            asked.append(len(versions))
            return {version: fs.size(version).to_bytes(16) for version in versions}

        return hasher

    gatherer = Gatherer()
    for analysis in fleets.shop()[:3]:
        for table in analysis.filesystem.tables:
            table.hashes = bytearray()
        gatherer.add(analysis, hasher=hashing(analysis.filesystem))
    # Base and own; then nothing large of its own; then its own only.
    assert asked == [2, 1]
    (found,) = gatherer.fleet().duplicates
    assert [copy.path for copy in found.copies] == [b"app/model", b"srv/model"]


def test_without_hashes_nothing_is_compared() -> None:
    (analysis,) = fleets.shop()[:1]
    for table in analysis.filesystem.tables:
        table.hashes = bytearray()
    assert boil_down(analysis).candidates == {}


def test_bases_of_one_release_that_differ() -> None:
    fleet = fleets.fleet(fleets.shop())
    (advice,) = fleet.bases
    assert advice.distribution == "Debian 12"
    best, other = advice.choices
    assert (best.images, other.images) == ((WEB, API, JOB), (OLD,))
    assert best.name == "debian:12"
    assert advice.saved == 80 * KB


def test_bases_of_other_releases_are_let_be() -> None:
    images = fleets.shop()
    images[OLD] = fleets.image(
        "old:1", [fleets.OTHER_BASE], distribution=Distribution("debian", "11", "Debian 11")
    )
    assert fleets.fleet(images).bases == ()
    images[OLD] = fleets.image("none", [fleets.OTHER_BASE], distribution=Distribution("", "", "x"))
    assert fleets.fleet(images).bases == ()


def test_transfer_counts_each_stored_form() -> None:
    fleet = fleets.fleet([samples.shop(), samples.shop()])
    assert fleet.sum_transfer == 2 * (fleet.images[0].transfer or 0) > 0
    assert fleet.disk_transfer == fleet.images[0].transfer
    mixed = fleets.fleet([samples.shop(), samples.clean()])
    assert mixed.sum_transfer is None


def test_images_that_could_not_be_read_keep_their_places() -> None:
    gatherer = Gatherer()
    first, second = fleets.shop()[:2]
    gatherer.add(first, reference="as typed")
    gatherer.failed("gone", "no such file")
    gatherer.add(second)
    gatherer.failed("too", "neither")
    fleet = gatherer.fleet()
    assert [(each.place, each.reference) for each in fleet.unread] == [(1, "gone"), (3, "too")]
    assert fleet.images[0].reference == "as typed"


def test_no_images_at_all() -> None:
    fleet = Gatherer().fleet()
    assert (fleet.disk_bytes, fleet.images, fleet.spread) == (0, (), ())
    assert fleet.ledger == (FleetRow("kept", "live", 0, 0),)


def test_analyses_are_let_go() -> None:
    gatherer = Gatherer()
    analysis = fleets.shop()[0]
    gatherer.add(analysis)
    waiting: list[object] = [gatherer]
    reached: set[int] = set()
    while waiting:
        at = waiting.pop()
        if id(at) in reached or isinstance(at, (type, ModuleType, FunctionType)):
            continue
        reached.add(id(at))
        waiting += gc.get_referents(at)
    filesystem = analysis.filesystem
    for gone in (analysis, filesystem, filesystem.tables[0], filesystem.paths, filesystem.live):
        assert id(gone) not in reached
