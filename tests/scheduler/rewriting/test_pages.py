from __future__ import annotations

import time

import pytest

from broadsheet.scheduler.rewriting import pages, styles
from broadsheet.scheduler.rewriting.pages import PageTooLargeError

_URL = "https://news.example/town/story"


class _Marked:
    """Destinations that are read off at a glance."""

    def page(self, url: str) -> str:
        return f"/page/{url}"

    def requisite(self, urls: list[str]) -> str:
        return f"/shown/{' '.join(urls)}"


def _page(markup: str) -> str:
    return pages.rewritten(markup, _URL, _Marked())


def _style(style: str) -> str:
    return styles.rewritten(style, _URL, _Marked())


@pytest.mark.parametrize(
    "markup",
    [
        "<p title='5 < 6 & \"so\"'>Ümlaut</p><!-- <a href=x> --><script>'<a href=x>'</script><br/>",
        '<a href="#place">here</a><a href="mailto:desk@news.example">mail</a><img src="data:image/gif;base64,R0lG">',
        "<title><a href=x></title><textarea><img src=x></textarea>",
        '<p style="color: red">red</p><svg viewBox="0 0 1 1"><use href="#icon"/></svg>',
        '<img src="never closed',
        "<",
        "</p <!-- <? <!doctype",
    ],
)
def test_a_page_without_addresses_stays_as_it_was(markup: str) -> None:
    assert _page(markup) == markup


@pytest.mark.parametrize(
    ("written", "leads_to"),
    [
        ("<a href=/a?x=1&copy=2&amp;y=3>", "https://news.example/a?x=1&copy=2&y=3"),
        ("<A HREF='b'>", "https://news.example/town/b"),
        ('<a\nhref = "//other.example/c"/>', "https://other.example/c"),
        ('<area href="h&#116;tps://news.example/d#e">', "https://news.example/d#e"),
        ('<a href=" \n/f\tg ">', "https://news.example/fg"),
        ('<a title="a>b" href=/h href=/i>', "https://news.example/h"),
    ],
)
def test_links_lead_to_what_was_archived(written: str, leads_to: str) -> None:
    assert f'href="/page/{leads_to.replace("&", "&amp;")}"' in _page(written)


@pytest.mark.parametrize(
    "place", ["{}", "<div>{}</div>", "<svg>{}</svg>", "<!-- {} -->", "<script>'{}'</script>", "<{}"]
)
@pytest.mark.parametrize(
    "hint",
    [
        "<link rel=preconnect href=//x.example>",
        "<LINK\nrel=dns-prefetch href=//x.example>",
        "<link/rel=preload as=image href=/x>",
        "<link rel=stylesheet href=/s.css><link rel=preconnect href=//x.example>",
        "<<link rel=canonical href=/x>link rel=preconnect href=//x.example>",
        "<iframe srcdoc='<link rel=preconnect href=//x.example>'></iframe>",
        "<style><img title='</style><link rel=preconnect href=//x.example>'></style>",
    ],
)
def test_nothing_is_left_that_has_a_browser_connect_whatever_its_policy(place: str, hint: str) -> None:
    shown = _page(place.format(hint)).lower()
    assert "<link" not in shown
    assert "<iframe" not in shown


def test_what_a_page_says_of_its_own_policy_and_windows_is_left_out() -> None:
    shown = _page(
        '<html manifest=m><base target=_blank><meta http-equiv="Refresh" content="0;url=/x"><meta charset=utf-8>'
        '<meta http-equiv="Content-Security-Policy" content="img-src x"><a href=/a target=_top ping=/p>a</a>'
        "<script src=/x integrity=y></script><object data=/x></object>"
    )
    for gone in ("manifest", "target", "http-equiv", "ping", "src=", "integrity", "data="):
        assert gone not in shown
    assert "<meta charset=utf-8>" in shown


def test_a_picture_has_its_largest_size_and_what_else_may_be_archived_of_it() -> None:
    shown = _page('<img src=a.png srcset="b.png 320w,c,1.png 1280w, d.png 640w" alt=x>')
    urls = " ".join(f"https://news.example/town/{name}.png" for name in ("c,1", "a", "d", "b"))
    assert shown == f'<img alt="x" srcset="/shown/{urls} 1280w" src="/shown/{urls}">'


def test_a_style_sheet_is_loaded_by_a_style() -> None:
    assert _page('<link rel="Stylesheet" href="s.css?a&amp;b" media="print and (x > 1)">') == (
        '<style media="print and (x > 1)">@import url("/shown/https://news.example/town/s.css?a&b");</style>'
    )
    assert _page('<link rel="alternate stylesheet" href=s.css>') == "<meta>"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("a { background: url( 'x.png' ) }", 'a { background: url("/shown/https://news.example/town/x.png") }'),
        ("@import'x.css';", '@import "/shown/https://news.example/town/x.css";'),
        ("@IMPORT  'x.css' print;", '@import "/shown/https://news.example/town/x.css" print;'),
        ("b { background: URL(\\2f x\\(1\\).png) }", 'b { background: url("/shown/https://news.example/x(1).png") }'),
        ("c { fill: url(#gradient); background: url(data:image/gif;base64,R0) }", None),
        ("@namespace svg url(http://www.w3.org/2000/svg); d { color: red }", None),
    ],
)
def test_addresses_in_styles_lead_to_what_was_archived(style: str, expected: str | None) -> None:
    assert _style(style) == (expected or style)


def test_a_page_with_too_many_tags_is_refused() -> None:
    with pytest.raises(PageTooLargeError):
        _page("<b>" * 50_001)


@pytest.mark.parametrize(
    "piece",
    ["<a b='", "<!--", "<a ", "<title>", "</", "<style>", "&amp", '<a href="x" ', "url(   ", "@import ", "<base>", "="],
)
def test_a_page_that_is_made_to_be_slow_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def seconds(times: int) -> float:
        markup = f"<p style='{'url(' + piece * times}'>" + "<style>" + piece * times + "</style>" + piece * times
        began = time.process_time()
        _page(markup)
        return time.process_time() - began

    short = min(seconds(4_000) for _ in range(3))
    assert seconds(32_000) < 24 * short + 0.1
