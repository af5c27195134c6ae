"""`broadsheet changes`: whoever follows an archive learns where to go on from."""

from __future__ import annotations

from pathlib import Path

import pytest
from archiving.writer import Writer, answers, shows
from click.testing import CliRunner

from broadsheet.scheduler.cli import program
from broadsheet.storage.archive import Archive
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_publications_without_news_move_the_cursor_on(tmp_path: Path, options: list[str]) -> None:
    archive = str(tmp_path / "archive")
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    writer.publish(shows(URL, 0, "one"))
    feed = Archive.open(archive).changes()
    assert len(list(feed)) == 1
    writer.publish(answers(URL, 5, "304 Not Modified"))
    behind = Archive.open(archive).changes(feed.cursor)
    assert list(behind) == []
    assert behind.cursor != feed.cursor
    arguments = ["--archive", archive, "changes", *options, "--since"]
    moved = CliRunner().invoke(program, [*arguments, feed.cursor])
    assert (moved.stdout, moved.stderr) == ("", f"go on from here: --since {behind.cursor}\n")
    assert CliRunner().invoke(program, [*arguments, behind.cursor]).output == ""
