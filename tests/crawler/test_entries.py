from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.entries import absolute, plain_text
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import normalise

BASE = "https://news.example/section/index.html"


def test_a_relative_reference_rests_on_its_document() -> None:
    assert absolute(" ../2026/harbour.html ", BASE) == "https://news.example/2026/harbour.html"


def test_a_url_comes_in_its_normal_form() -> None:
    assert absolute("HTTPS://News.Example:443/a?utm_source=rss#top", BASE) == "https://news.example/a"


@pytest.mark.parametrize(
    "reference",
    [None, "", "  ", "mailto:desk@news.example", "file:///etc/passwd", "javascript:void(0)", "http://["],
)
def test_what_cannot_be_fetched_is_no_reference(reference: str | None) -> None:
    assert absolute(reference, BASE) is None


@given(st.text(alphabet="abzAZ09-._~/", max_size=40), st.text(alphabet="abxz019.-", min_size=1, max_size=20))
def test_a_plain_url_is_taken_as_it_is_only_where_that_is_its_normal_form(path: str, host: str) -> None:
    url = f"https://{host}/{path}"
    try:
        expected = normalise(url)
    except InvalidURLError:
        expected = None
    assert absolute(url, BASE) == expected


@given(st.text(max_size=200))
def test_any_text_is_a_reference_or_none(reference: str) -> None:
    found = absolute(reference, BASE)
    assert found is None or found == normalise(found)


def test_a_title_loses_tags_and_references_however_often_it_was_escaped() -> None:
    assert plain_text("<b>Harbour &amp;amp; sea</b>\n &lt;i&gt;closed&lt;/i&gt;") == "Harbour & sea closed"


def test_a_title_without_text_is_none() -> None:
    assert plain_text("<img src=x>\n") is None


def test_a_comparison_in_a_title_is_no_tag() -> None:
    assert plain_text("Inflation 2 < 3 per cent") == "Inflation 2 < 3 per cent"
