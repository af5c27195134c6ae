"""What a crawl has fetched of what its pages are shown with, so that nothing of it is fetched twice.

A page that is read as a browser shows it asks for its scripts and styles before anybody knows what the page links to;
what is archived with an article is asked for afterwards.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from broadsheet.crawler.capturing.recorder import Captured
from broadsheet.crawler.capturing.shown_page import ShownPage
from broadsheet.crawler.entries import absolute
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.versions import redirect_location

_LONGEST_STYLE = 1024 * 1024
# CSS Values 4, section 4.5; CSS Cascade 5, section 2.1.
_IN_STYLE = re.compile(r"""url\(\s*["']?([^"')\s]{1,2000})|@import\s+["']([^"']{1,2000})""", re.IGNORECASE)


class _Fetched(NamedTuple):
    page: ShownPage
    leads_to: list[str]


class FetchedRequisites:
    """What browsers asked for in a crawl, and which pages it was fetched for."""

    def __init__(self) -> None:
        self._fetched: dict[str, _Fetched] = {}

    def note(self, captured: Captured, page: ShownPage) -> None:
        """Note what was recorded for a page on show."""
        self._fetched[captured.capture.url] = _Fetched(page, addresses_in(captured))

    def leads_to(self, url: str) -> list[str] | None:
        """Return what is asked for next where an address was fetched and is archived; None where it is to be fetched.

        What was fetched for a page that is reserved, or of which that is not known yet, is not in the archive.
        """
        fetched = self._fetched.get(url)
        return None if fetched is None or fetched.page.may_be_withheld else fetched.leads_to


def addresses_in(captured: Captured) -> list[str]:
    """Return where a redirect leads, or what stands in a style sheet, in full; nothing of anything else."""
    capture = captured.capture
    location = redirect_location(capture)
    if location is not None:
        found: list[str | None] = [absolute(location, capture.url)]
    elif capture.mime == "text/css" and capture.status == 200:
        found = [absolute(reference, capture.url) for reference in _in_style(captured.response)]
    else:
        found = []
    return [url for url in found if url is not None]


def _in_style(response: bytes) -> list[str]:
    try:
        style = decoded_body(parse_response(response), limit=_LONGEST_STYLE).decode("utf-8", "replace")
    except MessageError:
        return []
    return [first or second for first, second in _IN_STYLE.findall(style)]
