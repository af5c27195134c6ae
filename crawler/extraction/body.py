"""The text of an article: trafilatura's, without the boxes and bars that are not part of what was written.

Related and asking boxes are taken out of the tree before trafilatura reads it; what reaches the text all the
same (a byline, a credit, "Printable version", the motto of the site behind the article) is taken out line by
line. Its fast mode is enough for most pages; the full one, and JSON-LD's ``articleBody``, are asked where the
page holds much more running text than came out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from broadsheet.crawler.extraction.date_text import find_dates, plain
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import Line, collapse
from broadsheet.crawler.extraction.main_text import fast_text, full_text
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_text
from broadsheet.crawler.extraction.wording import BYLINE_WORD, CREDIT_LINE, SEE_ALSO_HEADING, SHARE_LINE
from broadsheet.storage.model import Candidate, FieldSource, Provenance

# What trafilatura would take out itself, after copying it and matching patterns against it: a third of its
# cost.
_NO_TEXT = (
    "head", "script", "style", "noscript", "svg", "template", "iframe", "link", "meta", "nav", "footer",
    "menu", "object", "embed",
    "audio", "video", "canvas", "picture", "button", "input", "select",
)  # fmt: skip
_NEVER_PRUNED = ("html", "body", "td")
_SHORT = 250
_MUCH_MORE = 1.6
_SHORT_ARTICLE = 1000
_LACKING_SHARE = 0.2
_MAX_BYLINE = 120
_MAX_SCRAP = 160
_MAX_SHARE = 120
_LABEL_MARKS = re.compile(r"[|·•/,]")
_MOTTO = re.compile(r"^[\"“”«„‟'‘].{8,300}[\"“”»'’]\s*[-–—(,]\s*\S.{2,160}$")
_HEAD_LINES = 8
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|h\d|li|ul|ol|blockquote)\b[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)


class Body(NamedTuple):
    """The text of an article with its provenance."""

    text: str | None
    provenance: Provenance | None


class BodyReader:
    """Reads the text of one page.

    Args:
        page: The page. Its tree is pruned: every other reader comes before this one.
        structured: What it says for machines.
        layout: Where headline and running text stand.
        dropped: Indices of the lines that belong to other fields.
    """

    def __init__(self, page: Page, structured: Structured, layout: Layout, dropped: Iterable[int]) -> None:
        self._page = page
        self._structured = structured
        self._layout = layout
        shared = frozenset(i for i, line in enumerate(layout.lines) if _is_share_bar(line))
        self._dropped = frozenset(dropped) | shared

    def read(self, *, title: str | None, authors: Iterable[str]) -> Body:
        """Read the text.

        Args:
            title: The headline: it is no part of the text.
            authors: Names by which bylines are known.
        """
        self._prune()
        names = tuple(authors)
        text = self._cleaned(fast_text(self._page.root, self._page.url), title, names)
        running = sum(len(self._layout.lines[i].text) for i in self._layout.paragraphs if i not in self._dropped)
        if "\n" not in text:
            text = self._own_paragraphs(text) or text
        if running > len(text) and (len(text) < _SHORT or (running > _MUCH_MORE * len(text) and self._lacks(text))):
            text = max(text, self._cleaned(full_text(self._page.root, self._page.url), title, names), key=len)
        stated = self._cleaned(as_text_lines(self._structured.article.get("articleBody")), title, names)
        found: list[tuple[FieldSource, str]] = [("trafilatura", text), ("json-ld", stated)]
        if len(stated) > max(_SHORT, _MUCH_MORE * len(text)) and running <= _MUCH_MORE * len(text):
            found.reverse()
        candidates = [Candidate(source=s, value=f"{len(value)} characters") for s, value in found if value]
        source, text = found[0]
        return Body(text, Provenance(source=source, candidates=candidates)) if text else Body(None, None)

    def _prune(self) -> None:
        """Take out of the tree what holds no text, or only lines of menus and of other fields."""
        unwanted = set(self._dropped)
        if self._layout.paragraphs:
            unwanted.update(
                i for i, line in enumerate(self._layout.lines) if _is_furniture(line) and i != self._layout.headline
            )
        boxes = [element for element in self._layout.outermost(unwanted) if element.tag not in _NEVER_PRUNED]
        for element in (*self._page.root.iter(*_NO_TEXT), *boxes):
            if element.getparent() is not None:
                element.drop_tree()

    def _lacks(self, text: str) -> bool:
        """Whether a text may lack a part of the article, and not only teasers of others.

        The paragraphs of an article stand one behind another; those of teasers stand alone, between titles and dates.
        """
        if len(text) < _SHORT_ARTICLE:
            return True
        found, paragraphs = _key(text), set(self._layout.paragraphs)
        neighbours = (i for i in paragraphs - self._dropped if i - 1 in paragraphs or i + 1 in paragraphs)
        lines = (self._layout.lines[i].text for i in neighbours)
        return sum(len(line) for line in lines if _key(line) not in found) > _LACKING_SHARE * len(text)

    def _own_paragraphs(self, text: str) -> str | None:
        """The page's paragraphs, where the text is all of them run together: so trafilatura dumps short pages."""
        first, last = self._layout.body
        own = [
            self._layout.lines[i].text for i in self._layout.paragraphs if first <= i <= last and i not in self._dropped
        ]
        return "\n".join(own) if len(own) > 1 and all(paragraph in text for paragraph in own) else None

    @cached_property
    def _unwanted(self) -> frozenset[str]:
        """What the lines of other fields say."""
        return frozenset(_key(self._layout.lines[i].text) for i in self._dropped)

    def _cleaned(self, text: str, title: str | None, authors: tuple[str, ...]) -> str:
        """The lines of a text that were written as part of the article."""
        if not text:
            return ""
        lines = [line.strip() for line in text.split("\n")]
        kept: list[str] = []
        for line in lines:
            key = _key(line)
            if not key or key in self._unwanted or _is_scrap(line):
                continue
            if len(kept) < _HEAD_LINES and _is_head(line, key, title, authors):
                continue
            kept.append(line)
        return "\n".join(self._without_tail(kept))

    def _without_tail(self, kept: list[str]) -> list[str]:
        """The lines without what follows the end of the article: mottos, and text of another container."""
        ends = list(self._ends())
        if not ends:
            return kept
        positions = {line.text: i for i, line in enumerate(self._layout.lines)}
        while len(kept) > 1:
            at = positions.get(kept[-1])
            before = next((p for line in reversed(kept[:-1]) if (p := positions.get(line)) is not None), None)
            if at is None or before is None or not self._is_tail(kept[-1], at, before, ends):
                break
            kept = kept[:-1]
        return kept

    def _is_tail(self, line: str, at: int, before: int, ends: list[int]) -> bool:
        found = self._layout.lines[at]
        if found.zone.footer:
            return True
        if not any(before < end < at for end in ends):
            return False
        container = self._layout.container
        outside = container is not None and container.tag != "body" and not self._layout.holds(container, at)
        return outside or _MOTTO.match(line) is not None

    def _ends(self) -> Iterator[int]:
        """Indices of the lines that come behind an article: share bars and the boxes of other fields."""
        for i in range(max(self._layout.body[0], 0), len(self._layout.lines)):
            if i in self._dropped:
                yield i


def as_text_lines(value: object) -> str:
    """The text of a JSON-LD ``articleBody``, markup removed, one paragraph a line."""
    if not isinstance(value, str):
        return as_text(value) or ""
    broken = _BLOCK_TAG.sub("\n", value) if "<" in value else value
    return "\n".join(text for line in broken.splitlines() if (text := as_text(_ANY_TAG.sub("", line))))


def _is_share_bar(line: Line) -> bool:
    """Whether a line is nothing but labels such as "Send to a friend | Printable version"."""
    return len(line.text) <= _MAX_SHARE and not line.heading and _are_share_labels(line.parts)


@lru_cache(maxsize=8192)
def _are_share_labels(parts: tuple[str, ...]) -> bool:
    labels = (label for part in parts for label in _LABEL_MARKS.split(part) if label.strip())
    first = collapse(next(labels, ""))
    return bool(SHARE_LINE.fullmatch(first)) and all(SHARE_LINE.fullmatch(collapse(label)) for label in labels)


def _is_furniture(line: Line) -> bool:
    return line.zone.navigation or line.zone.footer or line.zone.comments


def _is_scrap(line: str) -> bool:
    """A line that is a credit, a share bar or a label and nothing else."""
    text = line.removeprefix("- ")
    if len(text) > _MAX_SCRAP:
        return False
    return any(pattern.fullmatch(text) for pattern in (SHARE_LINE, SEE_ALSO_HEADING, CREDIT_LINE))


def _is_head(line: str, key: str, title: str | None, authors: tuple[str, ...]) -> bool:
    """A line at the beginning that repeats the headline, the byline or the date."""
    if title and key == _key(title):
        return True
    if len(line) > _MAX_BYLINE:
        return False
    named = [name for name in authors if name in line]
    rest = BYLINE_WORD.sub("", line)
    for name in named:
        rest = rest.replace(name, "")
    if named and (BYLINE_WORD.match(line) or len(rest) < 30):
        return True
    return any(len(line) - (m.end - m.start) < 20 for m in find_dates(plain(line)) if m.readings)


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
