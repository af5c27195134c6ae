"""Whoever asks too much is told to wait, and keeps nobody else from being answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from archiving.writer import Writer, shows
from servers.web_server import served
from starlette.requests import HTTPConnection

from broadsheet.scheduler.tokens import Tokens, make
from broadsheet.scheduler.web import version_pages
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.bounded_store import BoundedStore
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.scheduler.web.turns import Turns
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import TooLargeError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectEntry
from broadsheet.storage.urls import identity_hash

URL, SLOW = "https://news.example/ferry", "https://news.example/slow"
MANY_THREADS = 40


class _SlowInPart(FolderStore):
    """A folder that answers for one article when it is let, and for all others at once."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.may_answer = Event()
        self._slow = layout.snapshots_prefix(identity_hash(SLOW))

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        if prefix == self._slow:
            self.may_answer.wait(60)
        return super().list(prefix)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    writer = Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")
    writer.publish(shows(URL, 0, "The ferry sails at nine."), shows(SLOW, 0, "The bridge is slow."))
    writer.spool.close()
    return tmp_path


def tokens(folder: Path, *names: str) -> tuple[Tokens, list[dict[str, str]]]:
    """Return tokens for reading, and the headers that each is given in."""
    made = [make(name, "read") for name in names]
    (folder / "tokens").write_text("\n".join(line for _, line in made), encoding="utf-8")
    return Tokens(folder / "tokens"), [{"Authorization": f"Bearer {token}"} for token, _ in made]


def test_who_reads_too_often_is_told_when_to_try_again_and_monitors_are_answered(folder: Path) -> None:
    parts = Parts(archive=OpenedArchive(str(folder / "archive")), tokens=Tokens(), sources=dict, reads_per_minute=3)
    paths = [f"/api/versions?url={URL}", f"/timemap/link/{URL}", "/changes", f"/api/snapshot?url={URL}", "/requisite/x"]
    with served(make_app(parts)) as web:
        answers = [web.get(path) for path in paths]
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[3].document["error"] == "too_many_requests"
        assert 0 < int(answers[3].headers["Retry-After"]) <= 60
        assert {path: web.get(path).status for path in ("/healthz", "/readyz", "/metrics")} == {
            "/healthz": 200,
            "/readyz": 200,
            "/metrics": 200,
        }


def test_where_reading_needs_a_token_each_has_its_own_and_guesses_count_for_their_address(folder: Path) -> None:
    known, (one, other) = tokens(folder, "one", "other")
    archive = OpenedArchive(str(folder / "archive"))
    parts = Parts(archive=archive, tokens=known, sources=dict, read_needs_token=True, reads_per_minute=2)
    with served(make_app(parts)) as web:
        asked = [web.get("/api/sources", headers).status for headers in (one, one, one, other)]
        guessed = [web.get("/api/sources", {"Authorization": "Bearer guessed"}).status for _ in range(3)]
    assert asked == [200, 200, 429, 200]
    assert guessed == [401, 401, 429]


def test_who_has_many_addresses_of_ipv6_is_counted_as_one(folder: Path) -> None:
    access = Access(Parts(archive=OpenedArchive(str(folder / "archive")), tokens=Tokens(), sources=dict))

    def asker(address: str) -> str:
        return access.anyone(HTTPConnection({"type": "http", "headers": [], "client": (address, 50_000)}))

    assert asker("2001:db8:0:7::1") == asker("2001:db8:0:7:ffff::2%eth0")
    apart = [*("2001:db8:0:7::1", "2001:db8:0:8::1"), *("192.0.2.1", "192.0.2.2"), *("::ffff:192.0.2.1", "::1")]
    assert len({asker(address) for address in apart}) == len(apart)


def test_who_asks_for_much_that_is_slow_keeps_nobody_else_from_being_answered(folder: Path) -> None:
    known, (greedy, other) = tokens(folder, "greedy", "other")
    store = _SlowInPart(folder / "archive")
    parts = Parts(archive=lambda: Archive(store), tokens=known, sources=dict, read_needs_token=True)
    with served(make_app(parts)) as web, ThreadPoolExecutor(MANY_THREADS) as clients:
        slow = [clients.submit(web.get, f"/api/snapshot?url={SLOW}", greedy) for _ in range(MANY_THREADS)]
        try:
            answered = web.get(f"/api/snapshot?url={URL}", other).status
            is_answered_first = not any(each.done() for each in slow)
        finally:
            store.may_answer.set()
        assert (answered, is_answered_first) == (200, True)
        assert {each.result().status for each in slow} == {200}


def test_who_waits_for_too_many_answers_gets_no_further_turn() -> None:
    async def third() -> ProblemError | None:
        turns = Turns({"small": 1}, most=2)
        with turns.request("greedy"), turns.request("greedy"), turns.request("other"):
            try:
                with turns.request("greedy"):
                    return None
            except ProblemError as error:
                refused = error
        with turns.request("greedy"):
            return refused

    refused = asyncio.run(third())
    assert refused is not None
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")


def test_a_long_list_is_made_where_large_answers_are(folder: Path) -> None:
    parts = Parts(archive=OpenedArchive(str(folder / "archive")), tokens=Tokens(), sources=dict, longest_list=0)
    with pytest.raises(TooLargeError, match="1 versions"):
        version_pages.page(parts, version_pages.VersionsQuery(url=URL))


def test_what_nobody_waits_for_any_more_reads_no_further(folder: Path) -> None:
    store = BoundedStore(FolderStore(folder / "archive"), None, seconds=-1)
    for ask in (
        lambda: store.get("archive.json"),
        lambda: store.get_range("archive.json", 0, 1),
        lambda: store.size("archive.json"),
        lambda: list(store.list()),
    ):
        with pytest.raises(ProblemError, match="no answer within"):
            ask()
