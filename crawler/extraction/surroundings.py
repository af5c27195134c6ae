"""What the elements around a text say about it: hidden, a menu, at the side, comments, a picture, a list, a link."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from lxml import html

_UNSEEN_TAGS = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "textarea",
        "select",
        "option",
        "svg",
        "math",
        "iframe",
        "object",
        "head",
        "title",
        "datalist",
    ]
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:hidden|is-hidden|visually-?hidden|sr-only|screen-reader-text|u-hidden|invisible)(?:\s|$)",
    re.IGNORECASE,
)
# React streams parts of a page in hidden elements, which its script then moves to their place.
_STREAMED = re.compile(r"S:\w+$")
_NAVIGATION_NAME = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|mainmenu|submenu|breadcrumbs?|toolbar|topbar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_COMMENTS_NAME = re.compile(
    r"^comments?(?:$|[\s_-])|disqus|comment-?list|comments-?(?:area|section|wrapper)", re.IGNORECASE
)


# Their layout classes ("has-menu", "no-comments") say nothing of their content.
_OUTERMOST = frozenset(("html", "body", "main", "article"))


class Zone(NamedTuple):
    """What the ancestors of a block say about it."""

    hidden: bool = False
    navigation: bool = False
    footer: bool = False
    aside: bool = False
    comments: bool = False
    figure: bool = False
    listed: bool = False
    link: bool = False


Holder = tuple[html.HtmlElement, html.HtmlElement | None, int]
"""An element, the link around what it holds inside the block element around that, and the depth of that block."""


class Surroundings:
    """What the elements say that are open while those of a page are gone through, each asked once and only when needed.

    Args:
        outermost: The first that is opened; those around it have their say, too.
    """

    def __init__(self, outermost: html.HtmlElement) -> None:
        self._around = 0
        for element in outermost.iterancestors():
            self._around |= _own_bits(element)
        # The open elements from the outermost on as far as one was asked for, each with what it and all around it say.
        self._known: list[tuple[html.HtmlElement, int]] = []

    def zone(self, open_elements: Sequence[Holder], depth: int) -> Zone:
        """Return what an open element and those around it say.

        Args:
            open_elements: The open elements, the outermost first.
            depth: The place of the element among them.
        """
        known = self._known
        while known and (len(known) > len(open_elements) or known[-1][0] is not open_elements[len(known) - 1][0]):
            known.pop()  # It was closed.
        while len(known) <= depth:
            element = open_elements[len(known)][0]
            known.append((element, (known[-1][1] if known else self._around) | _own_bits(element)))
        return _zone_of(known[depth][1])


def _own_bits(element: html.HtmlElement) -> int:
    """What an element itself says of its content."""
    tag = element.tag
    bits = _TAG_BITS.get(tag, 0)
    if tag == "footer" and next(element.iterancestors("article"), None) is not None:
        bits = 0  # The foot of an article holds its notes and its related links.
    items = element.items()
    if len(items) == 1 and items[0][0] == "class":
        return bits | _bits_of_name(tag, items[0][1])  # Most have a class, and nothing else.
    if not items:
        return bits
    attributes = dict(items)
    name, identifier = attributes.get("class"), attributes.get("id")
    if name or identifier:
        bits |= _bits_of_name(tag, f"{name or ''} {identifier or ''}")
    role, style = attributes.get("role"), attributes.get("style")
    if role:
        bits |= _ROLE_BITS.get(role, 0)
    if (style and _HIDDEN_STYLE.search(style)) or ("hidden" in attributes and not _STREAMED.match(identifier or "")):
        bits |= _HIDDEN
    return bits


@lru_cache(maxsize=8192)
def _bits_of_name(tag: str, name: str) -> int:
    bits = _HIDDEN if _HIDDEN_CLASS.search(name) else 0
    if tag in _OUTERMOST:
        return bits
    bits |= _NAVIGATION if _NAVIGATION_NAME.search(name) else 0
    return bits | (_COMMENTS if _COMMENTS_NAME.search(name) else 0)


@lru_cache(maxsize=256)
def _zone_of(bits: int) -> Zone:
    return Zone(*(bool(bits & (1 << place)) for place in range(len(Zone._fields))))


# One bit for each field of Zone, in its order.
_HIDDEN, _NAVIGATION, _FOOTER, _ASIDE, _COMMENTS, _FIGURE, _LISTED, _LINK = (
    1 << place for place in range(len(Zone._fields))
)
_TAG_BITS = {
    **dict.fromkeys(_UNSEEN_TAGS, _HIDDEN),
    "nav": _NAVIGATION,
    "footer": _FOOTER,
    "aside": _ASIDE,
    "a": _LINK,
    **dict.fromkeys(("figure", "figcaption"), _FIGURE),
    **dict.fromkeys(("ul", "ol", "dl"), _LISTED),
}
_ROLE_BITS = {"navigation": _NAVIGATION, "contentinfo": _FOOTER, "complementary": _ASIDE}
