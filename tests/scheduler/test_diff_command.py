"""`broadsheet diff`: what people read of what changed."""

from __future__ import annotations

from pathlib import Path

from archiving.writer import Writer, shows
from click.testing import CliRunner

from broadsheet.scheduler.cli import program
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"


def printed(tmp_path: Path, before: str, after: str) -> str:
    """Return what `diff` prints of the text, of two versions."""
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    writer.publish(shows(URL, 0, before))
    writer.publish(shows(URL, 1, after))
    writer.spool.close()
    writer.catalog.close()
    ended = CliRunner().invoke(program, ["--archive", str(tmp_path / "archive"), "diff", URL], catch_exceptions=False)
    return ended.stdout.partition("\ntext\n")[2]


def test_an_appended_paragraph_is_one_of_its_own_and_words_are_left_out_whole(tmp_path: Path) -> None:
    words = " ".join(f"council{number:04}" for number in range(100))
    told = printed(tmp_path, f"{words}\nIn the hall.", f"{words}\nIn the hall.\nCorrection: it was the other hall.")
    first, last, added = told.splitlines()
    left, right = first.split(" [...] ")
    assert set(left.split()) | set(right.split()) < set(words.split())
    assert (last, added) == ("In the hall.", "{+Correction: it was the other hall.+}")
    assert len(left) > 100
