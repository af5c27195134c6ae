"""`broadsheet sources`: its answers and exit codes, and that docs/sources.md tells the truth."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broadsheet.scheduler.cli import program
from broadsheet.scheduler.sources.document import Service, Source, Webhook
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.reading import parse

DOCUMENT = (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
ONE = "contact = 'desk@archive.example'\n[sources.courier]\nhome = 'https://courier.example/'\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a sources file, and nothing in the environment."""
    for name in ("CONFIG", "CONTACT", "SPOOL_LIMIT", "FREE_DISK"):
        monkeypatch.delenv(f"BROADSHEET_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("broadsheet.toml").write_text(ONE)
    return tmp_path


def sources(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["sources", *arguments], standalone_mode=False)


def test_a_file_without_errors_is_said_to_be_so() -> None:
    ended = sources("check")
    assert ended.return_value == 0
    assert "1 source, no errors" in ended.stdout


def test_every_error_is_printed_and_the_command_ends_with_2() -> None:
    Path("mine.toml").write_text(f"{ONE}max_page = 3\nmax_depth = -1\n")
    ended = sources("check", "--config", "mine.toml")
    assert ended.return_value == 2
    assert "did you mean 'max_pages'" in ended.stderr
    assert "'max_depth' has to be" in ended.stderr
    found = json.loads(sources("check", "--config", "mine.toml", "--json").stdout)
    assert len(found["errors"]) == 2


def test_warnings_are_printed_and_are_no_errors() -> None:
    Path("broadsheet.toml").write_text(ONE.replace("https", "http"))
    ended = sources("check")
    assert ended.return_value == 0
    assert "warning: " in ended.stderr


def test_without_a_file_there_is_nothing_to_check() -> None:
    Path("broadsheet.toml").unlink()
    assert isinstance(sources("check").exception, ConfigError)
    assert isinstance(sources("list").exception, ConfigError)


def test_sources_are_listed_for_people_and_for_machines() -> None:
    Path("broadsheet.toml").write_text(f"{ONE}schedule = 'every 2 hours'\nretention = '8 weeks'\ncredentials = 'x'\n")
    assert re.search(r"courier +https://courier.example/ +every 2 hours", sources("list").stdout)
    (listed,) = json.loads(sources("list", "--json").stdout)["sources"]
    assert (listed["name"], listed["schedule"], listed["retention"]) == ("courier", "every 2 hours", "8 weeks")
    assert listed["recrawl"]["articles"] == {"quickest": "5 minutes", "slowest": "4 weeks"}
    assert listed["credentials"] is True


def test_the_example_of_the_document_is_valid_and_says_something_for_every_key() -> None:
    found = parse(Path("broadsheet.toml"), EXAMPLE.encode())
    courier = found.sources["courier"]
    assert found.sources["gazette"] == Source(home="https://gazette.example/")
    alike = {
        name
        for record, plain in ((courier, Source(home="")), (found.service, Service()))
        for name in record.__struct_fields__
        if getattr(record, name) == getattr(plain, name) and name not in ("enabled", "render", "alarms")
    }
    assert alike == set()


def test_the_document_explains_every_key() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE))
    keys = {*Source.__struct_fields__, *Service.__struct_fields__} - {"recrawl", "webhooks"}
    assert explained == keys | {"contact", "spool_limit", "free_disk"}
    assert all(f"`{key}`" in DOCUMENT for key in Webhook.__struct_fields__)
