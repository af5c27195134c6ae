"""Endpoints of the API, each described once: what answers requests is also what the OpenAPI document is made from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.threads import Threads


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing can be asked."""


class Read(Struct, frozen=True, kw_only=True):
    """An endpoint that reads.

    Attributes:
        path: Its path; names in braces are fields of `query`.
        summary: What it answers, for the OpenAPI document.
        query: What can be asked: its fields are the parameters.
        answer: The type of the answer.
        find: Returns the answer to a query; called in a thread.
        errors: The statuses of its problems, besides those of all endpoints.
    """

    path: str
    summary: str
    query: type[Struct]
    answer: type[Struct]
    find: Callable[[Parts, Any], Struct]
    errors: tuple[int, ...] = ()

    def route(self, parts: Parts, access: Access, threads: Threads) -> Route:
        """Return the route that answers with it."""

        async def answer(request: Request) -> Response:
            access.reader(request)
            query = parse_query(request, self.query)
            body = await threads.run(lambda: msgspec.json.encode(self.find(parts, query)) + b"\n")
            return tagged(request, body, "application/json")

        return Route(self.path, answer, methods=["GET"])


def parse_query(request: Request, kind: type[Struct]) -> Any:  # noqa: ANN401 - of the type that is given
    """Return what a request asks, read from its path and its query.

    Raises:
        ProblemError: It asks something that cannot be asked.
    """
    pairs = request.query_params.multi_items()
    asked: Mapping[str, str] = {**dict(pairs), **request.path_params}
    if len(asked) != len(pairs) + len(request.path_params):
        raise ProblemError(400, "bad_request", "a parameter is given twice")
    try:
        return msgspec.convert(asked, kind, strict=False)
    except msgspec.ValidationError as error:
        allowed = ", ".join(kind.__struct_fields__) or "none"
        raise ProblemError(400, "bad_request", f"{error}; parameters are: {allowed}") from error


def tagged(request: Request, body: bytes, media_type: str | None) -> Response:
    """Return an answer with an entity tag, or 304 where the asker has it already (RFC 9110, section 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(None, 304, {"ETag": tag})
    return Response(body, 200, {"ETag": tag}, media_type=media_type)
