"""`broadsheet verify`: whether an archive is what its format promises."""

from __future__ import annotations

import click

from broadsheet.scheduler.exits import DAMAGED
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveAddressError
from broadsheet.storage.verification import verify


@click.command("verify")
@click.option("--deep", is_flag=True, help="Read every object and compute every digest anew.")
@json_option
@archive_option
def command(archive: str, *, deep: bool, as_json: bool) -> int:
    """Check the archive: that everything it names is there and, with --deep, that every byte is what was stored."""
    store = Archive.open(archive).store
    found = verify(store, deep=deep)
    if found.defects and not (found.captures or found.segments or found.snapshots):
        raise ArchiveAddressError(f"there is no archive at {archive}: no {layout.MARKER} lies there")
    if as_json:
        print_json(found)
    else:
        console.print(
            f"{archive}: {found.captures} captures in {found.segments} WARC segments, {found.snapshots} snapshots: "
            + (f"{len(found.defects)} defects" if found.defects else "as they should be"),
            soft_wrap=True,
        )
        for defect in found.defects:
            console.print(f"  {defect.key}: {defect.what}", soft_wrap=True)
        for key in found.unnamed:
            console.print(f"  {key}: no index names it: its publication was cut off or still runs", soft_wrap=True)
    return DAMAGED if found.defects else 0
