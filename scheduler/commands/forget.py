"""`broadsheet forget URL`: take an article down."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from msgspec import Struct

from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, errors, print_json
from broadsheet.scheduler.presence import require_archive
from broadsheet.scheduler.wording import counted
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.tables.repair import renew_after_removal
from broadsheet.storage.takedown.takedown import foresee, forget
from broadsheet.storage.urls import normalise
from broadsheet.storage.workspace import Workspace


class Forgotten(Struct, frozen=True, kw_only=True):
    """What a takedown came to: how many captures and versions were removed, and the documents that say so.

    Beside them, the batches of this machine's spool that nobody could read: they may hold the article too.
    """

    url: str
    captures: int
    versions: int
    removals: list[str]
    set_aside: list[str]


class WouldForget(Struct, frozen=True, kw_only=True):
    """What a takedown would come to: what would be removed, how many WARC segments written anew, whether it was before.

    What waits in a spool to be published is not counted.
    """

    url: str
    dry_run: bool
    captures: int
    versions: int
    segments: int
    taken_down: bool


@click.command("forget")
@click.argument("url")
@click.option("--reason", help="Why, as the archive will say to whoever asks for the article; has to be given.")
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and change nothing.")
@json_option
@archive_option
def command(url: str, reason: str | None, archive: str, *, dry_run: bool, as_json: bool) -> None:
    """Take the article at URL down: remove all of it from the archive, and never fetch it again.

    Its records are taken out of the WARC segments, its versions and index lines are removed; what, when and why stays
    written down, without the content. What other pages say of it stays.

    It cannot be undone, and no command lets the URL in again. That holds for one that nobody archived too, such as a
    mistyped one: look first, with --dry-run.
    """
    if dry_run:
        _foresee(url, archive, as_json=as_json)
    elif reason is None or not reason.strip():
        raise click.BadParameter("say why: it is what whoever asks for the article will be told", param_hint="--reason")
    else:
        _forget(url, reason, archive, as_json=as_json)


def _foresee(url: str, archive: str, *, as_json: bool) -> None:
    require_archive(archive)
    foreseen = foresee(Archive.open(archive).store, url)
    answer = WouldForget(
        url=url,
        dry_run=True,
        captures=foreseen.captures,
        versions=foreseen.versions,
        segments=foreseen.segments,
        taken_down=foreseen.taken_down,
    )
    if as_json:
        print_json(answer)
        return
    if answer.taken_down:
        console().print(f"{url} was taken down before", soft_wrap=True)
    elif not answer.captures:
        console().print(f"{url}: the archive holds nothing of it; it would not be let in from then on", soft_wrap=True)
    if answer.captures:
        console().print(
            f"{url}: {counted(answer.captures, 'capture')}, {counted(answer.versions, 'version')} would be removed, "
            f"{counted(answer.segments, 'WARC segment')} written anew without them",
            soft_wrap=True,
        )


def _forget(url: str, reason: str, archive: str, *, as_json: bool) -> None:
    require_archive(archive)
    with Workspace.open(archive) as workspace, workspace.removing() as remover:
        made = forget(remover, url, reason)
        workspace.catalog.refresh(workspace.store)
        # Most commands need not wait for SQLAlchemy.
        from broadsheet.crawler.frontier.forgetting import forget_set_aside, forget_url
        from broadsheet.scheduler.forgetting import forget_in_service

        forget_url(workspace, normalise(url))
        forget_in_service(workspace, normalise(url))
        if deleted := forget_set_aside(workspace):
            errors().print(f"deleted, since they may tell of it: {', '.join(deleted)}", soft_wrap=True)
        renew_after_removal(workspace.store, datetime.now(UTC).date())
        set_aside = [str(path) for path in workspace.spool.set_aside()]
    answer = Forgotten(
        url=url,
        captures=sum(len(index.captures) for removal in made for index in removal.indexes),
        versions=sum(gone.key.startswith(layout.SNAPSHOTS) for removal in made for gone in removal.snapshots),
        removals=[removals.encode(removal)[0] for removal in made],
        set_aside=set_aside,
    )
    if as_json:
        print_json(answer)
    else:
        _print(answer, made)


def _print(answer: Forgotten, made: list[Removal]) -> None:
    for path in answer.set_aside:
        errors().print(f"{path}: nobody could read it, and it may hold the article: delete it", soft_wrap=True)
    if not made:
        console().print(f"{answer.url} was taken down before: nothing was left of it", soft_wrap=True)
        return
    if not answer.captures:
        console().print(f"{answer.url}: the archive holds nothing of it; it will not be let in", soft_wrap=True)
    else:
        console().print(
            f"{answer.url}: {counted(answer.captures, 'capture')}, {counted(answer.versions, 'version')} removed",
            soft_wrap=True,
        )
    for key in answer.removals:
        console().print(f"  {key}", soft_wrap=True)
