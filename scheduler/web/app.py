"""The web application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from broadsheet.crawler.errors import FrontierError
from broadsheet.scheduler.answers import MomentError
from broadsheet.scheduler.web import errors, health, openapi, pages, replay, timemaps
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.endpoints import tagged
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.guard import Guard
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.reads import READS
from broadsheet.scheduler.web.threads import Threads
from broadsheet.scheduler.web.tokens import TokenFileError
from broadsheet.scheduler.web.writes import WRITES
from broadsheet.storage.errors import ArchiveError


def make_app(parts: Parts) -> ASGIApp:
    """Return the application that answers over HTTP.

    Args:
        parts: What it reads and writes.
    """
    access, threads = Access(parts), Threads()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        threads.close()

    kinds = (HTTPException, ProblemError, ArchiveError, MomentError, TokenFileError, FrontierError, Exception)
    app = Starlette(
        routes=[
            *(read.route(parts, access, threads) for read in READS),
            *(write.route(parts, access, threads) for write in WRITES),
            *timemaps.routes(parts, access, threads),
            replay.route(parts, access, threads),
            *health.routes(parts, threads),
            _described(parts),
            *pages.routes(parts, access, threads),
        ],
        lifespan=lifespan,
        exception_handlers=dict.fromkeys(kinds, _answer_error),
    )
    # Around all of it, so that the answer to an error of ours has the headers too.
    return Guard(app, parts.hosts)


def _described(parts: Parts) -> Route:
    body = msgspec.json.encode(openapi.document(READS, WRITES, read_needs_token=parts.read_needs_token)) + b"\n"

    async def answer(request: Request) -> Response:
        return tagged(request, body, "application/json")

    return Route("/openapi.json", answer)


async def _answer_error(request: Request, error: Exception) -> Response:
    return pages.answer_problem(error) if pages.is_for_people(request) else errors.answer_problem(error)
