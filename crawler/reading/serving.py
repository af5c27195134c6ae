"""A reader: reads one page after another from the socket that is its standard input, and answers each with a `Reading`.

No page is trusted: the kernel ends the process when a page takes too much CPU time, inside C code too, and the process
ends itself when a page takes too much memory. The parent starts another one; it also decides when a reader stops, by
closing the socket or by SIGKILL.
"""

from __future__ import annotations

import math
import os
import re
import resource
import socket
import time
import traceback
from collections.abc import Callable
from typing import BinaryIO, NoReturn

from broadsheet.crawler.entries import Entry
from broadsheet.crawler.reading.frames import HEADER, MEMORY_EXCEEDED, decode_page, frame
from broadsheet.crawler.reading.page import CapturedPage, HtmlPage, Reading, unreadable
from broadsheet.crawler.reading.responses import read_page

_LONGEST_STATUS = 65_536
# What the kernel does not count as data: the code of the libraries, of which so much comes to be in memory.
_LIBRARIES = 32 * 1024 * 1024
# libxml2 and trafilatura turn a failed allocation into other errors, or into a page without text: a process
# that came this close to the limit of its data is taken to have hit it.
_NEARLY = 0.92
_PEAK = re.compile(rb"^VmHWM:\s*(\d+) kB", re.MULTILINE)


def serve(*, cpu_seconds: int, memory_bytes: int) -> NoReturn:
    """Serve the socket on standard input until the parent closes it, then end this process.

    Args:
        cpu_seconds: CPU time that a page may take.
        memory_bytes: Memory that this process may take.
    """
    status = 1
    try:
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_DATA, memory_bytes - _LIBRARIES)
        with socket.socket(fileno=0) as connection, connection.makefile("rb") as stream:
            _answer(connection, stream, cpu_seconds, memory_bytes)
        status = 0
    except Exception:  # noqa: BLE001 - it is the end of the process, and said so
        traceback.print_exc()
    finally:
        # Never back to what it was forked from; and to take a large heap apart would only cost time.
        os._exit(status)


def _answer(connection: socket.socket, stream: BinaryIO, cpu_seconds: int, memory_bytes: int) -> None:
    status = os.open("/proc/self/status", os.O_RDONLY)
    while True:
        _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + cpu_seconds))
        try:
            header = stream.read(HEADER.size)
        except ConnectionError:
            return  # The parent was killed.
        if len(header) < HEADER.size:
            return
        page = decode_page(stream.read(HEADER.unpack(header)[0]))
        reading = _read(page, lambda entries: connection.sendall(frame(_part(entries))))
        if _peak_memory(status) > _NEARLY * (memory_bytes - _LIBRARIES):
            os._exit(MEMORY_EXCEEDED)
        connection.sendall(frame(reading))


def _part(entries: list[Entry]) -> Reading:
    return Reading(kind="sitemap", reason="", entries=entries, continues=True)


def _read(page: CapturedPage | HtmlPage, tell: Callable[[list[Entry]], None]) -> Reading:
    try:
        return read_page(page, tell)
    except ConnectionError:
        os._exit(0)  # The parent was killed, or takes no more.
    except MemoryError:
        os._exit(MEMORY_EXCEEDED)
    except Exception as error:  # noqa: BLE001 - whatever a library makes of a hostile page, it costs that page only
        return unreadable(f"{type(error).__name__} while reading: {error}"[:500])


def _limit(which: int, soft: int) -> None:
    """Set a soft limit of this process, as far as its hard limit allows."""
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _peak_memory(status: int) -> int:
    """The most resident memory in bytes that this process ever had, by its open ``/proc/self/status``.

    ``ru_maxrss`` will not do: it starts with the size of the process that this one was forked from.
    """
    peak = _PEAK.search(os.pread(status, _LONGEST_STATUS, 0))
    return int(peak[1]) * 1024 if peak else 0
