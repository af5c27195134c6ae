"""An archive that holds every kind of object, and a store that keeps one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from archiving.writer import EXTRACTOR, START, Writer, answers, shows

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import extractions, manifests
from broadsheet.storage.documents.extractions import Extraction
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.index.compaction import compact as compact_index
from broadsheet.storage.index.coverage import coverages
from broadsheet.storage.model import Article, Extractor
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore, validate_key, validate_prefix
from broadsheet.storage.tables.compaction import compact as compact_tables
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.takedown.takedown import forget

URL = "https://news.example/a"
OTHER = "https://news.example/b"
FORGOTTEN = "https://news.example/forgotten"
KINDS = (
    *(layout.MARKER, layout.WARC, layout.SNAPSHOTS, layout.INDEX, layout.MANIFESTS, layout.TAKEDOWNS),
    *(layout.RUNS, layout.TABLES, layout.COMPACTED_TABLES, layout.EXTRACTIONS),
)


def build_everything(store: ObjectStore, local: Path) -> None:
    """Publish versions, revisits of both kinds, an article that vanishes, one that is taken down; derive the rest."""
    writer = Writer(store, local)
    writer.publish(shows(URL, 0, "one"), shows(OTHER, 0, "other"), shows(FORGOTTEN, 0, "private"))
    writer.publish(answers(URL, 5, "304 Not Modified"), shows(OTHER, 5, "other"), shows(FORGOTTEN, 5, "still private"))
    for number in range(2, 7):
        writer.publish(shows(URL, 10 * number, f"text {number // 2}"))
    writer.publish(answers(OTHER, 80, "410 Gone"), answers(f"{URL}/old", 80, "301 Moved Permanently", "/a"))
    writer.publish(shows(URL, 90, "the last"))
    forget(Remover(store, Amendments(store, local / "amendments"), local / "removed"), FORGOTTEN, "court order")
    writer.spool.close()
    for coverage in coverages(store):
        compact_index(coverage, local)
    compact_tables(store, (START + timedelta(days=3)).date())
    [snapshot] = [each for each in Archive(store).versions(URL) if each.version == 1]
    later = Extractor(name=EXTRACTOR.name, version="2", trafilatura=EXTRACTOR.trafilatura)
    article = Article(title="Another title", text="one")
    data = extractions.encode(Extraction(snapshot=snapshot.key, url=URL, extractor=later, article=article))
    key = layout.extraction_key(snapshot.key, data)
    store.put(key, data)
    Amendments(store, local / "amendments").publish([manifests.described(key, data)])


class MemoryStore:
    """A store of which nothing is left."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})

    def put(self, key: str, data: bytes | Path) -> None:
        validate_key(key)
        self.objects[key] = data if isinstance(data, bytes) else data.read_bytes()

    def get(self, key: str) -> bytes:
        try:
            return self.objects[key]
        except KeyError:
            raise NoSuchObjectError(f"there is no {key}") from None

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        data = self.get(key)[offset : offset + length]
        if len(data) != length:
            raise ArchiveDamagedError(f"{key} ends before byte {offset + length}")
        return data

    def size(self, key: str) -> int:
        return len(self.get(key))

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        validate_prefix(prefix)
        return iter(
            [ObjectEntry(key, len(self.objects[key])) for key in sorted(self.objects) if key.startswith(prefix)]
        )

    def directories(self, prefix: str = "") -> Iterator[str]:
        names = {key[len(prefix) :].partition("/") for key in self.objects if key.startswith(prefix)}
        return iter(sorted({name for name, slash, _ in names if slash}))

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)
