"""What goes into a reader process and what comes out.

The crawl's own process imports these types and never reads a page, so nothing heavy is imported here.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from broadsheet.crawler.entries import Entry
from broadsheet.storage.model import Article, Hints, PageKind
from broadsheet.storage.optouts import Reservation

MAXIMUM_ENTRIES = 50_000
"""The most URLs of one document that are in its reading: as many as a sitemap may list (sitemaps.org)."""


class CapturedPage(Struct, frozen=True, kw_only=True, tag="captured"):
    """A stored HTTP response and the little that is known besides it.

    Attributes:
        url: The target URI.
        captured_at: When it was fetched; aware.
        response: The HTTP response block as stored in WARC: wire bytes, interim responses included.
        hints: What a feed or sitemap said of the page.
        render: Whether an HTML page is read as a browser showed it.
        rendered: The document that the browser made of it, in UTF-8, where one did.
        with_requisites: Whether it is to be told what the page is shown with.
    """

    url: str
    captured_at: datetime
    response: bytes
    hints: Hints | None = None
    render: bool = False
    rendered: bytes | None = None
    with_requisites: bool = False


class HtmlPage(Struct, frozen=True, kw_only=True, tag="html"):
    """An HTML document without the HTTP response around it.

    Attributes:
        url: The address it came from.
        captured_at: When it was fetched; aware.
        html: The document's bytes, not compressed.
        content_type: The Content-Type header, where known; its charset counts.
        hints: What a feed or sitemap said of the page.
        with_requisites: Whether it is to be told what the page is shown with.
    """

    url: str
    captured_at: datetime
    html: bytes
    content_type: str | None = None
    hints: Hints | None = None
    with_requisites: bool = False


class Reading(Struct, frozen=True, kw_only=True):
    """What a page turned out to be.

    Attributes:
        kind: An article; an index or any other page with text; a feed; a sitemap; or something else, a wall say.
        reason: Why it was taken for that, for people.
        article: What the page says; of an index, what could be read all the same, or None.
        canonical_url: The address the page claims as its own, or None.
        entries: The URLs it points to, each once.
        requisites: The addresses of what an HTML page is shown with.
        reservations: What the page states that its publisher reserves.
        failure: Why only the raw bytes could be kept, or None.
        continues: This is not the whole reading yet: only its `entries` count, and more follows.
    """

    kind: PageKind
    reason: str
    article: Article | None = None
    canonical_url: str | None = None
    entries: list[Entry] = []
    requisites: list[str] = []
    reservations: list[Reservation] = []
    failure: str | None = None
    continues: bool = False


def unreadable(failure: str) -> Reading:
    """Return the reading of a page of which only the raw bytes could be kept."""
    return Reading(kind="other", reason="not read", failure=failure)
