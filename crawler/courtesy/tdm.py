"""The TDM Reservation Protocol (W3C community group): what a site reserves is asked for before its pages are.

``/.well-known/tdmrep.json`` is fetched once a day from each host whose pages are fetched; what it says is kept beside
the turns of the hosts, for all processes of the machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import NotConfigured

from broadsheet.crawler.courtesy.robots import RESERVATIONS
from broadsheet.crawler.courtesy.site_files import SiteFiles, fetch_site_file, file_in, origin_of
from broadsheet.crawler.courtesy.tdm_rules import TdmRules
from broadsheet.storage.errors import StoreError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

TDM_FILE = "broadsheet_tdm_file"
"""The key of a request's meta by which one for such a file is known."""
IS_REQUISITE = "broadsheet_is_requisite"
"""The key of a request's meta by which one for what a page is shown with is known."""
MAXIMUM_TDM_FILE = 512 * 1024
"""The most bytes that such a file may have."""

_PLACE = "/.well-known/tdmrep.json"
_SECONDS_KEPT = 24 * 60 * 60
# A page waits for it, and a site that does not answer does not implement the protocol.
_SECONDS_TO_ANSWER = 10


class TdmMiddleware:
    """Scrapy downloader middleware that notes what the site of a request reserves.

    A request that passes has what it states of the URL in its meta, under `RESERVATIONS`, behind what robots.txt
    states. A file that robots.txt disallows, or that cannot be had, reserves nothing.

    Settings:
        TDM_DIRECTORY: Where the files are kept for a day. Without one, nothing is asked for.
        TDM_OF_REQUISITES: Whether hosts are asked from which only what pages are shown with is fetched: one page may
            name dozens, and each is asked before the page can be shown.
    """

    def __init__(self, crawler: Crawler) -> None:
        directory = crawler.settings.get("TDM_DIRECTORY")
        if directory is None:
            raise NotConfigured("TDM_DIRECTORY is not set")
        self._crawler = crawler
        self._directory = Path(directory)
        self._of_requisites = crawler.settings.getbool("TDM_OF_REQUISITES")
        self._rules = SiteFiles(self._rules_of, size=lambda rules: rules.size)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware, as Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Note what is reserved.

        Raises:
            StoreError: What came could not be recorded.
        """
        if request.meta.get("robots") or request.meta.get(TDM_FILE):
            return
        if self._of_requisites or not request.meta.get(IS_REQUISITE) or request.url in self._rules:
            rules = await self._rules.of(request.url)
            request.meta[RESERVATIONS] = [*request.meta.get(RESERVATIONS, ()), *rules.reservations(request.url)]

    async def _rules_of(self, origin: str) -> TdmRules:
        kept = _kept_at(self._directory, origin)
        with contextlib.suppress(OSError):
            if 0 <= time.time() - kept.stat().st_mtime < _SECONDS_KEPT:
                return TdmRules(kept.read_bytes())
        try:
            answer = await fetch_site_file(
                self._crawler,
                f"{origin}{_PLACE}",
                {
                    TDM_FILE: True,
                    "dont_retry": True,
                    "download_timeout": _SECONDS_TO_ANSWER,
                    "download_maxsize": MAXIMUM_TDM_FILE,
                },
            )
            file = _file(answer)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever keeps us from reading it: it is not implemented there
            logger.info("%s%s cannot be read: %s", origin, _PLACE, str(error) or type(error).__name__)
            return TdmRules()
        if answer.status < 500:
            self._keep(kept, file)
        return TdmRules(file)

    def _keep(self, kept: Path, file: bytes) -> None:
        draft = kept.with_name(f"{kept.name}.{os.getpid()}")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(file)
            draft.rename(kept)
        except OSError as error:
            logger.warning("%s cannot be written, and is asked for again by the next crawl: %s", kept, error)


def asked_in_run(directory: Path, urls: Iterable[str], begun_at: datetime) -> int:
    """Return from how many origins of some URLs a run asks for such a file, or has asked: it was not known before.

    Args:
        directory: Where files are kept.
        urls: Where the run starts.
        begun_at: When it began, maybe in another process; aware.
    """
    began = begun_at.timestamp()

    def was_known(origin: str) -> bool:
        with contextlib.suppress(OSError):
            return began - _SECONDS_KEPT < _kept_at(directory, origin).stat().st_mtime < began
        return False

    return sum(not was_known(origin) for origin in {origin_of(url) for url in urls})


def _kept_at(directory: Path, origin: str) -> Path:
    return directory / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"


def _file(answer: Response) -> bytes:
    """What a site reserves; nothing where it has no such file, or another page in its place.

    Raises:
        MessageError: It inflates beyond all measure.
    """
    if answer.status != 200:
        return b""
    file = file_in(answer)
    return file if len(file) <= MAXIMUM_TDM_FILE else b""
