"""The service while it runs: a process of its own on a free port, asked for its health all the time."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

_LISTENING = re.compile(r"listening on (http://\S+)")
_LONGEST_SECONDS = 120.0
_BETWEEN_QUESTIONS = 0.5
_NOTHING: Mapping[str, str] = {}


@contextlib.contextmanager
def environment_of(values: Mapping[str, str]) -> Iterator[None]:
    """Have something in the environment while the body runs: where a service's state lies is told by its bucket."""
    before = dict(os.environ)
    os.environ |= values
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


class RunningService:
    """One process of ``broadsheet run``, from its start to its end.

    Args:
        archive: The address of the archive.
        sources: The sources file.
        log: The file that its log goes to.
        environment: What it has in its environment beside the machine's.
        now: What its clock shows.

    Attributes:
        started_at: When it was started.
        ended_at: When it had ended.
        seconds_to_start: How long it took until it listened.
        slowest_answer: The longest that an answer of ``/healthz`` took, in seconds.
        peak: The most bytes of memory that its process had resident.
        memory: How many it had twice a second, with what its clock showed.
    """

    def __init__(
        self,
        archive: str,
        sources: Path,
        log: Path,
        *,
        environment: Mapping[str, str] = _NOTHING,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._log = log
        self._now = now
        self.started_at, begun = now(), time.monotonic()
        self.memory: list[tuple[datetime, int]] = []
        self.ended_at: datetime | None = None
        self.slowest_answer = 0.0
        self.peak = 0
        arguments = ["--archive", archive, "run", "--config", str(sources), "--allow-private", "--port", "0"]
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("broadsheet"), *arguments],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=written,
                process_group=0,
            )
        try:
            self.until(lambda: _LISTENING.search(self.said) is not None)
        except BaseException:
            self._process.kill()
            raise
        self.seconds_to_start = time.monotonic() - begun
        self._asking = threading.Thread(target=self._ask)
        self._asking.start()

    @property
    def said(self) -> str:
        """What it has written to its log so far."""
        return self._log.read_text()

    def until(self, condition: Callable[[], bool], seconds: float = _LONGEST_SECONDS) -> None:
        """Wait for something to hold.

        Raises:
            RuntimeError: It does not for so many seconds, or the service has ended.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"in vain waited for:\n{self.said[-5000:]}")
            time.sleep(0.2)

    def until_said(self, text: str, times: int = 1) -> None:
        """Wait until its log holds a text so many times."""
        self.until(lambda: self.said.count(text) >= times)

    def end(self) -> tuple[int, float]:
        """Have it end as a service manager does; return its exit status, and how many seconds that took."""
        self._note_memory()
        told = time.monotonic()
        self._process.terminate()
        status = self._process.wait(30)
        took = time.monotonic() - told
        self._close()
        return status, took

    def kill(self) -> None:
        """Kill it as a loss of power would."""
        self._note_memory()
        self._process.kill()
        self._close()

    def _close(self) -> None:
        self._process.wait()
        self.ended_at = self._now()
        self._asking.join()

    def _ask(self) -> None:
        found = _LISTENING.search(self.said)
        assert found is not None
        while self._process.poll() is None:
            asked = time.monotonic()
            with contextlib.suppress(OSError):
                urllib.request.urlopen(found[1] + "/healthz", timeout=30).close()  # noqa: S310 - it is http
                self.slowest_answer = max(self.slowest_answer, time.monotonic() - asked)
            self._note_memory()
            time.sleep(_BETWEEN_QUESTIONS)

    def _note_memory(self) -> None:
        with contextlib.suppress(OSError, IndexError):  # A process that ends has none.
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            now, peak = (int(re.findall(rf"{name}:\s+(\d+) kB", status)[0]) * 1024 for name in ("VmRSS", "VmHWM"))
            self.peak = max(self.peak, peak)
            self.memory.append((self._now(), now))
