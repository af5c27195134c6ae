"""What feeds, sitemaps and pages point to: URLs to look at next, with what was said of them."""

from __future__ import annotations

import html
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from msgspec import Struct

from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.model import Hints
from broadsheet.storage.urls import normalise
from broadsheet.storage.versions import OutlinkKind

_LONGEST_TEXT = 1_000
_CLOCKS_DIFFER = 24 * 3600
_ABSOLUTE = re.compile(r"https?://")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?(?:-->|\Z)", re.DOTALL)


class Entry(Struct, frozen=True, kw_only=True):
    """One URL that was found.

    Attributes:
        url: Absolute http or https URL in its normal form.
        kind: What it was announced as: a page, a feed or a sitemap.
        hints: What a feed or sitemap says of it, or None where nothing is said.
    """

    url: str
    kind: OutlinkKind = "link"
    hints: Hints | None = None


def absolute(reference: str | None, base_url: str) -> str | None:
    """Return the normal form of a reference, or None where it leads to nothing that can be fetched.

    Args:
        reference: As it stands in the document; anything may stand there.
        base_url: What a relative reference rests on (RFC 3986 section 5.1).
    """
    if reference is None or not (reference := reference.strip()):
        return None
    try:
        # Most are absolute, and joining costs more than all the rest: a sitemap may list 500,000 of them.
        return normalise(reference if _ABSOLUTE.match(reference) else urljoin(base_url, reference))
    except (InvalidURLError, ValueError):
        return None  # ``mailto:``, ``file:`` or noise: a link that is no page, and not ours to report.


def plain_text(text: str | None) -> str | None:
    """Return markup as one line of text without tags and character references, or None when none is left.

    Feeds escape titles once or twice, with or without tags, whatever they declare.
    """
    if text is None:
        return None
    unescaped = html.unescape(_TAG.sub("", html.unescape(text[: 8 * _LONGEST_TEXT])))
    return " ".join(unescaped.split())[:_LONGEST_TEXT] or None


def recency_of(hints: Hints | None) -> int:
    """Return when a page was last changed or published by what was announced of it, in Unix seconds; 0 for unknown.

    A date in the future tells nothing: some sites date everything ahead.
    """
    stated = None if hints is None else hints.modified or hints.published
    moment = None if stated is None else _moment(stated.strip())
    seconds = 0 if moment is None else int(moment.timestamp())
    return seconds if 0 < seconds < time.time() + _CLOCKS_DIFFER else 0


def _moment(stated: str) -> datetime | None:
    """Read a date of a sitemap or JSON feed (ISO 8601) or of an RSS feed (RFC 822); without a zone it is UTC."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, OverflowError):
            moment = read(stated)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
