"""The tables that the benchmark prints, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.recrawl.replay import Tally


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, its first column to the left, the others to the right."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def total(tallies: Sequence[Tally]) -> Tally:
    """Return what several newsrooms came to together."""
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole


def caught(tally: Tally) -> str:
    """Return the share of versions that were seen."""
    return f"{100 * tally.caught / max(tally.versions, 1):.1f} %"


def duration(hours: float) -> str:
    """Return hours as people say them."""
    return f"{60 * hours:.0f} min" if hours < 1 else f"{hours:.1f} h"
