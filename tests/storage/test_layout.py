"""The keys of an archive: made for every store there is, sorted so that the newest comes first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage import layout
from broadsheet.storage.errors import InvalidKeyError
from broadsheet.storage.stores.objects import validate_key, validate_prefix
from broadsheet.storage.tables import table_keys
from broadsheet.storage.urls import identity, identity_hash

HEX_32 = st.text("0123456789abcdef", min_size=32, max_size=32)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)
MOMENTS = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2286, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.5))]),
)
URLS = st.builds(
    "https://{}.example/{}".format,
    st.sampled_from(["news", "www.news", "NEWS", "m.news"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


def whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(MOMENTS, HEX_32, st.binary(max_size=20))
def test_every_key_of_a_batch_is_one_that_every_store_takes(moment: datetime, digest: str, data: bytes) -> None:
    batch = layout.batch_name(moment, digest[:8])

    for key in (layout.MARKER, layout.warc_key(batch, digest), layout.index_key(batch, data)):
        validate_key(key)
    for prefix in (layout.WARC, layout.SNAPSHOTS, layout.INDEX, layout.snapshots_prefix(digest)):
        validate_prefix(prefix)


@given(URLS, MOMENTS, DIGESTS, st.binary(max_size=20))
def test_the_key_of_a_snapshot_tells_its_moment_and_its_content(
    url: str, moment: datetime, content: str, document: bytes
) -> None:
    key = layout.snapshot_key(identity_hash(url), moment, content, document)

    validate_key(key)
    name = layout.parse_snapshot_key(key)
    assert name == (key, whole_milliseconds(moment), content.removeprefix("sha256:")[:16])
    assert key.startswith(layout.snapshots_prefix(identity_hash(url)))


@given(MOMENTS, MOMENTS, DIGESTS, HEX_32)
def test_of_two_snapshots_the_newer_sorts_first(one: datetime, other: datetime, content: str, hashed: str) -> None:
    older, newer = sorted([whole_milliseconds(one), whole_milliseconds(other)])

    key_of_older = layout.snapshot_key(hashed, older, content, b"")
    key_of_newer = layout.snapshot_key(hashed, newer, content, b"")

    assert (key_of_newer < key_of_older) is (older < newer)


@given(st.lists(URLS, max_size=20))
def test_every_article_has_a_directory_of_its_own(urls: list[str]) -> None:
    prefixes = {identity(url): layout.snapshots_prefix(identity_hash(url)) for url in urls}

    assert len(set(prefixes.values())) == len(prefixes)


@given(MOMENTS, MOMENTS)
def test_batches_sort_by_the_moment_they_were_opened(one: datetime, other: datetime) -> None:
    earlier, later = sorted([whole_milliseconds(one), whole_milliseconds(other)])

    keys = [layout.index_key(layout.batch_name(moment, "00000000"), b"") for moment in (earlier, later)]

    assert keys == sorted(keys)


def test_a_batch_lies_under_the_day_in_utc_on_which_it_was_opened() -> None:
    moment = datetime(2026, 11, 23, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    key = layout.index_key(layout.batch_name(moment, "0badcafe"), b"")

    assert key.startswith("index/2026/11/22/1795390200000-0badcafe-")
    assert key.startswith(layout.index_prefix(date(2026, 11, 22)))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "archive.json",
        "snapshot/ab/notes.txt",
        f"snapshot/ab/ab{'0' * 30}/8204609800000-{'0' * 16}.json",
        f"snapshot/ab/cd{'0' * 30}/8204609800000-{'0' * 16}-{'0' * 16}.json",
        f"snapshot/ab/ab{'0' * 30}/820460980000-{'0' * 16}-{'0' * 16}.json",
        f"snapshot/ab/ab{'0' * 30}/ 820460980000-{'0' * 16}-{'0' * 16}.json",
        f"snapshot/ab/ab{'0' * 30}/8204609800000-{'g' * 16}-{'0' * 16}.json",
        f"snapshot/ab/ab{'0' * 30}/8204609800000-{'0' * 16}-{'0' * 16}.json\n",
    ],
)
def test_what_is_no_key_of_a_snapshot_is_refused(key: str) -> None:
    with pytest.raises(InvalidKeyError):
        layout.parse_snapshot_key(key)


@pytest.mark.parametrize("early", [False, True])
def test_every_key_of_a_batch_tells_which_batch_it_is_of(*, early: bool) -> None:
    batch = layout.batch_name(datetime(2026, 11, 22, tzinfo=UTC), "0123abcd")
    assert layout.batch_of(layout.index_key(batch, b"lines", early=early)) == batch
    assert layout.batch_of(layout.warc_key(batch, "f" * 32)) == batch
    assert layout.batch_of(table_keys.segment_key("versions", date(2026, 11, 21), batch, b"rows")) == batch
    assert layout.batch_writer(batch) == "0123abcd"


def test_the_key_of_a_table_segment_tells_its_table_day_and_batch() -> None:
    batch = layout.batch_name(datetime(2026, 11, 22, tzinfo=UTC), "0123abcd")
    key = table_keys.segment_key("captures", date(2026, 11, 23), batch, b"rows")
    validate_key(key)
    segment = table_keys.parse(key)
    assert segment[:3] == (key, "captures", date(2026, 11, 23))
    assert (segment.batch, segment.name) == (batch, f"{batch}-{layout.digest_name(b'rows')}")
    with pytest.raises(InvalidKeyError):
        table_keys.parse(table_keys.compacted_key("captures", date(2026, 11, 23), "f" * 32))
