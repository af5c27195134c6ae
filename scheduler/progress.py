"""What a crawl shows while it runs: one line that changes on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from broadsheet.scheduler.output import errors
from broadsheet.scheduler.wording import counted
from broadsheet.scheduler.workers.measuring import Telling

if TYPE_CHECKING:
    from rich.status import Status

    # It loads SQLAlchemy: whoever mistyped something need not wait for that.
    from broadsheet.crawler.frontier.ledger import Ledger

    _Show = Callable[[Ledger], None]

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def shown_progress(telling: Telling) -> Iterator[_Show]:
    """Yield what shows the ledger's counts on stderr.

    Args:
        telling: What tells a worker, where one has started this process, what was measured.
    """
    if sys.stderr.isatty() and errors().is_terminal:
        with errors().status("starting") as status:
            yield _and_tell(lambda ledger: _update(status, ledger), telling)
    else:
        yield _and_tell(_Lines(), telling)


def _and_tell(show: _Show, telling: Telling) -> _Show:
    def both(ledger: Ledger) -> None:
        telling.now_and_then(lambda: ledger.measures)
        show(ledger)

    return both


def _update(status: Status, ledger: Ledger) -> None:
    status.update(_counts(ledger))


class _Lines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, ledger: Ledger) -> None:
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            errors().print(_counts(ledger))


def _counts(ledger: Ledger) -> str:
    return f"{ledger.captured} captured, {counted(ledger.discovered, 'URL')} discovered"
