"""What sites list: feeds and sitemaps that are configured, those that a site names, and guesses where it names none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from broadsheet.crawler.capturing.recorder import CAPTURED, REQUEST, Captured
from broadsheet.crawler.discovery.admission import Admission
from broadsheet.crawler.discovery.entrances import customary_places, listing_kind, remembered_places
from broadsheet.crawler.entries import Entry, absolute
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.reading.page_reading import PageReader
from broadsheet.storage import captures
from broadsheet.storage.model import PageKind
from broadsheet.storage.urls import is_front_page
from broadsheet.storage.versions import PRESENT, OutlinkKind

# A listing is one step from the home page, what it lists another.
_DEPTH_OF_LISTED = 2


class Listings:
    """Has the feeds and sitemaps of a crawl's sites fetched.

    Args:
        job: The crawl.
        run: Where guesses are remembered.
        admission: Takes in what is to be fetched.
        pages: Reads what is found at a place that was guessed.
        named_by_robots: Returns the sitemaps that the robots.txt of an address names.
        kind_of: What a URL was found to be when it was last read.
    """

    def __init__(
        self,
        job: CrawlJob,
        run: Run,
        admission: Admission,
        pages: PageReader,
        *,
        named_by_robots: Callable[[str], Awaitable[list[str]]],
        kind_of: Callable[[str], PageKind | None],
    ) -> None:
        self._job = job
        self._run = run
        self._admission = admission
        self._pages = pages
        self._named_by_robots = named_by_robots
        self._kind_of = kind_of
        self._homes = [target for target in job.targets if job.follow and is_front_page(target)]
        is_to_find = job.feeds is None and job.sitemaps is None
        self._unguessed = run.guesses.unguessed(self._homes) if self._homes and is_to_find else []
        self._guessing: list[str] = []
        self._listed = run.guesses.needless() if run.resumed else set[OutlinkKind]()

    async def admit_configured(self) -> None:
        """Take in the feeds and sitemaps that the source is configured with; they may lie anywhere."""
        feeds, sitemaps = self._job.feeds or (), self._job.sitemaps or ()
        entries = [
            *(Entry(url=feed, kind="feed") for feed in feeds),
            *(Entry(url=sitemap, kind="sitemap") for sitemap in sitemaps),
        ]
        await self._admission.admit(entries, depth=1, via=None, anywhere=True)

    async def admit_found(self) -> None:
        """Take in what each site names in its robots.txt, and what was found by guessing before.

        Where only what is due is looked at, of sites whose home page is: with nothing due, nothing is asked for, no
        robots.txt either. Listings that are known are due by themselves.
        """
        asked = self._run.met(self._homes) if self._job.only_due else set(self._homes)
        for home in [home for home in self._homes if home in asked]:
            await self._admit_found_at(home)

    async def move(self, home: str, location: str) -> None:
        """Look for listings where a home page has moved to: its old host may lead nowhere, or each address elsewhere.

        Args:
            home: A page that redirects; nothing happens where it is no home page.
            location: Where it leads.
        """
        if home not in self._homes or not is_front_page(location):
            return
        self._homes.remove(home)
        if home in self._unguessed:
            self._unguessed.remove(home)
        if location in self._homes:
            return
        self._homes.append(location)
        if self._job.feeds is None and self._job.sitemaps is None:
            self._unguessed += self._run.guesses.unguessed([location])
        await self._admit_found_at(location)

    async def _admit_found_at(self, home: str) -> None:
        if self._job.sitemaps is not None:
            return
        stated = await self._named_by_robots(home)
        named = [sitemap for each in stated if (sitemap := absolute(each, home)) is not None]
        entries = [Entry(url=sitemap, kind="sitemap") for sitemap in named]
        found = [*entries, *remembered_places(home, self._kind_of)]
        await self._admission.admit(found, depth=1, via=None, anywhere=True)

    def note(self, kind: PageKind | None) -> None:
        """Note what a page turned out to be: where a site has a listing, none of its kind is guessed."""
        if (listing := listing_kind(kind)) is not None:
            self._listed.add(listing)

    def guesses(self) -> list[Request]:
        """Return requests for the customary places of sites that have named no listing, where it is time for that."""
        if self._guessing and not self._run.ended:
            with self._run.noting_faults():
                self._run.guesses.note(self._guessing)
        full = self._admission.budget.is_spent or self._job.max_depth < _DEPTH_OF_LISTED
        homes, self._unguessed = ([] if full else self._answered(self._unguessed)), []
        places = [place for home in homes for place in customary_places(home, listed=self._listed)]
        self._guessing = homes if places else []
        about = captures.Request(purpose="guess")
        return [
            Request(place.url, callback=self._guessed, errback=self._missed, meta={REQUEST: about}, dont_filter=True)
            for place in places
        ]

    def _answered(self, homes: list[str]) -> list[str]:
        answered: list[str] = []
        if homes:
            with self._run.noting_faults():
                self._run.flush()
                answered = self._run.guesses.answered(homes)
        return answered

    async def _guessed(self, response: Response) -> None:
        """Go on from a place where a listing was guessed, if there is one."""
        assert response.request is not None  # noqa: S101 - Scrapy sets it before the callback
        captured: Captured = response.request.meta.pop(CAPTURED)
        if captured.capture.status not in PRESENT or captured.capture.truncated:
            return
        reading = await self._pages.read(captured)
        if (kind := listing_kind(reading.kind)) is not None:
            # Asked for again, as what it is: a guess is no discovery, and is remembered nowhere.
            await self._admission.admit([Entry(url=captured.capture.url, kind=kind)], depth=1, via=None)

    async def _missed(self, failure: Failure) -> None:
        """Note nothing: at a place that was guessed nothing need be."""
