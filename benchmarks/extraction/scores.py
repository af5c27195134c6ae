"""From what was found to figures: one table of scores for each set."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from benchmarks.extraction.dataset import TruePage
from benchmarks.extraction.particulars import date_score, same_authors, same_title
from benchmarks.extraction.surroundings import BoxScore
from benchmarks.extraction.trial import Trial
from benchmarks.extraction.wording import lead_found, lenient_score, segments, strict_score

Row = dict[str, float | bool | None]
Figures = dict[str, tuple[float, int]]
"""By measure, its mean and the number of pages or boxes it is the mean of."""

MEASURES = {
    "text": "text, mean page F1",
    "lenient": "text lenient, mean page F1",
    "segments": "text, F1 of segments",
    "empty": "pages without any text",
    "title": "title exact",
    "day": "published: day",
    "instant": "published: instant",
    "modified day": "modified: day",
    "modified instant": "modified: instant",
    "authors": "authors all right",
    "lead": "lead found",
}


def page_scores(page: TruePage, trial: Trial) -> Row:
    """The scores of one page; what its truth does not judge is missing."""
    found = trial.found[page.id]
    row: Row = {}
    if page.body:
        row["text"] = None if page.truth_suspect else strict_score(page, found.text)
        row["lenient"] = lenient_score(page, found.text) if page.parts and not page.truth_suspect else None
        row["empty"] = not found.text
    if page.segments_with or page.segments_without:
        row["held"], row["unwanted"], row["missing"] = segments(page, found.text)
        row["empty"] = not found.text
    if page.title:
        row["title"] = same_title(page.title, found.title)
    if page.date:
        row["day"], row["instant"] = date_score(page.date, found.published)
    if page.modified:
        row["modified day"], row["modified instant"] = date_score(page.modified, found.modified)
    if page.authors:
        row["authors"] = same_authors(page.authors, found.authors)
    if page.lead:
        row["lead"] = lead_found(page.lead, found.lead, found.text)
    return {measure: value for measure, value in row.items() if value is not None}


def figures_by_set(pages: Iterable[TruePage], rows: Mapping[str, Row]) -> dict[str, Figures]:
    """The means of every measure over the pages of each set.

    Args:
        pages: All pages.
        rows: By page, its scores.
    """
    members: dict[str, list[Row]] = {}
    for page in pages:
        members.setdefault(page.set, []).append(rows[page.id])
    return {name: _means(own) for name, own in members.items()}


def _means(rows: Sequence[Row]) -> Figures:
    means: Figures = {}
    for measure in MEASURES:
        values = [value for row in rows if (value := row.get(measure)) is not None]
        if values:
            means[measure] = fmean(values), len(values)
    if counted := [row for row in rows if "held" in row]:
        held, unwanted, missing = (sum(row[key] or 0 for row in counted) for key in ("held", "unwanted", "missing"))
        means["segments"] = 2 * held / (2 * held + unwanted + missing), len(counted)
    return means


def box_figures(score: BoxScore) -> Figures:
    """What became of related links and asking boxes, as shares."""
    judged = sum(score.judged[kind] for kind in ("related", "grey", "wrong"))
    shares = {
        "related leaked": (score.related["hits"], score.related["all"]),
        "newsletter leaked": (score.newsletter["hits"], score.newsletter["all"]),
        "related recall": (score.wanted["hits"], score.wanted["all"]),
        # Lists of the same section or of the latest were not asked for, and are not charged.
        "related precision": (score.judged["related"] + score.judged["grey"], judged),
        "newsletter found": (score.asking["hits"], score.asking["all"]),
        "newsletter false alarm": (score.quiet["hits"], score.quiet["all"]),
    }
    return {name: (hits / of, of) for name, (hits, of) in shares.items() if of}
