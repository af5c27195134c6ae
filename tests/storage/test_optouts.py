from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.optouts import OPT_OUTS, Reservation, in_element, in_headers, in_order, reserved, standing


def said(stated: list[Reservation]) -> set[str]:
    return set(reserved(stated))


@pytest.mark.parametrize(
    ("value", "optouts"),
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
def test_a_robots_tag_is_for_all_or_for_the_robot_it_names(value: str, optouts: set[str]) -> None:
    assert said(in_headers([("X-Robots-Tag", value)])) == optouts


@pytest.mark.parametrize(
    ("headers", "optouts"),
    [
        ([("tdm-reservation", "1"), ("tdm-policy", "https://news.example/policy.json")], {"tdm"}),
        ([("TDM-Reservation", "0")], set()),
        ([("Content-Usage", "train-ai=n")], {"train-ai"}),
        ([("Content-Usage", "search=y, train-ai=n;reason=license")], {"train-ai"}),
        ([("Content-Usage", "train-ai=y")], set()),
        ([("Content-Usage", "search=n"), ("content-usage", "train-ai=n")], {"search", "train-ai"}),
        ([("Content-Signal", "ai-train=no, search=yes")], {"train-ai"}),
        ([("tdm-reservation", "2"), ("tdm-reservation", "1")], {"tdm"}),
        ([("x-robots-tag", "noarchive"), ("X-Robots-Tag", "noai")], {"noarchive", "noai"}),
        ([("Content-Type", "noarchive")], set()),
    ],
)
def test_each_header_says_what_it_is_for(headers: list[tuple[str, str]], optouts: set[str]) -> None:
    assert said(in_headers(headers)) == optouts


def test_elements_of_a_page_stand_for_headers() -> None:
    assert said(in_element("Robots", "noarchive,NOAI")) == {"noarchive", "noai"}
    assert said(in_element("googlebot", "nosnippet")) == {"nosnippet"}
    assert said(in_element("otherbot", "noarchive")) == set()
    assert said(in_element("tdm-reservation", " 1 ")) == {"tdm"}
    assert said(in_element("description", "noarchive")) == set()


def test_a_statement_is_kept_as_it_stands_with_what_it_reserves() -> None:
    headers = [("X-Robots-Tag", " noarchive, follow"), ("TDM-Policy", "https://a.example/p"), ("tdm-reservation", "1")]
    assert in_headers(headers) == [
        Reservation(source="header", value="X-Robots-Tag: noarchive, follow", optouts=["noarchive"]),
        Reservation(source="header", value="tdm-reservation: 1; tdm-policy: https://a.example/p", optouts=["tdm"]),
    ]
    (long,) = in_element("robots", "noarchive," + "x" * 10_000)
    assert len(long.value) == 300


MINED = Reservation(source="tdmrep.json", value='{"location":"/"}', optouts=["tdm"])
SIGNAL = Reservation(source="robots.txt", value="Content-Signal: ai-train=no", optouts=["train-ai"])
IN_HEADER = Reservation(source="header", value="tdm-reservation: 1", optouts=["tdm"])
LIFTED = Reservation(source="header", value="tdm-reservation: 0")
LIFTED_ON_PAGE = Reservation(source="page", value="tdm-reservation: 0")


@pytest.mark.parametrize(
    ("of_site", "of_response", "of_page", "stand"),
    [
        ([MINED], [], [], [MINED]),
        ([MINED], [LIFTED], [], [LIFTED]),
        ([MINED], [IN_HEADER], [], [IN_HEADER]),
        ([MINED], [IN_HEADER], [LIFTED_ON_PAGE], [LIFTED_ON_PAGE]),
        ([MINED], [LIFTED], [IN_HEADER], [IN_HEADER]),
        ([], [LIFTED], [], []),
        ([SIGNAL, MINED], [LIFTED], [], [SIGNAL, LIFTED]),
        ([SIGNAL], in_headers([("Content-Usage", "train-ai=y")]), [], [SIGNAL]),
    ],
)
def test_of_mining_the_nearest_statement_counts_and_of_all_else_each(
    of_site: list[Reservation],
    of_response: list[Reservation],
    of_page: list[Reservation],
    stand: list[Reservation],
) -> None:
    assert standing(of_site, of_response, of_page) == stand


def test_they_are_told_once_and_in_one_order() -> None:
    assert in_order(["tdm", "noai", "noarchive", "noai"]) == ["noarchive", "noai", "tdm"]


@given(st.lists(st.tuples(st.sampled_from(["X-Robots-Tag", "TDM-Reservation", "Content-Usage", ""]), st.text())))
def test_whatever_a_header_holds_it_is_read(headers: list[tuple[str, str]]) -> None:
    assert said(in_headers(headers)) <= set(OPT_OUTS)
