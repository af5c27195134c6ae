"""Pages that are served in place of the one asked for: log-in walls, consent walls, "page not found" with status 200.

No sign decides alone. Articles ask readers to log in and to accept cookies too, beside their text: what tells a wall is
that there is next to no other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple, cast

from lxml import etree, html

from broadsheet.crawler.extraction.layout import Layout, is_paragraph
from broadsheet.crawler.extraction.lines import Line, text_of
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured
from broadsheet.crawler.extraction.substitute_wording import ACCEPT, CONSENT, LOG_IN, NOT_FOUND
from broadsheet.crawler.extraction.wall_addresses import WallKind, wall_at

SubstituteKind = WallKind | Literal["page not found"]

_ACCOUNT_FIELD = etree.XPath("//input[@type='password' or @type='email' or @autocomplete='username']")
_PASSWORD_FIELD = etree.XPath("//input[@type='password']")
_BUTTON = etree.XPath("//button | //input[@type='submit' or @type='button'] | //a | //*[@role='button']")
_MOST_BUTTONS = 200
_HEADINGS = 3
_LONGEST_HEADING = 120
_LONGEST_NOTICE = 200
# Weight of running text about other things than log-in, consent or absence that a substitute may still show.
_LITTLE = 250
_NEXT_TO_NOTHING = 80
# Weight of what it says of consent.
_SPOKEN_OF = 100
_FEW_TEASERS = 8


class Substitute(NamedTuple):
    """What stands in place of the page asked for, and by what that is known."""

    kind: SubstituteKind
    evidence: str


def find_substitute(page: Page, structured: Structured, layout: Layout, title: str | None) -> Substitute | None:
    """Tell whether a page stands in place of another; one that describes an article to machines, only without its text.

    Args:
        page: The page, as it was parsed: reading the text takes forms out of it.
        structured: What it says for machines.
        layout: Its lines.
        title: What was read as its headline.
    """
    claimed = bool(structured.article_types) or structured.first_meta("article:published_time") is not None
    lines = [line for line in layout.lines if not line.zone.navigation and not line.zone.footer]
    if len({line.text for line in lines if line.teaser}) >= _FEW_TEASERS:
        return None
    seen = _Seen(page, lines, list(_headings(lines, title)), _NEXT_TO_NOTHING if claimed else _LITTLE)
    return seen.absence() or seen.consent_wall() or seen.login_wall()


class _Seen(NamedTuple):
    page: Page
    lines: list[Line]
    headings: list[str]
    little: int

    def absence(self) -> Substitute | None:
        headed = next((text for text in self.headings if NOT_FOUND.search(text)), None)
        enough = self.little if headed is None else 2 * self.little
        other = self._weight_beside(NOT_FOUND, up_to=enough)
        if other >= enough or (headed is None and self._is_about_something(other)):
            return None
        said = headed or next((line.text for line in self._short() if _says_absent(line.text)), None)
        return Substitute("page not found", f"it says {said[:_LONGEST_HEADING]!r}") if said is not None else None

    def consent_wall(self) -> Substitute | None:
        addressed = wall_at(self.page.url) == "consent wall"
        headed = any(CONSENT.search(text) for text in self.headings)
        named = addressed or headed
        if not named and self._weight_beside(CONSENT, up_to=_NEXT_TO_NOTHING) >= _NEXT_TO_NOTHING:
            return None
        about = sum(line.weight for line in self.lines if not line.linked and CONSENT.search(line.text))
        other = self._weight_beside(CONSENT, up_to=about)
        if about < _SPOKEN_OF or other >= about or self._is_about_something(other):
            return None
        if not named and self._has_other_heading():
            return None
        asked = next((text for text in self._buttons() if ACCEPT.search(text)), None) if not addressed else None
        if not addressed and asked is None:
            return None
        evidence = "its address" if addressed else f"the button {asked!r}"
        return Substitute("consent wall", f"{evidence}, {about:,} characters on consent and {other:,} on anything else")

    def login_wall(self) -> Substitute | None:
        addressed = wall_at(self.page.url) == "login wall"
        headed = next((text for text in self.headings if LOG_IN.search(text)), None)
        other = self._weight_beside(LOG_IN, CONSENT, up_to=2 * self.little)
        if other >= 2 * self.little or self._is_about_something(other):
            return None
        has_password, has_field = bool(_PASSWORD_FIELD(self.page.root)), bool(_ACCOUNT_FIELD(self.page.root))
        if other >= self.little and not (has_password and headed):
            return None
        field = "a field for a password" if has_password else "a field for an account" if has_field else "no field"
        if headed and (has_field or addressed):
            return Substitute("login wall", f"headed {headed[:_LONGEST_HEADING]!r}, {field}")
        if addressed and (has_field or other < _NEXT_TO_NOTHING):
            return Substitute("login wall", f"its address, {field}")
        if has_password and other < _NEXT_TO_NOTHING and not self._has_other_heading():
            return Substitute("login wall", f"{field} and {other:,} characters of running text")
        return None

    def _weight_beside(self, *subjects: re.Pattern[str], up_to: int) -> int:
        """The weight of the running text on other subjects, added up no further than it takes to tell."""
        weight = 0
        for line in self.lines:
            if is_paragraph(line) and not any(subject.search(line.text) for subject in subjects):
                weight += line.weight
                if weight >= up_to:
                    break
        return weight

    def _short(self) -> Iterator[Line]:
        return (line for line in self.lines if len(line.text) <= _LONGEST_NOTICE)

    def _is_about_something(self, other: int) -> bool:
        """Whether there is a heading and some text below it: then the rest is a dialogue beside an article."""
        return other >= _NEXT_TO_NOTHING and self._has_other_heading()

    def _has_other_heading(self) -> bool:
        """Whether a heading of the first rank speaks of something else."""
        firsts = [line.text for line in self.lines if line.block.tag == "h1"]
        return any(not (CONSENT.search(text) or LOG_IN.search(text)) for text in firsts)

    def _buttons(self) -> Iterator[str]:
        buttons = islice(cast("Iterable[html.HtmlElement]", _BUTTON(self.page.root)), _MOST_BUTTONS)
        return ((text_of(button) or button.get("value") or "")[:_LONGEST_HEADING] for button in buttons)


def _headings(lines: list[Line], title: str | None) -> Iterator[str]:
    if title:
        yield title
    yield from islice((line.text for line in lines if line.heading and len(line.text) <= _LONGEST_HEADING), _HEADINGS)


def _says_absent(text: str) -> bool:
    """Whether a line says that the page is not there; a number alone may be that of anything."""
    found = NOT_FOUND.search(text)
    return found is not None and found[0] != "404"
