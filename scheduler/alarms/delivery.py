"""Sends notices to webhooks: signed, to the configured URL and nowhere else, again until they arrive."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import logging
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from broadsheet.scheduler.alarms.outbox import Delivery, Outbox, webhook_key
from broadsheet.scheduler.sources import settings
from broadsheet.scheduler.sources.document import Webhook
from broadsheet.scheduler.sources.errors import ConfigError

_log = logging.getLogger(__name__)

SIGNATURE = "Broadsheet-Signature"
TIMESTAMP = "Broadsheet-Timestamp"
NOTICE = "Broadsheet-Notice"
_SECONDS = 10.0


class _NotDeliveredError(Exception):
    """A notice did not arrive, or nobody knows; the message holds nothing of the URL."""


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 (RFC 2104) over timestamp, a full stop, and the body."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def deliver(outbox: Outbox, webhooks: Sequence[Webhook], now: datetime | None = None) -> int:
    """Send what is due; return how much arrived.

    Args:
        outbox: What is to be sent.
        webhooks: The webhooks that are configured; what was for others is given up.
        now: The present moment; by the clock where not given.
    """
    by_key = {webhook_key(webhook.url): webhook for webhook in webhooks}
    arrived = 0
    for delivery in outbox.due(now or datetime.now(UTC)):
        webhook = by_key.get(delivery.webhook)
        if webhook is None:
            outbox.settle(delivery)
            _log.warning("the notice %s is not sent: its webhook is configured no more", delivery.notice.id)
            continue
        if not outbox.holds(delivery):
            continue  # Its article was taken down while those before it were sent.
        at = now or datetime.now(UTC)
        try:
            _post(webhook, delivery, at)
        except (_NotDeliveredError, ConfigError) as error:
            _put_off(outbox, delivery, at, error)
        else:
            outbox.settle(delivery)
            arrived += 1
    return arrived


def _put_off(outbox: Outbox, delivery: Delivery, now: datetime, error: Exception) -> None:
    if now >= delivery.given_up_at:
        outbox.settle(delivery)
        _log.error("the notice %s is given up after %d attempts: %s", delivery.notice.id, delivery.attempts + 1, error)
        return
    due_at = outbox.put_off(delivery, now)
    _log.warning("the notice %s did not arrive (%s): again at %s", delivery.notice.id, error, f"{due_at:%H:%M:%S} UTC")


def _post(webhook: Webhook, delivery: Delivery, now: datetime) -> None:
    body = msgspec.json.encode(delivery.notice)
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": settings.user_agent(None).partition(" ")[0],
        NOTICE: delivery.notice.id,
        TIMESTAMP: timestamp,
        SIGNATURE: sign(settings.secret(webhook), timestamp, body),
    }
    parts = urlsplit(webhook.url)
    host = parts.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=_SECONDS, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=_SECONDS)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise _NotDeliveredError(f"{host}: {type(error).__name__}") from error
    finally:
        connection.close()
    # A redirect is not followed: what is sent goes to the URL that was configured, and to no other.
    if not 200 <= status < 300:
        raise _NotDeliveredError(f"{host}: HTTP {status}")
