"""What a hostile site does: for each case a host of its own, and what it answers there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from servers.raw_server import Script

ZONE = "hostile.test"
SITE_IPV4 = "93.184.216.34"
SITE_IPV6 = "2606:2800:220:1::34"
PAGE = "/page"
OK = b"HTTP/1.1 200 OK\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
XML = b"Content-Type: application/xml\r\n"
TDMREP_TYPE = b"Content-Type: application/json\r\n"
TDMREP = "/.well-known/tdmrep.json"

Addresses = Callable[[int], list[str]]
"""The addresses of a host, by how many times they were asked for before."""
TLS = Literal["trusted", "self-signed", "expired", "wrong-host", "no-tls", "closed"]


def at_site(_: int) -> list[str]:
    """A host at the public address of the site."""
    return [SITE_IPV4]


@dataclass(frozen=True)
class Case:
    """One host and what it does.

    Attributes:
        name: A label of a host name.
        answers: What it sends, by path; robots.txt is missing where nothing is said of it.
        start: The path that the crawl starts at.
        addresses: What the name server says.
        tls: How it speaks TLS, or None where it does not.
        target: What the crawl starts with, where that is no page of this host.
        truncated: Whether the answer at `start` has to be marked as truncated, or None where both are right.
        archived: Whether something of it has to be in the archive.
    """

    name: str
    answers: Mapping[str, Script] = field(default_factory=dict)
    start: str = PAGE
    addresses: Addresses = at_site
    tls: TLS | None = None
    target: str | None = None
    truncated: bool | None = False
    archived: bool = True

    @property
    def host(self) -> str:
        """The host's name."""
        return f"{self.name}.{ZONE}"

    @property
    def url(self) -> str:
        """Where the crawl starts."""
        return self.target or f"{'https' if self.tls else 'http'}://{self.host}{self.start}"


def one(name: str, *pieces: bytes, truncated: bool | None = False) -> Case:
    """A case of one page, sent in these pieces."""
    return Case(name, {PAGE: Script(pieces)}, truncated=truncated)


def whole(body: bytes, headers: bytes = HTML, status: bytes = OK) -> bytes:
    """A response that states its length."""
    return status + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def sent(body: bytes, headers: bytes = HTML, status: bytes = OK) -> Script:
    """The script that sends such a response."""
    return Script((whole(body, headers, status),))


class Repeated(Iterable[bytes]):
    """The same piece over and over, after a beginning; without `times`, for ever."""

    def __init__(self, beginning: bytes, piece: bytes, times: int | None = None) -> None:
        self._beginning = beginning
        self._piece = piece
        self._times = times

    def __iter__(self) -> Iterator[bytes]:
        yield self._beginning
        sent_times = 0
        while self._times is None or sent_times < self._times:
            yield self._piece
            sent_times += 1
