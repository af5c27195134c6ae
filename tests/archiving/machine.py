"""A machine that crawls into an archive and removes from it, and a look for what should be nowhere any more."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from archiving.stores import objects
from archiving.writer import Visit, Writer

from broadsheet.storage.archive import Archive
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.takedown.retention import Retention, retain
from broadsheet.storage.takedown.takedown import forget

# What the writer of the tests crawls.
SOURCE = "test"
HOME = "https://news.example/"


class Machine:
    """A machine that crawls into an archive and removes from it."""

    def __init__(self, store: ObjectStore, directory: Path) -> None:
        self.store = store
        self.directory = directory
        self.writer = Writer(store, directory)
        self.archive = Archive(store)

    def publish(self, *visits: Visit) -> None:
        self.writer.publish(*visits)

    @contextmanager
    def removing(self) -> Iterator[Remover]:
        amendments = Amendments(self.store, self.directory / "amendments")
        with amendments.alone():
            yield Remover(self.store, amendments, self.directory / "removed")
        self.writer.catalog.refresh(self.store)

    def forget(self, url: str, reason: str = "court order 12/2026") -> list[Removal]:
        with self.removing() as remover:
            return forget(remover, url, reason)

    def retain(self, before: datetime, now: datetime) -> list[Removal]:
        """Remove what is older than a moment; the age is what lies between that and now."""
        with self.removing() as remover:
            return retain(remover, [kept_for(now - before)], now)


def kept_for(age: timedelta) -> Retention:
    return Retention(source=SOURCE, home=HOME, age=age)


def texts(store: ObjectStore) -> dict[str, bytes]:
    """Every object of an archive, uncompressed."""
    return {key: gzip.decompress(data) if key.endswith(".gz") else data for key, data in objects(store).items()}


def leaks(machine: Machine, *secrets: str) -> list[tuple[str, str]]:
    """The places in an archive's objects where one of some texts stands."""
    found = texts(machine.store)
    return [(key, secret) for key, data in found.items() for secret in secrets if secret.encode() in data]
