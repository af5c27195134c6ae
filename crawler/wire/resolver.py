"""Name resolution that knows no hosts but those that may be fetched."""
# The names are Twisted's, and its interfaces are not typed as such.
# ruff: noqa: N802, N803, ANN401

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scrapy.crawler import Crawler
from twisted.internet.interfaces import IAddress, IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from broadsheet.crawler.wire.addresses import is_public


@implementer(IHostnameResolver)
class GuardedResolver:
    """Leaves out addresses that may not be fetched, so that not even a connection to them is opened.

    Those are addresses that are not public, and public ones where a crawl names no contact.

    It also sees literal addresses, in every notation that the system's resolver understands. The guard that
    counts is the one in `connections.py`, on the connected peer; this one spares such hosts the knock.

    For Scrapy's setting TWISTED_DNS_RESOLVER. It resolves IPv6 too and caches nothing: a system's cache knows
    how long an answer may be used.
    """

    def __init__(self, reactor: Any, *, allow_private: bool, allow_public: bool = True) -> None:
        self._reactor = reactor
        self._resolver = reactor.nameResolver
        self._allowed = {True: allow_public, False: allow_private}
        self._refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> GuardedResolver:
        """Read ALLOW_PRIVATE_ADDRESSES and ALLOW_PUBLIC_ADDRESSES."""
        return cls(
            reactor,
            allow_private=crawler.settings.getbool("ALLOW_PRIVATE_ADDRESSES"),
            allow_public=crawler.settings.getbool("ALLOW_PUBLIC_ADDRESSES", default=True),
        )

    def install_on_reactor(self) -> None:
        """Resolve all names of this process from now on."""
        self._reactor.installNameResolver(self)

    def refused_address(self, host: str) -> str | None:
        """The address that a host has instead of any that may be fetched, as far as it was asked for."""
        return self._refused.get(host)

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Resolve a name as Twisted asks for it, passing on the addresses that may be fetched."""
        receiver = resolutionReceiver
        if not all(self._allowed.values()):
            receiver = _AllowedOnly(resolutionReceiver, hostName, self._allowed, self._refused)
        return self._resolver.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _AllowedOnly:
    def __init__(self, receiver: Any, host: str, allowed: dict[bool, bool], refused: dict[str, str]) -> None:
        self._receiver = receiver
        self._host = host
        self._allowed = allowed
        self._refused = refused
        self._left_out: list[str] = []
        self._any_allowed = False

    def resolutionBegan(self, resolutionInProgress: Any) -> None:
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: Any) -> None:
        if self._allowed[is_public(address.host)]:
            self._any_allowed = True
            self._receiver.addressResolved(address)
        else:
            self._left_out.append(address.host)

    def resolutionComplete(self) -> None:
        if self._left_out and not self._any_allowed:
            self._refused[self._host] = self._left_out[0]
        else:
            self._refused.pop(self._host, None)
        self._receiver.resolutionComplete()
