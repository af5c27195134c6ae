"""The sources file: what it may say, and what is said of its errors."""

from __future__ import annotations

from pathlib import Path

import pytest

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
        ("contact = 5", ["contact"]),
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
