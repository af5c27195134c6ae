"""Workers: so many crawls at once, and re-crawls beside them, each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection

import msgspec

from broadsheet.crawler.errors import CrawlError
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job, Kind
from broadsheet.scheduler.workers.backlog import Backlog
from broadsheet.scheduler.workers.children import Child, Limits
from broadsheet.scheduler.workers.commands import Outcome, Setting, arguments_of, outcome_of
from broadsheet.scheduler.workers.measured import Measured
from broadsheet.storage.workspace import whereabouts

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
        self._backlog = Backlog(setting.archive, whereabouts(setting.archive).directory, self._limits)
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
        draining = asyncio.ensure_future(self._backlog.run(lambda: not self._running))
        while not self._stopping:
            try:
                if time.monotonic() - renewed > _RENEW_SECONDS:
                    await asyncio.to_thread(self._look_after)
                    renewed = time.monotonic()
                await self._take_up()
            except CrawlError as error:
                _log.warning("jobs cannot be taken: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)
        await self._backlog.stop()
        draining.cancel()

    async def stop(self) -> None:
        """Take no more jobs, end what runs, and return when it has ended: it waits again, and goes on where it was."""
        self._stopping = True
        for _, child in self._running.values():
            child.interrupt()
        await self._backlog.stop()
        if self._running:
            await asyncio.wait(self._running)

    def _look_after(self) -> None:
        self._jobs.renew(self.worker)
        for job in self._jobs.put_back_lost():
            extra = {**_about(job), "event": "job_lost", "state": job.state}
            said = "job %s (%s) was lost with the process that did it: %s"
            _log.warning(said, job.id, _name(job), job.state, extra=extra)

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
            about=_about(job),
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
        extra = {**_about(job), "event": "job_begins", "asked_by": job.asked_by, "attempts": job.attempts}
        again = " once more" if job.attempts > 1 else ""
        _log.info("job %s begins%s: %s, asked by %s", job.id, again, _name(job), job.asked_by, extra=extra)
        try:
            outcome = outcome_of(job, await child.run())
        except OSError as error:
            outcome = Outcome("failed", f"no process can be started: {error}", None)
        await measured.add_what_waits()
        await self._write_down(job, outcome)

    async def _write_down(self, job: Job, outcome: Outcome) -> None:
        """Write down what became of a job, as often as it takes."""
        state, reason, result, counts = outcome

        def end() -> bool:
            return self._jobs.end(job, self.worker, state, reason=reason, result=result, counts=counts)

        while True:
            try:
                is_written = await asyncio.to_thread(end)
                break
            except CrawlError as error:
                said = "what became of job %s cannot be written down: %s"
                _log.warning(said, job.id, error, extra=_about(job))
                if self._stopping:
                    return
                await asyncio.sleep(_LOOK_SECONDS)
        _tell_end(job, outcome, is_written=is_written)
        if state != "waiting":
            with contextlib.suppress(CrawlError):
                await asyncio.to_thread(self._ended, job, outcome)


def _name(job: Job) -> str:
    return f"recrawl of {job.url}" if job.kind == "recrawl" else f"crawl of {job.source}"


def _about(job: Job) -> dict[str, str | None]:
    """Return what the events of a job are about."""
    return {"job": job.id, "kind": job.kind, "source": job.source}


def _tell_end(job: Job, outcome: Outcome, *, is_written: bool) -> None:
    state, reason, result, _ = outcome
    if not is_written:
        # Its lease ran out while the database could not be reached, or the clock was set.
        said = "job %s ends: %s; another worker has taken it over meanwhile, and nothing is written down"
        _log.warning(said, job.id, _name(job), extra={**_about(job), "event": "job_taken_over"})
        return
    ended = msgspec.structs.replace(job, state=state, reason=reason, result=result)
    came_to = ended.run_outcome or (result or {}).get("outcome") if ended.has_ended else None
    extra = {**_about(job), "event": "job_ends", "state": state, "outcome": came_to, "reason": reason}
    extra |= {name: result[name] for name in ("outcomes", "seconds") if result and name in result}
    why = f": {reason}" if reason else f" ({came_to})" if came_to not in (None, state) else ""
    _log.info("job %s ends: %s, %s%s", job.id, _name(job), state, why, extra=extra)
