"""What a page led to when it was last read: of one that did not change since, nothing else says it."""

from __future__ import annotations

from broadsheet.crawler.entries import Entry
from broadsheet.crawler.reading.page import MAXIMUM_ENTRIES
from broadsheet.storage.publishing.catalog import Catalog


def remembered_entries(catalog: Catalog, url: str) -> list[Entry] | None:
    """Return what a page led to when it was last read, or None where that is not known, or not of all of it.

    Args:
        catalog: What remembers it.
        url: The address of the page.
    """
    remembered = catalog.outlinks(url)
    if remembered is None or len(remembered) >= MAXIMUM_ENTRIES:
        return None
    return [Entry(url=link.url, kind=link.kind) for link in remembered]
