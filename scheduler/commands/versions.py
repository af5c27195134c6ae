"""`broadsheet versions URL`: every version of an article, and the looks that found nothing changed."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import changes, console, print_json, printable
from broadsheet.storage.archive import Archive, Check
from broadsheet.storage.errors import NoSuchVersionError
from broadsheet.storage.model import Snapshot

_ANY_WIDTH = 10_000


@click.command("versions")
@click.argument("url")
@json_option
@archive_option
def command(url: str, archive: str, *, as_json: bool) -> None:
    """List every version of URL, oldest first, with the unchanged checks between them."""
    opened = Archive.open(archive)
    snapshots = list(opened.versions(url))
    if not snapshots:
        opened.refuse_taken_down(url)
        raise NoSuchVersionError(f"nothing is archived for {url} in {archive}")
    rows = list(zip(snapshots, _between(snapshots, opened.checks(url)), strict=True))
    if as_json:
        print_json({"url": url, "versions": [_document(*row) for row in rows]})
    else:
        _print(url, rows)


def _between(snapshots: list[Snapshot], checks: list[Check]) -> list[list[Check]]:
    """Return, per version, the checks that found it standing."""
    ends = [snapshot.captured_at for snapshot in snapshots[1:]] + [None]
    return [
        [check for check in checks if check.at >= snapshot.captured_at and (end is None or check.at < end)]
        for snapshot, end in zip(snapshots, ends, strict=True)
    ]


def _document(snapshot: Snapshot, checks: list[Check]) -> dict[str, Any]:
    return {
        "version": snapshot.version,
        "captured_at": snapshot.captured_at,
        "state": snapshot.state,
        "changes": snapshot.changes,
        "title": snapshot.article.title if snapshot.article else None,
        "snapshot_key": snapshot.key,
        "warc": snapshot.warc,
        "unchanged_checks": len(checks),
        "last_checked_at": checks[-1].at if checks else None,
    }


def _print(url: str, rows: list[tuple[Snapshot, list[Check]]]) -> None:
    console.print(url, style="bold", soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("captured", no_wrap=True)
    table.add_column("state")
    table.add_column("seen unchanged", justify="right")
    table.add_column("what changed")
    table.add_column("title", overflow="fold")
    for snapshot, checks in rows:
        seen = f"{len(checks)}x" if checks else "-"
        title = snapshot.article.title if snapshot.article else f"HTTP {snapshot.http.status}"
        when = f"{snapshot.captured_at:%Y-%m-%d %H:%M:%SZ}"
        table.add_row(str(snapshot.version), when, snapshot.state, seen, changes(snapshot), printable(title or "-"))
    if not console.is_terminal:
        # Into a file or a pipe goes one version a line, however long its title.
        console.width = _ANY_WIDTH
    console.print(table)
