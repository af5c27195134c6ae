"""`python -m benchmarks.extraction`: what is read from real pages, with the libraries side by side. See README.md."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.extraction.contenders import Contender, contenders
from benchmarks.extraction.dataset import BODY_SETS, DataSet, TruePage
from benchmarks.extraction.report import Result, as_document, as_tables
from benchmarks.extraction.scores import Row, box_figures, figures_by_set, page_scores
from benchmarks.extraction.stability import is_stable
from benchmarks.extraction.surroundings import score_boxes
from benchmarks.extraction.trial import Trial, run

_SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "extraction"


def main() -> None:
    """Reads every page with every extractor, scores what came out and prints the tables."""
    arguments = _arguments()
    logging.disable(logging.CRITICAL)
    try:
        data = DataSet(arguments.data)
    except FileNotFoundError as error:
        sys.exit(f"{error}; name a folder of judged pages with --data (README.md says what it holds)")
    pages = list(data.pages(set(arguments.sets.split(",")) if arguments.sets else None))[:: arguments.every]
    chosen = _chosen(arguments.extractors)
    trials = run(data, pages, chosen, _tell_count)
    rows = {trial.name: {page.id: page_scores(page, trial) for page in pages} for trial in trials}
    results = [
        _result(data, pages, contender, trial, rows[trial.name], stability=arguments.stability)
        for contender, trial in zip(chosen, trials, strict=True)
    ]
    if arguments.pages:
        _write_pages(arguments.pages, pages, trials, rows)
    print(json.dumps(as_document(results)) if arguments.json else as_tables(results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extraction", description=__doc__)
    parser.add_argument("--data", type=Path, default=_SHARED, metavar="DIR", help="judged pages [../shared/extraction]")
    parser.add_argument("--sets", help="names of sets, separated by commas [all]")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="read only every Nth page [1]")
    parser.add_argument("--extractors", help="names, separated by commas [all that are installed]")
    parser.add_argument("--stability", action="store_true", help="read pairs that differ in their surroundings, too")
    parser.add_argument("--pages", type=Path, metavar="FILE", help="write the scores of every page, as JSON lines")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def _chosen(names: str | None) -> list[Contender]:
    known = {contender.name: contender for contender in contenders()}
    if names is None:
        return list(known.values())
    if unknown := set(names.split(",")) - known.keys():
        sys.exit(f"no such extractor: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [known[name] for name in names.split(",")]


def _result(
    data: DataSet,
    pages: Sequence[TruePage],
    contender: Contender,
    trial: Trial,
    rows: dict[str, Row],
    *,
    stability: bool,
) -> Result:
    bodies = {page.id: page.body for page in pages if page.body}
    boxes = box_figures(score_boxes(data.boxes(), trial.found, bodies))
    sets = figures_by_set(pages, rows)
    return Result(trial, sets, boxes, _stability(data, pages, contender) if stability else None)


def _stability(data: DataSet, pages: Sequence[TruePage], contender: Contender) -> tuple[float, int] | None:
    _tell(f"pairs for {contender.name}\n")
    judged = [page for page in pages if page.set in BODY_SETS]
    verdicts = [stable for page in judged if (stable := is_stable(contender, data, page)) is not None]
    return (fmean(verdicts), len(verdicts)) if verdicts else None


def _write_pages(
    file: Path, pages: Sequence[TruePage], trials: Sequence[Trial], rows: dict[str, dict[str, Row]]
) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for page in pages:
            scores = {trial.name: rows[trial.name][page.id] for trial in trials}
            lines.write(json.dumps({"id": page.id, "url": page.url, "html": page.html, "scores": scores}) + "\n")


def _tell_count(done: int) -> None:
    if done % 100 == 0:
        _tell(f"{done} pages read\n")


def _tell(progress: str) -> None:
    print(progress, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
