from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from broadsheet.crawler.frontier.database import open_database
from broadsheet.crawler.frontier.forgetting import forget_url
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.frontier.schema import Ending, urls, visits
from broadsheet.crawler.frontier.visits import Visit
from broadsheet.storage.model import Hints
from broadsheet.storage.workspace import Workspace

HOME = "https://news.example/"
URL = "https://news.example/the-slug-that-goes"
OTHER = "https://news.example/another"


def test_an_archive_without_a_frontier_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BROADSHEET_FRONTIER", raising=False)
    with Workspace.open(str(tmp_path)) as workspace:
        forget_url(workspace, URL)
        assert not list(workspace.directory.glob("frontier*"))


def test_nothing_of_a_url_is_left_in_the_frontier(tmp_path: Path, backend: str) -> None:
    with Workspace.open(str(tmp_path)) as workspace:
        with open_database(workspace) as database:
            frontier = Frontier(database)
            endings: tuple[Ending, ...] = ("finished", "interrupted")
            for ending in endings:
                run = frontier.begin(HOME, b"job")
                run.add(Visit(url=URL, hints=Hints(title="the-slug-that-goes")))
                run.add(Visit(url=OTHER, via=URL))
                run.stand_ins.note(URL, OTHER)
                run.stand_ins.note(OTHER, URL)
                run.requisites.add([f"{URL}.png"], via=URL, most=1)
                run.flush()
                frontier.end(run, ending, unfinished="not_reached")

        forget_url(workspace, URL)

        with open_database(workspace) as database, database.reading() as connection:
            # Other tests' archives are in the same PostgreSQL.
            assert set(connection.scalars(select(urls.c.url))) & {URL, OTHER} == {OTHER}
            assert [
                tuple(row)
                for row in connection.execute(select(visits.c.url, visits.c.via).where(visits.c.url.in_([URL, OTHER])))
            ] == [(OTHER, None)]
        files = list(workspace.directory.glob("frontier.sqlite*"))
        assert bool(files) == (backend == "sqlite")
        assert not any(b"the-slug-that-goes" in file.read_bytes() for file in files)
