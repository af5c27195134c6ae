"""The headline that readers see, and the variants that machines are given."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import html

from broadsheet.crawler.extraction.lines import collapse, text_of
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text, content_of
from broadsheet.storage.model import Candidate, FieldSource, Hints, Provenance

_MAX_LENGTH = 400
_SAME = 0.5
_PUNCTUATION = 10
_MOST = 0.6
_MIN_UNKNOWN = 15
_SEPARATOR = re.compile(r"\s+[|–—·•»«:›>]+\s+|\s+[-‐‑]+\s+|\s*\|\s*|\s+::\s+")
_STATED = ("json-ld", "microdata", "opengraph")
_OUTSIDE = frozenset(("nav", "footer", "aside"))


class Headline(NamedTuple):
    """The chosen headline.

    Attributes:
        text: The headline, or None.
        line: Index of the line on the page that shows it; -1 where none does.
        provenance: Where it comes from, with all variants; None when there is none.
    """

    text: str | None
    line: int
    provenance: Provenance | None


def site_name(structured: Structured) -> str | None:
    """The name of the site as the page states it."""
    publisher = structured.resolve(structured.article.get("publisher"))
    named = next((as_text(p.get("name")) for p in as_list(publisher) if isinstance(p, dict)), None)
    website = next((as_text(n.get("name")) for n in structured.nodes if n.get("@type") == "WebSite"), None)
    return structured.first_meta("og:site_name") or named or website or structured.first_meta("application-name")


def read_headline(page: Page, structured: Structured, hints: Hints | None) -> Headline:
    """Find the headline.

    The visible one wins: the h1 that says what the machine-readable variants say, or the only h1; then
    another element with exactly the words of a variant; then JSON-LD, OpenGraph and ``<title>`` without the
    site's name.
    """
    variants = list(_variants(page, structured, hints))
    references = [value for _, value in variants]
    line, shown = _shown_in_h1(page, structured, references) or _shown_elsewhere(page, references) or (-1, "")
    if shown and len(shown) < _MIN_UNKNOWN:
        # The name of a section, which <title> may hold too, where another line is what the page calls its headline.
        stated = [value for source, value in variants if source in _STATED and _agreement(shown, value) < _SAME]
        named = [value for source, value in variants if source in _STATED]
        if stated and stated == named:
            line, shown = _shown_elsewhere(page, stated) or (line, shown)
    if shown:
        text = _without_kicker(shown, references)
        candidates = [Candidate(source="visible", value=text), *_candidates(variants)]
        return Headline(text, line, Provenance(source="visible", candidates=candidates))
    if not variants:
        return Headline(None, -1, None)
    source, text = variants[0]
    return Headline(text, -1, Provenance(source=source, candidates=_candidates(variants)))


def _variants(page: Page, structured: Structured, hints: Hints | None) -> Iterator[tuple[FieldSource, str]]:
    names = _site_names(page, structured)
    stated: list[tuple[FieldSource, str | None]] = [
        ("json-ld", as_text(structured.article.get("headline")) or as_text(structured.article.get("name"))),
        ("microdata", next((content_of(e) for e in structured.microdata.get("headline", ())), None)),
        ("opengraph", structured.first_meta("og:title")),
        ("meta", structured.first_meta("twitter:title")),
        ("feed", collapse(hints.title) if hints is not None else None),
        ("meta", _title(page)),
    ]
    others = [_key(value) for _, value in stated if value]
    for source, value in stated:
        if value and len(value) <= _MAX_LENGTH:
            yield source, _without_site(collapse(value), names, others)


def _candidates(variants: list[tuple[FieldSource, str]]) -> list[Candidate]:
    return [Candidate(source=source, value=value) for source, value in dict.fromkeys(variants)]


def _title(page: Page) -> str | None:
    title = page.root.find(".//title")
    return (collapse(title.text) or None) if title is not None else None


def _site_names(page: Page, structured: Structured) -> set[str]:
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    names = {_key(site_name(structured) or ""), _key(host), *(_key(label) for label in host.split(".")[:-1])}
    names.discard("")
    return names | {f"the{name}" for name in names}


def _without_site(title: str, names: set[str], others: list[str]) -> str:
    """A title without " | Name of the Site" behind or before it."""
    cuts = list(_SEPARATOR.finditer(title))
    for cut in reversed(cuts):
        before, after = title[: cut.start()].strip(), title[cut.end() :].strip()
        if _key(after) in names or _is_other(before, others, title):
            return _without_site(before, names, others)
    if cuts and _key(title[: cuts[0].start()]) in names:
        return title[cuts[0].end() :].strip()
    return title


def _is_other(part: str, others: list[str], title: str) -> bool:
    key = _key(part)
    return len(key) >= len(_key(title)) / 3 and key in others


def _shown_in_h1(page: Page, structured: Structured, references: list[str]) -> tuple[int, str] | None:
    """The h1 that is the headline, as the index of its line and its text."""
    names = _site_names(page, structured)
    shown = [(h1, text) for h1 in page.root.iter("h1") if (text := text_of(h1)) and len(text) <= _MAX_LENGTH]
    shown = [(h1, text) for h1, text in shown if _key(text) not in names]
    if not shown:
        return None
    rated = [max((_agreement(text, ref) for ref in references), default=0.0) for _, text in shown]
    best = max(range(len(shown)), key=rated.__getitem__)
    if rated[best] >= _SAME:
        return _line_of(page, shown[best][0]), shown[best][1]
    inside = [(h1, text) for h1, text in shown if not any(a.tag in _OUTSIDE for a in h1.iterancestors())]
    # A short h1 that no variant knows is the name of a section or of the site.
    if len(inside) == 1 and (not references or len(inside[0][1]) >= _MIN_UNKNOWN):
        return _line_of(page, inside[0][0]), inside[0][1]
    return None


def _line_of(page: Page, element: html.HtmlElement) -> int:
    """The longest line in an element: a headline may have a kicker in a block of its own; -1 without any."""
    inside = set(element.iter())
    lines = [i for i, line in enumerate(page.lines) if line.block in inside]
    return max(lines, key=lambda i: len(page.lines[i].text), default=-1)


def _shown_elsewhere(page: Page, references: list[str]) -> tuple[int, str] | None:
    """The line with exactly the words of a variant, or of most of it; of a heading, its last words are enough."""
    keys = {_key(part) for reference in references for part in (reference, *_most_of(reference))} - {""}
    longest = max(map(len, references), default=0) + _PUNCTUATION
    shortest = min(map(len, keys), default=0) * _MOST
    for i, line in enumerate(page.lines):
        beside = line.link is not None or line.zone.navigation or line.zone.aside
        if beside or not shortest <= len(line.text) <= longest:
            continue
        key = _key(line.text)
        if key in keys or (line.heading and any(_is_most_of(key, known) for known in keys)):
            return i, line.text
    return None


def _most_of(title: str) -> list[str]:
    """The part of a title that is longer than all others: what is left without the name of a site that is not known."""
    parts = _SEPARATOR.split(title)
    longest = max(parts, key=len)
    return [longest] if len(longest) >= _MIN_UNKNOWN and len(longest) > _MOST * sum(map(len, parts)) else []


def _is_most_of(key: str, known: str) -> bool:
    return known.endswith(key) and len(key) >= _MOST * len(known)


def _without_kicker(text: str, references: list[str]) -> str:
    """The part of a visible headline that a variant knows, where a kicker or a label is glued before it."""
    for reference in references:
        if len(reference) >= len(text) / 2 and text != reference and text.endswith(reference):
            return reference
    return text


def _agreement(shown: str, reference: str) -> float:
    """How far a visible headline is what a variant says, where the variant may add a section or a site."""
    if _key(shown) in map(_key, _SEPARATOR.split(reference)):
        return 1.0
    return similarity(shown, reference)


def similarity(one: str, other: str) -> float:
    """How alike two titles are in any script: the Dice coefficient of their letter pairs, 0 to 1."""
    first, second = _pairs(_key(one)), _pairs(_key(other))
    if not first or not second:
        return 0.0
    return 2 * len(first & second) / (len(first) + len(second))


def _pairs(key: str) -> set[str]:
    return {key[i : i + 2] for i in range(len(key) - 1)}


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
