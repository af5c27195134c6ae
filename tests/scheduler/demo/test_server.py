"""How the demo newspaper is served: validators, compression, chunks, connections."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import brotli
import pytest
from servers.demo_newspaper import (
    BARRIER,
    BUSES,
    FERRY,
    LIBRARY,
    PILOTS,
    TODAY,
    TRAM,
    WALKS,
    articles,
    ask,
    path_of,
    tree_of,
)

from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.demo.site import build_site


def test_an_old_address_moves_permanently(newspaper: DemoNewspaper) -> None:
    answer = ask(newspaper, "/harbour/ferry-strike-day-eleven")
    assert (answer.status, answer.headers["Location"]) == (301, newspaper.url.rstrip("/") + FERRY)


def test_an_unknown_path_answers_404_with_a_page(newspaper: DemoNewspaper) -> None:
    answer = ask(newspaper, "/no/such/story")
    assert answer.status == 404
    assert tree_of(answer.body).get("lang") == "en"
    assert answer.headers["ETag"] is None


def test_a_query_does_not_change_the_page(newspaper: DemoNewspaper) -> None:
    assert ask(newspaper, FERRY + "?from=home").body == ask(newspaper, FERRY).body


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_known_entity_tag_is_answered_with_304(newspaper: DemoNewspaper, coding: str) -> None:
    first = ask(newspaper, BARRIER, Accept_Encoding=coding)
    tag = first.headers["ETag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        second = ask(newspaper, BARRIER, Accept_Encoding=coding, If_None_Match=condition)
        assert (second.status, second.body) == (304, b"")
        assert (second.headers["ETag"], second.headers["Content-Length"]) == (tag, None)


def test_a_date_is_a_condition_too_but_the_entity_tag_goes_before_it(newspaper: DemoNewspaper) -> None:
    modified = ask(newspaper, BARRIER).headers["Last-Modified"]
    assert ask(newspaper, BARRIER, If_Modified_Since=modified).status == 304
    assert ask(newspaper, BARRIER, If_Modified_Since="Sat, 01 Jan 2000 00:00:00 GMT").status == 200
    assert ask(newspaper, BARRIER, If_Modified_Since="yesterday").status == 200
    assert ask(newspaper, BARRIER, If_Modified_Since=modified, If_None_Match='"other"').status == 200


def test_a_new_edition_is_fresh_only_where_it_changed(newspaper: DemoNewspaper) -> None:
    before = {path: ask(newspaper, path).headers for path in articles(1)}
    newspaper.publish(2)
    for path in (BARRIER, PILOTS, LIBRARY):
        assert ask(newspaper, path, If_None_Match=before[path]["ETag"]).status == 200
        assert ask(newspaper, path, If_Modified_Since=before[path]["Last-Modified"]).status == 200
    assert ask(newspaper, BUSES, If_None_Match=before[BUSES]["ETag"]).status == 304


def test_some_pages_have_one_validator_or_none(newspaper: DemoNewspaper) -> None:
    def validators(path: str) -> tuple[bool, bool]:
        headers = ask(newspaper, path).headers
        return "ETag" in headers, "Last-Modified" in headers

    assert validators(BARRIER) == (True, True)
    assert validators(BUSES) == (True, False)
    assert validators(path_of("town-clock")) == (False, True)
    assert validators(WALKS) == (False, False)
    assert ask(newspaper, WALKS, If_None_Match="*").status == 200


def test_no_answer_claims_to_be_modified_after_it_was_sent() -> None:
    with DemoNewspaper(today=datetime.now(UTC).date()) as current:
        current.publish(3)
        headers = ask(current, "/").headers
    assert parsedate_to_datetime(headers["Last-Modified"]) <= parsedate_to_datetime(headers["Date"])


def test_pages_are_compressed_only_when_asked(newspaper: DemoNewspaper) -> None:
    plain = ask(newspaper, LIBRARY)
    zipped = ask(newspaper, LIBRARY, Accept_Encoding="gzip")
    squeezed = ask(newspaper, LIBRARY, Accept_Encoding="gzip, br")
    assert plain.headers["Content-Encoding"] is None
    assert (zipped.headers["Content-Encoding"], gzip.decompress(zipped.body)) == ("gzip", plain.body)
    assert (squeezed.headers["Content-Encoding"], brotli.decompress(squeezed.body)) == ("br", plain.body)
    assert zipped.body == ask(newspaper, LIBRARY, Accept_Encoding="gzip").body
    assert len({answer.headers["ETag"] for answer in (plain, zipped, squeezed)}) == 3
    assert ask(newspaper, LIBRARY, Accept_Encoding="gzip;q=0, br;q=0.0").headers["Content-Encoding"] is None


def test_one_page_comes_in_chunks(newspaper: DemoNewspaper) -> None:
    answer = ask(newspaper, FERRY, Accept_Encoding="gzip")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.headers["Content-Length"] is None
    assert answer.body == build_site(1, TODAY, newspaper.url)[FERRY].body


def test_a_client_of_http_1_0_gets_the_chunked_page_whole(newspaper: DemoNewspaper) -> None:
    parts = urlsplit(newspaper.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(f"GET {FERRY} HTTP/1.0\r\n\r\n".encode())
        with connection.makefile("rb") as stream:
            head, _, body = stream.read().partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert body == build_site(1, TODAY, newspaper.url)[FERRY].body


def test_one_page_names_its_charset_only_in_its_markup(newspaper: DemoNewspaper) -> None:
    answer = ask(newspaper, TRAM)
    assert answer.headers["Content-Type"] == "text/html"
    assert b'<meta charset="windows-1251">' in answer.body
    assert articles(1)[TRAM].title in answer.body.decode("windows-1251")


@pytest.mark.parametrize("path", ["/", BARRIER, FERRY, "/no/such/story", "/feed.rss"])
def test_head_has_the_fields_of_get_and_no_body(newspaper: DemoNewspaper, path: str) -> None:
    got, headed = ask(newspaper, path), ask(newspaper, path, method="HEAD")
    got.headers.replace_header("Date", "now")
    headed.headers.replace_header("Date", "now")
    assert headed.body == b""
    assert (headed.status, headed.headers.items()) == (got.status, got.headers.items())


def test_many_requests_travel_over_one_connection(newspaper: DemoNewspaper) -> None:
    connection = http.client.HTTPConnection(urlsplit(newspaper.url).netloc, timeout=10)
    connection.connect()
    opened = connection.sock
    for path in ("/", FERRY, "/no/such/story", "/latest", BARRIER):
        connection.request("GET", path)
        connection.getresponse().read()
        assert connection.sock is opened
    connection.close()


def test_every_request_is_kept_in_the_log_and_none_printed(
    newspaper: DemoNewspaper, capfd: pytest.CaptureFixture[str]
) -> None:
    ask(newspaper, "/robots.txt", User_Agent="tests/1")
    ask(newspaper, "/no/such/story", method="HEAD")
    logged = [(entry.method, entry.path, entry.status) for entry in newspaper.requests]
    assert logged == [("GET", "/robots.txt", 200), ("HEAD", "/no/such/story", 404)]
    assert newspaper.requests[0].headers["user-agent"] == "tests/1"
    assert capfd.readouterr() == ("", "")


def test_closing_ends_open_connections_and_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    with DemoNewspaper(today=TODAY) as newspaper:
        parts = urlsplit(newspaper.url)
        idle = socket.create_connection((parts.hostname, parts.port), timeout=10)
        idle.sendall(b"HEAD / HTTP/1.1\r\nHost: demo\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 200")
    with idle:
        assert idle.recv(1) == b""
    assert set(threading.enumerate()) == before


def test_a_port_can_be_asked_for_and_used_again() -> None:
    with DemoNewspaper(today=TODAY) as earlier:
        url = earlier.url
    with DemoNewspaper(today=TODAY, port=urlsplit(url).port or 0) as later:
        assert later.url == url
        assert ask(later, "/").status == 200
