"""Which URLs the patterns of a source let in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.discovery.url_patterns import UrlPatterns
from broadsheet.storage.urls import normalise

SITE = "https://courier.example"


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("/news/*", ["/news/", "/news/a/b", "/news/a?b=c"], ["/news", "/old/news/a", "/News/a"]),
        ("/", ["/"], ["/a", "/?a=b"]),
        ("*/print", ["/a/print", "/print"], ["/a/print/", "/a/print?x=y"]),
        ("/a*b*c", ["/abc", "/a-b-b-c"], ["/acb", "/ab", "/ac"]),
        ("*page=*", ["/?page=2", "/page=/a"], ["/page"]),
        ("/a.b", ["/a.b"], ["/axb"]),
        ("/ab*bc", ["/abbc", "/ab-bc"], ["/abc"]),
        (f"{SITE}/a*", ["/a", "/ab"], ["/b"]),
        ("http://courier.example/*", [], ["/a"]),
        ("https://*.example/a", ["/a"], ["/b"]),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    included, excluded = UrlPatterns(include=[pattern]), UrlPatterns(exclude=[pattern])
    for path in matching:
        assert included.want(SITE + path), path
        assert not excluded.want(SITE + path), path
    for path in others:
        assert not included.want(SITE + path), path
        assert excluded.want(SITE + path), path


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("/über/*", "https://courier.example/über/a"),
        ("/%c3%bcber/*", "https://courier.example/über/a"),
        ("*/%7Ejo", "https://courier.example/~jo"),
        ("https://Courier.example:443/a", "https://courier.example/a"),
        ("https://bücher.example/*", "https://bücher.example/a"),
        ("https://courier.example", "https://courier.example/"),
    ],
)
def test_a_pattern_may_be_spelled_as_addresses_are(pattern: str, url: str) -> None:
    assert UrlPatterns(include=[pattern]).want(normalise(url))
    assert not UrlPatterns(exclude=[pattern]).want(normalise(url))


def test_without_patterns_every_url_is_wanted() -> None:
    assert UrlPatterns().want(f"{SITE}/anything")


def test_what_is_excluded_stays_so_where_it_is_included_too() -> None:
    patterns = UrlPatterns(include=["/news/*", "/sport/*"], exclude=["*/live/*"])
    assert patterns.want(f"{SITE}/sport/a")
    assert not patterns.want(f"{SITE}/sport/live/a")


@given(st.text("ab*", max_size=8), st.text("ab/", max_size=12))
def test_it_matches_what_the_regular_expression_of_the_same_meaning_matches(pattern: str, path: str) -> None:
    expression = ".*".join(map(re.escape, f"/{pattern}".split("*")))
    assert UrlPatterns(include=[f"/{pattern}"]).want(f"{SITE}/{path}") == bool(re.fullmatch(expression, f"/{path}"))


@pytest.mark.parametrize(
    "pattern", ["", "news", "ftp://courier.example/", "/a b", "http:///a", "http://*.bücher.example/"]
)
def test_a_pattern_that_could_match_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        UrlPatterns(include=[pattern])
