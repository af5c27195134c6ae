"""What a sources file says, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from broadsheet.crawler.job import DEFAULT_MAX_DEPTH, DEFAULT_MAX_PAGES
from broadsheet.crawler.revisiting.revisiting import DEFAULT_PACE, Pace
from broadsheet.scheduler.sources.schedules import Learned, Schedule
from broadsheet.storage.model import Change
from broadsheet.storage.optouts import OptOut

DEFAULT_TIMEZONE = "UTC"
DEFAULT_AT_ONCE = 2
# A page of an archive is shown with up to some hundred pictures.
DEFAULT_READS = 3_000
DEFAULT_WRITES = 30


class Source(Struct, frozen=True, kw_only=True):
    """One source, as its table ``[sources.NAME]`` has it.

    Attributes:
        home: Where its crawls start.
        sections: Further pages where they start.
        feeds: Its feeds; None for those that its pages name or that lie where they do by custom.
        sitemaps: Its sitemaps; None for those that its robots.txt and pages name or that lie where they do by custom.
        include: Patterns of which a URL has to match one; nothing for any URL of the site.
        exclude: Patterns of which a URL may match none.
        schedule: When it is crawled.
        timezone: Whose clock a cron line means (IANA).
        jitter: By how much a start is put off at most, by chance, so that not all sources start at once; None for
            what the schedule allows.
        enabled: Whether it is crawled by itself. By hand it can be at any time.
        max_pages: How many pages a crawl asks for at most.
        max_depth: How many links it goes from the home page at most.
        max_bytes: How many bytes it exchanges at most; None for any number.
        delay: Seconds between two requests to a host; None for the default.
        requests_per_hour: How many requests an hour a scheduled crawl may make to look again; None for any number.
        obey: The opt-outs of its publisher that are obeyed: what is reserved by one of them is not kept.
        render: Whether its pages are read as a browser shows them; needs the extra ``javascript`` and a Chromium.
        requisites: Whether the pictures, styles and scripts of new and changed articles are archived too.
        recrawl: How often its pages are looked at again.
        retention: How long its captures are kept; None for ever.
        keep_front_pages: Whether its front and section pages are kept for ever, as evidence of what stood where.
        contact: Whom its owner can reach; None for what counts for all sources.
        credentials: A TOML file with the table ``[headers]``: secret headers that open the source to its subscriber,
            such as ``Cookie``; None where there are none.
        alarms: Whether somebody is told when it falls silent or cannot be read any more.
    """

    home: str
    sections: tuple[str, ...] = ()
    feeds: tuple[str, ...] | None = None
    sitemaps: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    schedule: Schedule = Learned()
    timezone: str = DEFAULT_TIMEZONE
    jitter: timedelta | None = None
    enabled: bool = True
    max_pages: int = DEFAULT_MAX_PAGES
    max_depth: int = DEFAULT_MAX_DEPTH
    max_bytes: int | None = None
    delay: float | None = None
    requests_per_hour: int | None = None
    obey: tuple[OptOut, ...] = ()
    render: bool = False
    requisites: bool = False
    recrawl: Pace = DEFAULT_PACE
    retention: timedelta | None = None
    keep_front_pages: bool = False
    contact: str | None = None
    credentials: Path | None = None
    alarms: bool = True


class Webhook(Struct, frozen=True, kw_only=True):
    """Where alarms and notifications are sent.

    Attributes:
        url: The address that they are posted to.
        secret_file: A file with the secret that they are signed with.
    """

    url: str
    secret_file: Path


class Service(Struct, frozen=True, kw_only=True):
    """How the service runs, as the table ``[service]`` has it.

    Attributes:
        tokens: The file of tokens; None where nobody may ask for anything over HTTP.
        read_needs_token: Whether reading needs a token too; None for whatever fits the address that is bound.
        at_once: How many crawls run at once.
        reads_per_minute: How many reads a token or an address may make a minute.
        writes_per_minute: How many writes.
        public_url: The address by which people reach the service; None where it is not known.
        webhooks: Where alarms and notifications are sent.
    """

    tokens: Path | None = None
    read_needs_token: bool | None = None
    at_once: int = DEFAULT_AT_ONCE
    reads_per_minute: int = DEFAULT_READS
    writes_per_minute: int = DEFAULT_WRITES
    public_url: str | None = None
    webhooks: tuple[Webhook, ...] = ()


class Watch(Struct, frozen=True, kw_only=True):
    """What somebody is told the changes of; a URL or a source.

    Attributes:
        url: The URL; None for all of a source.
        source: The name of the source; None for a URL.
        changes: Which changes matter; nothing for all.
    """

    url: str | None = None
    source: str | None = None
    changes: tuple[Change, ...] = ()


class SourcesFile(Struct, frozen=True, kw_only=True):
    """A sources file.

    Attributes:
        contact: How site owners reach the operator: a URL or an e-mail address.
        waiting_bytes: How much may wait in the spool (``spool_limit``); None for the default.
        free_bytes: How much of the spool's disk stays free (``free_disk``); None for the default.
        service: How the service runs.
        watches: What somebody is told the changes of.
        sources: The sources by name.
    """

    contact: str | None = None
    waiting_bytes: int | None = None
    free_bytes: int | None = None
    service: Service = Service()
    watches: tuple[Watch, ...] = ()
    sources: Mapping[str, Source] = {}
