"""Sitemaps: ``urlset`` with the Google News extension, ``sitemapindex``, and lists of addresses in plain text.

Sources: https://www.sitemaps.org/protocol.html,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from lxml import etree

from broadsheet.crawler.entries import Entry, absolute, plain_text
from broadsheet.crawler.reading.xml_stream import child_text, elements, local_name, text_of
from broadsheet.storage.model import Hints

SITEMAP_ROOTS = frozenset({"urlset", "sitemapindex"})

_LONGEST_DATE = 64
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ADDRESS = re.compile(rb"https?://[^\s<>]{1,8192}", re.IGNORECASE)


def read_sitemap(body: bytes, *, url: str, content_type: str | None = None) -> Iterator[Entry]:
    """Yield the pages of a ``urlset`` and the sitemaps of a ``sitemapindex``, in their order.

    One URL at a time is held in memory, however many there are.

    Args:
        body: The content-decoded sitemap, not compressed any more.
        url: Where it was fetched: relative locations, which the protocol does not allow, rest on it.
        content_type: The Content-Type header as sent, or None.
    """
    for element in elements(body, ("url", "sitemap"), base_url=url, content_type=content_type):
        if _is_listed(element) and (entry := _entry(element)) is not None:
            yield entry


def read_text_sitemap(body: bytes) -> Iterator[Entry] | None:
    """Return the pages of a sitemap in plain text: an address a line, and nothing else; None where it is none.

    Args:
        body: The content-decoded body.
    """
    lines = list(_lines(body)) if _ADDRESS.match(body.removeprefix(_BYTE_ORDER_MARK).lstrip()) else []
    if not lines or not all(map(_ADDRESS.fullmatch, lines)):
        return None
    links = (absolute(line.decode("utf-8", "replace"), "") for line in lines)
    return (Entry(url=link) for link in links if link is not None)


def _lines(body: bytes) -> Iterator[bytes]:
    return filter(None, map(bytes.strip, io.BytesIO(body.removeprefix(_BYTE_ORDER_MARK))))


def _is_listed(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and local_name(parent) in SITEMAP_ROOTS


def _entry(element: etree._Element) -> Entry | None:
    # Looked at once: there may be half a million of them.
    prefix, _, name = element.tag.rpartition("}")
    location: str | None = None
    modified: str | None = None
    news: etree._Element | None = None
    for child in element.iterchildren("*"):
        of, _, child_name = child.tag.rpartition("}")
        if child_name == "loc" and of == prefix and location is None:
            location = text_of(child)
        elif child_name == "lastmod" and of == prefix and modified is None:
            modified = _date(text_of(child))
        elif child_name == "news" and news is None:
            news = child
    # The base is worked out from all ancestors, and hardly ever wanted.
    is_absolute = location is not None and location.lstrip().startswith(("http://", "https://"))
    link = absolute(location, "" if is_absolute else element.base or "")
    if link is None:
        return None
    return Entry(url=link, kind="sitemap" if name == "sitemap" else "link", hints=_hints(modified, news))


def _hints(modified: str | None, news: etree._Element | None) -> Hints | None:
    if news is None:
        return None if modified is None else Hints(modified=modified)
    hints = Hints(
        title=plain_text(child_text(news, "title")),
        published=_date(child_text(news, "publication_date")),
        modified=modified,
    )
    return hints if hints != Hints() else None


def _date(text: str | None) -> str | None:
    return (text or "").strip()[:_LONGEST_DATE] or None
