"""What is answered where something fails: one document, and the status that fits."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.responses import Response

from broadsheet.crawler.errors import FrontierError
from broadsheet.scheduler.answers import MomentError
from broadsheet.scheduler.tokens import TokenFileError
from broadsheet.storage.errors import (
    ArchiveDamagedError,
    ArchiveError,
    CursorError,
    InvalidURLError,
    MessageError,
    NoSuchObjectError,
    NoSuchVersionError,
    RecordError,
    TakenDownError,
)

MEDIA_TYPE = "application/problem+json"


class Problem(Struct, frozen=True, kw_only=True):
    """Why there is no answer: the details of a problem (RFC 9457).

    Attributes:
        type: ``about:blank``: what kind of problem it is, the status tells.
        title: What the status is called.
        status: The HTTP status.
        error: A word for programs, such as ``not_found``.
        detail: What happened, to what, for people.
    """

    type: str = "about:blank"
    title: str
    status: int
    error: str
    detail: str


class ProblemError(Exception):
    """Ends a request with a problem.

    Args:
        status: The HTTP status.
        error: The word for programs.
        detail: What happened.
        headers: What the answer has besides.
    """

    def __init__(self, status: int, error: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.problem = Problem(title=HTTPStatus(status).phrase, status=status, error=error, detail=detail)
        self.headers = dict(headers or {})


def slow(what: str) -> ProblemError:
    """Return what is told where reading the archive takes too long.

    Args:
        what: What happened.
    """
    return ProblemError(503, "archive_slow", f"{what}; try again", {"Retry-After": "10"})


_WORDS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed"}
# The first that fits counts. An archive that cannot be read as a whole is a matter of its operator: 503.
_ERRORS: tuple[tuple[type[Exception], int, str], ...] = (
    (TakenDownError, 451, "taken_down"),
    (NoSuchVersionError, 404, "not_found"),
    (InvalidURLError, 400, "invalid_url"),
    (MomentError, 400, "invalid_time"),
    (CursorError, 400, "invalid_cursor"),
    (ArchiveDamagedError, 502, "archive_damaged"),
    (NoSuchObjectError, 502, "archive_damaged"),
    (MessageError, 502, "archive_damaged"),
    (RecordError, 502, "archive_damaged"),
    (TokenFileError, 503, "tokens_unreadable"),
    (FrontierError, 503, "database_unavailable"),
    (ArchiveError, 503, "archive_unavailable"),
)


def problem_of(error: Exception) -> ProblemError:
    """Return what an error is to whoever asked."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, HTTPException):
        word, detail = _WORDS.get(error.status_code, "refused"), error.detail
        headers = error.headers or {}
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and "Allow" in headers:
            detail = f"what can be asked of this address: {headers['Allow']}"
        elif detail == HTTPStatus.NOT_FOUND.phrase:
            detail = "there is no such address here; /openapi.json tells which there are"
        return ProblemError(error.status_code, word, detail, headers)
    for kind, status, word in _ERRORS:
        if isinstance(error, kind):
            return ProblemError(status, word, str(error), {"Retry-After": "10"} if status == 503 else None)
    return ProblemError(500, "internal_error", "the service failed; its log says how")


def answer_problem(error: Exception) -> Response:
    """Return the JSON answer for an error."""
    found = problem_of(error)
    return Response(encoded(found.problem), found.status, found.headers, media_type=MEDIA_TYPE)


def encoded(problem: Problem) -> bytes:
    """Return the bytes of a problem."""
    return msgspec.json.encode(problem) + b"\n"
