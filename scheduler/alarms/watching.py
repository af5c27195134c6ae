"""Watches the sources by the jobs of the service: raises alarms, and clears them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.upserts import insert_for
from broadsheet.scheduler.alarms.crawls import REMEMBERED, Crawls
from broadsheet.scheduler.alarms.judging import Tally, Verdict, failing, share, silent
from broadsheet.scheduler.alarms.notices import Kind, Notice
from broadsheet.scheduler.alarms.outages import Outages
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.alarms.rate import Look
from broadsheet.scheduler.alarms.schema import standing, tallies
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.document import SourcesFile

_log = logging.getLogger(__name__)

# A trouble of the service has to be there, or to be over, at so many looks in a row.
_LOOKS_IN_A_ROW = 2
_NO_SOURCE = ""
# Of the last alarms at the start: crawls that failed in an outage before those have been followed by others.
_OUTAGES_AMONG = 1000
_TROUBLES: tuple[Kind, ...] = ("store", "disk")
_TITLES: Mapping[Kind, str] = {
    "silent": "has fallen silent",
    "failing": "cannot be crawled",
    "extraction": "cannot be read as before",
    "paywall": "lets in others than before",
    "store": "the archive cannot be read",
    "disk": "the disk is too full to go on",
}


class _Standing(NamedTuple):
    raised_at: datetime
    baseline: float | None


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
        self._seen: dict[Kind, int] = dict.fromkeys(_TROUBLES, 0)
        self._outages = Outages(outbox.entries("alarm", limit=_OUTAGES_AMONG))
        # What nothing was to be said about: hundreds of sources would be judged anew every few seconds.
        self._not_silent: dict[str, tuple[Look, datetime | None]] = {}

    def step(self, document: SourcesFile, now: datetime | None = None) -> list[Notice]:
        """Look at all sources and at the service itself; return what was raised or cleared.

        Args:
            document: The sources, and where notices are sent.
            now: The present moment; by the clock where not given.
        """
        now = now or datetime.now(UTC)
        stands = _standing(self._database)
        verdicts: dict[tuple[str, Kind], Verdict] = {}
        for name, source in document.sources.items():
            if source.alarms and source.enabled:
                verdicts |= {(name, kind): verdict for kind, verdict in self._of_source(name, stands, now).items()}
        verdicts |= {(_NO_SOURCE, kind): verdict for kind, verdict in self._of_service(stands).items()}
        for name, kind in stands:
            source_of = document.sources.get(name)
            if name != _NO_SOURCE and (source_of is None or not source_of.alarms or not source_of.enabled):
                verdicts[name, kind] = Verdict(event="cleared", text="it is not watched any more")
        urls = [webhook.url for webhook in document.service.webhooks]
        made = [_notice(name, kind, verdict, now) for (name, kind), verdict in verdicts.items()]
        with self._database.writing() as connection:
            connection.execute(
                delete(tallies).where(tallies.c.archive == self._database.archive, tallies.c.hour < now - REMEMBERED)
            )
            for ((name, kind), verdict), notice in zip(verdicts.items(), made, strict=True):
                self._note(connection, name, kind, verdict, now)
                self._outbox.add(connection, notice, urls)
        self._outages.note(made)
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

    def _of_source(self, name: str, stands: Mapping[tuple[str, Kind], _Standing], now: datetime) -> dict[Kind, Verdict]:
        looks = self._crawls.looks(name, now)
        incomplete, paywalled = self._tallies(name, now)

        def since(kind: Kind) -> datetime | None:
            found = stands.get((name, kind))
            return found.raised_at if found else None

        def baseline(kind: Kind) -> float | None:
            found = stands.get((name, kind))
            return found.baseline if found else None

        found: dict[Kind, Verdict | None] = {
            "silent": self._silent(name, looks, since("silent")),
            "failing": failing(
                [look for look in looks if look.succeeded or not self._outages.cover(look.at)], since("failing")
            ),
            "extraction": share(
                incomplete, since("extraction"), baseline("extraction"), what="have no text or no date"
            ),
            "paywall": share(paywalled, since("paywall"), baseline("paywall"), what="are paywalled", both_ways=True),
        }
        return {kind: verdict for kind, verdict in found.items() if verdict is not None}

    def _silent(self, name: str, looks: Sequence[Look], raised_at: datetime | None) -> Verdict | None:
        if not looks or self._not_silent.get(name) == (looks[-1], raised_at):
            return None
        verdict = silent(looks, raised_at)
        if verdict is None:
            self._not_silent[name] = looks[-1], raised_at
        return verdict

    def _of_service(self, stands: Mapping[tuple[str, Kind], _Standing]) -> dict[Kind, Verdict]:
        found: dict[Kind, Verdict] = {}
        troubles = self._troubles()
        for kind in _TROUBLES:
            is_standing = (_NO_SOURCE, kind) in stands
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

    def _tallies(self, source: str, now: datetime) -> tuple[list[Tally], list[Tally]]:
        query = (
            select(tallies)
            .where(
                tallies.c.archive == self._database.archive,
                tallies.c.source == source,
                tallies.c.hour > now - REMEMBERED,
            )
            .order_by(tallies.c.hour)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return (
            [Tally(articles=row.articles, counted=row.incomplete) for row in rows],
            [Tally(articles=row.articles, counted=row.paywalled) for row in rows],
        )

    def _note(self, connection: Connection, source: str, kind: Kind, verdict: Verdict, now: datetime) -> None:
        archive = self._database.archive
        if verdict.event == "raised":
            row = {"archive": archive, "source": source, "kind": kind, "raised_at": now, "baseline": verdict.baseline}
            connection.execute(insert_for(connection, standing).values(row))
        else:
            connection.execute(
                delete(standing).where(
                    standing.c.archive == archive, standing.c.source == source, standing.c.kind == kind
                )
            )


def open_alarms(database: Database) -> dict[str | None, list[Kind]]:
    """Return the alarms that are raised and not cleared, by source; those of the service itself under None."""
    found: dict[str | None, list[Kind]] = {}
    for source, kind in sorted(_standing(database)):
        found.setdefault(source or None, []).append(kind)
    return found


def _standing(database: Database) -> dict[tuple[str, Kind], _Standing]:
    with database.reading() as connection:
        rows = connection.execute(select(standing).where(standing.c.archive == database.archive)).all()
    return {(row.source, row.kind): _Standing(row.raised_at, row.baseline) for row in rows}


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
