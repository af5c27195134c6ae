"""Between the archive's captures and the readers: a capture as it is read, a reading as the archive keeps it."""

from __future__ import annotations

from broadsheet.crawler.reading.page import CapturedPage, Reading
from broadsheet.storage.captures import Capture
from broadsheet.storage.model import Article
from broadsheet.storage.versions import PRESENT, Finding, Outlink


def page_of(capture: Capture, response: bytes, rendered: bytes | None = None) -> CapturedPage:
    """Return a capture, with the response's bytes as received and what a browser made of them, for a reader."""
    return CapturedPage(
        url=capture.url,
        captured_at=capture.captured_at,
        response=response,
        hints=capture.request.hints,
        render=capture.request.render,
        rendered=rendered,
    )


def is_readable(capture: Capture) -> bool:
    """Tell whether a capture holds a page that is worth reading."""
    return (
        capture.request.purpose == "page"
        and capture.status in PRESENT
        and not capture.revisit
        and not capture.truncated
    )


def finding_of(reading: Reading, *, expected: bool) -> Finding:
    """Return what a reading came to, as far as the archive cares.

    Args:
        reading: The reading.
        expected: Whether the URL is taken for an article as long as there is any text.
    """
    is_article = _is_article(reading, expected=expected)
    return Finding(
        kind=reading.kind,
        article=article_of(reading, expected=expected),
        is_doubtful=is_article and reading.kind != "article",
        canonical_url=reading.canonical_url if is_article else None,
        reason=reading.reason,
        failure=reading.failure,
        reservations=reading.reservations,
        outlinks=[Outlink(entry.url, entry.kind) for entry in reading.entries],
    )


def article_of(reading: Reading, *, expected: bool) -> Article | None:
    """Return the article that a page was read as, or None; see `finding_of`."""
    return reading.article if _is_article(reading, expected=expected) else None


def _is_article(reading: Reading, *, expected: bool) -> bool:
    return reading.kind == "article" or (expected and reading.article is not None and bool(reading.article.text))
