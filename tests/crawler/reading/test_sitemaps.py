from __future__ import annotations

import tracemalloc

from broadsheet.crawler.entries import Entry
from broadsheet.crawler.reading.sitemaps import read_sitemap
from broadsheet.storage.model import Hints

URL = "https://news.example/sitemap.xml"
NAMESPACE = b'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def read(body: bytes) -> list[Entry]:
    return list(read_sitemap(body, url=URL))


def test_a_news_sitemap_gives_pages_with_what_it_says_of_them() -> None:
    sitemap = (
        b"""<?xml version="1.0" encoding="UTF-8"?><urlset %b
      xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
      <url><image:image><image:loc>https://cdn.example/p.jpg</image:loc></image:image>
        <loc> https://news.example/harbour </loc><lastmod>2016-06-11</lastmod>
        <news:news><news:publication><news:name>The News</news:name></news:publication>
          <news:publication_date>2016-06-10T09:12:00+02:00</news:publication_date>
          <news:title>Harbour closed</news:title></news:news></url>
      <url><loc>https://news.example/sea</loc></url></urlset>"""
        % NAMESPACE
    )
    assert read(sitemap) == [
        Entry(
            url="https://news.example/harbour",
            hints=Hints(title="Harbour closed", published="2016-06-10T09:12:00+02:00", modified="2016-06-11"),
        ),
        Entry(url="https://news.example/sea"),
    ]


def test_a_sitemap_index_gives_sitemaps() -> None:
    index = (
        b"""<sitemapindex %b><sitemap><loc>https://news.example/1.xml.gz</loc>
      <lastmod>2016-06-11</lastmod></sitemap></sitemapindex>"""
        % NAMESPACE
    )
    assert read(index) == [
        Entry(url="https://news.example/1.xml.gz", kind="sitemap", hints=Hints(modified="2016-06-11"))
    ]


def test_locations_that_cannot_be_fetched_are_left_out() -> None:
    sitemap = b"""<urlset><url><loc>file://localhost/etc/passwd</loc></url><url><loc/></url><url/>
      <url><loc>https://user:secret@news.example/</loc></url><url><loc>/relative</loc></url></urlset>"""
    assert [entry.url for entry in read(sitemap)] == ["https://news.example/relative"]


def test_a_url_element_outside_the_list_is_none() -> None:
    assert read(b"<urlset><x><url><loc>https://a.example/</loc></url></x></urlset>") == []


def test_a_hundred_thousand_urls_are_read_one_at_a_time() -> None:
    one = b"<url><loc>https://news.example/2016/06/10/story</loc><lastmod>2016-06-11</lastmod></url>\n"
    sitemap = b"<urlset>" + 100_000 * one + b"</urlset>"
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_sitemap(sitemap, url=URL))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 100_000
    # The copy without control characters is as large as the document; on top of it next to nothing is held.
    assert peak < len(sitemap) + 2_000_000
