"""How pages are made: templates that escape whatever is put into them, and what they call.

Nothing of what was archived is trusted: it is text, wherever it stands, and an address becomes a link only where it is
one of the web.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from broadsheet.scheduler import output
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.model import Article, Change, Date, LineKind
from broadsheet.storage.urls import normalise

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_TEMPLATES = Path(__file__).parent / "templates"


class Passage(Struct, frozen=True, kw_only=True):
    """What stands together in an article's text: a paragraph, a heading, a quotation, or all entries of a list."""

    kind: LineKind | None
    level: int
    ordered: bool
    lines: list[str]


def render(template: str, **values: object) -> str:
    """Return a page."""
    return _environment().get_template(template).render(values)


def passages(article: Article) -> list[Passage]:
    """Return an article's text as it is to be set."""
    kinds = {line.line: line for line in article.structure}
    found: list[Passage] = []
    for place, text in enumerate((article.text or "").split("\n")):
        line = kinds.get(place)
        kind = line.kind if line else None
        level, ordered = (line.level, line.ordered) if line else (1, False)
        last = found[-1] if found else None
        if last and kind in ("list_item", "quote") and (last.kind, last.ordered) == (kind, ordered):
            last.lines.append(text)
        else:
            found.append(Passage(kind=kind, level=level, ordered=ordered, lines=[text]))
    return found


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {"moment": _moment, "iso": _iso, "stated": _stated, "said": output.said, "web": _web_address}
    environment.globals |= {"link": link, "memento": _memento, "what_changed": _what_changed, "shown": _shown}
    return environment


def _printable(value: object) -> object:
    """Take control characters out of whatever is put into a page."""
    if value is None:
        return ""
    # What templates made themselves has __html__, and is escaped already.
    return output.printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _moment(when: datetime) -> str:
    return f"{when.day} {when:%b %Y, %H:%M:%S} UTC"


def _iso(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _stated(date: Date) -> str:
    """Return what a page states, with what it leaves open."""
    zone = {"stated": "", "assumed": " (zone assumed)", "unknown": " (zone unknown)"}[date.zone]
    return date.value.replace("T", " ") + (zone if "T" in date.value else "")


def _web_address(url: str | None) -> str | None:
    """Return an address that may become a link, or None: ``javascript:`` and the like stay text."""
    try:
        return normalise(url) if url else None
    except InvalidURLError:
        return None


def link(path: str, **query: object) -> str:
    """Return a path of ours with its query."""
    asked = {name.rstrip("_"): value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(asked)}" if asked else path


def _memento(url: str, at: datetime) -> str:
    return f"/memento/{at:%Y%m%d%H%M%S}/{normalise(url)}"


def _what_changed(version: int, changes: Iterable[Change]) -> list[str]:
    said = [output.said(change) for change in changes]
    return said or (["first version"] if version == 1 else [])


def _shown(url: str) -> str:
    """Return an address as people read it in a list."""
    parts = urlsplit(url)
    return re.sub(r"/$", "", f"{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else ""))
