"""A small newspaper to try an archive on: served on loopback, edited on request, the same every time.

::

    with DemoNewspaper(today=date(2026, 11, 22)) as newspaper:
        crawl(newspaper.url)
        newspaper.publish(2)
        crawl(newspaper.url)
"""

from __future__ import annotations

from datetime import date
from types import TracebackType
from typing import Self

from broadsheet.scheduler.demo.editions import edition
from broadsheet.scheduler.demo.expectations import Expected, expectations
from broadsheet.scheduler.demo.layout import Printing
from broadsheet.scheduler.demo.server import LoggedRequest, PressServer
from broadsheet.scheduler.demo.site import Resource, build_site, not_found


class DemoNewspaper:
    """The newspaper while it is being served; a context manager that takes its port when made.

    Args:
        today: The day, in UTC, from which every date in the paper is counted back. The clock is never asked.
        port: The port on 127.0.0.1; 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, *, today: date, port: int = 0) -> None:
        self.today = today
        self._server = PressServer(self._find, port)
        self.publish(1)

    @property
    def url(self) -> str:
        """The front page, ``http://127.0.0.1:PORT/``."""
        return f"http://127.0.0.1:{self._server.port}/"

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests answered so far, in order of their answers."""
        return self._server.log

    def publish(self, number: int) -> None:
        """Put an edition (1, 2 or 3) in the place of the one before; a request sees the one or the other.

        Raises:
            ValueError: There is no edition of that number.
        """
        site = build_site(number, self.today, self.url)
        otherwise = not_found(Printing(edition(number), self.today, self.url))
        self._on_sale = site, otherwise

    def expectations(self, number: int) -> dict[str, Expected]:
        """Return what an archive should hold of every article after an edition, by path."""
        return expectations(number, self.today)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def _find(self, path: str) -> Resource:
        site, otherwise = self._on_sale
        return site.get(path, otherwise)
