"""What the lines of a text are: headings, list entries, quotations."""

from __future__ import annotations

from collections.abc import Container

from lxml import html

from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.passages import LIST_MARK, Passage
from broadsheet.storage.model import TextLine

_LISTS = ("ul", "ol", "dl")
_ENTRIES = ("li", "dt", "dd")
_MAX_ENTRY_LINES = 3


def read_structure(passages: list[Passage], layout: Layout, lead: Container[int]) -> list[TextLine]:
    """Tell which lines of a text are no paragraphs.

    Args:
        passages: The lines of the text.
        layout: The page they were read from.
        lead: Indices of the page's lines that are the lead: paragraphs, whatever elements they stand in.
    """
    rest = ((n, p) for n, p in enumerate(passages) if p.line is None or p.line not in lead)
    found = (_read(number, passage, layout) for number, passage in rest)
    return [line for line in found if line is not None]


def _read(number: int, passage: Passage, layout: Layout) -> TextLine | None:
    if passage.line is None:
        listed = passage.text.startswith(LIST_MARK)
        return TextLine(line=number, kind="list_item") if listed else None
    line = layout.lines[passage.line]
    if line.heading:
        return TextLine(line=number, kind="heading", level=int(line.block.tag[1]))
    entry: html.HtmlElement | None = None
    lists: list[str] = []
    for element in (line.block, *line.block.iterancestors()):
        if element.tag == "blockquote":
            return TextLine(line=number, kind="quote")
        if element.tag in _ENTRIES and entry is None:
            entry = element
        elif element.tag in _LISTS and entry is not None:
            lists.append(element.tag)
    # An entry that holds paragraphs is a piece of a live blog or of the page, not of a list in the text.
    if entry is None or not lists or len(layout.span(entry)) > _MAX_ENTRY_LINES:
        return None
    return TextLine(line=number, kind="list_item", level=len(lists), ordered=lists[0] == "ol")
