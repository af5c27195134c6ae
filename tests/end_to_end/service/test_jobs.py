"""The programs of docs/jobs.md run, as they stand there, and find what they say they find."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from archiving.writer import Visit, Writer, answer
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.archive import Archive
from broadsheet.storage.model import Article
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.s3.store import S3Store
from broadsheet.storage.tables import table_keys
from broadsheet.storage.tables.compaction import compact
from broadsheet.storage.versions import Finding

DOCUMENT = (Path(__file__).parents[3] / "docs" / "jobs.md").read_text(encoding="utf-8")
TO_JSON_LINES, HEADLINES, POLARS, PYARROW, MINED = re.findall(
    r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL
)
NOW = datetime.now(UTC)
FOG, FERRY, ELSEWHERE = "https://news.example/fog", "https://news.example/ferry", "https://other.example/"


def article(url: str, days_ago: float, title: str, text: str = "A text.") -> Visit:
    """A visit some days ago that finds an article."""
    finding = Finding(article=Article(title=title, text=text, section="Town"))
    body = f"<h1>{title}</h1>{text}".encode()
    return Visit(url=url, at=NOW - timedelta(days=days_ago), response=answer(body), finding=finding)


def gone(url: str, days_ago: float) -> Visit:
    return Visit(url=url, at=NOW - timedelta(days=days_ago), response=answer(b"", "410 Gone"))


def fill(store: ObjectStore, directory: Path) -> None:
    """Fourteen days: headlines are edited before the last week and within it, one by two writers at once."""
    writer, another = Writer(store, directory / "writer"), Writer(store, directory / "another")
    writer.publish(article(FOG, 14, "Fog"), article(ELSEWHERE, 13.99, "Elsewhere"))
    writer.publish(article(FERRY, 13, "Ferry"))
    writer.publish(article(FOG, 12, "Fog stays"))
    another.catalog.refresh(store)
    writer.publish(article(FERRY, 5, "Ferry waits"))
    another.publish(article(FERRY, 4.9, "Ferry waits"))
    writer.publish(article(FOG, 3, "Fog stays", "Another text."))
    writer.publish(article(FOG, 2, "Fog lifts", "Another text."))
    writer.publish(gone(FERRY, 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(FolderStore(tmp_path / "archive"), tmp_path)
    return tmp_path


def run(program: str, directory: Path, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def as_of(days_ago: float, directory: Path) -> dict[str, str]:
    moment = (NOW - timedelta(days=days_ago)).isoformat()
    run(TO_JSON_LINES.replace("2026-11-22T12:00:00Z", moment), directory)
    lines = (directory / "news.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    assert len({one["url"] for one in found}) == len(found)
    return {one["url"]: one["article"]["title"] for one in found}


def test_everything_of_a_host_as_of_a_moment_becomes_json_lines(folder: Path) -> None:
    assert as_of(13.5, folder) == {FOG: "Fog"}
    assert as_of(11, folder) == {FOG: "Fog stays", FERRY: "Ferry"}
    assert as_of(0, folder) == {FOG: "Fog lifts"}


@pytest.mark.parametrize("compacted", [False, True])
def test_the_edits_of_headlines_of_a_week_are_found_with_sql(folder: Path, *, compacted: bool) -> None:
    if compacted:
        writer = Writer(FolderStore(folder / "archive"), folder / "more")
        for number in range(4):  # enough files of one day that are worth a copy
            writer.publish(article(f"https://news.example/{number}", 12, "Sun"))
        assert compact(FolderStore(folder / "archive"), NOW.date())
    as_json = "import json; print(json.dumps([edit[1:] for edit in edits.fetchall()]))"
    edits = json.loads(run(HEADLINES.replace("print(edits)", as_json), folder))
    assert edits == [[FERRY, "Ferry", "Ferry waits"], [FOG, "Fog stays", "Fog lifts"]]


def test_what_may_not_be_mined_is_found_with_sql(folder: Path) -> None:
    assert "0 rows" in run(MINED, folder)


def scanned(files: list[str], day: date) -> int:
    """How many files DuckDB opens for a query of a day and those after it, as its plan says."""
    query = "EXPLAIN SELECT count(*) FROM read_parquet($files, hive_partitioning=true) WHERE day >= $day"
    ((_, plan),) = duckdb.execute(query, {"files": files, "day": day}).fetchall()
    opened = re.search(r"Scanning Files: (\d+)/", plan)
    assert opened, plan
    return int(opened[1])


def test_files_of_other_days_are_not_opened(folder: Path) -> None:
    archive = Archive(FolderStore(folder / "archive"))
    keys = archive.tables("versions")
    week = (NOW - timedelta(days=7)).date()
    within = [key for key in keys if table_keys.parse(key).day >= week]
    assert 0 < len(within) < len(keys)
    assert scanned([f"{folder}/archive/{key}" for key in keys], week) == len(within)
    assert archive.tables("versions", since=NOW - timedelta(days=7)) == within


def test_tables_in_a_bucket_are_read_where_they_are(
    seaweedfs: SeaweedFS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    address = seaweedfs.uri(seaweedfs.make_bucket(), "archive")
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    fill(S3Store(bucket, prefix), tmp_path)

    def here(program: str) -> str:
        return run(program.replace("s3://news/archive", address), tmp_path, **seaweedfs.environment)

    # over TLS nothing of it is needed
    without_tls = POLARS.replace("options = {", 'options = {"aws_allow_http": "true",')
    lines = here(without_tls.replace(".collect())", ".collect().rows())"))
    assert lines == "[('news.example', None, 1), ('news.example', 'Town', 2), ('other.example', 'Town', 1)]\n"
    assert "{'outcome': 'gone', 'count_all': 1}" in here(PYARROW)
