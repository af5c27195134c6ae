"""Mementos: archived responses, shown as they looked, so that nothing in them runs and nothing reaches the web.

What was archived is somebody else's, and may be made to attack whoever looks at it. It is served from the address of
the service, so every answer carries a policy under which a browser treats it as a page of no origin at all
(``sandbox``), runs no script, sends no form, and loads only what the page is shown with, from the archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.crawler.extraction.encoding import decode
from broadsheet.scheduler.rewriting import pages
from broadsheet.scheduler.rewriting.addresses import absolute
from broadsheet.scheduler.web import mementos, shown
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.archived_body import ArchivedBody
from broadsheet.scheduler.web.bodies import Asked, Body, BodyResponse
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.mementos import Addresses, Memento
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.requisites import PATH, Requisites, Signatures
from broadsheet.scheduler.web.threads import Threads

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline' {0}; img-src data: {0}; font-src data: {0}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_LONGEST_PAGE = 8 * 1024 * 1024
_RENDERED = "text/html; charset=utf-8"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, section 5.6.2
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MOST_HEADERS = 100
_STATUS_END = 600
_LONGEST_VALUE = 2_000


class Replayed(Struct, frozen=True, kw_only=True):
    """A memento as it is answered."""

    status: int
    headers: list[tuple[str, str]]
    body: Body


def route(access: Access, threads: Threads, signatures: Signatures) -> Route:
    """Return what answers with mementos."""

    async def memento(request: Request) -> Response:
        asker = access.reader(request)
        digits, mark = _moment(request.path_params["digits"])
        at = mementos.addresses(request, f"/memento/{digits}{mark}/")
        when = mementos.moment_of(digits)
        if when is None:
            raise ProblemError(400, "bad_request", f"{digits[:40]!r} is no time: it needs 14 digits, as 20261122120000")
        found = await threads.run(asker, lambda parts: mementos.mementos(parts.archive(), at.original))
        chosen = mementos.standing(found, when)
        if chosen.at != when:
            return Response(None, 302, {"Location": at.memento(chosen.at, mark), "Link": mementos.links(found, at)})
        to = None if mark else Requisites(signatures, chosen.at, at.base)
        asked = Asked.by(request)
        replayed = await threads.run(asker, lambda parts: _replay(parts, at, chosen, to, asked))
        response = BodyResponse(replayed.body, replayed.status)
        for name, value in replayed.headers:
            response.headers.append(name, value)
        response.headers["Memento-Datetime"] = mementos.http_date(chosen.at)
        response.headers["Link"] = mementos.links(found, at, chosen)
        response.headers["Content-Security-Policy"] = POLICY.format(f"{at.base.rstrip('/')}{PATH}")
        # Links in archived pages are looked up only when somebody follows them.
        response.headers["X-DNS-Prefetch-Control"] = "off"
        return response

    return Route("/memento/{digits}/{url:path}", memento)


def _moment(written: str) -> tuple[str, str]:
    """Return the digits of a memento's address and the mark behind them."""
    mark = mementos.RAW if written.endswith(mementos.RAW) else ""
    return written.removesuffix(mark), mark


def _replay(parts: Parts, at: Addresses, memento: Memento, to: Requisites | None, asked: Asked) -> Replayed:
    """Return a memento; without an idea where its addresses are to lead, as it was archived."""
    response, rendering = mementos.archived(parts.archive(), at.original, memento)
    archived = ArchivedBody(response, parts.longest_body)
    del response
    body, kind = archived.body, shown.by_itself(archived.content_type)
    if to is not None and shown.is_page(archived.content_type):
        body, kind = _page(archived, rendering, at.original, to)
    headers = [*_redirect(archived, at, memento, "" if to else mementos.RAW), *_original(archived)]
    if to is None or kind == shown.NOT_SHOWN:
        # As it was archived it is for programs: a browser, which would load what a page names, saves it.
        headers.append(("Content-Disposition", "attachment"))
    # RFC 9110, section 15: 999 and the like, which the server cannot send, are an error of the server to a client.
    status = archived.status if archived.status < _STATUS_END else 500
    return Replayed(status=status, headers=headers, body=parts.bodies.make(body, kind, asked))


def _page(archived: ArchivedBody, rendering: bytes | None, url: str, to: Requisites) -> tuple[bytes, str]:
    """Return a page as it is shown, and its type: of one that scripts make, what a browser made of it."""
    content, kind = (archived.body, archived.content_type) if rendering is None else (rendering, _RENDERED)
    if len(content) > _LONGEST_PAGE:
        return archived.body, shown.NOT_SHOWN
    try:
        return pages.rewritten(decode(content, kind)[0], url, to).encode("utf-8", "replace"), _RENDERED
    except pages.PageTooLargeError:
        return archived.body, shown.NOT_SHOWN


def _redirect(archived: ArchivedBody, at: Addresses, memento: Memento, mark: str) -> Iterator[tuple[str, str]]:
    target = absolute(archived.location, at.original) if archived.location else None
    if target:
        yield "Location", Addresses(base=at.base, original=target).memento(memento.at, mark)


def _original(archived: ArchivedBody) -> Iterator[tuple[str, str]]:
    """Yield the fields of the archived answer under names that mean nothing to a browser."""
    for name, value in archived.headers[:_MOST_HEADERS]:
        if _TOKEN.fullmatch(name):
            yield f"X-Archive-Orig-{name}", _CONTROL.sub(" ", value[:_LONGEST_VALUE])
