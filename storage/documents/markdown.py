"""An article's text as Markdown, from the plain text and what its lines are."""

from __future__ import annotations

import re

from broadsheet.storage.model import Article, TextLine

_LIST_MARK = "- "
_INDENT = "    "
# CommonMark 0.31.2, section 2.4: what a backslash before it makes a plain character. Those that begin nothing inside
# a line are left as they are.
_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_AT_START = re.compile(r"^([#+~=|-]|\d{1,9}(?=[.)]))")


def article_markdown(article: Article) -> str:
    """Return the text of an article as Markdown (CommonMark): headings, lists and quotations as such.

    Args:
        article: The article; one that was stored without structure gives paragraphs.

    Returns:
        The text without a line break at its end; empty where the article has none.
    """
    lines = article.text.split("\n") if article.text else []
    kinds = {line.line: line for line in article.structure}
    written = ""
    before: TextLine | None = None
    for number, text in enumerate(lines):
        line = kinds.get(number)
        written += _between(before, line) if written else ""
        written += _line(text, line)
        before = line
    return written


def _between(before: TextLine | None, line: TextLine | None) -> str:
    """What parts two lines: the entries of one list follow each other, quoted paragraphs stay one quotation."""
    if before is None or line is None or before.kind != line.kind or line.kind == "heading":
        return "\n\n"
    return "\n" if line.kind == "list_item" else "\n>\n"


def _line(text: str, line: TextLine | None) -> str:
    if line is None:
        return _escaped(text)
    if line.kind == "heading":
        return "#" * min(max(line.level, 1), 6) + " " + _escaped(text)
    if line.kind == "quote":
        return "> " + _escaped(text)
    mark = "1. " if line.ordered else _LIST_MARK
    return _INDENT * (line.level - 1) + mark + _escaped(text.removeprefix(_LIST_MARK))


def _escaped(text: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", text)
    match = _AT_START.match(escaped)
    if match is None:
        return escaped
    return match[1] + "\\" + escaped[match.end() :] if match[1].isdigit() else "\\" + escaped
