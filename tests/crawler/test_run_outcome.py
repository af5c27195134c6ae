"""What a crawl came to as a whole, from what became of its URLs."""

from __future__ import annotations

import pytest

from broadsheet.crawler.frontier.schema import Ending
from broadsheet.crawler.run_outcome import outcome_of_run
from broadsheet.storage.model import Outcome


@pytest.mark.parametrize(
    ("outcomes", "skipped"),
    [
        ({"failed": 1}, {}),
        ({"failed": 40}, {"host_refuses": 200}),
        ({}, {"robots": 1}),
        ({}, {"host_refuses": 3, "not_due": 80}),
        ({}, {"no_contact": 1}),
        ({"new": 0, "failed": 2}, {"max_pages": 5}),
    ],
)
def test_a_crawl_to_which_no_page_came_has_failed(outcomes: dict[Outcome, int], skipped: dict[str, int]) -> None:
    assert outcome_of_run(outcomes, skipped, "finished") == "failed"


@pytest.mark.parametrize(
    ("outcomes", "skipped", "ending"),
    [
        ({"new": 10, "failed": 2}, {"host_refuses": 30}, "finished"),
        ({"unchanged": 5, "failed": 6}, {}, "finished"),
        ({"new": 5}, {"unpublished": 3}, "broken"),
        ({"new": 5}, {"interrupted": 3}, "interrupted"),
        ({}, {"interrupted": 3}, "interrupted"),
    ],
)
def test_a_crawl_that_left_something_undone_is_partial(
    outcomes: dict[Outcome, int], skipped: dict[str, int], ending: Ending
) -> None:
    assert outcome_of_run(outcomes, skipped, ending) == "partial"


@pytest.mark.parametrize(
    ("outcomes", "skipped"),
    [
        ({"new": 10, "failed": 2, "not_article": 3}, {"offsite": 400, "robots": 9}),
        ({"gone": 3, "failed": 3}, {}),
        ({"new": 500}, {"max_pages": 900}),
        ({"new": 500}, {"max_bytes": 900}),
    ],
)
def test_what_its_bounds_keep_a_crawl_from_leaves_it_finished(
    outcomes: dict[Outcome, int], skipped: dict[str, int]
) -> None:
    assert outcome_of_run(outcomes, skipped, "finished") == "finished"


def test_a_crawl_that_broke_off_before_a_page_was_published_has_failed() -> None:
    assert outcome_of_run({}, {"unpublished": 4}, "broken") == "failed"


@pytest.mark.parametrize("skipped", [{"not_due": 70}, {"not_due": 70, "over_budget": 3}, {}])
def test_a_crawl_to_which_nothing_was_due_says_nothing_of_its_site(skipped: dict[str, int]) -> None:
    assert outcome_of_run({"new": 0}, skipped, "finished") == "idle"
