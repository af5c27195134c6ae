"""`python -m benchmarks.recrawl`: how many edits are caught for how many fetches, by our rules and by those of others.

Made-up newsrooms (`newsrooms.toml`) are played for 60 days, several seeds of each, against the rules of
`crawler/revisiting/` and those of others (`contenders.py`): as they are, and with pauses stretched so that all come to
as many fetches as ours. Then less may be fetched than is due; then front pages are looked at. Nothing is fetched.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.recrawl import front, newsrooms
from benchmarks.recrawl.budget import by_pauses, longest_due, most_expected, play_within
from benchmarks.recrawl.contenders import CONTENDERS, Revisiting
from benchmarks.recrawl.newsrooms import HORIZON, Trace
from benchmarks.recrawl.replay import equalised, play
from benchmarks.recrawl.report import caught, duration, table, total

_NEWSROOMS = Path(__file__).with_name("newsrooms.toml")
_OURS = "broadsheet"
# How dear a look is, as a multiple of what it is by default: other numbers of fetches, for all.
_PRICES = (0.5, 3.0)
_BUDGETS = (0.5, 0.25)


def main() -> None:
    """Play everything and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recrawl", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many times each newsroom is made")
    seeds: int = parser.parse_args().seeds
    played = {
        name: [newsrooms.traces(newsroom, seed) for seed in range(seeds)]
        for name, newsroom in newsrooms.load(_NEWSROOMS).items()
    }
    for name, sets in played.items():
        print(f"\n## {name}: {_described(sets)}\n\n{_newsroom(sets)}")
    print(f"\n## edits caught at equal fetches, by the price of a look\n\n{_prices(played)}")
    print(f"\n## edits caught where fewer requests are allowed than are due\n\n{_budgets(played)}")
    print(f"\n## front pages: how soon an article is found\n\n{_fronts(played)}")


def _described(sets: Sequence[Sequence[Trace]]) -> str:
    articles = sum(len(traces) for traces in sets)
    versions = sum(len(trace.moments) for traces in sets for trace in traces)
    touched = sum(bool(trace.moments) for traces in sets for trace in traces)
    return f"{articles} articles, {touched} of them edited or removed, {versions} times"


def _newsroom(sets: Sequence[Sequence[Trace]]) -> str:
    ours = [play(traces, Revisiting) for traces in sets]
    rows = []
    for name, contender in CONTENDERS.items():
        as_is = total([play(traces, contender) for traces in sets])
        equal = total(
            ours
            if name == _OURS
            else [equalised(traces, contender, own.fetches) for traces, own in zip(sets, ours, strict=True)]
        )
        rows.append(
            [
                name,
                f"{as_is.fetches:,}",
                caught(as_is),
                f"{equal.fetches:,}",
                caught(equal),
                duration(equal.delay(0.5)),
                duration(equal.delay(0.9)),
            ]
        )
    return table(["", "fetches as is", "caught", "fetches made equal", "caught", "median delay", "p90"], rows)


def _prices(played: Mapping[str, Sequence[Sequence[Trace]]]) -> str:
    rows = []
    for newsroom, sets in played.items():
        for price in _PRICES:
            traces = sets[0]
            ours = play(traces, Revisiting, price)
            others = {
                name: equalised(traces, contender, ours.fetches)
                for name, contender in CONTENDERS.items()
                if name != _OURS
            }
            best = max(others, key=lambda name: others[name].caught)
            rows.append([newsroom, f"{price:g}", f"{ours.fetches:,}", caught(ours), f"{caught(others[best])} ({best})"])
    return table(["newsroom", "price", "fetches", "ours", "the best of the others"], rows)


def _budgets(played: Mapping[str, Sequence[Sequence[Trace]]]) -> str:
    rows = []
    for newsroom, sets in played.items():
        traces = sets[0]
        wanted = play(traces, Revisiting).fetches / HORIZON
        for share in _BUDGETS:
            budget = wanted * share
            tallies = [
                play_within(traces, Revisiting, most_expected, budget),
                play_within(traces, Revisiting, longest_due, budget),
                play_within(traces, CONTENDERS["newsdiffs"], by_pauses, budget),
            ]
            rows.append([newsroom, f"{budget:.1f}", *(caught(tally) for tally in tallies)])
    return table(
        ["newsroom", "requests an hour", "ours, most expected first", "ours, longest due first", "newsdiffs"], rows
    )


def _fronts(played: Mapping[str, Sequence[Sequence[Trace]]]) -> str:
    rows = []
    for newsroom, sets in played.items():
        ours = [front.play_front(traces, front.CONTENDERS[_OURS]) for traces in sets]
        for name, contender in front.CONTENDERS.items():
            as_is = total([front.play_front(traces, contender) for traces in sets])
            equal = total(
                [front.equalised_front(traces, contender, own.fetches) for traces, own in zip(sets, ours, strict=True)]
                if name != _OURS
                else ours
            )
            rows.append(
                [
                    newsroom,
                    name,
                    f"{as_is.fetches:,}",
                    f"{duration(as_is.delay(0.5))}, {duration(as_is.delay(0.9))}",
                    f"{equal.fetches:,}",
                    f"{duration(equal.delay(0.5))}, {duration(equal.delay(0.9))}",
                ]
            )
    return table(["newsroom", "", "fetches as is", "median, p90", "fetches made equal", "median, p90"], rows)


if __name__ == "__main__":
    main()
