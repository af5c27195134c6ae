"""The pages for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from broadsheet.scheduler import answers
from broadsheet.scheduler.web import listings, presentation, reads
from broadsheet.scheduler.web.access import Access
from broadsheet.scheduler.web.bodies import Asked, Body, BodyResponse
from broadsheet.scheduler.web.endpoints import NoQuery, given, parse_query
from broadsheet.scheduler.web.errors import problem_of
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.queries import Number, UrlQuery
from broadsheet.scheduler.web.reads import DiffQuery, JobQuery, JobsQuery
from broadsheet.scheduler.web.threads import Threads
from broadsheet.storage.errors import NoSuchVersionError
from broadsheet.storage.urls import is_front_page, normalise, site

_STATIC = Path(__file__).parent / "static"
_HTML = "text/html; charset=utf-8"
_LATEST = 10
_FOR_PROGRAMS = (
    *("/api/", "/timemap/", "/timegate/", "/openapi.json"),
    *("/metrics", "/healthz", "/readyz", "/alarms.atom", "/changes.atom"),
)
_CHANGES_A_PAGE = 50
_ARTICLES_A_PAGE = 200
_VERSIONS_A_PAGE = 200
_DAY = timedelta(days=1)


class VersionQuery(UrlQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version; the latest where no number is given."""

    version: Number | UnsetType = UNSET


class TimelineQuery(UrlQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which versions: those before one, by default the newest."""

    before: Number | UnsetType = UNSET


class SearchQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody typed: an address, with or without its scheme."""

    url: str = ""


class SiteQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which articles of which site."""

    host: Annotated[str, Meta(max_length=300)]
    after: str = ""


class DayQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which day; the newest where none is given."""

    day: date | UnsetType = UNSET


Make = Callable[[Parts, Any], str]


def routes(access: Access, threads: Threads) -> list[BaseRoute]:
    """Return the pages, and what they are styled with."""

    def page(path: str, query: type[Struct], make: Make, *, scans: bool = False) -> Route:
        async def answer(request: Request) -> Response:
            asker = access.reader(request)
            asked, of_body = parse_query(request, query), Asked.by(request)

            def made(parts: Parts) -> Body:
                return parts.bodies.make(make(parts, asked).encode("utf-8", "replace"), _HTML, of_body)

            return BodyResponse(
                await threads.run(asker, made, scans=scans), headers={"Content-Security-Policy": presentation.POLICY}
            )

        return Route(path, answer)

    async def search(request: Request) -> Response:
        asker = access.reader(request)
        query = parse_query(request, SearchQuery)
        target = await threads.run(asker, lambda parts: _found(parts, query))
        return RedirectResponse(target, 303)

    return [
        page("/", NoQuery, _index, scans=True),
        Route("/search", search),
        page("/site", SiteQuery, _site, scans=True),
        page("/versions", TimelineQuery, _versions),
        page("/version", VersionQuery, _version),
        page("/diff", DiffQuery, _diff),
        page("/changes", DayQuery, _changes, scans=True),
        page("/sources", NoQuery, _sources),
        page("/jobs", JobsQuery, _jobs),
        page("/jobs/{id}", JobQuery, _job),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]


def is_for_people(request: Request) -> bool:
    """Tell whether an error is to be told as a page: a browser asks, and not for what programs read."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_FOR_PROGRAMS)


def answer_problem(error: Exception) -> Response:
    """Return the page for an error."""
    found = problem_of(error)
    body = presentation.render("problem.html", problem=found.problem, status=found.status)
    headers = {**found.headers, "Content-Security-Policy": presentation.POLICY}
    return HTMLResponse(body, found.status, headers)


def _index(parts: Parts, _query: NoQuery) -> str:
    day = listings.day_of(parts.archive(), None, _LATEST)
    return presentation.render("index.html", sources=reads.sources(parts, NoQuery()).sources, day=day)


def _found(parts: Parts, query: SearchQuery) -> str:
    """Return the page of what somebody typed: of an article, or of all those of a site.

    Raises:
        InvalidURLError: It is no address.
        NoSuchVersionError: Nothing is archived for it.
    """
    typed = query.url.strip()
    if not typed:
        return "/"
    url = normalise(typed if typed.lower().startswith(("http://", "https://")) else f"https://{typed}")
    if parts.archive().names(url):
        return presentation.link("/versions", url=url)
    if not is_front_page(url):
        parts.archive().refuse_taken_down(url)
        raise NoSuchVersionError(f"nothing is archived for {url}")
    return presentation.link("/site", host=site(url))


def _site(parts: Parts, query: SiteQuery) -> str:
    found = listings.articles_of(parts.archive(), query.host, query.after, _ARTICLES_A_PAGE)
    if not found.articles and not query.after:
        raise NoSuchVersionError(f"nothing is archived of {query.host}")
    return presentation.render("site.html", site=found)


def _versions(parts: Parts, query: TimelineQuery) -> str:
    found = listings.timeline(parts.archive(), query.url, given(query.before), _VERSIONS_A_PAGE)
    title = next((entry.title for entry in reversed(found.versions) if entry.title), None)
    return presentation.render("versions.html", found=found, title=title)


def _version(parts: Parts, query: VersionQuery) -> str:
    archive = parts.archive()
    snapshot = answers.select(archive, query.url, number=given(query.version))
    return presentation.render(
        "version.html",
        snapshot=snapshot,
        article=snapshot.article,
        passages=presentation.passages(snapshot.article) if snapshot.article else [],
        total=len(archive.names(query.url)),
        url=query.url,
    )


def _diff(parts: Parts, query: DiffQuery) -> str:
    archive = parts.archive()
    compared = answers.compare(archive, query.url, given(query.before), given(query.after))
    return presentation.render("diff.html", compared=compared, url=query.url, total=len(archive.names(query.url)))


def _changes(parts: Parts, query: DayQuery) -> str:
    day = listings.day_of(parts.archive(), given(query.day), _CHANGES_A_PAGE)
    before = day.day - _DAY if day.day > date.min else None
    after = day.day + _DAY if day.day < date.max else None
    return presentation.render("changes.html", day=day, before=before, after=after)


def _sources(parts: Parts, query: NoQuery) -> str:
    has_feeds = parts.notices is not None
    return presentation.render("sources.html", sources=reads.sources(parts, query).sources, has_feeds=has_feeds)


def _jobs(parts: Parts, query: JobsQuery) -> str:
    asked = {name: value for name, value in msgspec.structs.asdict(query).items() if value is not UNSET}
    return presentation.render("jobs.html", page=reads.jobs(parts, query), asked=asked)


def _job(parts: Parts, query: JobQuery) -> str:
    return presentation.render("job.html", job=reads.job(parts, query))
