"""Real pages in place of generated ones: saved HTML files, spread over the hosts of the benchmark."""

import gzip
from html import escape
from pathlib import Path

from benchmarks.crawl.web import EMPTY_HOST, HOSTS, PublishedPage, write_page_list

from broadsheet.crawler.extraction.encoding import decode

_SIZES = range(30_000, 400_000)
"""Bytes of a page that is taken: stubs and monsters would decide the mean."""


def write_saved_web(directory: Path, saved: Path, *, page_count: int, port: int) -> list[PublishedPage]:
    """Writes saved pages as a web, as `web.write_web` does with generated ones.

    Args:
        directory: An empty folder.
        saved: A folder with ``*.html`` or ``*.html.gz`` files, taken in the order of their names.
        page_count: How many to take at the most.
        port: The TCP port that every host will be served on.
    """
    pages: list[PublishedPage] = []
    for file in sorted([*saved.glob("*.html"), *saved.glob("*.html.gz")]):
        body = file.read_bytes()
        text, _ = decode(gzip.decompress(body) if file.suffix == ".gz" else body, None)
        if len(pages) < page_count and len(text) in _SIZES:
            host = HOSTS[len(pages) % len(HOSTS)]
            copy = directory / host / f"{len(pages)}.html"
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8", errors="replace")
            pages.append(PublishedPage(f"http://{host}:{port}/{copy.name}", copy))
    for host in (*HOSTS, EMPTY_HOST):
        _write_listings(directory / host, [page.url for page in pages if page.file.parent.name == host])
    write_page_list(directory, pages)
    return pages


def _write_listings(folder: Path, urls: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    links = "".join(f'<li><a href="{escape(url)}">A page that was saved elsewhere</a></li>' for url in urls)
    places = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    (folder / "index.html").write_text(f"<!doctype html><title>Pages</title><ul>{links}</ul>", encoding="utf-8")
    (folder / "robots.txt").write_text("User-agent: *\nAllow: /\n", encoding="utf-8")
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
    (folder / "news-sitemap-0.xml").write_text(sitemap, encoding="utf-8")
