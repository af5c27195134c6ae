"""What a crawl has fetched of what its pages are shown with, so that nothing of it is fetched twice.

A page that is read as a browser shows it asks for its scripts and styles before anybody knows what the page links to;
what is archived with an article is asked for afterwards.
"""

from __future__ import annotations

import re
from collections import OrderedDict

from broadsheet.crawler.capturing.recorder import Captured
from broadsheet.crawler.capturing.shown_page import ShownPage
from broadsheet.crawler.entries import absolute
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.versions import redirect_location

# What has been forgotten is fetched once more where an article needs it.
_MOST_KEPT = 5_000
_LONGEST_STYLE = 1024 * 1024
# CSS Values 4, section 4.5; CSS Cascade 5, section 2.1.
_IN_STYLE = re.compile(r"""url\(\s*["']?([^"')\s]{1,2000})|@import\s+["']([^"']{1,2000})""", re.IGNORECASE)


class FetchedRequisites:
    """What browsers asked for in a crawl and is archived, the latest of it."""

    def __init__(self) -> None:
        self._archived: OrderedDict[str, list[str]] = OrderedDict()
        self._undecided: dict[ShownPage, dict[str, list[str]]] = {}

    def note(self, captured: Captured, page: ShownPage) -> None:
        """Note what was recorded for a page on show."""
        url, leads_to = captured.capture.url, addresses_in(captured)
        if page.reserves is None:
            self._undecided.setdefault(page, {})[url] = leads_to
        elif not page.reserves:
            self._keep(url, leads_to)

    def decide(self, page: ShownPage) -> None:
        """Take in what was fetched for a page of which it is known by now whether it is reserved."""
        fetched = self._undecided.pop(page, {})
        if not page.reserves:
            for url, leads_to in fetched.items():
                self._keep(url, leads_to)

    def leads_to(self, url: str) -> list[str] | None:
        """Return what is asked for next where an address was fetched and is archived; None where it is to be fetched.

        What was fetched for a page that is reserved, or of which that is not known yet, is not in the archive.
        """
        return self._archived.get(url)

    def _keep(self, url: str, leads_to: list[str]) -> None:
        self._archived[url] = leads_to
        self._archived.move_to_end(url)
        if len(self._archived) > _MOST_KEPT:
            self._archived.popitem(last=False)


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
