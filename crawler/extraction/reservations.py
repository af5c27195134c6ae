"""What a page says that its publisher reserves."""

from __future__ import annotations

from broadsheet.crawler.extraction.page import Page
from broadsheet.storage.optouts import Reservation, in_element, in_headers

_MOST_STATEMENTS = 20


def read_reservations(page: Page) -> list[Reservation]:
    """What the ``<meta>`` elements state, each statement once, wherever they stand: one in the body is meant, too."""
    stated = [(meta.get("name"), meta.get("http-equiv"), meta.get("content") or "") for meta in page.root.iter("meta")]
    policy = next((content for name, _, content in stated if (name or "").lower() == "tdm-policy"), None)
    found: list[Reservation] = []
    for name, equivalent, content in stated:
        of_element = in_element(name, content, policy=policy) if name else []
        if equivalent:
            of_element = of_element + in_headers([(equivalent, content)], "page")
        found += [each for each in of_element if each not in found]
    return _shortened(found)


def _shortened(found: list[Reservation]) -> list[Reservation]:
    """The first statements, and of the others those that reserve what these do not."""
    kept = found[:_MOST_STATEMENTS]
    for each in found[_MOST_STATEMENTS:]:
        if not {optout for other in kept for optout in other.optouts}.issuperset(each.optouts):
            kept.append(each)
    return kept
