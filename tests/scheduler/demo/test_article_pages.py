"""The articles of the demo newspaper: every one shows what is expected of it, in all designs."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.demo_newspaper import BASE, ICE, TODAY, WALKS, articles, ask, path_of, tree_of, words

from broadsheet.scheduler.demo.expectations import boilerplate, expectations
from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.demo.site import build_site


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
