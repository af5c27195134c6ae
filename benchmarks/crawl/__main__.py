"""`python -m benchmarks.crawl`: what a crawl costs, against Scrapy and trafilatura alone. See README.md."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.crawl.contenders import (
    Contender,
    run_fetch_only,
    run_first_crawl_and_recrawl,
    run_reference,
)
from benchmarks.crawl.report import Round, as_document, as_table
from benchmarks.crawl.saved import write_saved_web
from benchmarks.crawl.server import listen, serve
from benchmarks.crawl.web import EMPTY_HOST, HOSTS, HOSTS_WITHOUT_VALIDATORS, write_web


def main() -> None:
    """Writes the web, serves it, runs every contender in turn and prints what came out."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as folder:
        rounds = _measure(Path(folder), arguments)
    if arguments.json:
        print(json.dumps(as_document(rounds, seed=arguments.seed)))
    else:
        print(as_table(rounds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawl", description=__doc__)
    parser.add_argument("--pages", type=int, default=500, help="articles in all [500]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of every contender, interleaved [3]")
    parser.add_argument("--seed", type=int, default=1, help="decides the content of the pages [1]")
    parser.add_argument("--saved", type=Path, metavar="DIR", help="serve the saved pages of a folder instead")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--references-only", action="store_true", help="leave out Broadsheet's own runs")
    return parser.parse_args()


def _measure(folder: Path, arguments: argparse.Namespace) -> list[Round]:
    web = folder / "web"
    sockets = listen((*HOSTS, EMPTY_HOST))
    port = sockets[0].getsockname()[1]
    _tell(f"writing {arguments.pages} pages")
    if arguments.saved:
        arguments.pages = len(write_saved_web(web, arguments.saved, page_count=arguments.pages, port=port))
    else:
        write_web(web, seed=arguments.seed, page_count=arguments.pages, port=port)
    rounds = []
    with serve(web, sockets, HOSTS_WITHOUT_VALIDATORS):
        for number in range(1, arguments.rounds + 1):
            _tell(f"round {number} of {arguments.rounds}")
            with tempfile.TemporaryDirectory(dir=folder) as archives:
                round_ = _round(web, Path(archives), port, arguments)
            rounds.append(round_)
    return rounds


def _round(web: Path, archives: Path, port: int, arguments: argparse.Namespace) -> Round:
    """Runs every contender once, those that are compared one after the other."""
    pages = arguments.pages
    round_ = {Contender.SCRAPY: run_reference(Contender.SCRAPY, web, pages)}
    if not arguments.references_only:
        round_[Contender.FETCH_ONLY] = run_fetch_only(archives / "fetch-only", port, pages)
    round_[Contender.TRAFILATURA] = run_reference(Contender.TRAFILATURA, web, pages)
    if not arguments.references_only:
        first, again = run_first_crawl_and_recrawl(archives / "crawl", port, pages, saved=bool(arguments.saved))
        round_ |= {Contender.FIRST_CRAWL: first, Contender.RECRAWL: again}
    return round_


def _tell(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
