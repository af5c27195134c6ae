"""While the service runs, the sources file is loaded again when it changes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.watching import WatchedSources

ONE = "[sources.courier]\nhome = 'http://courier.example/'\n"
TWO = ONE + "[sources.gazette]\nhome = 'http://gazette.example/'\n"
WRONG = ONE + "[sources.gazette]\nhome = 3\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sources file with one source."""
    path = tmp_path / "broadsheet.toml"
    path.write_text(ONE)
    return path


def test_a_file_that_is_not_valid_to_begin_with_is_refused(path: Path) -> None:
    path.write_text(WRONG)
    with pytest.raises(ConfigError):
        WatchedSources(path)


def test_a_changed_file_is_loaded_once(path: Path) -> None:
    watched = WatchedSources(path)
    assert not watched.look()
    path.write_text(TWO)
    assert watched.look()
    assert list(watched.document.sources) == ["courier", "gazette"]
    assert not watched.look()


def test_a_file_that_another_takes_the_place_of_is_loaded_even_with_the_same_time_and_size(path: Path) -> None:
    watched = WatchedSources(path)
    before = path.stat()
    other = path.with_name("other")
    other.write_text(ONE.replace("courier", "curious"))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert watched.look()
    assert list(watched.document.sources) == ["curious"]


def test_a_touched_file_is_no_change(path: Path) -> None:
    watched = WatchedSources(path)
    os.utime(path, (1, 1))
    assert not watched.look()
    assert not watched.look(closely=True)


def test_who_asks_for_a_look_is_told_that_nothing_has_changed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    watched = WatchedSources(path)
    watched.look()
    assert "is as it was" not in caplog.text
    watched.look(closely=True)
    assert "broadsheet.toml is as it was: nothing is loaded again" in caplog.text


def test_what_is_hardly_meant_is_told_when_it_is_loaded_and_when_it_is_loaded_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path.write_text(ONE + "timezone = 'Europe/Berlin'\n")
    watched = WatchedSources(path)
    said = "'timezone' counts for a cron line, and its 'schedule' is none"
    assert [record.levelname for record in caplog.records if said in record.message] == ["WARNING"]
    caplog.clear()
    path.write_text(ONE + "timezone = 'Europe/Berlin'\ncredentials = 'none.toml'\n")
    watched.look()
    assert said in caplog.text
    assert "is loaded again: 1 source" in caplog.text
    assert ["'credentials'" in record.message for record in caplog.records if record.levelname == "ERROR"] == [True]


def test_a_comment_is_no_change_of_what_it_says(path: Path) -> None:
    watched = WatchedSources(path)
    path.write_text(f"# the courier\n{ONE}")
    assert not watched.look()


def test_the_last_valid_state_is_kept_and_the_errors_are_told_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    watched = WatchedSources(path)
    path.write_text(WRONG)
    assert not watched.look()
    assert not watched.look()
    assert list(watched.document.sources) == ["courier"]
    assert ["gazette" in problem for problem in watched.problems] == [True]
    assert len(caplog.records) == 1
    assert not watched.look(closely=True)
    assert ["gazette" in record.message for record in caplog.records] == [True, True], "whoever asks is told again"
    path.write_text(TWO)
    assert watched.look()
    assert not watched.problems


def test_a_file_that_was_wrong_and_is_as_before_again_has_no_problems(path: Path) -> None:
    watched = WatchedSources(path)
    path.write_text(WRONG)
    watched.look()
    path.write_text(ONE)
    assert not watched.look()
    assert not watched.problems


def test_a_file_that_is_gone_is_told_once_and_taken_up_when_it_is_back(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    watched = WatchedSources(path)
    path.unlink()
    assert not watched.look()
    assert not watched.look()
    assert [len(caplog.records), len(watched.problems)] == [1, 1]
    path.write_text(ONE)
    assert not watched.look()
    assert not watched.problems


def test_what_is_kept_of_a_file_is_what_was_valid_and_for_its_owner_only(path: Path, tmp_path: Path) -> None:
    watched, copy = WatchedSources(path), tmp_path / "copy.toml"
    path.write_text(WRONG)
    watched.look()
    for _ in range(2):
        assert watched.keep(copy) == ONE.encode()
        assert (copy.read_text(), copy.stat().st_mode & 0o777) == (ONE, 0o600)


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda path: os.truncate(path, 1 << 40)])
def test_what_is_no_file_of_sources_holds_nobody_up_and_the_last_valid_state_stays(
    path: Path, put: Callable[[Path], None]
) -> None:
    watched = WatchedSources(path)
    if put in (os.mkfifo, os.mkdir):
        path.unlink()
    put(path)
    assert not watched.look()
    assert list(watched.document.sources) == ["courier"]
    [problem] = watched.problems
    assert problem.startswith(f"{path}: cannot be read: ")
