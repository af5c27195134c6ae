"""An article that is taken down is nowhere any more, and comes back by no way; all else is as it was."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from archiving.machine import Machine, leaks
from archiving.stores import objects
from archiving.writer import answers, moment, shows
from servers.seaweedfs import SeaweedFS

from broadsheet.storage import cdxj, layout
from broadsheet.storage.captures import Request
from broadsheet.storage.documents import removals
from broadsheet.storage.errors import NoSuchVersionError, TakenDownError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import open_store
from broadsheet.storage.tables import tables
from broadsheet.storage.verification.verifier import verify

URL = "https://news.example/2026/the-slug-of-the-article"
OTHER = "https://news.example/2026/another-story"
PHRASE = "the mayor of nowhere denied it"
REASON = "court order 12/2026"


@pytest.fixture(params=["folder", "bucket"])
def machine(
    request: pytest.FixtureRequest, tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    if request.param == "folder":
        yield Machine(FolderStore(tmp_path / "archive"), tmp_path / "local")
        return
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    yield Machine(open_store(seaweedfs.uri(seaweedfs.make_bucket(), "archive")), tmp_path / "local")


@pytest.fixture
def local(tmp_path: Path) -> Machine:
    return Machine(FolderStore(tmp_path / "archive"), tmp_path / "local")


def publish_two_articles(machine: Machine) -> None:
    """Two articles in three batches: the one to be taken down has two versions and a revisit."""
    machine.publish(shows(URL, 0, f"{PHRASE}, at first"), shows(OTHER, 1, "other, at first"))
    machine.publish(shows(URL, 10, f"{PHRASE}, at first"), shows(OTHER, 11, "other, at first"))
    machine.publish(shows(URL, 20, f"{PHRASE}, later"), shows(OTHER, 21, "other, later"))


def test_an_article_that_is_taken_down_is_nowhere(machine: Machine) -> None:
    publish_two_articles(machine)
    held = machine.archive.version(URL, 1)
    assert leaks(machine, PHRASE, "the-slug-of-the-article"), "what is looked for could be found"

    [removal] = machine.forget(URL)

    archive = machine.archive
    assert archive.latest(URL) is None
    assert archive.at(URL, moment(5)) is None
    assert list(archive.versions(URL)) == []
    assert archive.checks(URL) == []
    assert {snapshot.url for snapshot in archive.snapshots()} == {OTHER}
    assert {change.url for change in archive.changes() if change.outcome != "forgotten"} == {OTHER}
    for read in (archive.response, archive.record):
        with pytest.raises(TakenDownError):
            read(held)
    assert leaks(machine, PHRASE, "the-slug-of-the-article") == []
    assert removal.reason == REASON


def test_all_else_is_as_it_was(machine: Machine) -> None:
    publish_two_articles(machine)
    before = [(snapshot, machine.archive.response(snapshot)) for snapshot in machine.archive.versions(OTHER)]
    checks = [check.at for check in machine.archive.checks(OTHER)]

    machine.forget(URL)

    assert [(snapshot, machine.archive.response(snapshot)) for snapshot in machine.archive.versions(OTHER)] == before
    assert [check.at for check in machine.archive.checks(OTHER)] == checks == [moment(11)]
    verified = verify(machine.store, deep=True)
    assert (verified.defects, verified.unnamed, verified.captures) == ([], [], 3)


def test_the_stub_tells_what_was_removed_by_its_digests(local: Machine) -> None:
    publish_two_articles(local)
    before = objects(local.store)
    lines = [line for key, data in before.items() if key.startswith("index/") for line in cdxj.decode(data, key)]

    local.forget(URL)

    [(key, removal)] = removals.all_of(local.store)
    after = objects(local.store)
    assert key.startswith(f"takedown/{layout.digest_name(URL.removeprefix('https://').encode(), 2)}/")
    assert URL.encode() not in after[key]
    gone = {each.key: each.sha256 for each in removal.gone}
    assert gone == {
        key: hashlib.sha256(before[key]).hexdigest() for key in before.keys() - after.keys() if "table" not in key
    }
    assert all(each.new.key in after for each in removal.replaced)
    records = [record for segment in removal.segments for record in segment.records]
    captures = [line for line in lines if line.url == URL]
    assert (
        {line.id for line in captures}
        == {record.id for record in records if record.type in ("response", "revisit")}
        == {capture for index in removal.indexes for capture in index.captures}
    )
    assert {line.digest for line in captures} <= {record.digest for record in records}


def test_an_amendment_lists_what_was_written(local: Machine) -> None:
    publish_two_articles(local)
    before = objects(local.store)
    local.forget(URL)
    written = {key for key in objects(local.store).keys() - before.keys() if not key.startswith("manifest/")}
    [manifest] = [
        data for key, data in objects(local.store).items() if key.startswith("manifest/") and b'"amendment"' in data
    ]
    assert all(key.encode() in manifest for key in written)


def test_further_takedowns_go_on_in_the_same_chain(local: Machine) -> None:
    publish_two_articles(local)
    local.forget(URL)
    local.forget(OTHER)
    assert [entry.key.split("/")[2][:10] for entry in local.store.list("manifest/")].count("9999999997") == 2
    assert verify(local.store, deep=True).defects == []
    assert list(local.archive.snapshots()) == []
    assert leaks(local, PHRASE, "at first") == []


def test_taking_down_again_changes_nothing(local: Machine) -> None:
    publish_two_articles(local)
    local.forget(URL)
    stored = objects(local.store)
    assert local.forget(URL) == []
    assert objects(local.store) == stored


def test_what_was_never_archived_can_be_taken_down(local: Machine) -> None:
    local.publish(shows(OTHER, 0, "other"))
    [removal] = local.forget(URL)
    assert (removal.segments, removal.indexes, removal.snapshots) == ([], [], [])
    with pytest.raises(TakenDownError, match=REASON):
        local.archive.version(URL, 1)
    assert verify(local.store, deep=True).defects == []


def test_whoever_asks_is_told_when_and_why(local: Machine) -> None:
    publish_two_articles(local)
    local.forget(URL)
    takedown = local.archive.takedown("http://www.news.example/2026/the-slug-of-the-article?utm_source=x")
    assert takedown is not None
    with pytest.raises(TakenDownError, match=rf"was taken down on {takedown.at:%Y-%m-%d}: {REASON}"):
        local.archive.version(URL, 1)
    with pytest.raises(NoSuchVersionError):
        local.archive.refuse_taken_down(URL)
    assert local.archive.takedown(OTHER) is None
    local.archive.refuse_taken_down(OTHER)


def test_what_leads_to_it_by_a_redirect_is_told_the_same(local: Machine) -> None:
    short = "https://news.example/s/1"
    local.publish(answers(short, 0, "301 Moved Permanently", URL), shows(URL, 1, PHRASE))
    local.forget(URL)
    assert local.archive.latest(short) is None
    with pytest.raises(TakenDownError):
        local.archive.version(short, 1)


def test_the_change_feed_tells_followers_what_to_forget(local: Machine) -> None:
    publish_two_articles(local)
    feed = local.archive.changes()
    told = {change.snapshot_key for change in feed if change.url == URL}
    removals = local.forget(URL)
    following = list(local.archive.changes(feed.cursor))
    assert {change.snapshot_key for change in following} == told
    assert {(change.outcome, change.url) for change in following} == {("forgotten", None)}
    assert {change.removed_at for change in following} == {removal.at for removal in removals}
    assert [list(local.archive.changes(change.cursor)) for change in following] == [following[1:], []]


def test_a_follower_in_the_middle_of_a_publication_goes_on_after_it_was_rewritten(local: Machine) -> None:
    local.publish(shows(OTHER, 0, "other"), shows(URL, 1, PHRASE), shows("https://news.example/c", 2, "third"))
    cursor = next(local.archive.changes()).cursor
    local.forget(URL)
    following = [change.url for change in local.archive.changes(cursor) if change.outcome != "forgotten"]
    assert following == ["https://news.example/c"]


def test_what_was_captured_at_its_address_for_another_article_goes_too(local: Machine) -> None:
    moved = Request(filed_as=OTHER)
    at_new_place = replace(shows(URL, 10, PHRASE), request=moved)
    local.publish(shows(OTHER, 0, "other"))
    local.publish(at_new_place)
    local.publish(shows(OTHER, 20, PHRASE), shows("https://news.example/c", 21, "third"))
    assert len(list(local.archive.versions(OTHER))) == 2

    local.forget(URL)

    assert [snapshot.article and snapshot.article.text for snapshot in local.archive.versions(OTHER)] == ["other"]
    assert leaks(local, PHRASE, "the-slug-of-the-article") == []
    verified = verify(local.store, deep=True)
    assert (verified.defects, verified.captures) == ([], 2), "no revisit is left that repeats what is gone"


def test_what_another_process_publishes_meanwhile_goes_the_next_time(local: Machine) -> None:
    local.publish(shows(OTHER, 0, "other"))
    local.forget(URL)
    local.publish(shows(URL, 1, PHRASE))
    assert local.archive.latest(URL) is None

    [removal] = local.forget(URL, "asked again")

    assert removal.reason == REASON
    assert leaks(local, PHRASE, "the-slug-of-the-article") == []
    assert verify(local.store, deep=True).defects == []


def test_the_catalog_forgets_the_article_and_keeps_where_other_pages_lead(local: Machine) -> None:
    publish_two_articles(local)
    local.forget(URL)
    assert local.writer.catalog.get(URL) is None
    known = local.writer.catalog.get(OTHER)
    assert known is not None
    assert known.original is not None
    local.publish(shows(OTHER, 30, "other, later"))
    assert len(local.archive.checks(OTHER)) == 2
    assert verify(local.store, deep=True).defects == []


def test_tables_have_rows_of_all_else_and_none_of_it(local: Machine) -> None:
    publish_two_articles(local)
    assert urls_in_tables(local) == {URL, OTHER}

    local.forget(URL)
    tables.rebuild(local.store)

    assert urls_in_tables(local) == {OTHER}


def urls_in_tables(machine: Machine) -> set[str]:
    keys = [*machine.archive.tables("captures"), *machine.archive.tables("versions")]
    files = [io.BytesIO(machine.store.get(key)) for key in keys]
    return {url for file in files for url in pq.read_table(file)["url"].to_pylist()}
