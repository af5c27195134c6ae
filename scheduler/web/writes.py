"""What the API is asked to do: crawls and re-crawls, as jobs. Every one of these needs a token."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.answers import Recrawled
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job
from broadsheet.scheduler.tokens import Holder
from broadsheet.scheduler.web import negotiation
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.endpoints import JSON
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.queries import EXAMPLE
from broadsheet.scheduler.web.reads import NO_ZERO
from broadsheet.scheduler.web.threads import Threads
from broadsheet.storage.urls import normalise, site

_LONGEST_BODY = 64 * 1024
_LONGEST_WAIT = 120
_PAUSE = 0.25  # seconds between two looks at a job that is waited for
_LONGEST_KEY = 200

Why = Annotated[str, Meta(description="What for; kept with the job.", max_length=1000, pattern=NO_ZERO)]
Key = Annotated[
    str,
    Meta(
        description="What tells this request from others: who asks again with it is given the first job.",
        min_length=1,
        pattern=NO_ZERO,
        max_length=_LONGEST_KEY,
    ),
]


class RecrawlRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to fetch again now.

    Attributes:
        url: The address.
        why: What for.
        wait: Seconds to wait for the answer at most; 0 not to wait.
        idempotency_key: The same as the header Idempotency-Key.
    """

    url: Annotated[str, Meta(max_length=8192, examples=[EXAMPLE])]
    why: Why | None = None
    wait: Annotated[float, Meta(ge=0, le=_LONGEST_WAIT)] = 0
    idempotency_key: Key | None = None


class CrawlRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which source to crawl now.

    Attributes:
        source: Its name.
        why: What for.
        idempotency_key: The same as the header Idempotency-Key.
    """

    source: Annotated[str, Meta(max_length=200, examples=["example"])]
    why: Why | None = None
    idempotency_key: Key | None = None


class Write(Struct, frozen=True, kw_only=True):
    """An endpoint that has something done.

    Attributes:
        path: Its path.
        summary: What it does, for the OpenAPI document.
        body: What is asked.
        answer: The type of the answer that was waited for; None where nothing is waited for.
        do: Returns the response.
        errors: The statuses of its problems, besides those of all endpoints.
    """

    path: str
    summary: str
    body: type[Struct]
    answer: type[Struct] | None
    do: Callable[[Asked, Any], Awaitable[Response]]
    errors: tuple[int, ...]

    def route(self, parts: Parts, access: Access, threads: Threads) -> Route:
        """Return the route that answers with it."""

        async def answer(request: Request) -> Response:
            # Who may not is told so before anything of the body is read.
            holder = access.writer(request, "crawl")
            negotiation.require(request, JSON)
            body = await _body(request, self.body)
            if parts.jobs is None:
                raise ProblemError(503, "no_jobs", "this process only reads: nothing can be asked of it")
            return await self.do(Asked(request, holder, parts, parts.jobs, threads), body)

        return Route(self.path, answer, methods=["POST"])


class Asked:
    """A request to have something done, by somebody who may.

    Args:
        request: The request.
        holder: Who asks.
        parts: The parts of the application.
        jobs: The jobs.
        threads: What runs that waits for the database.
    """

    def __init__(self, request: Request, holder: Holder, parts: Parts, jobs: Jobs, threads: Threads) -> None:
        self._request = request
        self.holder = holder
        self.parts = parts
        self._jobs = jobs
        self._threads = threads

    async def was_before(self, wanted: CrawlRequest | RecrawlRequest) -> bool:
        """Tell whether a job was asked for with this key: what could be asked then may not be configured any more."""
        key = self._key(wanted)
        return key is not None and await self._threads.ask(
            lambda: self._jobs.asked_before(self.holder.name, key) is not None
        )

    def _key(self, wanted: CrawlRequest | RecrawlRequest) -> str | None:
        header = self._request.headers.get("idempotency-key")
        key = wanted.idempotency_key or header
        if header is not None and (key != header or not 0 < len(header) <= _LONGEST_KEY):
            detail = f"Idempotency-Key has to be one text of up to {_LONGEST_KEY} characters, the same as in the body"
            raise ProblemError(400, "bad_request", detail)
        return key

    async def job(self, wanted: CrawlRequest | RecrawlRequest, *, source: str | None, url: str | None) -> Job:
        """Return the job that is asked for, or was before with the same key.

        Raises:
            ProblemError: What was asked before with the key was something else.
        """
        key = self._key(wanted)
        job = await self._threads.ask(
            lambda: self._jobs.ask(
                "crawl" if url is None else "recrawl",
                source=source,
                url=url,
                asked_by=self.holder.name,
                why=wanted.why,
                idempotency_key=key,
            )
        )
        # Which source has a page is a matter of the sources file, and may have changed since.
        what, wanted_now = job.url or job.source, url or source
        if what != wanted_now or (job.url is None) != (url is None):
            raise ProblemError(409, "key_used", f"with this idempotency key, {what} was asked for before")
        return job

    async def ended(self, job: Job, seconds: float) -> Job | None:
        """Wait for a job; None where it goes on after that time, nobody waits any more, or the service ends."""
        until = time.monotonic() + min(seconds, self.parts.longest_wait)
        while True:
            now = await self._threads.ask(lambda: self._jobs.get(job.id))
            if now is not None and now.has_ended:
                return now
            left = until - time.monotonic()
            if left <= 0 or self.parts.is_stopping() or await self._request.is_disconnected():
                return None
            await asyncio.sleep(min(_PAUSE, left))


async def _recrawl(asked: Asked, wanted: RecrawlRequest) -> Response:
    url = normalise(wanted.url)
    sources = asked.parts.sources()
    source = next((name for name, source in sources.items() if site(source.home) == site(url)), None)
    if source is None and not asked.holder.may("admin") and not await asked.was_before(wanted):
        detail = f"no source is configured on the site of {url}; re-crawls of other sites need the scope admin"
        raise ProblemError(403, "not_configured", detail)
    job = await asked.job(wanted, source=source, url=url)
    ended = await asked.ended(job, wanted.wait) if wanted.wait else None
    if ended is None:
        return _accepted(job)
    return _json(200, answer_of(ended), job)


async def _crawl(asked: Asked, wanted: CrawlRequest) -> Response:
    if wanted.source not in asked.parts.sources() and not await asked.was_before(wanted):
        raise ProblemError(404, "not_found", f"there is no source {wanted.source!r}")
    return _accepted(await asked.job(wanted, source=wanted.source, url=None))


def answer_of(job: Job) -> Recrawled:
    """Return what an ended re-crawl came to, also where its process printed no answer."""
    if job.result is not None:
        return msgspec.convert(job.result, Recrawled)
    return Recrawled(
        url=job.url or "",
        outcome="blocked" if job.state == "refused" else "failed",
        reason=job.reason,
        version=None,
        previous_version=None,
        changes=[],
        snapshot_key=None,
        warc=None,
    )


def _accepted(job: Job) -> Response:
    return _json(202, job, job)


def _json(status: int, document: Struct, job: Job) -> Response:
    body = msgspec.json.encode(document) + b"\n"
    headers = {"Location": f"/api/jobs/{job.id}", "Cache-Control": "no-store"}
    return Response(body, status, headers, media_type=JSON)


async def _body(request: Request, kind: type[Struct]) -> Any:  # noqa: ANN401 - of the type that is given
    """Return what the body says. Only JSON: a form in a browser cannot send it, so no other site can ask in our name.

    Raises:
        ProblemError: It is none, too long, or not what can be asked.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise ProblemError(415, "unsupported_media_type", "the body has to be JSON: Content-Type: application/json")
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _LONGEST_BODY:
                raise ProblemError(413, "too_long", f"the body has more than {_LONGEST_BODY:,} bytes")
    except ClientDisconnect as error:
        raise ProblemError(400, "bad_request", "whoever asked was gone before the body had come") from error
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError(400, "bad_request", f"{error}; keys are: {', '.join(kind.__struct_fields__)}") from error


_ERRORS = (403, 409, 413, 415, 429)
WRITES = (
    Write(
        path="/api/recrawl",
        summary="Fetch one address now: the answer where it is waited for, else the job.",
        body=RecrawlRequest,
        answer=Recrawled,
        do=_recrawl,
        errors=_ERRORS,
    ),
    Write(
        path="/api/crawl",
        summary="Crawl a source as soon as its turn comes.",
        body=CrawlRequest,
        answer=None,
        do=_crawl,
        errors=(*_ERRORS, 404),
    ),
)
