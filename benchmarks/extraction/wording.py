"""Scores of text: shared runs of four tokens."""

import re
import unicodedata
from collections import Counter

from benchmarks.extraction.dataset import TruePage

# Scripts written without spaces: every character is a token.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("“”„«»‟", '"') | dict.fromkeys("’‘‚`´", "'") | dict.fromkeys("–—‑‐−", "-")
    | {"\u00ad": None, "\u200b": None, "…": "..."}
)  # fmt: skip
_RUN = 4

Shingle = tuple[str, ...]


def tokens(text: str | None) -> list[str]:
    """The words of a text; soft hyphens and zero-width characters split none."""
    return _TOKEN.findall((text or "").translate(_INVISIBLE))


def shingles(text: str | None) -> Counter[Shingle]:
    """How often each run of four tokens stands in a text; a shorter text is one run."""
    words = tokens(text)
    if not words:
        return Counter()
    if len(words) < _RUN:
        return Counter([tuple(words)])
    return Counter(zip(*(words[i:] for i in range(_RUN)), strict=False))


def normalised(text: str | None) -> str:
    """Unicode compatibility forms, quotes, dashes and white space made one."""
    plain = unicodedata.normalize("NFKC", text or "").translate(_TYPOGRAPHY)
    return " ".join(plain.split())


def overlap(true: str, found: str | None, optional: str = "") -> float:
    """F1 of the runs of two texts.

    Args:
        true: What should have been found.
        found: What was.
        optional: Text, a block a line, that may be there or not: what `found` has of it beyond `true` is not
            charged.
    """
    wanted, got = shingles(true), shingles(found)
    allowed: Counter[Shingle] = Counter()
    for line in optional.split("\n"):
        allowed |= shingles(line)
    got -= (got - wanted) & allowed
    if not wanted and not got:
        return 1.0
    return 2 * (wanted & got).total() / (wanted.total() + got.total())


def strict_score(page: TruePage, text: str | None) -> float:
    """F1 of a page's text against the whole body."""
    return overlap(page.body or "", text)


def lenient_score(page: TruePage, text: str | None) -> float:
    """F1 of a page's text where lead and subheads may be kept or left out, captions and headline are not charged."""
    body, parts = page.body or "", page.parts
    if parts is None:
        return strict_score(page, text)
    heads = set(parts.headlines)
    variants = {
        body,
        "\n".join(parts.paragraphs) or body,
        body.removeprefix("\n".join(parts.summary)).lstrip(),
        "\n".join(line for line in body.split("\n") if line not in heads),
    } - {""}
    optional = "\n".join([*(page.captions or []), page.title or ""])
    return max(overlap(variant, text, optional) for variant in variants)


def lead_found(lead: str, *texts: str | None) -> bool:
    """Whether at least four fifths of the runs of a lead stand in what was found."""
    wanted, got = shingles(normalised(lead).lower()), shingles(normalised("\n".join(filter(None, texts))).lower())
    return (wanted & got).total() >= 0.8 * wanted.total()


def segments(page: TruePage, text: str | None) -> tuple[int, int, int]:
    """How many wanted segments a text holds, how many unwanted ones, and how many wanted ones it lacks."""
    folded = " ".join((text or "").split())
    wanted = [" ".join(segment.split()) in folded for segment in page.segments_with or ()]
    unwanted = [" ".join(segment.split()) in folded for segment in page.segments_without or ()]
    return sum(wanted), sum(unwanted) if folded else 0, len(wanted) - sum(wanted)
