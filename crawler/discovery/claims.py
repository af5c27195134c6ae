"""Pages that claim another address of their site as their own: believed where an article is found there.

Until that is known, what such a page was read as is held back. A claim that turns out wrong, or that nobody got to,
costs nothing: the page is an article at its own address then.
"""

from __future__ import annotations

from typing import NamedTuple

from broadsheet.crawler.capturing.open_segment import OpenSegment
from broadsheet.crawler.capturing.recorder import Captured
from broadsheet.crawler.discovery.admission import Admission
from broadsheet.crawler.discovery.variants import claimed_address, variant_finding
from broadsheet.crawler.entries import Entry
from broadsheet.crawler.frontier.recent import Recent
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.visits import Visit, key_of
from broadsheet.storage.captures import Capture
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.versions import Finding


class _Held(NamedTuple):
    segment: OpenSegment
    capture: Capture
    finding: Finding


class Claims:
    """Hands what pages were read as to the archive, each article at one address.

    Args:
        run: Where every URL is noted.
        admission: What is fetched.
        catalog: What the archive holds.
        follow: Whether the crawl goes on from what a page says; if not, each page stands for itself.
    """

    def __init__(self, run: Run, admission: Admission, catalog: Catalog, *, follow: bool) -> None:
        self._run = run
        self._admission = admission
        self._catalog = catalog
        self._follow = follow
        self._held: dict[str, list[_Held]] = {}
        self._articles = Recent()

    async def settle(self, captured: Captured, finding: Finding | None, *, depth: int) -> Visit | None:
        """Have the archive take what a page was read as, or hold it back until it is known what is where it claims.

        Args:
            captured: The page.
            finding: What it was read as, or None where it was not read.
            depth: How many links from a target it is away; what was asked for by name stands for itself.

        Returns:
            What is to be fetched next for that.
        """
        capture, segment = captured.capture, captured.awaited_by
        claimed = None if segment is None or depth == 0 else self._claimed_by(capture, finding)
        if claimed is None:
            self._decide(capture.filed_as, is_article=self.is_article(capture, finding))
        if finding is None or segment is None:
            return None
        if claimed is None:
            segment.settle(capture, finding)
            return None
        if key_of(claimed) in self._articles or self._is_known(claimed):
            segment.settle(capture, variant_finding(finding, claimed))
            return None
        return await self._look_at(claimed, _Held(segment, capture, finding), depth=depth)

    def refute(self, address: str) -> None:
        """Note that no article is to be had at an address: who claims it stands for itself."""
        self._decide(address, is_article=False)

    def is_article(self, capture: Capture, finding: Finding | None) -> bool:
        """Tell whether a capture shows an article, be it one that has not changed."""
        if finding is None:
            return capture.revisit and self._is_known(capture.url)
        return finding.article is not None

    def _claimed_by(self, capture: Capture, finding: Finding | None) -> str | None:
        filed = capture.filed_as
        if finding is None or finding.article is None or not self._follow:
            return None
        # What others claim is the address itself, whatever it claims; what has versions goes on having them.
        if key_of(filed) in self._held or self._admission.is_held(filed):
            return None
        return claimed_address(filed, finding.canonical_url)

    async def _look_at(self, claimed: str, held: _Held, *, depth: int) -> Visit | None:
        await self._admission.admit([Entry(url=claimed)], depth=depth, via=held.capture.url, hops=1)
        self._admission.reconsider(claimed)
        visit = self._run.lease_at_once(claimed)
        if visit is None and not self._run.is_under_way(claimed):
            held.segment.settle(held.capture, held.finding)  # Nothing is fetched there, or it was no article.
            return None
        self._held.setdefault(key_of(claimed), []).append(held)
        return visit

    def _decide(self, address: str, *, is_article: bool) -> None:
        if is_article:
            self._articles.add(key_of(address))
        for segment, capture, finding in self._held.pop(key_of(address), ()):
            segment.settle(capture, variant_finding(finding, address) if is_article else finding)

    def _is_known(self, url: str) -> bool:
        known = self._catalog.get(url)
        return known is not None and known.standing is not None and known.state == "live"
