"""From the bytes of a stored HTTP response to what they mean: one pure function, without clock or network.

The crawl, recovery after a crash, ``extract`` and re-extraction all use it, so a WARC record has one meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from broadsheet.crawler.discovery import Entry, absolute
from broadsheet.crawler.extraction.extract import Extraction, extract
from broadsheet.crawler.feeds import FEED_ROOTS, read_feed, read_json_feed
from broadsheet.crawler.page import CapturedPage, HtmlPage, Reading, unreadable
from broadsheet.crawler.sitemaps import SITEMAP_ROOTS, read_sitemap
from broadsheet.crawler.xml_stream import root_name
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.codings import remove_codings
from broadsheet.storage.http.messages import ResponseMessage, decoded_body, list_values, parse_response

MAXIMUM_BODY = 64 * 1024 * 1024
"""The most bytes that a body may have once decoded: a sitemap may have 50 MB (sitemaps.org)."""
MAXIMUM_ENTRIES = 50_000
"""The most URLs taken from one document: as many as a sitemap may list (sitemaps.org)."""
MOST_REQUISITES = 200
"""The most addresses of what a page is shown with that are told of it."""

# RFC 9110 section 15.3.4: 203 is a 200 that a proxy transformed.
_READABLE_STATUS = frozenset({200, 203})
_READABLE_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "identity"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# Types that servers give to feeds and sitemaps for want of a better one, or for a .gz file.
_VAGUE_TYPES = frozenset(
    {"", "text/plain", "text/xml", "application/octet-stream", "application/gzip", "application/x-gzip"}
)
_RENDERED_TYPE = "text/html; charset=utf-8"
_GZIP_MAGIC = b"\x1f\x8b"


def read_page(page: CapturedPage | HtmlPage) -> Reading:
    """Return what a page means, whichever form it comes in."""
    return read_html(page) if isinstance(page, HtmlPage) else read_capture(page)


def read_capture(capture: CapturedPage) -> Reading:
    """Return what a captured HTTP response means.

    Status, Content-Type and the first element decide: an HTML page is read as an article or an index, feeds
    and sitemaps for what they link to; anything else is "other". Bytes that cannot be read are no error but a
    reading with a `failure`.
    """
    try:
        message = parse_response(capture.response)
        if message.status not in _READABLE_STATUS:
            return Reading(kind="other", reason=f"HTTP {message.status}")
        media_type = _media_type(message)
        if not _may_be_read(media_type):
            return Reading(kind="other", reason=f"Content-Type {media_type}")
        body = _body(message)
    except MessageError as error:
        return unreadable(str(error))
    return _read_body(capture, body, media_type, message.header("Content-Type"))


def read_html(page: HtmlPage) -> Reading:
    """Return what an HTML document means: an article, an index or something else, with the links on it."""
    extraction = extract(
        page.html,
        url=page.url,
        content_type=page.content_type,
        captured_at=page.captured_at,
        hints=page.hints,
        with_requisites=page.with_requisites,
    )
    return Reading(
        kind=extraction.kind,
        reason=extraction.reason,
        article=None if extraction.kind == "other" else extraction.article,
        canonical_url=extraction.canonical_url,
        optouts=extraction.optouts,
        entries=_distinct(_linked(extraction, page.url))[0],
        requisites=extraction.requisites[:MOST_REQUISITES],
    )


def _media_type(message: ResponseMessage) -> str:
    return (message.header("Content-Type") or "").partition(";")[0].strip().lower()


def _may_be_read(media_type: str) -> bool:
    return media_type in _HTML_TYPES | _VAGUE_TYPES or media_type.endswith(("xml", "json"))


def _body(message: ResponseMessage) -> bytes:
    """The body without codings; a sitemap may be a gzip file besides (sitemaps.org, "Sitemap file")."""
    unknown = set(list_values(message.headers, "Content-Encoding")) - _READABLE_CODINGS
    if unknown:
        raise MessageError(f"the content coding {', '.join(sorted(unknown))} is not read")
    body = decoded_body(message, limit=MAXIMUM_BODY)
    return remove_codings(body, ["gzip"], MAXIMUM_BODY) if body.startswith(_GZIP_MAGIC) else body


def _read_body(capture: CapturedPage, body: bytes, media_type: str, content_type: str | None) -> Reading:
    root = root_name(body, content_type)
    if root in FEED_ROOTS:
        return _listing("feed", read_feed(body, url=capture.url, content_type=content_type))
    if root in SITEMAP_ROOTS:
        return _listing("sitemap", read_sitemap(body, url=capture.url, content_type=content_type))
    if media_type in _HTML_TYPES or (media_type != "text/plain" and (root or "").lower() == "html"):
        if capture.render and capture.rendered is None:
            return unreadable("it is to be read as a browser shows it, and none has shown it")
        return read_html(
            HtmlPage(
                url=capture.url,
                captured_at=capture.captured_at,
                html=body if capture.rendered is None else capture.rendered,
                content_type=content_type if capture.rendered is None else _RENDERED_TYPE,
                hints=capture.hints,
                with_requisites=capture.with_requisites,
            )
        )
    if root is None and (json_feed := read_json_feed(body, url=capture.url)) is not None:
        return _listing("feed", json_feed)
    return Reading(kind="other", reason=f"neither page, feed nor sitemap ({media_type or 'no Content-Type'})")


def _listing(kind: str, found: Iterator[Entry]) -> Reading:
    entries, left_out = _distinct(found)
    reason = f"{kind} of {len(entries):,} URLs"
    if left_out:
        reason += f"; {left_out:,} more are over the limit of {MAXIMUM_ENTRIES:,}"
    return Reading(kind="sitemap" if kind == "sitemap" else "feed", reason=reason, entries=entries)


def _linked(extraction: Extraction, base_url: str) -> Iterator[Entry]:
    for feed in extraction.feeds:
        if (url := absolute(feed, base_url)) is not None:
            yield Entry(url=url, kind="feed")
    for link in extraction.links:
        if (url := absolute(link.url, base_url)) is not None:
            yield Entry(url=url)


def _distinct(entries: Iterable[Entry]) -> tuple[list[Entry], int]:
    """The first entry for each URL, up to the limit, and how many entries were over it."""
    kept: dict[str, Entry] = {}
    left_out = 0
    for entry in entries:
        if len(kept) < MAXIMUM_ENTRIES:
            kept.setdefault(entry.url, entry)
        elif entry.url not in kept:
            left_out += 1
    return list(kept.values()), left_out
