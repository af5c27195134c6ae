"""Takes out of a text what was not written as part of the article.

A byline, a credit, "Printable version", an inline teaser, the motto of the site behind the article, the life of its
writer: line by line, with what the page says of the line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from broadsheet.crawler.extraction.corrections import is_correction
from broadsheet.crawler.extraction.dates.claims import is_dateline
from broadsheet.crawler.extraction.dates.text import find_dates, plain
from broadsheet.crawler.extraction.editorial_wording import is_invitation, is_life, is_note
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.passages import Passage, Passages, key_of
from broadsheet.crawler.extraction.wording import (
    BYLINE_WORD,
    CREDIT_LINE,
    OTHER_LIST_HEADING,
    SEE_ALSO_HEADING,
    SHARE_LINE,
)

_MAX_BYLINE = 120
_MAX_SCRAP = 160
_MOTTO = re.compile(r"^[\"“”«„‟'‘].{8,300}[\"“”»'’]\s*[-–—(,]\s*\S.{2,160}$")
_HEAD_LINES = 8
_MIN_PART = 8
_SHARE_OF_OTHERS = 0.4
_TEASER_LENGTH = 22
_SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"”»'’)\]]*$")


class Cleaner:
    """Cleans the texts that were found on one page.

    Args:
        layout: The lines of the page.
        dropped: Indices of those that belong to other fields.
        passages: Finds the lines of a text on the page.
        title: The headline: it is no part of the text.
        authors: Names by which bylines are known.
    """

    def __init__(
        self,
        layout: Layout,
        dropped: Collection[int],
        passages: Passages,
        *,
        title: str | None,
        authors: Iterable[str],
    ) -> None:
        self._layout = layout
        self._dropped = dropped
        self._passages = passages
        self._title = title
        self._authors = tuple(authors)
        self._names = tuple(name.casefold() for name in self._authors)

    def cleaned(self, text: str) -> list[Passage]:
        """The lines of a text that were written as part of the article, with those of its columns that it lacks."""
        if not text:
            return []
        found = self._passages.completed(self._passages.align(line.strip() for line in text.split("\n")))
        kept: list[Passage] = []
        for passage in found:
            line, key = passage.text, passage.key
            if (
                not key
                or key in self._unwanted
                or (passage.line is None and key in self._torn)
                or _is_scrap(line)
                or (is_note(line) and not is_correction(line))
                or self._is_elsewhere(passage)
            ):
                continue
            if len(kept) < _HEAD_LINES and (self._is_head(line, key) or self._is_above(passage)):
                continue
            kept.append(passage)
        return self._without_end_matter(self._without_tail(self._without_asides(kept)))

    @cached_property
    def _unwanted(self) -> frozenset[str]:
        """What the lines of other fields say."""
        return frozenset(key_of(self._layout.lines[i].text) for i in self._dropped)

    @cached_property
    def _torn(self) -> frozenset[str]:
        """Their parts: trafilatura tears a line without an element of its own apart, at its links and emphasis."""
        keys = (key_of(part) for i in self._dropped for part in self._layout.lines[i].parts)
        return frozenset(key for key in keys if len(key) >= _MIN_PART)

    def _is_head(self, line: str, key: str) -> bool:
        """A line at the beginning that repeats the headline, the byline or the date."""
        if self._title and key == key_of(self._title):
            return True
        if len(line) > _MAX_BYLINE:
            return False
        if BYLINE_WORD.fullmatch(f"{line} "):
            return True
        rest = BYLINE_WORD.sub("", line.casefold())
        named = [name for name in self._names if name in rest]
        for name in named:
            rest = rest.replace(name, "")
        if named and (BYLINE_WORD.match(line) or len(rest) < 30):
            return True
        written = plain(line)
        return is_dateline(written) or any(
            len(line) - (m.end - m.start) < 20 for m in find_dates(written) if m.readings
        )

    def _is_above(self, passage: Passage) -> bool:
        """Whether a line stands above the headline and is no sentence: the name of the site, a menu, a kicker."""
        above = passage.line is not None and passage.line < self._layout.headline
        return above and len(passage.text) <= _MAX_BYLINE and _SENTENCE_END.search(passage.text) is None

    def _is_elsewhere(self, passage: Passage) -> bool:
        """Whether a passage is nothing but a link to another article: no sentence, and no heading of the text."""
        if passage.line is None:
            return False
        line = self._layout.lines[passage.line]
        if line.zone.listed and line.link_length >= _TEASER_LENGTH and line.link_length * 2 >= len(line.text):
            # "KICKER: title", only the title a link.
            return not line.text.startswith("http") and _SENTENCE_END.search(line.text) is None
        if not line.teaser or not line.linked or line.text.startswith("http"):
            return False
        first, last = self._layout.body
        if line.zone.listed or line.zone.link or not first <= passage.line <= last:
            return True
        return not line.heading and _SENTENCE_END.search(line.text) is None

    def _without_asides(self, kept: list[Passage]) -> list[Passage]:
        """The lines without those at the side of a text that stands in the middle."""
        main = [p for p in kept if p.line is None or not self._layout.lines[p.line].zone.aside]
        return main if 2 * sum(len(p.text) for p in main) > sum(len(p.text) for p in kept) else kept

    def _without_end_matter(self, kept: list[Passage]) -> list[Passage]:
        """The lines without a heading that nothing follows, an invitation to the reader, or the life of the writer."""
        end = self._list_of_others(kept)
        while end and (self._is_heading(kept[end - 1]) or self._is_end_matter(kept[end - 1])):
            end -= 1
        return kept[:end] or kept

    def _list_of_others(self, kept: list[Passage]) -> int:
        """Where the heading of a list of other articles begins that only teasers follow; the end without one."""
        paragraphs = frozenset(self._layout.paragraphs)
        total, behind = sum(len(passage.text) for passage in kept), 0
        end = len(kept)
        for number in range(len(kept) - 1, 0, -1):
            line = kept[number].line
            behind += len(kept[number].text)
            if line is None or (line in paragraphs and line + 1 in paragraphs) or behind > _SHARE_OF_OTHERS * total:
                break
            if self._is_heading(kept[number]) and OTHER_LIST_HEADING.fullmatch(kept[number].text):
                end = number
        return end

    def _is_heading(self, passage: Passage) -> bool:
        return passage.line is not None and self._layout.lines[passage.line].heading

    def _is_end_matter(self, passage: Passage) -> bool:
        return is_invitation(passage.text) or is_life(passage.text, self._authors)

    def _without_tail(self, kept: list[Passage]) -> list[Passage]:
        """The lines without what follows the end of the article: mottos, and text of another container."""
        ends = list(self._ends())
        while ends and len(kept) > 1:
            at = kept[-1].line
            before = next((p.line for p in reversed(kept[:-1]) if p.line is not None), None)
            if at is None or before is None or not self._is_tail(kept[-1].text, at, before, ends):
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


def _is_scrap(line: str) -> bool:
    """A line that is a credit, a share bar or a label and nothing else."""
    text = line.removeprefix("- ")
    if len(text) > _MAX_SCRAP:
        return False
    return any(pattern.fullmatch(text) for pattern in (SHARE_LINE, SEE_ALSO_HEADING, CREDIT_LINE))
