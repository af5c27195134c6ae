"""Bodies of answers: kept on the disk until they are sent, but for short ones, and made once for all that may be asked.

Whoever reads an answer slowly holds no memory of the service for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import IO

from isal import isal_zlib
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from broadsheet.scheduler.web import negotiation
from broadsheet.scheduler.web.errors import ProblemError

_SHORT = 64 * 1024
_PIECE = 256 * 1024
_MOST_ON_DISK = 2 * 1024 * 1024 * 1024
_WORTH_PACKING = 1_000
_GZIP_WINDOW = 31
_PACKED = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "font/", "application/octet-stream")


class Asked(Struct, frozen=True, kw_only=True):
    """What matters to the body of an answer.

    Attributes:
        known: The entity tags that the asker has (RFC 9110, section 13.1.2), ``*`` for any.
        takes_gzip: Whether the body may be packed.
    """

    known: list[str]
    takes_gzip: bool

    @classmethod
    def by(cls, request: Request) -> Asked:
        """Return what a request asks."""
        tags = ",".join(request.headers.getlist("if-none-match")).split(",")
        return cls(
            known=[tag.strip().removeprefix("W/").replace('-gzip"', '"') for tag in tags],
            takes_gzip=negotiation.takes_gzip(request),
        )


class Body:
    """A body, with its entity tag; or the tag alone, where the asker has the body.

    Args:
        tag: The entity tag.
        media_type: Its Content-Type.
        content: The bytes, or an open file that holds them; None where the asker has them.
        length: Its length in bytes.
        is_packed: Whether it is packed with gzip.
        let_go: Is called at its end.
    """

    def __init__(
        self,
        tag: str,
        media_type: str,
        content: bytes | IO[bytes] | None,
        *,
        length: int = 0,
        is_packed: bool = False,
        let_go: Callable[[], None] = lambda: None,
    ) -> None:
        self.tag = tag
        self.media_type = media_type
        self.length = length
        self.is_packed = is_packed
        self._content = content
        # Also where nobody waits for it any more when it is made.
        self._let_go = weakref.finalize(self, let_go)

    @property
    def is_known(self) -> bool:
        """Whether the asker has it."""
        return self._content is None

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield it piece by piece."""
        if isinstance(self._content, bytes):
            yield self._content
        elif self._content is not None:
            while piece := await asyncio.to_thread(self._content.read, _PIECE):
                yield piece

    def close(self) -> None:
        """Let go of it; once is enough."""
        if self._content is not None and not isinstance(self._content, bytes):
            self._content.close()
        self._let_go()


class Bodies:
    """Makes bodies.

    Args:
        directory: Where those lie that are not short, in files without names; None for the place of temporary files.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._on_disk = 0
        self._lock = Lock()

    def make(self, data: bytes, media_type: str, asked: Asked) -> Body:
        """Return the body that holds some bytes. It is to be called in a thread.

        Raises:
            ProblemError: Too much waits to be sent already.
        """
        digest = hashlib.sha256(data).hexdigest()[:32]
        is_packed = asked.takes_gzip and len(data) > _WORTH_PACKING and not media_type.startswith(_PACKED)
        tag = f'"{digest}-gzip"' if is_packed else f'"{digest}"'
        if f'"{digest}"' in asked.known or "*" in asked.known:
            return Body(tag, media_type, None, is_packed=is_packed)
        if len(data) <= _SHORT:
            content = b"".join(_packed(data)) if is_packed else data
            return Body(tag, media_type, content, length=len(content), is_packed=is_packed)
        file, length = self._written(_packed(data) if is_packed else [data])
        return Body(tag, media_type, file, length=length, is_packed=is_packed, let_go=partial(self._count, -length))

    def _written(self, pieces: Iterable[bytes]) -> tuple[IO[bytes], int]:
        # Those who read slowly hold the disk instead of memory, and it is ours no more than that.
        if self._on_disk > _MOST_ON_DISK:
            raise ProblemError(503, "too_much_unsent", "too much waits to be sent: try again", {"Retry-After": "10"})
        file = tempfile.TemporaryFile(dir=self._directory)  # noqa: SIM115 - the body closes it
        try:
            length = sum(file.write(piece) for piece in pieces)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        self._count(length)
        return file, length

    def _count(self, length: int) -> None:
        with self._lock:
            self._on_disk += length


class BodyResponse(Response):
    """An answer with a body, or 304 where the asker has that (RFC 9110, section 15.4.5).

    Args:
        body: The body.
        status: The status where the asker has it not.
        headers: What the answer has besides, in either case.
    """

    def __init__(self, body: Body, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(None, 304 if body.is_known else status, headers)
        self._body = body
        self.headers["ETag"] = body.tag
        self.headers["Vary"] = "Accept-Encoding"
        if body.is_known:
            return
        self.headers["Content-Type"] = body.media_type
        self.headers["Content-Length"] = str(body.length)
        if body.is_packed:
            self.headers["Content-Encoding"] = "gzip"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - of ASGI
        """Send it; whoever asks for the head alone gets that."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                async for piece in self._body.pieces():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._body.close()


def _packed(data: bytes) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(1, wbits=_GZIP_WINDOW)
    for start in range(0, len(data), _PIECE):
        yield packer.compress(data[start : start + _PIECE])
    yield packer.flush()
