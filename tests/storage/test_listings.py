"""A listing that lacks what is there (an eventually consistent store) loses nothing for readers, feeds and catalogs."""

from __future__ import annotations

from pathlib import Path

import pytest
from archiving.stores import ForgetfulStore
from archiving.writer import Writer, shows

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.verification.verifier import verify

URL = "https://news.example/a"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "archive")
    writer = Writer(store, tmp_path / "local")
    for number in range(4):
        writer.publish(shows(URL, number, f"text {number}"))
    return store


def keys(store: FolderStore, prefix: str) -> list[str]:
    return [entry.key for entry in store.list(prefix)]


@pytest.mark.parametrize("prefix", [layout.WARC, layout.SNAPSHOTS, layout.INDEX])
def test_verify_tells_a_listing_that_lacks_something_from_a_loss(store: FolderStore, prefix: str) -> None:
    victim = keys(store, prefix)[1]
    [defect] = verify(ForgetfulStore(store, {victim}), deep=False).defects
    assert defect.key == victim
    assert "is there, and the listing lacks it: recover puts it again" in defect.what
    store.delete(victim)
    assert any(each.key == victim and "missing" in each.what for each in verify(store, deep=False).defects)


@pytest.mark.parametrize("number", range(4))
def test_the_change_feed_skips_nothing_while_a_listing_lacks_a_manifest(store: FolderStore, number: int) -> None:
    everything = [change.snapshot_key for change in Archive(store).changes()]
    forgetful = ForgetfulStore(store, {keys(store, layout.MANIFESTS)[number]})
    before = Archive(forgetful).changes()
    told = [change.snapshot_key for change in before]
    forgetful.lacking.clear()
    told += [change.snapshot_key for change in Archive(forgetful).changes(before.cursor)]
    assert told == everything


@pytest.mark.parametrize("prefix", [layout.INDEX, layout.WARC])
def test_the_change_feed_asks_for_segments_by_their_keys(store: FolderStore, prefix: str) -> None:
    forgetful = ForgetfulStore(store, set(keys(store, prefix)))
    assert list(Archive(forgetful).changes()) == list(Archive(store).changes())
    assert list(Archive(forgetful).captures(host="news.example")) == list(Archive(store).captures(host="news.example"))


def test_a_catalog_forgets_nothing_because_a_listing_lacks_a_segment(store: FolderStore, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    catalog.refresh(store)
    forgetful = ForgetfulStore(store, set(keys(store, layout.INDEX)[:2]))
    assert catalog.refresh(forgetful) == 0
    assert catalog.get(URL) is not None


@pytest.mark.parametrize("number", range(4))
def test_a_version_that_the_index_names_is_read_although_the_listing_lacks_it(store: FolderStore, number: int) -> None:
    forgetful = ForgetfulStore(store, {keys(store, layout.SNAPSHOTS)[number]})
    assert list(Archive(forgetful).snapshots()) == list(Archive(store).snapshots())
