"""The demo newspaper while it is edited and away, and what an archive and a webhook know of its edits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.service.receiver import Receiver

from broadsheet.scheduler.demo.expectations import Expected
from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.storage.archive import Archive

_TODAY = datetime(2026, 11, 22, tzinfo=UTC).date()


class Newspaper:
    """The demo newspaper; its address stays while it is away."""

    def __init__(self) -> None:
        self.edition = 1
        self._open = DemoNewspaper(today=_TODAY)
        self._open.__enter__()
        self.url = self._open.url

    def publish(self, edition: int) -> None:
        """Put an edition in the place of the one before."""
        self.edition = edition
        self._open.publish(edition)

    def close(self) -> None:
        """Be away."""
        self._open.__exit__(None, None, None)

    def open_again(self) -> None:
        """Be back."""
        self._open = DemoNewspaper(today=_TODAY, port=int(self.url.rsplit(":", 1)[1].strip("/")))
        self._open.publish(self.edition)
        self._open.__enter__()

    def changed(self) -> dict[str, Expected]:
        """Return what became of the articles that the edition on sale changed, by URL."""
        before, now = self._open.expectations(self.edition - 1), self._open.expectations(self.edition)
        return {self.url.rstrip("/") + path: expected for path, expected in now.items() if expected != before[path]}


@contextlib.contextmanager
def newspaper() -> Iterator[Newspaper]:
    """Serve the demo newspaper."""
    printed = Newspaper()
    try:
        yield printed
    finally:
        printed.close()


@dataclass(frozen=True)
class Edits:
    """What an edition changed.

    Attributes:
        edition: The edition.
        changed: How many articles it changed, took away, added or brought back.
        held: How many of these the archive held as they then were.
        told: How many of them a webhook was told once since it was out.
    """

    edition: int
    changed: int
    held: int
    told: int


def edits_of(newspaper: Newspaper, archive: Archive, receiver: Receiver, out_at: datetime) -> Edits:
    """Look which edits of the edition on sale the archive holds, and which of them a webhook was told."""
    changed = newspaper.changed()
    told = [
        notice["url"]
        for notice in receiver.notices.values()
        if notice["about"] == "change" and datetime.fromisoformat(notice["at"]) >= out_at
    ]
    return Edits(
        edition=newspaper.edition,
        changed=len(changed),
        held=sum(_is_held(archive, url, expected) for url, expected in changed.items()),
        told=sum(told.count(url) == 1 for url in changed),
    )


def _is_held(archive: Archive, url: str, expected: Expected) -> bool:
    latest = archive.latest(url)
    if latest is None or latest.state != expected.state:
        return latest is None and expected.state == "absent"
    if expected.state == "gone":
        return True
    assert latest.article is not None
    text = _folded(latest.article.text or "")
    return latest.article.title == expected.title and all(_folded(part) in text for part in expected.paragraphs)


def _folded(text: str) -> str:
    return " ".join(text.split())
