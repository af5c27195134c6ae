"""Faceted navigation: lists with filters, whose combinations are without end while what they list is not.

``/news?section=a``, ``/news?section=a&sort=b`` and ``/news?sort=b&page=2`` have shapes of their own, as many as there
are sets of filters. Taken each by itself, they all are given their time. So pages that parameters, or segments behind
the third, set apart are a family, too: when one has led to nothing for long, what merely combines the filters that
have been tried is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from broadsheet.crawler.frontier.shapes import Shape
from broadsheet.storage.urls import site

CREDIT = 10
"""How many pages of a family are fetched in turn before one of them has led to anything."""
BARREN = 15
"""So many in a row that lead to nothing, and no more is expected of further combinations."""

_DEEP = 4
# Two filters together may list what neither lists alone: the second page of a section. Of more that is not expected.
_MOST_TRIED_TOGETHER = 2
_MOST_NOTED = 300
_DIGITS = re.compile(r"[0-9]+")


def family_of(url: str) -> str | None:
    """Return what the lists of one kind have in common whatever their filters, or None where a page is no such list."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    first = _DIGITS.sub("#", segments[0]) if len(segments) > 1 else "*"
    if parts.query:
        return f"filters at {site(url)}/{first}"
    return f"filters in {site(url)}/{first}" if len(segments) >= _DEEP else None


def is_spent(family: Shape, url: str) -> bool:
    """Tell whether nothing is expected of a page, for what others of its family have led to."""
    return family.barren >= BARREN and all(trial in family.tried for trial in _trials(url))


def note_barren(family: Shape, url: str) -> None:
    """Note that a page of a family has led to nothing."""
    family.barren += 1
    if len(family.tried) < _MOST_NOTED:
        family.tried.update(_trials(url))


def _trials(url: str) -> Iterable[str]:
    """What has to be tried before a page is a mere combination: each filter, and two of them together."""
    names = filters_of(url)
    if not names:
        yield str(urlsplit(url).path.strip("/").count("/"))
    yield from names
    if len(names) <= _MOST_TRIED_TOGETHER:
        yield "&".join(names)


def filters_of(url: str) -> list[str]:
    """Return the names of the parameters of an address, each once, numbers in them as ``#``."""
    return sorted({_DIGITS.sub("#", part.partition("=")[0]) for part in urlsplit(url).query.split("&") if part})
