"""TimeGate and TimeMaps (RFC 7089): which memento stood at a moment, and which there are."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec
from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.web import mementos, negotiation
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.bodies import Asked, Body, BodyResponse
from broadsheet.scheduler.web.endpoints import JSON
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.mementos import LINK_FORMAT, Addresses, Memento
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.threads import Threads


class ListedMemento(Struct, frozen=True, kw_only=True):
    """A memento in a TimeMap."""

    at: datetime = field(name="datetime")
    uri: str


class MementoList(Struct, frozen=True, kw_only=True):
    """All mementos, and which is the first and the last."""

    first: ListedMemento
    last: ListedMemento
    listed: list[ListedMemento] = field(name="list")


class TimeMapAddresses(Struct, frozen=True, kw_only=True):
    """Where the TimeMaps are."""

    link_format: str
    json_format: str


class TimeMap(Struct, frozen=True, kw_only=True):
    """The mementos of an original, in the JSON that Memento aggregators have."""

    original_uri: str
    timegate_uri: str
    timemap_uri: TimeMapAddresses
    mementos: MementoList


def routes(access: Access, threads: Threads) -> list[Route]:
    """Return the TimeGate and the TimeMaps."""

    async def timegate(request: Request) -> Response:
        asker = access.reader(request)
        at = mementos.addresses(request, "/timegate/")
        when = _accepted(request)
        found = await threads.run(asker, lambda parts: mementos.mementos(parts.archive(), at.original))
        chosen = mementos.standing(found, when) if when else found[-1]
        fields = {"Location": at.memento(chosen.at), "Vary": "accept-datetime", "Link": mementos.links(found, at)}
        return Response(None, 302, fields)

    async def link_timemap(request: Request) -> Response:
        asker = access.reader(request)
        negotiation.require(request, LINK_FORMAT)
        at, asked = mementos.addresses(request, "/timemap/link/"), Asked.by(request)

        def listed(parts: Parts) -> Body:
            found = mementos.mementos(parts.archive(), at.original)
            return parts.bodies.make(_link_format(found, at).encode(), LINK_FORMAT, asked)

        return BodyResponse(await threads.run(asker, listed))

    async def json_timemap(request: Request) -> Response:
        asker = access.reader(request)
        negotiation.require(request, JSON)
        at, asked = mementos.addresses(request, "/timemap/json/"), Asked.by(request)

        def listed(parts: Parts) -> Body:
            found = mementos.mementos(parts.archive(), at.original)
            return parts.bodies.make(msgspec.json.encode(_document(found, at)) + b"\n", JSON, asked)

        return BodyResponse(await threads.run(asker, listed))

    return [
        Route("/timegate/{url:path}", timegate),
        Route("/timemap/link/{url:path}", link_timemap),
        Route("/timemap/json/{url:path}", json_timemap),
    ]


def _accepted(request: Request) -> datetime | None:
    """Return the moment that is asked for (RFC 7089, section 2.1.1), or None.

    Raises:
        ProblemError: It is none (section 4.5.3).
    """
    asked = request.headers.get("accept-datetime")
    if asked is None:
        return None
    try:
        moment = parsedate_to_datetime(asked)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        detail = f"Accept-Datetime {asked[:80]!r} is no HTTP date, such as Sun, 22 Nov 2026 12:00:00 GMT"
        raise ProblemError(400, "bad_request", detail) from error


def _link_format(found: list[Memento], at: Addresses) -> str:
    """Return a TimeMap in the link format (RFC 7089, section 5; RFC 6690)."""
    span = f'from="{mementos.http_date(found[0].at)}"; until="{mementos.http_date(found[-1].at)}"'
    last = len(found) - 1
    members = [
        mementos.link(at.original, "original"),
        f'{mementos.link(at.timemap, "self")}; type="{LINK_FORMAT}"; {span}',
        mementos.link(at.timegate, "timegate"),
    ]
    for place, memento in enumerate(found):
        words = [*(["first"] if place == 0 else []), *(["last"] if place == last else []), "memento"]
        members.append(mementos.memento_link(at, memento, words))
    return ",\n".join(members) + "\n"


def _document(found: list[Memento], at: Addresses) -> TimeMap:
    listed = [ListedMemento(at=memento.at, uri=at.memento(memento.at)) for memento in found]
    return TimeMap(
        original_uri=at.original,
        timegate_uri=at.timegate,
        timemap_uri=TimeMapAddresses(link_format=at.timemap, json_format=at.json_timemap),
        mementos=MementoList(first=listed[0], last=listed[-1], listed=listed),
    )
