"""A run: what a crawl has discovered, what is next, what became of it.

Memory holds what is leased, what was noted since the last `flush`, and which URLs were met lately. The rest is in the
database, so that a crawl of any size stays small. A run is one process's at a time, and one thread's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Update, func, select, update

from broadsheet.crawler.errors import FrontierError
from broadsheet.crawler.frontier import coverage, publishing, turns, visits
from broadsheet.crawler.frontier.alerts import Alerts
from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.guesses import Guesses
from broadsheet.crawler.frontier.holding import Holding
from broadsheet.crawler.frontier.notes import Notes
from broadsheet.crawler.frontier.requisites import Requisites
from broadsheet.crawler.frontier.revisits import Revisits
from broadsheet.crawler.frontier.schema import runs
from broadsheet.crawler.frontier.schema import visits as table
from broadsheet.crawler.frontier.seen import Seen
from broadsheet.crawler.frontier.shapes import Shapes
from broadsheet.crawler.frontier.spending import Spending
from broadsheet.crawler.frontier.stand_ins import StandIns
from broadsheet.crawler.frontier.turns import Turn
from broadsheet.crawler.frontier.visits import Visit, key_of
from broadsheet.storage.publishing.publication import Answer
from broadsheet.storage.urls import site

_CHUNK = 500


class Run:
    """A crawl of a source, in the process that holds it.

    Args:
        database: Where it lies.
        scope: Digest of archive and source.
        number: Its number there.
        holding: That this process has it.
        started_at: When it began, maybe in another process.
        resumed: Whether another process had it before.

    Attributes:
        holding: That this process has it.
        alerts: What it warns of.
        discovered: How many URLs it has discovered.
        ended: Nothing is given out any more.
        guesses: Where listings were looked for that nobody has named.
        revisits: What its source is known for, and what is due of that.
        requisites: What its pages are shown with.
        shapes: What its pages have come to, by the shape of their addresses.
        spending: How many bytes it has exchanged.
        stand_ins: The variants that are fetched where nothing is to be had at the plain address.
        fault: Why the frontier could not be used, where Scrapy would have swallowed that.
    """

    def __init__(
        self, database: Database, *, scope: str, number: int, holding: Holding, started_at: datetime, resumed: bool
    ) -> None:
        self.number = number
        self.holding = holding
        self.started_at = started_at
        self.resumed = resumed
        self.ended = False
        self.fault: FrontierError | None = None
        self.discovered = 0
        self.alerts = Alerts()
        self.guesses = Guesses(database, number)
        self.revisits = Revisits(database, scope, number)
        self.requisites = Requisites(database, number, resumed=resumed)
        self.shapes = Shapes(database, number)
        self.spending = Spending(database, number)
        self.stand_ins = StandIns(database, number)
        self._notes = Notes()
        # What is written together, in this order.
        self._parts = (self._notes, self.revisits, self.requisites, self.shapes, self.spending, self.stand_ins)
        self._database = database
        self._seen = Seen(database, number)
        self._waiting: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self._leased: dict[str, str] = {}
        self._position = 0
        if resumed:
            self._remember()

    # What was found.

    def unseen(self, urls: Sequence[str], *, too_deep: bool) -> list[str]:
        """Return which URLs the run has not met yet, each once.

        Args:
            urls: Normal forms.
            too_deep: Whether they are refused for their depth here; if not, those that were before are returned too.

        Returns:
            Each of them has to be given to `add`.
        """
        return self._seen.missing(urls, self._notes.added, too_deep=too_deep)

    def add(self, visit: Visit, *, refused: str | None = None, explanation: str | None = None) -> None:
        """Have a URL fetched that `unseen` has returned, or note why it is not."""
        key = key_of(visit.url)
        row = visits.encode(self.number, visit, self._position, refused, explanation)
        self._position += 1
        self.discovered += self._seen.add(key, refused)
        self._notes.add(key, row)
        if refused is None:
            self._waiting[row["site"]] += 1
        if len(self._notes.added) >= _CHUNK:
            self.flush()

    # What is next.

    @property
    def waiting_sites(self) -> list[str]:
        """The sites with URLs that wait to be leased."""
        return [] if self.ended else [of for of, count in self._waiting.items() if count]

    def under_way(self, of_site: str) -> int:
        """Tell how many URLs of a site are leased and were not answered yet."""
        return self._under_way[of_site]

    @property
    def waiting(self) -> int:
        """How many URLs wait to be leased."""
        return self._waiting.total()

    def lease(self, of_site: str, turn: Turn) -> list[Visit]:
        """Take the next URLs of a site: the fewest links away first, then the newest, then as they were discovered."""
        with self._database.writing() as connection:
            self._write(connection)
            leased, is_all = turns.lease(connection, self.number, of_site, turn)
        self._written()
        self._leased |= {key_of(visit.url): of_site for visit in leased}
        self._under_way[of_site] += len(leased)
        self._waiting[of_site] = 0 if is_all else self._waiting[of_site] - len(leased)
        return leased

    def lease_at_once(self, url: str) -> Visit | None:
        """Take a URL before its turn; None where it does not wait."""
        with self._database.writing() as connection:
            self._write(connection)
            visit = turns.lease_at_once(connection, self.number, url)
        self._written()
        if visit is None:
            return None
        self._leased[key_of(url)] = site(url)
        self._under_way[site(url)] += 1
        self._waiting[site(url)] -= 1
        return visit

    def is_under_way(self, url: str) -> bool:
        """Tell whether a URL is leased, and was not answered yet."""
        return key_of(url) in self._leased

    def met(self, urls: Collection[str]) -> set[str]:
        """Return which URLs the run fetches, or has fetched."""
        return self._seen.wanted(urls, self._notes.added)

    # What became of it.

    def answered(self, url: str, at: datetime) -> None:
        """Note that the capture of that moment was read, and that what it leads to was added."""
        self._tell(visits.ANSWER, url, at=at)

    def fail(self, url: str, explanation: str) -> None:
        """Note that nothing could be had."""
        self._tell(visits.FAIL, url, explanation=explanation)

    def skip(self, url: str, reason: str, explanation: str | None = None) -> None:
        """Note that a leased URL is not fetched after all, or not by itself, and why."""
        self._tell(visits.SKIP, url, because=reason, explanation=explanation)

    def release(self, url: str) -> None:
        """Give a leased URL back: it was not fetched."""
        if key_of(url) in self._leased:
            self._waiting[site(url)] += 1
        self._tell(visits.RELEASE, url)

    def reconsider(self, url: str) -> bool:
        """Have a URL fetched after all that was refused as a variant of another; tell whether it was."""
        with self._database.writing() as connection:
            self._write(connection)  # It may have been refused only now.
            changed = connection.execute(visits.RECONSIDER, visits.told(self.number, url)).rowcount
        self._written()
        self._waiting[site(url)] += changed
        return bool(changed)

    def put_off(self, urls: Sequence[str]) -> None:
        """Note that what these showed waits in the spool, where nothing else has become of them."""
        self.flush()
        for start in range(0, len(urls), _CHUNK):
            with self._database.writing() as connection:
                chunk = [visits.told(self.number, url) for url in urls[start : start + _CHUNK]]
                connection.execute(visits.PUT_OFF, chunk)

    def begin_batch(self, batch: str) -> None:
        """Note that a batch of the spool is this run's, before anything is in it."""
        with self._database.writing() as connection:
            publishing.begin(connection, batch, self.number)

    def acknowledge(self, batch: str, warc_key: str, answers: Sequence[Answer]) -> None:
        """Note that a batch is published, with what its pages came to; and before that, what they led to."""
        with self._database.writing() as connection:
            self._write(connection)
            publishing.acknowledge(connection, batch, warc_key, answers)
        self._written()

    def flush(self) -> None:
        """Bring what was noted into the database, and show that this process lives.

        Raises:
            FrontierError: Nothing is lost yet; or another process has the run now.
        """
        noted = any(part.is_to_be_written for part in self._parts)
        if not (noted or self.holding.is_to_be_renewed):
            return
        with self._database.writing() as connection:
            self._write(connection)
        self._written()

    # Where it stands.

    def unfollowed(self) -> list[tuple[Visit, str, datetime]]:
        """Return what an ended process had captured and not followed; with the captures' URLs and moments.

        Each has to be followed and `answered`, or released.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                select(*visits.COLUMNS, table.c.answered_by, table.c.checked_at).where(
                    table.c.run == self.number, visits.UNFOLLOWED
                )
            ).all()
        found = [(visits.decode(row), row.answered_by, row.checked_at) for row in rows]
        for visit, _, _ in found:
            self._leased[key_of(visit.url)] = site(visit.url)
            self._under_way[site(visit.url)] += 1
        return found

    def add_site(self, of_site: str) -> None:
        """Note a site that the run may go to beside those of its targets."""
        with self._database.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == self.number).values(sites=runs.c.sites + f"{of_site}\n"))

    def sites(self) -> list[str]:
        """Return the sites that were noted."""
        with self._database.reading() as connection:
            return (connection.scalar(select(runs.c.sites).where(runs.c.id == self.number)) or "").split()

    def asked_for(self, refusals: Collection[str]) -> tuple[int, int]:
        """Return how many URLs do not wait, and were not refused for some reasons; and how many are listings."""
        with self._database.reading() as connection:
            return coverage.asked_for(connection, self.number, refusals)

    @contextmanager
    def noting_faults(self) -> Iterator[None]:
        """End the run where the frontier cannot be used, and leave it to others to raise that: see `fault`."""
        try:
            yield
        except FrontierError as error:
            self.fault, self.ended = error, True

    def _remember(self) -> None:
        with self._database.reading() as connection:
            mine = table.c.run == self.number
            for of_site, state, count, last in connection.execute(
                select(table.c.site, table.c.state, func.count(), func.max(table.c.position))
                .where(mine)
                .group_by(table.c.site, table.c.state)
            ):
                self.discovered += count
                self._position = max(self._position, last + 1)
                if state == "waiting":
                    self._waiting[of_site] = count

    def _tell(self, statement: Update, url: str, **said: str | datetime | None) -> None:
        key = key_of(url)
        if self._notes.is_told(key):
            self.flush()
        self._notes.tell(key, statement, visits.told(self.number, url, **said))
        of_site = self._leased.pop(key, None)
        if of_site is not None:
            self._under_way[of_site] -= 1

    def _write(self, connection: Connection) -> None:
        for part in self._parts:
            part.write(connection)
        if self.holding.is_to_be_renewed:
            self.holding.renew(connection)

    def _written(self) -> None:
        for part in self._parts:
            part.written()
