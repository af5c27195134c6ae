"""Mementos: archived responses, shown so that nothing in them runs.

What was archived is somebody else's, and may be made to attack whoever looks at it. It is served from the origin of the
service, so every answer carries a policy under which a browser treats it as a page of no origin at all (``sandbox``),
runs no script, loads nothing, and sends no form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import urljoin

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.web import mementos
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.endpoints import tagged
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.mementos import Addresses, Memento
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.threads import Threads
from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.http.messages import ResponseMessage, decoded_body, parse_response
from broadsheet.storage.urls import normalise

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_SHOWN = {"text/html": "text/html", "application/xhtml+xml": "text/html", "text/plain": "text/plain"}
_PICTURES = {f"image/{kind}" for kind in ("png", "jpeg", "gif", "webp", "avif")}
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, section 5.6.2
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MOST_HEADERS = 100
_LONGEST_VALUE = 2_000


class Replayed(Struct, frozen=True, kw_only=True):
    """A memento as it is answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def route(parts: Parts, access: Access, threads: Threads) -> Route:
    """Return what answers with mementos."""

    async def memento(request: Request) -> Response:
        access.reader(request)
        digits = request.path_params["digits"]
        at = mementos.addresses(request, f"/memento/{digits}/")
        when = mementos.moment_of(digits)
        if when is None:
            raise ProblemError(400, "bad_request", f"{digits[:40]!r} is no time: it needs 14 digits, as 20261122120000")
        found = await threads.run(lambda: mementos.mementos(parts.archive(), at.original))
        chosen = mementos.standing(found, when)
        if chosen.at != when:
            return Response(None, 302, {"Location": at.memento(chosen.at), "Link": mementos.links(found, at)})
        replayed = await threads.run(partial(_replay, parts, at, chosen))
        return _answer(request, replayed, mementos.links(found, at, chosen), chosen)

    return Route("/memento/{digits}/{url:path}", memento)


def _replay(parts: Parts, at: Addresses, memento: Memento) -> Replayed:
    archive = parts.archive()
    message = parse_response(archive.response(archive.version(at.original, memento.version)))
    return Replayed(status=message.status, headers=list(_fields(message, at, memento)), body=decoded_body(message))


def _fields(message: ResponseMessage, at: Addresses, memento: Memento) -> Iterator[tuple[str, str]]:
    shown = _content_type(message.header("content-type") or "")
    yield "Content-Type", shown
    if shown == "application/octet-stream":
        yield "Content-Disposition", "attachment"
    location = message.header("location")
    target = _target(at, location) if location else None
    if target:
        yield "Location", Addresses(base=at.base, original=target).memento(memento.at)
    for name, value in message.headers[:_MOST_HEADERS]:
        if _TOKEN.fullmatch(name):
            yield f"X-Archive-Orig-{name}", _CONTROL.sub(" ", value[:_LONGEST_VALUE])


def _content_type(stated: str) -> str:
    """Return the type under which a body is shown: one that a browser shows without running it, or none."""
    kind = stated.partition(";")[0].strip().lower()
    if kind in _PICTURES:
        return kind
    if kind not in _SHOWN:
        return "application/octet-stream"
    charset = _CHARSET.search(stated)
    return f"{_SHOWN[kind]}; charset={charset[1]}" if charset else _SHOWN[kind]


def _target(at: Addresses, location: str) -> str | None:
    """Return where an archived redirect leads, or None."""
    try:
        return normalise(urljoin(at.original, location))
    except (InvalidURLError, ValueError):
        return None


def _answer(request: Request, replayed: Replayed, link: str, memento: Memento) -> Response:
    response = tagged(request, replayed.body, None)
    if response.status_code == 200:
        response.status_code = replayed.status
        for name, value in replayed.headers:
            response.headers.append(name, value)
    response.headers["Memento-Datetime"] = mementos.http_date(memento.at)
    response.headers["Link"] = link
    response.headers["Content-Security-Policy"] = POLICY
    return response
