"""Scores of what surrounds an article: boxes that leak into its text, related links, newsletter boxes."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.extraction.contenders import Found
from benchmarks.extraction.dataset import Box, BoxedPage, Boxes
from benchmarks.extraction.wording import normalised, tokens

# A link's text of fewer tokens, or a run of fewer, may stand in any text by chance.
_SHORTEST_LINK = 5
_RUN = 8
_IDENTIFYING_QUERY = re.compile(r"(^|&)(p|id|article|objectId)=")

Runs = set[tuple[str, ...]]


@dataclass
class BoxScore:
    """Counts over all pages.

    Attributes:
        related: Related boxes, and how many of them leaked.
        newsletter: Asking boxes, and how many of them leaked.
        wanted: Related links that should have been found, and how many were.
        judged: Found links by what they are: `related`, `grey`, `wrong`, `unjudged`.
        asking: Pages with an asking box, and how many of them were recognised.
        quiet: Pages without any, and how many were taken for one.
    """

    related: Counter[str] = field(default_factory=Counter)
    newsletter: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    asking: Counter[str] = field(default_factory=Counter)
    quiet: Counter[str] = field(default_factory=Counter)


def score_boxes(boxes: Boxes, found: Mapping[str, Found], bodies: Mapping[str, str]) -> BoxScore:
    """Score what was found on the pages whose boxes were judged.

    Args:
        boxes: The judged boxes.
        found: By page, what an extractor found.
        bodies: By page, the true body: what stands in it as well is no leak.
    """
    score = BoxScore()
    for page in boxes.pages:
        if (article := found.get(page.id)) is None:
            continue
        _count_leaks(score, page, article.text, bodies.get(page.id))
        if article.related is not None and page.related:
            _count_links(score, page, article.related)
        if article.asks is not None and page.newsletter:
            _count(score.asking, hit=article.asks)
    for negative in boxes.newsletter_negatives:
        if (article := found.get(negative.id)) is not None and article.asks is not None:
            _count(score.quiet, hit=article.asks)
    return score


def _count(counter: Counter[str], *, hit: bool) -> None:
    counter["all"] += 1
    counter["hits"] += hit


def _count_leaks(score: BoxScore, page: BoxedPage, text: str | None, body: str | None) -> None:
    inside, true = _words(text), _words(body)
    for box in page.related:
        links = (_words(link["text"]) for link in box.links)
        runs = [
            own
            for link in links
            if len(link) >= _SHORTEST_LINK
            and (own := _runs(link, min(len(link), _RUN)) - _runs(true, min(len(link), _RUN)))
        ]
        if runs:
            _count(score.related, hit=any(_holds(inside, own) for own in runs))
    for box in page.newsletter:
        if own := _runs(_words(box.text), _RUN) - _runs(true, _RUN):
            _count(score.newsletter, hit=_holds(inside, own))


def _count_links(score: BoxScore, page: BoxedPage, related: Iterable[str]) -> None:
    wanted = _addresses(page.related)
    grey = _addresses(page.grey) - wanted
    wrong = _addresses(page.not_related) - wanted - grey
    got = {_address(url) for url in related}
    score.wanted.update(all=len(wanted), hits=len(wanted & got))
    score.judged.update(
        related=len(got & wanted),
        grey=len(got & grey),
        wrong=len(got & wrong),
        unjudged=len(got - wanted - grey - wrong),
    )


def _words(text: str | None) -> list[str]:
    return [word.lower() for word in tokens(normalised(text))]


def _runs(words: list[str], length: int) -> Runs:
    return set(zip(*(words[i:] for i in range(length)), strict=False))


def _holds(words: list[str], runs: Runs) -> bool:
    return bool(runs & _runs(words, len(next(iter(runs)))))


def _addresses(boxes: Iterable[Box]) -> set[str]:
    return {_address(link["href"]) for box in boxes for link in box.links}


def _address(url: str) -> str:
    """A link's address without scheme, "www." and the parts of a query that name no article."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if _IDENTIFYING_QUERY.search(parts.query) else ""
    return parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/") + query
