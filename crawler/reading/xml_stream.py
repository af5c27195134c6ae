"""Hostile XML, element by element: no entity is expanded, no file or address is read, memory stays flat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from lxml import etree

from broadsheet.crawler.extraction.encoding import decode

_PIECE = 65_536
_CONTROL_CHARACTERS = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
_BARE_AMPERSAND = rb"&(?!#[0-9]+;|#[xX][0-9a-fA-F]+;|[A-Za-z][A-Za-z0-9._-]*;)"
_NEEDS_ESCAPING = re.compile(_BARE_AMPERSAND)
_CDATA_OR_BARE_AMPERSAND = re.compile(rb"(<!\[CDATA\[.*?\]\]>)|" + _BARE_AMPERSAND, re.DOTALL)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PREFIX = 4_096


def root_name(body: bytes, content_type: str | None) -> str | None:
    """Return the local name of the first element of a document, or None when it does not begin as markup.

    Args:
        body: The content-decoded body; only its beginning is looked at.
        content_type: The Content-Type header as sent, or None.
    """
    text, _ = decode(body[:_PREFIX], content_type)
    text = text.lstrip("\ufeff \t\r\n\x00")
    if not text.startswith("<"):
        return None
    match = _ROOT.search(_COMMENT.sub("", text))
    return match[2] if match else None


def elements(
    body: bytes, names: tuple[str, ...], *, base_url: str, content_type: str | None = None
) -> Iterator[etree._Element]:
    """Yield each element with one of the local names, whole, in document order.

    An element is valid until the next one is asked for; then it is forgotten. What is not well-formed is read
    as far as it makes sense, bare ampersands in URLs included.

    Args:
        body: The content-decoded document.
        names: Local names, whatever the namespace.
        base_url: Where the document came from: ``element.base`` is this, or what ``xml:base`` makes of it.
        content_type: The Content-Type header as sent, for its charset.
    """
    parser = etree.XMLPullParser(
        events=("end",),
        tag=[f"{{*}}{name}" for name in names],
        base_url=base_url,
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    document = _well_encoded(body, content_type)
    for start in range(0, len(document), _PIECE):
        parser.feed(document[start : start + _PIECE])
        # Any: lxml's stubs allow for namespace events, which are not asked for here.
        events: Iterator[Any] = parser.read_events()
        for _, element in events:
            yield element
            _forget(element)


def text_of(element: etree._Element) -> str:
    """Return the text inside an element; an entity that was not expanded stands as its reference."""
    if not len(element):
        return element.text or ""
    return "".join(cast("Iterator[str]", element.itertext()))


def children(element: etree._Element) -> Iterator[etree._Element]:
    """Return an element's child elements, without entities that were not expanded."""
    return element.iterchildren("*")


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: etree._Element) -> str:
    """Return an element's namespace, empty where it has none."""
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def child_text(element: etree._Element, name: str) -> str | None:
    """Return the text of the first child with this local name and the element's own namespace, or None."""
    prefix = str(element.tag).rpartition("}")
    child = next(element.iterchildren(f"{prefix[0]}{prefix[1]}{name}"), None)
    return None if child is None else text_of(child)


def _well_encoded(body: bytes, content_type: str | None) -> bytes:
    """UTF-8 without control characters and bare ampersands: each of them would cost text, or all the rest."""
    if not body.isascii():
        body = decode(body, content_type)[0].encode("utf-8", "replace")
    body = body.translate(None, _CONTROL_CHARACTERS).lstrip()
    if _NEEDS_ESCAPING.search(body) is None:
        return body
    return _CDATA_OR_BARE_AMPERSAND.sub(lambda match: match[1] or b"&amp;", body)


def _forget(element: etree._Element) -> None:
    # The parser still needs the element itself; its content and its elder siblings are nobody's any more.
    element.clear()
    parent = element.getparent()
    while parent is not None and (previous := element.getprevious()) is not None and previous.tag == element.tag:
        parent.remove(previous)
