"""Alarms are raised where something is wrong, cleared where it is over, and never in turn."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.scheduler.alarms.judging import Tally, endless, failing, has_become_usual, share, silent
from broadsheet.scheduler.alarms.rate import Look

# A Monday.
START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def looks(*found: int, every: timedelta = HOUR, start: datetime = START) -> list[Look]:
    return [Look(at=start + number * every, succeeded=True, new=new) for number, new in enumerate(found, 1)]


def test_a_source_that_speaks_every_hour_is_silent_after_some_hours_without_a_word() -> None:
    usual = [2, 1, 3, 2] * 18
    assert silent(looks(*usual, 0), None) is None
    found = silent(looks(*usual, *[0] * 8), None)
    assert found is not None
    assert found.event == "raised"
    assert "8.0 hours" in found.text


def test_a_source_that_never_speaks_at_night_is_not_silent_at_night() -> None:
    day = [0] * 7 + [4] * 15 + [0] * 2
    for hours in range(24):
        assert silent(looks(*day * 14, *day[:hours]), None) is None
    assert silent(looks(*day * 14, *[0] * 14), None) is not None


def test_a_source_that_rests_at_weekends_is_not_silent_then_once_weeks_have_been_seen() -> None:
    working, weekend = [0] * 8 + [3] * 10 + [0] * 6, [0] * 24
    week = working * 5 + weekend * 2
    assert silent(looks(*week * 5), None) is None
    assert silent(looks(*week * 5, *weekend), None) is not None


@pytest.mark.parametrize("begun_at", [0, 6, 20])
def test_the_first_nights_of_a_source_that_never_speaks_at_night_are_no_silence(begun_at: int) -> None:
    day = [0] * 7 + [4] * 15 + [0] * 2
    week = looks(*(day * 8)[begun_at : begun_at + 7 * 24], start=START + begun_at * HOUR)
    assert [end for end in range(24, len(week)) if silent(week[:end], None)] == []


def test_the_first_weekend_of_a_source_that_rests_then_is_no_silence() -> None:
    week = ([0] * 8 + [3] * 10 + [0] * 6) * 5 + [0] * 48
    seen = looks(*week * 3)
    assert [end for end in range(24, len(seen), 3) if silent(seen[:end], None)] == []
    assert silent(looks(*week[:76], *[0] * 24), None) is not None, "on a Thursday it is one"


def test_bursts_are_no_silence() -> None:
    bursts = ([30] + [0] * 23) * 14
    assert silent(looks(*bursts), None) is None
    assert silent(looks(*bursts, *[0] * 12), None) is not None, "the next one did not come"
    assert silent(looks(*[1] * 240, *[0] * 23), None) is not None


def test_of_a_source_of_which_little_is_known_nothing_is_said() -> None:
    assert silent([], None) is None
    assert silent(looks(500, *[0] * 100), None) is None
    assert silent(looks(1, 1, 1, *[0] * 100), None) is None


def test_what_cannot_be_crawled_is_failing_and_not_silent() -> None:
    usual = looks(*[2] * 100)
    failed = [Look(at=START + (101 + n) * HOUR, succeeded=False, reason="no answer") for n in range(20)]
    assert silent([*usual, *failed], None) is None
    assert failing([*usual, *failed[:2]], None) is None
    found = failing([*usual, *failed], None)
    assert found is not None
    assert "no answer" in found.text
    assert failing([*usual, *failed], START) is None
    again = failing([*failed, Look(at=START + 200 * HOUR, succeeded=True)], START)
    assert again is not None
    assert again.event == "cleared"


def test_pages_without_end_are_told_of_when_three_crawls_in_a_row_have_met_them() -> None:
    met = [Look(at=START + n * HOUR, succeeded=True, endless="pages like x/*") for n in range(3)]
    failed, none = Look(at=START + 3 * HOUR, succeeded=False), Look(at=START + 4 * HOUR, succeeded=True)
    assert endless([*met[:2], failed], None) is None
    assert endless([met[0], none, *met[1:]], None) is None
    found = endless([*met, failed], None)
    assert found is not None
    assert "x/*" in found.text
    assert endless([*met, failed], START) is None
    over = endless([*met, failed, none], START)
    assert over is not None
    assert over.event == "cleared"


def tallies(*shares: float, articles: int = 10) -> list[Tally]:
    return [Tally(articles=articles, counted=round(articles * each)) for each in shares]


def test_a_jump_of_a_share_is_told_with_what_was_usual() -> None:
    found = share(tallies(*[0.1] * 10, 0.9, 0.9), None, None, what="have no text")
    assert found is not None
    assert (found.event, found.baseline is not None and 0.08 < found.baseline < 0.13) == ("raised", True)
    assert "90%" in found.text
    assert share(tallies(*[0.1] * 10, 0.3, 0.2), None, None, what="have no text") is None
    assert share(tallies(0.1, 0.9, 0.9), None, None, what="have no text") is None


def test_a_fall_is_a_jump_only_where_that_matters() -> None:
    fallen = tallies(*[0.8] * 10, 0.0, 0.0)
    assert share(fallen, None, None, what="are paywalled") is None
    assert share(fallen, None, None, what="are paywalled", both_ways=True) is not None


def test_what_stays_for_a_week_is_usual_and_what_wavers_is_not() -> None:
    steady, wavering = tallies(*[0.9, 1.0] * 5), tallies(*[0.0] * 5, *[1.0] * 5)
    week = START + 7 * DAY
    assert has_become_usual(steady, START, week - HOUR, what="are paywalled") is None
    assert has_become_usual(steady[:5], START, week, what="are paywalled") is None, "50 articles are too few"
    assert has_become_usual(wavering, START, week, what="are paywalled") is None
    found = has_become_usual(steady, START, week, what="are paywalled")
    assert found is not None
    assert (found.event, found.usual_since) == ("cleared", START)
    assert found.text == "95% are paywalled for 7 days: that is usual now"
    assert has_become_usual(wavering, START, START + 56 * DAY, what="are paywalled") is not None, "none is for good"


def test_an_alarm_of_which_nothing_can_be_told_any_more_is_cleared() -> None:
    found = share(tallies(0.9), START, 0.1, what="are paywalled")
    assert found is not None
    assert found.event == "cleared"


@given(st.lists(st.sampled_from([0.3, 0.35, 0.4]), min_size=1, max_size=60))
def test_between_what_raises_an_alarm_and_what_clears_it_nothing_happens(shares: list[float]) -> None:
    history = tallies(*[0.2] * 20)
    for end in range(len(shares) + 1):
        seen = history + tallies(*shares[:end])
        assert share(seen, None, None, what="are so") is None
        if end >= 2:
            standing = share(seen, START, 0.15, what="are so")
            assert standing is None or min(shares[:end]) < 0.3


@given(st.lists(st.integers(0, 10), min_size=10, max_size=200))
def test_an_alarm_is_raised_and_cleared_in_turn_and_each_only_for_a_reason(counts: list[int]) -> None:
    raised: tuple[datetime, float | None] | None = None
    seen = tallies(*[0.1] * 10)
    events: list[str] = []
    for number, count in enumerate(counts):
        seen.append(Tally(articles=10, counted=count))
        since, baseline = raised or (None, None)
        verdict = share(seen, since, baseline, what="are so")
        if verdict is None:
            continue
        events.append(verdict.event)
        recent = (seen[-1].counted + seen[-2].counted) / 20
        if verdict.event == "raised":
            assert verdict.baseline is not None
            assert recent - verdict.baseline >= 0.3
            raised = START + number * HOUR, verdict.baseline
        else:
            assert baseline is not None
            assert recent - baseline <= 0.1
            raised = None
    assert events == ["raised", "cleared"] * (len(events) // 2) + ["raised"] * (len(events) % 2)


def test_of_sources_that_speak_by_chance_next_to_none_is_called_silent_in_weeks() -> None:
    chance = random.Random(7)

    def office(at: datetime) -> int:
        """Three stories an hour, fewer at weekends, next to none at night."""
        share = (1.0 if 8 <= at.hour < 19 else 0.02) * (0.2 if at.weekday() > 4 else 1.0)
        return sum(chance.random() < 0.05 * share for _ in range(60))

    def agency(_at: datetime) -> int:
        """A story or two an hour."""
        return sum(chance.random() < 0.05 for _ in range(30))

    def magazine(_at: datetime) -> int:
        """Eight stories at a time, three times a day, whenever it likes."""
        return 8 * (chance.random() < 1 / 8)

    raised = 0
    for speaks in (office, agency, magazine):
        found = [speaks(START + number * HOUR) for number in range(20 * 24)]
        seen = looks(*found)
        is_silent = [silent(seen[:end], None) is not None for end in range(24, len(seen), 4)]
        raised += sum(now and not before for before, now in pairwise(is_silent))
    assert raised <= 1
