"""What a batch adds to an archive is what a reader then finds: versions, whoever saw them and in whatever order."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from archiving.histories import ONE_LOOK_A_BATCH, versions_of, visit
from archiving.stores import objects
from archiving.writer import EXTRACTOR, Writer, answers, shows, shows_no_article
from hypothesis import example, given, settings

from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.documents import snapshots
from broadsheet.storage.model import Article
from broadsheet.storage.publishing import publication
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"
OTHER = "https://news.example/b"


def texts(store: FolderStore) -> list[str | None]:
    return [one.article.text if one.article else "gone" for one in Archive(store).versions(URL)]


def test_deciding_touches_nothing(writer: Writer) -> None:
    writer.publish(shows(URL, 0, "one"))
    before, known = objects(writer.store), writer.catalog.get(URL)

    batch, captures = writer.record(shows(URL, 1, "two"))
    first, second = writer.plan(batch, captures), writer.plan(batch, captures)

    assert first == second
    assert objects(writer.store) == before
    assert writer.catalog.get(URL) == known


@settings(max_examples=12, deadline=None)
@given(ONE_LOOK_A_BATCH)
@example(["one", "two", "one"])
@example(["one", "login wall", "one", "304"])
@example(["one", "login wall", "two", "login wall", "one"])
@example(["one", "gone", "moved to the front page", "one with noise", "304"])
def test_a_reader_finds_exactly_the_versions_that_there_were(looks: list[str]) -> None:
    folder = Path(tempfile.mkdtemp())
    store = FolderStore(folder / "archive")
    try:
        writer = Writer(store, folder / "local")
        for minute, look in enumerate(looks):
            writer.publish(visit(URL, minute, look))
        found = list(Archive(store).versions(URL))
        assert texts(store) == versions_of(looks)
    finally:
        shutil.rmtree(folder)

    assert [one.version for one in found] == list(range(1, len(found) + 1))
    assert [one.previous for one in found] == [None, *(one.key for one in found)][: len(found)]


def test_two_looks_in_one_batch_build_on_each_other(writer: Writer, store: FolderStore) -> None:
    first, second, third = writer.publish(shows(URL, 0, "one"), shows(URL, 1, "two"), shows(URL, 2, "two", noise="x"))

    assert [one.outcome for one in (first, second, third)] == ["new", "changed", "unchanged"]
    assert second.previous_key == first.snapshot_key
    assert second.changes == ["body"]
    assert third.standing_key == second.snapshot_key
    assert texts(store) == ["one", "two"]


def test_a_page_that_goes_back_within_a_batch_is_a_version_at_the_next_look(writer: Writer, store: FolderStore) -> None:
    """The recorder knew the first body only, and stored the third look as a revisit of it."""
    writer.publish(shows(URL, 0, "one"))

    changed, back = writer.publish(shows(URL, 1, "two"), shows(URL, 2, "one"))
    assert (changed.outcome, back.outcome) == ("changed", "failed")
    assert back.capture.revisit

    [again] = writer.publish(shows(URL, 3, "one"))
    assert again.outcome == "changed"
    assert texts(store) == ["one", "two", "one"]


def test_a_batch_is_decided_in_the_order_of_its_captures(writer: Writer, store: FolderStore) -> None:
    writer.publish(shows(URL, 5, "two"), shows(URL, 1, "one"))

    assert texts(store) == ["one", "two"]


def test_two_writers_that_saw_the_same_state_make_one_version(tmp_path: Path, store: FolderStore) -> None:
    one, other = Writer(store, tmp_path / "one"), Writer(store, tmp_path / "other")
    one.publish(shows(URL, 0, "one"))
    other.catalog.refresh(store)

    [first], [second] = one.publish(shows(URL, 1, "two")), other.publish(shows(URL, 2, "two", noise="x"))

    assert first.snapshot_key != second.snapshot_key
    assert texts(store) == ["one", "two"]
    assert len(list(Archive(store).snapshots())) == 2
    one.catalog.refresh(store)
    [third] = one.publish(shows(URL, 3, "three"))
    assert texts(store) == ["one", "two", "three"]
    assert third.changes == ["body"]


def test_a_check_from_before_another_writers_version_is_judged_by_what_stood_then(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    [first] = writer.publish(shows(URL, 0, "one"))
    looks = [
        shows(URL, 1, "one"),
        shows(URL, 2, "one", noise="x"),
        shows(URL, 3, "two"),
        shows(URL, 4, "two", noise="y"),
    ]
    batch, captures = writer.record(*looks)
    other = Writer(store, tmp_path / "other")
    other.catalog.refresh(store)
    [latest] = other.publish(shows(URL, 9, "three"))
    writer.catalog.refresh(store)

    plan, told = writer.plan(batch, captures)
    publication.publish(plan, batch.segment, store, writer.catalog)

    assert [one.outcome for one in told] == ["unchanged", "unchanged", "changed", "unchanged"]
    assert told[0].capture.revisit
    assert told[2].previous_key == told[1].standing_key == first.snapshot_key
    assert told[3].standing_key == told[2].snapshot_key
    assert texts(store) == ["one", "two", "three"]
    for catalog in (writer.catalog, other.catalog):
        catalog.refresh(store)
        known = catalog.get(URL)
        assert known is not None
        assert known.snapshot_key == latest.snapshot_key


def test_a_look_at_an_article_from_before_its_removal_elsewhere_finds_it_unchanged(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    writer.publish(shows(URL, 0, "one"), shows(URL, 1, "gone soon"))
    batch, captures = writer.record(shows(URL, 2, "gone soon", noise="x"), answers(URL, 5, "410 Gone"))
    other = Writer(store, tmp_path / "other")
    other.catalog.refresh(store)
    other.publish(answers(URL, 4, "410 Gone"))
    other.publish(shows(URL, 6, "back"))
    writer.catalog.refresh(store)

    _, told = writer.plan(batch, captures)

    assert [one.outcome for one in told] == ["unchanged", "unchanged"]


def test_a_look_from_before_the_first_version_of_another_writer_has_none_before_it(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    batch, captures = writer.record(shows(URL, 0, "one"))
    Writer(store, tmp_path / "other").publish(shows(URL, 1, "two"))
    writer.catalog.refresh(store)

    plan, [told] = writer.plan(batch, captures)
    publication.publish(plan, batch.segment, store, writer.catalog)

    assert (told.outcome, told.previous_key) == ("new", None)
    assert texts(store) == ["one", "two"]


def test_what_became_of_each_capture_is_told(writer: Writer) -> None:
    robots = answers("https://news.example/robots.txt", 0, "404 Not Found")
    told = writer.publish(
        replace(robots, request=Request(purpose="robots")),
        shows(URL, 1, "one"),
        shows_no_article(OTHER, 2),
        answers("https://news.example/c", 3, "500 Oops"),
        answers("https://news.example/d", 4, "301 Moved", "/a"),
    )

    assert [(one.outcome, one.reason) for one in told] == [
        (None, None),
        ("new", None),
        ("not_article", "no article"),
        ("failed", "HTTP 500"),
        (None, None),
    ]
    new = told[1]
    assert new.previous_key is None
    assert new.standing_key == new.snapshot_key
    document = snapshots.read(writer.store, new.snapshot_key or "")
    assert document.warc == new.warc
    assert (document.http.status, document.http.ip, document.http.protocol) == (200, "192.0.2.1", "http/1.1")
    assert document.extractor == EXTRACTOR


def test_an_article_that_moved_goes_on_under_its_old_address(writer: Writer, store: FolderStore) -> None:
    writer.publish(shows(URL, 0, "one"))
    there = shows("https://news.example/moved", 2, "two")
    moved = replace(there, request=Request(filed_as=URL))

    told = writer.publish(answers(URL, 1, "301 Moved", there.url), moved)

    assert [one.outcome for one in told] == [None, "changed"]
    latest = Archive(store).latest(URL)
    assert latest is not None
    assert (latest.url, latest.final_url, latest.version) == (URL, there.url, 2)
    assert list(Archive(store).versions(there.url)) == []


def test_a_damaged_version_does_not_keep_the_next_from_being_archived(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    [first] = writer.publish(shows(URL, 0, "one"))
    (tmp_path / "archive" / (first.snapshot_key or "")).write_bytes(b"damaged")

    [second] = writer.publish(shows(URL, 1, "two"))

    assert (second.outcome, second.changes) == ("changed", [])
    assert "cannot be read" in (second.reason or "")
    latest = Archive(store).latest(URL)
    assert latest is not None
    assert latest.article == Article(title="A title", text="two")
