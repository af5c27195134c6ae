"""What the demo newspaper lists: feeds, sitemaps, its front page and sections, robots.txt."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree
from servers.demo_newspaper import BASE, FERRY, NAMESPACES, TODAY, articles, ask, tree_of

from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.demo.site import build_site


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
