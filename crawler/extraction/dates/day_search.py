"""The last resort for the day of an article: htmldate, which searches the whole page.

What its own patterns cannot read, htmldate gives to dateparser, which prefers what is past by the clock and compiles
patterns for two hundred languages before its first answer: seconds of CPU in each reader process. Here such a text is
given to `text` instead, so that the same page gives the same day always.
"""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date, datetime

from htmldate import extractors, find_date
from lxml import html

from broadsheet.crawler.extraction.dates.months import MONTHS
from broadsheet.crawler.extraction.dates.text import find_dates, plain
from broadsheet.crawler.extraction.page import Page

_WITH_COMMENTS = "//*[@*[contains(., '<!--')]]"
_NO_LETTER = re.compile(r"[\W_]+")
_SHORTEST_MONTH = 3
_LONGEST_WEEKDAY = len("poniedziałek")


def search_day(page: Page, *, latest: date) -> str | None:
    """Return the day that htmldate takes for that of the publication, as ISO 8601, or None.

    Args:
        page: The page.
        latest: The latest possible day: without it, htmldate asks the clock.
    """
    return find_date(_serializable(page.root), url=page.url, original_date=True, max_date=latest.isoformat())


def _serializable(root: html.HtmlElement) -> html.HtmlElement:
    """The tree without attributes in which comments begin.

    htmldate writes a tree out, and libxml2 looks for the end of each such comment to the end of the attribute, in a
    time that grows with the square of their number.
    """
    if not root.xpath(_WITH_COMMENTS):
        return root
    copied = deepcopy(root)
    for element in copied.xpath(_WITH_COMMENTS):
        for name, value in element.items():
            if "<!--" in value:
                del element.attrib[name]
    return copied


class _DateTextParser:
    """What htmldate wants of a dateparser, answered by `find_dates`."""

    def get_date_data(self, text: str) -> dict[str, datetime | None]:
        """The day that a text is, but for its weekday; none where it can mean two."""
        text = plain(text)
        found = [mention for mention in find_dates(text) if mention.readings]
        if len(found) != 1 or len(found[0].readings) != 1:
            return {"date_obj": None}
        rest = _NO_LETTER.sub("", text[: found[0].start] + text[found[0].end :])
        alone = len(rest) <= _LONGEST_WEEKDAY
        return {"date_obj": datetime.fromisoformat(found[0].readings[0].value) if alone else None}


_PARSER = _DateTextParser()
# By which htmldate tells whether a text is worth the parser; its own words are those of dateparser.
_MONTH_WORDS = frozenset(name for name in MONTHS if len(name) >= _SHORTEST_MONTH)
extractors.get_external_parser = lambda: _PARSER  # type: ignore[assignment]
extractors.month_words = lambda: _MONTH_WORDS  # type: ignore[assignment]
