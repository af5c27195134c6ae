"""A small static HTTP/1.1 server in a process of its own, so that its CPU time is nobody's measurement.

It serves a tree of `web.py` from memory, gzip done beforehand, and speaks the part of HTTP that news crawlers
use: keep-alive, HEAD, negotiation of gzip, and conditional requests (RFC 9110 sections 8.8, 12.5.3 and 13).
"""

import argparse
import asyncio
import contextlib
import gzip
import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime, formatdate, parsedate_to_datetime
from functools import partial
from pathlib import Path

from benchmarks.crawl.newspaper import PRESS_TIME

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_LAST_MODIFIED = format_datetime(PRESS_TIME, usegmt=True)


@dataclass(frozen=True)
class Resource:
    """One file, ready to be sent.

    Attributes:
        media_type: Its Content-Type.
        gzipped: Its bytes after gzip; the identity form is rare enough to be unpacked when asked for.
        etag: A weak validator, the same for both codings; None on a host without validators.
    """

    media_type: str
    gzipped: bytes
    etag: str | None


Site = dict[str, Resource]
"""The resources of one host by path."""


def load_site(folder: Path, *, validators: bool) -> Site:
    """Reads one host's files into memory.

    Args:
        folder: The host's folder; `index.html` answers for `/`.
        validators: Whether its answers carry ETag and Last-Modified.
    """
    return {
        "/" + file.relative_to(folder).as_posix().removesuffix("index.html"): _load(file, validators=validators)
        for file in folder.rglob("*")
        if file.is_file()
    }


def _load(file: Path, *, validators: bool) -> Resource:
    content = file.read_bytes()
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:16]}"' if validators else None
    return Resource(_MEDIA_TYPES[file.suffix], gzip.compress(content, 6, mtime=0), etag)


class SiteProtocol(asyncio.Protocol):
    """Answers the requests of one connection, in order."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport to answer on."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers every request that has arrived whole; crawlers send no bodies."""
        self._received += data
        while b"\r\n\r\n" in self._received and self._transport is not None:
            request, self._received = self._received.split(b"\r\n\r\n", 1)
            self._transport.write(respond(self._site, request))
            if b"\r\nconnection: close" in request.lower():
                self._transport.close()
                self._transport = None


def respond(site: Site, request: bytes) -> bytes:
    """The whole answer to one request.

    Args:
        site: What the host serves.
        request: Request line and header fields, without the empty line that ends them.
    """
    request_line, *field_lines = request.decode("latin-1").split("\r\n")
    method, target, _ = request_line.split(" ", 2)
    fields = dict(_field(line) for line in field_lines)
    resource = site.get(target.partition("?")[0])
    if method not in {"GET", "HEAD"}:
        return _message("405 Method Not Allowed", {"Allow": "GET, HEAD", "Content-Length": "0"})
    if resource is None:
        return _message("404 Not Found", {"Content-Length": "0"})
    if _is_fresh(resource, fields):
        return _message("304 Not Modified", {"Vary": "Accept-Encoding", **_validators(resource)})
    return _representation(resource, fields, with_body=method == "GET")


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _is_fresh(resource: Resource, fields: dict[str, str]) -> bool:
    """Evaluates preconditions as RFC 9110 section 13.2.2 orders them: the date counts only without a tag."""
    if resource.etag is None:
        return False
    if tags := fields.get("if-none-match"):
        return tags == "*" or resource.etag in (tag.strip() for tag in tags.split(","))
    if since := fields.get("if-modified-since"):
        with contextlib.suppress(ValueError):  # an unreadable date is to be ignored: RFC 9110 section 13.1.3
            return parsedate_to_datetime(since) >= PRESS_TIME
    return False


def _validators(resource: Resource) -> dict[str, str]:
    if resource.etag is None:
        return {"Cache-Control": "no-store"}
    return {"ETag": resource.etag, "Last-Modified": _LAST_MODIFIED, "Cache-Control": "no-cache"}


def _representation(resource: Resource, fields: dict[str, str], *, with_body: bool) -> bytes:
    accepted = {coding.partition(";")[0].strip() for coding in fields.get("accept-encoding", "").split(",")}
    coding = {"Content-Encoding": "gzip"} if "gzip" in accepted else {}
    body = resource.gzipped if coding else gzip.decompress(resource.gzipped)
    headers = {
        "Content-Type": resource.media_type,
        **coding,
        "Content-Length": str(len(body)),
        "Vary": "Accept-Encoding",
        **_validators(resource),
    }
    return _message("200 OK", headers) + (body if with_body else b"")


def _message(status: str, headers: dict[str, str]) -> bytes:
    fields = {"Server": "broadsheet-benchmark", "Date": formatdate(usegmt=True), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1")


def listen(addresses: tuple[str, ...]) -> list[socket.socket]:
    """Listening sockets on one free port of every address.

    The caller binds, not the server: pages hold absolute URLs, so the port must be known, and kept, before
    they are written.

    Raises:
        OSError: No port was free on all addresses, or this system does not answer on them.
    """
    for _ in range(20):
        first = socket.create_server((addresses[0], 0), backlog=512)
        port = first.getsockname()[1]
        sockets = [first]
        try:
            sockets += [socket.create_server((address, port), backlog=512) for address in addresses[1:]]
        except OSError as error:
            for listener in sockets:
                listener.close()
            failure = error
        else:
            return sockets
    raise OSError(f"no port is free on all of {', '.join(addresses)}: {failure}")


@contextlib.contextmanager
def serve(directory: Path, sockets: list[socket.socket], without_validators: tuple[str, ...]) -> Iterator[None]:
    """Serves the tree in a child process until the block ends.

    Args:
        directory: A tree written by `web.write_web`.
        sockets: What `listen` returned; closed here once the child has them.
        without_validators: Hosts that send no validators.
    """
    descriptors = [listener.fileno() for listener in sockets]
    options = {
        "directory": str(directory),
        "descriptors": descriptors,
        "without_validators": list(without_validators),
    }
    command = [sys.executable, "-m", __name__, json.dumps(options)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=descriptors, cwd=_ROOT
    ) as process:
        for listener in sockets:
            listener.close()
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"the benchmark's server ended with code {process.wait()} before it was ready")
            yield
        finally:
            process.terminate()


_ROOT = Path(__file__).parents[2]


async def _serve_forever(directory: Path, sockets: list[socket.socket], without_validators: list[str]) -> None:
    loop = asyncio.get_running_loop()
    for listener in sockets:
        host = listener.getsockname()[0]
        site = load_site(directory / host, validators=host not in without_validators)
        await loop.create_server(partial(SiteProtocol, site), sock=listener)
    print("ready", flush=True)
    # The parent holds the other end of standard input: when it goes, however it goes, so does the server.
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Runs the server for `serve`, whose options are the only argument."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("options", type=json.loads)
    options = parser.parse_args().options
    sockets = [socket.socket(fileno=descriptor) for descriptor in options["descriptors"]]
    asyncio.run(_serve_forever(Path(options["directory"]), sockets, options["without_validators"]))


if __name__ == "__main__":
    main()
