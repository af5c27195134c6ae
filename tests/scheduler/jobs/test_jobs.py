"""Jobs: asked for, taken in their order, ended once, put back where their worker is gone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.jobs import HELD_FOR, Jobs
from broadsheet.scheduler.jobs.model import Job, Kind
from broadsheet.scheduler.jobs.schema import SERVICE

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALL: tuple[Kind, ...] = ("crawl", "recrawl")
CRAWL: tuple[Kind, ...] = ("crawl",)
RECRAWL: tuple[Kind, ...] = ("recrawl",)


def test_a_job_is_what_was_asked_for_and_ends_with_what_it_came_to(jobs: Jobs) -> None:
    asked = jobs.ask("recrawl", source="paper", url="http://x.example/a", asked_by="ann", why="a tip", now=NOON)
    worker = jobs.register()

    taken = jobs.take(worker, ALL, now=NOON)
    assert taken is not None
    assert jobs.end(taken, worker, "finished", result={"outcome": "changed"}, now=NOON + timedelta(seconds=2))

    job = jobs.get(asked.id)
    assert job is not None
    assert (job.kind, job.source, job.url, job.asked_by, job.why) == (
        *("recrawl", "paper", "http://x.example/a", "ann", "a tip"),
    )
    assert (job.state, job.attempts, job.result) == ("finished", 1, {"outcome": "changed"})
    assert (job.asked_at, job.started_at, job.ended_at) == (NOON, NOON, NOON + timedelta(seconds=2))
    assert jobs.take(worker, ALL) is None


def test_whoever_asks_twice_with_one_key_has_one_job(jobs: Jobs) -> None:
    first = jobs.ask("crawl", source="paper", asked_by="ann", idempotency_key="k1")

    assert jobs.ask("crawl", source="paper", asked_by="ann", idempotency_key="k1") == first
    assert jobs.ask("crawl", source="paper", asked_by="bob", idempotency_key="k1") != first
    assert jobs.ask("crawl", source="paper", asked_by="ann") != first
    assert len(jobs.newest()) == 3


def test_a_source_is_known_since_it_was_first_asked_for(jobs: Jobs, database: Database) -> None:
    assert jobs.known_since("paper", now=NOON) == NOON
    assert jobs.known_since("paper", now=NOON + timedelta(days=1)) == NOON
    assert Jobs(database).known_since("paper", now=NOON + timedelta(days=2)) == NOON
    assert jobs.known_since("gazette", now=NOON + timedelta(days=1)) == NOON + timedelta(days=1)


def test_a_moment_of_the_schedule_is_planned_once(jobs: Jobs) -> None:
    assert jobs.plan("paper", NOON) is not None
    assert jobs.plan("paper", NOON.astimezone()) is None
    assert jobs.plan("gazette", NOON) is not None
    assert jobs.plan("paper", NOON + timedelta(minutes=15)) is not None
    assert jobs.last_planned("paper") == NOON + timedelta(minutes=15)
    assert jobs.last_planned("times") is None


def test_recrawls_go_first_then_what_was_asked_for_then_the_schedule(jobs: Jobs) -> None:
    jobs.plan("planned", NOON, now=NOON)
    jobs.ask("crawl", source="asked", asked_by="ann", now=NOON + timedelta(seconds=1))
    jobs.ask("recrawl", source=None, url="http://x.example/", asked_by="ann", now=NOON + timedelta(seconds=2))
    worker = jobs.register()

    taken = [jobs.take(worker, ALL) for _ in range(3)]

    assert [job and (job.source or job.url) for job in taken] == ["http://x.example/", "asked", "planned"]


def test_a_source_has_one_crawl_at_a_time_and_is_recrawled_beside_it(jobs: Jobs) -> None:
    jobs.ask("crawl", source="paper", asked_by="ann")
    jobs.ask("crawl", source="paper", asked_by="ann")
    jobs.ask("recrawl", source="paper", url="http://x.example/", asked_by="ann")
    worker = jobs.register()

    first = jobs.take(worker, CRAWL)
    assert first is not None
    assert jobs.is_under_way("paper")
    assert jobs.take(worker, CRAWL) is None
    assert jobs.take(worker, RECRAWL) is not None
    assert jobs.end(first, worker, "failed", reason="no route")
    assert jobs.take(worker, CRAWL) is not None


def test_a_job_that_is_given_back_was_never_begun(jobs: Jobs) -> None:
    jobs.ask("crawl", source="paper", asked_by="ann")
    worker = jobs.register()
    first = jobs.take(worker, ALL)
    assert first is not None

    assert jobs.end(first, worker, "waiting")

    again = jobs.take(worker, ALL)
    assert again is not None
    assert (again.id, again.attempts, again.ended_at) == (first.id, 1, None)


def test_jobs_of_a_worker_that_is_heard_of_no_more_are_done_once_more(jobs: Jobs) -> None:
    jobs.ask("crawl", source="paper", asked_by="ann")
    gone = "f" * 32  # of another machine: there is no lock of it here

    first = jobs.take(gone, ALL, now=NOON)
    assert first is not None
    jobs.renew(gone, now=NOON + HELD_FOR / 2)
    assert jobs.put_back_lost(now=NOON + HELD_FOR) == []
    (back,) = jobs.put_back_lost(now=NOON + HELD_FOR * 2)
    assert (back.state, back.attempts) == ("waiting", 1)
    assert not jobs.end(first, gone, "finished"), "it is another's by now"

    again = jobs.take(gone, ALL, now=NOON + HELD_FOR * 2)
    assert again is not None, "it is done again at once"
    assert again.attempts == 2


def test_a_job_that_is_lost_again_and_again_rests_in_between_and_has_failed_after_the_tenth_time(
    database: Database, jobs: Jobs
) -> None:
    jobs.ask("recrawl", source="paper", url="http://x.example/", asked_by="ann")
    gone, now = "f" * 32, NOON
    for seconds in (0, 0, 8, 16, 32, 64, 128, 256, 300, 300):
        rest = timedelta(seconds=seconds)
        assert not rest or jobs.take(gone, ALL, now=now + rest - timedelta(seconds=1)) is None
        assert jobs.take(gone, ALL, now=now + rest) is not None
        now += rest + HELD_FOR * 2
        (back,) = jobs.put_back_lost(now=now)
        assert back.has_ended == (back.attempts == 10)

    assert (back.state, back.attempts) == ("failed", 10)
    assert back.reason is not None
    assert "ask again" in back.reason
    assert jobs.take(gone, ALL, now=now + HELD_FOR * 10) is None
    assert not Jobs(database).is_under_way("paper")


def test_a_job_whose_rest_was_planned_before_the_clock_was_set_back_does_not_wait_for_it(jobs: Jobs) -> None:
    jobs.ask("crawl", source="paper", asked_by="ann")
    gone = "f" * 32
    for now in (NOON, NOON + timedelta(hours=1)):
        assert jobs.take(gone, ALL, now=now) is not None
        jobs.put_back_lost(now=now + HELD_FOR * 2)

    assert jobs.take(gone, ALL, now=NOON + timedelta(hours=1, minutes=2)) is None, "it rests"
    assert jobs.take(gone, ALL, now=NOON) is not None


def test_a_job_that_is_to_be_tried_once_more_counts_as_tried(jobs: Jobs) -> None:
    jobs.ask("crawl", source="paper", asked_by="ann")
    worker = jobs.register()
    first = jobs.take(worker, ALL)
    assert first is not None
    assert jobs.end(first, worker, "waiting", reason="its process was killed", counts=True)

    again = jobs.take(worker, ALL)
    assert again is not None
    assert (again.id, again.attempts) == (first.id, 2)


def test_all_jobs_of_a_killed_process_of_this_machine_are_put_back_at_once(jobs: Jobs, database: Database) -> None:
    for source in ("paper", "gazette"):
        jobs.ask("crawl", source=source, asked_by="ann")
    script = (
        "import sys; from pathlib import Path\n"
        "from broadsheet.crawler.frontier.database import Database\n"
        "from broadsheet.scheduler.jobs.jobs import Jobs\n"
        "from broadsheet.scheduler.jobs.schema import SERVICE\n"
        "jobs = Jobs(Database(Path(sys.argv[1]), sys.argv[2], SERVICE)); worker = jobs.register()\n"
        "assert jobs.take(worker, ['crawl']) and jobs.take(worker, ['crawl'])\n"
        "print('taken', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(database.directory), str(database.directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"taken\n"
        assert jobs.put_back_lost() == []
        an_hour_ahead = datetime.now(UTC) + timedelta(hours=1)
        assert jobs.put_back_lost(now=an_hour_ahead) == [], "it lives, whatever the clock is set to"
        process.kill()

    assert {job.source for job in jobs.put_back_lost()} == {"paper", "gazette"}


def test_pages_of_jobs_follow_one_another(jobs: Jobs) -> None:
    ids = [
        jobs.ask("crawl", source="paper", asked_by="ann", now=NOON + timedelta(seconds=number)).id
        for number in range(5)
    ]
    jobs.ask("crawl", source="gazette", asked_by="ann", now=NOON + timedelta(seconds=9))

    first = jobs.newest(source="paper", limit=3)
    second = jobs.newest(source="paper", limit=3, before=first[-1].id)

    assert [job.id for job in [*first, *second]] == ids[::-1]
    assert jobs.newest(states=["running"]) == []


def test_no_job_is_taken_twice_by_workers_that_take_at_once(jobs: Jobs) -> None:
    for number in range(20):
        jobs.ask("crawl", source=f"paper-{number % 10}", asked_by="ann")
    taken: list[str] = []

    def work() -> None:
        worker = jobs.register()
        while (job := jobs.take(worker, ALL)) is not None:
            taken.append(job.id)
            assert jobs.end(job, worker, "finished")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(set(taken))
    assert Counter(job.state for job in jobs.newest()) == {"finished": 20}


class Lives(RuleBasedStateMachine):
    """Whatever is asked, taken, ended, and whoever dies: each job ends once, and a source has one crawl at a time."""

    taken = Bundle("taken")

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.directory.name), "", SERVICE)
        self.jobs = Jobs(self.database)
        self.now = NOON
        self.ended: Counter[str] = Counter()

    @rule(source=st.sampled_from("ab"), kind=st.sampled_from(ALL))
    def ask(self, source: str, kind: Kind) -> None:
        if kind == "crawl":
            self.jobs.ask("crawl", source=source, asked_by="ann", now=self.now)
        else:
            self.jobs.ask("recrawl", source=source, url="http://x.example/", asked_by="ann", now=self.now)

    @rule(source=st.sampled_from("ab"), minute=st.integers(0, 3))
    def plan(self, source: str, minute: int) -> None:
        self.jobs.plan(source, NOON + timedelta(minutes=minute), now=self.now)

    @rule(target=taken, worker=st.sampled_from(["1" * 32, "2" * 32]))
    def take(self, worker: str) -> tuple[Job | None, str]:
        return self.jobs.take(worker, ALL, now=self.now), worker

    @rule(of=taken, state=st.sampled_from(["finished", "failed", "refused", "waiting"]))
    def end(self, of: tuple[Job | None, str], state: str) -> None:
        job, worker = of
        if job is not None and self.jobs.end(job, worker, state, now=self.now) and state != "waiting":  # type: ignore[arg-type]
            self.ended[job.id] += 1

    @rule(worker=st.sampled_from(["1" * 32, "2" * 32]))
    def live(self, worker: str) -> None:
        self.jobs.renew(worker, now=self.now)

    @rule(seconds=st.integers(1, 100))
    def let_time_pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for job in self.jobs.put_back_lost(now=self.now):
            self.ended[job.id] += job.has_ended

    @invariant()
    def _holds(self) -> None:
        if not hasattr(self, "jobs"):
            return
        found = self.jobs.newest(limit=1000)
        running = Counter(job.source for job in found if job.state == "running" and job.kind == "crawl")
        assert all(count == 1 for count in running.values())
        assert all(count <= 1 for count in self.ended.values())
        assert {job.id for job in found if job.has_ended} == {of for of, count in self.ended.items() if count}
        assert all(job.attempts <= 10 for job in found)
        planned = [(job.source, job.planned_for) for job in found if job.planned_for]
        assert len(planned) == len(set(planned))

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.directory.cleanup()


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
