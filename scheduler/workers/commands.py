"""From a job to the command that does it, and from how that ended to what became of the job."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from broadsheet.scheduler.exits import INTERRUPTED, USAGE
from broadsheet.scheduler.jobs.model import SCHEDULE, Job, State
from broadsheet.scheduler.sources.reading import VALID_COPY
from broadsheet.scheduler.workers.children import Ended

_MOST_KILLED = 2


class Setting(Struct, frozen=True, kw_only=True):
    """What all jobs of a service are done with.

    Attributes:
        archive: The address of the archive.
        sources_file: The sources file, or None.
        allow_private: Whether addresses that are not public may be fetched.
        valid_sources: A copy of the sources file as it was when it was last valid, which counts; None where the file
            itself does.
    """

    archive: str
    sources_file: Path | None = None
    allow_private: bool = False
    valid_sources: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a job finds in its environment."""
        return {} if self.valid_sources is None else {VALID_COPY: str(self.valid_sources)}


class Outcome(NamedTuple):
    """What became of a job; ``waiting`` where it is to be done again, as one attempt less where that `counts`."""

    state: State
    reason: str | None
    result: dict[str, Any] | None
    counts: bool = False


def arguments_of(job: Job, setting: Setting) -> list[str]:
    """Return the arguments of the command that does a job."""
    arguments = ["--archive", setting.archive, "--json"]
    arguments.append(job.kind)
    if job.kind == "crawl" and job.asked_by == SCHEDULE:
        arguments.append("--due")
    if setting.sources_file is not None:
        arguments += ["--config", str(setting.sources_file)]
    if setting.allow_private:
        arguments.append("--allow-private")
    # A source may be called --help.
    return [*arguments, "--", (job.source if job.kind == "crawl" else job.url) or ""]


def outcome_of(job: Job, ended: Ended) -> Outcome:
    """Return what became of a job whose process has ended."""
    result = _document(ended.stdout)
    if ended.stopped is not None:
        # A crawl that took too much goes on at the next run, from where it was. One that was interrupted waits again.
        return Outcome("failed", ended.stopped, result)
    if ended.status == 0:
        return Outcome("finished", None, result)
    if ended.interrupted or ended.status == INTERRUPTED:
        return Outcome("waiting", None, None)
    if ended.status < 0:
        reason = f"its process was ended by signal {-ended.status}"
        # It may have been anybody, or too much for the machine: then it would be again.
        if job.attempts < _MOST_KILLED:
            return Outcome("waiting", reason, None, counts=True)
        return Outcome("failed", f"{reason}, and it was tried {job.attempts} times", result)
    reason = _reason(job, result) or (ended.stderr[-1] if ended.stderr else f"its process ended with {ended.status}")
    is_refused = ended.status == USAGE or (result or {}).get("outcome") == "blocked"
    # The command says whose reason it is; a job needs not be told.
    reason = reason.removeprefix("broadsheet: ").removeprefix(f"{job.source}: ")
    return Outcome("refused" if is_refused else "failed", reason, result)


def _reason(job: Job, result: dict[str, Any] | None) -> str | None:
    if job.kind == "recrawl" and result is not None:
        reason: str | None = result.get("reason")
        return reason
    return None


def _document(stdout: bytes) -> dict[str, Any] | None:
    """Return the last document that was printed: a command prints one, unless it broke off before."""
    for line in reversed(stdout.splitlines()):
        try:
            document = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(document, dict):
            return document
    return None
