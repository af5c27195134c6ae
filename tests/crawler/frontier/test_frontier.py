"""What a crawl has discovered and what became of it outlives its process, in either database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from frontiers.machine import JOB, Machine, url_of
from sqlalchemy import select

from broadsheet.crawler.errors import FrontierError
from broadsheet.crawler.frontier.due import Due
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.frontier.schema import runs
from broadsheet.crawler.frontier.turns import Turn
from broadsheet.crawler.frontier.visits import Visit
from broadsheet.storage.model import Hints


@pytest.fixture
def machine(tmp_path: Path, backend: str) -> Iterator[Machine]:
    """A machine with a run that has just begun, on each of the databases."""
    with Machine(tmp_path / backend, secrets.token_hex(8)) as machine:
        yield machine


def test_a_url_is_discovered_once_however_it_is_spelled(machine: Machine) -> None:
    spellings = ["http://site.example/1", "https://www.site.example/1?utm_source=feed"]
    new = machine.run.unseen(spellings, too_deep=False)
    assert new == spellings[:1]
    machine.run.add(Visit(url=new[0]))
    assert machine.run.unseen(spellings, too_deep=False) == []
    machine.run.flush()
    machine.kill()
    assert machine.run.unseen(spellings, too_deep=False) == []


def test_the_fewest_links_away_are_leased_first_and_then_the_first_discovered(machine: Machine) -> None:
    machine.discover([5, 4], depth=1)
    machine.discover([3], depth=0)
    machine.discover([2], depth=1)
    assert machine.lease(3) == [url_of(3), url_of(5), url_of(4)]
    assert machine.lease(3) == [url_of(2)]
    assert machine.run.waiting_sites == []


def test_what_was_said_of_a_url_travels_with_it(machine: Machine) -> None:
    said = Visit(
        url=url_of(1), kind="feed", depth=2, hops=3, via=url_of(0), hints=Hints(title="The harbour", authors=["A"])
    )
    assert machine.run.unseen([said.url], too_deep=False)
    machine.run.add(said)
    assert machine.run.lease("site.example", Turn(most=1)) == [said]


def test_a_killed_process_leaves_its_leases_to_the_next(machine: Machine) -> None:
    machine.discover([1, 2, 3])
    assert machine.lease(2) == [url_of(1), url_of(2)]
    machine.kill()
    assert machine.run.resumed
    assert machine.run.discovered == 3
    assert machine.lease(3) == [url_of(1), url_of(2), url_of(3)]


def test_what_was_read_and_published_is_done_also_where_the_process_was_killed_in_between(machine: Machine) -> None:
    machine.discover([1, 2])
    for url in machine.lease(2):
        at = machine.capture(url)
        machine.discover([3], depth=1)
        machine.run.answered(url, at)
    machine.run.flush()
    machine.kill()
    assert machine.coverage().outcomes["new"] == 2
    assert machine.lease(3) == [url_of(3)]


def test_what_was_read_and_whose_capture_is_lost_is_fetched_again(machine: Machine) -> None:
    machine.discover([1])
    (url,) = machine.lease(1)
    machine.run.answered(url, machine.capture(url))
    machine.run.flush()
    machine.captured.clear()
    machine.kill()
    assert machine.lease(1) == [url]


def test_what_was_captured_and_not_followed_is_followed_by_the_next_process(machine: Machine) -> None:
    machine.discover([1, 2])
    first, second = machine.lease(2)
    at = machine.capture(first, "unchanged")
    machine.capture(second, "failed")
    machine.kill()
    ((visit, answered_by, moment),) = machine.run.unfollowed()
    assert (visit.url, answered_by, moment) == (first, first, at)
    assert machine.lease(2) == [second], "a failure may have been the first of several tries"
    machine.discover([3], depth=1)
    machine.run.answered(visit.url, moment)
    machine.run.flush()
    assert machine.coverage().outcomes["unchanged"] == 1
    assert machine.lease(2) == [url_of(3)]


def test_an_earlier_capture_does_not_finish_what_a_later_one_answered(machine: Machine) -> None:
    machine.discover([1])
    (url,) = machine.lease(1)
    machine.capture(url, "failed")
    machine.publish()
    machine.run.answered(url, machine.capture(url, "new"))
    machine.run.flush()
    machine.publish()
    assert machine.coverage().outcomes["new"] == 1


def test_a_page_waits_for_the_publication_of_the_capture_that_was_read(machine: Machine) -> None:
    machine.discover([1])
    (url,) = machine.lease(1)
    machine.capture(url, "failed")
    earlier = list(machine.captured)
    machine.captured.clear()
    machine.run.answered(url, machine.capture(url, "new"))
    machine.captured[:] = earlier
    machine.publish()
    machine.kill()
    assert machine.lease(1) == [url], "the capture that was read is lost"


def test_a_page_that_was_cut_off_and_given_back_is_not_done_by_what_came_of_it(machine: Machine) -> None:
    machine.discover([1])
    (url,) = machine.lease(1)
    machine.capture(url, "failed")
    machine.run.release(url)
    machine.publish()
    assert machine.coverage().skipped == {"open": 1}
    assert machine.lease(1) == [url]


def test_a_batch_that_is_published_twice_counts_once(machine: Machine) -> None:
    machine.discover([1])
    (url,) = machine.lease(1)
    at = machine.capture(url)
    machine.run.answered(url, at)
    captured = list(machine.captured)
    for _ in range(2):
        machine.run.acknowledge(machine.batch, "warc/1", captured)
    standing = Frontier(machine.database).end(machine.run, "finished", unfinished="not_reached")
    assert (standing.fetched, standing.segments, standing.coverage.outcomes["new"]) == (1, ["warc/1"], 1)


def test_a_shorter_way_to_a_url_that_was_too_deep_is_taken(machine: Machine) -> None:
    machine.discover([1], depth=6, refused="max_depth")
    assert machine.discover([1], depth=6, refused="max_depth") == []
    machine.run.flush()
    assert machine.discover([1], depth=2) == [url_of(1)]
    assert machine.lease(1) == [url_of(1)]
    assert machine.run.discovered == machine.coverage().discovered == 1


def test_every_url_ends_in_one_place(machine: Machine) -> None:
    machine.discover(range(8))
    machine.discover([8], refused="offsite")
    leased = machine.lease(7)
    machine.run.answered(leased[0], machine.capture(leased[0], "not_article"))
    machine.publish()
    machine.run.fail(leased[1], "connection refused")
    machine.run.skip(leased[2], "robots", "robots.txt disallows")
    machine.run.release(leased[3])
    machine.run.answered(leased[4], machine.capture(leased[4]))
    machine.run.answered(leased[5], machine.capture(leased[5]))
    machine.run.put_off([leased[0], leased[5]])
    ended = Frontier(machine.database).end(machine.run, "interrupted", unfinished="interrupted")
    assert ended.coverage.skipped == {"interrupted": 4, "offsite": 1, "robots": 1, "unpublished": 1}
    assert {name: count for name, count in ended.coverage.outcomes.items() if count} == {"failed": 1, "not_article": 1}
    assert ended.explanations == {leased[1]: "connection refused", leased[2]: "robots.txt disallows"}
    machine.start()
    assert set(machine.lease(9)) == {url_of(7), *leased[3:7]}


def test_a_run_that_has_finished_is_not_gone_on_with(machine: Machine) -> None:
    machine.discover([1])
    assert machine.end().skipped == {"not_reached": 1}
    assert not machine.start().resumed
    assert machine.run.discovered == 0


def test_a_run_is_gone_on_with_only_by_the_same_job_and_only_where_that_is_wanted(machine: Machine) -> None:
    machine.run.holding.let_go()
    assert not machine.start(b"something else").resumed
    machine.run.holding.let_go()
    assert not machine.start(JOB, resume=False).resumed
    machine.run.holding.let_go()
    assert machine.start().resumed


def test_a_second_process_works_beside_the_first(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    machine.discover([1])
    machine.run.flush()
    frontier = Frontier(machine.database)
    beside = frontier.begin("site", JOB, frontier.cut_off("site", JOB))
    assert not beside.resumed
    assert beside.unseen([url_of(1)], too_deep=False) == [url_of(1)]
    assert "another process is crawling site" in caplog.text
    beside.holding.let_go()


def test_a_process_that_has_lost_its_run_to_another_writes_nothing_more(machine: Machine) -> None:
    lost = machine.run
    machine.kill()
    lost.add(Visit(url=url_of(1)))
    lost.holding.renew_at_once()
    with pytest.raises(FrontierError, match="another process has taken over"):
        lost.flush()
    assert machine.coverage().discovered == 0


def _due(machine: Machine, after: timedelta, most: int = 10) -> list[str]:
    return [visit.url for visit in Frontier(machine.database).due("site", datetime.now(UTC) + after, most)]


def test_what_a_run_has_found_is_remembered_and_is_due_again(machine: Machine) -> None:
    machine.discover([1, 2])
    machine.discover([3], refused="offsite")
    failing, page = machine.lease(2)
    machine.run.fail(failing, "connection refused")
    machine.run.revisits.note_published(page, datetime.now(UTC) - timedelta(days=3))
    machine.run.answered(page, machine.capture(page, at=datetime.now(UTC)))
    machine.publish()
    machine.end()
    assert _due(machine, timedelta(0)) == []
    assert _due(machine, timedelta(hours=1)) == [failing]
    assert _due(machine, timedelta(days=40)) == [failing, page]
    assert Frontier(machine.database).due("another", datetime.now(UTC) + timedelta(days=99), 10) == []


def test_what_a_robots_txt_kept_from_is_due_soon_where_it_could_only_not_be_had(machine: Machine) -> None:
    machine.discover([1, 2])
    disallowed, kept_from = machine.lease(2)
    machine.run.skip(disallowed, "robots", "robots.txt disallows")
    machine.run.skip(kept_from, "robots", "robots.txt unreachable (HTTP 503)")
    machine.end()
    assert set(_due(machine, timedelta(hours=25))) == {disallowed, kept_from}
    for minutes in (1, 2, 4, 8, 15, 15):
        assert _due(machine, timedelta(minutes=minutes - 0.5)) == [], "it is left alone ever longer"
        assert _due(machine, timedelta(minutes=minutes + 0.5)) == [kept_from]
        machine.start()
        machine.discover([2])
        (again,) = machine.lease(1)
        machine.run.skip(again, "robots", "robots.txt unreachable (HTTP 503)")
        machine.end()


@pytest.mark.parametrize("came", [True, False])
def test_where_a_source_begins_is_looked_at_soon_once_nothing_could_be_had_of_what_was_due(
    machine: Machine, *, came: bool
) -> None:
    (home,) = machine.discover([1])
    machine.discover([2, 3], depth=1)
    for url in machine.lease(3):
        machine.run.answered(url, machine.capture(url, "not_article", at=datetime.now(UTC)))
    machine.publish()
    machine.end()
    assert home not in _due(machine, timedelta(minutes=2))
    machine.start()
    machine.discover([1], refused="not_due")
    machine.discover([2, 3], depth=1)
    failing, page = machine.lease(2)
    machine.run.fail(failing, "connection refused")
    if came:
        machine.run.answered(page, machine.capture(page, "not_article", at=datetime.now(UTC)))
        machine.publish()
    else:
        machine.run.fail(page, "connection refused")
    machine.end()
    assert (home in _due(machine, timedelta(minutes=2))) is not came
    assert home not in _due(machine, timedelta(seconds=30))


def test_an_article_that_was_just_published_is_due_before_an_old_one(machine: Machine) -> None:
    machine.discover([1, 2])
    old, fresh = machine.lease(2)
    now = datetime.now(UTC)
    for url, published in ((old, now - timedelta(days=300)), (fresh, now)):
        machine.run.revisits.note_published(url, published)
        machine.run.answered(url, machine.capture(url, at=now))
    machine.publish()
    machine.end()
    assert _due(machine, timedelta(days=1)) == [fresh]
    assert _due(machine, timedelta(days=60)) == [fresh, old], "the one of which most is expected comes first"
    assert _due(machine, timedelta(days=60), most=1) == [fresh]


def test_a_removal_is_looked_at_once_more_soon(machine: Machine) -> None:
    now = datetime.now(UTC)
    for outcome in ("new", "gone"):
        machine.discover([1])
        (url,) = machine.lease(1)
        machine.run.revisits.note_published(url, now - timedelta(days=300))
        machine.run.answered(url, machine.capture(url, outcome, at=now))
        machine.publish()
        machine.end()
        machine.start()
    assert _due(machine, timedelta(minutes=20)) == [url]


def test_what_a_run_passed_over_stays_due_as_it_was(machine: Machine) -> None:
    machine.discover([1])
    (url,) = machine.lease(1)
    machine.run.answered(url, machine.capture(url, at=datetime.now(UTC)))
    machine.publish()
    machine.end()
    before = Frontier(machine.database).next_due("site", datetime.now(UTC))
    machine.start()
    machine.discover([1], refused="not_due")
    machine.end()
    assert Frontier(machine.database).next_due("site", datetime.now(UTC)) == before
    assert before.next_at is not None
    assert before.pages == 0


def test_a_source_that_was_never_crawled_has_no_next_moment(machine: Machine) -> None:
    assert Frontier(machine.database).next_due("site", datetime.now(UTC)) == Due(next_at=None, pages=0)


def test_a_budget_puts_off_the_next_crawl_and_grows_until_then(machine: Machine) -> None:
    machine.discover(range(1, 6))
    for url in machine.lease(5):
        machine.run.fail(url, "connection refused")
    machine.publish()
    machine.end()
    frontier, now = Frontier(machine.database), datetime.now(UTC)
    unlimited = frontier.next_due("site", now)
    limited = frontier.next_due("site", now, requests_per_hour=2)
    assert unlimited.next_at is not None
    assert limited.next_at is not None
    assert limited.next_at >= unlimited.next_at + timedelta(minutes=10)
    run = machine.start()
    allowed = [run.revisits.allowance(now + timedelta(minutes=minutes), 12) for minutes in (0, 11, 31, 120)]
    assert allowed == [0, 2, 6, 12]


def test_a_run_that_nobody_went_on_with_for_a_day_is_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.discover([1])
    machine.run.flush()
    machine.run.holding.let_go()
    monkeypatch.setattr("broadsheet.crawler.frontier.runs._RESUMED_FOR", timedelta(days=-1))
    assert not machine.start().resumed
    later = datetime.now(UTC) + timedelta(minutes=5)
    assert [visit.url for visit in Frontier(machine.database).due("site", later, 10)] == [url_of(1)]


def test_two_archives_in_one_database_know_nothing_of_each_other(machine: Machine, tmp_path: Path) -> None:
    machine.discover([1])
    machine.run.flush()
    machine.run.holding.let_go()
    with Machine(tmp_path / "other", secrets.token_hex(8)) as other:
        assert not other.run.resumed
        assert other.discover([1]) == [url_of(1)]


def test_of_what_is_as_many_links_away_the_latest_is_leased_first_and_what_waits_for_all_others_last(
    machine: Machine,
) -> None:
    said = {
        1: Hints(published="2026-01-02T03:04:05Z"),
        2: Hints(modified="2026-05-06", published="2025-01-01"),
        3: None,
        4: Hints(published="Thu, 01 Jan 2026 00:00:00 GMT"),
        5: Hints(modified="2999-01-01"),
    }
    for number, hints in said.items():
        machine.run.unseen([url_of(number)], too_deep=False)
        machine.run.add(Visit(url=url_of(number), hints=hints))
    machine.run.unseen([url_of(6)], too_deep=False)
    machine.run.add(Visit(url=url_of(6), later=True))
    assert machine.lease(9) == [url_of(number) for number in (2, 1, 4, 3, 5)]
    assert machine.lease(9) == [url_of(6)]
    assert machine.lease(9) == []


def test_runs_that_ended_long_ago_are_dropped_and_what_they_found_is_not(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.discover([1])
    machine.end()
    first = machine.start().number
    machine.end()
    second = machine.start().number
    monkeypatch.setattr("broadsheet.crawler.frontier.runs._KEPT_FOR", timedelta(days=-1))

    third = machine.start(b"another job").number

    with machine.database.reading() as connection:
        kept = connection.scalars(select(runs.c.id).where(runs.c.id >= first)).all()
    assert sorted(kept) == [second, third], "what has not ended stays"
    later = datetime.now(UTC) + timedelta(minutes=5)
    assert [visit.url for visit in Frontier(machine.database).due("site", later, 10)] == [url_of(1)]
