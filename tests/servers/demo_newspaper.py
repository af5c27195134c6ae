"""What tests of the demo newspaper know of it, and how they ask it."""

from __future__ import annotations

import http.client
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import html

from broadsheet.scheduler.demo.expectations import Expected, expectations
from broadsheet.scheduler.demo.newspaper import DemoNewspaper

TODAY = date(2026, 11, 22)
BASE = "http://127.0.0.1:8080/"
NAMESPACES = {
    "map": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "atom": "http://www.w3.org/2005/Atom",
}

FERRY = "/harbour/ferry-crews-end-strike"
BARRIER = "/town/tidal-barrier-approved"
HARBOUR_MASTER = "/harbour/harbour-master-resigns"
PILOTS = "/harbour/night-pilots"
ICE = "/town/fish-market-ice"
SNOW = "/town/coast-road-snow"
LIBRARY = "/2026/11/13/library-reading-room.html"
WALKS = "/2026/11/10/estuary-walks.html"
BUSES = "/2026/11/14/night-buses.html"
TRAM = "/2026/11/08/poslednij-tramvaj.html"


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(newspaper: DemoNewspaper, path: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(newspaper.url).netloc, timeout=10)
    try:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=fields)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def articles(number: int) -> dict[str, Expected]:
    return {path: item for path, item in expectations(number, TODAY).items() if item.state == "live"}


def path_of(slug: str) -> str:
    return next(path for path in expectations(1, TODAY) if slug in path)


def tree_of(body: bytes) -> html.HtmlElement:
    return html.document_fromstring(body)


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())
