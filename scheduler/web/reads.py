"""What the API reads: the same answers as the commands of the same names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from broadsheet.crawler.run_outcome import RunOutcome
from broadsheet.scheduler import answers
from broadsheet.scheduler.alarms.notices import Kind as Alarm
from broadsheet.scheduler.answers import Comparison, NumberedSnapshot
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import ENDED, Job, Kind, State
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.web import version_pages
from broadsheet.scheduler.web.endpoints import NoQuery, Read, given
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.queries import Number, UrlQuery
from broadsheet.scheduler.web.version_pages import VersionsPage, VersionsQuery
from broadsheet.storage.chains.changes import Change

# PostgreSQL holds no zero characters.
NO_ZERO = "^[^\\u0000]*$"
_JOB_ID = "^[0-9a-f]{32}$"
_DEFAULT_LIMIT = 100
_MOST = 1_000
# Crawls one behind another to which nothing was due.
_MOST_IDLE = 50

Moment = Annotated[
    str, Meta(description="A time in ISO 8601, UTC where it has no zone; of a day its end.", examples=["2026-11-22"])
]


class SnapshotQuery(UrlQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version of an article; the latest where neither number nor time is given."""

    version: Number | UnsetType = UNSET
    at: Moment | UnsetType = UNSET


class DiffQuery(UrlQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which versions; `to` is by default the latest, `from` the one before it."""

    before: Number | UnsetType = field(default=UNSET, name="from")
    after: Number | UnsetType = field(default=UNSET, name="to")


class ChangesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on, and how many."""

    since: Annotated[str, Meta(description="`next` of an earlier page; empty for the beginning.")] = ""
    limit: Annotated[int, Meta(description="How many changes at most.", ge=1, le=_MOST)] = _DEFAULT_LIMIT


class ChangesPage(Struct, frozen=True, kw_only=True):
    """A page of the change feed.

    Attributes:
        changes: The changes, in the order of publication.
        next: The cursor to go on from; where there is no more now, from here later.
        more: Whether there is more already.
    """

    changes: list[Change]
    next: str
    more: bool


class SourceState(Struct, frozen=True, kw_only=True):
    """A source as it is configured, and how it fares.

    Attributes:
        name: Its name.
        home: Where its crawls start.
        schedule: When it is crawled by itself, as the sources file has it; null where it is not.
        next_run: When that will be next, as far as is known now.
        alarms: What is wrong with it: ``silent``, ``failing``, ``extraction``, ``paywall``, ``endless``.
        last_crawl: The crawl of it that was asked for or planned last, whatever became of it; null where there is none.
        last_outcome: What the last crawl of it that has ended came to: ``finished``, ``partial`` or ``failed``; null
            where none has. One to which nothing was due is passed over, and ``idle`` where there is no other.
    """

    name: str
    home: str
    schedule: str | None
    next_run: datetime | None
    alarms: list[Alarm]
    last_crawl: Job | None
    last_outcome: RunOutcome | None


class Sources(Struct, frozen=True, kw_only=True):
    """All sources, by name.

    Attributes:
        sources: How each fares.
        alarms: What is wrong with the service itself: ``store``, ``disk``.
    """

    sources: list[SourceState]
    alarms: list[Alarm]


class JobsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which jobs, and how many."""

    source: Annotated[str, Meta(description="Only of this source.", max_length=200, pattern=NO_ZERO)] | UnsetType = (
        UNSET
    )
    state: Annotated[State, Meta(description="Only in this state.")] | UnsetType = UNSET
    kind: Annotated[Kind, Meta(description="Only of this kind.")] | UnsetType = UNSET
    before: Annotated[str, Meta(description="`next` of an earlier page.", pattern=_JOB_ID)] | UnsetType = UNSET
    limit: Annotated[int, Meta(description="How many jobs at most.", ge=1, le=_MOST)] = _DEFAULT_LIMIT


class JobQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which job."""

    id: Annotated[str, Meta(description="Its id.", pattern=_JOB_ID)]


class JobsPage(Struct, frozen=True, kw_only=True):
    """A page of jobs, the one asked for last first.

    Attributes:
        jobs: The jobs.
        next: What to ask for as `before` for the page that follows; null at the end.
    """

    jobs: list[Job]
    next: str | None


def _versions(parts: Parts, query: VersionsQuery) -> VersionsPage:
    return version_pages.page(parts, query)


def _snapshot(parts: Parts, query: SnapshotQuery) -> NumberedSnapshot:
    if query.version is not UNSET and query.at is not UNSET:
        raise ProblemError(400, "bad_request", "version and at exclude each other")
    at = given(query.at)
    when = answers.parse_moment(at) if at is not None else None
    return answers.numbered(answers.select(parts.archive(), query.url, number=given(query.version), when=when))


def _diff(parts: Parts, query: DiffQuery) -> Comparison:
    return answers.compare(parts.archive(), query.url, given(query.before), given(query.after))


def _changes(parts: Parts, query: ChangesQuery) -> ChangesPage:
    changes = parts.archive().changes(query.since or None)
    page = list(islice(changes, query.limit))
    behind_page = changes.cursor
    more = next(changes, None) is not None
    # At the end it is behind publications without changes too.
    return ChangesPage(changes=page, next=behind_page if more else changes.cursor, more=more)


def sources(parts: Parts, _query: NoQuery) -> Sources:
    """Return all sources, and how each fares."""
    alarms = parts.alarms()
    return Sources(
        sources=[_state(parts, name, source, alarms.get(name, ())) for name, source in parts.sources().items()],
        alarms=list(alarms.get(None, ())),
    )


def _state(parts: Parts, name: str, source: Source, alarms: Sequence[Alarm]) -> SourceState:
    last = next(iter(_crawls(parts, name, limit=1)), None)
    return SourceState(
        name=name,
        home=source.home,
        schedule=str(source.schedule) if source.enabled else None,
        next_run=parts.next_run(name, source),
        alarms=list(alarms),
        last_crawl=last,
        last_outcome=None if last is None else _last_outcome(parts, name, last),
    )


def _last_outcome(parts: Parts, name: str, last: Job) -> RunOutcome | None:
    if last.has_ended and last.run_outcome != "idle":
        return last.run_outcome
    found = [job.run_outcome for job in _crawls(parts, name, limit=_MOST_IDLE, states=ENDED)]
    return next((outcome for outcome in found if outcome != "idle"), found[0] if found else None)


def _crawls(parts: Parts, name: str, *, limit: int, states: Collection[State] = ()) -> list[Job]:
    return [] if parts.jobs is None else parts.jobs.newest(source=name, kind="crawl", states=states, limit=limit)


def jobs(parts: Parts, query: JobsQuery) -> JobsPage:
    """Return a page of jobs."""
    found = jobs_of(parts).newest(
        source=given(query.source),
        states=() if isinstance(query.state, UnsetType) else (query.state,),
        kind=given(query.kind),
        before=given(query.before),
        limit=query.limit + 1,
    )
    page = found[: query.limit]
    return JobsPage(jobs=page, next=page[-1].id if len(found) > len(page) else None)


def job(parts: Parts, query: JobQuery) -> Job:
    """Return one job."""
    found = jobs_of(parts).get(query.id)
    if found is None:
        raise ProblemError(404, "not_found", f"there is no job {query.id}")
    return found


def jobs_of(parts: Parts) -> Jobs:
    """Return the jobs.

    Raises:
        ProblemError: There are none in this process.
    """
    if parts.jobs is None:
        raise ProblemError(503, "no_jobs", "this process only reads: it has no jobs")
    return parts.jobs


def _of_article(
    path: str, summary: str, query: type[Struct], answer: type[Struct], find: Callable[..., Struct]
) -> Read:
    return Read(path=path, summary=summary, query=query, answer=answer, find=find, errors=(404, 451, 502, 503))


READS = (
    _of_article(
        "/api/versions",
        "Every version of an article, oldest first, with the unchanged checks between them, page by page.",
        VersionsQuery,
        VersionsPage,
        _versions,
    ),
    _of_article(
        "/api/snapshot",
        "One version of an article: by its number, as of a time, or the latest.",
        SnapshotQuery,
        NumberedSnapshot,
        _snapshot,
    ),
    _of_article(
        "/api/diff", "What changed between two versions of an article, word by word.", DiffQuery, Comparison, _diff
    ),
    Read(
        path="/api/changes",
        summary="The change feed of the archive in the order of publication, page by page.",
        query=ChangesQuery,
        answer=ChangesPage,
        find=_changes,
        errors=(502, 503),
        scans=True,
    ),
    Read(path="/api/sources", summary="The sources.", query=NoQuery, answer=Sources, find=sources, errors=(503,)),
    Read(
        path="/api/jobs",
        summary="The jobs, the one asked for last first, page by page.",
        query=JobsQuery,
        answer=JobsPage,
        find=jobs,
        errors=(503,),
    ),
    Read(path="/api/jobs/{id}", summary="One job.", query=JobQuery, answer=Job, find=job, errors=(404, 503)),
)
