"""Whether the service lives, and whether it is ready."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.parts import Check, Parts
from broadsheet.scheduler.web.threads import Threads
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents.marker import ensure_format

_OK = "ok"


class Alive(Struct, frozen=True, kw_only=True):
    """That the process lives."""

    alive: bool


class Health(Struct, frozen=True, kw_only=True):
    """Whether all is well.

    Attributes:
        ready: Whether every check holds.
        checks: By name ``ok``, or what is wrong.
    """

    ready: bool
    checks: dict[str, str]


def routes(parts: Parts, access: Access, threads: Threads) -> list[Route]:
    """Return /healthz, which answers while the process lives, and /readyz, which asks what it stands on."""
    examined = partial(examine, parts)

    async def alive(_request: Request) -> Response:
        return Response(msgspec.json.encode(Alive(alive=True)) + b"\n", media_type="application/json")

    async def ready(request: Request) -> Response:
        health = await threads.ask_together(examined)
        if not access.may_read(request):
            # What is wrong may name places that not everybody is to know.
            health = Health(ready=health.ready, checks={name: _word(said) for name, said in health.checks.items()})
        body = msgspec.json.encode(health) + b"\n"
        return Response(body, 200 if health.ready else 503, media_type="application/json")

    return [Route("/healthz", alive), Route("/readyz", ready)]


def examine(parts: Parts) -> Health:
    """Make every check."""
    checks: dict[str, Check] = {
        "store": partial(_ask_store, parts.archive),
        "tokens": parts.tokens.check,
        **parts.checks,
    }
    found = {name: _said(check) for name, check in checks.items()}
    return Health(ready=all(said == _OK for said in found.values()), checks=found)


def _word(said: str) -> str:
    return said if said == _OK else "failed"


def _ask_store(archive: Callable[[], Archive]) -> None:
    ensure_format(archive().store, create=False)


def _said(check: Check) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong is what was asked for
        return str(error) or type(error).__name__
    return _OK
