"""`broadsheet reextract`: what is archived, read again by another extractor."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from archiving.stores import objects
from archiving.writer import EXTRACTOR, Visit, Writer, answer, answers, moment, shows
from end_to_end import foreign, inspection, pages
from end_to_end.command import Broadsheet

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.documents import extractions, manifests
from broadsheet.storage.documents.extractions import Extraction
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.model import Article, Extractor, Hints
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

URL = "https://news.example/a"


def read_badly(url: str, minute: float, title: str) -> Visit:
    """A visit to a page of which the old extractor took nothing but the headline."""
    visit = shows(url, minute, title)
    response = answer(pages.article(title).encode())
    return replace(visit, response=response, finding=Finding(article=Article(title=title, text="Cookies?")))


@pytest.fixture
def broadsheet(tmp_path: Path) -> Broadsheet:
    """An archive whose versions an old extractor read badly."""
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    hinted = replace(read_badly(URL, 2, "Second"), request=Request(expected=True, hints=Hints(title="From a feed")))
    writer.publish(read_badly(URL, 0, "First"), read_badly("https://news.example/b", 0.5, "Other"))
    writer.publish(hinted, answers("https://news.example/b", 3, "410 Gone"))
    return Broadsheet(str(tmp_path / "archive"))


def without_extractions(archive: str) -> dict[str, bytes]:
    held = objects(Archive.open(archive).store)
    return {key: data for key, data in held.items() if not key.startswith(layout.EXTRACTIONS)}


def test_every_version_gets_a_revision_and_nothing_that_was_there_changes(broadsheet: Broadsheet) -> None:
    before = without_extractions(broadsheet.archive)
    ended = broadsheet("reextract", "--all", "--json")
    assert ended.status == 0, ended.stderr
    counts = {name: ended.document[name] for name in ("versions", "same", "revised", "failed")}
    assert counts == {"versions": 3, "same": 0, "revised": 3, "failed": 0}
    after = without_extractions(broadsheet.archive)
    assert {key: after[key] for key in before} == before
    [manifest] = [manifests.decode(after[key], key) for key in after.keys() - before.keys()]
    held = objects(Archive.open(broadsheet.archive).store)
    assert [each.key for each in manifest.objects] == sorted(held.keys() - after.keys())
    for snapshot in Archive.open(broadsheet.archive).versions(URL):
        (revision,) = Archive.open(broadsheet.archive).extractions(snapshot)
        assert snapshot.article
        assert snapshot.article.text == "Cookies?"
        assert revision.article
        assert revision.article.text == pages.made_up_text(snapshot.article.title or "")
        assert revision.extractor.name == "broadsheet"
    inspection.check_deeply(Archive.open(broadsheet.archive).store)


def test_reading_again_what_was_read_again_writes_nothing(broadsheet: Broadsheet) -> None:
    broadsheet("reextract", URL)
    held = objects(Archive.open(broadsheet.archive).store)
    again = broadsheet("reextract", URL, "--json").document
    assert (again["versions"], again["same"], again["revised"]) == (2, 2, 0)
    assert objects(Archive.open(broadsheet.archive).store) == held


def test_the_snapshot_is_shown_unless_the_latest_extraction_is_asked_for(broadsheet: Broadsheet) -> None:
    broadsheet("reextract", URL)
    shown = broadsheet("show", URL, "--format", "json").document
    latest = broadsheet("show", URL, "--format", "json", "--extraction", "latest").document
    assert shown["article"]["text"] == "Cookies?"
    assert latest["article"]["text"] == pages.made_up_text("Second")
    assert {name for name in shown if shown[name] != latest[name]} == {"article", "canonical_url", "extractor"} - (
        {"canonical_url"} if shown["canonical_url"] == latest["canonical_url"] else set()
    )
    assert pages.made_up_text("Second").split("\n")[0] in broadsheet("show", URL, "--extraction", "latest").text
    # A version that was never read again is what its snapshot says.
    other = ("show", "https://news.example/b", "--format", "json")
    assert broadsheet(*other).stdout == broadsheet(*other, "--extraction", "latest").stdout


def test_a_page_is_read_with_what_its_feed_said_of_it(broadsheet: Broadsheet) -> None:
    broadsheet("reextract", URL)
    latest = broadsheet("show", URL, "--extraction", "latest", "--format", "json").document
    assert "From a feed" in json.dumps(latest["article"]["provenance"]["title"])


def test_a_crawl_that_reads_as_reextraction_does_leaves_nothing_to_revise(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    broadsheet("import", foreign.write(tmp_path / "w", [foreign.shows(URL, moment(0), "A")]))
    ended = broadsheet("reextract", "--all", "--json").document
    assert (ended["versions"], ended["same"]) == (1, 1)


def test_an_older_extractor_does_not_supersede_a_newer_one(broadsheet: Broadsheet) -> None:
    archive = Archive.open(broadsheet.archive)
    snapshot = archive.latest(URL)
    assert snapshot
    for version in ("9", "10"):
        newer = Extractor(name="broadsheet", version=version, trafilatura="2.3.1")
        revision = Extraction(
            snapshot=snapshot.key, url=URL, extractor=newer, article=Article(title="New", text=version)
        )
        data = extractions.encode(revision)
        archive.store.put(layout.extraction_key(snapshot.key, data), data)
    broadsheet("reextract", URL)
    found = archive.extractions(snapshot)
    assert [revision.extractor.version for revision in found] == ["9", "10"]
    assert extractions.age(EXTRACTOR) < extractions.age(found[0].extractor)


def test_a_capture_that_is_damaged_is_told_and_costs_no_other(broadsheet: Broadsheet) -> None:
    archive = Archive.open(broadsheet.archive)
    snapshot = archive.latest(URL)
    assert snapshot
    path = Path(broadsheet.archive) / snapshot.warc.key
    data = bytearray(path.read_bytes())
    data[snapshot.warc.offset + snapshot.warc.length // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    ended = broadsheet("reextract", "--all", "--json")
    assert ended.status == 1
    assert (ended.document["revised"], ended.document["failed"]) == (2, 1)
    assert [failure["snapshot"] for failure in ended.document["failures"]] == [snapshot.key]


def test_a_damaged_extraction_is_not_shown(broadsheet: Broadsheet) -> None:
    broadsheet("reextract", URL)
    archive = Archive.open(broadsheet.archive)
    snapshot = archive.latest(URL)
    assert snapshot
    (key,) = (
        entry.key
        for entry in archive.store.list(layout.EXTRACTIONS)
        if entry.key.startswith(layout.extraction_beginning(snapshot.key))
    )
    path = Path(broadsheet.archive) / key
    path.chmod(0o644)
    document = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode({**document, "url": "https://elsewhere.example/"}))
    with pytest.raises(ArchiveDamagedError, match="extraction"):
        archive.extractions(snapshot)
    assert broadsheet("show", URL, "--extraction", "latest").status == 3


def test_what_is_asked_for_has_to_be_there(broadsheet: Broadsheet) -> None:
    assert broadsheet("reextract").status == 2
    assert broadsheet("reextract", "--all", URL).status == 2
    assert broadsheet("reextract", "https://news.example/none").status == 1
