"""What `broadsheet sources check` finds beyond the errors of the file itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.scheduler.sources.checking import Checked, check


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set."""
    for name in ("CONTACT", "SPOOL_LIMIT", "FREE_DISK"):
        monkeypatch.delenv(f"BROADSHEET_{name}", raising=False)


def checked(directory: Path, text: str) -> Checked:
    path = directory / "broadsheet.toml"
    path.write_text(text)
    return check(path)


def source(name: str, home: str, *lines: str) -> str:
    return "\n".join([f"[sources.{name}]", f"home = '{home}'", *lines, ""])


CONTACT = "contact = 'desk@archive.example'\n"


def test_a_plain_file_has_neither_errors_nor_warnings(tmp_path: Path) -> None:
    found = checked(tmp_path, CONTACT + source("courier", "https://courier.example/"))
    assert found == Checked(errors=[], warnings=[], sources=1)


def test_the_files_that_it_names_are_read(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("nobody knows what this is\n")
    text = CONTACT + source("courier", "https://courier.example/", "credentials = 'courier.toml'")
    text += "[service]\ntokens = 'tokens'\n[[service.webhooks]]\nurl = 'https://h.example/'\nsecret_file = 'secret'\n"
    credentials, tokens, secret = checked(tmp_path, text).errors
    assert all(word in credentials for word in ["broadsheet.toml", "sources.courier", "courier.toml"])
    assert all(word in tokens for word in ["[service]", "tokens", "line 1"])
    assert all(word in secret for word in ["webhooks", "secret_file", "cannot be read"])
    unknown, *rest = checked(
        tmp_path, text.replace("https://courier.example/'", "https://courier.example/'\nhouse = 1")
    ).errors
    assert ("'house'" in unknown, rest) == (True, [credentials, tokens, secret])


def test_what_the_environment_says_is_checked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_CONTACT", "me")
    (error,) = checked(tmp_path, source("courier", "https://courier.example/")).errors
    assert "BROADSHEET_CONTACT" in error


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["no sources"]),
        (source("courier", "https://courier.example/"), ["no 'contact'"]),
        (
            CONTACT + source("a", "https://courier.example/") + source("b", "https://www.courier.example/b/"),
            ["a, b", "courier.example"],
        ),
        (CONTACT + source("courier", "http://courier.example/"), ["sources.courier", "https://courier.example/"]),
        (CONTACT + source("courier", "https://courier.example/", "delay = 0.1"), ["sources.courier", "0.1 s"]),
        (CONTACT + source("'https://courier.example/'", "https://courier.example/"), ["looks like an address"]),
        (
            CONTACT + source("courier", "https://courier.example/", "include = ['/a*']", "exclude = ['/a*']"),
            ["sources.courier", "'exclude'"],
        ),
        (
            CONTACT + source("courier", "https://courier.example/", "max_depth = 0", "feeds = ['https://a.example/']"),
            ["sources.courier", "'max_depth'"],
        ),
        (
            CONTACT + source("courier", "https://courier.example/", "timezone = 'Europe/Berlin'"),
            ["sources.courier", "'timezone'"],
        ),
    ],
    ids=[
        "no sources",
        "no contact",
        "two sources at one host",
        "a home page without TLS",
        "a short delay",
        "an address for a name",
        "a pattern on both sides",
        "listings that are too deep",
        "a timezone without a cron line",
    ],
)
def test_what_is_allowed_and_hardly_meant_is_a_warning(tmp_path: Path, text: str, words: list[str]) -> None:
    found = checked(tmp_path, text)
    assert found.errors == []
    (warning,) = found.warnings
    assert all(word in warning for word in words), warning


def test_hosts_nearby_may_be_asked_quickly_and_without_tls(tmp_path: Path) -> None:
    homes = ["http://127.0.0.1:8000/", "http://localhost/", "http://10.1.2.3/", "http://press.internal/"]
    sources = "".join(source(f"s{number}", home, "delay = 0") for number, home in enumerate(homes))
    assert checked(tmp_path, CONTACT + sources).warnings == []


def test_a_secret_that_everybody_can_read_and_a_webhook_without_tls_are_warnings(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef")
    secret.chmod(0o644)
    text = CONTACT + source("courier", "https://courier.example/")
    text += "[[service.webhooks]]\nurl = 'http://hooks.example/'\nsecret_file = 'secret'\n"
    without_tls, readable = checked(tmp_path, text).warnings
    assert "http:" in without_tls or "is http" in without_tls
    assert str(secret) in readable
    secret.chmod(0o600)
    assert len(checked(tmp_path, text).warnings) == 1
