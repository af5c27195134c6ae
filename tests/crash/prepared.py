"""An archive with a past, and a batch in the spool that a crawl has left: an article of every fate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archiving.writer import Visit, Writer, answer, answers, moment
from crash.writer_forks import read_here
from end_to_end.pages import article

from broadsheet.storage.captures import Capture
from broadsheet.storage.stores.objects import ObjectStore

_SITE = "http://site.example/"
NEW, CHANGED, GONE, SAME, MOVED = (f"{_SITE}{fate}" for fate in ("new", "changed", "gone", "same", "moved"))
ARTICLES = (NEW, CHANGED, GONE, SAME)


def prepare(store: ObjectStore, directory: Path) -> set[str]:
    """Publish the past, leave the batch in the spool below `directory`, and return the ids of all captures."""
    writer = Writer(store, directory)
    ids = {published.capture.record_id for published in writer.publish(*_past())}
    _, captures = writer.record(*_left())
    writer.spool.close()
    writer.catalog.close()
    return ids | {capture.record_id for capture, _ in captures}


def _past() -> Iterator[Visit]:
    for minute, url in enumerate((CHANGED, GONE, SAME)):
        yield _shows(url, minute, "first")


def _left() -> Iterator[Visit]:
    yield _shows(NEW, 100, "first")
    yield _shows(CHANGED, 101, "second")
    yield answers(GONE, 102, "404 Not Found")
    yield answers(SAME, 103, "304 Not Modified")
    yield answers(MOVED, 104, "301 Moved Permanently", NEW)


def _shows(url: str, minute: float, edition: str) -> Visit:
    response = answer(article(f"The {edition} title of {url}").encode())
    capture = Capture(url=url, captured_at=moment(minute), record_id="", status=200)
    return Visit(url=url, at=moment(minute), response=response, finding=read_here(capture, response))
