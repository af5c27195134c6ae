"""The change feed: every version once, in the order of publication, from any cursor, whoever publishes meanwhile."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from archiving.writer import Writer, answers, shows, shows_no_article
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.chains import chains
from broadsheet.storage.chains.changes import Change
from broadsheet.storage.documents import manifests
from broadsheet.storage.errors import ArchiveDamagedError, CursorError
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.takedown.takedown import forget

URL = "https://news.example/a"
OTHER = "https://news.example/b"


def told(changes: list[Change]) -> list[tuple[str | None, str]]:
    return [(change.url, change.outcome) for change in changes]


def test_it_tells_every_version_in_the_order_of_publication(writer: Writer, archive: Archive) -> None:
    writer.publish(shows(URL, 0, "one"), shows(OTHER, 0, "one"))
    writer.publish(shows(URL, 1, "one"), shows_no_article("https://news.example/", 1))
    writer.publish(answers(OTHER, 2, "404 Not Found"), shows(URL, 2, "two"))

    changes = list(archive.changes())

    assert told(changes) == [(URL, "new"), (OTHER, "new"), (OTHER, "gone"), (URL, "changed")]
    assert [change.snapshot_key for change in changes if change.url == URL] == [
        snapshot.key for snapshot in archive.versions(URL)
    ]


def test_every_cursor_goes_on_right_behind_its_change(writer: Writer, archive: Archive) -> None:
    writer.publish(shows(URL, 0, "one"), shows(OTHER, 0, "one"))
    writer.publish(shows(URL, 1, "two"))
    changes = list(archive.changes())

    for number, change in enumerate(changes, 1):
        assert list(archive.changes(change.cursor)) == changes[number:]


def test_an_index_that_is_missing_is_damage_of_the_archive(writer: Writer, archive: Archive) -> None:
    writer.publish(shows(URL, 0, "one"))
    [index] = list(archive.store.list(layout.INDEX))
    writer.store.delete(index.key)

    with pytest.raises(ArchiveDamagedError, match=f"{index.key} is missing and its manifest names it; run recover"):
        list(archive.changes())


def test_a_removal_that_is_missing_is_damage_of_the_archive(writer: Writer, archive: Archive, tmp_path: Path) -> None:
    writer.publish(shows(URL, 0, "one"))
    forget(Remover(writer.store, Amendments(writer.store, tmp_path / "amendments"), tmp_path / "removed"), URL, "order")
    [takedown] = list(archive.store.list(layout.TAKEDOWNS))
    writer.store.delete(takedown.key)

    with pytest.raises(ArchiveDamagedError, match=f"removal {takedown.key} is missing and its manifest names it"):
        list(archive.changes())


def test_a_reading_without_news_gives_a_cursor_behind_what_changed_nothing(writer: Writer, archive: Archive) -> None:
    writer.publish(shows(URL, 0, "one"))
    writer.publish(shows(URL, 1, "one"))
    changes = archive.changes()
    list(changes)

    assert changes.cursor == f"{writer.spool.lane.writer}:2"
    assert list(archive.changes(changes.cursor)) == []


def test_an_archive_without_publications_has_no_changes(archive: Archive) -> None:
    changes = archive.changes()

    assert list(changes) == []
    assert changes.cursor == ""


@pytest.mark.parametrize("cursor", ["x", "0badcafe", "0badcafe:", "0badcafe:1,", "0badcafe:1.", "0badcafe:-1"])
def test_what_is_no_cursor_is_refused(archive: Archive, cursor: str) -> None:
    with pytest.raises(CursorError, match="is no cursor of a change feed"):
        archive.changes(cursor)


def test_a_cursor_of_another_archive_is_refused(writer: Writer, archive: Archive) -> None:
    writer.publish(shows(URL, 0, "one"))

    for cursor in ("00000000:1", f"{writer.spool.lane.writer}:7"):
        with pytest.raises(CursorError, match="not of this archive"):
            list(archive.changes(cursor))


def test_what_is_behind_a_missing_manifest_waits_until_it_is_there(writer: Writer, archive: Archive) -> None:
    for minute in range(3):
        writer.publish(shows(URL, minute, str(minute)))
    second = chains.since(writer.store, writer.spool.lane.writer, 1)[0]
    data = writer.store.get(second.key)
    writer.store.delete(second.key)
    before = archive.changes()
    assert len(list(before)) == 1

    writer.store.put(second.key, data)

    assert told(list(archive.changes(before.cursor))) == [(URL, "changed"), (URL, "changed")]


def test_a_damaged_manifest_is_named_and_never_believed(writer: Writer, archive: Archive) -> None:
    writer.publish(shows(URL, 0, "one"))
    name = chains.newest(writer.store, writer.spool.lane.writer)
    assert name is not None
    data = writer.store.get(name.key)
    writer.store.delete(name.key)
    writer.store.put(name.key, data.replace(b'"number":1', b'"number":2'))

    with pytest.raises(ArchiveDamagedError, match=name.key):
        list(archive.changes())


def test_each_manifest_names_all_that_was_written_and_the_one_before(writer: Writer, store: FolderStore) -> None:
    for minute in range(3):
        writer.publish(shows(URL, minute, str(minute)))
    names = chains.since(store, writer.spool.lane.writer, 0)
    chain = [manifests.read(store, name.key) for name in names]

    assert [manifest.number for manifest in chain] == [1, 2, 3]
    assert [manifest.previous for manifest in chain] == [
        None,
        *(manifests.digest(store.get(name.key)) for name in names[:-1]),
    ]
    named = [described for manifest in chain for described in manifest.objects]
    assert {described.key for described in named} == {
        entry.key
        for entry in store.list()
        if not entry.key.startswith((layout.MANIFESTS, layout.MARKER, layout.TABLES))
    }
    assert all(described == manifests.described(described.key, store.get(described.key)) for described in named)


# Each step is a publication by one of three writers, or a reading that goes on from the last cursor.
STEPS = st.lists(st.sampled_from([0, 1, 2, None]), max_size=12)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_a_follower_hears_of_every_version_once_whoever_publishes_between(steps: list[int | None]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store = FolderStore(Path(directory) / "archive")
        writers = [Writer(store, Path(directory) / str(number)) for number in range(3)]
        published: list[str] = []
        heard: list[str] = []
        cursor = ""
        for minute, step in enumerate([*steps, None]):
            if step is None:
                changes = Archive(store).changes(cursor)
                heard += [change.snapshot_key for change in changes]
                cursor = changes.cursor
            else:
                url = f"https://news.example/{step}"
                found = writers[step].publish(shows(url, minute, str(minute)), shows(f"{url}/b", minute, "same"))
                published += [one.snapshot_key for one in found if one.snapshot_key]

        assert sorted(heard) == sorted(published)
