"""Whatever happens in whatever order, every URL ends in one place, nothing is missed and nothing done twice."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path

from frontiers.machine import Machine, url_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from broadsheet.crawler.frontier.schema import visits

_PAGES = 40


def _links(url: str) -> list[int]:
    """Where a page leads to: from the first, every other can be reached."""
    number = int(url.rpartition("/")[2])
    return [link for link in (2 * number + 1, 2 * number + 2, number // 2) if link < _PAGES]


class Crawl(RuleBasedStateMachine):
    """A crawl of a site of 40 pages, whose process is killed again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        # In PostgreSQL all examples share one database, and each is another archive.
        self.machine = Machine(self.directory, secrets.token_hex(8))
        self.machine.discover([0])
        self.machine.run.flush()
        self.under_way: list[str] = []
        self.published: set[str] = set()
        self.ended: set[str] = set()

    def teardown(self) -> None:
        self._crawl_to_the_end()
        self.machine.__exit__()
        shutil.rmtree(self.directory)

    @rule(most=st.integers(1, 5))
    def lease(self, most: int) -> None:
        leased = self.machine.lease(most)
        assert not self.published.intersection(leased), "fetched again after its publication"
        assert not set(self.under_way).intersection(leased), "leased twice at a time"
        self.under_way += leased

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        url = self._take(data)
        at = self.machine.capture(url)
        self.machine.discover(_links(url), depth=1)
        self.machine.run.answered(url, at)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def capture_and_read_it_later(self, data: st.DataObject) -> None:
        self.machine.capture(data.draw(st.sampled_from(self.under_way)), "failed")

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), how=st.sampled_from(["fail", "skip", "release"]))
    def end(self, data: st.DataObject, how: str) -> None:
        url = self._take(data)
        if how == "fail":
            self.machine.run.fail(url, "connection refused")
        elif how == "skip":
            self.machine.run.skip(url, "robots")
        else:
            self.machine.run.release(url)

    @rule()
    def publish(self) -> None:
        self.published |= {answer.filed_as for answer in self.machine.captured if answer.outcome == "new"}
        self.machine.publish()

    @rule()
    def flush(self) -> None:
        self.machine.run.flush()

    @rule()
    def kill(self) -> None:
        self.machine.kill()
        for visit, url, at in self.machine.run.unfollowed():
            self.machine.discover(_links(url), depth=1)
            self.machine.run.answered(visit.url, at)
        self.under_way = []

    @invariant()
    def the_sum_holds(self) -> None:
        self.machine.run.flush()
        counted = self.machine.coverage()
        with self.machine.database.reading() as connection:
            rows = connection.execute(visits.select().where(visits.c.run == self.machine.run.number)).all()
        assert counted.discovered == len(rows) == self.machine.run.discovered
        found = {row.url for row in rows}
        for row in rows:
            if row.state in ("answered", "done") and row.outcome in (None, "new"):
                assert {url_of(link) for link in _links(row.url)} <= found, "what a page led to is not there"

    def _take(self, data: st.DataObject) -> str:
        url: str = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(url)
        return url

    def _crawl_to_the_end(self) -> None:
        self.machine.kill()
        for visit, url, at in self.machine.run.unfollowed():
            self.machine.discover(_links(url), depth=1)
            self.machine.run.answered(visit.url, at)
        while leased := self.machine.lease(5):
            for url in leased:
                self.machine.discover(_links(url), depth=1)
                self.machine.run.answered(url, self.machine.capture(url))
            self.machine.publish()
        self.machine.run.flush()
        found = self.machine.run.discovered
        counted = self.machine.end()
        assert counted.discovered == found
        assert set(counted.skipped) <= {"robots"}, "something was not fetched, and nothing says why"


def test_whatever_happens_the_sum_holds_and_nothing_is_missed(backend: str) -> None:
    examples = 40 if backend == "sqlite" else 10  # A transaction in PostgreSQL goes over a socket.
    run_state_machine_as_test(Crawl, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None))
