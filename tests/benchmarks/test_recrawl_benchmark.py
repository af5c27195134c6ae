"""The benchmark of rules for looking again counts what it plays, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import benchmarks
import pytest
from benchmarks.recrawl import front, newsrooms
from benchmarks.recrawl.budget import longest_due, most_expected, play_within
from benchmarks.recrawl.contenders import CONTENDERS, Revisiting, Rule, diffengine, diffengine_as_meant, newsdiffs
from benchmarks.recrawl.newsrooms import HORIZON, Newsroom, Trace
from benchmarks.recrawl.replay import Tally, equalised, play

_NEWSROOMS = newsrooms.load(Path(benchmarks.__path__[0], "recrawl", "newsrooms.toml"))
_TINY = [
    Trace(born=0.0, found=0.1, edits=(1.0, 1.01, 30.0), removed=200.0),
    Trace(born=-5000.0, found=0.0, edits=()),
    Trace(born=50.0, found=50.1, edits=tuple(50.3 + number / 3 for number in range(20))),
]


def _tiny(newsroom: Newsroom) -> list[Trace]:
    return newsrooms.traces(newsroom, 1)[::40]


def _assert_it_adds_up(tally: Tally, traces: list[Trace]) -> None:
    assert tally.versions == sum(len(trace.moments) for trace in traces)
    assert len(tally.delays) == tally.caught <= min(tally.versions, tally.fetches)
    assert all(0 <= delay < HORIZON for delay in tally.delays)


@pytest.mark.parametrize("name", sorted(CONTENDERS))
def test_what_is_caught_is_no_more_than_there_was_and_than_was_looked_for(name: str) -> None:
    _assert_it_adds_up(play(_TINY, CONTENDERS[name]), _TINY)


@pytest.mark.parametrize("name", sorted(_NEWSROOMS))
def test_a_newsroom_is_the_same_for_the_same_seed_and_in_order(name: str) -> None:
    traces = _tiny(_NEWSROOMS[name])
    assert traces == _tiny(_NEWSROOMS[name])
    for trace in traces:
        assert trace.born <= trace.found
        assert list(trace.moments) == sorted(trace.moments)
        assert all(trace.found < moment < HORIZON for moment in trace.moments)
    _assert_it_adds_up(play(traces, Revisiting), traces)


def test_of_two_edits_between_two_looks_one_is_lost() -> None:
    tally = play([Trace(born=0.0, found=0.0, edits=(1.0, 2.0, 4.0))], CONTENDERS["every 3 hours"])
    assert (tally.versions, tally.caught, tally.delays) == (3, 2, [1.0, 2.0])


def test_rules_are_compared_at_equal_fetches() -> None:
    tally = equalised(_TINY, CONTENDERS["every 3 hours"], 200)
    assert abs(tally.fetches - 200) <= 6
    _assert_it_adds_up(tally, _TINY)


@pytest.mark.parametrize("order", [most_expected, longest_due], ids=["most expected", "longest due"])
def test_a_budget_is_kept(order: object) -> None:
    tally = play_within(_TINY, Revisiting, order, 0.05)  # type: ignore[arg-type]
    assert 0 < tally.fetches <= 0.05 * HORIZON + 1
    _assert_it_adds_up(tally, _TINY)


@pytest.mark.parametrize("name", sorted(front.CONTENDERS))
def test_every_article_on_a_front_page_is_found_once(name: str) -> None:
    tally = front.play_front(_TINY, front.CONTENDERS[name])
    assert tally.versions == 1
    assert len(tally.delays) == tally.caught == 1


def test_the_rules_of_others_look_as_often_as_their_code_does() -> None:
    """14 looks on every day by diffengine's code, 14, 4, 1, 2 by its intention; newsdiffs 33 on the first day."""
    assert _looks_a_day(Rule(0.0, 1.0, diffengine), 4) == [14, 14, 14, 14]
    assert _looks_a_day(Rule(0.0, 1.0, diffengine_as_meant), 4) == [14, 4, 1, 2]
    assert _looks_a_day(Rule(0.0, 1.0, newsdiffs), 1) == [33]


def _looks_a_day(rule: Rule, days: int) -> list[int]:
    looks = [1, *[0] * (days - 1)]  # the first, by which it was found
    while (at := rule.next_look()) < days * 24:
        looks[int(at // 24)] += 1
        rule.saw(at, "unchanged")
    return looks
