"""The standfirst: the sentence under the headline that is set apart from the text."""

from __future__ import annotations

import re
from collections.abc import Collection, Container

from broadsheet.crawler.extraction.layout import Layout, column_of
from broadsheet.crawler.extraction.lines import Line
from broadsheet.crawler.extraction.structured import Structured, as_text
from broadsheet.crawler.extraction.wording import BYLINE_WORD, CREDIT_LINE, SHARE_LINE

_CLASS = re.compile(
    r"(?:^|[\s_-])(?:sub-?(?:title|headline|head|heading)|stand-?first|dek|deck|lead|lede|leadin|"
    r"intro(?:duction)?|preamble|summary|sottotitolo|occhiello|chapo|chapeau|"
    r"vorspann|teaser|entradilla|bajada|excerpt|abstract|ingress|manchet|perex|podtitul|lid|anons|"
    r"sapo)(?:$|[\s_-])|standfirst|subtitle|subheadline",
    re.IGNORECASE,
)
_MIN_LENGTH, _MAX_LENGTH = 20, 700
_WINDOW = 14
_MAX_BYLINE = 120
_SAME_BEGINNING = 40
_RIGHT_BELOW = 4
_MIN_HEADING = 40
_QUESTION = re.compile(r"[?？؟;]\s*[\"”»]?$")


def read_subtitle(
    structured: Structured, layout: Layout, dropped: Container[int], *, authors: Collection[str] = ()
) -> str | None:
    """Find the first line behind the headline that is set apart from the text.

    Args:
        structured: What the page says for machines.
        layout: Where the headline stands.
        dropped: Indices of the lines that belong to other fields.
        authors: Names by which bylines are known.
    """
    standfirst = Standfirst(structured, layout, dropped, authors)
    start = standfirst.headline + 1
    window = range(start, min(start + _WINDOW - 1, len(layout.lines))) if start else ()
    found = (i for i in window if standfirst.is_possible(i) and standfirst.is_set_apart(i))
    return next((layout.lines[i].text for i in found), None)


class Standfirst:
    """Knows the lines that are set apart behind the headline.

    A line is one when its markup says so, when it is emphasised as a whole right below the headline, when it is a
    heading there with a sentence in it, or when it is what the page gives machines as its description and is not
    simply the first paragraph of the text.

    Attributes:
        headline: Index of the line that shows the headline above the text; -1 where none does.
    """

    def __init__(
        self, structured: Structured, layout: Layout, dropped: Container[int], authors: Collection[str]
    ) -> None:
        self._layout = layout
        self._authors = tuple(name.casefold() for name in authors)
        self._dropped = dropped
        self._descriptions = _descriptions(structured)
        self.headline = _headline_above_text(layout)

    def is_possible(self, index: int, *, listed: bool = False) -> bool:
        """Whether a line may be set apart at all.

        Args:
            index: Of the line.
            listed: Whether it may be an entry of a list.
        """
        line, headline = self._layout.lines[index], self._layout.lines[self.headline]
        if index in self._dropped or line.text == headline.text or (line.zone.listed and not listed):
            return False
        return _possible(line) and not self._is_byline(line.text)

    def _is_byline(self, text: str) -> bool:
        """Whether a line says who wrote the article: a byline may be emphasised, too."""
        if len(text) > _MAX_BYLINE or BYLINE_WORD.match(text) is None:
            return False
        return any(name in text.casefold() for name in self._authors)

    def is_set_apart(self, index: int) -> bool:
        """Whether something sets a line apart from the text behind it."""
        line, layout = self._layout.lines[index], self._layout
        below = index - self.headline
        if self.is_question(index):
            return False
        if _marked(line) or (below <= _RIGHT_BELOW and _is_sentence_heading(line)):
            return True
        if below <= _RIGHT_BELOW and _set_apart(line, index, layout):
            return True
        return _described(line.text, self._descriptions) and not _opens_the_text(line, index, layout)

    def is_question(self, index: int) -> bool:
        """Whether a line is one of the questions of an interview: another one is set like it."""
        line = self._layout.lines[index]
        if _QUESTION.search(line.text) is None:
            return False
        behind = (other for other in self._layout.lines[index + 1 :] if column_of(other) == column_of(line))
        return any(_QUESTION.search(other.text) and _emphasised(other) == _emphasised(line) for other in behind)


def _headline_above_text(layout: Layout) -> int:
    """The line of the headline; where that stands in a menu or nowhere, the heading above the text."""
    at = layout.headline
    if at >= 0 and not layout.lines[at].zone.navigation:
        return at
    above = range(at + 1, layout.body[0])
    headings = [i for i in above if layout.lines[i].heading and not layout.lines[i].zone.navigation]
    if not headings:
        return at
    return headings[0] if at >= 0 else headings[-1]


def _possible(line: Line) -> bool:
    zone = line.zone
    if not _MIN_LENGTH <= len(line.text) <= _MAX_LENGTH or (" " not in line.text and line.text.isascii()):
        return False
    if line.linked or zone.navigation or zone.aside or zone.footer or zone.comments or zone.figure:
        return False
    return not (SHARE_LINE.fullmatch(line.text) or CREDIT_LINE.fullmatch(line.text))


def _is_sentence_heading(line: Line) -> bool:
    """Whether a line is a heading too long for the title of a chapter."""
    return line.block.tag in ("h2", "h3", "h4") and len(line.text) >= _MIN_HEADING


def _marked(line: Line) -> bool:
    for element in (line.block, line.block.getparent()):
        if element is not None and element.tag not in ("body", "main", "article", "section"):
            name = f"{element.get('class') or ''} {element.get('itemprop') or ''} {element.get('id') or ''}"
            if _CLASS.search(name) and len(element) <= 3:
                return True
    return False


def _set_apart(line: Line, index: int, layout: Layout) -> bool:
    """Whether a line is emphasised as a whole and the text behind it is not."""
    if not _emphasised(line):
        return False
    following = next((layout.lines[i] for i in layout.paragraphs if i > index), None)
    return following is not None and not _emphasised(following)


def _emphasised(line: Line) -> bool:
    return all(element.tag in ("b", "strong", "em", "i") for element in line.elements)


def _descriptions(structured: Structured) -> list[str]:
    stated = (
        structured.first_meta("og:description"),
        structured.first_meta("description"),
        as_text(structured.article.get("description")),
    )
    return [text for text in stated if text]


def _described(text: str, descriptions: list[str]) -> bool:
    return any(text == d or (len(d) >= _SAME_BEGINNING and text.startswith(d[:_SAME_BEGINNING])) for d in descriptions)


def _opens_the_text(line: Line, index: int, layout: Layout) -> bool:
    """Whether a line is a paragraph like the ones behind it: descriptions are often cut from the first."""
    following = next((i for i in layout.paragraphs if i > index), None)
    if following is None:
        return True
    other = layout.lines[following].block
    return other.getparent() is line.block.getparent() and (other.tag, other.get("class")) == (
        line.block.tag,
        line.block.get("class"),
    )
