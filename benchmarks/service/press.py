"""Made-up newspapers whose stories come out by a clock, and to which things happen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Literal

from benchmarks.service.serving import served
from end_to_end.pages import front_page, made_up_text

Trouble = Literal["mute", "undated", "walled", "down"]
_LISTED = 60


@dataclass(frozen=True)
class Window:
    """A span of time, its end not in it."""

    since: datetime
    until: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True)
class Press:
    """A newspaper.

    Attributes:
        name: What it is called.
        stories: The moments at which its stories come out, the oldest first.
        troubles: What happens to it, and when: ``mute``, nothing comes out; ``undated``, pages of what comes out lack
            a date that can be read; ``walled``, what comes out is for subscribers; ``down``, every answer is 503.
    """

    name: str
    stories: tuple[datetime, ...]
    troubles: Mapping[Trouble, Window] = field(default_factory=dict)

    def has(self, trouble: Trouble, at: datetime) -> bool:
        """Tell whether something happens to it at a moment."""
        return trouble in self.troubles and at in self.troubles[trouble]

    def out(self, at: datetime) -> int:
        """Return how many stories are out at a moment."""
        return sum(story <= at for story in self.stories)

    def page(self, path: str, at: datetime) -> str | None:
        """Return the page at a path as it is at a moment; None where there is none."""
        out = self.out(at)
        if path == "/":
            return front_page(f"/story-{number}" for number in reversed(range(max(0, out - _LISTED), out)))
        number = path.removeprefix("/story-")
        if number == path or not number.isdecimal() or int(number) >= out:
            return None
        return self._story(int(number))

    def _story(self, number: int) -> str:
        at = self.stories[number]
        title = f"{self.name.title()} reports, number {number}: {made_up_text(f'{self.name} {number}').split('.')[0]}"
        text = "".join(f"<p>{part}</p>" for part in made_up_text(title).split("\n"))
        dated = not self.has("undated", at)
        walled = self.has("walled", at)
        data = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": title,
            "isAccessibleForFree": not walled,
            **({"datePublished": at.isoformat()} if dated else {}),
        }
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta property="og:type" content="article"><meta property="og:title" content="{title}">'
            f'<script type="application/ld+json">{json.dumps(data)}</script></head>'
            f"<body><main><article><h1>{title}</h1>{text}</article></main></body></html>"
        )


def stories(first: datetime, last: datetime, an_hour: Callable[[datetime], int]) -> tuple[datetime, ...]:
    """Return the moments of stories that come out evenly through each hour.

    Args:
        first: The first hour.
        last: The end of the last hour.
        an_hour: How many come out in the hour that begins at a moment.
    """
    found, hour = [], first
    while hour < last:
        count = an_hour(hour)
        found += [hour + timedelta(hours=(number + 0.5) / count) for number in range(count)]
        hour += timedelta(hours=1)
    return tuple(found)


@contextmanager
def printed(press: Press, now: Callable[[], datetime]) -> Iterator[str]:
    """Serve a newspaper on loopback; give the address of its front page."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            at = now()
            page = press.page(self.path, at)
            status = 503 if press.has("down", at) else 404 if page is None else 200
            body = (page or "nothing").encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(Handler) as port:
        yield f"http://127.0.0.1:{port}/"
