"""What was measured, as Markdown tables for people and as one document for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from benchmarks.extraction.scores import MEASURES, Figures
from benchmarks.extraction.trial import Trial

REFERENCE = "trafilatura"
"""What CPU time is compared with."""


@dataclass(frozen=True)
class Result:
    """One contender's figures.

    Attributes:
        trial: What it found and cost.
        sets: By set, its figures.
        boxes: What became of related links and asking boxes.
        stability: The share of pages that gave the same article when only their surroundings changed, and how many
            were tried; None where it was not asked.
    """

    trial: Trial
    sets: Mapping[str, Figures]
    boxes: Figures
    stability: tuple[float, int] | None = None


def as_tables(results: Sequence[Result]) -> str:
    """A table for each set, one for the boxes, one for cost and stability."""
    tables = [
        f"### {name}\n\n" + _table({r.trial.name: r.sets[name] for r in results}, MEASURES) for name in results[0].sets
    ]
    measures = dict.fromkeys(measure for result in results for measure in result.boxes)
    if measures:
        tables.append("### Boxes\n\n" + _table({r.trial.name: r.boxes for r in results}, {m: m for m in measures}))
    tables.append("### Cost\n\n" + _costs(results))
    return "\n\n".join(tables)


def _table(rows: Mapping[str, Figures], measures: Mapping[str, str]) -> str:
    """Measures as columns, with the number of pages; percent."""
    present = [m for m in measures if any(m in figures for figures in rows.values())]
    counts = {m: next(figures[m][1] for figures in rows.values() if m in figures) for m in present}
    head = ["extractor", *(f"{measures[m]} ({counts[m]})" for m in present)]
    lines = [
        [name, *(f"{figures[m][0] * 100:.1f}" if m in figures else "" for m in present)]
        for name, figures in rows.items()
    ]
    return _markdown(head, lines)


def _costs(results: Sequence[Result]) -> str:
    ratios = cpu_ratios(results)
    head = ["extractor", "CPU ms/page", "median", "worst", f"ratio to {REFERENCE}", "errors", "stable"]
    lines = []
    for result in results:
        costs = list(result.trial.cpu_milliseconds.values())
        stable = f"{result.stability[0] * 100:.1f} ({result.stability[1]})" if result.stability else ""
        times = [f"{value:.1f}" for value in (fmean(costs), median(costs), max(costs))]
        ratio = ratios.get(result.trial.name)
        shown = "" if ratio is None else f"{ratio:.2f}"
        lines.append([result.trial.name, *times, shown, str(len(result.trial.errors)), stable])
    return _markdown(head, lines)


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def cpu_ratios(results: Sequence[Result]) -> dict[str, float]:
    """CPU time over all pages, by contender, as a multiple of the reference's; empty where that did not run."""
    sums = {result.trial.name: sum(result.trial.cpu_milliseconds.values()) for result in results}
    reference = sums.get(REFERENCE)
    return {name: spent / reference for name, spent in sums.items()} if reference else {}


def as_document(results: Sequence[Result]) -> dict[str, Any]:
    """Everything that was measured, for machines."""
    ratios = cpu_ratios(results)
    return {
        result.trial.name: {
            "sets": {name: {m: value for m, (value, _) in own.items()} for name, own in result.sets.items()},
            "boxes": {m: value for m, (value, _) in result.boxes.items()},
            "cpu_milliseconds_per_page": fmean(result.trial.cpu_milliseconds.values()),
            "cpu_ratio": ratios.get(result.trial.name),
            "stability": result.stability[0] if result.stability else None,
            "errors": result.trial.errors,
        }
        for result in results
    }
