"""Scores of headline, dates and authors: right or not."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import NamedTuple

from benchmarks.extraction.wording import normalised

_HAS_TIME = re.compile(r"\d[T ]\d{1,2}:\d\d")
_SAME_INSTANT = 60
_BYLINE_WORD = re.compile(
    r"^\s*(by|von|par|por|di|de|door|av|af|od|text|autor(?:in)?|author|redaktion:)\s*:?\s+", re.IGNORECASE
)
_BETWEEN_NAMES = re.compile(r",| and | und | et | y ")
_ALIKE = 0.9
_LONG_ENOUGH_TO_BE_ALIKE = 5


class DateScore(NamedTuple):
    """Whether the day is right, and the instant; None where the truth has no time of day."""

    day: bool
    instant: bool | None


def same_title(true: str, found: str | None) -> bool:
    """Whether a headline is the true one, typography and white space aside."""
    return bool(found) and normalised(true) == normalised(found)


def date_score(true: str, found: str | None) -> DateScore:
    """Compare a date with the true one, both as ISO 8601.

    A day is right in the zone of the truth or as written. An instant is right within a minute, and only if both
    have a zone or neither has.
    """
    wanted, got = _moment(true), _moment(found)
    if wanted is None:
        raise ValueError(f"the truth holds a date that is none: {true!r}")
    timed = bool(_HAS_TIME.search(true)) and (wanted.hour, wanted.minute, wanted.second) != (0, 0, 0)
    if got is None:
        return DateScore(day=False, instant=False if timed else None)
    got_timed = bool(_HAS_TIME.search(found or ""))
    comparable = (got.tzinfo is None) == (wanted.tzinfo is None)
    local = got.astimezone(wanted.tzinfo) if got_timed and got.tzinfo and wanted.tzinfo else got
    day = wanted.date() in (local.date(), got.date())
    if not timed:
        return DateScore(day=day, instant=None)
    return DateScore(day=day, instant=got_timed and comparable and abs((got - wanted).total_seconds()) <= _SAME_INSTANT)


def same_authors(true: Sequence[str], found: Sequence[str]) -> bool:
    """Whether all names are right and none is missing or too many, in any order."""
    wanted, left = _names(true), _names(found)
    for name in wanted:
        match = next((other for other in left if _same_name(name, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _moment(stated: str | None) -> datetime | None:
    stated = (stated or "").strip()
    try:
        return datetime.fromisoformat(stated)
    except ValueError:
        pass
    try:
        return datetime.strptime(stated, "%a %b %d %Y %H:%M:%S GMT%z")  # as JavaScript prints it
    except ValueError:
        return None


def _names(stated: Sequence[str]) -> list[str]:
    """Distinct names, folded; where commas or "and" join full names, they are several."""
    names: list[str] = []
    for entry in stated:
        pieces = [piece.strip() for piece in _BETWEEN_NAMES.split(entry) if piece.strip()]
        several = len(pieces) > 1 and all(len(piece.split()) > 1 for piece in pieces)
        names += pieces if several else [entry]
    return list(filter(None, dict.fromkeys(map(_folded, names))))


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", normalised(name))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()
    return " ".join(re.findall(r"\w+", _BYLINE_WORD.sub("", plain)))


def _same_name(one: str, other: str) -> bool:
    if sorted(one.split()) == sorted(other.split()):
        return True
    shorter = min(len(one), len(other))
    return shorter >= _LONG_ENOUGH_TO_BE_ALIKE and SequenceMatcher(None, one, other).ratio() >= _ALIKE
