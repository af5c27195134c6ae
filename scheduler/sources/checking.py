"""Checks a sources file beyond what it says: the files that it names, and what is allowed but hardly meant."""

from __future__ import annotations

import ipaddress
import stat
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from broadsheet.scheduler import tokens
from broadsheet.scheduler.sources import reading, settings
from broadsheet.scheduler.sources.document import Source, SourcesFile
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.schedules import Cron
from broadsheet.storage.urls import site


class Checked(Struct, frozen=True, kw_only=True):
    """What was found in a sources file.

    Attributes:
        errors: What has to be put right.
        warnings: What is allowed and hardly meant.
        sources: How many sources it has; none where it cannot be read.
    """

    errors: list[str]
    warnings: list[str]
    sources: int


def check(path: Path) -> Checked:
    """Read a sources file and whatever it names on this machine; nothing is asked for over the network."""
    try:
        document, problems = reading.survey(path)
    except ConfigError as error:
        return Checked(errors=list(error.problems), warnings=[], sources=0)
    examined = examine(path, document)
    return Checked(errors=problems + examined.errors, warnings=[], sources=0) if problems else examined


def examine(path: Path, document: SourcesFile) -> Checked:
    """Look at a sources file that was read, and at whatever it names on this machine.

    Args:
        path: Where it is.
        document: What it says.
    """
    return Checked(
        errors=[f"{path}: {problem}" for problem in _unusable(document)],
        warnings=[f"{path}: {doubt}" for doubt in _doubts(document)],
        sources=len(document.sources),
    )


def _unusable(document: SourcesFile) -> Iterator[str]:
    """Tell which files that it names cannot be used, and what the environment says that cannot."""
    for name, source in document.sources.items():
        try:
            settings.credentials(source)
        except ConfigError as error:
            yield f"[sources.{name}]: 'credentials': {error}"
    if document.service.tokens is not None:
        try:
            tokens.read(document.service.tokens)
        except tokens.TokenFileError as error:
            yield f"[service]: 'tokens': {error}"
    for webhook in document.service.webhooks:
        try:
            settings.secret(webhook)
        except ConfigError as error:
            yield f"[[service.webhooks]]: 'secret_file': {error}"
    for from_environment in (settings.operator_contact, settings.spool_limits):
        try:
            from_environment(document)
        except ConfigError as error:
            yield str(error)


def _doubts(document: SourcesFile) -> Iterator[str]:
    if not document.sources:
        yield "it has no sources: nothing is crawled by itself"
    of_site: dict[str, list[str]] = defaultdict(list)
    for name, source in document.sources.items():
        of_site[site(source.home)].append(name)
        yield from (f"[sources.{name}]: {doubt}" for doubt in _doubts_of(name, source))
    for host, names in of_site.items():
        if len(names) > 1:
            yield (
                f"the sources {', '.join(names)} are all at {host}: they fetch the same pages, and an address there "
                f"is crawled as {names[0]} is"
            )
    if document.sources and document.contact is None and any(not s.contact for s in document.sources.values()):
        yield "there is no 'contact': without $BROADSHEET_CONTACT no public site is crawled"
    for webhook in document.service.webhooks:
        if urlsplit(webhook.url).scheme == "http" and not _is_near(webhook.url):
            yield "[[service.webhooks]]: a 'url' is http: whoever is on the way reads what is sent"
    for secret in _secrets(document):
        if secret.exists() and stat.S_IMODE(secret.stat().st_mode) & stat.S_IROTH:
            yield f"{secret} can be read by every user of this machine"


def _doubts_of(name: str, source: Source) -> Iterator[str]:
    if name.startswith(("http://", "https://")):
        yield "its name looks like an address"
    if urlsplit(source.home).scheme == "http" and not _is_near(source.home):
        yield f"its 'home' is http: is {source.home.replace('http://', 'https://', 1)} there?"
    if source.delay is not None and source.delay < 1 and not _is_near(source.home):
        yield f"a 'delay' of {source.delay:g} s is short for a public site"
    if set(source.include) & set(source.exclude):
        yield "the same pattern is in 'include' and in 'exclude': what it matches is excluded"
    if source.max_depth == 0 and (source.feeds or source.sitemaps):
        yield "with a 'max_depth' of 0, 'feeds' and 'sitemaps' are not fetched"
    if source.timezone != "UTC" and not isinstance(source.schedule, Cron):
        yield "'timezone' counts for a cron line, and its 'schedule' is none"


def _secrets(document: SourcesFile) -> Iterator[Path]:
    yield from (source.credentials for source in document.sources.values() if source.credentials is not None)
    yield from (webhook.secret_file for webhook in document.service.webhooks)


def _is_near(url: str) -> bool:
    """Tell whether a host is this machine or in a private network, by its name alone."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".localhost", ".internal", ".local"))
