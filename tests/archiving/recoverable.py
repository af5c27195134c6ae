"""An archive that holds every kind of object and was read from real pages, so that all of it can be made anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

from archiving.readable import page, publish_batches
from archiving.stores import objects
from archiving.writer import EXTRACTOR, Writer, answers

from broadsheet.crawler.recovery.repairing import Recovered, recover_everything
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import extractions
from broadsheet.storage.documents.extractions import Extraction
from broadsheet.storage.model import Extractor
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.takedown.takedown import forget
from broadsheet.storage.workspace import Workspace

DERIVED = (*(layout.INDEX, layout.SNAPSHOTS, layout.MANIFESTS), *(layout.RUNS, layout.TABLES, layout.COMPACTED_TABLES))

_URL = "https://news.example/2024/11/22/a-story-of-some-length"
_OTHER = "https://news.example/2024/11/22/another-story-of-some-length"
_FORGOTTEN = "https://news.example/2024/11/22/a-story-that-is-taken-down"
# In minutes: on days that are over, so that their tables are compacted.
_LAST_YEARS = -2 * 365 * 24 * 60


def build_recoverable(root: Path) -> None:
    """Make it in a folder: eight batches, two articles taken down, an extraction, and all that is derived."""
    writer = Writer(FolderStore(root), root / ".local")
    batches = []
    for number in range(8):
        minute = _LAST_YEARS + 10 * number
        pages = [page(_URL, minute, f"text {number // 3}")]
        if number in (1, 2):
            pages += [page(_FORGOTTEN, minute, f"private {number}"), page(f"{_FORGOTTEN}/2", minute, "private as well")]
        pages += [page(_OTHER, minute, "other") if number < 6 else answers(_OTHER, minute, "410 Gone")]
        batches.append(pages)
    publish_batches(writer, batches)
    writer.spool.close()
    writer.catalog.close()
    with Workspace.open(str(root)) as workspace:
        with workspace.removing() as remover:
            forget(remover, _FORGOTTEN, "court order")
            forget(remover, f"{_FORGOTTEN}/2", "another one")
        first = Archive(workspace.store).version(_URL, 1)
        later = Extractor(name=EXTRACTOR.name, version="2", trafilatura=EXTRACTOR.trafilatura)
        data = extractions.encode(Extraction(snapshot=first.key, url=_URL, extractor=later))
        workspace.store.put(layout.extraction_key(first.key, data), data)
    recovered(str(root))
    assert {key.partition("/")[0] + "/" for key in objects(FolderStore(root))} >= set(DERIVED)


def recovered(archive: str) -> Recovered:
    """Recover an archive, with the keys and the state that the environment names."""
    with Workspace.open(archive) as workspace:
        return asyncio.run(recover_everything(workspace, EXTRACTOR))
