"""Broadsheet and the libraries beside it, under one interface: a page in, what was found out."""

import importlib.util
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from benchmarks.extraction.dataset import decoded
from lxml import html as lxml_html
from trafilatura import bare_extraction

from broadsheet.crawler.extraction.extract import extract
from broadsheet.storage.model import Article

CAPTURED_AT = datetime(2026, 11, 22, tzinfo=UTC)
"""When the pages are said to have been fetched: after all of them were written."""


class Found(NamedTuple):
    """What an extractor found; a field that it does not have is None.

    Attributes:
        text: The article's text.
        title: Its headline.
        lead: Its standfirst or description.
        authors: Names.
        published: ISO 8601.
        modified: ISO 8601.
        related: Absolute URLs.
        asks: Whether a box asks for a subscription, an address or money.
    """

    text: str | None = None
    title: str | None = None
    lead: str | None = None
    authors: Sequence[str] = ()
    published: str | None = None
    modified: str | None = None
    related: list[str] | None = None
    asks: bool | None = None


class Contender(NamedTuple):
    """An extractor.

    Attributes:
        name: What the tables call it.
        prepare: What turns the served bytes into what `read` takes; its cost is not counted.
        read: From that and the URL to the library's own result; this is what is timed.
        found: What is in that result.
    """

    name: str
    prepare: Callable[[bytes], Any]
    read: Callable[[Any, str], Any]
    found: Callable[[Any], Found]


def contenders() -> list[Contender]:
    """Broadsheet, trafilatura in four settings, and those of the other libraries that are installed."""
    others = {
        "newspaper": Contender("newspaper4k", decoded, _newspaper, _newspaper_found),
        "readability": Contender("readability-lxml", decoded, _readability, _readability_found),
        "resiliparse": Contender("resiliparse", decoded, _resiliparse, lambda text: Found(text=text)),
    }
    return [
        Contender("Broadsheet", bytes, broadsheet, _article_found),
        Contender("trafilatura", decoded, partial(_trafilatura), _document_found),
        Contender("trafilatura precision", decoded, partial(_trafilatura, favor_precision=True), _document_found),
        Contender("trafilatura recall", decoded, partial(_trafilatura, favor_recall=True), _document_found),
        Contender("trafilatura fast", decoded, partial(_trafilatura, fast=True), _document_found),
        *(contender for module, contender in others.items() if importlib.util.find_spec(module)),
    ]


def broadsheet(html: bytes, url: str) -> Article:
    """Broadsheet's article, of the bytes as they were served."""
    return extract(html, url=url, content_type=None, captured_at=CAPTURED_AT).article


def _article_found(article: Article) -> Found:
    return Found(
        text=article.text,
        title=article.title,
        lead=article.lead or article.subtitle,
        authors=[author.name for author in article.authors],
        published=article.published.value if article.published else None,
        modified=article.modified.value if article.modified else None,
        related=[link.url for link in article.related if link.url],
        asks=bool(article.subscription.blocks),
    )


def _trafilatura(html: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - its result has no public type
    return bare_extraction(html, url=url, with_metadata=True, include_comments=False, **options)


def _document_found(document: Any) -> Found:  # noqa: ANN401 - it has no types
    if document is None:
        return Found()
    authors = document.author.split("; ") if document.author else []
    return Found(document.text, document.title, document.description, authors, document.date)


def _newspaper(html: str, url: str) -> Any:  # noqa: ANN401 - not installed where types are checked
    newspaper = importlib.import_module("newspaper")
    settings = newspaper.Config()
    settings.fetch_images = False
    article = newspaper.Article(url, config=settings)
    article.download(input_html=html)
    article.parse()
    return article


def _newspaper_found(article: Any) -> Found:  # noqa: ANN401
    date = article.publish_date
    published = date.isoformat() if isinstance(date, datetime) else date
    return Found(article.text, article.title, article.meta_description, list(article.authors), published)


def _readability(html: str, url: str) -> tuple[str, str]:
    document = importlib.import_module("readability").Document(html, url=url)
    return document.summary(html_partial=True), document.short_title()


def _readability_found(result: tuple[str, str]) -> Found:
    summary, title = result
    blocks = [str(text) for text in lxml_html.fromstring(summary).itertext()] if summary else []
    return Found("\n".join(blocks), title)


def _resiliparse(html: str, _: str) -> str:
    reader = importlib.import_module("resiliparse.extract.html2text")
    text: str = reader.extract_plain_text(
        html, main_content=True, alt_texts=False, list_bullets=False, preserve_formatting=True
    )
    return text
