"""What jobs came to is added up: each once, in the transaction that ends it, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.forgetting import forget_old_jobs
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Kind, State

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
RUN = {"started_at": "2026-06-01T10:00:00Z", "outcome": "partial", "seconds": 10.0, "fetched": 4}


def end(jobs: Jobs, state: State, result: Mapping[str, Any] | None, *, kind: Kind = "crawl", minutes: int = 0) -> None:
    """Have a job end some time after noon."""
    worker, now = jobs.register(), NOON + timedelta(minutes=minutes)
    url = "https://news.example/a" if kind == "recrawl" else None
    jobs.ask(kind, source="paper", url=url, asked_by="somebody", now=now)
    job = jobs.take(worker, [kind], now=now)
    assert job
    assert jobs.end(job, worker, state, result=None if result is None else dict(result), now=now)


def sums(jobs: Jobs) -> dict[str, float]:
    return {count.name: count.value for count in jobs.counts.read() if count.source == "paper"}


def test_sums_stay_when_jobs_are_forgotten_and_the_service_starts_anew(database: Database, jobs: Jobs) -> None:
    end(jobs, "finished", {"outcome": "finished", "outcomes": {"new": 3, "failed": 0}, "skipped": {"robots": 2}})
    end(jobs, "finished", {"outcome": "changed"}, kind="recrawl", minutes=1)
    forget_old_jobs(database, NOON + timedelta(days=200))
    assert jobs.newest() == []
    expected = {
        "ended.crawl.finished": 1,
        "ended.recrawl.finished": 1,
        "crawls.finished": 1,
        "outcomes.new": 3,
        "outcomes.changed": 1,
        "skipped.robots": 2,
        "fetched": 0,
        "crawl_seconds": 0,
        "last_success": NOON.timestamp(),
    }
    assert sums(Jobs(database)) == expected


def test_a_crawl_to_which_nothing_was_due_is_no_success(jobs: Jobs) -> None:
    end(jobs, "finished", {"outcome": "partial"})
    end(jobs, "finished", {"outcome": "idle"}, minutes=1)
    end(jobs, "failed", {"outcome": "failed", "put_off_until": "2026-11-26T13:00:00Z"}, minutes=2)
    assert sums(jobs)["last_success"] == NOON.timestamp()
    assert [sums(jobs).get(f"crawls.{outcome}", 0) for outcome in ("partial", "idle", "failed")] == [1, 2, 0]


def test_a_run_that_broke_off_and_was_gone_on_with_is_counted_once(jobs: Jobs) -> None:
    end(jobs, "failed", RUN | {"outcomes": {"new": 3}, "skipped": {"unpublished": 5}})
    end(jobs, "finished", RUN | {"outcomes": {"new": 7}, "seconds": 25.0, "fetched": 9}, minutes=1)
    end(jobs, "finished", RUN | {"outcomes": {"new": 1}, "started_at": "2026-06-01T13:00:00Z"}, minutes=2)
    found = sums(jobs)
    assert (found["outcomes.new"], found["fetched"], found["crawl_seconds"]) == (8, 13, 35.0)
    assert (found["crawls.partial"], found["ended.crawl.failed"], found["ended.crawl.finished"]) == (3, 1, 2)


def test_a_job_that_is_lost_again_and_again_is_counted_once_when_it_has_failed(
    jobs: Jobs,
) -> None:
    jobs.ask("crawl", source="paper", asked_by="somebody", now=NOON)
    for number in range(10):
        begun = NOON + number * timedelta(minutes=10)
        assert jobs.take(f"{number}".zfill(32), ["crawl"], now=begun)
        assert jobs.put_back_lost(now=begun + timedelta(minutes=2))
    assert sums(jobs) == {"ended.crawl.failed": 1, "crawls.failed": 1, "fetched": 0, "crawl_seconds": 0}


def test_what_a_broken_child_says_becomes_no_name(jobs: Jobs) -> None:
    end(jobs, "finished", {"outcomes": {"<script>": 1, "x" * 80: 1, "a.b..c": 1}})
    assert not {name for name in sums(jobs) if name.startswith("outcomes")}


def test_what_waits_and_runs_is_told_with_how_long_it_waits(jobs: Jobs) -> None:
    for minutes in range(3):
        jobs.ask("crawl", source=f"paper{minutes}", asked_by="somebody", now=NOON + timedelta(minutes=minutes))
    jobs.take(jobs.register(), ["crawl"], now=NOON + timedelta(minutes=5))
    found = jobs.counts.under_way()
    assert found.jobs == {("crawl", "waiting"): 2, ("crawl", "running"): 1}
    assert found.waits_since == {"crawl": NOON + timedelta(minutes=1)}
