"""`broadsheet versions URL`: every version of an article, and the looks that found nothing changed."""

from __future__ import annotations

import click

from broadsheet.scheduler.answers import Versions, versions
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import changes, console, print_json, printable
from broadsheet.scheduler.presence import asked

_ANY_WIDTH = 10_000


@click.command("versions")
@click.argument("url")
@json_option
@archive_option
def command(url: str, archive: str, *, as_json: bool) -> None:
    """List every version of URL, oldest first, with the unchanged checks between them."""
    with asked(archive) as opened:
        found = versions(opened, url)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: Versions) -> None:
    from rich.table import Table

    console().print(found.url, style="bold", soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("captured", no_wrap=True)
    table.add_column("state")
    table.add_column("seen unchanged", justify="right")
    table.add_column("what changed")
    table.add_column("title", overflow="fold")
    for entry in found.versions:
        seen = f"{entry.unchanged_checks}x" if entry.unchanged_checks else "-"
        when = f"{entry.captured_at:%Y-%m-%d %H:%M:%SZ}"
        what = changes(entry.version, entry.changes)
        table.add_row(str(entry.version), when, entry.state, seen, what, printable(entry.title or "-"))
    if not console().is_terminal:
        # Into a file or a pipe goes one version a line, however long its title.
        console().width = _ANY_WIDTH
    console().print(table)
