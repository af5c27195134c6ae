"""What a page says that its publisher reserves."""

from __future__ import annotations

from broadsheet.crawler.extraction.page import Page
from broadsheet.storage.optouts import in_element, in_headers, in_order


def read_optouts(page: Page) -> list[str]:
    """What the ``<meta>`` elements reserve, wherever they stand: one in the body is meant, too."""
    found: set[str] = set()
    for meta in page.root.iter("meta"):
        content = meta.get("content") or ""
        found |= in_element(meta.get("name") or "", content) | in_headers([(meta.get("http-equiv") or "", content)])
    return in_order(found)
