"""The benchmark of the service knows when an alarm could be known, and calls none in time that was not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from benchmarks.service.causes import Cause, causes_of, judge
from benchmarks.service.press import Press, Window, stories
from benchmarks.service.receiver import Receiver

from broadsheet.scheduler.alarms.posting import sign

BEGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENTS = [BEGIN + 2 * number * HOUR for number in range(29)]
TROUBLES = Window(BEGIN + 33 * HOUR, BEGIN + 43 * HOUR)
SECRET = "0123456789abcdef"


def press(trouble: str) -> Press:
    out = stories(BEGIN - 6 * HOUR, BEGIN + 56 * HOUR, lambda _: 3)
    if trouble == "mute":
        out = tuple(story for story in out if story not in TROUBLES)
    return Press("paper", out, {trouble: TROUBLES})  # type: ignore[dict-item]  # one of them


@pytest.mark.parametrize(
    ("trouble", "known", "over"),
    [
        ("down", 38, 44),  # the third crawl that fails, and the first that does not
        ("mute", 38, 44),  # 15 stories have not come, one every two hours is two too many; the first that comes
        ("undated", 36, 50),  # the seventh of twenty, and but two of twenty
        ("walled", 36, 50),
    ],
)
def test_an_alarm_can_be_known_after_the_crawl_that_completes_what_it_is_for(
    trouble: str, known: int, over: int
) -> None:
    (cause,) = causes_of(press(trouble), MOMENTS)

    assert ((cause.known_from - BEGIN) / HOUR, (cause.over_from - BEGIN) / HOUR) == (known, over)


def _told(receiver: Receiver, number: int, event: str, hours: float, kind: str = "failing") -> None:
    at = BEGIN + hours * HOUR
    about = {"about": "alarm", "event": event, "kind": kind, "source": "paper"}
    body = json.dumps({"id": str(number), "at": at.isoformat(), **about}).encode()
    headers = {"Broadsheet-Timestamp": "1", "Broadsheet-Signature": sign(SECRET.encode(), "1", body)}
    receiver.answer(headers, body)


def _cause() -> Cause:
    return Cause("failing", "paper", TROUBLES, BEGIN + 38 * HOUR, BEGIN + 44 * HOUR)


def test_what_is_told_within_an_interval_once_is_in_time() -> None:
    receiver = Receiver(SECRET)
    _told(receiver, 1, "raised", 38.5)
    _told(receiver, 2, "cleared", 45)
    (told,), false = judge([_cause()], receiver)

    assert told.is_in_time(2 * HOUR)
    assert told.arrivals == (1, 1)
    assert false == []


@pytest.mark.parametrize(("raised", "cleared"), [(41, 45), (20, 45), (38.5, 47), (38.5, 40)])
def test_what_is_told_late_or_early_is_not_in_time(raised: float, cleared: float) -> None:
    receiver = Receiver(SECRET)
    _told(receiver, 1, "raised", raised)
    _told(receiver, 2, "cleared", cleared)
    (told,), _ = judge([_cause()], receiver)

    assert not told.is_in_time(2 * HOUR)


def test_alarms_without_a_cause_and_second_ones_are_false() -> None:
    receiver = Receiver(SECRET)
    for number, hours in enumerate((38.5, 40)):
        _told(receiver, number, "raised", hours)
    _told(receiver, 3, "raised", 39, kind="silent")
    (told,), false = judge([_cause()], receiver)

    assert not told.is_in_time(2 * HOUR)
    assert sorted(alarm["kind"] for alarm in false) == ["failing", "silent"]


def test_a_webhook_takes_nothing_that_is_not_signed() -> None:
    receiver = Receiver(SECRET)

    assert receiver.answer({"Broadsheet-Timestamp": "1", "Broadsheet-Signature": "sha256=00"}, b"{}") == 401
    assert (receiver.forged, receiver.notices) == (1, {})
