"""The lines of an extracted text, each with the line of the page it was read from.

A text that trafilatura found says nothing of where its lines stood. Knowing it, what the page says about them can
be asked: whether a line is a heading or a list entry, whether it is all link, and which paragraphs of the same
column are missing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from lxml import html

from broadsheet.crawler.extraction.layout import Column, Layout, column_of
from broadsheet.crawler.extraction.lead import Lead
from broadsheet.crawler.extraction.lines import Line

_NOT_WRITTEN = re.compile(r"[\W_]+")
_COLUMN_SHARE = 0.2
_PIECE, _MOSTLY = 12, 0.75
LIST_MARK = "- "
"""What list entries begin with."""


class Passage(NamedTuple):
    """One line of a text.

    Attributes:
        text: The line.
        key: What identifies it: its letters and digits in lower case.
        line: Index of the line of the page that says the same, or None.
    """

    text: str
    key: str
    line: int | None


def key_of(text: str) -> str:
    """The letters and digits of a text in lower case: what stays the same however it is set."""
    return _NOT_WRITTEN.sub("", text).casefold()


class Passages:
    """Finds the lines of a page in texts that were taken from it.

    Args:
        layout: The lines of the page.
        dropped: Indices of those that belong to other fields.
    """

    def __init__(self, layout: Layout, dropped: Collection[int]) -> None:
        self._layout = layout
        self._dropped = dropped
        self._positions: dict[str, list[int]] = {}
        for i, line in enumerate(layout.lines):
            if i not in dropped and not (line.zone.navigation or line.zone.footer or line.zone.comments):
                self._positions.setdefault(key_of(line.text), []).append(i)

    def align(self, lines: Iterable[str]) -> list[Passage]:
        """Find the lines of a text on the page; of equal ones that behind the line before."""
        found: list[Passage] = []
        reached = -1
        for text in lines:
            key = key_of(text)
            places = self._positions.get(key)
            place = None
            if places:
                place = next((i for i in places if i > reached), places[0])
                reached = max(reached, place)
            found.append(Passage(text, key, place))
        return found

    def completed(self, passages: list[Passage]) -> list[Passage]:
        """The text with the paragraphs that it lacks of the columns it stands in.

        A column is what has the same element and class in parents of the same class: an article that is cut in two by
        an advert goes on in another element of the same kind. Only paragraphs between the first and the last one of
        the text are added.
        """
        columns: dict[Column, int] = {}
        placed = [passage.line for passage in passages if passage.line is not None]
        running = frozenset(self._layout.paragraphs)
        for i in placed:
            if i in running:
                column = column_of(self._layout.lines[i])
                columns[column] = columns.get(column, 0) + len(self._layout.lines[i].text)
        enough = _COLUMN_SHARE * sum(columns.values())
        if not columns:
            return passages
        first, last = self._layout.body
        taken = frozenset(placed)
        whole = "".join(passage.key for passage in passages)
        missing = [
            Passage(line.text, key, i)
            for i in self._layout.paragraphs
            if first <= i <= last
            and i not in taken
            and i not in self._dropped
            and columns.get(column_of(line := self._layout.lines[i]), 0) > enough
            and (key := key_of(line.text)) not in whole
        ]
        complete = _merged(passages, missing)
        return _merged(complete, list(self._headings_and_entries(complete)))

    def with_lead(self, passages: list[Passage], lead: Lead) -> list[Passage]:
        """The text with the lead before it, where it does not hold it yet."""
        whole = "".join(passage.key for passage in passages)
        parts = [Passage(text, key_of(text), i) for i, text in zip(lead.lines, lead.text.split("\n"), strict=True)]
        return [*(part for part in parts if not _holds(whole, part.key)), *passages]

    def _headings_and_entries(self, passages: list[Passage]) -> Iterator[Passage]:
        """The headings and list entries that a text lacks: those among its paragraphs, or right above one of them."""
        placed = {passage.line for passage in passages if passage.line is not None}
        whole = "".join(passage.key for passage in passages)
        parents = {self._layout.lines[i].block.getparent() for i in placed & frozenset(self._layout.paragraphs)}
        first, last = self._layout.body
        for i in range(max(first, 0), last):
            line = self._layout.lines[i]
            if i in placed or i in self._dropped or line.zone.link or not (line.heading or line.zone.listed):
                continue
            beside = not line.linked and _outside_list(line).getparent() in parents
            if (beside or (line.heading and i + 1 in placed)) and (key := key_of(line.text)) not in whole:
                yield Passage(line.text, key, i)


def _outside_list(line: Line) -> html.HtmlElement:
    """The element of a line, or the list that it is an entry of."""
    element = line.block
    entry = element if element.tag == "li" else element.getparent()
    around = entry.getparent() if entry is not None and entry.tag == "li" else None
    return around if around is not None else element


def _holds(whole: str, key: str) -> bool:
    """Whether a text holds most of another one: readings of names and notes may stand between."""
    pieces = [key[at : at + _PIECE] for at in range(0, len(key), _PIECE)]
    return sum(piece in whole for piece in pieces) > _MOSTLY * len(pieces)


def _merged(passages: list[Passage], missing: list[Passage]) -> list[Passage]:
    """Both in the order of the page: each missing passage behind the last one that stands before it."""
    merged = list(passages)
    for passage in missing:
        at = len(merged)
        while at and ((line := merged[at - 1].line) is None or (passage.line is not None and line > passage.line)):
            at -= 1
        merged.insert(at, passage)
    return merged
