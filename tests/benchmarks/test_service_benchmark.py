"""The benchmark of the service accounts for every moment of a schedule, and calls none made that was not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.service.ledger import Ledger, Span
from benchmarks.service.ledger import count as count_moments

from broadsheet.scheduler.jobs.model import Job

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def _at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def _job(planned: float, *, seconds: float = 5.0) -> Job:
    asked = _at(planned) + timedelta(seconds=4)
    return Job(
        id=f"{planned}",
        kind="crawl",
        source="paper",
        url=None,
        asked_by="schedule",
        why=None,
        asked_at=asked,
        planned_for=_at(planned),
        state="finished",
        started_at=asked,
        ended_at=asked + timedelta(seconds=seconds),
        attempts=1,
        reason=None,
        result=None,
    )


def count(jobs: list[Job], up: list[Span]) -> Ledger:
    return count_moments(jobs, up, interval=timedelta(minutes=1), put_off=timedelta(seconds=15))


def test_a_day_without_trouble_has_a_run_for_every_moment() -> None:
    ledger = count([_job(minute) for minute in range(6)], [(_at(-1), _at(5.5))])

    assert ledger == Ledger(due=6, made=6, twice=0, made_up=0, missed=0)


def test_moments_of_a_downtime_are_made_up_by_a_later_run() -> None:
    jobs = [_job(0), _job(1), _job(4), _job(5)]

    assert count(jobs, [(_at(-1), _at(1.5)), (_at(4.2), _at(5.5))]) == Ledger(
        due=6, made=4, twice=0, made_up=2, missed=0
    )


def test_moments_under_a_long_run_are_made_up_by_the_one_after_it() -> None:
    assert count([_job(0, seconds=150), _job(2)], [(_at(-1), _at(2.5))]) == Ledger(
        due=3, made=2, twice=0, made_up=1, missed=0
    )


def test_a_moment_that_nothing_came_of_is_missed_and_one_with_two_runs_made_twice() -> None:
    assert count([_job(0), _job(2), _job(2)], [(_at(-1), _at(3.5))]) == Ledger(
        due=4, made=2, twice=1, made_up=0, missed=2
    )
