"""The types that the whole system passes along: an article, a snapshot, a capture. Nothing else.

Field names and order are those of the snapshot document in docs/format.md; a field that is not known is
``None``, a list that is empty is ``[]``. Times are aware datetimes in UTC, except `Date`, which says what a
page states and no more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from broadsheet.storage.optouts import Reservation

SNAPSHOT_SCHEMA = "broadsheet.snapshot/1"

Precision = Literal["second", "minute", "day", "month", "year"]
Zone = Literal["stated", "assumed", "unknown"]
Access = Literal["free", "metered", "paywalled", "registration", "unknown"]
RelatedKind = Literal["see_also", "in_text", "series", "topic"]
LineKind = Literal["heading", "list_item", "quote"]
BlockKind = Literal["newsletter", "paywall", "registration", "donation", "app"]
FieldSource = Literal["json-ld", "opengraph", "meta", "microdata", "visible", "url", "feed", "trafilatura"]
Change = Literal["headline", "body", "byline", "published", "modified", "access", "canonical", "removed", "restored"]
PageKind = Literal["article", "index", "feed", "sitemap", "variant", "other"]
Outcome = Literal["new", "changed", "unchanged", "gone", "failed", "not_article"]


class Date(Struct, frozen=True, kw_only=True):
    """A moment as a page states it: a day stays a day, a time without a zone stays without one.

    Attributes:
        value: ISO 8601, cut to what is known: ``2016-06-10T09:12:00+02:00``, ``2016-06-10T09:12:00``,
            ``2016-06-10``, ``2016-06`` or ``2016``.
        precision: The smallest unit that the page states.
        zone: ``stated`` on the page, ``assumed`` (the offset in the value is inferred), or ``unknown``.
    """

    value: str
    precision: Precision
    zone: Zone


class Author(Struct, frozen=True, kw_only=True):
    """A person (or, where nobody else signs, an agency) as the byline names them."""

    name: str
    url: str | None = None


class Image(Struct, frozen=True, kw_only=True):
    """A picture of the article; `url` is absolute."""

    url: str
    caption: str | None = None
    credit: str | None = None


class RelatedLink(Struct, frozen=True, kw_only=True):
    """One link to another article; `url` is absolute and null where the page lists a title without a link."""

    url: str | None
    title: str | None = None
    published: Date | None = None
    heading: str | None = None
    kind: RelatedKind = "see_also"


class Evidence(Struct, frozen=True, kw_only=True):
    """Something on the page that speaks for a value: where it stood and what it said."""

    source: str
    value: str


class SubscriptionBlock(Struct, frozen=True, kw_only=True):
    """A box that asks the reader for something: an address, money, an account, an installation."""

    kind: BlockKind
    heading: str | None = None
    text: str | None = None
    action_url: str | None = None


class Subscription(Struct, frozen=True, kw_only=True):
    """Whether the article is free to read, whether its text is whole, and what says so."""

    access: Access = "unknown"
    complete: bool | None = None
    evidence: list[Evidence] = []
    blocks: list[SubscriptionBlock] = []


class Candidate(Struct, frozen=True, kw_only=True):
    """A value that was found for a field, chosen or not."""

    source: FieldSource
    value: str


class Provenance(Struct, frozen=True, kw_only=True):
    """Where the chosen value of a field comes from, and everything else that was found for it."""

    source: FieldSource
    candidates: list[Candidate] = []


class TextLine(Struct, frozen=True, kw_only=True):
    """What a line of an article's text is, where it is no paragraph.

    Attributes:
        line: Its index among the lines of the text, from 0.
        kind: What it is.
        level: Of a heading, 1 to 6; of a list entry, how many lists it stands in.
        ordered: Whether its list is a numbered one.
    """

    line: int
    kind: LineKind
    level: int = 1
    ordered: bool = False


class Correction(Struct, frozen=True, kw_only=True):
    """A note of the publisher on what was corrected, added or updated in an article."""

    text: str
    date: Date | None = None


class Article(Struct, frozen=True, kw_only=True):
    """What a page says, without what surrounds it.

    Attributes:
        title: The visible headline.
        subtitle: The first line that the page sets apart below the headline.
        lead: What the page sets apart between headline and text, one paragraph a line; where it shows a deck line
            and an introduction, the longer of them. The text begins with it.
        text: The paragraphs, one a line; no boxes, bylines, captions or prompts.
        structure: The lines of the text that are no paragraphs, in order: headings, list entries, quotations.
        language: As the page states it, a BCP 47 tag.
        section: As the page states it.
        tags: As the page states them.
        site_name: As the page states it.
        authors: The people who sign; where nobody does, the agency or newsroom that the markup names.
        published: When the article was first published, as far as the page states it.
        modified: When it was last modified, as far as the page states it.
        images: The pictures of the article.
        corrections: Notes of the publisher on what was corrected or updated, in order.
        related: Links to other articles.
        subscription: Whether the article is free to read, whether its text is whole, and what says so.
        provenance: By field, where its value comes from.
    """

    title: str | None = None
    subtitle: str | None = None
    lead: str | None = None
    text: str | None = None
    structure: list[TextLine] = []
    language: str | None = None
    section: str | None = None
    tags: list[str] = []
    site_name: str | None = None
    authors: list[Author] = []
    published: Date | None = None
    modified: Date | None = None
    images: list[Image] = []
    corrections: list[Correction] = []
    related: list[RelatedLink] = []
    subscription: Subscription = field(default_factory=Subscription)
    provenance: dict[str, Provenance] = {}


class HttpAnswer(Struct, frozen=True, kw_only=True):
    """The head of the HTTP response a snapshot rests on.

    Attributes:
        status: The status code.
        reason: The reason phrase.
        content_type: The first Content-Type, as sent.
        headers: Pairs of name and value as sent, latin-1 decoded.
        ip: The address that was connected to.
        protocol: ``http/1.1`` or ``http/1.0``.
    """

    status: int
    reason: str | None = None
    content_type: str | None = None
    headers: list[tuple[str, str]] = []
    ip: str | None = None
    protocol: str | None = None


class WarcLocation(Struct, frozen=True, kw_only=True):
    """Where the record of a capture lies: a gzip member of `length` bytes at `offset` of the object `key`."""

    key: str
    offset: int
    length: int
    record_id: str
    payload_digest: str | None = None


class Extractor(Struct, frozen=True, kw_only=True):
    """What read the page."""

    name: str
    version: str
    trafilatura: str


class SnapshotDocument(Struct, frozen=True, kw_only=True):
    """The stored JSON document of one version. Written once and never again.

    Attributes:
        schema: The format of the document.
        url: The URL whose version this is.
        final_url: The URL that answered.
        canonical_url: What the page claims as its address; a claim, nothing is filed by it.
        surt: The SURT of `url`.
        captured_at: When the request was sent, by our clock.
        previous: The key of the version before, as the writer knew it; null for the first.
        changes: What changed since then.
        state: ``gone`` for 404, 410, 451 and a redirect to the front page.
        content_digest: Of the fields that make a version, normalised; see docs/format.md.
        http: The head of the response.
        warc: Where the record of the capture lies.
        article: What the page says; null where `state` is ``gone``.
        optouts: What its publisher reserved when it was captured, in headers, on the page or for its site.
        reservations: The statements that say so.
        extractor: What read the page.
    """

    schema: str = SNAPSHOT_SCHEMA
    url: str
    final_url: str
    canonical_url: str | None = None
    surt: str
    captured_at: datetime
    previous: str | None = None
    changes: list[Change] = []
    state: Literal["live", "gone"] = "live"
    content_digest: str
    http: HttpAnswer
    warc: WarcLocation
    article: Article | None = None
    optouts: list[str] = []
    reservations: list[Reservation] = []
    extractor: Extractor


class Snapshot(SnapshotDocument, frozen=True, kw_only=True):
    """A version as a reader sees it: the document, its key, and its number among the versions of its URL."""

    version: int
    key: str


class Hints(Struct, frozen=True, kw_only=True):
    """What a feed or a news sitemap says of an article it links to; evidence for the extractor, no more."""

    title: str | None = None
    published: str | None = None
    modified: str | None = None
    authors: list[str] = []
    guid: str | None = None


class Exchange(Struct, frozen=True, kw_only=True):
    """One HTTP exchange as it was on the wire, above TLS.

    Attributes:
        url: The target URI as requested.
        started_at: When the request was sent.
        clock: What the clock showed then, where `started_at` had to be another moment: see `crawler.capturing.dating`.
        request: The request's bytes as sent.
        response: The bytes as received: interim responses, status line, headers, body with its framing.
        ip: The address that was connected to.
        protocols: WARC-Protocol values, ``http/1.1`` and where it applies ``tls/1.3``.
        cipher_suite: The TLS cipher suite, or None without TLS.
        truncated: Why the response is not whole (``length``, ``time``, ``disconnect``, ``unspecified``), or
            None.
    """

    url: str
    started_at: datetime
    request: bytes
    response: bytes
    ip: str | None = None
    protocols: list[str] = []
    cipher_suite: str | None = None
    truncated: Literal["length", "time", "disconnect", "unspecified"] | None = None
    clock: datetime | None = None
