"""Kills a crawl again and again, as `kill -9` does, at random moments, until it comes to its end by itself.

::

    PYTHONPATH=tests python -m crash.killing --pages 2000 --kills 100 [--seed N] [--directory DIR]

Prints what it came to as JSON, and fails where a page was missed, where one was fetched again that was not in flight
when the process was killed, or where the ledger does not add up. Several minutes for the numbers above.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from end_to_end import inspection
from end_to_end.command import Broadsheet, Finished, balanced, finish
from end_to_end.pages import article, front_page
from servers.site_server import Answer, SiteServer, site_server
from sqlalchemy import select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.schema import visits
from broadsheet.storage.archive import Archive
from broadsheet.storage.urls import normalise

_LINKS = 8
_SECONDS = 120.0
_RECOVERED = 0.2


@dataclass
class Site:
    """A site of articles that lead to one another; every tenth page is something else.

    Attributes:
        answers: What each path is answered with.
        articles: The paths of its articles.
        elsewhere: How many addresses of other sites it links to.
    """

    answers: dict[str, Answer | list[Answer]]
    articles: set[str] = field(default_factory=set)
    elsewhere: int = 0


def made_up_site(pages: int, seed: int, seconds: float) -> Site:
    """Return a site: a front page, then pages of which each leads to a few others and to an address elsewhere.

    Args:
        pages: How many there are beside the front page.
        seed: What its links come from.
        seconds: How long each takes to answer.
    """
    chance = random.Random(seed)
    paths = [f"/page/{number}" for number in range(pages)]
    site = Site({"/": Answer(front_page(paths[:_LINKS]).encode())})
    for number, path in enumerate(paths):
        ahead = paths[number + 1 : number + 4]
        links = [*ahead, *chance.choices(paths, k=_LINKS), f"http://elsewhere-{number}.example/"]
        if number % 10 == 3:
            answer = Answer(status=301, headers={"Location": ahead[0] if ahead else "/"}, hang=seconds)
        elif number % 10 == 6:
            answer = Answer(b"not here", status=404, hang=seconds)
        elif number % 10 == 9:
            answer = Answer(front_page(links).encode(), hang=seconds)
        else:
            answer = Answer(article(f"Story {number}", links=links).encode(), hang=seconds)
            site.articles.add(path)
        site.elsewhere += answer.status == 200
        site.answers[path] = answer
    return site


@dataclass
class Outcome:
    """What it came to.

    Attributes:
        kills: How many processes were killed.
        summary: What the last one printed.
        found: The paths of the articles that the archive has.
        asked: How often each path was asked for, robots.txt aside.
        again: How many requests were repeated.
        unexplained: Paths that were asked for again and were not in flight when the process was killed.
        most_in_flight: How many were in flight at a kill, at most.
    """

    site: Site
    kills: int = 0
    summary: dict[str, Any] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    again: int = 0
    unexplained: list[str] = field(default_factory=list)
    most_in_flight: int = 0

    def check(self) -> None:
        """Fail where something was missed, done twice, or is not counted."""
        balanced(self.summary)
        assert self.found == self.site.articles
        # Where feeds and sitemaps might have been is asked for too.
        assert set(self.asked) >= set(self.site.answers), "a page was missed"
        assert not self.unexplained, f"fetched again though not in flight: {self.unexplained}"
        assert self.summary["discovered"] == len(self.site.answers) + self.site.elsewhere
        assert self.summary["outcomes"]["new"] == len(self.site.articles)
        assert self.summary["skipped"].keys() == {"offsite", "redirected"}, self.summary["skipped"]


def kill_again_and_again(
    directory: Path, *, pages: int, kills: int, seed: int, seconds: float, environment: Mapping[str, str] | None = None
) -> Outcome:
    """Crawl a made-up site, with so many kills at random moments; return what it came to.

    Args:
        directory: An empty folder.
        pages: How many pages the site has.
        kills: How many processes are killed, unless it comes to its end before.
        seed: Where the moments and the site come from.
        seconds: How long the site takes for each page.
        environment: What the processes have in their environment.
    """
    chance = random.Random(seed)
    outcome = Outcome(made_up_site(pages, seed, seconds))
    broadsheet = Broadsheet(str(directory / "archive"), environment or {})
    with site_server(outcome.site.answers) as site:
        limits = ("--max-pages", str(10 * pages), "--max-depth", str(pages))
        command = ("crawl", "--allow-private", "--json", *limits, f"{site.url}/")
        in_flight: set[str] = set()
        ended: Finished | None = None
        while ended is None:
            before, left = len(site.requests), kills - outcome.kills
            with broadsheet.started(*command) as process:
                # A share of the pages is left for the process that comes to its end.
                most = before + max(0, pages - before) // (left + 1)
                if left:
                    _wait_for_the_moment(site, process, chance, most)
                if left and process.poll() is None:
                    os.kill(process.pid, signal.SIGKILL)
                    process.wait()
                    outcome.kills += 1
                else:
                    ended = finish(process)
            _note(outcome, site, before, in_flight)
            if ended is None:
                leased = _leased(directory / "archive" / ".local", site.url)
                outcome.most_in_flight = max(outcome.most_in_flight, len(leased))
                # The next process may be killed before it has asked for them again.
                in_flight |= leased
                if chance.random() < _RECOVERED:
                    # Whoever publishes what a killed crawl left, the crawl that goes on knows of it.
                    recovered = broadsheet("recover")
                    assert recovered.status == 0, recovered.stderr
        assert ended.status == 0, ended.stderr
        outcome.summary = ended.document
        archive = Archive.open(broadsheet.archive)
        inspection.check(archive.store)
        outcome.found = {snapshot.url.removeprefix(site.url) for snapshot in archive.snapshots()}
        assert all(len(versions) == 1 for versions in inspection.stored_versions(archive.store).values())
    return outcome


def _wait_for_the_moment(site: SiteServer, process: subprocess.Popen[bytes], chance: random.Random, most: int) -> None:
    """Return at a random moment: soon after the start, or when so many requests or fewer have come in all."""
    at_the_latest = time.monotonic() + (3 * chance.random() if chance.random() < 0.2 else _SECONDS)
    wanted = chance.randint(len(site.requests), most)
    while len(site.requests) < wanted and process.poll() is None and time.monotonic() < at_the_latest:
        time.sleep(0.002)
    time.sleep(0.1 * chance.random())


def _note(outcome: Outcome, site: SiteServer, before: int, in_flight: set[str]) -> None:
    """Note what a process has asked for, and what of that others had asked for; that is in flight no more."""
    asked = Counter(path for path, _ in site.requests[before:] if path != "/robots.txt")
    again = [path for path in asked if outcome.asked[path]]
    outcome.again += len(again) + sum(count - 1 for count in asked.values())
    outcome.unexplained += [path for path in again if path not in in_flight]
    outcome.unexplained += [path for path, count in asked.items() if count > 1]
    in_flight.difference_update(asked)
    outcome.asked += asked


def _leased(state: Path, url: str) -> set[str]:
    """Return the paths that a killed process had in flight, as the frontier has it."""
    if "BROADSHEET_FRONTIER" not in os.environ and not (state / "frontier.sqlite").exists():
        return {"/"}
    with Database(state, "") as database, database.reading() as connection:
        leased = connection.scalars(select(visits.c.url).where(visits.c.state == "leased"))
        return {found.removeprefix(url) for found in map(normalise, leased)}


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.getrandbits(32))
    parser.add_argument("--seconds", type=float, default=0.05, help="how long the site takes for a page [0.05]")
    return parser.parse_args()


def main() -> None:
    """Do it once, by hand."""
    arguments = _parsed()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        outcome = kill_again_and_again(
            Path(directory),
            pages=arguments.pages,
            kills=arguments.kills,
            seed=arguments.seed,
            seconds=arguments.seconds,
        )
    told = {
        "seed": arguments.seed,
        "kills": outcome.kills,
        "requests": sum(outcome.asked.values()),
        "again": outcome.again,
        "unexplained": outcome.unexplained,
        "most_in_flight": outcome.most_in_flight,
        "summary": outcome.summary | {"segments": len(outcome.summary["segments"])},
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(told, indent=2))  # noqa: T201 - what it is run for
    outcome.check()


if __name__ == "__main__":
    main()
