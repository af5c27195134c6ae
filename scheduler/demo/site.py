"""An edition as a web server hands it out: a path leads to a resource, the same edition to the same bytes."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from http import HTTPStatus

from msgspec import Struct
from msgspec.structs import replace

from broadsheet.scheduler.demo import feeds, index_pages
from broadsheet.scheduler.demo.article_pages import article_page
from broadsheet.scheduler.demo.boxes import image_path
from broadsheet.scheduler.demo.editions import MOVED, edition, every_story
from broadsheet.scheduler.demo.illustrations import emblem, illustration
from broadsheet.scheduler.demo.layout import Printing
from broadsheet.scheduler.demo.masthead import SECTIONS, released
from broadsheet.scheduler.demo.story import Delivery, Story

_HTML = "text/html"
_SVG = "image/svg+xml"
_NO_VALIDATORS = Delivery(validators=())


class Resource(Struct, frozen=True, kw_only=True):
    """What answers at one path.

    Attributes:
        status: The status code of a plain GET.
        media_type: Content-Type without its charset parameter.
        body: The content before any content coding.
        delivery: How it is sent.
        last_modified: When the body took its present form.
        location: Where a redirect leads, absolute.
    """

    body: bytes
    last_modified: datetime
    status: int = HTTPStatus.OK
    media_type: str = _HTML
    delivery: Delivery = Delivery()
    location: str | None = None

    @property
    def content_type(self) -> str:
        """The Content-Type field."""
        if self.delivery.charset_in_header and self.media_type != _SVG:
            return f"{self.media_type}; charset={self.delivery.charset}"
        return self.media_type

    def entity_tag(self, coding: str | None) -> str:
        """Return the strong validator of a representation; each coding has its own (RFC 9110, 8.8.3.3)."""
        digest = hashlib.sha256(self.body).hexdigest()[:20]
        return f'"{digest}-{coding}"' if coding else f'"{digest}"'


def build_site(number: int, today: date, base_url: str) -> dict[str, Resource]:
    """Return every path of an edition with its resource. The result depends on the arguments alone.

    Args:
        number: The edition.
        today: The day from which all dates are counted back.
        base_url: The site's root, ``http://host:port/``.

    Raises:
        ValueError: There is no edition of that number.
    """
    printing = Printing(edition(number), today, base_url)
    site = _articles(printing) | _index_pages(printing) | _machine_files(printing) | _redirects(printing)
    if number == 1:
        return site
    previous = build_site(number - 1, today, base_url)
    return {path: _dated(resource, previous.get(path), printing) for path, resource in site.items()}


def not_found(printing: Printing) -> Resource:
    """Return what answers at every path that leads nowhere."""
    return _page(printing, index_pages.not_found_page(printing), status=HTTPStatus.NOT_FOUND, delivery=_NO_VALIDATORS)


def _dated(resource: Resource, before: Resource | None, printing: Printing) -> Resource:
    # What did not change keeps its date, whatever else the edition brought.
    unchanged = before is not None and (before.status, before.body) == (resource.status, resource.body)
    moment = before.last_modified if before is not None and unchanged else _released(printing)
    return replace(resource, last_modified=moment)


def _released(printing: Printing) -> datetime:
    return released(printing.edition.number, printing.today)


def _articles(printing: Printing) -> dict[str, Resource]:
    articles = {}
    for story in printing.edition.stories.values():
        articles[story.path(printing.today)] = _article(printing, story)
    for slug, how in printing.edition.vanished.items():
        articles[printing.path(slug)] = (
            _gone(printing) if how == "deleted" else _redirect(printing, HTTPStatus.FOUND, "/")
        )
    return articles


def _article(printing: Printing, story: Story) -> Resource:
    charset = story.delivery.charset
    markup = article_page(printing, story)
    if charset != "utf-8":
        markup = markup.replace('<meta charset="utf-8">', f'<meta charset="{charset}">')
    changed = story.published if story.modified is None else story.modified
    return Resource(
        body=markup.encode(charset, errors="xmlcharrefreplace"),
        last_modified=changed.on(printing.today),
        delivery=story.delivery,
    )


def _index_pages(printing: Printing) -> dict[str, Resource]:
    markup = {
        "/": index_pages.front_page(printing),
        "/about": index_pages.about_page(printing),
        "/search": index_pages.search_page(printing),
        "/account": index_pages.account_page(printing),
        "/newsletter": index_pages.newsletter_page(printing),
        "/subscribe": index_pages.subscribe_page(printing),
    }
    for section in SECTIONS:
        markup[f"/{section}"] = index_pages.section_page(printing, section)
    return {path: _page(printing, text) for path, text in markup.items()}


def _machine_files(printing: Printing) -> dict[str, Resource]:
    files = {
        "/feed.rss": ("application/rss+xml", feeds.rss(printing)),
        "/feed.atom": ("application/atom+xml", feeds.atom(printing)),
        "/sitemap.xml": ("application/xml", feeds.sitemap_index(printing)),
        "/sitemap-news.xml": ("application/xml", feeds.news_sitemap(printing)),
        "/sitemap-pages.xml": ("application/xml", feeds.pages_sitemap(printing)),
        "/robots.txt": ("text/plain", feeds.robots_txt(printing)),
        "/images/emblem.svg": (_SVG, emblem()),
    }
    for story in every_story():
        files[image_path(story)] = (_SVG, illustration(story))
    return {path: _page(printing, text, media_type=kind) for path, (kind, text) in files.items()}


def _redirects(printing: Printing) -> dict[str, Resource]:
    newest = printing.newest_first()[0].path(printing.today)
    moved = {old: _redirect(printing, HTTPStatus.MOVED_PERMANENTLY, printing.path(slug)) for old, slug in MOVED.items()}
    return {"/latest": _redirect(printing, HTTPStatus.FOUND, newest), **moved}


def _redirect(printing: Printing, status: HTTPStatus, target: str) -> Resource:
    page = _page(
        printing,
        index_pages.redirect_page(printing, target),
        status=status,
        delivery=_NO_VALIDATORS,
    )
    return replace(page, location=printing.url(target))


def _gone(printing: Printing) -> Resource:
    return _page(printing, index_pages.gone_page(printing), status=HTTPStatus.GONE, delivery=_NO_VALIDATORS)


def _page(
    printing: Printing,
    text: str,
    *,
    media_type: str = _HTML,
    status: HTTPStatus = HTTPStatus.OK,
    delivery: Delivery | None = None,
) -> Resource:
    return Resource(
        body=text.encode(),
        last_modified=_released(printing),
        status=status,
        media_type=media_type,
        delivery=delivery or Delivery(),
    )
