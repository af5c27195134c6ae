"""The Atom feed of notices is well-formed XML with what RFC 4287 demands, whatever pages are called."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from broadsheet.scheduler.alarms.feed import feed
from broadsheet.scheduler.alarms.notices import Notice

ATOM = "{http://www.w3.org/2005/Atom}"


@given(st.text(), st.text())
def test_any_text_becomes_a_feed_that_is_read_back(title: str, text: str) -> None:
    notice = Notice(
        id="a1",
        at=datetime(2026, 6, 1, tzinfo=UTC),
        about="change",
        event="new",
        url="https://a.example/?a=1&b",
        title=title,
        text=text,
    )
    root = etree.fromstring(feed([notice], title="Changes", address="https://archive.example/changes.atom"))
    assert [root.findtext(ATOM + name) for name in ("id", "title", "updated")] == [
        "https://archive.example/changes.atom",
        "Changes",
        "2026-06-01T00:00:00Z",
    ]
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == "urn:broadsheet:notice:a1"
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://a.example/?a=1&b"


def test_a_feed_without_entries_is_one() -> None:
    root = etree.fromstring(feed([]))
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    assert root.findall(f"{ATOM}entry") == []
