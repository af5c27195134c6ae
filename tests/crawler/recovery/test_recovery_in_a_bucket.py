"""Recovery of an archive in a bucket: the crawler's keys put what is missing, those that may delete do the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from archiving.everything import MemoryStore
from archiving.recoverable import DERIVED, build_recoverable, recovered
from archiving.stores import copy, objects
from servers.seaweedfs import SeaweedFS, seaweedfs

from broadsheet.crawler.recovery.repairing import Recovered
from broadsheet.storage import layout
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.s3.store import S3Store

BUCKET = "news-archive"  # as in the document
DOCUMENT = Path(__file__).parents[3] / "docs" / "operations.md"
TO_DELETE = "delete it with credentials that may, then run recover again"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("built") / "archive"
    build_recoverable(root)
    return objects(FolderStore(root))


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedFS]:
    with seaweedfs(users=("crawler", "reader", "takedown")) as server:
        server.client.create_bucket(Bucket=BUCKET)
        policy = DOCUMENT.read_text(encoding="utf-8").partition("```json\n")[2].partition("```")[0]
        server.client.put_bucket_policy(Bucket=BUCKET, Policy=policy)
        yield server


@pytest.fixture
def store(server: SeaweedFS, built: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3Store:
    """The archive, as its administrator reaches it."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    store = S3Store(BUCKET, tmp_path.name)
    copy(MemoryStore(built), store)
    return store


@pytest.fixture
def recover(server: SeaweedFS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Recovered]:
    def recover(user: str) -> Recovered:
        """As on a machine of that user's own, which never saw the archive."""
        for name, value in server.environment_of(user).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("BROADSHEET_STATE", tempfile.mkdtemp(dir=tmp_path))
        return recovered(server.uri(BUCKET, tmp_path.name))

    return recover


def held(store: S3Store) -> dict[str, bytes]:
    return {key: data for key, data in objects(store).items() if not key.startswith("probe/")}


def every_second(built: dict[str, bytes], first: int) -> list[str]:
    """Of each kind of what is derived.

    Without amendments, of which the last of a chain is told anew in another; and without the index of the newest batch,
    which is waited for, since another machine may be about to put it.
    """
    newest = max(key for key in built if key.startswith(layout.INDEX))
    keys = [key for key in sorted(built) if key != newest and b'"kind":"amendment"' not in built[key]]
    return [key for kind in DERIVED for key in [key for key in keys if key.startswith(kind)][first::2]]


def damage(store: S3Store, keys: Iterable[str]) -> None:
    for key in keys:
        data = bytearray(store.get(key))
        data[len(data) // 2] ^= 16
        store.delete(key)
        store.put(key, bytes(data))


def test_keys_that_only_create_put_what_is_missing_and_tell_what_somebody_has_to_delete(
    store: S3Store, built: dict[str, bytes], recover: Callable[[str], Recovered]
) -> None:
    for key in every_second(built, 0):
        store.delete(key)
    damage(store, every_second(built, 1))

    told = {each.key for each in recover("crawler").lost if each.reason.endswith(TO_DELETE)}
    assert told == set(every_second(built, 1))
    for key in told:
        store.delete(key)

    assert recover("crawler").lost == []
    assert held(store) == built


def test_keys_that_may_delete_do_it_at_once_and_a_segment_that_is_lost_is_waited_for(
    store: S3Store, built: dict[str, bytes], recover: Callable[[str], Recovered]
) -> None:
    segments = [key for key in sorted(built) if key.startswith(layout.WARC)]
    store.delete(segments[2])
    damage(store, [segments[5], *every_second(built, 0)])
    for key in every_second(built, 1):
        store.delete(key)

    lost = {each.key: each.reason for each in recover("takedown").lost}
    assert "missing" in lost[segments[2]]
    assert "Put it back from a backup" in lost[segments[5]]
    for segment in (segments[2], segments[5]):
        store.delete(segment)
        store.put(segment, built[segment])

    assert recover("takedown").lost == []
    assert held(store) == built
