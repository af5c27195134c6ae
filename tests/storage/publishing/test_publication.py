"""From a segment to the archive: in an order that never shows what is not there, cut off and repeated at will."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from archiving.stores import FailingStore, WatchedStore, assert_sound, objects
from archiving.writer import Writer, answers, moment, shows
from servers.seaweedfs import SeaweedFS

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError, StoreUnavailableError
from broadsheet.storage.model import Article
from broadsheet.storage.publishing import publication
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.publication import Plan, Published
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore, open_store
from broadsheet.storage.versions import Finding, Outlink

URL = "https://news.example/a"
OTHER = "https://news.example/b"


def second_edition(writer: Writer) -> tuple[Batch, Plan, list[Published]]:
    """A batch that is recorded and planned, over an archive that holds two articles: three snapshots are due."""
    writer.publish(shows(URL, 0, "one"), shows(OTHER, 0, "one"))
    batch, captures = writer.record(
        shows(URL, 1, "two"), answers(OTHER, 1, "404 Not Found"), shows("https://news.example/c", 1, "new")
    )
    plan, published = writer.plan(batch, captures)
    batch.write_plan(publication.encode_plan(plan))
    return batch, plan, published


def texts(store: FolderStore) -> list[str | None]:
    return [one.article.text if one.article else "gone" for one in Archive(store).versions(URL)]


def test_the_warc_comes_first_then_the_snapshots_the_index_the_manifest_and_what_is_derived(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)
    order: list[str] = []

    publication.publish(plan, batch.segment, WatchedStore(writer.store, order.append), writer.catalog)

    assert [key.partition("/")[0] for key in order] == [
        *("warc", "snapshot", "snapshot", "snapshot", "index", "manifest", "table", "table")
    ]


def test_the_first_object_of_an_archive_says_what_it_is(writer: Writer) -> None:
    order: list[str] = []
    writer.store = WatchedStore(writer.store, order.append)

    writer.publish(shows(URL, 0, "one"))

    assert order[0] == "archive.json"
    assert writer.store.get("archive.json") == b'{"format":"broadsheet.archive/1"}\n'


def test_publishing_twice_changes_nothing(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)
    publication.publish(plan, batch.segment, writer.store, writer.catalog)
    once, known = objects(writer.store), writer.catalog.get(URL)

    publication.publish(plan, batch.segment, writer.store, writer.catalog)

    assert objects(writer.store) == once
    assert writer.catalog.get(URL) == known


def committed(store: ObjectStore) -> list[str]:
    """The keys of what a publication puts until it is committed: all but the tables."""
    return [key for key in objects(store) if not key.startswith(layout.TABLES)]


def test_a_publication_that_was_cut_off_anywhere_is_finished_by_its_plan(writer: Writer, tmp_path: Path) -> None:
    batch, plan, _ = second_edition(writer)
    before = tmp_path / "before"
    shutil.copytree(tmp_path / "archive", before)
    publication.publish(plan, batch.segment, writer.store, writer.catalog)
    whole = objects(writer.store)
    puts = len(plan.snapshots) + 3

    for count in range(puts):
        archive = tmp_path / f"cut-off-after-{count}"
        shutil.copytree(before, archive)
        store = FolderStore(archive)
        with pytest.raises(StoreUnavailableError):
            publication.publish(plan, batch.segment, FailingStore(store, count), Catalog(tmp_path / f"{count}.sqlite"))
        assert len(committed(store)) == len(committed(writer.store)) - puts + count
        assert_sound(store)

        kept = publication.decode_plan(batch.read_plan() or b"")
        publication.publish(kept, batch.segment, store, Catalog(tmp_path / f"{count}.sqlite"))
        assert objects(store) == whole


def test_at_no_moment_does_anything_lead_to_what_is_not_there(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)

    watched = WatchedStore(writer.store, lambda _: assert_sound(writer.store))
    publication.publish(plan, batch.segment, watched, writer.catalog)

    assert len(list(Archive(writer.store).snapshots())) == 5


def test_the_other_order_would_be_noticed(writer: Writer) -> None:
    _, plan, _ = second_edition(writer)

    for key, data in plan.snapshots:
        writer.store.put(key, data)

    with pytest.raises(NoSuchObjectError):
        assert_sound(writer.store)


def test_a_plan_is_kept_byte_for_byte(writer: Writer) -> None:
    _, plan, _ = second_edition(writer)

    assert publication.decode_plan(publication.encode_plan(plan)) == plan


def test_the_links_of_a_page_reach_the_catalog(writer: Writer) -> None:
    finding = Finding(article=Article(text="one"), outlinks=[Outlink(OTHER)])

    writer.publish(replace(shows(URL, 0, "one"), finding=finding))

    assert writer.catalog.outlinks(URL) == [Outlink(OTHER)]


def test_a_batch_without_captures_is_an_archive_without_lines(writer: Writer, store: FolderStore) -> None:
    batch = writer.spool.open_batch(moment(0))

    plan, published = writer.plan(batch, [])
    publication.publish(plan, batch.segment, store, writer.catalog)

    assert published == []
    assert list(Archive(store).snapshots()) == []


@pytest.mark.parametrize(
    ("marker", "refusal"),
    [
        (b'{"format":"broadsheet.archive/2"}', ArchiveFormatError),
        (b"{}", ArchiveDamagedError),
        (b"garbage", ArchiveDamagedError),
    ],
    ids=["another format", "no format", "garbage"],
)
def test_an_archive_whose_format_is_not_this_one_is_left_alone(
    writer: Writer, store: FolderStore, marker: bytes, refusal: type[Exception]
) -> None:
    store.put("archive.json", marker)

    with pytest.raises(refusal):
        writer.publish(shows(URL, 0, "one"))

    assert objects(store) == {"archive.json": marker}


def test_a_bucket_and_a_folder_hold_the_same_archive(
    writer: Writer, tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    uri = seaweedfs.uri(seaweedfs.make_bucket(), "news")
    bucket, catalog = open_store(uri), Catalog(tmp_path / "bucket.sqlite")
    editions = [
        [shows(URL, 0, "one"), shows(OTHER, 0, "one")],
        [
            shows(URL, 1, "two"),
            answers(OTHER, 1, "410 Gone"),
            answers("https://news.example/old", 1, "301 Moved", "/a"),
        ],
        [shows(URL, 2, "two"), shows(OTHER, 2, "one")],
    ]

    for visits in editions:
        batch, captures = writer.record(*visits)
        plan, _ = writer.plan(batch, captures)
        publication.publish(plan, batch.segment, bucket, catalog)
        writer.finish(batch, plan)

    assert objects(bucket) == objects(writer.store)
    assert_sound(bucket)
    folder, opened = Archive(writer.store), Archive.open(uri)
    for url in (URL, OTHER, "https://news.example/old"):
        assert list(opened.versions(url)) == list(folder.versions(url)) != []
        assert opened.checks(url) == folder.checks(url)
    assert [opened.response(one) for one in opened.snapshots()] == [folder.response(one) for one in folder.snapshots()]
    assert catalog.get(URL) == writer.catalog.get(URL)


def test_keys_of_one_batch_bear_its_name(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)

    assert f"/{batch.name}-" in plan.warc_key
    assert plan.index_key == layout.index_key(batch.name, plan.index)
