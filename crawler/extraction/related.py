"""Links to other articles that a page offers with its own: see-also boxes, read-more lines, series, topics.

A box is known by its heading ("See also"), in many languages; its entries are the lines behind the heading,
as far as the box reaches. A list that stands beside any article (most read, latest, tags) is none and ends a
box.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

from broadsheet.crawler.extraction.dates.order import OrderEvidence, proved_order, settle
from broadsheet.crawler.extraction.dates.text import Mention
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import Line, collapse, is_dense, links_of, outward
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.related_entries import (
    MAX_TITLE,
    Entry,
    EntryReader,
    date_of,
    is_title,
    link_text,
    looks_like_unlinked_title,
)
from broadsheet.crawler.extraction.wording import (
    OTHER_LIST_HEADING,
    SEE_ALSO_HEADING,
    SEE_ALSO_PREFIX,
    SERIES_HEADING,
    SHARE_LINE,
    TOPIC_HEADING,
    says,
)
from broadsheet.storage.model import RelatedKind, RelatedLink

_MAX_HEADING = 70
_MAX_BOX_LINES = 80
_MAX_ENTRIES = 30
_MAX_LEVELS = 4
_MAX_TEASERS = 4
_MIN_WORDS = 4
_MIN_DENSE = 12
_TEXT_BEHIND = 0.1
# What `SEE_ALSO_PREFIX` ends with: to look for that first costs a third.
_PREFIX_END = re.compile("[:|>»→\\-–—：]")
_RELATED_NAME = re.compile(
    r"(?:^|[\s_-])(?:related|see-?also|read-?(?:more|also|next)|more-on)(?:$|[\s_-]|(?-i:[A-Z]))", re.IGNORECASE
)


class Box(NamedTuple):
    """A box of related articles.

    Attributes:
        heading: Its heading as shown, or the words before an in-text link.
        kind: What it is.
        entries: Its entries in order.
        lines: Indices of the page's lines that belong to it.
    """

    heading: str | None
    kind: RelatedKind
    entries: list[Entry]
    lines: range


class RelatedReader:
    """Finds the boxes of one page."""

    def __init__(self, page: Page, layout: Layout) -> None:
        self._layout = layout
        self._reader = EntryReader(page)
        self._paragraphs = layout.paragraphs
        self._running = frozenset(layout.paragraphs)
        self._gaps: dict[int, bool] = {}

    def boxes(self) -> list[Box]:
        """All boxes in document order."""
        found: list[Box] = []
        i = 0
        while i < len(self._layout.lines):
            box = self._box_at(i)
            if box is not None:
                found.append(box)
            i = max(i + 1, box.lines.stop) if box is not None else i + 1
        return found

    def _box_at(self, i: int) -> Box | None:
        line = self._layout.lines[i]
        if line.zone.footer or line.zone.comments or i == self._layout.headline:
            return None
        if line.zone.navigation:
            return self._inline(line, i) if self._is_between_paragraphs(i) else None
        inline = self._inline(line, i)
        if inline is not None:
            return inline
        if i in self._running:
            return self._prose(line, i)
        kind = self._kind(line, i)
        if kind is None:
            return self._named(line, i) or self._teaser(line, i)
        span = self._span(i)
        entries = list(self._reader.read(self._layout.lines[span.start : span.stop]))[:_MAX_ENTRIES]
        return Box(collapse(line.text).rstrip(":："), kind, entries, range(i, span.stop)) if entries else None

    def _inline(self, line: Line, i: int) -> Box | None:
        """A line "Read also: title", its title a link; or a link that says so itself."""
        if line.link is None or len(line.text) > MAX_TITLE:
            return None
        divided = _divided_after_prefix(line.text)
        if divided is None:
            return self._after_words(line, i)
        heading, title = divided
        entry = self._reader.entry(line, title if line.linked else link_text(line) or title)
        return Box(heading, "in_text", [entry], range(i, i + 1)) if entry is not None else None

    def _after_words(self, line: Line, i: int) -> Box | None:
        """A line whose first element says "Read also" and whose rest is the title."""
        if len(line.parts) == 1 or len(line.parts[0]) > _MAX_HEADING or not _is_see_also(collapse(line.parts[0])):
            return None
        words, rest = collapse(line.parts[0]), collapse("".join(line.parts[1:]))
        entry = self._reader.entry(line, rest)
        return Box(words.rstrip(":："), "in_text", [entry], range(i, i + 1)) if entry is not None else None

    def _named(self, line: Line, i: int) -> Box | None:
        """The list without a heading that begins with line i, in an element named for related articles."""
        if line.link is None:
            return None
        for element in outward(line.block, _MAX_LEVELS):
            if self._layout.first(element) != i:
                return None
            if _is_related_name(f"{element.get('class') or ''} {element.get('id') or ''}"):
                other = not is_title(line) or OTHER_LIST_HEADING.fullmatch(line.text) is not None
                if other or self._layout.is_article_part(element):
                    return None
                lines = range(i, min(self._layout.span(element).stop, i + _MAX_BOX_LINES))
                entries = list(self._reader.read(self._layout.lines[lines.start : lines.stop]))[:_MAX_ENTRIES]
                kind: RelatedKind = "in_text" if self._is_between_paragraphs(i) else "see_also"
                return Box(None, kind, entries, lines) if entries else None
        return None

    def _teaser(self, line: Line, i: int) -> Box | None:
        """A title that is a link and stands alone, or with a few others, between two paragraphs of the text."""
        if not line.linked or line.link is None or line.zone.figure or not self._is_between_paragraphs(i):
            return None
        if not (_is_sentence(line.text) and is_title(line) and self._is_gap_in_text(bisect_left(self._paragraphs, i))):
            return None
        if self._reader.entry_of_prose(line.link) is None:
            return None
        entry = self._reader.entry(line, line.text)
        return Box(None, "in_text", [entry], range(i, i + 1)) if entry is not None else None

    def _is_gap_in_text(self, place: int) -> bool:
        """Whether what stands before a paragraph, and behind the one before it, is no list of other articles."""
        if place not in self._gaps:
            around = self._layout.lines[self._paragraphs[place - 1] + 1 : self._paragraphs[place]]
            listed = any(OTHER_LIST_HEADING.fullmatch(other.text) for other in around)
            self._gaps[place] = not listed and sum(is_title(other) for other in around) <= _MAX_TEASERS
        return self._gaps[place]

    def _is_between_paragraphs(self, i: int) -> bool:
        first, last = self._layout.body
        return first < i < last

    def _prose(self, line: Line, i: int) -> Box | None:
        """The links to other articles of the site inside a paragraph; it stays part of the text."""
        entries = [entry for link in links_of(line) if (entry := self._reader.entry_of_prose(link)) is not None]
        return Box(None, "in_text", entries, range(i, i)) if entries else None

    def _kind(self, line: Line, i: int) -> RelatedKind | None:
        text = line.text
        if len(text) > _MAX_HEADING:
            return None
        if _is_see_also(text):
            return "in_text" if not line.zone.aside and self._is_inside_text(i) else "see_also"
        if not (line.heading or line.link is None):
            return None
        if SERIES_HEADING.fullmatch(text):
            return "series"
        if line.heading and TOPIC_HEADING.fullmatch(text):
            return "topic"
        return "see_also" if line.heading and _is_named_related(line) else None

    def _is_inside_text(self, i: int) -> bool:
        """Whether a good part of the running text comes behind line i; a motto or a footer line is none."""
        everything = self._layout.running(range(len(self._layout.lines)))
        behind = self._layout.running(range(i, len(self._layout.lines)))
        return _TEXT_BEHIND * everything < behind < everything

    def _span(self, i: int) -> range:
        """The lines of the box: of the smallest element around heading and entries, or up to a boundary."""
        heading = self._layout.lines[i]
        element = heading.block
        for _ in range(_MAX_LEVELS):
            parent = element.getparent()
            if parent is None or parent.tag in ("body", "main", "article") or self._layout.is_article_part(parent):
                break
            element = parent
            inside = range(i + 1, self._layout.span(element).stop)
            if any(is_title(self._layout.lines[j]) for j in inside):
                return range(i + 1, self._boundary(i, min(inside.stop, i + _MAX_BOX_LINES)))
        return range(i + 1, self._boundary(i, min(len(self._layout.lines), i + _MAX_BOX_LINES), flat=True))

    def _boundary(self, i: int, stop: int, *, flat: bool = False) -> int:
        """The line behind the box; without an element of its own it holds only what looks like its entries."""
        heading = self._layout.lines[i]
        for j in range(i + 1, stop):
            line = self._layout.lines[j]
            fits = not flat or is_title(line) or date_of(line) is not None or looks_like_unlinked_title(line)
            if not fits or self._ends_box(line, heading):
                return j
        return stop

    def _ends_box(self, line: Line, heading: Line) -> bool:
        text = line.text
        if line.zone.footer and not heading.zone.footer:
            return True
        if line.heading and heading.heading and line.block.tag <= heading.block.tag and line.link is None:
            return True
        if len(text) > _MAX_HEADING:
            return line.link is None and says("newsletter", text)
        if _is_see_also(text) or SHARE_LINE.fullmatch(text):
            return True
        return (OTHER_LIST_HEADING.fullmatch(text) is not None and not line.linked) or says("newsletter", text)


def related_links(boxes: list[Box], evidence: OrderEvidence) -> list[RelatedLink]:
    """The entries of all boxes with their dates decided, each address once in a kind.

    Args:
        boxes: What `RelatedReader.boxes` found.
        evidence: What the page offers for settling numeric dates; each box first speaks for itself.
    """
    found: dict[tuple[RelatedKind, str | None], RelatedLink] = {}
    for box in boxes:
        order = proved_order(e.mention for e in box.entries if e.mention is not None) or evidence.same_role
        own = evidence._replace(same_role=order, named_days=(), stated=())
        for url, title, mention in box.entries:
            published = settle(mention.readings, own) if mention is not None else None
            key = (box.kind, url or title)
            found.setdefault(
                key,
                RelatedLink(url=url, title=title, published=published, heading=box.heading, kind=box.kind),
            )
    return list(found.values())


def _is_sentence(title: str) -> bool:
    """Whether a title says more than the label of a button."""
    return len(title.split()) >= _MIN_WORDS or (is_dense(title) and len(title) >= _MIN_DENSE)


@lru_cache(maxsize=8192)
def _divided_after_prefix(text: str) -> tuple[str, str] | None:
    """The words "Read also" before a title, and the title; None where a line begins otherwise."""
    match = SEE_ALSO_PREFIX.match(text) if _PREFIX_END.search(text) is not None else None
    return (match["heading"].strip(), match["rest"].strip()) if match is not None else None


@lru_cache(maxsize=8192)
def _is_see_also(text: str) -> bool:
    """Whether a line is the heading of a related box; the pages of one site repeat most of their short lines."""
    return SEE_ALSO_HEADING.fullmatch(text) is not None


def _is_named_related(line: Line) -> bool:
    """Whether the box around a heading is named for related articles, and the heading for nothing else."""
    if OTHER_LIST_HEADING.fullmatch(line.text):
        return False
    around = outward(line.block, _MAX_LEVELS)
    return any(_is_related_name(f"{e.get('class') or ''} {e.get('id') or ''}") for e in around)


@lru_cache(maxsize=8192)
def _is_related_name(name: str) -> bool:
    return _RELATED_NAME.search(name) is not None


def mentions_of(boxes: list[Box]) -> list[Mention]:
    """The dates shown in the boxes."""
    return [entry.mention for box in boxes for entry in box.entries if entry.mention is not None]
