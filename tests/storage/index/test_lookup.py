"""Look-ups through runs: they find what reading every index segment would, and nothing that is not there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archiving.stores import ReadOnlyStore
from archiving.writer import START, Visit, Writer, answers, moment, shows
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains import chains
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity, site

URLS = ("https://news.example/a", "https://news.example/b?id=7", "https://www.other.example/a", "https://x.example:81/")
PLACES = st.integers(0, len(URLS) - 1)


def moves(url: str, minute: float, location: str, filed_as: str | None = None) -> Visit:
    """A visit that is redirected."""
    visit = answers(url, minute, "301 Moved Permanently", location)
    return Visit(url=url, at=visit.at, response=visit.response, request=Request(filed_as=filed_as))


def shows_moved(url: str, minute: float, text: str, filed_as: str) -> Visit:
    """A visit that finds an article where the URL it is filed under leads to."""
    visit = shows(url, minute, text)
    return Visit(
        url=url, at=visit.at, response=visit.response, finding=visit.finding, request=Request(filed_as=filed_as)
    )


def every_line(store: ObjectStore) -> list[IndexLine]:
    """What reading every index segment comes to."""
    return [line for entry in store.list(layout.INDEX) for line in cdxj.decode(store.get(entry.key), entry.key)]


def ids(lines: Iterable[IndexLine]) -> list[str]:
    return sorted(line.id for line in lines)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.tuples(PLACES, st.sampled_from("12"), PLACES), max_size=3), min_size=1, max_size=20))
def test_look_ups_find_what_reading_every_segment_would(history: list[list[tuple[int, str, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = FolderStore(Path(folder) / "archive")
        writers = [Writer(store, Path(folder) / name) for name in ("one", "other")]
        known: set[int] = set()
        for minute, looks in enumerate(history):
            visits = [visit for look in looks for visit in visits_of(look, minute, known)]
            writers[len(looks) % 2].publish(*(visits or [shows("https://third.example/", minute, "here")]))
        archive, lines = Archive(ReadOnlyStore(store)), every_line(store)

        for url in URLS:
            unchanged = [line for line in lines if line.outcome == "unchanged" and line.identity == identity(url)]
            assert sorted(check.record.record_id for check in archive.checks(url)) == ids(unchanged)
        for host in ("news.example", "other.example", "x.example", "x.example:81", "example"):
            of_host = [line for line in lines if host in (site(f"https://{line.identity}"), line_host(line))]
            assert ids(archive.captures(host=host)) == ids(of_host)
        assert ids(archive.captures()) == ids(lines)


def visits_of(look: tuple[int, str, int], minute: int, known: set[int]) -> list[Visit]:
    """An article that shows one of two texts; one that has versions may show it at the URL of another."""
    place, text, at = look
    url, target = URLS[place], URLS[at]
    if place == at or place not in known:
        known.add(place)
        return [shows(url, minute, text)]
    return [moves(url, minute, target), shows_moved(target, minute + 0.1, text, url)]


def line_host(line: IndexLine) -> str:
    return site(f"https://{line.identity}").partition(":")[0]


def test_checks_are_found_where_an_article_has_moved_to(writer: Writer, archive: Archive) -> None:
    first, second, third = "https://news.example/a", "https://news.example/b", "https://new.example/c"
    writer.publish(shows(first, 0, "one"))
    for minute in range(1, 12):
        writer.publish(
            moves(first, minute, second),
            moves(second, minute + 0.1, third, filed_as=first),
            shows_moved(third, minute + 0.2, "one", first),
        )

    assert [check.at for check in archive.checks(first)] == [moment(minute + 0.2) for minute in range(1, 12)]
    assert [line.url for line in archive.captures(host="news.example") if line.outcome] == [first] + [third] * 11
    assert list(archive.captures(host="new.example")) == []


def test_the_captures_of_a_host_are_sorted_by_address_and_then_by_time(writer: Writer, archive: Archive) -> None:
    for minute in range(20):
        writer.publish(*(shows(f"https://news.example/{name}", minute, "same") for name in "bca"))

    found = [(line.url[-1], line.at) for line in archive.captures(host="news.example")]

    assert found == [(name, moment(minute)) for name in "abc" for minute in range(20)]
    later = archive.captures(host="news.example", since=moment(7), until=moment(9))
    assert [(line.url[-1], line.at) for line in later] == [(n, moment(m)) for n in "abc" for m in (7, 8)]


def test_a_time_range_is_listed_day_by_day_and_no_other_day_is_touched(
    store: FolderStore, writer: Writer, archive: Archive
) -> None:
    days = [
        datetime(year, month, day, 12, tzinfo=UTC)
        for year, month, day in [(2026, 12, 30), (2026, 12, 31), (2027, 1, 1), (2027, 1, 2), (2027, 2, 1)]
    ]
    for number, day in enumerate(days):
        writer.publish(shows(f"https://news.example/{number}", (day - START) / timedelta(minutes=1), "text"))
    for other in ("2026/12/30", "2027/01/02", "2027/02/01"):
        for entry in list(store.list(f"index/{other}/")):
            (store.root / entry.key).write_bytes(b"never read")

    found = archive.captures(since=datetime(2027, 1, 1, tzinfo=UTC), until=datetime(2027, 1, 1, 23, tzinfo=UTC))

    assert [line.at for line in found] == [days[2]]
    with pytest.raises(ArchiveDamagedError):
        list(archive.captures(since=datetime(2027, 1, 2, tzinfo=UTC)))


def test_a_missing_manifest_is_missed_where_no_run_stands_for_it(
    store: FolderStore, writer: Writer, archive: Archive
) -> None:
    url = "https://news.example/a"
    for minute in range(11):
        writer.publish(shows(url, minute, "same"))
    chain = chains.Chain(store, writer.spool.lane.writer)
    for name in chain.between(1, 8):
        store.delete(name.key)
    assert len(archive.checks(url)) == 10

    store.delete(chain.between(10, 10)[0].key)

    with pytest.raises(ArchiveDamagedError, match=r"manifest 10 .* is missing"):
        archive.checks(url)
