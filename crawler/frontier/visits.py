"""A URL of a run, and everything that can become of it: each change is one statement, safe to repeat.

::

    waiting -> leased -> answered -> done       its answer was read, then its capture published
                      -> done                   it failed
                      -> skipped
                      -> waiting                the crawl ended before it was fetched, or its process was killed

What was captured is published in batches, and a URL may be captured several times (retries, redirects to itself): it is
done once the capture that was read, or a later one, is published.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, String, Text, and_, bindparam, case, null, or_, update

from broadsheet.crawler.entries import recency_of
from broadsheet.crawler.frontier.schema import visits
from broadsheet.storage.model import Hints
from broadsheet.storage.urls import identity_hash, site
from broadsheet.storage.versions import OutlinkKind

UNPUBLISHED = "unpublished"
# Of these, what a page leads to is known once it is published.
_READ = ("new", "changed", "unchanged", "not_article", "gone")

_encode_hints = msgspec.msgpack.Encoder().encode
_decode_hints = msgspec.msgpack.Decoder(Hints).decode


class Visit(Struct, frozen=True, kw_only=True):
    """A URL that is to be fetched.

    Attributes:
        url: Its normal form.
        kind: What it was announced as.
        depth: How many links it is away from a target.
        hops: How many redirects led to it, one behind another.
        via: The page it was found on.
        hints: What a feed or sitemap said of it.
        later: Whether it waits until all others were fetched.
    """

    url: str
    kind: OutlinkKind = "link"
    depth: int = 0
    hops: int = 0
    via: str | None = None
    hints: Hints | None = None
    later: bool = False


# The navigation of a site links the same pages from every page.
@lru_cache(maxsize=4096)
def key_of(url: str) -> str:
    """Return what two spellings of one address have in common, in 32 hexadecimal digits."""
    return identity_hash(url)


def encode(run: int, visit: Visit, position: int, reason: str | None, explanation: str | None) -> dict[str, Any]:
    """Return a visit as a row, waiting or skipped."""
    return {
        "run": run,
        "key": key_of(visit.url),
        "url": visit.url,
        "site": site(visit.url),
        "kind": visit.kind,
        "later": visit.later,
        "depth": visit.depth,
        "recency": recency_of(visit.hints),
        "hops": visit.hops,
        "position": position,
        "via": visit.via,
        "hints": None if visit.hints is None else _encode_hints(visit.hints),
        "state": "waiting" if reason is None else "skipped",
        "reason": reason,
        "explanation": explanation,
    }


COLUMNS = (visits.c.url, visits.c.kind, visits.c.depth, visits.c.hops, visits.c.via, visits.c.hints, visits.c.later)


def decode(row: Row[*tuple[Any, ...]]) -> Visit:
    """Return the visit of a row that begins with `COLUMNS`."""
    url, kind, depth, hops, via, hints, later = row[: len(COLUMNS)]
    said = None if hints is None else _decode_hints(hints)
    return Visit(url=url, kind=kind, depth=depth, hops=hops, via=via, hints=said, later=later)


def told(run: int, url: str, **said: str | datetime | None) -> dict[str, Any]:
    """Return the parameters of one of the statements below."""
    return {"of_run": run, "of_key": key_of(url), **said}


_STATE, _OUTCOME = visits.c.state, visits.c.outcome
_ONE = update(visits).where(visits.c.run == bindparam("of_run"), visits.c.key == bindparam("of_key"))
_EXPLANATION = bindparam("explanation", type_=Text)
_BECAUSE = bindparam("because", type_=String)
_AT = bindparam("at", type_=visits.c.checked_at.type)

LEASE = _ONE.where(_STATE == "waiting").values(state="leased")

# It was read, and what it leads to is noted: before this, or in the same transaction.
ANSWER = _ONE.where(_STATE == "leased").values(
    answered_at=_AT,
    state=case((and_(_OUTCOME.is_not(None), visits.c.checked_at >= _AT), "done"), else_="answered"),
)

FAIL = _ONE.values(state="done", outcome="failed", reason=null(), explanation=_EXPLANATION)

# What has an outcome keeps it.
SKIP = _ONE.values(
    state=case((_OUTCOME.is_(None), "skipped"), else_="done"),
    reason=case((_OUTCOME.is_(None), _BECAUSE), else_=null()),
    explanation=case((_OUTCOME.is_(None), _EXPLANATION), else_=visits.c.explanation),
)

# What was refused as a variant of another address, at which nothing could be had.
RECONSIDER = _ONE.where(_STATE == "skipped", visits.c.reason == "variant").values(
    state="waiting", reason=null(), explanation=null()
)

RELEASE = _ONE.where(_STATE == "leased").values(state="waiting", outcome=null(), explanation=null())

PUT_OFF = _ONE.where(_OUTCOME.is_(None), or_(_STATE == "leased", _STATE == "answered")).values(reason=UNPUBLISHED)

# A capture is published. What waits to be fetched, or is fetched again after an earlier capture, is not done by that.
ACKNOWLEDGE = _ONE.where(_STATE != "waiting", or_(visits.c.checked_at.is_(None), visits.c.checked_at <= _AT)).values(
    outcome=bindparam("became", type_=String),
    explanation=_EXPLANATION,
    answered_by=bindparam("answered_by", type_=Text),
    checked_at=_AT,
    reason=null(),
    state=case(
        (_STATE == "leased", "leased"),
        (and_(_STATE == "answered", visits.c.answered_at > _AT), "answered"),
        else_="done",
    ),
)

# What an ended process had, and nothing came of, is to be fetched again. What it had read and not followed stays
# leased: see `Run.unfollowed`.
TAKE_BACK = (
    update(visits)
    .where(
        visits.c.run == bindparam("of_run"),
        or_(
            _STATE == "answered",
            and_(_STATE == "leased", or_(_OUTCOME.is_(None), _OUTCOME.not_in(_READ))),
        ),
    )
    .values(
        state="waiting",
        outcome=null(),
        reason=null(),
        explanation=null(),
        answered_at=null(),
        checked_at=null(),
        answered_by=null(),
    )
)
UNFOLLOWED = and_(_STATE == "leased", _OUTCOME.is_not(None))
GIVE_UP = (
    update(visits)
    .where(visits.c.run == bindparam("of_run"), _STATE.in_(("waiting", "leased", "answered")))
    .values(
        state=case((and_(_STATE != "waiting", _OUTCOME.is_not(None)), "done"), else_="skipped"),
        outcome=case((_STATE == "waiting", null()), else_=_OUTCOME),
        reason=case(
            (and_(_STATE != "waiting", _OUTCOME.is_not(None)), null()),
            (visits.c.reason.is_(None), _BECAUSE),
            else_=visits.c.reason,
        ),
    )
)
