"""What is known of one URL of an archive, and what a capture of it adds to that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.model import PageKind
from broadsheet.storage.optouts import Reservation
from broadsheet.storage.segments.exchange_records import Original
from broadsheet.storage.versions import PRESENT, Standing

# How long a server is believed that says nothing has changed.
_BELIEVED_FOR = timedelta(days=7)
# So long a page that showed the article of another address is believed to do so still.
_VARIANT_FOR = timedelta(days=7)
_WHOLE = frozenset(map(str, PRESENT))


class Known(Struct, frozen=True, kw_only=True):
    """What is known of one URL.

    Attributes:
        url: The URL it was last asked for by.
        captured_at: When it was last looked at.
        kind: What the page was when it was last read, where it was no article.
        mime: The media type of the last whole body.
        snapshot_key: The version that stands; None where it never was an article.
        content: 16 hex digits of that version's content digest.
        state: Whether the article stands or vanished.
        original: The last whole body; None where the next answer has to be stored whole.
        etag: The validator of that body.
        modified: Its Last-Modified.
        served_at: When the server last sent a body, and not only said that nothing had changed.
        page_reservations: What the page of that body stated that its publisher reserves.
    """

    url: str
    captured_at: datetime
    kind: PageKind | None = None
    mime: str | None = None
    snapshot_key: str | None = None
    content: str | None = None
    state: Literal["live", "gone"] = "live"
    original: Original | None = None
    etag: str | None = None
    modified: str | None = None
    served_at: datetime | None = None
    page_reservations: list[Reservation] = []

    def validators(self, url: str, *, now: datetime) -> dict[str, str]:
        """Return the conditional headers (RFC 9110, 13.1) that ask for a page whose body and article are archived.

        There are none where the server has said for a week that nothing changed: servers err, and some say so for ever.

        Args:
            url: What is asked for; validators are those of one URL.
            now: The present moment, aware.
        """
        if self.standing is None or self.original is None or self.original.target_uri != url:
            return {}
        if self.served_at is None or now - self.served_at > _BELIEVED_FOR:
            return {}
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in stated.items() if value}

    def is_variant(self, *, now: datetime) -> bool:
        """Tell whether the page, not long ago, showed the article of another address that it claimed.

        Args:
            now: The present moment, aware.
        """
        return self.standing is None and self.kind == "variant" and now - self.captured_at < _VARIANT_FOR

    @property
    def standing(self) -> Standing | None:
        """The version that stands, or None."""
        if self.snapshot_key is None or self.content is None:
            return None
        return Standing(
            snapshot_key=self.snapshot_key,
            content=self.content,
            state=self.state,
            payload_digest=self.original.payload_digest if self.original else None,
        )


def advance(known: Known | None, line: IndexLine) -> Known | None:
    """Return what is known after a capture, given what was known before it."""
    if line.outcome in (None, "failed") or (known and line.at <= known.captured_at):
        return known
    before = known or Known(url=line.url, captured_at=line.at)
    learned: dict[str, Any] = {"url": line.filed_as or line.url, "captured_at": line.at}
    if line.snapshot:
        learned["snapshot_key"] = line.snapshot
        learned["content"] = layout.snapshot_content(line.snapshot)
        learned["state"] = "gone" if line.outcome == "gone" else "live"
    if line.outcome == "gone":
        learned |= _NO_BODY
    elif line.status in _WHOLE:
        learned["served_at"] = line.at
        if line.mime != "warc/revisit":
            learned |= _body(before, line, state=learned.get("state", before.state))
    return msgspec.structs.replace(before, **learned)


_NO_BODY: dict[str, Any] = {"original": None, "etag": None, "modified": None}


def _body(known: Known, line: IndexLine, *, state: str) -> dict[str, Any]:
    """Return what the whole body that a capture brought changes of what is known."""
    if state == "gone" or line.digest == "-":
        return {}
    if line.outcome == "not_article" and known.snapshot_key:
        # A login wall, say. What the next answer has to be compared with is still the article's body.
        return {}
    of_page = [each for each in line.reservations if each.source == "page"]
    read_as = {"kind": line.kind, "mime": line.mime, "page_reservations": of_page}
    if line.kind == "variant":
        # The article may vanish where it was claimed: the next answer is read again, though its body be the same.
        return read_as | _NO_BODY
    original = Original(record_id=line.id, target_uri=line.url, date=line.at, payload_digest=line.digest)
    return {**read_as, "original": original, "etag": line.etag, "modified": line.modified}
