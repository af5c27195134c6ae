"""Crawls URLs through the wire handler and prints what the listener and the spider were given.

A reactor runs once in a process, so this is a program of its own: `crawl` starts it and reads what it prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import convert, to_builtins

from broadsheet.storage.model import Exchange

SETTINGS: dict[str, Any] = {
    "DOWNLOAD_HANDLERS": {
        "http": "broadsheet.crawler.wire.handler.WireDownloadHandler",
        "https": "broadsheet.crawler.wire.handler.WireDownloadHandler",
    },
    "TWISTED_DNS_RESOLVER": "broadsheet.crawler.wire.resolver.GuardedResolver",
    "ALLOW_PRIVATE_ADDRESSES": True,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "COMPRESSION_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "LOG_ENABLED": False,
}


@dataclass(frozen=True)
class Result:
    """What came of one request.

    Attributes:
        url: Where the last response came from, or what was asked for if none came.
        body: The body as Scrapy hands it over, or None if the download failed.
        error: The class and message of the failure, or None.
        capture: What the listener left in the request's meta.
        ip_address: The response's, as text.
        protocol: The response's.
    """

    url: str
    body: bytes | None = None
    error: str | None = None
    capture: int | None = None
    ip_address: str | None = None
    protocol: str | None = None


def crawl(
    requests: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[list[Exchange], list[Result]]:
    """Run one crawl in a process of its own.

    Args:
        requests: Arguments of `scrapy.Request`, at least ``{"url": ...}``. The listener raises a RuntimeError
            for a request with ``unrecordable`` in its meta.
        settings: Scrapy settings, over `SETTINGS`.
        environment: Variables to set in the process.

    Returns:
        The exchanges in the order in which the listener got them, and what came of each request.
    """
    finished = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps({"requests": list(requests), "settings": {**SETTINGS, **(settings or {})}}).encode(),
        capture_output=True,
        env={**os.environ, **(environment or {})},
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr.decode()
    printed = json.loads(finished.stdout)
    exchanges = [convert(exchange, Exchange) for exchange in printed["exchanges"]]
    results = [
        Result(**{**result, "body": None if result["body"] is None else b64decode(result["body"])})
        for result in printed["results"]
    ]
    return exchanges, results


def _main() -> None:
    task = json.load(sys.stdin)
    import scrapy
    from scrapy.crawler import AsyncCrawlerProcess

    from broadsheet.crawler.wire import handler

    exchanges: list[Exchange] = []
    results: list[dict[str, Any]] = []

    def listener(exchange: Exchange, request: scrapy.Request) -> None:
        if request.meta.get("unrecordable"):
            raise RuntimeError("the segment cannot be written")
        request.meta["capture"] = len(exchanges)
        exchanges.append(exchange)

    class Spider(scrapy.Spider):
        name = "wire"

        async def start(self) -> AsyncIterator[scrapy.Request]:
            for arguments in task["requests"]:
                yield scrapy.Request(callback=self.parse, errback=self.failed, dont_filter=True, **arguments)

        def parse(self, response: scrapy.http.Response, **_: object) -> None:
            results.append(
                {
                    "url": response.url,
                    "body": b64encode(response.body).decode(),
                    "capture": response.meta.get("capture"),
                    "ip_address": str(response.ip_address),
                    "protocol": response.protocol,
                }
            )

        def failed(self, failure: Any) -> None:
            error = f"{type(failure.value).__name__}: {failure.value}"
            capture = failure.request.meta.get("capture")
            results.append({"url": failure.request.url, "body": None, "error": error, "capture": capture})

    process = AsyncCrawlerProcess(task["settings"])
    crawler = process.create_crawler(Spider)
    handler.listen(crawler, listener)
    process.crawl(crawler)
    process.start()
    json.dump({"exchanges": [to_builtins(exchange) for exchange in exchanges], "results": results}, sys.stdout)


if __name__ == "__main__":
    _main()
