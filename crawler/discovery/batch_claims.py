"""Pages of one batch that claim one another's addresses, when all of them are read again after a crash.

The crawl that captured them had held back what it read until it knew what is where they claim (`claims`). What of that
is in the batch or the archive decides here; who claims anything else stands for itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from broadsheet.crawler.discovery.variants import claimed_address, variant_finding
from broadsheet.storage.captures import Capture
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.urls import identity
from broadsheet.storage.versions import Finding

Pair = tuple[Capture, Finding | None]


def settle_together(captures: Sequence[Pair], catalog: Catalog) -> list[Pair]:
    """Return captures with what they were read as, each article at one address.

    Args:
        captures: Those of a batch with what reading them came to, in the order of their records.
        catalog: What the archive holds.
    """
    articles = {identity(capture.filed_as) for capture, finding in captures if finding and finding.article}
    claimed_by_others: set[str] = set()
    settled: list[Pair] = []
    for capture, finding in captures:
        claimed = None if finding is None else _claimed(capture, finding, catalog)
        own = identity(capture.filed_as)
        if finding is None or claimed is None or own in claimed_by_others:
            settled.append((capture, finding))
        elif identity(claimed) in articles or _stands(claimed, catalog):
            claimed_by_others.add(identity(claimed))
            articles.discard(own)
            settled.append((capture, variant_finding(finding, claimed)))
        else:
            settled.append((capture, finding))
    return settled


def _claimed(capture: Capture, finding: Finding, catalog: Catalog) -> str | None:
    """Return what a page claims, unless it stands for itself: it was asked for by name, or has versions already."""
    if finding.article is None or capture.request.via is None:
        return None
    known = catalog.get(capture.filed_as)
    if known is not None and known.standing is not None:
        return None
    return claimed_address(capture.filed_as, finding.canonical_url)


def _stands(url: str, catalog: Catalog) -> bool:
    known = catalog.get(url)
    return known is not None and known.standing is not None and known.state == "live"
