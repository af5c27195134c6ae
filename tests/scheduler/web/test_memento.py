"""RFC 7089, as a client meets it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from archiving.writer import Visit, Writer, answer, answers, moment, shows, shows_no_article
from servers.web_server import Answer, Web, served

from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.storage.model import Article
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

URL = "https://news.example/town/ferry?page=2"
HOSTILE = "https://news.example/hostile"
PICTURE = "https://news.example/picture"
SCRIPT = "https://news.example/script"
FRONT = "https://news.example/"
ODD = "https://news.example/odd"
FIRST, SECOND, GONE = moment(0), moment(10), moment(20)

_ATTACK = b"<script>fetch('/api/sources')</script><img src=x onerror=alert(1)><p>text</p>"
_LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"((?:; \w+="[^"]*")*)')


def attack(url: str, content_type: str, *, extra: tuple[tuple[str, str], ...] = ()) -> Visit:
    """A visit to a page that is made to run scripts in the origin of whoever shows it."""
    head = "".join(f"{name}: {value}\r\n" for name, value in (("Content-Type", content_type), *extra))
    response = f"HTTP/1.1 200 Very Fine\r\n{head}Content-Length: {len(_ATTACK)}\r\n\r\n".encode("latin-1") + _ATTACK
    return Visit(url=url, at=FIRST, response=response, finding=Finding(article=Article(title="A title", text="text")))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("memento")
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    secrets = (
        ("Set-Cookie", "a=b"),
        ("Content-Security-Policy", "default-src *"),
        ("Link", "</evil>; rel=memento"),
        ("X-Odd", "tab\tand \x01 control"),
        ("Bad Name", "x"),
    )
    writer.publish(
        shows(URL, 0, "at nine"),
        shows_no_article(FRONT, 0, "<p>front"),
        attack(HOSTILE, "text/html; charset=utf-16le; x=<script>", extra=secrets),
        attack(PICTURE, "image/svg+xml"),
        attack(SCRIPT, "text/javascript"),
    )
    writer.publish(answers(URL, 5, "304 Not Modified"), answers(FRONT, 5, "304 Not Modified"))
    writer.publish(shows(URL, 10, "at ten"), shows_no_article(FRONT, 10, "<p>front again"))
    writer.publish(answers(URL, 20, "410 Gone"), answers(ODD, 20, "999 Request denied"))
    writer.spool.close()
    parts = Parts(archive=OpenedArchive(str(folder / "archive")), tokens=Tokens(), sources=dict)
    with served(make_app(parts)) as running:
        yield running


def links(text: str) -> dict[str, tuple[str, str]]:
    """Return the targets in a Link field or a TimeMap, with their attributes, by relation."""
    return {relation: (target, rest) for target, relation, rest in _LINK.findall(text)}


def date(when: datetime) -> str:
    return format_datetime(when, usegmt=True)


def path_of(answer: Answer) -> str:
    """Return where a redirect leads."""
    assert answer.status == 302
    parts = urlsplit(answer.headers["Location"])
    return parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, GONE),
        (moment(-100), FIRST),
        (FIRST, FIRST),
        (moment(9), FIRST),
        (SECOND, SECOND),
        (moment(19), SECOND),
        (moment(1000), GONE),
    ],
    ids=["no date", "before all", "the first", "between", "the second", "before it was gone", "after all"],
)
def test_the_timegate_leads_to_what_stood_then(web: Web, asked: datetime | None, found: datetime) -> None:
    answer = web.get(f"/timegate/{URL}", {"Accept-Datetime": date(asked)} if asked else {})
    assert path_of(answer) == f"/memento/{found:%Y%m%d%H%M%S}/{URL}"
    assert answer.headers["Vary"] == "accept-datetime"
    assert "Memento-Datetime" not in answer.headers
    assert links(answer.headers["Link"])["original"][0] == URL


@pytest.mark.parametrize("date", ["yesterday", "2026-11-22", "Sun, 99 Nov 2026 12:00:00 GMT", ""])
def test_the_timegate_refuses_what_is_no_date(web: Web, date: str) -> None:
    assert web.get(f"/timegate/{URL}", {"Accept-Datetime": date}).status == 400


@pytest.mark.parametrize("kind", ["timegate", "timemap/link", "timemap/json", "memento/20261122120000"])
def test_what_is_not_archived_is_not_found(web: Web, kind: str) -> None:
    assert web.get(f"/{kind}/https://news.example/never").status == 404
    assert web.get(f"/{kind}/ftp://news.example/never").status in (400, 404)


def test_a_memento_is_the_archived_answer_with_its_links(web: Web) -> None:
    answer = web.get(f"/memento/{SECOND:%Y%m%d%H%M%S}/{URL}")
    assert (answer.status, answer.body) == (200, b"<p>at ten</p><!--  -->")
    assert answer.headers["Memento-Datetime"] == date(SECOND)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Archive-Orig-Content-Type"] == "text/html; charset=utf-8"
    found = links(answer.headers["Link"])
    assert found["original"][0] == URL
    assert found["timegate"][0] == f"{web.address}/timegate/{URL}"
    assert found["first prev memento"][0] == f"{web.address}/memento/{FIRST:%Y%m%d%H%M%S}/{URL}"
    assert f'datetime="{date(SECOND)}"' in found["memento"][1]
    assert found["last next memento"][0] == f"{web.address}/memento/{GONE:%Y%m%d%H%M%S}/{URL}"


def test_a_memento_of_an_error_has_its_status(web: Web) -> None:
    answer = web.get(f"/memento/{GONE:%Y%m%d%H%M%S}/{URL}")
    assert (answer.status, answer.headers["Memento-Datetime"]) == (410, date(GONE))


def test_a_memento_of_an_answer_with_a_status_that_is_none_is_that_of_an_error(web: Web) -> None:
    found = web.get(f"/memento/{GONE:%Y%m%d%H%M%S}/{ODD}")
    assert found.status == 500
    assert found.headers["Memento-Datetime"] == date(GONE)


def test_a_memento_of_another_moment_leads_to_the_one_that_stood_then(web: Web) -> None:
    assert path_of(web.get(f"/memento/20261122121500/{URL}")) == f"/memento/{SECOND:%Y%m%d%H%M%S}/{URL}"
    assert web.get(f"/memento/20261399000000/{URL}").status == 400
    assert web.get(f"/memento/2026/{URL}").status == 400


def test_the_timemap_in_link_format_names_every_memento(web: Web) -> None:
    answer = web.get(f"/timemap/link/{URL}")
    assert answer.headers["Content-Type"].startswith("application/link-format")
    found = links(answer.text)
    assert found["original"][0] == URL
    assert found["self"] == (
        f"{web.address}/timemap/link/{URL}",
        f'; type="application/link-format"; from="{date(FIRST)}"; until="{date(GONE)}"',
    )
    places = {"first memento": FIRST, "memento": SECOND, "last memento": GONE}
    for relation, when in places.items():
        assert found[relation] == (f"{web.address}/memento/{when:%Y%m%d%H%M%S}/{URL}", f'; datetime="{date(when)}"')


def test_the_timemap_in_json_says_the_same(web: Web) -> None:
    document = web.get(f"/timemap/json/{URL}").document
    listed = document["mementos"]["list"]
    assert [datetime.fromisoformat(each["datetime"]) for each in listed] == [FIRST, SECOND, GONE]
    assert document["mementos"]["last"] == listed[-1]
    assert document["timemap_uri"]["link_format"] == f"{web.address}/timemap/link/{URL}"


@pytest.mark.parametrize(
    "written",
    [
        quote(URL, safe=""),
        URL.replace("https://", "https:/"),
        URL.replace("https://", ""),
        URL.replace("https", "HTTP"),
        URL + "&utm_source=x",
    ],
    ids=["escaped", "one slash", "no scheme", "another scheme", "tracking"],
)
def test_an_address_may_be_written_in_several_ways(web: Web, written: str) -> None:
    listed = web.get(f"/timemap/json/{written}").document["mementos"]["list"]
    assert len(listed) == 3


@pytest.mark.parametrize("url", [HOSTILE, PICTURE, SCRIPT])
def test_nothing_archived_can_run_in_the_origin_of_the_service(web: Web, url: str) -> None:
    answer = web.get(f"/memento/{FIRST:%Y%m%d%H%M%S}/{url}")
    policy = [part.strip() for part in answer.headers["Content-Security-Policy"].split(";")]
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "base-uri 'none'"} <= set(policy)
    assert not [part for part in policy if "script" in part]
    assert len(answer.headers.get_all("Content-Security-Policy") or []) == 1
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert web.get(f"/memento/{FIRST:%Y%m%d%H%M%S}id_/{url}").body == _ATTACK


def test_the_headers_of_the_archived_answer_are_told_and_mean_nothing(web: Web) -> None:
    headers = web.get(f"/memento/{FIRST:%Y%m%d%H%M%S}/{HOSTILE}").headers
    assert headers["Content-Type"] == "text/html; charset=utf-8", "as it is shown"
    assert headers["X-Archive-Orig-Content-Type"] == "text/html; charset=utf-16le; x=<script>"
    assert headers["X-Archive-Orig-Set-Cookie"] == "a=b"
    assert "Set-Cookie" not in headers
    assert headers["X-Archive-Orig-Content-Security-Policy"] == "default-src *"
    assert "evil" not in headers["Link"]
    assert headers["X-Archive-Orig-X-Odd"] == "tab\tand   control"
    assert not [name for name in headers if "Bad" in name]


@pytest.mark.parametrize("url", [PICTURE, SCRIPT])
def test_what_is_no_page_is_only_downloaded(web: Web, url: str) -> None:
    headers = web.get(f"/memento/{FIRST:%Y%m%d%H%M%S}/{url}").headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"


def test_an_address_without_versions_has_its_captures_as_mementos(web: Web) -> None:
    listed = web.get(f"/timemap/json/{FRONT}").document["mementos"]["list"]
    assert [datetime.fromisoformat(each["datetime"]) for each in listed] == [FIRST, moment(5), SECOND]
    answer = web.get(f"/memento/{moment(5):%Y%m%d%H%M%S}/{FRONT}")
    assert (answer.status, answer.body) == (200, b"<p>front"), "what was unchanged repeats what it was before"
    assert path_of(web.get(f"/timegate/{FRONT}")) == f"/memento/{SECOND:%Y%m%d%H%M%S}/{FRONT}"


def test_who_has_a_memento_already_is_told_so(web: Web) -> None:
    path = f"/memento/{FIRST:%Y%m%d%H%M%S}/{URL}"
    again = web.get(path, {"If-None-Match": web.get(path).headers["ETag"]})
    assert (again.status, again.headers["Memento-Datetime"]) == (304, date(FIRST))


def test_a_redirect_to_the_front_page_leads_to_its_memento(tmp_path: Path) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    writer.publish(shows(URL, 0, "at nine"))
    writer.publish(answers(URL, 10, "301 Moved Permanently", "/"))
    writer.spool.close()
    parts = Parts(archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=dict)
    with served(make_app(parts)) as web:
        found = web.get(f"/memento/{SECOND:%Y%m%d%H%M%S}/{URL}")
    assert found.status == 301
    assert found.headers["Location"] == f"{web.address}/memento/{SECOND:%Y%m%d%H%M%S}/https://news.example/"
    assert found.headers["X-Archive-Orig-Location"] == "/"


def test_a_compressed_body_is_shown_as_readers_saw_it(tmp_path: Path) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    body = gzip.compress(b"<p>packed</p>", mtime=0)
    response = answer(body, headers=[("Content-Encoding", "gzip")])
    finding = Finding(article=Article(title="A title", text="packed"))
    writer.publish(Visit(url=URL, at=FIRST, response=response, finding=finding))
    writer.spool.close()
    parts = Parts(archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=dict)
    with served(make_app(parts)) as web:
        found = web.get(f"/memento/{FIRST:%Y%m%d%H%M%S}/{URL}")
    assert found.body == b"<p>packed</p>"
    assert "Content-Encoding" not in found.headers
