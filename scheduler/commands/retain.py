"""`broadsheet retain`: remove what is older than its source is to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from msgspec import Struct

from broadsheet.scheduler.options import archive_option, config_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.scheduler.presence import require_archive
from broadsheet.scheduler.sources import reading, settings
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.whereabouts import required
from broadsheet.scheduler.wording import counted
from broadsheet.storage import layout
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.tables.repair import renew_after_removal
from broadsheet.storage.takedown.index_lines import Doomed
from broadsheet.storage.takedown.retention import Retention, due, retain
from broadsheet.storage.workspace import Workspace


class RetainedSource(Struct, frozen=True, kw_only=True):
    """What is removed of one source: captures from before a moment, and the versions among them."""

    source: str
    before: datetime
    captures: int
    versions: int


class Retained(Struct, frozen=True, kw_only=True):
    """What a retention came to, as `retain --json` prints it; `removals` are the documents that say so."""

    dry_run: bool
    sources: list[RetainedSource]
    removals: list[str]


@click.command("retain")
@config_option("The sources file, which says how long each is kept.")
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and remove nothing.")
@json_option
@archive_option
def command(sources_file: Path | None, archive: str, *, dry_run: bool, as_json: bool) -> None:
    """Remove what is older than the `retention` of its source in the sources file.

    Versions go when they ceased to stand longer ago than that: the latest version of an article that still stands never
    goes. Records are taken out of the WARC segments; what was removed stays written down, without the content. It
    cannot be undone. What is fetched again is archived again.
    """
    sources_file = required(sources_file)
    retentions = settings.retentions(reading.load(sources_file))
    if all(retention.age is None for retention in retentions):
        raise ConfigError(f"no source of {sources_file} has a `retention`, such as '400 days': all are kept for ever")
    require_archive(archive)
    now = datetime.now(UTC)
    with Workspace.open(archive) as workspace:
        made = [] if dry_run else _retain(workspace, retentions, now)
        sources = _found(due(workspace.store, retentions, now), retentions, now) if dry_run else _told(made)
    answer = Retained(dry_run=dry_run, sources=sources, removals=[removals.encode(removal)[0] for removal in made])
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _retain(workspace: Workspace, retentions: Sequence[Retention], now: datetime) -> list[Removal]:
    with workspace.removing() as remover:
        made = retain(remover, retentions, now)
    workspace.catalog.refresh(workspace.store)
    # Most commands need not wait for SQLAlchemy.
    from broadsheet.scheduler.forgetting import forget_versions_in_service

    removed = [gone.key for removal in made for gone in removal.snapshots if gone.key.startswith(layout.SNAPSHOTS)]
    forget_versions_in_service(workspace, removed)
    renew_after_removal(workspace.store, now.date())
    return made


def _found(found: Mapping[str, list[Doomed]], retentions: Sequence[Retention], now: datetime) -> list[RetainedSource]:
    lines = {source: [line for batch in batches for line in batch.lines] for source, batches in found.items()}
    return [
        RetainedSource(
            source=retention.source,
            before=now - retention.age,
            captures=len(lines[retention.source]),
            versions=sum(line.snapshot is not None for line in lines[retention.source]),
        )
        for retention in retentions
        if retention.age is not None and retention.source in lines
    ]


def _told(made: Sequence[Removal]) -> list[RetainedSource]:
    told = []
    for source in dict.fromkeys(removal.source for removal in made):
        of_source = [removal for removal in made if removal.source == source]
        before = of_source[0].before
        if source is not None and before is not None:
            told.append(
                RetainedSource(
                    source=source,
                    before=before,
                    captures=sum(len(index.captures) for removal in of_source for index in removal.indexes),
                    versions=sum(
                        gone.key.startswith(layout.SNAPSHOTS) for removal in of_source for gone in removal.snapshots
                    ),
                )
            )
    return told


def _print(answer: Retained) -> None:
    if not answer.sources:
        console().print("nothing is older than it may be")
    for source in answer.sources:
        what = "would be removed" if answer.dry_run else "removed"
        console().print(
            f"{source.source}: {counted(source.captures, 'capture')} "
            f"from before {source.before:%Y-%m-%d %H:%M} {what}, {counted(source.versions, 'version')} among them",
            soft_wrap=True,
        )
    for key in answer.removals:
        console().print(f"  {key}", soft_wrap=True)
