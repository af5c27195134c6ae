"""The ``Link`` headers of a response (RFC 8288): what they lead to, as its markup might."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from broadsheet.crawler.entries import Entry, absolute
from broadsheet.crawler.extraction.links import FEED_TYPES

# RFC 8288 section 3: <target> *( OWS ";" OWS parameter ). No part can match in two ways: a server may send anything.
_LINK = re.compile(r"<([^<>]*+)>((?:\s*+;(?:[^\",;<]++|\"(?:[^\"\\]|\\.)*+\"?)*+)*+)")
_PARAMETER = re.compile(r";\s*+([a-z*]++)\s*+(?:=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"|([^\s\";,]++)))?", re.IGNORECASE)
_QUOTED_PAIR = re.compile(r"\\(.)")


def linked(headers: Iterable[tuple[str, str]], url: str) -> Iterator[Entry]:
    """The feeds, sitemaps and next pages that the headers of a page name.

    What a header says of another page (`anchor`) is passed over.

    Args:
        headers: All of the response.
        url: Of the page: what relative references rest on (RFC 8288 section 3.1).
    """
    for name, value in headers:
        if name.lower() == "link":
            for target, parameters in _LINK.findall(value):
                yield from _entry(target, _first_of_each(parameters), url)


def _first_of_each(parameters: str) -> dict[str, str]:
    """The parameters of one link; of several with a name the first counts (section 3.3)."""
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(parameters):
        found.setdefault(name.lower(), _QUOTED_PAIR.sub(r"\1", quoted) or plain)
    return found


def _entry(target: str, parameters: dict[str, str], url: str) -> Iterator[Entry]:
    relations = parameters.get("rel", "").lower().split()
    to = absolute(target, url)
    if to is None or "anchor" in parameters:
        return
    if ("alternate" in relations and _media_type(parameters) in FEED_TYPES) or "sitemap" in relations:
        yield Entry(url=to, kind="feed")
    elif "next" in relations:
        yield Entry(url=to)


def _media_type(parameters: dict[str, str]) -> str:
    return parameters.get("type", "").partition(";")[0].strip().lower()
