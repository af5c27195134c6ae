"""Which of the URLs that a crawl hears of are fetched, and why the others are not."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from urllib.parse import urlsplit

from broadsheet.crawler.discovery.bounds import OVER_PAGES, PageBudget
from broadsheet.crawler.discovery.growth import Growth
from broadsheet.crawler.discovery.spellings import Spellings
from broadsheet.crawler.discovery.timeliness import Timeliness
from broadsheet.crawler.discovery.traps import Traps, why_path_is_a_trap
from broadsheet.crawler.discovery.url_patterns import UrlPatterns
from broadsheet.crawler.entries import Entry
from broadsheet.crawler.frontier.alerts import Alert
from broadsheet.crawler.frontier.known import NOT_DUE, OVER_BUDGET
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.seen import TOO_DEEP
from broadsheet.crawler.frontier.visits import Visit
from broadsheet.crawler.job import CrawlJob
from broadsheet.storage.captures import PAGE_TYPES
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.known_takedowns import KnownTakedowns
from broadsheet.storage.urls import normalise, site
from broadsheet.storage.versions import OutlinkKind

REFUSALS = frozenset(
    {
        *("offsite", "excluded", "no_page", "trap", TOO_DEEP, OVER_PAGES, "was_no_page", "redirected", "variant"),
        *(NOT_DUE, OVER_BUDGET),
    }
)
"""For these a URL is refused before it is asked for, or counts no more as asked for."""
# What was no page is asked for again after this: servers err, and addresses come to be used.
_NO_PAGE_FOR = timedelta(days=30)
_ADMITTED_AT_ONCE = 1000
# What a news page links to that is never a page; everything else is asked for and judged by what comes back.
# fmt: off
_NO_PAGE = frozenset(
    (
        ".7z", ".aac", ".avi", ".avif", ".bmp", ".css", ".csv", ".dmg", ".doc", ".docx", ".eot", ".epub",
        ".exe", ".flac", ".gif", ".gz", ".ico", ".ics", ".iso", ".jpeg", ".jpg", ".js", ".json", ".m3u8",
        ".m4a", ".m4v", ".mkv", ".mov", ".mp3", ".mp4", ".mpeg", ".mpg", ".msi", ".odp", ".ods", ".odt", ".ogg",
        ".ogv", ".otf", ".pdf", ".png", ".ppt", ".pptx", ".rar", ".rtf", ".svg", ".swf", ".tar", ".tgz", ".tif",
        ".tiff", ".torrent", ".ttf", ".wav", ".webm", ".webmanifest", ".webp", ".woff", ".woff2", ".xls",
        ".xlsx", ".zip",
    )
)
# fmt: on


class Admission:
    """Admits URLs to the run of one job.

    Args:
        job: What was asked for.
        run: Where every URL is noted.
        catalog: What the archive holds.
        takedowns: What was taken down.
        budget: How many pages may be asked for.

    Attributes:
        budget: How many pages may be asked for.
        sites: Where pages are fetched from.
        traps: What is known of pages without end.
    """

    def __init__(
        self, job: CrawlJob, run: Run, catalog: Catalog, takedowns: KnownTakedowns, budget: PageBudget
    ) -> None:
        self._job = job
        self._run = run
        self._catalog = catalog
        self._takedowns = takedowns
        self._patterns = UrlPatterns(job.include, job.exclude)
        self.sites = {site(target) for target in job.targets} | set(run.sites())
        self.traps = Traps(run)
        self._growth = Growth(run)
        self._spellings = Spellings(run, self.is_held)
        self.budget = budget
        self._timeliness = Timeliness(job, run, catalog) if job.only_due else None

    def add_site(self, of_site: str) -> None:
        """Fetch pages from there too: a target leads there."""
        if of_site not in self.sites:
            self.sites.add(of_site)
            self._run.add_site(of_site)

    async def admit(
        self,
        entries: list[Entry],
        *,
        depth: int,
        via: str | None,
        hops: int = 0,
        listed: bool = True,
        anywhere: bool = False,
    ) -> bool:
        """Have what was found fetched, or note why it is not.

        Args:
            entries: What was found.
            depth: How many links from a target it is away.
            via: Where it was found.
            hops: How many redirects led to it.
            listed: Whether that is what the site announces; what a page merely links to may be a trap.
            anywhere: Whether feeds and sitemaps among it may lie on whatever host: the source is configured with them,
                or its robots.txt names them. So may the sitemaps of an index that lies elsewhere.

        Returns:
            Whether anything new among it looks like an article.
        """
        leads_on = False
        for start in range(0, len(entries), _ADMITTED_AT_ONCE):
            if start:
                await asyncio.sleep(0)  # A sitemap of 500,000 URLs stops nothing else.
            some = entries[start : start + _ADMITTED_AT_ONCE]
            leads_on |= self._admit_some(some, depth=depth, via=via, hops=hops, listed=listed, anywhere=anywhere)
        return leads_on

    async def redirect(self, location: str, *, depth: int, via: str, hops: int) -> None:
        """Have fetched where a redirect leads, be it a variant of another address; it counts in place of `via`.

        What showed the article of another address not long ago is not read again for that.
        """
        self.budget.give_back()
        await self.admit([Entry(url=location, kind="link")], depth=depth, via=via, hops=hops)
        if not self._was_variant(location):
            self.reconsider(location)

    async def admit_due(self) -> None:
        """Have fetched what is due, where only that is looked at again: listings first, then what promises most."""
        if self._timeliness is None:
            return
        with self._timeliness.choosing() as chosen:
            for depth, visits in groupby(sorted(chosen, key=lambda visit: visit.depth), key=lambda visit: visit.depth):
                entries = [Entry(url=visit.url, kind=visit.kind) for visit in visits]
                await self.admit(entries, depth=depth, via=None, anywhere=True)

    def admit_known(self) -> None:
        """Have the articles fetched that the archive holds as live: nothing may link to them any more.

        Where only what is due is looked at, those that the frontier knows nothing of.
        """
        for of in sorted(self.sites):
            known = self._catalog.live_articles(of)
            while urls := list(islice(known, _ADMITTED_AT_ONCE)):
                if self._timeliness is not None:
                    if self._timeliness.is_spent:
                        return
                    urls = self._timeliness.forgotten(urls)
                entries = [Entry(url=url, kind="link") for url in urls]
                self._admit_some(entries, depth=1, via=None)

    def judge_growth(self) -> None:
        """Raise an alert, at the end, where pages led to ever more until no more could be asked for."""
        if self.budget.is_spent and self._run.waiting:
            self._growth.judge()

    def is_held(self, url: str) -> bool:
        """Tell whether the archive has versions of an article that are filed under a URL."""
        known = self._catalog.get(url)
        return known is not None and known.standing is not None

    def ended(self, url: str, *, found: bool) -> None:
        """Note whether anything could be had at a URL; where not, one is fetched that was taken for a variant of it."""
        if not found and (variant := self._spellings.missed(url)) is not None:
            self.reconsider(variant)

    def reconsider(self, url: str) -> None:
        """Have a URL fetched by itself, where it was taken for a variant of another."""
        self._run.reconsider(url)

    def take_up(self, visit: Visit) -> tuple[str, str | None] | None:
        """Take up a URL whose turn has come; return why it is not fetched, where it is not."""
        if visit.later and (explanation := self.traps.why_not(visit.url)):
            return "trap", explanation
        if self.budget.is_spent:
            return OVER_PAGES, None
        self.budget.take(listing=visit.kind != "link")
        if visit.later:
            self.traps.tried(visit.url)
        return None

    def _admit_some(
        self,
        entries: Iterable[Entry],
        *,
        depth: int,
        via: str | None,
        hops: int = 0,
        listed: bool = True,
        anywhere: bool = False,
    ) -> bool:
        found: dict[str, Entry] = {}
        leads_on = False
        # What is asked for by name, and where a redirect leads, is fetched as it is spelled.
        as_spelled = depth == 0 or hops > 0
        variants: dict[str, str] = {}
        for entry in entries:
            with suppress(InvalidURLError):
                url = normalise(entry.url)
                plain = self._spellings.plain(url) if entry.kind == "link" and not as_spelled else url
                if plain != url and all(self._is_included(of, depth, "link") for of in (url, plain)):
                    variants[url] = plain
                    found.setdefault(plain, entry)
                found.setdefault(url, entry)
        new = self._run.unseen(list(found), too_deep=depth > self._job.max_depth)
        if via is not None and not hops:
            self._growth.note(via, found, new, is_listing=listed)
        here = [url for url in new if self._is_here(url, found[url].kind, via=via, anywhere=anywhere)]
        untimely = self._untimely([url for url in here if self._is_included(url, depth, found[url].kind)])
        elsewhere = set(new).difference(here)
        if not as_spelled:
            links = (url for url in new if found[url].kind == "link" and url not in variants)
            variants |= self._spellings.twins_of(links)
        for url in new:
            entry = found[url]
            refusal = "offsite" if url in elsewhere else self._refusal(url, depth, entry.kind, untimely.get(url))
            if refusal is None and url in variants:
                refusal = "variant"
                self._spellings.stand_in(url, variants[url])
            later = False
            if refusal is None:
                leads_on = leads_on or self.traps.leads_to_articles(url)
                later = not listed and entry.kind == "link" and not self.is_held(url) and self.traps.has_to_wait(url)
            visit = Visit(url=url, kind=entry.kind, depth=depth, hops=hops, via=via, hints=entry.hints, later=later)
            self._run.add(visit, refused=refusal, explanation=self._explanation(url, refusal, variants))
        return leads_on

    def _explanation(self, url: str, refusal: str | None, variants: dict[str, str]) -> str | None:
        if refusal is None:
            return None
        if refusal == "variant":
            return f"fetched as {variants[url]}" if url in variants else "it showed the article of another address"
        if refusal != "trap":
            return self.why_taken_down(url)
        explanation = why_path_is_a_trap(url)
        self._run.alerts.note(Alert("trap", site(url), f"{url}: {explanation}, and so do others"))
        return explanation

    def _untimely(self, urls: list[str]) -> dict[str, str]:
        return {} if self._timeliness is None else self._timeliness.refusals(urls)

    def _is_here(self, url: str, kind: OutlinkKind, *, via: str | None, anywhere: bool) -> bool:
        if site(url) in self.sites:
            return True
        # What is read and lies elsewhere was to be read anywhere.
        is_listed_elsewhere = kind == "sitemap" and via is not None and site(via) not in self.sites
        return is_listed_elsewhere or (anywhere and kind != "link")

    def _is_included(self, url: str, depth: int, kind: OutlinkKind) -> bool:
        """Tell whether the source is crawled for a page; where it starts and what lists its articles always is."""
        return depth == 0 or kind != "link" or self._patterns.want(url)

    def _refusal(self, url: str, depth: int, kind: OutlinkKind, untimely: str | None) -> str | None:
        if self._takedowns.of(url):
            return "taken_down"
        if not self._is_included(url, depth, kind):
            return "excluded"
        if untimely is not None:
            return untimely
        # What was asked for by name, or announced as a feed or sitemap (sitemap.xml.gz), is taken at its word.
        if depth > 0 and kind == "link" and posixpath.splitext(urlsplit(url).path)[1].lower() in _NO_PAGE:
            return "no_page"
        if depth > 0 and why_path_is_a_trap(url):
            return "trap"
        if depth > self._job.max_depth:
            return TOO_DEEP
        if depth > 0 and kind == "link":
            return self._what_it_was(url)
        return None

    def why_taken_down(self, url: str) -> str | None:
        """Return when and why an article was taken down, or None where it was not."""
        takedown = self._takedowns.of(url)
        return f"taken down on {takedown.at:%Y-%m-%d}: {takedown.reason}" if takedown else None

    def _what_it_was(self, url: str) -> str | None:
        """Return why a page is not fetched for what it was not long ago: a variant, or neither page nor list."""
        known, now = self._catalog.get(url), datetime.now(UTC)
        if known is None or known.standing is not None:
            return None
        if self._was_variant(url):
            return "variant"
        # A wall, or a page that was not there: behind it may be an article the next time.
        is_no_page = known.kind == "other" and known.mime not in PAGE_TYPES
        return "was_no_page" if is_no_page and now - known.captured_at < _NO_PAGE_FOR else None

    def _was_variant(self, url: str) -> bool:
        """Tell whether a page, not long ago, showed the article of another address that it claimed."""
        known = self._catalog.get(url)
        return known is not None and known.is_variant(now=datetime.now(UTC))
