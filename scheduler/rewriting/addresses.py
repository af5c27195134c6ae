"""Addresses in archived documents: which of them were archived, and where they lead instead."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import urljoin

from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import normalise

_OTHER_SCHEME = re.compile(r"(?!https?:)[a-zA-Z][a-zA-Z0-9+.-]*:")
_LINE_BREAKS = re.compile(r"[\t\n\r]")


class Destinations(Protocol):
    """Where what a document names is to be had."""

    def page(self, url: str) -> str:
        """Return where a page that was archived at an address is shown."""
        ...

    def requisite(self, urls: list[str]) -> str:
        """Return where what was archived at an address is to be had, of several at the first that has anything."""
        ...


def absolute(reference: str, base: str) -> str | None:
    """Return the address of a reference; None where it is a place in the document, or nothing that is archived.

    Args:
        reference: As it stands in the document.
        base: What relative references rest on (RFC 3986, section 5.1).
    """
    reference = _LINE_BREAKS.sub("", reference).strip()
    if not reference or reference[0] == "#" or _OTHER_SCHEME.match(reference):
        return None
    try:
        return normalise(urljoin(base, reference))
    except (InvalidURLError, ValueError):
        return None
