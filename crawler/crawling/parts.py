"""What one crawl works with."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.discovery.bounds import Bounds
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.measures import Meter
from broadsheet.crawler.process.interruption import Interruption
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.crawler.recovery.preparation import Preparation
from broadsheet.storage.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class CrawlParts:
    """What one crawl works with, from its first request to its last publication.

    Attributes:
        workspace: The archive, and what this machine knows of it.
        job: What is crawled.
        run: What becomes of every URL.
        publisher: Where captures go.
        pool: What reads them.
        bounds: How much may be fetched.
        meter: What is measured.
        interruption: Whether it is asked to end.
        preparation: What has to be known before pages are followed and published.
    """

    workspace: Workspace
    job: CrawlJob
    run: Run
    publisher: Publisher
    pool: ReadingPool
    bounds: Bounds
    meter: Meter
    interruption: Interruption
    preparation: Preparation
