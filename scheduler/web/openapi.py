"""The OpenAPI 3.1 document, made from the types that requests and answers are made of."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from msgspec import Struct

from broadsheet.scheduler.jobs.model import Job
from broadsheet.scheduler.web.endpoints import Read
from broadsheet.scheduler.web.errors import MEDIA_TYPE as PROBLEM
from broadsheet.scheduler.web.errors import Problem
from broadsheet.scheduler.web.feeds import MEDIA_TYPE
from broadsheet.scheduler.web.health import Alive, Health
from broadsheet.scheduler.web.mementos import LINK_FORMAT
from broadsheet.scheduler.web.queries import EXAMPLE
from broadsheet.scheduler.web.schemas import REFERENCE, Document, schemas
from broadsheet.scheduler.web.timemaps import TimeMap
from broadsheet.scheduler.web.writes import Write

_MEANINGS = {
    200: "The answer.",
    202: "The job, which goes on.",
    302: "Where the memento is.",
    304: "What the entity tag says is still so.",
    400: "It cannot be asked like this.",
    401: "It needs a token.",
    403: "It is not allowed: to the token, or to a page of another site.",
    404: "There is none.",
    405: "The method is another.",
    406: "The answer is of no type that is accepted.",
    408: "The request took too long to come.",
    409: "It contradicts what was asked before.",
    413: "The body is too long.",
    415: "The body has to be JSON.",
    421: "The service is not addressed by this name.",
    429: "Too many; wait.",
    431: "The head of the request is too long.",
    451: "It was taken down.",
    502: "What is stored is damaged, and not shown.",
    503: "The archive, or something else that is needed, does not answer.",
}
_PROBLEMS = (400, 401, 403, 405, 408, 421, 429, 431, 503)
_URL = {
    "name": "url",
    "in": "path",
    "required": True,
    "description": "The article's address, percent-encoded; it may also stand there as it is, with its query.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 8192, "examples": [EXAMPLE]},
}
_ACCEPT_DATETIME = {
    "name": "Accept-Datetime",
    "in": "header",
    "required": False,
    "description": "The moment, as an HTTP date; default now.",
    "schema": {"type": "string", "examples": ["Sun, 22 Nov 2026 12:00:00 GMT"]},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "As `idempotency_key` in the body: asked again with it, the first job is given.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_DIGITS = {
    "name": "digits",
    "in": "path",
    "required": True,
    "description": "The second, as 14 digits: 20261122120000; with `id_` behind them the body as it was archived.",
    "schema": {"type": "string", "pattern": "^[0-9]{14}(id_)?$", "examples": ["20261122120000"]},
}


def document(reads: Sequence[Read], writes: Sequence[Write], *, read_needs_token: bool, has_feeds: bool) -> Document:
    """Return the document.

    Args:
        reads: The endpoints that read.
        writes: The endpoints that have something done.
        read_needs_token: Whether reading needs a token.
        has_feeds: Whether there are alarms and notifications to be told in feeds.
    """
    security: list[Document] = [{"token": []}, {"password": []}] if read_needs_token else [{}, {"token": []}]
    paths: Document = {read.path: {"get": {**_read(read), "security": security}} for read in reads}
    for path, operation in {**_memento(), **_for_operators(), **(_feeds() if has_feeds else {})}.items():
        paths[path] = {"get": {**operation, "security": operation.get("security", security)}}
    paths |= {write.path: {"post": _write(write)} for write in writes}
    types = [
        *(read.answer for read in reads),
        *(kind for write in writes for kind in (write.body, write.answer) if kind is not None),
    ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Broadsheet",
            "version": version("broadsheet"),
            "summary": "Every version of every article that an archive has seen.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas([*types, Job, Problem, TimeMap, Health, Alive]),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic", "description": "Any name; the token as password."},
            },
        },
    }


def _read(read: Read) -> Document:
    answers = {200: _json(read.answer), 304: {}}
    return {
        "summary": read.summary,
        "operationId": read.path.removeprefix("/api/").replace("/", "_").replace("{", "").replace("}", ""),
        "parameters": parameters(read.path, read.query),
        "responses": responses(answers, (*_PROBLEMS, 406, *read.errors)),
    }


def _write(write: Write) -> Document:
    answers = {202: _json(Job)} if write.answer is None else {200: _json(write.answer), 202: _json(Job)}
    return {
        "summary": write.summary,
        "operationId": write.path.removeprefix("/api/"),
        "security": [{"token": []}],
        "parameters": [_IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": _json(write.body)},
        "responses": responses(answers, (*_PROBLEMS, 406, *write.errors)),
    }


def parameters(path: str, query: type[Struct]) -> list[Document]:
    """Return the parameters that a type of queries has, as fields of the path or of the query."""
    schema = schemas([query])[query.__name__]
    return [
        {
            "name": name,
            "in": "path" if f"{{{name}}}" in path else "query",
            "required": name in schema["required"],
            "description": stated.get("description", ""),
            "schema": {key: value for key, value in stated.items() if key != "description"},
        }
        for name, stated in schema["properties"].items()
    ]


def responses(answers: dict[int, Document], problems: Sequence[int]) -> Document:
    """Return the responses of an operation: content by status, and the statuses of its problems."""
    found = {status: {"content": content} if content else {} for status, content in answers.items()}
    found |= {status: {"content": _json(Problem, PROBLEM)} for status in problems if status not in found}
    return {str(status): {"description": _MEANINGS[status], **found[status]} for status in sorted(found)}


def _json(kind: type[Struct], media_type: str = "application/json") -> Document:
    return {media_type: {"schema": {"$ref": REFERENCE.format(name=kind.__name__)}}}


def _memento() -> Document:
    problems = (*_PROBLEMS, 404, 451, 502)
    anything: Document = {"*/*": {"schema": {}}}
    link_format = {LINK_FORMAT: {"schema": {"type": "string"}}}
    return {
        "/timegate/{url}": {
            "summary": "Memento (RFC 7089): leads to what stood at a moment.",
            "operationId": "timegate",
            "parameters": [_URL, _ACCEPT_DATETIME],
            "responses": responses({302: {}}, problems),
        },
        "/timemap/link/{url}": {
            "summary": "Memento (RFC 7089): the mementos of an article, in link format.",
            "operationId": "timemap_link",
            "parameters": [_URL],
            "responses": responses({200: link_format, 304: {}}, (*problems, 406)),
        },
        "/timemap/json/{url}": {
            "summary": "The mementos of an article, in JSON.",
            "operationId": "timemap_json",
            "parameters": [_URL],
            "responses": responses({200: _json(TimeMap), 304: {}}, (*problems, 406)),
        },
        "/memento/{digits}/{url}": {
            "summary": "Memento (RFC 7089): the archived response, with its own status, in a sandbox.",
            "operationId": "memento",
            "parameters": [_DIGITS, _URL],
            "responses": {
                **responses({302: {}, 304: {}}, problems),
                "default": {"description": "The archived response.", "content": anything},
            },
        },
    }


def _for_operators() -> Document:
    anyone: list[Document] = []
    return {
        "/healthz": {
            "summary": "Whether the process lives.",
            "operationId": "healthz",
            "security": anyone,
            "responses": responses({200: _json(Alive)}, (403, 405, 421)),
        },
        "/metrics": {
            "summary": "Metrics for Prometheus, in its text format.",
            "operationId": "metrics",
            "responses": responses({200: {"text/plain": {"schema": {"type": "string"}}}}, _PROBLEMS),
        },
        "/readyz": {
            "summary": "Whether what the service stands on answers.",
            "operationId": "readyz",
            "security": anyone,
            "responses": responses({200: _json(Health), 503: _json(Health)}, (403, 405, 421)),
        },
    }


def _feeds() -> Document:
    said = {
        "/alarms.atom": "The latest alarms, as an Atom feed.",
        "/changes.atom": "The latest changes of what is watched, as an Atom feed.",
    }
    return {
        path: {
            "summary": summary,
            "operationId": path.strip("/").replace(".", "_"),
            "responses": responses({200: {MEDIA_TYPE: {"schema": {"type": "string"}}}, 304: {}}, _PROBLEMS),
        }
        for path, summary in said.items()
    }
