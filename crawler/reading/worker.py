"""A reader process: ``python -m broadsheet.crawler.reading.worker CPU_SECONDS MEMORY_BYTES``.

`ReadingPool` starts it. It reads one page after another from the socket that is its standard input, and
answers each with a `Reading`. No page is trusted: the kernel ends the process when a page takes too much CPU
time, inside C code too, and the process ends itself when a page takes too much memory. The parent starts
another one; it also decides when a reader stops, by closing the socket or by SIGKILL.
"""

from __future__ import annotations

import gc
import logging
import math
import os
import re
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

from broadsheet.crawler.entries import Entry
from broadsheet.crawler.process.parentage import end_with_parent
from broadsheet.crawler.reading.frames import HEADER, MEMORY_EXCEEDED, decode_page, frame
from broadsheet.crawler.reading.page import CapturedPage, HtmlPage, Reading, unreadable
from broadsheet.crawler.reading.responses import read_page

_LONGEST_STATUS = 65_536
# libxml2 and trafilatura turn a failed allocation into other errors, or into a page without text: a process
# that came this close to the limit is taken to have hit it.
_NEARLY = 0.92
# What the kernel does not count as data: the code of the libraries, of which so much comes to be in memory.
_LIBRARIES = 32 * 1024 * 1024
_PEAK = re.compile(rb"^VmHWM:\s*(\d+) kB", re.MULTILINE)
# What a page needs is freed with it, but for a few cycles: looking for those at Python's pace takes 3 % of the time.
_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def main() -> None:
    """Serve the socket on standard input until the parent closes it."""
    # In a page that takes long it would not see that nobody waits for it, and hold what it has inherited.
    end_with_parent()
    # Ctrl-C and a service manager's SIGTERM reach every process; the parent still wants the pages in flight.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # What is wrong with a page stands in its reading; libraries that log it too would drown the crawl's log.
    logging.getLogger().addHandler(logging.NullHandler())
    cpu_seconds, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, memory_bytes - _LIBRARIES)
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    with socket.socket(fileno=0) as connection, connection.makefile("rb") as stream:
        connection.sendall(HEADER.pack(0))
        _serve(connection, stream, cpu_seconds, memory_bytes)
    # Nothing is left to flush: taking a large heap apart would only cost time.
    os._exit(0)


def _serve(connection: socket.socket, stream: BinaryIO, cpu_seconds: int, memory_bytes: int) -> None:
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
        if _peak_memory(status) > _NEARLY * memory_bytes:
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


if __name__ == "__main__":
    main()
