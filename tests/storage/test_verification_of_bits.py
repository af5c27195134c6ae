"""Any flipped bit in any object of any kind is found, and the object is named.

BROADSHEET_FLIPS sets how many are flipped; 1,000 take a quarter of a minute.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from archiving.everything import KINDS, MemoryStore, build_everything

from broadsheet.storage import layout
from broadsheet.storage.verification.verifier import verify

FLIPS = int(os.environ.get("BROADSHEET_FLIPS", "200"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    store = MemoryStore()
    build_everything(store, tmp_path_factory.mktemp("local"))
    return store


def named_when_flipped(sound: MemoryStore, key: str, bit: int) -> bool:
    data = bytearray(sound.objects[key])
    data[bit // 8] ^= 1 << bit % 8
    flipped = MemoryStore({**sound.objects, key: bytes(data)})
    return any(defect.key == key for defect in verify(flipped, deep=True).defects)


def test_an_archive_of_every_kind_of_object_is_sound(sound: MemoryStore) -> None:
    assert all(any(key.startswith(kind) for key in sound.objects) for kind in KINDS)
    found = verify(sound, deep=True)
    assert (found.defects, found.unnamed, found.remarks) == ([], [], [])
    assert (found.derived, found.removals) == (15, 1)


def test_flipped_bits_are_all_found_and_named(sound: MemoryStore) -> None:
    """Half of them anywhere in the archive, half in an object of each kind in turn."""
    random = Random(os.environ.get("BROADSHEET_FLIPS_SEED", "broadsheet"))
    sizes = {key: len(data) for key, data in sorted(sound.objects.items())}
    of_kind = [[key for key in sizes if key.startswith(kind)] for kind in KINDS]
    missed = []
    for number in range(FLIPS):
        if number % 2:
            [key] = random.choices(list(sizes), weights=list(sizes.values()))
        else:
            key = random.choice(of_kind[number // 2 % len(of_kind)])
        bit = random.randrange(8 * sizes[key])
        if not named_when_flipped(sound, key, bit):
            missed.append((key, bit))
    assert missed == []


def test_every_bit_of_the_marker_counts_although_no_digest_covers_it(sound: MemoryStore) -> None:
    bits = range(8 * len(sound.objects[layout.MARKER]))
    assert [bit for bit in bits if not named_when_flipped(sound, layout.MARKER, bit)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_is_gone_is_told_unless_it_is_a_cache_or_the_last(sound: MemoryStore, kind: str) -> None:
    """What may be missing: runs and tables, which readers do without, extraction revisions, and the end of a chain."""
    told = {}
    for key in [key for key in sound.objects if key.startswith(kind)]:
        found = verify(MemoryStore({other: data for other, data in sound.objects.items() if other != key}), deep=True)
        told[key] = bool(found.defects or found.remarks or found.unnamed)
    if kind in (layout.RUNS, layout.TABLES, layout.COMPACTED_TABLES, layout.EXTRACTIONS):
        return
    assert [key for key, is_told in told.items() if not is_told] == []


def test_what_is_of_no_kind_is_told_and_is_no_damage(sound: MemoryStore) -> None:
    strangers = ["notes/readme.txt", "warc/2026/11/22/backup.warc.gz", "snapshot/zz.json", "table/captures/x.parquet"]
    found = verify(MemoryStore({**sound.objects, **dict.fromkeys(strangers, b"something")}), deep=False)
    assert found.defects == []
    assert sorted(remark.key for remark in found.remarks) == sorted(strangers)
