"""Sends notices while the service runs, each webhook in a thread of its own: one that hangs holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread

from broadsheet.scheduler.alarms.delivery import deliver, give_up_others
from broadsheet.scheduler.alarms.outbox import Outbox, webhook_key
from broadsheet.scheduler.alarms.repeating import repeating
from broadsheet.scheduler.sources.document import Webhook

_log = logging.getLogger(__name__)

_SECONDS = 5.0


@contextmanager
def sending(outbox: Outbox, webhooks: Callable[[], Sequence[Webhook]]) -> Iterator[None]:
    """Send what is due while the body runs. There are no more threads than webhooks, and nobody waits for them.

    Args:
        outbox: What is to be sent.
        webhooks: Returns the webhooks that are configured now.
    """
    under_way: dict[str, Thread] = {}
    over = Event()

    def send() -> None:
        configured = webhooks()
        give_up_others(outbox, configured)
        for key, webhook in _by_key(configured).items():
            if key not in under_way or not under_way[key].is_alive():
                under_way[key] = Thread(target=_deliver, args=(outbox, webhook, over), name="webhook", daemon=True)
                under_way[key].start()

    with repeating(send, every=_SECONDS, name="the sending of notices"):
        try:
            yield
        finally:
            over.set()


def _deliver(outbox: Outbox, webhook: Webhook, over: Event) -> None:
    try:
        deliver(outbox, webhook)
    except Exception:  # noqa: BLE001 - logged; it is tried again
        if not over.is_set():  # Else the database was closed meanwhile: what was not sent is sent at the next start.
            _log.exception("notices could not be sent")


def _by_key(webhooks: Sequence[Webhook]) -> Mapping[str, Webhook]:
    return {webhook_key(webhook.url): webhook for webhook in webhooks}
