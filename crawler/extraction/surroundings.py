"""What the elements around a text say about it: hidden, a menu, at the side, comments, a picture, a list, a link."""

from __future__ import annotations

import re
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


def zone_of(element: html.HtmlElement, zones: dict[html.HtmlElement, int]) -> Zone:
    """Read what an element and those around it say.

    Args:
        element: A block element.
        zones: What is known of elements already; what is read is put there.
    """
    if (known := zones.get(element)) is not None:
        return _zone_of(known)
    path: list[html.HtmlElement] = []
    node: html.HtmlElement | None = element
    while node is not None and node not in zones:
        path.append(node)
        node = node.getparent()
    bits = zones[node] if node is not None else 0
    for node in reversed(path):
        bits = zones[node] = bits | _own_bits(node)
    return _zone_of(bits)


def _own_bits(element: html.HtmlElement) -> int:
    """What an element itself says of its content."""
    tag = element.tag
    bits = _TAG_BITS.get(tag, 0)
    if tag == "footer" and next(element.iterancestors("article"), None) is not None:
        bits = 0  # The foot of an article holds its notes and its related links.
    attributes = dict(element.items())
    if not attributes:
        return bits
    name, identifier = attributes.get("class"), attributes.get("id")
    if name or identifier:
        # Layout classes of the outermost elements ("has-menu", "no-comments") say nothing of their content.
        outermost = tag in ("html", "body", "main", "article")
        named = _bits_of_name(f"{name or ''} {identifier or ''}")
        bits |= named & _HIDDEN if outermost else named
    role, style = attributes.get("role"), attributes.get("style")
    if role:
        bits |= _ROLE_BITS.get(role, 0)
    if (style and _HIDDEN_STYLE.search(style)) or ("hidden" in attributes and not _STREAMED.match(identifier or "")):
        bits |= _HIDDEN
    return bits


@lru_cache(maxsize=8192)
def _bits_of_name(name: str) -> int:
    bits = _HIDDEN if _HIDDEN_CLASS.search(name) else 0
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
