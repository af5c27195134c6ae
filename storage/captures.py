"""A capture: one exchange as it lies in a WARC segment, with what an index must know of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from broadsheet.storage.model import Hints
from broadsheet.storage.optouts import Reservation

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
"""The media types of pages."""

Purpose = Literal["page", "robots", "tdmrep", "guess", "requisite"]


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an exchange took place; travels in the WARC's metadata record, so that recovery knows it too.

    Attributes:
        purpose: ``page`` for whatever a crawl wants to read, ``robots`` for robots.txt, ``tdmrep`` for what a site
            reserves by the TDM Reservation Protocol, ``guess`` for a place where a
            feed or sitemap may lie by custom: only if there is one is it asked for as a page; ``requisite`` for what a
            page is shown with, such as its pictures, styles and scripts.
        filed_as: The URL whose version this capture may become, where it is not the capture's own.
        expected: Whether the URL was asked for as an article (``recrawl``, a feed's entry), whatever it looks
            like.
        via: The page the URL was found on.
        hints: What a feed or news sitemap said of it.
        render: Whether its page is read as a browser shows it, and not as the server sent it.
        redacted: The headers whose values are not in the records: they were secrets.
        obey: The opt-outs that are obeyed: where the publisher says one of them, the capture is not archived.
        robots: What allowed it: ``allowed by robots.txt``, ``no robots.txt (HTTP 404)``; None for robots.txt itself.
        delay: How many seconds the crawler left between two requests to the host when it asked.
        reservations: What robots.txt and ``tdmrep.json`` of its site state of the URL, and, where the response repeats
            the body of an earlier capture, what that page stated.
        page_reserves: The obeyed opt-outs of the page that it was fetched for, where they were known by then.
    """

    purpose: Purpose = "page"
    filed_as: str | None = None
    expected: bool = False
    via: str | None = None
    hints: Hints | None = None
    render: bool = False
    redacted: list[str] = []
    obey: list[str] = []
    robots: str | None = None
    delay: float | None = None
    reservations: list[Reservation] = []
    page_reserves: list[str] = []


class Rendering(Struct, frozen=True, kw_only=True):
    """What a browser made of a captured page: a ``conversion`` record in the capture's segment (WARC/1.1, section 6.8).

    Attributes:
        offset: Where the record's gzip member starts in the segment, in bytes.
        length: The member's length in bytes.
    """

    offset: int
    length: int


class Capture(Struct, frozen=True, kw_only=True):
    """One exchange as it lies in a segment.

    Attributes:
        url: The target URI as requested.
        captured_at: The WARC-Date, aware UTC.
        clock: What the clock of the crawler's machine showed, where that was another moment.
        record_id: The WARC-Record-ID of the response or revisit record, ``urn:uuid:...``.
        revisit: Whether the body is that of an earlier capture and not stored again.
        status: The final response's status; None where no response could be parsed.
        reason: Its reason phrase.
        headers: Its headers as sent, latin-1 decoded.
        payload_digest: ``sha256:`` and hexadecimal digits, of the entity-body.
        ip: The address connected to.
        protocol: ``http/1.1``.
        truncated: Why the response is not whole, or None.
        source: The source it was crawled for: a configured name, or the address a crawl was started with.
        request: Why the exchange took place.
        offset: Where the record's gzip member starts in the segment, in bytes.
        length: The member's length in bytes.
        rendering: Where what a browser made of it lies, if one did.
    """

    url: str
    captured_at: datetime
    record_id: str
    revisit: bool = False
    status: int | None = None
    reason: str | None = None
    headers: list[tuple[str, str]] = []
    payload_digest: str | None = None
    ip: str | None = None
    protocol: str | None = None
    truncated: str | None = None
    clock: datetime | None = None
    source: str | None = None
    request: Request = Request()
    offset: int = 0
    length: int = 0
    rendering: Rendering | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def mime(self) -> str | None:
        """The media type without parameters, lower case, or None."""
        value = self.header("content-type")
        return value.partition(";")[0].strip().lower() or None if value else None

    @property
    def is_html(self) -> bool:
        """Whether it was sent as a page."""
        return self.mime in PAGE_TYPES

    @property
    def filed_as(self) -> str:
        """The URL under whose identity a version made of this capture is filed."""
        return self.request.filed_as or self.url
