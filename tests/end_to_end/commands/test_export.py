"""`broadsheet export`: an archive in one file, as other people's tools read it and as it comes back."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sysconfig
import zipfile
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from archiving.writer import Visit, Writer, answers, moment, shows
from end_to_end import foreign, inspection
from end_to_end.command import Broadsheet, finish

from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ExportError
from broadsheet.storage.exports.exports import Form, export
from broadsheet.storage.exports.progress import Progress
from broadsheet.storage.exports.selection import Selection
from broadsheet.storage.segments import warc
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"


class _StoppedError(Exception):
    """What ends an export in the middle."""


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive of eight segments with revisits, removals and a second host."""
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    for number in range(8):
        there: Visit = shows(URL, number, f"text {number // 3}", language="en-GB" if number < 3 else "de")
        other = shows("https://other.example/b", number + 0.5, f"other {number}")
        gone = answers("https://news.example/c", number, "404 Not Found")
        writer.publish(there, other, *([shows("https://news.example/c", number, "c")] if number < 4 else [gone]))
    return Archive.open(str(tmp_path / "archive"))


@pytest.fixture(scope="module")
def newspaper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broadsheet]:
    """The archive of the demo newspaper, crawled twice."""
    broadsheet = Broadsheet(str(tmp_path_factory.mktemp("newspaper") / "archive"))
    with DemoNewspaper(today=date(2025, 6, 10)) as demo:
        broadsheet.crawl(demo.url)
        broadsheet.crawl(demo.url)
        yield broadsheet


def lines_in(wacz: zipfile.ZipFile) -> list[dict[str, Any]]:
    """The lines of the index of a WACZ file."""
    text = gzip.decompress(wacz.read("indexes/index.cdx.gz")).decode()
    assert text.splitlines() == sorted(text.splitlines())
    return [json.loads(line.split(" ", 2)[2]) for line in text.splitlines()]


def records_in(wacz: zipfile.ZipFile) -> dict[str, warc.WarcRecord]:
    """The records that the index leads to, by id."""
    found = {}
    for line in lines_in(wacz):
        start, length = int(line["offset"]), int(line["length"])
        data = wacz.read(f"archive/{line['filename']}")[start : start + length]
        record = warc.read_member(data)
        assert record.record_id == line["id"]
        found[record.record_id] = record
    return found


def written(archive: Archive, output: Path, form: Form, selection: Selection, stops: int | None = None) -> bytes:
    """Export, stopped after so many segments, and gone on with."""
    steps = count(1)

    def step(_: Progress) -> None:
        if next(steps) == stops:
            raise _StoppedError

    if stops is not None:
        with pytest.raises(_StoppedError):
            export(archive, "a", output, form, selection, step)
        assert not output.exists()
    exported = export(archive, "a", output, form, selection)
    assert exported.resumed_at == (stops or 0)
    if form == "jsonl":
        assert exported.versions == len(output.read_bytes().splitlines())
    assert [path.name for path in output.parent.glob(output.name + "*")] == [output.name]
    return output.read_bytes()


def test_py_wacz_finds_the_file_valid_and_it_holds_the_whole_archive(newspaper: Broadsheet, tmp_path: Path) -> None:
    output = tmp_path / "a.wacz"
    ended = newspaper("export", "--format", "wacz", "--output", str(output), "--json")
    assert ended.status == 0, ended.stderr
    assert ended.document["bytes"] == output.stat().st_size
    validate = [str(Path(sysconfig.get_path("scripts"), "wacz")), "validate", "-f", str(output)]
    assert "the passed WACZ is valid" in subprocess.run(validate, check=True, capture_output=True, text=True).stdout
    store = Archive.open(newspaper.archive).store
    with zipfile.ZipFile(output) as wacz:
        assert wacz.testzip() is None
        for key, data in inspection.warcs(store):
            assert wacz.read(f"archive/{Path(key).name}") == data
            assert wacz.getinfo(f"archive/{Path(key).name}").compress_type == zipfile.ZIP_STORED
        assert {line["id"] for line in lines_in(wacz)} == {line.id for line in inspection.index_lines(store)}
        records_in(wacz)
        header, *listed = [json.loads(line) for line in wacz.read("pages/pages.jsonl").splitlines()]
        assert header["format"] == "json-pages-1.0"
        live = [snapshot for snapshot in Archive.open(newspaper.archive).snapshots() if snapshot.article]
        assert sorted(page["url"] for page in listed) == sorted(snapshot.final_url for snapshot in live)


def test_what_is_exported_and_imported_again_has_the_same_versions(newspaper: Broadsheet, tmp_path: Path) -> None:
    wacz = str(tmp_path / "a.wacz")
    newspaper("export", "--format", "wacz", "--output", wacz)
    again = Broadsheet(str(tmp_path / "again"))
    ended = again("import", "--json", wacz)
    assert ended.status == 0, ended.stderr
    assert (ended.document["damaged"], ended.document["held"]) == (0, 0)
    ours, theirs = Archive.open(newspaper.archive), Archive.open(again.archive)
    assert inspection.version_set(theirs) == inspection.version_set(ours)
    inspection.check_deeply(Archive.open(again.archive).store)
    # And into the archive that it came from, nothing is imported.
    assert newspaper("import", "--json", wacz).document["imported"] == 0


def test_json_lines_hold_every_version_with_its_number(newspaper: Broadsheet, tmp_path: Path) -> None:
    newspaper("export", "--format", "jsonl", "--output", str(tmp_path / "a.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert {(line["url"], line["version"], line["state"], line["content_digest"]) for line in lines} == (
        inspection.version_set(Archive.open(newspaper.archive))
    )
    assert {line["schema"] for line in lines} == {"broadsheet.snapshot/1"}


@pytest.mark.parametrize(
    "selection", [Selection(), Selection(host="news.example"), Selection(since=moment(1), until=moment(6))]
)
@pytest.mark.parametrize("stops", [1, 3])
def test_an_interrupted_export_comes_to_the_same_bytes(
    archive: Archive, tmp_path: Path, selection: Selection, stops: int
) -> None:
    whole = written(archive, tmp_path / "whole.jsonl", "jsonl", selection)
    assert written(archive, tmp_path / "resumed.jsonl", "jsonl", selection, stops) == whole
    assert whole
    written(archive, tmp_path / "whole.wacz", "wacz", selection)
    written(archive, tmp_path / "resumed.wacz", "wacz", selection, stops)
    with zipfile.ZipFile(tmp_path / "whole.wacz") as one, zipfile.ZipFile(tmp_path / "resumed.wacz") as other:
        assert other.testzip() is None
        assert [_described(info) for info in one.infolist()] == [_described(info) for info in other.infolist()]


def _described(info: zipfile.ZipInfo) -> tuple[object, ...]:
    # The description of the package tells when the export was begun.
    about = ("datapackage" in info.filename) or (info.CRC, info.file_size)
    return (info.filename, about, info.external_attr, info.extract_version, info.date_time)


def test_what_is_published_after_an_export_was_begun_is_not_in_it(archive: Archive, tmp_path: Path) -> None:
    def stop(_: Progress) -> None:
        raise _StoppedError

    whole = written(archive, tmp_path / "whole.jsonl", "jsonl", Selection())
    with pytest.raises(_StoppedError):
        export(archive, "a", tmp_path / "b.jsonl", "jsonl", Selection(), stop)
    Writer(archive.store, tmp_path / "other").publish(shows("https://late.example/", 20, "late"))
    export(archive, "a", tmp_path / "b.jsonl", "jsonl", Selection())
    assert (tmp_path / "b.jsonl").read_bytes() == whole


@pytest.mark.parametrize(
    "selection",
    [Selection(host="news.example"), Selection(since=moment(4)), Selection(since=moment(2.2), until=moment(5))],
)
def test_a_part_is_whole_in_itself(archive: Archive, tmp_path: Path, selection: Selection) -> None:
    written(archive, tmp_path / "a.wacz", "wacz", selection)
    wanted = {line.id for line in inspection.index_lines(archive.store) if selection.takes(line)}
    with zipfile.ZipFile(tmp_path / "a.wacz") as wacz:
        records = records_in(wacz)
        originals = {
            (record.field("WARC-Refers-To") or "").strip("<>")
            for record in records.values()
            if record.type == "revisit"
        }
        assert originals
        assert wanted | originals == set(records)
        for name in (name for name in wacz.namelist() if name.startswith("archive/")):
            with wacz.open(name) as segment:
                types = [record.type for _, _, record in warc.iterate(segment)]  # type: ignore[arg-type]
            assert types[0] == "warcinfo"
            assert types.count("request") == sum(kind in ("response", "revisit") for kind in types)


def test_json_lines_may_be_of_one_language(archive: Archive, tmp_path: Path) -> None:
    data = written(archive, tmp_path / "a.jsonl", "jsonl", Selection(language="en"))
    assert [json.loads(line)["article"]["text"] for line in data.splitlines()] == ["text 0"]


def test_another_export_into_the_same_file_is_refused_until_the_first_is_done(archive: Archive, tmp_path: Path) -> None:
    def stop(_: Progress) -> None:
        raise _StoppedError

    with pytest.raises(_StoppedError):
        export(archive, "a", tmp_path / "a", "jsonl", Selection(), stop)
    with pytest.raises(ExportError, match="another export was begun"):
        export(archive, "a", tmp_path / "a", "wacz", Selection())


def test_an_export_that_was_killed_goes_on_where_it_was(archive: Archive, tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    arguments = ("export", "--format", "jsonl", "--output", str(tmp_path / "a.jsonl"))
    with broadsheet.started(*arguments) as process:
        while process.poll() is None and not (tmp_path / "a.jsonl.progress").exists():
            pass
        process.send_signal(signal.SIGKILL)
        finish(process)
    assert broadsheet(*arguments).status == 0
    assert (tmp_path / "a.jsonl").read_bytes() == written(archive, tmp_path / "b.jsonl", "jsonl", Selection())


def test_what_makes_no_sense_is_a_usage_error(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    broadsheet("import", foreign.write(tmp_path / "w", [foreign.shows(URL, moment(0), "A")]))
    for arguments in (
        ("--format", "wacz", "--language", "en"),
        ("--format", "jsonl", "--since", "yesterday"),
        ("--format", "jsonl", "--host", "no host/"),
        ("--format", "jsonl", "--output", "-"),
        ("--format", "pdf"),
        (),
    ):
        assert broadsheet("export", *arguments).status == 2, arguments


@pytest.mark.usefixtures("archive")
def test_a_file_that_lies_there_is_replaced_only_when_that_is_asked_for(tmp_path: Path) -> None:
    there = tmp_path / "a.jsonl"
    there.write_text("mine")
    arguments = ("export", "--format", "jsonl", "--host", "nowhere.example", "--output", str(there))
    assert (Broadsheet(str(tmp_path / "archive"))(*arguments).status, there.read_text()) == (2, "mine")
    said = Broadsheet(str(tmp_path / "archive"))(*arguments, "--overwrite").text
    assert (there.read_bytes(), ": 0 versions, 0 bytes from 8 segments" in said) == (b"", True)
