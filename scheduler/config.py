"""The sources file: TOML, one table ``[sources.NAME]`` a source; and who the operator is."""

from __future__ import annotations

import os
import re
import tomllib
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from broadsheet.crawler.credentials import Credentials
from broadsheet.crawler.job import DEFAULT_MAX_DEPTH, DEFAULT_MAX_PAGES
from broadsheet.crawler.proxy import Proxy
from broadsheet.crawler.spool_limits import SpoolLimits
from broadsheet.storage.optouts import OptOut
from broadsheet.storage.takedown.retention import Retention
from broadsheet.storage.urls import normalise

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(|[KMGT]i?)B?")
_AGE = re.compile(r"(\d{1,6})\s*(day|week|year)s?")
_DAYS = {"day": 1, "week": 7, "year": 365}
# Longer than anything is archived; what is before the year 1 is no date.
_LONGEST_DAYS = 365 * 1000
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


class ConfigError(Exception):
    """The configuration cannot be used; names file, table and key, and what is allowed there."""


_TEXTS = {
    "contact": "a URL or an e-mail address",
    "spool_limit": "a size such as '2 GiB'",
    "free_disk": "a size such as '256 MiB'",
}


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of the sources file.

    Attributes:
        home: Where its crawls start.
        max_pages: How many pages a crawl asks for at most.
        max_depth: How many links it goes from the home page at most.
        max_bytes: How many bytes it exchanges at most, such as ``500 MiB``; null for any number.
        delay: Seconds between two requests to a host; null for the default.
        obey: The opt-outs of its publisher that are obeyed, such as ``noarchive`` and ``tdm``: with one it is not kept.
        render: Whether its pages are read as a browser shows them; needs the extra ``javascript`` and a Chromium.
        requisites: Whether the pictures, styles and scripts of new and changed articles are archived too.
        retention: How long its captures are kept, such as ``400 days``; null for ever.
        keep_front_pages: Whether its front and section pages are kept for ever, as evidence of what stood where.
        credentials: A TOML file with the table ``[headers]``: secret headers that open the source to its subscriber,
            such as ``Cookie``. Its path rests on the directory of the sources file.
    """

    home: str
    max_pages: Annotated[int, Meta(ge=1)] = DEFAULT_MAX_PAGES
    max_depth: Annotated[int, Meta(ge=0)] = DEFAULT_MAX_DEPTH
    max_bytes: str | None = None
    delay: Annotated[float, Meta(ge=0)] | None = None
    obey: list[OptOut] = []
    render: bool = False
    requisites: bool = False
    retention: str | None = None
    keep_front_pages: bool = False
    credentials: str | None = None


class Config(Struct, frozen=True, kw_only=True):
    """A sources file.

    Attributes:
        contact: How site owners reach the operator: a URL or an e-mail address.
        spool_limit: How much may wait in the spool, such as ``2 GiB``.
        free_disk: How much of the spool's disk stays free, such as ``256 MiB``.
        sources: The sources by name.
    """

    contact: str | None = None
    spool_limit: str | None = None
    free_disk: str | None = None
    sources: dict[str, Source] = {}


def load(path: Path) -> Config:
    """Read a sources file.

    Raises:
        ConfigError: It cannot be read, or says something that is not allowed.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    unknown = sorted(set(tables) - {*_TEXTS, "sources"})
    if unknown:
        allowed = ", ".join(repr(name) for name in _TEXTS)
        raise ConfigError(f"{path}: unknown key {unknown[0]!r}; allowed are {allowed} and tables [sources.NAME]")
    sources = tables.get("sources", {})
    if not isinstance(sources, dict):
        raise ConfigError(f"{path}: 'sources' has to be tables [sources.NAME], not {type(sources).__name__}")
    texts = {name: tables.get(name) for name in _TEXTS}
    for name, text in texts.items():
        if not isinstance(text, str | None):
            raise ConfigError(f"{path}: {name!r} has to be {_TEXTS[name]}, not {text!r}")
    return Config(sources={name: _source(path, name, table) for name, table in sources.items()}, **texts)


def user_agent(contact: str | None) -> str:
    """Return what a crawl calls itself: the project, its version, and who runs it."""
    return f"Broadsheet/{version('broadsheet')} (news archive; {contact or 'no contact given'})"


def operator_contact(config: Config | None) -> str | None:
    """Return how the operator is reached: ``$BROADSHEET_CONTACT``, else what the sources file says.

    Raises:
        ConfigError: It cannot be sent in a header.
    """
    contact = os.environ.get("BROADSHEET_CONTACT") or (config.contact if config else None)
    if contact is not None and not (contact.isascii() and contact.isprintable()):
        raise ConfigError(f"the contact {contact!r} cannot be sent in a header: give a URL or an e-mail address")
    return contact


def spool_limits(config: Config | None) -> SpoolLimits:
    """Return how much may wait on this machine: what the environment says, else the sources file, else the defaults.

    ``$BROADSHEET_SPOOL_LIMIT`` and ``$BROADSHEET_FREE_DISK`` are the variables.

    Raises:
        ConfigError: One of them is no size.
    """
    waiting = _size("BROADSHEET_SPOOL_LIMIT", "spool_limit", config.spool_limit if config else None)
    free = _size("BROADSHEET_FREE_DISK", "free_disk", config.free_disk if config else None)
    default = SpoolLimits()
    return SpoolLimits(
        waiting_bytes=default.waiting_bytes if waiting is None else waiting,
        free_bytes=default.free_bytes if free is None else free,
    )


def proxy() -> Proxy | None:
    """Return what all connections go through: ``$BROADSHEET_PROXY``, or None.

    Raises:
        ConfigError: It is no proxy. The message holds nothing of it.
    """
    url = os.environ.get("BROADSHEET_PROXY")
    try:
        return Proxy.parse(url) if url else None
    except ValueError as error:
        raise ConfigError(f"$BROADSHEET_PROXY: {error}") from None


def credentials(sources_file: Path, source: Source) -> Credentials | None:
    """Return what opens a source to its subscriber, or None.

    Raises:
        ConfigError: The file cannot be used. The message holds nothing of what is in it but names of headers.
    """
    if source.credentials is None:
        return None
    path = sources_file.parent / source.credentials
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigError(f"{path}: is no TOML in UTF-8") from None  # Their messages may quote what is in it.
    headers = tables.get("headers")
    if set(tables) != {"headers"} or not isinstance(headers, dict):
        raise ConfigError(f'{path}: there has to be one table, [headers], such as Cookie = "..."')
    if not headers or not all(isinstance(value, str) for value in headers.values()):
        raise ConfigError(f"{path}: [headers] needs at least one header, each a text")
    try:
        return Credentials(headers)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def retentions(config: Config) -> list[Retention]:
    """Return how long the captures of each source are kept."""
    return [
        Retention(
            source=name,
            home=source.home,
            age=None if source.retention is None else _age(source.retention),
            keep_front_pages=source.keep_front_pages,
        )
        for name, source in config.sources.items()
    ]


def _age(text: str) -> timedelta:
    """Return how long an age such as ``400 days`` is.

    Raises:
        ValueError: It is none, or shorter than a day.
    """
    found = _AGE.fullmatch(text.strip())
    days = int(found[1]) * _DAYS[found[2]] if found else 0
    if not 1 <= days <= _LONGEST_DAYS:
        raise ValueError(f"retention has to be an age such as '400 days', '8 weeks' or '2 years', not {text!r}")
    return timedelta(days=days)


def _size(variable: str, key: str, configured: str | None) -> int | None:
    """Return how many bytes an environment variable says, else a key of the sources file; None where neither does."""
    name, text = (f"${variable}", os.environ[variable]) if os.environ.get(variable) else (key, configured)
    if text is None:
        return None
    return size(text, name)


def size(text: str, name: str) -> int:
    """Return how many bytes a size such as ``512 MiB`` is.

    Args:
        text: The size.
        name: What it is the size of, for people.

    Raises:
        ConfigError: It is none.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{name} has to be a size in bytes, or one such as '512 MiB' or '2 GiB', not {text!r}")
    return int(float(found[1]) * _UNITS[found[2]])


def _source(path: Path, name: str, table: object) -> Source:
    try:
        source = msgspec.convert(table, type=Source)
        if source.retention is not None:
            _age(source.retention)
        if source.max_bytes is not None:
            size(source.max_bytes, "max_bytes")
        return msgspec.structs.replace(source, home=normalise(source.home))
    except (ValueError, ConfigError) as error:
        allowed = ", ".join(Source.__struct_fields__)
        raise ConfigError(f"{path}: [sources.{name}]: {error}; allowed keys are {allowed}") from error
