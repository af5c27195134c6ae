"""The service with an archive, jobs and notices all of which are made to run scripts wherever they are shown."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from archiving.writer import Visit, Writer, answer, answers, moment, shows
from servers.web_server import Web, served

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.notices import Notice
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Kind
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.storage.model import (
    Article,
    Author,
    Candidate,
    Correction,
    Date,
    Evidence,
    Image,
    Provenance,
    RelatedLink,
    Subscription,
    SubscriptionBlock,
    TextLine,
)
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

URL = "https://news.example/town/ferry"
HOSTILE = "https://news.example/?q=%22%3E%3Cscript%3E'"
_ANY: tuple[Kind, ...] = ("crawl", "recrawl")
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}\x1b[2J"
_EVIL_ADDRESS = "javascript:alert(document.domain)//<script>"


@contextlib.contextmanager
def hostile_web(folder: Path) -> Iterator[Web]:
    """Serve it until the end of the block.

    Args:
        folder: Where it is to lie.
    """
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    writer.publish(shows(URL, 0, "The ferry sails at nine."), _hostile(0))
    writer.publish(answers(URL, 5, "304 Not Modified"), _hostile(5))
    writer.publish(shows(URL, 10, "The ferry sails at ten."))
    writer.publish(answers(URL, 20, "410 Gone"))
    writer.spool.close()
    sources = {"<script>": Source(home="https://news.example/"), "example": Source(home=_EVIL_ADDRESS)}
    with Database(folder, str(folder), SERVICE) as database:
        jobs = Jobs(database)
        _do_hostile_jobs(jobs)
        archive = OpenedArchive(str(folder / "archive"))
        outbox = Outbox(database)
        with database.writing() as connection:
            outbox.add(connection, _hostile_notice(1, "alarm"), [])
            outbox.add(connection, _hostile_notice(2, "change"), [])
        notices = outbox.entries
        parts = Parts(archive=archive, tokens=Tokens(), sources=lambda: sources, jobs=jobs, notices=notices)
        with served(make_app(parts)) as running:
            yield running


def _hostile(number: int) -> Visit:
    """A visit to a page all of whose fields are made to run scripts wherever they are shown."""
    article = Article(
        title=f"{EVIL} {number}",
        subtitle=EVIL,
        text=f"{EVIL}\n{EVIL} {number}\n{EVIL}\n{EVIL}",
        structure=[
            TextLine(line=1, kind="heading"),
            TextLine(line=2, kind="list_item"),
            TextLine(line=3, kind="quote"),
        ],
        language='"><script>',
        section=EVIL,
        tags=[EVIL],
        site_name=EVIL,
        authors=[
            Author(name=EVIL, url=_EVIL_ADDRESS),
            Author(name="B", url="data:text/html,<script>"),
        ],
        published=Date(value=EVIL, precision="day", zone="unknown"),
        images=[Image(url=_EVIL_ADDRESS, caption=EVIL, credit=EVIL)],
        corrections=[Correction(text=EVIL)],
        related=[RelatedLink(url=_EVIL_ADDRESS, title=EVIL, heading=EVIL), RelatedLink(url=None, title=EVIL)],
        subscription=Subscription(
            access="metered",
            evidence=[Evidence(source=EVIL, value=EVIL)],
            blocks=[SubscriptionBlock(kind="paywall", heading=EVIL, text=EVIL, action_url=_EVIL_ADDRESS)],
        ),
        provenance={"title": Provenance(source="meta", candidates=[Candidate(source="meta", value=EVIL)])},
    )
    response = answer(f"{EVIL}{number}".encode(), headers=[("X-Evil", "<script>alert(1)</script>")])
    return Visit(url=HOSTILE, at=moment(number), response=response, finding=Finding(article=article))


def _hostile_notice(number: int, about: Literal["alarm", "change"]) -> Notice:
    """A notice that is made to run scripts in a feed reader."""
    at = moment(number)
    return Notice(id=str(number), at=at, about=about, event="new", source=EVIL, url=HOSTILE, title=EVIL, text=EVIL)


def _do_hostile_jobs(jobs: Jobs) -> None:
    """Have a crawl and a re-crawl done that came to what is made to run scripts; another one waits."""
    worker = jobs.register()
    jobs.ask("crawl", source="<script>", asked_by=EVIL, why=EVIL)
    crawl = jobs.take(worker, _ANY)
    assert crawl
    result = {"outcomes": {"new": 2, EVIL: 1}, "segments": [EVIL], EVIL: EVIL, "seconds": 1.5}
    result["measures"] = {"bytes": {"sent": 3, EVIL: 5}, "fetch_seconds": {"within": {EVIL: 1}}, "pages_read": EVIL}
    jobs.end(crawl, worker, "failed", reason=EVIL, result=result)
    jobs.ask("recrawl", source=None, url=HOSTILE, asked_by="somebody")
    recrawl = jobs.take(worker, _ANY)
    assert recrawl
    jobs.end(recrawl, worker, "finished", result={"outcome": EVIL, "url": _EVIL_ADDRESS, "warc": {"key": EVIL}})
    jobs.ask("crawl", source="example", asked_by="somebody")
