"""What is told of each source: its last crawl, and what the last one that has ended came to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.web_server import Web, served

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job, State
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts


class Paper:
    """A service with one source, whose crawls come to what a test says."""

    def __init__(self, jobs: Jobs, web: Web) -> None:
        self.jobs = jobs
        self.web = web
        self._worker = jobs.register()

    def begin(self) -> Job:
        self.jobs.ask("crawl", source="paper", asked_by="somebody")
        job = self.jobs.take(self._worker, ["crawl"])
        assert job
        return job

    def end(self, job: Job, state: State, result: dict[str, Any] | None) -> None:
        assert self.jobs.end(job, self._worker, state, result=result)

    @property
    def state(self) -> dict[str, Any]:
        (only,) = self.web.get("/api/sources").document["sources"]
        found: dict[str, Any] = only
        return found


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Paper]:
    """A source that was never crawled."""
    sources = {"paper": Source(home="https://news.example/")}
    with Database(tmp_path, str(tmp_path), SERVICE) as database:
        jobs = Jobs(database)
        parts = Parts(
            archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=lambda: sources, jobs=jobs
        )
        with served(make_app(parts)) as web:
            yield Paper(jobs, web)


@pytest.mark.parametrize(
    ("state", "result", "outcome"),
    [
        ("finished", {"outcome": "finished"}, "finished"),
        ("finished", {"outcome": "partial"}, "partial"),
        ("failed", {"outcome": "failed"}, "failed"),
        ("failed", None, "failed"),
        ("refused", None, "failed"),
    ],
)
def test_the_outcome_of_the_last_crawl_that_ended_stands_while_another_runs(
    paper: Paper, state: State, result: dict[str, Any] | None, outcome: str
) -> None:
    assert not paper.state["last_outcome"]
    paper.end(paper.begin(), state, result)
    paper.begin()
    found = paper.state
    assert (found["last_crawl"]["state"], found["last_outcome"]) == ("running", outcome)


def test_a_crawl_to_which_nothing_was_due_hides_no_failure(paper: Paper) -> None:
    paper.end(paper.begin(), "finished", {"outcome": "idle"})
    assert paper.state["last_outcome"] == "idle"
    paper.end(paper.begin(), "failed", {"outcome": "failed"})
    paper.end(paper.begin(), "finished", {"outcome": "idle"})
    assert paper.state["last_outcome"] == "failed"
    page = paper.web.get("/sources").text
    assert ">idle<" in page
    assert 'before: <span class="tag tag-failed">failed<' in page


def test_a_page_says_of_a_crawl_that_left_something_undone_that_it_is_partial(paper: Paper) -> None:
    paper.end(paper.begin(), "finished", {"outcome": "partial", "outcomes": {"new": 1}})
    assert ">partial<" in paper.web.get("/sources").text


def test_a_crawl_that_had_nothing_to_look_at_does_not_read_like_a_failure(paper: Paper) -> None:
    paper.end(paper.begin(), "finished", {"outcome": "idle", "outcomes": {"new": 0}, "skipped": {"not_due": 7}})
    assert "nothing was due" in paper.web.get("/sources").text
