"""Notices as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from broadsheet.scheduler.alarms.notices import Notice

_ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 has no way to write (section 2.2).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(entries: Sequence[Notice], *, title: str = "Broadsheet", address: str = "urn:broadsheet:notices") -> bytes:
    """Return a feed of notices.

    Args:
        entries: The notices, the newest first.
        title: What it is called.
        address: Where it is, which is also what it is known by.
    """
    root = etree.fromstring(f'<feed xmlns="{_ATOM}"/>')
    updated = max((entry.at for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC))
    _add(root, "id", address)
    _add(root, "title", title)
    _add(root, "updated", _moment(updated))
    _add(etree.SubElement(root, f"{{{_ATOM}}}author"), "name", "Broadsheet")
    if address.startswith(("http://", "https://")):
        etree.SubElement(root, f"{{{_ATOM}}}link", rel="self", href=_text(address))
    for entry in entries:
        element = etree.SubElement(root, f"{{{_ATOM}}}entry")
        _add(element, "id", f"urn:broadsheet:notice:{entry.id}")
        _add(element, "title", entry.title)
        _add(element, "updated", _moment(entry.at))
        _add(element, "content", entry.text)
        etree.SubElement(element, f"{{{_ATOM}}}category", term=_text(entry.kind or entry.event))
        if entry.url is not None:
            etree.SubElement(element, f"{{{_ATOM}}}link", rel="alternate", href=_text(entry.url))
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return written


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = _text(text)


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
