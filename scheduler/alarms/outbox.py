"""Notices, and what of them is still to be sent: in the service's database, so that a restart loses none."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.sql.elements import ColumnElement

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.upserts import insert_for
from broadsheet.scheduler.alarms.notices import About, Notice, id_of_change
from broadsheet.scheduler.alarms.schema import deliveries, notices
from broadsheet.scheduler.jobs.schema import metadata
from broadsheet.storage.urls import identity_hash

GIVEN_UP_AFTER = timedelta(days=1)
KEPT_FOR = timedelta(days=90)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
_AT_ONCE = 50

# What a notice that is not to be sent yet stands under; in itself it is about what it is about.
_HELD = "held"


class Delivery(NamedTuple):
    """A notice that is to be sent to a webhook."""

    notice: Notice
    webhook: str
    attempts: int
    given_up_at: datetime


class Outbox:
    """The notices of one archive's service. Safe to use from several threads.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._archive = database.archive
        with database.writing() as connection:
            metadata.create_all(connection)

    def add(self, connection: Connection, notice: Notice, webhooks: Collection[str]) -> None:
        """Keep a notice and have it sent, in a transaction of the caller; one that is there already is not sent again.

        Args:
            connection: The transaction: what led to the notice belongs in the same.
            notice: The notice.
            webhooks: The URLs that it is sent to.
        """
        row = {"archive": self._archive, "id": notice.id, "about": notice.about, "at": notice.at}
        document = msgspec.json.encode(notice)
        added = insert_for(connection, notices).values(**row, document=document).on_conflict_do_nothing()
        if not connection.execute(added).rowcount:
            return
        for url in set(webhooks):
            sent = {"due_at": notice.at, "given_up_at": notice.at + GIVEN_UP_AFTER, "attempts": 0}
            connection.execute(
                insert_for(connection, deliveries).values(
                    archive=self._archive, notice=notice.id, webhook=webhook_key(url), **sent
                )
            )

    def hold(self, connection: Connection, notice: Notice) -> None:
        """Keep a notice that is not to be sent yet, in a transaction of the caller, until `release` or `drop`."""
        row = {"archive": self._archive, "id": notice.id, "about": _HELD, "at": notice.at}
        document = msgspec.json.encode(notice)
        connection.execute(insert_for(connection, notices).values(**row, document=document).on_conflict_do_nothing())

    def held(self) -> list[Notice]:
        """Return the notices that are held, the oldest first."""
        query = select(notices.c.document).where(notices.c.archive == self._archive, notices.c.about == _HELD)
        with self._database.reading() as connection:
            found = connection.scalars(query.order_by(notices.c.at).limit(_AT_ONCE)).all()
        return [msgspec.json.decode(document, type=Notice) for document in found]

    def release(self, notice: Notice, webhooks: Collection[str]) -> None:
        """Have a notice that is held sent, as it is given here."""
        with self._database.writing() as connection:
            if connection.execute(delete(notices).where(*self._held(notice))).rowcount:
                self.add(connection, notice, webhooks)

    def drop(self, notice: Notice) -> None:
        """Forget a notice that is held."""
        with self._database.writing() as connection:
            connection.execute(delete(notices).where(*self._held(notice)))

    def due(self, webhook: str, now: datetime) -> list[Delivery]:
        """Return what is to be sent to a webhook now, the oldest first, and no more than 50 of it.

        Args:
            webhook: What stands for it, as `webhook_key` returns it.
            now: The present moment, aware.
        """
        query = (
            select(notices.c.document, deliveries.c.webhook, deliveries.c.attempts, deliveries.c.given_up_at)
            .join_from(
                deliveries, notices, (deliveries.c.notice == notices.c.id) & (deliveries.c.archive == notices.c.archive)
            )
            .where(*self._due(webhook, now))
            .order_by(notices.c.at, deliveries.c.notice)
            .limit(_AT_ONCE)
        )
        with self._database.reading() as connection:
            return [
                Delivery(msgspec.json.decode(row.document, type=Notice), row.webhook, row.attempts, row.given_up_at)
                for row in connection.execute(query)
            ]

    def holds(self, delivery: Delivery) -> bool:
        """Tell whether a delivery is still to be made."""
        with self._database.reading() as connection:
            return connection.scalar(select(deliveries.c.notice).where(*self._is(delivery))) is not None

    def settle(self, delivery: Delivery) -> None:
        """Have a delivery not be made again: it arrived, or is given up."""
        with self._database.writing() as connection:
            connection.execute(delete(deliveries).where(*self._is(delivery)))

    def settle_others(self, webhooks: Collection[str]) -> int:
        """Have nothing sent to any webhook but these any more; return how much was to be.

        Args:
            webhooks: What stands for them, as `webhook_key` returns it.
        """
        others = delete(deliveries).where(deliveries.c.archive == self._archive, deliveries.c.webhook.not_in(webhooks))
        with self._database.writing() as connection:
            return connection.execute(others).rowcount

    def put_off(self, delivery: Delivery, now: datetime) -> datetime:
        """Have a delivery made again after a pause that doubles each time; return when."""
        due_at = _again_at(delivery, now)
        with self._database.writing() as connection:
            connection.execute(
                update(deliveries).where(*self._is(delivery)).values(due_at=due_at, attempts=delivery.attempts + 1)
            )
        return due_at

    def put_off_all(self, tried: Delivery, now: datetime) -> int:
        """Have all that is due at a webhook wait as long as a delivery that nobody answered; none of it was tried.

        Args:
            tried: That delivery, as it was before.
            now: The present moment, aware.

        Returns:
            How much is given up instead: it was to have arrived by now.
        """
        due = self._due(tried.webhook, now)
        with self._database.writing() as connection:
            given_up = connection.execute(delete(deliveries).where(*due, deliveries.c.given_up_at <= now)).rowcount
            connection.execute(update(deliveries).where(*due).values(due_at=_again_at(tried, now)))
        return given_up

    def entries(self, about: About, limit: int = 100) -> Sequence[Notice]:
        """Return the latest notices, the newest first."""
        query = select(notices.c.document).where(notices.c.archive == self._archive, notices.c.about == about)
        with self._database.reading() as connection:
            found = connection.scalars(query.order_by(notices.c.at.desc(), notices.c.id).limit(limit)).all()
        return [msgspec.json.decode(document, type=Notice) for document in found]

    def forget_old(self, now: datetime) -> None:
        """Forget notices of long ago, none of which is still to be sent."""
        with self._database.writing() as connection:
            connection.execute(delete(notices).where(notices.c.archive == self._archive, notices.c.at < now - KEPT_FOR))

    def forget_url(self, url: str) -> None:
        """Forget what was told of an article that is taken down, and send nothing of it any more.

        Args:
            url: Any address of the article.
        """
        hashed = identity_hash(url)
        query = select(notices.c.id, notices.c.document).where(
            notices.c.archive == self._archive, notices.c.about.in_(("change", _HELD))
        )
        with self._database.writing() as connection:
            for row in connection.execute(query).all():
                told = msgspec.json.decode(row.document, type=Notice).url
                if told is not None and identity_hash(told) == hashed:
                    self._forget(connection, row.id)

    def forget_versions(self, connection: Connection, snapshot_keys: Collection[str]) -> None:
        """Forget what was told of versions that are removed, in a transaction of the caller; see `forget_url`."""
        for key in snapshot_keys:
            self._forget(connection, id_of_change(key))

    def _forget(self, connection: Connection, notice: str) -> None:
        for table, column in ((deliveries, deliveries.c.notice), (notices, notices.c.id)):
            connection.execute(delete(table).where(table.c.archive == self._archive, column == notice))

    def _held(self, notice: Notice) -> tuple[ColumnElement[bool], ...]:
        return notices.c.archive == self._archive, notices.c.id == notice.id, notices.c.about == _HELD

    def _due(self, webhook: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
        # Nothing waits for longer than the longest pause, unless the clock was set back meanwhile.
        due_at = deliveries.c.due_at
        is_due = (due_at <= now) | (due_at > now + _LONGEST_PAUSE)
        return deliveries.c.archive == self._archive, deliveries.c.webhook == webhook, is_due

    def _is(self, delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
        return (
            deliveries.c.archive == self._archive,
            deliveries.c.notice == delivery.notice.id,
            deliveries.c.webhook == delivery.webhook,
        )


def _again_at(delivery: Delivery, now: datetime) -> datetime:
    return now + min(_FIRST_PAUSE * 2.0 ** min(delivery.attempts, 20), _LONGEST_PAUSE)


def webhook_key(url: str) -> str:
    """Return what stands for a webhook in the database."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]
