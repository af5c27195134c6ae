"""Reads a sources file: all that is wrong with it is told at once, with what is allowed."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from broadsheet.crawler.revisiting.revisiting import DEFAULT_PACE, Pace
from broadsheet.scheduler.regular_files import read_regular_file
from broadsheet.scheduler.sources import values
from broadsheet.scheduler.sources.document import Service, Source, SourcesFile, Watch, Webhook
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.values import Kind

_FILE = {"contact": values.CONTACT, "spool_limit": values.SIZE, "free_disk": values.SIZE}
_SOURCE = {
    "home": values.URL,
    "sections": values.URLS,
    "feeds": values.URLS,
    "sitemaps": values.URLS,
    "include": values.PATTERNS,
    "exclude": values.PATTERNS,
    "schedule": values.SCHEDULE,
    "timezone": values.TIMEZONE,
    "jitter": values.LENGTH,
    "enabled": values.BOOLEAN,
    "max_pages": values.COUNT,
    "max_depth": values.COUNT_OR_NONE,
    "max_bytes": values.SIZE,
    "delay": values.SECONDS,
    "requests_per_hour": values.COUNT,
    "obey": values.OPT_OUTS,
    "render": values.BOOLEAN,
    "requisites": values.BOOLEAN,
    "retention": values.AGE,
    "keep_front_pages": values.BOOLEAN,
    "contact": values.CONTACT,
    "credentials": values.FILE,
    "alarms": values.BOOLEAN,
}
_INTERVALS = {"quickest": values.LENGTH, "slowest": values.LENGTH}
_SERVICE = {
    "tokens": values.FILE,
    "read_needs_token": values.BOOLEAN,
    "at_once": values.COUNT,
    "reads_per_minute": values.COUNT,
    "writes_per_minute": values.COUNT,
    "public_url": values.URL,
}
_WEBHOOK = {"url": values.WEBHOOK_URL, "secret_file": values.FILE}
_WATCH = {"url": values.URL, "source": values.NAME, "changes": values.CHANGES}
_LONGEST_NAME = 100
# A user with a password, as some write into an address.
_LOGIN = re.compile(r"//[^/\s'\"]*@")
_Interval = tuple[timedelta, timedelta]
_FRONT_PAGES: _Interval = (DEFAULT_PACE.front_quickest, DEFAULT_PACE.front_slowest)
_ARTICLES: _Interval = (DEFAULT_PACE.quickest, DEFAULT_PACE.slowest)


VALID_COPY = "BROADSHEET_VALID_SOURCES"
"""The variable by which the service gives its jobs the sources file as it was when it was last valid."""


def load(path: Path) -> SourcesFile:
    """Read a sources file.

    Jobs of the service read what stands in the file that `VALID_COPY` names in its place.

    Raises:
        ConfigError: It cannot be read, or says something that is not allowed.
    """
    return parse(path, content_of(Path(os.environ.get(VALID_COPY) or path), called=path))


def survey(path: Path) -> tuple[SourcesFile, list[str]]:
    """Read a sources file as far as it can be understood; return what it says, and all that is not allowed in it.

    Raises:
        ConfigError: It cannot be read at all.
    """
    return _survey(path, content_of(Path(os.environ.get(VALID_COPY) or path), called=path))


def content_of(path: Path, *, called: Path | None = None) -> bytes:
    """Return the bytes of a sources file.

    Args:
        path: Where it is.
        called: What messages call it, where it is a copy.

    Raises:
        ConfigError: It cannot be read, is no regular file or is far too large.
    """
    try:
        return read_regular_file(path)
    except OSError as error:
        raise ConfigError(f"{called or path}: cannot be read: {error.strerror or error}") from error


def parse(path: Path, content: bytes) -> SourcesFile:
    """Return what the bytes of a sources file say.

    Args:
        path: Where the file is: messages name it, and the paths in it rest on its directory.
        content: What is in it.

    Raises:
        ConfigError: It says something that is not allowed.
    """
    document, problems = _survey(path, content)
    if problems:
        raise ConfigError(*problems)
    return document


def _survey(path: Path, content: bytes) -> tuple[SourcesFile, list[str]]:
    try:
        tables = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    reader = _Reader(path)
    return reader.document(tables), reader.problems


class _Reader:
    """Reads tables, and notes what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problems: list[str] = []

    def document(self, tables: Mapping[str, Any]) -> SourcesFile:
        found = self._values("", tables, _FILE, tables_beside={"sources", "service", "watch"})
        named = self._table("", "sources", tables.get("sources", {}))
        sources = {name: self._source(name, table) for name, table in named.items()}
        read = {name: source for name, source in sources.items() if source is not None}
        return SourcesFile(
            contact=found.get("contact"),
            waiting_bytes=found.get("spool_limit"),
            free_bytes=found.get("free_disk"),
            service=self._service(tables.get("service", {})),
            watches=tuple(self._watches(tables.get("watch", []), named)),
            sources=read,
        )

    def _source(self, name: str, content: object) -> Source | None:
        where = f"[sources.{name}]"
        if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
            self._note(where, f"a name has 1 to {_LONGEST_NAME} printable characters")
        table = self._table("", f"sources.{name}", content)
        required = ("home",) if isinstance(content, dict) else ()
        found = self._values(where, table, _SOURCE, required=required, tables_beside={"recrawl"})
        if "recrawl" in table:
            found["recrawl"] = self._pace(f"sources.{name}.recrawl", table["recrawl"])
        if "credentials" in found:
            found["credentials"] = self._path.parent / found["credentials"]
        return Source(**found) if "home" in found else None

    def _pace(self, name: str, content: object) -> Pace:
        tables = self._table("", name, content)
        self._values(f"[{name}]", tables, {}, tables_beside={"front_pages", "articles"})
        front = self._intervals(f"{name}.front_pages", tables.get("front_pages", {}), _FRONT_PAGES)
        articles = self._intervals(f"{name}.articles", tables.get("articles", {}), _ARTICLES)
        return Pace(front_quickest=front[0], front_slowest=front[1], quickest=articles[0], slowest=articles[1])

    def _intervals(self, name: str, content: object, default: _Interval) -> _Interval:
        table = self._table("", name, content)
        found = self._values(f"[{name}]", table, _INTERVALS)
        quickest: timedelta | None = found.get("quickest")
        slowest: timedelta | None = found.get("slowest")
        # What is said of one of them moves the other along, where that is left to us.
        if quickest is None:
            quickest = default[0] if slowest is None else min(default[0], slowest)
        if slowest is None:
            slowest = max(default[1], quickest)
        if slowest < quickest:
            self._note(f"[{name}]", "'slowest' has to be no shorter than 'quickest'")
        return quickest, slowest

    def _service(self, content: object) -> Service:
        table = self._table("", "service", content)
        found = self._values("[service]", table, _SERVICE, tables_beside={"webhooks"})
        if "tokens" in found:
            found["tokens"] = self._path.parent / found["tokens"]
        webhooks = table.get("webhooks", [])
        if not isinstance(webhooks, list):
            self._note("[service]", f"'webhooks' has to be tables [[service.webhooks]], not {_quoted(webhooks)}")
            webhooks = []
        read = [self._webhook(number, webhook) for number, webhook in enumerate(webhooks, 1)]
        return Service(**found, webhooks=tuple(webhook for webhook in read if webhook is not None))

    def _watches(self, content: object, sources: Mapping[str, Any]) -> Iterator[Watch]:
        if not isinstance(content, list) or not all(isinstance(table, dict) for table in content):
            self._note("", f"'watch' has to be tables [[watch]] with 'url' or 'source', not {_quoted(content)}")
            return
        for number, table in enumerate(content, 1):
            where = f"[[watch]] number {number}"
            found = self._values(where, table, _WATCH)
            if ("url" in table) == ("source" in table):
                self._note(where, "there has to be either 'url' or 'source'")
            if found.get("source", "") and found["source"] not in sources:
                self._note(where, f"'source' has to be {values.NAME.allowed}, not {found['source']!r}")
            yield Watch(**found)

    def _webhook(self, number: int, content: object) -> Webhook | None:
        where = f"[[service.webhooks]] number {number}"
        if not isinstance(content, dict):
            self._note("[service]", "'webhooks' has to be tables [[service.webhooks]] with 'url' and 'secret_file'")
            return None
        found = self._values(where, content, _WEBHOOK, required=tuple(_WEBHOOK))
        if len(found) < len(_WEBHOOK):
            return None
        return Webhook(url=found["url"], secret_file=self._path.parent / found["secret_file"])

    def _table(self, where: str, name: str, content: object) -> Mapping[str, Any]:
        """Return a table, or an empty one where there is none."""
        if isinstance(content, dict):
            return content
        wanted = "tables [sources.NAME]" if name == "sources" else f"a table [{name}]"
        self._note(where, f"{name!r} has to be {wanted}, not {_quoted(content)}")
        return {}

    def _values(
        self,
        where: str,
        table: Mapping[str, Any],
        kinds: Mapping[str, Kind],
        *,
        required: tuple[str, ...] = (),
        tables_beside: set[str] | None = None,
    ) -> dict[str, Any]:
        """Return what the keys of a table mean, of those that mean something."""
        allowed = [*kinds, *sorted(tables_beside or ())]
        found = {}
        for key, value in table.items():
            if key in kinds:
                try:
                    found[key] = kinds[key].read(value)
                except ValueError as error:
                    self._note(where, _explained(key, kinds[key], value, error))
            elif key not in allowed:
                self._note(where, _unknown(key, allowed))
        for key in required:
            if key not in table:
                self._note(where, f"{key!r} is missing: it has to be {kinds[key].allowed}")
        return found

    def _note(self, where: str, problem: str) -> None:
        self.problems.append(f"{self._path}: {where}{': ' if where else ''}{problem}")


def _explained(key: str, kind: Kind, value: object, error: ValueError) -> str:
    but = "" if kind.is_secret else f", not {_quoted(value)}"
    reason = "" if kind.is_secret or not str(error) else f" ({error})"
    return _LOGIN.sub("//***@", f"{key!r} has to be {kind.allowed}{but}{reason}")


def _unknown(key: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(key, allowed, n=1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f"unknown key {key!r}{meant}; allowed are {', '.join(allowed)}"


def _quoted(value: object) -> str:
    """Return a value as people see it in the file, in so much as a line holds."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    text = repr(value)
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."
