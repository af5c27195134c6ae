"""Reference A: Scrapy as it comes, fetching the same pages; its callback counts bytes and nothing else."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from benchmarks.crawl.web import read_page_list
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

SETTINGS = {
    "CONCURRENT_REQUESTS": 64,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
    "ROBOTSTXT_OBEY": False,
    "LOG_LEVEL": "WARNING",
}
"""Everything else is Scrapy's default."""


class ByteCounter(Spider):
    """Fetches every page of a list."""

    name = "byte_counter"

    def __init__(self, urls: list[str], **kwargs: Any) -> None:  # noqa: ANN401 - Scrapy's own signature
        super().__init__(**kwargs)
        self.urls = urls
        self.pages = 0
        self.bytes = 0

    async def start(self) -> AsyncIterator[Request]:
        """Asks for all pages at once; Scrapy's scheduler holds them."""
        for url in self.urls:
            yield Request(url)

    def parse(self, response: Response, **_: Any) -> None:  # noqa: ANN401 - Scrapy's own signature
        """Counts one page."""
        self.pages += 1
        self.bytes += len(response.body)


def main() -> None:
    """Fetches the first N pages of a web: `bare_scrapy.py DIRECTORY N`. Prints how many arrived."""
    directory, count = Path(sys.argv[1]), int(sys.argv[2])
    urls = [page.url for page in read_page_list(directory)][:count]
    process = AsyncCrawlerProcess(SETTINGS)
    crawler = process.create_crawler(ByteCounter)
    process.crawl(crawler, urls=urls)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, ByteCounter)
    print(spider.pages)


if __name__ == "__main__":
    main()
