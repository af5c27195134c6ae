"""What a crawl is asked to do, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from broadsheet.crawler.capturing.spool_limits import SpoolLimits
from broadsheet.crawler.credentials import Credentials
from broadsheet.crawler.frontier.alerts import Alert
from broadsheet.crawler.measures import Measures
from broadsheet.crawler.revisiting.revisiting import DEFAULT_PACE, Pace
from broadsheet.crawler.run_outcome import RunOutcome
from broadsheet.crawler.wire.proxy import Proxy
from broadsheet.storage.captures import Capture
from broadsheet.storage.model import Outcome
from broadsheet.storage.optouts import OptOut

DEFAULT_MAX_PAGES = 1000
DEFAULT_MAX_DEPTH = 5


class CrawlJob(Struct, frozen=True, kw_only=True):
    """A crawl of one source.

    Attributes:
        source: The configured name of the source, or the address it was started with.
        targets: Where to start: home or section pages, feeds, sitemaps or articles.
        feeds: The source's feeds; None for those that are found.
        sitemaps: Its sitemaps, on whatever host; None for those that robots.txt names and that are found.
        include: Patterns (`UrlPatterns`) of which what is linked to has to match one; none for all of the site.
        exclude: Patterns of which it may match none.
        max_pages: How many pages to ask for at most; robots.txt, redirects and retries do not count.
        max_depth: How many links to go from a target at most.
        max_bytes: How many bytes to exchange at most, robots.txt, redirects and retries included; None for any number.
        follow: Whether to go on from what a page links to, and to look again at the articles known before.
        expected: Whether the targets are taken for articles, whatever they look like.
        conditional: Whether to ask for known articles with their validators.
        only_due: Whether to look again only at what is due, and pass over what else is known.
        requests_per_hour: Where only that is looked at: how many requests an hour the source's pages may cost; None for
            any number. New pages are fetched all the same, and leave less for what is due.
        pace: How often the source's pages are looked at: what is found makes them due again accordingly.
        read_pages: Whether pages are read; without, only their captures are kept, and feeds and sitemaps lead on.
        render: Whether pages are read as a browser shows them, after their scripts have run.
        requisites: Whether the pictures, styles and scripts of new and changed articles are fetched too.
        allow_private: Whether loopback, link-local and private addresses may be fetched.
        allow_public: Whether public addresses may be fetched; not without a contact in the user agent.
        delay: Seconds between two requests to a host; None for the default.
        obey: The opt-outs that are obeyed: what its publisher reserves by one of them is fetched and not archived.
        user_agent: What the crawl calls itself.
        proxy: What all connections go through, or None.
        credentials: What opens the source to its subscriber, or None.
        spool_limits: How much may wait on this machine's disk until the archive takes it.
    """

    source: str
    targets: list[str]
    user_agent: str
    feeds: tuple[str, ...] | None = None
    sitemaps: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_pages: int = DEFAULT_MAX_PAGES
    max_depth: int = DEFAULT_MAX_DEPTH
    max_bytes: int | None = None
    follow: bool = True
    expected: bool = False
    conditional: bool = True
    only_due: bool = False
    requests_per_hour: int | None = None
    pace: Pace = DEFAULT_PACE
    read_pages: bool = True
    render: bool = False
    requisites: bool = False
    allow_private: bool = False
    allow_public: bool = True
    delay: float | None = None
    obey: Sequence[OptOut] = ()
    proxy: Proxy | None = None
    credentials: Credentials | None = None
    spool_limits: SpoolLimits = SpoolLimits()

    def reads(self, capture: Capture) -> bool:
        """Tell whether the page of a capture is read: all are, but where only captures are wanted."""
        return self.read_pages or not capture.is_html

    @property
    def asked_for(self) -> bytes:
        """What decides which pages are fetched: a crawl that was cut off is gone on with by another of the same."""
        return msgspec.json.encode(
            (
                *(self.targets, self.feeds, self.sitemaps, self.include, self.exclude),
                *(self.max_pages, self.max_depth, self.follow, self.expected, self.conditional),
                *(self.read_pages, self.allow_private, self.allow_public, self.only_due, self.max_bytes),
                # Not their values: those are renewed while a crawl waits to go on.
                self.credentials.names if self.credentials else (),
            )
        )


class CrawlSummary(Struct, frozen=True, kw_only=True):
    """What a crawl came to, as `crawl --json` prints it.

    Attributes:
        source: The configured name of the source, or the address it was started with.
        outcome: What it came to as a whole.
        started_at: When it began, maybe in another process.
        seconds: How long it took, in all the processes that had it.
        discovered: How many URLs it has discovered.
        fetched: How many captures of pages it made.
        outcomes: Where those ended that were asked for, by outcome.
        skipped: Why others were not, by reason.
        segments: The keys of the WARC segments that were published.
        measures: What this process has measured of it.
        alerts: What it warns of: traps, and pages that were without end.
        put_off_until: When its source is asked again, where nothing was asked for since it could not be had before.
    """

    source: str
    outcome: RunOutcome
    started_at: datetime
    seconds: float
    discovered: int
    fetched: int
    outcomes: dict[Outcome, int]
    skipped: dict[str, int]
    segments: list[str]
    measures: Measures
    alerts: list[Alert] = []
    put_off_until: datetime | None = None
