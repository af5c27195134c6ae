"""The date of publication in the data that a page's scripts build it from: a last resort before guesses."""

from __future__ import annotations

import re

from broadsheet.crawler.extraction.dates.claims import Claim, claims_of_value
from broadsheet.crawler.extraction.dates.order import day_of
from broadsheet.crawler.extraction.page import Page

# A key of JSON or of JSON inside a string that names a publication: "publishedAt", "first_publish_date", "deployDt".
_STATED = re.compile(
    r"""["'](?:first_?)?(?:publish(?:ed)?|publication|deploy|release)_?(?:date|dt|time|at|on)\\*["']\s*:\s*\\*["']"""
    r"""([^"'\\<>]{8,35})""",
    re.IGNORECASE,
)


def script_dates(page: Page) -> list[Claim]:
    """Return the claims in scripts where all of them are of one day; those of several days date a list."""
    found: list[Claim] = []
    for script in page.root.iter("script"):
        for match in _STATED.finditer(script.text or ""):
            found += claims_of_value("published", "meta", match[1])
    one_day = len({day_of(claim.readings[0]) for claim in found}) == 1
    return list(dict.fromkeys(found)) if one_day else []
