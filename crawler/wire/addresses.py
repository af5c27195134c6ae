"""Which addresses a crawler may connect to: public ones, whatever notation hides the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# The special-purpose registry of IANA (RFC 6890), multicast and what is reserved.
_SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")
# What stands before the IPv4 address in an interface identifier of ISATAP, section 6.1.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


# Asked again at every request.
@lru_cache(maxsize=4096)
def is_public(ip: str) -> bool:
    """Whether an address belongs to a host on the public Internet.

    `ipaddress.is_global` is not enough: it is true for multicast and site-local addresses and for loopback
    behind NAT64, and on Python 3.11 and 3.12 for loopback behind 6to4. Here an IPv6 address that embeds an
    IPv4 address is as public as the address it leads to, on every Python.

    Args:
        ip: A numeric IPv4 or IPv6 address, with or without a zone. Anything else is not public.
    """
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_ipv4(address)
    # Outside the global unicast addresses only these two lead anywhere public.
    leads_out = _is_global_unicast(address) or address in _NAT64 or address.ipv4_mapped is not None
    return leads_out and all(map(_is_public_ipv4, _embedded(address)))


def _is_public_ipv4(address: IPv4Address) -> bool:
    return not any(address in network for network in _SPECIAL_IPV4)


def _is_global_unicast(address: IPv6Address) -> bool:
    return address in _GLOBAL_UNICAST and not any(address in network for network in _SPECIAL_IPV6)


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """Where packets to a mapped (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC 6052) or ISATAP (RFC 5214) address end up."""
    if address in _NAT64 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
