"""The pictures of an article, with caption and credit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html

from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import collapse, text_of
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text
from broadsheet.storage.model import Image

_MAX_IMAGES = 50
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_CREDIT_CLASS = re.compile(r"credit|copyright|quelle|source|photographer|bildnachweis|byline", re.IGNORECASE)
_CREDIT_TEXT = re.compile(
    r"\s*[(\[]?(?:(?:photo(?:graph)?|image|picture|foto|bild|crédit(?: photo)?|credit|фото|写真|"
    r"사진)\s*(?:by)?\s*[:：/]|©)\s*(?P<credit>[^()\[\]]{2,100})[)\]]?\s*$",
    re.IGNORECASE,
)
_CREDIT_LABEL = re.compile(
    r"^\s*(?:(?:photo(?:graph)?|image|picture|foto|bild|crédit(?: photo)?|credit|фото)\s*[:：/]|©)\s*", re.IGNORECASE
)


def read_images(page: Page, structured: Structured, layout: Layout) -> list[Image]:
    """The pictures that the page gives the article: JSON-LD, OpenGraph, and the figures beside its text."""
    found: dict[str, Image] = {}
    for image in (*_figures(page, layout), *_stated(page, structured)):
        found.setdefault(_bare(image.url), image)
    return list(found.values())[:_MAX_IMAGES]


def _stated(page: Page, structured: Structured) -> Iterator[Image]:
    for value in as_list(structured.article.get("image")):
        yield from _from_json_ld(page, structured.resolve(value))
    for _, value in structured.meta_values("og:image", "og:image:url", "og:image:secure_url")[:1]:
        if url := page.absolute(value):
            yield Image(url=url)


def _from_json_ld(page: Page, value: object) -> Iterator[Image]:
    if isinstance(value, str):
        if url := page.absolute(as_text(value)):
            yield Image(url=url)
    elif isinstance(value, dict):
        address = as_text(value.get("url")) or as_text(value.get("contentUrl"))
        if url := page.absolute(address):
            credit = as_text(value.get("creditText")) or as_text(value.get("copyrightHolder"))
            yield Image(url=url, caption=as_text(value.get("caption")), credit=credit)


def _figures(page: Page, layout: Layout) -> Iterator[Image]:
    if layout.container is None:
        return
    area = layout.container.getparent() if layout.container.tag != "body" else layout.container
    for figure in (area if area is not None else layout.container).iter("figure"):
        picture = next(figure.iter("img", "amp-img"), None)
        if picture is None or any(
            ancestor.tag in ("aside", "nav", "footer", "a") for ancestor in figure.iterancestors()
        ):
            continue
        address = next((v for name in _SOURCES if (v := picture.get(name)) and not v.startswith("data:")), None)
        if url := page.absolute(address):
            caption, credit = _caption(figure)
            yield Image(url=url, caption=caption, credit=credit)


def _caption(figure: html.HtmlElement) -> tuple[str | None, str | None]:
    element = figure.find(".//figcaption")
    if element is None:
        return None, None
    credit = next(
        (text_of(e) for e in element.iter() if e is not element and _CREDIT_CLASS.search(e.get("class") or "")),
        None,
    )
    caption = text_of(element)
    if credit and credit != caption:
        caption = collapse(caption.replace(credit, " "))
    elif (match := _CREDIT_TEXT.search(caption)) is not None:
        caption, credit = caption[: match.start()], match["credit"].strip()
    return collapse(caption) or None, _CREDIT_LABEL.sub("", credit or "") or None


def _bare(url: str) -> str:
    return url.partition("?")[0]
