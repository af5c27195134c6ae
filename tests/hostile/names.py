"""A name server for the hostile zone: each name has the addresses that its case wants, at each question anew."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address

from hostile.cases import ZONE, Addresses

_A, _AAAA = 1, 28
_NXDOMAIN = 3


class NameServer:
    """Answers on UDP until it is closed.

    Args:
        address: Where it listens, on port 53.
        hosts: The addresses of each host, lower case.
    """

    def __init__(self, address: str, hosts: Mapping[str, Addresses]) -> None:
        self._hosts = hosts
        self._asked: Counter[tuple[str, int]] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                query, peer = self._socket.recvfrom(4096)
                self._socket.sendto(self._answer(query), peer)

    def _answer(self, query: bytes) -> bytes:
        labels, position = [], 12
        while length := query[position]:
            labels.append(query[position + 1 : position + 1 + length].decode("latin-1").lower())
            position += 1 + length
        name, (kind,) = ".".join(labels), struct.unpack_from("!H", query, position + 1)
        question = query[12 : position + 5]
        asked = self._asked[name, kind]
        self._asked[name, kind] += 1
        known = self._hosts.get(name)
        found = [ip_address(text).packed for text in known(asked)] if known else []
        records = [packed for packed in found if (len(packed), kind) in {(4, _A), (16, _AAAA)}]
        status = 0 if known or name == ZONE else _NXDOMAIN
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | status, 1, len(records), 0, 0)
        # A pointer to the question's name, class IN, no time to live.
        return (
            head
            + question
            + b"".join(struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(packed)) + packed for packed in records)
        )
