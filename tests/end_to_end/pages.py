"""Pages of made-up news sites, and the bytes that a server sends for them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from xml.sax.saxutils import escape

from servers.raw_server import Script

OF_THE_SITE = frozenset({"/robots.txt", "/.well-known/tdmrep.json"})
"""What is asked for of a site before its pages: robots.txt in each crawl, the other once a day."""

_WORDS = (
    "harbour council ferry tide evening market bridge engineer school winter library baker signal captain garden "
    "committee station lantern orchard railway morning budget repair village teacher weather island concert mill"
).split()
_VERBS = "opened delayed counted praised measured painted crossed repaired questioned visited".split()


def article(title: str, *, text: str | None = None, links: Iterable[str] = (), author: str = "Wilma Straub") -> str:
    """Return the page of an article; without a text of its own it has one made from its title."""
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in (text or made_up_text(title)).split("\n"))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        f'<meta property="og:type" content="article"><meta property="og:title" content="{escape(title)}">'
        '<meta property="article:published_time" content="2025-05-06T07:08:09+02:00">'
        f'<meta name="author" content="{escape(author)}"></head>'
        f"<body><main><article><h1>{escape(title)}</h1>{paragraphs}</article></main>"
        f"<nav>{_anchors(links)}</nav></body></html>"
    )


def front_page(links: Iterable[str], *, feeds: Iterable[str] = ()) -> str:
    """Return a page that only links."""
    heads = "".join(f'<link rel="alternate" type="application/rss+xml" href="{escape(feed)}">' for feed in feeds)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Front page</title>{heads}</head>'
        f"<body><ul>{_anchors(links)}</ul></body></html>"
    )


def rss(links: Iterable[str]) -> str:
    """Return an RSS 2.0 feed."""
    items = "".join(f"<item><title>An item</title><link>{escape(link)}</link></item>" for link in links)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'


def sitemap(links: Iterable[str]) -> str:
    """Return a sitemap."""
    urls = "".join(f"<url><loc>{escape(link)}</loc></url>" for link in links)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def made_up_text(seed: str) -> str:
    """Return four paragraphs that depend on the seed alone."""
    chance = random.Random(seed)
    return "\n".join(" ".join(_sentence(chance) for _ in range(4)) for _ in range(4))


def answer(
    body: str | bytes,
    *,
    status: str = "200 OK",
    content_type: str = "text/html; charset=utf-8",
    headers: Iterable[tuple[str, str]] = (),
    seconds: float = 0.0,
) -> Script:
    """Return what a server sends for a body; with `seconds`, so long after the head."""
    data = body.encode() if isinstance(body, str) else body
    head = _head(status, [("Content-Type", content_type), ("Content-Length", str(len(data))), *headers])
    return Script((head, data), pause=seconds) if seconds else Script((head + data,))


def redirect(location: str, status: str = "302 Found") -> Script:
    """Return a redirect."""
    return answer("moved", status=status, headers=[("Location", location)])


def cut_off(body: str) -> Script:
    """Return an answer whose connection is closed after half of the body it announced."""
    data = body.encode()
    head = _head("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(data)))])
    return Script((head + data[: len(data) // 2],), ending="close")


def dropped() -> Script:
    """Return no answer at all: the connection is closed."""
    return Script((), ending="close")


def robots(*rules: str) -> Script:
    """Return a robots.txt for all crawlers."""
    return answer("User-agent: *\n" + "\n".join(rules) + "\n", content_type="text/plain")


def _head(status: str, headers: list[tuple[str, str]]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode()


def _anchors(links: Iterable[str]) -> str:
    return "".join(f'<li><a href="{escape(link)}">{escape(link.rpartition("/")[2] or link)}</a></li>' for link in links)


def _sentence(chance: random.Random) -> str:
    first, second, third = chance.sample(_WORDS, 3)
    return f"The {first} of the {second} {chance.choice(_VERBS)} the {third} for {chance.randint(2, 90)} days."
