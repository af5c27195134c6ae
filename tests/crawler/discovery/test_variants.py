"""Which addresses are one article's, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.discovery.variants import claimed_address, plain_form, slash_twin
from broadsheet.storage.urls import normalise

_SITE = "https://paper.example"
_SESSION = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("variant", "plain"),
    [
        ("/story/amp", "/story"),
        ("/story/amp/", "/story/"),
        ("/amp/news/story", "/news/story"),
        ("/story.amp.html", "/story.html"),
        ("/story.amp", "/story"),
        ("/story?amp", "/story"),
        ("/story?id=5&amp=1", "/story?id=5"),
        ("/story?outputType=amp", "/story"),
        ("/news/story/print", "/news/story"),
        ("/print/news/story", "/news/story"),
        ("/story?print=1", "/story"),
        ("/story?view=print&id=7", "/story?id=7"),
        (f"/story;jsessionid={_SESSION}", "/story"),
        (f"/story;jsessionid={_SESSION}?id=5", "/story?id=5"),
        (f"/story?PHPSESSID={_SESSION}&id=5", "/story?id=5"),
        (f"/?sid={_SESSION}", "/"),
        ("/(S(abcdefghijklmnopqrstuvwx))/story.aspx", "/story.aspx"),
    ],
)
def test_a_variant_has_the_plain_form_of_its_article(variant: str, plain: str) -> None:
    assert plain_form(_SITE + variant) == _SITE + plain


@pytest.mark.parametrize(
    "path",
    ["/", "/amp", "/print", "/amplifier", "/news/printing", "/?p=5", "/story?sid=4711", "/story?page=2", "/?view=full"],
)
def test_what_is_no_variant_is_left_alone(path: str) -> None:
    assert plain_form(_SITE + path) == _SITE + path


_SEGMENT = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12).filter(
    lambda segment: segment not in ("amp", "print")
)
_PATHS = st.lists(_SEGMENT, max_size=4).map(lambda segments: "/" + "/".join(segments))
_IDS = st.lists(st.tuples(st.sampled_from(["id", "p", "article", "sid", "page"]), st.integers(0, 10**9)), max_size=3)
_MARKS = st.sampled_from(
    ["amp", "amp=1", "print=true", f"PHPSESSID={_SESSION}", f"sid={_SESSION}", "outputType=amp", "utm_source=x"]
)


@given(st.one_of(_PATHS, st.text("/amprintx;=?&.0(S)", max_size=40).map("/".__add__)))
def test_a_plain_form_is_a_normal_form_and_its_own_plain_form(path: str) -> None:
    plain = plain_form(normalise(_SITE + path))
    assert plain_form(plain) == plain == normalise(plain)


@given(_PATHS, _IDS, _MARKS)
def test_no_two_articles_become_one_and_the_numbers_of_articles_stay(
    path: str, ids: list[tuple[str, int]], mark: str
) -> None:
    article = normalise(f"{_SITE}{path}?{'&'.join(f'{name}={number}' for name, number in ids)}")
    marked = normalise(f"{article}{'&' if ids else '?'}{mark}")
    assert plain_form(article) == article
    assert plain_form(marked) == article


@given(_PATHS)
def test_the_twin_of_a_twin_is_the_address_itself(path: str) -> None:
    twin = slash_twin(_SITE + path)
    assert twin is None or slash_twin(twin) == _SITE + path


@pytest.mark.parametrize(
    ("claim", "address"),
    [
        ("https://paper.example/2026/story", "https://paper.example/2026/story"),
        ("https://www.paper.example/2026/story?utm_source=x", "https://www.paper.example/2026/story"),
        ("https://elsewhere.example/story", None),
        ("http://www.paper.example/?p=5", None),
        ("https://paper.example/", None),
        ("mailto:desk@paper.example", None),
        (None, None),
    ],
)
def test_a_page_may_claim_another_address_of_its_own_site_and_no_other(claim: str | None, address: str | None) -> None:
    assert claimed_address("https://paper.example/?p=5", claim) == address
