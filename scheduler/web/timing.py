"""How long requests take, by the pattern of their path."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_ROUTE = "other"

# Given the method, the pattern of the path, and seconds.
Observe = Callable[[str, str, float], None]


class Timing:
    """Measures each request from when it comes to the end of its answer.

    Args:
        app: What answers.
        routes: Its routes: the pattern of a path is that of the one that answers, so that there are never many.
        observe: Is told of every request.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute], observe: Observe) -> None:
        self._app = app
        self._observe = observe
        self._patterns: dict[object, str] = {}
        for route in routes:
            if isinstance(route, Route):
                self._patterns[route.endpoint] = route.path
            elif isinstance(route, Mount):
                self._patterns[route.app] = route.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        told = False

        def tell() -> None:
            nonlocal told
            if not told:
                told = True
                # Starlette notes in the scope what it has routed a request to.
                pattern = self._patterns.get(scope.get("endpoint"), _NO_ROUTE)
                self._observe(scope["method"], pattern, time.monotonic() - begun)

        async def send_and_tell(message: Message) -> None:
            await send(message)
            # Here and not when all is cleared up behind it: whoever has the whole answer finds it counted.
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                tell()

        try:
            await self._app(scope, receive, send_and_tell)
        finally:
            tell()
