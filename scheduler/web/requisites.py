"""What archived pages are shown with: pictures, styles and fonts, at addresses that only who is shown the page knows.

A page is shown in an origin of its own, without credentials. What it is shown with therefore has to be had by any
origin without a token; and no other site is to find out by asking what an archive holds. So these addresses are signed,
and hold good for half a day to a day, in this process.
"""

from __future__ import annotations

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from datetime import datetime
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.scheduler.rewriting import styles
from broadsheet.scheduler.web import mementos, shown
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.archived_body import ArchivedBody
from broadsheet.scheduler.web.bodies import Asked, Body, BodyResponse
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.threads import Threads
from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine

PATH = "/requisite/"

_HEADERS = {
    # Whoever knows the address may have it: a page in an origin of its own is no other than any other.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
_BLANK = "data:,"
_MOST_OF_PAGE = 1_000
_MOST_ALTERNATIVES = 4
_LONGEST_PATH = 8_000
_HOLDS = 12 * 3600
_MOST_REDIRECTS = 5
_SHOWN_STATUS = ("200", "304")


class Signatures:
    """Signs the addresses of requisites, and tells which were signed."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def sign(self, path: str) -> str:
        """Return the signature of a path."""
        return self._signature(path, self._half_day())

    def is_signed(self, path: str, signature: str) -> bool:
        """Tell whether a path was signed, in this half of a day or in the one before it."""
        now = self._half_day()
        stated = signature.encode("latin-1", "replace")
        return any(hmac.compare_digest(stated, self._signature(path, at).encode()) for at in (now, now - 1))

    def _signature(self, path: str, half_day: int) -> str:
        digest = hmac.digest(self._secret, f"{half_day} {path}".encode(), "sha256")
        return urlsafe_b64encode(digest[:15]).decode()

    def _half_day(self) -> int:
        return int(time.monotonic() // _HOLDS)


class Requisites:
    """The addresses of what one page, or one style sheet, is shown with.

    Args:
        signatures: What signs them.
        at: When the page was captured.
        base: Where the service is, with its closing ``/``.
    """

    def __init__(self, signatures: Signatures, at: datetime, base: str) -> None:
        self._signatures = signatures
        self._digits = mementos.digits_of(at)
        self._base = base
        self._left = _MOST_OF_PAGE

    def page(self, url: str) -> str:
        """Return where a page is shown as of the same time."""
        return f"{self._base}memento/{self._digits}/{url}"

    def requisite(self, urls: list[str]) -> str:
        """Return where the first of some addresses is to be had at which anything was archived."""
        self._left -= 1
        if self._left < 0:
            return _BLANK
        path = self._digits
        for url in urls[:_MOST_ALTERNATIVES]:
            longer = f"{path}/{quote(url, safe='')}"
            path = longer if len(longer) <= _LONGEST_PATH else path
        if path == self._digits:
            return _BLANK
        return f"{self._base.rstrip('/')}{PATH}{self._signatures.sign(path)}/{path}"


def route(access: Access, threads: Threads, signatures: Signatures) -> Route:
    """Return what answers with requisites."""

    async def requisite(request: Request) -> Response:
        asker = access.anyone(request)
        signature, _, path = request.scope["raw_path"].decode("latin-1").removeprefix(PATH).partition("/")
        if not signatures.is_signed(path, signature):
            raise ProblemError(403, "not_signed", "this address holds good for a day at most: load the page again")
        digits, *urls = path.split("/")
        when = mementos.moment_of(digits)
        assert when is not None  # noqa: S101 - only addresses of ours are signed
        to = Requisites(signatures, when, str(request.base_url))
        asked = Asked.by(request)
        body = await threads.run(asker, lambda parts: _find(parts, [unquote(url) for url in urls], when, to, asked))
        return BodyResponse(body, headers=_HEADERS)

    return Route(f"{PATH}{{rest:path}}", requisite)


def _find(parts: Parts, urls: list[str], when: datetime, to: Requisites, asked: Asked) -> Body:
    archive = parts.archive()
    for url in urls:
        line = _nearest(archive, url, when)
        found = line and _shown(line, ArchivedBody(archive.captured(line), parts.longest_body), to)
        if found:
            return parts.bodies.make(*found, asked)
    raise ProblemError(404, "not_found", "nothing that a page can be shown with was archived there")


def _nearest(archive: Archive, url: str, when: datetime) -> IndexLine | None:
    """Return the capture nearest to a moment of what an address led to, or None."""
    for _ in range(_MOST_REDIRECTS):
        lines = [line for line in archive.captures_at(url) if line.status in _SHOWN_STATUS or line.location]
        if not lines:
            return None
        nearest = min(lines, key=lambda line: abs(line.at - when))
        if nearest.location is None:
            return nearest
        url = nearest.location
    return None


def _shown(line: IndexLine, archived: ArchivedBody, to: Requisites) -> tuple[bytes, str] | None:
    """Return a body as a page is shown with it, and its type; None where it is nothing of that kind."""
    kind = shown.in_page(archived.content_type, archived.body)
    if kind != shown.STYLE:
        return None if kind is None else (archived.body, kind)
    style = styles.rewritten(styles.decoded(archived.body, archived.content_type), line.url, to)
    return style.encode("utf-8", "replace"), f"{kind}; charset=utf-8"
