"""Runs that are forked from a process that has loaded the command."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from end_to_end.command import BROADSHEET, Broadsheet
from end_to_end.preloaded import preloaded

_STARTED = (sys.executable, BROADSHEET)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--version"], id="done"),
        pytest.param(["versions", "https://news.example/"], id="failed"),
        pytest.param(["crawl", "--max-pages", "none"], id="usage"),
        pytest.param(["--json", "extract", "page.html"], id="json"),
    ],
)
def test_a_run_that_is_forked_says_and_ends_what_one_that_is_started_does(tmp_path: Path, arguments: list[str]) -> None:
    tmp_path.joinpath("page.html").write_text("<title>Flood</title><h1>Flood – nine dead</h1><p>" + "It rose. " * 40)
    started = Broadsheet("unused", program=_STARTED).run(*arguments, cwd=tmp_path)
    assert Broadsheet("unused").run(*arguments, cwd=tmp_path) == started
    assert started.stdout or started.stderr


def test_runs_at_once_keep_their_environments_and_streams_apart(tmp_path: Path) -> None:
    def run(number: int) -> str:
        archive = str(tmp_path / f"archive-{number}")
        return Broadsheet("unused", {"BROADSHEET_ARCHIVE": archive}).run("versions", "https://news.example/").stderr

    with ThreadPoolExecutor() as pool:
        said = list(pool.map(run, range(6)))
    assert [f"archive-{number}" in text for number, text in enumerate(said)] == [True] * 6


def test_a_run_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        preloaded().run(["--archive", str(tmp_path), "demo", "--port", "0"], {}, tmp_path, seconds=0.05)
