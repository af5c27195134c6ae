"""The service: sources, clock, workers and web, started together and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.types import ASGIApp

from broadsheet.crawler.frontier.database import Database, open_frontier
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.process.memory import keep_large_memory_apart, share_memory_between_threads
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.alarms.rounds import Rounds, going_rounds
from broadsheet.scheduler.alarms.standing import open_alarms
from broadsheet.scheduler.clock.clock import Clock
from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.sources.watching import WatchedSources
from broadsheet.scheduler.stopping import Stop
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.bodies import Bodies
from broadsheet.scheduler.web.parts import OpenedArchive, Parts, names_of, reads_need_token
from broadsheet.scheduler.web.serving import Serving
from broadsheet.scheduler.workers.commands import Setting
from broadsheet.scheduler.workers.workers import Workers
from broadsheet.storage import process_lock

_log = logging.getLogger(__name__)

_LOCK = "service.lock"
_SOURCES = "service-sources.toml"
_RELOADS_APART = 0.5
_LOOK_SECONDS = 2.0
# They end while the crawls do.
_SECONDS_FOR_ANSWERS = 2


class Service:
    """The service of one archive on this machine.

    Args:
        setting: What all jobs are done with.
        sources: The sources file.
        bound: The socket that it answers on.
        stop: Says when it is time to end.
    """

    def __init__(self, setting: Setting, sources: WatchedSources, bound: socket.socket, stop: Stop) -> None:
        self._setting = setting
        self._sources = sources
        self._bound = bound
        self._stop = stop
        self._reload = asyncio.Event()

    async def run(self) -> None:
        """Run until it is time to stop; SIGHUP has the sources file loaded again.

        Raises:
            FrontierError: A database cannot be used.
            ArchiveAddressError: The archive's address cannot be understood.
        """
        share_memory_between_threads()
        keep_large_memory_apart()
        with contextlib.ExitStack() as opened:
            database = opened.enter_context(open_service_database(self._setting.archive))
            frontier = Frontier(opened.enter_context(open_frontier(self._setting.archive)))
            opened.enter_context(self._taking_reloads())
            copy = database.directory / _SOURCES
            kept = self._sources.keep(copy)
            self._setting = msgspec.structs.replace(self._setting, valid_sources=copy)
            jobs = Jobs(database)
            clock = Clock(jobs, self._configured, lambda *asked: _next_due(frontier, *asked))
            behind_proxy = self._sources.document.service.public_url is not None
            web = _Server(make_app(self._parts(database, jobs, clock)), behind_proxy=behind_proxy)
            host, port = self._bound.getsockname()[:2]
            _log.info("listening on http://%s:%s", f"[{host}]" if ":" in host else host, port)
            serving = asyncio.ensure_future(web.serve(sockets=[self._bound]))
            closing = asyncio.ensure_future(self._stop_answering(web))
            async with _ending(asyncio.ensure_future(self._look_after_sources(copy, kept))), _ending(closing):
                await self._work(database, jobs, clock, serving)
            web.should_exit = True
            await serving

    async def _stop_answering(self, web: _Server) -> None:
        """Have answers end while crawls do, not after them."""
        await self._stop.wait()
        web.should_exit = True

    async def _work(self, database: Database, jobs: Jobs, clock: Clock, serving: asyncio.Future[None]) -> None:
        """Run clock, workers and alarms until it is time to stop; only one process of this machine does at a time."""
        lock = await self._alone(database.directory / _LOCK)
        if lock is None:
            return
        workers = Workers(jobs, self._setting, at_once=self._sources.document.service.at_once)
        rounds = Rounds(OpenedArchive(self._setting.archive), database, jobs)
        try:
            with going_rounds(rounds, lambda: self._sources.document):
                await self._until_stopped(workers, clock, serving)
        finally:
            process_lock.let_go(lock)

    async def _until_stopped(self, workers: Workers, clock: Clock, serving: asyncio.Future[None]) -> None:
        async with _ending(asyncio.ensure_future(clock.run())) as ticking:
            working = asyncio.ensure_future(workers.run())
            stopped = asyncio.ensure_future(self._stop.wait())
            under_way: list[asyncio.Future[Any]] = [working, stopped, ticking, serving]
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            # At once: their time counts from the signal.
            ending = asyncio.ensure_future(workers.stop())
        await ending
        await working
        for task in (ticking, serving):
            if task.done() and not task.cancelled():
                task.result()

    async def _alone(self, path: Path) -> int | None:
        """Return the lock of the service, as soon as it is to be had; None where it is time to stop."""
        told = False
        while not self._stop.is_asked():
            lock = process_lock.hold(path)
            if lock is not None:
                if told:
                    said = "the other service has ended: this one takes over clock, workers and alarms"
                    _log.warning(said, extra={"event": "service_takes_over"})
                return lock
            if not told:
                said = (
                    "another service runs on this archive: this one answers over HTTP only, and takes over when it ends"
                )
                _log.warning(said, extra={"event": "service_stands_by"})
                told = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), _LOOK_SECONDS)
        return None

    async def _look_after_sources(self, copy: Path, kept: bytes) -> None:
        """Load the sources file again when it changes, and keep it for the jobs that begin from then on."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reload.wait(), _LOOK_SECONDS)
            closely = self._reload.is_set()
            if closely:
                # However often it is asked for, it is loaded once for all who ask within that time.
                await asyncio.sleep(_RELOADS_APART)
            self._reload.clear()
            await asyncio.to_thread(self._sources.look, closely=closely)
            if self._sources.content != kept:
                try:
                    kept = await asyncio.to_thread(self._sources.keep, copy)
                except OSError as error:
                    # As on a full disk: jobs go on with what was kept before, until it can be written.
                    _log.warning("the sources cannot be kept for the jobs: %s", error)

    def _configured(self) -> Mapping[str, Source]:
        return self._sources.document.sources

    def _parts(self, database: Database, jobs: Jobs, clock: Clock) -> Parts:
        service = self._sources.document.service
        host = self._bound.getsockname()[0]

        def ask_database() -> None:
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT 1")

        return Parts(
            archive=OpenedArchive(self._setting.archive),
            tokens=Tokens(service.tokens),
            sources=self._configured,
            sources_problems=lambda: self._sources.problems,
            jobs=jobs,
            checks={"database": ask_database, "clock": clock.check},
            next_run=clock.next_run,
            alarms=lambda: open_alarms(database),
            notices=Outbox(database).entries,
            spool_bytes=lambda: _size_of(database.directory / "spool"),
            hosts=names_of(host, public_url=service.public_url),
            read_needs_token=reads_need_token(host, configured=service.read_needs_token, public_url=service.public_url),
            reads_per_minute=service.reads_per_minute,
            writes_per_minute=service.writes_per_minute,
            is_stopping=self._stop.is_asked,
            bodies=Bodies(database.directory),
        )

    @contextlib.contextmanager
    def _taking_reloads(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        # Not by the loop: it would take the pipe that `Stop` hears of signals by.
        signal.signal(signal.SIGHUP, lambda *_: loop.call_soon_threadsafe(self._reload.set))
        try:
            yield
        finally:
            # A process that ends is not to be ended for it.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)


class _Server(uvicorn.Server):
    """Leaves signals to the service."""

    def __init__(self, app: ASGIApp, *, behind_proxy: bool) -> None:
        super().__init__(Serving(app, behind_proxy=behind_proxy, seconds_to_end=_SECONDS_FOR_ANSWERS))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@contextlib.asynccontextmanager
async def _ending(task: asyncio.Task[None]) -> AsyncIterator[asyncio.Task[None]]:
    """Give a task that is cancelled at the end."""
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _size_of(directory: Path) -> int:
    """Return how many bytes the files below a directory have; those that go meanwhile count as nothing."""
    size = 0
    for path in directory.rglob("*"):
        with contextlib.suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size


def _next_due(frontier: Frontier, name: str, source: Source, now: datetime) -> datetime | None:
    return frontier.next_due(name, now, requests_per_hour=source.requests_per_hour).next_at
