"""The visible text of a page as lines in document order, each with the block element it stands in.

Dates, bylines, related boxes and subscription boxes are recognised by what stands next to what. That is a
question about lines, and one walk over the page answers it for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml import html

from broadsheet.crawler.extraction.surroundings import Holder, Surroundings, Zone

INLINE_TAGS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
HEADING_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_UNREAD_TAGS = frozenset(("script", "style", "noscript", "option"))
_BREAKS = frozenset(("br", "hr"))
# White space to XML: a no-break space is none.
_BLANKS = " \t\r\n"
_MAX_STEPS = 8
_TEASER_LENGTH = 22
# Kana, and everything behind it: Han, Hangul, full-width forms.
_DENSE_FROM = "\u3040"


class Line(NamedTuple):
    """A run of text within one block element.

    Attributes:
        text: The text, its white space collapsed.
        block: The block element that holds it.
        parts: Its text nodes as they stand in the markup.
        elements: The element that holds each of them.
        link_length: How many of its characters are inside links.
        link: The first link in it, or None.
        zone: Where on the page it stands.
        weight: How much it says: its characters, those of scripts without spaces counted double.
        heading: Whether it stands in a heading element.
        linked: Whether most of it is link text.
        teaser: Whether it announces another article: a link as long as a headline, or a list entry beginning with one.
    """

    text: str
    block: html.HtmlElement
    parts: tuple[str, ...]
    elements: tuple[html.HtmlElement, ...]
    link_length: int
    link: html.HtmlElement | None
    zone: Zone
    weight: int
    heading: bool
    linked: bool
    teaser: bool


def collapse(text: str | None) -> str:
    """The text with every run of white space made one space."""
    return " ".join((text or "").split())


def is_dense(text: str) -> bool:
    """Whether a text is in a script without spaces, which says as much in half the characters."""
    return bool(text) and text[len(text) // 2] >= _DENSE_FROM


def text_of(element: html.HtmlElement) -> str:
    """All text inside an element, white space collapsed."""
    return collapse(element.text_content())


def outward(element: html.HtmlElement, levels: int) -> Iterator[html.HtmlElement]:
    """An element and those around it, from the inside out, no more than `levels` in all."""
    node: html.HtmlElement | None = element
    while node is not None and levels:
        yield node
        node = node.getparent()
        levels -= 1


def links_of(line: Line) -> list[html.HtmlElement]:
    """The links in a line, around its text nodes or their emphasis, each once."""
    nodes = (node for element in line.elements for node in outward(element, 3))
    return list(dict.fromkeys(node for node in nodes if node.tag == "a"))


def read_lines(root: html.HtmlElement) -> list[Line]:
    """Read the visible lines of a parsed page.

    Args:
        root: The root of the tree; it is not changed.

    Returns:
        Lines in document order; hidden text and the content of scripts, styles and form fields are left out.
    """
    lines: list[Line] = []
    for body in root.iterchildren("body") if root.tag == "html" else ():
        _LineReader(body, lines).read()
    return lines


class _LineReader:
    """Reads the texts below an element in their order.

    Args:
        body: The element.
        lines: Where its lines are put.
    """

    def __init__(self, body: html.HtmlElement, lines: list[Line]) -> None:
        self._lines = lines
        self._open: list[Holder] = [(body, None, 0)]
        self._surroundings = Surroundings(body)
        self._run: _Run | None = None
        # The place of the text that was met last, and whether it is white space: between two of a line it parts them.
        self._place, self._is_blank = 0, False

    def read(self) -> None:
        """Read the texts: before the first child of an element, inside its children, and behind each of them."""
        open_elements = self._open
        body = open_elements[0][0]
        place = 0
        if text := body.text:
            self._meet(text, open_elements[0], place)
        for element in (*body.iterdescendants(), None):
            around = body if element is None else element.getparent()
            while (closed := open_elements[-1][0]) is not around:
                open_elements.pop()
                place += 1
                if text := closed.tail:
                    self._meet(text, open_elements[-1], place)
            if element is None:
                break
            tag = element.tag
            if tag in INLINE_TAGS:
                _, link, depth = open_elements[-1]
                holder = (element, element if tag == "a" else link, depth)
            else:
                holder = (element, None, len(open_elements))
                if tag in _BREAKS:
                    self._end_line()
            open_elements.append(holder)
            if isinstance(tag, str):  # Nothing in a comment is text.
                place += 1
                if text := element.text:
                    self._meet(text, holder, place)
        self._end_line()

    def _meet(self, text: str, holder: Holder, place: int) -> None:
        is_blank = text.isspace()
        element, link, depth = holder
        if (not is_blank or text.strip(_BLANKS)) and element.tag not in _UNREAD_TAGS:
            block = self._open[depth][0]
            run = self._run
            if run is None or block is not run.block:
                self._end_line()
                self._run = run = _Run(block, self._surroundings.zone(self._open, depth))
            elif (
                self._is_blank
                and place - self._place <= _MAX_STEPS
                and not (text[0].isspace() or run.parts[-1][-1].isspace())
            ):
                run.parts[-1] += " "
            run.add(text, element, link)
        self._place, self._is_blank = place, is_blank

    def _end_line(self) -> None:
        if self._run is not None and (line := self._run.line()) is not None:
            self._lines.append(line)
        self._run = None


class _Run:
    """The text nodes of the line that is being read."""

    def __init__(self, block: html.HtmlElement, zone: Zone) -> None:
        self.block = block
        self.parts: list[str] = []
        self._zone = zone
        self._elements: list[html.HtmlElement] = []
        self._link: html.HtmlElement | None = None
        self._link_length = 0

    def add(self, text: str, holder: html.HtmlElement, link: html.HtmlElement | None) -> None:
        self.parts.append(text)
        self._elements.append(holder)
        if link is not None:
            self._link = self._link if self._link is not None else link
            self._link_length += len(text.strip())

    def line(self) -> Line | None:
        """The line; None where it is hidden, or nothing but white space."""
        zone = self._zone
        text = "" if zone.hidden else collapse("".join(self.parts))
        if not text:
            return None
        if zone.link:
            # A link around the whole block, as on cards.
            self._link, self._link_length = next(self.block.iterancestors("a"), self._link), len(text)
        linked = self._link_length * 10 >= len(text) * 7
        # By their order: to name them takes twice as long, and a page has hundreds of lines.
        return Line(
            text,
            self.block,
            tuple(self.parts),
            tuple(self._elements),
            self._link_length,
            self._link,
            zone,
            len(text) * (2 if is_dense(text) else 1),
            self.block.tag in HEADING_TAGS,
            linked,
            self._link is not None and self._announces(self._link, linked=linked),
        )

    def _announces(self, link: html.HtmlElement, *, linked: bool) -> bool:
        if self._link_length < _TEASER_LENGTH:
            return False
        return linked or (self._zone.listed and self._elements[0] in (link, *link.iterdescendants()))
