"""Who is measured, with which commands, and what one run of each has to bring about to count."""

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.crawl.meter import Measurement, measure
from benchmarks.crawl.web import EMPTY_HOST, HOSTS


class Contender(StrEnum):
    """The five things compared."""

    SCRAPY = "scrapy"
    FETCH_ONLY = "fetch-only"
    TRAFILATURA = "trafilatura"
    FIRST_CRAWL = "first-crawl"
    RECRAWL = "recrawl"


class WrongOutcomeError(Exception):
    """A run ended well but did not do the work whose cost was to be measured."""


@dataclass(frozen=True)
class Run:
    """One run of one contender.

    Attributes:
        pages: Articles it worked through.
        cpu_seconds: CPU time of all its processes, start-up included.
        start_up_cpu_seconds: CPU time of the same command with nothing to do.
        wall_seconds: From its start to its end.
        stored_bytes: What it added to the archive; None where there is none.
    """

    pages: int
    cpu_seconds: float
    start_up_cpu_seconds: float
    wall_seconds: float
    stored_bytes: int | None = None

    @property
    def milliseconds_per_page(self) -> float:
        """CPU time a page, start-up left out."""
        return (self.cpu_seconds - self.start_up_cpu_seconds) / self.pages * 1000

    @property
    def milliseconds_per_page_with_start_up(self) -> float:
        """CPU time a page of the whole command."""
        return self.cpu_seconds / self.pages * 1000


def run_reference(contender: Contender, web: Path, pages: int) -> Run:
    """Measures one of the two references, `SCRAPY` or `TRAFILATURA`.

    Args:
        contender: Which.
        web: The tree that `web.write_web` wrote.
        pages: How many articles it holds.

    Raises:
        WrongOutcomeError: It did not get an answer for every page.
    """
    command = [sys.executable, "-m", f"benchmarks.crawl.bare_{contender}", str(web)]
    start_up = measure([*command, "0"])
    whole = measure([*command, str(pages)])
    if int(whole.output) != pages:
        raise WrongOutcomeError(f"{contender} got through {int(whole.output)} of {pages} pages")
    return Run(pages, whole.cpu_seconds, start_up.cpu_seconds, whole.wall_seconds)


def run_fetch_only(archives: Path, port: int, pages: int) -> Run:
    """Measures a crawl with extraction off into a fresh archive.

    Args:
        archives: An empty folder to make archives in.
        port: The port of all hosts.
        pages: How many articles they serve.

    Raises:
        WrongOutcomeError: It did not fetch every page.
    """
    start_up = _fetch_only(archives / "empty", (EMPTY_HOST,), port, pages)
    whole = _fetch_only(archives / "whole", HOSTS, port, pages)
    _require(whole, "fetched", at_least=pages)
    stored = stored_bytes(archives / "whole")
    return Run(pages, whole.cpu_seconds, start_up.cpu_seconds, whole.wall_seconds, stored)


def run_first_crawl_and_recrawl(archives: Path, port: int, pages: int, *, saved: bool = False) -> tuple[Run, Run]:
    """Measures a crawl into a fresh archive, then the same crawl again while nothing has changed.

    Args:
        archives: An empty folder to make archives in.
        port: The port of all hosts.
        pages: How many articles they serve.
        saved: They are saved pages: their links lead nowhere, and a few of them are no articles.

    Raises:
        WrongOutcomeError: Not every page was new the first time and unchanged the second time.
    """
    runs: list[Run] = []
    before = 0
    for outcome in ("new", "unchanged"):
        start_up = _crawl(archives / "empty", (EMPTY_HOST,), port, pages, max_depth=1 if saved else 5)
        whole = _crawl(archives / "whole", HOSTS, port, pages, max_depth=1 if saved else 5)
        _require(whole, outcome, at_least=round(0.97 * pages) if saved else pages)
        after = stored_bytes(archives / "whole")
        runs.append(Run(pages, whole.cpu_seconds, start_up.cpu_seconds, whole.wall_seconds, after - before))
        before = after
    return runs[0], runs[1]


def _fetch_only(archive: Path, hosts: tuple[str, ...], port: int, pages: int) -> Measurement:
    sitemaps = (f"http://{host}:{port}/news-sitemap-0.xml" for host in hosts)
    command = [sys.executable, "-m", "benchmarks.crawl.fetch_only", str(archive), str(_room(pages, hosts))]
    return measure([*command, *sitemaps])


def _crawl(archive: Path, hosts: tuple[str, ...], port: int, pages: int, *, max_depth: int) -> Measurement:
    command = [
        str(Path(sys.executable).with_name("broadsheet")),
        *("--archive", str(archive)),
        "crawl",
        *(f"http://{host}:{port}/" for host in hosts),
        "--allow-private",
        "--json",
        *("--max-pages", str(_room(pages, hosts))),
        *("--max-depth", str(max_depth)),
    ]
    return measure(command)


def _room(pages: int, hosts: tuple[str, ...]) -> int:
    """Room for what is not an article: front pages and whatever else a crawl looks at on the way."""
    return pages + 10 * len(hosts)


def _require(crawl: Measurement, count: str, *, at_least: int) -> None:
    summaries = [json.loads(line) for line in crawl.output.splitlines()]
    reached = sum(summary.get(count, summary["outcomes"].get(count, 0)) for summary in summaries)
    if reached < at_least:
        raise WrongOutcomeError(f"of {at_least} pages, {reached} were {count}: {crawl.output}")


def stored_bytes(archive: Path) -> int:
    """Bytes of an archive in a folder, without dot-directories: those are working state."""
    files = (file for file in archive.rglob("*") if file.is_file())
    return sum(
        file.stat().st_size
        for file in files
        if not any(part.startswith(".") for part in file.relative_to(archive).parts)
    )
