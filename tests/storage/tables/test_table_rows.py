"""Rows of the tables: every field of an index line and of a snapshot that a job asks for, under its column."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.model import (
    Article,
    Author,
    Date,
    Extractor,
    HttpAnswer,
    Image,
    Precision,
    RelatedLink,
    SnapshotDocument,
    Subscription,
    WarcLocation,
    Zone,
)
from broadsheet.storage.optouts import Reservation
from broadsheet.storage.tables.rows import COLUMNS, capture_row, version_row
from broadsheet.storage.urls import identity_hash

MINED = Reservation(source="header", value="tdm-reservation: 1", optouts=["tdm"])
AT = datetime(2026, 11, 22, 12, 30, 0, 123456, tzinfo=UTC)
BATCH = "1795348800000-0123abcd"
LINE = IndexLine(
    url="https://www.news.example/a?page=2",
    mime="text/html",
    status="200",
    digest="sha256:4d",
    length="5585",
    offset="9668",
    filename="warc/2026/11/22/x.warc.gz",
    at=AT,
    id="urn:uuid:1",
    outcome="changed",
    kind="other",
    snapshot="snapshot/5c/x.json",
    filed_as="https://news.example/a",
    etag='"57"',
    modified="Sat, 21 Nov 2026 05:00:00 GMT",
    location="/b",
    truncated="length",
    source="news",
    reason="a headline and a text",
    optouts=["tdm"],
    reservations=[MINED],
)


def document(article: Article | None) -> SnapshotDocument:
    return SnapshotDocument(
        url="https://www.news.example/a",
        final_url="https://news.example/b",
        canonical_url="https://news.example/c",
        surt="example,news)/a",
        captured_at=AT,
        previous="snapshot/5c/before.json",
        changes=["headline", "body"],
        state="live" if article else "gone",
        content_digest="sha256:5e",
        http=HttpAnswer(status=200, content_type="text/html"),
        warc=WarcLocation(key="warc/x.warc.gz", offset=7, length=8, record_id="urn:uuid:2", payload_digest="sha256:4d"),
        article=article,
        extractor=Extractor(name="test", version="3", trafilatura="2.3.1"),
        optouts=["tdm"],
        reservations=[MINED],
    )


def test_the_row_of_a_capture_has_every_field_of_its_index_line() -> None:
    assert capture_row(BATCH, LINE) == {
        "captured_at": AT,
        "url": "https://www.news.example/a?page=2",
        "surt": "example,news)/a?page=2",
        "host": "news.example",
        "identity": identity_hash("https://news.example/a"),
        "filed_as": "https://news.example/a",
        "outcome": "changed",
        "kind": "other",
        "mime": "text/html",
        "status": 200,
        "etag": '"57"',
        "last_modified": "Sat, 21 Nov 2026 05:00:00 GMT",
        "location": "/b",
        "truncated": "length",
        "source": "news",
        "snapshot_key": "snapshot/5c/x.json",
        "payload_digest": "sha256:4d",
        "warc_key": "warc/2026/11/22/x.warc.gz",
        "warc_offset": 9668,
        "warc_length": 5585,
        "warc_record_id": "urn:uuid:1",
        "batch": BATCH,
        "writer": "0123abcd",
        "reason": "a headline and a text",
        "optouts": ["tdm"],
        "reservations": [{"source": "header", "value": "tdm-reservation: 1", "optouts": ["tdm"]}],
    }


def test_what_an_index_line_does_not_know_is_null() -> None:
    line = IndexLine(
        url="http://a.example/",
        mime="unk",
        status="-",
        digest="-",
        length="1",
        offset="0",
        filename="warc/x",
        at=AT,
        id="urn:uuid:1",
    )
    row = capture_row(BATCH, line)
    nothing = ("mime", "status", "payload_digest", "outcome", "snapshot_key", "reason")
    assert {row[name] for name in nothing} == {None}
    assert row["optouts"] == row["reservations"] == []


def test_the_row_of_a_version_has_what_the_snapshot_says() -> None:
    article = Article(
        title="Fog",
        subtitle="Ferries wait",
        text="One.\nTwo.",
        language="en-GB",
        section="Town",
        tags=["fog", "ferry"],
        site_name="News",
        authors=[Author(name="Jo", url="https://news.example/jo"), Author(name="Al")],
        published=Date(value="2026-11-22T13:00:00+01:00", precision="second", zone="stated"),
        modified=Date(value="2026-11-22", precision="day", zone="unknown"),
        images=[Image(url="https://news.example/i.jpg", caption="A ferry")],
        related=[
            RelatedLink(
                url=None,
                title="More",
                published=Date(value="2016", precision="year", zone="unknown"),
                heading="See",
                kind="series",
            )
        ],
        subscription=Subscription(access="metered", complete=False),
    )
    assert version_row(BATCH, "snapshot/5c/x.json", document(article)) == {
        "captured_at": AT,
        "url": "https://www.news.example/a",
        "surt": "example,news)/a",
        "host": "news.example",
        "identity": identity_hash("https://www.news.example/a"),
        "final_url": "https://news.example/b",
        "canonical_url": "https://news.example/c",
        "snapshot_key": "snapshot/5c/x.json",
        "previous": "snapshot/5c/before.json",
        "state": "live",
        "changes": ["headline", "body"],
        "content_digest": "sha256:5e",
        "title": "Fog",
        "subtitle": "Ferries wait",
        "text": "One.\nTwo.",
        "language": "en-GB",
        "section": "Town",
        "tags": ["fog", "ferry"],
        "site_name": "News",
        "authors": [{"name": "Jo", "url": "https://news.example/jo"}, {"name": "Al", "url": None}],
        "published": "2026-11-22T13:00:00+01:00",
        "published_precision": "second",
        "published_zone": "stated",
        "published_at": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "modified": "2026-11-22",
        "modified_precision": "day",
        "modified_zone": "unknown",
        "modified_at": None,
        "access": "metered",
        "complete": False,
        "images": [{"url": "https://news.example/i.jpg", "caption": "A ferry", "credit": None}],
        "related": [{"url": None, "title": "More", "published": "2016", "heading": "See", "kind": "series"}],
        "http_status": 200,
        "content_type": "text/html",
        "payload_digest": "sha256:4d",
        "warc_key": "warc/x.warc.gz",
        "warc_offset": 7,
        "warc_length": 8,
        "warc_record_id": "urn:uuid:2",
        "extractor": "test",
        "extractor_version": "3",
        "trafilatura": "2.3.1",
        "batch": BATCH,
        "writer": "0123abcd",
        "optouts": ["tdm"],
        "reservations": [{"source": "header", "value": "tdm-reservation: 1", "optouts": ["tdm"]}],
    }


def test_a_vanished_article_has_no_fields_and_its_lists_are_empty() -> None:
    row = version_row(BATCH, "snapshot/5c/x.json", document(None))
    assert row["state"] == "gone"
    assert {row[name] for name in ("title", "text", "access", "complete", "published", "published_at")} == {None}
    assert [row[name] for name in ("tags", "authors", "images", "related")] == [[], [], [], []]


@pytest.mark.parametrize(
    ("value", "precision", "zone", "instant"),
    [
        ("2026-11-22T13:00:00+01:00", "second", "stated", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T13:00+01:00", "minute", "stated", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T13:00:00Z", "second", "stated", datetime(2026, 11, 22, 13, tzinfo=UTC)),
        ("2026-11-22T13:00:00+01:00", "second", "assumed", None),
        ("2026-11-22T13:00:00", "second", "unknown", None),
        ("2026-11-22", "day", "unknown", None),
        ("2026-06-31T13:00:00+01:00", "second", "stated", None),
        ("9999-12-31T23:00:00-05:00", "second", "stated", None),
    ],
)
def test_an_instant_is_told_only_where_the_page_states_hour_and_zone(
    value: str, precision: Precision, zone: Zone, instant: datetime | None
) -> None:
    article = Article(published=Date(value=value, precision=precision, zone=zone))
    row = version_row(BATCH, "snapshot/5c/x.json", document(article))
    assert (row["published"], row["published_at"]) == (value, instant)


def test_the_columns_are_those_of_the_rows() -> None:
    assert list(COLUMNS["captures"]) == list(capture_row(BATCH, LINE))
    assert sorted(COLUMNS["versions"]) == sorted(version_row(BATCH, "snapshot/5c/x.json", document(None)))
