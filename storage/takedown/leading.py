"""Redirects by which an article is found at an address that it has left: they are needed as long as it is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.segments import replaced
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity


class _Redirect(NamedTuple):
    line: IndexLine
    target: str | None


def leading_to_versions(store: ObjectStore, expired: Collection[IndexLine]) -> set[str]:
    """Return the ids of the captures by which readers come from an address to a version that stays.

    Of each address it is the newest redirect, which is the one that readers follow; also by way of further redirects.
    The index is read twice where a redirect is among what is expired; what is held is the newest redirects.

    Args:
        store: The archive.
        expired: The captures that are to go otherwise.
    """
    if not any(line.location for line in expired):
        return set()
    addresses: dict[str, list[IndexLine]] = defaultdict(list)
    for redirect in _newest_redirects(store).values():
        if redirect.target:
            addresses[redirect.target].append(redirect.line)
    found: set[str] = set()
    seen = _with_versions(store, addresses, {line.id for line in expired})
    reached = list(seen)
    for target in reached:
        for line in addresses.get(target, []):
            if line.outcome is None:
                found.add(line.id)
            address = identity(line.url)
            if address not in seen:
                seen.add(address)
                reached.append(address)
    return found


def _newest_redirects(store: ObjectStore) -> dict[str, _Redirect]:
    newest: dict[str, _Redirect] = {}
    for line in _lines(store, b'"location"'):
        address = identity(line.url)
        if line.location and (address not in newest or line.at > newest[address].line.at):
            newest[address] = _Redirect(line, _target(line.location))
    return newest


def _with_versions(store: ObjectStore, addresses: Collection[str], expired: set[str]) -> set[str]:
    """Return those of some addresses at which or under which a version stays."""
    found: set[str] = set()
    for line in _lines(store, b'"snapshot"'):
        if line.snapshot and line.id not in expired:
            found.update({identity(line.url), line.identity}.intersection(addresses))
    return found


def _lines(store: ObjectStore, mentioning: bytes) -> Iterator[IndexLine]:
    for key, segment in replaced.index_segments(store, store.list(layout.INDEX)):
        yield from cdxj.decode(segment, key, mentioning=mentioning)


def _target(location: str) -> str | None:
    try:
        return identity(location)
    except InvalidURLError:
        return None
