from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.extraction.asides.pages import asides

_ROOT = Path(__file__).resolve().parents[2]


def test_every_layout_is_made_in_every_language_and_the_same_each_time() -> None:
    pages = list(asides())
    assert len(pages) == len({page.name for page in pages})
    assert {page.name.rpartition(", ")[2] for page in pages} >= {"en", "de", "fr", "es", "pl", "ru", "ar", "ja"}
    assert [page.html for page in asides()] == [page.html for page in pages]


def test_no_list_wall_form_or_notice_is_taken_for_an_article(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.extraction.kinds", "--data", str(tmp_path), "--errors"]
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True, timeout=120)
    rows = ended.stdout.strip().splitlines()
    assert [row.split()[0] for row in rows] == ["index", "other"], ended.stdout
    assert all(row.endswith("right 100.0 %") for row in rows)
