"""`broadsheet import`: captures that other crawlers made, in an archive of ours."""

from __future__ import annotations

import io
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from end_to_end import foreign, inspection, pages
from end_to_end.command import Broadsheet, finish
from end_to_end.foreign import answers, asks, record, repeats, shows
from servers.raw_server import RawServer

from broadsheet.storage.archive import Archive
from broadsheet.storage.foreign.records import ForeignRecord, read_foreign
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.warc import WarcRecord

URL = "http://www.news.example/harbour"
START = datetime(2016, 6, 10, 9, 12, 5, tzinfo=UTC)
WGET = Path(__file__).parents[2] / "storage" / "foreign" / "wget-1.21.3.warc.gz"


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def texts(archive: str) -> list[tuple[str, str | None]]:
    """State and first word of every version, oldest first."""
    return [
        (f"{snapshot.captured_at:%d}", snapshot.article.text.split()[0] if snapshot.article else None)  # type: ignore[union-attr]
        for snapshot in Archive.open(archive).versions(URL)
    ]


def test_the_history_of_an_article_is_that_of_its_captures(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    file = foreign.write(
        tmp_path / "a.warc.gz",
        [
            record("warcinfo", "", day(0), b"software: X\r\n", [("Content-Type", "application/warc-fields")]),
            record("response", "dns:news.example", day(0), b"20160610\n", [("Content-Type", "text/dns")]),
            shows(URL, day(0), "First"),
            shows(URL, day(1), "First"),
            shows(URL, day(2), "Second"),
            answers(URL, day(3), "404 Not Found"),
            shows(URL, day(4), "Second"),
            record("resource", URL, day(4), b"a picture", [("Content-Type", "image/png")]),
            record("conversion", URL, day(4), b"text", [("Content-Type", "text/plain")]),
        ],
    )
    ended = broadsheet("import", "--source", "example", "--json", file)
    assert ended.status == 0, ended.stderr
    assert ended.document["captures"] == ended.document["imported"] == 5
    assert ended.document["outcomes"] == {
        "new": 1,
        "changed": 2,
        "unchanged": 1,
        "gone": 1,
        "failed": 0,
        "not_article": 0,
    }
    assert ended.document["passed_over"] == {"conversion": 1, "dns": 1, "resource": 1, "warcinfo": 1}
    assert texts(broadsheet.archive) == [("10", "First"), ("12", "Second"), ("13", None), ("14", "Second")]
    store = Archive.open(broadsheet.archive).store
    inspection.check(store)
    assert {line.source for line in inspection.index_lines(store)} == {"example"}
    inspection.check_deeply(Archive.open(broadsheet.archive).store)


def test_what_was_made_of_a_capture_comes_with_it_and_goes_with_it(tmp_path: Path) -> None:
    first, elsewhere = (f"urn:uuid:00000000-0000-4000-8000-00000000000{number}" for number in "12")
    records = [
        _made_of(first, b"The harbour, as plain text", "text/plain"),
        shows(URL, START, "First", record_id=first),
        _made_of(elsewhere, b"Of a capture that is in another file", "text/plain"),
    ]
    archive = Broadsheet(str(tmp_path / "archive"))
    file = foreign.write(tmp_path / "made.warc.gz", records)

    imported = archive("import", "--json", file).document
    again = archive("import", "--json", file).document

    (made,) = [record for record in _kept(archive) if record.type == "conversion"]
    assert (imported["conversions"], imported["passed_over"]) == (1, {"conversion": 1})
    assert (again["conversions"], again["held"]) == (0, 1)
    assert made.block == b"The harbour, as plain text"
    assert (made.field("WARC-Refers-To"), made.field("Content-Type")) == (f"<{first}>", "text/plain")
    assert texts(archive.archive) == [("10", "First")], "a page is read as it was sent"
    assert archive("verify", "--deep").status == 0
    assert archive("forget", URL, "--reason", "court order").status == 0
    assert not [record for record in _kept(archive) if record.type == "conversion"]
    assert archive("verify", "--deep").status == 0


def test_a_page_that_a_browser_had_shown_is_read_as_it_was_shown(tmp_path: Path) -> None:
    identifier = "urn:uuid:00000000-0000-4000-8000-000000000001"
    stated = [("WARC-Concurrent-To", f"<{identifier}>"), ("Content-Type", "application/warc-fields")]
    records = [
        shows(URL, START, "Sent", record_id=identifier),
        record("metadata", URL, START, b'broadsheet-request: {"render":true}\r\n', stated),
        answers(f"{URL}/another", START, "404 Not Found"),
        _made_of(identifier, foreign.body("Shown"), "text/html;charset=utf-8"),
    ]
    archive = Broadsheet(str(tmp_path / "archive"))
    archive("import", foreign.write(tmp_path / "shown.warc.gz", records))
    before = {key: data for key, data in _objects(tmp_path / "archive").items() if "/warc/" not in key}
    for name in ("snapshot", "index", "manifest"):
        shutil.rmtree(tmp_path / "archive" / name)

    recovered = archive("recover")
    assert recovered.status == 0
    assert b"recover --deep reads them all" in recovered.stdout, "it does not say that what it did not read is whole"

    assert texts(archive.archive) == [("10", "Shown")]
    assert archive("show", URL, "--format", "html").stdout == foreign.body("Shown")
    assert {key: data for key, data in _objects(tmp_path / "archive").items() if "/warc/" not in key} == before
    assert archive("verify", "--deep").status == 0


def test_what_is_imported_twice_is_there_once(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    records = [shows(URL, day(number), str(number)) for number in range(4)]
    first = foreign.write(tmp_path / "first.warc.gz", records[:3])
    both = foreign.write(tmp_path / "both.warc.gz", records)
    broadsheet("import", first)
    keys = inspection.keys(Archive.open(broadsheet.archive).store)
    assert broadsheet("import", "--json", first, first).document["held"] == 6
    assert inspection.keys(Archive.open(broadsheet.archive).store) == keys
    again = broadsheet("import", "--json", both).document
    assert (again["held"], again["imported"]) == (3, 1)
    inspection.check(Archive.open(broadsheet.archive).store)


def test_older_captures_take_their_place_before_the_versions_that_are_there(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    for name, records in {
        "late": [shows(URL, day(8), "Late"), shows(URL, day(9), "Last")],
        "early": [shows(URL, day(1), "Early"), answers(URL, day(2), "410 Gone"), shows(URL, day(3), "Late")],
        "between": [shows(URL, day(5), "Between")],
    }.items():
        assert broadsheet("import", foreign.write(tmp_path / name, records)).status == 0
    assert texts(broadsheet.archive) == [
        *[("11", "Early"), ("12", None), ("13", "Late")],
        *[("15", "Between"), ("18", "Late"), ("19", "Last")],
    ]
    archive = Archive.open(broadsheet.archive)
    assert [snapshot.captured_at for snapshot in archive.snapshots(until=day(4))] == [day(1), day(2), day(3)]
    assert [snapshot.captured_at for snapshot in archive.snapshots(since=day(9))] == [day(9)]
    inspection.check_deeply(Archive.open(broadsheet.archive).store)


def test_what_was_seen_otherwise_between_two_looks_at_a_version_makes_none(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    looks = [shows(URL, day(1), "Standing"), shows(URL, day(5), "Standing")]
    broadsheet("import", foreign.write(tmp_path / "looks", looks))
    between = foreign.write(tmp_path / "between", [shows(URL, day(3), "Otherwise"), shows(URL, day(7), "Later")])
    assert broadsheet("import", "--json", between).document["outcomes"]["failed"] == 1
    assert texts(broadsheet.archive) == [("11", "Standing"), ("17", "Later")]
    inspection.check_deeply(Archive.open(broadsheet.archive).store)


def test_a_crawl_goes_on_from_what_was_imported(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    page = foreign.body("Standing").decode()
    with RawServer({"/harbour": pages.answer(page)}) as server:
        url = f"http://127.0.0.1:{server.port}/harbour"
        broadsheet("import", foreign.write(tmp_path / "a.warc.gz", [shows(url, day(0), "Standing")]))
        assert broadsheet.recrawl(url)["outcome"] == "unchanged"


def test_blocks_are_kept_byte_for_byte_and_what_was_stated_of_them_is_kept_beside(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    assert broadsheet("import", str(WGET)).status == 0
    with WGET.open("rb") as file:
        theirs = {one.record_id: one for one in read_foreign(file) if isinstance(one, ForeignRecord)}
    ours = {one.record_id: one for one in _kept(broadsheet) if one.type != "warcinfo"}
    assert {one.record_id for one in theirs.values() if one.type in ("response", "request")} == set(ours)
    for record_id, kept in ours.items():
        found = theirs[record_id]
        assert (kept.block, kept.date, kept.type) == (found.block, found.date, found.type)
        assert kept.field("Broadsheet-Original-Block-Digest") == found.field("WARC-Block-Digest")
        assert kept.field("Broadsheet-Original-Payload-Digest") == found.field("WARC-Payload-Digest")
        assert kept.field("WARC-IP-Address") == "127.0.0.1"
        assert warc.block_is_intact(kept)


def test_requests_stay_with_their_responses_whichever_comes_first(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    other = "http://news.example/other"
    records = [asks(URL, day(0)), shows(URL, day(0), "A"), shows(other, day(1), "B"), asks(other, day(1))]
    ended = broadsheet("import", "--json", foreign.write(tmp_path / "a", [*records, asks(URL, day(2))]))
    assert ended.document["passed_over"] == {"request": 1}
    kept = _kept(broadsheet)
    assert [one.type for one in kept] == ["warcinfo", "response", "request", "response", "request"]
    for response, request in (kept[1:3], kept[3:5]):
        assert request.field("WARC-Concurrent-To") == f"<{response.record_id}>"
        assert request.field("WARC-Target-URI") == response.field("WARC-Target-URI")


def test_secrets_of_others_are_kept_and_counted(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    records = [
        *[asks(URL, day(0), "Cookie: a=b\r\n"), shows(URL, day(0), "A")],
        shows(URL, day(1), "A", "Set-Cookie: a=c\r\n"),
        *[asks(URL, day(2)), shows(URL, day(2), "cookie: no header")],
    ]
    ended = broadsheet("import", "--json", foreign.write(tmp_path / "a", records))
    assert ended.document["with_secrets"] == 2
    blocks = b"".join(one.block for one in _kept(broadsheet))
    assert b"Set-Cookie: a=c" in blocks
    assert b"Cookie: a=b" in blocks


def test_revisits_lead_to_the_capture_that_holds_their_body(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    first = foreign.write(tmp_path / "first", [shows(URL, day(0), "A", record_id="urn:uuid:a")])
    broadsheet("import", first)
    by_id = [("WARC-Refers-To", "<urn:uuid:a>"), ("WARC-Refers-To-Date", f"{day(0):%Y-%m-%dT%H:%M:%SZ}")]
    by_date = [("WARC-Refers-To-Target-URI", URL), ("WARC-Refers-To-Date", f"{day(0):%Y-%m-%dT%H:%M:%SZ}")]
    records = [
        repeats(URL, day(1), "A", by_id),
        repeats(URL, day(2), "A", by_date),
        shows(URL, day(3), "B"),
        repeats(URL, day(4), "B"),
        repeats(URL, day(5), "never seen"),
    ]
    ended = broadsheet("import", "--json", foreign.write(tmp_path / "second", records)).document
    assert (ended["captures"], ended["imported"], ended["damaged"]) == (5, 4, 1)
    assert "repeats a capture that is not in the archive" in ended["damages"][0]["reason"]
    assert ended["outcomes"]["unchanged"] == 3
    assert texts(broadsheet.archive) == [("10", "A"), ("13", "B")]
    inspection.check_deeply(Archive.open(broadsheet.archive).store)


def test_of_a_damaged_file_all_the_rest_is_taken_and_the_damage_is_told(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    records = [shows(f"http://news.example/{number}", day(number), str(number)) for number in range(5)]
    damaged = bytearray(records[2])
    damaged[len(damaged) // 2] ^= 1
    future = shows(URL, datetime.now(UTC) + timedelta(days=3), "Tomorrow")
    file = foreign.write(tmp_path / "a", [*records[:2], bytes(damaged), *records[3:], future, records[0][:99]])
    ended = broadsheet("import", "--json", file).document
    assert ended["imported"] == 4
    all_five = sum(map(len, records))
    starts = (len(records[0]) + len(records[1]), all_five, all_five + len(future))
    assert {damage["place"] for damage in ended["damages"]} == {f"byte {start:,}" for start in starts}
    inspection.check_deeply(Archive.open(broadsheet.archive).store)


def test_a_file_without_any_capture_fails(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    (tmp_path / "noise").write_bytes(b"no WARC file")
    assert broadsheet("import", str(tmp_path / "noise")).status == 1
    assert broadsheet("import", str(tmp_path / "missing")).status == 2


def test_an_import_that_was_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    records = [shows(f"http://news.example/{number}", day(number), str(number)) for number in range(60)]
    file = foreign.write(tmp_path / "a.warc.gz", records)
    with broadsheet.started("import", file) as process:
        while process.poll() is None and not _spooled(tmp_path / "archive"):
            pass
        process.send_signal(signal.SIGKILL)
        finish(process)
    ended = broadsheet("import", "--json", file).document
    assert ended["held"] + ended["imported"] == 60
    store = Archive.open(broadsheet.archive).store
    inspection.check(store)
    assert len(inspection.index_lines(store)) == 60
    assert len(inspection.stored_versions(store)) == 60


def _made_of(capture: str, document: bytes, content_type: str) -> bytes:
    fields = [("WARC-Refers-To", f"<{capture}>"), ("Content-Type", content_type)]
    return record("conversion", URL, START, document, fields)


def _objects(archive: Path) -> dict[str, bytes]:
    paths = (path for path in archive.rglob("*") if path.is_file() and ".local" not in path.parts)
    return {str(path): path.read_bytes() for path in paths}


def _kept(broadsheet: Broadsheet) -> list[WarcRecord]:
    """Every record of the archive."""
    segments = inspection.warcs(Archive.open(broadsheet.archive).store)
    return [one for _, data in segments for _, _, one in warc.iterate(io.BytesIO(data))]


def _spooled(archive: Path) -> bool:
    return any(path.stat().st_size > 20_000 for path in archive.glob(".local/spool/*/*/*.warc.gz"))
