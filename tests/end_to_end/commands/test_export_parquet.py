"""`broadsheet export --format parquet`: captures and versions in a folder that SQL engines read as it is."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from archiving.writer import Writer, answers, moment, shows
from end_to_end import inspection
from end_to_end.command import Broadsheet

from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ExportError
from broadsheet.storage.exports.exports import export
from broadsheet.storage.exports.progress import Progress
from broadsheet.storage.exports.selection import Selection
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.takedown.takedown import forget
from broadsheet.storage.workspace import Workspace

URL = "https://news.example/a"
DAY = 24 * 60


class _StoppedError(Exception):
    """What ends an export in the middle."""


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive of three days: an article that changes, one of another host that does not, and a page that is gone."""
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    for number in range(6):
        minute = number * DAY / 2
        writer.publish(
            shows(URL, minute, f"text {number}"),
            shows("https://other.example/b", minute + 1, "other"),
            answers("https://news.example/c", minute + 2, "404 Not Found"),
        )
    return Archive.open(str(tmp_path / "archive"))


def exported(archive: Archive, folder: Path, selection: Selection | None = None, stops: int | None = None) -> Path:
    """Export, stopped after so many steps, and gone on with."""
    steps = count(1)

    def step(_: Progress) -> None:
        if next(steps) == stops:
            raise _StoppedError

    if stops is not None:
        with pytest.raises(_StoppedError):
            export(archive, "a", folder, "parquet", selection or Selection(), step)
        assert not folder.exists()
    export(archive, "a", folder, "parquet", selection or Selection())
    assert [path.name for path in folder.parent.glob(folder.name + "*")] == [folder.name]
    return folder


def files(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of every file by its path in the folder."""
    return {
        str(path.relative_to(folder)): pq.ParquetFile(path).read().to_pylist()
        for path in sorted(folder.rglob("*.parquet"))
    }


def records(folder: Path, table: str) -> list[str]:
    return sorted(
        row["warc_record_id"] for name, rows in files(folder).items() if name.startswith(table) for row in rows
    )


def test_the_folder_holds_every_capture_and_version_by_day(archive: Archive, tmp_path: Path) -> None:
    folder = exported(archive, tmp_path / "news.parquet")
    lines = list(inspection.index_lines(archive.store))
    assert records(folder, "captures") == sorted(line.id for line in lines)
    assert records(folder, "versions") == sorted(line.id for line in lines if line.snapshot)
    for name, rows in files(folder).items():
        assert {f"day={row['captured_at'].date()}" for row in rows} == {Path(name).parent.name}
    assert len(list((folder / "captures").iterdir())) == 4
    # The batches of a day are one file.
    assert all(len(list(day.iterdir())) == 1 for table in folder.iterdir() for day in table.iterdir())


def test_duckdb_and_polars_read_it_and_prune_by_day(archive: Archive, tmp_path: Path) -> None:
    folder = exported(archive, tmp_path / "news.parquet")
    query = "SELECT count(*), count(DISTINCT day) FROM read_parquet($files, hive_partitioning = true) WHERE day > $day"
    day = (moment(0) + timedelta(days=1)).date()
    found = duckdb.execute(query, {"files": f"{folder}/captures/*/*.parquet", "day": day}).fetchall()
    frame = pl.scan_parquet(folder / "captures", hive_partitioning=True).filter(pl.col("day") > day).collect()
    wanted = [line.at.date() for line in inspection.index_lines(archive.store) if line.at.date() > day]
    assert found == [(len(wanted), len(set(wanted)))] == [(frame.height, frame["day"].n_unique())]
    texts = pl.scan_parquet(folder / "versions").filter(pl.col("url") == URL).select("text").collect()
    assert sorted(texts["text"]) == [f"text {number}" for number in range(6)]


@pytest.mark.parametrize(
    "selection", [Selection(), Selection(host="news.example", since=moment(10), until=moment(DAY))]
)
@pytest.mark.parametrize("stops", [1, 2])
def test_an_interrupted_export_comes_to_the_same_files(
    archive: Archive, tmp_path: Path, selection: Selection, stops: int
) -> None:
    whole = files(exported(archive, tmp_path / "whole", selection))
    assert whole
    assert files(exported(archive, tmp_path / "resumed", selection, stops)) == whole


def test_a_selection_holds_what_it_asks_for_and_no_more(archive: Archive, tmp_path: Path) -> None:
    selection = Selection(host="news.example", since=moment(10), until=moment(2 * DAY))
    folder = exported(archive, tmp_path / "part", selection)
    taken = [line for line in inspection.index_lines(archive.store) if selection.takes(line)]
    assert records(folder, "captures") == sorted(line.id for line in taken)
    assert records(folder, "versions") == sorted(line.id for line in taken if line.snapshot)


def test_a_takedown_that_ends_while_an_export_is_made_voids_it(archive: Archive, tmp_path: Path) -> None:
    def take_down(_: Progress) -> None:
        if archive.takedown(URL) is None:
            with Workspace.open(str(tmp_path / "archive")) as workspace, workspace.removing() as remover:
                forget(remover, URL, "a court's order")

    with pytest.raises(ExportError, match="export again"):
        export(archive, "a", tmp_path / "news", "parquet", Selection(until=moment(DAY / 4)), take_down)
    assert not list(tmp_path.glob("news*"))
    folder = exported(archive, tmp_path / "news")
    assert URL not in {row["url"] for rows in files(folder).values() for row in rows}


def test_what_is_missing_of_an_unfinished_folder_is_told(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(_StoppedError):
        export(archive, "a", tmp_path / "news", "parquet", Selection(), _stop)
    next((tmp_path / "news.part").rglob("*.parquet")).unlink()
    with pytest.raises(ExportError, match="delete both"):
        export(archive, "a", tmp_path / "news", "parquet", Selection())


def _stop(_: Progress) -> None:
    raise _StoppedError


def test_no_folder_is_replaced(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    ended = broadsheet("export", "--format", "parquet", "--output", str(tmp_path / "mine"))
    assert ended.status == 1
    assert "is not replaced" in ended.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    assert broadsheet("export", "--format", "jsonl", "--output", str(tmp_path / "mine")).status == 2
    assert broadsheet("export", "--format", "parquet", "--language", "en").status == 2
    assert archive.latest(URL) is not None


def test_without_pyarrow_it_says_what_to_install(archive: Archive, tmp_path: Path) -> None:
    arguments = ["export", "--format", "parquet", "--archive", str(tmp_path / "archive")]
    script = (
        "import sys; sys.modules['pyarrow'] = None; from broadsheet.scheduler.cli import main;"
        f"sys.argv[1:] = {arguments!r}; sys.exit(main())"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 2
    assert "pip install 'broadsheet[tables]'" in ended.stderr
    assert not list(tmp_path.glob("archive.parquet*"))
    assert archive.latest(URL) is not None
