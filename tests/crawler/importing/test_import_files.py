"""What was removed and lies in a WARC file of before: what was taken down stays out, what was too old comes back."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

from end_to_end import foreign

from broadsheet.crawler.importing.import_files import import_files
from broadsheet.crawler.importing.import_summary import ImportSummary
from broadsheet.storage.archive import Archive
from broadsheet.storage.takedown.retention import Retention, retain
from broadsheet.storage.takedown.takedown import forget
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.workspace import Workspace

ID = "urn:uuid:00000000-0000-4000-8000-00000000000"
HOME = "http://news.example/"
URL = f"{HOME}harbour"
OTHER = f"{HOME}town"
START = datetime(2016, 6, 10, 9, 12, 5, tzinfo=UTC)


def write(directory: Path) -> Path:
    captures = [
        foreign.shows(URL, START, "First", record_id=ID + "1"),
        foreign.shows(OTHER, START, "Other", record_id=ID + "2"),
        foreign.shows(URL, START + timedelta(days=1), "Second", record_id=ID + "3"),
    ]
    path = directory / "old.warc.gz"
    path.write_bytes(b"".join(captures))
    return path


def bring_in(workspace: Workspace, file: Path) -> ImportSummary:
    return asyncio.run(import_files(workspace, [file], source="test"))


def versions(workspace: Workspace) -> dict[str, int]:
    archive = Archive(workspace.store)
    return {url: len(list(archive.versions(url))) for url in (URL, OTHER)}


def assert_whole(workspace: Workspace) -> None:
    found = verify(workspace.store, deep=True)
    assert (found.defects, found.unnamed) == ([], [])


def test_what_was_removed_and_is_imported(tmp_path: Path) -> None:
    file = write(tmp_path)
    with Workspace.open(str(tmp_path / "archive")) as workspace:
        assert bring_in(workspace, file).imported == 3
        assert versions(workspace) == {URL: 2, OTHER: 1}

        kept = [Retention(source="test", home=HOME, age=timedelta(days=1))]
        with workspace.removing() as remover:
            retain(remover, kept, START + timedelta(days=9))
        assert versions(workspace) == {URL: 1, OTHER: 1}
        assert bring_in(workspace, file).imported == 1
        assert versions(workspace) == {URL: 2, OTHER: 1}, "too old is not taken down"
        assert_whole(workspace)

        with workspace.removing() as remover:
            forget(remover, URL, "court order")
        assert versions(workspace) == {URL: 0, OTHER: 1}
        bring_in(workspace, file)
        assert versions(workspace) == {URL: 0, OTHER: 1}
        assert {line.url for line in Archive(workspace.store).captures()} == {OTHER}
        assert_whole(workspace)
    segments = [path for path in (tmp_path / "archive").rglob("*.warc.gz") if b"First" in gunzipped(path)]
    assert segments == []


def gunzipped(path: Path) -> bytes:

    return gzip.decompress(path.read_bytes())
