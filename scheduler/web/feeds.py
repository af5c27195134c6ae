"""What the service tells its operator, as Atom feeds: its alarms, and the changes that are watched."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.alarms.feed import feed
from broadsheet.scheduler.alarms.notices import About
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.endpoints import tagged
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
    return [] if notices is None else [_route(path, notices, access, threads) for path in _FEEDS]


def _route(path: str, notices: Notices, access: Access, threads: Threads) -> Route:
    about, title = _FEEDS[path]

    async def answer(request: Request) -> Response:
        access.reader(request)
        entries = await threads.run(partial(notices, about))
        body = feed(entries, title=title, address=str(request.url.replace(query="")))
        return tagged(request, body, MEDIA_TYPE)

    return Route(path, answer)
