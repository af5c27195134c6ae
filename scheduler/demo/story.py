"""One article of the demo newspaper as its newsroom holds it: words and dates, no markup."""

from __future__ import annotations

import re
import zlib
from datetime import date, datetime, time, timedelta
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from broadsheet.scheduler.demo.masthead import ZONE

Template = Literal["linked_data", "open_graph", "microdata", "print"]
BlockName = Literal["paragraph", "heading", "quotation"]
Validator = Literal["ETag", "Last-Modified"]
Coding = Literal["br", "gzip"]

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_IN_TEXT_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_DAYS_BEFORE = re.compile(r"\{(\d+) days before\}")


class DaysAgo(Struct, frozen=True):
    """A moment counted back from the day the demo runs."""

    days: int
    clock: str

    def on(self, today: date) -> datetime:
        """Return the moment, in the paper's zone."""
        return datetime.combine(today - timedelta(days=self.days), time.fromisoformat(self.clock), ZONE)


class DayOfMonth(Struct, frozen=True):
    """A moment on a given day of an earlier month: for dates that must (or must not) read both ways round."""

    day: int
    months_ago: int
    clock: str

    def on(self, today: date) -> datetime:
        """Return the moment, in the paper's zone."""
        months = today.year * 12 + today.month - 1 - self.months_ago
        day = date(months // 12, months % 12 + 1, self.day)
        return datetime.combine(day, time.fromisoformat(self.clock), ZONE)


Moment = DaysAgo | DayOfMonth


class Block(Struct, frozen=True):
    """One paragraph, heading or quotation of a story; `source` may hold links as ``[words](target)``."""

    name: BlockName
    source: str

    @property
    def text(self) -> str:
        """The words alone."""
        return _IN_TEXT_LINK.sub(r"\1", self.source)

    def pieces(self) -> list[tuple[str, str | None]]:
        """Return the words in order, each piece with the slug or path it links to, or None."""
        found: list[tuple[str, str | None]] = []
        end = 0
        for link in _IN_TEXT_LINK.finditer(self.source):
            found.append((self.source[end : link.start()], None))
            found.append((link[1], link[2]))
            end = link.end()
        found.append((self.source[end:], None))
        return [(words, target) for words, target in found if words]


class Delivery(Struct, frozen=True, kw_only=True):
    """How the web server hands out a story's page.

    Attributes:
        charset: The encoding of the bytes.
        charset_in_header: Whether Content-Type names it; otherwise only the page's own meta element does.
        validators: Which are sent; conditional requests on them are answered with 304 where they hold.
        codings: Content codings on offer, the server's favourite first.
        chunked: Whether the body is sent in chunks instead of with its length.
    """

    charset: str = "utf-8"
    charset_in_header: bool = True
    validators: tuple[Validator, ...] = ("ETag", "Last-Modified")
    codings: tuple[Coding, ...] = ("gzip",)
    chunked: bool = False


class Story(Struct, frozen=True, kw_only=True):
    """An article.

    Attributes:
        slug: Its name within the paper, lower-case; the last part of its path.
        template: Which of the site's four page designs shows it.
        section: A key of `masthead.SECTIONS`.
        body: Paragraphs parted by empty lines; ``## `` starts a heading, ``> `` a quotation,
            ``[words](slug or /path)`` is a link, ``{2 days before}`` a date counted from publication.
        see_also: Slugs of the stories its related box lists.
        correction: The note below a text that was wrong.
        paywalled: Whether only the first two paragraphs are served.
        newsletter: Whether a newsletter box interrupts the text.
        live_counters: Whether the boxes around the text are drawn anew for every edition.
    """

    slug: str
    template: Template
    section: str
    title: str
    subtitle: str
    authors: tuple[str, ...]
    published: Moment
    body: str
    modified: Moment | None = None
    language: str = "en"
    tags: tuple[str, ...] = ()
    caption: str | None = None
    see_also: tuple[str, ...] = ()
    correction: str | None = None
    paywalled: bool = False
    newsletter: bool = False
    live_counters: bool = False
    delivery: Delivery = Delivery()

    @property
    def number(self) -> int:
        """A five-digit number that stays with the story, as content management systems hand them out."""
        return 10_000 + zlib.crc32(self.slug.encode()) % 90_000

    def path(self, today: date) -> str:
        """Return the path of the story's page; each design has its own scheme."""
        slug = quote(self.slug)
        if self.template == "open_graph":
            return f"/{self.published.on(today):%Y/%m/%d}/{slug}.html"
        if self.template == "microdata":
            return f"/{self.section}/{slug}-{self.number}"
        if self.template == "print":
            return f"/news-{self.language}/{slug}-{self.number}.html"
        return f"/{self.section}/{slug}"

    def blocks(self, today: date) -> list[Block]:
        """Return the whole text, with relative dates spelled out."""
        published = self.published.on(today)

        def spelled_out(match: re.Match[str]) -> str:
            day = published - timedelta(days=int(match[1]))
            return f"{_WEEKDAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}"

        line_joint = "" if self.language == "ja" else " "
        parts = [line_joint.join(part.splitlines()) for part in self.body.strip().split("\n\n")]
        return [_block(_DAYS_BEFORE.sub(spelled_out, part)) for part in parts]

    def served_blocks(self, today: date) -> list[Block]:
        """Return what a reader without a subscription is shown."""
        blocks = self.blocks(today)
        return blocks[:2] if self.paywalled else blocks


def _block(part: str) -> Block:
    if part.startswith("## "):
        return Block("heading", part.removeprefix("## "))
    if part.startswith("> "):
        return Block("quotation", part.removeprefix("> "))
    return Block("paragraph", part)
