"""From the bytes of a stored HTTP response to what they mean: one pure function, without clock or network.

The crawl, recovery after a crash, ``extract`` and re-extraction all use it, so a WARC record has one meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from broadsheet.crawler.entries import Entry, absolute
from broadsheet.crawler.extraction.extract import Extraction, extract
from broadsheet.crawler.reading.feeds import FEED_ROOTS, read_feed, read_json_feed
from broadsheet.crawler.reading.link_header import linked
from broadsheet.crawler.reading.page import MAXIMUM_ENTRIES, CapturedPage, HtmlPage, Reading, unreadable
from broadsheet.crawler.reading.sitemaps import SITEMAP_ROOTS, read_sitemap, read_text_sitemap
from broadsheet.crawler.reading.xml_stream import root_name
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.codings import remove_codings
from broadsheet.storage.http.messages import ResponseMessage, decoded_body, list_values, parse_response
from broadsheet.storage.publishing.reservations import in_markup
from broadsheet.storage.versions import PRESENT

MAXIMUM_BODY = 64 * 1024 * 1024
"""The most bytes that a body may have once decoded: a sitemap may have 50 MB (sitemaps.org)."""
MOST_REQUISITES = 200
"""The most addresses of what a page is shown with that are told of it."""
Tell = Callable[[list[Entry]], None]

# What is over the limit is told in parts of so many: nobody has to hold it all.
_PART = 5_000
_READABLE_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "identity"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# Types that servers give to feeds and sitemaps for want of a better one, or for a .gz file.
_VAGUE_TYPES = frozenset(
    {"", "text/plain", "text/xml", "application/octet-stream", "application/gzip", "application/x-gzip"}
)
_RENDERED_TYPE = "text/html; charset=utf-8"
_GZIP_MAGIC = b"\x1f\x8b"


def read_page(page: CapturedPage | HtmlPage, tell: Tell | None = None) -> Reading:
    """Return what a page means, whichever form it comes in; see `read_capture`."""
    return read_html(page) if isinstance(page, HtmlPage) else read_capture(page, tell)


def read_capture(capture: CapturedPage, tell: Tell | None = None) -> Reading:
    """Return what a captured HTTP response means.

    Status, Content-Type and the first element decide: an HTML page is read as an article or an index, feeds
    and sitemaps for what they link to; anything else is "other". Bytes that cannot be read are no error but a
    reading with a `failure`.

    Args:
        capture: The response.
        tell: Told all URLs of a feed or sitemap that has more than a reading holds, in parts and in their order.
    """
    try:
        message = parse_response(capture.response)
        if message.status not in PRESENT:
            return Reading(kind="other", reason=f"HTTP {message.status}")
        media_type = _media_type(message)
        if not _may_be_read(media_type):
            return Reading(kind="other", reason=f"Content-Type {media_type}")
        body = _body(message)
    except MessageError as error:
        return unreadable(str(error))
    reading = _read_body(capture, body, media_type, message.header("Content-Type"), tell)
    named = list(linked(message.headers, capture.url)) if reading.kind in {"article", "index"} else []
    if not named:
        return reading
    return msgspec.structs.replace(reading, entries=_distinct([*named, *reading.entries], None)[0])


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
        reservations=extraction.reservations,
        entries=_distinct(_linked(extraction, page.url), None)[0],
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


def _read_body(
    capture: CapturedPage, body: bytes, media_type: str, content_type: str | None, tell: Tell | None
) -> Reading:
    root = root_name(body, content_type)
    if root in FEED_ROOTS:
        return _listing("feed", read_feed(body, url=capture.url, content_type=content_type), tell)
    if root in SITEMAP_ROOTS:
        return _listing("sitemap", read_sitemap(body, url=capture.url, content_type=content_type), tell)
    if media_type in _HTML_TYPES or (media_type != "text/plain" and (root or "").lower() == "html"):
        if capture.render and capture.rendered is None:
            return unreadable("it is to be read as a browser shows it, and none has shown it")
        reading = read_html(
            HtmlPage(
                url=capture.url,
                captured_at=capture.captured_at,
                html=body if capture.rendered is None else capture.rendered,
                content_type=content_type if capture.rendered is None else _RENDERED_TYPE,
                hints=capture.hints,
                with_requisites=capture.with_requisites,
            )
        )
        if capture.rendered is None:
            return reading
        # A script may have taken away what the publisher had sent.
        sent = [each for each in in_markup(capture.response) if each not in reading.reservations]
        return msgspec.structs.replace(reading, reservations=reading.reservations + sent)
    if root is None and (json_feed := read_json_feed(body, url=capture.url)) is not None:
        return _listing("feed", json_feed, tell)
    if root is None and media_type in _VAGUE_TYPES and (addresses := read_text_sitemap(body)) is not None:
        return _listing("sitemap", addresses, tell)
    return Reading(kind="other", reason=f"neither page, feed nor sitemap ({media_type or 'no Content-Type'})")


def _listing(kind: str, found: Iterator[Entry], tell: Tell | None) -> Reading:
    entries, further = _distinct(found, tell)
    reason = f"{kind} of {len(entries) + further:,} URLs"
    if further:
        reason += f", of which the first {MAXIMUM_ENTRIES:,} are remembered"
    return Reading(kind="sitemap" if kind == "sitemap" else "feed", reason=reason, entries=entries)


def _linked(extraction: Extraction, base_url: str) -> Iterator[Entry]:
    for feed in extraction.feeds:
        if (url := absolute(feed, base_url)) is not None:
            yield Entry(url=url, kind="feed")
    for link in extraction.links:
        if (url := absolute(link.url, base_url)) is not None:
            yield Entry(url=url)


def _distinct(entries: Iterable[Entry], tell: Tell | None) -> tuple[list[Entry], int]:
    """The first entry for each URL, up to the limit, and how many were over it; with those, all are told."""
    kept: dict[str, Entry] = {}
    further: dict[str, Entry] = {}
    told = 0
    for entry in entries:
        if len(kept) < MAXIMUM_ENTRIES:
            kept.setdefault(entry.url, entry)
        elif entry.url not in kept and entry.url not in further:
            if not told and not further and tell is not None:
                _tell_in_parts(list(kept.values()), tell)
            further[entry.url] = entry
            if len(further) == _PART:
                told += _told(further, tell)
    return list(kept.values()), told + _told(further, tell)


def _told(entries: dict[str, Entry], tell: Tell | None) -> int:
    count = len(entries)
    if tell is not None and count:
        tell(list(entries.values()))
    entries.clear()
    return count


def _tell_in_parts(entries: list[Entry], tell: Tell) -> None:
    for start in range(0, len(entries), _PART):
        tell(entries[start : start + _PART])
