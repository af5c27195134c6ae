"""Has notices sent to their webhooks until they arrive, each webhook in its own time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from broadsheet.scheduler.alarms.outbox import Delivery, Outbox, webhook_key
from broadsheet.scheduler.alarms.posting import NotDeliveredError, post
from broadsheet.scheduler.sources.document import Webhook
from broadsheet.scheduler.sources.errors import ConfigError

_log = logging.getLogger(__name__)


def deliver(outbox: Outbox, webhook: Webhook, now: datetime | None = None) -> int:
    """Send a webhook what is due, the oldest first; return how much arrived.

    Where nobody answers, it is asked no further: all that is due waits as long as what was tried.

    Args:
        outbox: What is to be sent.
        webhook: Where to.
        now: The present moment; by the clock where not given.

    Raises:
        FrontierError: The service's database cannot be used.
    """
    arrived = 0
    for delivery in outbox.due(webhook_key(webhook.url), now or datetime.now(UTC)):
        if not outbox.holds(delivery):
            continue  # Its article was taken down while those before it were sent.
        try:
            post(webhook, delivery.notice, now or datetime.now(UTC))
        except ConfigError as error:
            _put_off(outbox, delivery, now or datetime.now(UTC), error)
        except NotDeliveredError as error:
            # A pause begins when the attempt has ended, which may have taken most of it.
            ended_at = now or datetime.now(UTC)
            _put_off(outbox, delivery, ended_at, error)
            if error.is_away:
                _leave_alone(outbox, delivery, ended_at)
                break
        else:
            outbox.settle(delivery)
            arrived += 1
    return arrived


def give_up_others(outbox: Outbox, webhooks: Sequence[Webhook]) -> None:
    """Give up what was to be sent to webhooks that are configured no more.

    Args:
        outbox: What is to be sent.
        webhooks: Those that are configured.

    Raises:
        FrontierError: The service's database cannot be used.
    """
    given_up = outbox.settle_others({webhook_key(webhook.url) for webhook in webhooks})
    if given_up:
        _log.warning("%d notices are not sent: their webhook is configured no more", given_up)


def _put_off(outbox: Outbox, delivery: Delivery, now: datetime, error: Exception) -> None:
    if now >= delivery.given_up_at:
        outbox.settle(delivery)
        _log.error("the notice %s is given up after %d attempts: %s", delivery.notice.id, delivery.attempts + 1, error)
        return
    due_at = outbox.put_off(delivery, now)
    _log.warning("the notice %s did not arrive (%s): again at %s", delivery.notice.id, error, f"{due_at:%H:%M:%S} UTC")


def _leave_alone(outbox: Outbox, tried: Delivery, now: datetime) -> None:
    given_up = outbox.put_off_all(tried, now)
    if given_up:
        _log.error("%d notices more are given up: nobody has answered for a day", given_up)
