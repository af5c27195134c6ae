"""Objects that are read ahead come as they were asked for, and none that is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.reading_ahead import get_all_intact

_COUNT = 30


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


@pytest.fixture
def keys(store: FolderStore) -> list[str]:
    objects = {f"index/{layout.digest_name(data)}.cdxj.gz": data for data in map(_content, range(_COUNT))}
    for key, data in objects.items():
        store.put(key, data)
    return list(objects)


def _content(number: int) -> bytes:
    return f"object {number}".encode()


def test_objects_come_in_the_order_in_which_they_were_asked_for(store: FolderStore, keys: list[str]) -> None:
    assert list(get_all_intact(store, keys)) == [(key, _content(number)) for number, key in enumerate(keys)]


def test_only_a_few_are_read_before_they_are_wanted(store: FolderStore, keys: list[str]) -> None:
    asked: list[str] = []

    def told() -> Iterator[str]:
        for key in keys:
            asked.append(key)
            yield key

    read = get_all_intact(store, told())

    assert len(list(islice(read, 1))) == 1
    assert len(asked) < _COUNT / 2


def test_what_lies_before_a_damaged_object_comes_and_the_damage_is_told(
    store: FolderStore, keys: list[str], tmp_path: Path
) -> None:
    (tmp_path / keys[20]).write_bytes(b"spoiled")
    read = get_all_intact(store, keys)

    assert [key for key, _ in islice(read, 20)] == keys[:20]
    with pytest.raises(ArchiveDamagedError, match=keys[20]):
        next(read)
