"""Reading an archive: which version stood when, what the server sent, and nothing that was not stored."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from archiving.stores import ReadOnlyStore, objects
from archiving.writer import START, Writer, answer, answers, moment, shows, shows_no_article
from warcio.archiveiterator import ArchiveIterator

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, InvalidURLError, NoSuchVersionError
from broadsheet.storage.model import Snapshot
from broadsheet.storage.segments import warc
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def writer(folder: Path, tmp_path: Path) -> Writer:
    return Writer(FolderStore(folder), tmp_path / "local")


@pytest.fixture
def archive(folder: Path) -> Archive:
    return Archive(ReadOnlyStore(FolderStore(folder)))


@pytest.fixture(scope="module")
def history_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four versions: one, two, gone, one; and looks between them that found nothing changed."""
    folder = tmp_path_factory.mktemp("history")
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    writer.publish(shows(URL, 0, "one"))
    writer.publish(shows(URL, 5, "one"))
    writer.publish(shows(URL, 10, "two"))
    writer.publish(answers(URL, 15, "304 Not Modified"))
    writer.publish(answers(URL, 20, "404 Not Found"))
    writer.publish(answers(URL, 25, "410 Gone"))
    writer.publish(shows(URL, 30, "one"))
    writer.publish(answers(URL, 35, "503 Busy"))
    writer.publish(shows(f"{URL}?page=2", 40, "other"))
    writer.publish(shows(f"{URL}?page=2", 41, "other"))
    return folder / "archive"


@pytest.fixture
def history(history_folder: Path) -> Archive:
    """The history, for reading only."""
    return Archive(ReadOnlyStore(FolderStore(history_folder)))


@pytest.fixture
def copy_of_history(history_folder: Path, folder: Path) -> None:
    """The history, in the folder of this test."""
    shutil.copytree(history_folder, folder)


def text(snapshot: Snapshot | None) -> str | None:
    if snapshot is None:
        return None
    return snapshot.article.text if snapshot.article else "gone"


def numbered(snapshots: list[Snapshot]) -> list[tuple[int, str | None]]:
    return [(snapshot.version, text(snapshot)) for snapshot in snapshots]


def test_of_what_was_never_archived_there_is_nothing(archive: Archive) -> None:
    assert archive.latest(URL) is None
    assert archive.at(URL, START) is None
    assert list(archive.versions(URL)) == []
    assert archive.checks(URL) == []
    assert list(archive.snapshots()) == []
    with pytest.raises(NoSuchVersionError, match="nothing is archived for it"):
        archive.version(URL, 1)


def test_versions_are_numbered_from_the_oldest(history: Archive) -> None:
    assert numbered(list(history.versions(URL))) == [(1, "one"), (2, "two"), (3, "gone"), (4, "one")]
    assert [one.changes for one in history.versions(URL)] == [[], ["body"], ["removed"], ["restored"]]
    assert [one.captured_at for one in history.versions(URL)] == [moment(0), moment(10), moment(20), moment(30)]


def test_the_latest_version_is_the_last_one(history: Archive) -> None:
    assert history.latest(URL) == list(history.versions(URL))[-1]


def test_a_version_is_found_by_its_number(history: Archive) -> None:
    assert [history.version(URL, number) for number in (1, 2, 3, 4)] == list(history.versions(URL))
    for number in (0, -1, 5):
        with pytest.raises(NoSuchVersionError, match=f"no version {number} of {URL}: it has 4"):
            history.version(URL, number)


@pytest.mark.parametrize(
    ("when", "found"),
    [
        (moment(-1), None),
        (moment(0), "one"),
        (moment(9.999), "one"),
        (moment(10), "two"),
        (moment(17), "two"),
        (moment(20), "gone"),
        (moment(10_000), "one"),
        (moment(10).replace(tzinfo=None), "two"),
        (moment(10).astimezone(timezone(timedelta(hours=-8))), "two"),
        (datetime.max.replace(tzinfo=UTC), "one"),
    ],
)
def test_the_version_that_stood_at_a_moment_is_the_last_before_it(
    history: Archive, when: datetime, found: str | None
) -> None:
    assert text(history.at(URL, when)) == found


@pytest.mark.parametrize(
    "address", ["http://news.example/a", "https://www.news.example:443/a?utm_source=x#y", "https://NEWS.example/./a"]
)
def test_an_article_is_found_by_every_address_it_has(history: Archive, address: str) -> None:
    assert history.latest(address) == history.latest(URL)
    assert history.checks(address) == history.checks(URL)


def test_what_is_no_url_is_refused(archive: Archive) -> None:
    with pytest.raises(InvalidURLError):
        archive.latest("news.example/a")


def test_looks_that_found_nothing_changed_are_counted_with_their_records(history: Archive) -> None:
    checks = history.checks(URL)

    assert [check.at for check in checks] == [moment(5), moment(15), moment(25)]
    for check in checks:
        where = check.record
        record = warc.read_member(history.store.get_range(where.key, where.offset, where.length))
        assert (record.record_id, record.date) == (where.record_id, check.at)


def test_the_response_is_what_was_on_the_wire_and_the_record_what_lies_in_the_warc(
    archive: Archive, writer: Writer, folder: Path
) -> None:
    visit = shows(URL, 1, "text")
    writer.publish(shows(URL, 0, "before"), visit)
    snapshot = archive.version(URL, 2)

    assert archive.response(snapshot) == visit.response
    member = archive.record(snapshot)
    assert (folder / snapshot.warc.key).read_bytes()[snapshot.warc.offset :].startswith(member)
    [record] = ArchiveIterator(BytesIO(member))
    assert record.rec_headers.get_header("WARC-Target-URI") == URL


def test_a_damaged_record_is_never_shown(archive: Archive, writer: Writer, folder: Path) -> None:
    visit = shows(URL, 0, "text " * 40)
    writer.publish(visit)
    snapshot = archive.version(URL, 1)
    path = folder / snapshot.warc.key
    whole = path.read_bytes()

    for position in range(snapshot.warc.offset, snapshot.warc.offset + snapshot.warc.length):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :])
        try:
            shown = archive.response(snapshot)
        except ArchiveDamagedError as error:
            assert snapshot.warc.key in str(error)  # noqa: PT017 - every byte is tried, not every one matters
            continue
        # The time, the flags and the system in a gzip header (RFC 1952 2.3.1), which nothing is read from.
        assert position - snapshot.warc.offset in range(4, 10)
        assert shown == visit.response


def test_a_record_that_is_missing_or_another_is_reported(archive: Archive, writer: Writer, folder: Path) -> None:
    writer.publish(shows(URL, 0, "one"), shows("https://news.example/b", 0, "one"))
    snapshot = archive.version(URL, 1)
    path = folder / snapshot.warc.key
    whole = path.read_bytes()
    start, end = snapshot.warc.offset, snapshot.warc.offset + snapshot.warc.length
    info = warc.read_member(whole[:start])
    other = gzip.compress(gzip.decompress(whole[start:end]).replace(b">one<", b">two<"))

    damages = [whole[:start], whole[: end - 1], whole[:start] * 9, whole[:start] + other + whole[end:]]
    for damaged in damages:
        path.write_bytes(damaged)
        for ask in (archive.response, archive.record):
            with pytest.raises(ArchiveDamagedError, match=path.name):
                ask(snapshot)
    path.unlink()
    with pytest.raises(ArchiveDamagedError, match=path.name):
        archive.response(snapshot)
    assert info.type == "warcinfo"


@pytest.mark.usefixtures("copy_of_history")
def test_a_damaged_snapshot_is_never_shown_and_hides_no_other(archive: Archive, folder: Path) -> None:
    keys = [one.key for one in archive.versions(URL)]
    path = folder / keys[1]
    path.write_bytes(path.read_bytes().replace(b"two", b"TWO"))

    with pytest.raises(ArchiveDamagedError, match=keys[1]):
        archive.version(URL, 2)
    with pytest.raises(ArchiveDamagedError):
        list(archive.versions(URL))
    with pytest.raises(ArchiveDamagedError):
        list(archive.snapshots())
    assert text(archive.latest(URL)) == "one"


@pytest.mark.usefixtures("copy_of_history")
def test_a_damaged_index_is_reported_where_it_is_read(archive: Archive, folder: Path) -> None:
    *_, entry = archive.store.list(layout.INDEX)
    path = folder / entry.key
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(ArchiveDamagedError, match=entry.key):
        archive.checks(URL)
    assert text(archive.latest(URL)) == "one", "a look-up needs no index"


def test_a_look_up_follows_the_redirects_that_were_captured(archive: Archive, writer: Writer) -> None:
    old, older = "https://news.example/old?id=1", "http://old.example/"
    writer.publish(shows(URL, 0, "one"), answers(old, 0, "301 Moved", "/a?utm_source=old"))
    writer.publish(answers(older, 1, "302 Found", "https://news.example/elsewhere"))
    writer.publish(answers(older, 2, "302 Found", old), shows(URL, 2, "one"))

    for address in (old, older, "https://news.example/old?utm_medium=x&id=1"):
        assert archive.latest(address) == archive.latest(URL)
        assert archive.checks(address) == archive.checks(URL) != []
    assert archive.latest("https://news.example/elsewhere") is None
    assert archive.latest("https://news.example/OLD?id=1") is None, "it has the same SURT and is another page"


@pytest.mark.parametrize("location", ["/loop", "http://[::1", "mailto:a@news.example", "//user@news.example/"])
def test_a_redirect_to_nowhere_leads_to_nothing(archive: Archive, writer: Writer, location: str) -> None:
    writer.publish(answers("https://news.example/loop", 0, "301 Moved", location))

    assert archive.latest("https://news.example/loop") is None
    assert archive.checks("https://news.example/loop") == []


def test_a_url_with_versions_of_its_own_is_not_left_for_a_redirect(archive: Archive, writer: Writer) -> None:
    writer.publish(shows(URL, 0, "one"), shows("https://news.example/b", 0, "other"))
    writer.publish(answers(URL, 1, "301 Moved", "/b"))

    assert text(archive.latest(URL)) == "one"


@pytest.fixture(scope="module")
def four_articles(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("four")
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    writer.publish(
        shows("https://www.news.example/a", 0, "a", language="en-GB"),
        shows("https://news.example:8443/b", 1, "b", language="de"),
        shows("http://other.example/c", 2, "c", language="EN"),
        shows_no_article("https://news.example/list", 2),
    )
    writer.publish(shows("https://news.example/d", 3, "d"), answers("https://news.example/e", 3, "404 Not Found"))
    return Archive(ReadOnlyStore(writer.store))


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (None, None, "abcd"),
        (moment(1), None, "bcd"),
        (None, moment(1), "a"),
        (moment(1), moment(3), "bc"),
        (moment(1).replace(tzinfo=None), moment(3).replace(tzinfo=None), "bc"),
        (
            moment(1).astimezone(timezone(timedelta(hours=14))),
            moment(3).astimezone(timezone(timedelta(hours=-12))),
            "bc",
        ),
        (moment(3.001), None, ""),
        (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), "abcd"),
        (START + timedelta(days=400), None, ""),
        (None, START - timedelta(days=400), ""),
    ],
)
def test_versions_are_listed_from_a_moment_until_before_another(
    four_articles: Archive, since: datetime | None, until: datetime | None, found: str
) -> None:
    assert [text(one) for one in four_articles.snapshots(since=since, until=until)] == list(found)


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("news.example", "adb"),
        ("www.news.example", "adb"),
        ("NEWS.example", "adb"),
        ("news.example:8443", "b"),
        ("other.example", "c"),
        ("example", ""),
    ],
)
def test_versions_are_listed_by_host(four_articles: Archive, host: str, found: str) -> None:
    assert [text(one) for one in four_articles.snapshots(host=host)] == list(found)


def test_a_host_that_is_none_is_refused(archive: Archive) -> None:
    with pytest.raises(InvalidURLError):
        list(archive.snapshots(host="not a host"))


@pytest.mark.parametrize(("language", "found"), [("en", "ac"), ("de", "b"), ("fr", "")])
def test_versions_are_listed_by_language_of_any_region(four_articles: Archive, language: str, found: str) -> None:
    assert [text(one) for one in four_articles.snapshots(language=language)] == list(found)


def test_listed_versions_have_the_numbers_they_have_elsewhere(history: Archive) -> None:
    assert list(history.snapshots(until=moment(40))) == list(history.versions(URL))
    assert numbered(list(history.snapshots(since=moment(10), until=moment(30)))) == [(2, "two"), (3, "gone")]


def test_a_capture_after_midnight_is_found_in_the_batch_of_the_evening(archive: Archive, writer: Writer) -> None:
    evening = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    minutes = (evening - START) / timedelta(minutes=1)
    writer.publish(shows(URL, minutes, "before midnight"), shows(URL, minutes + 2, "after midnight"))
    midnight = evening + timedelta(minutes=1)

    assert [text(one) for one in archive.snapshots(since=midnight)] == ["after midnight"]
    assert [text(one) for one in archive.snapshots(until=midnight)] == ["before midnight"]


def test_equal_neighbours_are_one_version_and_what_lies_between_them_makes_them_two(
    archive: Archive, folder: Path, tmp_path: Path
) -> None:
    one, other = (Writer(FolderStore(folder), tmp_path / name) for name in ("one", "other"))
    one.publish(shows(URL, 0, "one"))
    other.publish(shows(URL, 10, "one"))
    assert numbered(list(archive.versions(URL))) == [(1, "one")]
    assert numbered(list(archive.snapshots())) == [(1, "one")]

    one.publish(shows(URL, 5, "two"))

    assert numbered(list(archive.versions(URL))) == [(1, "one"), (2, "two"), (3, "one")]
    assert [one.captured_at for one in archive.versions(URL)] == [moment(0), moment(5), moment(10)]


@pytest.mark.usefixtures("copy_of_history")
def test_reading_leaves_an_archive_as_it_is_and_needs_nothing_beside_it(folder: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    shutil.copytree(folder, restored, ignore=shutil.ignore_patterns(".*"))
    before = objects(FolderStore(folder))

    for place in (folder, restored):
        opened = Archive.open(str(place))
        assert numbered(list(opened.versions(URL))) == [(1, "one"), (2, "two"), (3, "gone"), (4, "one")]
        assert len(opened.checks(URL)) == 3
        assert len([opened.response(one) for one in opened.snapshots()]) == 5

    assert objects(FolderStore(folder)) == objects(FolderStore(restored)) == before
    assert not (restored / ".local").exists()


def test_opening_an_empty_place_makes_nothing(tmp_path: Path) -> None:
    assert list(Archive.open(str(tmp_path / "none")).snapshots()) == []
    assert not (tmp_path / "none").exists()


def test_an_archive_of_another_format_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "archive.json").write_text('{"format":"broadsheet.archive/9"}')

    with pytest.raises(ArchiveFormatError, match=r"broadsheet\.archive/9"):
        Archive.open(str(tmp_path))


def test_listing_reads_a_version_when_it_is_asked_for(archive: Archive, writer: Writer, folder: Path) -> None:
    first, second = writer.publish(shows(URL, 0, "one"), shows("https://news.example/b", 1, "two"))
    listed = archive.snapshots()

    assert next(listed).key == first.snapshot_key
    (folder / (second.snapshot_key or "")).unlink()
    with pytest.raises(ArchiveDamagedError, match=f"{second.snapshot_key} is missing"):
        next(listed)


def test_an_answer_without_a_body_is_a_response_too(archive: Archive, writer: Writer) -> None:
    writer.publish(shows(URL, 0, "one"))
    writer.publish(answers(URL, 1, "410 Gone"))

    latest = archive.latest(URL)

    assert latest is not None
    assert (latest.state, latest.article, latest.http.status, latest.http.reason) == ("gone", None, 410, "Gone")
    assert archive.response(latest) == answer(b"", "410 Gone")


def test_versions_come_in_the_order_of_time(archive: Archive, writer: Writer) -> None:
    for minute in (3, 1, 2, 0):
        Writer(writer.store, writer.spool._directory.parent / str(minute)).publish(shows(URL, minute, str(minute)))

    found = list(archive.versions(URL))

    assert all(before.captured_at < after.captured_at for before, after in pairwise(found))
    assert [text(one) for one in found] == ["0", "1", "2", "3"]


def test_a_table_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="captures or versions"):
        Archive.open(str(tmp_path)).tables("version")  # type: ignore[arg-type]
