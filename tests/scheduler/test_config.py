"""The sources file: what it may say, and what is said of its errors."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.crawler.spool_limits import SpoolLimits
from broadsheet.scheduler import config
from broadsheet.scheduler.config import ConfigError


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "sources.toml"


def test_a_source_needs_no_more_than_its_home(sources: Path) -> None:
    sources.write_text("[sources.courier]\nhome = 'HTTP://Courier.Example'\n")
    loaded = config.load(sources)
    assert loaded.sources["courier"] == config.Source(home="http://courier.example/")
    assert loaded.contact is None


def test_everything_else_may_be_said(sources: Path) -> None:
    sources.write_text(
        "contact = 'desk@courier.example'\n"
        "[sources.courier]\nhome = 'http://courier.example/'\nmax_pages = 5\nmax_depth = 0\ndelay = 2\n"
    )
    loaded = config.load(sources)
    assert loaded.contact == "desk@courier.example"
    assert loaded.sources["courier"] == config.Source(
        home="http://courier.example/", max_pages=5, max_depth=0, delay=2.0
    )


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("[sources.courier]\nhome = 5", ["courier", "home"]),
        ("[sources.courier]\nmax_depth = 1", ["courier", "home"]),
        ("[sources.courier]\nhome = 'courier.example'", ["courier", "courier.example"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nmax_page = 3", ["courier", "max_page"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nmax_pages = 'many'", ["courier", "max_pages"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nmax_pages = 0", ["courier", "max_pages"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nmax_depth = -1", ["courier", "max_depth"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\ndelay = -2", ["courier", "delay"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nretention = 400", ["courier", "retention"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nretention = '0 days'", ["courier", "retention", "400 days"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nretention = '3 h'", ["courier", "retention", "400 days"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nmax_bytes = 'some'", ["courier", "max_bytes", "512 MiB"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nmax_bytes = 5", ["courier", "max_bytes"]),
        ("[sources.courier]\nhome = 'http://127.0.0.1/'\nobey = ['noarchiv']", ["courier", "obey", "noarchiv"]),
        ("contact = 5", ["contact"]),
        ("spool_limit = 5", ["spool_limit", "2 GiB"]),
        ("sources = 'courier'", ["sources"]),
        ("[sources]\ncourier = 'http://127.0.0.1/'", ["courier"]),
        ("[source.courier]\nhome = 'http://127.0.0.1/'", ["'source'"]),
        ("[sources.courier", ["']'"]),
    ],
    ids=lambda value: value.splitlines()[-1] if isinstance(value, str) else "",
)
def test_an_error_in_the_sources_file_names_file_source_and_key(sources: Path, written: str, named: list[str]) -> None:
    sources.write_text(written)
    with pytest.raises(ConfigError) as raised:
        config.load(sources)
    assert all(word in str(raised.value) for word in [str(sources), *named])


def test_a_file_that_is_not_there_is_named(sources: Path) -> None:
    with pytest.raises(ConfigError, match=sources.name):
        config.load(sources)


def test_the_environment_names_the_operator_before_the_file_does(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.write_text("contact = 'desk@courier.example'\n")
    monkeypatch.delenv("BROADSHEET_CONTACT", raising=False)
    assert config.operator_contact(config.load(sources)) == "desk@courier.example"
    monkeypatch.setenv("BROADSHEET_CONTACT", "https://archive.example/about")
    assert config.operator_contact(config.load(sources)) == "https://archive.example/about"
    assert "https://archive.example/about" in config.user_agent(config.operator_contact(None))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0", 0),
        ("1048576", 2**20),
        ("2 GiB", 2**31),
        ("1.5MiB", 1_572_864),
        ("500 MB", 500_000_000),
        ("3 T", 3 * 10**12),
    ],
)
def test_how_much_may_wait_is_said_in_bytes_or_with_a_unit(
    written: str, read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_SPOOL_LIMIT", written)
    monkeypatch.setenv("BROADSHEET_FREE_DISK", written)
    assert config.spool_limits(None) == SpoolLimits(waiting_bytes=read, free_bytes=read)


def test_the_environment_says_how_much_may_wait_before_the_file_does(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.write_text("spool_limit = '1 GiB'\nfree_disk = '1 MiB'\n")
    monkeypatch.delenv("BROADSHEET_SPOOL_LIMIT", raising=False)
    monkeypatch.setenv("BROADSHEET_FREE_DISK", "7")
    assert config.spool_limits(config.load(sources)) == SpoolLimits(waiting_bytes=2**30, free_bytes=7)


@pytest.mark.parametrize("written", ["much", "-1", "2 GiB of it", "2 XB"])
def test_what_is_no_size_is_refused_by_name(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_SPOOL_LIMIT", written)
    with pytest.raises(ConfigError, match="BROADSHEET_SPOOL_LIMIT"):
        config.spool_limits(None)


@pytest.mark.parametrize(("written", "days"), [("400 days", 400), ("1 day", 1), ("8 weeks", 56), ("2years", 730)])
def test_a_source_may_say_how_long_it_is_kept(sources: Path, written: str, days: int) -> None:
    sources.write_text(
        f"[sources.courier]\nhome = 'http://courier.example/'\nretention = '{written}'\n"
        "[sources.gazette]\nhome = 'http://gazette.example/'\n"
    )
    kept, for_ever = config.retentions(config.load(sources))
    assert (kept.source, kept.home, kept.age) == ("courier", "http://courier.example/", timedelta(days=days))
    assert not kept.keep_front_pages
    assert (for_ever.source, for_ever.age) == ("gazette", None)


def test_a_source_may_say_that_its_front_pages_are_kept(sources: Path) -> None:
    sources.write_text(
        "[sources.courier]\nhome = 'http://courier.example/'\nretention = '8 weeks'\nkeep_front_pages = true\n"
    )
    (kept,) = config.retentions(config.load(sources))
    assert kept.keep_front_pages
