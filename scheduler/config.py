"""The sources file: TOML, one table ``[sources.NAME]`` a source; and who the operator is."""

from __future__ import annotations

import os
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from broadsheet.crawler.job import DEFAULT_MAX_DEPTH, DEFAULT_MAX_PAGES
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import normalise


class ConfigError(Exception):
    """The configuration cannot be used; names file, table and key, and what is allowed there."""


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of the sources file.

    Attributes:
        home: Where its crawls start.
        max_pages: How many pages a crawl asks for at most.
        max_depth: How many links it goes from the home page at most.
        delay: Seconds between two requests to a host; null for the default.
    """

    home: str
    max_pages: Annotated[int, Meta(ge=1)] = DEFAULT_MAX_PAGES
    max_depth: Annotated[int, Meta(ge=0)] = DEFAULT_MAX_DEPTH
    delay: Annotated[float, Meta(ge=0)] | None = None


class Config(Struct, frozen=True, kw_only=True):
    """A sources file.

    Attributes:
        contact: How site owners reach the operator: a URL or an e-mail address.
        sources: The sources by name.
    """

    contact: str | None = None
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
    unknown = sorted(set(tables) - {"contact", "sources"})
    if unknown:
        raise ConfigError(f"{path}: unknown key {unknown[0]!r}; allowed are 'contact' and tables [sources.NAME]")
    sources = tables.get("sources", {})
    if not isinstance(sources, dict):
        raise ConfigError(f"{path}: 'sources' has to be tables [sources.NAME], not {type(sources).__name__}")
    contact = tables.get("contact")
    if not isinstance(contact, str | None):
        raise ConfigError(f"{path}: 'contact' has to be a URL or an e-mail address, not {contact!r}")
    return Config(
        contact=contact,
        sources={name: _source(path, name, table) for name, table in sources.items()},
    )


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


def _source(path: Path, name: str, table: object) -> Source:
    try:
        source = msgspec.convert(table, type=Source)
        return msgspec.structs.replace(source, home=normalise(source.home))
    except (msgspec.ValidationError, InvalidURLError) as error:
        allowed = ", ".join(Source.__struct_fields__)
        raise ConfigError(f"{path}: [sources.{name}]: {error}; allowed keys are {allowed}") from error
