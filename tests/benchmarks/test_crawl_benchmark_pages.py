"""The web of benchmarks/crawl: pages by seed, and the server that hands them out."""

import gzip
import http.client
import json
import random
import re
import socket
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
from benchmarks.crawl.language import Vocabulary, Writer, languages
from benchmarks.crawl.listings import SITEMAP_LIMIT, news_sitemaps
from benchmarks.crawl.newspaper import PRESS_TIME, Newspaper, plan_newspaper
from benchmarks.crawl.pages import LARGEST_PAGE, SMALLEST_PAGE, render_article
from benchmarks.crawl.server import listen, serve
from benchmarks.crawl.web import (
    EMPTY_HOST,
    HOSTS,
    HOSTS_WITHOUT_VALIDATORS,
    PublishedPage,
    read_page_list,
    write_web,
)
from lxml import etree, html

ORIGIN = "http://127.0.0.1:8000"


def newspaper_of(index: int, seed: int = 7, articles: int = 6) -> Newspaper:
    return plan_newspaper(seed, index, ORIGIN, articles)


@pytest.mark.parametrize("index", range(len(HOSTS)))
def test_the_same_seed_renders_the_same_page(index: int) -> None:
    one, same = newspaper_of(index), newspaper_of(index)
    assert render_article(one, one.articles[3]) == render_article(same, same.articles[3])


def test_another_seed_renders_another_page() -> None:
    one, other = newspaper_of(0, seed=7), newspaper_of(0, seed=8)
    assert render_article(one, one.articles[0]) != render_article(other, other.articles[0])


def test_a_page_does_not_depend_on_which_were_rendered_before() -> None:
    newspaper = newspaper_of(1)
    alone = render_article(newspaper, newspaper.articles[5])
    for article in newspaper.articles[:5]:
        render_article(newspaper, article)
    assert render_article(newspaper, newspaper.articles[5]) == alone


@pytest.mark.parametrize("index", range(len(HOSTS)))
def test_pages_are_as_large_as_news_pages_are(index: int) -> None:
    newspaper = newspaper_of(index, articles=40)
    for article in newspaper.articles[:6]:
        page = render_article(newspaper, article).encode()
        assert SMALLEST_PAGE <= len(page) <= LARGEST_PAGE
        assert 400 <= sum(1 for _ in html.document_fromstring(page).iter()) <= 1_200


@pytest.mark.parametrize("index", range(len(HOSTS)))
def test_json_ld_states_what_the_page_shows(index: int) -> None:
    newspaper = newspaper_of(index)
    article = newspaper.articles[0]
    tree = html.document_fromstring(render_article(newspaper, article).encode())
    blocks = [str(script.text) for script in tree.iterfind(".//script[@type='application/ld+json']")]
    assert len(blocks) == (1 if newspaper.structured else 0)
    for block in blocks:
        statement = json.loads(block)
        assert statement["@type"] == "NewsArticle"
        assert statement["headline"] == article.headline == tree.xpath("string(//h1)")
        assert statement["datePublished"] == article.published.isoformat()
        assert [author["name"] for author in statement["author"]] == list(article.authors)


def test_one_newspaper_in_four_leaves_its_authors_and_dates_to_the_visible_page() -> None:
    assert [newspaper_of(index).structured for index in range(len(HOSTS))].count(False) == 2


def test_every_host_writes_in_a_language_of_its_own() -> None:
    assert len({newspaper_of(index).language.code for index in range(len(HOSTS))}) == len(HOSTS)


@pytest.mark.parametrize("language", languages(), ids=lambda language: language.code)
def test_every_language_table_is_complete(language: object) -> None:
    purposes = [set(other.labels) for other in languages()]
    assert all(labels == purposes[0] for labels in purposes)
    assert all(len(other.sections) == len(languages()[0].sections) for other in languages())
    assert language in languages()


def test_common_words_of_the_language_are_common_in_its_text() -> None:
    english = languages()[0]
    text = Writer(Vocabulary(english, random.Random(1)), random.Random(1)).sentences(200)
    words = re.findall(r"\w+", text.lower())
    assert 0.2 < sum(word in english.function_words for word in words) / len(words) < 0.6


def test_links_lead_to_articles_of_the_same_newspaper_or_to_its_front_page() -> None:
    newspaper = newspaper_of(0, articles=40)
    known = {f"{ORIGIN}/"} | {newspaper.url(article) for article in newspaper.articles}
    for article in newspaper.articles[:3]:
        tree = html.document_fromstring(render_article(newspaper, article).encode())
        links = [str(anchor.attrib["href"]) for anchor in tree.iterfind(".//a[@href]")]
        targets = {urldefrag(urljoin(newspaper.url(article), link))[0] for link in links}
        assert targets <= known | {newspaper.url(article)}
        assert len(targets) > 10


def test_sitemaps_of_a_large_newspaper_are_split_at_the_limit() -> None:
    newspaper = newspaper_of(0, articles=SITEMAP_LIMIT + 1)
    counts = [len(etree.fromstring(text.encode())) for text in news_sitemaps(newspaper).values()]
    assert counts == [SITEMAP_LIMIT, 1]


class Web:
    """A served web and the pages in it."""

    def __init__(self, port: int, pages: list[PublishedPage]) -> None:
        self.port = port
        self.pages = pages

    def ask(
        self, url: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        host, path = re.fullmatch(r"http://([\d.]+):\d+(/.*)", url).groups()  # type: ignore[union-attr]  # our URLs
        connection = http.client.HTTPConnection(host, self.port, timeout=10)
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    def page_on(self, host: str) -> PublishedPage:
        return next(page for page in self.pages if page.url.startswith(f"http://{host}:"))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    directory = tmp_path_factory.mktemp("web")
    sockets = listen((*HOSTS, EMPTY_HOST))
    port = sockets[0].getsockname()[1]
    pages = write_web(directory, seed=3, page_count=12, port=port)
    assert list(read_page_list(directory)) == pages
    with serve(directory, sockets, HOSTS_WITHOUT_VALIDATORS):
        yield Web(port, pages)


def test_every_page_is_served_as_it_was_written(web: Web) -> None:
    assert len(web.pages) == 12
    for page in web.pages:
        response, body = web.ask(page.url)
        assert (response.status, response.getheader("Content-Encoding")) == (200, None)
        assert body == page.file.read_bytes()


def test_a_client_that_accepts_gzip_gets_gzip(web: Web) -> None:
    page = web.pages[0]
    response, body = web.ask(page.url, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert response.getheader("Content-Encoding") == "gzip"
    assert response.getheader("Vary") == "Accept-Encoding"
    assert gzip.decompress(body) == page.file.read_bytes()


def test_a_known_entity_tag_is_answered_with_304_and_no_body(web: Web) -> None:
    page = web.page_on(HOSTS[0])
    first, _ = web.ask(page.url)
    tag = first.getheader("ETag")
    assert tag is not None
    again, body = web.ask(page.url, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status, again.getheader("ETag"), body) == (304, tag, b"")
    changed, _ = web.ask(page.url, headers={"If-None-Match": '"other"'})
    assert changed.status == 200


def test_a_known_modification_date_is_answered_with_304_unless_a_tag_says_otherwise(web: Web) -> None:
    url = web.page_on(HOSTS[1]).url
    known = {"If-Modified-Since": format_datetime(PRESS_TIME, usegmt=True)}
    assert web.ask(url, headers=known)[0].status == 304
    assert web.ask(url, headers={**known, "If-None-Match": '"other"'})[0].status == 200
    assert web.ask(url, headers={"If-Modified-Since": "yesterday"})[0].status == 200


@pytest.mark.parametrize("host", HOSTS_WITHOUT_VALIDATORS)
def test_a_host_without_validators_answers_in_full_every_time(web: Web, host: str) -> None:
    url = web.page_on(host).url
    response, _ = web.ask(url)
    assert response.getheader("ETag") is None
    assert response.getheader("Last-Modified") is None
    assert web.ask(url, headers={"If-None-Match": "*"})[0].status == 200


def test_one_connection_answers_requests_that_arrive_in_pieces_and_together(web: Web) -> None:
    request = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection((HOSTS[0], web.port), timeout=10) as connection:
        connection.sendall(request[:9])
        connection.sendall(request[9:] + request + last)
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"200", b"404"]


def test_other_methods_are_refused(web: Web) -> None:
    response, _ = web.ask(web.pages[0].url, method="DELETE")
    assert (response.status, response.getheader("Allow")) == (405, "GET, HEAD")


def test_robots_txt_leads_to_sitemaps_that_list_every_page(web: Web) -> None:
    listed: set[str | None] = set()
    for host in HOSTS:
        _, robots = web.ask(f"http://{host}:{web.port}/robots.txt")
        for sitemap in re.findall(r"Sitemap: (\S+)", robots.decode()):
            _, document = web.ask(sitemap)
            listed |= {location.text for location in etree.fromstring(document).iterfind(".//{*}loc")}
    assert listed == {page.url for page in web.pages}


def test_the_empty_host_has_a_front_page_and_no_article(web: Web) -> None:
    _, page = web.ask(f"http://{EMPTY_HOST}:{web.port}/")
    anchors = html.document_fromstring(page).iterfind(".//a[@href]")
    links = {urldefrag(str(anchor.attrib["href"]))[0] for anchor in anchors}
    assert links <= {"", "/"}


def test_the_server_ends_with_the_block_that_started_it(tmp_path: Path) -> None:
    sockets = listen((HOSTS[0],))
    address = sockets[0].getsockname()
    (tmp_path / HOSTS[0]).mkdir()
    with serve(tmp_path, sockets, ()):
        socket.create_connection(address, timeout=10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)
