"""The same article with other surroundings: pairs of pages that differ in links beside the text and in counters.

A page is asked for again an hour later: related links, most-read lists and counters have changed, the article has
not. From each page with a true body such a second page is made: in lists of links that hold nothing of the body the
links change places, the first one goes and a new one comes; numbers that stand alone are counted up; what scripts
carry gets a new value.
"""

import re
from collections.abc import Iterator

from benchmarks.extraction.contenders import Contender, Found
from benchmarks.extraction.dataset import DataSet, TruePage, decoded
from benchmarks.extraction.wording import shingles
from lxml import html as lxml_html

_LISTS = ("ul", "ol", "nav", "aside", "footer", "section", "div")
_FEWEST_LINKS = 3
_MOSTLY_LINKS = 0.6
_LONGEST_LIST = 6000
_COUNTER = re.compile(r"^\W*\d{1,3}(?:[.,]\d{3})*\W*(?:[^\W\d]+)?\W*$")
_NEW_LINK = ("/newest/just-in-90817", "Harbour ferries to run every ten minutes from Monday")


def is_stable(contender: Contender, data: DataSet, page: TruePage) -> bool | None:
    """Whether a contender finds the same article on both pages of a pair; None where nothing could be changed."""
    first, second = pair(decoded(data.html(page)), page.body or "")
    if first == second:
        return None
    return _article(contender, first, page.url) == _article(contender, second, page.url)


def pair(html: str, body: str) -> tuple[bytes, bytes]:
    """The page, and the page with other surroundings; both written by the same serialiser.

    Args:
        html: A page.
        body: The true text of its article.
    """
    root = lxml_html.document_fromstring(html.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    first = lxml_html.tostring(root, encoding="utf-8")
    inside = set(shingles(body))
    for links in _link_lists(root, inside):
        _change_links(links)
    _count_up(root, body)
    _renew_scripts(root)
    return first, lxml_html.tostring(root, encoding="utf-8")


def _article(contender: Contender, html: bytes, url: str) -> Found:
    """What is found, without the links and boxes that surround it: they may change."""
    found = contender.found(contender.read(contender.prepare(html), url))
    text = " ".join(found.text.split()) if found.text else None
    return found._replace(text=text, related=None, asks=None)


def _link_lists(root: lxml_html.HtmlElement, inside: set[tuple[str, ...]]) -> Iterator[list[lxml_html.HtmlElement]]:
    """The links of each list of links that holds nothing of the body, the outermost lists only."""
    taken: set[lxml_html.HtmlElement] = set()
    for element in root.iter(*_LISTS):
        if any(ancestor in taken for ancestor in element.iterancestors()):
            continue
        text = " ".join(element.text_content().split())
        if not 0 < len(text) <= _LONGEST_LIST:
            continue
        links = [link for link in element.iter("a") if link.get("href") and len(link) == 0 and link.text]
        linked = sum(len(" ".join((link.text or "").split())) for link in links)
        if len(links) >= _FEWEST_LINKS and linked >= _MOSTLY_LINKS * len(text) and not inside & set(shingles(text)):
            taken.add(element)
            yield links


def _change_links(links: list[lxml_html.HtmlElement]) -> None:
    """A new link comes first, the others move on by one place, the last one is gone."""
    shown = [_NEW_LINK, *((link.get("href") or "", link.text or "") for link in links)]
    for link, (address, title) in zip(links, shown, strict=False):
        link.set("href", address)
        link.text = title


def _count_up(root: lxml_html.HtmlElement, body: str) -> None:
    """Counters of comments, shares and views; a number that the body holds stays."""
    for element in root.iter("span", "div", "a", "button", "b", "strong"):
        said = (element.text or "").strip()
        if len(element) == 0 and said and _COUNTER.match(said) and said not in body:
            element.text = re.sub(
                r"\d+$|\d+(?=\D*$)", lambda number: str(int(number[0]) + 1), element.text or "", count=1
            )


def _renew_scripts(root: lxml_html.HtmlElement) -> None:
    """Session tokens, nonces and the time of delivery."""
    for script in root.iter("script"):
        if script.get("nonce"):
            script.set("nonce", "pZ8xv3k1")
    for element in root.xpath("//meta[contains(@name, 'csrf') or contains(@name, 'request-id')]"):
        element.set("content", "9b1f0d2e7a")
    comment = lxml_html.HtmlComment(" rendered in 48 ms ")
    root.append(comment)
