"""Everything that the crawler raises.

::

    CrawlError
    ├── BlockedAddressError   the host is at an address that is not public
    ├── BrokenCrawlError      a fault of ours ended a crawl before its time
    ├── DiskFullError         the disk has too little room for what is fetched
    ├── FrontierError         what is still to be fetched cannot be read or written down
    │   └── FrontierConfigError   what is configured for it names nothing that can be used
    ├── CrawlStopped          the crawl was ended before the fetch had its turn
    ├── HostGivenUp           the host refuses or fails again and again
    ├── NoContactError        the host is at a public address, and nobody is named whom its owner can reach
    ├── OptedOut              its publisher reserves what is obeyed, and robots.txt says so
    ├── ProxyError            the proxy cannot be used, or opens no tunnel
    ├── ReaderStartError      no process can be started that reads pages
    ├── RenderingError        no browser can show a page
    ├── RobotsDisallowed      robots.txt, or its absence through an error, forbids the fetch
    └── UntrustedCertificateError   the certificate of the host does not prove that it is the host
"""

from __future__ import annotations


class CrawlError(Exception):
    """The root of everything that the crawler raises."""


class BlockedAddressError(CrawlError):
    """The host is at an address that is not public; nothing was sent to it."""


class NoContactError(CrawlError):
    """The host is at a public address and the crawl names no contact; nothing was sent to it."""


ROBOTS_UNREACHABLE = "robots.txt unreachable"
"""How a `RobotsDisallowed` begins that came of a robots.txt that could not be read."""


class RobotsDisallowed(CrawlError):  # noqa: N818 - named as the decision it is, like Scrapy's IgnoreRequest
    """robots.txt forbids the fetch, or could not be read, which forbids it too (RFC 9309, 2.3.1.4)."""


class UntrustedCertificateError(CrawlError):
    """The certificate of the host does not prove that it is the host; nothing was asked of it."""


class ReaderStartError(CrawlError):
    """No process can be started that reads pages: nothing can be read at all."""


class RenderingError(CrawlError):
    """No browser can show a page: none is there, it failed, or the page did not come to rest."""


class BrokenCrawlError(CrawlError):
    """A fault of ours ended a crawl before its time; the message says where what it had captured is."""


class DiskFullError(CrawlError):
    """The disk of the spool has too little room for what is fetched."""


class FrontierError(CrawlError):
    """The frontier, which knows what is still to be fetched, cannot be used; the message says what to do."""


class FrontierConfigError(FrontierError):
    """What `$BROADSHEET_FRONTIER` says names no database that can be used, wherever that runs."""


class CrawlStopped(CrawlError):  # noqa: N818 - named as the decision it is
    """The crawl was ended before the fetch had its turn."""


class HostGivenUp(CrawlError):  # noqa: N818 - named as the decision it is
    """The host refuses or fails again and again: it is asked for nothing any more in this crawl."""


class OptedOut(CrawlError):  # noqa: N818 - named as the decision it is
    """Its publisher reserves what is obeyed: robots.txt says so before it is asked for."""


class ProxyError(CrawlError):
    """The proxy cannot be used, or opens no tunnel to an address."""
