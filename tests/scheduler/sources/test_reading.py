"""The sources file: what it may say, and what is said of its errors."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.crawler.revisiting.revisiting import Pace
from broadsheet.scheduler.sources.document import Service, Source, SourcesFile, Webhook
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.reading import load, parse
from broadsheet.scheduler.sources.schedules import Cron, Every, Learned

HOME = "home = 'http://courier.example/'"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "broadsheet.toml"


def read(text: str) -> SourcesFile:
    return parse(Path("broadsheet.toml"), text.encode())


def source(*lines: str) -> Source:
    return read("\n".join(["[sources.courier]", HOME, *lines])).sources["courier"]


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        read(text)
    return raised.value.problems


def test_a_source_needs_no_more_than_its_home(sources: Path) -> None:
    sources.write_text("[sources.courier]\nhome = 'HTTP://Courier.Example'\n")
    loaded = load(sources)
    assert loaded.sources["courier"] == Source(home="http://courier.example/")
    assert loaded.contact is None


def test_where_a_source_starts_and_what_it_is_crawled_for_can_be_said() -> None:
    found = source(
        "sections = ['http://courier.example/sport']",
        "feeds = ['http://feeds.example/courier']",
        "sitemaps = []",
        "include = ['/20*', 'http://courier.example/sport*']",
        "exclude = ['*/print']",
    )
    assert (found.sections, found.feeds) == (("http://courier.example/sport",), ("http://feeds.example/courier",))
    assert found.sitemaps == ()
    assert source().sitemaps is None
    assert (found.include, found.exclude) == (("/20*", "http://courier.example/sport*"), ("*/print",))


def test_when_a_source_is_crawled_can_be_said() -> None:
    assert (source().schedule, source().timezone) == (Learned(), "UTC")
    assert source("schedule = 'every 15 minutes'").schedule == Every(interval=timedelta(minutes=15))
    found = source("schedule = '0 6 * * *'", "timezone = 'Europe/Berlin'", "jitter = '2 minutes'", "enabled = false")
    assert isinstance(found.schedule, Cron)
    assert (found.timezone, found.jitter, found.enabled) == ("Europe/Berlin", timedelta(minutes=2), False)


def test_how_a_source_is_fetched_and_kept_can_be_said() -> None:
    found = source(
        "max_pages = 5",
        "max_depth = 0",
        "max_bytes = '1 MiB'",
        "delay = 2",
        "requests_per_hour = 60",
        "render = true",
        "obey = ['noarchive']",
        "requisites = true",
        "retention = '8 weeks'",
        "contact = 'desk@courier.example'",
        "credentials = 'courier.toml'",
        "alarms = false",
    )
    assert (found.max_pages, found.max_depth, found.max_bytes, found.delay) == (5, 0, 2**20, 2.0)
    assert (found.requests_per_hour, found.render, found.requisites, found.alarms) == (60, True, True, False)
    assert found.obey == ("noarchive",)
    assert (found.retention, found.contact) == (timedelta(weeks=8), "desk@courier.example")
    assert found.credentials == Path("courier.toml")


@pytest.mark.parametrize(("written", "days"), [("400 days", 400), ("1 day", 1), ("8 weeks", 56), ("2years", 730)])
def test_an_age_has_a_unit(written: str, days: int) -> None:
    assert source(f"retention = '{written}'").retention == timedelta(days=days)


def test_what_is_said_of_one_bound_of_an_interval_moves_the_other_along() -> None:
    table = "[sources.courier.recrawl]"
    assert source(table, "front_pages = { quickest = '6 hours' }").recrawl == Pace(
        front_quickest=timedelta(hours=6), front_slowest=timedelta(hours=6)
    )
    assert source(table, "articles = { slowest = '1 minute' }").recrawl == Pace(
        quickest=timedelta(minutes=1), slowest=timedelta(minutes=1)
    )


def test_the_service_is_configured_beside_the_sources() -> None:
    assert read("").service == Service()
    text = """
        [service]
        tokens = "tokens"
        read_needs_token = true
        at_once = 3
        public_url = "https://archive.example"
        [[service.webhooks]]
        url = "https://hooks.example/a?b=c"
        secret_file = "/etc/secret"
    """
    assert parse(Path("/etc/broadsheet/broadsheet.toml"), text.encode()).service == Service(
        tokens=Path("/etc/broadsheet/tokens"),
        read_needs_token=True,
        at_once=3,
        public_url="https://archive.example/",
        webhooks=(Webhook(url="https://hooks.example/a?b=c", secret_file=Path("/etc/secret")),),
    )


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("home = 5", ["home", "URL", "5"]),
        ("home = 'courier.example'", ["home", "courier.example"]),
        ("max_page = 3", ["max_page", "did you mean 'max_pages'"]),
        ("colour = 'red'", ["colour", "allowed are home"]),
        ("max_pages = 'many'", ["max_pages", "whole number", "'many'"]),
        ("max_pages = 0", ["max_pages", "1 or more"]),
        ("max_pages = true", ["max_pages", "true"]),
        ("max_depth = -1", ["max_depth"]),
        ("max_bytes = 5", ["max_bytes", "512 MiB"]),
        ("max_bytes = 'some'", ["max_bytes", "512 MiB"]),
        ("delay = -2", ["delay"]),
        ("delay = inf", ["delay"]),
        ("retention = 400", ["retention", "400 days"]),
        ("retention = '0 days'", ["retention", "400 days"]),
        ("retention = '3 h'", ["retention", "400 days"]),
        ("retention = '999999999 years'", ["retention", "400 days"]),
        ("jitter = 'a while'", ["jitter", "90 seconds"]),
        ("schedule = 'hourly'", ["schedule", "learned", "every 15 minutes", "five fields"]),
        ("obey = ['noarchiv']", ["obey", "'noarchiv' is none", "'noarchive'"]),
        ("timezone = 'Berlin'", ["timezone", "Europe/Berlin"]),
        ("timezone = '../UTC'", ["timezone"]),
        ("enabled = 'yes'", ["enabled", "true or false"]),
        ("sections = 'http://courier.example/'", ["sections", "a list"]),
        ("feeds = ['/feed']", ["feeds", "'/feed' is none"]),
        ("include = ['news/*']", ["include", "'news/*'", "begins with"]),
        ("exclude = ['/a b']", ["exclude", "blanks"]),
        ("contact = 'me'", ["contact", "e-mail"]),
        ("contact = 'me (here) <me@courier.example>'", ["contact", "header"]),
        ("recrawl = 'often'", ["sources.courier.recrawl", "a table"]),
        ("recrawl = { front = {} }", ["sources.courier.recrawl", "'front'", "front_pages"]),
        ("recrawl = { articles = { slowest = 3 } }", ["sources.courier.recrawl.articles", "slowest"]),
        (
            "recrawl = { articles = { quickest = '2 h', slowest = '1 h' } }",
            ["sources.courier.recrawl.articles", "no shorter"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_names_file_source_and_key_and_what_is_allowed(line: str, named: list[str]) -> None:
    home = "" if line.startswith("home") else HOME
    (problem,) = problems(f"[sources.courier]\n{home}\n{line}\n")
    assert all(word in problem for word in ["broadsheet.toml", "sources.courier", *named]), problem


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("contact = 5", ["contact"]),
        ("spool_limit = 5", ["spool_limit", "2 GiB"]),
        ("sources = 'courier'", ["'sources'"]),
        ("[sources]\ncourier = 'http://127.0.0.1/'", ["courier"]),
        ("[sources.courier]\nmax_depth = 1", ["sources.courier", "'home' is missing"]),
        ("[sources.'']\nhome = 'http://127.0.0.1/'", ["name"]),
        ("[source.courier]\nhome = 'http://127.0.0.1/'", ["'source'", "did you mean 'sources'"]),
        ("[sources.courier", ["']'"]),
        ("watch = 3", ["'watch'", "[[watch]]"]),
        ("[[watch]]\nchanges = []", ["[[watch]] number 1", "either 'url' or 'source'"]),
        ("[[watch]]\nsource = 'courier'", ["[[watch]] number 1", "'courier'"]),
        ("[[watch]]\nurl = 'http://a.example/'\nchanges = ['title']", ["[[watch]] number 1", "'title'", "'headline'"]),
        ("service = 3", ["'service'"]),
        ("[service]\nport = 80", ["[service]", "'port'", "public_url"]),
        ("[service]\nwebhooks = 'https://hooks.example/'", ["[service]", "[[service.webhooks]]"]),
        ("[service]\nwebhooks = ['https://hooks.example/']", ["[service]", "secret_file"]),
        ("[[service.webhooks]]\nurl = 'https://hooks.example/'", ["[[service.webhooks]] number 1", "secret_file"]),
    ],
    ids=lambda value: value.splitlines()[-1] if isinstance(value, str) else "",
)
def test_an_error_outside_of_a_source_names_its_place(text: str, named: list[str]) -> None:
    (problem,) = problems(text)
    assert all(word in problem for word in ["broadsheet.toml", *named]), problem


def test_all_errors_of_a_file_are_told_at_once() -> None:
    found = problems(
        "contact = 'me'\n[sources.a]\nhome = 1\nmax_page = 2\n[sources.b]\ndelay = 'long'\n[service]\nx = 1"
    )
    assert len(found) == 6
    assert ["a" in problem and "home" in problem for problem in found].count(True) >= 1
    assert all(problem.startswith("broadsheet.toml: ") for problem in found)


def test_the_address_of_a_webhook_is_repeated_in_no_message() -> None:
    (problem,) = problems("[[service.webhooks]]\nurl = 'https://me:secret@hooks.example/'\nsecret_file = 'x'")
    assert "secret@" not in problem
    said = problems("[sources.a]\nhome = 'http://me:secret@a.example/'\nfeeds = ['http://me:secret@a.example/f']")
    assert len(said) == 2
    assert not [problem for problem in said if "secret" in problem]
    assert "url" in problem


def test_a_file_that_is_not_there_is_named(sources: Path) -> None:
    with pytest.raises(ConfigError, match=sources.name):
        load(sources)


def test_a_file_that_is_no_utf_8_is_named(sources: Path) -> None:
    sources.write_bytes(b"contact = '\xff'")
    with pytest.raises(ConfigError, match=sources.name):
        load(sources)
