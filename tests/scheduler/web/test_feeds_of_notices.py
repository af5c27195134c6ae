"""Alarms and changes are answered as Atom feeds, to whoever may read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lxml import etree
from servers.web_server import served

from broadsheet.scheduler.alarms.notices import Notice
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts

ALARM = Notice(
    id="a1",
    at=datetime(2026, 6, 1, tzinfo=UTC),
    about="alarm",
    event="raised",
    kind="silent",
    title="courier has fallen silent",
    text="nothing new",
)


def parts(tmp_path: Path, *, read_needs_token: bool = False) -> Parts:
    return Parts(
        archive=OpenedArchive(str(tmp_path / "archive")),
        tokens=Tokens(),
        sources=dict,
        notices=lambda about: [ALARM] if about == "alarm" else [],
        read_needs_token=read_needs_token,
    )


def test_alarms_and_changes_each_have_a_feed(tmp_path: Path) -> None:
    with served(make_app(parts(tmp_path))) as web:
        alarms, changes = web.get("/alarms.atom"), web.get("/changes.atom")
    assert alarms.headers["Content-Type"].startswith("application/atom+xml")
    titles = [element.text for element in etree.fromstring(alarms.body).iter("{*}title")]
    assert titles == ["Broadsheet: alarms", "courier has fallen silent"]
    assert len(etree.fromstring(changes.body).findall("{*}entry")) == 0


def test_where_reading_needs_a_token_so_do_the_feeds(tmp_path: Path) -> None:
    with served(make_app(parts(tmp_path, read_needs_token=True))) as web:
        assert web.get("/alarms.atom").status == 401
