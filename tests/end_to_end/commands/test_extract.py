"""`extract --jsonl`: lines from a file as from stdin."""

from __future__ import annotations

import json
from pathlib import Path

from end_to_end.command import Broadsheet
from end_to_end.pages import article


def test_lines_are_read_from_the_file_that_is_given(tmp_path: Path) -> None:
    page, lines = tmp_path / "page.html", tmp_path / "lines.jsonl"
    page.write_text(article("A story \u2014 told"), encoding="utf-8")
    lines.write_text("".join(json.dumps({"id": number, "html_path": str(page)}) + "\n" for number in range(3)))

    ended = Broadsheet(str(tmp_path), {"PYTHONIOENCODING": "latin-1"}).run("extract", "--jsonl", str(lines))
    missing = Broadsheet(str(tmp_path)).run("extract", "--jsonl", str(tmp_path / "nowhere"))

    assert sorted((line["id"], line["article"]["title"]) for line in ended.documents) == [
        (number, "A story \u2014 told") for number in range(3)
    ]
    assert ended.stdout.isascii()
    assert missing.status == 2
