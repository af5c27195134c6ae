"""Runs a command of ours in a child process: within limits of memory and time, ended when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from broadsheet.crawler.process.interruption import UNTIL_KILLED
from broadsheet.scheduler.workers.measuring import DESCRIPTOR, MeasuresPipe, Take
from broadsheet.scheduler.workers.saying import pass_on

_log = logging.getLogger(__name__)

_WATCH_SECONDS = 1.0
_LOOK_SECONDS = 0.05
# What a child that has ended wrote is there to be read.
_SECONDS_FOR_THE_REST = 0.5
_MIB = 1024 * 1024
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LONGEST_ANSWER = 64 * _MIB


class Limits(Struct, frozen=True, kw_only=True):
    """What a child may use.

    Attributes:
        memory: Resident bytes of its main process; those that read pages have limits of their own.
        seconds: How long it may take.
        grace: Seconds between SIGTERM and SIGKILL.
    """

    memory: int = 512 * _MIB
    seconds: float = 6 * 3600.0
    grace: float = UNTIL_KILLED


class Ended(Struct, frozen=True, kw_only=True):
    """How a child ended.

    Attributes:
        status: Its exit status; negative, the signal that ended it.
        stdout: What it printed.
        stderr: The last that it said on stderr, but for warnings.
        peak: The most resident bytes that its main process was seen to have.
        stopped: Which of its limits it was ended for, or None.
        interrupted: Whether it was told to end for no fault of its own.
    """

    status: int
    stdout: bytes
    stderr: list[str]
    peak: int
    stopped: str | None = None
    interrupted: bool = False


async def _take_nothing(_more: Mapping[str, float]) -> None:
    pass


class Child:
    """One child process.

    Args:
        arguments: Those of the command ``broadsheet``.
        limits: What it may use.
        name: What it is called in the log.
        about: What its events in the log are about, as fields of them.
        environment: What it finds in its environment beside what this process has.
        measured: Is given what it measures.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        limits: Limits,
        name: str,
        about: Mapping[str, str | None] | None = None,
        environment: Mapping[str, str] | None = None,
        measured: Take = _take_nothing,
    ) -> None:
        self._arguments = arguments
        self._environment = {**os.environ, **(environment or {})}
        self._limits = limits
        self._name = name
        self._about = about or {}
        self._measured = measured
        self._process: asyncio.subprocess.Process | None = None
        self._told = asyncio.Event()
        self._stopped: str | None = None
        self._peak = 0

    async def run(self) -> Ended:
        """Run it to its end.

        Raises:
            OSError: No process can be started.
        """
        with MeasuresPipe() as pipe:
            return await self._run(pipe)

    async def _run(self, pipe: MeasuresPipe) -> Ended:
        module = "broadsheet.scheduler.workers.child"
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, str(os.getpid()), *self._arguments),
            env={**self._environment, DESCRIPTOR: str(pipe.descriptor)},
            pass_fds=[pipe.descriptor],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Ctrl-C in a terminal reaches the whole group: it is for us to say how children end.
            start_new_session=True,
            limit=_LONGEST_ANSWER,
        )
        pipe.hand_over()
        assert process.stdout is not None  # noqa: S101 - both are pipes
        assert process.stderr is not None  # noqa: S101
        if self._told.is_set():
            self._signal(signal.SIGTERM)
        watching = asyncio.ensure_future(self._watch())
        ending = asyncio.ensure_future(self._kill_after_grace())
        printed = asyncio.ensure_future(process.stdout.read())
        said = asyncio.ensure_future(pass_on(process.stderr, self._name, self._about))
        try:
            await pipe.read_until(_exit_of(process), self._measured)
            await asyncio.wait([printed, said], timeout=_SECONDS_FOR_THE_REST)
        finally:
            watching.cancel()
            ending.cancel()
            self._signal(signal.SIGKILL)
        assert process.returncode is not None  # noqa: S101 - it has ended
        return Ended(
            status=process.returncode,
            stdout=printed.result() if printed.done() else b"",
            stderr=said.result() if said.done() else [],
            peak=self._peak,
            stopped=self._stopped,
            interrupted=self._told.is_set() and self._stopped is None,
        )

    def interrupt(self) -> None:
        """Have it end, as Ctrl-C would: SIGTERM, and where it does not within the grace, SIGKILL."""
        if not self._told.is_set():
            self._told.set()
            self._signal(signal.SIGTERM)

    def _stop(self, why: str) -> None:
        if not self._told.is_set():
            self._stopped = why
            self.interrupt()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _watch(self) -> None:
        """Hold it to its limits."""
        began = time.monotonic()
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            resident = self._resident()
            self._peak = max(self._peak, resident)
            if resident > self._limits.memory:
                self._stop(f"it used {resident // _MIB} MiB of memory, and {self._limits.memory // _MIB} are allowed")
            if time.monotonic() - began > self._limits.seconds:
                self._stop(f"it was not done within {self._limits.seconds:.0f} s")

    async def _kill_after_grace(self) -> None:
        """Kill it where it does not end when it is told to."""
        await self._told.wait()
        await asyncio.sleep(self._limits.grace)
        _log.warning("%s does not end and is killed", self._name, extra=dict(self._about))
        self._signal(signal.SIGKILL)

    def _resident(self) -> int:
        """Return how many bytes of it are in memory; 0 where the system does not tell."""
        assert self._process is not None  # noqa: S101 - it is watched while it runs
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * _PAGE_BYTES


async def _exit_of(process: asyncio.subprocess.Process) -> None:
    """Return when a process has ended. Its `wait` would wait for what holds its pipes too, for as long as that runs."""
    while process.returncode is None:  # noqa: ASYNC110 - asyncio sets no event of it before the pipes are closed
        await asyncio.sleep(_LOOK_SECONDS)
