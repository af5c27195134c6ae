"""Endpoints of the API, each described once: what answers requests is also what the OpenAPI document is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.web import negotiation
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.bodies import Asked, Body, BodyResponse
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.threads import Threads

JSON = "application/json"

_T = TypeVar("_T")


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
        scans: Whether it goes through much of the archive.
    """

    path: str
    summary: str
    query: type[Struct]
    answer: type[Struct]
    find: Callable[[Parts, Any], Struct]
    errors: tuple[int, ...] = ()
    scans: bool = False

    def route(self, access: Access, threads: Threads) -> Route:
        """Return the route that answers with it."""

        async def answer(request: Request) -> Response:
            asker = access.reader(request)
            negotiation.require(request, JSON)
            query, asked = parse_query(request, self.query), Asked.by(request)

            def answered(parts: Parts) -> Body:
                return parts.bodies.make(msgspec.json.encode(self.find(parts, query)) + b"\n", JSON, asked)

            return BodyResponse(await threads.run(asker, answered, scans=self.scans))

        return Route(self.path, answer, methods=["GET"])


def given(value: _T | UnsetType) -> _T | None:
    """Return what was asked with a parameter, or None."""
    return None if isinstance(value, UnsetType) else value


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
        allowed = ", ".join(kind.__struct_encode_fields__) or "none"
        raise ProblemError(400, "bad_request", f"{error}; parameters are: {allowed}") from error
