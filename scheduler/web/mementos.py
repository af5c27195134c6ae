"""Memento (RFC 7089): what was archived at an address as its mementos, where they are found, and how they are linked.

The mementos of an article are its versions. Of an address that has none, such as a front page or a picture, they are
its captures.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import unquote

from msgspec import Struct
from starlette.requests import Request

from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import NoSuchVersionError
from broadsheet.storage.urls import normalise

LINK_FORMAT = "application/link-format"
RAW = "id_"
"""Behind the digits of a memento: its body as it was archived, as other archives have it."""

_DIGITS = "%Y%m%d%H%M%S"
_SCHEME = re.compile(r"https?:/+", re.IGNORECASE)
_ESCAPED_SCHEME = re.compile(r"https?%3A", re.IGNORECASE)


class Memento(Struct, frozen=True, kw_only=True):
    """One memento.

    Attributes:
        at: Its second, by which it is addressed.
        version: The number of the version that it is; None where it is a capture.
    """

    at: datetime
    version: int | None


class Addresses(Struct, frozen=True, kw_only=True):
    """Where the resources of an original lie.

    Attributes:
        base: Where the service is, with its closing ``/``.
        original: The article's URL.
    """

    base: str
    original: str

    @property
    def timegate(self) -> str:
        """What leads to the memento of a moment."""
        return f"{self.base}timegate/{self.original}"

    @property
    def timemap(self) -> str:
        """The list of mementos in link format."""
        return f"{self.base}timemap/link/{self.original}"

    @property
    def json_timemap(self) -> str:
        """The list of mementos in JSON."""
        return f"{self.base}timemap/json/{self.original}"

    def memento(self, at: datetime, mark: str = "") -> str:
        """Return where the memento of a second is.

        Args:
            at: The second.
            mark: What stands behind its digits: `RAW` for the one with the body as it was archived.
        """
        return f"{self.base}memento/{digits_of(at)}{mark}/{self.original}"


def addresses(request: Request, prefix: str) -> Addresses:
    """Return the addresses of the original that a request names behind a prefix of its path.

    The URL may stand there as it is, with its query, or percent-encoded as a whole; without a scheme it is https.

    Raises:
        InvalidURLError: It is no URL.
    """
    path = request.scope["raw_path"].decode("latin-1").removeprefix(prefix)
    query = request.scope["query_string"].decode("latin-1")
    if _ESCAPED_SCHEME.match(path):
        path = unquote(path)
    written = f"{path}?{query}" if query else path
    # Proxies make one slash of two.
    scheme = _SCHEME.match(written)
    url = f"https://{written}" if scheme is None else f"{scheme[0].rstrip('/')}//{written[scheme.end() :]}"
    return Addresses(base=str(request.base_url), original=normalise(url))


def mementos(archive: Archive, url: str) -> list[Memento]:
    """Return the mementos of an original, oldest first; of those of one second the last.

    Raises:
        NoSuchVersionError: Nothing is archived for it.
        TakenDownError: What was is taken down.
    """
    names = archive.names(url)
    if not names:
        archive.refuse_taken_down(url)
    moments: Iterable[tuple[datetime, int | None]] = (
        ((name.captured_at, number) for number, name in enumerate(names, start=1))
        if names
        else ((line.at, None) for line in archive.captures_at(url))
    )
    by_second = {at.replace(microsecond=0): version for at, version in moments}
    if not by_second:
        raise NoSuchVersionError(f"nothing is archived for {url}")
    return [Memento(at=at, version=version) for at, version in by_second.items()]


def archived(archive: Archive, url: str, memento: Memento) -> tuple[bytes, bytes | None]:
    """Return the HTTP response that a memento is, and what a browser made of the page where one did, in UTF-8.

    Raises:
        NoSuchVersionError: It was removed meanwhile.
        ArchiveDamagedError: It is not what was stored.
    """
    if memento.version is not None:
        snapshot = archive.version(url, memento.version)
        return archive.response(snapshot), archive.rendering(snapshot)
    of_second = [line for line in archive.captures_at(url) if line.at.replace(microsecond=0) == memento.at]
    if not of_second:
        raise NoSuchVersionError(f"what was archived for {url} was removed since it was looked up")
    line = of_second[-1]
    return archive.captured(line), archive.rendered(line)


def standing(found: list[Memento], when: datetime) -> Memento:
    """Return the memento of what stood at a moment; of one before all of them the first (RFC 7089, section 4.5.3)."""
    return found[max(0, bisect_right(found, when, key=lambda memento: memento.at) - 1)]


def digits_of(moment: datetime) -> str:
    """Return the 14 digits by which a second is addressed."""
    return f"{moment:{_DIGITS}}"


def moment_of(digits: str) -> datetime | None:
    """Return the second that 14 digits name, or None."""
    try:
        return datetime.strptime(digits, _DIGITS).replace(tzinfo=UTC) if len(digits) == 14 else None
    except ValueError:
        return None


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP fields have it (RFC 9110, section 5.6.7)."""
    return format_datetime(moment, usegmt=True)


def links(found: list[Memento], at: Addresses, chosen: Memento | None = None) -> str:
    """Return the Link field of a TimeGate or of a memento: where the original, its other resources and neighbours are.

    Args:
        found: The mementos of the original.
        at: Where its resources lie.
        chosen: The memento whose field it is, or None.
    """
    span = f'from="{http_date(found[0].at)}"; until="{http_date(found[-1].at)}"'
    fields = [
        link(at.original, "original"),
        link(at.timegate, "timegate"),
        f'{link(at.timemap, "timemap")}; type="{LINK_FORMAT}"; {span}',
        f'{link(at.json_timemap, "timemap")}; type="application/json"; {span}',
        *(memento_link(at, each, words) for each, words in _neighbours(found, chosen)),
    ]
    return ", ".join(fields)


def link(target: str, relation: str) -> str:
    """Return one member of a Link field (RFC 8288, section 3)."""
    return f'<{target}>; rel="{relation}"'


def memento_link(at: Addresses, memento: Memento, words: list[str]) -> str:
    """Return the member that leads to a memento."""
    return f'{link(at.memento(memento.at), " ".join(words))}; datetime="{http_date(memento.at)}"'


def _neighbours(found: list[Memento], chosen: Memento | None) -> list[tuple[Memento, list[str]]]:
    """Return first, last, previous and next memento and the chosen one, each once with all that it is."""
    places = {"first": 0, "last": len(found) - 1}
    if chosen is not None:
        place = found.index(chosen)
        places |= {"prev": place - 1, "next": place + 1}
        words: dict[int, list[str]] = {place: []}
    else:
        words = {}
    for word, place in places.items():
        if 0 <= place < len(found):
            words.setdefault(place, []).append(word)
    return [(found[place], [*words[place], "memento"]) for place in sorted(words)]
