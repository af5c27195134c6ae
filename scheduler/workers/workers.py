"""Workers: so many crawls at once, and re-crawls beside them, each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection

from broadsheet.crawler.errors import CrawlError
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job, Kind
from broadsheet.scheduler.workers.children import Child, Limits
from broadsheet.scheduler.workers.commands import Outcome, Setting, arguments_of, outcome_of
from broadsheet.scheduler.workers.measured import Measured

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_RENEW_SECONDS = 15.0
_RECRAWLS_AT_ONCE = 2
_CRAWL: tuple[Kind, ...] = ("crawl",)
_RECRAWL: tuple[Kind, ...] = ("recrawl",)
Told = Callable[[Job, Outcome], None]


class Workers:
    """Takes jobs as long as it runs.

    Args:
        jobs: Where they are taken from.
        setting: What they are done with.
        at_once: How many crawls run at once; two re-crawls run beside them.
        limits: What each may use.
        ended: Called with each job that has ended, in a thread.
    """

    def __init__(
        self,
        jobs: Jobs,
        setting: Setting,
        *,
        at_once: int = 1,
        limits: Limits | None = None,
        ended: Told = lambda _job, _outcome: None,
    ) -> None:
        self._jobs = jobs
        self._setting = setting
        self._at_once = at_once
        self._limits = limits or Limits()
        self._ended = ended
        self._running: dict[asyncio.Task[None], tuple[Job, Child]] = {}
        self._stopping = False
        self.worker = jobs.register()

    @property
    def running(self) -> list[Job]:
        """The jobs that are being done."""
        return [job for job, _ in self._running.values()]

    async def run(self) -> None:
        """Do jobs until `stop`.

        Trouble with the database is told and waited out: what runs goes on.
        """
        renewed = 0.0
        while not self._stopping:
            try:
                if time.monotonic() - renewed > _RENEW_SECONDS:
                    await asyncio.to_thread(self._look_after)
                    renewed = time.monotonic()
                await self._take_up()
            except CrawlError as error:
                _log.warning("jobs cannot be taken: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)

    async def stop(self) -> None:
        """Take no more jobs, end what runs, and return when it has ended: it waits again, and goes on where it was."""
        self._stopping = True
        for _, child in self._running.values():
            child.interrupt()
        if self._running:
            await asyncio.wait(self._running)

    def _look_after(self) -> None:
        self._jobs.renew(self.worker)
        for job in self._jobs.put_back_lost():
            _log.warning("job %s (%s) was lost with the process that did it: %s", job.id, _name(job), job.state)

    async def _take_up(self) -> None:
        while (kinds := self._free()) and not self._stopping:
            job = await asyncio.to_thread(self._jobs.take, self.worker, kinds)
            if job is None:
                return
            await self._begin(job)

    async def _begin(self, job: Job) -> None:
        if self._stopping:
            # It was taken while they were told to stop, and nobody would wait for it.
            await self._write_down(job, Outcome("waiting", None, None))
            return
        measured = Measured(self._jobs.counts, job.source)
        child = Child(
            arguments_of(job, self._setting),
            limits=self._limits,
            name=_name(job),
            environment=self._setting.environment,
            measured=measured.take,
        )
        task = asyncio.ensure_future(self._do(job, child, measured))
        self._running[task] = (job, child)
        task.add_done_callback(self._running.pop)

    def _free(self) -> Collection[Kind]:
        recrawls = sum(job.kind == "recrawl" for job in self.running)
        crawls = len(self.running) - recrawls
        return (
            *(_RECRAWL if recrawls < _RECRAWLS_AT_ONCE else ()),
            *(_CRAWL if crawls < self._at_once else ()),
        )

    async def _do(self, job: Job, child: Child, measured: Measured) -> None:
        _log.info("job %s begins: %s, asked by %s", job.id, _name(job), job.asked_by)
        try:
            outcome = outcome_of(job, await child.run())
        except OSError as error:
            outcome = Outcome("failed", f"no process can be started: {error}", None)
        await measured.add_what_waits()
        await self._write_down(job, outcome)

    async def _write_down(self, job: Job, outcome: Outcome) -> None:
        """Write down what became of a job, as often as it takes."""
        state, reason, result = outcome
        while True:
            try:
                await asyncio.to_thread(lambda: self._jobs.end(job, self.worker, state, reason=reason, result=result))
                break
            except CrawlError as error:
                _log.warning("what became of job %s cannot be written down: %s", job.id, error)
                if self._stopping:
                    return
                await asyncio.sleep(_LOOK_SECONDS)
        _log.info("job %s ends: %s, %s%s", job.id, _name(job), state, f": {reason}" if reason else "")
        if state != "waiting":
            with contextlib.suppress(CrawlError):
                await asyncio.to_thread(self._ended, job, outcome)


def _name(job: Job) -> str:
    return f"recrawl of {job.url}" if job.kind == "recrawl" else f"crawl of {job.source}"
