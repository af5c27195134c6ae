"""The lead: what a page sets apart between its headline and its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterator
from itertools import islice
from typing import NamedTuple

from broadsheet.crawler.extraction.editorial_wording import is_note
from broadsheet.crawler.extraction.layout import Column, Layout, column_of
from broadsheet.crawler.extraction.lines import Line
from broadsheet.crawler.extraction.structured import Structured
from broadsheet.crawler.extraction.subtitle import Standfirst

_WINDOW = 24
_MIN_LENGTH = 60
_ENDS = re.compile(r"[.!?…。！？।؟][\"”»'’)\]]*$")
_OTHER_NAME = re.compile(
    r"caption|credit|byline|attribution|disclaimer|tooltip|gift|share|carousel|audio|player|newsletter|"
    r"(?:^|[\s_-])(?:author|date|time|timestamp)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MAX_PARTS = 6
_MIN_PARAGRAPHS = 3


class Lead(NamedTuple):
    """The lead of an article.

    Attributes:
        text: Its sentences, one line for each paragraph or list entry that it is set in.
        lines: Indices of the lines of the page that it stands in.
    """

    text: str
    lines: range


def read_lead(
    structured: Structured, layout: Layout, dropped: Container[int], *, authors: Collection[str] = ()
) -> Lead | None:
    """Find the lead among the lines behind the headline.

    It is set apart from the text by its markup, as a heading, or by emphasis; where nothing is, by standing in another
    column than the paragraphs behind it. Of a deck line and an introduction it is the longer.

    Args:
        structured: What the page says for machines.
        layout: Where headline and text stand.
        dropped: Indices of the lines that belong to other fields.
        authors: Names by which bylines are known.
    """
    reader = _LeadReader(structured, layout, dropped, authors)
    return max(islice(reader.marked(), 2), key=lambda lead: len(lead.text), default=None) or reader.by_column()


class _LeadReader:
    """Reads what stands between the headline and the text of one page."""

    def __init__(
        self, structured: Structured, layout: Layout, dropped: Container[int], authors: Collection[str]
    ) -> None:
        self._layout = layout
        self._dropped = dropped
        self._standfirst = Standfirst(structured, layout, dropped, authors)
        first, last = layout.body
        lengths: dict[Column, int] = {}
        paragraphs = [i for i in layout.paragraphs if first <= i <= last]
        for i in paragraphs[1:]:
            column = column_of(layout.lines[i])
            lengths[column] = lengths.get(column, 0) + len(layout.lines[i].text)
        self._column = max(lengths, key=lengths.__getitem__, default=None)
        self._many = len(paragraphs) >= _MIN_PARAGRAPHS

    def marked(self) -> Iterator[Lead]:
        """What markup, emphasis or the page's description set apart, in document order."""
        reached = -1
        for i in self._window():
            if i > reached and self._is_possible(i) and self._standfirst.is_set_apart(i):
                lead = self._group(i)
                line = self._layout.lines[i]
                if reached < 0 or not (line.heading or column_of(line) == self._column):
                    yield lead
                reached = lead.lines.stop - 1

    def by_column(self) -> Lead | None:
        """The first sentences behind the headline, where their column is not that of the text."""
        if not self._many:
            return None
        for i in self._window():
            line = self._layout.lines[i]
            if not self._is_possible(i) or line.heading or not _is_sentence(line):
                continue
            return self._group(i) if column_of(line) != self._column else None
        return None

    def _is_possible(self, i: int) -> bool:
        """Whether a line may be a lead: no caption, byline or note on when the article was published."""
        line = self._layout.lines[i]
        around = (line.block, line.block.getparent())
        names = " ".join(element.get("class") or "" for element in around if element is not None)
        return self._standfirst.is_possible(i, listed=True) and not (
            self._standfirst.is_question(i) or _OTHER_NAME.search(names) or is_note(line.text)
        )

    def _window(self) -> Iterator[int]:
        """Indices of the lines behind the headline, up to the second paragraph of the text."""
        start = self._standfirst.headline + 1
        paragraphs = 0
        for i in range(start, min(start + _WINDOW, len(self._layout.lines))) if start else ():
            line = self._layout.lines[i]
            paragraphs += i in self._layout.paragraphs and column_of(line) == self._column
            if paragraphs > 1:
                return
            yield i

    def _group(self, i: int) -> Lead:
        """The line and those that go on with it: siblings of one kind, in another column than the text."""
        column, parent = column_of(self._layout.lines[i]), self._layout.lines[i].block.getparent()
        end = i + 1
        while end < min(i + _MAX_PARTS, len(self._layout.lines)) and column != self._column:
            line = self._layout.lines[end]
            same = column_of(line) == column and line.block.getparent() is parent
            if not same or line.heading or not self._is_possible(end):
                break
            end += 1
        return Lead("\n".join(self._layout.lines[j].text for j in range(i, end)), range(i, end))


def _is_sentence(line: Line) -> bool:
    return line.weight >= _MIN_LENGTH and _ENDS.search(line.text) is not None
