"""The visible text of a page as lines in document order, each with the block element it stands in.

Dates, bylines, related boxes and subscription boxes are recognised by what stands next to what. That is a
question about lines, and one walk over the page answers it for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from lxml import etree, html

from broadsheet.crawler.extraction.surroundings import Zone, zone_of

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
_TEXT_AND_BREAKS = etree.XPath(
    "/html/body//text()[normalize-space() and not(parent::script or parent::style or parent::noscript "
    "or parent::option)] | /html/body//br | /html/body//hr"
)
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
    zones: dict[html.HtmlElement, int] = {}
    lines: list[Line] = []
    run = _Run()
    # Any: lxml has no public type for strings that know their parent.
    for node in cast("Iterable[Any]", _TEXT_AND_BREAKS(root)):
        if isinstance(node, html.HtmlElement):
            run.flush(lines, zones)
            run = _Run()
            continue
        parent, tail = node.getparent(), node.is_tail
        holder = parent.getparent() if tail else parent
        block, link = _enclosing(holder)
        if block is not run.block:
            run.flush(lines, zones)
            run = _Run(block)
        elif not (node[0].isspace() or run.parts[-1][-1].isspace()) and _is_parted(parent, tail=tail):
            run.parts[-1] += " "
        run.add(str(node), holder, link)
    run.flush(lines, zones)
    return lines


def _is_parted(element: html.HtmlElement, *, tail: bool) -> bool:
    """Whether the text before a text node is nothing but white space, as in ``</b> <i>``; such text is no node of ours.

    Args:
        element: Whose text or tail the node is.
        tail: Whether it is its tail.
    """
    for _ in range(_MAX_STEPS):
        if tail and isinstance(element.tag, str):
            inner = next(element.iterchildren(reversed=True), None)
            element, tail = (element, False) if inner is None else (inner, True)
        else:
            before = element.getprevious()
            around = element.getparent() if before is None else before
            if around is None:
                return False
            element, tail = around, before is not None
        text = element.tail if tail else element.text
        if text:
            return bool(text.isspace())
    return False


class _Run:
    """The text nodes of the line that is being read."""

    def __init__(self, block: html.HtmlElement | None = None) -> None:
        self.block = block
        self.parts: list[str] = []
        self.elements: list[html.HtmlElement] = []
        self.link: html.HtmlElement | None = None
        self.link_length = 0

    def add(self, text: str, holder: html.HtmlElement, link: html.HtmlElement | None) -> None:
        self.parts.append(text)
        self.elements.append(holder)
        if link is not None:
            self.link = self.link if self.link is not None else link
            self.link_length += len(text.strip())

    def flush(self, lines: list[Line], zones: dict[html.HtmlElement, int]) -> None:
        if self.block is None:
            return
        zone = zone_of(self.block, zones)
        text = collapse("".join(self.parts))
        if not text or zone.hidden:
            return
        if zone.link:
            # A link around the whole block, as on cards.
            self.link, self.link_length = next(self.block.iterancestors("a"), self.link), len(text)
        lines.append(self._line(self.block, text, zone))

    def _line(self, block: html.HtmlElement, text: str, zone: Zone) -> Line:
        linked = self.link_length * 10 >= len(text) * 7
        # By their order: to name them takes twice as long, and a page has hundreds of lines.
        return Line(
            text,
            block,
            tuple(self.parts),
            tuple(self.elements),
            self.link_length,
            self.link,
            zone,
            len(text) * (2 if is_dense(text) else 1),
            block.tag in HEADING_TAGS,
            linked,
            self.link is not None and self._announces(self.link, zone, linked=linked),
        )

    def _announces(self, link: html.HtmlElement, zone: Zone, *, linked: bool) -> bool:
        if self.link_length < _TEASER_LENGTH:
            return False
        return linked or (zone.listed and self.elements[0] in (link, *link.iterdescendants()))


def _enclosing(element: html.HtmlElement) -> tuple[html.HtmlElement, html.HtmlElement | None]:
    """The block element around an element, and the link on the way there."""
    link = None
    while element.tag in INLINE_TAGS:
        if element.tag == "a" and link is None:
            link = element
        parent = element.getparent()
        if parent is None:
            break
        element = parent
    return element, link
