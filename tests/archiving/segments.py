"""Index segments of a writer that never was, one a publication, without the captures that they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from archiving.writer import START

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.index.coverage import Coverage
from broadsheet.storage.stores.objects import ObjectStore

WRITER = "0badcafe"


def index_line(number: int, path: str, host: str = "news.example") -> IndexLine:
    """The line of one capture; those of the same number and path are the same."""
    return IndexLine(
        url=f"https://{host}/{path}",
        mime="text/html",
        status="200",
        digest="sha256:00",
        length="10",
        offset=str(number),
        filename="warc/a.warc.gz",
        at=START + timedelta(seconds=number),
        id=f"urn:uuid:{number}",
    )


def put_segments(store: ObjectStore, publications: Sequence[Sequence[IndexLine]]) -> list[str]:
    """Put an index segment for the lines of each publication; return their keys."""
    keys = []
    for number, lines in enumerate(publications, 1):
        segment = cdxj.encode(lines)
        keys.append(layout.index_key(layout.batch_name(START + timedelta(minutes=number), WRITER), segment))
        store.put(keys[-1], segment)
    return keys


def coverage_of(store: ObjectStore, keys: Sequence[str]) -> Coverage:
    """What covers publications whose index segments have these keys."""
    return Coverage(store, WRITER, len(keys), lambda first, last: keys[first - 1 : last])
