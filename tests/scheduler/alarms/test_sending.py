"""A webhook that hangs holds up neither another one nor the watch over the sources."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archiving.writer import Writer
from servers.webhook_receiver import WebhookReceiver

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.notices import Notice
from broadsheet.scheduler.alarms.posting import NotDeliveredError, post
from broadsheet.scheduler.alarms.rounds import Rounds, going_rounds
from broadsheet.scheduler.alarms.standing import open_alarms
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.document import Service, SourcesFile, Webhook
from broadsheet.storage.archive import Archive
from broadsheet.storage.stores.folder import FolderStore

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOLD = Notice(id="1" * 32, at=NOW, about="alarm", event="raised", kind="silent", source="courier", title="T", text="x")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """What notices are signed with."""
    path = tmp_path / "secret"
    path.write_text("0123456789abcdef")
    return path


@contextmanager
def saying_nothing(dribble: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """Give the URL of a server that takes requests and never ends an answer, and what it was asked."""
    asked: list[bytes] = []
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            asked.append(connection.recv(65536))
            while not over.wait(0.05):
                try:
                    connection.sendall(dribble)
                except OSError:
                    return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/", asked
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("dribble", [b"", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["nothing", "no end"])
def test_an_answer_that_does_not_end_is_waited_for_no_longer_than_it_may_take(secret: Path, dribble: bytes) -> None:
    with saying_nothing(dribble) as (url, asked), pytest.raises(NotDeliveredError) as raised:
        post(Webhook(url=url, secret_file=secret), TOLD, NOW, longest=0.3)
    assert len(asked) == 1
    assert raised.value.is_away


# Its threads are not waited for: one may hold a connection of PostgreSQL when its database is closed.
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_while_a_webhook_hangs_another_is_sent_to_and_sources_are_watched(
    database: Database, secret: Path, tmp_path: Path
) -> None:
    receiver = WebhookReceiver()
    with saying_nothing() as (url, asked):
        hooks = (Webhook(url=url, secret_file=secret), Webhook(url=receiver.url, secret_file=secret))
        document = SourcesFile(free_bytes=2**62, service=Service(webhooks=hooks))
        Writer(FolderStore(tmp_path / "archive"), tmp_path / "writer")
        rounds = Rounds(lambda: Archive(FolderStore(tmp_path / "archive")), database, Jobs(database))
        with database.writing() as connection:
            rounds.outbox.add(connection, TOLD, [hook.url for hook in hooks])
        with going_rounds(rounds, lambda: document, every=0.05):
            wait_for(lambda: asked and receiver.received and open_alarms(database))
    receiver.close()
    assert len(asked) == 1
    assert open_alarms(database) == {None: ["disk"]}
