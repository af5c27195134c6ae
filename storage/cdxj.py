"""One line of an index segment: CDXJ as pywb and OutbackCDX read it, with fields of our own behind theirs.

A line is ``SURT timestamp {json}``; lines are sorted by their bytes. The standard fields come first and are
strings, as cdxj-indexer writes them; readers that do not know ours pass over them. Format: pywb's
"CDXJ index" manual page; RFC 7089-style 14-digit timestamps.

A segment is gzipped, in members of 3,000 lines: what ZipNum clusters are made of, so that a large index can
be put together from segments without writing them anew.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.captures import Capture, Rendering
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.model import Outcome, PageKind
from broadsheet.storage.optouts import Reservation, reserved
from broadsheet.storage.urls import identity, surt


class IndexLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an index tells of one capture. The first seven fields are the standard's.

    Attributes:
        url: The target URI.
        mime: Media type; ``warc/revisit`` for a revisit.
        status: The HTTP status; ``-`` where there is none.
        digest: The payload digest, of the original for a revisit.
        length: Bytes of the record's gzip member.
        offset: Where it starts in the segment.
        filename: The key of the WARC segment.
        at: When the capture was made, to the microsecond.
        id: The WARC-Record-ID, ``urn:uuid:...``.
        outcome: What the capture meant for its article; absent for robots.txt and redirects.
        kind: What the page is, where it is no article: ``index``, ``feed``, ``sitemap``, ``variant``, ``other``.
        reason: Why the page was taken for an article or not, or why it failed; at most 300 characters, for people.
        snapshot: The key of the version it became.
        filed_as: The URL whose version it is, where that is not `url`.
        etag: The validator to ask with the next time.
        modified: The Last-Modified to ask with the next time.
        location: Where a redirect leads.
        truncated: Why the response is not whole.
        source: The source it was crawled for.
        clock: What the clock of the crawler's machine showed, where that was another moment than `at`.
        rendering: Where what a browser made of the page lies in the same segment.
        optouts: What its publisher reserves, where anything: see `optouts.OPT_OUTS`.
        reservations: What says so.
        via: The page that was shown with it, where it is a requisite: it goes where that is taken down.
    """

    url: str
    mime: str
    status: str
    digest: str
    length: str
    offset: str
    filename: str
    at: datetime
    id: str
    outcome: Outcome | None = None
    kind: PageKind | None = None
    reason: str | None = None
    snapshot: str | None = None
    filed_as: str | None = None
    etag: str | None = None
    modified: str | None = None
    location: str | None = None
    truncated: str | None = None
    source: str | None = None
    clock: datetime | None = None
    rendering: Rendering | None = None
    optouts: list[str] = []
    reservations: list[Reservation] = []
    via: str | None = None

    @property
    def identity(self) -> str:
        """The identity of the article that the capture is filed under."""
        return identity(self.filed_as or self.url)


# The size of the blocks of a ZipNum cluster.
LINES_PER_MEMBER = 3_000
_GZIP_WINDOW = 31
_LONGEST_REASON = 300
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(IndexLine)


def index_line(
    capture: Capture,
    warc_key: str,
    *,
    outcome: Outcome | None,
    kind: PageKind | None,
    snapshot: str | None,
    location: str | None,
    reservations: Sequence[Reservation] = (),
    reason: str | None = None,
) -> IndexLine:
    """Return the index line of a capture that lies in the segment `warc_key`."""
    filed_as = capture.filed_as if identity(capture.filed_as) != identity(capture.url) else None
    return IndexLine(
        url=capture.url,
        mime="warc/revisit" if capture.revisit else capture.mime or "unk",
        status="-" if capture.status is None else str(capture.status),
        digest=capture.payload_digest or "-",
        length=str(capture.length),
        offset=str(capture.offset),
        filename=warc_key,
        at=capture.captured_at,
        id=capture.record_id,
        outcome=outcome,
        kind=kind,
        reason=reason[:_LONGEST_REASON] if reason else None,
        snapshot=snapshot,
        filed_as=filed_as,
        etag=None if capture.revisit else capture.header("etag"),
        modified=None if capture.revisit else capture.header("last-modified"),
        location=location,
        truncated=capture.truncated,
        source=None if capture.revisit else capture.source,
        clock=capture.clock,
        rendering=capture.rendering,
        optouts=reserved(reservations),
        reservations=list(reservations),
        via=capture.request.via if capture.request.purpose == "requisite" else None,
    )


def encode(lines: Iterable[IndexLine]) -> bytes:
    """Return the bytes of an index segment: the lines sorted by their bytes, gzipped."""
    encoded = sorted(encode_line(line) for line in lines)
    starts = range(0, len(encoded), LINES_PER_MEMBER)
    blocks = (b"".join(encoded[start : start + LINES_PER_MEMBER]) for start in starts)
    return b"".join(gzip.compress(block, 9, mtime=0) for block in blocks)


def decode(segment: bytes, key: str, mentioning: bytes = b"") -> Iterator[IndexLine]:
    """Yield the lines of an index segment, in their order.

    Args:
        segment: The bytes of the segment, as stored.
        key: Its key, for messages.
        mentioning: Only lines that hold these bytes are read; the others are passed over quickly.

    Raises:
        ArchiveDamagedError: Its bytes are not those that its key names, or cannot be read; names the segment
            and, where it is one line, the line.
    """
    for number, line in enumerate(encoded_lines(segment, key), 1):
        if mentioning in line:
            yield decode_line(line, f"index segment {key}, line {number}")


def encoded_lines(segment: bytes, key: str) -> Iterator[bytes]:
    """Yield the lines of an index segment as they stand in it, without their ends; one gzip member is held at a time.

    Raises:
        ArchiveDamagedError: Its bytes are not those that its key names, or cannot be read.
    """
    if not key.endswith(f"-{layout.digest_name(segment)}.cdxj.gz"):
        raise ArchiveDamagedError(f"index segment {key}: its bytes are not those that were stored; run verify")
    while segment:
        decoder = zlib.decompressobj(_GZIP_WINDOW)
        try:
            text = decoder.decompress(segment)
        except zlib.error as error:
            raise ArchiveDamagedError(f"index segment {key} is not gzipped: {error}") from error
        if not decoder.eof:
            raise ArchiveDamagedError(f"index segment {key} is not gzipped: it ends before its last line")
        segment = decoder.unused_data
        yield from text.split(b"\n")[:-1]


def decode_line(line: bytes, place: str) -> IndexLine:
    """Read one line, without its end; `place` says for messages where it stands.

    Raises:
        ArchiveDamagedError: It is no CDXJ line.
    """
    try:
        return _decoder.decode(line.split(b" ", 2)[2])
    except (IndexError, msgspec.DecodeError) as error:
        raise ArchiveDamagedError(f"{place}: not a CDXJ line ({error})") from error


def encode_line(line: IndexLine) -> bytes:
    """Return a line as it stands in an index, its line end included."""
    return f"{surt(line.url)} {line.at:%Y%m%d%H%M%S} ".encode() + _encoder.encode(line) + b"\n"
