"""`broadsheet verify`: whether an archive is what its format promises."""

from __future__ import annotations

import click

from broadsheet.scheduler.exits import DAMAGED
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.scheduler.wording import counted
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveAddressError
from broadsheet.storage.verification.report import Verification
from broadsheet.storage.verification.verifier import verify


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
        _print(archive, found)
    return DAMAGED if found.defects else 0


def _print(archive: str, found: Verification) -> None:
    console().print(
        f"{archive}: {counted(found.captures, 'capture')} in {counted(found.segments, 'WARC segment')}, "
        f"{counted(found.snapshots, 'snapshot')}, {counted(found.derived, 'object')} derived from them: "
        f"{_verdict(found)}",
        soft_wrap=True,
    )
    for each in (*found.defects, *found.remarks):
        console().print(f"  {each.key}: {each.what}", soft_wrap=True)
    for key in found.unnamed:
        console().print(
            f"  {key}: its publication was cut off or still runs: no manifest names it, or no index", soft_wrap=True
        )


def _verdict(found: Verification) -> str:
    told = [
        *([counted(len(found.defects), "defect")] if found.defects else []),
        *([f"{len(found.unnamed)} not published to the end"] if found.unnamed else []),
        *([f"{len(found.remarks)} worth a look"] if found.remarks else []),
    ]
    return ", ".join(told) or "as they should be"
