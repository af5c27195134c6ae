"""Watches the sources by the jobs of the service: raises alarms, and clears them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.crawls import REMEMBERED, Crawls
from broadsheet.scheduler.alarms.judging import Tally, Verdict, endless, failing, has_become_usual, share, silent
from broadsheet.scheduler.alarms.news import State, states
from broadsheet.scheduler.alarms.notices import Kind, Notice
from broadsheet.scheduler.alarms.outages import Outages
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.alarms.schema import tallies
from broadsheet.scheduler.alarms.standing import NO_SOURCE, Key, Standing, StandingAlarms
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.document import SourcesFile

_log = logging.getLogger(__name__)

# A trouble of the service has to be there, or to be over, at so many looks in a row.
_LOOKS_IN_A_ROW = 2
# Of the last alarms at the start: crawls that failed in an outage before those have been followed by others.
_OUTAGES_AMONG = 1000
_PAYWALLED = "are paywalled"
_TROUBLES: tuple[Kind, ...] = ("store", "disk")
_TITLES: Mapping[Kind, str] = {
    "silent": "has fallen silent",
    "failing": "cannot be crawled",
    "extraction": "cannot be read as before",
    "paywall": "lets in others than before",
    "endless": "leads to pages without end",
    "store": "the archive cannot be read",
    "disk": "the disk is too full to go on",
}


class AlarmWatch:
    """Raises each alarm once, and clears it once, with a notice each.

    Args:
        jobs: The jobs of the service.
        database: The service's database.
        outbox: Where notices go.
        troubles: Returns what is wrong with the service itself now, by kind (``store``, ``disk``), for people.
    """

    def __init__(
        self, jobs: Jobs, database: Database, outbox: Outbox, troubles: Callable[[], Mapping[Kind, str]]
    ) -> None:
        self._crawls = Crawls(jobs)
        self._database = database
        self._outbox = outbox
        self._troubles = troubles
        self._alarms = StandingAlarms(database)
        self._seen: dict[Kind, int] = dict.fromkeys(_TROUBLES, 0)
        self._outages = Outages(outbox.entries("alarm", limit=_OUTAGES_AMONG))
        # The sources of which there was nothing to say, as they were then.
        self._quiet: dict[str, State] = {}

    def step(self, document: SourcesFile, now: datetime | None = None) -> list[Notice]:
        """Look at all sources and at the service itself; return what was raised or cleared.

        Args:
            document: The sources, and where notices are sent.
            now: The present moment; by the clock where not given.
        """
        now = now or datetime.now(UTC)
        stands, usual_since = self._alarms.read(), self._alarms.usual_since()
        verdicts: dict[tuple[str, Kind], Verdict] = {}
        states_now, standing = states(self._database, now), {name for name, _ in stands}
        quiet: dict[str, State] = {}
        for name, source in document.sources.items():
            state = states_now.get(name, ())
            # What stands may be over because time has passed.
            if not source.alarms or not source.enabled or (name not in standing and self._quiet.get(name) == state):
                continue
            of_source = self._of_source(name, stands, usual_since, now)
            verdicts |= {(name, kind): verdict for kind, verdict in of_source.items()}
            if not of_source:
                quiet[name] = state
        verdicts |= {(NO_SOURCE, kind): verdict for kind, verdict in self._of_service(stands).items()}
        for name, kind in stands:
            source_of = document.sources.get(name)
            if name != NO_SOURCE and (source_of is None or not source_of.alarms or not source_of.enabled):
                verdicts[name, kind] = Verdict(event="cleared", text="it is not watched any more")
        urls = [webhook.url for webhook in document.service.webhooks]
        made: list[Notice] = []
        seen: list[Notice] = []
        with self._database.writing() as connection:
            connection.execute(
                delete(tallies).where(tallies.c.archive == self._database.archive, tallies.c.hour < now - REMEMBERED)
            )
            for key, verdict in sorted(verdicts.items()):
                notice = _notice(*key, verdict, now)
                seen.append(notice)
                if self._alarms.note(connection, key, verdict, now):
                    made.append(notice)
                    self._outbox.add(connection, notice, urls)
        self._outages.note(seen)
        self._quiet |= quiet
        for notice in made:
            _log.log(
                logging.WARNING if notice.event == "raised" else logging.INFO,
                "alarm %s: %s: %s",
                notice.event,
                notice.title,
                notice.text,
                extra={"event": f"alarm_{notice.event}", "source": notice.source, "alarm": notice.kind},
            )
        return made

    def _of_source(
        self, name: str, stands: Mapping[Key, Standing], usual_since: Mapping[Key, datetime], now: datetime
    ) -> dict[Kind, Verdict]:
        looks = self._crawls.looks(name, now)

        def since(kind: Kind) -> datetime | None:
            found = stands.get((name, kind))
            return found.raised_at if found else None

        read = self._read(name, now)
        found: dict[Kind, Verdict | None] = {
            "silent": silent(looks, since("silent")),
            "failing": failing(
                [look for look in looks if look.succeeded or not self._outages.cover(look.at)], since("failing")
            ),
            "endless": endless(looks, since("endless")),
            "extraction": _of_extraction(read, stands.get((name, "extraction"))),
            "paywall": _of_paywall(read, stands.get((name, "paywall")), usual_since.get((name, "paywall")), now),
        }
        return {kind: verdict for kind, verdict in found.items() if verdict is not None}

    def _of_service(self, stands: Mapping[Key, Standing]) -> dict[Kind, Verdict]:
        found: dict[Kind, Verdict] = {}
        troubles = self._troubles()
        for kind in _TROUBLES:
            is_standing = (NO_SOURCE, kind) in stands
            differs = (kind in troubles) != is_standing
            self._seen[kind] = self._seen[kind] + 1 if differs else 0
            if self._seen[kind] >= _LOOKS_IN_A_ROW:
                self._seen[kind] = 0
                found[kind] = (
                    Verdict(event="cleared", text="it is over")
                    if is_standing
                    else Verdict(event="raised", text=troubles[kind])
                )
        return found

    def _read(self, source: str, now: datetime) -> Sequence[Row[Any]]:
        """Return what was read in each hour, the oldest first."""
        remembered = tallies.c.archive == self._database.archive, tallies.c.hour > now - REMEMBERED
        query = select(tallies).where(*remembered, tallies.c.source == source).order_by(tallies.c.hour)
        with self._database.reading() as connection:
            return connection.execute(query).all()


def _of_extraction(read: Sequence[Row[Any]], stands: Standing | None) -> Verdict | None:
    raised_at, baseline = stands or (None, None)
    incomplete = [Tally(articles=row.articles, counted=row.incomplete) for row in read]
    return share(incomplete, raised_at, baseline, what="have no text or no date")


def _of_paywall(
    read: Sequence[Row[Any]], stands: Standing | None, usual_since: datetime | None, now: datetime
) -> Verdict | None:
    raised_at, baseline = stands or (None, None)

    def paywalled(since: datetime | None) -> list[Tally]:
        counted = [row for row in read if since is None or row.hour > since]
        return [Tally(articles=row.articles, counted=row.paywalled) for row in counted]

    verdict = share(paywalled(usual_since), raised_at, baseline, what=_PAYWALLED, both_ways=True)
    if verdict is None and raised_at is not None:
        return has_become_usual(paywalled(raised_at), raised_at, now, what=_PAYWALLED)
    return verdict


def _notice(source: str, kind: Kind, verdict: Verdict, now: datetime) -> Notice:
    what = f"{source} {_TITLES[kind]}" if source else _TITLES[kind]
    return Notice(
        id=secrets.token_hex(16),
        at=now,
        about="alarm",
        event=verdict.event,
        kind=kind,
        source=source or None,
        title=what if verdict.event == "raised" else f"over: {what}",
        text=verdict.text,
    )
