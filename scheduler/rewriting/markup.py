"""Start tags in HTML as browsers find them (HTML, section 13.2.5), in linear time and without a tree.

Nothing rests on their being found in exactly the same places: what is missed keeps addresses that the policy of the
answer has the browser refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from typing import NamedTuple

_TAG_NAME = re.compile(r"[^\t\n\f\r />]+")
# A name may begin with "=" (section 13.2.5.32); a value that is never closed makes no tag.
_ATTRIBUTE = re.compile(
    r"[\t\n\f\r /]*(?P<name>[^\t\n\f\r />][^\t\n\f\r />=]*)"
    r"(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<bare>[^\t\n\f\r >\"'][^\t\n\f\r >]*)|(?P<unclosed>[\"'])|(?P<none>(?=>))))?"
)
_END_OF_TAG = re.compile(r"[\t\n\f\r /]*>")
_END_OF_COMMENT = re.compile(r"--!?>")
_RAW = frozenset(("script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title"))
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|([A-Za-z][A-Za-z0-9]*)(;?))")


class Attribute(NamedTuple):
    """One attribute of a tag.

    Attributes:
        name: Its name as it stands there.
        raw: Its value as it stands there, without the quotes; None where it has none.
    """

    name: str
    raw: str | None

    @property
    def value(self) -> str:
        """Its value, with the character references in it resolved."""
        return unescaped(self.raw or "")


class StartTag(NamedTuple):
    """A start tag.

    Attributes:
        name: Its name in lower case.
        attributes: Its attributes by their names in lower case; of those of one name the first.
        start: Where it begins.
        end: Where it ends, behind its ``>``.
        content_end: Of an element whose content is no markup (a script, a style): where that ends; else `end`.
        closes_itself: Whether it ends in ``/>``, which matters in SVG.
    """

    name: str
    attributes: dict[str, Attribute]
    start: int
    end: int
    content_end: int
    closes_itself: bool


def start_tags(markup: str) -> Iterator[StartTag]:
    """Yield the start tags of a document, in their order."""
    place = markup.find("<")
    while place >= 0:
        following = markup[place + 1 : place + 2]
        if following.isascii() and following.isalpha():
            tag = _start_tag(markup, place)
            if tag is None:
                return  # The document ends within it, and browsers drop it.
            yield tag
            if tag.name == "plaintext":
                return
            place = tag.content_end
        else:
            place = _behind(markup, place, following)
        place = markup.find("<", place) if place >= 0 else -1


def unescaped(text: str) -> str:
    """Return the value of an attribute with its character references resolved (section 13.2.5.73).

    ``&copy=`` stays: in addresses, what looks like a reference without its semicolon is mostly a parameter.
    """
    return _REFERENCE.sub(_resolved, text) if "&" in text else text


def escaped(text: str) -> str:
    """Return a text as the value of an attribute in double quotes."""
    return text.replace("&", "&amp;").replace('"', "&quot;")


def _resolved(found: re.Match[str]) -> str:
    name, semicolon = found[1], found[2]
    if name is None:
        return unescape(found[0])
    follows = found.string[found.end() : found.end() + 1]
    if f"{name}{semicolon}" not in html5 or (not semicolon and follows == "="):
        return found[0]
    return html5[f"{name}{semicolon}"]


def _behind(markup: str, place: int, following: str) -> int:
    """Return where what begins with ``<`` and is no start tag ends; -1 where it is all the rest."""
    if markup.startswith("<!--", place):
        if markup.startswith(("<!-->", "<!--->"), place):
            return markup.index(">", place) + 1
        end_of_comment = _END_OF_COMMENT.search(markup, place + 4)
        return end_of_comment.end() if end_of_comment else -1
    if following in ("!", "?"):
        end = markup.find(">", place)
        return end + 1 if end >= 0 else -1
    if following == "/" and markup[place + 2 : place + 3].isalpha():
        tag = _tag(markup, place + 2)
        return tag[2] if tag else -1
    return place + 1


def _start_tag(markup: str, place: int) -> StartTag | None:
    found = _tag(markup, place + 1)
    if found is None:
        return None
    name, attributes, end, closes_itself = found
    content_end = end
    if name in _RAW:
        closing = re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE).search(markup, end)
        content_end = closing.start() if closing else len(markup)
    return StartTag(name, attributes, place, end, content_end, closes_itself)


def _tag(markup: str, place: int) -> tuple[str, dict[str, Attribute], int, bool] | None:
    """Return name, attributes and end of a tag whose name begins at a place, and whether it closes itself."""
    named = _TAG_NAME.match(markup, place)
    if named is None:
        return None
    attributes: dict[str, Attribute] = {}
    place = named.end()
    while True:
        end = _END_OF_TAG.match(markup, place)
        if end is not None:
            return named[0].lower(), attributes, end.end(), markup[end.end() - 2] == "/"
        attribute = _ATTRIBUTE.match(markup, place)
        if attribute is None or attribute["unclosed"] is not None:
            return None
        raw = next((attribute[kind] for kind in ("double", "single", "bare") if attribute[kind] is not None), None)
        attributes.setdefault(attribute["name"].lower(), Attribute(attribute["name"], raw))
        place = attribute.end()
