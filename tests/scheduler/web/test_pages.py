from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from archiving.writer import Writer, shows
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from servers.hostile_web import EVIL, HOSTILE, URL, hostile_web
from servers.web_server import Web, served

from broadsheet.scheduler.output import printable
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web import presentation
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.storage.stores.folder import FolderStore


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with hostile_web(tmp_path_factory.mktemp("pages")) as running:
        yield running


def asked(path: str, **query: object) -> str:
    return f"{path}?{urlencode({name.rstrip('_'): value for name, value in query.items()})}"


def parsed(text: str) -> Any:
    return html.document_fromstring(text.encode("utf-8", "replace"), html.HTMLParser(encoding="utf-8"))


def page(web: Web, path: str) -> Any:
    found = web.get(path, {"Accept": "text/html"})
    assert found.status == 200, found.text
    assert found.headers["Content-Type"] == "text/html; charset=utf-8"
    return parsed(found.text)


PATHS = [
    "/",
    "/changes",
    "/sources",
    "/jobs",
    asked("/jobs", source="<script>", state="failed"),
    asked("/versions", url=URL),
    asked("/versions", url=HOSTILE),
    asked("/version", url=URL, version=1),
    asked("/version", url=URL),
    asked("/version", url=HOSTILE),
    asked("/diff", url=URL, from_=1, to=2),
    asked("/diff", url=HOSTILE),
    asked("/site", host="news.example"),
]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_holds_anything_that_could_run(web: Web, path: str) -> None:
    found = web.get(path, {"Accept": "text/html"})
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"\x1b" not in found.body
    document = parsed(found.text)
    names = {element.tag for element in document.iter() if isinstance(element.tag, str)}
    assert not names & {"script", "img", "iframe", "object", "embed", "base", "style", "svg", "math"}
    for element in document.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src", "action"):
                assert urlsplit(value).scheme in ("", "http", "https")
                assert not value.startswith("//")


@pytest.mark.parametrize("path", PATHS)
def test_every_link_to_a_page_leads_somewhere(web: Web, path: str) -> None:
    targets = {str(each) for each in page(web, path).xpath("//a/@href | //link/@href") if each.startswith("/")}
    # Where related articles lead may not be archived.
    inner = {each for each in targets if not each.startswith(("/search", "//"))}
    assert inner
    assert {each: status for each in inner if (status := web.get(each).status) not in (200, 410)} == {}


@pytest.mark.parametrize("path", PATHS)
def test_every_page_can_be_used_without_seeing_it(web: Web, path: str) -> None:
    document = page(web, path)
    assert document.get("lang") == "en"
    assert len(document.xpath("//h1")) == 1
    assert document.xpath("string(//title)").strip()
    assert document.xpath("//main[@id='content']")
    identifiers = document.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    for control in document.xpath("//input[not(@type='hidden')]"):
        assert control.xpath(f"//label[@for='{control.get('id')}'] | ancestor::label")


def test_the_timeline_tells_versions_checks_and_what_changed(web: Web) -> None:
    entries = page(web, asked("/versions", url=URL)).xpath("//ol[@class='timeline']/li")
    told = [" ".join(entry.text_content().split()) for entry in entries]
    assert [text.split(" ", 2)[:2] for text in told] == [["Version", "3"], ["Version", "2"], ["Version", "1"]]
    assert "removed" in told[0]
    assert "text" in told[1]
    assert "first version" in told[2]
    assert "Seen unchanged 1 time, last 22 Nov 2026, 12:05:00 UTC" in told[2]


def test_a_version_is_shown_with_text_and_evidence(web: Web) -> None:
    document = page(web, asked("/version", url=URL, version=1))
    assert document.xpath("string(//article/h1)") == "A title"
    assert document.xpath("string(//article/p)") == "The ferry sails at nine."
    assert "warc/2026/11/22/" in document.text_content()


def test_a_difference_marks_words(web: Web) -> None:
    document = page(web, asked("/diff", url=URL, from_=1, to=2))
    assert document.xpath("string(//del)") == "[removed: nine.]"
    assert document.xpath("string(//ins)") == "[added: ten.]"


@pytest.mark.parametrize("path", ["/alarms.atom", "/changes.atom"])
def test_alarms_and_changes_are_feeds_in_which_nothing_runs(web: Web, path: str) -> None:
    found = web.get(path)
    assert found.headers["Content-Type"] == "application/atom+xml"
    feed = etree.fromstring(found.body)
    assert {etree.QName(element).localname for element in feed.iter()} <= {
        *("feed", "id", "title", "updated", "author", "name", "link", "entry", "content", "category"),
    }
    assert feed.findtext("{*}id") == web.address + path
    assert [entry.findtext("{*}title") for entry in feed.findall("{*}entry")] == [EVIL.replace("\x1b", "\ufffd")]
    assert all(link.get("href", "").startswith(("http://", "https://")) for link in feed.iter("{*}link"))


def test_jobs_and_sources_are_shown_with_what_they_came_to(web: Web) -> None:
    rows = page(web, "/jobs").xpath("//tbody/tr")
    assert [row.xpath("string(td[3])") for row in rows] == ["waiting", "finished", "failed"]
    [source, _] = page(web, "/sources").xpath("//tbody/tr")
    assert source.xpath("string(th)").strip() == "<script>"
    assert "failed" in source.text_content()
    for target in page(web, "/jobs").xpath("//tbody/tr/th/a/@href"):
        job = page(web, target)
        assert not job.xpath("//script | //img")
        assert "Asked by" in job.text_content()
    recrawl = page(web, page(web, "/jobs").xpath("//tbody/tr[2]/th/a/@href")[0])
    assert recrawl.xpath("normalize-space(//dt[. = 'warc']/following-sibling::dd[1])").startswith("key ")


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        (URL, asked("/versions", url=URL)),
        (" news.example/town/ferry ", asked("/versions", url=URL)),
        ("news.example", asked("/site", host="news.example")),
        ("https://www.news.example", asked("/site", host="news.example")),
        ("", "/"),
    ],
)
def test_the_search_finds_articles_and_sites(web: Web, typed: str, target: str) -> None:
    found = web.get(asked("/search", url=typed))
    assert (found.status, found.headers["Location"]) == (303, target)


def test_the_articles_of_a_site_are_listed_page_by_page(tmp_path: Path) -> None:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    urls = [f"https://news.example/{number:04}" for number in range(250)]
    writer.publish(*(shows(url, 0, url) for url in urls))
    writer.spool.close()
    parts = Parts(archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=dict)
    listed: list[str] = []
    with served(make_app(parts)) as web:
        path: str | None = asked("/site", host="news.example")
        while path:
            document = page(web, path)
            listed += document.xpath("//tbody/tr/th/a/bdi/text()")
            path = next(iter(document.xpath("//a[@rel='next']/@href")), None)
    assert listed == [url.removeprefix("https://") for url in urls]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (asked("/version", url="https://news.example/never"), 404),
        (asked("/search", url="<script>alert(1)</script>"), 400),
        (asked("/search", url="news.example/never"), 404),
        (asked("/site", host="else.example"), 404),
        (asked("/changes", day="<script>"), 400),
        ("/<script>alert(1)</script>", 404),
    ],
)
def test_an_error_is_a_page_for_people_and_a_document_for_programs(web: Web, path: str, status: int) -> None:
    shown = web.get(path, {"Accept": "text/html,*/*"})
    assert (shown.status, shown.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert "<script>" not in shown.text
    told = web.get(path)
    assert (told.status, told.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2020-02-29"])
def test_a_day_without_changes_says_so(web: Web, day: str) -> None:
    assert "No version was captured on this day" in page(web, asked("/changes", day=day)).text_content()


def test_an_empty_archive_has_a_front_page(tmp_path: Path) -> None:
    parts = Parts(archive=OpenedArchive(str(tmp_path)), tokens=Tokens(), sources=dict)
    with served(make_app(parts)) as web:
        assert "Nothing is archived yet" in page(web, "/").text_content()


@settings(max_examples=40)
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_told_of_an_error_is_shown_as_text(detail: str, word: str) -> None:
    shown = presentation.render("problem.html", problem={"detail": detail, "error": word}, status=404)
    document = parsed(shown)
    wanted = printable(detail).encode("utf-8", "replace").decode()
    assert "".join(document.xpath("string(//main//bdi)").split()) == "".join(wanted.split())
    assert not document.xpath("//main//*[not(self::h1 or self::p or self::bdi)]")
