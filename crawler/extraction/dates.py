"""When an article was published and last modified, as exactly as the page says, and no more.

Every statement about a date is a `Claim`. Claims are ranked by where they stand: JSON-LD of the article,
microdata, article meta elements, other meta elements, the feed, the address, the visible header, and last
what htmldate finds. The first claim that can be true stands; a later one on the same day that is finer (it
adds the time, or the zone to the same clock reading) replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from broadsheet.crawler.extraction.date_claims import (
    MAX_DATE_LINE,
    Claim,
    Role,
    claims_of_line,
    claims_of_value,
    is_finer,
)
from broadsheet.crawler.extraction.date_order import OrderEvidence, day_of, proved_order, settle
from broadsheet.crawler.extraction.date_text import Mention, Order, find_dates, plain
from broadsheet.crawler.extraction.day_search import search_day
from broadsheet.crawler.extraction.layout import Layout
from broadsheet.crawler.extraction.lines import Line
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.structured import Structured, as_text, content_of
from broadsheet.storage.model import Candidate, Date, FieldSource, Hints, Provenance

_META: dict[Role, tuple[str, ...]] = {
    "published": (
        "article:published_time", "article:published", "og:article:published_time", "og:published_time",
        "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime",
        "article.published", "published_time", "publish-date", "publish_date", "pubdate", "publication_date",
        "publicationdate", "date.issued", "datepublished", "dateposted", "article_date_original", "ptime",
        "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "dcterms.date",
        "dc.date", "dc:date",
        "dcsext.articlefirstpublished", "originalpublicationdate", "iso-8601-publish-date", "displaydate",
        "shareaholic:article_published_time",
        "citation_publication_date", "citation_date", "bt:pubdate", "vr:published_time", "analytics-date",
        "cre_date", "creation_date", "date", "release_date",
    ),
    "modified": (
        "article:modified_time", "article:modified", "og:updated_time", "og:modified_time",
        "article.updated", "lastmod", "last-modified",
        "last_modified", "modified_time", "dcterms.modified", "dc.date.modified", "datemodified",
        "revised", "updated_time", "utime",
        "article:modified-date", "iso-8601-modified-date", "shareaholic:article_modified_time",
    ),
}  # fmt: skip
_JSON_LD: dict[Role, tuple[str, ...]] = {
    "published": ("datePublished", "dateCreated", "uploadDate"),
    "modified": ("dateModified",),
}
_URL_DAY = re.compile(r"(?<!\d)(20[0-4]\d|19[89]\d)([/_-]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_URL_MONTH = re.compile(r"/(20[0-4]\d|19[89]\d)/(0[1-9]|1[0-2])/")
_FUTURE_TOLERANCE = timedelta(hours=26)
_EVIDENCE_PARAGRAPHS = 60
# A page cannot show an earlier day of its own publication; texts and captions do.
_FIRST_WEB_YEAR = "1990"


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
        self._latest = (captured_at + _FUTURE_TOLERANCE).date()
        self._language = language

    def read(self, hints: Hints | None, listed: Iterable[Mention] = ()) -> Dates:
        """Choose the dates.

        Args:
            hints: What a feed or sitemap said, or None.
            listed: The dates shown in lists of related articles.
        """
        claims = [*self._stated(hints), *self._from_url(), *self._visible()]
        shown = list(listed)
        evidence = self.evidence(claims, shown)
        published, published_from = self._choose("published", claims, evidence)
        if published is None or published.precision == "month":
            claims += self._from_htmldate(shown)
            published, published_from = self._choose("published", claims, evidence)
        modified, modified_from = self._choose("modified", claims, evidence)
        sources: dict[Role, FieldSource | None] = {"published": published_from, "modified": modified_from}
        provenance: dict[str, Provenance] = {
            role: Provenance(source=source, candidates=_candidates(role, claims))
            for role, source in sources.items()
            if source is not None
        }
        return Dates(published, modified, provenance)

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

    def _from_json_ld(self, role: Role, node: dict[str, Any]) -> Iterator[Claim]:
        for key in _JSON_LD[role]:
            yield from claims_of_value(role, "json-ld", as_text(node.get(key)))

    def _visible(self) -> list[Claim]:
        """Dates shown around the headline, those with a label and those nearest to it first."""
        rated: list[tuple[float, int, Claim]] = []
        for i in self._layout.header():
            line = self._layout.lines[i]
            if self._may_carry_date(line, i):
                distance = abs(i - self._layout.headline)
                for claim, labelled in claims_of_line(line):
                    rated.append((distance / 10 if labelled else distance, i, claim))
        first, last = self._layout.body
        for i in range(max(last, 0), min(last + 12, len(self._layout.lines))):
            line = self._layout.lines[i]
            if self._may_carry_date(line, i):
                rated += [(50 + i - first, i, claim) for claim, labelled in claims_of_line(line) if labelled]
        return [claim for *_, claim in sorted(rated, key=lambda entry: entry[:2])]

    def _may_carry_date(self, line: Line, index: int) -> bool:
        zone = line.zone
        if len(line.text) > MAX_DATE_LINE or zone.navigation or zone.footer or zone.comments:
            return False
        if line.linked and index != self._layout.headline + 1:
            return False
        return not (zone.aside or (zone.listed and index < self._layout.headline))

    def _from_url(self) -> Iterator[Claim]:
        day = _URL_DAY.search(self._page.url)
        month = _URL_MONTH.search(self._page.url)
        if day is not None and (day[2] or len(day[0]) == len("20160610")):
            yield from claims_of_value("published", "url", f"{day[1]}-{day[3]:0>2}-{day[4]:0>2}")
        elif month is not None:
            yield from claims_of_value("published", "url", f"{month[1]}-{month[2]}")

    def _from_htmldate(self, listed: list[Mention]) -> Iterator[Claim]:
        found = search_day(self._page, latest=self._latest)
        others = {reading.value[:10] for mention in listed for reading in mention.readings}
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

    def _choose(
        self, role: Role, claims: list[Claim], evidence: OrderEvidence
    ) -> tuple[Date | None, FieldSource | None]:
        chosen: Date | None = None
        source: FieldSource | None = None
        for claim in claims:
            if claim.role != role:
                continue
            value = settle(claim.readings, evidence)
            if (
                value is None
                or not self._possible(value)
                or (claim.source == "visible" and value.value < _FIRST_WEB_YEAR)
            ):
                continue
            if chosen is None or is_finer(value, chosen):
                chosen, source = value, claim.source
        return chosen, source

    def _possible(self, value: Date) -> bool:
        if value.zone == "stated":
            return datetime.fromisoformat(value.value) <= self._captured_at + _FUTURE_TOLERANCE
        return (day_of(value) or date.min) <= self._latest


def _candidates(role: Role, claims: Iterable[Claim]) -> list[Candidate]:
    found = [(c.source, reading.value) for c in claims if c.role == role for reading in c.readings]
    return [Candidate(source=source, value=value) for source, value in dict.fromkeys(found)]
