"""The text of an article: trafilatura's, without the boxes and bars that are not part of what was written.

Related and asking boxes are taken out of the tree before trafilatura reads it; what reaches the text all the same is
taken out line by line. Its fast mode is enough for most pages. Its full mode is asked where what came out fits the
running text of the page badly, JSON-LD's ``articleBody`` where that says much more, and the state of the page's
scripts where the page shows next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from broadsheet.crawler.extraction.body_text import as_text_lines
from broadsheet.crawler.extraction.cleaning import Cleaner
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lead import Lead
from broadsheet.crawler.extraction.lines import Line, collapse
from broadsheet.crawler.extraction.main_text import fast_text, full_text
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.passages import LIST_MARK, Passage, Passages, key_of
from broadsheet.crawler.extraction.script_text import script_text
from broadsheet.crawler.extraction.structure import read_structure
from broadsheet.crawler.extraction.structured import Structured
from broadsheet.crawler.extraction.wording import SHARE_LINE
from broadsheet.storage.model import Candidate, FieldSource, Provenance, TextLine

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
_FITS, _FITS_BETTER = 0.5, 0.1
_SENTENCE = re.compile(r"(?<=[.!?…。！？।؟])\s*")
_LETTERS = 0.8
_MAX_SHARE = 120
_LABEL_MARKS = re.compile(r"[|·•/,]")


class Body(NamedTuple):
    """The text of an article with its provenance, and what its lines are."""

    text: str | None = None
    provenance: Provenance | None = None
    structure: tuple[TextLine, ...] = ()


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
        self._passages = Passages(layout, self._dropped)

    def read(self, *, title: str | None, authors: Iterable[str], lead: Lead | None = None) -> Body:
        """Read the text.

        Args:
            title: The headline: it is no part of the text.
            authors: Names by which bylines are known.
            lead: What the text begins with.
        """
        running = sum(len(self._layout.lines[i].text) for i in self._layout.paragraphs if i not in self._dropped)
        scripted = script_text(self._page, title) if running < _SHORT else ""
        self._prune()

        cleaned = Cleaner(self._layout, self._dropped, self._passages, title=title, authors=authors).cleaned
        found = self._found(cleaned)
        text = as_text_lines(self._structured.article.get("articleBody"))
        said = [_candidate("trafilatura", _length(found)), _candidate("json-ld", len(text))]
        passages = found
        if len(text) > max(_SHORT, _MUCH_MORE * _length(found)) and self._is_better(stated := cleaned(text), found):
            said = [_candidate("json-ld", _length(stated)), said[0]]
            passages = stated
        elif len(scripted) > max(_SHORT, _MUCH_MORE * _length(found)):
            passages = cleaned(scripted)
            said = [_candidate("meta", _length(passages)), *said]
        candidates = [candidate for candidate in said if candidate is not None]
        if lead is not None and passages:
            passages = self._passages.with_lead(passages, lead)
        if not passages:
            return Body()
        structure = read_structure(passages, self._layout, lead.lines if lead is not None else ())
        entries = {line.line for line in structure if line.kind == "list_item"}
        lines = [
            LIST_MARK + passage.text.removeprefix(LIST_MARK) if number in entries else passage.text
            for number, passage in enumerate(passages)
        ]
        return Body("\n".join(lines), Provenance(source=candidates[0].source, candidates=candidates), tuple(structure))

    def _found(self, cleaned: Callable[[str], list[Passage]]) -> list[Passage]:
        """What trafilatura finds, its full mode asked where its fast one fits the page badly."""
        fast = cleaned(fast_text(self._page.root, self._page.url))
        fit = self._fit(fast)
        if fit >= _FITS:
            return fast
        full = cleaned(full_text(self._page.root, self._page.url))
        best = full if self._fit(full) > fit + _FITS_BETTER else fast
        if len(best) > 1:
            return best
        own = cleaned("\n".join(self._layout.lines[i].text for i in self._own_paragraphs()))
        if len(own) > 1:
            return own
        return cleaned("\n".join(line for passage in best for line in self._passages.divided(passage)))

    def _fit(self, passages: list[Passage]) -> float:
        """How well a text fits the running text of the page: the harmonic mean of how much of either is in the other.

        Paragraphs of an article stand one behind another; those of teasers alone, between titles and dates. So only the
        first are asked for.
        """
        whole = "".join(passage.key for passage in passages)
        wanted = {i: key_of(self._layout.lines[i].text) for i in self._neighbours}
        total = sum(map(len, wanted.values()))
        if not total or not whole:
            return float(bool(whole))
        covered = sum(len(key) for key in wanted.values() if key in whole) / total
        first, last = self._layout.body
        pure = sum(len(p.key) for p in passages if p.line is not None and (p.line in wanted or first <= p.line <= last))
        return 2 * covered * pure / (covered * len(whole) + pure) if covered and pure else 0.0

    def _is_better(self, stated: list[Passage], found: list[Passage]) -> bool:
        """Whether the stated body is the text: it says much more, without repeating itself, than the page shows."""
        if _length(stated) <= max(_SHORT, _MUCH_MORE * _length(found)):
            return False
        running = sum(len(self._layout.lines[i].text) for i in self._own_paragraphs())
        sentences = {key for p in stated for part in _SENTENCE.split(p.text) if (key := key_of(part))}
        return (
            running <= _MUCH_MORE * _length(found) and sum(map(len, sentences)) > _MUCH_MORE * _length(found) * _LETTERS
        )

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

    def _own_paragraphs(self) -> list[int]:
        """The paragraphs of the column that are not part of other fields."""
        first, last = self._layout.body
        return [i for i in self._layout.paragraphs if first <= i <= last and i not in self._dropped]

    @cached_property
    def _neighbours(self) -> list[int]:
        """Paragraphs that stand next to another one; all of them where none do."""
        paragraphs = set(self._layout.paragraphs)
        found = [i for i in self._layout.paragraphs if i not in self._dropped]
        return [i for i in found if i - 1 in paragraphs or i + 1 in paragraphs] or found


def _is_share_bar(line: Line) -> bool:
    """Whether a line is nothing but labels such as "Send to a friend | Printable version"."""
    if len(line.text) > _MAX_SHARE or line.zone.navigation or line.zone.footer or line.heading:
        return False
    return _are_share_labels(line.parts)


@lru_cache(maxsize=8192)
def _are_share_labels(parts: tuple[str, ...]) -> bool:
    labels = (label for part in parts for label in _LABEL_MARKS.split(part) if label.strip())
    first = collapse(next(labels, ""))
    return bool(SHARE_LINE.fullmatch(first)) and all(SHARE_LINE.fullmatch(collapse(label)) for label in labels)


def _is_furniture(line: Line) -> bool:
    return line.zone.navigation or line.zone.footer or line.zone.comments


def _length(passages: list[Passage]) -> int:
    return sum(len(passage.text) + 1 for passage in passages) - 1 if passages else 0


def _candidate(source: FieldSource, length: int) -> Candidate | None:
    return Candidate(source=source, value=f"{length} characters") if length else None
