"""A proxy on the way to the sites: what is said to it until it has opened a tunnel to an address.

Names are resolved here and the proxy is given addresses, so that the guard of `connections.py` decides on
where a request ends up, through a proxy as without one. What is recorded is what went through the tunnel.
"""

from __future__ import annotations

import base64
import ipaddress
import socket
from collections.abc import Generator
from typing import Literal
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from broadsheet.crawler.errors import ProxyError

_SCHEMES = {"http": 8080, "socks5": 1080}
_LONGEST_ANSWER = 64 * 1024
_LONGEST_SECRET = 255
# RFC 1928, section 6.
_SOCKS_FAILURES = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live exceeded",
    7: "command not supported",
    8: "address type not supported",
}

Handshake = Generator[bytes, bytes, bytes]
"""Yields what is to be written, maybe nothing, is sent what comes then, and returns what came behind the handshake."""


class Proxy(Struct, frozen=True, kw_only=True):
    """A proxy.

    Attributes:
        kind: What is spoken with it: ``http`` (CONNECT, RFC 9110 section 9.3.6) or ``socks5`` (RFC 1928).
        host: Where it is.
        port: Its port.
        user: Who we are to it, or None.
        password: The secret; not in `str` of it.
    """

    kind: Literal["http", "socks5"]
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}://{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Proxy({self})"

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """Read ``http://`` or ``socks5://``, maybe ``user:password@``, host and maybe a port.

        Raises:
            ValueError: It is none; the message holds nothing of it, since there may be a password in it.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
            parts = urlsplit("")
        secrets = [unquote(secret) if secret is not None else None for secret in (parts.username, parts.password)]
        too_long = any(len((secret or "").encode()) > _LONGEST_SECRET for secret in secrets)
        if parts.scheme not in _SCHEMES or not host or parts.path not in ("", "/") or parts.query or too_long:
            raise ValueError(
                "a proxy is http://host:port or socks5://host:port, with user:password@ where it asks for them"
            )
        kind: Literal["http", "socks5"] = "http" if parts.scheme == "http" else "socks5"
        return cls(kind=kind, host=host, port=port or _SCHEMES[kind], user=secrets[0], password=secrets[1])

    def address(self) -> str:
        """Return the address it has now.

        Raises:
            ProxyError: There is none.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ProxyError(f"the proxy {self} cannot be found: {error}") from error
        return str(found[0][4][0])

    def handshake(self, host: str, port: int) -> Handshake:
        """Open a tunnel to an address.

        Args:
            host: A numeric address.
            port: The port there.

        Raises:
            ProxyError: While it is gone on with: the proxy refuses, or answers with something else.
        """
        return self._connect(host, port) if self.kind == "http" else self._socks(host, port)

    def _connect(self, host: str, port: int) -> Handshake:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        secret = base64.b64encode(f"{self.user}:{self.password or ''}".encode()).decode()
        authorization = f"Proxy-Authorization: Basic {secret}\r\n" if self.user is not None else ""
        answer = yield f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n".encode()
        while b"\r\n\r\n" not in answer:
            if len(answer) > _LONGEST_ANSWER:
                raise self._refuses(target, "its answer has no end")
            answer += yield b""
        head, _, rest = answer.partition(b"\r\n\r\n")
        status, *_ = head.split(b"\r\n")
        version, _, said = status.partition(b" ")
        if not version.startswith(b"HTTP/1.") or not said.startswith(b"2"):
            raise self._refuses(target, f"it says {status[:80].decode('latin-1')!r}")
        return rest

    def _socks(self, host: str, port: int) -> Handshake:
        target = f"{host}:{port}"
        method = 0 if self.user is None else 2
        answer = yield from _at_least(2, bytes((5, 1, method)))
        if answer[:2] != bytes((5, method)):
            raise self._refuses(target, "it speaks no SOCKS 5, or asks for another way to log in")
        answer = answer[2:]
        if self.user is not None:
            user, password = self.user.encode(), (self.password or "").encode()
            # RFC 1929.
            login = bytes((1, len(user))) + user + bytes((len(password),)) + password
            answer = yield from _at_least(2, login, answer)
            if answer[1] != 0:
                raise self._refuses(target, "it does not take the user name and password")
            answer = answer[2:]
        address = ipaddress.ip_address(host)
        kind = 1 if address.version == 4 else 4
        request = bytes((5, 1, 0, kind)) + address.packed + port.to_bytes(2, "big")
        answer = yield from _at_least(5, request, answer)
        if answer[1] != 0:
            raise self._refuses(target, _SOCKS_FAILURES.get(answer[1], f"failure {answer[1]}"))
        length = 4 + {1: 4, 3: 1 + answer[4], 4: 16}.get(answer[3], 0) + 2
        answer = yield from _at_least(length, b"", answer)
        return answer[length:]

    def _refuses(self, target: str, why: str) -> ProxyError:
        return ProxyError(f"the proxy {self} opens no tunnel to {target}: {why}")


def _at_least(length: int, sent: bytes, come: bytes = b"") -> Handshake:
    """Send something, and return what has come since `come`, with that, once it is so long."""
    if sent:
        come += yield sent
    while len(come) < length:
        come += yield b""
    return come
