"""A kill and faults at every single request of a publication: nothing is lost, twice, or seen unfinished.

Half of the requests are killed at, before the server has them or after that (which leaves what a kill before the next
one does), and the others meet one of the faults; which half is drawn anew for each run. With
``BROADSHEET_EVERY_FAULT=1`` in the environment each is killed at twice and meets all of them, which takes some minutes.
"""

from __future__ import annotations

import functools
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from crash import prepared
from crash.driver import FAULTS, KILLS, Driver, Kill
from servers.faulty_proxy import Fault
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.stores.s3 import bucket as s3_bucket
from broadsheet.storage.stores.s3 import client as s3_client

_DRIVERS = 2
_EXPECTED_VERSIONS = {prepared.NEW: 1, prepared.CHANGED: 2, prepared.GONE: 2, prepared.SAME: 1}


def test_no_fault_and_no_kill_at_any_request_of_a_publication_loses_repeats_or_shows_anything_unfinished(
    tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    # Making a client takes a tenth of a second, and every case has an archive of its own.
    monkeypatch.setattr(s3_bucket, "connect", functools.cache(s3_client.connect))
    drawn = random.randrange(2 * len(FAULTS))
    print(f"the harms are drawn by {drawn}")  # noqa: T201 - pytest shows it when a test fails
    with ExitStack() as held, ThreadPoolExecutor(_DRIVERS) as threads:
        drivers = [held.enter_context(Driver(seaweedfs, tmp_path / str(number))) for number in range(_DRIVERS)]
        harmed = [threads.submit(_harm_every_request, driver, share, drawn) for share, driver in enumerate(drivers)]
        results = [result.result() for result in harmed]
    requests = results[0].requests
    cases, rounds = sum(done.cases for done in results), sum(done.rounds for done in results)
    violations = [violation for done in results for violation in done.violations]
    print(f"{requests} requests, {cases} cases, {rounds} rounds of readers, {len(violations)} violations")  # noqa: T201 - shown with -s
    assert violations == []


class _Harmed(NamedTuple):
    """How many requests a publication has, how many cases were tried, how often a reader looked, what was wrong."""

    requests: int
    cases: int
    rounds: int
    violations: list[str]


def _harm_every_request(driver: Driver, share: int, drawn: int) -> _Harmed:
    """Do every harm to every request, or to those of one driver's share."""
    requests = driver.requests_of("undisturbed")
    expected = driver.outcome("undisturbed")
    assert {"GET", "HEAD", "PUT"} <= {request.method for request in requests}
    assert Counter(url for url, *_ in expected.versions) == _EXPECTED_VERSIONS
    assert expected.captures == dict.fromkeys(driver.acknowledged, 1)
    assert expected.waiting == []
    violations: list[str] = []
    cases = 0
    for number in range(share, len(requests), _DRIVERS):
        for harm in _harms_of(number, drawn):
            outcome, wrong = driver.harm(number, harm)
            if outcome != expected:
                wrong.append(f"in the end there is {outcome}, not {expected}")
            request = requests[number]
            violations += [f"{harm} at request {number}, {request.method} {request.path}: {each}" for each in wrong]
            cases += 1
    return _Harmed(len(requests), cases, driver.rounds, violations)


def _harms_of(number: int, drawn: int) -> tuple[Fault | Kill, ...]:
    if os.environ.get("BROADSHEET_EVERY_FAULT"):
        return *KILLS, *FAULTS
    turn, is_killed = divmod(number + drawn, 2)
    return (KILLS[turn % len(KILLS)] if is_killed else FAULTS[turn % len(FAULTS)],)
