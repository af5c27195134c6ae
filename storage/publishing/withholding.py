"""Keeping out of the archive what is captured and must not be published.

Its article was taken down meanwhile, or its publisher reserves what the operator obeys.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from broadsheet.storage import cdxj
from broadsheet.storage.captures import Capture
from broadsheet.storage.documents.removals import Removal, Takedowns
from broadsheet.storage.errors import NoSuchObjectError
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.publication import Plan
from broadsheet.storage.publishing.reservations import opted_out
from broadsheet.storage.segments import redaction, warc
from broadsheet.storage.segments.reading import request_in
from broadsheet.storage.segments.redaction import WITHHELD_FIELD, Mark
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.versions import Finding

_Read = tuple[Capture, Finding | None]


def withhold(batch: Batch, captures: Sequence[_Read], store: ObjectStore) -> list[_Read]:
    """Take the captures that must not be published out of a sealed batch; return the others.

    Args:
        batch: The batch. Its segment is replaced where something is taken out; what was planned of it is forgotten.
        captures: Its captures with what reading their pages came to.
        store: The archive.

    Raises:
        StoreError: The store failed.
        OSError: The disk is full or fails.
    """
    takedowns = Takedowns(store)
    # What the scripts of a reserved page fetched is what it says, whatever is said of it itself.
    reserves = {
        capture.record_id: opted_out(capture, finding, partial(_response, batch, capture))
        for capture, finding in captures
    }
    by_page = {capture.url: reserves[capture.record_id] for capture, _ in captures if reserves[capture.record_id]}
    by_mark: dict[Mark, set[str]] = {}
    for capture, _ in captures:
        takedown = _takedown_of(takedowns, *_addresses(capture))
        if takedown is not None:
            by_mark.setdefault(Mark(takedown.beginning, takedown.at, batch.name), set()).add(capture.record_id)
        elif reserved := reserves[capture.record_id] or by_page.get(_shown_with(capture) or "", []):
            # Not of this moment: who repeats it after a crash writes the same bytes.
            mark = Mark(", ".join(reserved), captures[-1][0].captured_at, batch.name, WITHHELD_FIELD)
            by_mark.setdefault(mark, set()).add(capture.record_id)
    for mark, ids in by_mark.items():
        _take_out(batch, ids, by_page.keys() if mark.field == WITHHELD_FIELD else (), mark)
    withheld = set[str]().union(*by_mark.values())
    return [pair for pair in captures if pair[0].record_id not in withheld]


def is_to_be_planned_anew(plan: Plan, store: ObjectStore) -> bool:
    """Tell whether a plan has captures of an article that was taken down since, and nothing of it is published.

    Raises:
        StoreError: The store failed.
    """
    takedowns = Takedowns(store)
    lines = cdxj.decode(plan.index, plan.index_key)
    if not any(_takedown_of(takedowns, line.filed_as or line.url, line.url, line.via or line.url) for line in lines):
        return False
    try:
        store.size(plan.warc_key)
    except NoSuchObjectError:
        return True
    return False


def _response(batch: Batch, capture: Capture) -> bytes:
    return warc.read_member(batch.read(capture.offset, capture.length)).block


def _addresses(capture: Capture) -> list[str]:
    """Return the addresses of the articles that a capture tells of."""
    via = _shown_with(capture)
    return [capture.filed_as, capture.url, *([via] if via else [])]


def _shown_with(capture: Capture) -> str | None:
    """Return the page that a requisite was fetched for; None for any other capture."""
    return capture.request.via if capture.request.purpose == "requisite" else None


def _takedown_of(takedowns: Takedowns, *urls: str) -> Removal | None:
    return next((takedown for takedown in map(takedowns.of, urls) if takedown is not None), None)


def _take_out(batch: Batch, ids: set[str], pages: Collection[str], mark: Mark) -> None:
    """Take some captures out of a batch, and what was asked for in vain for pages that are taken out."""
    target = batch.segment.with_name("redacted.warc.gz")
    selection = redaction.select(
        batch.segment, lambda record: record.record_id in ids or (bool(pages) and _is_asked_for(pages, record))
    )
    redaction.redact(batch.segment, target, selection, mark)
    batch.replace_segment(target)


def _is_asked_for(pages: Collection[str], record: WarcRecord) -> bool:
    """Tell whether a metadata record says of a request that it was made for one of some pages."""
    if record.type != "metadata":
        return False
    request = request_in(record.block)
    return request.purpose == "requisite" and request.via in pages
