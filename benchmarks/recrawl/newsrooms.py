"""Makes edit traces: what a newsroom published, edited and removed, by the hour, from parameters and a seed."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

HORIZON = 60 * 24.0
"""Hours that are played."""

_PUBLISHED_UNTIL = HORIZON / 2
_MONTH = 30 * 24.0
_OLDEST = 2 * 365 * 24.0
_FOUND_WITHIN = 0.15
_DAY = range(6, 23)


class Newsroom(Struct, frozen=True, forbid_unknown_fields=True):
    """How a newsroom works; `newsrooms.toml` says what each number means."""

    articles_per_day: float
    night: float
    stock: int
    unedited: float
    edits: float
    power: float
    youth_hours: float
    follow_ups: float
    follow_up_hours: float
    live: float
    live_hours: float
    live_minutes: float
    late_per_year: float
    removed: float
    evergreen: float
    evergreen_days: float


class Trace(Struct, frozen=True):
    """What became of one article.

    Attributes:
        born: When it was published, in hours; before 0 for what is older than the trace.
        found: When a crawler first fetched it.
        edits: When it was edited after that, in order, up to the horizon.
        removed: When it was removed, after all its edits.
    """

    born: float
    found: float
    edits: tuple[float, ...]
    removed: float | None = None

    @property
    def moments(self) -> tuple[float, ...]:
        """When a new version of it came to be: its edits, and its removal."""
        return self.edits if self.removed is None else (*self.edits, self.removed)


def load(path: Path) -> dict[str, Newsroom]:
    """Read the newsrooms of a file."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, Newsroom])


def traces(newsroom: Newsroom, seed: int) -> list[Trace]:
    """Return what became of every article of a newsroom."""
    chance = random.Random(seed)
    published = list(_arrivals(newsroom, chance))
    made = [_trace(newsroom, chance, born, born + chance.uniform(0.0, _FOUND_WITHIN)) for born in published]
    return made + [_trace(newsroom, chance, -chance.uniform(0.0, _OLDEST), 0.0) for _ in range(newsroom.stock)]


def _arrivals(newsroom: Newsroom, chance: random.Random) -> Iterator[float]:
    at = 0.0
    while (at := at + chance.expovariate(newsroom.articles_per_day / 24)) < _PUBLISHED_UNTIL:
        if _is_awake(newsroom, chance, at):
            yield at


def _is_awake(newsroom: Newsroom, chance: random.Random, at: float) -> bool:
    return int(at % 24) in _DAY or chance.random() < newsroom.night


def _trace(newsroom: Newsroom, chance: random.Random, born: float, found: float) -> Trace:
    edits = list(_late(newsroom, chance, born))
    if chance.random() < newsroom.live:
        edits += _live(newsroom, chance, born)
    elif found == 0.0 and chance.random() < newsroom.evergreen:
        edits += _every(chance, newsroom.evergreen_days * 24, 0.0)
    elif chance.random() >= newsroom.unedited:
        edits += _ordinary(newsroom, chance, born)
    edits = [at for at in edits if _is_awake(newsroom, chance, at)]
    removed = _removed(newsroom, chance, born)
    end = HORIZON if removed is None or removed <= found else min(removed, HORIZON)
    return Trace(
        born=born,
        found=found,
        edits=tuple(sorted(at for at in edits if found < at < end)),
        removed=removed if removed is not None and found < removed < HORIZON else None,
    )


def _ordinary(newsroom: Newsroom, chance: random.Random, born: float) -> Iterator[float]:
    """Yield edits with a hazard that falls as a power of the age, and those that each draws after it."""
    for _ in range(_poisson(chance, chance.expovariate(1 / newsroom.edits))):
        at = born + _age(newsroom, chance)
        yield at
        while chance.random() < newsroom.follow_ups / (1 + newsroom.follow_ups):
            at += chance.expovariate(1 / newsroom.follow_up_hours)
            yield at


def _age(newsroom: Newsroom, chance: random.Random) -> float:
    """Return an age at which an edit comes, within 30 days: the hazard's integral, turned round."""
    young: float = newsroom.youth_hours
    share = chance.random()
    if math.isclose(newsroom.power, 1.0):
        return young * (math.pow(1 + _MONTH / young, share) - 1)
    power = 1 - newsroom.power
    least, most = math.pow(young, power), math.pow(_MONTH + young, power)
    return math.pow(least + share * (most - least), 1 / power) - young


def _live(newsroom: Newsroom, chance: random.Random, born: float) -> Iterator[float]:
    end = born + chance.uniform(0.5, 1.5) * newsroom.live_hours
    return (at for at in _every(chance, newsroom.live_minutes / 60, born) if at < end)


def _late(newsroom: Newsroom, chance: random.Random, born: float) -> Iterator[float]:
    if newsroom.late_per_year:
        yield from _every(chance, 365 * 24 / newsroom.late_per_year, max(born, 0.0))


def _every(chance: random.Random, hours: float, start: float) -> Iterator[float]:
    at = start
    while (at := at + chance.expovariate(1 / hours)) < HORIZON:
        yield at


def _removed(newsroom: Newsroom, chance: random.Random, born: float) -> float | None:
    if chance.random() >= newsroom.removed:
        return None
    return max(born, 0.0) + (chance.uniform(0.5, 24) if chance.random() < 0.5 else chance.uniform(24, _MONTH))


def _poisson(chance: random.Random, mean: float) -> int:
    count, product, least = 0, chance.random(), math.exp(-mean)
    while product > least:
        count, product = count + 1, product * chance.random()
    return count
