"""What holds for every request and answer: the name the service is addressed by, and what a browser may do with it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broadsheet.scheduler.web.errors import ProblemError, answer_problem

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Nothing of ours runs scripts, is framed, or sends forms elsewhere. What an answer sets itself stays."""


_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]+))(?::[0-9]{1,5})?")


class Guard:
    """Refuses other names than its own, and puts the headers on every answer.

    Args:
        app: What answers.
        hosts: The names, without ports; empty for any.
        open_to_pages: What the paths begin with that pages of other sites may load things from.
        answered: Is told the method and the status of every answer.
    """

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str], open_to_pages: str, answered: Callable[[str, int], None]
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._open_to_pages = open_to_pages
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        has_begun = False

        async def guarded(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                self._answered(scope["method"], message["status"])
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        app = self._app
        if not self._is_addressed(headers.getlist("host")):
            app = _misdirected
        elif _is_of_other_site(headers) and not scope["path"].startswith(self._open_to_pages):
            app = _cross_site
        try:
            await app(scope, receive, guarded)
        except asyncio.CancelledError:
            # At its end the server cancels what is not answered yet, and logs a traceback of each that lets it through.
            if not has_begun:
                await _stopping(scope, receive, guarded)

    def _is_addressed(self, hosts: list[str]) -> bool:
        return not self._hosts or (len(hosts) == 1 and _name(hosts[0]) in self._hosts)


def _is_of_other_site(headers: Headers) -> bool:
    """Tell whether a page of another origin asks, other than by a link that somebody follows (Fetch Metadata).

    It could not read the answer, but learn from its time what an archive holds, and keep the service busy.
    """
    follows = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and not follows


def _name(host: str) -> str | None:
    """Return the name in a Host header, without its port and without the brackets of IPv6; None where there is none."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else None


async def _stopping(scope: Scope, receive: Receive, send: Send) -> None:
    error = ProblemError(503, "stopping", "the service ends: ask again when it is back", {"Retry-After": "10"})
    await answer_problem(error)(scope, receive, send)


async def _cross_site(scope: Scope, receive: Receive, send: Send) -> None:
    error = ProblemError(403, "cross_site", "pages of other origins may lead here, and load nothing from here")
    await answer_problem(error)(scope, receive, send)


async def _misdirected(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer that nobody here has that name (RFC 9110, section 15.5.20)."""
    detail = "on loopback the service answers to localhost, 127.0.0.1, [::1] and the name of `public_url` alone"
    error = ProblemError(421, "misdirected_request", detail)
    await answer_problem(error)(scope, receive, send)
