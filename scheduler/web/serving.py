"""The HTTP server of the service: connections are bounded in number, and each in the time that it may take.

Whoever sends a request byte by byte, or reads an answer so, would hold a connection for ever. Where there are as many
connections as may be, the one that has waited longest without asking anything makes room for the next.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Literal

import h11
import uvicorn
from msgspec import Struct
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from broadsheet.scheduler.web.errors import MEDIA_TYPE, ProblemError, encoded
from broadsheet.scheduler.web.guard import HEADERS

# An address of 8,192 characters of any script, each percent-encoded, and what browsers send besides.
_LONGEST_HEAD = 128 * 1024
_SECONDS_TO_READ = 1.0
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
# That somebody asks what is no request is nothing for whoever reads the log, who could be kept busy so.
_log = logging.getLogger("uvicorn.error.connections")
_log.setLevel(logging.ERROR)


class Limits(Struct, frozen=True, kw_only=True):
    """What a connection may take.

    Attributes:
        connections: How many there are at once.
        head_seconds: From when the connection is made, or the answer before is sent, until a request's head has come.
        body_seconds: From then until its body has come.
        stalled_seconds: Until 48 KiB more of an answer are taken.
        answer_seconds: From when the head has come until the answer is sent.
        idle_seconds: How long a connection is kept after an answer.
    """

    connections: int = 256
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    stalled_seconds: float = 30.0
    answer_seconds: float = 600.0
    idle_seconds: int = 5


class Serving(uvicorn.Config):
    """How an application is served.

    Args:
        app: The application.
        behind_proxy: Whether a proxy on this machine tells who asks, and over what, in ``X-Forwarded-...``.
        seconds_to_end: How long answers that are under way have when the server ends.
        limits: What a connection may take.

    Attributes:
        waiting: The connections that have asked nothing yet, or are answered; first the one that has waited longest.
    """

    def __init__(self, app: ASGIApp, *, behind_proxy: bool, seconds_to_end: int, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.waiting: OrderedDict[_Connection, None] = OrderedDict()
        super().__init__(
            app,
            http=_Connection,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=behind_proxy,
            timeout_keep_alive=self.limits.idle_seconds,
            timeout_graceful_shutdown=seconds_to_end,
        )


class _StrictConnection(h11.Connection):
    """Refuses what h11 lets through and no server should."""

    def next_event(self) -> Any:  # noqa: ANN401 - of h11
        event = super().next_event()
        return _checked(event) if isinstance(event, h11.Request) else event


def _checked(request: h11.Request) -> h11.Request:
    """Return a request that may be answered, its target in origin form.

    Raises:
        RemoteProtocolError: Its head is too long, its version is another, or two servers could see its end in two
            places (RFC 9112, section 6.1).
    """
    names = [name for name, _ in request.headers]
    if len(request.target) + sum(len(name) + len(value) for name, value in request.headers) > _LONGEST_HEAD:
        # h11 counts only while a head is not whole.
        raise h11.RemoteProtocolError("its head is too long", error_status_hint=431)
    if request.http_version not in (b"1.0", b"1.1"):
        raise h11.RemoteProtocolError("it is of another version than HTTP/1.1", error_status_hint=505)
    if b"transfer-encoding" in names and (b"content-length" in names or request.http_version == b"1.0"):
        raise h11.RemoteProtocolError("Transfer-Encoding beside Content-Length, or in HTTP/1.0")
    absolute = _ABSOLUTE.fullmatch(request.target)
    if absolute is None:
        return request
    # What the target says counts, whatever Host says (section 3.2.2).
    others = [(name, value) for name, value in request.headers if name != b"host"]
    return h11.Request(
        method=request.method,
        target=b"/" + absolute[2].removeprefix(b"/"),
        headers=[(b"host", absolute[1]), *others],
        http_version=request.http_version,
    )


class _Connection(H11Protocol):
    """One connection, made by uvicorn, whose name for each argument these are."""

    def __init__(
        self,
        config: Serving,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _log
        self.conn = _StrictConnection(h11.SERVER, _LONGEST_HEAD)
        self._limits = config.limits
        self._waiting = config.waiting
        self._phase: Literal["head", "body", "answer"] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            if not self._waiting:
                self._refuse(503, "too_many_connections", "too many connections: try again soon", {"Retry-After": "5"})
                return
            oldest, _ = self._waiting.popitem(last=False)
            oldest.transport.abort()
        self._enter("head")

    def connection_lost(self, exc: Exception | None) -> None:
        self._enter(None)
        _cancel(self._stalled)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        self._phase = None  # What follows is another request, though it may be in the same phase.
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self._limits.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._stalled)
        self._stalled = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request; called by uvicorn while it handles the error."""
        error = sys.exc_info()[1]
        status = getattr(error, "error_status_hint", 400)
        word = {431: "head_too_long", 501: "not_implemented", 505: "not_supported"}.get(status, "bad_request")
        self._refuse(status, word, f"this is no HTTP request: {error or msg}")

    def _look(self) -> None:
        """Enter the phase that the connection has come to."""
        if self.transport.is_closing() or self._is_refused:
            self._enter(None)
        elif self.conn.their_state is h11.IDLE:
            self._enter("head")
        elif self.conn.their_state is h11.SEND_BODY:
            self._enter("body")
        else:
            self._enter("answer")

    def _enter(self, phase: Literal["head", "body", "answer"] | None) -> None:
        if phase == self._phase and phase is not None:
            return
        self._phase = phase
        _cancel(self._timer)
        self._waiting.pop(self, None)
        if phase == "head":
            self._waiting[self] = None
        late: dict[str, tuple[float, Callable[[], None]]] = {
            "head": (self._limits.head_seconds, self._late),
            "body": (self._limits.body_seconds, self._late),
            "answer": (self._limits.answer_seconds, self.transport.abort),
        }
        if phase is not None:
            self._timer = self.loop.call_later(*late[phase])

    def _late(self) -> None:
        asked = bool(self.conn.trailing_data[0]) or self._phase == "body"
        if asked and not self.transport.is_closing():
            self._refuse(408, "request_timeout", f"the {self._phase} of the request took too long")
        else:
            self.transport.close()

    def _refuse(self, status: int, error: str, detail: str, headers: dict[str, str] | None = None) -> None:
        """Answer for the application, and close the connection."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = encoded(ProblemError(status, error, detail).problem)
            fields = {**HEADERS, **(headers or {}), "Content-Type": MEDIA_TYPE, "Connection": "close"}
            fields["Content-Length"] = str(len(body))
            lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            self.transport.write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}\r\n".encode() + body)
        self._enter(None)
        self._is_refused = True
        # Closed at once, with bytes unread, it would be reset, and whoever sends would not see the answer.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_SECONDS_TO_READ, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
