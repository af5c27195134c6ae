"""The sources file, the operator's contact, and what stdout and stderr hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer

_PAPER = {
    "/": answer(front_page(["/story", "/more"])),
    "/story": answer(article("A story")),
    "/more": answer(front_page(["/deep"])),
    "/deep": answer(article("A deep story")),
}


def test_a_source_is_crawled_by_its_name_as_the_file_says(tmp_path: Path) -> None:
    with RawServer(_PAPER) as first, RawServer(_PAPER) as second:
        sources = tmp_path / "sources.toml"
        sources.write_text(
            f"""
            contact = "desk@example.org"
            [sources.courier]
            home = "http://127.0.0.1:{first.port}"
            max_depth = 1
            [sources.gazette]
            home = "http://127.0.0.1:{second.port}/"
            """
        )
        ended = Broadsheet(str(tmp_path / "archive"))(
            "crawl", "courier", "gazette", "--config", str(sources), "--allow-private", "--json"
        )
        assert ended.status == 0, ended.stderr
        agents = {line for exchange in first.log for line in exchange.request.split(b"\r\n") if b"User-Agent" in line}
    courier, gazette = ended.documents
    assert (courier["source"], courier["outcomes"]["new"], courier["skipped"]) == ("courier", 1, {"max_depth": 1})
    assert (gazette["source"], gazette["outcomes"]["new"], gazette["skipped"]) == ("gazette", 2, {})
    (agent,) = agents
    assert agent.startswith(b"User-Agent: Broadsheet/")
    assert b"desk@example.org" in agent


def test_an_error_in_the_sources_file_names_file_source_and_key(tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    sources.write_text("[sources.courier]\nhome = 'http://127.0.0.1/'\nmax_pages = 'many'\n")
    ended = Broadsheet(str(tmp_path / "archive"))("crawl", "courier", "--config", str(sources))
    assert (ended.status, ended.stdout) == (2, b"")
    assert all(word in ended.stderr for word in [str(sources), "courier", "max_pages"]), ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "archive").exists()


def test_a_target_that_is_neither_source_nor_url_is_a_usage_error(tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    sources.write_text("[sources.courier]\nhome = 'http://127.0.0.1/'\n")
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    unknown = broadsheet("crawl", "gazette", "--config", str(sources))
    assert unknown.status == 2
    assert "gazette" in unknown.stderr
    assert str(sources) in unknown.stderr
    assert broadsheet("crawl", "gazette").status == 2
    secret = broadsheet("crawl", "http://desk:secret@127.0.0.1/")
    assert secret.status == 2
    assert "password" in secret.stderr, "it says what is wrong"
    assert "secret" not in secret.stderr
    missing = broadsheet("crawl", "gazette", "--config", str(tmp_path / "nowhere.toml"))
    assert missing.status == 2
    assert "nowhere.toml" in missing.stderr


@pytest.mark.parametrize(
    ("command", "host"), [("crawl", "192.175.48.1"), ("recrawl", "[2620:4f:8000::1]")], ids=["crawl", "recrawl"]
)
def test_a_public_host_is_not_asked_by_somebody_whom_it_cannot_reach(tmp_path: Path, command: str, host: str) -> None:
    ended = Broadsheet(str(tmp_path / "archive"))("--json", command, f"http://{host}/")
    assert (ended.status, ended.stdout) == (2, b"")
    assert "BROADSHEET_CONTACT" in ended.stderr
    assert not (tmp_path / "archive").exists()


def test_stdout_holds_json_only_whatever_there_is_to_say(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer({**_PAPER, "/robots.txt": answer("", status="500 Internal Server Error")}) as server:
        ended = broadsheet("--json", "crawl", "--allow-private", f"http://127.0.0.1:{server.port}/")
    assert ended.document["skipped"] == {"robots": 1}


def test_people_read_a_summary_with_the_reasons(tmp_path: Path) -> None:
    scripts = {**_PAPER, "/more": answer("sorry", status="500 Internal Server Error")}
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}/"
        ended = Broadsheet(str(tmp_path / "archive"))("crawl", "--allow-private", url)
    assert ended.status == 0
    assert "3 URLs discovered" in ended.text
    assert "1 new, 1 failed, 1 not article" in ended.text
    assert f"{url}more: HTTP 500" in ended.text


def test_an_archive_that_cannot_be_written_fails_and_says_why(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "warc").write_bytes(b"a file where a folder has to be")
    broadsheet = Broadsheet(str(archive))
    with RawServer(_PAPER) as server:
        url = f"http://127.0.0.1:{server.port}/"
        ended = broadsheet("crawl", "--allow-private", "--json", url)
        assert ended.status == 1
        assert set(json.loads(ended.stdout)["skipped"]) == {"unpublished"}
        assert "warc/" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert len(inspection.batches_in_spool(archive)) == 1
        (archive / "warc").unlink()
        asked = len(_pages(server))
        # What was captured is not lost: it is published, and the crawl that broke off goes on without asking again.
        summary = broadsheet.crawl(url)
        assert summary["outcomes"]["new"] == 2
        assert len(_pages(server)) == asked
    assert inspection.batches_in_spool(archive) == []


def _pages(server: RawServer) -> list[str]:
    """What was asked for of the paper: not robots.txt, nor places where a feed might have been."""
    return [exchange.path for exchange in server.log if exchange.path in _PAPER]
