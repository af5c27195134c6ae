"""From what somebody typed to crawl jobs: names of sources, addresses, and whether a contact is needed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from broadsheet.crawler.job import DEFAULT_MAX_DEPTH, DEFAULT_MAX_PAGES, CrawlJob
from broadsheet.crawler.wire.addresses import is_public
from broadsheet.scheduler.sources import reading, settings
from broadsheet.scheduler.sources.document import Source, SourcesFile
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import is_front_page, normalise, site


def crawl_jobs(
    targets: Sequence[str],
    *,
    sources_file: Path | None,
    max_pages: int | None,
    max_depth: int | None,
    max_bytes: str | None,
    only_due: bool,
    allow_private: bool,
) -> list[CrawlJob]:
    """Return one job for each source that is named, and one for all the URLs together, each taken once.

    Raises:
        ConfigError: A target is neither a source nor a URL, the operator's contact is missing, or a size is none.
    """
    loaded = reading.load(sources_file) if sources_file else None
    sources = loaded.sources if loaded else {}
    named = [(name, sources[name]) for name in dict.fromkeys(targets) if name in sources]
    urls = list(dict.fromkeys(_url(target, sources_file) for target in targets if target not in sources))
    jobs = [source_job(name, source, loaded, allow_private=allow_private) for name, source in named]
    if urls:
        source = _source_of(urls, sources) or Source(home=urls[0])
        jobs.append(_job(" ".join(urls), urls, source, loaded, allow_private=allow_private))
    most_bytes = None if max_bytes is None else settings.size(max_bytes, "--max-bytes")
    limits = {"max_pages": max_pages, "max_depth": max_depth, "max_bytes": most_bytes}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return [msgspec.structs.replace(job, only_due=only_due, **given) for job in jobs]


def source_job(name: str, source: Source, document: SourcesFile | None, *, allow_private: bool) -> CrawlJob:
    """Return the job that crawls a source as it is configured, all of it.

    Raises:
        ConfigError: The operator's contact is missing, or what the environment says cannot be used.
    """
    starts = list(dict.fromkeys([source.home, *source.sections]))
    job = _job(name, starts, source, document, allow_private=allow_private)
    return msgspec.structs.replace(job, feeds=source.feeds, sitemaps=source.sitemaps)


def _job(
    name: str, starts: list[str], source: Source, document: SourcesFile | None, *, allow_private: bool
) -> CrawlJob:
    """Return the job that crawls from some addresses on, in the way of a source."""
    return CrawlJob(
        source=name,
        targets=starts,
        user_agent=_user_agent(document, source, starts),
        allow_public=settings.operator_contact(document, source) is not None,
        include=source.include,
        exclude=source.exclude,
        max_pages=source.max_pages,
        max_depth=source.max_depth,
        max_bytes=source.max_bytes,
        requests_per_hour=source.requests_per_hour,
        pace=source.recrawl,
        delay=source.delay,
        obey=source.obey,
        render=source.render,
        requisites=source.requisites,
        credentials=settings.credentials(source),
        allow_private=allow_private,
        proxy=settings.proxy(),
        spool_limits=settings.spool_limits(document),
    )


def recrawl_job(url: str, *, sources_file: Path | None = None, allow_private: bool) -> CrawlJob:
    """Return the job that fetches one URL now, whole, and takes it for an article.

    Where it is on the site of a source of the file, it is fetched as that source is.

    Raises:
        ConfigError: The operator's contact is missing, or a size is none.
        InvalidURLError: It is no URL.
    """
    start = normalise(url)
    loaded = reading.load(sources_file) if sources_file else None
    source = (_source_of([start], loaded.sources) if loaded else None) or Source(home=start)
    return msgspec.structs.replace(
        _job(start, [start], source, loaded, allow_private=allow_private),
        max_pages=DEFAULT_MAX_PAGES,
        max_depth=DEFAULT_MAX_DEPTH,
        max_bytes=None,
        follow=False,
        # Whoever asks for a front page wants it looked at; a version at every new link on it helps nobody.
        expected=not is_front_page(start),
        conditional=False,
    )


def _source_of(urls: Sequence[str], sources: Mapping[str, Source]) -> Source | None:
    """Return the source on whose site all the addresses are: they are fetched as it is."""
    sites = {site(url) for url in urls}
    return next((source for source in sources.values() if {site(source.home)} == sites), None)


def _url(target: str, sources_file: Path | None) -> str:
    try:
        return normalise(target)
    except InvalidURLError as error:
        if target.partition(":")[0].lower() in ("http", "https"):
            raise  # It says what is wrong with it, and shows no password that is in it.
        where = f"no source of {sources_file}" if sources_file else "no --config was given to look it up in"
        raise ConfigError(f"{target!r} is no http or https URL, and {where}") from error


def _user_agent(document: SourcesFile | None, source: Source, starts: Sequence[str]) -> str:
    contact = settings.operator_contact(document, source)
    if contact is None and any(_may_be_public(start) for start in starts):
        raise ConfigError(
            "who runs this crawl? Site owners must be able to reach you: set BROADSHEET_CONTACT to a URL or "
            "an e-mail address (or `contact` in the sources file); it is sent with every request"
        )
    return settings.user_agent(contact)


def _may_be_public(url: str) -> bool:
    """Tell whether a host has a public address. What cannot be resolved cannot be crawled either."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(is_public(str(ipaddress.ip_address(str(address[4][0]).partition("%")[0]))) for address in found)
