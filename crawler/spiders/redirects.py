"""Where redirects lead: on behalf of the same URL, to another one, or nowhere."""

from __future__ import annotations

from scrapy import Request

from broadsheet.crawler.capturing.recorder import Captured
from broadsheet.crawler.discovery.admission import Admission
from broadsheet.crawler.discovery.listings import Listings
from broadsheet.crawler.discovery.variants import plain_form
from broadsheet.crawler.extraction.wall_addresses import wall_at
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.spiders.requests import Requests, depth_of, hops_of
from broadsheet.storage.captures import Capture
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import identity, is_front_page, normalise, site
from broadsheet.storage.versions import redirect_location

_MOST_REDIRECTS = 10


class Redirects:
    """Follows redirects.

    Args:
        run: Where it is noted what became of the URL that redirects.
        admission: Says what is fetched, and hears of what is led to.
        listings: Hears of home pages that have moved.
        requests: Makes the requests that go on.
    """

    def __init__(self, run: Run, admission: Admission, listings: Listings, requests: Requests) -> None:
        self._run = run
        self._admission = admission
        self._listings = listings
        self._requests = requests

    async def follow(self, request: Request, captured: Captured) -> Request | None:
        """Return the request that goes on for the same URL; where there is none, note what became of it.

        Args:
            request: What was answered with the redirect.
            captured: The answer.
        """
        filed, at = captured.capture.filed_as, captured.capture.captured_at
        hops = hops_of(request) + 1
        location = self._location(captured.capture, hops)
        if location is None:
            return None
        depth, via = depth_of(request), captured.capture.url
        if depth == 0:
            self._admission.add_site(site(location))
            await self._listings.move(via, location)
        if identity(location) == identity(filed):
            return self._requests.to(location, depth=depth, via=via, hops=hops)
        if identity(plain_form(location)) == identity(filed):
            return self._requests.to(location, depth=depth, via=via, filed_as=filed, hops=hops)
        if self._admission.is_held(filed) and site(location) in self._admission.sites:
            if is_front_page(location):
                self._run.answered(filed, at)  # The article has vanished: the redirect itself says so.
                return None
            if reason := self._admission.why_taken_down(location):
                self._run.skip(filed, "taken_down", reason)
                return None
            return self._requests.to(location, depth=depth, via=via, filed_as=filed, hops=hops)
        if site(location) not in self._admission.sites and (wall := wall_at(location)) is not None:
            self._run.fail(filed, f"{wall}: redirected to {location}")
            return None
        await self._admission.redirect(location, depth=depth, via=via, hops=hops)
        self._run.skip(filed, "redirected")
        return None

    def _location(self, capture: Capture, hops: int) -> str | None:
        """Return where a redirect leads, or None where nobody can follow it, which is noted."""
        location = redirect_location(capture)
        if location is None:
            self._run.fail(capture.filed_as, f"HTTP {capture.status}, and no address that it redirects to")
            return None
        if hops > _MOST_REDIRECTS:
            self._run.fail(capture.filed_as, f"more than {_MOST_REDIRECTS} redirects")
            return None
        try:
            return normalise(location)
        except InvalidURLError as error:
            self._run.fail(capture.filed_as, f"redirected to an address that cannot be fetched: {error}")
            return None
