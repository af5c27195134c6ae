"""What a writer knows of an archive, and that the archive itself tells it all again."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archiving.histories import HISTORIES, URLS, visit
from archiving.writer import Writer, answers, moment, shows, shows_no_article
from hypothesis import example, given, settings

from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import CatalogError
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.known import Known
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding, Outlink

URL = "https://news.example/a"
KEY = f"snapshot/ab/ab{'0' * 30}/8204609800000-{'1' * 16}-{'2' * 16}.json"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog(tmp_path / "catalog.sqlite")) as opened:
        yield opened


@contextmanager
def new_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def line(minute: float = 0, url: str = URL, **fields: Any) -> IndexLine:
    named: dict[str, Any] = {
        "url": url,
        "mime": "text/html",
        "status": "200",
        "digest": f"sha256:{minute}",
        "length": "1",
        "offset": "0",
        "filename": "warc/a.warc.gz",
        "at": moment(minute),
        "id": f"urn:uuid:{minute}",
        "outcome": "unchanged",
    }
    return IndexLine(**(named | fields))


def known_after(catalog: Catalog, *lines: IndexLine) -> Known | None:
    catalog.ingest("index/a", lines)
    return catalog.get(URL)


def everything(catalog: Catalog) -> list[object]:
    return [*(catalog.get(url) for url in URLS), list(catalog.live_articles("news.example"))]


@settings(max_examples=12, deadline=None)
@given(HISTORIES)
@example([[(URL, "one")], [(URL, "gone")], [(URL, "login wall")], [(URL, "one")], [(URL, "304")]])
def test_a_catalog_that_is_read_from_the_archive_is_the_one_that_grew_with_it(
    history: list[list[tuple[str, str]]],
) -> None:
    with new_folder() as folder:
        store = FolderStore(folder / "archive")
        writer = Writer(store, folder / "local")
        minute = 0
        for looks in history:
            writer.publish(*(visit(url, minute := minute + 1, look) for url, look in looks))

        with closing(Catalog(folder / "again.sqlite")) as again, closing(writer.catalog) as grown:
            assert again.refresh(store) == len(history)
            assert everything(again) == everything(grown)
            assert again.refresh(store) == 0, "what was read once is not read again"
            assert grown.refresh(store) == 0


def test_a_catalog_knows_the_same_however_many_segments_are_read_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path / "archive")
    writer = Writer(store, tmp_path / "local")
    looks = ["one", "304", "two", "login wall", "gone", "one"]
    for minute, look in enumerate(looks):
        writer.publish(*(visit(url, minute, look) for url in URLS))

    with closing(Catalog(tmp_path / "one.sqlite")) as one:
        one.refresh(store)
        monkeypatch.setattr("broadsheet.storage.publishing.catalog._GROUP_SIZE", 1)
        with closing(Catalog(tmp_path / "many.sqlite")) as many, closing(writer.catalog) as grown:
            many.refresh(store)
            assert everything(one) == everything(many) == everything(grown)


def test_a_url_that_was_never_asked_for_is_not_known(catalog: Catalog) -> None:
    assert catalog.get(URL) is None
    assert catalog.outlinks(URL) is None
    assert list(catalog.live_articles("news.example")) == []


def test_an_article_is_known_by_every_address_it_has(writer: Writer) -> None:
    [published] = writer.publish(shows("https://www.news.example/a?utm_source=x", 0, "text"))

    known = writer.catalog.get("http://news.example/a#top")

    assert known is not None
    assert known.standing is not None
    assert known.standing.snapshot_key == published.snapshot_key
    assert known.standing.payload_digest == published.warc.payload_digest


def test_a_whole_body_is_what_the_next_answer_is_compared_with(catalog: Catalog) -> None:
    known = known_after(catalog, line(etag='"1"', modified="yesterday", outcome="new", snapshot=KEY))

    assert known is not None
    assert known.original is not None
    assert (known.original.record_id, known.original.date, known.original.payload_digest) == (
        "urn:uuid:0",
        moment(0),
        "sha256:0",
    )
    assert (known.etag, known.modified, known.content, known.state) == ('"1"', "yesterday", "1" * 16, "live")


@pytest.mark.parametrize(
    "later",
    [
        {"mime": "warc/revisit"},
        {"mime": "warc/revisit", "status": "304"},
        {"outcome": "not_article"},
        {"digest": "-"},
    ],
)
def test_a_look_that_brought_no_body_of_the_article_leaves_the_one_there_was(
    catalog: Catalog, later: dict[str, Any]
) -> None:
    before = line(etag='"1"', outcome="new", snapshot=KEY)

    known = known_after(catalog, before, line(1, etag='"2"', **later))

    assert known is not None
    assert known.original is not None
    assert known.original.record_id == "urn:uuid:0"
    assert known.etag == '"1"'
    assert known.captured_at == moment(1), "it was looked at"


def test_a_server_that_only_ever_says_that_nothing_has_changed_is_believed_for_a_week(catalog: Catalog) -> None:
    minutes = 24 * 60
    checks = [line(day * minutes, status="304", mime="warc/revisit", outcome="unchanged") for day in range(1, 9)]
    served = line(etag='"1"', modified="yesterday", outcome="new", snapshot=KEY)

    known = known_after(catalog, served, *checks)
    assert known is not None

    assert known.validators(URL, now=moment(6 * minutes)) == {
        "If-None-Match": '"1"',
        "If-Modified-Since": "yesterday",
    }
    assert known.validators("https://news.example/b", now=moment(6 * minutes)) == {}
    assert known.validators(URL, now=moment(8 * minutes)) == {}
    same_again = line(8.5 * minutes, status="200", mime="warc/revisit", outcome="unchanged")
    served_again = known_after(catalog, same_again)
    assert served_again is not None
    assert served_again.validators(URL, now=moment(9 * minutes))


@pytest.mark.parametrize("outcome", ["failed", None])
def test_a_failure_and_a_redirect_teach_nothing(catalog: Catalog, outcome: str | None) -> None:
    before = line(outcome="new", snapshot=KEY)

    assert known_after(catalog, before) == known_after(catalog, before, line(1, outcome=outcome, status="503"))


def test_of_what_vanished_no_body_is_held(catalog: Catalog) -> None:
    gone = line(1, outcome="gone", status="404", snapshot=KEY)

    known = known_after(catalog, line(outcome="new", snapshot=KEY), gone, line(2, outcome="unchanged", status="404"))

    assert known is not None
    assert (known.state, known.original, known.etag) == ("gone", None, None)


def test_of_what_never_was_an_article_the_last_body_is_held(catalog: Catalog) -> None:
    known = known_after(catalog, line(outcome="not_article", kind="index"), line(1, outcome="not_article"))

    assert known is not None
    assert known.standing is None
    assert known.original is not None
    assert known.original.record_id == "urn:uuid:1"


def test_lines_count_by_their_moment_whatever_their_order(catalog: Catalog) -> None:
    first, second = line(1, outcome="not_article"), line(2, outcome="not_article")

    in_disorder = known_after(catalog, second, first)
    catalog.ingest("index/b", [first])

    assert catalog.get(URL) == in_disorder
    assert in_disorder is not None
    assert in_disorder.captured_at == moment(2)


def test_a_capture_that_is_filed_elsewhere_is_known_there(catalog: Catalog) -> None:
    moved = line(url="https://news.example/moved", filed_as=URL, outcome="new", snapshot=KEY)

    known = known_after(catalog, moved)

    assert known is not None
    assert known.url == URL
    assert known.original is not None
    assert known.original.target_uri == "https://news.example/moved"
    assert catalog.get("https://news.example/moved") is None


def test_the_articles_of_a_site_are_those_that_stand_oldest_look_first(writer: Writer) -> None:
    writer.publish(
        shows("https://news.example/late", 3, "text"),
        shows("https://www.news.example/early", 1, "text"),
        shows("https://news.example/gone", 1, "text"),
        shows_no_article("https://news.example/list", 2),
        shows("https://other.example/a", 2, "text"),
    )
    writer.publish(answers("https://news.example/gone", 4, "410 Gone"))

    live = list(writer.catalog.live_articles("news.example"))

    assert live == ["https://www.news.example/early", "https://news.example/late"]


def test_the_links_of_a_page_are_remembered_until_it_is_read_again(catalog: Catalog) -> None:
    links = [Outlink("https://news.example/b"), Outlink("https://news.example/map.xml.gz", "sitemap")]
    catalog.ingest("index/a", [], {URL: links})
    assert catalog.outlinks("http://www.news.example/a") == links

    catalog.ingest("index/b", [], {URL: []})
    assert catalog.outlinks(URL) == []


def test_a_segment_that_another_writer_published_is_read_at_the_next_refresh(
    store: FolderStore, writer: Writer, tmp_path: Path
) -> None:
    other = Writer(store, tmp_path / "other")
    other.publish(shows(URL, 0, "text"))
    assert writer.catalog.get(URL) is None

    assert writer.catalog.refresh(store) == 1
    assert writer.catalog.get(URL) == other.catalog.get(URL)


@pytest.mark.parametrize("lost", ["everything", "the newest"])
def test_a_catalog_that_outlives_its_archive_is_begun_anew(writer: Writer, tmp_path: Path, lost: str) -> None:
    writer.publish(shows(URL, 0, "one"))
    older = tmp_path / "older"
    shutil.copytree(tmp_path / "archive", older)
    writer.publish(shows(URL, 1, "two"), shows("https://news.example/b", 1, "other"))

    # Elsewhere, since to this process a folder that is emptied is one whose volume is away.
    writer.store = FolderStore(older if lost == "the newest" else tmp_path / "nothing")
    writer.catalog.refresh(writer.store)

    with closing(Catalog(tmp_path / "again.sqlite")) as again:
        again.refresh(writer.store)
        for url in (URL, "https://news.example/b"):
            assert writer.catalog.get(url) == again.get(url)
    assert writer.publish(shows(URL, 2, "two"))[0].outcome == ("new" if lost == "everything" else "changed")


def test_a_listing_that_grows_while_it_is_read_makes_no_catalog_begin_anew(
    store: FolderStore, writer: Writer, tmp_path: Path
) -> None:
    writer.publish(replace(shows(URL, 0, "one"), finding=Finding(outlinks=[Outlink("https://news.example/b")])))
    other = Writer(store, tmp_path / "other")
    other.publish(shows(URL, 1, "two"))

    assert writer.catalog.refresh(store) == 1
    assert writer.catalog.outlinks(URL) == [Outlink("https://news.example/b")]


def test_what_is_known_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "catalog.sqlite"
    with closing(Catalog(path)) as catalog:
        known = known_after(catalog, line(outcome="new", snapshot=KEY))

    with closing(Catalog(path)) as catalog:
        assert catalog.get(URL) == known


@pytest.mark.parametrize("damage", ["another version", "no database", "half a page"])
def test_a_file_that_cannot_be_used_is_begun_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(Catalog(path)) as catalog:
        known_after(catalog, line())
    if damage == "another version":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 999")
    else:
        path.write_bytes(
            b"no database at all, but long enough" * 9 if damage == "no database" else path.read_bytes()[:50]
        )

    with closing(Catalog(path)) as catalog:
        assert catalog.get(URL) is None
        assert known_after(catalog, line()) is not None


def test_threads_may_share_a_catalog(catalog: Catalog) -> None:
    def look(number: int) -> Known | None:
        catalog.ingest(f"index/{number}", [line(number, url=f"https://news.example/{number}")])
        return catalog.get(f"https://news.example/{number}")

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(look, range(50)))

    assert [known and known.captured_at for known in found] == [moment(number) for number in range(50)]


INGEST = """
    import sys
    from datetime import UTC, datetime, timedelta
    from pathlib import Path
    from broadsheet.storage.publishing.catalog import Catalog
    from broadsheet.storage.cdxj import IndexLine

    catalog = Catalog(Path(sys.argv[1]))
    for number in range(int(sys.argv[2]), 200, 2):
        at = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=number)
        line = IndexLine(
            url="https://news.example/a", mime="text/html", status="200", digest=f"sha256:{number}", length="1",
            offset="0", filename="warc/a.warc.gz", at=at, id=f"urn:uuid:{number}", outcome="not_article",
        )
        catalog.ingest(f"index/{number}", [line])
        if catalog.get(line.url).captured_at < at:
            sys.exit(f"what was seen at {at} was overwritten by something older")
"""


def test_of_two_processes_neither_overwrites_what_is_newer(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog(path).close()
    program = [sys.executable, "-c", textwrap.dedent(INGEST), str(path)]
    processes = [subprocess.Popen([*program, first]) for first in ("0", "1")]

    assert [process.wait(60) for process in processes] == [0, 0]
    with closing(Catalog(path)) as catalog:
        known = catalog.get(URL)
    assert known is not None
    assert known.original is not None
    assert known.original.record_id == "urn:uuid:199"


def test_a_file_that_cannot_be_opened_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").mkdir()

    with pytest.raises(CatalogError, match=r"catalog\.sqlite cannot be used: .*delete it.* read again"):
        Catalog(tmp_path / "catalog.sqlite")


def test_a_file_that_is_damaged_while_it_is_open_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(Catalog(path)) as catalog:
        known_after(catalog, line())
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE known SET entry = x'c1'")
            connection.commit()
        with pytest.raises(CatalogError, match=r"catalog\.sqlite cannot be used"):
            catalog.get(URL)

        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TABLE known")
        with pytest.raises(CatalogError, match=r"no such table.*delete it"):
            catalog.ingest("index/b", [line(1)])


def test_what_cannot_be_taken_in_whole_is_not_taken_in_at_all(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="a listing"):
        catalog.ingest("index/a", [line(), line(1, outcome="new", snapshot="a listing")])

    assert catalog.get(URL) is None
    assert known_after(catalog, line()) is not None


def test_a_variant_is_believed_to_be_one_for_a_week_and_then_read_again_whatever_its_body(catalog: Catalog) -> None:
    known = known_after(catalog, line(outcome="not_article", kind="variant"))

    assert known is not None
    assert known.is_variant(now=moment(7 * 24 * 60 - 1))
    assert not known.is_variant(now=moment(7 * 24 * 60))
    assert known.original is None, "or its body would be taken for one that was read"
