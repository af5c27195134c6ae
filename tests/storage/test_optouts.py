from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.optouts import OPT_OUTS, in_element, in_headers, in_order


@pytest.mark.parametrize(
    ("value", "reserved"),
    [
        ("noarchive", {"noarchive"}),
        ("NoArchive , NOSNIPPET", {"noarchive", "nosnippet"}),
        ("nocache", {"noarchive"}),
        ("none", {"noindex"}),
        ("noai, noimageai, nofollow", {"noai", "noimageai"}),
        ("index, follow, max-snippet: 20", set()),
        ("googlebot: noarchive, nosnippet", {"noarchive", "nosnippet"}),
        ("broadsheet: noarchive", {"noarchive"}),
        ("otherbot: noarchive, nosnippet", set()),
        ("otherbot: noarchive, googlebot: nosnippet", {"nosnippet"}),
        ("noindex, otherbot: noarchive", {"noindex"}),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noarchive", {"noarchive"}),
        ("max-image-preview: none, noarchive", {"noarchive"}),
        ("", set()),
    ],
)
def test_a_robots_tag_is_for_all_or_for_the_robot_it_names(value: str, reserved: set[str]) -> None:
    assert in_headers([("X-Robots-Tag", value)]) == reserved


@pytest.mark.parametrize(
    ("headers", "reserved"),
    [
        ([("tdm-reservation", "1"), ("tdm-policy", "https://news.example/policy.json")], {"tdm"}),
        ([("TDM-Reservation", "0")], set()),
        ([("Content-Usage", "train-ai=n")], {"train-ai"}),
        ([("Content-Usage", "search=y, train-ai=n;reason=license")], {"train-ai"}),
        ([("Content-Usage", "train-ai=y")], set()),
        ([("Content-Usage", "no-train-ai=n")], set()),
        ([("x-robots-tag", "noarchive"), ("X-Robots-Tag", "noai")], {"noarchive", "noai"}),
        ([("Content-Type", "noarchive")], set()),
    ],
)
def test_each_header_says_what_it_is_for(headers: list[tuple[str, str]], reserved: set[str]) -> None:
    assert in_headers(headers) == reserved


def test_elements_of_a_page_stand_for_headers() -> None:
    assert in_element("Robots", "noarchive,NOAI") == {"noarchive", "noai"}
    assert in_element("googlebot", "nosnippet") == {"nosnippet"}
    assert in_element("otherbot", "noarchive") == set()
    assert in_element("tdm-reservation", " 1 ") == {"tdm"}
    assert in_element("description", "noarchive") == set()


def test_they_are_told_once_and_in_one_order() -> None:
    assert in_order(["tdm", "noai", "noarchive", "noai"]) == ["noarchive", "noai", "tdm"]


@given(st.lists(st.tuples(st.sampled_from(["X-Robots-Tag", "TDM-Reservation", "Content-Usage", ""]), st.text())))
def test_whatever_a_header_holds_it_is_read(headers: list[tuple[str, str]]) -> None:
    assert in_headers(headers) <= set(OPT_OUTS)
