"""A place that nobody is to reach: it takes every connection, and keeps what came over it."""

from __future__ import annotations

import socket
from threading import Thread
from types import TracebackType
from typing import Self

_SECONDS = 2


class Canary:
    """Listens on a free port of 127.0.0.1 until the end of the block.

    Attributes:
        address: Where it is, ``http://127.0.0.1:PORT``.
        reached: The first bytes of every connection, empty where nothing was sent.
    """

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.reached: list[bytes] = []
        self._thread = Thread(target=self._listen, name="canary")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(_SECONDS)
                try:
                    self.reached.append(connection.recv(4096))
                    connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                except OSError:
                    self.reached.append(b"")
