"""A source that is crawled as its subscriber: the secret opens its pages and is written nowhere."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from end_to_end.command import Broadsheet, Finished
from end_to_end.pages import answer, article, front_page, redirect
from hypothesis import given
from hypothesis import strategies as st
from servers.raw_server import RawServer, Script

from broadsheet.crawler.credentials import REDACTED, Credentials, redact
from broadsheet.storage.archive import Archive
from broadsheet.storage.segments import warc

SECRET = "session=6b1f-do-not-tell"


def crawl(tmp_path: Path, home: str, secrets: str) -> Finished:
    (tmp_path / "sources.toml").write_text(f'[sources.paper]\nhome = "{home}"\ncredentials = "paper.toml"\n')
    (tmp_path / "paper.toml").write_text(secrets)
    sources = str(tmp_path / "sources.toml")
    return Broadsheet(str(tmp_path / "archive"))("crawl", "paper", "--config", sources, "--allow-private", "--json")


def test_secret_headers_are_sent_to_their_site_alone_and_written_nowhere(tmp_path: Path) -> None:
    scripts: dict[str, Script] = {}
    with RawServer({"/landed": answer(article("Elsewhere"))}) as other, RawServer(scripts) as server:
        scripts |= {
            "/": answer(front_page(["/story", "/away"])),
            "/story": answer(article("A story"), headers=[("Set-Cookie", f"{SECRET}; Path=/"), ("X-Seen", "k3y-0f")]),
            "/away": redirect(f"http://localhost:{other.port}/landed"),
        }
        ended = crawl(
            tmp_path, f"http://127.0.0.1:{server.port}/", f'[headers]\nCookie = "{SECRET}"\nX-Key = "k3y-0f"\n'
        )
        again = crawl(
            tmp_path, f"http://127.0.0.1:{server.port}/", f'[headers]\nCookie = "{SECRET}"\nX-Key = "k3y-0f"\n'
        )
        sent = {exchange.path: exchange.request for exchange in server.log}

    assert ended.status == again.status == 0, ended.stderr
    assert all(SECRET.encode() in sent[path] for path in ("/", "/story", "/away"))
    assert SECRET.encode() not in sent["/robots.txt"]
    files = [path.read_bytes() for path in (tmp_path / "archive").rglob("*") if path.is_file()]
    whole = b"".join(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data for data in files)
    for secret in (SECRET, "k3y-0f"):
        assert secret.encode() not in whole
        assert secret not in ended.stderr + ended.text + again.stderr
    (segment, *_) = sorted((tmp_path / "archive" / "warc").rglob("*.warc.gz"))
    with segment.open("rb") as opened:
        records = [record for _, _, record in warc.iterate(opened)]
    requests = [record.block for record in records if record.type == "request"]
    assert sum(b"Cookie: redacted\r\n" in request for request in requests) == 3
    named = [b'"redacted":["Cookie","X-Key","Set-Cookie"]' in r.block for r in records if r.type == "metadata"]
    assert sum(named) == 3
    assert Broadsheet(str(tmp_path / "archive"))("verify", "--deep").status == 0
    assert len(list(Archive.open(str(tmp_path / "archive")).snapshots())) == 1


def test_an_address_on_the_site_of_a_source_is_fetched_as_the_source_is(tmp_path: Path) -> None:
    with RawServer({"/story": answer(article("A story"))}) as server:
        url = f"http://127.0.0.1:{server.port}"
        crawl(tmp_path, f"{url}/", f'[headers]\nCookie = "{SECRET}"\n')
        sources = ("--config", str(tmp_path / "sources.toml"), "--allow-private")
        server.log.clear()
        for command in (("recrawl", f"{url}/story"), ("crawl", f"{url}/story", "--max-pages", "1")):
            assert Broadsheet(str(tmp_path / "archive"))(*command, *sources).status == 0
        sent = [exchange.request for exchange in server.log if exchange.path == "/story"]

        secure = (tmp_path / "sources.toml").read_text().replace("http:", "https:")
        (tmp_path / "sources.toml").write_text(secure)
        assert Broadsheet(str(tmp_path / "archive"))("recrawl", f"{url}/story", *sources).status == 0
        in_clear_text = server.log[-1].request

    assert len(sent) == 2
    assert all(SECRET.encode() in request for request in sent)
    assert in_clear_text.startswith(b"GET /story ")
    assert SECRET.encode() not in in_clear_text, "the source is one with https"


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (f'[headers]\nHost = "{SECRET}"', "'Host' is no header for credentials"),
        (f'[headers]\nCookie = "{SECRET}\\r\\nX: y"', "the value of Cookie"),
        (f'Cookie = "{SECRET}"', "one table, [headers]"),
        (f"{SECRET} is no TOML", "no TOML"),
        ("[headers]", "at least one header"),
    ],
    ids=["framing", "line break", "no table", "no TOML", "nothing"],
)
def test_a_file_of_secrets_that_cannot_be_used_is_named_and_not_quoted(tmp_path: Path, secrets: str, said: str) -> None:
    ended = crawl(tmp_path, "http://127.0.0.1:1/", secrets)

    assert ended.status == 2
    assert "paper.toml" in ended.stderr
    assert said in ended.stderr
    assert SECRET not in ended.stderr


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://news.example/a", True),
        ("https://www.news.example/a", True),
        ("http://news.example/a", False),
        ("https://news.example:8443/a", False),
        ("https://shop.news.example/a", False),
        ("https://news.example.evil.example/", False),
    ],
)
def test_secrets_are_for_the_host_of_the_source_and_never_in_clear_text(url: str, *, sent: bool) -> None:
    assert Credentials({"Cookie": SECRET}, ["https://news.example/"]).are_for(url) is sent


@given(st.from_regex(r"[!-~][ -~]{0,39}", fullmatch=True), st.sampled_from(["Cookie", "cookie", "COOKIE"]))
def test_what_is_redacted_is_gone_and_nothing_else(value: str, name: str) -> None:
    before, after = b"GET / HTTP/1.1\r\nHost: a\r\n", b"\r\nX-Cookie: kept"

    assert redact(before + f"{name}: {value}".encode() + after, ["Cookie"]) == (
        before + f"{name}: ".encode() + REDACTED + after
    )
