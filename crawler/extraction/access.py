"""Whether an article is free to read and whole.

Read from what the page states: ``isAccessibleForFree`` of JSON-LD or microdata and its ``hasPart``, content tier
meta elements, the words of a wall that is shown where the text stops, and a text that is shorter than the page says.
The name of a CSS class alone is no evidence, and an offer in the head or foot of the page is no wall.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import collapse, is_dense
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
_BEHIND_TEXT = 10
_MIN_STATED_WORDS = 100
_TRUNCATED = 0.5
_WHOLE = 0.85
_TIERS: dict[str, Access] = {
    "free": "free", "public": "free", "open": "free",
    "metered": "metered", "meter": "metered",
    "locked": "paywalled", "paid": "paywalled", "premium": "paywalled", "subscriber": "paywalled",
    "subscribers": "paywalled", "subscription": "paywalled", "paywall": "paywalled", "closed": "paywalled",
    "registration": "registration", "registered": "registration", "login": "registration",
}  # fmt: skip


def read_access(
    page: Page, structured: Structured, layout: Layout, boxes: list[AskingBox], text: str | None
) -> Subscription:
    """Read whether the article is free, and whether its text is whole.

    Args:
        page: The page.
        structured: What it says for machines.
        layout: Where its text stands.
        boxes: The boxes on it that ask for something; a wall is one of them.
        text: The text that was read.
    """
    walls = [box for box in boxes if _is_wall(box, layout)]
    share = _shown_share(structured, text)
    found = [*_stated(structured), *_walls(walls)]
    evidence = [Evidence(source=source, value=value) for source, value, _ in found]
    access = _access(found, walls)
    if share is not None and share < _TRUNCATED and access != "free":
        evidence.append(Evidence(source="wordCount", value=f"{share:.0%} of the stated words are shown"))
    complete = _complete(page, structured, access, walls, share)
    return Subscription(access=access, complete=complete, evidence=evidence, blocks=_distinct(boxes))


def _access(found: list[tuple[str, str, Access]], walls: list[AskingBox]) -> Access:
    """What the first statement says; schema.org has no word for articles that ask for an account and for no money."""
    access = found[0][2] if found else "unknown"
    closed = {source for source, _, told in found if told == "paywalled"}
    asks_account = bool(walls) and all(box.block.kind == "registration" for box in walls)
    if access == "paywalled" and asks_account and closed <= {"isAccessibleForFree", "hasPart"}:
        return "registration"
    return access


def _stated(structured: Structured) -> Iterator[tuple[str, str, Access]]:
    parts = [part for part in as_list(structured.article.get("hasPart")) if isinstance(part, dict)]
    tiers = [
        (name, value, tier)
        for name, value in structured.meta_values(*_TIER_NAMES)
        if (tier := _TIERS.get(value.lower()))
    ]
    stated = _boolean(structured.article.get("isAccessibleForFree"))
    if stated is None:
        stated = _boolean(structured.web_page.get("isAccessibleForFree"))
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


def _complete(
    page: Page, structured: Structured, access: Access, walls: list[AskingBox], share: float | None
) -> bool | None:
    """Free is whole; behind a wall it depends on whether the closed part was delivered all the same."""
    if access == "free":
        return True
    closed = _closed_part_length(page, structured)
    if walls or closed == 0 or (share is not None and share < _TRUNCATED and access != "unknown"):
        return False if walls or access != "unknown" else None
    if closed is not None or (share is not None and share >= _WHOLE):
        return True
    return None


def _shown_share(structured: Structured, text: str | None) -> float | None:
    """The words that are shown of those that JSON-LD states; None where it states none or nobody can count them."""
    stated = as_text(structured.article.get("wordCount")) or ""
    if not stated.isdecimal() or int(stated) < _MIN_STATED_WORDS or is_dense(text or ""):
        return None
    return len((text or "").split()) / int(stated)


def _is_wall(box: AskingBox, layout: Layout) -> bool:
    """Whether a box stops the reader: it stands in the text or right behind it."""
    if box.block.kind not in ("paywall", "registration") or not box.lines:
        return False
    zone = layout.lines[box.lines.start].zone
    if zone.navigation or zone.footer or zone.aside or zone.comments:
        return False
    return layout.headline < box.lines.start <= max(layout.body[1], layout.headline) + _BEHIND_TEXT


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
    if isinstance(value, list):
        return _boolean(value[0]) if value else None
    if isinstance(value, bool):
        return value
    word = str(value or "").rpartition("/")[2].strip().lower()
    return {"true": True, "yes": True, "false": False, "no": False}.get(word)


def _distinct(boxes: list[AskingBox]) -> list[SubscriptionBlock]:
    """The blocks without those that say the same again."""
    return list({(b.block.kind, b.block.heading, b.block.text): b.block for b in reversed(boxes)}.values())[::-1]
