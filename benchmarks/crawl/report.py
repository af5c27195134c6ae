"""From measured runs to medians, ratios and verdicts."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.crawl.contenders import Contender, Run

Round = dict[Contender, Run]
"""One run of each contender, made close together in time."""


@dataclass(frozen=True)
class Goal:
    """What a ratio should come to.

    Attributes:
        measured: The contender above the line.
        reference: The contender below it.
        of_bytes: Whether stored bytes are compared, not CPU time.
        limit: The ratio to stay at or under.
    """

    measured: Contender
    reference: Contender
    of_bytes: bool
    limit: float

    @property
    def title(self) -> str:
        """The ratio in words."""
        return f"{self.measured} / {self.reference}, {'stored bytes' if self.of_bytes else 'CPU'}"


GOALS = (
    Goal(Contender.FIRST_CRAWL, Contender.TRAFILATURA, of_bytes=False, limit=1.1),
    Goal(Contender.FETCH_ONLY, Contender.SCRAPY, of_bytes=False, limit=0.9),
    Goal(Contender.RECRAWL, Contender.FIRST_CRAWL, of_bytes=False, limit=0.1),
    Goal(Contender.RECRAWL, Contender.FIRST_CRAWL, of_bytes=True, limit=0.05),
)


@dataclass(frozen=True)
class Ratio:
    """How a goal was reached.

    Attributes:
        title: The ratio in words.
        per_page: Median over the rounds, start-up left out of CPU times.
        with_start_up: The same with start-up; None for bytes.
        limit: The ratio to stay at or under.
        met: Whether `per_page` does.
    """

    title: str
    per_page: float
    with_start_up: float | None
    limit: float
    met: bool


def ratios(rounds: Sequence[Round]) -> list[Ratio]:
    """The goals whose two contenders both ran.

    A ratio is taken within each round, then the median over the rounds: a machine that slows down for a
    minute slows both sides of a round.
    """
    return [_ratio(goal, rounds) for goal in GOALS if {goal.measured, goal.reference} <= rounds[0].keys()]


def _ratio(goal: Goal, rounds: Sequence[Round]) -> Ratio:
    pairs = [(one[goal.measured], one[goal.reference]) for one in rounds]
    if goal.of_bytes:
        value = median((above.stored_bytes or 0) / (below.stored_bytes or 1) for above, below in pairs)
        return Ratio(goal.title, value, None, goal.limit, value <= goal.limit)
    value = median(above.milliseconds_per_page / below.milliseconds_per_page for above, below in pairs)
    whole = median(above.cpu_seconds / below.cpu_seconds for above, below in pairs)
    return Ratio(goal.title, value, whole, goal.limit, value <= goal.limit)


def as_document(rounds: Sequence[Round], *, seed: int) -> dict[str, Any]:
    """Everything that was measured, for machines."""
    return {
        "seed": seed,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in ("broadsheet", "scrapy", "trafilatura", "lxml")},
        "rounds": [{contender: asdict(run) for contender, run in one.items()} for one in rounds],
        "ratios": [asdict(ratio) for ratio in ratios(rounds)],
    }


def as_table(rounds: Sequence[Round]) -> str:
    """Medians and ratios, for people."""
    lines = [f"{'medians':<34}{'CPU ms/page':>12}{'+ start-up':>12}{'start-up s':>12}{'wall s':>8}{'kB/page':>9}"]
    for contender in rounds[0]:
        runs = [one[contender] for one in rounds]
        stored = median(run.stored_bytes or 0 for run in runs) / runs[0].pages / 1000
        lines.append(
            f"{contender:<34}{median(run.milliseconds_per_page for run in runs):>12.2f}"
            f"{median(run.milliseconds_per_page_with_start_up for run in runs):>12.2f}"
            f"{median(run.start_up_cpu_seconds for run in runs):>12.2f}"
            f"{median(run.wall_seconds for run in runs):>8.1f}{f'{stored:.2f}' if stored else '':>9}"
        )
    if compared := ratios(rounds):
        lines += ["", f"{'ratios':<44}{'per page':>10}{'+ start-up':>12}{'goal':>8}"]
        lines += [_ratio_line(ratio) for ratio in compared]
    return "\n".join(lines)


def _ratio_line(ratio: Ratio) -> str:
    whole = "" if ratio.with_start_up is None else f"{ratio.with_start_up:.3f}"
    verdict = "met" if ratio.met else "missed"
    return f"{ratio.title:<44}{ratio.per_page:>10.3f}{whole:>12}{f'<= {ratio.limit}':>8}  {verdict}"
