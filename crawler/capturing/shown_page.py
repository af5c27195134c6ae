"""A page while a browser shows it: where what it asks for is recorded, and whether that may be published.

What the scripts of a page fetch goes to the segment that waits for the reading of the page: if that says that the page
is reserved, both are taken out of the same batch, after a crash too. What comes once the page has been read is recorded
with what it reserves.
"""

from __future__ import annotations

from broadsheet.crawler.capturing.open_segment import OpenSegment

SHOWN = "broadsheet_shown"
"""The key of a request's meta that holds the `ShownPage` that asked for it."""


class ShownPage:
    """A page on show.

    Args:
        url: Its address.
        segment: The segment that waits for its reading.
        is_obeyed: Whether it is kept out of the archive where it is reserved.

    Attributes:
        url: Its address.
        reserves: The opt-outs for which it is not archived; None until that is known.
        reused: The addresses that it asked for and that had been fetched for another page.
    """

    def __init__(self, url: str, segment: OpenSegment, *, is_obeyed: bool) -> None:
        self.url = url
        self.reserves: list[str] | None = None if is_obeyed else []
        self.reused: list[str] = []
        self._segment = segment

    @property
    def segment(self) -> OpenSegment | None:
        """The segment of the page as long as more can be recorded into it, else None."""
        return None if self._segment.settled.is_set() else self._segment
