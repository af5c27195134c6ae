"""What was removed is in no export, however far that had come."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from archiving.everything import MemoryStore
from archiving.machine import Machine
from archiving.stores import CutOff, DyingStore
from archiving.writer import shows

from broadsheet.storage.errors import ExportError
from broadsheet.storage.exports.exports import Form, export
from broadsheet.storage.exports.progress import Progress
from broadsheet.storage.exports.selection import Selection
from broadsheet.storage.segments import warc

URL = "https://news.example/2026/the-slug-of-the-article"
OTHER = "https://news.example/2026/another-story"
PHRASE = "the mayor of nowhere denied it"
FORMS: list[Form] = ["wacz", "jsonl", "parquet"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Three batches: the article that is to go ends the first, begins the second, and is the third."""
    machine = Machine(MemoryStore(), tmp_path)
    machine.publish(shows(OTHER, 0, "other"), shows(URL, 1, PHRASE))
    machine.publish(shows(URL, 10, f"{PHRASE}, later"), shows(OTHER, 11, "other, later"))
    machine.publish(shows(URL, 20, f"{PHRASE} again"))
    return machine


def exported(machine: Machine, form: Form, output: Path, selection: Selection | None = None) -> bytes:
    """Everything that is in an export, uncompressed."""
    export(machine.archive, "memory", output, form, selection or Selection())
    if form == "jsonl":
        return output.read_bytes()
    if form == "parquet":
        rows = [row for path in sorted(output.rglob("*.parquet")) for row in pq.ParquetFile(path).read().to_pylist()]
        return repr(rows).encode()
    with zipfile.ZipFile(output) as wacz:
        files = {name: wacz.read(name) for name in wacz.namelist()}
    for name, data in files.items():
        if name.endswith(".warc.gz"):
            path = output.with_name("segment.warc.gz")
            path.write_bytes(data)
            assert next(iter(warc.iterate(path)))[2].type == "warcinfo"
    return b"".join(gzip.decompress(data) if name.endswith(".gz") else data for name, data in files.items())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("selection", [Selection(), Selection(host="news.example")], ids=["all", "a host"])
def test_what_was_taken_down_is_not_exported(
    machine: Machine, form: Form, selection: Selection, tmp_path: Path
) -> None:
    assert PHRASE.encode() in exported(machine, form, tmp_path / "before")
    machine.forget(URL)
    data = exported(machine, form, tmp_path / "after", selection)
    assert PHRASE.encode() not in data
    assert b"the-slug-of-the-article" not in data
    assert b"other, later" in data


def test_captures_in_an_export_lie_where_its_index_says(machine: Machine, tmp_path: Path) -> None:
    machine.forget(URL)
    export(machine.archive, "memory", tmp_path / "a.wacz", "wacz", Selection(host="news.example"))
    with zipfile.ZipFile(tmp_path / "a.wacz") as wacz:
        lines = gzip.decompress(wacz.read("indexes/index.cdx.gz")).decode().splitlines()
        for line in (json.loads(text.split(" ", 2)[2]) for text in lines):
            segment = wacz.read(f"archive/{line['filename']}")
            member = segment[int(line["offset"]) : int(line["offset"]) + int(line["length"])]
            assert warc.read_member(member).record_id == line["id"]
    assert len(lines) == 2


@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_was_begun_before_is_deleted(machine: Machine, form: Form, tmp_path: Path) -> None:
    class _StoppedError(Exception):
        pass

    def stop(_: Progress) -> None:
        raise _StoppedError

    output = tmp_path / "export"
    with pytest.raises(_StoppedError):
        export(machine.archive, "memory", output, form, Selection(), stop)
    machine.forget(URL)
    with pytest.raises(ExportError, match="export again"):
        export(machine.archive, "memory", output, form, Selection())
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("export")]
    assert PHRASE.encode() not in exported(machine, form, output)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_exported_while_a_removal_is_not_finished(machine: Machine, form: Form, tmp_path: Path) -> None:
    store = machine.store
    machine.store = DyingStore(store, 3)
    with pytest.raises(CutOff):
        machine.forget(URL)
    with pytest.raises(ExportError, match="recover"):
        export(machine.archive, "memory", tmp_path / "export", form, Selection())
    machine.store = store
    machine.forget(URL)
    assert PHRASE.encode() not in exported(machine, form, tmp_path / "export")
