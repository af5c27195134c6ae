"""What counts: the environment, the sources file, and what is so where neither says."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.crawler.capturing.spool_limits import SpoolLimits
from broadsheet.scheduler.sources import settings, whereabouts
from broadsheet.scheduler.sources.document import Source, SourcesFile, Webhook
from broadsheet.scheduler.sources.errors import ConfigError

COURIER = Source(home="http://courier.example/")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set."""
    for name in ("CONFIG", "CONTACT", "SPOOL_LIMIT", "FREE_DISK"):
        monkeypatch.delenv(f"BROADSHEET_{name}", raising=False)


def test_the_file_is_what_is_given_then_what_the_environment_names_then_what_lies_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert whereabouts.sources_path(None) is None
    Path("broadsheet.toml").write_text("")
    assert whereabouts.sources_path(None) == Path("broadsheet.toml")
    monkeypatch.setenv("BROADSHEET_CONFIG", "/etc/broadsheet.toml")
    assert whereabouts.sources_path(None) == Path("/etc/broadsheet.toml")
    assert whereabouts.sources_path(Path("mine.toml")) == Path("mine.toml")


def test_where_a_file_is_needed_it_is_said_how_to_name_one() -> None:
    with pytest.raises(ConfigError, match=r"--config.*BROADSHEET_CONFIG.*broadsheet.toml"):
        whereabouts.required(None)


def test_the_source_names_whom_to_reach_before_the_environment_does_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = SourcesFile(contact="desk@courier.example")
    assert settings.operator_contact(document, COURIER) == "desk@courier.example"
    monkeypatch.setenv("BROADSHEET_CONTACT", "https://archive.example/about")
    assert settings.operator_contact(document, COURIER) == "https://archive.example/about"
    assert "https://archive.example/about" in settings.user_agent(settings.operator_contact(None))
    of_source = Source(home=COURIER.home, contact="mailto:courier-desk@archive.example")
    assert settings.operator_contact(document, of_source) == "mailto:courier-desk@archive.example"


@pytest.mark.parametrize(
    "written", ["me", "me@", "http://", "ftp://archive.example/", "a@b\nX-Header: 1", "ü@b.example"]
)
def test_a_contact_that_is_none_is_refused_by_the_name_of_the_variable(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_CONTACT", written)
    with pytest.raises(ConfigError, match="BROADSHEET_CONTACT has to be a URL or an e-mail address"):
        settings.operator_contact(None)


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
    assert settings.spool_limits(None) == SpoolLimits(waiting_bytes=read, free_bytes=read)


def test_the_environment_says_how_much_may_wait_before_the_file_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_FREE_DISK", "7")
    document = SourcesFile(waiting_bytes=2**30, free_bytes=2**20)
    assert settings.spool_limits(document) == SpoolLimits(waiting_bytes=2**30, free_bytes=7)


@pytest.mark.parametrize("written", ["much", "-1", "2 GiB of it", "2 XB"])
def test_what_is_no_size_is_refused_by_name(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_SPOOL_LIMIT", written)
    with pytest.raises(ConfigError, match="BROADSHEET_SPOOL_LIMIT"):
        settings.spool_limits(None)


def test_how_long_each_source_is_kept_is_told_of_all() -> None:
    kept = Source(home=COURIER.home, retention=timedelta(days=400), keep_front_pages=True)
    found = settings.retentions(SourcesFile(sources={"courier": kept, "gazette": COURIER}))
    assert [(one.source, one.home, one.age, one.keep_front_pages) for one in found] == [
        ("courier", COURIER.home, timedelta(days=400), True),
        ("gazette", COURIER.home, None, False),
    ]


def test_the_secret_of_a_webhook_is_what_its_file_holds(tmp_path: Path) -> None:
    webhook = Webhook(url="https://hooks.example/", secret_file=tmp_path / "secret")
    with pytest.raises(ConfigError, match="secret: cannot be read"):
        settings.secret(webhook)
    webhook.secret_file.write_text("0123456789abcdef\n")
    assert settings.secret(webhook) == b"0123456789abcdef"
    webhook.secret_file.write_text("hunter2")
    with pytest.raises(ConfigError, match="at least 16") as raised:
        settings.secret(webhook)
    assert "hunter2" not in str(raised.value)


def test_a_pipe_in_the_place_of_a_secret_or_of_credentials_is_refused_and_nobody_waits(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="pipe: cannot be read: it is no regular file"):
        settings.secret(Webhook(url="https://hooks.example/", secret_file=pipe))
    with pytest.raises(ConfigError, match="pipe: cannot be read: it is no regular file"):
        settings.credentials(Source(home="http://courier.example/", credentials=pipe))
