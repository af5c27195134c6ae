"""A crawl measures what it takes: each number is held against what the site and the archive saw."""

from __future__ import annotations

import re
from collections import Counter
from io import BytesIO
from pathlib import Path

from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, cut_off, front_page
from servers.raw_server import RawServer

from broadsheet.storage import layout
from broadsheet.storage.segments import warc
from broadsheet.storage.stores.folder import FolderStore

_UNDATED = re.sub(r'<meta property="article:published_time"[^>]*>', "", article("Undated"))


def test_the_summary_tells_fetches_bytes_and_what_could_not_be_read(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    paper = {
        "/": answer(front_page(["/story", "/undated", "/slow", "/cut", "/none"])),
        "/story": answer(article("Story")),
        "/undated": answer(_UNDATED),
        "/slow": answer(article("Slow"), seconds=0.6),
        "/cut": cut_off(article("Cut")),
    }
    with RawServer(paper) as site:
        found = Broadsheet(str(archive)).crawl(f"http://127.0.0.1:{site.port}/")["measures"]
        asked = len(site.log)

    assert found["fetch_seconds"]["count"] == sum(found["answers"].values()) == asked
    assert found["fetch_seconds"]["count"] > found["fetch_seconds"]["within"]["0.5"]
    assert found["fetch_seconds"]["sum"] >= 0.6
    assert found["answers"]["2xx"] == 4
    assert found["answers"]["none"] == 3, "a page that breaks off is asked for three times"
    assert found["answers"]["4xx"] == asked - 7
    assert (found["pages_read"], found["articles_read"]) == (4, 3)
    assert {word: count for word, count in found["extraction_failures"].items() if count} == {"without_date": 1}
    assert found["store_errors"] == {"repeated": 0, "put_off": 0, "refused": 0}

    store = FolderStore(archive)
    recorded = _bytes_in_records(store)
    assert (found["bytes"]["sent"], found["bytes"]["received"]) == (recorded["request"], recorded["response"])
    published = (layout.WARC, layout.SNAPSHOTS, layout.INDEX, layout.MANIFESTS)
    assert found["bytes"]["stored"] == sum(entry.size for prefix in published for entry in store.list(prefix))


def _bytes_in_records(store: FolderStore) -> Counter[str]:
    """How many bytes the blocks of an archive's records have, by type."""
    found: Counter[str] = Counter()
    for _, content in inspection.warcs(store):
        for _, _, record in warc.iterate(BytesIO(content)):
            found[record.type] += len(record.block)
    return found
