"""What the service tells its operator, as Atom feeds: its alarms, and the changes that are watched."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.alarms.feed import feed
from broadsheet.scheduler.alarms.notices import About
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.bodies import Asked, Bodies, Body, BodyResponse
from broadsheet.scheduler.web.parts import Notices, Parts
from broadsheet.scheduler.web.threads import Threads

MEDIA_TYPE = "application/atom+xml"
_FEEDS: dict[str, tuple[About, str]] = {
    "/alarms.atom": ("alarm", "Broadsheet: alarms"),
    "/changes.atom": ("change", "Broadsheet: changes of what is watched"),
}


def routes(parts: Parts, access: Access, threads: Threads) -> list[Route]:
    """Return the feeds, where there is something to tell."""
    notices = parts.notices
    return [] if notices is None else [_route(path, notices, parts.bodies, access, threads) for path in _FEEDS]


def _route(path: str, notices: Notices, bodies: Bodies, access: Access, threads: Threads) -> Route:
    about, title = _FEEDS[path]

    async def answer(request: Request) -> Response:
        access.reader(request)
        address, asked = str(request.url.replace(query="")), Asked.by(request)

        def told() -> Body:
            return bodies.make(feed(notices(about), title=title, address=address), MEDIA_TYPE, asked)

        return BodyResponse(await threads.ask(told))

    return Route(path, answer)
