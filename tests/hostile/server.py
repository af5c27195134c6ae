"""The hostile site at its public addresses, and the canary at all others.

In the namespace that this runs in, every address there is belongs to this machine: a connection to any that is not the
site's own is a hit on the canary, whichever the address and however it was spelled.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from hostile.cases import SITE_IPV4, SITE_IPV6, Case
from servers.raw_server import NOT_FOUND, Script, read_request, reset_at_close

PORTS = (80, 443, 21, 22, 70, 3306, 5432, 6379, 8000, 8080, 8443, 9200)
_SITE = {SITE_IPV4, f"::ffff:{SITE_IPV4}", SITE_IPV6}
KEPT = 2 * 1024 * 1024
"""How many bytes of each answer are remembered."""
_LONGEST = 90.0


@dataclass
class Exchanged:
    """One request and what was sent for it.

    Attributes:
        url: What was asked for.
        seconds: From the request to the end of the answer or of the connection.
        size: How many bytes were sent.
        beginning: The first of them, at most 2 MiB.
    """

    url: str
    seconds: float = 0.0
    size: int = 0
    beginning: bytes = b""


class HostileServer:
    """Listens on all addresses.

    Args:
        cases: By host.
        contexts: TLS contexts by host, for those that speak it.
    """

    def __init__(self, cases: Mapping[str, Case], contexts: Mapping[str, ssl.SSLContext]) -> None:
        self._cases = cases
        self._contexts = contexts
        self.log: list[Exchanged] = []
        self.canary: list[str] = []
        self._listeners = [self._listen(port) for port in PORTS]

    def close(self) -> None:
        """Accept no more."""
        for listener in self._listeners:
            listener.close()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
        threading.Thread(target=self._accept, args=(listener, port), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket, port: int) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection, port), daemon=True).start()

    def _serve(self, connection: socket.socket, port: int) -> None:
        address = connection.getsockname()[0]
        with suppress(OSError, EOFError), connection:
            if address not in _SITE:
                self._catch(connection, f"{address} port {port}")
                return
            connection.settimeout(_LONGEST)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secured = self._secured(connection) if port == 443 else connection
            if secured is None:
                return
            with secured:
                while self._answer(secured, "https" if port == 443 else "http"):
                    pass

    def _catch(self, connection: socket.socket, where: str) -> None:
        connection.settimeout(2)
        heard = b""
        with suppress(OSError):
            heard = connection.recv(4096)
        self.canary.append(f"{where}: {heard[:80]!r}")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary")

    def _secured(self, connection: socket.socket) -> ssl.SSLSocket | None:
        named = _server_name(connection.recv(16_384, socket.MSG_PEEK))
        case = self._cases.get(named)
        if case is None or case.tls == "closed":
            return None
        if case.tls == "no-tls":
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return None
        return self._contexts[named].wrap_socket(connection, server_side=True)

    def _answer(self, connection: socket.socket, scheme: str) -> bool:
        head = read_request(connection)
        if not head:
            return False
        path = head.split(b" ", 2)[1].decode("latin-1")
        host = next((line[5:].strip() for line in head.split(b"\r\n") if line[:5].lower() == b"host:"), b"").decode()
        script = self._script(host, path)
        exchanged = Exchanged(f"{scheme}://{host}{path}")
        self.log.append(exchanged)
        started = time.monotonic()
        try:
            for piece in script.send(connection):
                if exchanged.size < KEPT:
                    exchanged.beginning += piece[: KEPT - exchanged.size]
                exchanged.size += len(piece)
            if script.ending == "keep":
                return True
            if script.ending == "reset":
                reset_at_close(connection)
            return False
        finally:
            exchanged.seconds = time.monotonic() - started

    def _script(self, host: str, path: str) -> Script:
        name = host.partition(":")[0] if not host.startswith("[") else host
        case = self._cases.get(name)
        if case is None:
            return NOT_FOUND
        return case.answers.get(path) or case.answers.get("*") or NOT_FOUND


def _server_name(hello: bytes) -> str:
    """The host name of a TLS ClientHello (RFC 6066 section 3), found by its shape; empty without one."""
    # extension 0, its length, the list's length, type 0, the name's length
    at = hello.find(b"\x00\x00", 43)
    while at >= 0:
        if len(hello) > at + 9:
            whole, listed, kind, length = struct.unpack_from("!HHBH", hello, at + 2)
            if kind == 0 and whole == listed + 2 == length + 5:
                return hello[at + 9 : at + 9 + length].decode("latin-1").lower()
        at = hello.find(b"\x00\x00", at + 1)
    return ""
