"""Runs: the index lines of many publications in one sorted object, with the places of its blocks beside it.

A run saves reading every index segment to find a few lines. It is a part of a ZipNum cluster as pywb reads it: gzip
members of 3,000 lines one behind the other, and a block index with one line a member,
``SURT timestamp<TAB>part<TAB>offset<TAB>length<TAB>number<TAB>digest``; pywb passes over the last field. Format: pywb's
manual, "ZipNum Sharded Index".

Runs are derived from index segments and may be deleted at any time. The block index is put last and names the bytes of
every block by their digest: what it leads to is there, and damage shows.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import tempfile
import time
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from isal import isal_zlib

from broadsheet.storage import layout
from broadsheet.storage.cdxj import LINES_PER_MEMBER
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.index import run_keys
from broadsheet.storage.index.run_keys import RunName
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import again_if_damaged, get_intact

_GZIP_WINDOW = 31
_DRAFT = ".run-"
_LEFTOVER_AGE = 24 * 60 * 60  # seconds: longer than any merge takes


class Range(NamedTuple):
    """The lines from `low` on and before `high`, as bytes compare; `high` is None where there is no end."""

    low: bytes = b""
    high: bytes | None = None


EVERYTHING = Range()


class _Block(NamedTuple):
    """One member of a run: what its first line begins with, and where it lies in which part."""

    start: bytes
    part: bytes
    offset: int
    length: int
    digest: bytes


def merge(sources: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
    """Merge sorted lines into one sequence; a line that several have, or one has twice, comes once."""
    before = None
    for line in heapq.merge(*sources):
        if line != before:
            yield line
        before = line


def write(store: ObjectStore, writer: str, level: int, first: int, lines: Iterator[bytes], scratch: Path) -> str:
    """Put a run, block by block through a file in the directory `scratch`; return the key of its block index.

    Args:
        store: Where to put it.
        writer: Whose publications its lines come from.
        level: Its level; see `run_keys.publications_in_run`.
        first: The number of the first of them.
        lines: Its lines, sorted and without their ends.
        scratch: A directory with room for the compressed run. It is made where it is missing.

    Raises:
        StoreError: The store failed.
        OSError: The disk is full or fails.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(scratch)
    with tempfile.NamedTemporaryFile(dir=scratch, prefix=_DRAFT) as file:
        hashed = hashlib.sha256()
        blocks: list[tuple[bytes, int, int, str]] = []
        offset = 0
        while members := list(islice(lines, LINES_PER_MEMBER)):
            block = isal_zlib.compress(b"\n".join(members) + b"\n", isal_zlib.ISAL_BEST_COMPRESSION, wbits=_GZIP_WINDOW)
            hashed.update(block)
            file.write(block)
            start = b" ".join(members[0].split(b" ", 2)[:2])
            blocks.append((start, offset, len(block), layout.digest_name(block)))
            offset += len(block)
        file.flush()
        key = run_keys.lines_key(writer, level, first, hashed.hexdigest()[:32])
        store.put(key, Path(file.name))
    part = key.rpartition("/")[2]
    index = b"".join(
        b"%b\t%b\t%d\t%d\t%d\t%b\n" % (start, part.encode(), place, length, number, digest.encode())
        for number, (start, place, length, digest) in enumerate(blocks, 1)
    )
    index_key = run_keys.index_key(writer, level, first, index)
    store.put(index_key, index)
    return index_key


def read(store: ObjectStore, run: RunName, wanted: Range = EVERYTHING) -> Iterator[bytes]:
    """Yield the lines of a run within a range, in their order; one block is read, and held, at a time.

    Raises:
        NoSuchObjectError: A part of the run is not there.
        ArchiveDamagedError: A part of it is not what was stored.
    """
    for block in _within(_blocks(store, run), wanted):
        lines = _lines(store, run, block)
        end = len(lines) if wanted.high is None else bisect_left(lines, wanted.high)
        yield from lines[bisect_left(lines, wanted.low) : end]


def _remove_leftovers(scratch: Path) -> None:
    """Remove what processes that were killed have left."""
    oldest = time.time() - _LEFTOVER_AGE
    for path in scratch.glob(f"{_DRAFT}*"):
        # Another process that writes a run now may be faster.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def _blocks(store: ObjectStore, run: RunName) -> list[_Block]:
    data = get_intact(store, run.key)
    fields = (line.split(b"\t") for line in data.split(b"\n")[:-1])
    return [_Block(start, part, int(offset), int(length), digest) for start, part, offset, length, _, digest in fields]


def _within(blocks: list[_Block], wanted: Range) -> list[_Block]:
    starts = [block.start for block in blocks]
    end = len(blocks) if wanted.high is None else bisect_left(starts, wanted.high)
    # The block before the first that starts within the range may end in it.
    return blocks[max(bisect_left(starts, wanted.low) - 1, 0) : end]


def _lines(store: ObjectStore, run: RunName, block: _Block) -> list[bytes]:
    return again_if_damaged(lambda: _read_lines(store, run.directory + block.part.decode(), block))


def _read_lines(store: ObjectStore, key: str, block: _Block) -> list[bytes]:
    data = store.get_range(key, block.offset, block.length)
    if layout.digest_name(data).encode() != block.digest:
        raise ArchiveDamagedError(f"the run {key}: the block at byte {block.offset} is not what was stored")
    return zlib.decompress(data, _GZIP_WINDOW).split(b"\n")[:-1]
