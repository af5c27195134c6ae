"""The web application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
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
from broadsheet.scheduler.tokens import TokenFileError
from broadsheet.scheduler.web import errors, feeds, health, openapi, pages, replay, requisites, timemaps
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.bodies import Asked, BodyResponse
from broadsheet.scheduler.web.endpoints import JSON
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.guard import Guard
from broadsheet.scheduler.web.metrics import MEDIA_TYPE, Metrics
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.reads import READS
from broadsheet.scheduler.web.threads import Threads
from broadsheet.scheduler.web.timing import Timing
from broadsheet.scheduler.web.writes import WRITES
from broadsheet.storage.errors import ArchiveError


def make_app(parts: Parts) -> ASGIApp:
    """Return the application that answers over HTTP.

    Args:
        parts: What it reads and writes.
    """
    access, threads, metrics = Access(parts), Threads(parts), Metrics(parts)
    signatures = requisites.Signatures()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        threads.close()

    kinds = (HTTPException, ProblemError, ArchiveError, MomentError, TokenFileError, FrontierError, Exception)
    app = Starlette(
        routes=[
            *(read.route(access, threads) for read in READS),
            *(write.route(parts, access, threads) for write in WRITES),
            *timemaps.routes(access, threads),
            replay.route(access, threads, signatures),
            requisites.route(access, threads, signatures),
            *health.routes(parts, access, threads),
            *feeds.routes(parts, access, threads),
            _described(parts),
            _measured(metrics, access, threads),
            *pages.routes(access, threads),
        ],
        lifespan=lifespan,
        exception_handlers=dict.fromkeys(kinds, _answering_errors(metrics)),
    )
    # Around all of it, so that the answer to an error of ours has the headers too.
    return Timing(Guard(app, parts.hosts, requisites.PATH, metrics.answered), app.routes, metrics.took)


def _described(parts: Parts) -> Route:
    has_feeds = parts.notices is not None
    described = openapi.document(READS, WRITES, read_needs_token=parts.read_needs_token, has_feeds=has_feeds)
    body = msgspec.json.encode(described) + b"\n"

    async def answer(request: Request) -> Response:
        return BodyResponse(parts.bodies.make(body, JSON, Asked.by(request)))

    return Route("/openapi.json", answer)


def _measured(metrics: Metrics, access: Access, threads: Threads) -> Route:
    async def answer(request: Request) -> Response:
        access.monitor(request)
        return Response(await threads.ask_together(metrics.exposition), media_type=MEDIA_TYPE)

    return Route("/metrics", answer)


def _answering_errors(metrics: Metrics) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        metrics.problem(errors.problem_of(error).problem.error)
        return pages.answer_problem(error) if pages.is_for_people(request) else errors.answer_problem(error)

    return answer
