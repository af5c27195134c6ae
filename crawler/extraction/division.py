"""How the running text of a page is divided: an article's stands in one piece, that of a list between its headlines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from broadsheet.crawler.extraction.layout import is_paragraph
from broadsheet.crawler.extraction.lines import Line, is_dense

_TEASER_WEIGHT = 22
_SHORT_LINK = 24
_MANY_ALIKE = 4
_EXCERPT = 60
_MANY_EXCERPTS = 4
_LARGEST_SHARE = 0.4
_LONGEST_EXCERPT = 900
_HEADLINES_WITH_TEXT = 0.6


class Division(NamedTuple):
    """What was counted.

    Attributes:
        headlines: How many headings that are links, or links that say "read more", there are.
        excerpts: How many pieces of running text stand between them.
        longest: Characters of the longest of them.
        total: Characters of all.
    """

    headlines: int
    excerpts: int
    longest: int
    total: int

    @property
    def is_even(self) -> bool:
        """Whether the text is that of many entries, none of which is the page's own."""
        if self.excerpts < _MANY_EXCERPTS or self.excerpts < _HEADLINES_WITH_TEXT * self.headlines:
            return False
        return self.longest < min(_LARGEST_SHARE * self.total, _LONGEST_EXCERPT)


def announces(line: Line) -> bool:
    """Whether a line is a link as long as a headline, in scripts without spaces in half the characters."""
    if line.teaser:
        return True
    return line.linked and is_dense(line.text) and line.link_length * 2 >= _TEASER_WEIGHT


def divide(lines: Sequence[Line]) -> Division:
    """Count the pieces of running text between headlines that are links, and links that all say "read more".

    Args:
        lines: The lines of the page, those of menus and the footer left out.
    """
    alike = _repeated_links(lines)
    pieces = [0]
    headed = False
    for line in lines:
        is_more = headed and line.text in alike
        if _is_linked_heading(line) or is_more:
            pieces.append(0)
            headed = False
        elif line.heading:
            headed = True
        elif is_paragraph(line) or (line.weight >= _EXCERPT and not line.linked):
            pieces[-1] += line.weight
    texts = [piece for piece in pieces if piece >= _EXCERPT]
    return Division(len(pieces) - 1, len(texts), max(texts, default=0), sum(texts))


def _is_linked_heading(line: Line) -> bool:
    """Whether a line is a heading that is a link to another page, or a link that holds a heading and more."""
    if line.link is None or (line.link.get("href") or "#").startswith("#"):
        return False
    return (line.heading and line.linked) or (
        announces(line) and any(element.tag in ("h2", "h3", "h4") for element in line.elements)
    )


def _repeated_links(lines: Iterable[Line]) -> set[str]:
    """The texts of short links that stand on lines of their own and lead to different pages each."""
    targets: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.link is not None and line.linked and len(line.text) <= _SHORT_LINK and not line.zone.comments:
            target = line.link.get("href") or ""
            if not target.startswith("#"):
                targets[line.text].add(target)
    return {text for text, different in targets.items() if len(different) >= _MANY_ALIKE}
