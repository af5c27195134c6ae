"""When an article was published and last modified, as exactly as the page says, and no more.

Every statement about a date is a `Claim`. Claims are ranked by where they stand: JSON-LD of the article,
microdata, article meta elements, the feed, the address, the visible header, meta elements that may date something
else, the month in the address, times told from the moment of the capture ("3 hours ago"), and last what htmldate
finds. `choice` decides between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from broadsheet.crawler.extraction.dates.choice import (
    Stated,
    choose_modified,
    choose_published,
    latest_day,
    possible,
)
from broadsheet.crawler.extraction.dates.claims import (
    MAX_DATE_LINE,
    Claim,
    Role,
    claims_of_line,
    claims_of_value,
    relative_claim,
)
from broadsheet.crawler.extraction.dates.day_search import search_day
from broadsheet.crawler.extraction.dates.order import OrderEvidence, day_of, proved_order
from broadsheet.crawler.extraction.dates.script_dates import script_dates
from broadsheet.crawler.extraction.dates.text import Mention, Order, find_dates, plain
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import Line
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_text, content_of
from broadsheet.storage.model import Candidate, Date, Hints, Provenance

_META: dict[Role, tuple[str, ...]] = {
    "published": (
        "article:published_time", "article:published", "og:article:published_time", "og:published_time",
        "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime",
        "article.published", "published_time", "publish-date", "publish_date", "pubdate", "publication_date",
        "publicationdate", "date.issued", "datepublished", "dateposted", "article_date_original", "ptime",
        "dc.date.issued", "dcterms.issued",
        "dcsext.articlefirstpublished", "originalpublicationdate", "iso-8601-publish-date", "displaydate",
        "shareaholic:article_published_time",
        "citation_publication_date", "citation_date", "bt:pubdate", "vr:published_time", "analytics-date",
    ),
    "modified": (
        "article:modified_time", "article:modified", "og:updated_time", "og:modified_time",
        "article.updated", "lastmod", "last-modified",
        "last_modified", "modified_time", "dcterms.modified", "dc.date.modified", "datemodified",
        "revised", "updated_time", "utime",
        "article:modified-date", "iso-8601-modified-date", "shareaholic:article_modified_time",
    ),
}  # fmt: skip
# As often the day of a print edition, of a draft or of the last change.
_WEAK_META = (
    "dcterms.created", "dc.date.created", "dcterms.date", "dc.date", "dc:date", "cre_date", "creation_date", "date",
    "release_date",
)  # fmt: skip
_JSON_LD: dict[Role, tuple[str, ...]] = {
    "published": ("datePublished", "dateCreated", "uploadDate"),
    "modified": ("dateModified",),
}
_URL_DAY = re.compile(r"(?<!\d)(20[0-4]\d|19[89]\d)([/_-]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_URL_MONTH = re.compile(r"/(20[0-4]\d|19[89]\d)/(0[1-9]|1[0-2])/")
_EVIDENCE_PARAGRAPHS = 60
_NEAR_LINES = 6
_MAX_ASIDE = 40
_BEHIND_TEXT = 20
_DATELINE_RANK = 40
_DATELINE = re.compile(r"(?:[^\W\d][\w .()-]{1,30},\s*)?(?:(?:den|le|il)\s)?$")
_DATELINE_END = re.compile(r"\s*[.:,;)/|–—-]")


class Dates(NamedTuple):
    """The dates of an article with their provenance."""

    published: Date | None
    modified: Date | None
    provenance: dict[str, Provenance]


class DateReader:
    """Reads the dates of one page."""

    def __init__(
        self,
        page: Page,
        structured: Structured,
        layout: Layout,
        *,
        captured_at: datetime,
        language: str | None,
    ) -> None:
        self._page = page
        self._structured = structured
        self._layout = layout
        self._captured_at = captured_at
        self._latest = latest_day(captured_at)
        self._language = language

    def read(self, hints: Hints | None, listed: Iterable[Mention] = ()) -> Dates:
        """Choose the dates.

        Args:
            hints: What a feed or sitemap said, or None.
            listed: The dates shown in lists of related articles.
        """
        visible = self._visible()
        claims = [*self._stated(hints), *self._day_in_url(), *visible, *self._weakly_stated(), *self._month_in_url()]
        if not visible:
            claims += self._told_from_capture()
        shown = list(listed)
        evidence = self.evidence(claims, shown)
        published = self._published(claims, evidence)
        if published is None or published.value.precision in ("month", "year"):
            claims += script_dates(self._page) or self._from_htmldate(shown)
            published = self._published(claims, evidence)
        modified = choose_modified(possible("modified", claims, evidence, self._captured_at))
        chosen: dict[Role, Stated | None] = {"published": published, "modified": modified}
        provenance: dict[str, Provenance] = {
            role: Provenance(source=stated.source, candidates=_candidates(role, claims))
            for role, stated in chosen.items()
            if stated is not None
        }
        return Dates(published.value if published else None, modified.value if modified else None, provenance)

    def _published(self, claims: list[Claim], evidence: OrderEvidence) -> Stated | None:
        published, modified = (
            possible(role, claims, evidence, self._captured_at) for role in ("published", "modified")
        )
        return choose_published(published, modified)

    def evidence(self, claims: list[Claim], listed: Iterable[Mention]) -> OrderEvidence:
        """What the page offers for settling numeric dates; gathered only where one needs it."""
        if not any(len(claim.readings) > 1 for claim in claims):
            return OrderEvidence(self._latest)
        settled = [claim for claim in claims if len(claim.readings) == 1 and claim.source != "visible"]
        days = [day_of(claim.readings[0]) for claim in settled]
        named, spelled = self._named_days()
        return OrderEvidence(
            self._latest,
            stated=tuple(day for day in days if day is not None),
            same_role=proved_order(claim.mention for claim in claims if claim.mention is not None),
            named_days=named,
            spelled=spelled,
            language=self._language,
            url=self._page.url,
            other_role=proved_order(listed),
        )

    def _stated(self, hints: Hints | None) -> Iterator[Claim]:
        for role in ("published", "modified"):
            yield from self._from_json_ld(role, self._structured.article)
            for element in self._structured.microdata.get(
                "datePublished" if role == "published" else "dateModified", ()
            ):
                yield from claims_of_value(role, "microdata", content_of(element))
            for name, value in self._structured.meta_values(*_META[role]):
                yield from claims_of_value(role, "opengraph" if name.startswith(("article:", "og:")) else "meta", value)
            yield from self._from_json_ld(role, self._structured.web_page)
            if hints is not None:
                yield from claims_of_value(role, "feed", hints.published if role == "published" else hints.modified)

    def _weakly_stated(self) -> Iterator[Claim]:
        for _, value in self._structured.meta_values(*_WEAK_META):
            yield from claims_of_value("published", "meta", value)

    def _from_json_ld(self, role: Role, node: dict[str, Any]) -> Iterator[Claim]:
        for key in _JSON_LD[role]:
            yield from claims_of_value(role, "json-ld", as_text(node.get(key)))

    def _visible(self) -> list[Claim]:
        """Dates shown around the headline, those with a label and those nearest to it first."""
        rated: list[tuple[float, int, Claim]] = []
        for i in self._layout.header():
            line = self._layout.lines[i]
            if self._may_carry_date(line, i):
                # Above the headline stands the day of the capture, too.
                distance = abs(i - self._layout.headline) + (0.5 if i < self._layout.headline else 0)
                for claim, labelled in claims_of_line(line):
                    rated.append((distance / 10 if labelled else distance, i, claim))
        first, last = self._layout.body
        if (dateline := self._dateline(first)) is not None:
            rated.append((_DATELINE_RANK, first, dateline))
        for i in range(max(last, 0), min(last + _BEHIND_TEXT, len(self._layout.lines))):
            line = self._layout.lines[i]
            if self._may_carry_date(line, i):
                rated += [(50 + i - first, i, claim) for claim, labelled in claims_of_line(line) if labelled]
        claims = [claim for *_, claim in sorted(rated, key=lambda entry: entry[:2])]
        near = next((i for i, (_, line, _) in enumerate(sorted(rated, key=lambda e: e[:2])) if self._is_near(line)), -1)
        return [claim._replace(near=i == near) for i, claim in enumerate(claims)]

    def _dateline(self, first: int) -> Claim | None:
        """The date with which the text begins, alone or behind a place: "Berlin, 28 October 2021 - "."""
        text = plain(self._layout.lines[first].text[:MAX_DATE_LINE]) if first >= 0 else ""
        mention = next((mention for mention in find_dates(text) if mention.readings), None)
        if mention is None or not _DATELINE.match(text[: mention.start]) or not _DATELINE_END.match(text, mention.end):
            return None
        return Claim("published", "visible", mention.readings, mention)

    def _may_carry_date(self, line: Line, index: int) -> bool:
        zone = line.zone
        if len(line.text) > MAX_DATE_LINE or zone.navigation or zone.footer or zone.comments:
            return False
        if line.linked and index != self._layout.headline + 1:
            return False
        # Beside the headline an aside holds byline and date.
        beside = zone.aside and not (
            len(line.text) <= _MAX_ASIDE and self._layout.headline < index and self._is_near(index)
        )
        return not (beside or (zone.listed and index < self._layout.headline))

    def _told_from_capture(self) -> list[Claim]:
        """The one time told from the capture beside the headline; several are those of a list."""
        near = [i for i in self._layout.header() if i > self._layout.headline and self._is_near(i)]
        lines = [self._layout.lines[i] for i in near if self._may_carry_date(self._layout.lines[i], i)]
        claims = [claim for line in lines if (claim := relative_claim(line, self._captured_at)) is not None]
        roles = [claim.role for claim in claims]
        return claims if len(roles) == len(set(roles)) else []

    def _is_near(self, index: int) -> bool:
        """Whether a line stands beside the headline, or between it and the text."""
        headline, first = self._layout.headline, self._layout.body[0]
        return headline >= 0 and (abs(index - headline) <= _NEAR_LINES or headline < index < first)

    def _day_in_url(self) -> Iterator[Claim]:
        day = _URL_DAY.search(self._page.url)
        if day is not None and (day[2] or len(day[0]) == len("20160610")):
            yield from claims_of_value("published", "url", f"{day[1]}-{day[3]:0>2}-{day[4]:0>2}")

    def _month_in_url(self) -> Iterator[Claim]:
        month = _URL_MONTH.search(self._page.url)
        if month is not None:
            yield from claims_of_value("published", "url", f"{month[1]}-{month[2]}")

    def _from_htmldate(self, listed: list[Mention]) -> Iterator[Claim]:
        found = search_day(self._page, latest=self._latest)
        others = {reading.value[:10] for mention in listed for reading in mention.readings}
        # What the running text speaks of is not the day of its publication.
        others |= {f"{year}-{month:02}-{day:02}" for month, day, year in self._named_days()[0] if year is not None}
        # A first of January is what it makes of a bare year, mostly that of a copyright notice.
        if found is not None and not found.endswith("-01-01") and found not in others:
            yield from claims_of_value("published", "trafilatura", found)

    def _named_days(self) -> tuple[tuple[tuple[int, int, int | None], ...], Order | None]:
        named: list[tuple[int, int, int | None]] = []
        spelled: list[Order] = []
        for i in self._layout.paragraphs[:_EVIDENCE_PARAGRAPHS]:
            for mention in find_dates(plain(self._layout.lines[i].text)):
                if mention.spelled is not None:
                    spelled.append(mention.spelled)
                if mention.month_day is not None:
                    named.append((*mention.month_day, None))
                elif not mention.numeric and (day := day_of(mention.readings[0])) is not None:
                    named.append((day.month, day.day, day.year))
        # Of as many of one as of the other the first by name: the same page gives the same answer every time.
        orders = sorted(set(spelled), key=lambda order: (-spelled.count(order), order))
        return tuple(named), orders[0] if orders else None


def _candidates(role: Role, claims: Iterable[Claim]) -> list[Candidate]:
    found = [(c.source, reading.value) for c in claims if c.role == role for reading in c.readings]
    return [Candidate(source=source, value=value) for source, value in dict.fromkeys(found)]
