"""What a crawl has learnt and spent outlives its process, in either database, and nothing of it its run."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import ascii_lowercase

import pytest
from frontiers.machine import Machine, url_of
from sqlalchemy import func, select

from broadsheet.crawler.discovery.traps import Traps
from broadsheet.crawler.frontier.schema import of_runs
from broadsheet.storage.publishing.publication import Answer

_STYLE, _PICTURE, _SCRIPT = (f"http://static.example/{name}" for name in ("style.css", "one.png", "script.js"))
_TRAP = "http://site.example/calendar?day={}"


@pytest.fixture
def machine(tmp_path: Path, backend: str) -> Iterator[Machine]:
    """A machine with a run that has just begun, on each of the databases."""
    with Machine(tmp_path / backend, secrets.token_hex(8)) as machine:
        yield machine


def test_the_bytes_that_a_killed_process_has_exchanged_count(machine: Machine) -> None:
    machine.run.spending.note(1_000)
    machine.run.flush()
    machine.run.spending.note(50)
    machine.kill()
    machine.run.spending.note(1)
    assert machine.run.spending.exchanged == 1_001, "all but what was spent since it was written down"


def test_a_variant_stands_in_for_its_plain_address_in_the_next_process_too(machine: Machine) -> None:
    machine.discover([1])
    machine.run.stand_ins.note(url_of(2), url_of(1))
    machine.run.stand_ins.note(url_of(3), url_of(1))
    assert machine.run.stand_ins.of(url_of(1)) == url_of(2)
    machine.run.flush()
    machine.run.stand_ins.note(url_of(4), url_of(1))
    machine.run.flush()
    machine.kill()
    assert machine.run.stand_ins.of(url_of(1)) == url_of(2), "the first one"
    assert machine.run.stand_ins.of(url_of(2)) is None


def test_a_trap_is_known_to_the_next_process(machine: Machine) -> None:
    traps = Traps(machine.run)
    for day in range(20):
        if traps.has_to_wait(_TRAP.format(day)):
            traps.tried(_TRAP.format(day))
        traps.read(_TRAP.format(day), is_new_article=False, leads_on=False)
    known = traps.why_not(_TRAP.format(21))
    machine.run.flush()
    machine.kill()
    assert known is not None
    assert Traps(machine.run).why_not(_TRAP.format(21)) == known
    assert Traps(machine.run).has_to_wait(_TRAP.format(22))


def test_pages_of_ever_new_kinds_have_to_wait_too(machine: Machine) -> None:
    traps = Traps(machine.run)
    names = ["".join(letters) for letters in product(ascii_lowercase, repeat=4)]
    for name in names[:20_000]:
        traps.has_to_wait(f"http://site.example/lists?{name}=1")
    waits = [traps.has_to_wait(f"http://site.example/{name}/list?by=1") for name in names[:20]]
    assert waits[-1]
    assert not waits[0]


def test_what_pages_are_shown_with_is_leased_once_however_many_show_it(machine: Machine) -> None:
    queue = machine.run.requisites
    queue.add([_STYLE, _PICTURE, _STYLE], via=url_of(1), most=9)
    queue.add([_STYLE, _SCRIPT], via=url_of(2), most=9)
    assert (queue.met, queue.waiting) == (3, 3)
    leased = [*queue.lease(2), *queue.lease(2)]
    assert {requisite.url: requisite.via for requisite in leased} == {
        _STYLE: url_of(1),
        _PICTURE: url_of(1),
        _SCRIPT: url_of(2),
    }
    assert queue.lease(1) == []
    assert queue.waiting == 0


def test_of_what_pages_are_shown_with_only_what_was_in_flight_at_a_kill_is_leased_again(machine: Machine) -> None:
    machine.run.requisites.add([_STYLE, _PICTURE, _SCRIPT], via=url_of(1), most=9)
    answered, _ = machine.run.requisites.lease(2)
    machine.run.requisites.answered(answered.url, 70)
    machine.run.flush()
    machine.kill()
    queue = machine.run.requisites
    assert (queue.met, queue.waiting, queue.exchanged) == (3, 2, 70)
    queue.add([_STYLE, _PICTURE, _SCRIPT], via=url_of(2), most=9)
    assert {requisite.url for requisite in queue.lease(9)} == {_STYLE, _PICTURE, _SCRIPT} - {answered.url}


def test_what_a_page_is_shown_with_is_in_the_database_before_its_capture_is_acknowledged(machine: Machine) -> None:
    machine.discover([1])
    (url,) = machine.lease(1)
    at = machine.capture(url)
    machine.run.requisites.add([_STYLE], via=url, most=9)
    machine.run.answered(url, at)
    machine.run.acknowledge(machine.batch, "warc/1", [Answer(url, url, at, "new", None)])
    machine.captured.clear()
    machine.kill()
    assert [requisite.url for requisite in machine.run.requisites.lease(9)] == [_STYLE]


def test_a_page_has_its_share_of_addresses_over_all_processes(machine: Machine) -> None:
    machine.run.requisites.add([_STYLE], via=url_of(1), most=2)
    machine.run.flush()
    machine.kill()
    machine.run.requisites.add([_PICTURE, _SCRIPT], via=url_of(1), most=2)
    assert machine.run.requisites.met == 2
    machine.run.requisites.add([_SCRIPT], via=url_of(2), most=2)
    assert machine.run.requisites.met == 3


def test_nothing_of_a_run_is_left_when_it_has_come_to_its_end(machine: Machine) -> None:
    machine.discover([1])
    machine.run.spending.note(1)
    machine.run.stand_ins.note(url_of(2), url_of(1))
    machine.run.requisites.add([_STYLE], via=url_of(1), most=9)
    Traps(machine.run).has_to_wait(_TRAP.format(1))
    machine.run.flush()
    with machine.database.reading() as connection:
        kept = [connection.scalar(select(func.count()).where(of.c.run == machine.run.number)) for of in of_runs]
    assert all(kept), kept
    machine.end()
    with machine.database.reading() as connection:
        kept = [connection.scalar(select(func.count()).where(of.c.run == machine.run.number)) for of in of_runs]
    assert kept == [0] * len(of_runs)
