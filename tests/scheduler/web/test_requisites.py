"""What archived pages are shown with, as a program asks for it: intact, as of the page, gone where the page is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from archiving.writer import START, Visit, Writer, answer, moment, shows
from end_to_end.command import Broadsheet
from servers.web_server import Answer, Web, served

from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.storage.captures import Request
from broadsheet.storage.model import Article
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

_URL = "https://news.example/story"
_PICTURE = "https://news.example/a.png"
_BODY = b"\x89PNG\r\n\x1a\n the picture itself"
_MARKUP = b'<p>text</p><img src="a.png"><img src="page.html"><img src="never.png"><link rel=stylesheet href=s.css>'
_PAGE = f"/memento/{START:%Y%m%d%H%M%S}/{_URL}"


def _shown_with(name: str, body: bytes, kind: str, minute: float = 1) -> Visit:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    about = Request(purpose="requisite", via=_URL)
    return Visit(url=f"https://news.example/{name}", at=moment(minute), response=head + body, request=about)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    finding = Finding(article=Article(title="A title", text="text"))
    writer.publish(Visit(url=_URL, at=moment(0), response=answer(_MARKUP), finding=finding))
    writer.publish(
        _shown_with("a.png", _BODY, "text/html"),
        _shown_with("page.html", b"<script>alert(1)</script>", "image/png"),
        _shown_with(
            "s.css", "p { content: 'ü'; background: url(a.png) }".encode("latin-1"), "text/css; charset=latin1"
        ),
    )
    writer.publish(shows("https://news.example/other", 2, "another"))
    writer.spool.close()
    return tmp_path / "archive"


@pytest.fixture
def web(folder: Path) -> Iterator[Web]:
    with served(make_app(Parts(archive=OpenedArchive(str(folder)), tokens=Tokens(), sources=dict))) as running:
        yield running


def _requisite(web: Web, url: str) -> str:
    """Return the address at which the page has what it is shown with."""
    page = web.get(_PAGE)
    assert page.status == 200
    found = re.search(rf'/requisite/[^"]*{re.escape(quote(url, safe=""))}', page.text)
    assert found is not None
    return found[0]


def _error(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.document["error"]


def test_what_a_page_is_shown_with_is_what_its_bytes_say(web: Web) -> None:
    picture = web.get(_requisite(web, _PICTURE))
    assert (picture.status, picture.body, picture.headers["Content-Type"]) == (200, _BODY, "image/png")
    assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    style = web.get(_requisite(web, "https://news.example/s.css"))
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert style.text.startswith("p { content: 'ü'; background: url(\"http://127.0.0.1:")


def test_a_page_in_the_place_of_a_picture_is_not_shown(web: Web) -> None:
    assert _error(web.get(_requisite(web, "https://news.example/page.html"))) == (404, "not_found")
    assert _error(web.get(_requisite(web, "https://news.example/never.png"))) == (404, "not_found")


def test_what_is_damaged_is_told_and_never_shown(web: Web, folder: Path) -> None:
    picture = _requisite(web, _PICTURE)
    for segment in (folder / "warc").rglob("*.warc.gz"):
        data = bytearray(segment.read_bytes())
        for place in range(200, len(data), 97):
            data[place] ^= 0x55
        segment.chmod(0o644)
        segment.write_bytes(data)
    for path in (picture, _PAGE, _PAGE.replace("/https", "id_/https")):
        answered = web.get(path)
        assert _error(answered) == (502, "archive_damaged")
        assert b"picture itself" not in answered.body


def test_what_a_page_was_shown_with_goes_where_the_page_is_taken_down(web: Web, folder: Path) -> None:
    picture = _requisite(web, _PICTURE)
    memento = f"/memento/{moment(1):%Y%m%d%H%M%S}id_/{_PICTURE}"
    assert (web.get(picture).status, web.get(memento).body) == (200, _BODY)
    assert Broadsheet(str(folder))("forget", _URL, "--reason", "court order").status == 0
    assert _error(web.get(picture)) == (404, "not_found")
    assert _error(web.get(memento)) == (404, "not_found")
    assert _error(web.get(_PAGE)) == (451, "taken_down")
