"""Sites without end: pages that look like articles and lead to ever more of their kind, until a bound ends the crawl.

No page shows that: each may be an article. But the links of a site lead again and again to the same pages, those of a
maze to pages that nothing else links to; and what a site has it lists, in a feed or a sitemap. So pages are suspected
that neither lists, and whose links to others of their kind are nearly all new. A large site with a small budget is not:
it is left with much to fetch, too, but with what it lists, or with what its pages have in common.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import islice
from urllib.parse import urlsplit

from broadsheet.crawler.frontier.alerts import Alert
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.shapes import Shape
from broadsheet.storage.urls import site

# So many pages tell, if they have led to one new page each, and of their links to such pages so many were new.
_FEWEST_PAGES = 20
_SHARE_OF_NEW = 0.8
# A sitemap names 50,000, of few kinds.
_LOOKED_AT = 100
_MOST_KINDS = 2_000
_PREFIX = "kind of "
_DIGITS = re.compile(r"[0-9]+")


class Growth:
    """What the pages of a run have led to, by kind.

    Args:
        run: The run; what is noted outlives its process there.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        known = run.shapes.all() if run.resumed else {}
        self._kinds = {name: shape for name, shape in known.items() if name.startswith(_PREFIX)}

    def note(self, via: str, urls: Collection[str], new: Collection[str], *, is_listing: bool) -> None:
        """Note what a page leads to.

        Args:
            via: Its address.
            urls: The addresses that it names.
            new: Those of them that were not met before.
            is_listing: Whether it is a feed or sitemap, which names what the site has.
        """
        if is_listing:
            self._note_listed(urls)
        else:
            self._note_links(via, urls, new)

    def _note_listed(self, urls: Iterable[str]) -> None:
        for url in islice(urls, _LOOKED_AT):
            name, pages = self._of(url)
            if not pages.listed:
                pages.listed = True
                self._run.shapes.note(name, pages)

    def _note_links(self, via: str, urls: Collection[str], new: Collection[str]) -> None:
        name, pages = self._of(via)
        if pages.listed:
            return
        unmet = set(new)
        akin = [url for url in islice(urls, _LOOKED_AT) if url != via and _kind_of(url) == name]
        pages.pages += 1
        pages.links += len(akin)
        pages.fresh += sum(url in unmet for url in akin)
        self._run.shapes.note(name, pages)

    def judge(self) -> None:
        """Raise an alert for each kind of page that has no end, now that the run asks for no more."""
        for name, pages in self._kinds.items():
            if not _is_endless(pages):
                continue
            text = (
                f"{pages.pages} of them led to {pages.fresh} more that were not met before, {pages.fresh} of "
                f"{pages.links} links to such pages, and no feed or sitemap lists any; {self._run.waiting} addresses "
                "are left: where that goes on, it is a trap, which `exclude` of the source keeps out"
            )
            self._run.alerts.note(Alert("endless", name.removeprefix(_PREFIX), text))

    def _of(self, url: str) -> tuple[str, Shape]:
        name = _kind_of(url)
        if name not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            return name, Shape(credit=0, listed=True)
        return name, self._kinds.setdefault(name, Shape(credit=0))


def _is_endless(pages: Shape) -> bool:
    is_known = pages.pages >= _FEWEST_PAGES and not pages.listed
    return is_known and pages.fresh >= max(pages.pages, _SHARE_OF_NEW * pages.links)


def _kind_of(url: str) -> str:
    """The site and first segment, whatever is behind that: a maze may go deeper with every page."""
    segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    return f"{_PREFIX}{site(url)}/{_DIGITS.sub('#', segments[0])}/*" if len(segments) > 1 else f"{_PREFIX}{site(url)}/*"
