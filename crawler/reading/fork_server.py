"""The process that reader processes are forked from, as the pool sees it.

To import what reading needs takes as long as to read thirty pages. One process does it, once for all readers of a
pool; what each of them costs beyond that is a fork. They share the memory of what was imported, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from threading import Lock

from broadsheet.crawler.reading.frames import ENDED, HEADER

# To end a reader takes milliseconds, unless what it was forked from is not itself any more.
_SECONDS_TO_END = 5
# What an interpreter needs to find its libraries, and nothing else: readers hold no credentials.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR")
# The same page gives the same reading in every reader on every machine.
_SAME_EVERYWHERE = {"PYTHONHASHSEED": "0", "TZ": "UTC"}


class ForkServer:
    """One such process, which starts with the object; its readers end with it.

    Args:
        cpu_seconds: CPU time in whole seconds that a reader may take for a page.
        memory_bytes: Memory that a reader may take.
    """

    def __init__(self, *, cpu_seconds: int, memory_bytes: int) -> None:
        # Messages stay apart: one with a socket in it is one reader's.
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_SECONDS_TO_END)
        self._numbers: Iterator[int] = count()
        self._asking = Lock()
        with theirs:
            self._process = subprocess.Popen(
                # -P: modules are not looked for in whatever directory the crawl was started from.
                [
                    *(sys.executable, "-P", "-m", "broadsheet.crawler.reading.worker"),
                    *(str(cpu_seconds), str(memory_bytes)),
                ],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _SAME_EVERYWHERE,
                # Ctrl-C in a terminal goes to the foreground group: the parent decides when readers stop.
                process_group=0,
            )

    @property
    def is_running(self) -> bool:
        """Whether it can be asked for a reader."""
        return self._process.poll() is None

    def begin(self) -> tuple[int, socket.socket]:
        """Ask for a reader.

        Returns:
            Its number, and the socket to it: the id of its process is what it says first. It is at its end where the
            reader could not be started; `end` tells how that came.
        """
        number = next(self._numbers)
        ours, theirs = socket.socketpair()
        # Where the process has ended, the socket is at its end too.
        with theirs, contextlib.suppress(ConnectionError):
            socket.send_fds(self._control, [HEADER.pack(number)], [theirs.fileno()])
        return number, ours

    async def end(self, number: int) -> int:
        """End a reader, unless it has ended, and return its exit status, negative where a signal ended it."""
        return await asyncio.to_thread(self._end, number)

    async def close(self) -> None:
        """End the process, and all its readers."""
        self._control.close()
        await asyncio.to_thread(self._wait)

    def _end(self, number: int) -> int:
        with self._asking:
            try:
                self._control.sendall(HEADER.pack(number))
                answer = self._control.recv(ENDED.size)
            except TimeoutError:
                self._process.kill()
                answer = b""
            except OSError:
                answer = b""
        # Readers end with what they were forked from, and as it did.
        return int(ENDED.unpack(answer)[0]) if answer else self._wait()

    def _wait(self) -> int:
        try:
            return self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
