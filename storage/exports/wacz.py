"""An archive, or a part of it, as a WACZ file: WARC segments, index and pages in one ZIP that replays by itself.

Format: "Web Archive Collection Zipped", version 1.1.1. The index is a ZipNum cluster (``index.cdx.gz`` with
``index.idx``), because pywb imports no other.
"""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import msgspec

from broadsheet.storage import cdxj
from broadsheet.storage.documents import snapshots
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.exports.contents import Contents, Part
from broadsheet.storage.exports.progress import Member, Progress, UnfinishedFile
from broadsheet.storage.exports.sequential_zip import SequentialZip
from broadsheet.storage.stores.objects import ObjectStore

WACZ_VERSION = "1.1.1"
_PIECE = 8 * 1024 * 1024


def write_wacz(
    store: ObjectStore, contents: Contents, file: UnfinishedFile, progress: Progress, step: Callable[[], None]
) -> None:
    """Write what is not written yet: the WARC segments one by one, then what tells of them.

    Args:
        store: The archive.
        contents: What is taken of it.
        file: The output.
        progress: How far it has come; kept after each segment.
        step: Called after each segment.

    Raises:
        ArchiveDamagedError: A segment is not what its name says.
    """
    whole = progress.task.selection.is_everything
    with SequentialZip(file.part, progress.members) as output, tempfile.TemporaryDirectory() as scratch:
        for key in progress.segments[progress.done :]:
            parts = contents.parts(key)
            warc_key = parts[0].line.filename
            ranges = [(0, store.size(warc_key))] if whole else _ranges(contents.before(key), parts)
            member = output.add(f"archive/{_name(warc_key)}", _pieces(store, warc_key, ranges))
            if whole and not warc_key.endswith(f"-{member.sha256[:32]}.warc.gz"):
                raise ArchiveDamagedError(f"{warc_key}: its bytes are not those that were stored; run verify")
            progress.done += 1
            progress.versions += sum(part.line.snapshot is not None for part in parts)
            progress.members = output.members
            progress.length = output.length
            file.note(progress)
            step()
        _add_index(output, (line for key in progress.segments for line in _lines(contents, key, whole)), Path(scratch))
        output.add("pages/pages.jsonl", _pages(store, contents, progress.segments))
        package = _package(output.members, progress.begun_at)
        output.add("datapackage.json", [package])
        output.add("datapackage-digest.json", [_json({"path": "datapackage.json", "hash": _sha256(package)})])


def _ranges(before: int, parts: Iterable[Part]) -> list[tuple[int, int]]:
    return [(0, before), *((part.start, part.stop) for part in parts)]


def _pieces(store: ObjectStore, key: str, ranges: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    for start, stop in ranges:
        for offset in range(start, stop, _PIECE):
            yield store.get_range(key, offset, min(_PIECE, stop - offset))


def _lines(contents: Contents, key: str, whole: bool) -> Iterator[bytes]:  # noqa: FBT001 - one of two ways
    """Yield the index lines of what is taken of a segment, as they are for the copy of it."""
    parts = contents.parts(key)
    offset = contents.before(key)
    for part in parts:
        place = part.start if whole else offset
        moved = msgspec.structs.replace(part.line, filename=_name(part.line.filename), offset=str(place))
        yield cdxj.encode_line(moved)
        offset += part.stop - part.start


def _add_index(output: SequentialZip, lines: Iterable[bytes], scratch: Path) -> None:
    """Add the lines, sorted by their bytes, in blocks of 3,000, and where each block lies."""
    connection = sqlite3.connect(scratch / "lines.sqlite", isolation_level=None)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE line (text BLOB)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO line VALUES (?)", ((line,) for line in lines))
    connection.execute("COMMIT")
    places = [b'!meta 0 {"format":"cdxj-gzip-1.0","filename":"index.cdx.gz"}\n']

    def blocks() -> Iterator[bytes]:
        in_order = (line for (line,) in connection.execute("SELECT text FROM line ORDER BY text"))
        offset = 0
        while block := list(islice(in_order, cdxj.LINES_PER_MEMBER)):
            data = gzip.compress(b"".join(block), 9, mtime=0)
            place = {"offset": offset, "length": len(data), "digest": _sha256(data), "filename": "index.cdx.gz"}
            places.append(b" ".join(block[0].split(b" ", 2)[:2]) + b" " + _json(place))
            offset += len(data)
            yield data

    output.add("indexes/index.cdx.gz", blocks())
    output.add("indexes/index.idx", places)
    connection.close()


def _pages(store: ObjectStore, contents: Contents, segments: Iterable[str]) -> Iterator[bytes]:
    """Yield the list of pages: every version of an article, with its text for those who search."""
    yield _json({"format": "json-pages-1.0", "id": "pages", "title": "Versions of articles", "hasText": True})
    for key in segments:
        for part in contents.parts(key):
            snapshot = snapshots.read(store, part.line.snapshot) if part.line.snapshot else None
            if snapshot is not None and snapshot.article is not None:
                page = {
                    "id": part.line.id.rpartition(":")[2],
                    "url": snapshot.final_url,
                    "ts": f"{snapshot.captured_at:%Y-%m-%dT%H:%M:%SZ}",
                    "title": snapshot.article.title or snapshot.final_url,
                    "text": snapshot.article.text or "",
                }
                yield _json(page)


def _package(members: Iterable[Member], begun_at: str) -> bytes:
    resources = [
        {
            "name": _name(member.name),
            "path": member.name,
            "hash": f"sha256:{member.sha256}",
            "bytes": member.size,
        }
        for member in members
    ]
    package = {
        "profile": "data-package",
        "resources": resources,
        "wacz_version": WACZ_VERSION,
        "title": "Broadsheet archive",
        "software": f"Broadsheet/{version('broadsheet')}",
        "created": begun_at,
    }
    return _json(package)


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _json(document: object) -> bytes:
    return msgspec.json.encode(document) + b"\n"
