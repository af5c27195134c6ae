"""Names in the visible bylines of a page: beside the headline, and behind the text.

A line is a byline by its link to an author, by its class, by its first word ("By", "Von", "Text:"), or, where there
is no such line, by standing beside the headline with a date. Dates in it are cut out before its names are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html

from broadsheet.crawler.extraction.dates.claims import is_date_label
from broadsheet.crawler.extraction.dates.text import find_dates, plain
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import Line, text_of
from broadsheet.crawler.extraction.names import looks_like_person, split_names
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.wording import BYLINE_WORD
from broadsheet.storage.model import Author

_MAX_BYLINE = 160
_MAX_META_LINE = 100
_MAX_NAME = 40
_ABOVE_HEADLINE = 3
_BESIDE_HEADLINE = 4
_BEHIND_TEXT = 12
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:by-?lines?|authors?|author-?names?|autor(?:en|es)?|auteurs?|autore|writer|"
    r"contributors?|signature|submitted)(?:$|[\s_-])|byline|author-?name|(?-i:\b(?:Author|Byline|Contributor)(?=[A-Z_-]))",
    re.IGNORECASE,
)
_NO_BYLINE_CLASS = re.compile(
    r"bio|about|description|avatar|comment|follow|social|image|photo|box|related|more-from|newsletter",
    re.IGNORECASE,
)
_LINK_CLASS = re.compile(r"(?:^|[\s_-])(?:author|byline|username|fn)(?:$|[\s_-])|__author", re.IGNORECASE)
_AUTHOR_ADDRESS = re.compile(
    r"(?:^|/)(?:authors?|autor(?:en|es|in|i)?|auteurs?|autore|autori|by|profile?s?|people|journalists?|writers?|"
    r"contributors?|staff|redakteure?|redaktion|newsteam|reporters?|columnists?|opinionistas?|firmas?|periodistas?|"
    r"verfasser|skribent|kirjoittaja|yazar(?:lar)?|avtor|bio)/[^/]",
    re.IGNORECASE,
)
# Editors that sign Chinese articles stand in brackets behind the text.
_EDITOR = re.compile(r"(?:责任编辑|責任編輯|责编|編輯|编辑|记者|記者|作者)\s*[:：]\s*(?P<names>.{2,40})")
_BEFORE_EDITOR = 12
# Somewhere in a line with the date, the source, the number of views.
_LABELLED = re.compile(
    r"\s*(?:记者|記者|作者|撰文|기자|автор(?:ы)?|autor(?:in|a)?|author|auteur|autore|yazar|penulis)\s*:\s*(?P<names>.{2,40})",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[|｜·•]")
_HAN_NAMES = re.compile(r"[\u4e00-\u9fff]{2,4}(?:\s+[\u4e00-\u9fff]{2,4})+")
_JOINED = re.compile(r"\s*(?:,|&|(?:and|und|et|y|e|och|og|en|ja|i|и|та|ve)\s)\s*", re.IGNORECASE)
_HANDLE = re.compile(r"(?=\w*[a-z])[A-Za-z]\w*[A-Z\d]\w*")
_LABEL = re.compile(
    r"[\d:]|updat|publi|post|gepubl|veröff|aktual|güncel|stand|min(?:ute)?|lesezeit|read|来源|來源|출처|المصدر|منبع",
    re.IGNORECASE,
)
# Thai, Hebrew, Hindi: names are of two words, one word beside a date is a label. Scripts from kana on have no spaces.
_NAMES_IN_ONE_WORD = "\u3040"
_EMPHASIS = frozenset(("em", "i", "b", "strong"))


class BylineReader:
    """Reads the bylines of one page."""

    def __init__(self, page: Page, layout: Layout) -> None:
        self._page = page
        self._layout = layout
        self._lines = layout.lines

    def marked(self) -> list[Author]:
        """Names in lines that are bylines by link, class or first word; those behind the text where none is above."""
        end = max(self._layout.body[1], 0)
        behind = range(end + 1, min(end + _BEHIND_TEXT, len(self._lines)))
        return self._signed(self._layout.header(before=_ABOVE_HEADLINE)) or self._signed(behind)

    def unmarked(self) -> list[Author]:
        """A name that stands beside the headline with a date; else one alone behind the text, in emphasis."""
        headline = self._layout.headline
        found: list[Author] = []
        for i in self._layout.header(before=_BESIDE_HEADLINE) if headline >= 0 else ():
            line = self._lines[i]
            beside = abs(i - headline) <= _BESIDE_HEADLINE and i != headline
            if beside and len(line.text) <= _MAX_META_LINE and self._may_sign(line, i):
                pieces, dated = _without_dates(line)
                names = [name for piece in pieces for name in _people(piece)] if dated else []
                found += [Author(name=name) for name in names if name not in self._lines[headline].text]
        return found or self._alone_behind_text()

    def editors(self) -> Iterator[Author]:
        """The editors that sign an article behind its text."""
        end = max(self._layout.body[1], 0)
        for line in self._lines[end + 1 : end + _BEHIND_TEXT]:
            match = _EDITOR.search(line.text) if len(line.text) <= _MAX_META_LINE else None
            if match is not None and match.start() <= _BEFORE_EDITOR:
                for name in split_names(match["names"].strip(" ()（）")):
                    yield Author(name=name)

    def _alone_behind_text(self) -> list[Author]:
        end = self._layout.body[1] + 1
        if not 0 < end < len(self._lines):
            return []
        line = self._lines[end]
        alone = line.link is None and line.elements[0].tag in _EMPHASIS and self._may_sign(line, end)
        return [Author(name=name) for name in _people(line.text)] if alone else []

    def _signed(self, indices: range) -> list[Author]:
        found: list[Author] = []
        for i in indices:
            line = self._lines[i]
            if i != self._layout.headline and len(line.text) <= _MAX_BYLINE and self._may_sign(line, i):
                found += self._in_marked(line)
        return found

    def _in_marked(self, line: Line) -> Iterator[Author]:
        links = [e for e in dict.fromkeys(line.elements) if _is_author_link(e)]
        if links:
            for link in links:
                for name in split_names(text_of(link)):
                    yield Author(name=name, url=self._page.absolute(link.get("href")))
            if BYLINE_WORD.match(" ".join(line.parts)):
                yield from _beside(line, links)
        elif _is_byline(line) or (BYLINE_WORD.match(" ".join(line.parts)) and len(line.text) <= _MAX_BYLINE / 2):
            # A part is an element of its own: names stand side by side without a comma.
            pieces, dated = _without_dates(line)
            for name in split_names("|".join(pieces)):
                # A handle signs with a byline word and a date.
                if looks_like_person(name) or (dated and _HANDLE.fullmatch(name)):
                    yield Author(name=name)
        else:
            yield from _labelled(line)

    def _may_sign(self, line: Line, index: int) -> bool:
        zone = line.zone
        if zone.navigation:
            # Bars with the date, the byline and the share buttons are often called toolbars.
            beside = abs(index - self._layout.headline) <= _ABOVE_HEADLINE
            return beside and BYLINE_WORD.match(" ".join(line.parts)) is not None
        return not (zone.footer or zone.comments or zone.aside or zone.figure)


def _beside(line: Line, links: list[html.HtmlElement]) -> Iterator[Author]:
    """The names in a byline that are joined to those of its links: "By <a>Ann Author</a> and Bob Writer"."""
    for part, element in zip(line.parts, line.elements, strict=True):
        joined = _JOINED.match(part)
        if joined is not None and element not in links:
            for name in split_names(part[joined.end() :]):
                if looks_like_person(name) and " " in name:
                    yield Author(name=name)


def _labelled(line: Line) -> Iterator[Author]:
    """The names behind a label that stands somewhere in a line."""
    for piece in _without_dates(line)[0]:
        for field in _MARKS.split(piece):
            match = _LABELLED.match(field)
            names = match["names"].strip() if match is not None else ""
            for name in names.split() if _HAN_NAMES.fullmatch(names) else split_names(names):
                if looks_like_person(name):
                    yield Author(name=name)


def _without_dates(line: Line) -> tuple[list[str], bool]:
    """The parts of a line with their dates and times cut out, and whether there were any."""
    pieces: list[str] = []
    dated = False
    for part in line.parts:
        text, position = plain(part), 0
        for mention in find_dates(text):
            if mention.readings:
                dated = True
                pieces.append(text[position : mention.start])
                position = mention.end
        pieces.append(text[position:])
    return [piece for piece in pieces if piece.strip()], dated


def _people(text: str) -> list[str]:
    """The names in a piece of a line that holds nothing else."""
    text = text.strip(" \t-–—|·•,:/")
    if not 4 < len(text) <= _MAX_NAME or _LABEL.search(text) or is_date_label(text):
        return []
    names = split_names(text)
    return names if names and all(looks_like_person(name) and _is_whole(name) for name in names) else []


def _is_whole(name: str) -> bool:
    return " " in name or name[0] >= _NAMES_IN_ONE_WORD


def _is_author_link(element: html.HtmlElement) -> bool:
    if element.tag != "a":
        return False
    if "author" in (element.get("rel") or "").lower().split() or _LINK_CLASS.search(element.get("class") or ""):
        return True
    return _AUTHOR_ADDRESS.search(element.get("href") or "") is not None


def _is_byline(line: Line) -> bool:
    for element in (line.elements[0], line.block, line.block.getparent()):
        name = f"{element.get('class') or ''} {element.get('id') or ''}" if element is not None else ""
        if _BYLINE_CLASS.search(name) and not _NO_BYLINE_CLASS.search(name):
            return True
    return False
