"""What becomes of a frontier that cannot be used."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from frontiers.machine import JOB, Machine, url_of
from servers.postgresql import PostgreSQL
from sqlalchemy import update

from broadsheet.crawler.errors import FrontierError
from broadsheet.crawler.frontier import database
from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.frontier.schema import schema


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a frontier with a killed run in it."""
    monkeypatch.delenv("BROADSHEET_FRONTIER", raising=False)
    with Machine(tmp_path, "archive") as machine:
        machine.discover(range(2000))
        machine.run.flush()
    return tmp_path / "frontier.sqlite"


def _is_begun_anew(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Machine(file.parent, "archive") as machine:
        assert not machine.run.resumed
        assert machine.discover([1]) == [url_of(1)]
        machine.run.flush()
    assert "it is set aside as frontier.sqlite.set-aside-" in caplog.text
    assert len(list(file.parent.glob("frontier.sqlite.set-aside-*"))) == 1


def test_a_file_that_is_no_database_is_set_aside(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.write_bytes(b"no database at all " * 1000)
    _is_begun_anew(file, caplog)


def test_a_file_with_damaged_pages_is_set_aside(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with file.open("r+b") as opened:
        for place in range(8192, file.stat().st_size - 4096, 8192):
            opened.seek(place)
            opened.write(random.randbytes(2048))
    _is_begun_anew(file, caplog)


def test_a_file_that_was_cut_off_is_set_aside(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)
    _is_begun_anew(file, caplog)


def test_a_file_of_another_version_is_set_aside(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE frontier_schema SET version = 99")
    connection.close()
    _is_begun_anew(file, caplog)


def test_damage_that_is_met_later_ends_the_crawl_and_the_next_one_begins_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_CHECKED_WHOLE", 0)
    with file.open("r+b") as opened:
        for place in range(20 * 4096, file.stat().st_size, 4096):
            opened.seek(place)
            opened.write(random.randbytes(4096))
    with Database(file.parent, "archive") as damaged, pytest.raises(FrontierError, match=r"is damaged .* crawl again"):
        _go_on(Frontier(damaged))
    with Machine(file.parent, "archive") as machine:
        assert not machine.run.resumed


def _go_on(frontier: Frontier) -> None:
    frontier.begin("site", JOB, frontier.cut_off("site", JOB))


def test_a_disk_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROADSHEET_FRONTIER", raising=False)
    (tmp_path / "state").write_text("a file stands where the directory should be")
    with pytest.raises(FrontierError, match=r"the frontier .* cannot be used: .* disk has room"):
        Database(tmp_path / "state", "archive")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("no address", "is no database URL"),
        ("mysql://user@host/name", "names mysql: the frontier lies in postgresql or sqlite"),
        ("postgresql://user:secret-word@127.0.0.1:9/name", r"postgresql\+pg8000://user:\*\*\*@127.0.0.1:9/name"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv("BROADSHEET_FRONTIER", address)
    with pytest.raises(FrontierError, match=said) as raised:
        Database(tmp_path, "archive")
    assert "secret-word" not in str(raised.value)


def test_a_password_stands_in_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_server: PostgreSQL
) -> None:
    address = postgresql_server.address.replace(postgresql_server.password, "another-word")
    monkeypatch.setenv("BROADSHEET_FRONTIER", address)
    with pytest.raises(FrontierError, match="password authentication failed") as raised:
        Database(tmp_path, "archive")
    assert "another-word" not in str(raised.value)


def test_tables_of_another_version_in_a_shared_database_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_server: PostgreSQL
) -> None:
    monkeypatch.setenv("BROADSHEET_FRONTIER", postgresql_server.address)
    with Database(tmp_path, "archive") as shared:
        with shared.writing() as connection:
            version = connection.execute(schema.select()).scalar_one()
            connection.execute(update(schema).values(version=99))
        with pytest.raises(FrontierError, match="it is of version 99"):
            Database(tmp_path, "archive")
        with shared.writing() as connection:
            connection.execute(update(schema).values(version=version))
