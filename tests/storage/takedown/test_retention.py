"""What is older than its source is kept goes; what stands, and what is younger, is as it was."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest
from archiving.everything import MemoryStore
from archiving.histories import HISTORIES, URLS, visit
from archiving.machine import HOME, SOURCE, Machine, leaks
from archiving.stores import objects
from archiving.writer import Visit, answers, moment, shows, shows_no_article
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import removals
from broadsheet.storage.errors import NoSuchVersionError
from broadsheet.storage.model import Snapshot
from broadsheet.storage.segments import replaced, warc
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.tables import tables
from broadsheet.storage.takedown.retention import Retention, due, retain
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.versions import Finding

URL = "https://news.example/2026/story"
FRONT_PAGE = "https://news.example/"
NOW = moment(1000)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(FolderStore(tmp_path / "archive"), tmp_path / "local")


def texts_of(machine: Machine, url: str = URL) -> list[str | None]:
    """The texts of the versions of an article; None for one that is gone."""
    return [snapshot.article.text if snapshot.article else None for snapshot in machine.archive.versions(url)]


def times(machine: Machine) -> list[datetime]:
    return sorted(line.at for line in machine.archive.captures())


def assert_whole(machine: Machine) -> None:
    verified = verify(machine.store, deep=True)
    assert (verified.defects, verified.unnamed) == ([], [])


def test_a_version_goes_when_it_ceased_to_stand_longer_ago_than_the_age(machine: Machine) -> None:
    for minute, text in ((0, "at first"), (10, "corrected"), (20, "corrected again")):
        machine.publish(shows(URL, minute, text))
    assert machine.retain(moment(10), NOW) == [], "it stood until then"
    assert len(machine.retain(moment(15), NOW)) == 1
    assert texts_of(machine) == ["corrected", "corrected again"]
    assert leaks(machine, "at first") == []
    assert_whole(machine)


def test_the_latest_version_of_an_article_that_stands_stays_however_old_it_is(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "what stands"), shows_no_article(FRONT_PAGE, 1))
    machine.retain(moment(500), NOW)
    assert texts_of(machine) == ["what stands"]
    assert times(machine) == [moment(0)], "the front page is old and no article"
    assert_whole(machine)


def test_front_pages_stay_where_their_source_says_so(machine: Machine) -> None:
    shown = shows_no_article(FRONT_PAGE, 0, "a list")
    shown = replace(shown, finding=Finding(kind="index", reason="a list"))
    again = replace(shown, at=moment(1), finding=None)
    machine.publish(shown, again, shows_no_article(f"{FRONT_PAGE}log-in", 2), shows(URL, 3, "what stands"))
    with machine.removing() as remover:
        kept = Retention(source=SOURCE, home=HOME, age=NOW - moment(500), keep_front_pages=True)
        retain(remover, [kept], NOW)
    assert times(machine) == [moment(0), moment(1), moment(3)], "the log-in page is old and no index"
    assert_whole(machine)


def test_of_an_article_that_is_gone_all_goes_in_the_end(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "what was there"))
    machine.publish(answers(URL, 10, "404 Not Found"))
    machine.retain(moment(10), NOW)
    assert texts_of(machine) == ["what was there", None]
    machine.retain(moment(11), NOW)
    assert texts_of(machine) == []
    assert leaks(machine, "what was there", "2026/story") == []
    assert_whole(machine)


def test_a_body_stays_as_long_as_a_younger_revisit_repeats_it(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "a story", noise="first"))
    machine.publish(shows(URL, 10, "a story", noise="second"))
    machine.publish(answers(URL, 20, "304 Not Modified"), shows_no_article(FRONT_PAGE, 21))
    machine.retain(moment(15), NOW)
    assert times(machine) == [moment(0), moment(10), moment(20), moment(21)]
    machine.retain(moment(25), NOW)
    assert times(machine) == [moment(0)]
    assert_whole(machine)


def test_an_article_is_found_where_it_was_by_the_newest_redirect_as_long_as_it_stands(machine: Machine) -> None:
    left, between = f"{HOME}left", f"{HOME}between"
    machine.publish(answers(left, 0, "301 Moved Permanently", "/2026/story"))
    machine.publish(
        answers(left, 1, "301 Moved Permanently", "/between"), answers(f"{HOME}nowhere", 2, "302 Found", "/x")
    )
    machine.publish(answers(between, 3, "301 Moved Permanently", "/2026/story"), shows(URL, 4, "what stands"))
    machine.retain(moment(500), NOW)
    assert times(machine) == [moment(1), moment(3), moment(4)]
    assert texts_of(machine, left) == ["what stands"]
    assert_whole(machine)
    machine.publish(answers(URL, 600, "404 Not Found"))
    machine.retain(moment(700), NOW)
    assert times(machine) == []


def test_what_was_removed_is_archived_again_when_it_is_seen_again(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "a story"))
    machine.publish(answers(URL, 10, "404 Not Found"))
    machine.retain(moment(500), NOW)
    machine.publish(shows(URL, 600, "a story"))
    assert texts_of(machine) == ["a story"]
    assert_whole(machine)


def test_other_sources_are_kept_for_ever(machine: Machine) -> None:
    machine.publish(shows_no_article(FRONT_PAGE, 0))
    with machine.removing() as remover:
        made = retain(remover, [Retention(source="other", home=HOME, age=timedelta(minutes=1))], NOW)
    assert made == []
    assert times(machine) == [moment(0)]


def test_what_was_crawled_by_address_belongs_to_the_source_of_its_site(machine: Machine) -> None:
    machine.writer.source = f"{HOME} https://elsewhere.example/"
    machine.publish(shows_no_article(FRONT_PAGE, 0), shows_no_article("https://elsewhere.example/", 1))
    machine.retain(moment(500), NOW)
    assert times(machine) == [moment(1)]


def source(name: str, home: str, minutes: int | None) -> Retention:
    return Retention(source=name, home=home, age=None if minutes is None else timedelta(minutes=minutes))


FRONT, SECTION = ("front", HOME), ("section", f"{HOME}politics/")


@pytest.mark.parametrize(
    ("retentions", "kept"),
    [
        ([source(*FRONT, 500), source(*SECTION, 500)], []),
        ([source(*FRONT, 500), source(*SECTION, 995)], [10]),
        ([source(*SECTION, 995), source(*FRONT, 500)], [10]),
        ([source(*FRONT, 500), source(*SECTION, None)], [1, 10]),
        ([source(*SECTION, None), source(*FRONT, 500)], [1, 10]),
        ([source(*SECTION, 500)], [1, 10]),
    ],
)
def test_of_several_sources_of_a_site_the_longest_kept_counts_for_what_was_crawled_by_address(
    machine: Machine, retentions: list[Retention], kept: list[int]
) -> None:
    machine.writer.source = HOME
    machine.publish(shows_no_article(FRONT_PAGE, 1), shows_no_article(f"{FRONT_PAGE}town/", 10))
    with machine.removing() as remover:
        retain(remover, retentions, NOW)
    assert times(machine) == [moment(minute) for minute in kept]


def test_a_batch_of_nothing_but_checks_is_known_by_what_its_segment_says(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "a story"))
    machine.publish(answers(URL, 10, "304 Not Modified"))
    machine.retain(moment(500), NOW)
    assert times(machine) == [moment(0)]
    machine.retain(moment(500), NOW)
    assert_whole(machine)


def test_the_document_says_what_was_removed_of_which_source(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "at first"))
    machine.publish(shows(URL, 10, "later"))
    before = objects(machine.store)
    machine.retain(moment(500), NOW)
    [(key, removal)] = removals.all_of(machine.store)
    assert key.startswith("retention/")
    assert (removal.source, removal.before, removal.scope, removal.identity) == (SOURCE, moment(500), "captures", None)
    assert "test is kept for" in removal.reason
    gone = {each.key for each in removal.gone}
    assert gone == {key for key in before.keys() - objects(machine.store).keys() if "table" not in key}
    assert [record.type for record in removal.segments[0].records] == ["response", "request"]


def test_tables_and_followers_are_told(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "at first"))
    machine.publish(shows(URL, 10, "later"))
    cursor = [change.cursor for change in machine.archive.changes()][-1]
    machine.retain(moment(500), NOW)
    tables.rebuild(machine.store)
    rows = [pq.read_table(Path(machine.store.root) / key) for key in machine.archive.tables("versions")]  # type: ignore[attr-defined]
    assert [text for table in rows for text in table["text"].to_pylist()] == ["later"]
    assert [change.outcome for change in machine.archive.changes(cursor)] == ["forgotten"]


def test_who_holds_a_version_that_was_removed_meanwhile_is_told_so(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "at first"))
    machine.publish(shows(URL, 10, "later"))
    held = machine.archive.version(URL, 1)
    reading = machine.archive.captures()
    lines = [next(reading)]
    machine.retain(moment(500), NOW)
    with pytest.raises(NoSuchVersionError, match="was removed since"):
        machine.archive.response(held)
    assert list(machine.archive.snapshots_of(lines)) == []


def test_a_check_that_another_machine_publishes_of_a_body_that_is_no_more_goes_the_next_time(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "archive")
    one, other = Machine(store, tmp_path / "one"), Machine(store, tmp_path / "other")
    one.publish(shows_no_article(FRONT_PAGE, 0))
    other.writer.catalog.refresh(store)
    one.retain(moment(500), NOW)
    other.publish(answers(FRONT_PAGE, 600, "304 Not Modified"), shows(URL, 601, "a story"))
    assert len(verify(store, deep=True).defects) == 1
    one.retain(moment(500), NOW)
    assert times(one) == [moment(601)]
    assert_whole(one)


def test_a_dry_run_finds_what_would_go(machine: Machine) -> None:
    machine.publish(shows(URL, 0, "at first"))
    machine.publish(shows(URL, 10, "later"), shows_no_article(FRONT_PAGE, 11))
    stored = objects(machine.store)
    found = due(machine.store, [Retention(source=SOURCE, home=HOME, age=NOW - moment(500))], NOW)
    assert {source: sorted(line.at for each in found[source] for line in each.lines) for source in found} == {
        SOURCE: [moment(0), moment(11)]
    }
    assert objects(machine.store) == stored


class Seen(NamedTuple):
    """What a reader sees of an archive."""

    lines: dict[str, IndexLine]
    versions: dict[str, list[Snapshot]]
    responses: dict[str, bytes]


def see(machine: Machine) -> Seen:
    lines = {line.id: line for line in machine.archive.captures()}
    return Seen(
        lines,
        {url: list(machine.archive.versions(url)) for url in URLS},
        {
            line.id: warc.read_member(
                replaced.get_range(machine.store, line.filename, int(line.offset), int(line.length))
            ).block
            for line in lines.values()
        },
    )


@contextmanager
def machine_with(history: list[list[Visit]]) -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as directory:
        machine = Machine(MemoryStore(), Path(directory) / "local")
        for visits in history:
            machine.publish(*visits)
        yield machine
        machine.writer.spool.close()
        machine.writer.catalog.close()


@given(history=HISTORIES, minutes=st.lists(st.integers(0, 70), min_size=1, max_size=2))
@settings(max_examples=25, deadline=None)
def test_whatever_the_lives_of_articles_no_revisit_dangles_and_what_stood_later_stays(
    history: list[list[tuple[str, str]]], minutes: list[int]
) -> None:
    batches = [
        [visit(url, 10 * number + place, look) for place, (url, look) in enumerate(looks)]
        for number, looks in enumerate(history)
    ]
    with machine_with(batches) as machine:
        for minute in sorted(minutes):
            before, cutoff = see(machine), moment(minute)
            machine.retain(cutoff, NOW)
            after = see(machine)

            assert_whole(machine)  # which finds every revisit whose body is not there
            assert all(after.responses[kept] == before.responses[kept] for kept in after.lines)
            assert {line.id for line in before.lines.values() if line.at >= cutoff} <= after.lines.keys()
            for url in URLS:
                expected = [snapshot.key for snapshot in standing_at_or_after(before.versions[url], cutoff)]
                assert [snapshot.key for snapshot in after.versions[url]] == expected
            assert kept_although_old(after, cutoff) <= excused(machine, after)
            assert machine.retain(cutoff, NOW) == []
        machine.publish(*(replace(shows(url, 900, "one"), at=moment(900 + place)) for place, url in enumerate(URLS)))
        assert_whole(machine)


def standing_at_or_after(versions: list[Snapshot], cutoff: datetime) -> list[Snapshot]:
    ends: list[datetime | None] = [following.captured_at for following in versions[1:]]
    if versions:
        ends.append(versions[-1].captured_at if versions[-1].state == "gone" else None)
    return [version for version, end in zip(versions, ends, strict=True) if end is None or end >= cutoff]


def kept_although_old(seen: Seen, cutoff: datetime) -> set[str]:
    return {line.id for line in seen.lines.values() if line.at < cutoff}


def excused(machine: Machine, seen: Seen) -> set[str]:
    versions = {snapshot.warc.record_id for of_url in seen.versions.values() for snapshot in of_url}
    revisits = (line for line in seen.lines.values() if line.mime == "warc/revisit")
    return versions | {replaced.original_of(machine.store, line) for line in revisits}
