"""`versions`, `show` and `diff` on an archive of two editions: what they print, and how they end."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from end_to_end.command import Broadsheet, Finished
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer
from warcio.archiveiterator import ArchiveIterator

from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.storage.archive import Archive
from broadsheet.storage.model import Snapshot, SnapshotDocument

_TITLE = "[bold]Ferry[/bold] :boat: [/] strike, 20 % of \\[crews] stay ashore"
# A terminal that is sent this clears its screen.
_ESCAPE = "\x1b[2J"


@dataclass(frozen=True)
class Library:
    """An archive of two editions of the demo newspaper, and of two awkward pages.

    Attributes:
        broadsheet: The command on it.
        barrier: The article that the second edition corrected.
        clock: The article that the second edition sent to the front page.
        awkward: An article whose headline looks like markup.
        hostile: An article whose server then said something to the reader's terminal.
        dashed: An article whose headline ASCII and Latin-1 cannot write.
    """

    broadsheet: Broadsheet
    barrier: str
    clock: str
    awkward: str
    hostile: str
    dashed: str

    def versions(self, url: str) -> list[Snapshot]:
        """Return the versions of an article as Python reads them."""
        return list(Archive.open(self.broadsheet.archive).versions(url))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Crawl the first edition, again, and the second."""
    broadsheet = Broadsheet(str(tmp_path_factory.mktemp("library") / "archive"))
    scripts = {
        "/": answer(front_page(["/awkward", "/hostile", "/dashed"])),
        "/awkward": answer(article(_TITLE)),
        "/hostile": answer(article("A hostile server")),
        "/dashed": answer(article("Caf\u00e9 \u2014 reopens")),
    }
    with DemoNewspaper(today=date(2025, 6, 10)) as demo, RawServer(scripts) as server:
        other = f"http://127.0.0.1:{server.port}/"
        for number in (1, 1, 2):
            demo.publish(number)
            broadsheet.crawl(demo.url, other)
            scripts["/hostile"] = answer("", status=f"410 Gone{_ESCAPE}")
        barrier, clock = (
            demo.url.rstrip("/") + next(path for path in demo.expectations(2) if slug in path)
            for slug in ("tidal-barrier", "town-clock")
        )
    return Library(broadsheet, barrier, clock, f"{other}awkward", f"{other}hostile", f"{other}dashed")


def test_versions_lists_every_version_with_the_checks_between(library: Library) -> None:
    listed = library.broadsheet("versions", "--json", library.barrier)
    assert listed.status == 0
    first, second = library.versions(library.barrier)
    assert listed.document["url"] == library.barrier
    assert [
        (version["version"], version["state"], version["changes"], version["unchanged_checks"])
        for version in listed.document["versions"]
    ] == [(1, "live", [], 1), (2, "live", ["headline", "body", "modified"], 0)]
    assert [version["snapshot_key"] for version in listed.document["versions"]] == [first.key, second.key]
    assert listed.document["versions"][0]["warc"]["key"] == first.warc.key
    assert listed.document["versions"][1]["last_checked_at"] is None


def test_versions_tells_people_what_changed(library: Library) -> None:
    listed = library.broadsheet("versions", library.barrier)
    assert "first version" in listed.text
    assert "headline, text, modification date" in listed.text
    assert "46 million crowns" in listed.text


def test_a_vanished_article_is_listed_as_gone(library: Library) -> None:
    listed = library.broadsheet("versions", "--json", library.clock).document["versions"]
    assert [(version["state"], version["changes"]) for version in listed] == [("live", []), ("gone", ["removed"])]


def test_any_spelling_of_an_address_finds_the_article(library: Library) -> None:
    spelled = library.barrier.replace("http://", "HTTP://") + "?utm_source=mail#comments"
    assert library.broadsheet("show", "--json", spelled).document["url"] == library.barrier


def test_show_gives_the_stored_document_with_its_number(library: Library) -> None:
    shown = library.broadsheet("show", "--json", library.barrier)
    assert shown.status == 0
    assert list(shown.document) == [*SnapshotDocument.__struct_fields__, "version"]
    assert (shown.document["version"], shown.document["schema"]) == (2, "broadsheet.snapshot/1")
    assert "46 million" in shown.document["article"]["title"]


@pytest.mark.parametrize(("number", "cost"), [("1", "64 million"), ("2", "46 million")])
def test_show_gives_the_version_that_is_asked_for(library: Library, number: str, cost: str) -> None:
    shown = library.broadsheet("show", "--version", number, library.barrier)
    assert shown.status == 0
    assert cost in shown.text.split("\n\n")[1]


def test_show_gives_the_version_that_stood_at_a_time(library: Library) -> None:
    first, second = library.versions(library.barrier)
    between = first.captured_at + timedelta(milliseconds=1)
    shown = library.broadsheet("show", "--json", "--at", between.isoformat(), library.barrier)
    assert shown.document["version"] == 1
    naive = second.captured_at.replace(tzinfo=None) + timedelta(milliseconds=1)
    assert library.broadsheet("show", "--json", "--at", naive.isoformat(), library.barrier).document["version"] == 2
    before = library.broadsheet("show", "--at", "2001-01-01", library.barrier)
    assert (before.status, before.stdout) == (1, b"")
    assert "as of the end of 2001-01-01" in before.stderr


def test_show_prints_an_article_as_people_read_it(library: Library) -> None:
    text = library.broadsheet("show", library.barrier).text
    assert text.startswith("version 2, captured ")
    assert "By Lucan Abernethy-Voss, Perpetua Lindqvist" in text
    assert "Published 2025-06-09T05:40:31+01:00, modified 2025-06-09T12:55:00+01:00, access free" in text
    assert "raised when the water stands two metres above the mark.\n\nSupporters" in text


def test_show_prints_the_page_that_was_served_without_its_codings(library: Library) -> None:
    page = library.broadsheet("show", "--format", "html", library.barrier).stdout
    assert page.lower().startswith(b"<!doctype html>")
    assert b"46 million" in page


def test_show_prints_the_record_and_other_software_reads_it(library: Library) -> None:
    record = library.broadsheet("show", "--format", "warc", "--version", "1", library.barrier).stdout
    read = [each.rec_headers["WARC-Record-ID"] for each in ArchiveIterator(io.BytesIO(record), check_digests="raise")]
    assert read == [f"<{library.versions(library.barrier)[0].warc.record_id}>"]


def test_a_gone_version_says_what_the_server_answered(library: Library) -> None:
    shown = library.broadsheet("show", library.clock)
    assert "gone: the server answered 302 Found" in shown.text
    assert library.broadsheet("show", "--json", library.clock).document["article"] is None


def test_diff_names_the_changes_and_shows_them_word_by_word(library: Library) -> None:
    compared = library.broadsheet("diff", "--json", library.barrier).document
    assert (compared["from"], compared["to"]) == (1, 2)
    assert compared["changes"] == ["headline", "body", "modified"]
    assert set(compared["fields"]) == {"title", "text", "modified"}
    changed = [run for run in compared["fields"]["title"]["runs"] if run["operation"] != "equal"]
    assert changed == [{"operation": "delete", "text": "64 "}, {"operation": "insert", "text": "46 "}]


def test_diff_marks_words_for_people(library: Library) -> None:
    said = library.broadsheet("diff", library.barrier).text
    assert "version 1 -> 2: headline, text, modification date" in said
    assert "[-64-] {+46+} million crowns" in said


def test_diff_goes_backwards_too(library: Library) -> None:
    compared = library.broadsheet("diff", "--json", "--from", "2", "--to", "1", library.barrier).document
    changed = [run for run in compared["fields"]["title"]["runs"] if run["operation"] != "equal"]
    assert changed == [{"operation": "delete", "text": "46 "}, {"operation": "insert", "text": "64 "}]


def test_diff_with_a_vanished_version_says_so(library: Library) -> None:
    assert library.broadsheet("diff", "--json", library.clock).document["changes"] == ["removed"]


def test_a_headline_is_printed_as_it_is_whatever_it_looks_like(library: Library) -> None:
    for command in ("versions", "show"):
        printed = library.broadsheet(command, library.awkward)
        assert printed.status == 0
        assert _TITLE in printed.text


def test_what_an_encoding_has_no_character_for_is_escaped(library: Library) -> None:
    def printed(encoding: str, *arguments: str) -> bytes:
        ended = Broadsheet(library.broadsheet.archive, {"PYTHONIOENCODING": encoding})(*arguments, library.dashed)
        assert _status(ended) == 0
        return ended.stdout

    assert b"Caf\\xe9 \\u2014 reopens" in printed("ascii", "versions")
    assert b"Caf\xe9 \\u2014 reopens" in printed("latin-1", "show")
    assert rb"Caf\u00e9 \u2014 reopens" in printed("latin-1", "show", "--json")
    assert "Caf\u00e9 \u2014 reopens".encode() in printed("utf-8", "show", "--json")


def test_a_reader_that_has_gone_ends_a_command_as_sigpipe_would(library: Library) -> None:
    for arguments in (("changes",), ("changes", "--json"), ("show", library.barrier)):
        with library.broadsheet.started(*arguments) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert (process.wait(60), process.stderr and process.stderr.read()) == (141, b""), arguments


def test_a_capture_is_told_with_numbers_as_numbers(library: Library) -> None:
    told = library.broadsheet("show", "--capture", "--json", library.barrier).document
    where = library.versions(library.barrier)[1].warc
    assert (told["status"], told["offset"], told["length"]) == (200, where.offset, where.length)


def test_what_a_server_says_gives_no_commands_to_a_terminal(library: Library) -> None:
    for command in ("versions", "show", "diff"):
        printed = library.broadsheet(command, library.hostile)
        assert (printed.status, "\x1b" in printed.text) == (0, False)


@pytest.mark.parametrize("command", ["versions", "show", "diff"])
def test_a_url_that_nobody_archived_is_said_to_be_missing(library: Library, command: str) -> None:
    ended = library.broadsheet(command, "--json", "http://example.org/never-seen")
    assert (ended.status, ended.stdout) == (1, b"")
    assert "http://example.org/never-seen" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "--version", "3"),
        ("show", "--version", "0"),
        ("show", "--version", "-1"),
        ("diff", "--to", "3"),
        ("diff", "--from", "0"),
        ("diff", "--to", "1"),
    ],
    ids=" ".join,
)
def test_a_version_that_does_not_exist_is_said_to_be_missing(library: Library, arguments: tuple[str, ...]) -> None:
    ended = library.broadsheet(*arguments, library.barrier)
    assert (ended.status, ended.stdout) == (1, b"")
    assert "version" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("publish",),
        ("show",),
        ("versions", "--sideways", "http://example.org/"),
        ("show", "--version", "one", "http://example.org/"),
        ("show", "--version", "1", "--at", "2020-01-01", "http://example.org/"),
        ("show", "--at", "yesterday", "http://example.org/"),
        ("show", "--format", "pdf", "http://example.org/"),
        ("show", "--json", "--format", "warc", "http://example.org/"),
        ("versions", "example.org/story"),
        ("show", "file:///etc/passwd"),
        ("crawl",),
        ("crawl", "--max-pages", "0", "http://127.0.0.1:9/"),
        ("recrawl", "--json"),
    ],
    ids=" ".join,
)
def test_bad_usage_is_an_exit_code_of_its_own(library: Library, arguments: tuple[str, ...]) -> None:
    ended = library.broadsheet(*arguments)
    assert ended.status == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["crawl", "recrawl", "versions", "show", "diff"])
def test_every_command_explains_itself(command: str) -> None:
    explained = Broadsheet("unused").run(command, "--help")
    assert explained.status == 0
    assert "--archive" in explained.text


@pytest.mark.parametrize(
    "address",
    ["gopher://example.org/news", "s3://", "s3://user:secret@bucket/news", "{file}"],
    ids=["scheme", "no bucket", "credentials", "a file"],
)
def test_an_address_that_is_no_archive_is_a_usage_error(tmp_path: Path, address: str) -> None:
    (tmp_path / "file").write_bytes(b"not an archive")
    ended = Broadsheet(address.format(file=tmp_path / "file"))("versions", "http://127.0.0.1:9/")
    assert ended.status == 2
    assert "archive" in ended.stderr or "folder" in ended.stderr
    assert "secret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_crawl_into_what_is_no_archive_asks_nobody() -> None:
    with RawServer({}) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert Broadsheet("gopher://example.org/news")("crawl", "--allow-private", url).status == 2
        assert server.connections == 0


def test_a_crawl_whose_store_is_away_when_it_begins_asks_nobody_and_says_so(tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_REGION": "us-east-1"}
    away = {**keys, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "BROADSHEET_STATE": str(tmp_path)}
    with RawServer({}) as server:
        url = f"http://127.0.0.1:{server.port}/"
        ended = Broadsheet("s3://bucket/news", away)("crawl", "--allow-private", url)
        assert server.connections == 0
    assert ended.status == 1
    assert "cannot use bucket bucket at http://127.0.0.1:1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_archive_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.json").write_text('{"format":"broadsheet.archive/99"}\n')
    ended = Broadsheet(str(tmp_path))("versions", "http://127.0.0.1:9/")
    assert ended.status == 2
    assert "broadsheet.archive/99" in ended.stderr


def test_options_may_stand_before_and_behind_the_command(library: Library, tmp_path: Path) -> None:
    archive, url = library.broadsheet.archive, library.barrier
    wanted = library.broadsheet("show", "--json", url).stdout

    def printed(*arguments: str, **environment: str) -> bytes:
        ended = Broadsheet("unused", environment).run(*arguments, cwd=tmp_path)
        assert ended.status == 0, ended.stderr
        return ended.stdout

    assert printed("--archive", archive, "--json", "show", url) == wanted
    assert printed("show", url, "--archive", archive, "--json") == wanted
    assert printed("--json", "show", "--archive", archive, url) == wanted
    assert printed("show", "--json", url, BROADSHEET_ARCHIVE=archive) == wanted
    assert printed("show", "--json", "--archive", archive, url, BROADSHEET_ARCHIVE="s3://elsewhere") == wanted
    (tmp_path / "archive").symlink_to(archive)
    assert printed("show", "--json", url) == wanted
    assert printed("show", "--json", url, BROADSHEET_ARCHIVE=f"file://{archive}") == wanted


@pytest.mark.parametrize(
    ("command", "status"), [("versions", 1), ("show", 1), ("diff", 1), ("changes", 0), ("verify", 2)]
)
def test_a_reader_of_what_is_no_archive_says_so_and_writes_nothing(
    library: Library, tmp_path: Path, command: str, status: int
) -> None:
    missing = tmp_path / "nowhere"
    ended = Broadsheet(str(missing))(command, *([] if command in ("changes", "verify") else [library.barrier]))
    assert _status(ended) == status
    assert ended.stdout == b""
    assert f"there is no archive at {missing}" in ended.stderr
    assert not missing.exists()


def _status(ended: Finished) -> int:
    assert "Traceback" not in ended.stderr
    return ended.status
