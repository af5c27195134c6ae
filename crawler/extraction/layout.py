"""Where on the page the article begins and ends, in lines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterator
from functools import cached_property
from itertools import accumulate

from lxml import html

from broadsheet.crawler.extraction.headline import Headline
from broadsheet.crawler.extraction.lines import Line
from broadsheet.crawler.extraction.page import Page

MAX_SHORT_LINE = 320
"""Characters of the longest line that may ask a reader for something."""

_PARAGRAPH_LENGTH = 80
_CONTAINER_SHARE = 0.75
_BOX_SHARE = 0.25


Column = tuple[str, str | None, str | None, str | None]


def column_of(line: Line) -> Column:
    """What the paragraphs of one column have in common: element and class, their own and their parent's."""
    block = line.block
    parent: html.HtmlElement | None = block.getparent()
    if parent is None:
        return block.tag, block.get("class"), None, None
    return block.tag, block.get("class"), parent.tag, parent.get("class")


def is_paragraph(line: Line) -> bool:
    """Whether a line is running text of the main column: long, not a link, not in a box at the side."""
    if line.weight < _PARAGRAPH_LENGTH or line.heading or line.teaser or line.link_length * 2 > len(line.text):
        return False
    zone = line.zone
    return not (zone.navigation or zone.footer or zone.comments or zone.figure)


class Layout:
    """The parts of a page with one article.

    Attributes:
        lines: The page's visible lines.
        headline: Index of the line that shows the headline; -1 where none does.
    """

    def __init__(self, page: Page, headline: Headline) -> None:
        self.lines = page.lines
        self.headline = headline.line

    @cached_property
    def paragraphs(self) -> list[int]:
        """Indices of the paragraphs of running text, from the headline on, those at the side left out."""
        found = [i for i, line in enumerate(self.lines) if i > self.headline and is_paragraph(line)]
        return [i for i in found if not self.lines[i].zone.aside] or found

    @cached_property
    def container(self) -> html.HtmlElement | None:
        """The smallest element that holds most of the running text; None on a page without any."""
        total = self._running(0, len(self.lines))
        full = (
            (stop - start, element)
            for element, (start, stop) in self._spans.items()
            if total and self._running(start, stop) >= _CONTAINER_SHARE * total
        )
        # Of elements with the same lines the innermost was met last.
        return min(reversed(list(full)), key=lambda pair: pair[0], default=(0, None))[1]

    @cached_property
    def body(self) -> tuple[int, int]:
        """Indices of the first and last paragraph inside the container; twice the headline's without any."""
        span = self.span(self.container) if self.container is not None else range(0)
        inside = [i for i in self.paragraphs if i in span]
        return (inside[0], inside[-1]) if inside else (self.headline, self.headline)

    def header(self, before: int = 8, paragraphs: int = 3) -> range:
        """Indices of the lines around the headline: some before it, up to the third paragraph behind it."""
        end = self.paragraphs[paragraphs] if len(self.paragraphs) > paragraphs else self.headline + 40
        start = max(0, self.headline - before)
        return range(start, min(end, self.headline + 60, len(self.lines)))

    def span(self, element: html.HtmlElement) -> range:
        """Indices of the lines inside an element: one unbroken run, since lines are in document order."""
        return range(*self._spans.get(element, (0, 0)))

    def first(self, element: html.HtmlElement) -> int:
        """Index of the first line inside an element; 0 for one without lines."""
        return self._spans.get(element, (0, 0))[0]

    def holds(self, element: html.HtmlElement, index: int) -> bool:
        """Whether a line stands inside an element."""
        return index in self.span(element)

    def running(self, span: range) -> int:
        """Characters of running text in a run of lines."""
        return self._running(span.start, span.stop)

    def outermost(self, indices: Container[int]) -> Iterator[html.HtmlElement]:
        """The outermost elements all of whose lines are among `indices`."""
        outside = list(accumulate((i not in indices for i in range(len(self.lines))), initial=0))
        reached = 0
        for element, (start, stop) in self._spans.items():
            if start >= reached and outside[start] == outside[stop]:
                reached = stop
                yield element

    def is_article_part(self, element: html.HtmlElement) -> bool:
        """Whether an element holds the headline, or too much running text for a box beside the article."""
        span = self.span(element)
        if self.headline in span:
            return True
        first = bisect_left(self.paragraphs, span.start)
        return self.running(span) > _BOX_SHARE * self._running(0, len(self.lines)) and self.paragraphs[
            first + 1 : first + 2
        ] < [span.stop]

    def _running(self, start: int, stop: int) -> int:
        return self._sums[stop] - self._sums[start]

    @cached_property
    def _sums(self) -> list[int]:
        """Characters of running text before each line."""
        lengths = [0] * len(self.lines)
        for i in self.paragraphs:
            lengths[i] = len(self.lines[i].text)
        return list(accumulate(lengths, initial=0))

    @cached_property
    def _spans(self) -> dict[html.HtmlElement, tuple[int, int]]:
        """First line of each element and the line behind its last; outer elements before inner ones."""
        spans: dict[html.HtmlElement, tuple[int, int]] = {}
        open_elements: list[html.HtmlElement] = []
        for i, line in enumerate(self.lines):
            path: list[html.HtmlElement] = []
            node: html.HtmlElement | None = line.block
            while node is not None and node not in spans:
                path.append(node)
                node = node.getparent()
            while open_elements and open_elements[-1] is not node:
                closed = open_elements.pop()
                spans[closed] = (spans[closed][0], i)
            for element in reversed(path):
                spans[element] = (i, len(self.lines))
                open_elements.append(element)
        return spans
