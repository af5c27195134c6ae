"""From what somebody typed to crawl jobs: names of sources, addresses, and whether a contact is needed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from broadsheet.crawler.addresses import is_public
from broadsheet.crawler.job import DEFAULT_MAX_DEPTH, DEFAULT_MAX_PAGES, CrawlJob
from broadsheet.scheduler import config
from broadsheet.scheduler.config import Config, ConfigError, Source
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import is_front_page, normalise, site


def crawl_jobs(
    targets: Sequence[str],
    *,
    sources_file: Path | None,
    max_pages: int | None,
    max_depth: int | None,
    max_bytes: str | None,
    allow_private: bool,
) -> list[CrawlJob]:
    """Return one job for each source that is named, and one for all the URLs together.

    Raises:
        ConfigError: A target is neither a source nor a URL, the operator's contact is missing, or a size is none.
    """
    loaded = config.load(sources_file) if sources_file else None
    sources = loaded.sources if loaded else {}
    named = [(name, sources[name]) for name in targets if name in sources]
    urls = [_url(target, sources_file) for target in targets if target not in sources]
    plans = [(name, [source.home], source) for name, source in named]
    if urls:
        plans.append((" ".join(urls), urls, _source_of(urls, sources) or Source(home=urls[0])))
    limits = config.spool_limits(loaded)
    return [
        CrawlJob(
            source=name,
            targets=starts,
            user_agent=_user_agent(loaded, starts),
            allow_public=config.operator_contact(loaded) is not None,
            max_pages=max_pages if max_pages is not None else source.max_pages,
            max_depth=max_depth if max_depth is not None else source.max_depth,
            max_bytes=None if (most := max_bytes or source.max_bytes) is None else config.size(most, "max_bytes"),
            delay=source.delay,
            obey=source.obey,
            render=source.render,
            requisites=source.requisites,
            credentials=config.credentials(sources_file, source) if sources_file else None,
            allow_private=allow_private,
            proxy=config.proxy(),
            spool_limits=limits,
        )
        for name, starts, source in plans
    ]


def recrawl_job(url: str, *, sources_file: Path | None = None, allow_private: bool) -> CrawlJob:
    """Return the job that fetches one URL now, whole, and takes it for an article.

    Where it is on the site of a source of the file, it is fetched as that source is.

    Raises:
        ConfigError: The operator's contact is missing, or a size is none.
        InvalidURLError: It is no URL.
    """
    start = normalise(url)
    loaded = config.load(sources_file) if sources_file else None
    source = (_source_of([start], loaded.sources) if loaded else None) or Source(home=start)
    return CrawlJob(
        source=start,
        targets=[start],
        user_agent=_user_agent(loaded, [start]),
        allow_public=config.operator_contact(loaded) is not None,
        delay=source.delay,
        obey=source.obey,
        render=source.render,
        requisites=source.requisites,
        credentials=config.credentials(sources_file, source) if sources_file else None,
        max_pages=DEFAULT_MAX_PAGES,
        max_depth=DEFAULT_MAX_DEPTH,
        follow=False,
        # Whoever asks for a front page wants it looked at; a version at every new link on it helps nobody.
        expected=not is_front_page(start),
        conditional=False,
        allow_private=allow_private,
        proxy=config.proxy(),
        spool_limits=config.spool_limits(loaded),
    )


def _source_of(urls: Sequence[str], sources: Mapping[str, Source]) -> Source | None:
    """Return the source on whose site all the addresses are: they are fetched as it is."""
    sites = {site(url) for url in urls}
    return next((source for source in sources.values() if {site(source.home)} == sites), None)


def _url(target: str, sources_file: Path | None) -> str:
    try:
        return normalise(target)
    except InvalidURLError as error:
        where = f"no source of {sources_file}" if sources_file else "no --config was given to look it up in"
        raise ConfigError(f"{target!r} is no http or https URL, and {where}") from error


def _user_agent(loaded: Config | None, starts: Sequence[str]) -> str:
    contact = config.operator_contact(loaded)
    if contact is None and any(_may_be_public(start) for start in starts):
        raise ConfigError(
            "who runs this crawl? Site owners must be able to reach you: set BROADSHEET_CONTACT to a URL or "
            "an e-mail address (or `contact` in the sources file); it is sent with every request"
        )
    return config.user_agent(contact)


def _may_be_public(url: str) -> bool:
    """Tell whether a host has a public address. What cannot be resolved cannot be crawled either."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(is_public(str(ipaddress.ip_address(str(address[4][0]).partition("%")[0]))) for address in found)
