"""The web of the benchmark as a tree of files: one folder a host, one file a URL.

Any web server could serve the tree; `server.py` does. It also holds `pages.jsonl`, the list that the
references work through.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.crawl.listings import front_page, news_sitemaps, robots_txt
from benchmarks.crawl.newspaper import Newspaper, plan_newspaper
from benchmarks.crawl.pages import render_article

HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 9))
"""Addresses of the newspapers. Linux answers on all of 127.0.0.0/8 without being configured."""

EMPTY_HOST = "127.0.0.9"
"""A newspaper without articles: crawling it costs what starting and ending a crawl costs."""

HOSTS_WITHOUT_VALIDATORS = HOSTS[-2:]
"""Hosts that send neither ETag nor Last-Modified, so that every visit is answered in full."""

PAGE_LIST = "pages.jsonl"


@dataclass(frozen=True)
class PublishedPage:
    """One article of the web.

    Attributes:
        url: Where it is served.
        file: The file with its HTML.
    """

    url: str
    file: Path


def write_web(directory: Path, *, seed: int, page_count: int, port: int) -> list[PublishedPage]:
    """Writes every host's files and the page list.

    Args:
        directory: An empty folder.
        seed: Decides all content but the port in absolute URLs.
        page_count: How many articles in all, spread evenly over `HOSTS`.
        port: The TCP port that every host will be served on.

    Returns:
        The articles, host by host in turn, so that a client that takes them in order spreads its requests.
    """
    share, rest = divmod(page_count, len(HOSTS))
    pages_by_host = [
        _write_host(directory / host, plan_newspaper(seed, index, f"http://{host}:{port}", share + (index < rest)))
        for index, host in enumerate(HOSTS)
    ]
    _write_host(directory / EMPTY_HOST, plan_newspaper(seed, len(HOSTS), f"http://{EMPTY_HOST}:{port}", 0))
    pages = [pages[turn] for turn in range(share + 1) for pages in pages_by_host if turn < len(pages)]
    write_page_list(directory, pages)
    return pages


def write_page_list(directory: Path, pages: Iterable[PublishedPage]) -> None:
    """Keep beside the hosts which pages there are."""
    lines = [json.dumps({"url": page.url, "file": str(page.file.relative_to(directory))}) for page in pages]
    (directory / PAGE_LIST).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_page_list(directory: Path) -> Iterator[PublishedPage]:
    """The articles that `write_web` returned, from the folder it wrote."""
    for line in (directory / PAGE_LIST).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        yield PublishedPage(entry["url"], directory / entry["file"])


def _write_host(folder: Path, newspaper: Newspaper) -> list[PublishedPage]:
    listings = {
        "index.html": front_page(newspaper),
        "robots.txt": robots_txt(newspaper),
        **news_sitemaps(newspaper),
    }
    for name, text in listings.items():
        _write(folder / name, text)
    pages = [PublishedPage(newspaper.url(article), folder / article.path[1:]) for article in newspaper.articles]
    for page, article in zip(pages, newspaper.articles, strict=True):
        _write(page.file, render_article(newspaper, article))
    return pages


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
