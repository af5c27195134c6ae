"""The newspapers of the day: what comes out in them, what happens to them, and the sources file that names them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.service.press import Press, Window, stories

INTERVAL = timedelta(hours=2)
EDITED = "tern"
"""The source that is the demo newspaper."""

_HOUR = timedelta(hours=1)
_SERVICE = """
[service]
at_once = 3
{webhooks}

[[watch]]
source = "{watched}"
"""
_WEBHOOK = """
[[service.webhooks]]
url = "{url}"
secret_file = "{secret}"
"""
_SOURCE = """
[sources.{name}]
home = "{url}"
schedule = "every 2 hours"
delay = 0.0

[sources.{name}.recrawl]
front_pages = {{ quickest = "30 minutes", slowest = "30 minutes" }}
articles = {{ quickest = "{articles}", slowest = "{articles}" }}
"""


def presses(begin: datetime, end: datetime, window: Window) -> list[Press]:
    """Return the newspapers, each with what happens to it.

    Args:
        begin: When the day begins; some hours of stories are out by then.
        end: When it ends.
        window: From when to when troubles last.
    """
    out = stories(begin - 6 * _HOUR, end, lambda _: 3)
    by_day = stories(begin - 6 * _HOUR, end, lambda at: 4 if 7 <= at.hour < 22 else 0)
    muted = tuple(story for story in out if story not in window)
    return [
        Press("steady", out),
        Press("nightly", by_day),
        Press("mute", muted, {"mute": window}),
        Press("relaunched", out, {"undated": window}),
        Press("walled", out, {"walled": window}),
        Press("down", out, {"down": window}),
    ]


def sources_file(path: Path, addresses: Mapping[str, str], webhooks: list[str], secret: Path) -> None:
    """Write a sources file.

    Args:
        path: Where to.
        addresses: The front page of each source.
        webhooks: The URLs of the webhooks.
        secret: The file of the secret that notices are signed with.
    """
    hooks = "".join(_WEBHOOK.format(url=url, secret=secret) for url in webhooks)
    tables = [
        _SOURCE.format(name=name, url=url, articles="30 minutes" if name == EDITED else "28 days")
        for name, url in addresses.items()
    ]
    path.write_text(_SERVICE.format(webhooks=hooks, watched=EDITED) + "".join(tables))
