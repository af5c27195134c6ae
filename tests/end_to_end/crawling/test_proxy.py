"""A crawl through a proxy: the same archive as without, and the guard decides as without."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from end_to_end.command import Broadsheet, Finished
from end_to_end.pages import answer, article, front_page
from hypothesis import given
from hypothesis import strategies as st
from servers.certificates import CertificateAuthority
from servers.proxy_server import proxy_server
from servers.raw_server import RawServer
from servers.site_server import Answer, site_server

from broadsheet.crawler.errors import ProxyError
from broadsheet.crawler.wire.proxy import Proxy
from broadsheet.storage.segments import warc

PAPER: dict[str, Answer | list[Answer]] = {
    "/": Answer(front_page(["/story"]).encode()),
    "/story": Answer(article("A story").encode()),
}
USER, PASSWORD = "crawler", "s3cret:of@it"
LOGIN = "crawler:s3cret%3Aof%40it@"
OK = b"HTTP/1.1 200 OK\r\n\r\n"


def crawl(archive: Path, proxy: str, *arguments: str) -> Finished:
    return Broadsheet(str(archive), {"BROADSHEET_PROXY": proxy})("crawl", "--json", *arguments)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("password", [None, PASSWORD], ids=["for all", "for its users"])
def test_a_site_is_archived_through_a_proxy_as_it_is_without(tmp_path: Path, kind: str, password: str | None) -> None:
    user = USER if password else None
    with site_server(PAPER, "127.0.0.2") as site, proxy_server(user=user, password=password) as proxy:
        address = f"{kind}://{LOGIN if password else ''}localhost:{proxy.port}"
        ended = crawl(tmp_path, address, "--allow-private", f"{site.url}/")
        asked = site.paths()

    assert ended.status == 0, ended.stderr
    assert ended.document["outcomes"]["new"] == 1
    assert set(proxy.targets) == {site.url.removeprefix("http://")}
    assert {"/robots.txt", "/", "/story"} <= set(asked)
    (segment,) = (tmp_path / "warc").rglob("*.warc.gz")
    with segment.open("rb") as opened:
        records = [record for _, _, record in warc.iterate(opened) if record.type in ("request", "response")]
    assert {record.field("WARC-IP-Address") for record in records} == {"127.0.0.2"}, "not that of the proxy"
    assert all(b"CONNECT" not in record.block and b"Proxy-" not in record.block for record in records)
    whole = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in whole


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_a_certificate_is_that_of_the_site_at_the_far_end(tmp_path: Path, kind: str) -> None:
    authority = CertificateAuthority(tmp_path)
    pages = {"/": answer(front_page([])), "/robots.txt": answer("", status="404 Not Found")}
    with (
        RawServer(pages, authority.server_context("localhost")) as server,
        RawServer(pages, authority.server_context("news.example")) as other,
        proxy_server() as proxy,
    ):
        environment = {"BROADSHEET_PROXY": f"{kind}://127.0.0.1:{proxy.port}", "SSL_CERT_FILE": str(authority.path)}
        broadsheet = Broadsheet(str(tmp_path / "archive"), environment)
        trusted = broadsheet("crawl", "--json", "--allow-private", f"https://localhost:{server.port}/")
        another = broadsheet("crawl", "--json", "--allow-private", f"https://localhost:{other.port}/")

    assert trusted.document["outcomes"]["not_article"] == 1, trusted.stderr
    assert another.document["outcomes"]["not_article"] == 0
    assert other.log == []


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_no_proxy_is_asked_for_an_address_that_is_not_public(tmp_path: Path, kind: str) -> None:
    with site_server(PAPER, "127.0.0.2") as site, proxy_server() as proxy:
        ended = crawl(tmp_path, f"{kind}://127.0.0.1:{proxy.port}", f"{site.url}/")

    assert ended.document["skipped"] == {"private_address": 1}
    assert (proxy.targets, site.paths()) == ([], [])


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ("http", b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"),
        ("http", b"garbage without end" * 5000, "its answer has no end"),
        ("http", b"", "closed the connection"),
        ("socks5", b"\x05\xff", "another way to log in"),
        ("socks5", b"\x05\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", "connection refused"),
        ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n", "it speaks no SOCKS 5"),
    ],
    ids=["forbidden", "garbage", "closed", "another way", "refused", "no SOCKS"],
)
def test_a_proxy_that_opens_no_tunnel_is_named_with_the_reason(
    tmp_path: Path, kind: str, said: bytes, reason: str
) -> None:
    with site_server(PAPER, "127.0.0.2") as site, proxy_server(answer=said) as proxy:
        ended = crawl(tmp_path, f"{kind}://127.0.0.1:{proxy.port}", "--allow-private", f"{site.url}/")

    assert ended.document["outcomes"]["failed"] == 1, "the site has forbidden nothing"
    assert reason in ended.stderr
    assert f"{kind}://127.0.0.1:{proxy.port}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert site.paths() == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", f"socks5://{LOGIN}h:port", "127.0.0.1:8080"])
def test_what_is_no_proxy_is_refused_without_a_word_of_it(tmp_path: Path, url: str) -> None:
    ended = crawl(tmp_path, url, "http://127.0.0.1:1/", "--allow-private")

    assert ended.status == 2
    assert "BROADSHEET_PROXY" in ended.stderr
    assert "s3cret" not in ended.stderr


@given(st.sampled_from(["http", "socks5"]), st.binary(max_size=60), st.lists(st.integers(1, 8), max_size=30))
def test_whatever_a_proxy_says_a_handshake_ends_or_waits(kind: str, said: bytes, cuts: list[int]) -> None:
    handshake = Proxy.parse(f"{kind}://user:password@proxy").handshake("203.0.113.1", 443)
    next(handshake)
    behind = None
    with suppress(ProxyError):
        for piece in (said[sum(cuts[:at]) : sum(cuts[: at + 1])] for at in range(len(cuts))):
            try:
                handshake.send(piece)
            except StopIteration as end:
                behind = end.value
                break
    assert behind is None or said.count(behind), "nothing is made up"


@pytest.mark.parametrize("kind", ["http", "socks5"])
@given(rest=st.binary(max_size=40), cut=st.integers(1, 50))
def test_what_comes_behind_a_handshake_is_the_far_ends(kind: str, rest: bytes, cut: int) -> None:
    greeting, granted = {"http": (b"", OK), "socks5": (b"\x05\x00", b"\x05\x00\x00\x03\x02ab\x00\x50")}[kind]
    handshake = Proxy.parse(f"{kind}://proxy").handshake("2001:db8::1", 80)
    next(handshake)
    handshake.send(greeting)
    said = granted + rest
    behind, start = None, 0
    while behind is None:
        try:
            handshake.send(said[start : start + cut])
        except StopIteration as end:
            behind = end.value
        start += cut
    assert behind + said[start:] == rest
