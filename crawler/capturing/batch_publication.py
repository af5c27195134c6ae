"""The steps of a batch from the spool into the archive: planned, published, acknowledged, discarded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from broadsheet.crawler.capturing.open_segment import Pair
from broadsheet.storage.documents import manifests
from broadsheet.storage.index import compaction
from broadsheet.storage.model import Extractor
from broadsheet.storage.publishing import planning, publication
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.lane import Lane
from broadsheet.storage.publishing.publication import Answer, Plan, Published
from broadsheet.storage.publishing.withholding import withhold
from broadsheet.storage.workspace import Workspace

# Given the batch's name, the key of its WARC segment, and what its pages came to.
Acknowledge = Callable[[str, str, Sequence[Answer]], None]


def plan_batch(
    workspace: Workspace, lane: Lane, batch: Batch, captures: list[Pair], extractor: Extractor
) -> tuple[Plan, list[Published]]:
    """Seal a batch of a lane, and decide and keep in the spool what it adds to the archive.

    Raises:
        StoreError: The store failed; the batch stays in the spool.
    """
    batch.seal()
    captures = withhold(batch, captures, workspace.store)
    plan, published = planning.plan(
        batch.name,
        batch.segment,
        captures,
        place=lane.place_of(batch),
        catalog=workspace.catalog,
        store=workspace.store,
        extractor=extractor,
    )
    batch.write_plan(publication.encode_plan(plan))
    return plan, published


def publish_planned(workspace: Workspace, lane: Lane, batch: Batch, plan: Plan, acknowledge: Acknowledge) -> None:
    """Publish and discard a batch of a lane that has a plan. May be repeated until it is discarded.

    Raises:
        StoreError: The store failed; the batch stays in the spool.
    """
    publication.publish(plan, batch.segment, workspace.store, workspace.catalog)
    acknowledge(batch.name, plan.warc_key, plan.answers)
    conclude(workspace, lane, batch, plan)


def conclude(workspace: Workspace, lane: Lane, batch: Batch, plan: Plan) -> None:
    """Discard a batch that is published and acknowledged."""
    lane.conclude(batch, plan.place, manifests.digest(plan.manifest))
    compaction.after_publication(workspace.store, plan.place, workspace.scratch)
