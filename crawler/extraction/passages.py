"""The lines of an extracted text, each with the line of the page it was read from.

A text that trafilatura found says nothing of where its lines stood. Knowing it, what the page says about them can
be asked: whether a line is a heading or a list entry, whether it is all link, and which paragraphs of the same
column are missing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from lxml import html

from broadsheet.crawler.extraction.layout import Column, Layout, column_of, is_paragraph
from broadsheet.crawler.extraction.lead import Lead
from broadsheet.crawler.extraction.lines import Line

_NOT_WRITTEN = re.compile(r"[\W_]+")
_COLUMN_SHARE = 0.2
# Zero width non-joiner and joiner: the one is a part of Persian words, the other of words in Indic scripts.
_JOINERS = "\u200c\u200d"
_ROW, _BARS = re.compile(r"\|.*\|$"), re.compile(r"(?<!\\)\|")
_COPY = 2
_LINE = 160
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
    return _key_of_line(text) if len(text) <= _LINE else _key_of_paragraph(text)


def _made_key(text: str) -> str:
    # Most of it is single spaces: they go a third cheaper so.
    return _NOT_WRITTEN.sub("", text.replace(" ", "")).casefold()


# Lines of menus are on many pages; paragraphs are asked for again and again, on one.
_key_of_line, _key_of_paragraph = lru_cache(maxsize=8192)(_made_key), lru_cache(maxsize=256)(_made_key)


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
        """Find the lines of a text on the page, and take them as they stand there; of equal ones that behind the last.

        trafilatura drops the characters that join or part letters, which some scripts spell with, and writes the rows
        of tables with bars between their cells: the cells of a row are one line, unless they hold paragraphs.
        """
        found: list[Passage] = []
        reached = -1
        for text in lines:
            key = key_of(text)
            places = self._positions.get(key)
            if not places:
                found += self._row(text, key) if _ROW.match(text) else self._entry(text, key)
                continue
            place = next((i for i in places if i > reached), places[0])
            reached = max(reached, place)
            found.append(Passage(self._text(place), key, place))
        return found

    def _row(self, text: str, key: str) -> Iterator[Passage]:
        """The cells of a row, or its paragraphs where the table is there for the layout of the page."""
        cells = self._divided(key)
        if any(is_paragraph(self._layout.lines[i]) for i in cells):
            for i in cells:
                yield Passage(self._text(i), key_of(self._layout.lines[i].text), i)
        else:
            yield Passage(" ".join(_BARS.sub(" ", text).split()), key, cells[0] if cells else None)

    def _entry(self, text: str, key: str) -> Iterator[Passage]:
        """A line that stands nowhere on the page; an entry of a list that begins with a heading is two or more."""
        lines = self._divided(key) if text.startswith(LIST_MARK) else []
        if any(self._layout.lines[i].heading for i in lines):
            for i in lines:
                yield Passage(self._text(i), key_of(self._layout.lines[i].text), i)
        else:
            yield Passage(text, key, None)

    def divided(self, passage: Passage) -> list[str]:
        """The lines of the page that were run together to one, as trafilatura does on short pages."""
        return [self._text(i) for i in self._divided(passage.key)] or [passage.text]

    def _divided(self, whole: str) -> list[int]:
        """The lines of the page that say together, one behind another, what is asked for; none where no lines do."""
        for number, (_, start) in enumerate(self._keys):
            if not whole.startswith(start):
                continue
            lines, reached = [], 0
            for i, key in self._keys[number:]:
                if whole.startswith(key, reached):
                    lines.append(i)
                    reached += len(key)
                if reached == len(whole):
                    return lines
        return []

    @cached_property
    def _keys(self) -> list[tuple[int, str]]:
        """The lines that may be text with their keys, in the order of the page."""
        return sorted((i, key) for key, places in self._positions.items() if key for i in places)

    def _text(self, i: int) -> str:
        """A line without the characters that are not seen, but for those that letters are joined and parted by."""
        text = self._layout.lines[i].text
        return text if text.isprintable() else "".join(c for c in text if c.isprintable() or c in _JOINERS)

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
        # Said again in one element it is meant: a refrain, a line that every entry ends with.
        said = {(p.key, self._parent(p), column_of(self._layout.lines[p.line])) for p in passages if p.line in running}
        missing = [
            Passage(self._text(i), key, i)
            for i in self._layout.paragraphs
            if first <= i <= last
            and i not in taken
            and i not in self._dropped
            and (columns.get(column_of(line := self._layout.lines[i]), 0) > enough or self._is_bare(line))
            and ((key := key_of(line.text)) not in whole or (key, line.block.getparent(), column_of(line)) in said)
        ]
        complete = _merged(passages, missing)
        return self._without_copies(_merged(complete, list(self._headings_and_entries(complete))))

    def _without_copies(self, passages: list[Passage]) -> list[Passage]:
        """The text without runs of lines that another element holds again, as for another width of the screen."""
        running = frozenset(self._layout.paragraphs)
        kept: list[Passage] = []
        places: dict[str, int] = {}
        number = 0
        while number < len(passages):
            at = places.get(passages[number].key)
            length = 0
            while at is not None and number + length < len(passages) and at + length < len(kept):
                one, other = kept[at + length], passages[number + length]
                if one.key != other.key or self._parent(one) is self._parent(other):
                    break
                length += 1
            # Lists say the same of one thing as of another.
            if sum(p.line in running for p in passages[number : number + length]) < _COPY:
                length = 0
                places.setdefault(passages[number].key, len(kept))
                kept.append(passages[number])
            number += length or 1
        return kept

    def _parent(self, passage: Passage) -> html.HtmlElement | None:
        return self._layout.lines[passage.line].block.getparent() if passage.line is not None else None

    def _is_bare(self, line: Line) -> bool:
        """Whether a line leads nowhere and stands in elements of the container that have neither class nor id."""
        node: html.HtmlElement | None = line.block if line.link is None else None
        while node is not None and node is not self._layout.container:
            if node.tag not in ("div", "p", "section") or node.get("class") or node.get("id"):
                return False
            node = node.getparent()
        return node is not None

    def with_lead(self, passages: list[Passage], lead: Lead) -> list[Passage]:
        """The text with the lead before it, where it does not hold it yet."""
        whole = "".join(passage.key for passage in passages)
        parts = [Passage(text, key_of(text), i) for i, text in zip(lead.lines, lead.text.split("\n"), strict=True)]
        return [*(part for part in parts if not _holds(whole, part.key)), *passages]

    def _headings_and_entries(self, passages: list[Passage]) -> Iterator[Passage]:
        """The headings and list entries that a text lacks: those among its paragraphs, or right above one of them."""
        placed = {passage.line for passage in passages if passage.line is not None}
        whole = "".join(passage.key for passage in passages)
        keys = {passage.key for passage in passages}
        parents = {self._layout.lines[i].block.getparent() for i in placed & frozenset(self._layout.paragraphs)}
        first, last = self._layout.body
        for i in range(max(first, 0), last):
            line = self._layout.lines[i]
            if i in placed or i in self._dropped or line.zone.link or not (line.heading or line.zone.listed):
                continue
            beside = not line.linked and _outside_list(line).getparent() in parents
            said = keys if line.heading else whole  # Paragraphs often hold the words of the heading above them.
            if (beside or (line.heading and i + 1 in placed)) and (key := key_of(line.text)) not in said:
                yield Passage(self._text(i), key, i)


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
