"""A manifest that is lost after something was removed comes back, and the chains are whole again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from archiving.everything import FORGOTTEN, OTHER, MemoryStore, build_everything
from archiving.machine import Machine
from archiving.writer import EXTRACTOR, moment

from broadsheet.crawler.recovery.rebuilding import rebuild
from broadsheet.storage import layout
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.repairs import Lost
from broadsheet.storage.takedown.amendment_repair import repair_amendments
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.verification.verifier import verify


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An archive with two takedowns, a retention and an extraction revision."""
    store, directory = MemoryStore(), tmp_path_factory.mktemp("built")
    build_everything(store, directory)
    machine = Machine(store, directory)
    machine.retain(moment(15), moment(1000))
    machine.forget(OTHER)
    machine.forget(FORGOTTEN)
    assert verify(store, deep=True).defects == []
    return store.objects


def manifests_of(objects: dict[str, bytes]) -> list[str]:
    return sorted(key for key in objects if key.startswith(layout.MANIFESTS))


def recover(store: MemoryStore, directory: Path) -> list[Lost]:
    repairs = asyncio.run(rebuild(store, EXTRACTOR))
    amendments = Amendments(store, directory)
    with amendments.alone():
        repair_amendments(Remover(store, amendments, directory), repairs)
    return repairs.lost


def test_each_manifest_comes_back(built: dict[str, bytes], tmp_path: Path) -> None:
    keys = manifests_of(built)
    assert len(keys) > 10
    writers = {key.split("/")[1] for key in keys}
    last = {min(key for key in keys if key.split("/")[1] == writer) for writer in writers}
    for number, key in enumerate(keys):
        store = MemoryStore(built)
        del store.objects[key]
        assert recover(store, tmp_path / str(number)) == []
        found = verify(store, deep=False)
        assert (found.defects, found.unnamed) == ([], []), key
        assert store.objects.get(key) == built[key] or key in last


def test_all_manifests_of_batches_come_back_with_their_bytes(built: dict[str, bytes], tmp_path: Path) -> None:
    store = MemoryStore(built)
    batches = [key for key in manifests_of(built) if b'"kind":"batch"' in built[key]]
    for key in batches:
        del store.objects[key]
    assert recover(store, tmp_path) == []
    assert {key: store.objects.get(key) for key in batches} == {key: built[key] for key in batches}


def test_a_damaged_amendment_is_put_again(built: dict[str, bytes], tmp_path: Path) -> None:
    store = MemoryStore(built)
    amendments = [key for key in manifests_of(built) if b'"kind":"amendment"' in built[key]]
    damaged = next(key for key, newer in zip(amendments[1:], amendments, strict=False) if key[:18] == newer[:18])
    store.objects[damaged] = store.objects[damaged].replace(b"sha256", b"sha255")
    assert verify(store, deep=False).defects
    recover(store, tmp_path)
    assert store.objects[damaged] == built[damaged]
    assert verify(store, deep=True).defects == []


def test_an_amendment_that_is_lost_with_its_document_is_told_with_what_to_put_back(
    built: dict[str, bytes], tmp_path: Path
) -> None:
    store = MemoryStore(built)
    amendments = [key for key in manifests_of(built) if b'"kind":"amendment"' in built[key]]
    missing = next(key for key, newer in zip(amendments[1:], amendments, strict=False) if key[:18] == newer[:18])
    removals = [key for key in built if key.startswith(layout.REMOVALS) and key.encode() in built[missing]]
    for key in (missing, *removals):
        del store.objects[key]

    [told] = [lost for lost in recover(store, tmp_path / "one") if lost.key.startswith(layout.MANIFESTS)]

    assert "put it, or the documents of takedown/, retention/" in told.reason
    for key in removals:
        store.objects[key] = built[key]
    assert recover(store, tmp_path / "two") == []
    assert store.objects[missing] == built[missing]


def test_extraction_revisions_are_held_to_their_manifest(built: dict[str, bytes]) -> None:
    [key] = [key for key in built if key.startswith(layout.EXTRACTIONS)]
    missing = MemoryStore({name: data for name, data in built.items() if name != key})
    assert [defect.key for defect in verify(missing, deep=False).defects] == [key]
    longer = MemoryStore(built | {key: built[key] + b" "})
    assert key in [defect.key for defect in verify(longer, deep=False).defects]
