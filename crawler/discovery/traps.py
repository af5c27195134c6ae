"""Traps: pages without end that lead to no new article, as calendars, sessions, mazes and endless lists have them.

Pages are taken together by the shape of their address: calendar/2031/05 and calendar/2031/06 have one. Of a shape that
has led to nothing yet a few are fetched in turn and the others wait until all else was fetched; then they are tried
until too many in a row led to nothing. So a trap costs a bounded number of pages, and those last. Of lists with filters
each combination has a shape; those are judged together, too (`facets`).
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import urlsplit

from broadsheet.crawler.discovery import facets
from broadsheet.crawler.discovery.facets import family_of, filters_of
from broadsheet.crawler.frontier.alerts import Alert
from broadsheet.crawler.frontier.recent import Recent
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.shapes import Shape
from broadsheet.storage.urls import site

# How many pages of a shape are fetched in turn before one of them has led to anything; and more for each that has.
_CREDIT = 5
_MOST_CREDIT = 1_000
# So many in a row that lead to nothing are a trap. Sections and tags are given more time than what can be counted up.
_BARREN_COUNTED_UP = 15
_BARREN = 40
# Nothing but articles that are at other addresses too: parameters that are new at every look, say.
_REPEATS = 5
_DEEP = 4
# Shapes themselves may be without end: what comes after so many is one.
_MOST_SHAPES = 20_000
_OTHERS = "others"
# A page is asked about when it is found, while it waits and once it was read. Few enough that long URLs fill no memory.
_CACHED = 4096
_DIGITS = re.compile(r"[0-9]+")
_LETTER = re.compile(r"[^\W\d_]")
# Relative links that a server answers at any depth grow without end: /a/b/a/b/a/b (Heritrix's PathologicalPath and
# TooManyPathSegments rules).
_REPEATED = re.compile(r"((?:/[^/]+){1,3})\1{2}(?:/|$)")
_MOST_SEGMENTS = 20


class Traps:
    """What a run has learnt of the addresses of its sites.

    Args:
        run: The run; what is learnt outlives its process there.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        # Those that had to wait and are fetched.
        self._tried: list[str] = []
        self._shapes = run.shapes.all() if run.resumed else {}
        self._texts = Recent()

    def has_to_wait(self, url: str) -> bool:
        """Tell whether a page that another one links to is fetched only after all others; asked once of each."""
        name, pages = self._pages(url)
        family = self._family(url)
        if pages.credit == 0 or (family is not None and family[1].credit == 0):
            return True
        for of, known in [(name, pages), *([family] if family else [])]:
            known.credit -= 1
            self._run.shapes.note(of, known)
        return False

    def leads_to_articles(self, url: str) -> bool:
        """Tell whether pages with such addresses have turned out to be articles."""
        return self._pages(url)[1].articles

    def is_new(self, text: str) -> bool:
        """Tell whether no other article of late had a text; the same one at ever new addresses is a trap."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if digest in self._texts:
            return False
        self._texts.add(digest)
        return True

    def read(self, url: str, *, is_new_article: bool, leads_on: bool, is_repeat: bool = False) -> None:
        """Note what a page has come to.

        Args:
            url: Its address.
            is_new_article: Whether it is an article whose text is new.
            leads_on: Whether it leads to what was not known and looks like an article.
            is_repeat: Whether it is an article with the text of another.
        """
        family = self._family(url)
        name, pages = self._pages(url)
        pages.articles = pages.articles or is_new_article
        if is_new_article or leads_on:
            for of in [pages, *([family[1]] if family else [])]:
                of.barren = of.repeats = 0
                of.tried.clear()
                of.credit = min(_MOST_CREDIT, of.credit + 2 * _CREDIT)
        else:
            pages.barren += 1
            pages.repeats += is_repeat
            if family:
                facets.note_barren(family[1], url)
        self._run.shapes.note(name, pages)
        if family:
            self._run.shapes.note(*family)

    def is_undecided(self, url: str, under_way: int) -> bool:
        """Tell whether a page that had to wait has to wait on, for what others will turn out to be.

        Args:
            url: Its address.
            under_way: How many pages of its site are being fetched.
        """
        self._tried = [tried for tried in self._tried if self._run.is_under_way(tried)]
        if under_way > len(self._tried):
            return True  # They may lead to what is fetched in turn.
        name, pages = self._pages(url)
        most = _most_barren(shape_of(url), pages)
        tried = sum(self._pages(other)[0] == name for other in self._tried)
        if pages.barren < most <= pages.barren + tried:
            return True
        family = self._family(url)
        if family is None:
            return False
        tried = sum(family_of(other) == family_of(url) for other in self._tried)
        return tried > 0 and family[1].barren + tried >= facets.BARREN

    def tried(self, url: str) -> None:
        """Note that a page that had to wait is fetched."""
        self._tried.append(url)

    def why_not(self, url: str) -> str | None:
        """Return why a page that had to wait is not fetched, or None where it is."""
        reason = self._why_not(url)
        if reason is not None:
            family = family_of(url)
            self._run.alerts.note(Alert("trap", family or shape_of(url), f"{reason}: the rest is passed over"))
        return reason

    def _why_not(self, url: str) -> str | None:
        pages, shape = self._pages(url)[1], shape_of(url)
        if pages.barren < _most_barren(shape, pages):
            family = self._family(url)
            if family is None or not facets.is_spent(family[1], url):
                return None
            return f"the last {family[1].barren} lists with such filters as {shape} led to no new article"
        return f"the last {pages.barren} pages with an address like {shape} led to no new article"

    def _family(self, url: str) -> tuple[str, Shape] | None:
        """Return what is known of the lists with filters that a page is one of, unless such pages are articles."""
        name = family_of(url)
        if name is None or self._pages(url)[1].articles:
            return None
        if name not in self._shapes and len(self._shapes) >= _MOST_SHAPES:
            return None  # It is judged by its shape alone, or as one of the others.
        return name, self._shapes.setdefault(name, Shape(credit=facets.CREDIT))

    def _pages(self, url: str) -> tuple[str, Shape]:
        """Return what is known of the pages with such addresses, and under which name."""
        name = shape_of(url)
        if name not in self._shapes and len(self._shapes) >= _MOST_SHAPES:
            name = _OTHERS
        return name, self._shapes.setdefault(name, Shape(credit=_CREDIT))


@lru_cache(maxsize=_CACHED)
def shape_of(url: str) -> str:
    """Return what the addresses of one kind of page have in common: site, first segment, how many, and parameters.

    A ``*`` stands for any segment, a ``#`` for a number or a segment without a letter.
    """
    parts = urlsplit(url)
    segments = [segment.partition(";")[0] for segment in parts.path.split("/") if segment]
    shape = site(url)
    if len(segments) > 1:
        shape += "/" + _DIGITS.sub("#", segments[0]) + "/*" * (len(segments) - 2)
    if segments:
        shape += "/*" if _LETTER.search(segments[-1]) else "/#"
    names = filters_of(url)
    return f"{shape}?{'&'.join(names)}" if names else shape


def _most_barren(shape: str, pages: Shape) -> int:
    if "?" in shape and not pages.articles and pages.repeats == pages.barren > 0:
        return _REPEATS
    counted_up = "?" in shape or shape.endswith("#") or shape.count("/") >= _DEEP
    return _BARREN_COUNTED_UP if counted_up else _BARREN


def why_path_is_a_trap(url: str) -> str | None:
    """Return what in the path of an address shows that relative links grow without end, or None."""
    path = urlsplit(url).path
    if path.count("/") > _MOST_SEGMENTS:
        return f"its path has more than {_MOST_SEGMENTS} segments"
    repeated = _REPEATED.search(path)
    return None if repeated is None else f"its path repeats {repeated[1][:200]} three times"
