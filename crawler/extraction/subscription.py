"""The boxes that ask a reader for something: an address, money, an account, an installation.

A box is known by what it says, in many languages, or by a field for an e-mail address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from lxml import html

from broadsheet.crawler.extraction.layout import MAX_SHORT_LINE, Layout
from broadsheet.crawler.extraction.lines import Line, collapse, is_dense
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.wording import (
    ASK_ACTION,
    ASKING_KINDS,
    PAID,
    asking_words,
    is_said,
    says,
)
from broadsheet.storage.model import BlockKind, SubscriptionBlock

_MAX_BOX_TEXT = 900
_MAX_LEVELS = 6
_MIN_BOX_WORDS = 4
_MIN_UNKNOWN_WORDS = 6
_MAX_FLAT_LINES = 4
_MENU_KINDS = ("donation", "app")
_MAX_BUTTON = 45
_MAX_HEADING = 110
_MOST_KNOWN = 8192
_ASKED_FOR: dict[str, BlockKind | None] = {}


class AskingBox(NamedTuple):
    """A box that asks for something: what it says, and the lines that it takes up."""

    block: SubscriptionBlock
    lines: range


class SubscriptionReader:
    """Reads access and asking boxes of one page."""

    def __init__(self, page: Page, layout: Layout) -> None:
        self._page = page
        self._layout = layout

    def boxes(self) -> list[AskingBox]:
        """All boxes in document order."""
        found: list[AskingBox] = []
        for i, kind in self._asking_lines():
            if not found or i >= found[-1].lines.stop:
                box = self._box_at(i, kind)
                if box is not None:
                    found.append(box)
        taken = {i for box in found for i in box.lines}
        found += (box for box in self._boxes_with_field() if taken.isdisjoint(box.lines))
        return sorted(found, key=lambda box: box.lines.start)

    def _boxes_with_field(self) -> Iterator[AskingBox]:
        """Boxes around a field for an e-mail address; log-ins and comment forms are none."""
        for field in self._page.root.iter("input"):
            if _takes_address(field):
                box = self._box_around(field)
                if box is not None:
                    yield box

    def _box_around(self, field: html.HtmlElement) -> AskingBox | None:
        for element in islice(field.iterancestors(), _MAX_LEVELS):
            span = self._layout.span(element)
            lines = [self._layout.lines[i] for i in span]
            text = " ".join(line.text for line in lines) or _hidden_text(element)
            if len(text) > _MAX_BOX_TEXT or self._layout.is_article_part(element) or _is_dialogue(element):
                return None
            kind = _kind(text)
            if not lines and kind == "newsletter" and _says_enough(text):
                # A script shows it later, mostly over the page.
                action = self._action_url(lines, element)
                return AskingBox(SubscriptionBlock(kind=kind, text=text, action_url=action), span)
            if lines and _says_enough(text) and not lines[0].zone.comments:
                if kind is None and len(text.split()) < _MIN_UNKNOWN_WORDS:
                    return None
                return AskingBox(self._block(kind or "newsletter", lines, element), span)
        return None

    def _asking_lines(self) -> list[tuple[int, BlockKind]]:
        """Indices of the short lines outside menus and comments that ask for something, and what for."""
        short = [
            (i, line.text)
            for i, line in enumerate(self._layout.lines)
            if len(line.text) <= MAX_SHORT_LINE
            and not (line.zone.navigation or line.zone.comments)
            and i != self._layout.headline
        ]
        asked = _asked_for([text for _, text in short])
        return [(i, kind) for (i, _), kind in zip(short, asked, strict=True) if kind is not None]

    def _box_at(self, i: int, kind: BlockKind) -> AskingBox | None:
        span, element = self._span(i)
        lines = [self._layout.lines[j] for j in span]
        text = " ".join(entry.text for entry in lines)
        if not _says_enough(text) or not (_asks(element) or any(_is_action(entry) for entry in lines)):
            return None
        if kind in _MENU_KINDS and len(lines) > _MAX_FLAT_LINES and not _says_enough(self._layout.lines[i].text):
            return None  # An entry of a menu.
        return AskingBox(self._block(_kind(text) or kind, lines, element), span)

    def _span(self, i: int) -> tuple[range, html.HtmlElement]:
        """The lines of the box around line i, and the element that holds them."""
        best, element = range(i, i + 1), self._layout.lines[i].block
        node = element
        for _ in range(_MAX_LEVELS):
            span = self._layout.span(node)
            if sum(len(self._layout.lines[j].text) for j in span) > _MAX_BOX_TEXT or self._layout.is_article_part(node):
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
            if len(line.text) > MAX_SHORT_LINE or line.heading:
                break
        return span

    def _block(self, kind: BlockKind, lines: list[Line], element: html.HtmlElement) -> SubscriptionBlock:
        spoken = [line for line in lines if not (_is_action(line) and len(line.text) <= _MAX_BUTTON)] or lines
        heading = None
        if (len(spoken) > 1 and len(spoken[0].text) <= _MAX_HEADING) or spoken[0].heading:
            heading, spoken = spoken[0].text, spoken[1:]
        text = "\n".join(line.text for line in spoken) or None
        return SubscriptionBlock(kind=kind, heading=heading, text=text, action_url=self._action_url(lines, element))

    def _action_url(self, lines: list[Line], element: html.HtmlElement) -> str | None:
        linked = [line for line in lines if line.link is not None]
        for line in (*(line for line in linked if _is_action(line)), *linked):
            if line.link is not None and (url := self._page.absolute(line.link.get("href"))):
                return url
        form = element if element.tag == "form" else element.find(".//form")
        return self._page.absolute(form.get("action")) if form is not None else None


def _hidden_text(element: html.HtmlElement) -> str:
    """The text of an element without visible lines, up to the length of a box."""
    parts = (node for node in element.iter("p", "div", "span", "label", "h2", "h3", "h4", "strong", "b", "li"))
    return collapse(" ".join(part.text for part in parts if part.text))


def _asked_for(texts: list[str]) -> list[BlockKind | None]:
    """What lines ask for; most lines of menus and lists are on other pages of the site too, and are known."""
    new = [text for text in texts if text not in _ASKED_FOR]
    # Most pages hold one or two of the words: to look for all of them in each line takes twice as long.
    words = asking_words(new)
    read = {text: _asked(text, words) if words else None for text in new}
    found = [read[text] if text in read else _ASKED_FOR[text] for text in texts]
    if len(_ASKED_FOR) + len(read) > _MOST_KNOWN:
        _ASKED_FOR.clear()
    if len(read) <= _MOST_KNOWN:
        _ASKED_FOR.update(read)
    return found


def _asked(text: str, words: Iterable[str]) -> BlockKind | None:
    """What a line asks for; the first of the kinds counts.

    Args:
        text: The line.
        words: The only asking words that it may hold.
    """
    lowered = text.lower()
    if not any(word in lowered for word in words):
        return None
    return next((kind for kind in ASKING_KINDS if is_said(kind, text, lowered)), None)


def _kind(text: str) -> BlockKind | None:
    kinds = [kind for kind in ASKING_KINDS if says(kind, text)]
    if kinds[:2] == ["paywall", "registration"] and PAID.search(text) is None:
        return "registration"  # "Register to continue reading", and nothing about money.
    return kinds[0] if kinds else None


def _says_enough(text: str) -> bool:
    """More than the label of a menu entry."""
    return len(text.split()) >= _MIN_BOX_WORDS or (len(text) >= 12 and is_dense(text))


def _is_action(line: Line) -> bool:
    clickable = (
        line.link is not None or line.block.tag == "button" or any(e.tag in ("button", "label") for e in line.elements)
    )
    return clickable and bool(ASK_ACTION.search(line.text))


def _asks(element: html.HtmlElement) -> bool:
    """Whether the box has a field or a button of its own."""
    for field in element.iter("input", "button"):
        kind = (field.get("type") or "").lower()
        if field.tag == "button" or kind in ("email", "submit") or "mail" in (field.get("name") or "").lower():
            return True
    return False


def _takes_address(field: html.HtmlElement) -> bool:
    kind, name = (field.get("type") or "text").lower(), (field.get("name") or "").lower()
    return kind == "email" or (kind == "text" and "mail" in name)


def _is_dialogue(element: html.HtmlElement) -> bool:
    return any(
        e.tag == "textarea" or (e.get("type") or "").lower() == "password" for e in element.iter("textarea", "input")
    )
