"""The snapshot document: its schema, its bytes, and that a damaged one is never shown."""

from __future__ import annotations

import importlib.resources
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are not installed
import pytest
from archiving.writer import Writer, answers, moment, shows
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.storage import layout
from broadsheet.storage.documents import snapshots
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError
from broadsheet.storage.model import (
    Article,
    Author,
    Candidate,
    Date,
    Evidence,
    Extractor,
    HttpAnswer,
    Image,
    Provenance,
    RelatedLink,
    SnapshotDocument,
    Subscription,
    SubscriptionBlock,
    WarcLocation,
)
from broadsheet.storage.stores.folder import FolderStore

REPOSITORY = Path(__file__).resolve().parents[3]
URL = "https://news.example/a"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
MAYBE = st.none() | TEXTS
DATES = st.none() | st.builds(
    Date,
    value=st.sampled_from(["2016-06-10T09:12:00+02:00", "2016-06-10T09:12:00", "2016-06-10", "2016-06", "2016"]),
    precision=st.sampled_from(["second", "minute", "day", "month", "year"]),
    zone=st.sampled_from(["stated", "assumed", "unknown"]),
)
SOURCES = st.sampled_from(["json-ld", "opengraph", "visible", "trafilatura"])
SUBSCRIPTIONS = st.builds(
    Subscription,
    access=st.sampled_from(["free", "paywalled", "unknown"]),
    complete=st.none() | st.booleans(),
    evidence=st.lists(st.builds(Evidence, source=TEXTS, value=TEXTS), max_size=1),
    blocks=st.lists(st.builds(SubscriptionBlock, kind=st.sampled_from(["newsletter", "app"]), text=MAYBE), max_size=1),
)
ARTICLES = st.builds(
    Article,
    title=MAYBE,
    text=MAYBE,
    language=MAYBE,
    tags=st.lists(TEXTS, max_size=2),
    authors=st.lists(st.builds(Author, name=TEXTS, url=MAYBE), max_size=2),
    published=DATES,
    modified=DATES,
    images=st.lists(st.builds(Image, url=TEXTS, caption=MAYBE), max_size=1),
    related=st.lists(
        st.builds(RelatedLink, url=MAYBE, published=DATES, kind=st.sampled_from(["see_also", "topic"])), max_size=1
    ),
    subscription=SUBSCRIPTIONS,
    provenance=st.dictionaries(
        st.sampled_from(["title", "published"]),
        st.builds(
            Provenance,
            source=SOURCES,
            candidates=st.lists(st.builds(Candidate, source=SOURCES, value=TEXTS), max_size=1),
        ),
        max_size=1,
    ),
)
DOCUMENTS = st.builds(
    SnapshotDocument,
    url=st.just(URL),
    final_url=st.just(URL),
    canonical_url=MAYBE,
    surt=TEXTS,
    captured_at=st.datetimes(datetime(1996, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    previous=st.sampled_from([None, f"snapshot/ab/ab{'0' * 30}/8204609800000-{'0' * 16}-{'0' * 16}.json"]),
    changes=st.lists(st.sampled_from(["headline", "body", "restored"]), unique=True),
    state=st.just("live"),
    content_digest=st.just("sha256:" + "0" * 64),
    http=st.builds(HttpAnswer, status=st.just(200), headers=st.lists(st.tuples(TEXTS, TEXTS), max_size=2), ip=MAYBE),
    warc=st.just(WarcLocation(key="warc/2026/11/22/a.warc.gz", offset=0, length=1, record_id="urn:uuid:0")),
    article=ARTICLES,
    extractor=st.just(Extractor(name="test", version="1", trafilatura="2.3.1")),
)


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema as it is installed with the package."""
    text = (importlib.resources.files("broadsheet.storage") / "snapshot.schema.json").read_text("utf-8")
    return json.loads(text)


def stored(store: FolderStore, data: bytes) -> str:
    """Store bytes as a snapshot under the key that belongs to them."""
    key = layout.snapshot_key("0" * 32, moment(0), "sha256:" + "0" * 64, data)
    store.put(key, data)
    return key


def errors(schema: Any, document: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]


def test_the_schema_is_the_one_that_the_types_give() -> None:
    script = REPOSITORY / "scripts" / "snapshot_schema.py"

    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")


def test_the_schema_is_a_schema_of_the_draft_it_names(schema: Any) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


@settings(max_examples=60)
@given(document=DOCUMENTS)
def test_every_document_follows_the_schema_and_comes_back_as_it_was(schema: Any, document: SnapshotDocument) -> None:
    data = snapshots.encode(document)

    assert errors(schema, json.loads(data)) == []
    assert data.count(b"\n") == 1


@settings(max_examples=30)
@given(document=DOCUMENTS)
def test_a_document_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, document: SnapshotDocument
) -> None:
    store = FolderStore(tmp_path_factory.getbasetemp() / "snapshots")

    key = stored(store, snapshots.encode(document))

    assert snapshots.read(store, key) == document


def test_what_a_writer_stores_follows_the_schema(schema: Any, tmp_path: Path, store: FolderStore) -> None:
    writer = Writer(store, tmp_path / "local")
    writer.publish(shows(URL, 0, "one", language="en"))
    writer.publish(shows(URL, 1, "two"))
    writer.publish(answers(URL, 2, "410 Gone"))

    documents = [json.loads(store.get(entry.key)) for entry in store.list(layout.SNAPSHOTS)]

    assert [document["state"] for document in documents] == ["gone", "live", "live"]
    assert [errors(schema, document) for document in documents] == [[], [], []]
    assert list(documents[0]) == schema["required"] == list(SnapshotDocument.__struct_fields__)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", "broadsheet.snapshot/2"),
        ("captured_at", None),
        ("state", "gone"),
        ("state", "missing"),
        ("article", None),
        ("content_digest", "sha1:00"),
        ("previous", "elsewhere.json"),
        ("changes", ["everything"]),
        ("warc", {"key": "warc/a.warc.gz", "offset": -1, "length": 1, "record_id": "urn:uuid:0"}),
        ("http", {"status": 200}),
    ],
)
def test_what_breaks_the_contract_fails_the_schema(schema: Any, tmp_path: Path, field: str, value: object) -> None:
    store = FolderStore(tmp_path / "archive")
    [published] = Writer(store, tmp_path / "local").publish(shows(URL, 0, "one"))
    document = json.loads(store.get(published.snapshot_key or ""))

    assert errors(schema, document) == []
    assert errors(schema, document | {field: value}) != []
    del document[field]
    assert errors(schema, document) != [], "every field is there, null where it is not known"


def test_fields_that_a_later_version_adds_are_passed_over(schema: Any, tmp_path: Path, store: FolderStore) -> None:
    [published] = Writer(store, tmp_path / "local").publish(shows(URL, 0, "one"))
    data = store.get(published.snapshot_key or "")
    extended = json.loads(data) | {"added_later": {"a": 1}}

    key = stored(store, json.dumps(extended).encode())

    assert errors(schema, extended) == []
    assert snapshots.encode(snapshots.read(store, key)) == data


def test_a_snapshot_whose_bytes_are_others_is_never_shown(tmp_path: Path, store: FolderStore) -> None:
    [published] = Writer(store, tmp_path / "local").publish(shows(URL, 0, "one"))
    key = published.snapshot_key or ""
    path = tmp_path / "archive" / key
    data = path.read_bytes()

    for damaged in (data.replace(b"one", b"two"), data[:-1], b""):
        path.write_bytes(damaged)
        with pytest.raises(ArchiveDamagedError, match=key):
            snapshots.read(store, key)


def test_a_snapshot_that_is_missing_is_reported_by_its_key(store: FolderStore) -> None:
    with pytest.raises(NoSuchObjectError):
        snapshots.read(store, "snapshot/none.json")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema":"broadsheet.snapshot/1"}', b"\xff"])
def test_what_is_no_snapshot_is_of_a_format_that_is_not_read(store: FolderStore, data: bytes) -> None:
    key = stored(store, data)

    with pytest.raises(ArchiveFormatError, match=key):
        snapshots.read(store, key)


def test_a_snapshot_of_another_format_says_which(tmp_path: Path, store: FolderStore) -> None:
    [published] = Writer(store, tmp_path / "local").publish(shows(URL, 0, "one"))
    data = store.get(published.snapshot_key or "").replace(b"broadsheet.snapshot/1", b"broadsheet.snapshot/2")

    with pytest.raises(ArchiveFormatError, match=r"broadsheet\.snapshot/2"):
        snapshots.read(store, stored(store, data))


def test_a_number_is_added_by_whoever_reads(tmp_path: Path, store: FolderStore) -> None:
    [published] = Writer(store, tmp_path / "local").publish(shows(URL, 0, "one"))
    key = published.snapshot_key or ""
    document = snapshots.read(store, key)

    snapshot = snapshots.numbered(document, key, 7)

    assert (snapshot.version, snapshot.key) == (7, key)
    assert all(getattr(snapshot, name) == getattr(document, name) for name in document.__struct_fields__)
