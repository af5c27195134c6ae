"""Notices reach the webhook: signed, again until they arrive, and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from servers.webhook_receiver import WebhookReceiver

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.delivery import deliver, give_up_others
from broadsheet.scheduler.alarms.notices import Notice
from broadsheet.scheduler.alarms.outbox import Outbox, webhook_key
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Webhook

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = b"0123456789abcdef0123"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """The webhook."""
    receiver = WebhookReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def webhook(receiver: WebhookReceiver, tmp_path: Path) -> Webhook:
    """Where notices are sent."""
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    return Webhook(url=receiver.url, secret_file=secret)


def notice(number: int = 1, at: datetime = NOW) -> Notice:
    return Notice(
        id=f"{number:032x}", at=at, about="alarm", event="raised", kind="silent", source="courier", title="T", text="x"
    )


def keep(database: Database, outbox: Outbox, webhook: Webhook, *notices: Notice) -> None:
    with database.writing() as connection:
        for each in notices:
            outbox.add(connection, each, [webhook.url])


def due(outbox: Outbox, webhook: Webhook, now: datetime) -> int:
    return len(outbox.due(webhook_key(webhook.url), now))


def test_a_notice_arrives_once_and_its_signature_can_be_checked(
    database: Database, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    outbox = Outbox(database)
    keep(database, outbox, webhook, notice())
    assert deliver(outbox, webhook, NOW) == 1
    assert deliver(outbox, webhook, NOW + timedelta(days=1)) == 0
    ((path, headers, body),) = receiver.received
    assert path == "/hook?key=value"
    assert json.loads(body)["source"] == "courier"
    assert headers["Broadsheet-Notice"] == json.loads(body)["id"]
    signed = headers["Broadsheet-Timestamp"].encode() + b"." + body
    assert headers["Broadsheet-Signature"] == "sha256=" + hmac.new(SECRET, signed, hashlib.sha256).hexdigest()


def test_what_fails_at_first_is_sent_again_after_pauses_that_grow_and_a_restart_loses_nothing(
    database: Database, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    receiver.answers += [(500, {}), (503, {}), (429, {})]
    keep(database, Outbox(database), webhook, notice())
    at, arrived, attempts = NOW, 0, []
    while not arrived:
        with Database(database.directory, database.archive, SERVICE) as reopened:
            before = len(receiver.received)
            arrived = deliver(Outbox(reopened), webhook, at)
            attempts += [at] * (len(receiver.received) - before)
        at += timedelta(seconds=5)
    pauses = [(after - before).total_seconds() for before, after in pairwise(attempts)]
    assert pauses == [15, 30, 60]
    assert len({headers["Broadsheet-Notice"] for _, headers, _ in receiver.received}) == 1


def test_a_redirect_is_followed_nowhere(database: Database, receiver: WebhookReceiver, webhook: Webhook) -> None:
    receiver.answers.append((307, {"Location": "/elsewhere"}))
    outbox = Outbox(database)
    keep(database, outbox, webhook, notice())
    assert deliver(outbox, webhook, NOW) == 0
    assert [path for path, _, _ in receiver.received] == ["/hook?key=value"]
    assert deliver(outbox, webhook, NOW + timedelta(minutes=1)) == 1


def test_after_a_day_it_is_given_up(
    database: Database, webhook: Webhook, receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers += [(500, {})] * 2
    outbox = Outbox(database)
    keep(database, outbox, webhook, notice())
    deliver(outbox, webhook, NOW)
    deliver(outbox, webhook, NOW + timedelta(days=1))
    deliver(outbox, webhook, NOW + timedelta(days=2))
    assert len(receiver.received) == 2
    assert "given up" in caplog.text
    assert "key=value" not in caplog.text


def test_where_nobody_listens_what_is_due_waits_together_and_is_given_up_together(
    database: Database, webhook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    closed = WebhookReceiver()
    closed.close()
    away = Webhook(url=closed.url, secret_file=webhook.secret_file)
    outbox = Outbox(database)
    keep(database, outbox, away, *(notice(number) for number in range(1, 121)))
    assert deliver(outbox, away, NOW) == 0
    assert caplog.text.count("did not arrive") == 1
    assert due(outbox, away, NOW + timedelta(seconds=14)) == 0
    assert due(outbox, away, NOW + timedelta(seconds=15)) == 50
    deliver(outbox, away, NOW + timedelta(days=1))
    assert due(outbox, away, NOW + timedelta(days=3)) == 0
    assert "119 notices more are given up" in caplog.text


def test_what_is_refused_holds_up_nothing_behind_it(
    database: Database, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    receiver.answers.append((400, {}))
    outbox = Outbox(database)
    keep(database, outbox, webhook, notice(1), notice(2))
    assert deliver(outbox, webhook, NOW) == 1
    assert due(outbox, webhook, NOW + timedelta(minutes=1)) == 1


def test_what_was_for_a_webhook_that_is_configured_no_more_goes_nowhere(
    database: Database, webhook: Webhook, receiver: WebhookReceiver
) -> None:
    outbox = Outbox(database)
    keep(database, outbox, webhook, notice())
    give_up_others(outbox, [webhook])
    assert due(outbox, webhook, NOW) == 1
    give_up_others(outbox, [])
    assert due(outbox, webhook, NOW + timedelta(days=1)) == 0
    assert receiver.received == []


def test_where_the_clock_is_set_back_nothing_waits_for_hours(
    database: Database, webhook: Webhook, receiver: WebhookReceiver
) -> None:
    receiver.answers.append((500, {}))
    outbox = Outbox(database)
    keep(database, outbox, webhook, notice(1), notice(2))
    assert deliver(outbox, webhook, NOW) == 1
    keep(database, outbox, webhook, notice(3))
    assert deliver(outbox, webhook, NOW - timedelta(hours=3)) == 2


def test_a_notice_that_is_there_is_not_sent_again(database: Database, webhook: Webhook) -> None:
    outbox = Outbox(database)
    keep(database, outbox, webhook, notice(), notice())
    assert due(outbox, webhook, NOW) == 1


def test_notices_are_listed_newest_first_and_forgotten_after_months(database: Database, webhook: Webhook) -> None:
    outbox = Outbox(database)
    keep(database, outbox, webhook, *(notice(number, NOW + number * timedelta(days=60)) for number in range(3)))
    assert [entry.at.month for entry in outbox.entries("alarm")] == [9, 7, 6]
    assert outbox.entries("change") == []
    outbox.forget_old(NOW + timedelta(days=121))
    assert [entry.at.month for entry in outbox.entries("alarm")] == [9, 7]


def test_what_is_taken_down_while_others_are_sent_is_not_sent(
    database: Database, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    outbox, url = Outbox(database), "https://news.example/ferry"
    told = msgspec.structs.replace(notice(2), about="change", event="new", url=url)
    keep(database, outbox, webhook, notice(1), told)

    class Answers(list[tuple[int, dict[str, str]]]):
        def __bool__(self) -> bool:
            outbox.forget_url(url)
            return False

    receiver.answers = Answers()
    assert deliver(outbox, webhook, NOW) == 1
    assert [headers["Broadsheet-Notice"] for _, headers, _ in receiver.received] == [notice(1).id]
    assert due(outbox, webhook, NOW) == 0
