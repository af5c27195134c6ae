"""A process that has loaded what the command loads, and is forked for each run of it: most of a run is its start.

What a run does is the command's own from its first line on, in a process of its own with its own environment, folder
and streams. What only a start shows, as which modules it loads, is for tests that start it.

Run as a program with the number of a socket, it takes runs from there until the other end is closed.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

# No run that the suite makes says more.
_MESSAGE = 1 << 17
_MADE_ONCE = threading.Lock()
_LOADED = (
    "broadsheet.scheduler.cli",
    *(
        f"broadsheet.scheduler.commands.{name}"
        for name in ("crawl", "recrawl", "import_warc", "recover", "reextract", "forget", "verify", "export", "show")
    ),
    # What commands load on their way; not pyarrow, which starts a thread.
    "broadsheet.crawler.crawling.crawl",
    "broadsheet.crawler.recovery.recovery",
    "botocore.session",
    "rich.console",
)


class Preloaded:
    """The process that is forked, as its client sees it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-P", __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        self._lock = threading.Lock()
        atexit.register(self._close)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None, seconds: float
    ) -> tuple[int, bytes, bytes]:
        """Run the command to its end.

        Args:
            arguments: What stands behind its name.
            environment: The whole of its environment.
            cwd: Where it runs; by default where this process is.
            seconds: How long it may take.

        Returns:
            Its exit code as `subprocess` tells it, and what it wrote to its two streams.

        Raises:
            subprocess.TimeoutExpired: It took longer, and was killed.
        """
        told = {"arguments": list(arguments), "environment": dict(environment), "cwd": str(cwd or Path.cwd())}
        answer, theirs = socket.socketpair()
        out, err = _Stream(), _Stream()
        with answer:
            with theirs:
                streams = [out.written_to, err.written_to, theirs.fileno()]
                with self._lock:
                    socket.send_fds(self._socket, [json.dumps(told).encode()], streams)
            out.begin()
            err.begin()
            child = _number(answer)
            answer.settimeout(seconds)
            try:
                status = _number(answer)
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                raise subprocess.TimeoutExpired([*arguments], seconds, out.all(), err.all()) from None
        return os.waitstatus_to_exitcode(status), out.all(), err.all()

    def _close(self) -> None:
        self._socket.close()
        self._process.wait()


def preloaded() -> Preloaded:
    """Return the one of this process."""
    with _MADE_ONCE:
        return _only()


@cache
def _only() -> Preloaded:
    return Preloaded()


class _Stream:
    """A pipe that is read to its end: until every process that may write to it has gone, as `subprocess` does."""

    def __init__(self) -> None:
        self._read, self.written_to = os.pipe()
        self._parts: list[bytes] = []
        self._reader = threading.Thread(target=self._drain)

    def begin(self) -> None:
        """Begin to read; the writing end is with the child alone from here on."""
        os.close(self.written_to)
        self._reader.start()

    def all(self) -> bytes:
        """Wait for its end; return all of it."""
        self._reader.join()
        return b"".join(self._parts)

    def _drain(self) -> None:
        with os.fdopen(self._read, "rb") as file:
            self._parts.append(file.read())


def _number(answer: socket.socket) -> int:
    data = answer.recv(8, socket.MSG_WAITALL)
    if len(data) < 8:
        message = "the process that commands are forked from has gone"
        raise RuntimeError(message)
    return int.from_bytes(data, "big")


def _serve(runs: socket.socket) -> None:
    for name in _LOADED:
        importlib.import_module(name)
    # A reactor is installed once, by whoever runs one.
    assert "twisted.internet.reactor" not in sys.modules
    # A fork has the thread alone that made it.
    assert len(list(Path("/proc/self/task").iterdir())) == 1
    gc.freeze()
    # Nobody waits for those that wait for a run.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, streams, _, _ = socket.recv_fds(runs, _MESSAGE, 3)
        if not message:
            return
        if os.fork() == 0:
            runs.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait_for_run(json.loads(message), *streams)
        for stream in streams:
            os.close(stream)


def _wait_for_run(told: dict[str, Any], out: int, err: int, answer: int) -> None:
    child = os.fork()
    if child == 0:
        os.close(answer)
        _run(told, out, err)
    os.close(out)
    os.close(err)
    os.write(answer, child.to_bytes(8, "big"))
    _, status = os.waitpid(child, 0)
    os.write(answer, status.to_bytes(8, "big"))
    os._exit(0)


def _run(told: dict[str, Any], out: int, err: int) -> None:
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    # Those of the process that is forked are made for other files: whether one can seek there, they have asked already.
    sys.stdout = os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["environment"])
    time.tzset()
    sys.argv = ["broadsheet", *told["arguments"]]
    importlib.import_module("broadsheet.scheduler.cli").main()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as taken:
        _serve(taken)
