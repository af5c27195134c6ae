"""`broadsheet import WARC...`: bring WARC and WACZ files that other software wrote into the archive."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from broadsheet.crawler.importing.import_files import import_files
from broadsheet.crawler.importing.import_summary import ImportSummary
from broadsheet.scheduler.exits import FAILED
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, errors, print_json, printable
from broadsheet.scheduler.wording import counted
from broadsheet.storage.workspace import Workspace

_MOST_DAMAGES = 10


@click.command("import")
@click.argument(
    "files", nargs=-1, required=True, metavar="WARC...", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--source", help="The source that the captures are filed under [default: import].", default="import")
@json_option
@archive_option
def command(files: tuple[Path, ...], source: str, archive: str, *, as_json: bool) -> int:
    """Import WARC files, compressed with gzip or zstd or not at all, and those in WACZ files.

    What they share with the archive is left out.

    What can be read of a damaged file is taken, and the rest is reported. Nothing is stripped: cookies in foreign
    records stay, and are counted.
    """
    if "\n" in source or "\r" in source:
        raise click.BadParameter("a source is one line", param_hint="--source")
    with Workspace.open(archive) as workspace:
        summary = asyncio.run(import_files(workspace, files, source=source))
    if as_json:
        print_json(summary)
    else:
        _print(summary, archive)
    return FAILED if not summary.captures else 0


def _print(summary: ImportSummary, archive: str) -> None:
    console().print(
        f"{summary.imported} of {counted(summary.captures, 'capture')} in {counted(summary.files, 'file')} imported in "
        f"{summary.seconds:.1f} s into {archive}",
        soft_wrap=True,
    )
    outcomes = [f"{count} {outcome.replace('_', ' ')}" for outcome, count in summary.outcomes.items() if count]
    console().print(f"  outcomes: {', '.join(outcomes) or 'none'}")
    if summary.held:
        console().print(f"  held already: {summary.held}")
    if summary.passed_over:
        passed_over = ", ".join(f"{count} {printable(kind)}" for kind, count in summary.passed_over.items())
        console().print(f"  passed over: {passed_over}", soft_wrap=True)
    if summary.with_secrets:
        console().print(f"  with cookies or authorizations, kept as they are: {summary.with_secrets}")
    for segment in summary.segments:
        console().print(f"  {segment}", soft_wrap=True)
    for damage in summary.damages[:_MOST_DAMAGES]:
        errors().print(printable(f"  {damage.file}, {damage.place}: {damage.reason}"), soft_wrap=True)
    if summary.damaged > _MOST_DAMAGES:
        errors().print(f"  ... and {summary.damaged - _MOST_DAMAGES} more places that could not be taken")
