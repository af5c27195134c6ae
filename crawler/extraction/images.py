"""The pictures of an article, with caption and credit.

Figures from the headline to the end of the text count, and pictures that stand alone in the text; what the page names
for machines is added where no figure shows it. The same picture in another size is the same picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from urllib.parse import unquote, urlsplit

from lxml import html

from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import INLINE_TAGS, collapse
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_list, as_text
from broadsheet.crawler.extraction.wording import CREDIT_LINE
from broadsheet.storage.model import Image

_MAX_IMAGES = 50
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_PICTURES = ("img", "amp-img")
_MIN_SIDE = 100
_MIN_STEM = 8
_OUTSIDE = ("aside", "nav", "footer", "a", "button")
# By class or id, and by the name of the file.
_NO_PICTURE = re.compile(
    r"(?:^|[\s_-])(?:logo|icon|avatar|author|byline|bio|pixel|emoji|badge|share|social|newsletter|advert|ads?)s?(?:$|[\s_-])",
    re.IGNORECASE,
)
_NO_FILE = re.compile(
    r"(?:^|[/_.-])(?:[\w]*logo|icon|favicon|avatar|(?:gr|bl)avatar|tracking|spacer|blank|emoji|badge|1x1)(?:[/_.-]|$)|"
    r"(?:^|[/_.-])pixel\.|\.svg$",
    re.IGNORECASE,
)
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|\?)", re.IGNORECASE)
_WORDPRESS_FIGURE = re.compile(r"(?:^|\s)wp-caption(?:\s|$)")
_CAPTION_CLASS = re.compile(r"caption", re.IGNORECASE)
_SIZE = re.compile(r"[-_.]?(?:\d{2,4}x\d{2,4}|scaled|\d+w)$", re.IGNORECASE)
_CREDIT_CLASS = re.compile(
    r"credit|copyright|quelle|source|photographer|fotograf|bildnachweis|byline|owner", re.IGNORECASE
)
_CREDIT_WORD = (
    r"(?:(?:photo(?:graph)?|image|picture|foto|bild|immagine|imagen|фото|写真|사진)(?: credits?)?\s*(?:by\s*)?[:：/]|"
    r"(?:photo(?:graph)?|image|picture|illustration) by\s|foto (?:von|di|de)\s|"
    r"(?:crédit(?: photo)?|credits?|bildnachweis|bildquelle|zdjęcie|kuva|isithombe)\s*[:：/]|©)"
)
_CREDIT_TEXT = re.compile(rf"\s*[(\[]?{_CREDIT_WORD}\s*(?P<credit>[^()\[\]]{{2,100}})[)\]]?\s*$", re.IGNORECASE)
_CREDIT_LABEL = re.compile(rf"^\s*{_CREDIT_WORD}\s*", re.IGNORECASE)
_STRIP = " \t.,;|–—-·()[]"


def read_images(page: Page, structured: Structured, layout: Layout) -> list[Image]:
    """The pictures that the page gives the article: its figures, JSON-LD, OpenGraph."""
    found: dict[str, Image] = {}
    for image in (*_shown(page, layout), *_stated(page, structured)):
        if _NO_FILE.search(urlsplit(image.url).path):
            continue
        key = _same(image.url)
        known = found.get(key, image)
        found[key] = Image(url=known.url, caption=known.caption or image.caption, credit=known.credit or image.credit)
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
            caption, credit = as_text(value.get("caption")), as_text(value.get("creditText"))
            caption, credit = _apart(caption or "", credit or as_text(value.get("copyrightHolder")))
            yield Image(url=url, caption=caption, credit=credit)


def _shown(page: Page, layout: Layout) -> Iterator[Image]:
    if layout.container is None:
        return
    inside = set(layout.container.iter(*_PICTURES))
    for picture in _up_to_end(layout):
        figure = _figure_of(picture)
        if figure is None and (picture not in inside or not _may_be_meant(picture)):
            continue
        address = next((v for name in _SOURCES if (v := picture.get(name)) and not v.startswith("data:")), None)
        if url := page.absolute(address):
            caption, credit = _caption(figure) if figure is not None else (None, None)
            yield Image(url=url, caption=caption, credit=credit)


def _up_to_end(layout: Layout) -> Iterator[html.HtmlElement]:
    """The pictures around the headline and in the text, none behind its last paragraph but in the same element."""
    container, last = layout.container, layout.lines[layout.body[1]].block
    if container is None:
        return
    headline = layout.lines[layout.headline].block if layout.headline >= 0 else container
    above = set(headline.iterancestors())
    area = next((element for element in (container, *container.iterancestors()) if element in above), container)
    around = last.getparent()
    within = set(around.iter(*_PICTURES)) if around is not None else set()
    behind = False
    for element in area.iter(*_PICTURES, last.tag):
        if element is last:
            behind = True
        elif element.tag in _PICTURES and (not behind or element in within):
            yield element


def _figure_of(picture: html.HtmlElement) -> html.HtmlElement | None:
    """The figure around a picture, unless that belongs to a menu, a box at the side or a link to another article."""
    figure = next(
        (a for a in picture.iterancestors() if a.tag == "figure" or _WORDPRESS_FIGURE.search(a.get("class") or "")),
        None,
    )
    if figure is None or any(a.tag in _OUTSIDE for a in figure.iterancestors()) or _NO_PICTURE.search(_names(picture)):
        return None
    return figure


def _may_be_meant(picture: html.HtmlElement) -> bool:
    """Whether a picture without a figure belongs to the text: no icon, no portrait of the author, no counter."""
    sides = [value for name in ("width", "height") if (value := picture.get(name) or "").isdecimal()]
    if any(int(side) < _MIN_SIDE for side in sides) or picture.get("alt") is None:
        return False
    around = list(takewhile(lambda a: a.tag not in ("article", "main", "body"), picture.iterancestors()))
    if any(a.tag in ("aside", "nav", "footer", "button", "li", "header") for a in around):
        return False
    links = [a.get("href") or "" for a in around if a.tag == "a"]
    names = [_names(element) for element in (picture, *around[:3])]
    return all(map(_PICTURE_FILE.search, links)) and not any(map(_NO_PICTURE.search, names))


def _names(element: html.HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _caption(figure: html.HtmlElement) -> tuple[str | None, str | None]:
    element = next(figure.iter("figcaption"), None)
    if element is None:
        element = next((e for e in figure.iterdescendants() if _CAPTION_CLASS.search(e.get("class") or "")), None)
    if element is None:
        return None, None
    credit = next(
        (_text(e) for e in element.iter() if e is not element and _CREDIT_CLASS.search(e.get("class") or "")),
        None,
    )
    return _apart(_text(element), credit)


def _apart(caption: str, credit: str | None) -> tuple[str | None, str | None]:
    """Caption and credit: the one without the other, and without the word that introduces it."""
    if credit and credit != caption:
        caption = caption.replace(credit, " ").strip()
    elif (match := _CREDIT_TEXT.search(caption)) is not None:
        caption, credit = caption[: match.start()], match["credit"]
    elif credit or CREDIT_LINE.fullmatch(caption):
        caption, credit = "", caption
    return collapse(caption) or None, _CREDIT_LABEL.sub("", credit or "").strip(_STRIP) or None


def _text(element: html.HtmlElement) -> str:
    """The text of an element; what stands in two elements, unless they are only set differently, are two words."""
    pieces: list[str] = []
    for node in element.iter():
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "svg"):
            apart = node.tag not in INLINE_TAGS or node.tag == "span"
            pieces += (" ", node.text or "") if apart else (node.text or "",)
        if node is not element:
            pieces.append(node.tail or "")
    return collapse("".join(pieces))


def _same(url: str) -> str:
    """What the addresses of one picture in several sizes have in common: the name of its file."""
    parts = urlsplit(url)
    name = unquote(parts.path).rpartition("/")[2].lower()
    stem, _, _ = name.rpartition(".")
    stem = _SIZE.sub("", stem or name)
    return stem if len(stem) >= _MIN_STEM else f"{parts.netloc}{parts.path}"
