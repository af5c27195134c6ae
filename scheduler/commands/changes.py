"""`broadsheet changes`: the archive's change feed."""

from __future__ import annotations

import click

from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, errors, moment, print_json, printable
from broadsheet.scheduler.presence import is_empty
from broadsheet.storage.archive import Archive


@click.command("changes")
@click.option("--since", metavar="CURSOR", help="Go on behind this cursor, as an earlier call printed it.")
@json_option
@archive_option
def command(archive: str, *, since: str | None, as_json: bool) -> None:
    """Print the versions of the archive in the order of publication, each with the cursor to go on from.

    The cursor behind all that was published, also where nothing of it was new, is printed to stderr at the end.
    """
    changes = Archive.open(archive).changes(since)
    any_told = False
    for change in changes:
        any_told = True
        if as_json:
            print_json(change)
        else:
            when, what = change.removed_at or change.captured_at, printable(change.url or change.snapshot_key)
            console().print(f"{moment(when)}  {change.outcome:9}  {what}", soft_wrap=True)
    if not any_told and since is None and is_empty(archive):
        # Whoever follows an archive may begin before it does.
        errors().print(f"there is no archive at {archive} yet", soft_wrap=True)
    if changes.cursor != (since or ""):
        errors().print(f"go on from here: --since {changes.cursor}", soft_wrap=True)
