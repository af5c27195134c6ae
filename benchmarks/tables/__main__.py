"""`python -m benchmarks.tables`: what tables cost a publication, and what they save a job that reads much.

An archive of made-up articles is published in batches into a folder, with the tables and without. Then the same
question (how many characters of text has each section) is answered by a SQL query over the tables and by reading the
snapshots one by one; a ratio is printed for each.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import snapshots
from broadsheet.storage.model import Article, Author, Extractor, HttpAnswer, SnapshotDocument, WarcLocation
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import tables
from broadsheet.storage.tables.compaction import compact
from broadsheet.storage.urls import identity_hash, surt

_SECTIONS = ("Town", "World", "Sport", "Money")
_EXTRACTOR = Extractor(name="benchmark", version="1", trafilatura="-")
_START = datetime(2026, 11, 1, tzinfo=UTC)
_A_DAY = 24  # batches
_WORDS = 400


def main() -> None:
    """Make the archive, ask it both ways, print what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("--versions", type=int, default=10_000, help="versions in all [10000]")
    parser.add_argument("--batch", type=int, default=100, help="versions a batch [100]")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as directory:
        _measure(Path(directory), arguments.versions, arguments.batch)


def _measure(directory: Path, versions: int, batch_size: int) -> None:
    store = FolderStore(directory)
    seconds = sum(_publish(store, number, batch_size) for number in range(versions // batch_size))
    size = {prefix: _size(store, prefix) for prefix in (layout.SNAPSHOTS, layout.TABLES)}
    print(f"{versions} versions in batches of {batch_size}")
    print(f"writing tables      {1000 * seconds / versions:8.2f} ms a version")
    print(f"table/              {size[layout.TABLES] / versions:8.0f} bytes a version", end="")
    print(f"   (snapshot/ {size[layout.SNAPSHOTS] / versions:.0f})")
    one_by_one, expected = _timed(lambda: _by_snapshots(store))
    for title in ("segments", "compacted"):
        if title == "compacted":
            compact(store, (_START + timedelta(days=10_000)).date())
            print(f"table-compacted/    {_size(store, layout.COMPACTED_TABLES) / versions:8.0f} bytes a version")
        by_sql, found = _timed(lambda: _by_sql(store))
        assert found == expected
        print(f"SQL over {title:10} {by_sql:8.3f} s, snapshots one by one {one_by_one:.3f} s", end="")
        print(f": {one_by_one / by_sql:.0f} : 1")


def _publish(store: ObjectStore, number: int, size: int) -> float:
    """Put the index segment, snapshots and tables of a made-up batch; return the seconds that the tables took."""
    opened = _START + timedelta(days=number / _A_DAY)
    batch = layout.batch_name(opened, "00000000")
    shuffled = random.Random(number)
    documents = {}
    lines = []
    for place in range(size):
        document = _document(f"https://news.example/{number}/{place}", opened + timedelta(seconds=place), shuffled)
        data = snapshots.encode(document)
        key = layout.snapshot_key(identity_hash(document.url), document.captured_at, document.content_digest, data)
        store.put(key, data)
        documents[key] = document
        lines.append(_line(document, key))
    index = cdxj.encode(lines)
    index_key = layout.index_key(batch, index)
    store.put(index_key, index)
    begin = time.perf_counter()
    tables.put(store, index_key, lines, lambda keys: [documents[key] for key in keys])
    return time.perf_counter() - begin


def _document(url: str, at: datetime, shuffled: random.Random) -> SnapshotDocument:
    words = ["".join(shuffled.choices("aeiounrstlkdm", k=shuffled.randint(2, 9))) for _ in range(150)]
    text = " ".join(shuffled.choices(words, k=_WORDS))
    return SnapshotDocument(
        url=url,
        final_url=url,
        surt=surt(url),
        captured_at=at,
        content_digest=f"sha256:{shuffled.randbytes(32).hex()}",
        http=HttpAnswer(status=200, content_type="text/html"),
        warc=WarcLocation(key="warc/x.warc.gz", offset=0, length=1, record_id=f"urn:uuid:{shuffled.random()}"),
        article=Article(
            title=text[:60], text=text, section=shuffled.choice(_SECTIONS), authors=[Author(name=words[0])]
        ),
        extractor=_EXTRACTOR,
    )


def _line(document: SnapshotDocument, key: str) -> cdxj.IndexLine:
    return cdxj.IndexLine(
        url=document.url,
        mime="text/html",
        status="200",
        digest=document.content_digest,
        length="1",
        offset="0",
        filename=document.warc.key,
        at=document.captured_at,
        id=document.warc.record_id,
        outcome="new",
        snapshot=key,
    )


def _by_snapshots(store: ObjectStore) -> dict[str, int]:
    found = Counter[str]()
    for entry in store.list(layout.SNAPSHOTS):
        article = snapshots.read(store, entry.key).article
        assert article is not None
        found[article.section or ""] += len(article.text or "")
    return dict(found)


def _by_sql(store: FolderStore) -> dict[str, int]:
    files = [str(store.root / key) for key in Archive(store).tables("versions")]
    query = "SELECT section, sum(length(text))::BIGINT FROM read_parquet(?) GROUP BY section"
    return dict(duckdb.execute(query, [files]).fetchall())


def _timed(question: Callable[[], dict[str, int]]) -> tuple[float, dict[str, int]]:
    begin = time.perf_counter()
    found = question()
    return time.perf_counter() - begin, found


def _size(store: ObjectStore, prefix: str) -> int:
    return sum(entry.size for entry in store.list(prefix))


if __name__ == "__main__":
    main()
