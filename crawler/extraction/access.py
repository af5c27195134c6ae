"""Whether an article is free to read and whole.

Read from what the page states: ``isAccessibleForFree`` of JSON-LD or microdata and its ``hasPart``, content tier
meta elements, and the words of a wall that is shown. The name of a CSS class alone is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from broadsheet.crawler.extraction.lines import collapse
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text, content_of
from broadsheet.crawler.extraction.subscription import AskingBox
from broadsheet.storage.model import Access, Evidence, Subscription, SubscriptionBlock

_TIER_NAMES = (
    "article:content_tier",
    "og:article:content_tier",
    "content_tier",
    "contenttier",
    "cxenseparse:accesslevel",
    "access_type",
    "article:access",
    "dc.rights.accessrights",
)
_TIERS: dict[str, Access] = {
    "free": "free", "public": "free", "open": "free",
    "metered": "metered", "meter": "metered",
    "locked": "paywalled", "paid": "paywalled", "premium": "paywalled", "subscriber": "paywalled",
    "subscribers": "paywalled", "subscription": "paywalled", "paywall": "paywalled", "closed": "paywalled",
    "registration": "registration", "registered": "registration", "login": "registration",
}  # fmt: skip


def read_access(page: Page, structured: Structured, boxes: list[AskingBox]) -> Subscription:
    """Read whether the article is free, and whether its text is whole.

    Args:
        page: The page.
        structured: What it says for machines.
        boxes: The boxes on it that ask for something; a wall is one of them.
    """
    evidence: list[Evidence] = []
    states: list[Access] = []
    for source, value, state in (*_stated(structured), *_walls(boxes)):
        evidence.append(Evidence(source=source, value=value))
        states.append(state)
    access = states[0] if states else "unknown"
    return Subscription(
        access=access, complete=_complete(page, structured, access, boxes), evidence=evidence, blocks=_distinct(boxes)
    )


def _stated(structured: Structured) -> Iterator[tuple[str, str, Access]]:
    parts = [part for part in as_list(structured.article.get("hasPart")) if isinstance(part, dict)]
    tiers = [
        (name, value, tier)
        for name, value in structured.meta_values(*_TIER_NAMES)
        if (tier := _TIERS.get(value.lower()))
    ]
    stated = _boolean(structured.article.get("isAccessibleForFree"))
    if stated is None:
        stated = next(
            (
                b
                for e in structured.microdata.get("isAccessibleForFree", ())
                if (b := _boolean(content_of(e))) is not None
            ),
            None,
        )
    if stated is not None:
        yield (
            "isAccessibleForFree",
            str(stated).lower(),
            "free" if stated else ("metered" if any(t == "metered" for *_, t in tiers) else "paywalled"),
        )
    for part in parts:
        if _boolean(part.get("isAccessibleForFree")) is False:
            yield "hasPart", as_text(part.get("cssSelector")) or "isAccessibleForFree false", "paywalled"
    for name, value, tier in tiers:
        yield name, value, tier


def _complete(page: Page, structured: Structured, access: Access, boxes: list[AskingBox]) -> bool | None:
    """Free is whole; behind a wall it depends on whether the closed part was delivered all the same."""
    if access == "free":
        return True
    wall = any(box.block.kind in ("paywall", "registration") for box in boxes)
    closed = _closed_part_length(page, structured)
    if closed is not None:
        return closed > 0 and not wall if closed == 0 or wall else True
    if access in ("paywalled", "registration", "metered") and wall:
        return False
    return None


def _closed_part_length(page: Page, structured: Structured) -> int | None:
    """Characters in the elements that ``hasPart`` declares closed; None where it names no class or id."""
    for part in as_list(structured.article.get("hasPart")):
        selector = as_text(part.get("cssSelector")) if isinstance(part, dict) else None
        match = re.search(r"([.#])([\w-]+)\s*$", selector or "")
        if match is None:
            continue
        names = "class" if match[1] == "." else "id"
        found = page.root.xpath(f"//*[contains(concat(' ', @{names}, ' '), concat(' ', $name, ' '))]", name=match[2])
        return sum(len(collapse(element.text_content())) for element in found)
    return None


def _walls(boxes: list[AskingBox]) -> Iterator[tuple[str, str, Access]]:
    for box in boxes:
        said = box.block.heading or box.block.text or ""
        if box.block.kind == "paywall":
            yield "visible", said, "paywalled"
        elif box.block.kind == "registration":
            yield "visible", said, "registration"


def _boolean(value: object) -> bool | None:
    """A schema.org Boolean: true, "True", "http://schema.org/True"."""
    if isinstance(value, bool):
        return value
    word = str(value or "").rpartition("/")[2].strip().lower()
    return {"true": True, "yes": True, "false": False, "no": False}.get(word)


def _distinct(boxes: list[AskingBox]) -> list[SubscriptionBlock]:
    """The blocks without those that say the same again."""
    return list({(b.block.kind, b.block.heading, b.block.text): b.block for b in reversed(boxes)}.values())[::-1]
