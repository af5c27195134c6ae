"""Whether an article is free to read and whole, and the boxes that ask its reader for something.

Access is read from what the page states: ``isAccessibleForFree`` of JSON-LD or microdata and its ``hasPart``,
content tier meta elements, and the words of a wall that is shown. The name of a CSS class alone is no
evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import html

from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import Line, collapse
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text, content_of
from broadsheet.crawler.extraction.wording import (
    APP,
    ASK_ACTION,
    ASKING_WORDS,
    DONATION,
    NEWSLETTER,
    PAYWALL,
    REGISTRATION,
)
from broadsheet.storage.model import Access, BlockKind, Evidence, Subscription, SubscriptionBlock

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
_KINDS: tuple[tuple[BlockKind, re.Pattern[str]], ...] = (
    ("paywall", PAYWALL),
    ("registration", REGISTRATION),
    ("app", APP),
    ("newsletter", NEWSLETTER),
    ("donation", DONATION),
)
_MAX_ASKING_LINE = 320
_MAX_BOX_TEXT = 900
_MAX_LEVELS = 6
_MIN_BOX_WORDS = 4
_MAX_FLAT_LINES = 4
_MAX_BUTTON = 45
_MAX_HEADING = 110
_DENSE_FROM = "\u3040"


class AskingBox(NamedTuple):
    """A box that asks for something: what it says, and the lines that it takes up."""

    block: SubscriptionBlock
    lines: range


class SubscriptionReader:
    """Reads access and asking boxes of one page."""

    def __init__(self, page: Page, structured: Structured, layout: Layout) -> None:
        self._page = page
        self._structured = structured
        self._layout = layout

    def boxes(self) -> list[AskingBox]:
        """All boxes in document order."""
        found: list[AskingBox] = []
        for i, kind in self._asking_lines():
            if not found or i >= found[-1].lines.stop:
                box = self._box_at(i, kind)
                if box is not None:
                    found.append(box)
        return found

    def _asking_lines(self) -> list[tuple[int, BlockKind]]:
        """Indices of the lines that ask for something, and what for; the first of the kinds counts."""
        found: dict[int, BlockKind] = {}
        for kind, pattern in _KINDS:
            for i in self._layout.containing(ASKING_WORDS[pattern]):
                if i not in found and self._may_ask(i) and pattern.search(self._layout.lines[i].text):
                    found[i] = kind
        return sorted(found.items())

    def _may_ask(self, i: int) -> bool:
        line = self._layout.lines[i]
        return (
            i != self._layout.headline
            and len(line.text) <= _MAX_ASKING_LINE
            and not (line.zone.navigation or line.zone.comments)
        )

    def access(self, boxes: list[AskingBox]) -> Subscription:
        """The access state with its evidence.

        Args:
            boxes: What `boxes` found.
        """
        evidence: list[Evidence] = []
        states: list[Access] = []
        for source, value, state in (*self._stated(), *_walls(boxes)):
            evidence.append(Evidence(source=source, value=value))
            states.append(state)
        access = states[0] if states else "unknown"
        return Subscription(
            access=access, complete=self._complete(access, boxes), evidence=evidence, blocks=_distinct(boxes)
        )

    def _stated(self) -> Iterator[tuple[str, str, Access]]:
        parts = [part for part in as_list(self._structured.article.get("hasPart")) if isinstance(part, dict)]
        tiers = [
            (name, value, tier)
            for name, value in self._structured.meta_values(*_TIER_NAMES)
            if (tier := _TIERS.get(value.lower()))
        ]
        stated = _boolean(self._structured.article.get("isAccessibleForFree"))
        if stated is None:
            stated = next(
                (
                    b
                    for e in self._structured.microdata.get("isAccessibleForFree", ())
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

    def _complete(self, access: Access, boxes: list[AskingBox]) -> bool | None:
        """Free is whole; behind a wall it depends on whether the closed part was delivered all the same."""
        if access == "free":
            return True
        wall = any(box.block.kind in ("paywall", "registration") for box in boxes)
        closed = self._closed_part_length()
        if closed is not None:
            return closed > 0 and not wall if closed == 0 or wall else True
        if access in ("paywalled", "registration", "metered") and wall:
            return False
        return None

    def _closed_part_length(self) -> int | None:
        """Characters in the elements that ``hasPart`` declares closed; None where it names no class or id."""
        for part in as_list(self._structured.article.get("hasPart")):
            selector = as_text(part.get("cssSelector")) if isinstance(part, dict) else None
            match = re.search(r"([.#])([\w-]+)\s*$", selector or "")
            if match is None:
                continue
            names = "class" if match[1] == "." else "id"
            found = self._page.root.xpath(
                f"//*[contains(concat(' ', @{names}, ' '), concat(' ', $name, ' '))]", name=match[2]
            )
            return sum(len(collapse(element.text_content())) for element in found)
        return None

    def _box_at(self, i: int, kind: BlockKind) -> AskingBox | None:
        span, element = self._span(i)
        lines = [self._layout.lines[j] for j in span]
        text = " ".join(entry.text for entry in lines)
        if not _says_enough(text) or not (_asks(element) or any(_is_action(entry) for entry in lines)):
            return None
        return AskingBox(self._block(_kind(text) or kind, lines, element), span)

    def _span(self, i: int) -> tuple[range, html.HtmlElement]:
        """The lines of the box around line i, and the element that holds them."""
        best, element = range(i, i + 1), self._layout.lines[i].block
        node = element
        for _ in range(_MAX_LEVELS):
            span = self._layout.span(node)
            if sum(
                len(self._layout.lines[j].text) for j in span
            ) > _MAX_BOX_TEXT or self._layout.is_article_part(node):
                break
            best, element = span, node
            if len(span) > 1 and (_asks(node) or any(_is_action(self._layout.lines[j]) for j in span)):
                return best, element
            parent = node.getparent()
            if parent is None or parent.tag in ("body", "main", "article"):
                break
            node = parent
        return self._with_following(best), element

    def _with_following(self, span: range) -> range:
        """The span and the button behind it, on pages that give the box no element of its own."""
        if any(_is_action(self._layout.lines[j]) for j in span):
            return span
        for j in range(span.stop, min(span.stop + _MAX_FLAT_LINES, len(self._layout.lines))):
            line = self._layout.lines[j]
            if _is_action(line) and len(line.text) <= _MAX_BUTTON:
                return range(span.start, j + 1)
            if len(line.text) > _MAX_ASKING_LINE or line.heading:
                break
        return span

    def _block(self, kind: BlockKind, lines: list[Line], element: html.HtmlElement) -> SubscriptionBlock:
        spoken = [line for line in lines if not (_is_action(line) and len(line.text) <= _MAX_BUTTON)] or lines
        heading = None
        if (len(spoken) > 1 and len(spoken[0].text) <= _MAX_HEADING) or spoken[0].heading:
            heading, spoken = spoken[0].text, spoken[1:]
        text = "\n".join(line.text for line in spoken) or None
        return SubscriptionBlock(
            kind=kind, heading=heading, text=text, action_url=self._action_url(lines, element)
        )

    def _action_url(self, lines: list[Line], element: html.HtmlElement) -> str | None:
        linked = [line for line in lines if line.link is not None]
        for line in (*(line for line in linked if _is_action(line)), *linked):
            if line.link is not None and (url := self._page.absolute(line.link.get("href"))):
                return url
        form = element if element.tag == "form" else element.find(".//form")
        return self._page.absolute(form.get("action")) if form is not None else None


def _walls(boxes: list[AskingBox]) -> Iterator[tuple[str, str, Access]]:
    for box in boxes:
        said = box.block.heading or box.block.text or ""
        if box.block.kind == "paywall":
            yield "visible", said, "paywalled"
        elif box.block.kind == "registration":
            yield "visible", said, "registration"


def _kind(text: str) -> BlockKind | None:
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), None)


def _says_enough(text: str) -> bool:
    """More than the label of a menu entry."""
    return len(text.split()) >= _MIN_BOX_WORDS or (len(text) >= 12 and text[len(text) // 2] >= _DENSE_FROM)


def _is_action(line: Line) -> bool:
    clickable = (
        line.link is not None
        or line.block.tag == "button"
        or any(e.tag in ("button", "label") for e in line.elements)
    )
    return clickable and bool(ASK_ACTION.search(line.text))


def _asks(element: html.HtmlElement) -> bool:
    """Whether the box has a field or a button of its own."""
    for field in element.iter("input", "button"):
        kind = (field.get("type") or "").lower()
        if (
            field.tag == "button"
            or kind in ("email", "submit")
            or "mail" in (field.get("name") or "").lower()
        ):
            return True
    return False


def _boolean(value: object) -> bool | None:
    """A schema.org Boolean: true, "True", "http://schema.org/True"."""
    if isinstance(value, bool):
        return value
    word = str(value or "").rpartition("/")[2].strip().lower()
    return {"true": True, "yes": True, "false": False, "no": False}.get(word)


def _distinct(boxes: list[AskingBox]) -> list[SubscriptionBlock]:
    """The blocks without those that say the same again."""
    return list({(b.block.kind, b.block.heading, b.block.text): b.block for b in reversed(boxes)}.values())[
        ::-1
    ]
