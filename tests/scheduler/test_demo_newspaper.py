"""The demo newspaper: what it serves, how it serves it, and what its editions change."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from broadsheet.scheduler.demo.expectations import Expected, boilerplate, expectations
from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.demo.site import build_site

TODAY = date(2026, 11, 22)
BASE = "http://127.0.0.1:8080/"
NAMESPACES = {
    "map": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "atom": "http://www.w3.org/2005/Atom",
}

FERRY = "/harbour/ferry-crews-end-strike"
BARRIER = "/town/tidal-barrier-approved"
HARBOUR_MASTER = "/harbour/harbour-master-resigns"
PILOTS = "/harbour/night-pilots"
ICE = "/town/fish-market-ice"
SNOW = "/town/coast-road-snow"
LIBRARY = "/2026/11/13/library-reading-room.html"
WALKS = "/2026/11/10/estuary-walks.html"
BUSES = "/2026/11/14/night-buses.html"
TRAM = "/2026/11/08/poslednij-tramvaj.html"


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@pytest.fixture
def newspaper() -> Iterator[DemoNewspaper]:
    with DemoNewspaper(today=TODAY) as newspaper:
        yield newspaper


def ask(newspaper: DemoNewspaper, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(newspaper.url).netloc, timeout=10)
    try:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=fields)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def articles(number: int) -> dict[str, Expected]:
    return {path: item for path, item in expectations(number, TODAY).items() if item.state == "live"}


def path_of(slug: str) -> str:
    return next(path for path in expectations(1, TODAY) if slug in path)


def tree_of(body: bytes) -> html.HtmlElement:
    return html.document_fromstring(body)


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


# --- the pages


def test_the_paper_has_many_articles_in_eight_languages() -> None:
    live = articles(1).values()
    assert len(live) == 19
    assert {article.language for article in live} == {"en", "de", "fr", "it", "es", "ru", "ar", "ja"}
    assert {article.template for article in live} == {"linked_data", "open_graph", "microdata", "print"}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_article_shows_what_is_expected_of_it(number: int) -> None:
    site = build_site(number, TODAY, BASE)
    for path, expected in articles(number).items():
        tree = tree_of(site[path].body)
        assert tree.get("lang") == expected.language
        assert (tree.get("dir") == "rtl") == (expected.language == "ar")
        assert words(tree.find(".//h1")) == expected.title
        visible = words(tree.body)
        for piece in [expected.subtitle, *expected.authors, *expected.paragraphs]:
            assert piece in visible, (path, piece)
        assert tree.xpath("string(//link[@rel='canonical']/@href)") == BASE.rstrip("/") + path


@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_article_holds_the_sentences_around_it(number: int) -> None:
    for article in articles(number).values():
        text = " ".join(article.paragraphs)
        assert not [sentence for sentence in boilerplate(article.language) if sentence in text]


def test_json_ld_states_the_article_with_its_zone() -> None:
    site = build_site(2, TODAY, BASE)
    stated = {path: item for path, item in articles(2).items() if item.template == "linked_data"}
    assert len(stated) == 7
    for path, expected in stated.items():
        data = json.loads(tree_of(site[path].body).xpath("string(//script[@type='application/ld+json'])"))
        assert data["@type"] == "NewsArticle"
        assert data["headline"] == expected.title
        assert [author["name"] for author in data["author"]] == expected.authors
        assert data["datePublished"] == expected.published.value
        assert data.get("dateModified") == (expected.modified.value if expected.modified else None)
        assert data["isAccessibleForFree"] == (expected.access == "free")
        assert ("hasPart" in data) == (expected.access == "paywalled")


def test_meta_elements_state_the_article_where_there_is_no_json_ld() -> None:
    site = build_site(1, TODAY, BASE)
    stated = {path: item for path, item in articles(1).items() if item.template == "open_graph"}
    for path, expected in stated.items():
        tree = tree_of(site[path].body)
        assert not tree.xpath("//script")
        assert tree.xpath("string(//meta[@property='og:title']/@content)") == expected.title
        assert tree.xpath("//meta[@name='author']/@content") == expected.authors
        published = tree.xpath("string(//meta[@property='article:published_time']/@content)")
        assert published == expected.published.value


def test_microdata_states_the_moment_without_a_zone() -> None:
    site = build_site(1, TODAY, BASE)
    stated = {path: item for path, item in articles(1).items() if item.template == "microdata"}
    assert stated
    for path, expected in stated.items():
        tree = tree_of(site[path].body)
        moment = tree.xpath("string(//time[@itemprop='datePublished']/@datetime)")
        assert expected.published.value == f"{moment}:00"
        assert (expected.published.precision, expected.published.zone) == ("minute", "unknown")
        assert tree.xpath("//*[@itemprop='author']//*[@itemprop='name']/text()") == expected.authors


def test_the_print_design_states_nothing_to_machines() -> None:
    page = build_site(1, TODAY, BASE)[path_of("grain-ships")]
    tree = tree_of(page.body)
    assert not tree.xpath("//script | //time | //meta[@property] | //*[@itemprop]")
    visible = words(tree.body)
    assert "10/06/2026, 09.12 Send to a friend Grain ships" in visible
    assert "Send to a friend | Printable version See also Dredger Patience" in visible
    assert "Dredger Patience arrives with half a crew21/09/2026 16:17" in visible
    assert "Subscribe to Courier updates or change your preferences Subscribe now “Write down the tide" in visible


@given(today=st.dates(date(2020, 1, 1), date(2060, 12, 31)))
@settings(max_examples=60)
def test_on_any_day_the_page_itself_settles_the_order_of_its_ambiguous_dates(today: date) -> None:
    path, expected = next(item for item in expectations(1, today).items() if "grain-ships" in item[0])
    published = datetime.fromisoformat(expected.published.value)
    assert published.day <= 12, "the header reads both ways round"
    assert published.date() < today

    tree = tree_of(build_site(1, today, BASE)[path].body)
    assert f"{published:%m/%d/%Y, %H.%M}" in words(tree.body)
    yesterday = published - timedelta(days=1)
    assert f"{yesterday:%A}, {yesterday:%B} {yesterday.day}" in words(tree.body)

    listed = [re.findall(r"\d+", text) for text in tree.xpath("//span[@class='date']/text()")]
    assert listed
    assert any(int(first) > 12 for first, *_ in listed), "one item proves that the day comes first"
    dates = [link.published.value for link in expected.related if link.published]
    assert dates == [f"{year}-{month}-{day}T{hour}:{minute}:00" for day, month, year, hour, minute in listed]


@given(today=st.dates(date(2020, 1, 1), date(2060, 12, 31)))
@settings(max_examples=20)
def test_nothing_is_dated_after_the_day_the_demo_runs_on(today: date) -> None:
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    for resource in build_site(3, today, BASE).values():
        assert resource.last_modified <= midnight


def test_a_paywalled_page_serves_the_teaser_and_the_wall_alone(newspaper: DemoNewspaper) -> None:
    page = ask(newspaper, ICE).text
    assert "a hole that was not in the roof" in page
    assert "haulage firm" not in page
    assert "Read on with a subscription" in page
    assert not articles(1)[ICE].complete


def test_a_newsletter_box_interrupts_one_text() -> None:
    tree = tree_of(build_site(1, TODAY, BASE)[WALKS].body)
    box = tree.xpath("//main//div[contains(@class, 'newsletter')]")[0]
    assert box.getprevious().tag == "p"
    assert box.getnext().tag == "h2"
    assert articles(1)[WALKS].blocks == ["newsletter"]


def test_every_link_of_every_edition_leads_somewhere() -> None:
    for number in (1, 2, 3):
        site = build_site(number, TODAY, BASE)
        pages = [(path, page) for path, page in site.items() if page.media_type == "text/html" and page.status == 200]
        for path, page in pages:
            for target in tree_of(page.body).xpath("//a/@href | //img/@src | //link/@href | //form/@action"):
                parts = urlsplit(urljoin(BASE + path.lstrip("/"), target))
                if parts.scheme == "http":
                    assert site[parts.path].status in (200, 301, 302), (number, path, target)


# --- feeds, sitemaps, robots


@pytest.mark.parametrize("number", [1, 2, 3])
def test_feeds_and_the_news_sitemap_list_every_live_article_and_no_other(number: int) -> None:
    site = build_site(number, TODAY, BASE)
    live = {BASE.rstrip("/") + path: item for path, item in articles(number).items()}

    rss = etree.fromstring(site["/feed.rss"].body)
    assert {link.text for link in rss.iterfind(".//item/link")} == set(live)
    atom = etree.fromstring(site["/feed.atom"].body)
    entries = atom.iterfind("atom:entry/atom:link", NAMESPACES)
    assert {link.attrib["href"] for link in entries} == set(live)
    news = etree.fromstring(site["/sitemap-news.xml"].body)
    titles = {
        url.findtext("map:loc", namespaces=NAMESPACES): url.findtext("news:news/news:title", namespaces=NAMESPACES)
        for url in news.findall("map:url", NAMESPACES)
    }
    assert titles == {url: item.title for url, item in live.items()}


def test_the_front_page_and_the_sections_list_every_live_article() -> None:
    site = build_site(2, TODAY, BASE)
    listed = set(tree_of(site["/"].body).xpath("//h2/a/@href"))
    assert listed == set(articles(2))
    sections = [tree_of(site[path].body) for path in ("/harbour", "/town", "/science", "/culture")]
    assert {link for tree in sections for link in tree.xpath("//h2/a/@href")} == listed


def test_robots_txt_closes_search_and_account_and_names_the_sitemaps(newspaper: DemoNewspaper) -> None:
    robots = RobotFileParser()
    robots.parse(ask(newspaper, "/robots.txt").text.splitlines())
    assert not robots.can_fetch("broadsheet", newspaper.url + "search?q=tide")
    assert not robots.can_fetch("broadsheet", newspaper.url + "account")
    assert robots.can_fetch("broadsheet", newspaper.url + FERRY.lstrip("/"))
    assert robots.crawl_delay("broadsheet") is None

    index, news = robots.site_maps() or []
    assert [index, news] == [newspaper.url + "sitemap.xml", newspaper.url + "sitemap-news.xml"]
    for location in etree.fromstring(ask(newspaper, "/sitemap.xml").body).itertext("{*}loc"):
        assert ask(newspaper, urlsplit(str(location)).path).status == 200


# --- the editions


def test_the_second_edition_changes_exactly_the_intended_articles() -> None:
    first, second = build_site(1, TODAY, BASE), build_site(2, TODAY, BASE)
    paths = set(expectations(1, TODAY))
    changed = {path for path in paths & set(first) if first[path].body != second[path].body}
    clock = path_of("town-clock")
    assert changed == {FERRY, BARRIER, PILOTS, LIBRARY, HARBOUR_MASTER, clock}
    assert paths - set(first) == {SNOW}
    assert (second[HARBOUR_MASTER].status, second[clock].status, second[clock].location) == (410, 302, BASE)


def test_expectations_differ_between_editions_only_where_the_story_does() -> None:
    first, second = expectations(1, TODAY), expectations(2, TODAY)
    differing = {path for path in first if first[path] != second[path]}
    assert differing == {BARRIER, PILOTS, LIBRARY, HARBOUR_MASTER, path_of("town-clock"), SNOW}
    assert (first[SNOW].state, second[SNOW].state) == ("absent", "live")
    assert second[HARBOUR_MASTER].state == second[path_of("town-clock")].state == "gone"
    assert second[HARBOUR_MASTER].title == first[HARBOUR_MASTER].title


def test_the_correction_changes_headline_paragraph_and_modified_date_and_says_so() -> None:
    before, after = articles(1)[BARRIER], articles(2)[BARRIER]
    assert ("64 million" in before.title, "46 million" in after.title) == (True, True)
    differing = [pair for pair in zip(before.paragraphs, after.paragraphs, strict=True) if len(set(pair)) == 2]
    assert len(differing) == 1
    assert before.modified is None
    assert after.modified is not None
    assert b"Correction: an earlier version" in build_site(2, TODAY, BASE)[BARRIER].body


def test_a_byline_grows_and_a_story_goes_behind_the_wall() -> None:
    first, second = articles(1), articles(2)
    assert first[LIBRARY].authors == ["Ansel Whitmoor"]
    assert second[LIBRARY].authors == ["Ansel Whitmoor", "Eleni Karasova-Wright"]
    assert (first[PILOTS].access, second[PILOTS].access) == ("free", "paywalled")
    assert second[PILOTS].paragraphs == first[PILOTS].paragraphs[:2]


def test_live_counters_change_around_a_text_that_does_not() -> None:
    pages = [tree_of(build_site(number, TODAY, BASE)[FERRY].body) for number in (1, 2)]
    bodies = [words(page.xpath("//div[@class='article-body']")[0]) for page in pages]
    boxes = [words(page.xpath("//section[@class='most-read']")[0]) for page in pages]
    counters = [words(page.xpath("//p[@class='comments']")[0]) for page in pages]
    assert bodies[0] == bodies[1]
    assert boxes[0] != boxes[1]
    assert counters[0] != counters[1]


def test_the_third_edition_restores_the_deleted_story_word_for_word() -> None:
    first, third = build_site(1, TODAY, BASE), build_site(3, TODAY, BASE)
    assert third[HARBOUR_MASTER].body == first[HARBOUR_MASTER].body
    assert third[HARBOUR_MASTER].last_modified > first[HARBOUR_MASTER].last_modified
    assert expectations(3, TODAY)[HARBOUR_MASTER] == expectations(1, TODAY)[HARBOUR_MASTER]
    assert expectations(3, TODAY)[path_of("town-clock")].state == "gone"


def test_the_same_day_gives_the_same_bytes_and_another_day_other_dates() -> None:
    for number in (1, 2, 3):
        assert build_site(number, TODAY, BASE) == build_site(number, TODAY, BASE)
    assert build_site(1, TODAY, BASE)[FERRY] != build_site(1, TODAY + timedelta(days=1), BASE)[FERRY]


def test_publishing_an_edition_that_does_not_exist_is_refused(newspaper: DemoNewspaper) -> None:
    with pytest.raises(ValueError, match="no edition 4"):
        newspaper.publish(4)
    assert ask(newspaper, "/").status == 200


def test_a_published_edition_is_what_is_served(newspaper: DemoNewspaper) -> None:
    assert ask(newspaper, SNOW).status == 404
    assert ask(newspaper, "/latest").headers["Location"] == newspaper.url.rstrip("/") + BARRIER
    newspaper.publish(2)
    assert ask(newspaper, SNOW).status == 200
    assert ask(newspaper, "/latest").headers["Location"] == newspaper.url.rstrip("/") + SNOW
    assert ask(newspaper, HARBOUR_MASTER).status == 410
    assert ask(newspaper, path_of("town-clock")).headers["Location"] == newspaper.url
    newspaper.publish(3)
    assert ask(newspaper, HARBOUR_MASTER).status == 200


# --- HTTP


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
