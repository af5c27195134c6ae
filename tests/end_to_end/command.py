"""The installed command, run as a user runs it: another process, its streams, its exit code."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from end_to_end.preloaded import preloaded

BROADSHEET = str(Path(sysconfig.get_path("scripts")) / "broadsheet")
_SECONDS = 120
# What the machine has set up for a real archive must not leak into a test.
_FOREIGN = ("BROADSHEET_", "AWS_", "XDG_")
# What counts when a process starts, and for a fork too late.
_AT_START = {"LD_PRELOAD", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONIOENCODING", "PYTHONUTF8"}


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """What it printed, for people."""
        return self.stdout.decode()

    @cached_property
    def documents(self) -> list[dict[str, Any]]:
        """The JSON documents it printed, one a line; anything else on stdout is an error here."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def document(self) -> dict[str, Any]:
        """The only JSON document it printed."""
        (only,) = self.documents
        return only


@dataclass(frozen=True)
class Broadsheet:
    """The command with an archive of its own.

    Attributes:
        archive: The archive's address.
        environment: What its processes have in their environment beside the machine's.
        program: What is started: the installed command, or a script that stands in for it.
    """

    archive: str
    environment: Mapping[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = (BROADSHEET,)

    def __call__(self, *arguments: str) -> Finished:
        """Run the command to its end, on this archive."""
        return self.run("--archive", self.archive, *arguments)

    def run(self, *arguments: str, cwd: Path | None = None) -> Finished:
        """Run the command to its end, with these arguments and no others."""
        environment = self.processes_environment()
        if self.program == (BROADSHEET,) and not _AT_START & self.environment.keys():
            status, stdout, stderr = preloaded().run(arguments, environment, cwd, _SECONDS)
            return Finished(status, stdout, stderr.decode())
        ended = subprocess.run(
            [*self.program, *arguments],
            check=False,
            capture_output=True,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
        return Finished(ended.returncode, ended.stdout, ended.stderr.decode())

    @contextlib.contextmanager
    def started(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
        """Start the command on this archive, in a process group of its own, as a shell does, and kill it at the end."""
        with subprocess.Popen(
            [*self.program, "--archive", self.archive, *arguments],
            env=self.processes_environment(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def crawl(self, *arguments: str) -> dict[str, Any]:
        """Crawl one source on loopback; return its summary, whose counts have been checked to add up."""
        ended = self("crawl", "--allow-private", "--json", *arguments)
        assert ended.status == 0, ended.stderr
        return balanced(ended.document)

    def recrawl(self, url: str) -> dict[str, Any]:
        """Re-crawl a URL on loopback; return the answer."""
        return self("recrawl", "--allow-private", "--json", url).document

    def processes_environment(self) -> dict[str, str]:
        """What its processes find in their environment."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {**inherited, **self.environment}


def finish(process: subprocess.Popen[bytes], seconds: float = _SECONDS) -> Finished:
    """Wait for a command that was started, so long at most."""
    stdout, stderr = process.communicate(timeout=seconds)
    return Finished(process.returncode, stdout, stderr.decode())


def balanced(summary: dict[str, Any]) -> dict[str, Any]:
    """Return a crawl's summary after checking that every URL discovered ended in exactly one place."""
    ended = sum(summary["outcomes"].values()) + sum(summary["skipped"].values())
    assert summary["discovered"] == ended, summary
    return summary
