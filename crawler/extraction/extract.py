"""From the bytes of a page to an article: a pure function, the same result every time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from broadsheet.crawler.extraction.access import read_access
from broadsheet.crawler.extraction.authors import read_authors
from broadsheet.crawler.extraction.body import BodyReader
from broadsheet.crawler.extraction.classification import Verdict, classify
from broadsheet.crawler.extraction.corrections import read_corrections
from broadsheet.crawler.extraction.dates.dates import DateReader
from broadsheet.crawler.extraction.dates.order import OrderEvidence
from broadsheet.crawler.extraction.headline import read_headline, site_name
from broadsheet.crawler.extraction.images import read_images
from broadsheet.crawler.extraction.labels import primary_language, read_language_tag, read_section, read_tags
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lead import read_lead
from broadsheet.crawler.extraction.links import Link, read_canonical, read_feeds, read_links, read_requisites
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.related import RelatedReader, mentions_of, related_links
from broadsheet.crawler.extraction.reservations import read_reservations
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text
from broadsheet.crawler.extraction.subscription import SubscriptionReader
from broadsheet.crawler.extraction.substitutes import find_substitute
from broadsheet.crawler.extraction.subtitle import read_subtitle
from broadsheet.storage.model import Article, Hints, Provenance
from broadsheet.storage.optouts import Reservation


class Extraction(Struct, frozen=True, kw_only=True):
    """Everything that was read from one page.

    Attributes:
        article: What the page says; empty where it says nothing.
        canonical_url: The address that the page claims for itself, absolute; only its claim.
        kind: An article; an index or any other page with text; or "other", whose text is nobody's article: a wall, say.
        reason: Why it was taken for that, in measured words, with what the parser left out.
        reservations: What it states that its publisher reserves.
        links: Its links, absolute, each once, in document order.
        feeds: The addresses of the feeds it names.
        requisites: The addresses of what it is shown with, such as pictures and styles.
    """

    article: Article
    canonical_url: str | None = None
    kind: Literal["article", "index", "other"]
    reason: str
    reservations: list[Reservation] = []
    links: list[Link] = []
    feeds: list[str] = []
    requisites: list[str] = []

    @property
    def is_article(self) -> bool:
        """Whether the page is an article."""
        return self.kind == "article"


def extract(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    captured_at: datetime,
    hints: Hints | None = None,
    with_requisites: bool = False,
) -> Extraction:
    """Read the article of a page.

    Args:
        body: The content-decoded response body.
        url: Where it came from: the base of relative links.
        content_type: The Content-Type header as sent, or None.
        captured_at: When it was fetched, aware: no date on it can be later.
        hints: What a feed or a news sitemap said of it.
        with_requisites: Whether to look for what it is shown with.

    Returns:
        The article, the links and the verdict. A page without an article gives an empty one and the reason.

    Raises:
        ValueError: `captured_at` has no zone.
    """
    if captured_at.tzinfo is None:
        raise ValueError(f"captured_at {captured_at.isoformat()} has no zone: pass an aware datetime")
    page = Page(body, url=url, content_type=content_type)
    if not page.is_html:
        reason = f"no HTML in {len(body):,} bytes of {content_type or 'unknown type'}"
        return Extraction(article=Article(), kind="other", reason=reason)
    links, feeds, canonical = read_links(page), read_feeds(page), read_canonical(page)
    requisites = read_requisites(page) if with_requisites else []
    reservations = read_reservations(page)
    article, verdict = _read(page, captured_at, hints)
    reason = f"{verdict.reason}; {page.parser_limit}" if page.parser_limit else verdict.reason
    return Extraction(
        article=article,
        canonical_url=canonical,
        kind=verdict.kind,
        reason=reason,
        reservations=reservations,
        links=links,
        feeds=feeds,
        requisites=requisites,
    )


def _read(page: Page, captured_at: datetime, hints: Hints | None) -> tuple[Article, Verdict]:
    structured = Structured(page)
    headline = read_headline(page, structured, hints)
    layout = Layout(page, headline)
    substitute = find_substitute(page, structured, layout, headline.text)
    language = read_language_tag(page, structured)
    section = read_section(page, structured, layout)
    site = site_name(structured)

    boxes = RelatedReader(page, layout).boxes()
    asking = SubscriptionReader(page, layout).boxes()
    dates = DateReader(page, structured, layout, captured_at=captured_at, language=language.value)
    dated = dates.read(hints, mentions_of(boxes))
    authors = read_authors(page, structured, layout, publishers=_publishers(page, structured, site))

    dropped = {i for lines in (*(b.lines for b in boxes), *(b.lines for b in asking)) for i in lines}
    names = [author.name for author in authors.authors]
    subtitle = read_subtitle(structured, layout, dropped, authors=names)
    lead = read_lead(structured, layout, dropped, authors=names)
    evidence = _list_evidence(captured_at, language.value, page.url)
    corrections = read_corrections(structured, layout, dropped, evidence)
    images = read_images(page, structured, layout)
    body = BodyReader(page, structured, layout, dropped).read(title=headline.text, authors=names, lead=lead)
    article = Article(
        title=headline.text,
        subtitle=subtitle,
        lead=lead.text if lead is not None else None,
        text=body.text,
        structure=list(body.structure),
        language=primary_language(language.value),
        section=section.value,
        tags=read_tags(page, structured),
        site_name=site,
        authors=authors.authors,
        published=dated.published,
        modified=dated.modified,
        images=images,
        corrections=corrections,
        related=related_links(boxes, evidence),
        subscription=read_access(page, structured, layout, asking, body.text),
        provenance=_provenance(
            title=headline.provenance, text=body.provenance, authors=authors.provenance,
            language=language.provenance, section=section.provenance, **dated.provenance,
        ),
    )  # fmt: skip
    return article, classify(page, structured, layout, substitute, body.text)


def _list_evidence(captured_at: datetime, language: str | None, url: str) -> OrderEvidence:
    return OrderEvidence(captured_at.date(), language=language, url=url)


def _provenance(**fields: Provenance | None) -> dict[str, Provenance]:
    return {name: provenance for name, provenance in fields.items() if provenance is not None}


def _publishers(page: Page, structured: Structured, site: str | None) -> Iterable[str]:
    """Names under which the publisher signs: its own, the site's, the host's."""
    publishers = as_list(structured.resolve(structured.article.get("publisher")))
    names = [as_text(publisher.get("name")) for publisher in publishers if isinstance(publisher, dict)]
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    labels = [label for label in re.split(r"\.", host)[:-1] if len(label) > 3]
    return [name for name in (site, host, *labels, *names) if name]
