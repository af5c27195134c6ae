"""The entries of a related box: titles, addresses and the dates shown with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import html

from broadsheet.crawler.extraction.dates.text import Mention, find_dates, plain
from broadsheet.crawler.extraction.lines import Line, collapse, is_dense, links_of
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.wording import says

MAX_TITLE = 220
"""Characters of the longest line that can be the title of an article."""

_MIN_TITLE = 14
_MIN_DENSE_TITLE = 6
_MAX_DATE_LINE = 70
_DATE_REMAINDER = 14
_MIN_PROSE_WORDS = 2
_MIN_CARDS = 2
# The last part of an article's address is a number or several words; a section's is one word.
_ARTICLE_SLUG = re.compile(r"\d{3}|[^-_]+[-_][^-_]+[-_]|\.html?$")
_NO_ARTICLE = re.compile(
    r"/(?:tags?|topics?|themen?|authors?|autor(?:en|es)?|category|kategorie|search|newsletters?|login|abo|"
    r"subscribe|video-?s?)/?(?:[\w-]+/?)?$",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"//(?:[\w-]+\.)?(?:facebook|twitter|x|instagram|youtube|linkedin|pinterest|whatsapp|t|telegram|"
    r"tiktok|reddit)\.(?:com|me)/",
    re.IGNORECASE,
)
_NOT_BARE = re.compile(r"^https?://(?:www\.)?|[?#].*$")
_BULLET = re.compile(r"^[»›→►▸•>]+\s+")
_NO_WORD = re.compile(r"\W+")
_SENTENCE_END = (".", "…", "。", "!", ":")


class Entry(NamedTuple):
    """One entry of a box, its date not yet decided."""

    url: str | None
    title: str | None
    mention: Mention | None


class EntryReader:
    """Reads entries out of the lines of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._own, self._host = _bare(page.url), _host(page.url)

    def read(self, lines: Sequence[Line]) -> Iterator[Entry]:
        """Read the entries of a box.

        The date of an entry stands in its line or behind it; before it, where the box begins with a date.

        Args:
            lines: The lines of the box behind its heading.
        """
        shape = next((_shape(line) for line in lines if is_title(line)), None)
        date_first = bool(lines) and date_of(lines[0]) is not None and not is_title(lines[0])
        pending: Mention | None = None
        current: Entry | None = None
        for line in lines:
            mention = date_of(line)
            # A short title with its date is set like the other titles, a byline with one is not.
            if mention is not None and not (_links_a_title(line) and _shape(line) == shape):
                if date_first or current is None:
                    pending = mention
                elif current.mention is None:
                    current = current._replace(mention=mention)
                continue
            several = self._entries_side_by_side(line)
            if several:
                yield from (*([current] if current is not None else ()), *several[:-1])
                current, pending = several[-1], None
                continue
            entry = self._entry_in(line, shape)
            if entry is None or (current is not None and entry.url is not None and entry.url == current.url):
                current = _with_longer_title(current, entry)
                continue
            if current is not None:
                yield current
            current, pending = entry._replace(mention=entry.mention or pending), None
        if current is not None:
            yield current

    def entry(self, line: Line, title: str) -> Entry | None:
        """Make an entry of a line; None where its link leads to no article."""
        title = _BULLET.sub("", title)
        text = plain(title)
        mention = _first_date(text)
        if mention is not None and (not text[mention.end :].strip(" )]") or mention.start == 0):
            title = (text[: mention.start] + text[mention.end :]).strip(" -–—|,·()")
        if line.link is None:
            return Entry(None, title or None, mention or _first_date(plain(line.text)))
        entry = self._entry_at(line.link, title or None)
        return entry and entry._replace(mention=mention or _first_date(plain(line.text)))

    def _entry_at(self, link: html.HtmlElement, title: str | None) -> Entry | None:
        url = self._page.absolute(link.get("href"))
        if url is not None and (_bare(url) == self._own or _SOCIAL.search(url) or _NO_ARTICLE.search(url)):
            return None
        if title and says("newsletter", title) and not _is_article(url or ""):
            return None  # "Subscribe to our newsletter", at the end of a box that has no element of its own.
        return Entry(url, title, None)

    def entry_of_prose(self, link: html.HtmlElement) -> Entry | None:
        """Make an entry of a link in running text; None where it leads to no article of this site."""
        url, title = self._page.absolute(link.get("href")), collapse(link.text_content())
        if url is None or _host(url) != self._host or _bare(url) == self._own:
            return None
        if _NO_ARTICLE.search(url) or not _is_article(url) or len(title.split()) < _MIN_PROSE_WORDS:
            return None
        return Entry(url, title, None)

    def _entries_side_by_side(self, line: Line) -> list[Entry]:
        """The entries of a line that holds the links of several cards; none of any other line."""
        links = [link for link in links_of(line) if len(link.text_content()) >= _MIN_TITLE] if line.linked else []
        if len(links) < _MIN_CARDS or sum(len(collapse(link.text_content())) for link in links) * 2 < len(line.text):
            return []
        entries = [self._entry_at(link, collapse(link.text_content())) for link in links]
        return [entry for entry in entries if entry is not None and " " in (entry.title or "")]

    def _entry_in(self, line: Line, shape: tuple[str, str | None, int] | None) -> Entry | None:
        if is_title(line):
            return self.entry(line, line.text if line.linked else link_text(line) or line.text)
        if (shape is None or _shape(line) == shape) and looks_like_unlinked_title(line):
            return self.entry(line, line.text)
        return None


def _is_article(url: str) -> bool:
    """Whether an address may be that of an article, and not of a section, by its last part."""
    return _ARTICLE_SLUG.search(urlsplit(url).path.rstrip("/").rpartition("/")[2]) is not None


def is_title(line: Line) -> bool:
    """Whether a line is a link with a headline's text."""
    if line.link is None or len(line.text) > 2 * MAX_TITLE or (date_of(line) and not _links_a_title(line)):
        return False
    if {"tag", "author"} & set((line.link.get("rel") or "").lower().split()):
        return False
    return _is_long_enough(link_text(line) or line.text)


def looks_like_unlinked_title(line: Line) -> bool:
    """Whether a line without a link may be a headline all the same: no sentence, no quotation, no offer."""
    text = line.text
    if line.link is not None or not _MIN_TITLE <= len(text) <= MAX_TITLE or " " not in text:
        return False
    if text.startswith(("“", '"', "«", "„")) or says("newsletter", text):
        return False
    return not text.endswith(_SENTENCE_END) and not line.zone.footer


def date_of(line: Line) -> Mention | None:
    """The date of a line that holds little else."""
    return _date_alone(line.text)


@lru_cache(maxsize=8192)
def _date_alone(shown: str) -> Mention | None:
    text = plain(shown)
    mention = _first_date(text) if len(text) <= _MAX_DATE_LINE else None
    if mention is None:
        return None
    rest = text[: mention.start] + text[mention.end :]
    return mention if len(_NO_WORD.sub("", rest)) <= _DATE_REMAINDER else None


def _links_a_title(line: Line) -> bool:
    """Whether a link in a line holds as much as a headline, and no date."""
    text = link_text(line)
    return text is not None and _is_long_enough(text) and _first_date(plain(text)) is None


def _is_long_enough(text: str) -> bool:
    if is_dense(text):
        return len(text) >= _MIN_DENSE_TITLE
    return len(text) >= _MIN_TITLE and " " in text


def link_text(line: Line) -> str | None:
    """The text of the link in a line; None where the link is around the whole block."""
    if line.link is None or (line.zone.link and line.link in line.block.iterancestors("a")):
        return None
    return collapse(line.link.text_content()) or None


@lru_cache(maxsize=8192)
def _first_date(text: str) -> Mention | None:
    return next((mention for mention in find_dates(text) if mention.readings), None)


def _with_longer_title(current: Entry | None, other: Entry | None) -> Entry | None:
    """The entry with the title that says more, of two lines inside one link: a kicker, a headline."""
    if (
        current is None
        or other is None
        or len(other.title or "") <= len(current.title or "")
        or (other.title or "").endswith(_SENTENCE_END)
    ):
        return current
    return current._replace(title=other.title, mention=current.mention or other.mention)


def _shape(line: Line) -> tuple[str, str | None, int]:
    return line.block.tag, line.block.get("class"), sum(1 for _ in line.block.iterancestors())


@lru_cache(maxsize=1024)
def _bare(url: str) -> str:
    return _NOT_BARE.sub("", url).rstrip("/")


@lru_cache(maxsize=1024)
def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
