"""What readers are forked from: ``python -m broadsheet.crawler.reading.worker CPU_SECONDS MEMORY_BYTES``.

`ForkServer` starts it. It imports once what reading needs, which takes as long as thirty pages do, and does nothing
but fork readers and wait for their ends, as it is told through the socket that is its standard input. A message is
the number of a reader: with a socket it is to begin and serve that, without one it is to end, and the answer says how
it did. A reader's socket is first told the id of its process.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
import sys

from broadsheet.crawler.process.parentage import end_with_parent
from broadsheet.crawler.reading.frames import ENDED, HEADER
from broadsheet.crawler.reading.serving import serve

# What a page needs is freed with it, but for a few cycles: looking for those at Python's pace takes 3 % of the time.
_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_FAILED = 1


def main() -> None:
    """Fork readers until the parent closes the socket on standard input."""
    # In a page that takes long a reader would not see that nobody waits for it, and hold what it has inherited.
    end_with_parent()
    # Ctrl-C and a service manager's SIGTERM reach every process; the parent still wants the pages in flight.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # What is wrong with a page stands in its reading; libraries that log it too would drown the crawl's log.
    logging.getLogger().addHandler(logging.NullHandler())
    # Readers share the memory of what was imported as long as nobody writes to it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    with socket.socket(fileno=0) as control:
        _Readers(cpu_seconds=int(sys.argv[1]), memory_bytes=int(sys.argv[2])).obey(control)
    # Nothing is left to flush: taking a large heap apart would only cost time.
    os._exit(0)


class _Readers:
    """The readers that run, by their numbers."""

    def __init__(self, *, cpu_seconds: int, memory_bytes: int) -> None:
        self._cpu_seconds = cpu_seconds
        self._memory_bytes = memory_bytes
        self._process_ids: dict[int, int] = {}

    def obey(self, control: socket.socket) -> None:
        """Do what the parent says until it has closed the socket or was killed; then end all readers."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, HEADER.size, 1)
            if not message:
                break
            (number,) = HEADER.unpack(message)
            if descriptors:
                self._begin(number, descriptors[0])
            else:
                control.sendall(ENDED.pack(self._end(number)))
        for number in list(self._process_ids):
            self._end(number)

    def _begin(self, number: int, descriptor: int) -> None:
        try:
            process_id = os.fork()
        except OSError as error:
            # Others go on; that nobody is at the other end of the socket tells the parent.
            sys.stderr.write(f"no reader can be forked: {error}\n")
            os.close(descriptor)
            return
        if process_id == 0:
            end_with_parent()
            os.dup2(descriptor, 0)  # The control socket is no business of a reader's.
            os.close(descriptor)
            serve(cpu_seconds=self._cpu_seconds, memory_bytes=self._memory_bytes)
        self._process_ids[number] = process_id
        with socket.socket(fileno=descriptor) as connection, contextlib.suppress(ConnectionError):
            connection.sendall(HEADER.pack(process_id))

    def _end(self, number: int) -> int:
        """Kill a reader, unless it has ended by itself, and return its exit status, negative for a signal."""
        process_id = self._process_ids.pop(number, None)
        if process_id is None:
            return _FAILED  # It could not be forked.
        os.kill(process_id, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1])


if __name__ == "__main__":
    main()
