"""Finding index lines without reading every index segment: of one address, of one site, of a span of time.

What a look-up costs grows with the logarithm of a writer's publications (runs) and with the number of writers, never
with the number of captures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import cached_property

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.index import runs
from broadsheet.storage.index.coverage import Coverage, Part, coverages
from broadsheet.storage.index.runs import Range
from broadsheet.storage.segments import replaced
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity, normalise, site, surt

_READS_AT_ONCE = 8
_PORT = re.compile(r":\d+$")
# A batch is filed under the day it was opened and may hold captures of the day after.
_BATCH_SPAN = timedelta(days=1)


class Lookup:
    """The index of an archive as it is when it is first asked; several questions cost its listing once.

    What is damaged or missing is read from what it was made of; where nothing is left, `ArchiveDamagedError` is raised.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def redirect(self, url: str) -> str | None:
        """Return where the address last redirected to, or None."""
        found = [line for line in self.captured_at(url) if line.location]
        return _address(max(found, key=lambda line: line.at).location) if found else None

    def captured_at(self, url: str) -> Iterator[IndexLine]:
        """Yield the lines of what was asked for at an address, wherever it is filed: a picture, a redirect, a page."""
        of_url = identity(url)
        return (line for line in self._at(url) if identity(line.url) == of_url)

    def filed_under(self, url: str) -> Iterator[IndexLine]:
        """Yield the lines filed under the identity of a URL: at its address, and at those it came to redirect to."""
        filed = identity(url)
        addresses = [url]
        seen = {_place(url)}
        for address in addresses:
            for line in self._at(address):
                if line.identity == filed:
                    yield line
                target = _target(line) if line.identity == filed else None
                if target and _place(target) not in seen:
                    seen.add(_place(target))
                    addresses.append(target)

    def filed_under_site(self, wanted: str) -> Iterator[IndexLine]:
        """Yield the lines filed under the URLs of a site, sorted by address; then those of articles that moved away.

        Args:
            wanted: As `urls.site` returns it; without a port, of any port.
        """
        sites = [wanted]
        for searched in sites:
            with_versions = b""
            for encoded in self._sorted(searched):
                line = cdxj.decode_line(encoded, f"the index of {searched}")
                if not _is_of(line.filed_as or line.url, wanted):
                    continue
                yield line
                address = encoded.partition(b" ")[0]
                if line.snapshot or line.filed_as:
                    with_versions = address
                # Only what has versions of its own goes on elsewhere under its old URL.
                target = _target(line) if address == with_versions else None
                if target and not any(_is_of(target, known) for known in sites):
                    sites.append(site(target))

    def _at(self, url: str) -> list[IndexLine]:
        """Return the lines of one address, in their order; all that may hold any are read at the same time."""
        place = _place(url)
        # Behind the address stands a space, and "!" is the character after it.
        wanted = Range(place + b" ", place + b"!")
        with ThreadPoolExecutor(_READS_AT_ONCE, "lookup") as threads:
            found = list(threads.map(lambda pair: list(pair[0].read(pair[1], wanted)), self._parts))
        return [cdxj.decode_line(line, f"the index of {url}") for line in runs.merge(map(iter, found))]

    def _sorted(self, of_site: str) -> Iterator[bytes]:
        host = surt(f"http://{of_site}/").partition(")")[0].encode()
        # "*" is the character after ")", ";" the one after ":", which precedes a port.
        ranges = [Range(host + b")", host + b"*")]
        if not _PORT.search(of_site):
            ranges.append(Range(host + b":", host + b";"))
        for wanted in ranges:
            yield from runs.merge([coverage.read(part, wanted) for coverage, part in self._parts])

    @cached_property
    def _parts(self) -> list[tuple[Coverage, Part]]:
        return [(coverage, part) for coverage in coverages(self._store) for part in coverage.parts()]


def between(store: ObjectStore, since: datetime | None, until: datetime | None) -> Iterator[IndexLine]:
    """Yield the lines of the captures made in ``[since, until)``, in the order of their batches.

    Only segments that may hold any are read, one at a time: those of the days of the span and of the day before it,
    and of later days those that hold captures of earlier ones.
    """
    first = since.date() - _BATCH_SPAN if since and since.date() > date.min + _BATCH_SPAN else date.min
    last = layout.index_prefix(until.date() if until else date.max)
    for day in _days(store, layout.INDEX, layout.index_prefix(first)):
        entries = (entry for entry in store.list(day) if day <= last or layout.is_early_index(entry.key))
        for key, segment in replaced.index_segments(store, entries):
            for line in cdxj.decode(segment, key):
                if (since is None or line.at >= since) and (until is None or line.at < until):
                    yield line


def newest_day(store: ObjectStore) -> date | None:
    """Return the day of the newest batch, or None where there is none; it costs three small listings."""
    directory = layout.INDEX
    names: list[str] = []
    for _ in range(3):  # year, month, day
        found = list(store.directories(directory))
        if not found:
            return None
        names.append(found[-1])
        directory += f"{found[-1]}/"
    return date.fromisoformat("-".join(names))


def _days(store: ObjectStore, directory: str, first: str) -> Iterator[str]:
    """Yield the directories of the days from the one that is `first` on, in their order."""
    if len(directory) == len(first):
        yield directory
        return
    for name in store.directories(directory):
        inner = f"{directory}{name}/"
        if inner >= first[: len(inner)]:
            yield from _days(store, inner, first)


def _place(url: str) -> bytes:
    return surt(normalise(url)).encode()


def _is_of(url: str, wanted: str) -> bool:
    of_site = site(url)
    return wanted in (of_site, _PORT.sub("", of_site))


def _target(line: IndexLine) -> str | None:
    """Return where a capture led that was nothing but a redirect, or None."""
    return _address(line.location) if line.location and line.outcome is None else None


def _address(location: str | None) -> str | None:
    try:
        identity(location or "")
    except InvalidURLError:
        return None
    return location
