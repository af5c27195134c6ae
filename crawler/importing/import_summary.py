"""What an import came to."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from broadsheet.storage.model import Outcome


class Damage(Struct, frozen=True, kw_only=True):
    """Something in a file that could not be taken."""

    file: str
    place: str
    reason: str


class ImportSummary(Struct, kw_only=True):
    """What an import came to, as `import --json` prints it.

    Attributes:
        source: The source that the captures are filed under.
        started_at: When it began.
        seconds: How long it took.
        files: How many files were read.
        captures: How many captures are in them.
        imported: How many of those are new in the archive.
        conversions: How many documents came with those that had been made of them.
        held: How many the archive had already.
        outcomes: What became of the new ones.
        passed_over: Records that are no HTTP exchange, by type.
        damaged: How many places of the files could not be read or taken.
        with_secrets: How many of the new exchanges hold a cookie or an authorization: they are kept as they are.
        segments: The keys of the WARC segments published.
        damages: Where and why, for the first thousand of them.
    """

    source: str
    started_at: datetime
    seconds: float = 0.0
    files: int = 0
    captures: int = 0
    imported: int = 0
    conversions: int = 0
    held: int = 0
    outcomes: dict[Outcome, int] = {}
    passed_over: dict[str, int] = {}
    damaged: int = 0
    with_secrets: int = 0
    segments: list[str] = []
    damages: list[Damage] = []
