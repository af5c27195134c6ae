"""What the wire handler keeps is what a raw-socket server received and sent, byte for byte."""

from __future__ import annotations

import re
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from servers.certificates import CertificateAuthority
from servers.raw_cases import BROKEN, DISCONNECTED, MAXIMUM_BODY, OVERSIZE, PAGE, SLOW, WHOLE
from servers.raw_server import RawServer, Script
from servers.wire_crawl import Result, crawl

from broadsheet.storage.http.messages import decoded_body, entity_body, parse_response
from broadsheet.storage.model import Exchange

CASES = {**WHOLE, **DISCONNECTED, **BROKEN, **OVERSIZE, **SLOW}
# Nobody asks for these; the crawl comes by.
ON_THE_WAY = {"/robots.txt", "/redirected"}
PAGES = sorted(
    path
    for path in WHOLE
    if path not in {"/204", "/304", "/404", "/empty", "/head", "/post", "/redirect", "/unavailable"}
    and path not in {"/in-pieces", "/chunked-in-pieces", "/conflicting-lengths", "/length-too-short"}
    and path not in ON_THE_WAY
)


@dataclass(frozen=True)
class Crawled:
    """One crawl of all cases over one scheme."""

    server: RawServer
    exchanges: list[Exchange]
    results: list[Result]

    def path(self, url: str) -> str:
        return url.partition(f":{self.server.port}")[2]

    def of(self, path: str) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if self.path(exchange.url) == path]

    def result(self, path: str) -> Result:
        return next(result for result in self.results if self.path(result.url) == path)


def _requests(base: str) -> list[dict[str, Any]]:
    requests = []
    for path in CASES.keys() - ON_THE_WAY:
        request: dict[str, Any] = {"url": base + path, "meta": {"dont_retry": path != "/unavailable"}}
        if path == "/head":
            request["method"] = "HEAD"
        if path == "/post":
            request |= {"method": "POST", "body": "name=value&other=1"}
        requests.append(request)
    return requests


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module", params=["http", "https"])
def crawled(request: pytest.FixtureRequest, authority: CertificateAuthority) -> Iterator[Crawled]:
    scheme: str = request.param
    with RawServer(CASES, authority.server_context("localhost") if scheme == "https" else None) as server:
        exchanges, results = crawl(
            _requests(f"{scheme}://localhost:{server.port}"),
            {
                "FETCH_DEADLINE": 3,
                "DOWNLOAD_MAXSIZE": MAXIMUM_BODY,
                "ROBOTSTXT_OBEY": True,
                "RETRY_TIMES": 2,
                "DEFAULT_REQUEST_HEADERS": {"Accept-Encoding": "gzip, deflate, br", "X-Odd": "ün"},
            },
            {"SSL_CERT_FILE": str(authority.path)},
        )
        yield Crawled(server, exchanges, results)


def test_every_exchange_of_a_crawl_is_handed_over_once(crawled: Crawled) -> None:
    logged = Counter(exchange.path for exchange in crawled.server.log)
    assert Counter(crawled.path(exchange.url) for exchange in crawled.exchanges) == logged
    assert set(logged) == set(CASES)
    assert logged["/unavailable"] == 3


@pytest.mark.parametrize("path", sorted(CASES))
def test_the_request_is_kept_as_the_server_received_it(crawled: Crawled, path: str) -> None:
    received = [exchange.request for exchange in crawled.server.exchanges(path)]
    assert [exchange.request for exchange in crawled.of(path)] == received


@pytest.mark.parametrize("path", sorted({**WHOLE, **DISCONNECTED, **BROKEN, **SLOW}))
def test_the_response_is_kept_as_the_server_sent_it(crawled: Crawled, path: str) -> None:
    sent = [bytes(exchange.response) for exchange in crawled.server.exchanges(path)]
    kept = [exchange.response for exchange in crawled.of(path)]
    if path in SLOW:
        # What the server sends last may still be on its way when the fetch is given up.
        assert all(one.startswith(other) for one, other in zip(sent, kept, strict=True))
    else:
        assert kept == sent
        assert set(sent) == {CASES[path].response}


@pytest.mark.parametrize("path", sorted(OVERSIZE))
def test_of_an_oversize_response_its_beginning_is_kept(crawled: Crawled, path: str) -> None:
    [exchange] = crawled.of(path)
    assert OVERSIZE[path].response.startswith(exchange.response)
    assert 0 < len(exchange.response) < MAXIMUM_BODY + 512 * 1024
    assert (crawled.result(path).error or "").startswith("DownloadCancelledError")


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (WHOLE, None),
        (DISCONNECTED, "disconnect"),
        (BROKEN, "unspecified"),
        (OVERSIZE, "length"),
        (SLOW, "time"),
    ],
    ids=["whole", "disconnected", "broken", "oversize", "slow"],
)
def test_a_response_that_is_not_whole_says_why(crawled: Crawled, paths: dict[str, Any], reason: str | None) -> None:
    truncated = {path: {exchange.truncated for exchange in crawled.of(path)} for path in paths}
    assert truncated == {path: {reason} for path in paths}


def test_a_fetch_that_failed_says_what_happened_in_words(crawled: Crawled) -> None:
    said = {path: crawled.result(path).error or "" for path in {**DISCONNECTED, **BROKEN}}
    assert said["/nothing"] == "DownloadFailedError: no answer came: Connection was closed cleanly."
    assert said["/cut-off-head"].startswith("DownloadFailedError: the answer broke off: ")
    assert not [error for error in said.values() if "twisted" in error]


@pytest.mark.parametrize("path", PAGES)
def test_the_page_can_be_read_from_the_kept_bytes(crawled: Crawled, path: str) -> None:
    [exchange] = crawled.of(path)
    assert decoded_body(parse_response(exchange.response)) == PAGE


@pytest.mark.parametrize("path", sorted(WHOLE.keys() - ON_THE_WAY - {"/redirect", "/transfer-coding-gzip"}))
def test_scrapy_and_the_archive_read_the_same_body(crawled: Crawled, path: str) -> None:
    exchange = crawled.of(path)[-1]
    method = exchange.request.partition(b" ")[0].decode()
    assert crawled.result(path).body == entity_body(parse_response(exchange.response), method=method)


@pytest.mark.parametrize("path", sorted(CASES.keys() - ON_THE_WAY - {"/redirect"}))
def test_what_the_listener_leaves_reaches_the_callback_and_is_let_go_of_where_the_fetch_failed(
    crawled: Crawled, path: str
) -> None:
    result = crawled.result(path)
    if result.body is None:
        assert result.capture is None
    else:
        assert result.capture is not None
        assert crawled.exchanges[result.capture] == crawled.of(path)[-1]


def test_an_exchange_knows_its_address_and_its_protocols(crawled: Crawled, request: pytest.FixtureRequest) -> None:
    secured = "https" in request.node.name
    [plain] = crawled.of("/plain")
    assert plain.ip == "127.0.0.1"
    assert plain.protocols == ["http/1.1", "tls/1.3"] if secured else ["http/1.1"]
    assert (plain.cipher_suite is not None) == secured
    assert plain.cipher_suite is None or re.fullmatch(r"TLS_(AES|CHACHA20)_[A-Z0-9_]+", plain.cipher_suite)
    assert crawled.of("/http-1.0")[0].protocols[0] == "http/1.0"
    assert crawled.result("/plain").ip_address == "127.0.0.1"
    assert crawled.result("/plain").protocol == "HTTP/1.1"


def test_connections_are_used_again(crawled: Crawled) -> None:
    assert crawled.server.connections < len(crawled.server.log)


def test_a_connection_with_surplus_bytes_is_not_used_again(crawled: Crawled) -> None:
    [surplus] = crawled.server.exchanges("/length-too-short")
    later = crawled.server.log[crawled.server.log.index(surplus) + 1 :]
    assert surplus.connection not in {exchange.connection for exchange in later}


def test_only_servers_with_a_trusted_certificate_are_asked(authority: CertificateAuthority, tmp_path: Path) -> None:
    older = authority.server_context("localhost", ssl.TLSVersion.TLSv1_2)
    stranger = CertificateAuthority(tmp_path).server_context("localhost")
    misnamed = authority.server_context("elsewhere.example")
    with (
        RawServer(CASES, older) as trusted,
        RawServer(CASES, stranger) as untrusted,
        RawServer(CASES, misnamed) as wrong,
    ):
        servers = (trusted, untrusted, wrong)
        exchanges, results = crawl(
            [{"url": f"https://localhost:{server.port}/plain"} for server in servers],
            {"RETRY_ENABLED": False},
            {"SSL_CERT_FILE": str(authority.path)},
        )
    [exchange] = exchanges
    assert exchange.protocols == ["http/1.1", "tls/1.2"]
    assert (exchange.cipher_suite or "").startswith("TLS_ECDHE_ECDSA_WITH_")
    assert [len(server.log) for server in servers] == [1, 0, 0]
    assert sum(result.error is not None for result in results) == 2


PRIVATE_HOSTS = [
    "127.0.0.1",
    "localhost",
    "0x7f000001",
    "2130706433",
    "127.1",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
]


def _private_urls(server: RawServer, hosts: list[str]) -> list[dict[str, Any]]:
    return [{"url": f"{scheme}://{host}:{server.port}/plain"} for scheme in ("http", "https") for host in hosts]


def test_private_hosts_are_refused_before_a_connection_is_opened() -> None:
    with RawServer(CASES) as server:
        urls = _private_urls(server, PRIVATE_HOSTS)
        exchanges, results = crawl(urls, {"ALLOW_PRIVATE_ADDRESSES": False})
        connections = server.connections
    assert exchanges == []
    assert len(results) == len(urls)
    assert {(result.error or "").partition(":")[0] for result in results} == {"BlockedAddressError"}
    assert connections == 0


def test_a_private_peer_is_refused_whatever_the_resolver_says() -> None:
    resolver = "scrapy.resolver.CachingThreadedResolver"
    with RawServer(CASES) as server:
        exchanges, results = crawl(
            _private_urls(server, ["127.0.0.1", "localhost"]),
            {"ALLOW_PRIVATE_ADDRESSES": False, "TWISTED_DNS_RESOLVER": resolver},
        )
        log = list(server.log)
    assert exchanges == []
    assert {(result.error or "").partition(":")[0] for result in results} == {"BlockedAddressError"}
    assert log == []


def test_a_page_that_could_not_be_recorded_is_not_downloaded() -> None:
    with RawServer(CASES) as server:
        url = f"http://127.0.0.1:{server.port}/plain"
        _, [result] = crawl([{"url": url, "meta": {"unrecordable": True}}])
    assert (result.body, result.error) == (None, "RuntimeError: the segment cannot be written")


def test_a_body_in_more_than_a_million_chunks_is_cut_off_as_too_long() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = head + b"1\r\nx\r\n" * (1024 * 1024 + 100_000) + b"0\r\n\r\n"
    with RawServer({"/tiny-chunks": Script((sent,), "close")}) as server:
        [exchange], _ = crawl([{"url": f"http://127.0.0.1:{server.port}/tiny-chunks"}], {"RETRY_ENABLED": False})
    assert exchange.truncated == "length"
    assert sent.startswith(exchange.response)
    assert len(exchange.response) > 6 * 1024 * 1024
