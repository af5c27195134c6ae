"""`broadsheet show --capture`: whatever was captured at an address is told, pages or not."""

from __future__ import annotations

from pathlib import Path

from archiving.writer import Writer, answers, moment, shows
from click.testing import CliRunner

from broadsheet.scheduler.cli import program
from broadsheet.storage.stores.folder import FolderStore

OLD, NEW = "https://news.example/old", "https://news.example/new"


def test_a_redirect_is_told_with_where_it_leads_and_its_record(tmp_path: Path) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    writer.publish(answers(OLD, 0, "301 Moved Permanently", NEW), shows(NEW, 1, "one"))

    def told(*options: str) -> str:
        arguments = ["--archive", str(tmp_path / "archive"), "show", OLD, "--capture", *options]
        return CliRunner().invoke(program, arguments).output

    assert "HTTP 301" in told()
    assert f"redirects to: {NEW}" in told()
    assert '"status":301' in told("--json")
    assert not told("--at", "2020-01-01T00:00:00Z")


def test_the_last_capture_is_told_be_it_a_page_or_a_redirect(tmp_path: Path) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    writer.publish(shows(OLD, 0, "one"))
    writer.publish(answers(OLD, 10, "301 Moved Permanently", NEW))
    writer.publish(shows(OLD, 20, "two"))

    def status(minute: float) -> str:
        arguments = [
            "--archive",
            str(tmp_path / "archive"),
            "show",
            OLD,
            "--capture",
            "--at",
            moment(minute).isoformat(),
        ]
        return CliRunner().invoke(program, [*arguments, "--json"]).output.partition('"status":')[2][:3]

    assert [status(minute) for minute in (5, 10, 15, 20, 25)] == ["200", "301", "301", "200", "200"]
