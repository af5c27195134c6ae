"""The archive benchmark's promise, on an archive small enough for every day: finding things does not grow with it."""

from __future__ import annotations

import pytest
from benchmarks.archive.generation import GeneratedArchive
from benchmarks.archive.measuring import Measured, measure
from benchmarks.archive.report import as_document, as_table

SMALL, LARGE = 2_700, 21_600


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> list[Measured]:
    """An archive of 9 publications, and the same one when it has grown to 72."""
    generated = GeneratedArchive(tmp_path_factory.mktemp("generated"), articles=900, batch_size=300)
    found = []
    for size in (SMALL, LARGE):
        generated.grow_to(size)
        found.append(measure(generated, verified=True))
    return found


def test_the_versions_of_a_url_cost_the_same_in_a_larger_archive(measured: list[Measured]) -> None:
    for one in measured:
        assert {one.look_ups[name].requests for name in ("latest", "at", "versions")} == {3}


def test_what_needs_the_index_costs_a_bounded_number_of_requests(measured: list[Measured]) -> None:
    small, large = measured
    assert (small.publications, large.publications) == (9, 72)
    # Listings of takedowns, writers, manifests, levels; two objects a run; manifest and segment of what no run holds.
    for name in ("checks", "latest behind a redirect", "latest of an unknown URL"):
        assert small.look_ups[name].requests <= 12
        assert large.look_ups[name].requests <= 14
    assert large.look_ups["reference: every segment"].requests == 73


def test_listing_holds_no_more_of_a_larger_archive(measured: list[Measured]) -> None:
    small, large = measured
    for name in ("captures of one host", "versions of one host", "captures of one day", "all captures"):
        assert large.listings[name].peak_mib < small.listings[name].peak_mib + 12
    assert (small.listings["all captures"].count, large.listings["all captures"].count) == (SMALL, LARGE)


def test_both_ways_of_listing_a_host_find_the_same(measured: list[Measured]) -> None:
    for one in measured:
        reference = one.listings["reference: one host, every segment"]
        assert one.listings["captures of one host"].count == reference.count > 0


def test_the_figures_are_told_to_people_and_to_programs(measured: list[Measured]) -> None:
    assert "latest of an unknown URL" in as_table(measured)
    assert as_document(measured)["benchmark"] == "archive"
