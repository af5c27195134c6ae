"""Publishes one batch again and again, and does harm to one request of the publication each time."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

from crash import prepared, writer_forks
from crash.watching import WatchingReader
from end_to_end import inspection
from servers.faulty_proxy import Fault, SeenRequest, faulty_proxy
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.archive import Archive
from broadsheet.storage.stores.s3.store import S3Store

Kill = Literal["killed before", "killed after"]
FAULTS: tuple[Fault, ...] = (500, 503, 429, 409, "reset", "half-close", "lose", "cut")
KILLS: tuple[Kill, ...] = ("killed before", "killed after")


class Outcome(NamedTuple):
    """What there was in the end.

    Attributes:
        captures: The record ids in the index, each with how often it is there.
        versions: What a reader sees.
        changes: URL and outcome of every change, in order.
        waiting: What lies in the spool.
    """

    captures: Counter[str]
    versions: set[tuple[str, int, str, str]]
    changes: list[tuple[str | None, str]]
    waiting: list[str]


class Driver:
    """Runs writers on archives behind a proxy.

    Args:
        server: The real server.
        directory: An empty one.

    Attributes:
        acknowledged: The ids of the captures that every archive has to hold in the end.
        rounds: How often readers went through an archive meanwhile.
    """

    def __init__(self, server: SeaweedFS, directory: Path) -> None:
        self.rounds = 0
        self._server = server
        self._directory = directory
        self._bucket = server.make_bucket()
        self._numbers = itertools.count()
        self._held = ExitStack()
        self._proxy = self._held.enter_context(faulty_proxy(server.endpoint, decide=self._decide))
        self._harmed: int | None = None
        self._harm: Fault | Kill | None = None
        self._process_id = 0
        self._started = threading.Event()
        self._writers = subprocess.Popen(
            [sys.executable, writer_forks.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        template = S3Store(self._bucket, "template")
        # A server is asked what it is able to do once for every archive: that is no part of a publication.
        template.prepare_writing(directory / "template")
        self.acknowledged = prepared.prepare(template, directory / "template")
        self._objects = [entry.key for entry in template.list()]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writers.communicate()
        self._held.close()

    def requests_of(self, prefix: str) -> list[SeenRequest]:
        """Run a writer that nothing is done to; return its requests."""
        self._set_up(prefix)
        before = len(self._proxy.requests)
        assert self._run(prefix) == 0
        return self._proxy.requests[before:]

    def harm(self, number: int, harm: Fault | Kill) -> tuple[Outcome, list[str]]:
        """Do harm to one request of a writer, start it over as anybody would, and return what came of it.

        Returns:
            What there was in the end, and what was wrong meanwhile.
        """
        prefix = f"case-{next(self._numbers)}"
        self._set_up(prefix)
        archive = Archive(S3Store(self._bucket, prefix))
        with WatchingReader(archive, prepared.ARTICLES) as reader:
            self._harmed, self._harm = len(self._proxy.requests) + number, harm
            status = self._run(prefix)
            self._harmed = None
            wrong = self._wrong_after(harm, status, archive)
            if status and self._run(prefix) != 0:
                wrong.append("the next start failed")
        self.rounds += reader.rounds
        return self.outcome(prefix), wrong + reader.violations

    def outcome(self, prefix: str) -> Outcome:
        """Check all that has to be true of a finished archive, and return what is in it."""
        archive = Archive(S3Store(self._bucket, prefix))
        inspection.check(archive.store)
        return Outcome(
            captures=Counter(line.id for line in inspection.index_lines(archive.store)),
            versions=inspection.version_set(archive),
            changes=[(change.url, change.outcome) for change in archive.changes()],
            waiting=[path.name for path in self._state(prefix).glob("spool/*/*-*")],
        )

    def _wrong_after(self, harm: Fault | Kill, status: int, archive: Archive) -> list[str]:
        inspection.check_readable(archive.store)
        if harm in KILLS:
            return [] if status == -signal.SIGKILL else [f"the writer was not killed: {status}"]
        return [] if status == 0 else [f"the writer did not get over it: {status}"]

    def _state(self, prefix: str) -> Path:
        place = f"{self._proxy.endpoint}/{self._bucket}/{prefix}"
        return self._directory / hashlib.sha256(place.encode()).hexdigest()[:16]

    def _set_up(self, prefix: str) -> None:
        shutil.copytree(self._directory / "template", self._state(prefix))
        for key in self._objects:
            source = f"{self._bucket}/template/{key}"
            self._server.client.copy_object(Bucket=self._bucket, Key=f"{prefix}/{key}", CopySource=source)

    def _run(self, prefix: str) -> int:
        assert self._writers.stdin is not None
        assert self._writers.stdout is not None
        environment = {
            **self._server.environment,
            "AWS_ENDPOINT_URL_S3": self._proxy.endpoint,
            "BROADSHEET_STATE": str(self._directory),
        }
        asked = {"uri": self._server.uri(self._bucket, prefix), "environment": environment}
        self._started.clear()
        self._writers.stdin.write(json.dumps(asked) + "\n")
        self._writers.stdin.flush()
        self._process_id = int(self._writers.stdout.readline())
        self._started.set()
        return int(self._writers.stdout.readline())

    def _decide(self, number: int, request: SeenRequest) -> Fault | None:  # noqa: ARG002 - the proxy's
        if number != self._harmed:
            return None
        if self._harm == "killed before":
            self._kill()
            return "refuse"
        if self._harm == "killed after":
            self._proxy.after_loss = self._kill_once
            return "lose"
        return self._harm

    def _kill_once(self) -> None:
        self._proxy.after_loss = lambda: None
        self._kill()

    def _kill(self) -> None:
        self._started.wait()
        os.kill(self._process_id, signal.SIGKILL)
