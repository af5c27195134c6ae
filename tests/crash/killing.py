"""Ends a crawl again and again at random moments, as `kill -9` does or a service manager, until it comes to its end.

::

    PYTHONPATH=tests python -m crash.killing --pages 2000 --kills 100 [--seed N]
        [--troubled] [--s3] [--terminate] [--lose 0.3]

Prints what it came to as JSON, and fails where a page was missed, where one was fetched again that was not in flight
when the process was ended, where a body is stored twice, or where the ledger does not add up. After the frontier was
lost the crawl begins again: then each page may be asked for once more, and is found unchanged. What there has to be in
the end, a crawl that nobody disturbs says. Many minutes for the numbers above.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crash.ended_crawl import Crawled, Outcome
from crash.sites import Site, plain_site, troubled_site
from end_to_end import inspection
from end_to_end.command import Broadsheet, Finished, finish
from end_to_end.pages import OF_THE_SITE
from servers.seaweedfs import seaweedfs
from servers.site_server import SiteServer, site_server
from sqlalchemy import Table, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.schema import requisites, visits
from broadsheet.storage.archive import Archive
from broadsheet.storage.urls import normalise
from broadsheet.storage.workspace import whereabouts

_SECONDS = 120.0
_SECONDS_TO_END = 1200.0
_RECOVERED = 0.2
_NO_PAGES = (*OF_THE_SITE, "/feed", "/rss", "/atom.xml", "/index.xml", "/sitemap", "/news-sitemap")


@dataclass(frozen=True, kw_only=True)
class Ends:
    """How processes end.

    Attributes:
        kills: How many, unless the crawl comes to its end before.
        seed: Where the moments come from.
        by: The signal.
        lost: After which share of them the frontier is lost, as on another machine.
    """

    kills: int
    seed: int
    by: signal.Signals = signal.SIGKILL
    lost: float = 0.0


def kill_again_and_again(directory: Path, site: Site, ends: Ends, broadsheet: Broadsheet | None = None) -> Outcome:
    """Crawl a site whose process is ended at random moments; return what it came to.

    Args:
        directory: An empty folder.
        site: The site.
        ends: How often its process is ended, and how.
        broadsheet: The command and its archive; by default in a folder.
    """
    broadsheet = broadsheet or Broadsheet(str(directory / "archive"))
    chance = random.Random(ends.seed)
    with site_server(site.answers) as server:
        command = _command(directory, site, server)
        undisturbed = Broadsheet(str(directory / "undisturbed"))
        whole = undisturbed(*command)
        assert whole.status == 0, whole.stderr
        outcome = Outcome(site, _crawled(undisturbed, whole, server))
        pages, begun = len(server.requests), len(server.requests)
        in_flight: set[str] = set()
        ended: Finished | None = None
        while ended is None:
            before, left = len(server.requests), ends.kills - outcome.kills
            with broadsheet.started(*command) as process:
                # A share of the pages is left for the process that comes to its end.
                most = before + max(0, begun + pages - before) // (left + 1)
                if left:
                    _wait_for_the_moment(server, process, chance, most)
                if left and process.poll() is None:
                    outcome.slowest = max(outcome.slowest, _end(process, ends.by))
                    outcome.kills += 1
                else:
                    ended = finish(process, _SECONDS_TO_END)
            _note(outcome, server, before, in_flight)
            if ended is None:
                leased = _in_flight(broadsheet, server.url, outcome)
                outcome.most_in_flight = max(outcome.most_in_flight, len(leased))
                # The next process may be ended before it has asked for them again.
                in_flight |= leased
                if _meanwhile(broadsheet, ends, chance):
                    # The crawl begins again, and knows nothing of what was under way.
                    outcome.losses += 1
                    outcome.asked_since.clear()
                    in_flight.clear()
        assert ended.status == 0, ended.stderr
        outcome.ended = _crawled(broadsheet, ended, server)
    return outcome


def _command(directory: Path, site: Site, server: SiteServer) -> list[str]:
    sources = directory / "sources.toml"
    shown = "requisites = true\n" if site.requisites else ""
    sources.write_text(f'[sources.site]\nhome = "{server.url}/"\n{shown}')
    pages = len(site.answers)
    limits = ["--max-pages", str(10 * pages), "--max-depth", str(pages)]
    return ["crawl", "--config", str(sources), "--allow-private", "--json", *limits, "site"]


def _crawled(broadsheet: Broadsheet, ended: Finished, server: SiteServer) -> Crawled:
    archive = Archive.open(broadsheet.archive)
    inspection.check(archive.store)
    found = inspection.stored_versions(archive.store)
    versions = Counter({url.removeprefix(server.url): len(each) for url, each in found.items()})
    lines = [(line.url.removeprefix(server.url), line) for line in inspection.index_lines(archive.store)]
    pages = [(path, line) for path, line in lines if not path.startswith(_NO_PAGES)]
    stored = Counter(
        path for path, line in pages if line.status == "200" and not line.truncated and line.mime != "warc/revisit"
    )
    return Crawled(ended.document, versions, {path for path, _ in pages}, stored)


def _end(process: subprocess.Popen[bytes], by: signal.Signals) -> float:
    """End a process by a signal; return how many seconds that took."""
    began = time.monotonic()
    os.kill(process.pid, by)
    process.communicate()
    return time.monotonic() - began


def _meanwhile(broadsheet: Broadsheet, ends: Ends, chance: random.Random) -> bool:
    """Do what may happen between two processes; tell whether the frontier was lost."""
    if chance.random() < _RECOVERED:
        # Whoever publishes what an ended crawl left, the crawl that goes on knows of it.
        recovered = broadsheet("recover")
        assert recovered.status == 0, recovered.stderr
    is_lost = chance.random() < ends.lost
    if is_lost:
        for file in whereabouts(broadsheet.archive).directory.glob("frontier.sqlite*"):
            file.unlink()
    return is_lost


def _wait_for_the_moment(
    server: SiteServer, process: subprocess.Popen[bytes], chance: random.Random, most: int
) -> None:
    """Return at a random moment: soon after the start, or when so many requests or fewer have come in all."""
    at_the_latest = time.monotonic() + (3 * chance.random() if chance.random() < 0.2 else _SECONDS)
    wanted = chance.randint(len(server.requests), most)
    while len(server.requests) < wanted and process.poll() is None and time.monotonic() < at_the_latest:
        time.sleep(0.002)
    time.sleep(0.1 * chance.random())


def _note(outcome: Outcome, server: SiteServer, before: int, in_flight: set[str]) -> None:
    """Note what a process has asked for, and what of that others had asked for; that is in flight no more."""
    asked = Counter(path for path, _ in server.requests[before:] if not path.startswith(_NO_PAGES))
    again = [path for path in asked if outcome.asked_since[path]]
    outcome.again += sum(bool(outcome.asked[path]) for path in asked) + sum(count - 1 for count in asked.values())
    outcome.unexplained += [path for path in again if path not in in_flight]
    outcome.unexplained += [path for path, count in asked.items() if count > outcome.site.tries.get(path, 1)]
    in_flight.difference_update(asked)
    outcome.asked += asked
    outcome.asked_since += asked


def _in_flight(broadsheet: Broadsheet, url: str, outcome: Outcome) -> set[str]:
    """Return the paths that an ended process had in flight, as the frontier has it.

    One that is killed leaves them leased; one that ends in order gives back what it had asked for.
    """
    state = whereabouts(broadsheet.archive)
    if "BROADSHEET_FRONTIER" not in os.environ and not (state.directory / "frontier.sqlite").exists():
        return {"/"}
    with Database(state.directory, state.place) as database:
        leased = _in_state(database, visits, "leased") | _in_state(database, requisites, "leased")
        waiting = _in_state(database, visits, "waiting")
    given_back = {found for found in waiting if outcome.asked_since[found.removeprefix(url)]}
    return {found.removeprefix(url) for found in leased | given_back}


def _in_state(database: Database, table: Table, state: str) -> set[str]:
    with database.reading() as connection:
        return set(map(normalise, connection.scalars(select(table.c.url).where(table.c.state == state))))


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--seconds", type=float, default=0.05, help="how long the site takes for a page [0.05]")
    parser.add_argument("--troubled", action="store_true", help="a site with all that makes trouble")
    parser.add_argument("--s3", action="store_true", help="into a bucket")
    parser.add_argument("--terminate", action="store_true", help="SIGTERM in place of SIGKILL")
    parser.add_argument("--lose", type=float, default=0.0, help="after which share of kills the frontier is lost [0]")
    return parser.parse_args()


def main() -> None:
    """Do it once, by hand."""
    given = _parsed()
    began = time.monotonic()
    made_up = troubled_site if given.troubled else plain_site
    by = signal.SIGTERM if given.terminate else signal.SIGKILL
    with contextlib.ExitStack() as held:
        directory = Path(held.enter_context(tempfile.TemporaryDirectory()))
        broadsheet = None
        if given.s3:
            server = held.enter_context(seaweedfs())
            environment = {**server.environment, "BROADSHEET_STATE": str(directory / "state")}
            held.enter_context(_environment(environment))
            broadsheet = Broadsheet(server.uri(server.make_bucket()), environment)
        outcome = kill_again_and_again(
            directory,
            made_up(given.pages, given.seed, given.seconds),
            Ends(kills=given.kills, seed=given.seed, by=by, lost=given.lose),
            broadsheet,
        )
    assert outcome.ended is not None
    summary = outcome.ended.summary
    told = {
        "arguments": vars(given),
        "kills": outcome.kills,
        "losses": outcome.losses,
        "slowest_end": round(outcome.slowest, 1),
        "requests": sum(outcome.asked.values()),
        "again": outcome.again,
        "unexplained": outcome.unexplained,
        "stored_again": outcome.stored_again,
        "unclaimed": sorted(outcome.unclaimed),
        "most_in_flight": outcome.most_in_flight,
        "summary": summary | {"segments": len(summary["segments"])},
        "undisturbed": outcome.undisturbed.summary | {"segments": len(outcome.undisturbed.summary["segments"])},
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(told, indent=2))  # noqa: T201 - what it is run for
    outcome.check()


if __name__ == "__main__":
    main()
