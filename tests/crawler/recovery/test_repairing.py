"""Recovery by itself: whatever derived object is missing or damaged comes back, takedowns or not; the rest is told."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from archiving.recoverable import DERIVED, build_recoverable, recovered
from archiving.stores import ForgetfulStore, WatchedStore, objects
from archiving.writer import EXTRACTOR

from broadsheet.crawler.recovery.repairing import recover_everything
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import manifests
from broadsheet.storage.errors import StoreError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.workspace import Workspace


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built") / "archive"
    build_recoverable(root)
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "archive")
    # The lanes know that they were copied; they are this machine's again.
    for head in built.glob(".local/spool/*/head"):
        shutil.copy(head, tmp_path / "archive" / head.relative_to(built))
    return tmp_path / "archive"


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


def of(store: FolderStore, prefix: str) -> list[str]:
    return [entry.key for entry in store.list(prefix)]


def test_nothing_is_put_where_nothing_is_missing(root: Path) -> None:
    before = objects(FolderStore(root))
    again = recovered(str(root))
    assert (again.rebuilt, again.lost, again.segments, again.removals) == ([], [], [], [])
    assert objects(FolderStore(root)) == before
    found = verify(FolderStore(root), deep=True)
    assert (found.defects, found.unnamed, found.remarks) == ([], [], [])


def is_last_amendment(store: FolderStore, key: str) -> bool:
    """Nothing tells where it stood when it is missing: what it told is told anew, in another chain."""
    manifest = manifests.read(store, key) if key.startswith(layout.MANIFESTS) else None
    return manifest is not None and manifest.kind == "amendment" and manifest.number == 3


@pytest.mark.parametrize("harm", ["missing", "damaged"])
@pytest.mark.parametrize("prefix", DERIVED)
def test_what_is_derived_comes_back_after_takedowns_byte_for_byte(root: Path, prefix: str, harm: str) -> None:
    """Every second object of a kind at once."""
    store = FolderStore(root)
    before = objects(store)
    victims = [key for key in of(store, prefix)[::2] if harm == "damaged" or not is_last_amendment(store, key)]
    for victim in victims:
        if harm == "missing":
            store.delete(victim)
        else:
            damage(root / victim)

    again = recovered(str(root))

    assert again.lost == []
    assert objects(store) == before
    found = verify(store, deep=True)
    assert (found.defects, found.unnamed, found.remarks) == ([], [], [])


def test_all_manifests_of_all_chains_come_back_so_that_followers_can_go_on(root: Path) -> None:
    store = FolderStore(root)
    told = [(change.url, change.outcome, change.snapshot_key) for change in Archive(store).changes()]
    shutil.rmtree(root / layout.MANIFESTS)

    again = recovered(str(root))

    assert again.lost == []
    found = verify(store, deep=True)
    assert (found.defects, found.unnamed) == ([], [])
    assert {(change.url, change.outcome, change.snapshot_key) for change in Archive(store).changes()} == set(told)


def test_what_cannot_be_made_anew_is_told_and_nothing_that_was_derived_from_it_goes(root: Path) -> None:
    store = FolderStore(root)
    before = objects(store)
    victims = [of(store, prefix)[-1] for prefix in (layout.WARC, layout.TAKEDOWNS, layout.EXTRACTIONS)]
    (root / victims[0]).unlink()
    damage(root / victims[1])
    damage(root / victims[2])

    again = recovered(str(root))

    assert set(victims) <= {lost.key for lost in again.lost}
    assert again.rebuilt == []
    assert objects(store).keys() == before.keys() - {victims[0]}


class _Undeletable(WatchedStore):
    """A folder of somebody who may add to it, and neither replace nor delete."""

    def delete(self, key: str) -> None:
        raise StoreError(f"{key} may not be deleted: AccessDenied")


@pytest.mark.parametrize("prefix", [layout.INDEX, layout.SNAPSHOTS, layout.MANIFESTS, layout.RUNS, layout.TABLES])
def test_who_may_not_delete_is_told_what_is_left_to_do(root: Path, prefix: str) -> None:
    store = FolderStore(root)
    victim = next(key for key in of(store, prefix))
    damage(root / victim)
    before = objects(store)
    with Workspace.open(str(root)) as workspace:
        workspace.store = _Undeletable(store, lambda _: None)
        told = asyncio.run(recover_everything(workspace, EXTRACTOR))

    left = {lost.key: lost.reason for lost in told.lost}
    assert "then run recover again" in left[victim]
    assert objects(store) == before
    assert recovered(str(root)).lost == []
    assert verify(store, deep=True).defects == []


@pytest.mark.parametrize("prefix", [layout.WARC, layout.INDEX, layout.SNAPSHOTS])
def test_a_listing_that_lacks_what_others_name_is_no_loss_and_is_cured(root: Path, prefix: str) -> None:
    store = FolderStore(root)
    victim = of(store, prefix)[0]
    before = objects(store)
    with Workspace.open(str(root)) as workspace:
        forgetful = ForgetfulStore(store, {victim})
        workspace.store = forgetful
        told = asyncio.run(recover_everything(workspace, EXTRACTOR))

    assert told.lost == []
    assert told.rebuilt == [victim]
    assert forgetful.lacking == set()
    assert objects(store) == before


def test_a_batch_that_was_set_aside_is_told(root: Path) -> None:
    [lane, *_] = [path for path in (root / ".local/spool").iterdir() if path.is_dir()]
    aside = lane / "set-aside-1795348800000-0badcafe"
    aside.mkdir()
    assert recovered(str(root)).set_aside == [str(aside)]
