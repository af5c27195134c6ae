"""Jobs are told of for a time: not beyond a takedown of what they re-crawled, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.forgetting import KEPT_FOR, forget_jobs_of, forget_old_jobs
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def done(jobs: Jobs, job: Job | None, at: datetime) -> Job:
    worker = jobs.register()
    taken = jobs.take(worker, ("crawl", "recrawl"), now=at)
    assert taken is not None
    assert job is not None
    assert taken.id == job.id
    jobs.end(taken, worker, "finished", result={}, now=at)
    return taken


def test_of_an_article_that_is_taken_down_no_recrawl_is_left_by_any_address(jobs: Jobs, database: Database) -> None:
    done(jobs, jobs.ask("recrawl", source=None, url="https://x.example/a", asked_by="ann", now=NOON), NOON)
    other = jobs.ask("recrawl", source=None, url="https://x.example/b", asked_by="ann", now=NOON)
    jobs.ask("recrawl", source=None, url="https://x.example/a", asked_by="ann", now=NOON)

    forget_jobs_of(database, "http://www.x.example/a")

    assert [job.id for job in jobs.newest()] == [other.id]


def test_what_ended_long_ago_is_forgotten_but_not_the_last_moment_planned(jobs: Jobs, database: Database) -> None:
    for day in range(3):
        at = NOON + timedelta(days=day)
        done(jobs, jobs.plan("yearly", at, now=at), at)
    done(jobs, jobs.ask("crawl", source="yearly", asked_by="ann", idempotency_key="k", now=NOON), NOON)
    waiting = jobs.ask("crawl", source="paper", asked_by="ann", now=NOON)
    last = NOON + timedelta(days=2)

    forget_old_jobs(database, NOON + KEPT_FOR)
    assert len(jobs.newest()) == 5

    forget_old_jobs(database, last + KEPT_FOR + timedelta(days=1))
    assert {(job.source, job.planned_for, job.state) for job in jobs.newest()} == {
        ("yearly", last, "finished"),
        ("paper", None, waiting.state),
    }
    assert jobs.last_planned("yearly") == last
    assert jobs.plan("yearly", last) is None
