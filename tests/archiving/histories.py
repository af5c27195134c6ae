"""Random lives of articles: what a server shows at each look, and which versions a reader should then find."""

from __future__ import annotations

from dataclasses import replace

from archiving.writer import Visit, answers, shows, shows_no_article
from hypothesis import strategies as st

URLS = ("https://news.example/a", "https://news.example/b?id=7")
# What a look may find: an article with one of two texts in one of two bodies, or something else.
LOOKS = st.one_of(
    st.sampled_from(["one", "two", "one with noise", "two with noise"]),
    st.sampled_from(["gone", "moved to the front page", "304", "503", "login wall", "cut off", "redirect"]),
)
LATER_LOOKS = st.tuples(st.sampled_from(URLS), LOOKS)
# Each batch holds looks at URLs; the crawl makes one at each, a service that is asked twice makes two.
HISTORIES = st.lists(st.lists(LATER_LOOKS, min_size=1, max_size=3), min_size=1, max_size=6)
ONE_LOOK_A_BATCH = st.lists(LOOKS, min_size=1, max_size=8)


def visit(url: str, minute: float, look: str) -> Visit:
    """What a look comes to, on the wire and when it is read."""
    text, _, noise = look.partition(" with ")
    others = {
        "gone": answers(url, minute, "404 Not Found"),
        "moved to the front page": answers(url, minute, "302 Found", "/"),
        "304": answers(url, minute, "304 Not Modified"),
        "503": answers(url, minute, "503 Service Unavailable"),
        "login wall": shows_no_article(url, minute),
        "cut off": replace(shows(url, minute, "half"), truncated="disconnect"),
        "redirect": answers(url, minute, "301 Moved Permanently", "/elsewhere"),
    }
    return others.get(look) or shows(url, minute, text, noise=noise)


def versions_of(looks: list[str]) -> list[str]:
    """The versions that looks at one URL should have made, by their text."""
    versions: list[str] = []
    for look in looks:
        text = look.partition(" with ")[0]
        if text in ("one", "two"):
            state = text
        elif look in ("gone", "moved to the front page") and versions:
            state = "gone"
        else:
            continue
        if versions[-1:] != [state]:
            versions.append(state)
    return versions
