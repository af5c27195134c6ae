"""The versions of an article page by page: some have thousands."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Annotated

from msgspec import Meta, Struct

from broadsheet.scheduler import answers
from broadsheet.scheduler.answers import VersionEntry
from broadsheet.scheduler.web.parts import LONGEST_LIST, Parts
from broadsheet.scheduler.web.queries import UrlQuery
from broadsheet.storage import layout
from broadsheet.storage.errors import CursorError, TooLargeError
from broadsheet.storage.layout import SnapshotName

# When a version was captured, in milliseconds, and the digests of its key: texts that sort as the versions do.
_CURSOR = re.compile(r"[0-9]{13}-[0-9a-f]{16}-[0-9a-f]{16}")


class VersionsQuery(UrlQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which article; from where on, and how many versions."""

    since: Annotated[str, Meta(description="`next` of an earlier page; empty for the first version.")] = ""
    limit: Annotated[int, Meta(description="How many versions at most.", ge=1, le=LONGEST_LIST)] = LONGEST_LIST


class VersionsPage(Struct, frozen=True, kw_only=True):
    """Versions of a URL, oldest first.

    Attributes:
        url: The URL.
        versions: The versions, one behind another.
        next: The cursor to go on from; where there is no more now, from here later.
        more: Whether there is more already.
    """

    url: str
    versions: list[VersionEntry]
    next: str
    more: bool


def page(parts: Parts, query: VersionsQuery) -> VersionsPage:
    """Return a page of versions.

    What is captured earlier than a page that was read, and archived later, as by an import, is on none that follows.

    Raises:
        NoSuchVersionError: Nothing is archived for the URL.
        CursorError: `since` is no cursor.
        TooLargeError: There are more versions on it than `parts` list at once.
    """
    if query.since and not _CURSOR.fullmatch(query.since):
        raise CursorError(f"{query.since[:80]!r} is no cursor of a list of versions: give `next` of an earlier page")
    archive = parts.archive()
    names = answers.archived(archive, query.url)
    told = bisect_right(names, query.since, key=_cursor) if query.since else 0
    numbers = range(told + 1, min(told + query.limit, len(names)) + 1)
    if len(numbers) > parts.longest_list:
        raise TooLargeError(f"{len(numbers):,} versions of {query.url}, and {parts.longest_list:,} are listed at once")
    return VersionsPage(
        url=query.url,
        versions=answers.entries(archive, query.url, names, numbers),
        next=_cursor(names[numbers[-1] - 1]) if numbers else query.since,
        more=numbers.stop <= len(names),
    )


def _cursor(name: SnapshotName) -> str:
    digests = name.key.removesuffix(".json").split("-")[-2:]
    return "-".join([f"{layout.milliseconds(name.captured_at):013d}", *digests])
