"""What a parser cannot take, made so that it can: tags with thousands of attributes, nesting without end.

libxml2 compares each attribute with all others of its tag, and stops silently below 256 elements (2048 where it may
be huge); trafilatura recurses. Both come from broken templates and from pages made to hurt; the text behind them is
read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST_ATTRIBUTES = 1000
_DEEPEST = 120
# What may be a tag as long as this is looked at; one attribute of any length is no trouble.
_LONG = 32768
_LONG_TAG = re.compile(rb"<[a-zA-Z][a-zA-Z0-9:-]*(?=[\s/][^<]{%d})" % _LONG)
_ATTRIBUTE = re.compile(rb"""[\s/]+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]*))?""")
_ELEMENT = rb"""(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)\b(?:[^<>"']|"[^"<]*"|'[^'<]*')*>"""
_TAG = re.compile(rb"<" + _ELEMENT)
# What may look like tags and is none is behind these, up to their ends.
_HIDING_ENDS = {
    name: re.compile(end, re.IGNORECASE)
    for name, end in {
        b"!--": rb"-->",
        **{name: rb"</" + name + rb"\s*>" for name in (b"script", b"style", b"textarea", b"title")},
    }.items()
}
_TAG_OR_HIDING = re.compile(
    rb"<(?:(?P<hiding>!--|(?:script|style|textarea|title)\b)|" + _ELEMENT + rb")", re.IGNORECASE
)
# Elements that hold nothing, or that the next of their kind ends (HTML, section 13.1.2.4): they nest nothing.
_NOT_NESTING = frozenset(
    b"area base br col embed hr img input link meta source track wbr html head body p li dt dd option tr td th "
    b"thead tbody tfoot h1 h2 h3 h4 h5 h6".split()
)


def cut_attributes(markup: bytes) -> tuple[bytes, str | None]:
    """Leave out the attributes of a tag that are over a thousand.

    Args:
        markup: A page.

    Returns:
        The page, and what was left out, or None.
    """
    kept: list[bytes] = []
    done = left_out = 0
    for tag in _long_tags(markup):
        start = tag.end()
        if start < done:
            continue
        cut, end, count = start, start, 0
        while (attribute := _ATTRIBUTE.match(markup, end)) is not None:
            count, end = count + 1, attribute.end()
            if count <= _MOST_ATTRIBUTES:
                cut = end
        if cut < end:
            kept.append(markup[done:cut])
            done, left_out = end, left_out + count - _MOST_ATTRIBUTES
    if not kept:
        return markup, None
    return b"".join((*kept, markup[done:])), f"{left_out:,} attributes over {_MOST_ATTRIBUTES:,} of a tag left out"


def _long_tags(markup: bytes) -> Iterator[re.Match[bytes]]:
    """What may be tags of that length: the last before stretches of half of it on which nothing begins."""
    half = _LONG // 2
    last = tried = -1
    for start in range(0, len(markup), half):
        begin = markup.rfind(b"<", start, start + half)
        if begin >= 0:
            last = begin
        elif last > tried:
            tried = last
            if (tag := _LONG_TAG.match(markup, last)) is not None:
                yield tag


def flatten(markup: bytes) -> bytes:
    """Take away the tags of elements nested deeper than 120 levels; what is inside stays.

    Args:
        markup: A page.
    """
    kept: list[bytes] = []
    done = 0
    nesting = _Nesting()
    for tag in _tags(markup):
        name = tag["name"].lower()
        if name in _NOT_NESTING:
            continue
        if not (nesting.close(name) if tag["end"] else nesting.open(name)):
            kept.append(markup[done : tag.start()])
            # Words at both sides stay words.
            kept.append(b" ")
            done = tag.end()
    return b"".join((*kept, markup[done:]))


def _tags(markup: bytes) -> Iterator[re.Match[bytes]]:
    """The tags of elements, those in comments, scripts, styles and the like left out, and theirs."""
    position = 0
    endless: set[bytes] = set()  # where no end was found, none is further on: looking again would take for ever
    while (tag := _TAG_OR_HIDING.search(markup, position)) is not None:
        position = tag.end()
        if tag["hiding"] is None:
            yield tag
            continue
        hiding = tag["hiding"].lower()
        end = None if hiding in endless else _HIDING_ENDS[hiding].search(markup, position)
        if end is not None:
            position = end.end()
            continue
        endless.add(hiding)
        if (opening := _TAG.match(markup, tag.start())) is not None:
            position = opening.end()
            yield opening


class _Nesting:
    """The elements that are open; both methods say whether the tag stays."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._count: dict[bytes, int] = {}

    def open(self, name: bytes) -> bool:
        self._open.append(name)
        self._count[name] = self._count.get(name, 0) + 1
        return len(self._open) <= _DEEPEST

    def close(self, name: bytes) -> bool:
        if not self._count.get(name):
            return False
        while True:
            depth, closed = len(self._open), self._open.pop()
            self._count[closed] -= 1
            if closed == name:
                return depth <= _DEEPEST
