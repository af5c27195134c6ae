"""The service as its operator runs it: a process of its own on a free port, asked over HTTP, ended by its pid."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from end_to_end.command import Broadsheet
from prometheus_client.parser import text_string_to_metric_families

_SECONDS = 60.0
_LISTENING = re.compile(r"listening on (http://[0-9.:]+)")


class RunningService:
    """A service that was started.

    Attributes:
        process: Its process.
        log: Where it writes its log.
        address: Where it answers.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.until(lambda: _LISTENING.search(self.said) is not None)
        found = _LISTENING.search(self.said)
        assert found is not None
        self.address = found[1]

    @property
    def said(self) -> str:
        """What it has written to its log so far."""
        return self.log.read_text()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to hold while the service lives."""
        deadline = time.monotonic() + _SECONDS
        while not condition():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def says(self, text: str) -> None:
        """Wait until its log holds a text."""
        self.until(lambda: text in self.said)

    def get(self, path: str) -> Any:
        """Return the JSON document at a path, also that of an error."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as response:  # noqa: S310 - it is http
                return json.load(response)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def metric(self, name: str, **labels: str) -> float:
        """Return a metric with these labels among its own, 0 where there is none."""
        with urllib.request.urlopen(self.address + "/metrics", timeout=30) as response:  # noqa: S310 - it is http
            families = text_string_to_metric_families(response.read().decode())
            samples = [sample for family in families for sample in family.samples]
        return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())

    def end(self) -> int:
        """Have it end as a service manager does; return its exit status."""
        self.process.terminate()
        return self.process.wait(30)

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def serving(
    broadsheet: Broadsheet, sources: Path, log: Path, command: str = "run", *options: str
) -> Iterator[RunningService]:
    """Start the service on loopback; kill it at the end, if it has not ended."""
    arguments = ["--archive", broadsheet.archive, command, "--config", str(sources), "--allow-private", "--port", "0"]
    arguments += options
    with (
        log.open("wb") as written,
        subprocess.Popen(
            [*broadsheet.program, *arguments],
            env=broadsheet.processes_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=written,
            process_group=0,
        ) as process,
    ):
        try:
            yield RunningService(process, log)
        finally:
            process.kill()
