"""Files that say something of a whole site, fetched through the engine: each exchange is recorded and guarded."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from broadsheet.storage.http.codings import remove_codings
from broadsheet.storage.http.messages import list_values

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

Read = TypeVar("Read")

_SECONDS_KEPT = 24 * 60 * 60
# Of files, in bytes: what is made of them takes ten times as much. What was wanted longest ago is read again then.
_MOST_KEPT = 4 * 1024 * 1024
_LEAST_SIZE = 1024
_LARGEST_DECODED = 8 * 1024 * 1024
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BEFORE_ALL_PAGES = 1_000


class SiteFiles(Generic[Read]):
    """What a file of each origin says, read once a day, whoever asks first.

    Hosts may be without end: of the files 4 MiB are kept.

    Args:
        read: Reads the file of an origin, ``https://news.example``.
        size: Returns how long the file was, in bytes.
    """

    def __init__(self, read: Callable[[str], Awaitable[Read]], *, size: Callable[[Read], int]) -> None:
        self._read = read
        self._size = size
        self._readings: OrderedDict[str, tuple[float, asyncio.Future[Read]]] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._kept = 0

    def __contains__(self, url: str) -> bool:
        """Tell whether the file of a URL's origin was read within a day, or is being read."""
        return self._is_read(origin_of(url))

    async def of(self, url: str) -> Read:
        """Return what the file of a URL's origin says."""
        origin = origin_of(url)
        if not self._is_read(origin):
            self._readings[origin] = (time.monotonic(), asyncio.ensure_future(self._read(origin)))
        self._readings.move_to_end(origin)
        # Shielded: the one who asked first may give up, and the others still want to know.
        read = await asyncio.shield(self._readings[origin][1])
        self._keep(origin, read)
        return read

    def _is_read(self, origin: str) -> bool:
        read_at, reading = self._readings.get(origin, (0.0, None))
        return reading is not None and time.monotonic() - read_at <= _SECONDS_KEPT

    def _keep(self, origin: str, read: Read) -> None:
        if origin not in self._readings:
            return
        size = max(_LEAST_SIZE, self._size(read))
        self._kept += size - self._sizes.get(origin, 0)
        self._sizes[origin] = size
        while self._kept > _MOST_KEPT and len(self._sizes) > 1:
            oldest = next(known for known in self._readings if known in self._sizes)
            del self._readings[oldest]
            self._kept -= self._sizes.pop(oldest)


async def fetch_site_file(crawler: Crawler, url: str, meta: dict[str, Any]) -> Response:
    """Return the answer for a file behind at most five redirects, wherever they lead (RFC 9309 section 2.3.1.2).

    Args:
        crawler: The crawl.
        url: The address of the file.
        meta: What is set for each of the requests.
    """
    for _ in range(_MOST_REDIRECTS + 1):
        request = Request(
            url,
            callback=NO_CALLBACK,
            priority=_BEFORE_ALL_PAGES,
            meta=meta | {"allow_offsite": True, "dont_redirect": True},
        )
        response = await crawler.engine.download_async(request)
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or location is None:
            break
        url = urljoin(url, location.decode("utf-8", "replace"))
    return response


def file_in(response: Response) -> bytes:
    """Return the bytes of a file without content codings.

    Raises:
        MessageError: They inflate beyond all measure.
    """
    headers = [("Content-Encoding", value.decode("latin-1")) for value in response.headers.getlist("Content-Encoding")]
    return remove_codings(response.body, list_values(headers, "Content-Encoding"), _LARGEST_DECODED)


# Asked several times for each page; those of a site come one after another.
@lru_cache(maxsize=4096)
def origin_of(url: str) -> str:
    """Return the scheme, host and port of an address, as one of its files begins."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
