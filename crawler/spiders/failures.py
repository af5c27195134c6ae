"""What becomes of a URL whose request brought no response: skipped, failed, or left for the next crawl."""

from __future__ import annotations

from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError

from broadsheet.crawler.errors import (
    BlockedAddressError,
    CrawlStopped,
    HostGivenUp,
    NoContactError,
    OptedOut,
    ProxyError,
    RobotsDisallowed,
    UntrustedCertificateError,
)
from broadsheet.crawler.frontier.run import Run
from broadsheet.storage.errors import StoreError

# No robots.txt can be had either from a host that is not there, or that our proxy does not lead to: it forbids nothing,
# it fails.
_NOBODY_THERE = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    ProxyError,
    UntrustedCertificateError,
)
# Why a URL was not fetched, by what kept us from it.
_SKIPPED: dict[type[BaseException | None], str] = {
    BlockedAddressError: "private_address",
    NoContactError: "no_contact",
    HostGivenUp: "host_refuses",
    OptedOut: "opted_out",
}


def note_failure(run: Run, filed: str, error: BaseException | None) -> None:
    """Note why a request brought no response.

    Args:
        run: Where it is noted.
        filed: The URL.
        error: Why.
    """
    cause = error.__cause__ if isinstance(error, RobotsDisallowed) else error
    if isinstance(cause, StoreError):
        end_unrecorded(run, filed)
    elif isinstance(cause, CrawlStopped):
        run.release(filed)
    elif reason := _SKIPPED.get(type(cause)):
        run.skip(filed, reason, str(cause))
    elif isinstance(error, RobotsDisallowed) and not isinstance(cause, _NOBODY_THERE):
        run.skip(filed, "robots", str(error))
    else:
        run.fail(filed, str(cause) or type(cause).__name__)


def end_unrecorded(run: Run, filed: str) -> None:
    """End the crawl: something came and could not be recorded. Nothing else could be either."""
    run.ended = True
    run.release(filed)
