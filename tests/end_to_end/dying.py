"""Runs the real command and kills it, as `kill -9` does, at chosen moments of publication.

::

    python dying.py DIRECTORY MOMENT,MOMENT,... [arguments of broadsheet]

For each moment it runs the command in a process of its own on the archive ``DIRECTORY/MOMENT``, and prints the exit
statuses as JSON. The processes are forks of this one, which has loaded what takes a second to load.

A moment is one of ``stored:N`` (the N-th object has been put), ``storing:N`` (it has been written and has no name
yet), ``changing:N`` (the N-th object is about to be put or deleted), ``sealed``, ``planned``, ``published`` (nothing
is left but to discard the batch), ``discarding`` (half done), and ``waiting`` (segments are small, and two more wait
while the first is being put). No hook of the program is used: what it calls anyway is wrapped from outside.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from broadsheet.crawler.capturing import open_segment
from broadsheet.crawler.reading import pool
from broadsheet.scheduler import cli
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.stores.folder import FolderStore

_SMALL_SEGMENT = 6_000
_WAITING = 2


def main() -> None:
    """Run the command once for each moment."""
    _, directory, moments, *arguments = sys.argv
    importlib.import_module("broadsheet.crawler.crawling.crawl")
    statuses = {moment: _status(moment, Path(directory) / moment, arguments) for moment in moments.split(",")}
    print(json.dumps(statuses))  # noqa: T201 - what the test reads


def _status(moment: str, archive: Path, arguments: list[str]) -> int:
    child = os.fork()
    if child == 0:
        _run(moment, archive, arguments)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run(moment: str, archive: Path, arguments: list[str]) -> NoReturn:
    name, _, number = moment.partition(":")
    _MOMENTS[name](int(number or 1))
    # Starting readers is most of what a small crawl costs, and one will do.
    pool.available_cores = lambda: 1
    sys.argv = ["broadsheet", "--archive", str(archive), *arguments]
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    cli.main()
    os._exit(0)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stored(number: int) -> None:
    FolderStore.put = _dying(FolderStore.put, number, after=True)  # type: ignore[method-assign]  # that is the test


def _storing(number: int) -> None:
    os.link = _dying(os.link, number, after=False)


def _changing(number: int) -> None:
    dying = _dying(lambda change, *arguments: change(*arguments), number, after=False)
    put, delete = FolderStore.put, FolderStore.delete
    FolderStore.put = lambda *arguments: dying(put, *arguments)  # type: ignore[method-assign]  # that is the test
    FolderStore.delete = lambda *arguments: dying(delete, *arguments)  # type: ignore[method-assign]  # that is the test


def _sealed(number: int) -> None:
    Batch.seal = _dying(Batch.seal, number, after=True)  # type: ignore[method-assign]  # that is the test


def _planned(number: int) -> None:
    Batch.write_plan = _dying(Batch.write_plan, number, after=True)  # type: ignore[method-assign]  # that is the test


def _published(number: int) -> None:
    Batch.discard = _dying(Batch.discard, number, after=False)  # type: ignore[method-assign]  # that is the test


def _discarding(number: int) -> None:
    def unlink_one(directory: Path, **_: object) -> None:
        next(directory.iterdir()).unlink()

    shutil.rmtree = _dying(unlink_one, number, after=True)  # type: ignore[assignment]  # that is the test


def _waiting(number: int) -> None:
    open_segment.SEGMENT_BYTES = _SMALL_SEGMENT
    put = FolderStore.put

    def held_up(self: FolderStore, key: str, data: bytes | Path) -> None:
        waiting = self.root / ".local" / "spool"
        while key.startswith("warc/") and len(list(waiting.glob("*/*-*"))) <= _WAITING:
            time.sleep(0.005)
        if key.startswith("warc/"):
            _die()
        put(self, key, data)

    FolderStore.put = held_up  # type: ignore[method-assign]  # that is the test
    assert number == 1


def _dying(called: Callable[..., Any], number: int, *, after: bool) -> Callable[..., Any]:
    """Return a function that dies with its `number`-th call, before or after what it does."""
    calls = 0
    counting = threading.Lock()

    def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        with counting:
            calls += 1
            mine = calls
        if mine == number and not after:
            _die()
        result = called(*arguments, **named)
        if mine == number:
            _die()
        return result

    return dying


_MOMENTS: dict[str, Callable[[int], None]] = {
    "stored": _stored,
    "storing": _storing,
    "changing": _changing,
    "sealed": _sealed,
    "planned": _planned,
    "published": _published,
    "discarding": _discarding,
    "waiting": _waiting,
}

if __name__ == "__main__":
    main()
